// Command xsdwitness judges recorded SOAP documents by the EWS schemas, with
// xmllint as the judge.
//
//	xsdwitness -schemas schemas -dir /tmp/documents
//
// Each document is judged at the version that it claims. The command prints
// how many there were and what is wrong with which, and ends with status 1 if
// anything is, or if there was nothing to judge.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"

	"github.com/seed-1937cc67/goews/internal/witness"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("xsdwitness", flag.ContinueOnError)
	flags.SetOutput(stderr)
	schemas := flags.String("schemas", "schemas", "directory with types.xsd and messages.xsd")
	dir := flags.String("dir", os.Getenv(witness.EnvDir), "directory with the documents; $"+witness.EnvDir+" if not given")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if *dir == "" || flags.NArg() > 0 {
		flags.Usage()
		return 2
	}
	r, err := witness.Check(ctx, *schemas, *dir)
	if err != nil {
		fmt.Fprintln(stderr, "xsdwitness:", err)
		return 1
	}
	for _, v := range slices.Sorted(maps.Keys(r.Versions)) {
		name := v
		if v == "" {
			name = "whole schema"
		}
		fmt.Fprintf(stdout, "%6d  %s\n", r.Versions[v], name)
	}
	for _, b := range slices.Sorted(maps.Keys(r.Bodies)) {
		fmt.Fprintf(stdout, "%6d  <%s>\n", r.Bodies[b], b)
	}
	for _, f := range r.Failures {
		fmt.Fprintf(stdout, "FAIL %s %s\n", f.File, f.Version)
		for _, m := range f.Messages {
			fmt.Fprintf(stdout, "     %s\n", m)
		}
	}
	fmt.Fprintf(stdout, "%d documents with %d kinds of bodies, %d failed\n", r.Documents, len(r.Bodies), len(r.Failures))
	if len(r.Failures) > 0 {
		return 1
	}
	return 0
}
