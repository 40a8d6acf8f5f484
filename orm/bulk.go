package orm

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// ErrNotAttempted is the error of those parts of a bulk call that were not
// sent, because a request before them failed.
var ErrNotAttempted = errors.New("orm: not attempted: a request before it failed")

// write is an operation that changes something, with many parts a request.
type write[In any] struct {
	op *messages.Operation
	// send sends one request, and says before that, in the trace, how it can be
	// found out what became of it.
	send func(context.Context, []In, *trace) (Results[ItemID], error)
	// done does in memory what was done to a part; nil: nothing.
	done func(In, ItemID)
}

// bulk does the parts in order, so many a request. What became of a request
// whose answer was lost is looked for. After one that failed, or of which that
// is not known, the rest are not attempted.
func bulk[In any](ctx context.Context, a *Account, in []In, w write[In]) (Results[ItemID], error) {
	out := make(Results[ItemID], 0, len(in))
	for len(out) < len(in) {
		at := len(out)
		part := in[at:min(at+a.cfg.ChunkSize, len(in))]
		var t trace
		rs, err := attempt(ctx, part, func(ctx context.Context, part []In) (Results[ItemID], error) { return w.send(ctx, part, &t) })
		if err != nil {
			rs, err = a.afterwards(ctx, w.op, &t, len(part), err)
		}
		for i, r := range rs {
			if r.Err == nil && w.done != nil {
				w.done(part[i], r.Value)
			}
		}
		out = append(out, renumber(rs, at)...)
		if err != nil {
			for len(out) < len(in) {
				out = append(out, Result[ItemID]{Err: ErrNotAttempted})
			}
			return out, err
		}
	}
	return out, nil
}

// afterwards says what became of the n parts of a request that failed.
func (a *Account) afterwards(ctx context.Context, op *messages.Operation, t *trace, n int, err error) (Results[ItemID], error) {
	if MayBeDone(err) {
		return a.settle(ctx, op, t, n, err)
	}
	rs := make(Results[ItemID], n)
	for i := range rs {
		rs[i].Err = err
		if errors.Is(err, errUnsent) {
			rs[i].Err = ErrNotAttempted
		}
	}
	return rs, err
}

// errUnsent is the class of errors of requests that were certainly not sent.
var errUnsent = errors.New("orm: not sent")

// unsent is the error of a request that was not sent, because the context had
// ended, or because what is needed for it could not be had.
type unsent struct{ cause error }

func (e unsent) Error() string        { return "orm: " + e.cause.Error() }
func (e unsent) Unwrap() error        { return e.cause }
func (e unsent) Is(target error) bool { return target == errUnsent }

func attempt[In, Out any](ctx context.Context, part []In, do func(context.Context, []In) (Results[Out], error)) (Results[Out], error) {
	if ctx.Err() != nil {
		return nil, unsent{context.Cause(ctx)}
	}
	rs, err := do(ctx, part)
	if err == nil && len(rs) != len(part) {
		return nil, fmt.Errorf("orm: the answer has %d parts for %d items", len(rs), len(part))
	}
	return rs, err
}

// parallel does the parts, one request for each, several requests at once.
// After a request that failed no other is begun; its inputs have its error,
// those of requests that it cut short or that were not begun have
// ErrNotAttempted.
func parallel[In, Out any](ctx context.Context, a *Account, parts [][]In, do func(context.Context, []In) (Results[Out], error)) (Results[Out], error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	n := 0
	for _, part := range parts {
		n += len(part)
	}
	out := make(Results[Out], n)
	for i := range out {
		out[i].Err = ErrNotAttempted
	}
	var (
		mu    sync.Mutex
		first error
		wg    sync.WaitGroup
	)
	slots := make(chan struct{}, a.cfg.Parallel)
	next := 0
	for _, part := range parts {
		at := next
		next += len(part)
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
		wg.Go(func() {
			defer func() { <-slots }()
			rs, err := attempt(ctx, part, do)
			if err == nil {
				copy(out[at:], renumber(rs, at))
				return
			}
			mu.Lock()
			defer mu.Unlock()
			if first == nil {
				first = err
				for i := range part {
					out[at+i].Err = err
				}
				cancel()
			}
		})
	}
	wg.Wait()
	if first == nil && slices.ContainsFunc(out, func(r Result[Out]) bool { return r.Err == ErrNotAttempted }) {
		first = unsent{context.Cause(ctx)}
	}
	return out, first
}

// bySize cuts in into parts of at most n, and of at most max bytes unless one
// alone has more.
func bySize[T any](in []T, n, max int, size func(int) int) [][]T {
	var out [][]T
	from, bytes := 0, 0
	for i := range in {
		bytes += size(i)
		if i > from && (i-from == n || bytes > max) {
			out = append(out, in[from:i])
			from, bytes = i, size(i)
		}
	}
	if from < len(in) {
		out = append(out, in[from:])
	}
	return out
}

// renumber makes the positions in errors of parts those in the whole call. What
// has such an error in it is about something else.
func renumber[T any](rs Results[T], at int) Results[T] {
	for i := range rs {
		if e, ok := rs[i].Err.(*ews.ResponseError); ok && at > 0 && e.Index >= 0 {
			moved := *e
			moved.Index += at
			rs[i].Err = &moved
		}
	}
	return rs
}

// failed returns the error that the status of part i says, nil if it says none.
func failed(op *messages.Operation, i int, s messages.Status) error {
	if !s.Failed() {
		return nil
	}
	return &ews.ResponseError{Op: op.Name, Index: i, Code: s.Code, Text: s.Text, XML: s.XML}
}

func partsError(op *messages.Operation, got, want int) error {
	return fmt.Errorf("orm: %s: the answer has %d parts for %d", op.Name, got, want)
}

// idResults returns the ids of an answer to a call that gives items new ids.
func idResults(op *messages.Operation, list []messages.ItemInfoResponseMessage, want int) (Results[ItemID], error) {
	if len(list) != want {
		return nil, partsError(op, len(list), want)
	}
	rs := make(Results[ItemID], want)
	for i := range list {
		rs[i] = idResult(op, i, list[i].Status(), list[i].Items)
	}
	return rs, nil
}

func idResult(op *messages.Operation, i int, s messages.Status, items []types.Item) Result[ItemID] {
	r := Result[ItemID]{Err: failed(op, i, s)}
	if r.Err == nil && len(items) > 0 && items[0] != nil {
		r.Value = IDOf(items[0])
	}
	return r
}

// doneResults returns the ids that were sent, with the errors of an answer
// that has none.
func doneResults(op *messages.Operation, res messages.Batch, ids []ItemID) (Results[ItemID], error) {
	list := res.Statuses()
	if len(list) != len(ids) {
		return nil, partsError(op, len(list), len(ids))
	}
	rs := make(Results[ItemID], len(ids))
	for i := range list {
		rs[i] = Result[ItemID]{ids[i], failed(op, i, list[i])}
	}
	return rs, nil
}

// baseIDs returns the ids as a request takes them; the change key only where
// the server wants one.
func baseIDs(ids []ItemID, changeKeys bool) []types.BaseItemID {
	out := make([]types.BaseItemID, len(ids))
	for i, id := range ids {
		b := &types.ItemID{ID: id.ID}
		if changeKeys {
			b.ChangeKey = id.ChangeKey
		}
		out[i] = b
	}
	return out
}

// saved fails if one of ids is none, before anything is sent.
func saved(ids []ItemID) error {
	for i, id := range ids {
		if id.ID != "" {
			continue
		}
		e := &FieldError{Field: "item:ItemId", Reason: "is empty: the item was not saved; Create it first"}
		if len(ids) > 1 {
			return fmt.Errorf("input %d: %w", i, e)
		}
		return e
	}
	return nil
}

// setID sets the id of an item in memory; a zero one takes it away.
func setID(item Item, id ItemID) {
	p := idPtr(item)
	if p == nil {
		return
	}
	*p = id
	props := item.(types.Properties)
	f, _ := byURI(props, "item:ItemId")
	if id.ID == "" {
		props.PresenceSet().Remove(f.Bit)
	} else {
		props.PresenceSet().Add(f.Bit)
	}
}
