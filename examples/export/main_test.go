package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/examples/internal/account"
)

func TestRun(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	srv := ewstest.New(t)
	srv.Seed(40)
	acct, err := account.OnServer(t.Context(), srv)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := run(t.Context(), acct, &out); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*", "*.eml"))
	if err != nil || len(files) != 20 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, name := range files {
		mime, err := os.ReadFile(name)
		if err != nil || !strings.Contains(string(mime), "Subject: ") {
			t.Errorf("%s holds %q, %v", name, mime, err)
		}
	}
	if want := "20 messages in "; !strings.Contains(out.String(), want) {
		t.Errorf("no %q in\n%s", want, out.String())
	}
}
