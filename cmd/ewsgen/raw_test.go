package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestRawSets makes bindings of the schema files of single versions, as a
// server hands them out, and builds them in place of the module's own: what a
// user gets with make generate SCHEMAS=dir. The bindings have to build for any
// version, the whole module for today's servers. GOEWS_RAW is the folder with the
// sets.
func TestRawSets(t *testing.T) {
	sets := os.Getenv("GOEWS_RAW")
	if sets == "" {
		t.Skip("builds much: make raw")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ set, packages string }{
		{"01-Exchange2007_SP1", "./gen/..."},
		{"05-Exchange2013_SP1", "./gen/..."}, // has no WSDL
		{"10-V2017_07_11_SE-15.2.2562.17", "./..."},
	} {
		t.Run(tt.set, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "gen")
			if code, _, stderr := ewsgen("gen", "-schemas", filepath.Join(sets, tt.set), "-o", out); code != 0 {
				t.Fatal(stderr)
			}
			cmd := exec.Command("go", "build", "-overlay", overlay(t, filepath.Join(root, "gen"), out), tt.packages)
			cmd.Dir = root
			if msg, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, msg)
			}
		})
	}
}

// overlay writes the file that puts the generated files of dir in the place of
// those of gen.
func overlay(t *testing.T, gen, dir string) string {
	t.Helper()
	replace := map[string]string{}
	for _, pattern := range []string{filepath.Join(gen, "*", "*_gen.go"), filepath.Join(dir, "*", "*_gen.go")} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v, %d files", pattern, err, len(files))
		}
		for _, f := range files {
			if rel, ok := strings.CutPrefix(f, dir); ok {
				replace[gen+rel] = f
			} else {
				replace[f] = "" // not there
			}
		}
	}
	data, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "overlay.json")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
