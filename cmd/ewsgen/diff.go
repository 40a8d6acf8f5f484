package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/seed-1937cc67/goews/cmd/ewsgen/internal/diff"
)

// diffSets says what differs between two schema sets.
func diffSets(args []string, stdout, stderr io.Writer) int {
	fl := flag.NewFlagSet("ewsgen diff", flag.ContinueOnError)
	fl.SetOutput(stderr)
	asJSON := fl.Bool("json", false, "write JSON: added, gone, changed, each a list of kind, name, old and new definition")
	fl.Usage = func() {
		fmt.Fprint(stderr, "usage: ewsgen diff [-json] OLD NEW\n\nOLD and NEW are folders with types.xsd, messages.xsd and, if at hand, services.wsdl.\nThe exit code is 0 whether there are differences or not.\n")
		fl.PrintDefaults()
	}
	if code, ok := parse(fl, args, "OLD", "NEW"); !ok {
		return code
	}
	r, err := diff.Compare(os.DirFS(fl.Arg(0)), os.DirFS(fl.Arg(1)))
	if err != nil {
		fmt.Fprintf(stderr, "ewsgen diff: %s, %s: %v\n", fl.Arg(0), fl.Arg(1), err)
		return 1
	}
	if *asJSON {
		e := json.NewEncoder(stdout)
		e.SetIndent("", "\t")
		e.SetEscapeHTML(false)
		err = e.Encode(r)
	} else {
		err = r.Text(stdout)
	}
	if err != nil {
		fmt.Fprintln(stderr, "ewsgen diff:", err)
		return 1
	}
	return 0
}
