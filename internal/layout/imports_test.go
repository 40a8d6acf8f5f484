package layout

import (
	"cmp"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	root   = "../.."
	module = "github.com/seed-1937cc67/goews"
)

// allowed says which packages of the module the packages below a folder may
// import: themselves, what is listed, and what stands below that. A folder
// that is not listed may import nothing of the module.
var allowed = map[string][]string{
	"internal/wire":    {},
	"internal/support": {"internal/wire"},
	"internal/xsd":     {},
	"internal/winzone": {},
	"internal/witness": {"internal/xsd"},
	"schemas":          {},
	"gen/types":        {"internal/wire", "internal/support"},
	"gen/messages":     {"gen/types"},
	"gen/field":        {"gen/types"},
	"auth":             {},
	"ews":              {"gen/messages", "auth", "internal/winzone"},
	"autodiscover":     {"ews", "internal/winzone"},
	"orm":              {"autodiscover", "gen/field", "internal/winzone"},
	// The server must not share a client's mistakes: it never sees ews or orm.
	"ewstest":        {"gen/messages", "gen/field", "internal/xsd", "internal/winzone", "internal/witness", "schemas"},
	"cmd/ewsgen":     {"internal/xsd", "internal/support", "schemas", "auth"},
	"cmd/ewstestd":   {"ewstest"},
	"internal/bench": {"gen/messages", "orm", "ewstest"},
	"internal/peer":  {"orm", "ewstest"},
	// Tests of all together.
	"internal/cutwire": {},
	"internal/soak":    {"orm", "ewstest", "internal/cutwire"},
	"examples":         {"orm", "ewstest", "auth"},
}

// foreign says who may import a library that costs its importers something:
// gowsdl makes a folder when it is imported, jennifer is of use to the
// generator alone, gokrb5 brings dozens of packages, dns is large. Nobody:
// tests.
var foreign = map[string]string{
	"github.com/hooklift/gowsdl":      "cmd/ewsgen",
	"github.com/dave/jennifer":        "cmd/ewsgen",
	"github.com/jcmturner/gokrb5/v8":  "auth/kerberos",
	"github.com/miekg/dns":            "autodiscover",
	"github.com/gofrs/flock":          "autodiscover",
	"github.com/Azure/go-ntlmssp":     "auth/ntlm",
	"github.com/icholy/digest":        "auth",
	"github.com/google/go-cmp":        "",
	"github.com/rogpeppe/go-internal": "",
}

// file is a Go file and what it imports.
type file struct {
	dir, name string
	imports   []string
}

// files returns the module's Go files. It reads them itself: the answer of a go
// list that a test runs would be cached with the test's.
func files(t *testing.T) []file {
	t.Helper()
	var out []file
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if n := d.Name(); p != root && (n[0] == '.' || n == "testdata" || p == filepath.Join(root, "internal", "tools") || p == filepath.Join(root, "internal", "interop")) {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(p, ".go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		g := file{dir: path.Dir(rel), name: path.Base(rel)}
		for _, i := range f.Imports {
			s, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			g.imports = append(g.imports, s)
		}
		out = append(out, g)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 300 {
		t.Fatalf("only %d files: is this the module?", len(out))
	}
	return out
}

// below reports whether dir is folder, or is below it.
func below(dir, folder string) bool { return dir == folder || strings.HasPrefix(dir, folder+"/") }

// folderOf returns the folder of allowed that dir belongs to: the longest.
func folderOf(dir string) string {
	best := ""
	for f := range allowed {
		if below(dir, f) && len(f) > len(best) {
			best = f
		}
	}
	return best
}

// mayImport reports whether packages of folder from may import those of to.
func mayImport(from, to string) bool {
	return from == to || slices.ContainsFunc(allowed[from], func(f string) bool { return mayImport(f, to) })
}

func TestImportsPointDown(t *testing.T) {
	for _, f := range files(t) {
		if strings.HasSuffix(f.name, "_test.go") {
			continue // tests may look at everything
		}
		for _, imp := range f.imports {
			to, ok := strings.CutPrefix(imp, module+"/")
			if !ok {
				continue
			}
			from := folderOf(f.dir)
			if from == "" {
				t.Errorf("%s/%s imports %s: the folder is not in the table of layers", f.dir, f.name, to)
			} else if !mayImport(from, folderOf(to)) {
				t.Errorf("%s/%s imports %s, which is not below %s", f.dir, f.name, to, from)
			}
		}
	}
}

func TestForeignImports(t *testing.T) {
	for _, f := range files(t) {
		test := strings.HasSuffix(f.name, "_test.go")
		for _, imp := range f.imports {
			for lib, where := range foreign {
				if below(imp, lib) && !below(f.dir, where) && !(where == "" && test) {
					t.Errorf("%s/%s imports %s, which is for %s", f.dir, f.name, imp, cmp.Or(where, "tests"))
				}
			}
			if imp == "encoding/xml" && !test && (below(f.dir, "gen") || f.dir == "internal/wire" || below(f.dir, "orm")) {
				t.Errorf("%s/%s imports encoding/xml: the codecs do without", f.dir, f.name)
			}
		}
	}
}
