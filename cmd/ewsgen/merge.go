package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/seed-1937cc67/goews/cmd/ewsgen/internal/merge"
)

// mergeSets writes the merged contract.
func mergeSets(args []string, stdout, stderr io.Writer) int {
	fs := flag.NewFlagSet("ewsgen merge", flag.ContinueOnError)
	fs.SetOutput(stderr)
	sets := fs.String("sets", "", "folder with one schema set a folder, their names in order of age (required)")
	out := fs.String("o", "schemas", "folder to write into")
	check := fs.Bool("check", false, "write nothing; fail if a file differs")
	if code, ok := parse(fs, args); !ok {
		return code
	}
	if *sets == "" {
		fmt.Fprintln(stderr, "ewsgen merge: -sets is missing: the folder with the schema sets")
		return 2
	}
	list, err := merge.ReadSets(os.DirFS(*sets))
	if err != nil {
		fmt.Fprintln(stderr, "ewsgen merge:", err)
		return 1
	}
	r, err := merge.Merge(list)
	if err != nil {
		fmt.Fprintln(stderr, "ewsgen merge:", err)
		return 1
	}
	files := r.Files()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(*out, name)
		if *check {
			old, err := os.ReadFile(path)
			if err != nil || !bytes.Equal(old, files[name]) {
				fmt.Fprintf(stderr, "ewsgen merge: %s is not what the sets say: run ewsgen merge\n", path)
				return 1
			}
			continue
		}
		if err := os.MkdirAll(*out, 0o777); err != nil {
			fmt.Fprintln(stderr, "ewsgen merge:", err)
			return 1
		}
		if err := os.WriteFile(path, files[name], 0o666); err != nil {
			fmt.Fprintln(stderr, "ewsgen merge:", err)
			return 1
		}
	}
	for _, s := range list {
		fmt.Fprintf(stdout, "%s: %s\n", s.Name, s.Version)
	}
	return 0
}
