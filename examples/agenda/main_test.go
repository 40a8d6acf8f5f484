package main

import (
	"strings"
	"testing"

	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/examples/internal/account"
)

func TestRun(t *testing.T) {
	srv := ewstest.New(t)
	srv.Seed(100) // the days of a zone are not those of the server
	acct, err := account.OnServer(t.Context(), srv)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := run(t.Context(), acct, &out); err != nil {
		t.Fatal(err)
	}
	if want := "  Meeting "; !strings.Contains(out.String(), want) {
		t.Errorf("no %q in\n%s", want, out.String())
	}
}
