package interop

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/orm"
)

const (
	workers = 8   // goroutines, and so connections
	calls   = 500 // of orm, by all of them
)

// users are the accounts of the server by the name that they log on with. Both
// work at once, so that a mix-up of connections would show.
var users = []string{"alice", "bob"}

func addressOf(user string) string { return user + "@example.com" }

// work is what all workers share.
type work struct {
	t    testing.TB
	f    *front
	done atomic.Int64 // calls

	mu     sync.Mutex
	failed []failure
	want   map[string]*fate // by subject
}

// failure is a call that failed, and when it was under way.
type failure struct {
	what     string
	from, to time.Time
	err      error
}

// fate is what has to be known of an item at the end.
type fate struct {
	user    string
	created bool   // reported as done
	updated bool   // likewise
	deleted bool   // likewise
	unsure  string // what was not reported as done, and may have been
}

// labour has two users create, query, update and delete items with 8
// connections and 500 calls, while Apache is restarted: gently after a third,
// by force after two thirds. Then, and only then, calls may fail by an error of
// the transport, if they are not idempotent and were sent: also a gentle restart
// closes connections at which a request has just been sent. At the end the
// server has what was reported as done, and nothing else.
func labour(t *testing.T, f *front, location string, method func(t *testing.T, user string) auth.Method) {
	t.Helper()
	w := &work{t: t, f: f, want: map[string]*fate{}}
	var trace lockedBuffer
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var group sync.WaitGroup
	var counters []*counter
	before := len(f.mailboxes.Requests())
	for _, user := range users {
		httpClient, count := f.client()
		counters = append(counters, count)
		cfg := orm.Config{
			Endpoint: f.endpoint(location), HTTPClient: httpClient, Auth: method(t, user),
			Transport: ews.Config{MaxConcurrent: workers / len(users), Retry: new(ews.Retry), Trace: &trace, TraceBytes: 1 << 10, Timeout: 10 * time.Second},
		}
		acct, err := orm.Open(ctx, addressOf(user), cfg)
		if err != nil {
			t.Fatalf("%s: %v", user, err)
		}
		folder, err := acct.Root().Ensure(ctx, path.Base(t.Name())) // of this test alone
		if err != nil {
			t.Fatalf("%s: %v", user, err)
		}
		for n := range workers / len(users) {
			group.Go(func() { w.worker(ctx, acct, folder, user, n) })
		}
	}
	w.until(ctx, calls/3)
	down := time.Now()
	f.graceful()
	w.until(ctx, 2*calls/3)
	f.powerCut()
	up := time.Now()
	group.Wait()
	if n := w.done.Load(); n < calls {
		t.Errorf("%d of %d calls", n, calls)
	}
	w.judge(path.Base(t.Name()), down, up)
	// A connection a worker, made anew after either restart, and not one a
	// request; so with what authenticates them.
	requests, connections := 0, 0
	for _, c := range counters {
		requests += c.requests()
		connections += c.connections()
	}
	through := len(f.mailboxes.Requests()) - before
	t.Logf("%d requests came through, of %d over %d connections", through, requests, connections)
	if connections > 8*workers { // package net/http dials ahead
		t.Errorf("%d connections for %d workers and two restarts", connections, workers)
	}
	if requests-through > 12*workers {
		t.Errorf("%d requests for %d that came through", requests, through)
	}
	for _, secret := range []string{ewstest.Password, "YWxpY2U6c2VjcmV0"} {
		if strings.Contains(trace.String(), secret) {
			t.Errorf("a password is in the trace")
		}
	}
	if m := credentials.FindString(trace.String()); m != "" {
		t.Errorf("credentials are in the trace: %s", m)
	}
	if !strings.Contains(trace.String(), "CreateItem") {
		t.Error("nothing is in the trace")
	}
}

// credentials are what a header may not show: a token, a digest's response.
var credentials = regexp.MustCompile(`(?i)(authorization|authenticate): *\w+ +([\w+/-]{16,}|.*response=)`)

// until returns when n calls are done.
func (w *work) until(ctx context.Context, n int64) {
	for w.done.Load() < n && ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
}

// worker works until all calls are done.
func (w *work) worker(ctx context.Context, acct *orm.Account, folder orm.Folder, user string, n int) {
	for i := 0; w.done.Load() < calls && ctx.Err() == nil; i++ {
		subject := fmt.Sprintf("%s %d %d", user, n, i)
		fate := &fate{user: user}
		w.mu.Lock()
		w.want[subject] = fate
		w.mu.Unlock()
		m := &orm.Message{Subject: subject, Body: orm.TextBody("What is said.")}
		if !w.call("create", fate, func() error { return acct.Create(ctx, folder, m) }) {
			continue
		}
		fate.created = true
		w.call("query", nil, func() error {
			got, err := folder.Messages().Filter(field.Message.Subject.Equals(subject)).Get(ctx)
			if err == nil && got.ItemID.ID != m.ItemID.ID {
				err = fmt.Errorf("found item %s, not %s", got.ItemID.ID, m.ItemID.ID)
			}
			return err
		})
		fate.updated = w.call("update", fate, func() error { return acct.Update(ctx, m, field.Message.Categories.Set("seen")) })
		if i%2 == 1 {
			fate.deleted = w.call("delete", fate, func() error { return acct.Delete(ctx, m, orm.HardDelete) })
		}
	}
}

// call does one call, and keeps its failure. It reports whether it went well.
func (w *work) call(what string, fate *fate, do func() error) bool {
	from := time.Now()
	err := do()
	w.done.Add(1)
	if err == nil {
		return true
	}
	if fate != nil {
		fate.unsure += " " + what
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failed = append(w.failed, failure{what, from, time.Now(), err})
	return false
}

// judge looks at the calls that failed, and at what the server has.
func (w *work) judge(folder string, down, up time.Time) {
	w.t.Helper()
	w.t.Logf("%d calls, %d failed", w.done.Load(), len(w.failed))
	if len(w.failed) > 2*workers {
		w.t.Errorf("%d calls failed, more than two a connection", len(w.failed))
	}
	for _, f := range w.failed {
		var transport *ews.TransportError
		switch {
		case !errors.As(f.err, &transport), !transport.Sent, f.what == "query":
			w.t.Errorf("%s: %v", f.what, f.err)
		case f.to.Before(down) || f.from.After(up):
			w.t.Errorf("%s failed while the front end was up: %v", f.what, f.err)
		}
	}
	for _, user := range users {
		items, err := w.f.mailboxes.Mailbox(addressOf(user)).Items(folder)
		if err != nil {
			w.t.Fatal(err)
		}
		count := map[string]int{}
		for _, i := range items {
			m, ok := i.(*orm.Message)
			if !ok {
				w.t.Fatalf("a %T is in the folder", i)
			}
			count[m.Subject]++
			if w.want[m.Subject] == nil || w.want[m.Subject].user != user {
				w.t.Errorf("%q is in the mailbox of %s", m.Subject, user)
			} else if f := w.want[m.Subject]; f.updated != (len(m.Categories) == 1) && !strings.Contains(f.unsure, "update") {
				w.t.Errorf("%q: updated %v, categories %v", m.Subject, f.updated, m.Categories)
			}
		}
		for subject, f := range w.want {
			n := count[subject]
			unsure := strings.Contains(f.unsure, "create") || strings.Contains(f.unsure, "delete")
			if f.user == user && (n > 1 || !unsure && (n == 1) != (f.created && !f.deleted)) {
				w.t.Errorf("%q is there %d times: %+v", subject, n, *f)
			}
		}
	}
}

// lockedBuffer is a buffer that goroutines write to.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
