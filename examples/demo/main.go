// Demo is a tour of goews: it runs an Exchange server in this process, and
// works on a mailbox there. Each step shows its code and what that prints.
//
//	go run ./examples/demo
package main

import (
	"context"
	_ "embed"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net/http"
	"os"
	"reflect"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/orm"
)

// steps.go has the steps: what is shown is what is run.
//
//go:embed steps.go
var source string

func main() {
	start := time.Now()
	out := &printer{w: os.Stdout, color: isTerminal(os.Stdout)}
	srv, err := ewstest.NewServer(ewstest.Config{})
	if err == nil {
		srv.Seed(40)
		srv.Start()
		defer srv.Close()
		err = tour(context.Background(), srv, out)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
	out.note(fmt.Sprintf("\nThat was %d requests in %.1f s. What next: examples/ has small programs, and\ngo doc github.com/seed-1937cc67/goews/orm the reference.",
		out.requests, time.Since(start).Seconds()))
}

// tour does the steps on the server.
func tour(ctx context.Context, srv *ewstest.Server, out *printer) error {
	code, err := bodies(source)
	if err != nil {
		return err
	}
	out.note("An Exchange server runs in this process, at " + srv.URL + ".\nAlice and Bob have mailboxes there.")
	client := counted(srv.HTTPClient(), &out.requests)
	out.step(1, code["open"])
	var accounts []*orm.Account
	for _, address := range []string{"alice@example.com", "bob@example.com"} {
		acct, err := open(ctx, address, srv.URL, client)
		if err != nil {
			return err
		}
		version, build := acct.Transport().Version()
		out.result(fmt.Sprintf("%s is open; the server is of build %d.%d and speaks %s", address, build.Major, build.Minor, version))
		accounts = append(accounts, acct)
	}
	all := make([]func(io.Writer) error, 0, len(steps)+len(networks))
	names := make([]string, 0, cap(all))
	for _, step := range steps {
		all = append(all, func(w io.Writer) error { return step(ctx, w, accounts[0], accounts[1]) })
		names = append(names, nameOf(step))
	}
	for _, step := range networks {
		all = append(all, func(w io.Writer) error { return step(ctx, w, srv, client) })
		names = append(names, nameOf(step))
	}
	for i, step := range all {
		out.step(i+2, code[names[i]])
		var b strings.Builder
		err := step(&b)
		out.result(b.String())
		if err != nil {
			return fmt.Errorf("step %d, %s: %w", i+2, names[i], err)
		}
	}
	return nil
}

// nameOf returns the name of a function of this package.
func nameOf(f any) string {
	name := runtime.FuncForPC(reflect.ValueOf(f).Pointer()).Name()
	return name[strings.LastIndexByte(name, '.')+1:]
}

// shown is a step as it is shown: its doc comment and its code.
type shown struct{ title, text, body string }

// bodies returns the functions of the source by name.
func bodies(source string) (map[string]shown, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "steps.go", source, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	out := map[string]shown{}
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Recv != nil {
			continue
		}
		body := source[fset.Position(f.Body.Lbrace).Offset+1 : fset.Position(f.Body.Rbrace).Offset]
		body = strings.TrimSuffix(strings.TrimSpace(strings.ReplaceAll(body, "\n\t", "\n")), "\nreturn nil")
		title, text, _ := strings.Cut(strings.TrimSpace(strings.ReplaceAll(f.Doc.Text(), "\n", " ")), ". ")
		title = strings.ToUpper(title[:1]) + strings.TrimSuffix(title[1:], ".")
		out[f.Name.Name] = shown{title, text, strings.TrimSpace(body)}
	}
	return out, nil
}

// printer writes the tour.
type printer struct {
	w        io.Writer
	color    bool
	requests int64
}

func (p *printer) paint(code, s string) string {
	if !p.color {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (p *printer) note(s string) { fmt.Fprintf(p.w, "%s\n", s) }

// step writes what a step is about, and its code.
func (p *printer) step(n int, s shown) {
	fmt.Fprintf(p.w, "\n%s\n", p.paint("1", fmt.Sprintf("%d. %s", n, s.title)))
	if s.text != "" {
		p.note(s.text)
	}
	fmt.Fprintln(p.w)
	for line := range strings.Lines(s.body) {
		line = strings.ReplaceAll(strings.TrimRight(line, "\n"), "\t", "    ")
		fmt.Fprintln(p.w, strings.TrimRight("    "+p.paint("36", line), " "))
	}
	fmt.Fprintln(p.w)
}

func (p *printer) result(s string) {
	for line := range strings.Lines(s) {
		fmt.Fprintf(p.w, "    %s %s\n", p.paint("32", "|"), strings.TrimRight(line, "\n"))
	}
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("NO_COLOR") == ""
}

// counted returns a client that counts its requests.
func counted(c *http.Client, n *int64) *http.Client {
	d := *c
	d.Transport = counter{c.Transport, n}
	return &d
}

type counter struct {
	next http.RoundTripper
	n    *int64
}

func (c counter) RoundTrip(r *http.Request) (*http.Response, error) {
	atomic.AddInt64(c.n, 1)
	return c.next.RoundTrip(r)
}
