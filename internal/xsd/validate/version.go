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
	f := filter{from: v.schema, keep: check, kept: map[xsd.Name]bool{}}
	f.schema()
	return bad
}

// asOf returns the schema without the components that came after the version
// of the given rank.
func (v *Validator) asOf(rank int) *xsd.Schema {
	f := filter{from: v.schema, kept: map[xsd.Name]bool{}, keep: func(m xsd.Versions) bool {
		return m.Since == "" || v.ranks[m.Since] <= rank
	}}
	return f.schema()
}

// filter copies a schema without the components it is not to keep, and those
// that cannot be without them.
type filter struct {
	from *xsd.Schema
	keep func(xsd.Versions) bool
	kept map[xsd.Name]bool // decided types
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
		if f.has(n) {
			to.Types[n] = f.typ(t)
		}
	}
	for n, e := range f.from.Elements {
		if f.hasElement(e) {
			to.Elements[n] = f.element(e)
		}
	}
	for n, g := range f.from.Groups {
		if f.keep(g.Versions) {
			c := *g
			c.Content = f.particle(g.Content)
			to.Groups[n] = &c
		}
	}
	for n, g := range f.from.AttributeGroups {
		c := *g
		c.Attrs = f.attrs(g.Attrs)
		to.AttributeGroups[n] = &c
	}
	return to
}

// has reports whether a named type stays, and with it whatever it stands on.
func (f *filter) has(n xsd.Name) bool {
	if n.IsZero() || n.Space == xsd.XS {
		return true
	}
	if k, ok := f.kept[n]; ok {
		return k
	}
	t := f.from.Types[n]
	if t == nil {
		return true // reported as undeclared by the check of references
	}
	f.kept[n] = true // ends a circle, which is reported there too
	f.kept[n] = f.keep(t.Versions) && f.has(t.Base) && f.has(t.Item)
	return f.kept[n]
}

func (f *filter) hasElement(e *xsd.Element) bool {
	if !f.keep(e.Versions) || !f.has(e.Type) {
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
	c.BaseType, c.ItemType = f.typ(t.BaseType), f.typ(t.ItemType)
	c.Content = f.particle(t.Content)
	c.Attrs = f.attrs(t.Attrs)
	c.Enum = nil
	for _, e := range t.Enum {
		if f.keep(e.Versions) {
			c.Enum = append(c.Enum, e)
		}
	}
	c.Members, c.MemberTypes = nil, nil
	for _, m := range t.Members {
		if f.has(m) {
			c.Members = append(c.Members, m)
		}
	}
	for _, m := range t.MemberTypes {
		if f.keep(m.Versions) {
			c.MemberTypes = append(c.MemberTypes, f.typ(m))
		}
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
		if f.keep(a.Versions) && f.has(a.Type) {
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
		switch {
		case q.Kind == xsd.ElementParticle && !f.hasElement(q.Element):
			continue
		case q.Kind == xsd.GroupRef && f.from.Groups[q.Ref] != nil && !f.keep(f.from.Groups[q.Ref].Versions):
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
