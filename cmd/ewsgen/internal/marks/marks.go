// Package marks makes the tables of package internal/support from the version
// marks of a schema: what of a request, of the property paths and of the
// enumerations which version knows.
package marks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-1937cc67/goews/cmd/ewsgen/internal/wsdl"
	"github.com/seed-1937cc67/goews/internal/support"
	"github.com/seed-1937cc67/goews/internal/xsd"
)

// first is the version that has everything without a mark.
const first = "Exchange2007_SP1"

// Requests returns the table of the request elements of ops and of all that
// may be in them.
func Requests(s *xsd.Schema, ops []wsdl.Operation) (*support.Table, error) {
	b := &builder{s: s, nodes: map[*xsd.Type]*node{}}
	root := &node{reach: reach{since: first}}
	for _, op := range ops {
		e := s.Elements[op.Request]
		if e == nil {
			return nil, fmt.Errorf("marks: operation %s: no element %s", op.Name, op.Request)
		}
		root.add(e.Name.Local, op.Versions, b.elementType(e))
	}
	b.all = append(b.all, root)
	b.spread(root)
	return b.table(root)
}

// Values returns the table of the values of all enumerations, by the names of
// their types. Those that are property paths are there whole, of the others the
// values that came after the first version, or are gone.
func Values(s *xsd.Schema) (*support.Table, error) {
	b := &builder{s: s, nodes: map[*xsd.Type]*node{}}
	root := &node{reach: reach{since: first}}
	b.all = append(b.all, root)
	for _, n := range sorted(s.Types) {
		t := s.Types[n]
		if !t.IsSimple() || len(t.Enum) == 0 {
			continue
		}
		v := &node{reach: reach{since: first}, whole: strings.HasSuffix(n.Local, "FieldURIType") || n.Local == "DictionaryURIType"}
		for _, e := range t.Enum {
			v.add("="+e.Value, e.Versions, nil)
		}
		v.needed = v.whole || slices.ContainsFunc(v.edges, func(e *edge) bool { return v.relevant(e.mark) })
		root.edges = append(root.edges, &edge{name: n.String(), to: v})
		b.all = append(b.all, v)
	}
	return b.table(root)
}

// node is what an element, an attribute or a value may hold.
type node struct {
	edges  []*edge
	reach  reach
	seen   bool
	needed bool // has an entry, or leads to a node that has one
	whole  bool // has entries even for what has no mark
	line   int
}

type edge struct {
	name string // @attribute, =value, or the local name of an element
	mark xsd.Versions
	to   *node
	typ  *xsd.Type
}

// reach says which versions come to a node at all: marks that say no more are
// left out.
type reach struct {
	since, until string
	offline      bool // reached in a server on premises
}

func (n *node) add(name string, m xsd.Versions, t *xsd.Type) {
	n.edges = append(n.edges, &edge{name: name, mark: m, typ: t})
}

// relevant reports whether m says anything at n that is not known by having
// come to n.
func (n *node) relevant(m xsd.Versions) bool {
	return m.Since > n.reach.since || earlier(m.Until, n.reach.until) || m.Online && n.reach.offline
}

// earlier compares last versions; the empty one is the newest.
func earlier(a, b string) bool { return a != "" && (b == "" || a < b) }

type builder struct {
	s     *xsd.Schema
	nodes map[*xsd.Type]*node
	all   []*node
}

func (b *builder) elementType(e *xsd.Element) *xsd.Type {
	if e.Inline != nil {
		return e.Inline
	}
	return b.s.Types[e.Type]
}

// node returns the node of a type; nil if nothing can be said about it.
func (b *builder) node(t *xsd.Type) *node {
	if t == nil {
		return nil
	}
	if n, ok := b.nodes[t]; ok {
		return n
	}
	n := &node{}
	b.nodes[t] = n
	b.fill(n, t)
	if len(n.edges) == 0 {
		b.nodes[t] = nil
		return nil
	}
	b.all = append(b.all, n)
	return n
}

// fill gives n what t may hold, and if t is told apart by xsi:type, what its
// derived types may hold.
func (b *builder) fill(n *node, t *xsd.Type) {
	if t.IsSimple() {
		b.values(n, t)
		return
	}
	b.members(n, t)
	if t.Abstract && !t.Name.IsZero() {
		b.derived(n, t.Name)
	}
}

func (b *builder) derived(n *node, base xsd.Name) {
	for _, name := range sorted(b.s.Types) {
		if d := b.s.Types[name]; d.Base == base && !d.IsSimple() {
			b.own(n, d)
			b.derived(n, name)
		}
	}
}

// members gives n what t and its bases may hold.
func (b *builder) members(n *node, t *xsd.Type) {
	if base := b.s.Types[t.Base]; base != nil && (t.Derived == xsd.Extension || t.Variety == xsd.SimpleContent) {
		if base.IsSimple() {
			b.values(n, base)
		} else {
			b.members(n, base)
		}
	}
	b.own(n, t)
}

// own gives n what t has itself. What an element that is older than its type
// has from the type is as new as the type.
func (b *builder) own(n *node, t *xsd.Type) {
	floor := t.Versions
	for _, a := range t.Attrs {
		if a.Prohibited {
			continue
		}
		at := a.Inline
		if at == nil {
			at = b.s.Types[a.Type]
		}
		n.add("@"+a.Name, since(a.Versions, floor), at)
	}
	b.particle(n, t.Content, floor)
}

func since(m, floor xsd.Versions) xsd.Versions {
	if m.Since < floor.Since {
		m.Since = floor.Since
	}
	return m
}

func (b *builder) particle(n *node, p *xsd.Particle, floor xsd.Versions) {
	if p == nil {
		return
	}
	if p.Kind == xsd.GroupRef {
		if g := b.s.Groups[p.Ref]; g != nil {
			b.particle(n, g.Content, floor)
		}
	}
	if e := p.Element; e != nil {
		b.element(n, e, floor)
	}
	for _, c := range p.Children {
		b.particle(n, c, floor)
	}
}

func (b *builder) element(n *node, e *xsd.Element, floor xsd.Versions) {
	m := since(e.Versions, floor)
	if !e.Ref {
		n.add(e.Name.Local, m, b.elementType(e))
		return
	}
	g := b.s.Elements[e.Name]
	if g == nil {
		return
	}
	if !g.Abstract {
		n.add(g.Name.Local, since(m, g.Versions), b.elementType(g))
	}
	for _, name := range sorted(b.s.Elements) {
		if s := b.s.Elements[name]; s.Subst == e.Name {
			n.add(s.Name.Local, since(s.Versions, m), b.elementType(s))
		}
	}
}

func (b *builder) values(n *node, t *xsd.Type) {
	for _, e := range t.Enum {
		n.add("="+e.Value, e.Versions, nil)
	}
	for _, s := range append([]*xsd.Type{t.ItemType, b.s.Types[t.Item]}, t.MemberTypes...) {
		if s != nil {
			b.values(n, s)
		}
	}
	for _, m := range t.Members {
		if s := b.s.Types[m]; s != nil {
			b.values(n, s)
		}
	}
	if len(t.Enum) == 0 && t.Variety == xsd.Atomic {
		if t.BaseType != nil {
			b.values(n, t.BaseType)
		} else if s := b.s.Types[t.Base]; s != nil {
			b.values(n, s)
		}
	}
}

// spread finds every node that is reached from root, and by which versions.
func (b *builder) spread(root *node) {
	root.seen, root.reach.offline = true, true
	for todo := []*node{root}; len(todo) > 0; todo = todo[1:] {
		from := todo[0]
		for _, e := range from.edges {
			if e.to == nil {
				if e.to = b.node(e.typ); e.to == nil {
					continue
				}
			}
			r := from.reach
			r.since = max(r.since, e.mark.Since)
			if earlier(e.mark.Until, r.until) {
				r.until = e.mark.Until
			}
			r.offline = r.offline && !e.mark.Online
			if e.to.widen(r) {
				todo = append(todo, e.to)
			}
		}
	}
	for changed := true; changed; {
		changed = false
		for _, n := range b.all {
			if !n.seen || n.needed {
				continue
			}
			n.needed = slices.ContainsFunc(n.edges, func(e *edge) bool {
				return n.relevant(e.mark) || e.to != nil && e.to.needed
			})
			changed = changed || n.needed
		}
	}
}

// widen makes r reach n, and reports whether it did not yet.
func (n *node) widen(r reach) bool {
	old, was := n.reach, n.seen
	if !was {
		n.reach, n.seen = r, true
		return true
	}
	n.reach.since = min(old.since, r.since)
	if earlier(old.until, r.until) {
		n.reach.until = r.until
	}
	n.reach.offline = old.offline || r.offline
	return n.reach != old
}

// table writes the automaton down, root first.
func (b *builder) table(root *node) (*support.Table, error) {
	t := &support.Table{}
	root.needed = true
	nodes := []*node{root}
	for i := 0; i < len(nodes); i++ {
		for _, e := range nodes[i].edges {
			if e.to != nil && e.to.needed && e.to != root && e.to.line == 0 {
				e.to.line = len(nodes)
				nodes = append(nodes, e.to)
			}
		}
	}
	index := map[support.Mark]int{}
	var text strings.Builder
	for _, n := range nodes {
		t.Lines = append(t.Lines, uint32(text.Len()))
		line, err := n.entries(t, index)
		if err != nil {
			return nil, err
		}
		text.WriteString(strings.Join(line, " "))
		text.WriteByte('\n')
	}
	t.Lines = append(t.Lines, uint32(text.Len()))
	t.Text = text.String()
	return t, nil
}

func (n *node) entries(t *support.Table, index map[support.Mark]int) ([]string, error) {
	seen := map[string]*edge{}
	var line []string
	for _, e := range merged(n.edges) {
		if strings.ContainsAny(e.name, "| `\n") {
			return nil, fmt.Errorf("marks: %q can't stand in a table", e.name)
		}
		if seen[e.name] != nil {
			return nil, fmt.Errorf("marks: %s stands for two things", e.name)
		}
		seen[e.name] = e
		s := ""
		if n.relevant(e.mark) {
			m := support.Mark{Since: max(e.mark.Since, first), Until: e.mark.Until, Online: e.mark.Online}
			i, ok := index[m]
			if !ok {
				i = len(t.Marks)
				index[m] = i
				t.Marks = append(t.Marks, m)
			}
			if i >= 52 {
				return nil, fmt.Errorf("marks: more than 52 different marks")
			}
			s = string("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"[i])
		}
		if e.to != nil && e.to.line > 0 {
			s += fmt.Sprint(e.to.line)
		}
		if s != "" || n.whole {
			line = append(line, e.name+"|"+s)
		}
	}
	slices.Sort(line)
	return line, nil
}

// merged joins the edges of one name: several types told apart by xsi:type may
// have it. The part is known if any of them knows it.
func merged(edges []*edge) []*edge {
	var out []*edge
	at := map[string]*edge{}
	for _, e := range edges {
		o := at[e.name]
		if o == nil {
			c := *e
			at[e.name] = &c
			out = append(out, &c)
			continue
		}
		o.mark.Since = min(o.mark.Since, e.mark.Since)
		if earlier(o.mark.Until, e.mark.Until) {
			o.mark.Until = e.mark.Until
		}
		o.mark.Online = o.mark.Online && e.mark.Online
		if o.to != e.to {
			o.to = nil
		}
	}
	return out
}

func sorted[T any](m map[xsd.Name]*T) []xsd.Name {
	var out []xsd.Name
	for n := range m {
		out = append(out, n)
	}
	slices.SortFunc(out, func(a, b xsd.Name) int { return strings.Compare(a.String(), b.String()) })
	return out
}
