package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/seed-1937cc67/goews/cmd/ewsgen/internal/coverage"
	"github.com/seed-1937cc67/goews/cmd/ewsgen/internal/plan"
	"github.com/seed-1937cc67/goews/cmd/ewsgen/internal/wsdl"
	"github.com/seed-1937cc67/goews/internal/xsd"
)

// writeCoverage writes the page that says what there is of each operation.
func writeCoverage(args []string, stdout, stderr io.Writer) int {
	fl := flag.NewFlagSet("ewsgen coverage", flag.ContinueOnError)
	fl.SetOutput(stderr)
	root := fl.String("module", ".", "folder of the module")
	check := fl.Bool("check", false, "write nothing; fail if the page differs")
	if code, ok := parse(fl, args); !ok {
		return code
	}
	page, err := coveragePage(*root)
	name := filepath.Join(*root, "docs", "coverage.md")
	switch {
	case err != nil:
	case *check:
		var old []byte
		if old, err = os.ReadFile(name); err == nil && !bytes.Equal(old, page) {
			err = fmt.Errorf("%s is stale: run make generate", name)
		}
	default:
		err = os.WriteFile(name, page, 0o644)
	}
	if err != nil {
		fmt.Fprintln(stderr, "ewsgen coverage:", err)
		return 1
	}
	return 0
}

func coveragePage(root string) ([]byte, error) {
	fsys := os.DirFS(filepath.Join(root, "schemas"))
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
	rows, err := coverage.Read(os.DirFS(root), p.Ops)
	if err != nil {
		return nil, err
	}
	return coverage.Page(rows), nil
}
