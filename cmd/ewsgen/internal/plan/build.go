package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-1937cc67/goews/cmd/ewsgen/internal/marks"
	"github.com/seed-1937cc67/goews/cmd/ewsgen/internal/wsdl"
	"github.com/seed-1937cc67/goews/internal/xsd"
)

// inlineLimit is the size, in bytes, above which a struct is held by pointer
// in the struct that contains it.
const inlineLimit = 512

// Build makes the plan for schema s and operations ops. It fails if two
// declarations would get one Go name, or if the schema uses a construct that
// has no representation.
func Build(s *xsd.Schema, ops []wsdl.Operation) (*Plan, error) {
	b := &builder{
		s:       s,
		derived: map[xsd.Name][]xsd.Name{},
		used:    map[xsd.Name]bool{},
		structs: map[structKey]*Struct{},
		enums:   map[*xsd.Type]*Enum{},
		ifaces:  map[string]*Interface{},
		vals:    map[*xsd.Type]*Val{},
		busy:    map[*xsd.Type]bool{},
	}
	b.index()
	if err := b.operations(ops); err != nil {
		return nil, err
	}
	// Everything the operations do not reach is generated too.
	for _, n := range sortedNames(s.Types) {
		t := s.Types[n]
		switch {
		case t.IsSimple() && len(t.Enum) > 0:
			b.enum(t, "")
		case t.IsSimple() || t.Abstract || t.Name.Local == "ArrayOfResponseMessagesType":
		case t.Variety == xsd.SimpleContent && len(b.attrs(t)) == 0:
		case b.used[n] && !b.collapsible(t) && !b.transparent(t):
			b.structFor(t, xsd.Name{}, "")
		case !b.used[n] && len(b.derived[n]) == 0 && !b.collapsible(t) && !b.transparent(t):
			b.structFor(t, xsd.Name{}, "")
		}
	}
	for len(b.todo) > 0 {
		st := b.todo[0]
		b.todo = b.todo[1:]
		b.fill(st)
	}
	for _, n := range sortedNames(s.Elements) {
		if e := s.Elements[n]; e.Inline != nil && !e.Inline.IsSimple() {
			b.structFor(e.Inline, n, camel(n.Local))
		}
	}
	for len(b.todo) > 0 {
		st := b.todo[0]
		b.todo = b.todo[1:]
		b.fill(st)
	}
	b.sizes()
	b.typeBatches()
	b.classes()
	b.presence()
	if err := b.check(); err != nil {
		return nil, err
	}
	p := b.finish()
	var err error
	if p.RequestMarks, err = marks.Requests(s, ops); err != nil {
		return nil, err
	}
	if p.ValueMarks, err = marks.Values(s); err != nil {
		return nil, err
	}
	return p, nil
}

type structKey struct {
	t    *xsd.Type
	elem xsd.Name
}

type builder struct {
	s       *xsd.Schema
	p       Plan
	derived map[xsd.Name][]xsd.Name // direct derivations, sorted
	used    map[xsd.Name]bool       // types that an element is declared with
	structs map[structKey]*Struct
	enums   map[*xsd.Type]*Enum
	ifaces  map[string]*Interface
	codecs  []*Codec
	vals    map[*xsd.Type]*Val
	busy    map[*xsd.Type]bool
	todo    []*Struct
	errs    []error
}

func (b *builder) fail(format string, args ...any) {
	b.errs = append(b.errs, fmt.Errorf(format, args...))
}

func sortedNames[T any](m map[xsd.Name]*T) []xsd.Name {
	var out []xsd.Name
	for n := range m {
		out = append(out, n)
	}
	slices.SortFunc(out, compareNames)
	return out
}

func compareNames(a, c xsd.Name) int { return strings.Compare(a.String(), c.String()) }

// index finds out which types derive from which, and which are in use.
func (b *builder) index() {
	for _, n := range sortedNames(b.s.Types) {
		t := b.s.Types[n]
		if !t.IsSimple() && !t.Base.IsZero() && t.Base.Space != xsd.XS {
			b.derived[t.Base] = append(b.derived[t.Base], n)
		}
		b.indexContent(t)
	}
	for _, g := range b.s.Groups {
		b.indexParticle(g.Content)
	}
	for _, e := range b.s.Elements {
		b.used[e.Type] = true
		if e.Inline != nil {
			b.indexContent(e.Inline)
		}
	}
}

func (b *builder) indexContent(t *xsd.Type) { b.indexParticle(t.Content) }

func (b *builder) indexParticle(p *xsd.Particle) {
	if p == nil {
		return
	}
	if p.Element != nil {
		b.used[p.Element.Type] = true
		if p.Element.Inline != nil {
			b.indexContent(p.Element.Inline)
		}
	}
	for _, c := range p.Children {
		b.indexParticle(c)
	}
}

// chain returns n and its base types, nearest first.
func (b *builder) chain(n xsd.Name) []xsd.Name {
	var out []xsd.Name
	for !n.IsZero() && n.Space != xsd.XS {
		out = append(out, n)
		t := b.s.Types[n]
		if t == nil {
			break
		}
		n = t.Base
	}
	return out
}

// commonBase returns the nearest type that all of names are or derive from;
// zero if there is none.
func (b *builder) commonBase(names []xsd.Name) xsd.Name {
	for _, c := range b.chain(names[0]) {
		all := true
		for _, n := range names {
			all = all && slices.Contains(b.chain(n), c)
		}
		if all && !b.s.Types[c].IsSimple() && b.s.Types[c].Variety == xsd.Complex {
			return c
		}
	}
	return xsd.Name{}
}

// attrs returns the attributes of t, inherited ones first.
func (b *builder) attrs(t *xsd.Type) []*xsd.Attribute {
	var out []*xsd.Attribute
	if base := b.s.Types[t.Base]; base != nil && !base.IsSimple() {
		out = append(out, b.attrs(base)...)
	}
	for _, a := range t.Attrs {
		out = slices.DeleteFunc(out, func(o *xsd.Attribute) bool { return o.Name == a.Name })
		if !a.Prohibited {
			out = append(out, a)
		}
	}
	return out
}

// content returns the particles of t in order, inherited ones first; a
// restriction states its content whole.
func (b *builder) content(t *xsd.Type) []*xsd.Particle {
	var out []*xsd.Particle
	if t.Derived == xsd.Extension {
		if base := b.s.Types[t.Base]; base != nil && base.Variety == xsd.Complex {
			out = append(out, b.content(base)...)
		}
	}
	if t.Content != nil {
		out = append(out, t.Content)
	}
	return out
}

// leaf is a particle of a flattened content model: an element, a choice or a
// wildcard.
type leaf struct {
	p        *xsd.Particle
	optional bool
	many     bool
}

// leaves flattens sequences and groups.
func (b *builder) leaves(ps []*xsd.Particle, optional, many bool) []leaf {
	var out []leaf
	for _, p := range ps {
		opt, rep := optional || p.Min == 0, many || p.Max == xsd.Unbounded || p.Max > 1
		switch p.Kind {
		case xsd.Sequence, xsd.All:
			out = append(out, b.leaves(p.Children, opt, rep)...)
		case xsd.GroupRef:
			g := b.s.Groups[p.Ref]
			if g == nil {
				b.fail("no group %s", p.Ref)
				continue
			}
			out = append(out, b.leaves([]*xsd.Particle{g.Content}, opt, rep)...)
		case xsd.Choice:
			if len(p.Children) == 1 {
				out = append(out, b.leaves(p.Children, opt, rep)...)
				continue
			}
			out = append(out, leaf{p, opt, rep})
		default:
			out = append(out, leaf{p, opt, rep})
		}
	}
	return out
}

// decl resolves a reference to a global element.
func (b *builder) decl(e *xsd.Element) *xsd.Element {
	if !e.Ref {
		return e
	}
	if g := b.s.Elements[e.Name]; g != nil {
		return g
	}
	b.fail("no element %s", e.Name)
	return e
}

// substitutes returns the concrete elements that may stand for head; nil if
// it heads no substitution group.
func (b *builder) substitutes(head xsd.Name) []*xsd.Element {
	var out []*xsd.Element
	for _, n := range sortedNames(b.s.Elements) {
		e := b.s.Elements[n]
		if e.Subst == head {
			out = append(out, e)
			out = append(out, b.substitutes(n)...)
		}
	}
	return out
}

// alternatives returns the elements that may stand where e is referenced,
// if e heads a substitution group.
func (b *builder) alternatives(e *xsd.Element) []*xsd.Element {
	if !e.Ref {
		return nil
	}
	subs := b.substitutes(e.Name)
	if len(subs) == 0 {
		return nil
	}
	if g := b.decl(e); !g.Abstract && !b.s.Types[g.Type].Abstract {
		subs = append([]*xsd.Element{g}, subs...)
	}
	return subs
}

// transparent reports whether t holds nothing but a wildcard: raw XML.
func (b *builder) transparent(t *xsd.Type) bool {
	if t.Variety != xsd.Complex || len(b.attrs(t)) > 0 || len(b.derived[t.Name]) > 0 {
		return false
	}
	l := b.leaves(b.content(t), false, false)
	return len(l) == 1 && l[0].p.Kind == xsd.Any
}

// collapsible reports whether t is a wrapper that Go need not see: no
// attributes, no derivations, and one element, list or choice as its only
// content.
func (b *builder) collapsible(t *xsd.Type) bool {
	if t.Variety != xsd.Complex || t.Abstract || len(b.attrs(t)) > 0 || t.AnyAttr {
		return false
	}
	if !t.Name.IsZero() && len(b.derived[t.Name]) > 0 {
		return false
	}
	l := b.leaves(b.content(t), false, false)
	if len(l) != 1 {
		return false
	}
	switch p := l[0].p; p.Kind {
	case xsd.Choice:
		return b.hasFamily(t, p, l[0].many)
	case xsd.ElementParticle:
		if l[0].many || b.alternatives(p.Element) != nil {
			return true
		}
		return !l[0].optional && !p.Element.Nillable
	}
	return false
}

// hasFamily reports whether a choice is represented by a closed interface:
// lists always, one-of choices if the alternatives share a base and are told
// apart by their types.
func (b *builder) hasFamily(owner *xsd.Type, p *xsd.Particle, many bool) bool {
	if many {
		return true
	}
	var names []xsd.Name
	for _, c := range p.Children {
		if c.Kind != xsd.ElementParticle || c.Max != 1 {
			return false
		}
		e := b.decl(c.Element)
		t := b.s.Types[e.Type]
		if t == nil || t.Variety != xsd.Complex || t.Abstract || slices.Contains(names, e.Type) {
			return false
		}
		names = append(names, e.Type)
	}
	return !b.commonBase(names).IsZero()
}

// val returns the representation of the content of element or attribute
// type t, or of the built-in type name. owner names anonymous types.
func (b *builder) val(name xsd.Name, inline *xsd.Type, owner string) *Val {
	t := inline
	if t == nil {
		if name.Space == xsd.XS {
			return &Val{Basic: builtin(name.Local)}
		}
		if t = b.s.Types[name]; t == nil {
			if name.Space == xsd.XML {
				return &Val{Basic: String}
			}
			b.fail("%s: no type %s", owner, name)
			return &Val{Basic: String}
		}
	}
	if v, ok := b.vals[t]; ok {
		return v
	}
	if b.busy[t] {
		// A wrapper that contains itself: keep it as a struct.
		return &Val{Shape: StructVal, Struct: b.structFor(t, xsd.Name{}, owner)}
	}
	b.busy[t] = true
	v := b.newVal(t, owner)
	delete(b.busy, t)
	b.vals[t] = v
	return v
}

func (b *builder) newVal(t *xsd.Type, owner string) *Val {
	switch {
	case t.IsSimple():
		return b.simple(t, owner)
	case t.Name.Local == "ArrayOfResponseMessagesType":
		return batchVal
	case t.Variety == xsd.SimpleContent && len(b.attrs(t)) == 0:
		return b.val(t.Base, nil, owner)
	case b.transparent(t):
		return &Val{Basic: Raw}
	case b.xsiFamily(t):
		return &Val{Shape: XSI, Codec: b.xsiCodec(t)}
	case !b.collapsible(t):
		return &Val{Shape: StructVal, Struct: b.structFor(t, xsd.Name{}, owner)}
	}
	l := b.leaves(b.content(t), false, false)[0]
	if l.p.Kind == xsd.Choice {
		shape := ChoiceOne
		if l.many {
			shape = ChoiceMany
		}
		return &Val{Shape: shape, Codec: b.choiceCodec(t, owner, l.p)}
	}
	e := l.p.Element
	if alts := b.alternatives(e); alts != nil {
		shape := ChoiceOne
		if l.many {
			shape = ChoiceMany
		}
		return &Val{Shape: shape, Codec: b.codec(t, e.Name.Local, alts)}
	}
	shape := One
	if l.many {
		shape = Many
	}
	g := b.decl(e)
	inner := b.val(g.Type, g.Inline, owner+camel(g.Name.Local))
	return &Val{Shape: shape, Elem: g.Name, Inner: inner}
}

// simple returns the representation of a simple type.
func (b *builder) simple(t *xsd.Type, owner string) *Val {
	switch t.Variety {
	case xsd.List:
		itemOwner := owner
		if !t.Name.IsZero() {
			itemOwner = typeName(t.Name.String())
		}
		v := *b.val(t.Item, t.ItemType, itemOwner)
		v.List = true
		return &v
	case xsd.Union:
		ints := len(t.Members)+len(t.MemberTypes) > 0
		for _, m := range t.Members {
			ints = ints && b.val(m, nil, owner).Basic == Int32
		}
		for _, m := range t.MemberTypes {
			ints = ints && b.simple(m, owner).Basic == Int32
		}
		if ints {
			return &Val{Basic: Int32}
		}
		return &Val{Basic: String}
	}
	if len(t.Enum) > 0 {
		return &Val{Basic: EnumString, Enum: b.enum(t, owner)}
	}
	if t.BaseType != nil {
		return b.simple(t.BaseType, owner)
	}
	return b.val(t.Base, nil, owner)
}

func builtin(local string) Basic {
	switch local {
	case "boolean":
		return Bool
	case "int", "short", "byte", "unsignedShort", "unsignedByte":
		return Int32
	case "long", "integer", "nonNegativeInteger", "positiveInteger", "unsignedInt", "unsignedLong":
		return Int64
	case "double", "float", "decimal":
		return Float64
	case "dateTime":
		return Time
	case "date":
		return Date
	case "base64Binary", "hexBinary":
		return Bytes
	case "duration":
		return Duration
	}
	return String // string, token, language, anyURI, time, ...
}

func pkgOf(n xsd.Name) string {
	if n.Space == xsd.Messages {
		return "messages"
	}
	return "types"
}
