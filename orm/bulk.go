package orm

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// ErrNotAttempted is the error of those parts of a bulk call that were not
// sent, because a request before them failed.
var ErrNotAttempted = errors.New("orm: not attempted: a request before it failed")

// bulk does the parts in order, so many a request. After a request that
// failed, its parts have its error, and the rest are not attempted.
func bulk[In, Out any](ctx context.Context, a *Account, in []In, do func(context.Context, []In) (Results[Out], error)) (Results[Out], error) {
	out := make(Results[Out], 0, len(in))
	for len(out) < len(in) {
		at := len(out)
		part := in[at:min(at+a.cfg.ChunkSize, len(in))]
		rs, err := do(ctx, part)
		if err != nil {
			for i := range in[at:] {
				r := Result[Out]{Err: ErrNotAttempted}
				if i < len(part) {
					r.Err = err
				}
				out = append(out, r)
			}
			return out, err
		}
		out = append(out, renumber(rs, at)...)
	}
	return out, nil
}

// parallel does the parts, so many a request, several requests at once. The
// first request that fails ends it.
func parallel[In, Out any](ctx context.Context, a *Account, in []In, do func(context.Context, []In) (Results[Out], error)) (Results[Out], error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	out := make(Results[Out], len(in))
	slots := make(chan struct{}, a.cfg.Parallel)
	var wg sync.WaitGroup
	for at := 0; at < len(in) && ctx.Err() == nil; at += a.cfg.ChunkSize {
		part := in[at:min(at+a.cfg.ChunkSize, len(in))]
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			continue
		}
		wg.Go(func() {
			defer func() { <-slots }()
			rs, err := do(ctx, part)
			if err != nil {
				cancel(err)
				return
			}
			copy(out[at:], renumber(rs, at))
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return out, nil
}

// renumber makes the positions in errors those in the whole call.
func renumber[T any](rs Results[T], at int) Results[T] {
	for i := range rs {
		var e *ews.ResponseError
		if at > 0 && errors.As(rs[i].Err, &e) && e.Index >= 0 {
			moved := *e
			moved.Index += at
			rs[i].Err = &moved
		}
	}
	return rs
}

func partsError(op *messages.Operation, got, want int) error {
	return fmt.Errorf("orm: %s: the answer has %d parts for %d items", op.Name, got, want)
}

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

func setID(item Item, id ItemID) {
	if p := idPtr(item); p != nil {
		*p = id
		props := item.(types.Properties)
		if f, ok := byURI(props, "item:ItemId"); ok {
			props.PresenceSet().Add(f.Bit)
		}
	}
}
