package orm_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/orm"
)

// exchangelib repeats what a loop has been given. Here, that is never given again,
// whatever goes wrong between two pages, and within one. With a Retry nothing is
// missing; without one the loop ends with an error.
func TestPitfall2RetryYieldsOnce(t *testing.T) {
	const n, pages = 40, 4
	one := map[int]messages.ResponseCode{0: messages.ErrorServerBusy} // the last chunk of a page has no more
	for _, tt := range []struct {
		name  string
		fault ewstest.Fault
	}{
		{"busy between pages", ewstest.Fault{Op: "FindItem", After: 2, Times: 1, Code: messages.ErrorServerBusy, BackOff: time.Millisecond}},
		{"a page whose answer is lost", ewstest.Fault{Op: "FindItem", After: 1, Times: 1, DropAfter: true}},
		{"a page that breaks off", ewstest.Fault{Op: "FindItem", After: 1, Times: 1, Truncate: 300}},
		{"too many requests", ewstest.Fault{Op: "FindItem", After: 3, Times: 1, Status: http.StatusTooManyRequests}},
		{"a bad gateway", ewstest.Fault{Op: "FindItem", After: 1, Times: 2, Status: http.StatusBadGateway}},
		{"busy within a page", ewstest.Fault{Op: "GetItem", After: 4, Times: 1, Code: messages.ErrorServerBusy}},
		{"one item of a chunk", ewstest.Fault{Op: "GetItem", After: 4, Times: 1, Parts: one, BackOff: time.Millisecond}},
		{"a chunk that breaks off", ewstest.Fault{Op: "GetItem", After: 5, Times: 1, Truncate: 300}},
		{"a chunk that is never answered", ewstest.Fault{Op: "GetItem", After: 5, Times: 1, DropBefore: true}},
		{"all over", ewstest.Fault{Probability: 0.3, Seed: 7, DropAfter: true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			srv, acct := open(t)
			want := make([]string, n)
			items := make([]orm.Item, n)
			for i := range items {
				want[i] = fmt.Sprintf("message %02d", i)
				items[i] = &orm.Message{Subject: want[i], Body: orm.TextBody(want[i])}
			}
			if _, err := acct.CreateAll(t.Context(), acct.Drafts(), items); err != nil {
				t.Fatal(err)
			}
			loop := func(retry *ews.Retry) (got []string, last error) {
				a := login(t, srv, 0, orm.Config{Retry: retry, PageSize: n / pages, ChunkSize: 3, Parallel: 2})
				hit := srv.Inject(tt.fault)
				defer hit.Remove()
				q := a.Drafts().Messages().OrderBy(field.Message.Subject.Asc()).Only(field.Message.Subject, field.Message.Body)
				for m, err := range q.All(t.Context()) {
					if err != nil {
						last = err
						continue
					}
					got = append(got, m.Subject)
				}
				if hit.Hits() == 0 {
					t.Error("nothing went wrong")
				}
				return got, last
			}
			got, err := loop(&ews.Retry{Attempts: 20, MinWait: time.Microsecond, MaxWait: time.Millisecond})
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("error %v; -want +got:\n%s", err, diff)
			}
			got, err = loop(nil)
			if err == nil || len(got) >= n {
				t.Errorf("without a Retry %d items and error %v", len(got), err)
			}
			for i, s := range got { // in order, once each
				if i > 0 && s <= got[i-1] {
					t.Errorf("%q after %q", s, got[i-1])
				}
			}
		})
	}
}

// inMemory sends requests to a server without a network.
type inMemory struct{ http.Handler }

func (m inMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	m.ServeHTTP(w, r)
	return w.Result(), nil
}

// TestSharedClientHoldsBack: of many mailboxes that one service account opens
// over one Client, all pause when the server asks one of them to.
func TestSharedClientHoldsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const mailboxes = 5
		accounts := []ewstest.Account{{Address: "service@example.com", Password: ewstest.Password, Impersonates: true}}
		for i := range mailboxes {
			accounts = append(accounts, ewstest.Account{Address: fmt.Sprintf("room%d@example.com", i)})
		}
		srv, err := ewstest.NewServer(ewstest.Config{Accounts: accounts})
		if err != nil {
			t.Fatal(err)
		}
		client, err := ews.New(ews.Config{
			Endpoint:   "https://mail.example.com/EWS/Exchange.asmx",
			HTTPClient: &http.Client{Transport: inMemory{srv}},
			Auth:       auth.Basic("service@example.com", ewstest.Password),
			Retry:      new(ews.Retry),
		})
		if err != nil {
			t.Fatal(err)
		}
		var open []*orm.Account
		for _, a := range accounts[1:] {
			acct, err := orm.Open(t.Context(), a.Address, orm.Config{Client: client, Access: orm.Impersonation})
			if err != nil {
				t.Fatal(err)
			}
			open = append(open, acct)
		}
		before := len(srv.Requests())
		srv.Inject(ewstest.Fault{Op: "FindItem", Times: 1, Code: messages.ErrorServerBusy, BackOff: 30 * time.Second})
		start := time.Now()
		var wg sync.WaitGroup
		count := func(a *orm.Account) {
			if _, err := a.Inbox().Messages().Count(t.Context()); err != nil {
				t.Error(a.Address(), err)
			}
		}
		wg.Go(func() { count(open[0]) })
		synctest.Wait()
		for _, a := range open[1:] {
			wg.Go(func() { count(a) })
		}
		wg.Wait()
		asked := srv.Requests()[before:]
		if len(asked) != mailboxes+1 {
			t.Fatalf("%d requests, want %d", len(asked), mailboxes+1)
		}
		for i, r := range asked[1:] {
			if after := r.Time.Sub(start); after < 30*time.Second || after > 35*time.Second {
				t.Errorf("request %d, of %s, after %v: want 30 s and a little more", i+1, r.As, after)
			}
		}

		// A mailbox that may not wait for so long is told by the error how long.
		srv.Inject(ewstest.Fault{Op: "FindItem", Times: 1, Code: messages.ErrorServerBusy, BackOff: time.Hour})
		_, _ = open[0].Inbox().Messages().Count(t.Context())
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		var throttled *ews.ThrottledError
		if _, err := open[1].Inbox().Messages().Count(ctx); !errors.As(err, &throttled) || throttled.For < 59*time.Minute {
			t.Errorf("error %v, want a ThrottledError of an hour", err)
		}
	})
}
