package ews_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"reflect"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// createDraft is a call that may not be repeated on a guess: what it does shows
// in the mailbox.
func createDraft(t testing.TB, c *ews.Client, subject, body string) error {
	t.Helper()
	res, err := messages.New(c).CreateItem(t.Context(), &messages.CreateItemRequest{
		MessageDisposition: types.MessageDispositionSaveOnly,
		Items:              []types.Item{&types.Message{Subject: subject, Body: types.Body{BodyType: types.BodyTypeText, Value: body}}},
	})
	if err != nil {
		return err
	}
	return errors.Join(ews.Errors(messages.OpCreateItem, res)...)
}

// drafts returns how often a draft is in a mailbox.
func drafts(t testing.TB, srv *ewstest.Server, subject string) (n int) {
	t.Helper()
	items, err := srv.Mailbox(srv.Address(0)).Items("drafts")
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range items {
		if m, ok := i.(*types.Message); ok && m.Subject == subject {
			n++
		}
	}
	return n
}

// TestFaults: what each fault is to a client that fails fast and to one that
// is tolerant, for a call that may be repeated and for one that may not; the
// server never does anything twice.
func TestFaults(t *testing.T) {
	code := func(c messages.ResponseCode) ewstest.Fault {
		return ewstest.Fault{Code: c, BackOff: time.Millisecond}
	}
	bare := func(c messages.ResponseCode) ewstest.Fault { return ewstest.Fault{Code: c} }
	part := func(c messages.ResponseCode) ewstest.Fault {
		return ewstest.Fault{Parts: map[int]messages.ResponseCode{0: c}}
	}
	busy := messages.ErrThrottled
	for _, tt := range []struct {
		name    string
		fault   ewstest.Fault
		as      any   // pointer to the type of the error
		is      error // its class
		passes  bool  // a call that may be repeated is
		nothing bool  // was done, by what the error says: so is any other
		done    bool  // the server has done it all the same
	}{
		{name: "too many connections", fault: bare(messages.ErrorExceededConnectionCount), as: new(ews.FaultError), is: busy, passes: true, nothing: true},
		{name: "too many connections, a part", fault: part(messages.ErrorExceededConnectionCount), as: new(ews.ResponseError), is: busy, passes: true, nothing: true},
		{name: "busy", fault: bare(messages.ErrorServerBusy), as: new(ews.FaultError), is: busy, passes: true, nothing: true},
		{name: "busy, with a hint", fault: code(messages.ErrorServerBusy), as: new(ews.FaultError), is: busy, passes: true, nothing: true},
		{name: "busy, a part", fault: part(messages.ErrorServerBusy), as: new(ews.ResponseError), is: busy, passes: true, nothing: true},
		{name: "transient", fault: bare(messages.ErrorInternalServerTransientError), as: new(ews.FaultError), is: messages.ErrorInternalServerTransientError, passes: true},
		{name: "transient, with a hint", fault: code(messages.ErrorInternalServerTransientError), as: new(ews.FaultError), is: messages.ErrorInternalServerTransientError, passes: true},
		{name: "transient, a part", fault: part(messages.ErrorInternalServerTransientError), as: new(ews.ResponseError), is: messages.ErrorInternalServerTransientError, passes: true},
		{name: "too many objects", fault: bare(messages.ErrorTooManyObjectsOpened), as: new(ews.FaultError), is: messages.ErrorTooManyObjectsOpened, passes: true},
		{name: "too many objects, a part", fault: part(messages.ErrorTooManyObjectsOpened), as: new(ews.ResponseError), is: messages.ErrorTooManyObjectsOpened, passes: true},
		{name: "timed out", fault: bare(messages.ErrorTimeoutExpired), as: new(ews.FaultError), is: messages.ErrorTimeoutExpired, passes: true},
		{name: "timed out, a part", fault: part(messages.ErrorTimeoutExpired), as: new(ews.ResponseError), is: messages.ErrorTimeoutExpired, passes: true},
		{name: "server error", fault: bare(messages.ErrorInternalServerError), as: new(ews.FaultError), is: messages.ErrorInternalServerError},
		{name: "denied", fault: bare(messages.ErrorAccessDenied), as: new(ews.FaultError), is: fs.ErrPermission},
		{name: "401", fault: ewstest.Fault{Status: 401, RetryAfter: time.Second}, as: new(ews.HTTPError), is: fs.ErrPermission},
		{name: "403", fault: ewstest.Fault{Status: 403}, as: new(ews.HTTPError), is: fs.ErrPermission},
		{name: "429", fault: ewstest.Fault{Status: 429}, as: new(ews.HTTPError), is: busy, passes: true},
		{name: "429, with a hint", fault: ewstest.Fault{Status: 429, RetryAfter: time.Second}, as: new(ews.HTTPError), is: busy, passes: true, nothing: true},
		{name: "500", fault: ewstest.Fault{Status: 500}, as: new(ews.HTTPError)},
		{name: "500, fallen over", fault: ewstest.Fault{Status: 500, Body: "<title>Server Error in '/EWS' Application</title>"}, as: new(ews.HTTPError), passes: true},
		{name: "502", fault: ewstest.Fault{Status: 502}, as: new(ews.HTTPError), passes: true},
		{name: "503", fault: ewstest.Fault{Status: 503}, as: new(ews.HTTPError), is: busy, passes: true},
		{name: "503, with a hint", fault: ewstest.Fault{Status: 503, RetryAfter: time.Second}, as: new(ews.HTTPError), is: busy, passes: true, nothing: true},
		{name: "503, a fault", fault: ewstest.Fault{Status: 503, Code: messages.ErrorServerBusy}, as: new(ews.FaultError), is: busy, passes: true, nothing: true},
		{name: "504", fault: ewstest.Fault{Status: 504}, as: new(ews.HTTPError), passes: true},
		{name: "closed before", fault: ewstest.Fault{DropBefore: true}, as: new(ews.TransportError), is: io.EOF, passes: true},
		{name: "closed after", fault: ewstest.Fault{DropAfter: true}, as: new(ews.TransportError), is: io.EOF, passes: true, done: true},
		{name: "half an answer", fault: ewstest.Fault{Truncate: 300}, as: new(ews.DecodeError), is: io.ErrUnexpectedEOF, passes: true, done: true},
		{name: "no answer in time", fault: ewstest.Fault{Delay: 20 * time.Second}, as: new(ews.TimeoutError), is: os.ErrDeadlineExceeded, passes: true},
		{name: "a slow answer", fault: ewstest.Fault{Drip: time.Millisecond, DripBytes: 64}, done: true},
		{name: "a login page", fault: ewstest.Fault{Body: "<html>Sign in"}, as: new(ews.ContentError)},
		{name: "nonsense", fault: ewstest.Fault{Body: "<a", ContentType: "text/xml"}, as: new(ews.DecodeError), passes: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			srv := ewstest.New(t, ewstest.Config{Uncompressed: true})
			for _, tolerant := range []bool{false, true} {
				for _, idempotent := range []bool{false, true} {
					how := fmt.Sprintf("tolerant %v, idempotent %v", tolerant, idempotent)
					sent := &tally{next: srv.HTTPClient().Transport}
					cfg := ews.Config{
						Endpoint: srv.URL, HTTPClient: &http.Client{Transport: sent}, Auth: auth.Basic(srv.Address(0), ewstest.Password), Version: "Exchange2016",
					}
					if tolerant {
						cfg.Retry = &ews.Retry{MinWait: time.Millisecond}
					}
					if tt.fault.Delay > 0 {
						cfg.Timeout = 800 * time.Millisecond
					}
					c := newClient(t, cfg)
					fault := tt.fault
					fault.Times = 1
					hit := srv.Inject(fault)
					call := func() error { return createDraft(t, c, how, "") }
					repeated := tt.nothing
					if idempotent {
						call, repeated = func() error { return getInbox(t, c) }, tt.passes
					}
					err := call()
					requests, ok := 1, tt.as == nil
					if tolerant && repeated {
						requests, ok = 2, true
					}
					if n := int(sent.n.Load()); n != requests || hit.Hits() != 1 {
						t.Errorf("%s: %d requests, want %d", how, n, requests)
					}
					if (err == nil) != ok {
						t.Errorf("%s: error %v", how, err)
					} else if err != nil {
						if target := reflect.New(reflect.TypeOf(tt.as)).Interface(); !errors.As(err, target) {
							t.Errorf("%s: error %q, a %T; want a %T", how, err, err, tt.as)
						}
						if tt.is != nil && !errors.Is(err, tt.is) {
							t.Errorf("%s: error %q is no %q", how, err, tt.is)
						}
					}
					created := 0
					if !idempotent && (ok || tt.done) {
						created = 1
					}
					if n := drafts(t, srv, how); n != created {
						t.Errorf("%s: it was done %d times, want %d; error %v", how, n, created, err)
					}
					// The client has come to no harm.
					if err := getInbox(t, c); err != nil {
						t.Errorf("%s: afterwards: %v", how, err)
					}
				}
			}
		})
	}
}

// tally counts the requests that are sent.
type tally struct {
	next http.RoundTripper
	n    atomic.Int64
}

func (c *tally) RoundTrip(r *http.Request) (*http.Response, error) {
	c.n.Add(1)
	return c.next.RoundTrip(r)
}

func (c *tally) CloseIdleConnections() { auth.CloseIdleConnections(c.next) }
