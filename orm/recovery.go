package orm

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/seed-1937cc67/goews/gen/messages"
)

// Recovery lets an account find out what became of a write whose answer was
// lost. Its zero value has the defaults. It looks, it never sends anything
// again: what is found counts as done, as if the answer had come; what is not
// is an *UnknownError.
//
// Where it looks:
//
//   - CreateItem and CreateFolder: each new item or folder carries a mark, a
//     random text in MarkProperty, and it is looked for in the folder where it
//     is to be. A meeting counts as done when it is in the calendar, and the
//     server says of it that the request was sent.
//   - Sending with a copy: the copy with the mark is looked for where it is to
//     be kept. Of a draft its mark is fetched before it is sent (one request
//     more for each Config.ChunkSize): when it is gone, the copy is looked for. What
//     is sent without a copy, and a draft without a mark, leave no trace.
//   - DeleteItem and MoveItem: an item that is no longer where it was counts
//     as deleted, or as moved, with a zero id, as the new one is not known.
//   - UpdateItem: an item that has another change key, and all the values,
//     counts as updated.
//   - CopyItem leaves no trace: a copy is like any other.
//
// A mark says nothing about anyone. It stays with the item, and with its
// copies. It may go with a message to its recipients: always inside the
// organisation, and outside of it where a remote domain, a contact or the
// message asks for rich text (TNEF); other messages that leave have none of it.
// Named properties have a quota in a mailbox: MarkProperty is one.
//
// https://blogs.msdn.microsoft.com/deva/2009/01/06/behavior-changes-in-outlook-mapi-custom-properties,
// https://learn.microsoft.com/archive/blogs/tkern/a-note-on-content-conversion-and-exchange-20072010,
// https://learn.microsoft.com/exchange/client-developer/exchange-web-services/how-to-provision-x-headers-by-using-ews-in-exchange
type Recovery struct {
	// Looks is how often it is looked, the first time at once. Default 5.
	Looks int
	// Wait is the pause before the second look; each further one is twice as
	// long. Default 500 ms.
	Wait time.Duration
	// Total is how long looking may take. The context may end it before.
	// Default 30 s.
	Total time.Duration
}

// trace is what a request leaves by which it can be found out whether its
// parts were done.
type trace struct {
	// look says what is to be seen of each part. Nil: there is no trace, for
	// the reason why.
	look func(context.Context) ([]sight, error)
	why  string
	// marks are those of the parts; empty where one has none.
	marks []string
}

// sight is what is to be seen of one part.
type sight struct {
	done bool
	id   ItemID // what the call returns for it
	what string // for people, if it is not done
	why  string // why it will never be seen, if so
}

// settle finds out what became of the n parts of a request that failed with
// err. It returns no error if all were done.
func (a *Account) settle(ctx context.Context, op *messages.Operation, t *trace, n int, err error) (Results[ItemID], error) {
	lost := UnknownError{Op: op.Name, Why: t.why, Err: err, trace: t}
	saw := make([]sight, n)
	switch {
	case t.look == nil:
	case ctx.Err() != nil:
		lost.Why = "the context ended before it could be looked for: look with Check before it is sent again"
	case a.cfg.Recovery != nil:
		saw = a.cfg.Recovery.look(ctx, t, &lost, saw)
	}
	rs := make(Results[ItemID], n)
	var first error
	left := 0
	for i, s := range saw {
		if s.done {
			rs[i].Value = s.id
			continue
		}
		e := lost
		e.part, e.Saw, e.Why = i, s.what, cmp.Or(s.why, lost.Why)
		if i < len(t.marks) {
			e.Mark = t.marks[i]
		}
		rs[i].Err = &e
		left++
		first = cmp.Or(first, rs[i].Err)
	}
	if n > 1 && left > 0 {
		first = fmt.Errorf("orm: %d of the %d parts of a request: %w", left, n, first)
	}
	return rs, first
}

// look looks until all parts are seen to be done, or it has looked enough. It
// returns what it saw last.
func (r *Recovery) look(ctx context.Context, t *trace, lost *UnknownError, saw []sight) []sight {
	ctx, cancel := context.WithTimeout(ctx, positive(r.Total, 30*time.Second))
	defer cancel()
	wait := positive(r.Wait, 500*time.Millisecond)
	for n := range positive(r.Looks, 5) {
		if n > 0 {
			if !pause(ctx, wait) {
				break
			}
			wait *= 2
		}
		list, err := t.look(ctx)
		lost.Looked, lost.Last, lost.LookErr = n+1, time.Now(), err
		if err != nil {
			continue
		}
		saw = list
		if settled(saw) {
			break
		}
	}
	return saw
}

// settled reports whether looking again is of no use.
func settled(saw []sight) bool {
	for _, s := range saw {
		if !s.done && s.why == "" {
			return false
		}
	}
	return true
}

func positive[T int | time.Duration](v, otherwise T) T {
	if v > 0 {
		return v
	}
	return otherwise
}

// pause waits; it reports whether the context has not ended.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
