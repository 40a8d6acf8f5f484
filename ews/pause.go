package ews

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"time"

	"github.com/seed-1937cc67/goews/gen/messages"
)

// held says that calls to a server are held back.
type held struct {
	until time.Time
	why   error
}

// holds reports whether calls to the server are held back.
func (r *Retry) holds(server string) bool {
	if r == nil || r.Attempts == 1 {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return time.Until(r.held[server].until) > 0
}

// hold waits while calls to the server are held back.
func (r *Retry) hold(ctx context.Context, server string, op *messages.Operation, end time.Time) error {
	for {
		r.mu.Lock()
		h := r.held[server]
		r.mu.Unlock()
		wait := time.Until(h.until)
		if wait <= 0 {
			return nil
		}
		if !fits(ctx, wait, end) {
			return &ThrottledError{Op: op.Name, For: wait, Err: h.why}
		}
		if !sleep(ctx, wait+spread(ctx, wait, end)) {
			return ended(ctx, op, h.why)
		}
	}
}

// ended is the error of a call whose context ended in a pause after err.
func ended(ctx context.Context, op *messages.Operation, err error) error {
	return fmt.Errorf("ews: %s: %w, in a pause after: %w", op.Name, &contextError{ctx.Err(), context.Cause(ctx)}, err)
}

// holdBack holds calls to the server back for d from now.
func (r *Retry) holdBack(server string, d time.Duration, why error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	until := time.Now().Add(d)
	if !until.After(r.held[server].until) {
		return
	}
	maps.DeleteFunc(r.held, func(_ string, h held) bool { return time.Until(h.until) <= 0 })
	if r.held == nil {
		r.held = map[string]held{}
	}
	r.held[server] = held{until, why}
}

// pause returns how long to wait after the nth attempt.
func (r *Retry) pause(n int, v verdict) time.Duration {
	if v.wait > 0 {
		return v.wait
	}
	d, most := or(r.MinWait, 500*time.Millisecond), or(r.MaxWait, 30*time.Second)
	for ; n > 1 && d < most; n-- {
		d += min(d, most-d)
	}
	d = min(d, most)
	return d - rand.N(d/2+1)
}

// spread returns what is added to a pause: a random part of it, and of the time
// that is left after it no more than half.
func spread(ctx context.Context, wait time.Duration, end time.Time) time.Duration {
	return rand.N(max(0, min(wait/8, 2*time.Second, (left(ctx, end)-wait)/2)) + 1)
}

// fits reports whether a pause ends before the call has to.
func fits(ctx context.Context, wait time.Duration, end time.Time) bool { return wait < left(ctx, end) }

// left returns how long a call may still take.
func left(ctx context.Context, end time.Time) time.Duration {
	if deadline, ok := ctx.Deadline(); ok && deadline.Before(end) {
		end = deadline
	}
	return time.Until(end)
}

// sleep waits; it reports whether the context has not ended.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
