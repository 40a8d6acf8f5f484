package roundtrip

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	all "github.com/seed-1937cc67/goews/cmd/ewsgen/internal/emit/testdata/all/want/types"
	anonymoustype "github.com/seed-1937cc67/goews/cmd/ewsgen/internal/emit/testdata/anonymous_type/want/types"
	any "github.com/seed-1937cc67/goews/cmd/ewsgen/internal/emit/testdata/any/want/types"
	attributegroup "github.com/seed-1937cc67/goews/cmd/ewsgen/internal/emit/testdata/attribute_group/want/types"
	choiceinextension "github.com/seed-1937cc67/goews/cmd/ewsgen/internal/emit/testdata/choice_in_extension/want/types"
	choiceoffields "github.com/seed-1937cc67/goews/cmd/ewsgen/internal/emit/testdata/choice_of_fields/want/types"
	choiceofkinds "github.com/seed-1937cc67/goews/cmd/ewsgen/internal/emit/testdata/choice_of_kinds/want/types"
	enumeration "github.com/seed-1937cc67/goews/cmd/ewsgen/internal/emit/testdata/enumeration/want/types"
	extension "github.com/seed-1937cc67/goews/cmd/ewsgen/internal/emit/testdata/extension/want/types"
	groupref "github.com/seed-1937cc67/goews/cmd/ewsgen/internal/emit/testdata/group_ref/want/types"
	heterogeneouslist "github.com/seed-1937cc67/goews/cmd/ewsgen/internal/emit/testdata/heterogeneous_list/want/types"
	list "github.com/seed-1937cc67/goews/cmd/ewsgen/internal/emit/testdata/list/want/types"
	manyfields "github.com/seed-1937cc67/goews/cmd/ewsgen/internal/emit/testdata/many_fields/want/types"
	names "github.com/seed-1937cc67/goews/cmd/ewsgen/internal/emit/testdata/names/want/types"
	nillable "github.com/seed-1937cc67/goews/cmd/ewsgen/internal/emit/testdata/nillable/want/types"
	recursion "github.com/seed-1937cc67/goews/cmd/ewsgen/internal/emit/testdata/recursion/want/types"
	restrictionofcomplex "github.com/seed-1937cc67/goews/cmd/ewsgen/internal/emit/testdata/restriction_of_complex/want/types"
	scalars "github.com/seed-1937cc67/goews/cmd/ewsgen/internal/emit/testdata/scalars/want/types"
	simplecontent "github.com/seed-1937cc67/goews/cmd/ewsgen/internal/emit/testdata/simple_content/want/types"
	substitutiongroup "github.com/seed-1937cc67/goews/cmd/ewsgen/internal/emit/testdata/substitution_group/want/types"
	substitutiongroupconcretehead "github.com/seed-1937cc67/goews/cmd/ewsgen/internal/emit/testdata/substitution_group_concrete_head/want/types"
	union "github.com/seed-1937cc67/goews/cmd/ewsgen/internal/emit/testdata/union/want/types"
	versions "github.com/seed-1937cc67/goews/cmd/ewsgen/internal/emit/testdata/versions/want/types"
	wrapper "github.com/seed-1937cc67/goews/cmd/ewsgen/internal/emit/testdata/wrapper/want/types"
	xsitype "github.com/seed-1937cc67/goews/cmd/ewsgen/internal/emit/testdata/xsi_type/want/types"
	"github.com/seed-1937cc67/goews/internal/wire"
	"github.com/seed-1937cc67/goews/internal/wire/canon"
)

type sample interface {
	wire.Marshaler
	wire.Unmarshaler
}

// samples are the structs that the documents of the cases are of.
var samples = map[string]func() sample{
	"all":                              func() sample { return new(all.Sample) },
	"anonymous_type":                   func() sample { return new(anonymoustype.Sample) },
	"any":                              func() sample { return new(any.Sample) },
	"attribute_group":                  func() sample { return new(attributegroup.Sample) },
	"choice_in_extension":              func() sample { return new(choiceinextension.Sample) },
	"choice_of_fields":                 func() sample { return new(choiceoffields.Sample) },
	"choice_of_kinds":                  func() sample { return new(choiceofkinds.Sample) },
	"enumeration":                      func() sample { return new(enumeration.Sample) },
	"extension":                        func() sample { return new(extension.Sample) },
	"group_ref":                        func() sample { return new(groupref.Sample) },
	"heterogeneous_list":               func() sample { return new(heterogeneouslist.Sample) },
	"list":                             func() sample { return new(list.Sample) },
	"many_fields":                      func() sample { return new(manyfields.Sample) },
	"names":                            func() sample { return new(names.Sample) },
	"nillable":                         func() sample { return new(nillable.Sample) },
	"recursion":                        func() sample { return new(recursion.Sample) },
	"restriction_of_complex":           func() sample { return new(restrictionofcomplex.Sample) },
	"scalars":                          func() sample { return new(scalars.Sample) },
	"simple_content":                   func() sample { return new(simplecontent.Sample) },
	"substitution_group":               func() sample { return new(substitutiongroup.Sample) },
	"substitution_group_concrete_head": func() sample { return new(substitutiongroupconcretehead.Sample) },
	"union":                            func() sample { return new(union.Sample) },
	"versions":                         func() sample { return new(versions.Sample) },
	"wrapper":                          func() sample { return new(wrapper.Sample) },
	"xsi_type":                         func() sample { return new(xsitype.Sample) },
}

// TestRoundTrip compiles what is wanted of each case and reads its documents,
// doc1.xml and so on, with it. Written again, they say the same.
func TestRoundTrip(t *testing.T) {
	cases, err := filepath.Glob("../testdata/*")
	if err != nil || len(cases) != len(samples) {
		t.Fatalf("%v, %d cases, %d samples", err, len(cases), len(samples))
	}
	for _, dir := range cases {
		docs, err := filepath.Glob(filepath.Join(dir, "doc*.xml"))
		if err != nil || len(docs) == 0 {
			t.Fatalf("%s: %v, %d documents", dir, err, len(docs))
		}
		for _, doc := range docs {
			t.Run(filepath.Base(dir)+"/"+filepath.Base(doc), func(t *testing.T) {
				data, err := os.ReadFile(doc)
				if err != nil {
					t.Fatal(err)
				}
				want := inRoot(string(data))
				v := samples[filepath.Base(dir)]()
				read(t, want, v)
				got := inRoot(write(t, v))
				if diff := cmp.Diff(canonical(t, want), canonical(t, got)); diff != "" {
					t.Errorf("-read +written:\n%s", diff)
				}
			})
		}
	}
}

// inRoot binds the prefixes that the generated code writes.
func inRoot(doc string) string {
	return `<r xmlns:t="` + wire.TypesURI + `" xmlns:m="` + wire.MessagesURI + `" xmlns:xsi="` + wire.XSIURI + `">` + doc + `</r>`
}

func read(t *testing.T, doc string, v wire.Unmarshaler) {
	t.Helper()
	d := wire.NewDecoderBytes([]byte(doc), wire.Limits{})
	if !d.Root() || !d.Child() {
		t.Fatalf("no document: %v", d.Err())
	}
	v.DecodeXML(d)
	if d.Err() != nil {
		t.Fatal(d.Err())
	}
}

func write(t *testing.T, v wire.Marshaler) string {
	t.Helper()
	e := wire.NewEncoder(nil)
	e.Elem("t:Sample", v)
	if e.Err() != nil {
		t.Fatal(e.Err())
	}
	return string(e.Bytes())
}

func canonical(t *testing.T, doc string) string {
	t.Helper()
	b, err := canon.Canonical([]byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestDecoded looks at what some documents are in Go.
func TestDecoded(t *testing.T) {
	for _, tt := range []struct {
		name, doc string
		want      sample
	}{
		{"order across kinds", `<t:Sample><t:Events><t:Created><t:At>1</t:At></t:Created><t:Moved><t:At>2</t:At><t:From>f</t:From></t:Moved><t:Bogus/><t:Deleted><t:At>3</t:At></t:Deleted></t:Events></t:Sample>`,
			&heterogeneouslist.Sample{Events: []heterogeneouslist.AnyBase{
				&heterogeneouslist.Created{At: "1"}, &heterogeneouslist.Moved{At: "2", From: "f"}, &heterogeneouslist.Deleted{At: "3"}}}},
		{"members of a group", `<t:Sample><t:Start>s</t:Start><t:Daily><t:Interval>2</t:Interval></t:Daily><t:End>e</t:End></t:Sample>`,
			&groupref.Sample{Start: "s", PatternBase: &groupref.Daily{Interval: 2}, End: "e"}},
		{"zero said, not absent", `<t:Sample><t:B>0</t:B></t:Sample>`, &all.Sample{Present: all.SampleHasB}},
		{"unknown elements and attributes", `<t:Sample Late="l" Bogus="b"><t:Bogus><t:Newer>n</t:Newer></t:Bogus><t:Cloud/></t:Sample>`,
			&versions.Sample{Late: "l", Present: versions.SampleHasLate | versions.SampleHasCloud}},
		{"nil", `<t:Sample><t:Value xsi:nil="1"/></t:Sample>`, &nillable.Sample{}},
		{"list", `<t:Sample Kinds=" Sunday
			Monday "/>`, &list.Sample{Kinds: []list.Days{"Sunday", "Monday"}, Present: list.SampleHasKinds}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := reflect.New(reflect.TypeOf(tt.want).Elem()).Interface().(sample)
			read(t, inRoot(tt.doc), got)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestRefused has values that can't be written.
func TestRefused(t *testing.T) {
	for _, tt := range []struct {
		name string
		v    wire.Marshaler
	}{
		{"two fields of a choice", &choiceoffields.Sample{Name: "n", Number: 1, Present: choiceoffields.SampleHasNumber}},
		{"nil member of an interface", &choiceofkinds.Sample{View: (*choiceofkinds.Indexed)(nil)}},
	} {
		e := wire.NewEncoder(nil)
		e.Elem("t:Sample", tt.v)
		if e.Err() == nil {
			t.Errorf("%s: written as %s", tt.name, e.Bytes())
		}
	}
}
