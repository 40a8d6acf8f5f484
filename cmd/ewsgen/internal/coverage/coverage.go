// Package coverage says of each operation how far the module goes: bindings,
// tests, the verbs of package orm, the server in process. It reads the sources.
package coverage

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-1937cc67/goews/cmd/ewsgen/internal/plan"
	"github.com/seed-1937cc67/goews/internal/xsd"
)

// Row is what there is of an operation: files, by slash-separated path.
type Row struct {
	Name, Go string
	xsd.Versions
	Generated string   // the file with its request and answer
	Tests     []string // test files that send it, or look at its messages
	ORM       []string // files of package orm that call it
	Server    string   // file of package ewstest that answers it
}

// Read finds the rows of ops in the module's tree, in the order of ops.
func Read(tree fs.FS, ops []*plan.Op) ([]Row, error) {
	rows := make([]Row, len(ops))
	byGo := map[string]*Row{}
	byElement := map[string]*Row{}
	for i, op := range ops {
		rows[i] = Row{Name: op.Name, Go: op.Go, Versions: op.Versions}
		byGo[op.Go] = &rows[i]
		byElement[op.Request.Local] = &rows[i]
	}
	generated, err := fs.Glob(tree, "gen/messages/op_*_gen.go")
	if err != nil {
		return nil, err
	}
	for _, name := range generated {
		err := visit(tree, name, func(n ast.Node) {
			if f, ok := n.(*ast.FuncDecl); ok && f.Recv != nil && byGo[f.Name.Name] != nil {
				byGo[f.Name.Name].Generated = name
			}
		})
		if err != nil {
			return nil, err
		}
	}
	for _, dir := range []string{"orm", "ewstest", "ews", "autodiscover", "examples"} {
		err := fs.WalkDir(tree, dir, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || path.Ext(name) != ".go" {
				return err
			}
			return visit(tree, name, func(n ast.Node) { note(n, name, byGo, byElement) })
		})
		if err != nil && !isNotExist(err) {
			return nil, err
		}
	}
	for i := range rows {
		slices.Sort(rows[i].Tests)
		slices.Sort(rows[i].ORM)
		rows[i].Tests, rows[i].ORM = slices.Compact(rows[i].Tests), slices.Compact(rows[i].ORM)
	}
	return rows, nil
}

func isNotExist(err error) bool {
	_, ok := err.(*fs.PathError)
	return ok
}

func visit(tree fs.FS, name string, f func(ast.Node)) error {
	data, err := fs.ReadFile(tree, name)
	if err != nil {
		return err
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, data, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if n != nil {
			f(n)
		}
		return true
	})
	return nil
}

// element is a request in a test's text.
var element = regexp.MustCompile(`<m:(\w+)`)

// note looks at a node for something that shows that the file deals with an
// operation: messages.OpFindItem, messages.FindItemRequest, call.FindItem(...),
// or a request written out in a test.
func note(n ast.Node, name string, byGo, byElement map[string]*Row) {
	test := strings.HasSuffix(name, "_test.go")
	add := func(r *Row) {
		switch {
		case r == nil:
		case test:
			r.Tests = append(r.Tests, name)
		case strings.HasPrefix(name, "orm/"):
			r.ORM = append(r.ORM, name)
		}
	}
	switch n := n.(type) {
	case *ast.CallExpr:
		if f, ok := n.Fun.(*ast.Ident); ok && f.Name == "handle" && len(n.Args) > 1 && strings.HasPrefix(name, "ewstest/") {
			if s, ok := n.Args[1].(*ast.SelectorExpr); ok {
				if r := byGo[strings.TrimPrefix(s.Sel.Name, "Op")]; r != nil {
					r.Server = name
				}
			}
		}
		if f, ok := n.Fun.(*ast.SelectorExpr); ok && client(f.X) {
			add(byGo[f.Sel.Name])
		}
	case *ast.SelectorExpr:
		if x, ok := n.X.(*ast.Ident); ok && x.Name == "messages" {
			if op, ok := strings.CutPrefix(n.Sel.Name, "Op"); ok {
				add(byGo[op])
			}
			if op, ok := strings.CutSuffix(n.Sel.Name, "Request"); ok {
				add(byGo[op])
			}
		}
	case *ast.BasicLit:
		if s, err := strconv.Unquote(n.Value); test && n.Kind == token.STRING && err == nil {
			for _, m := range element.FindAllStringSubmatch(s, -1) {
				add(byElement[m[1]])
			}
		}
	}
}

// client reports whether x is a messages.Client: a field or method of that
// purpose, or a new one.
func client(x ast.Expr) bool {
	switch x := x.(type) {
	case *ast.SelectorExpr:
		return x.Sel.Name == "call"
	case *ast.CallExpr:
		f, ok := x.Fun.(*ast.SelectorExpr)
		return ok && (f.Sel.Name == "New" || f.Sel.Name == "EWS")
	}
	return false
}

// Page writes the rows as a page of documentation.
func Page(rows []Row) []byte {
	var b strings.Builder
	count := map[string]int{}
	for _, r := range rows {
		count["generated"] += one(r.Generated != "")
		count["tests"] += one(len(r.Tests) > 0)
		count["orm"] += one(len(r.ORM) > 0)
		count["server"] += one(r.Server != "")
	}
	fmt.Fprintf(&b, `# What there is of each operation

Written by %s from the sources; do not edit.

%d operations are in the contract. All that are generated are read and written with random valid documents, requests and answers, in the tests of
`+"`internal/xsd/validate`"+`; **tests** counts the test files that deal with the operation besides. **orm** is the file with the verbs that call it, **ewstest** the
file of the server in process that answers it. What has no verb is called as `+"`acct.EWS().FindItem(ctx, &messages.FindItemRequest{...})`"+`.

| | operations |
|---|---|
| generated | %d |
| with tests of their own | %d |
| with verbs in orm | %d |
| answered by ewstest | %d |

| operation | versions | generated | tests | orm | ewstest |
|---|---|---|---|---|---|
`, "`ewsgen coverage`", len(rows), count["generated"], count["tests"], count["orm"], count["server"])
	for _, r := range rows {
		tests := ""
		if len(r.Tests) > 0 {
			tests = strconv.Itoa(len(r.Tests))
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", r.Name, versions(r.Versions), yes(r.Generated), tests, links(r.ORM), link(r.Server))
	}
	return []byte(b.String())
}

func one(is bool) int {
	if is {
		return 1
	}
	return 0
}

func versions(v xsd.Versions) string {
	s := "always"
	if v.Since != "" {
		s = "since " + v.Since
	}
	if v.Until != "" {
		s += ", until " + v.Until
	}
	if v.Online {
		s += ", online"
	}
	return s
}

func link(file string) string {
	if file == "" {
		return ""
	}
	return fmt.Sprintf("[%s](../%s)", path.Base(file), file)
}

func yes(file string) string {
	if file == "" {
		return ""
	}
	return fmt.Sprintf("[yes](../%s)", file)
}

func links(files []string) string {
	set := map[string]bool{}
	for _, f := range files {
		set[link(f)] = true
	}
	return strings.Join(slices.Sorted(maps.Keys(set)), ", ")
}
