package reference

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/seed-1937cc67/goews/cmd/ewsgen/internal/wsdl"
	"github.com/seed-1937cc67/goews/internal/xsd"
	"github.com/seed-1937cc67/goews/schemas"
)

// TestTables holds the tables against the contract: every operation has a
// sentence, nothing is there that the contract does not have.
func TestTables(t *testing.T) {
	s, err := xsd.Read(schemas.FS, "types.xsd", "messages.xsd")
	if err != nil {
		t.Fatal(err)
	}
	ops, err := wsdl.Read(schemas.FS, s)
	if err != nil {
		t.Fatal(err)
	}
	names := Operations()
	if !slices.IsSorted(names) {
		t.Error("operations.tsv is not sorted")
	}
	for _, op := range ops {
		if Operation(op.Name).Says == "" {
			t.Errorf("operation %s: no sentence", op.Name)
		}
		names = slices.DeleteFunc(names, func(n string) bool { return n == op.Name })
	}
	if len(names) > 0 {
		t.Errorf("not in the contract: %v", names)
	}
	page := regexp.MustCompile(`^(` + regexp.QuoteMeta(base) + `[a-z0-9-]+)?$`)
	last := ""
	for line := range strings.Lines(typeTable) {
		name, _, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if s.Types[xsd.Name{Space: xsd.Types, Local: name}] == nil && s.Types[xsd.Name{Space: xsd.Messages, Local: name}] == nil {
			t.Errorf("types.tsv: no type %s", name)
		}
		if name <= last {
			t.Errorf("types.tsv: %s is not in order", name)
		}
		last = name
	}
	for _, m := range []map[string]Entry{operations(), types()} {
		for name, e := range m {
			if !page.MatchString(e.Page) {
				t.Errorf("%s: page %q", name, e.Page)
			}
			if strings.HasSuffix(e.Says, ".") || strings.TrimSpace(e.Says) != e.Says {
				t.Errorf("%s: %q is no part of a sentence", name, e.Says)
			}
		}
	}
	for key := range units {
		owner, name, ok := strings.Cut(key, "/")
		if !ok {
			continue
		}
		found := false
		for _, space := range []string{xsd.Types, xsd.Messages} {
			if typ := s.Types[xsd.Name{Space: space, Local: owner}]; typ != nil {
				found = found || has(s, typ, name)
			}
		}
		if !found {
			t.Errorf("units: there is no %s", key)
		}
	}
}

func has(s *xsd.Schema, t *xsd.Type, name string) bool {
	if slices.ContainsFunc(t.Attrs, func(a *xsd.Attribute) bool { return a.Name == name }) || contains(t.Content, name) {
		return true
	}
	base := s.Types[t.Base]
	return base != nil && has(s, base, name)
}

func contains(p *xsd.Particle, name string) bool {
	if p == nil {
		return false
	}
	return p.Element != nil && p.Element.Name.Local == name ||
		slices.ContainsFunc(p.Children, func(c *xsd.Particle) bool { return contains(c, name) })
}
