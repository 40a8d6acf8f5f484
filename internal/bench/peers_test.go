package bench

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestPeerExchangelib lets exchangelib decode the same bytes, and prints what
// it took as a benchmark's result. It runs for make bench-peers alone, with a
// Python that has exchangelib in GOEWS_PYTHON.
func TestPeerExchangelib(t *testing.T) {
	python := os.Getenv("GOEWS_PYTHON")
	if os.Getenv("GOEWS_BENCH_PEERS") == "" || python == "" {
		t.Skip("make bench-peers runs it")
	}
	args := []string{"../../testdata/bench/exchangelib_decode.py"}
	for _, name := range []string{FindItem, GetItem, SyncFolderItems, CalendarView} {
		path := filepath.Join(t.TempDir(), name+".xml")
		if err := os.WriteFile(path, Input(name), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, name+"="+path)
	}
	cmd := exec.Command(python, args...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
}
