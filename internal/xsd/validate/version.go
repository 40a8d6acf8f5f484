package validate

import (
	"fmt"

	"github.com/seed-1937cc67/goews/internal/xsd"
)

// checkMarks makes sure that every version mark has a place in time.
func (v *Validator) checkMarks() error {
	var bad error
	check := func(m xsd.Versions) bool {
		if _, ok := v.ranks[m.Since]; !ok && m.Since != "" && bad == nil {
			bad = fmt.Errorf("since %q is not in t:ExchangeVersionType", m.Since)
		}
		return true
	}
	f := filter{from: v.schema, keep: check, keepValue: func(e xsd.EnumValue) bool { return check(e.Versions) }}
	f.schema()
	for _, t := range v.schema.Types {
		check(t.Versions)
	}
	return bad
}

// asOf returns the schema without the components that came after the version
// of the given rank.
func (v *Validator) asOf(rank int) *xsd.Schema {
	f := filter{from: v.schema, keep: func(m xsd.Versions) bool {
		return m.Since == "" || v.ranks[m.Since] <= rank
	}}
	// A version knows its own name, whichever set had it first.
	f.keepValue = func(e xsd.EnumValue) bool {
		own, ok := v.ranks[e.Value]
		return ok && own <= rank || f.keep(e.Versions)
	}
	return f.schema()
}

// filter copies a schema without the elements, attributes and enumeration
// values that it is not to keep. Types and groups stay whatever their mark
// says: a document cannot show them, and an old element can have been given a
// new type since. They are marked as late instead, for xsi:type.
type filter struct {
	from      *xsd.Schema
	keep      func(xsd.Versions) bool
	keepValue func(xsd.EnumValue) bool // of an enumeration
}

func (f *filter) schema() *xsd.Schema {
	to := &xsd.Schema{
		Types:           map[xsd.Name]*xsd.Type{},
		Elements:        map[xsd.Name]*xsd.Element{},
		Groups:          map[xsd.Name]*xsd.Group{},
		AttributeGroups: map[xsd.Name]*xsd.AttrGroup{},
		Version:         f.from.Version,
		Files:           f.from.Files,
	}
	for n, t := range f.from.Types {
		c := f.typ(t)
		if f.keep(t.Versions) {
			c.Versions = xsd.Versions{} // a mark that is left means: too late
		}
		to.Types[n] = c
	}
	for n, e := range f.from.Elements {
		if f.hasElement(e) {
			to.Elements[n] = f.element(e)
		}
	}
	for n, g := range f.from.Groups {
		c := *g
		c.Content = f.particle(g.Content)
		to.Groups[n] = &c
	}
	for n, g := range f.from.AttributeGroups {
		c := *g
		c.Attrs = f.attrs(g.Attrs)
		to.AttributeGroups[n] = &c
	}
	return to
}

func (f *filter) hasElement(e *xsd.Element) bool {
	if !f.keep(e.Versions) {
		return false
	}
	if g := f.from.Elements[e.Name]; e.Ref && g != nil {
		return f.hasElement(g)
	}
	return true
}

func (f *filter) typ(t *xsd.Type) *xsd.Type {
	if t == nil {
		return nil
	}
	c := *t
	if !f.keep(t.Versions) {
		// What an old element or type has from it is what it inherits: its own
		// members are as new as it is.
		c.Content, c.Attrs = nil, nil
		return &c
	}
	c.BaseType, c.ItemType = f.typ(t.BaseType), f.typ(t.ItemType)
	c.Content = f.particle(t.Content)
	c.Attrs = f.attrs(t.Attrs)
	c.Enum = nil
	for _, e := range t.Enum {
		if f.keepValue(e) {
			c.Enum = append(c.Enum, e)
		}
	}
	c.MemberTypes = nil
	for _, m := range t.MemberTypes {
		c.MemberTypes = append(c.MemberTypes, f.typ(m))
	}
	return &c
}

func (f *filter) element(e *xsd.Element) *xsd.Element {
	c := *e
	c.Inline = f.typ(e.Inline)
	return &c
}

func (f *filter) attrs(in []*xsd.Attribute) []*xsd.Attribute {
	var out []*xsd.Attribute
	for _, a := range in {
		if f.keep(a.Versions) {
			c := *a
			c.Inline = f.typ(a.Inline)
			out = append(out, &c)
		}
	}
	return out
}

func (f *filter) particle(p *xsd.Particle) *xsd.Particle {
	if p == nil {
		return nil
	}
	c := *p
	if p.Element != nil {
		c.Element = f.element(p.Element)
	}
	c.Children = nil
	for _, q := range p.Children {
		if q.Kind == xsd.ElementParticle && !f.hasElement(q.Element) {
			continue
		}
		d := f.particle(q)
		if len(q.Children) > 0 && len(d.Children) == 0 {
			continue // nothing of it existed: an empty choice would match nothing
		}
		c.Children = append(c.Children, d)
	}
	return &c
}
