package soak

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/orm"
)

// What became of a write, as far as its worker knows.
type outcome uint8

const (
	done outcome = iota
	unknown
	refused
)

// tally counts what became of what.
type tally struct {
	mu sync.Mutex
	n  map[string]*[3]int
}

func (c *tally) add(op string, o outcome) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n[op] == nil {
		c.n[op] = new([3]int)
	}
	c.n[op][o]++
}

// thing is an item of which everything is known.
type thing struct {
	name        string
	id          orm.ItemID
	folder      int // of the worker's folders
	version     int
	attachments bounds
	copies      bounds
}

// The worker's folders.
const (
	folderA = iota
	folderB
	calendar
	copies
)

// worker does one thing after the other in a mailbox, in folders of its own.
type worker struct {
	t       *testing.T
	n, box  int
	marked  bool
	random  *rand.Rand
	acct    *orm.Account
	folders [4]orm.Folder
	server  *child
	ledger  *ledger
	tally   *tally

	names int
	last  string // error of a write of which it is not known what became
	live  []*thing
	// maybe are the names of what may be in the folders, or not. Until fuzzy, and
	// until the server has nothing of the worker's under way, it may change that.
	maybe   map[string]bool
	doubted bool
	fuzzy   time.Time
}

// prepare makes the worker's folders.
func (w *worker) prepare(ctx context.Context) error {
	w.maybe = map[string]bool{}
	w.folders[calendar] = w.acct.Calendar()
	for i, name := range map[int]string{folderA: "a", folderB: "b", copies: "copies"} {
		f, err := w.acct.Root().Ensure(ctx, w.home(), name)
		if err != nil {
			return err
		}
		w.folders[i] = f
	}
	return nil
}

func (w *worker) home() string { return fmt.Sprintf("w%02d", w.n) }

// name returns a new name.
func (w *worker) name() string {
	w.names++
	return fmt.Sprintf("w%02d-%06d", w.n, w.names)
}

// in is a folder of the worker's.
func (w *worker) in(folder int) where {
	if folder == calendar {
		return where{w.box, "Calendar"}
	}
	return where{w.box, w.home() + "/" + map[int]string{folderA: "a", folderB: "b", copies: "copies"}[folder]}
}

// run works until the context ends. The gate stops it between two things.
func (w *worker) run(ctx context.Context, gate *sync.RWMutex) {
	total := 0
	for _, a := range actions {
		total += a.weight
	}
	for ctx.Err() == nil {
		n := w.random.IntN(total)
		for _, a := range actions {
			if n -= a.weight; n < 0 {
				gate.RLock()
				w.act(a)
				gate.RUnlock()
				break
			}
		}
	}
	w.act(action{do: (*worker).settle})
}

func (w *worker) act(a action) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	if w.random.IntN(100) < 3 && a.weight > 0 { // some are cut short
		ctx, cancel = context.WithTimeout(ctx, time.Duration(w.random.IntN(40_000))*time.Microsecond)
	}
	defer cancel()
	a.do(w, ctx)
}

// settle writes down what there is at last.
func (w *worker) settle(context.Context) {
	for _, th := range w.live {
		w.ledger.write(w.recordOf(th, entry{w.in(th.folder), exactly(1)}))
	}
	w.live = nil
}

// drop forgets a thing, of which is known what r says.
func (w *worker) drop(th *thing, r record) {
	for i := range w.live {
		if w.live[i] == th {
			w.live = append(w.live[:i], w.live[i+1:]...)
			break
		}
	}
	w.ledger.write(r)
}

// record is one of what is in the places.
func (w *worker) record(name string, o outcome, at ...entry) record {
	r := record{Name: name, At: at, Total: bounds{-1, 0}, Marked: w.marked, Unknown: o == unknown}
	if r.Unknown {
		r.Why = w.last
	}
	return r
}

// recordOf is that of a thing in a place.
func (w *worker) recordOf(th *thing, at ...entry) record {
	r := w.record(th.name, done, append(at, entry{w.in(copies), th.copies})...)
	r.Attachments, r.Versions = th.attachments, []string{version(th.version)}
	return r
}

func version(n int) string { return fmt.Sprint("v", n) }

// pick returns one of the things, nil if there is none.
func (w *worker) pick() *thing {
	if len(w.live) == 0 {
		return nil
	}
	return w.live[w.random.IntN(len(w.live))]
}

// became says what became of a write, by its error.
func (w *worker) became(op string, err error) outcome {
	o := refused
	var field *orm.FieldError
	switch {
	case errors.As(err, &field):
		w.t.Errorf("%s by %s: %v", op, w.home(), err)
	case err == nil:
		o = done
	case errors.Is(err, orm.ErrUnknown):
		o = unknown
		w.last = err.Error()
		w.doubt(err)
	case errors.Is(err, messages.ErrorItemNotFound), errors.Is(err, messages.ErrorIrresolvableConflict), errors.Is(err, messages.ErrorStaleObject),
		errors.Is(err, messages.ErrorFolderNotFound), errors.Is(err, messages.ErrorInvalidRequest), errors.Is(err, messages.ErrorSchemaValidation):
		w.t.Errorf("%s by %s: %v", op, w.home(), err) // what it was done to was there, and nobody else changes it
	}
	w.tally.add(op, o)
	return o
}

// doubt says that the server may still be at work on what failed with err, or
// have yet to begin.
func (w *worker) doubt(err error) {
	d := 2 * time.Second
	if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) {
		d = 2 * late
	}
	w.doubted = true
	if until := time.Now().Add(d); until.After(w.fuzzy) {
		w.fuzzy = until
	}
}

// sure reports whether nothing changes but by what the worker does now.
func (w *worker) sure() bool {
	if w.doubted && time.Now().After(w.fuzzy) {
		var n int
		w.server.ask(w.t, "busy/"+w.home(), &n)
		w.doubted = n > 0
	}
	return !w.doubted
}

// read counts a read, and reports whether there is something to look at.
func (w *worker) read(op string, err error) bool {
	if err == nil {
		w.tally.add(op, done)
		return true
	}
	if errors.Is(err, orm.ErrNotFound) {
		w.t.Errorf("%s by %s: %v", op, w.home(), err)
	}
	w.tally.add(op, refused)
	return false
}

func (w *worker) message(name string) *orm.Message {
	return &orm.Message{Subject: name, Categories: []string{version(0)}, Body: orm.TextBody("text of " + name)}
}

// created notes what became of something new in a folder.
func (w *worker) created(op string, ctx context.Context, th *thing, err error) {
	switch w.became(op, err) {
	case done:
		w.live = append(w.live, th)
	case unknown:
		w.maybe[th.name] = true
		r := w.record(th.name, unknown, entry{w.in(th.folder), bounds{0, 1}})
		r.Versions, r.Cut = []string{version(0)}, ctx.Err() != nil
		w.ledger.write(r)
	default:
		w.ledger.write(w.record(th.name, refused))
	}
}
