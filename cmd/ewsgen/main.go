// Command ewsgen makes the Go bindings of Exchange Web Services from
// Microsoft's schema files.
//
//	ewsgen gen [-schemas dir] [-o dir] [-check]
//	ewsgen merge -sets dir [-o dir] [-check]
//	ewsgen diff [-json] OLD NEW
//	ewsgen coverage [-check]
//	ewsgen fetch [-o dir] [-user name] URL
//
// See docs/architecture.md for what becomes what.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

const usage = `usage: ewsgen <command> [flags]

Commands:
  gen       write the bindings for a schema set; -check only compares
  merge     write one annotated contract from the sets of many versions
  diff      say what differs between two schema sets
  fetch     get a server's own schema set
  coverage  write docs/coverage.md: what there is of each operation
Run "ewsgen <command> -h" for a command's flags.
`

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run returns the exit code: 0 done, 1 failed, 2 wrong usage.
func run(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		fmt.Fprint(stderr, usage)
		return 2
	}
	switch args[0] {
	case "gen":
		return gen(args[1:], stdout, stderr)
	case "merge":
		return mergeSets(args[1:], stdout, stderr)
	case "diff":
		return diffSets(args[1:], stdout, stderr)
	case "coverage":
		return writeCoverage(args[1:], stdout, stderr)
	case "fetch":
		return fetch(args[1:], stdout, stderr)
	case "-h", "-help", "--help", "help":
		fmt.Fprint(stdout, usage)
		return 0
	}
	fmt.Fprintf(stderr, "ewsgen: unknown command %q\n\n%s", args[0], usage)
	return 2
}

// parse reads the flags of a command, which takes the arguments named. If it is
// not to run, ok is false, and code is what it exits with.
func parse(fl *flag.FlagSet, args []string, names ...string) (code int, ok bool) {
	err := fl.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0, false
	case err != nil:
		return 2, false
	case fl.NArg() > len(names):
		fmt.Fprintf(fl.Output(), "%s: unexpected argument %q\n", fl.Name(), fl.Arg(len(names)))
		return 2, false
	case fl.NArg() < len(names):
		fmt.Fprintf(fl.Output(), "%s: %s is missing\n", fl.Name(), names[fl.NArg()])
		return 2, false
	}
	return 0, true
}
