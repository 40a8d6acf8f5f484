// Command ratios reads the output of the benchmarks of internal/bench on
// standard input, and prints a table of ratios of the best of each: of the
// processor time it took, garbage collection included, or, with -elapsed or where
// that is not known, of the time that passed.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
)

// result is the best of what was measured under one name.
type result struct {
	ns, bytes, allocs float64
}

func main() {
	elapsed := flag.Bool("elapsed", false, "compare the time that passed, not processor time")
	flag.Parse()
	if err := run(os.Stdin, os.Stdout, *elapsed); err != nil {
		fmt.Fprintln(os.Stderr, "ratios:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer, elapsed bool) error {
	best, order, err := read(in, elapsed)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "decode\tMB/s\tallocs\tx encoding/xml\tx gosax, bare\tx gosax, with text\tx own tokenizer, bare\tx exchangelib\t")
	for _, name := range order {
		if input, ok := strings.CutPrefix(name, "Decode/"); ok {
			c := best[name+"/codec"]
			fmt.Fprintf(w, "%s\t%.0f\t%.0f\t%s\t%s\t%s\t%s\t%s\t\n", input, c.bytes/c.ns*1e3, c.allocs,
				ratio(best, name+"/std", c), ratio(best, name+"/gosax", c), ratio(best, name+"/gosaxtext", c), ratio(best, name+"/tokens", c), ratio(best, name+"/exchangelib", c))
		}
	}
	fmt.Fprintln(w, "\t\t\t\t\t\t\t\t")
	fmt.Fprintln(w, "encode\tMB/s\tallocs\tx encoding/xml\t\t\t\t\t")
	for _, name := range order {
		if input, ok := strings.CutPrefix(name, "Encode/"); ok {
			c := best[name+"/codec"]
			fmt.Fprintf(w, "%s\t%.0f\t%.0f\t%s\t\t\t\t\t\n", input, c.bytes/c.ns*1e3, c.allocs, ratio(best, name+"/std", c))
		}
	}
	return w.Flush()
}

// ratio says how many times faster c is than the peer.
func ratio(best map[string]result, peer string, c result) string {
	p, ok := best[peer]
	if !ok || c.ns == 0 {
		return "-"
	}
	return strconv.FormatFloat(p.ns/c.ns, 'f', 2, 64)
}

// read returns the best results by name, and the names of the inputs in the
// order they came.
func read(in io.Reader, elapsed bool) (map[string]result, []string, error) {
	best := map[string]result{}
	var order []string
	seen := map[string]bool{}
	s := bufio.NewScanner(in)
	for s.Scan() {
		f := strings.Fields(s.Text())
		if len(f) < 4 || !strings.HasPrefix(f[0], "Benchmark") {
			continue
		}
		name := strings.TrimPrefix(f[0], "Benchmark")
		if i := strings.LastIndexByte(name, '-'); i > 0 {
			name = name[:i]
		}
		var r result
		var rate, cpu float64
		for i := 2; i+1 < len(f); i += 2 {
			v, err := strconv.ParseFloat(f[i], 64)
			if err != nil {
				return nil, nil, fmt.Errorf("%q: %w", s.Text(), err)
			}
			switch f[i+1] {
			case "ns/op":
				r.ns = v
			case "MB/s":
				rate = v
			case "cpu-ns/op":
				cpu = v
			case "allocs/op":
				r.allocs = v
			}
		}
		r.bytes = rate * r.ns / 1e3
		if cpu > 0 && !elapsed {
			r.ns = cpu
		}
		if b, ok := best[name]; !ok || r.ns < b.ns {
			best[name] = r
		}
		if i := strings.LastIndexByte(name, '/'); i > 0 && !seen[name[:i]] {
			seen[name[:i]] = true
			order = append(order, name[:i])
		}
	}
	return best, order, s.Err()
}
