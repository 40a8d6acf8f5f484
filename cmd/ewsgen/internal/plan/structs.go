package plan

import (
	"slices"
	"strings"

	"github.com/seed-1937cc67/goews/internal/xsd"
)

// structFor returns the struct of complex type t, to be filled in later. elem
// is set for a struct that stands for one of several elements of one type;
// owner names an anonymous type.
func (b *builder) structFor(t *xsd.Type, elem xsd.Name, owner string) *Struct {
	key := structKey{t, elem}
	if st, ok := b.structs[key]; ok {
		return st
	}
	st := &Struct{Type: t, Elem: elem, Go: owner, Pkg: "types", Versions: t.Versions}
	switch {
	case !elem.IsZero():
		st.Pkg = pkgOf(elem)
	case !t.Name.IsZero():
		st.Go, st.Pkg = typeName(t.Name.String()), pkgOf(t.Name)
	}
	if t.Name.IsZero() && strings.HasPrefix(owner, "\x00m") { // an anonymous type of messages.xsd
		st.Pkg, st.Go = "messages", owner[2:]
	}
	b.structs[key] = st
	b.p.Structs = append(b.p.Structs, st)
	b.todo = append(b.todo, st)
	return st
}

// anonymous marks the name of an anonymous type with its package.
func anonymous(st *Struct, name string) string {
	if st.Pkg == "messages" {
		return "\x00m" + st.Go + name
	}
	return st.Go + name
}

// fill makes the fields of st.
func (b *builder) fill(st *Struct) {
	if st.done {
		return
	}
	st.done = true
	t := st.Type
	for _, a := range b.attrs(t) {
		name := strings.TrimPrefix(a.Name, "xml:")
		st.Fields = append(st.Fields, &Field{
			Go: camel(name), Kind: Attr, Name: xsd.Name{Local: a.Name},
			Val: b.val(a.Type, a.Inline, anonymous(st, camel(name))), Required: a.Required, Versions: a.Versions,
		})
	}
	if t.IsSimple() {
		st.Fields = append(st.Fields, &Field{Go: "Value", Kind: Text, Val: b.simple(t, ""), Required: true})
		return
	}
	if t.Variety == xsd.SimpleContent {
		st.Fields = append(st.Fields, &Field{Go: "Value", Kind: Text, Val: b.val(b.textBase(t), nil, st.Go), Required: true})
		return
	}
	for _, l := range b.leaves(b.content(t), false, false) {
		b.leafFields(st, l)
	}
}

// textBase returns the simple type below simple content.
func (b *builder) textBase(t *xsd.Type) xsd.Name {
	for t.Variety == xsd.SimpleContent {
		next := b.s.Types[t.Base]
		if next == nil {
			break
		}
		if next.IsSimple() {
			break
		}
		t = next
	}
	return t.Base
}

func (b *builder) leafFields(st *Struct, l leaf) {
	switch l.p.Kind {
	case xsd.Any:
		st.Fields = append(st.Fields, &Field{Go: "Any", Kind: Wild, Val: &Val{Basic: Raw}})
	case xsd.Choice:
		b.choiceFields(st, l)
	case xsd.ElementParticle:
		e := l.p.Element
		if alts := b.alternatives(e); alts != nil {
			c := b.codec(st.Type, e.Name.Local, alts)
			kind := Member
			if l.many {
				kind = Members
			}
			st.Fields = append(st.Fields, &Field{
				Go: choiceField(c.Iface.Go, l.many), Kind: kind, Val: &Val{Shape: XSI, Codec: c}, Required: !l.optional, Versions: e.Versions,
			})
			return
		}
		st.Fields = append(st.Fields, b.elementField(st, e, l.optional, l.many))
	}
}

func (b *builder) elementField(st *Struct, e *xsd.Element, optional, many bool) *Field {
	g := b.decl(e)
	kind := Element
	if many {
		kind = Repeated
	}
	v := g.Versions
	if e.Ref && e.Versions != (xsd.Versions{}) {
		v = e.Versions
	}
	return &Field{
		Go: fieldName(st, g.Name), Kind: kind, Name: g.Name, Required: !optional, Nillable: g.Nillable, Versions: v,
		Val: b.val(g.Type, g.Inline, anonymous(st, camel(g.Name.Local))),
	}
}

func (b *builder) choiceFields(st *Struct, l leaf) {
	if b.hasFamily(st.Type, l.p, l.many) {
		c := b.choiceCodec(st.Type, st.Go, l.p)
		kind := Member
		if l.many {
			kind = Members
		}
		st.Fields = append(st.Fields, &Field{
			Go: choiceField(c.Iface.Go, l.many), Kind: kind, Val: &Val{Shape: XSI, Codec: c}, Required: !l.optional,
		})
		return
	}
	var group Choice
	for _, c := range l.p.Children {
		n := len(st.Fields)
		for _, cl := range b.leaves([]*xsd.Particle{c}, true, false) {
			b.leafFields(st, cl)
		}
		group = append(group, st.Fields[n:]...)
	}
	st.Group = append(st.Group, group)
}

// choiceCodec returns the codec of a choice of elements.
func (b *builder) choiceCodec(owner *xsd.Type, ownerName string, p *xsd.Particle) *Codec {
	var alts []*xsd.Element
	for _, c := range p.Children {
		if c.Kind != xsd.ElementParticle {
			b.fail("%s: particle kind %d in a choice", ownerName, c.Kind)
			continue
		}
		if subs := b.alternatives(c.Element); subs != nil {
			alts = append(alts, subs...)
			continue
		}
		alts = append(alts, b.decl(c.Element))
	}
	return b.codec(owner, ownerName, alts)
}

// codec returns the codec of a set of alternative elements: an existing one
// of the same interface if the two agree, else a new one.
func (b *builder) codec(owner *xsd.Type, ownerName string, alts []*xsd.Element) *Codec {
	var names []xsd.Name
	shared := map[xsd.Name]int{}
	for _, e := range alts {
		shared[e.Type]++
		names = append(names, e.Type)
	}
	base := b.commonBase(names)
	var iname string
	switch {
	case !owner.Name.IsZero() && familyNames[owner.Name.String()] != "":
		iname = familyNames[owner.Name.String()]
	case base.IsZero():
		b.fail("%s (%s): no common base and no name for the choice", ownerName, owner.Name)
		iname = ownerName + "Choice"
	default:
		iname = b.ifaceName(base)
	}
	iface := b.iface(iname)
	var want []Alt
	for _, e := range alts {
		t := b.s.Types[e.Type]
		var st *Struct
		switch {
		case t == nil:
			b.fail("%s: alternative %s has built-in type %s", ownerName, e.Name, e.Type)
			continue
		case shared[e.Type] > 1 || t.IsSimple() || t.Variety == xsd.SimpleContent:
			st = b.structFor(t, e.Name, memberPrefix[owner.Name.String()]+camel(e.Name.Local))
		default:
			st = b.structFor(t, xsd.Name{}, "")
		}
		want = append(want, Alt{e.Name, st})
		join(st, iface)
	}
	n := 0
	for _, c := range b.codecs {
		if c.Iface != iface || c.XSI {
			continue
		}
		n++
		if agree(c.Alts, want) {
			for _, a := range want {
				if !slices.Contains(c.Alts, a) {
					c.Alts = append(c.Alts, a)
				}
			}
			return c
		}
	}
	c := &Codec{Go: iname, Iface: iface, Alts: want}
	if n > 0 {
		c.Go = iname + "In" + typeName(owner.Name.String())
	}
	b.codecs = append(b.codecs, c)
	return c
}

// agree reports whether no element stands for two structs and no struct for
// two elements in the union of x and y.
func agree(x, y []Alt) bool {
	for _, a := range x {
		for _, c := range y {
			if (a.Name == c.Name) != (a.Struct == c.Struct) {
				return false
			}
		}
	}
	return true
}

func (b *builder) ifaceName(base xsd.Name) string {
	if n, ok := ifaceNames[base.String()]; ok {
		return n
	}
	n := typeName(base.String())
	if t := b.s.Types[base]; !t.Abstract && b.used[base] {
		n = "Any" + n
	}
	return n
}

func (b *builder) iface(name string) *Interface {
	if i, ok := b.ifaces[name]; ok {
		return i
	}
	i := &Interface{Go: name}
	b.ifaces[name] = i
	return i
}

func join(st *Struct, i *Interface) {
	if !slices.Contains(i.Members, st) {
		i.Members = append(i.Members, st)
		st.Ifaces = append(st.Ifaces, i)
	}
}

// xsiFamily reports whether values of element type t are told apart by
// xsi:type: t is abstract, or has derived types none of which any element is
// declared with.
func (b *builder) xsiFamily(t *xsd.Type) bool {
	if t.Name.IsZero() {
		return false
	}
	all := b.descendants(t.Name)
	if t.Abstract {
		return len(all) > 0
	}
	for _, n := range all {
		if b.used[n] {
			return false
		}
	}
	return len(all) > 0
}

// descendants returns the types derived from n, however far.
func (b *builder) descendants(n xsd.Name) []xsd.Name {
	var out []xsd.Name
	for _, d := range b.derived[n] {
		out = append(out, d)
		out = append(out, b.descendants(d)...)
	}
	slices.SortFunc(out, compareNames)
	return out
}

func (b *builder) xsiCodec(t *xsd.Type) *Codec {
	iface := b.iface(b.ifaceName(t.Name))
	name := "XSI" + iface.Go
	for _, c := range b.codecs {
		if c.Go == name {
			return c
		}
	}
	c := &Codec{Go: name, Iface: iface, XSI: true}
	b.codecs = append(b.codecs, c)
	members := b.descendants(t.Name)
	if !t.Abstract {
		members = append([]xsd.Name{t.Name}, members...)
	}
	for _, n := range members {
		if d := b.s.Types[n]; !d.Abstract {
			st := b.structFor(d, xsd.Name{}, "")
			join(st, iface)
			c.Alts = append(c.Alts, Alt{n, st})
		}
	}
	return c
}

// enum returns the enumeration of simple type t; owner names an anonymous one.
func (b *builder) enum(t *xsd.Type, owner string) *Enum {
	if e, ok := b.enums[t]; ok {
		return e
	}
	e := &Enum{Pkg: "types", Go: owner, Type: t}
	if t.Name.IsZero() && strings.HasPrefix(owner, "\x00m") {
		e.Pkg, e.Go = "messages", owner[2:]
	}
	if !t.Name.IsZero() {
		e.Go, e.Pkg, e.Wire = typeName(t.Name.String()), pkgOf(t.Name), t.Name.String()
	}
	e.Prefix = e.Go
	if e.Wire == "m:ResponseCodeType" {
		e.Prefix = "" // the codes start with Error, or are NoError
	}
	for _, v := range t.Enum {
		e.Values = append(e.Values, EnumValue{e.Prefix + strings.TrimPrefix(camel(v.Value), "X"), v.Value, v.Versions})
	}
	b.enums[t] = e
	b.p.Enums = append(b.p.Enums, e)
	return e
}
