package validate

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/seed-1937cc67/goews/internal/xsd"
)

// generator makes documents out of a schema, at random but repeatably.
type generator struct {
	s    *xsd.Schema
	r    *rand.Rand
	size int // elements left to spend
	heir map[xsd.Name][]xsd.Name
	sub  map[xsd.Name][]*xsd.Element
	all  []string // names of elements, for renaming
	typs []string // names of types, for xsi:type
}

func newGenerator(s *xsd.Schema, seed uint64) *generator {
	g := &generator{s: s, r: rand.New(rand.NewPCG(seed, 7)), heir: map[xsd.Name][]xsd.Name{}, sub: map[xsd.Name][]*xsd.Element{}}
	for n, t := range s.Types {
		g.heir[t.Base] = append(g.heir[t.Base], n)
		g.typs = append(g.typs, n.String())
		if t.Content != nil {
			for _, c := range t.Content.Children {
				if c.Kind == xsd.ElementParticle {
					g.all = append(g.all, c.Element.Name.String())
				}
			}
		}
	}
	for _, e := range s.Elements {
		if !e.Subst.IsZero() {
			g.sub[e.Subst] = append(g.sub[e.Subst], e)
		}
	}
	for _, h := range g.heir {
		slices.SortFunc(h, func(a, b xsd.Name) int { return strings.Compare(a.String(), b.String()) })
	}
	for _, h := range g.sub {
		slices.SortFunc(h, func(a, b *xsd.Element) int { return strings.Compare(a.Name.String(), b.Name.String()) })
	}
	slices.Sort(g.all)
	g.all = slices.Compact(g.all)
	slices.Sort(g.typs)
	return g
}

func (g *generator) chance(n int) bool { return g.r.IntN(n) == 0 }

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// element makes an instance of a declaration.
func (g *generator) element(e *xsd.Element, depth int) *node {
	if e.Ref {
		e = g.s.Elements[e.Name]
	}
	if m := g.sub[e.Name]; len(m) > 0 && g.s.Elements[e.Name] == e && (e.Abstract || g.chance(2)) {
		return g.element(pick(g.r, m), depth)
	}
	g.size--
	n := &node{name: e.Name.String()}
	t, name := e.Inline, e.Type
	if e.Nillable && g.chance(3) {
		n.attrs = append(n.attrs, [2]string{"xsi:nil", "true"})
		if t == nil {
			t = g.s.Types[name]
		}
		if t != nil && !t.IsSimple() {
			g.attrs(n, t)
		}
		return n
	}
	if t == nil {
		if t = g.s.Types[name]; t == nil {
			n.text = g.builtin(name.Local)
			return n
		}
		for hops := 0; len(g.heir[name]) > 0 && (t.Abstract || hops == 0 && g.chance(4)) && hops < 8; hops++ {
			name = pick(g.r, g.heir[name])
			t = g.s.Types[name]
			if !t.Abstract {
				n.attrs = append(n.attrs, [2]string{"xsi:type", name.String()})
			}
		}
		if len(n.attrs) > 1 {
			n.attrs = n.attrs[len(n.attrs)-1:]
		}
	}
	switch {
	case t.IsSimple():
		n.text = g.simple(t)
	case t.Variety == xsd.SimpleContent:
		n.text = g.valueOf(t.Base)
		g.attrs(n, t)
	default:
		g.attrs(n, t)
		g.content(n, t, depth)
	}
	return n
}

func (g *generator) content(n *node, t *xsd.Type, depth int) {
	if t.Derived == xsd.Extension {
		if b := g.s.Types[t.Base]; b != nil {
			g.content(n, b, depth)
		}
	}
	g.particle(n, t.Content, depth)
}

func (g *generator) attrs(n *node, t *xsd.Type) {
	for _, a := range g.allAttrs(t) {
		if a.Prohibited || !a.Required && !g.chance(2) {
			continue
		}
		v := ""
		if a.Inline != nil {
			v = g.simple(a.Inline)
		} else {
			v = g.valueOf(a.Type)
		}
		n.attrs = append(n.attrs, [2]string{a.Name, v})
	}
}

func (g *generator) allAttrs(t *xsd.Type) []*xsd.Attribute {
	var list []*xsd.Attribute
	if b := g.s.Types[t.Base]; b != nil && !b.IsSimple() {
		list = g.allAttrs(b)
	}
	attrs := slices.Clone(t.Attrs)
	for _, a := range t.Attrs {
		if a.Name == "" {
			attrs = append(attrs, g.s.AttributeGroups[a.Group].Attrs...)
		}
	}
	for _, a := range attrs {
		if a.Name == "" {
			continue
		}
		if i := slices.IndexFunc(list, func(b *xsd.Attribute) bool { return b.Name == a.Name }); i >= 0 {
			list = slices.Delete(list, i, i+1)
		}
		list = append(list, a)
	}
	return list
}

func (g *generator) particle(n *node, p *xsd.Particle, depth int) {
	if p == nil {
		return
	}
	times := p.Min
	room := g.size > 0 && depth > 0
	switch {
	case p.Max == xsd.Unbounded && room:
		times += g.r.IntN(3)
	case p.Max > p.Min && room:
		times += g.r.IntN(min(3, p.Max-p.Min+1))
		if g.chance(40) {
			times = p.Max
		}
	}
	if times > 12 && !g.chance(4) {
		times = max(p.Min, 12)
	}
	for range times {
		switch p.Kind {
		case xsd.ElementParticle:
			if depth < -12 {
				return // an endless type: the document will be invalid, which is fine
			}
			n.children = append(n.children, g.element(p.Element, depth-1))
		case xsd.Sequence:
			for _, c := range p.Children {
				g.particle(n, c, depth)
			}
		case xsd.All:
			for _, i := range g.r.Perm(len(p.Children)) {
				g.particle(n, p.Children[i], depth)
			}
		case xsd.Choice:
			if len(p.Children) > 0 {
				c := *pick(g.r, p.Children)
				if c.Min == 0 && g.chance(2) {
					c.Min = 1
				}
				g.particle(n, &c, depth)
			}
		case xsd.GroupRef:
			g.particle(n, g.s.Groups[p.Ref].Content, depth)
		case xsd.Any:
			name := pick(g.r, []string{"soap:Any", "Plain", "t:Unheard", "t:Subject"})
			if p.Process == "lax" && g.chance(3) {
				name = "t:FieldURI"
			}
			n.children = append(n.children, &node{name: name, attrs: [][2]string{{"x", "y"}}, text: "z"})
		}
	}
}

func (g *generator) valueOf(n xsd.Name) string {
	t := g.s.Types[n]
	switch {
	case t == nil:
		return g.builtin(n.Local)
	case t.Variety == xsd.SimpleContent:
		return g.valueOf(t.Base)
	}
	return g.simple(t)
}

func (g *generator) simple(t *xsd.Type) string {
	either := func(n xsd.Name, inline *xsd.Type) string {
		if inline != nil {
			return g.simple(inline)
		}
		return g.valueOf(n)
	}
	switch {
	case t.Variety == xsd.List:
		var items []string
		for range g.r.IntN(4) {
			items = append(items, either(t.Item, t.ItemType))
		}
		return strings.Join(items, " ")
	case t.Variety == xsd.Union:
		i := g.r.IntN(len(t.Members) + len(t.MemberTypes))
		if i < len(t.Members) {
			return g.valueOf(t.Members[i])
		}
		return g.simple(t.MemberTypes[i-len(t.Members)])
	case len(t.Enum) > 0:
		return pick(g.r, t.Enum).Value
	}
	for _, f := range t.Facets {
		switch f.Kind {
		case "minInclusive", "maxInclusive":
			return f.Value
		case "length":
			return strings.Repeat("x", int(f.Value[0]-'0'))
		case "pattern":
			return pick(g.r, []string{"0x1F", "01234567-89ab-CDEF-0123-456789abcdef", "15.1.2.3", "a1_b2", "12"})
		}
	}
	return either(t.Base, t.BaseType)
}

func (g *generator) builtin(name string) string {
	switch name {
	case "boolean":
		return pick(g.r, []string{"true", "false", "0", "1", " true "})
	case "int", "long", "short", "integer", "unsignedInt", "unsignedShort", "nonNegativeInteger":
		return pick(g.r, []string{"0", "1", "007", "+5", "32767"})
	case "double":
		return pick(g.r, []string{"0", "1.5", "-1e-3", "INF", "-INF", "NaN", ".5", "5."})
	case "dateTime":
		return pick(g.r, []string{"2024-02-29T23:59:59Z", "1999-12-31T00:00:00.1234567+14:00", "2024-01-01T24:00:00", "-0001-01-01T00:00:00"})
	case "date":
		return pick(g.r, []string{"2024-02-29", "2024-02-28Z", "12024-12-31-05:30"})
	case "time":
		return pick(g.r, []string{"00:00:00", "23:59:59.999Z", "24:00:00"})
	case "duration":
		return pick(g.r, []string{"P1D", "-P1Y2M3DT4H5M6.7S", "PT0S"})
	case "base64Binary":
		return pick(g.r, []string{"", "QUJD", "QUI=", "QQ==", "QU JD"})
	case "language":
		return pick(g.r, []string{"en", "en-US", "x-klingon"})
	case "anyURI":
		return "http://example.org/a%20b?c#d"
	}
	return pick(g.r, []string{"text", "", "a b", "<&>\"'", "æøå 😀", " leading"})
}

// strange values, each wrong for most types.
var strange = []string{
	"", " ", "\n", "abc", "1", "-1", "+5", "007", "1.5", "1.", "99999999999", "4294967296", "4294967295", "2147483647", "2147483648",
	"-2147483648", "-2147483649", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "65535", "65536", "32768", "-32769",
	"123456789012345678901234", "true", "TRUE", "True", "0x12", "0X", "0xZZ", "0x12345", "a b c", "1 2", "INF", "+INF", "-INF", "NaN", "nan",
	"1e5", "1E+400", "1e", "e1", "0", "-0", "1440", "1441", "512", "513", "200", "201", "2629800", "2629801", "1525252321",
	"2024-02-29T12:00:00Z", "2023-02-29T12:00:00Z", "2024-02-29T12:00:00", "2024-02-29 12:00:00", "2024-13-01T00:00:00", "2024-00-10T00:00:00",
	"2024-04-31T00:00:00", "0000-01-01T00:00:00", "99999-01-01T00:00:00Z", "2024-01-01T24:00:00", "2024-01-01T24:00:01", "2024-01-01T25:00:00",
	"2024-01-01T12:60:00", "2024-01-01T12:00:60", "2024-01-01T12:00:00.", "2024-01-01T12:00:00.123456789012", "2024-01-01T12:00:00+14:00",
	"2024-01-01T12:00:00+14:01", "2024-01-01T12:00:00+15:00", "2024-01-01T12:00:00z", "2024-1-1", "2024-01-01", "2024-01-01Z", "12:00:00", "12:00",
	"24:00:00", "24:00:00.1", "12:00:00-05:00", "P1D", "P", "PT", "P1", "1D", "P1DT", "P1M1Y", "PT1S", "PT1.5S", "PT.5S", "P-1D", "-P1D", "P1W",
	"QUJD", "QUI=", "QU=", "QUJ=", "QQ==", "QR==", "Q", "Q U J D", "QUJD\n", "====", "QUJD=", "Q=Q=", "en-US", "-en", "english12", "en_US", "abcdefghi", "a-b-c",
	"00000000-0000-0000-0000-000000000000", "0000000-0000-0000-0000-000000000000", "15.1", "15", "15.1.2.3.4", "15.1.2", "a_b", "a_b_c", "a-b",
	"IdOnly", "idonly", " IdOnly", "IdOnly ", "Default", "All", "Free Busy", "Monday Tuesday", "Monday,Tuesday", "Monday  Tuesday", "Shallow", "http://x/y", "%zz", "é", "x\ty",
}

// mutate changes one thing about a document.
func (g *generator) mutate(root *node) string {
	list := root.all()
	n := pick(g.r, list)
	switch k := g.r.IntN(18); k {
	case 0, 1:
		if len(n.children) > 0 {
			i := g.r.IntN(len(n.children))
			n.children = slices.Delete(slices.Clone(n.children), i, i+1)
			return "drop from " + n.name
		}
	case 2:
		if len(n.children) > 0 {
			i := g.r.IntN(len(n.children))
			n.children = slices.Insert(slices.Clone(n.children), i, n.children[i].clone())
			return "duplicate in " + n.name
		}
	case 3:
		if len(n.children) > 1 {
			i, j := g.r.IntN(len(n.children)), g.r.IntN(len(n.children))
			n.children[i], n.children[j] = n.children[j], n.children[i]
			return "swap in " + n.name
		}
	case 4:
		if n != root {
			was := n.name
			n.name = pick(g.r, g.all)
			return "rename " + was
		}
	case 5:
		if n != root {
			was := n.name
			p, local, _ := strings.Cut(n.name, ":")
			n.name = map[string]string{"t": "m", "m": "t"}[p] + ":" + local
			if local == "" || p == "soap" {
				n.name = was // in no namespace, or in one without declarations
			}
			return "move to another namespace " + was
		}
	case 6, 7, 8, 9:
		for range 20 {
			if len(n.children) == 0 {
				n.text = pick(g.r, strange)
				return fmt.Sprintf("text %q in %s", n.text, n.name)
			}
			n = pick(g.r, list)
		}
	case 10, 11:
		for range 20 {
			if len(n.attrs) > 0 {
				i := g.r.IntN(len(n.attrs))
				n.attrs[i][1] = pick(g.r, strange)
				return fmt.Sprintf("%s=%q in %s", n.attrs[i][0], n.attrs[i][1], n.name)
			}
			n = pick(g.r, list)
		}
	case 12:
		for range 20 {
			if len(n.attrs) > 0 {
				i := g.r.IntN(len(n.attrs))
				n.attrs = slices.Delete(n.attrs, i, i+1)
				return "drop an attribute of " + n.name
			}
			n = pick(g.r, list)
		}
	case 13:
		name := pick(g.r, []string{"Id", "Bogus", "t:Id", "xsi:nil", "xsi:type", "xml:lang", "soap:mustUnderstand", "Traversal", "ChangeKey", "xsi:bogus"})
		for _, a := range n.attrs {
			if a[0] == name {
				return ""
			}
		}
		n.attrs = append(n.attrs, [2]string{name, pick(g.r, []string{"x", "1", "true", "en", "t:ItemType", ""})})
		return "attribute " + name + " for " + n.name
	case 14:
		n.text = pick(g.r, []string{"stray", " ", "\n\t"})
		return fmt.Sprintf("text %q in %s", n.text, n.name)
	case 15:
		n.children = append(slices.Clone(n.children), &node{name: pick(g.r, g.all)})
		return "append to " + n.name
	case 16:
		for _, a := range n.attrs {
			if a[0] == "xsi:type" {
				return ""
			}
		}
		typ := pick(g.r, append([]string{"xs:string", "xs:int", "t:Nothing", "nothing", "u:x"}, g.typs...))
		if strings.HasPrefix(typ, "u:") {
			typ = " t:ItemType "
		}
		n.attrs = append(n.attrs, [2]string{"xsi:type", typ})
		return "type " + typ + " for " + n.name
	case 17:
		other := pick(g.r, list)
		n.children = slices.Insert(slices.Clone(n.children), g.r.IntN(len(n.children)+1), other.clone())
		return "copy into " + n.name
	}
	return ""
}
