package validate

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/seed-1937cc67/goews/internal/xsd"
)

// marker sets the version marks of a schema by comparing it with an older one.
type marker struct {
	since string
	old   *xsd.Schema
}

func (m *marker) mark(s *xsd.Schema) {
	for n, t := range s.Types {
		o := m.old.Types[n]
		if o == nil {
			t.Since = m.since
			continue
		}
		m.typ(t, o)
	}
	for n, e := range s.Elements {
		o := m.old.Elements[n]
		if o == nil {
			e.Since = m.since
		} else if e.Inline != nil && o.Inline != nil {
			m.typ(e.Inline, o.Inline)
		}
	}
	for n, g := range s.Groups {
		if m.old.Groups[n] == nil {
			g.Since = m.since
		}
	}
}

func (m *marker) typ(t, old *xsd.Type) {
	for i, e := range t.Enum {
		if !slices.ContainsFunc(old.Enum, func(o xsd.EnumValue) bool { return o.Value == e.Value }) {
			t.Enum[i].Since = m.since
		}
	}
	for _, a := range t.Attrs {
		if !slices.ContainsFunc(old.Attrs, func(o *xsd.Attribute) bool { return o.Name == a.Name }) {
			a.Since = m.since
		}
	}
	if t.ItemType != nil && old.ItemType != nil {
		m.typ(t.ItemType, old.ItemType)
	}
	had := map[xsd.Name]*xsd.Element{}
	collect(old.Content, had)
	m.particle(t.Content, had)
}

func (m *marker) particle(p *xsd.Particle, had map[xsd.Name]*xsd.Element) {
	if p == nil {
		return
	}
	if e := p.Element; e != nil {
		o := had[e.Name]
		if o == nil {
			e.Since = m.since
		} else if e.Inline != nil && o.Inline != nil {
			m.typ(e.Inline, o.Inline)
		}
	}
	for _, c := range p.Children {
		m.particle(c, had)
	}
}

func collect(p *xsd.Particle, into map[xsd.Name]*xsd.Element) {
	if p == nil {
		return
	}
	if p.Element != nil {
		into[p.Element.Name] = p.Element
	}
	for _, c := range p.Children {
		collect(c, into)
	}
}

// redefined are elements that were given a type of their own later. They still
// take what they took, except by xsi:type.
var redefined = regexp.MustCompile(`is not valid for the element '\S+:(ApplyConversationActionResponseMessage|DeleteItemResponseMessage|QueryString|PrincipalName|SID|PrimarySmtpAddress|SmtpAddress|ConnectingSID)'`)

// relaxed are the places where a later schema asks for less or something else
// than an older one did: the newest stands for all.
var relaxed = regexp.MustCompile(`m:FindConversation[:/]|Conversations' in namespace|m:ReportMessage|t:(And|Or): `)

// TestAsOf holds the newest schema, as of an older version, against what that
// version published.
func TestAsOf(t *testing.T) {
	for set, version := range map[string]string{
		"02-Exchange2010_SP1":            "Exchange2010_SP1",
		"03-Exchange2010_SP2":            "Exchange2010_SP2",
		"10-V2017_07_11_SE-15.2.2562.17": "V2017_07_11",
	} {
		t.Run(set, func(t *testing.T) { asOf(t, set, version) })
	}
}

func asOf(t *testing.T, set, version string) {
	old := publishedSchema(t, set)
	oldValidator, err := New(old)
	if err != nil {
		t.Fatal(err)
	}
	s := publishedSchema(t, newest)
	whole := newGenerator(publishedSchema(t, newest), seed(t))
	before := newGenerator(old, seed(t))
	(&marker{since: "V2018_01_08", old: old}).mark(s)
	v, err := New(s)
	if err != nil {
		t.Fatal(err)
	}
	compared, valid, differ := 0, 0, 0
	for _, g := range []*generator{whole, before} {
		for _, e := range sortedElements(g.s) {
			for range 6 {
				g.size = 12
				root := g.element(e, 3)
				if g == before && g.chance(2) {
					g.mutate(root)
				}
				doc := root.document()
				got, want := v.Element(doc, Options{Version: version}), oldValidator.Element(doc, Options{})
				compared++
				if want == nil {
					valid++
				}
				if (got == nil) == (want == nil) ||
					redefined.MatchString(fmt.Sprint(got)) || relaxed.MatchString(fmt.Sprint(got, want)) {
					continue
				}
				if differ++; differ <= 15 {
					t.Errorf("%s:\n  as of: %v\n  published: %v", e.Name, got, want)
				}
			}
		}
	}
	t.Logf("%d documents, %d valid, %d verdicts differ", compared, valid, differ)
	if valid == 0 || valid == compared {
		t.Error("nothing to tell apart")
	}
}

func sortedElements(s *xsd.Schema) []*xsd.Element {
	return slices.SortedFunc(maps.Values(s.Elements), func(a, b *xsd.Element) int { return strings.Compare(a.Name.String(), b.Name.String()) })
}
