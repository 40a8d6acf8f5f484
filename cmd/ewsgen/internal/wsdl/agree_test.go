package wsdl

import (
	"encoding/xml"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/hooklift/gowsdl"

	"github.com/seed-1937cc67/goews/internal/xsd"
	"github.com/seed-1937cc67/goews/schemas"
)

// TestAgrees holds the ordered model of the schema against gowsdl's: what
// gowsdl sees of types, elements, attributes and values, package xsd sees, and
// sees the same. gowsdl does not see all: it loses substitution groups, groups,
// attribute groups, restrictions, choices in extensions, and the order between a
// choice and its siblings.
func TestAgrees(t *testing.T) {
	sets := map[string]fs.FS{"contract": schemas.FS}
	const raw = "../../../../../shared/schemas/13-O365_V2018_01_08_2023-04"
	if _, err := os.Stat(raw); err == nil {
		sets[filepath.Base(raw)] = os.DirFS(raw)
	}
	for name, fsys := range sets {
		t.Run(name, func(t *testing.T) {
			ours, err := xsd.Read(fsys, "types.xsd", "messages.xsd")
			if err != nil {
				t.Fatal(err)
			}
			have := facts{}
			for n, typ := range ours.Types {
				have.typ(n.String(), typ)
			}
			for n, e := range ours.Elements {
				have.element("", n.Local, e, 1, 1)
			}
			seen := facts{}
			for _, file := range []string{"types.xsd", "messages.xsd"} {
				data, err := fs.ReadFile(fsys, file)
				if err != nil {
					t.Fatal(err)
				}
				var s gowsdl.XSDSchema
				if err := xml.Unmarshal(data, &s); err != nil {
					t.Fatal(err)
				}
				seen.schema(&s)
			}
			wrong := 0
			for fact := range seen {
				if !have[fact] {
					if wrong++; wrong <= 20 {
						t.Errorf("gowsdl sees %q, package xsd does not", fact)
					}
				}
			}
			t.Logf("package xsd has %d facts, gowsdl sees %d of them, %d differ", len(have), len(seen), wrong)
			if len(seen) < 6000 || len(have) < len(seen) {
				t.Error("too little was compared")
			}
		})
	}
}

// facts are lines such as "t:ItemType/Subject xs:string 0..1".
type facts map[string]bool

func (f facts) add(format string, args ...any) { f[fmt.Sprintf(format, args...)] = true }

// What package xsd sees.

func (f facts) typ(owner string, t *xsd.Type) {
	kind := "complex"
	if t.IsSimple() {
		kind = "simple"
	}
	f.add("%s %s abstract=%v", owner, kind, t.Abstract)
	if t.Derived == xsd.Extension {
		f.add("%s extends %s", owner, t.Base)
	}
	for _, a := range t.Attrs {
		use := "optional"
		switch {
		case a.Required:
			use = "required"
		case a.Prohibited:
			use = "prohibited"
		}
		f.add("%s/@%s %s %s", owner, a.Name, a.Type, use)
		if a.Inline != nil {
			f.values(owner+"/@"+a.Name, a.Inline)
		}
	}
	f.values(owner, t)
	f.particle(owner, t.Content)
}

func (f facts) values(owner string, t *xsd.Type) {
	for _, v := range t.Enum {
		f.add("%s=%s", owner, v.Value)
	}
	for _, sub := range append([]*xsd.Type{t.ItemType}, t.MemberTypes...) {
		if sub != nil {
			f.values(owner, sub)
		}
	}
	if !t.Item.IsZero() {
		f.add("%s list of %s", owner, t.Item)
	}
}

func (f facts) particle(owner string, p *xsd.Particle) {
	if p == nil {
		return
	}
	if e := p.Element; e != nil {
		f.element(owner, e.Name.Local, e, p.Min, p.Max)
	}
	for _, c := range p.Children {
		f.particle(owner, c)
	}
}

func (f facts) element(owner, local string, e *xsd.Element, lo, hi int) {
	path := owner + "/" + local
	typ := e.Type.String()
	if e.Ref {
		path, typ = owner+"/ref", e.Name.String()
	}
	if owner == "" {
		path = "/" + e.Name.String()
	}
	f.add("%s %s %d..%d nillable=%v", path, typ, lo, hi, e.Nillable)
	if e.Inline != nil {
		if e.Inline.IsSimple() {
			f.values(path, e.Inline)
			return
		}
		f.typ(path, e.Inline)
	}
}

// What gowsdl sees.

// reader knows the prefixes of one file.
type reader struct {
	facts
	s *gowsdl.XSDSchema
}

func (f facts) schema(s *gowsdl.XSDSchema) {
	r := reader{f, s}
	for _, t := range s.ComplexTypes {
		r.complex(xsd.Name{Space: s.TargetNamespace, Local: t.Name}.String(), t)
	}
	for _, t := range s.SimpleType {
		owner := xsd.Name{Space: s.TargetNamespace, Local: t.Name}.String()
		r.add("%s simple abstract=false", owner)
		r.simple(owner, t)
	}
	for _, e := range s.Elements {
		r.elem("", e)
	}
}

// name expands a prefixed name.
func (r reader) name(s string) string {
	if s == "" {
		return ""
	}
	prefix, local, ok := strings.Cut(s, ":")
	if !ok {
		return xsd.Name{Space: r.s.TargetNamespace, Local: s}.String()
	}
	return xsd.Name{Space: r.s.Xmlns[prefix], Local: local}.String()
}

func (r reader) complex(owner string, t *gowsdl.XSDComplexType) {
	r.add("%s complex abstract=%v", owner, t.Abstract)
	for _, list := range [][]*gowsdl.XSDElement{t.Sequence, t.Choice, t.SequenceChoice, t.All, t.ComplexContent.Extension.Choice} {
		for _, e := range list {
			r.elem(owner, e)
		}
	}
	for i := range t.ComplexContent.Extension.Sequence {
		r.elem(owner, &t.ComplexContent.Extension.Sequence[i])
	}
	for _, x := range []gowsdl.XSDExtension{t.ComplexContent.Extension, t.SimpleContent.Extension} {
		if x.Base != "" {
			r.add("%s extends %s", owner, r.name(x.Base))
		}
		r.attrs(owner, x.Attributes)
	}
	r.attrs(owner, t.Attributes)
}

func (r reader) attrs(owner string, attrs []*gowsdl.XSDAttribute) {
	for _, a := range attrs {
		use := a.Use
		if use == "" {
			use = "optional"
		}
		name, typ := a.Name, r.name(a.Type)
		if a.Ref == "xml:lang" {
			name, typ = a.Ref, "xs:language"
		}
		r.add("%s/@%s %s %s", owner, name, typ, use)
		if a.SimpleType != nil {
			r.simple(owner+"/@"+name, a.SimpleType)
		}
	}
}

func (r reader) elem(owner string, e *gowsdl.XSDElement) {
	path, typ := owner+"/"+e.Name, r.name(e.Type)
	switch {
	case e.Ref != "":
		path, typ = owner+"/ref", r.name(e.Ref)
	case owner == "":
		path = "/" + xsd.Name{Space: r.s.TargetNamespace, Local: e.Name}.String()
	}
	r.add("%s %s %d..%d nillable=%v", path, typ, occurs(e.MinOccurs), occurs(e.MaxOccurs), e.Nillable)
	if e.ComplexType != nil {
		r.complex(path, e.ComplexType)
	}
	if e.SimpleType != nil {
		r.simple(path, e.SimpleType)
	}
}

func occurs(s string) int {
	switch s {
	case "":
		return 1
	case "unbounded":
		return xsd.Unbounded
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		return -2
	}
	return n
}

func (r reader) simple(owner string, t *gowsdl.XSDSimpleType) {
	for _, v := range t.Restriction.Enumeration {
		r.add("%s=%s", owner, v.Value)
	}
	if t.List.ItemType != "" {
		r.add("%s list of %s", owner, r.name(t.List.ItemType))
	}
	if t.List.SimpleType != nil {
		r.simple(owner, t.List.SimpleType)
	}
	for _, m := range t.Union.SimpleType {
		r.simple(owner, m)
	}
}
