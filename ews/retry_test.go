package ews_test

import (
	"context"
	crand "crypto/rand"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/gen/messages"
)

// step is what a fake server does with a request.
type step struct {
	http *http.Response
	body string
	err  error
	took time.Duration
}

func (s step) answer() (*http.Response, error) {
	time.Sleep(s.took)
	switch {
	case s.err != nil:
		return nil, s.err
	case s.http != nil:
		return s.http, nil
	}
	return xmlAnswer(s.body), nil
}

func status(code int, retryAfter string) *http.Response {
	h := answer(code, "text/html", "<html>")
	if retryAfter != "" {
		h.Header.Set("Retry-After", retryAfter)
	}
	return h
}

// cut is a body that breaks off.
func cut(body string) *http.Response {
	h := answer(200, xmlType, body)
	h.Body = io.NopCloser(io.MultiReader(strings.NewReader(body[:len(body)/2]), failing{io.ErrUnexpectedEOF}))
	return h
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

var (
	reset   = &net.OpError{Op: "read", Net: "tcp", Err: errors.New("connection reset by peer")}
	refused = &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	noHost  = &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "x", IsNotFound: true}}
	dnsSlow = &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "i/o timeout", Name: "x", IsTimeout: true}}
)

func TestRetry(t *testing.T) {
	const second = time.Second
	get, send := messages.OpGetItem, messages.OpSendItem
	done := envelope(sendItemDone)
	busy := step{body: fault("ErrorServerBusy")}
	hinted := step{body: fault("ErrorServerBusy", "BackOffMilliseconds", "5000")}
	for _, tt := range []struct {
		name     string
		op       *messages.Operation
		steps    []step // the last one repeats
		requests int
		ok       bool
		min, max time.Duration // that the call takes
	}{
		// Idempotent.
		{name: "done", op: get, steps: []step{{body: ok}}, requests: 1, ok: true},
		{name: "reset", op: get, steps: []step{{err: reset}, {body: ok}}, requests: 2, ok: true, min: second / 4, max: second / 2},
		{name: "reset for ever", op: get, steps: []step{{err: reset}}, requests: 4, min: 7 * second / 4, max: 7 * second / 2},
		{name: "refused", op: get, steps: []step{{err: refused}, {body: ok}}, requests: 2, ok: true, min: second / 4, max: second / 2},
		{name: "no such host", op: get, steps: []step{{err: noHost}, {body: ok}}, requests: 1},
		{name: "slow names", op: get, steps: []step{{err: dnsSlow}, {body: ok}}, requests: 2, ok: true, min: second / 4, max: second / 2},
		{name: "cut off", op: get, steps: []step{{http: cut(ok)}, {body: ok}}, requests: 2, ok: true, min: second / 4, max: second / 2},
		{name: "malformed", op: get, steps: []step{{body: ok[:300] + "<<" + ok[300:]}, {body: ok}}, requests: 1},
		{name: "503", op: get, steps: []step{{http: status(503, "")}, {body: ok}}, requests: 2, ok: true, min: second / 4, max: second},
		{name: "503 with seconds", op: get, steps: []step{{http: status(503, "10")}, {body: ok}}, requests: 2, ok: true, min: 10 * second, max: 12 * second},
		{name: "503 with a date", op: get, steps: []step{{http: status(503, "Sat, 01 Jan 2000 00:00:10 GMT")}, {body: ok}}, requests: 2, ok: true, min: 10 * second, max: 12 * second},
		{name: "429", op: get, steps: []step{{http: status(429, "1")}, {body: ok}}, requests: 2, ok: true, min: second, max: 9 * second / 8},
		{name: "503 that says a fault", op: get, steps: []step{{http: answer(503, xmlType, fault("ErrorServerBusy", "BackOffMilliseconds", "3000"))}, {body: ok}}, requests: 2, ok: true, min: 3 * second, max: 27 * second / 8},
		{name: "a fault with Retry-After", op: get, steps: []step{{http: withHint(xmlAnswer(fault("ErrorServerBusy")), "6")}, {body: ok}}, requests: 2, ok: true, min: 6 * second, max: 27 * second / 4},
		{name: "a fault with both", op: get, steps: []step{{http: withHint(xmlAnswer(fault("ErrorServerBusy", "BackOffMilliseconds", "2000")), "60")}, {body: ok}}, requests: 2, ok: true, min: 2 * second, max: 9 * second / 4},
		{name: "503 with nonsense", op: get, steps: []step{{http: status(503, "soon")}, {body: ok}}, requests: 2, ok: true, min: second / 4, max: second},
		{name: "503 with a year", op: get, steps: []step{{http: status(503, "31536000")}, {body: ok}}, requests: 2, ok: true, min: second / 4, max: second},
		{name: "503 with a date far off", op: get, steps: []step{{http: status(503, "Fri, 01 Jan 2100 00:00:00 GMT")}, {body: ok}}, requests: 2, ok: true, min: second / 4, max: second},
		{name: "503 with a date that has passed", op: get, steps: []step{{http: status(503, "Fri, 31 Dec 1999 23:00:00 GMT")}, {body: ok}}, requests: 2, ok: true, min: second / 4, max: second},
		{name: "the service fell over", op: get, steps: []step{{http: answer(500, "text/html", "<title>Server Error in '/EWS' Application</title>")}, {body: ok}}, requests: 2, ok: true, min: second / 4, max: second / 2},
		{name: "500 that closes", op: get, steps: []step{{http: closes(status(500, ""))}, {body: ok}}, requests: 2, ok: true, min: second / 4, max: second / 2},
		{name: "404 that closes", op: get, steps: []step{{http: closes(status(404, ""))}, {body: ok}}, requests: 1},
		{name: "error page", op: get, steps: []step{{http: errorPage()}, {body: ok}}, requests: 2, ok: true, min: second / 4, max: second / 2},
		{name: "another redirect", op: get, steps: []step{{http: status(302, "")}, {body: ok}}, requests: 1},
		{name: "locked out", op: get, steps: []step{{http: answer(503, "text/html", "The referenced account is currently locked out")}, {body: ok}}, requests: 1},
		{name: "502", op: get, steps: []step{{http: status(502, "")}, {body: ok}}, requests: 2, ok: true, min: second / 4, max: second / 2},
		{name: "504", op: get, steps: []step{{http: status(504, "")}, {body: ok}}, requests: 2, ok: true, min: second / 4, max: second / 2},
		{name: "500", op: get, steps: []step{{http: status(500, "")}, {body: ok}}, requests: 1},
		{name: "401", op: get, steps: []step{{http: status(401, "1")}, {body: ok}}, requests: 1},
		{name: "403", op: get, steps: []step{{http: status(403, "1")}, {body: ok}}, requests: 1},
		{name: "busy", op: get, steps: []step{busy, busy, {body: ok}}, requests: 3, ok: true, min: 3 * second / 4, max: 7 * second / 4},
		{name: "busy with a hint", op: get, steps: []step{hinted, {body: ok}}, requests: 2, ok: true, min: 5 * second, max: 45 * second / 8},
		{name: "may pass", op: get, steps: []step{{body: fault("ErrorTimeoutExpired")}, {body: ok}}, requests: 2, ok: true, min: second / 4, max: second / 2},
		{name: "a hint whatever the code", op: get, steps: []step{{body: fault("ErrorInternalServerError", "BackOffMilliseconds", "2000")}, {body: ok}}, requests: 2, ok: true, min: 2 * second, max: 9 * second / 4},
		{name: "does not pass", op: get, steps: []step{{body: fault("ErrorAccessDenied")}, {body: ok}}, requests: 1},
		{name: "a part busy", op: get, steps: []step{{body: parts(part("NoError"), part("ErrorServerBusy", "BackOffMilliseconds", "3000"))}, {body: parts(part("NoError"), part("NoError"))}}, requests: 2, ok: true, min: 3 * second, max: 27 * second / 8},
		{name: "parts with several hints", op: get, steps: []step{{body: parts(part("ErrorServerBusy", "BackOffMilliseconds", "1000"), part("ErrorServerBusy", "BackOffMilliseconds", "7000"))}, {body: parts(part("NoError"), part("NoError"))}}, requests: 2, ok: true, min: 7 * second, max: 63 * second / 8},
		{name: "a part with a hint whatever the code", op: get, steps: []step{{body: parts(part("NoError"), part("ErrorInternalServerError", "BackOffMilliseconds", "2000"))}, {body: parts(part("NoError"), part("NoError"))}}, requests: 2, ok: true, min: 2 * second, max: 9 * second / 4},
		{name: "a hint of nonsense", op: get, steps: []step{{body: parts(part("ErrorServerBusy", "BackOffMilliseconds", "soon"))}, {body: ok}}, requests: 2, ok: true, min: second / 4, max: second},
		{name: "a hint beside others", op: get, steps: []step{{body: fault("ErrorServerBusy", "Policy", "EwsCostPerMinute", "BackOffMilliseconds", "3000", "Limit", "1")}, {body: ok}}, requests: 2, ok: true, min: 3 * second, max: 27 * second / 8},
		{name: "an answer with one part", op: messages.OpGetRoomLists, steps: []step{{body: roomLists("ErrorServerBusy", "BackOffMilliseconds", "4000")}, {body: roomLists("NoError")}}, requests: 2, ok: true, min: 4 * second, max: 9 * second / 2},
		{name: "a part gone", op: get, steps: []step{{body: parts(part("NoError"), part("ErrorItemNotFound"))}}, requests: 1, ok: true},
		{name: "one of two may pass", op: get, steps: []step{{body: parts(part("NoError"), part("ErrorMailboxStoreUnavailable"))}}, requests: 1, ok: true},
		{name: "all may pass", op: get, steps: []step{{body: parts(part("ErrorMailboxStoreUnavailable"), part("ErrorBatchProcessingStopped"))}, {body: ok}}, requests: 2, ok: true, min: second / 4, max: second / 2},
		{name: "busy within", op: get, steps: []step{{body: parts(part("ErrorInternalServerError", "InnerErrorResponseCode", "ErrorServerBusy", "BackOffMilliseconds", "4000"))}, {body: ok}}, requests: 2, ok: true, min: 4 * second, max: 9 * second / 2},
		{name: "a hint too long", op: get, steps: []step{{body: fault("ErrorServerBusy", "BackOffMilliseconds", "300000")}, {body: ok}}, requests: 1},
		{name: "slow failures end at the total", op: get, steps: []step{{err: reset, took: 70 * second}}, requests: 2, min: 120 * second, max: 141 * second},

		// Not to be repeated on a guess.
		{name: "send done", op: send, steps: []step{{body: done}}, requests: 1, ok: true},
		{name: "send reset", op: send, steps: []step{{err: reset}, {body: done}}, requests: 1},
		{name: "send without an answer", op: send, steps: []step{{err: io.EOF}, {body: done}}, requests: 1},
		{name: "send refused", op: send, steps: []step{{err: refused}, {body: done}}, requests: 2, ok: true, min: second / 4, max: second / 2},
		{name: "send cut off", op: send, steps: []step{{http: cut(done)}, {body: done}}, requests: 1},
		{name: "send 503", op: send, steps: []step{{http: status(503, "")}, {body: done}}, requests: 1},
		{name: "send 503 with seconds", op: send, steps: []step{{http: status(503, "2")}, {body: done}}, requests: 2, ok: true, min: 2 * second, max: 9 * second / 4},
		{name: "send, a fault with Retry-After", op: send, steps: []step{{http: withHint(xmlAnswer(fault("ErrorServerBusy")), "6")}, {body: done}}, requests: 2, ok: true, min: 6 * second, max: 27 * second / 4},
		{name: "send, the service fell over", op: send, steps: []step{{http: answer(500, "text/html", "<title>Server Error in '/EWS' Application</title>")}, {body: done}}, requests: 1},
		{name: "send, 500 that closes", op: send, steps: []step{{http: closes(status(500, ""))}, {body: done}}, requests: 1},
		{name: "send, error page", op: send, steps: []step{{http: errorPage()}, {body: done}}, requests: 1},
		{name: "send 502", op: send, steps: []step{{http: status(502, "2")}, {body: done}}, requests: 1},
		{name: "send 504", op: send, steps: []step{{http: status(504, "2")}, {body: done}}, requests: 1},
		{name: "send busy", op: send, steps: []step{busy, {body: done}}, requests: 2, ok: true, min: second / 4, max: second},
		{name: "send busy with a hint", op: send, steps: []step{hinted, {body: done}}, requests: 2, ok: true, min: 5 * second, max: 45 * second / 8},
		{name: "send may pass", op: send, steps: []step{{body: fault("ErrorTimeoutExpired")}, {body: done}}, requests: 1},
		{name: "send a hint whatever the code", op: send, steps: []step{{body: fault("ErrorInternalServerError", "BackOffMilliseconds", "2000")}, {body: done}}, requests: 1},
		{name: "send part busy", op: send, steps: []step{{body: sent("NoError", "ErrorServerBusy")}, {body: done}}, requests: 1, ok: true},
		{name: "send all busy", op: send, steps: []step{{body: sent("ErrorServerBusy", "ErrorBatchProcessingStopped")}, {body: done}}, requests: 2, ok: true, min: second / 4, max: second},
		{name: "send busy within", op: send, steps: []step{{body: sentXML("ErrorInternalServerError", "InnerErrorResponseCode", "ErrorServerBusy")}, {body: done}}, requests: 1, ok: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, server := faked(t, ews.Config{Retry: new(ews.Retry)}, func(n int, _ *http.Request, _ string) (*http.Response, error) {
					return tt.steps[min(n, len(tt.steps))-1].answer()
				})
				start := time.Now()
				err := call(t.Context(), c, tt.op)
				took := time.Since(start)
				if (err == nil) != tt.ok {
					t.Errorf("error %v", err)
				}
				if server.count() != tt.requests {
					t.Errorf("%d requests, want %d", server.count(), tt.requests)
				}
				if took < tt.min || took > tt.max {
					t.Errorf("took %v, want %v to %v", took, tt.min, tt.max)
				}
			})
		})
	}
}

func withHint(h *http.Response, retryAfter string) *http.Response {
	h.Header.Set("Retry-After", retryAfter)
	return h
}

func closes(h *http.Response) *http.Response { h.Close = true; return h }

func errorPage() *http.Response {
	h := status(302, "")
	h.Header.Set("Location", "/EWS/GenericErrorPage.htm?aspxerrorpath=/ews/exchange.asmx")
	return h
}

// roomLists is an answer of an operation that has one part.
func roomLists(code string, values ...string) string {
	class, xml := "Success", ""
	if code != "NoError" {
		class = "Error"
	}
	for i := 0; i < len(values); i += 2 {
		xml += fmt.Sprintf(`<m:MessageXml><t:Value Name="%s">%s</t:Value></m:MessageXml>`, values[i], values[i+1])
	}
	return envelope(`<m:GetRoomListsResponse ResponseClass="` + class + `"><m:ResponseCode>` + code + `</m:ResponseCode>` + xml + `<m:RoomLists/></m:GetRoomListsResponse>`)
}

func sent(codes ...string) string {
	var b strings.Builder
	for _, c := range codes {
		class := "Error"
		if c == "NoError" {
			class = "Success"
		}
		fmt.Fprintf(&b, `<m:SendItemResponseMessage ResponseClass="%s"><m:ResponseCode>%s</m:ResponseCode></m:SendItemResponseMessage>`, class, c)
	}
	return envelope(`<m:SendItemResponse><m:ResponseMessages>` + b.String() + `</m:ResponseMessages></m:SendItemResponse>`)
}

func sentXML(code, name, value string) string {
	return envelope(`<m:SendItemResponse><m:ResponseMessages><m:SendItemResponseMessage ResponseClass="Error"><m:ResponseCode>` + code +
		`</m:ResponseCode><m:MessageXml><t:Value Name="` + name + `">` + value + `</t:Value></m:MessageXml></m:SendItemResponseMessage></m:ResponseMessages></m:SendItemResponse>`)
}

// call makes a valid call of GetItem, SendItem or GetRoomLists.
func call(ctx context.Context, c messages.Invoker, op *messages.Operation) error {
	switch op {
	case messages.OpSendItem:
		_, err := messages.New(c).SendItem(ctx, sendItemRequest())
		return err
	case messages.OpGetRoomLists:
		_, err := messages.New(c).GetRoomLists(ctx, new(messages.GetRoomListsRequest))
		return err
	}
	res, err := messages.New(c).GetItem(ctx, getItemRequest())
	if err == nil && len(res.ResponseMessages) > 2 {
		return fmt.Errorf("%d response messages: attempts were added up", len(res.ResponseMessages))
	}
	return err
}

// TestFailFast: without a Retry each call is sent once, at once, whatever
// comes; a version that is refused, and a token, are learnt all the same.
func TestFailFast(t *testing.T) {
	for name, s := range map[string]step{
		"reset": {err: reset}, "refused": {err: refused}, "cut off": {http: cut(ok)}, "429": {http: status(429, "1")}, "503": {http: status(503, "1")},
		"502": {http: status(502, "")}, "busy": {body: fault("ErrorServerBusy", "BackOffMilliseconds", "60000")}, "may pass": {body: fault("ErrorTimeoutExpired")},
	} {
		for _, retry := range []*ews.Retry{nil, {Attempts: 1}} {
			synctest.Test(t, func(t *testing.T) {
				c, server := faked(t, ews.Config{Retry: retry}, func(int, *http.Request, string) (*http.Response, error) { return s.answer() })
				start := time.Now()
				for range 3 {
					if err := call(t.Context(), c, messages.OpGetItem); err == nil {
						t.Errorf("%s: no error", name)
					}
				}
				if server.count() != 3 || time.Since(start) != 0 {
					t.Errorf("%s: %d requests in %v, want 3 at once", name, server.count(), time.Since(start))
				}
			})
		}
	}
	c, server := faked(t, ews.Config{Auth: auth.BearerFunc(func(context.Context) (auth.Secret, time.Time, error) {
		return auth.Secret(crand.Text()), time.Time{}, nil
	})}, func(n int, _ *http.Request, _ string) (*http.Response, error) {
		switch n {
		case 1:
			return answer(401, "", ""), nil
		case 2:
			return xmlAnswer(fault("ErrorIncorrectSchemaVersion")), nil
		}
		return xmlAnswer(ok), nil
	})
	if err := call(t.Context(), c, messages.OpGetItem); err != nil || server.count() != 3 {
		t.Errorf("error %v after %d requests, want success after 3", err, server.count())
	}
}

// TestRefusalsStand: who may not send requests is told so at once, whatever
// the policy says.
func TestRefusalsStand(t *testing.T) {
	always := func(ews.Attempt, ews.Decision) ews.Decision { return ews.Decision{Repeat: true} }
	for name, refuse := range map[string]func() *http.Response{
		"401": func() *http.Response { return status(401, "1") },
		"403": func() *http.Response { return status(403, "1") },
		"407": func() *http.Response { return status(407, "1") },
		"blocked": func() *http.Response {
			h := status(403, "")
			h.Header.Set("X-EWS-Policy-Reason", "EWS is disabled for this mailbox")
			return h
		},
		"blocked on premises": func() *http.Response {
			return xmlAnswer(strings.Replace(fault("ErrorAccessDenied"), "message of ErrorAccessDenied", "EWS is currently disabled for this account.", 1))
		},
	} {
		for _, decide := range []func(ews.Attempt, ews.Decision) ews.Decision{nil, always} {
			c, server := faked(t, ews.Config{Retry: &ews.Retry{Decide: decide}}, func(int, *http.Request, string) (*http.Response, error) { return refuse(), nil })
			if err := call(t.Context(), c, messages.OpGetItem); err == nil || server.count() != 1 {
				t.Errorf("%s: error %v after %d requests, want the refusal after 1", name, err, server.count())
			}
		}
	}
}

// TestDecide: a program's own rules have the last word, within Attempts and
// Total.
func TestDecide(t *testing.T) {
	const second = time.Second
	for _, tt := range []struct {
		name     string
		retry    *ews.Retry
		op       *messages.Operation
		step     step
		decide   func(ews.Attempt, ews.Decision) ews.Decision
		safe     bool
		asked    time.Duration
		requests int
		took     time.Duration
	}{
		{"repeats what would stand", &ews.Retry{}, messages.OpGetItem, step{body: fault("ErrorInternalServerError")},
			func(ews.Attempt, ews.Decision) ews.Decision {
				return ews.Decision{Repeat: true, Wait: 2 * second}
			}, true, 0, 4, 6 * second},
		{"lets stand what would be repeated", &ews.Retry{}, messages.OpGetItem, step{err: reset},
			func(_ ews.Attempt, d ews.Decision) ews.Decision { d.Repeat = false; return d }, true, 0, 1, 0},
		{"waits for less", &ews.Retry{Attempts: 3}, messages.OpSendItem, step{body: fault("ErrorServerBusy", "BackOffMilliseconds", "60000")},
			func(a ews.Attempt, d ews.Decision) ews.Decision {
				d.Wait, d.HoldBack = time.Duration(a.N)*second, false
				return d
			}, true, time.Minute, 3, 3 * second},
		{"is told what is not safe", &ews.Retry{Attempts: 2}, messages.OpSendItem, step{err: reset},
			func(_ ews.Attempt, d ews.Decision) ews.Decision { d.Repeat, d.Wait = true, second; return d }, false, 0, 2, second},
		{"a part of a batch", &ews.Retry{Attempts: 2}, messages.OpGetItem, step{body: parts(part("NoError"), part("ErrorItemNotFound"))},
			func(_ ews.Attempt, d ews.Decision) ews.Decision { d.Repeat, d.Wait = true, second; return d }, true, 0, 2, second},
		{"not beyond the total", &ews.Retry{Total: 10 * second}, messages.OpGetItem, step{err: reset},
			func(ews.Attempt, ews.Decision) ews.Decision {
				return ews.Decision{Repeat: true, Wait: 4 * second}
			}, true, 0, 3, 8 * second},
		{"not back in time", &ews.Retry{Attempts: 3}, messages.OpGetItem, step{err: reset},
			func(ews.Attempt, ews.Decision) ews.Decision { return ews.Decision{Repeat: true, Wait: -second} }, true, 0, 3, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := 0
				tt.retry.Decide = func(a ews.Attempt, d ews.Decision) ews.Decision {
					n++
					if a.Op != tt.op || a.N != n || a.Err == nil || a.Safe != tt.safe || a.Asked != tt.asked {
						t.Errorf("attempt %d: %+v", n, a)
					}
					return tt.decide(a, d)
				}
				c, server := faked(t, ews.Config{Retry: tt.retry}, func(int, *http.Request, string) (*http.Response, error) { return tt.step.answer() })
				start := time.Now()
				_ = call(t.Context(), c, tt.op)
				if server.count() != tt.requests || time.Since(start) != tt.took {
					t.Errorf("%d requests in %v, want %d in %v", server.count(), time.Since(start), tt.requests, tt.took)
				}
			})
		})
	}
}

// TestBackOffIsShared: a hint that one call gets holds back every call of every
// client with the same Retry, each a little longer than asked.
func TestBackOffIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var mu sync.Mutex
		var at []time.Duration
		serve := func(n int, _ *http.Request, _ string) (*http.Response, error) {
			mu.Lock()
			defer mu.Unlock()
			at = append(at, time.Since(start))
			if len(at) == 1 {
				return xmlAnswer(fault("ErrorServerBusy", "BackOffMilliseconds", "8000")), nil
			}
			return xmlAnswer(ok), nil
		}
		shared := new(ews.Retry)
		a, _ := faked(t, ews.Config{Retry: shared}, serve)
		b, _ := faked(t, ews.Config{Retry: shared}, serve)
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := call(t.Context(), a, messages.OpGetItem); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		for i := range 9 {
			c := []*ews.Client{a, b, a.With(ews.ActAs("room@example.com"))}[i%3]
			wg.Go(func() {
				if err := call(t.Context(), c, messages.OpGetItem); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if len(at) != 11 || at[0] != 0 {
			t.Fatalf("requests at %v, want 1 and 10", at)
		}
		different := map[time.Duration]bool{}
		for _, d := range at[1:] {
			if d < 8*time.Second || d > 9*time.Second {
				t.Errorf("a request after %v, want 8 s to 9 s", d)
			}
			different[d] = true
		}
		if len(different) < 5 {
			t.Errorf("requests at %v, want them spread", at)
		}
	})
}

// TestPauseTooLong: a call that would wait for longer than it may is told so
// at once, and sends nothing.
func TestPauseTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, server := faked(t, ews.Config{Retry: new(ews.Retry)}, func(n int, _ *http.Request, _ string) (*http.Response, error) {
			return xmlAnswer(fault("ErrorServerBusy", "BackOffMilliseconds", "300000")), nil
		})
		start := time.Now()
		var fe *ews.FaultError
		if err := call(t.Context(), c, messages.OpGetItem); !errors.As(err, &fe) || fe.BackOff != 5*time.Minute {
			t.Errorf("error %v, want the fault with its hint", err)
		}
		var te *ews.ThrottledError
		err := call(t.Context(), c, messages.OpSendItem)
		if !errors.As(err, &te) || te.For != 5*time.Minute || !errors.Is(err, messages.ErrThrottled) || !errors.Is(err, messages.ErrorServerBusy) {
			t.Errorf("error %v, want a ThrottledError", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := call(ctx, c.With(ews.SetRetry(new(ews.Retry))), messages.OpGetItem); !errors.As(err, &fe) {
			t.Errorf("error %v, want the fault: its hint is past the deadline", err)
		}
		if server.count() != 2 || time.Since(start) != 0 {
			t.Errorf("%d requests in %v, want 2 at once", server.count(), time.Since(start))
		}
		time.Sleep(4 * time.Minute)
		if err := call(t.Context(), c, messages.OpGetItem); server.count() != 3 || time.Since(start) < 5*time.Minute {
			t.Errorf("error %v, %d requests: want a third one after 5 minutes", err, server.count())
		}
	})
}

// TestPauseEndsWithContext: in a pause of its own, and in one that is shared.
func TestPauseEndsWithContext(t *testing.T) {
	for name, body := range map[string]string{
		"own":    fault("ErrorTimeoutExpired"),
		"shared": fault("ErrorServerBusy", "BackOffMilliseconds", "60000"),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, _ := faked(t, ews.Config{Retry: &ews.Retry{MinWait: time.Minute, MaxWait: time.Minute}}, func(int, *http.Request, string) (*http.Response, error) {
					return xmlAnswer(body), nil
				})
				ctx, cancel := context.WithCancelCause(t.Context())
				why := errors.New("enough")
				time.AfterFunc(10*time.Second, func() { cancel(why) })
				start := time.Now()
				err := call(ctx, c, messages.OpGetItem)
				var fe *ews.FaultError
				if !errors.Is(err, why) || !errors.Is(err, context.Canceled) || !errors.As(err, &fe) {
					t.Errorf("error %v, want the context's, its cause and the fault", err)
				}
				if time.Since(start) != 10*time.Second {
					t.Errorf("took %v", time.Since(start))
				}
			})
		})
	}
}

// TestTotalCutsRepetitions: the last attempt ends at the total, and says that
// it was sent.
func TestTotalCutsRepetitions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, server := faked(t, ews.Config{Retry: &ews.Retry{Total: 30 * time.Second}}, func(n int, r *http.Request, _ string) (*http.Response, error) {
			if n == 1 {
				return nil, refused
			}
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		start := time.Now()
		err := call(t.Context(), c, messages.OpSendItem)
		var te *ews.TransportError
		var to *ews.TimeoutError
		if !errors.As(err, &te) || !te.Sent || !errors.As(err, &to) || to.After != 30*time.Second || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want a TimeoutError, sent", err)
		}
		if server.count() != 2 || time.Since(start) != 30*time.Second {
			t.Errorf("%d requests in %v, want 2 in 30 s", server.count(), time.Since(start))
		}
	})
}

// TestTotalIsKept: whatever goes wrong, and whatever pauses the server asks for,
// a call takes no longer than Retry.Total, but for a first attempt that takes
// longer by itself; nor than its context.
func TestTotalIsKept(t *testing.T) {
	for seed := range uint64(300) {
		synctest.Test(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 0))
			total := time.Duration(r.IntN(60_000)) * time.Millisecond
			retry := &ews.Retry{Attempts: 1000, Total: total, MinWait: time.Duration(r.IntN(3000)) * time.Millisecond}
			c, _ := faked(t, ews.Config{Retry: retry}, func(n int, q *http.Request, _ string) (*http.Response, error) {
				if n > 1 {
					select {
					case <-time.After(time.Duration(r.IntN(4000)) * time.Millisecond):
					case <-q.Context().Done():
						return nil, q.Context().Err()
					}
				}
				switch r.IntN(4) {
				case 0:
					return nil, reset
				case 1:
					return status(503, fmt.Sprint(r.IntN(20))), nil
				case 2:
					return xmlAnswer(fault("ErrorServerBusy", "BackOffMilliseconds", fmt.Sprint(r.IntN(20_000)))), nil
				}
				return xmlAnswer(parts(part("ErrorServerBusy", "BackOffMilliseconds", fmt.Sprint(r.IntN(3000))))), nil
			})
			within := total
			ctx := t.Context()
			if r.IntN(2) == 0 {
				within = min(total, time.Duration(r.IntN(30_000))*time.Millisecond)
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, within)
				defer cancel()
			}
			if total == 0 { // the default
				within = 2 * time.Minute
			}
			start := time.Now()
			err := call(ctx, c, messages.OpGetItem)
			if took := time.Since(start); took > within {
				t.Errorf("seed %d: took %v of %v, error %v", seed, took, within, err)
			}
		})
	}
}

// TestRetryAnyInvoker: the policy works over any Invoker, and lets a receiver
// say that it has passed on too much.
func TestRetryAnyInvoker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, clean := range []bool{true, false} {
			calls := 0
			inv := new(ews.Retry).Wrap(messages.InvokerFunc(func(context.Context, *messages.Operation, messages.Marshaler, messages.Unmarshaler) error {
				if calls++; calls < 3 {
					return &ews.TransportError{Op: "GetItem", Err: reset, Sent: true}
				}
				return nil
			}))
			res := &resettable{clean: clean}
			err := inv.Invoke(t.Context(), messages.OpGetItem, getItemRequest(), res)
			if clean && (err != nil || calls != 3 || res.resets != 2) || !clean && (err == nil || calls != 1) {
				t.Errorf("clean %v: %v after %d calls and %d resets", clean, err, calls, res.resets)
			}
		}
	})
}

// TestRetryOfManyCalls: what becomes of one of the calls that an Invoker makes
// does not decide about the whole.
func TestRetryOfManyCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, server := faked(t, ews.Config{Version: "Exchange2016"}, func(n int, _ *http.Request, _ string) (*http.Response, error) {
			if n == 1 {
				return nil, refused
			}
			return xmlAnswer(envelope(sendItemDone)), nil
		})
		twoPlaces := messages.InvokerFunc(func(ctx context.Context, op *messages.Operation, req messages.Marshaler, res messages.Unmarshaler) error {
			if err := c.Invoke(ctx, op, req, res); err == nil {
				return nil
			}
			return c.Invoke(ctx, op, req, res)
		})
		if err := call(t.Context(), new(ews.Retry).Wrap(twoPlaces), messages.OpSendItem); err != nil || server.count() != 2 {
			t.Errorf("%v after %d requests: want it sent after 2", err, server.count())
		}

		// The other way round: what comes last counts.
		c, server = faked(t, ews.Config{Version: "Exchange2016"}, func(n int, _ *http.Request, _ string) (*http.Response, error) {
			if n == 2 {
				return nil, refused
			}
			return xmlAnswer(ok), nil
		})
		both := messages.InvokerFunc(func(ctx context.Context, op *messages.Operation, req messages.Marshaler, res messages.Unmarshaler) error {
			if err := c.Invoke(ctx, op, req, res); err != nil || !ews.Rewind(req, res) {
				return err
			}
			return c.Invoke(ctx, op, req, res)
		})
		if err := call(t.Context(), new(ews.Retry).Wrap(both), messages.OpGetItem); err != nil || server.count() != 4 {
			t.Errorf("%v after %d requests: want success after 4", err, server.count())
		}
	})
}

type resettable struct {
	messages.GetItemResponse
	clean  bool
	resets int
}

func (r *resettable) Reset() bool { r.resets++; return r.clean }
