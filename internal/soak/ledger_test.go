package soak

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// bounds are how many there may be of something.
type bounds struct{ Min, Max int }

func exactly(n int) bounds            { return bounds{n, n} }
func (b bounds) has(n int) bool       { return b.Min <= n && n <= b.Max }
func (b bounds) plus(o bounds) bounds { return bounds{b.Min + o.Min, b.Max + o.Max} }

// where is a folder of a mailbox.
type where struct {
	Box    int
	Folder string
}

// record is what is known of all that has one name. Where there is no entry,
// there is nothing.
type record struct {
	Name string
	At   []entry
	// Total bounds the sum of all that is there; Min < 0: it is not said.
	Total bounds
	// Same says that there is the same number of it in all places but the
	// first, which is that of the draft. Versions are those it may have, if
	// that is known.
	Same        bool
	Versions    []string
	Attachments bounds
	// Marked says that the worker could have found out; Unknown that it did not
	// know, Cut that it had no time to look.
	Marked, Unknown, Cut bool
	Why                  string `json:",omitempty"`
}

type entry struct {
	where
	bounds
}

// ledger is what the workers know, on disk.
type ledger struct {
	mu   sync.Mutex
	file *os.File
	out  *bufio.Writer
	err  error
}

func newLedger(t *testing.T) *ledger {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "ledger"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return &ledger{file: f, out: bufio.NewWriter(f)}
}

func (l *ledger) write(r record) {
	text, err := json.Marshal(r)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil {
		_, err = l.out.Write(append(text, '\n'))
	}
	if l.err == nil {
		l.err = err
	}
}

// read returns all records by name.
func (l *ledger) read(t *testing.T) map[string]record {
	t.Helper()
	if err := l.out.Flush(); err != nil || l.err != nil {
		t.Fatal(err, l.err)
	}
	if _, err := l.file.Seek(0, 0); err != nil {
		t.Fatal(err)
	}
	out := map[string]record{}
	for d := json.NewDecoder(l.file); d.More(); {
		var r record
		if err := d.Decode(&r); err != nil {
			t.Fatal(err)
		}
		if _, twice := out[r.Name]; twice {
			t.Errorf("two records of %s", r.Name)
		}
		out[r.Name] = r
	}
	return out
}

// found is what the server has of one name.
type found struct {
	at   map[where]int
	what []stored
}

// check compares a record with what there is.
func (r record) check(f found) error {
	left := 0
	for _, n := range f.at {
		left += n
	}
	if total := left; r.Total.Min >= 0 && !r.Total.has(total) {
		return fmt.Errorf("%d of it, want %v", total, r.Total)
	}
	for i, e := range r.At {
		n := f.at[e.where]
		left -= n
		if !e.has(n) {
			return fmt.Errorf("%d in %v, want %v", n, e.where, e.bounds)
		}
		if i > 0 && r.Same && n != f.at[r.At[1].where] {
			return fmt.Errorf("%d in %v, but %d in %v", n, e.where, f.at[r.At[1].where], r.At[1].where)
		}
	}
	if r.Same && r.At[0].Max > 0 {
		if n := f.at[r.At[0].where] + f.at[r.At[1].where]; n != 1 {
			return fmt.Errorf("%d drafts and copies together", n)
		}
	}
	if left > 0 {
		return fmt.Errorf("%d where it should not be", left)
	}
	for _, s := range f.what {
		if strings.HasSuffix(s.Folder, "/copies") {
			continue // as they were then
		}
		if r.Versions != nil && !slices.Contains(r.Versions, s.Version) {
			return fmt.Errorf("version %q, want one of %q", s.Version, r.Versions)
		}
		if !r.Attachments.has(s.Attachments) {
			return fmt.Errorf("%d attachments, want %v", s.Attachments, r.Attachments)
		}
	}
	return nil
}
