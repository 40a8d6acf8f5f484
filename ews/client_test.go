package ews_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

func TestRequest(t *testing.T) {
	var r *http.Request
	var body string
	c, _ := faked(t, ews.Config{
		Auth: auth.Basic("ann", "pw"), Version: "Exchange2013_SP1", TimeZone: "W. Europe Standard Time", Culture: "da-DK",
		AnchorMailbox: "ann@example.com", Header: http.Header{"x-preferserveraffinity": {"true"}, "Soapaction": {"mine"}},
		DateTimePrecision: types.DateTimePrecisionMilliseconds, ManagementRole: &types.ManagementRole{UserRoles: []string{"MailboxSearch"}},
		Impersonate: &types.ExchangeImpersonation{ConnectingSID: types.ConnectingSID{PrincipalName: "bob@example.com"}},
	}, func(_ int, got *http.Request, b string) (*http.Response, error) {
		r, body = got, b
		return xmlAnswer(ok), nil
	})
	if _, err := getItem(t, c); err != nil {
		t.Fatal(err)
	}
	id := r.Header.Get("client-request-id")
	if len(id) != 36 {
		t.Errorf("client-request-id %q is no UUID", id)
	}
	r.Header.Del("client-request-id")
	want := http.Header{
		"Accept": {"text/xml"}, "Authorization": {"Basic YW5uOnB3"}, "Content-Type": {"text/xml; charset=utf-8"}, "Return-Client-Request-Id": {"true"},
		"Soapaction": {`"http://schemas.microsoft.com/exchange/services/2006/messages/GetItem"`}, "User-Agent": {"goews"},
		"X-Anchormailbox": {"ann@example.com"}, "X-Preferserveraffinity": {"true"},
	}
	if diff := cmp.Diff(want, r.Header); diff != "" {
		t.Errorf("headers -want +got:\n%s", diff)
	}
	wantBody := `<?xml version="1.0" encoding="utf-8"?>
<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types" xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages"><s:Header>` +
		`<t:RequestServerVersion Version="Exchange2013_SP1"/><t:MailboxCulture>da-DK</t:MailboxCulture>` +
		`<t:ExchangeImpersonation><t:ConnectingSID><t:PrincipalName>bob@example.com</t:PrincipalName></t:ConnectingSID></t:ExchangeImpersonation>` +
		`<t:TimeZoneContext><t:TimeZoneDefinition Id="W. Europe Standard Time"/></t:TimeZoneContext>` +
		`<t:DateTimePrecision>Milliseconds</t:DateTimePrecision><t:ManagementRole><t:UserRoles><t:Role>MailboxSearch</t:Role></t:UserRoles></t:ManagementRole></s:Header><s:Body>` +
		`<m:GetItem><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:ItemIds><t:ItemId Id="AAA="/></m:ItemIds></m:GetItem></s:Body></s:Envelope>`
	if diff := cmp.Diff(wantBody, body); diff != "" {
		t.Errorf("body -want +got:\n%s", diff)
	}
	if r.ContentLength != int64(len(body)) || r.Method != "POST" {
		t.Errorf("%s of %d bytes, body has %d", r.Method, r.ContentLength, len(body))
	}
}

// TestHeadersByVersion: a version gets no header that it does not know.
func TestHeadersByVersion(t *testing.T) {
	for version, want := range map[types.ExchangeVersion]string{
		"Exchange2007_SP1": "", "Exchange2010_SP1": "TimeZoneContext", "Exchange2010_SP2": "TimeZoneContext DateTimePrecision",
		"Exchange2013": "TimeZoneContext DateTimePrecision ManagementRole", "V2017_07_11": "TimeZoneContext DateTimePrecision ManagementRole",
	} {
		var got []string
		c, _ := faked(t, ews.Config{
			Version: version, TimeZone: "UTC", DateTimePrecision: types.DateTimePrecisionSeconds,
			ManagementRole: &types.ManagementRole{ApplicationRoles: []string{"MailboxSearchApplication"}},
		}, func(_ int, _ *http.Request, body string) (*http.Response, error) {
			for _, name := range []string{"TimeZoneContext", "DateTimePrecision", "ManagementRole"} {
				if strings.Contains(body, "<t:"+name+">") {
					got = append(got, name)
				}
			}
			return xmlAnswer(ok), nil
		})
		if _, err := getItem(t, c); err != nil || strings.Join(got, " ") != want {
			t.Errorf("%s: error %v, headers %v, want %s", version, err, got, want)
		}
	}
}

// exchangelib acts as the service account where an operation is not about a
// mailbox, unless it has OAuth. Here every operation acts as the user, whatever the
// authentication, also those that declare no such header.
func TestPitfall21ImpersonationEverywhere(t *testing.T) {
	for _, m := range []auth.Method{nil, auth.Basic("a", "b"), auth.Bearer("c")} {
		var body string
		transport := &fake{f: func(_ int, _ *http.Request, b string) (*http.Response, error) {
			body = b
			return nil, errors.New("gone")
		}}
		c, err := ews.New(ews.Config{Endpoint: "https://x/", Auth: m, HTTPClient: &http.Client{Transport: transport}, Version: "Exchange2016", SkipVersionCheck: true})
		if err != nil {
			t.Fatal(err)
		}
		c = c.With(ews.ActAs("room@example.com"))
		for _, op := range messages.Operations() {
			if err := c.Invoke(t.Context(), op, op.NewRequest(), op.NewResponse()); err == nil {
				t.Fatal("no error")
			}
			has := strings.Contains(body, "<t:ExchangeImpersonation><t:ConnectingSID><t:PrimarySmtpAddress>room@example.com<")
			if !has {
				t.Errorf("%s with %v: no impersonation", op.Name, m)
			}
		}
	}
}

func TestWith(t *testing.T) {
	var seen []string
	c, _ := faked(t, ews.Config{Version: "Exchange2013_SP1", Header: http.Header{"X-A": {"1"}}}, func(_ int, r *http.Request, body string) (*http.Response, error) {
		_, who, _ := strings.Cut(body, "PrimarySmtpAddress>")
		who, _, _ = strings.Cut(who, "<")
		_, zone, _ := strings.Cut(body, `TimeZoneDefinition Id="`)
		zone, _, _ = strings.Cut(zone, `"`)
		_, lang, _ := strings.Cut(body, `MailboxCulture>`)
		lang, _, _ = strings.Cut(lang, `<`)
		seen = append(seen, strings.Join([]string{who, r.Header.Get("X-AnchorMailbox"), zone, lang, r.Header.Get("X-A"), r.Header.Get("X-B")}, "|"))
		return xmlAnswer(ok), nil
	})
	room := c.With(ews.ActAs("room@example.com"), ews.InTimeZone("UTC"), ews.InCulture("de-DE"), ews.SetHeader("X-B", "2"))
	for _, d := range []*ews.Client{c, room, room.With(ews.ActAs(""), ews.SetHeader("x-a")), c.With(), c} {
		if _, err := getItem(t, d); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"||||1|", "room@example.com|room@example.com|UTC|de-DE|1|2", "||UTC|de-DE||2", "||||1|", "||||1|"}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if a, b := room.Version(); a != "Exchange2013_SP1" || b.Major != 15 {
		t.Errorf("the copy knows version %v %v", a, b)
	}
}

func TestWithLimits(t *testing.T) {
	c, _ := faked(t, ews.Config{MaxResponseBytes: 10}, func(int, *http.Request, string) (*http.Response, error) { return xmlAnswer(ok), nil })
	var large *ews.TooLargeError
	if _, err := getItem(t, c); !errors.As(err, &large) || large.Max != 10 {
		t.Errorf("error %v", err)
	}
	if _, err := getItem(t, c.With(ews.SetMaxResponseBytes(1<<20))); err != nil {
		t.Error(err)
	}
	if _, err := getItem(t, c.With(ews.SetMaxResponseBytes(0))); err != nil {
		t.Error(err)
	}
}

// TestMaxConcurrent: no more requests than that are under way; the wait for a
// place ends with the context.
func TestMaxConcurrent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int64
		c, server := faked(t, ews.Config{MaxConcurrent: 3}, func(int, *http.Request, string) (*http.Response, error) {
			most.Store(max(most.Load(), now.Add(1)))
			time.Sleep(time.Second)
			now.Add(-1)
			return xmlAnswer(ok), nil
		})
		start := time.Now()
		var wg sync.WaitGroup
		for range 9 {
			wg.Go(func() {
				if _, err := getItem(t, c); err != nil {
					t.Error(err)
				}
			})
		}
		time.Sleep(time.Second / 2)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second/4)
		defer cancel()
		err := call(ctx, c, messages.OpSendItem)
		var te *ews.TransportError
		if !errors.As(err, &te) || te.Sent || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want the context's, not sent", err)
		}
		wg.Wait()
		if most.Load() != 3 || time.Since(start) != 3*time.Second || server.count() != 9 {
			t.Errorf("%d at once, %d requests in %v; want 3, 9 in 3 s", most.Load(), server.count(), time.Since(start))
		}
	})
}

// stalled is a body that has text, then nothing until the context ends.
type stalled struct {
	io.Reader
	ctx context.Context
}

func (s *stalled) Read(p []byte) (int, error) {
	if n, err := s.Reader.Read(p); err == nil {
		return n, nil
	}
	<-s.ctx.Done()
	return 0, s.ctx.Err()
}

// TestTimeout: the time without progress is bounded, in each stage.
func TestTimeout(t *testing.T) {
	for _, tt := range []struct {
		name string
		f    func(r *http.Request) (*http.Response, error)
		took time.Duration
	}{
		{"before the answer", func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}, 10 * time.Second},
		{"within the answer", func(r *http.Request) (*http.Response, error) {
			time.Sleep(9 * time.Second)
			h := xmlAnswer(ok)
			h.Body = io.NopCloser(&stalled{strings.NewReader(ok[:400]), r.Context()})
			return h, nil
		}, 19 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, _ := faked(t, ews.Config{Timeout: 10 * time.Second}, func(_ int, r *http.Request, _ string) (*http.Response, error) { return tt.f(r) })
				start := time.Now()
				_, err := getItem(t, c)
				var to *ews.TimeoutError
				var te *ews.TransportError
				if !errors.As(err, &to) || to.After != 10*time.Second || !errors.As(err, &te) || !te.Sent || !errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("error %v, want a TimeoutError, sent", err)
				}
				var ne net.Error
				if !errors.As(err, &ne) || !ne.Timeout() {
					t.Errorf("error %v is no time-out to package net", err)
				}
				if took := time.Since(start); took != tt.took {
					t.Errorf("took %v, want %v", took, tt.took)
				}
			})
		})
	}
}

// slow is a body that takes a while for each byte.
type slow struct {
	r     io.Reader
	pause time.Duration
}

func (s *slow) Read(p []byte) (int, error) {
	time.Sleep(s.pause)
	return s.r.Read(p[:1])
}

// TestAnswerWithoutEnd: what has been answered is not waited for.
func TestAnswerWithoutEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := faked(t, ews.Config{}, func(_ int, r *http.Request, _ string) (*http.Response, error) {
			h := xmlAnswer(ok)
			h.Body = io.NopCloser(&stalled{strings.NewReader(ok), r.Context()})
			return h, nil
		})
		start := time.Now()
		if _, err := getItem(t, c); err != nil || time.Since(start) > time.Second {
			t.Errorf("error %v after %v", err, time.Since(start))
		}
		var de *ews.DecodeError
		_, err := messages.New(c).FindFolder(t.Context(), &messages.FindFolderRequest{
			Traversal: types.FolderQueryTraversalShallow, FolderShape: types.FolderResponseShape{BaseShape: types.DefaultShapeNamesIDOnly},
			ParentFolderIDs: []types.BaseFolderID{&types.DistinguishedFolderID{ID: types.DistinguishedFolderIDNameInbox}},
		})
		if !errors.As(err, &de) || time.Since(start) > time.Second {
			t.Errorf("error %v after %v, want a DecodeError for another's answer", err, time.Since(start))
		}
	})
}

// TestSlowIsNotStuck: a transfer that goes on may take for ever.
func TestSlowIsNotStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := faked(t, ews.Config{Timeout: 10 * time.Second}, func(int, *http.Request, string) (*http.Response, error) {
			h := xmlAnswer(ok)
			h.Body = io.NopCloser(&slow{h.Body, 9 * time.Second})
			return h, nil
		})
		start := time.Now()
		if _, err := getItem(t, c); err != nil {
			t.Error(err)
		}
		if time.Since(start) < time.Hour {
			t.Errorf("took %v only", time.Since(start))
		}
	})
}

// TestCancel: the context ends a call in each stage, with its cause; what was
// not sent is said to be so.
func TestCancel(t *testing.T) {
	block := func(r *http.Request) { <-r.Context().Done() }
	// hang accepts connections and says nothing.
	hang, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = hang.Close() })
	go func() {
		for {
			c, err := hang.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { _ = c.Close() })
		}
	}()
	dialing := make(chan struct{}, 1)
	neverDial := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		dialing <- struct{}{}
		<-ctx.Done()
		return nil, ctx.Err()
	}}}
	headers := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		block(r)
	}))
	body := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", xmlType)
		_, _ = io.WriteString(w, ok[:600])
		w.(http.Flusher).Flush()
		block(r)
	}))
	for _, tt := range []struct {
		name, url string
		client    *http.Client
		sent      bool
	}{
		{"before", "http://127.0.0.1:1", nil, false},
		{"dial", "http://127.0.0.1:1", neverDial, false},
		{"TLS handshake", "https://" + hang.Addr().String(), nil, false},
		{"headers", headers.URL, nil, true},
		{"body", body.URL, nil, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			why := errors.New("enough")
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			trace := &httptrace.ClientTrace{
				TLSHandshakeStart:    func() { time.AfterFunc(10*time.Millisecond, func() { cancel(why) }) },
				GotFirstResponseByte: func() { time.AfterFunc(10*time.Millisecond, func() { cancel(why) }) },
				WroteRequest:         func(httptrace.WroteRequestInfo) { time.AfterFunc(20*time.Millisecond, func() { cancel(why) }) },
			}
			switch tt.name {
			case "before":
				cancel(why)
			case "dial":
				go func() { <-dialing; cancel(why) }()
			}
			c := newClient(t, ews.Config{Endpoint: tt.url, HTTPClient: tt.client})
			_, err := messages.New(c).GetItem(httptrace.WithClientTrace(ctx, trace), getItemRequest())
			var te *ews.TransportError
			if !errors.Is(err, why) || !errors.Is(err, context.Canceled) || !errors.As(err, &te) {
				t.Fatalf("error %v, want the context's and its cause", err)
			}
			if te.Sent != tt.sent {
				t.Errorf("error %v: sent is %v", err, te.Sent)
			}
		})
	}
}

// TestConnectionsAreKept: also after an error, and by copies of the client.
func TestConnectionsAreKept(t *testing.T) {
	var opened atomic.Int64
	answers := []http.HandlerFunc{
		handler(200, xmlType, ok),
		handler(500, xmlType, fault("ErrorAccessDenied")),
		handler(404, "text/html", "<html>"+strings.Repeat("x", 32<<10)),
		handler(200, "text/html", "<html>"+strings.Repeat("x", 32<<10)),
		handler(200, xmlType, envelope("<m:FindItemResponse/>")+strings.Repeat(" ", 32<<10)),
		handler(401, "text/html", "no"),
		handler(302, "", ""),
	}
	n := 0
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answers[n%len(answers)](w, r)
		n++
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	c := newClient(t, ews.Config{Endpoint: s.URL})
	for i := range 3 * len(answers) {
		_, _ = getItem(t, c.With(ews.ActAs(fmt.Sprintf("u%d@example.com", i))))
	}
	if opened.Load() != 1 {
		t.Errorf("%d connections were opened, want 1", opened.Load())
	}
}

// TestTokenRefresh: the token that the server no longer takes is refreshed,
// also for what may not be repeated on a guess.
func TestTokenRefresh(t *testing.T) {
	fetched := 0
	c, server := faked(t, ews.Config{Auth: auth.BearerFunc(func(context.Context) (auth.Secret, time.Time, error) {
		fetched++
		return auth.Secret(fmt.Sprint("token-", fetched)), time.Time{}, nil
	})}, func(n int, r *http.Request, body string) (*http.Response, error) {
		if r.Header.Get("Authorization") != "Bearer token-2" || !strings.Contains(body, "SendItem") {
			return answer(401, "", ""), nil
		}
		return xmlAnswer(envelope(sendItemDone)), nil
	})
	if err := call(t.Context(), c, messages.OpSendItem); err != nil || server.count() != 2 {
		t.Errorf("%v after %d requests", err, server.count())
	}
}

// TestNoSecondToken: a call whose token was refused, and that had no other, was
// not done.
func TestNoSecondToken(t *testing.T) {
	fetched := 0
	c, _ := faked(t, ews.Config{Auth: auth.BearerFunc(func(context.Context) (auth.Secret, time.Time, error) {
		if fetched++; fetched > 1 {
			return "", time.Time{}, errors.New("revoked")
		}
		return "a", time.Time{}, nil
	})}, func(int, *http.Request, string) (*http.Response, error) { return answer(401, "", ""), nil })
	var te *ews.TransportError
	if err := call(t.Context(), c, messages.OpSendItem); !errors.As(err, &te) || te.Sent {
		t.Errorf("%v", err)
	}
}

// passing is an error of what issues tokens, which says that it may pass.
type passing struct{ backOff time.Duration }

func (passing) Error() string            { return "busy" }
func (passing) Temporary() bool          { return true }
func (p passing) BackOff() time.Duration { return p.backOff }

// TestTokenComesLater: a call that got no token for a while is repeated, also
// one that must not be sent twice, if repetitions are wanted at all.
func TestTokenComesLater(t *testing.T) {
	for _, tt := range []struct {
		name    string
		err     error
		retry   *ews.Retry
		fetched int
		ok      bool
		min     time.Duration
	}{
		{"passes", passing{}, new(ews.Retry), 3, true, 750 * time.Millisecond},
		{"asks to wait", passing{10 * time.Second}, new(ews.Retry), 3, true, 20 * time.Second},
		{"stays", errors.New("invalid_client"), new(ews.Retry), 1, false, 0},
		{"wants a sign-in", &auth.ClaimsError{Claims: "{}", Err: passing{}}, new(ews.Retry), 1, false, 0},
		{"fails fast", passing{}, nil, 1, false, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fetched, start := 0, time.Now()
				c, server := faked(t, ews.Config{Retry: tt.retry, Auth: auth.BearerFunc(func(context.Context) (auth.Secret, time.Time, error) {
					if fetched++; fetched < 3 {
						return "", time.Time{}, tt.err
					}
					return "a", time.Time{}, nil
				})}, func(int, *http.Request, string) (*http.Response, error) {
					return xmlAnswer(envelope(sendItemDone)), nil
				})
				err := call(t.Context(), c, messages.OpSendItem)
				if fetched != tt.fetched || (err == nil) != tt.ok || tt.ok != (server.count() == 1) || time.Since(start) < tt.min {
					t.Errorf("%v after %d fetches, %d requests and %v", err, fetched, server.count(), time.Since(start))
				}
			})
		})
	}
}

func TestMiddlewareSeesACallOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls []string
		mw := func(name string) ews.Middleware {
			return func(next messages.Invoker) messages.Invoker {
				return messages.InvokerFunc(func(ctx context.Context, op *messages.Operation, req messages.Marshaler, res messages.Unmarshaler) error {
					calls = append(calls, name+" "+op.Name)
					err := next.Invoke(ctx, op, req, res)
					calls = append(calls, fmt.Sprintf("%s done %v", name, err))
					return err
				})
			}
		}
		c, server := faked(t, ews.Config{Retry: new(ews.Retry), Middleware: []ews.Middleware{mw("a"), mw("b")}}, func(n int, _ *http.Request, body string) (*http.Response, error) {
			if n == 1 {
				return xmlAnswer(fault("ErrorServerBusy")), nil
			}
			if !strings.Contains(body, "room@example.com") {
				t.Error("the settings of the copy were lost on the way through middleware")
			}
			return xmlAnswer(ok), nil
		})
		if _, err := getItem(t, c.With(ews.ActAs("room@example.com"))); err != nil {
			t.Fatal(err)
		}
		want := []string{"a GetItem", "b GetItem", "b done <nil>", "a done <nil>"}
		if diff := cmp.Diff(want, calls); diff != "" || server.count() != 2 {
			t.Errorf("%d requests; calls -want +got:\n%s", server.count(), diff)
		}
	})
}
