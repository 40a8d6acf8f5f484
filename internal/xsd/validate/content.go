package validate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-1937cc67/goews/internal/xsd"
)

// maxPositions bounds the size of one content model, occurrence counts
// unrolled.
const maxPositions = 20000

// position is one place in a content model where an element can stand. Models
// are Glushkov automata: the states are the positions, and follow names the
// positions that can come next.
type position struct {
	elem   *element  // nil for a wildcard
	wild   *wildcard // nil for an element
	follow []int32
	last   bool // the content may end here
	needed bool // of an all: must occur
}

func (p *position) anyNS() string {
	if p.wild == nil {
		return ""
	}
	return p.wild.ns
}

// accepts reports whether an element of the given name can stand at p.
func (p *position) accepts(n xsd.Name) bool {
	if p.elem != nil {
		return p.elem.name == n
	}
	return p.wild.accepts(n.Space)
}

// wildcard is an xs:any.
type wildcard struct {
	ns      string // as declared, never empty
	target  string // target namespace of the declaring schema
	process process
}

func (w *wildcard) accepts(space string) bool {
	switch w.ns {
	case "##any":
		return true
	case "##other":
		return space != "" && space != w.target
	}
	for _, f := range strings.Fields(w.ns) {
		switch f {
		case "##targetNamespace":
			f = w.target
		case "##local":
			f = ""
		}
		if f == space {
			return true
		}
	}
	return false
}

// process says how strictly an element is looked at.
type process uint8

const (
	strict process = iota
	lax
	skip
)

// model is the content model of a complex type.
type model struct {
	positions []position
	first     []int32
	empty     bool // no element need be there
	all       bool // the positions are the members of an xs:all
}

// next appends to dst the positions that an element of the given name takes a
// content to that is in state cur (nil with started unset: at the start), and
// returns the position that governs the element; nil if none does.
func (m *model) next(dst, cur []int32, started bool, n xsd.Name) ([]int32, *position) {
	var governs *position
	try := func(list []int32) {
		for _, q := range list {
			p := &m.positions[q]
			if !p.accepts(n) || slices.Contains(dst, q) {
				continue
			}
			dst = append(dst, q)
			if governs == nil || governs.elem == nil && p.elem != nil {
				governs = p
			}
		}
	}
	if !started {
		try(m.first)
	}
	for _, p := range cur {
		try(m.positions[p].follow)
	}
	return dst, governs
}

// done reports whether the content may end in state cur.
func (m *model) done(cur []int32, started bool) bool {
	if !started {
		return m.empty
	}
	for _, p := range cur {
		if m.positions[p].last {
			return true
		}
	}
	return false
}

// expected lists the positions that can come next.
func (m *model) expected(cur []int32, started bool) []*position {
	var set []int32
	if !started {
		set = append(set, m.first...)
	}
	for _, p := range cur {
		set = append(set, m.positions[p].follow...)
	}
	slices.Sort(set)
	var list []*position
	for _, q := range slices.Compact(set) {
		list = append(list, &m.positions[q])
	}
	return list
}

// builder makes a model from particles.
type builder struct {
	v      *view
	m      *model
	target string // target namespace, for wildcards
	depth  int    // of group references
}

// span is a part of a model under construction.
type span struct {
	first, last []int32
	empty       bool
}

// build makes the model for particles in sequence; nil when there can be no
// element at all.
func (v *view) build(target string, parts []*xsd.Particle) (*model, error) {
	b := &builder{v: v, m: &model{}, target: target}
	if len(parts) == 1 && parts[0].Kind == xsd.All {
		return b.m, b.all(parts[0])
	}
	s, err := b.sequence(parts)
	if err != nil {
		return nil, err
	}
	if len(b.m.positions) == 0 {
		return nil, nil
	}
	b.m.first, b.m.empty = s.first, s.empty
	for _, p := range s.last {
		b.m.positions[p].last = true
	}
	for i := range b.m.positions {
		f := b.m.positions[i].follow
		slices.Sort(f)
		b.m.positions[i].follow = slices.Clip(slices.Compact(f))
	}
	return b.m, nil
}

func (b *builder) all(p *xsd.Particle) error {
	b.m.all, b.m.empty = true, p.Min == 0
	for _, c := range p.Children {
		if c.Kind != xsd.ElementParticle || c.Max > 1 || c.Max == xsd.Unbounded {
			return fmt.Errorf("xs:all with other members than single elements")
		}
		e, err := b.v.use(c.Element)
		if err != nil {
			return err
		}
		b.m.positions = append(b.m.positions, position{elem: e, needed: c.Min > 0})
	}
	return nil
}

func (b *builder) sequence(parts []*xsd.Particle) (span, error) {
	s := span{empty: true}
	for _, p := range parts {
		t, err := b.repeat(p)
		if err != nil {
			return span{}, err
		}
		s = b.concat(s, t)
	}
	return s, nil
}

func (b *builder) concat(s, t span) span {
	b.link(s.last, t.first)
	r := span{first: slices.Clip(s.first), last: slices.Clip(t.last), empty: s.empty && t.empty}
	if s.empty {
		r.first = append(r.first, t.first...)
	}
	if t.empty {
		r.last = append(r.last, s.last...)
	}
	return r
}

func (b *builder) link(from, to []int32) {
	for _, p := range from {
		b.m.positions[p].follow = append(b.m.positions[p].follow, to...)
	}
}

// repeat unrolls the occurrence counts of a particle: what must occur, then
// either a loop or a chain that can be left at each link.
func (b *builder) repeat(p *xsd.Particle) (span, error) {
	if p.Max == 0 {
		return span{empty: true}, nil
	}
	s := span{empty: true}
	for i := 0; i < p.Min; i++ {
		t, err := b.once(p)
		if err != nil {
			return span{}, err
		}
		if p.Max == xsd.Unbounded && i == p.Min-1 {
			b.link(t.last, t.first)
		}
		s = b.concat(s, t)
	}
	if p.Max != xsd.Unbounded {
		return b.tail(p, s)
	}
	if p.Min == 0 {
		t, err := b.once(p)
		if err != nil {
			return span{}, err
		}
		b.link(t.last, t.first)
		t.empty = true
		s = t
	}
	return s, nil
}

// tail appends the occurrences of p beyond the required ones, s. Each can only
// follow the one before it, which keeps the model deterministic.
func (b *builder) tail(p *xsd.Particle, s span) (span, error) {
	before := s.last
	s.first, s.last = slices.Clone(s.first), slices.Clone(s.last)
	for i := p.Min; i < p.Max; i++ {
		t, err := b.once(p)
		if err != nil {
			return span{}, err
		}
		b.link(before, t.first)
		if i == p.Min && s.empty {
			s.first = append(s.first, t.first...)
		}
		s.last = append(s.last, t.last...)
		before = t.last
	}
	return s, nil
}

func (b *builder) once(p *xsd.Particle) (span, error) {
	switch p.Kind {
	case xsd.ElementParticle:
		e, err := b.v.use(p.Element)
		if err != nil {
			return span{}, err
		}
		s, err := b.place(position{elem: e})
		if err != nil || !p.Element.Ref {
			return s, err
		}
		for _, m := range b.v.members[e.name] {
			t, err := b.place(position{elem: m})
			if err != nil {
				return span{}, err
			}
			s.first, s.last = append(s.first, t.first...), append(s.last, t.last...)
		}
		return s, nil
	case xsd.Any:
		w := &wildcard{ns: p.AnyNS, target: b.target}
		if w.ns == "" {
			w.ns = "##any"
		}
		switch p.Process {
		case "lax":
			w.process = lax
		case "skip":
			w.process = skip
		}
		return b.place(position{wild: w})
	case xsd.GroupRef:
		g := b.v.src.Groups[p.Ref]
		if g == nil {
			return span{}, fmt.Errorf("no group %s", p.Ref)
		}
		if b.depth++; b.depth > 64 {
			return span{}, fmt.Errorf("group %s refers to itself", p.Ref)
		}
		defer func() { b.depth-- }()
		if g.Content == nil {
			return span{empty: true}, nil
		}
		return b.repeat(g.Content)
	case xsd.Sequence:
		return b.sequence(p.Children)
	case xsd.Choice:
		if len(p.Children) == 0 {
			return span{empty: true}, nil
		}
		var s span
		for _, c := range p.Children {
			t, err := b.repeat(c)
			if err != nil {
				return span{}, err
			}
			s.first, s.last = append(s.first, t.first...), append(s.last, t.last...)
			s.empty = s.empty || t.empty
		}
		return s, nil
	}
	return span{}, fmt.Errorf("an xs:all inside a content model")
}

func (b *builder) place(p position) (span, error) {
	if len(b.m.positions) >= maxPositions {
		return span{}, fmt.Errorf("a content model of more than %d places", maxPositions)
	}
	i := int32(len(b.m.positions))
	b.m.positions = append(b.m.positions, p)
	return span{first: []int32{i}, last: []int32{i}}, nil
}
