package main

import (
	"encoding/pem"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-1937cc67/goews/ewstest"
)

// The README shows this program, and nothing else.
func TestREADMEShowsThis(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, code, _ := strings.Cut(string(readme), "```go\n")
	code, _, _ = strings.Cut(code, "```\n")
	program, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	if code != string(program) {
		t.Error("the first Go code of README.md is not examples/first/main.go")
	}
	body := code[strings.Index(code, "func main"):]
	if n := strings.Count(body, "\n"); n > 30 {
		t.Errorf("the program has %d lines", n)
	}
}

func TestProgram(t *testing.T) {
	srv := ewstest.New(t)
	srv.Seed(40)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	block := &pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw}
	if err := os.WriteFile(ca, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SSL_CERT_FILE", ca) // what a program trusts that is not told what to trust
	t.Setenv("EWS_URL", srv.URL)
	t.Setenv("EWS_PASSWORD", ewstest.Password)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func(f *os.File) { os.Stdout = f }(os.Stdout)
	os.Stdout = w
	main()
	w.Close()
	out, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	want := "Invoice 30 Grace@example.org\nInvoice 23 Erin@example.org\nInvoice 9 Frank@example.org\nInvoice 2 Dave@example.org\n4 moved\n"
	if string(out) != want {
		t.Errorf("got\n%swant\n%s", out, want)
	}
}
