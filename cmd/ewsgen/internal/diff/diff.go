// Package diff compares two schema sets: which types, elements, attributes,
// values and operations came, went, or are defined otherwise.
package diff

import (
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-1937cc67/goews/cmd/ewsgen/internal/wsdl"
	"github.com/seed-1937cc67/goews/internal/xsd"
)

// Kind is the kind of a part of a contract.
type Kind string

// The kinds, in the order in which they are reported.
const (
	Operation Kind = "operation"
	Type      Kind = "type"
	Global    Kind = "global element"
	Element   Kind = "element"
	Attribute Kind = "attribute"
	Value     Kind = "value"
)

var kinds = []Kind{Operation, Type, Global, Element, Attribute, Value}

// Change is a part that is not the same in both sets.
type Change struct {
	Kind Kind `json:"kind"`
	// Name is as in "FindItem", "t:MessageType", "t:MessageType/Sender",
	// "t:ItemIdType/@Id", "t:BodyTypeType=HTML".
	Name string `json:"name"`
	// Old and New are the definitions; one is empty for a part that came or went.
	Old string `json:"old,omitempty"`
	New string `json:"new,omitempty"`
}

// Report is what differs, by kind and name.
type Report struct {
	Added   []Change `json:"added"`
	Gone    []Change `json:"gone"`
	Changed []Change `json:"changed"`
}

// Compare reads the two sets and compares them. A member of a type that came or
// went is not listed by itself.
func Compare(old, new fs.FS) (*Report, error) {
	a, err := read(old)
	if err != nil {
		return nil, fmt.Errorf("the old set: %w", err)
	}
	b, err := read(new)
	if err != nil {
		return nil, fmt.Errorf("the new set: %w", err)
	}
	r := &Report{Added: []Change{}, Gone: []Change{}, Changed: []Change{}}
	for _, k := range kinds {
		for _, name := range slices.Sorted(maps.Keys(both(a[k], b[k]))) {
			before, was := a[k][name]
			now, is := b[k][name]
			switch {
			case was && is && before != now:
				r.Changed = append(r.Changed, Change{k, name, before, now})
			case !was && !a.lacksOwner(name):
				r.Added = append(r.Added, Change{Kind: k, Name: name, New: now})
			case !is && !b.lacksOwner(name):
				r.Gone = append(r.Gone, Change{Kind: k, Name: name, Old: before})
			}
		}
	}
	return r, nil
}

func both(a, b map[string]string) map[string]string {
	m := maps.Clone(a)
	if m == nil {
		m = map[string]string{}
	}
	maps.Copy(m, b)
	return m
}

// Text writes the report for people.
func (r *Report) Text(w io.Writer) error {
	var b strings.Builder
	for _, part := range []struct {
		title, sign string
		list        []Change
	}{{"added", "+", r.Added}, {"gone", "-", r.Gone}, {"changed", "~", r.Changed}} {
		for _, k := range kinds {
			var list []Change
			for _, c := range part.list {
				if c.Kind == k {
					list = append(list, c)
				}
			}
			if len(list) == 0 {
				continue
			}
			fmt.Fprintf(&b, "%ss %s: %d\n", k, part.title, len(list))
			for _, c := range list {
				switch {
				case c.Old != "" && c.New != "":
					fmt.Fprintf(&b, "  %s %s: %s; was %s\n", part.sign, c.Name, c.New, c.Old)
				case c.Old+c.New != "":
					fmt.Fprintf(&b, "  %s %s: %s\n", part.sign, c.Name, c.Old+c.New)
				default:
					fmt.Fprintf(&b, "  %s %s\n", part.sign, c.Name)
				}
			}
		}
	}
	if b.Len() == 0 {
		b.WriteString("no difference\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// contract is a set's parts and their definitions, by kind and name.
type contract map[Kind]map[string]string

func (c contract) add(k Kind, name, def string) {
	if c[k] == nil {
		c[k] = map[string]string{}
	}
	if old, ok := c[k][name]; ok && old != def {
		def = old + " or " + def // twice in one choice, of two kinds
	}
	c[k][name] = def
}

// lacksOwner reports whether name is a member of a type, group or element that c
// does not have at all.
func (c contract) lacksOwner(name string) bool {
	owner := name
	if i := strings.IndexAny(name, "/="); i > 0 {
		owner = name[:i]
	} else {
		return false
	}
	_, typ := c[Type][owner]
	_, element := c[Global][owner]
	return !typ && !element
}

func read(fsys fs.FS) (contract, error) {
	s, err := xsd.Read(fsys, "types.xsd", "messages.xsd")
	if err != nil {
		return nil, err
	}
	ops, err := wsdl.Read(fsys, s)
	if err != nil {
		return nil, err
	}
	c := contract{}
	for _, op := range ops {
		c.add(Operation, op.Name, fmt.Sprintf("%s, answered by %s", op.Request, op.Response))
	}
	for n, t := range s.Types {
		c.add(Type, n.String(), define(t))
		c.members(n.String(), t)
	}
	for n, g := range s.Groups {
		c.add(Type, n.String(), "group")
		c.particle(n.String(), g.Content, false, false)
	}
	for n, g := range s.AttributeGroups {
		c.add(Type, n.String(), "attribute group")
		c.attributes(n.String(), g.Attrs)
	}
	for n, e := range s.Elements {
		c.add(Global, n.String(), element(e, 1, 1))
		if e.Inline != nil {
			c.members(n.String(), e.Inline)
		}
	}
	return c, nil
}

// define says what a type is, without its members.
func define(t *xsd.Type) string {
	var parts []string
	switch t.Variety {
	case xsd.Atomic:
		if len(t.Enum) > 0 {
			parts = append(parts, "enumeration")
		} else {
			parts = append(parts, "simple")
		}
	case xsd.List:
		parts = append(parts, "list of "+name(t.Item))
	case xsd.Union:
		var of []string
		for _, m := range t.Members {
			of = append(of, name(m))
		}
		parts = append(parts, "union of "+strings.Join(of, " "))
	case xsd.SimpleContent:
		parts = append(parts, "text with attributes")
	default:
		parts = append(parts, "complex")
	}
	if t.Abstract {
		parts = append(parts, "abstract")
	}
	if !t.Base.IsZero() {
		how := "from"
		if t.Derived == xsd.Restriction && t.Variety == xsd.Complex {
			how = "restricts"
		}
		parts = append(parts, how+" "+t.Base.String())
	}
	for _, f := range t.Facets {
		parts = append(parts, f.Kind+" "+f.Value)
	}
	return strings.Join(parts, ", ")
}

func name(n xsd.Name) string {
	if n.IsZero() {
		return "a type of its own"
	}
	return n.String()
}

func (c contract) members(owner string, t *xsd.Type) {
	c.attributes(owner, t.Attrs)
	c.particle(owner, t.Content, false, false)
	for _, sub := range append([]*xsd.Type{t, t.ItemType, t.BaseType}, t.MemberTypes...) {
		if sub == nil {
			continue
		}
		for _, v := range sub.Enum {
			c.add(Value, owner+"="+v.Value, "")
		}
	}
}

func (c contract) attributes(owner string, attrs []*xsd.Attribute) {
	for _, a := range attrs {
		def := name(a.Type)
		switch {
		case a.Prohibited:
			def = "prohibited"
		case a.Required:
			def += ", required"
		}
		if a.Default != "" {
			def += ", by default " + a.Default
		}
		c.add(Attribute, owner+"/@"+a.Name, def)
		if a.Inline != nil {
			c.members(owner+"/@"+a.Name, a.Inline)
		}
	}
}

func (c contract) particle(owner string, p *xsd.Particle, optional, many bool) {
	if p == nil {
		return
	}
	if p.Kind == xsd.Choice && len(p.Children) > 1 {
		optional = true
	}
	optional = optional || p.Min == 0
	many = many || p.Max == xsd.Unbounded
	switch p.Kind {
	case xsd.ElementParticle:
		lo, hi := p.Min, p.Max
		if optional {
			lo = 0
		}
		if many {
			hi = xsd.Unbounded
		}
		path := owner + "/" + p.Element.Name.Local
		c.add(Element, path, element(p.Element, lo, hi))
		if p.Element.Inline != nil {
			c.members(path, p.Element.Inline)
		}
	case xsd.GroupRef:
		c.add(Element, owner+"/"+p.Ref.Local, "group "+p.Ref.String())
	case xsd.Any:
		c.add(Element, owner+"/*", "anything")
	}
	for _, child := range p.Children {
		c.particle(owner, child, optional, many)
	}
}

// element says what an element is and how often it may be there.
func element(e *xsd.Element, lo, hi int) string {
	def := name(e.Type)
	if e.Ref {
		def = "element " + e.Name.String()
	}
	switch {
	case lo == 1 && hi == 1:
	case lo == 0 && hi == 1:
		def += ", optional"
	case hi == xsd.Unbounded:
		def += ", " + strconv.Itoa(lo) + " or more"
	default:
		def += ", " + strconv.Itoa(lo) + " to " + strconv.Itoa(hi)
	}
	if e.Nillable {
		def += ", may be nil"
	}
	if e.Abstract {
		def += ", abstract"
	}
	if !e.Subst.IsZero() {
		def += ", for " + e.Subst.String()
	}
	if e.Default != "" {
		def += ", by default " + e.Default
	}
	return def
}
