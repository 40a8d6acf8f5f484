package emit

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/cmd/ewsgen/internal/plan"
	"github.com/seed-1937cc67/goews/internal/xsd"
)

var update = flag.Bool("update", false, "write what is generated into testdata")

// prelude is what package types has by hand and the generated code needs.
const prelude = `// Package types is what is wanted of in.xsd.
package types

import "github.com/seed-1937cc67/goews/internal/wire"

type (
	Raw      = wire.Raw
	Bits     = wire.Bits
	Presence = wire.Presence
	Duration string
)
`

// TestWanted generates from testdata/<case>/in.xsd, one case a construct of the
// schema language, and compares with testdata/<case>/want.
func TestWanted(t *testing.T) {
	cases, err := filepath.Glob("testdata/*/in.xsd")
	if err != nil || len(cases) < 20 {
		t.Fatalf("%v, %d cases", err, len(cases))
	}
	for _, in := range cases {
		dir := filepath.Dir(in)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			got := generate(t, dir)
			want := filepath.Join(dir, "want")
			if *update {
				if err := os.RemoveAll(want); err != nil {
					t.Fatal(err)
				}
				for name, text := range got {
					file := filepath.Join(want, filepath.FromSlash(name))
					if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				return
			}
			if diff := cmp.Diff(tree(t, want), got); diff != "" {
				t.Errorf("run go test -update if that is right; -want +got:\n%s", diff)
			}
		})
	}
}

// generate returns package types for the schema in dir, by path below want. The
// table of versions, which every package has, is left out.
func generate(t *testing.T, dir string) map[string]string {
	t.Helper()
	s, err := xsd.Read(os.DirFS(dir), "in.xsd")
	if err != nil {
		t.Fatal(err)
	}
	p, err := plan.Build(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	files, err := Files(p, Options{
		Module: "github.com/seed-1937cc67/goews",
		Gen:    "cmd/ewsgen/internal/emit/testdata/" + filepath.Base(dir) + "/want",
		Source: "in.xsd",
	})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{"types/prelude.go": prelude}
	for name, data := range files {
		if strings.HasPrefix(name, "types/") && name != "types/support_gen.go" {
			out[name] = string(data)
		}
	}
	return out
}

func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	files, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		rel, err := filepath.Rel(dir, f)
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.ToSlash(rel)] = string(data)
	}
	return out
}

// TestSameBytes generates twice: map order must not show.
func TestSameBytes(t *testing.T) {
	for _, dir := range []string{"testdata/heterogeneous_list", "testdata/wrapper"} {
		if diff := cmp.Diff(generate(t, dir), generate(t, dir)); diff != "" {
			t.Error(diff)
		}
	}
}

// TestDocumented fails if docs/generator.md does not name each case.
func TestDocumented(t *testing.T) {
	page, err := os.ReadFile("../../../../docs/generator.md")
	if err != nil {
		t.Fatal(err)
	}
	cases, err := filepath.Glob("testdata/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range cases {
		if name := "`" + filepath.Base(dir) + "`"; !strings.Contains(string(page), name) {
			t.Errorf("docs/generator.md does not name %s", name)
		}
	}
}
