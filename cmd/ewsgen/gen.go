package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seed-1937cc67/goews/cmd/ewsgen/internal/emit"
	"github.com/seed-1937cc67/goews/cmd/ewsgen/internal/plan"
	"github.com/seed-1937cc67/goews/cmd/ewsgen/internal/wsdl"
	"github.com/seed-1937cc67/goews/internal/xsd"
)

// gen writes the bindings, or with -check compares them with what is there.
func gen(args []string, stdout, stderr io.Writer) int {
	fl := flag.NewFlagSet("ewsgen gen", flag.ContinueOnError)
	fl.SetOutput(stderr)
	schemas := fl.String("schemas", "schemas", "folder with types.xsd, messages.xsd and services.wsdl")
	out := fl.String("o", "gen", "folder of the generated packages")
	module := fl.String("module", "github.com/seed-1937cc67/goews", "import path of the module that the packages belong to")
	check := fl.Bool("check", false, "write nothing; fail if a file differs, and name the first one")
	if code, ok := parse(fl, args); !ok {
		return code
	}
	files, err := generate(os.DirFS(*schemas), *module)
	if err != nil {
		fmt.Fprintf(stderr, "ewsgen: %s: %v\n", *schemas, err)
		return 1
	}
	if *check {
		err = compare(*out, files)
	} else {
		err = write(*out, files)
	}
	if err != nil {
		fmt.Fprintf(stderr, "ewsgen: %v\n", err)
		return 1
	}
	return 0
}

// generate returns the generated files for the schema set in fsys.
func generate(fsys fs.FS, module string) (map[string][]byte, error) {
	s, err := xsd.Read(fsys, "types.xsd", "messages.xsd")
	if err != nil {
		return nil, err
	}
	ops, err := wsdl.Read(fsys, s)
	if err != nil {
		return nil, err
	}
	p, err := plan.Build(s, ops)
	if err != nil {
		return nil, err
	}
	sum := sha256.New()
	for _, name := range []string{"types.xsd", "messages.xsd", wsdl.FileName} {
		data, err := fs.ReadFile(fsys, name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		sum.Write(data)
	}
	return emit.Files(p, emit.Options{
		Module: module,
		Source: fmt.Sprintf("types.xsd, messages.xsd, services.wsdl (sha256 %x)", sum.Sum(nil)[:6]),
	})
}

// generated returns the generated files below dir, by slash-separated path.
func generated(dir string) (map[string][]byte, error) {
	out := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_gen.go") {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		out[filepath.ToSlash(rel)], err = os.ReadFile(path)
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return out, err
}

func compare(dir string, files map[string][]byte) error {
	have, err := generated(dir)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		old, ok := have[name]
		switch {
		case !ok:
			return fmt.Errorf("%s is missing: run make generate", filepath.Join(dir, name))
		case !bytes.Equal(old, files[name]):
			return fmt.Errorf("%s is stale: run make generate", filepath.Join(dir, name))
		}
		delete(have, name)
	}
	for _, name := range slices.Sorted(maps.Keys(have)) {
		return fmt.Errorf("%s is no longer generated: run make generate", filepath.Join(dir, name))
	}
	return nil
}

// write makes dir hold exactly files, leaving what is not generated alone.
func write(dir string, files map[string][]byte) error {
	have, err := generated(dir)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if !bytes.Equal(have[name], files[name]) {
			if err := os.WriteFile(path, files[name], 0o644); err != nil {
				return err
			}
		}
		delete(have, name)
	}
	for name := range have {
		if err := os.Remove(filepath.Join(dir, filepath.FromSlash(name))); err != nil {
			return err
		}
	}
	return nil
}
