package field_test

import (
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	gotypes "go/types"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// compiled is an importer over what the go command has built of the package
// and of what it stands on.
var compiled = sync.OnceValues(func() (gotypes.Importer, error) {
	out, err := exec.Command("go", "list", "-export", "-deps", "-f", "{{.ImportPath}}={{.Export}}", ".").Output()
	if err != nil {
		return nil, err
	}
	files := map[string]string{}
	for line := range strings.Lines(string(out)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), "=")
		files[path] = file
	}
	return importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) {
		if files[path] == "" {
			return nil, fmt.Errorf("no package %s", path)
		}
		return os.Open(files[path])
	}), nil
})

// query stands for the queries of package orm, which takes descriptors the
// same way.
const query = `package p

import (
	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/types"
)

type Query[E any] struct{}

func (q Query[E]) Filter(...field.Filter[E]) Query[E] { return q }
func (q Query[E]) OrderBy(...field.Order[E]) Query[E] { return q }
func (q Query[E]) Only(...field.Property[E]) Query[E] { return q }
func (q Query[E]) Change(...field.Change[E]) Query[E] { return q }

func values[E, V any](Query[E], interface {
	field.Property[E]
	Get(E) V
}) (v V) {
	return
}

var (
	messages Query[*types.Message]
	items    Query[types.Item]
	folders  Query[types.BaseFolder]
)

var _ = types.Set()
`

func TestCompiles(t *testing.T) {
	const ok = ""
	for _, tt := range []struct {
		expr string
		want string // in the error; ok if it compiles
	}{
		{`messages.Filter(field.Message.Subject.IContains("x"), field.Message.IsRead.Is(false))`, ok},
		{`messages.Filter(field.Message.Subject.IContains("x").Or(field.Message.IsRead.Is(false)).Not())`, ok},
		{`messages.OrderBy(field.Message.DateTimeReceived.Desc(), field.Message.Importance.Asc())`, ok},
		{`messages.Only(field.Message.Subject, field.Message.ItemID, field.Message.Attachments, field.Message.From)`, ok},
		{`messages.Change(field.Message.IsRead.Set(true), field.Message.Flag.From(&types.Message{}))`, ok},
		{`items.Filter(field.Item.Subject.Equals("x")).Only(field.Item.Body)`, ok},
		{`items.Only(field.Network.Subject)`, ok},
		{`folders.Filter(field.Folder.DisplayName.Equals("x"), field.SearchFolder.UnreadCount.GreaterThan(0))`, ok},
		{`messages.Only(field.ExtendedText[*types.Message](field.PropertyTag(1, "String")))`, ok},
		{`types.Set(field.CalendarItem.ReminderIsSet).Has(field.Message.Subject)`, ok},
		{`values(messages, field.Message.Subject) == ""`, ok},
		{`values(items, field.Item.Size) == 0`, ok},
		{`values(messages, field.Message.From).Name == ""`, ok},
		{`field.And(field.Message.Subject.Exists(), field.Message.IsRead.Is(true))`, ok},

		// Another class.
		{`messages.Filter(field.CalendarItem.Location.Equals("x"))`, "cannot use"},
		{`messages.Filter(field.Item.Subject.Equals("x"))`, "cannot use"},
		{`messages.Filter(field.Message.IsRead.Is(true).And(field.Task.Subject.Equals("x")))`, "cannot use"},
		{`items.Filter(field.Message.IsRead.Is(true))`, "cannot use"},
		{`messages.OrderBy(field.CalendarItem.Start.Asc())`, "cannot use"},
		{`messages.Only(field.CalendarItem.RequiredAttendees)`, "does not implement"},
		{`messages.Only(field.CalendarItem.Start)`, "does not implement"},
		{`messages.Only(field.ExtendedText[*types.Task](field.PropertyTag(1, "String")))`, "does not implement"},
		{`messages.Change(field.Task.Subject.Set("x"))`, "cannot use"},
		{`folders.Filter(field.Item.Subject.Equals("x"))`, "cannot use"},
		{`values(messages, field.Task.Subject) == ""`, "does not"},
		{`field.And(field.Message.Subject.Exists(), field.Task.Subject.Exists())`, "does not match"},
		{`field.Message.Subject.Get(&types.Task{})`, "cannot use"},
		{`field.Message.Flag.From(&types.Task{})`, "cannot use"},
		{`field.Message.Location`, "undefined"},
		{`field.Task.Status.Equals(types.TaskStatusCompleted)`, "undefined"},
		// Another type of value.
		{`field.Message.Subject.Equals(1)`, "cannot use"},
		{`field.Message.Size.GreaterThan("1")`, "cannot use"},
		{`field.Message.Size.GreaterThan(1 << 31)`, "cannot use"},
		{`field.Message.IsRead.Is("true")`, "cannot use"},
		{`field.Message.Importance.Equals(types.BodyTypeHTML)`, "cannot use"},
		{`field.Message.ToRecipients.Set([]string{"a"})`, "cannot use"},
		{`field.Message.DateTimeReceived.AtLeast("2026")`, "cannot use"},
		{`values(messages, field.Message.Subject) == 0`, "mismatched"},
		// Operators that the server does not have.
		{`field.Message.DateTimeReceived.Set(types.Now)`, "undefined"},
		{`field.Message.DateTimeReceived.Clear()`, "undefined"},
		{`field.Message.Size.IContains("1")`, "undefined"},
		{`field.Message.Attachments.Contains("x")`, "undefined"},
		{`field.Message.Attachments.Asc()`, "undefined"},
		{`field.Message.IsRead.GreaterThan(false)`, "undefined"},
		{`field.Message.Body.Equals("x")`, "undefined"},
		// Descriptors can't be made elsewhere.
		{`field.Text[*types.Message]{}.d`, "undefined"},
	} {
		t.Run(tt.expr, func(t *testing.T) {
			imp, err := compiled()
			if err != nil {
				t.Fatal(err)
			}
			fset := token.NewFileSet()
			f, err := parser.ParseFile(fset, "p.go", query+"var _ = "+tt.expr+"\n", 0)
			if err != nil {
				t.Fatal(err)
			}
			_, err = (&gotypes.Config{Importer: imp}).Check("p", fset, []*ast.File{f}, nil)
			switch {
			case tt.want == ok && err != nil:
				t.Error(err)
			case tt.want != ok && err == nil:
				t.Error("compiles")
			case tt.want != ok && !strings.Contains(err.Error(), tt.want):
				t.Errorf("fails for another reason: %v", err)
			}
		})
	}
}

// TestCompiledSize bounds what the package costs to compile: each method of each
// instantiated type is a function, in this package and in every other that names
// a descriptor of the same class. Without the bound, one more type parameter or
// one more level of embedding makes them tens of thousands, and minutes.
func TestCompiledSize(t *testing.T) {
	const (
		maxMethods = 3800 // of all instantiated types of descriptors
		maxClass   = 370  // of those of one class
		maxClasses = 14   // type arguments that stand for a class
	)
	imp, err := compiled()
	if err != nil {
		t.Fatal(err)
	}
	p, err := imp.Import("github.com/seed-1937cc67/goews/gen/field")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]int{}
	classes := map[string]bool{}
	for _, name := range p.Scope().Names() {
		v, ok := p.Scope().Lookup(name).(*gotypes.Var)
		if !ok || !v.Exported() {
			continue
		}
		st, ok := v.Type().Underlying().(*gotypes.Struct)
		if !ok {
			continue
		}
		class := map[string]int{}
		for f := range st.Fields() {
			ptr, ok := f.Type().(*gotypes.Pointer)
			if !ok {
				t.Errorf("%s.%s is a %s; as a value, its methods are compiled twice", name, f.Name(), f.Type())
				continue
			}
			count(ptr.Elem(), class, classes)
		}
		n := 0
		for typ, methods := range class {
			n += methods
			all[typ] = methods
		}
		if n > maxClass {
			t.Errorf("field.%s has types with %d methods, more than %d", name, n, maxClass)
		}
	}
	n := 0
	for _, methods := range all {
		n += methods
	}
	t.Logf("%d types, %d methods, %d classes", len(all), n, len(classes))
	if len(all) == 0 || n > maxMethods || len(classes) > maxClasses {
		t.Errorf("descriptors have %d types with %d methods in %d classes; the bounds are %d methods and %d classes", len(all), n, len(classes), maxMethods, maxClasses)
	}
}

// count adds the instantiated types that t consists of, and their numbers of
// methods.
func count(t gotypes.Type, types map[string]int, classes map[string]bool) {
	named, ok := t.(*gotypes.Named)
	if !ok || named.TypeArgs().Len() == 0 {
		return
	}
	types[named.String()] = gotypes.NewMethodSet(gotypes.NewPointer(named)).Len()
	classes[named.TypeArgs().At(0).String()] = true
	if st, ok := named.Underlying().(*gotypes.Struct); ok {
		for f := range st.Fields() {
			if f.Embedded() {
				count(f.Type(), types, classes)
			}
		}
	}
}

// TestLittleRunsAtStart bounds the code that sets variables when a program
// starts: an error or a location, but no table and no class. Those are to be laid
// out by the linker, so that a program starts at once, and links what it uses
// alone.
func TestLittleRunsAtStart(t *testing.T) {
	for _, pkg := range []string{"types", "messages", "field"} {
		path := "github.com/seed-1937cc67/goews/gen/" + pkg
		file, err := exec.Command("go", "list", "-export", "-f", "{{.Export}}", path).Output()
		if err != nil {
			t.Fatal(err)
		}
		symbols, err := exec.Command("go", "tool", "nm", "-size", strings.TrimSpace(string(file))).Output()
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(symbols)) {
			f := strings.Fields(line)
			if len(f) != 4 || f[3] != path+".init" {
				continue
			}
			if n, err := strconv.Atoi(f[1]); err != nil || n > 512 {
				t.Errorf("%s: %s bytes of code set variables when a program starts", path, f[1])
			}
		}
		if !strings.Contains(string(symbols), path) {
			t.Errorf("%s: no symbols to look at", path)
		}
	}
}
