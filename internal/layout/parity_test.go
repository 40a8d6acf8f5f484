package layout

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// parityRows is how many capabilities the list has.
const parityRows = 449

// parityComplete is up to which row none is left open: connecting,
// authentication, autodiscover, throttling and HTTP.
const parityComplete = 93

// notNeeded begins the second cell of a row that Go needs no such thing for;
// the reason follows it.
const notNeeded = "not needed:"

// TestParity holds docs/parity.md: every row once and in order, every name and
// every test in it declared, a reason where there is none to be.
func TestParity(t *testing.T) {
	data, err := os.ReadFile("../../docs/parity.md")
	if err != nil {
		t.Fatal(err)
	}
	want, shown, without, names := 1, 0, 0, index{}
	for line := range strings.Lines(string(data)) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) != 5 {
			continue
		}
		row, err := strconv.Atoi(strings.TrimSpace(cells[1]))
		if err != nil {
			continue // the head
		}
		if row != want {
			t.Fatalf("row %d where %d should be", row, want)
		}
		want++
		name, test := cell(cells[2]), cell(cells[3])
		if reason, ok := strings.CutPrefix(name, notNeeded); ok {
			without++
			if len(reason) < 20 || test != "-" && !names.declared(t, test, true) {
				t.Errorf("row %d: a reason, and - or a test that is there", row)
			}
			continue
		}
		if (name == "-") != (test == "-") {
			t.Errorf("row %d: a name and its test stand together", row)
			continue
		}
		if name == "-" {
			if row <= parityComplete {
				t.Errorf("row %d: neither a name nor a reason", row)
			}
			continue
		}
		shown++
		if !names.declared(t, name, false) {
			t.Errorf("row %d: there is no %s", row, name)
		}
		if !names.declared(t, test, true) {
			t.Errorf("row %d: there is no test %s", row, test)
		}
	}
	if want != parityRows+1 {
		t.Errorf("%d rows, want %d", want-1, parityRows)
	}
	t.Logf("%d of %d rows are shown by a test, %d are not needed", shown, parityRows, without)
}

func cell(s string) string { return strings.Trim(strings.TrimSpace(s), "`") }

// folders are where the packages named in the table are.
var folders = map[string]string{
	"auth": "auth", "ews": "ews", "ewstest": "ewstest", "orm": "orm",
	"ntlm": "auth/ntlm", "kerberos": "auth/kerberos", "oauth": "auth/oauth", "cert": "auth/cert",
	"autodiscover": "autodiscover", "ewstestd": "cmd/ewstestd", "interop": "internal/interop", "soak": "internal/soak", "layout": "internal/layout",
	"field": "gen/field", "messages": "gen/messages", "types": "gen/types", "wire": "internal/wire",
}

// index has the declarations read so far, by package, and by whether tests are
// meant.
type index map[string]map[string]bool

// declared reports whether package.Name, package.Type.Method or
// package.Type.Field is declared.
func (names index) declared(t *testing.T, qualified string, test bool) bool {
	t.Helper()
	pkg, name, _ := strings.Cut(qualified, ".")
	key := pkg + strconv.FormatBool(test)
	if names[key] == nil {
		names[key] = declarations(t, folders[pkg], test)
	}
	if test && !strings.HasPrefix(name, "Test") {
		return false
	}
	return names[key][name]
}

func declarations(t *testing.T, dir string, test bool) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	if dir == "" {
		return out
	}
	files, err := filepath.Glob(filepath.Join("../..", dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") != test {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				out[receiver(d)+d.Name.Name] = true
			case *ast.GenDecl:
				for _, s := range d.Specs {
					switch s := s.(type) {
					case *ast.TypeSpec:
						out[s.Name.Name] = true
						if fields, ok := s.Type.(*ast.StructType); ok {
							for _, f := range fields.Fields.List {
								for _, n := range f.Names {
									out[s.Name.Name+"."+n.Name] = true
								}
							}
						}
					case *ast.ValueSpec:
						for _, n := range s.Names {
							out[n.Name] = true
						}
					}
				}
			}
		}
	}
	return out
}

// receiver returns the type of a method with a dot behind it.
func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return ""
	}
	e := d.Recv.List[0].Type
	for {
		switch x := e.(type) {
		case *ast.StarExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.IndexListExpr:
			e = x.X
		case *ast.Ident:
			return x.Name + "."
		default:
			return ""
		}
	}
}
