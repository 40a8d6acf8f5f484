package peer

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

const benchItems = 10000

// result is what both programs print.
type result struct {
	Items   int     `json:"items"`
	Seconds float64 `json:"seconds"`
	PeakKiB int     `json:"peak_kib"`
	Runes   int     `json:"runes"`
}

// TestBench reads the same messages from the same server with orm and with
// exchangelib, in turns, and prints items a second and peak memory of each. It
// asserts nothing of them, but that both read the same.
func TestBench(t *testing.T) {
	if os.Getenv("GOEWS_BENCH_PEERS") != "1" {
		t.Skip("GOEWS_BENCH_PEERS is not 1")
	}
	py := python(t)
	bin := filepath.Join(t.TempDir(), "fetchall")
	if out, err := exec.Command("go", "build", "-o", bin, "github.com/seed-1937cc67/goews/internal/peer/cmd/fetchall").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	s := start(t, "-seed", fmt.Sprint(benchItems))
	run := func(name string, args ...string) result {
		t.Helper()
		cmd := exec.Command(name, append(slices.Clone(args), "--endpoint", s.endpoint, "--ca", s.ca, "--user", alice, "--password", password)...)
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var r result
		if err := json.Unmarshal(out, &r); err != nil {
			t.Fatal(err)
		}
		if r.Items != benchItems {
			t.Fatalf("%s read %d items, not %d", name, r.Items, benchItems)
		}
		return r
	}
	for _, mode := range [][]string{{"--mode", "only"}, {"--mode", "full"}, {"--mode", "full", "--keep"}} {
		var ours, theirs []result
		for range 3 {
			ours = append(ours, run(bin, mode...))
			theirs = append(theirs, run(py, append([]string{"-B", filepath.Join("py", "fetchall.py")}, mode...)...))
		}
		a, b := median(ours), median(theirs)
		if a.Runes != b.Runes {
			t.Errorf("%s: orm read %d characters of text, exchangelib %d", mode, a.Runes, b.Runes)
		}
		t.Logf("%s: orm %.0f items/s, peak %.1f MiB; exchangelib %.0f items/s, peak %.1f MiB: %.1f times the items/s, %.3f of the memory",
			mode, benchItems/a.Seconds, float64(a.PeakKiB)/1024, benchItems/b.Seconds, float64(b.PeakKiB)/1024,
			b.Seconds/a.Seconds, float64(a.PeakKiB)/float64(b.PeakKiB))
	}
}

// median returns the run with the median time, with the median of the peaks.
func median(rs []result) result {
	slices.SortFunc(rs, func(a, b result) int { return int(1e6 * (a.Seconds - b.Seconds)) })
	m := rs[len(rs)/2]
	slices.SortFunc(rs, func(a, b result) int { return a.PeakKiB - b.PeakKiB })
	m.PeakKiB = rs[len(rs)/2].PeakKiB
	return m
}
