package merge

import (
	"slices"

	"github.com/seed-1937cc67/goews/internal/xsd"
)

// mergeType merges the definitions of one type. has are the sets that have it.
func (m *merger) mergeType(key string, has mask, defs []*xsd.Type) *xsd.Type {
	t := *last(defs)
	contents := make([]*xsd.Particle, len(defs))
	attrs := make([][]*xsd.Attribute, len(defs))
	for i, d := range defs {
		if d == nil {
			continue
		}
		contents[i], attrs[i] = d.Content, d.Attrs
		// Abstract only if it always was: an older document may have it.
		t.Abstract = t.Abstract && d.Abstract
	}
	t.Content = m.mergeContent(key, has, contents)
	t.Attrs = m.mergeAttrs(key, has, attrs)
	t.Enum = m.mergeEnum(key, defs)
	t.ItemType = m.mergeInline(key, defs, func(d *xsd.Type) *xsd.Type { return d.ItemType })
	if len(t.MemberTypes) > 0 {
		members := make([]*xsd.Type, len(t.MemberTypes))
		for i := range members {
			members[i] = m.mergeInline(key, defs, func(d *xsd.Type) *xsd.Type {
				if i < len(d.MemberTypes) {
					return d.MemberTypes[i]
				}
				return nil
			})
		}
		t.MemberTypes = members
	}
	return &t
}

func (m *merger) mergeInline(key string, defs []*xsd.Type, get func(*xsd.Type) *xsd.Type) *xsd.Type {
	var has mask
	inner := make([]*xsd.Type, len(defs))
	for i, d := range defs {
		if d == nil {
			continue
		}
		if inner[i] = get(d); inner[i] != nil {
			has |= 1 << i
		}
	}
	if newest := last(defs); has == 0 || get(newest) == nil {
		return nil
	}
	return m.mergeType(key, has, inner)
}

// mergeEnum joins the values: those of the newest set in their order, gone
// ones after the value that they followed.
func (m *merger) mergeEnum(key string, defs []*xsd.Type) []xsd.EnumValue {
	lists := make([][]string, len(defs))
	for i, d := range defs {
		if d != nil {
			for _, v := range d.Enum {
				lists[i] = append(lists[i], v.Value)
			}
		}
	}
	order, masks := join(lists)
	var out []xsd.EnumValue
	for _, v := range order {
		out = append(out, xsd.EnumValue{Value: v, Versions: m.versions(masks[v], key+"="+v)})
	}
	return out
}

// mergeAttrs joins the attributes. References to attribute groups stay
// references.
func (m *merger) mergeAttrs(key string, has mask, defs [][]*xsd.Attribute) []*xsd.Attribute {
	lists := make([][]string, len(defs))
	byName := make([]map[string]*xsd.Attribute, len(defs))
	for i, d := range defs {
		byName[i] = map[string]*xsd.Attribute{}
		for _, a := range d {
			lists[i] = append(lists[i], a.Name)
			byName[i][a.Name] = a
		}
	}
	order, masks := join(lists)
	var out []*xsd.Attribute
	for _, name := range order {
		all := make([]*xsd.Attribute, len(defs))
		types := make([]*xsd.Type, len(defs))
		for i := range defs {
			if all[i] = byName[i][name]; all[i] != nil {
				types[i] = all[i].Inline
			}
		}
		a := *last(all)
		for i, x := range all {
			if has&(1<<i) != 0 {
				a.Required = a.Required && x != nil && x.Required
			}
		}
		if a.Inline != nil {
			a.Inline = m.mergeType(key+"/@"+name, masks[name], types)
		}
		a.Versions = m.versions(masks[name], key+"/@"+name)
		out = append(out, &a)
	}
	return out
}

// mergeElement merges the declarations of one element.
func (m *merger) mergeElement(key string, has mask, defs []*xsd.Element) *xsd.Element {
	e := *last(defs)
	inline := make([]*xsd.Type, len(defs))
	var with mask
	for i, d := range defs {
		if d == nil {
			continue
		}
		e.Nillable = e.Nillable || d.Nillable
		e.Abstract = e.Abstract && d.Abstract
		if inline[i] = d.Inline; d.Inline != nil {
			with |= 1 << i
		}
	}
	if e.Inline != nil {
		e.Inline = m.mergeType(key, with, inline)
	}
	return &e
}

// mergeContent merges content models: the newest is the skeleton.
func (m *merger) mergeContent(key string, has mask, defs []*xsd.Particle) *xsd.Particle {
	skeleton := last(defs)
	if skeleton == nil {
		return nil
	}
	lists := make([][]string, len(defs))
	parts := make([]map[string]*xsd.Particle, len(defs))
	for i, d := range defs {
		parts[i] = map[string]*xsd.Particle{}
		eachElement(d, func(p *xsd.Particle) {
			lists[i] = append(lists[i], p.Element.Name.Local)
			parts[i][p.Element.Name.Local] = p
		})
	}
	order, masks := join(lists)
	out := clone(skeleton)
	for _, d := range defs {
		loosen(out, d)
	}
	for at, name := range order {
		all := make([]*xsd.Particle, len(defs))
		elems := make([]*xsd.Element, len(defs))
		for i := range defs {
			if all[i] = parts[i][name]; all[i] != nil {
				elems[i] = all[i].Element
			}
		}
		p := *last(all)
		for i, x := range all {
			switch {
			case x != nil:
				p.Min = min(p.Min, x.Min)
				if x.Max == xsd.Unbounded || p.Max == xsd.Unbounded {
					p.Max = xsd.Unbounded
				} else {
					p.Max = max(p.Max, x.Max)
				}
			case has&(1<<i) != 0:
				p.Min = 0
			}
		}
		p.Element = m.mergeElement(key+"/"+name, masks[name], elems)
		p.Element.Versions = m.versions(masks[name], key+"/"+name)
		place(out, &p, order[:at])
	}
	// In a choice a member is there or not by itself: leave the number of the
	// newest definition, which is 1.
	restore(out, skeleton)
	return out
}

// join merges lists into one order: the last list's, with what only others
// have after the value that it followed there. It also returns which lists
// have each value.
func join(lists [][]string) ([]string, map[string]mask) {
	masks := map[string]mask{}
	var order []string
	for i := len(lists) - 1; i >= 0; i-- {
		at := 0
		for _, v := range lists[i] {
			masks[v] |= 1 << i
			if j := slices.Index(order, v); j >= 0 {
				at = j + 1
				continue
			}
			order = slices.Insert(order, at, v)
			at++
		}
	}
	return order, masks
}

// clone copies a content model down to its elements' particles.
func clone(p *xsd.Particle) *xsd.Particle {
	c := *p
	c.Children = make([]*xsd.Particle, len(p.Children))
	for i, x := range p.Children {
		c.Children[i] = clone(x)
	}
	return &c
}

// loosen takes over the lower minimum of the outermost group of d, if it is of
// the same kind.
func loosen(p, d *xsd.Particle) {
	if d == nil || p.Kind != d.Kind {
		return
	}
	p.Min = min(p.Min, d.Min)
	if d.Max == xsd.Unbounded {
		p.Max = xsd.Unbounded
	}
}

// place puts the particle where the skeleton has it; or, if that lacks it,
// behind the nearest of the members that come before it.
func place(model, p *xsd.Particle, before []string) {
	if replace(model, p) {
		return
	}
	for _, name := range slices.Backward(before) {
		if insertAfter(model, name, p) {
			return
		}
	}
	model.Children = slices.Insert(model.Children, 0, p)
}

func replace(model, p *xsd.Particle) bool {
	for i, c := range model.Children {
		if c.Kind == xsd.ElementParticle && c.Element.Name.Local == p.Element.Name.Local {
			model.Children[i] = p
			return true
		}
		if replace(c, p) {
			return true
		}
	}
	return false
}

func insertAfter(model *xsd.Particle, name string, p *xsd.Particle) bool {
	for i, c := range model.Children {
		if c.Kind == xsd.ElementParticle && c.Element.Name.Local == name {
			model.Children = slices.Insert(model.Children, i+1, p)
			return true
		}
		if insertAfter(c, name, p) {
			return true
		}
	}
	return false
}

// restore gives the members of choices the minimum that the newest definition
// has, and 1 to those that it lacks.
func restore(model, skeleton *xsd.Particle) {
	want := map[string]int{}
	eachElement(skeleton, func(p *xsd.Particle) { want[p.Element.Name.Local] = p.Min })
	var walk func(p *xsd.Particle)
	walk = func(p *xsd.Particle) {
		for _, c := range p.Children {
			if p.Kind == xsd.Choice && c.Kind == xsd.ElementParticle {
				c.Min = 1
				if n, ok := want[c.Element.Name.Local]; ok {
					c.Min = n
				}
			}
			walk(c)
		}
	}
	walk(model)
}
