// Package merge makes one annotated EWS contract of the schema sets of many
// server versions: what each version has, in one order, with the versions that
// have it.
//
// Definitions that differ between versions are settled by rule:
//
//   - The newest definition of a type is its skeleton: its base, its kinds of
//     groups, the types of its members. So FindItem's QueryString is the type
//     with attributes that came with Exchange2013, and ConnectingSID the choice
//     that came with Exchange2010; older documents fit both.
//   - Members that only older definitions have are put in after the member
//     that they followed there. No two versions contradict each other in order.
//   - Cardinality is the loosest that any version states; a member that some
//     version of its owner lacks is optional, so is an attribute.
//   - A component's since is the first set that has it, its until the last one
//     if the newest set lacks it; online if no set of an on-premises server has
//     it. What the documentation knows better is in overrides.go.
package merge

import (
	"cmp"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/seed-1937cc67/goews/cmd/ewsgen/internal/wsdl"
	"github.com/seed-1937cc67/goews/internal/xsd"
)

// Set is the schema set of one server version.
type Set struct {
	Name    string // folder
	Version string // ExchangeVersionType value, as in "Exchange2010_SP1"
	Online  bool   // of Exchange Online
	Schema  *xsd.Schema
	Ops     []wsdl.Operation // those that its WSDL declares
}

// Result is the merged contract.
type Result struct {
	Schema *xsd.Schema
	Ops    []wsdl.Operation // those that some WSDL declares
}

// known are the sets whose version their own files do not say, or whose folder
// does not tell that they are of Exchange Online.
var known = map[string]Set{
	"08-V2016_10_10":                 {Version: "V2016_10_10", Online: true},
	"09-V2017_07_11_2018-09":         {Version: "V2017_07_11"},
	"10-V2017_07_11_SE-15.2.2562.17": {Version: "V2017_07_11"},
}

// ReadSets reads the sets below fsys, one a folder, oldest first: the folders'
// names begin with their place. A folder without types.xsd is passed over. The
// version is what types.xsd says it is, else the newest value of
// ExchangeVersionType. Folders with O365 in their name are of Exchange Online.
func ReadSets(fsys fs.FS) ([]*Set, error) {
	dirs, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, err
	}
	var out []*Set
	for _, d := range dirs {
		if !d.IsDir() || d.Name()[0] < '0' || d.Name()[0] > '9' {
			continue
		}
		sub, err := fs.Sub(fsys, d.Name())
		if err != nil {
			return nil, err
		}
		if _, err := fs.Stat(sub, "types.xsd"); err != nil {
			continue
		}
		s := known[d.Name()]
		s.Name = d.Name()
		s.Online = s.Online || strings.Contains(d.Name(), "O365")
		if s.Schema, err = xsd.Read(sub, "types.xsd", "messages.xsd"); err != nil {
			return nil, fmt.Errorf("%s: %w", d.Name(), err)
		}
		ops, err := wsdl.Read(sub, s.Schema)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", d.Name(), err)
		}
		for _, op := range ops {
			if op.InWSDL {
				s.Ops = append(s.Ops, op)
			}
		}
		s.Version = cmp.Or(s.Version, s.Schema.Version, newest(s.Schema))
		out = append(out, &s)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("no folder has a types.xsd")
	}
	slices.SortStableFunc(out, func(a, b *Set) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

func newest(s *xsd.Schema) string {
	t := s.Types[xsd.Name{Space: xsd.Types, Local: "ExchangeVersionType"}]
	if t == nil || len(t.Enum) == 0 {
		return ""
	}
	return t.Enum[len(t.Enum)-1].Value
}

// merger merges sets, the oldest first.
type merger struct{ sets []*Set }

// mask says which sets have a component, a bit a set.
type mask uint64

// versions are the marks of a component. key is as in "t:ItemType/Subject".
func (m *merger) versions(has mask, key string) xsd.Versions {
	var v xsd.Versions
	first, last, premises := -1, -1, false
	for i, s := range m.sets {
		if has&(1<<i) == 0 {
			continue
		}
		if first < 0 {
			first = i
		}
		last = i
		premises = premises || !s.Online
	}
	if first > 0 {
		v.Since = since(m.sets[first].Version, key)
	}
	if last < len(m.sets)-1 {
		v.Until = m.sets[last].Version
	}
	v.Online = !premises
	return v
}

// Merge merges the sets, the oldest first.
func Merge(sets []*Set) (*Result, error) {
	m := &merger{sets}
	out := &xsd.Schema{
		Types: map[xsd.Name]*xsd.Type{}, Elements: map[xsd.Name]*xsd.Element{},
		Groups: map[xsd.Name]*xsd.Group{}, AttributeGroups: map[xsd.Name]*xsd.AttrGroup{},
	}
	pick(m, func(s *xsd.Schema) map[xsd.Name]*xsd.Type { return s.Types }, func(n xsd.Name, has mask, defs []*xsd.Type) {
		t := m.mergeType(n.String(), has, defs)
		t.Name, t.Versions = n, m.versions(has, n.String())
		out.Types[n] = t
	})
	pick(m, func(s *xsd.Schema) map[xsd.Name]*xsd.Element { return s.Elements }, func(n xsd.Name, has mask, defs []*xsd.Element) {
		e := m.mergeElement(n.String(), has, defs)
		e.Versions = m.versions(has, n.String())
		out.Elements[n] = e
	})
	pick(m, func(s *xsd.Schema) map[xsd.Name]*xsd.Group { return s.Groups }, func(n xsd.Name, has mask, defs []*xsd.Group) {
		parts := make([]*xsd.Particle, len(defs))
		for i, d := range defs {
			if d != nil {
				parts[i] = d.Content
			}
		}
		out.Groups[n] = &xsd.Group{Name: n, Content: m.mergeContent("group:"+n.String(), has, parts), Versions: m.versions(has, n.String())}
	})
	pick(m, func(s *xsd.Schema) map[xsd.Name]*xsd.AttrGroup { return s.AttributeGroups }, func(n xsd.Name, has mask, defs []*xsd.AttrGroup) {
		attrs := make([][]*xsd.Attribute, len(defs))
		for i, d := range defs {
			if d != nil {
				attrs[i] = d.Attrs
			}
		}
		out.AttributeGroups[n] = &xsd.AttrGroup{Name: n, Attrs: m.mergeAttrs("attributeGroup:"+n.String(), has, attrs), Versions: m.versions(has, n.String())}
	})
	if err := check(out); err != nil {
		return nil, err
	}
	return &Result{Schema: out, Ops: m.operations(out)}, nil
}

// pick calls f for each name in some set's table, sorted, with the definition
// of each set; nil for a set that has none.
func pick[T any](m *merger, table func(*xsd.Schema) map[xsd.Name]*T, f func(xsd.Name, mask, []*T)) {
	seen := map[xsd.Name]bool{}
	var names []xsd.Name
	for _, s := range m.sets {
		for n := range table(s.Schema) {
			if !seen[n] {
				seen[n] = true
				names = append(names, n)
			}
		}
	}
	slices.SortFunc(names, func(a, b xsd.Name) int { return strings.Compare(a.String(), b.String()) })
	for _, n := range names {
		var has mask
		defs := make([]*T, len(m.sets))
		for i, s := range m.sets {
			if d := table(s.Schema)[n]; d != nil {
				defs[i] = d
				has |= 1 << i
			}
		}
		f(n, has, defs)
	}
}

// last returns the newest definition.
func last[T any](defs []*T) *T {
	for _, d := range slices.Backward(defs) {
		if d != nil {
			return d
		}
	}
	return nil
}

// operations returns the newest declaration of each operation.
func (m *merger) operations(s *xsd.Schema) []wsdl.Operation {
	byName := map[string]wsdl.Operation{}
	for _, set := range m.sets {
		for _, op := range set.Ops {
			byName[op.Name] = op
		}
	}
	var out []wsdl.Operation
	for _, op := range byName {
		if e := s.Elements[op.Request]; e != nil {
			op.Versions = e.Versions
		}
		out = append(out, op)
	}
	slices.SortFunc(out, func(a, b wsdl.Operation) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// check fails if a type redeclares a member of its base: a member that moved
// between the two would be there twice.
func check(s *xsd.Schema) error {
	for _, t := range s.Types {
		if t.Derived != xsd.Extension {
			continue
		}
		own := map[string]bool{}
		eachElement(t.Content, func(p *xsd.Particle) { own[p.Element.Name.Local] = true })
		for b := s.Types[t.Base]; b != nil; b = s.Types[b.Base] {
			var twice string
			eachElement(b.Content, func(p *xsd.Particle) {
				if own[p.Element.Name.Local] {
					twice = p.Element.Name.Local
				}
			})
			if twice != "" {
				return fmt.Errorf("%s and its base %s both have %s", t.Name, b.Name, twice)
			}
		}
	}
	return nil
}

// eachElement visits the elements of a content model in order, inline types
// left out.
func eachElement(p *xsd.Particle, visit func(*xsd.Particle)) {
	if p == nil {
		return
	}
	if p.Kind == xsd.ElementParticle {
		visit(p)
	}
	for _, c := range p.Children {
		eachElement(c, visit)
	}
}
