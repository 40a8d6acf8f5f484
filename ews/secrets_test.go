package ews_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/ews"
)

const secret = "hunter2-correct-horse"

var secretPair = base64.StdEncoding.EncodeToString([]byte("ann:" + secret))

// exchangelib logs the header Authorization. Here, whatever comes back, also if it repeats what was sent,
// no log, trace or error has a secret in it.
func TestPitfall28SecretsNeverShow(t *testing.T) {
	echo := func(status int, contentType string) func(*http.Request) (*http.Response, error) {
		return func(r *http.Request) (*http.Response, error) {
			h := answer(status, contentType, fmt.Sprintf("<html>you sent Authorization: %s and Cookie: %s; password=%s, {\"access_token\": \"%s\"}",
				r.Header.Get("Authorization"), r.Header.Get("Cookie"), secret, secret))
			h.Header.Set("Set-Cookie", "session="+secret)
			h.Header.Set("X-Access-Token", secret)
			h.Header.Set("Location", "https://ann:"+secret+"@example.com/?token="+secret)
			h.Header.Set("WWW-Authenticate", "Negotiate "+secretPair)
			return h, nil
		}
	}
	xml := func(body string) func(*http.Request) (*http.Response, error) {
		return func(*http.Request) (*http.Response, error) { return xmlAnswer(body), nil }
	}
	for name, f := range map[string]func(*http.Request) (*http.Response, error){
		"401":     echo(401, "text/html"),
		"403":     echo(403, "text/html"),
		"302":     echo(302, "text/html"),
		"503":     echo(503, "text/html"),
		"200":     echo(200, "text/html"),
		"as XML":  echo(200, "text/xml"),
		"fault":   xml(fault("ErrorServerBusy")),
		"success": xml(ok),
		"elements": xml(strings.Replace(ok, "<t:Subject>hi</t:Subject>", "<t:Password>"+secret+"</t:Password><t:NewPassword a='b'>"+secret+"</t:NewPassword>"+
			"<t:TokenValue>"+secret+"</t:TokenValue><t:PIN>"+secret+"</t:PIN><wsse:BinarySecurityToken xmlns:wsse='x'>"+secret+"</wsse:BinarySecurityToken><t:Password/>", 1)),
		"cut in an element": xml(strings.Replace(ok, "<t:Subject>hi", "<t:Password>"+secret, 1)[:700]),
		"error": func(r *http.Request) (*http.Response, error) {
			return nil, errors.New("failed with " + r.Header.Get("Authorization"))
		},
		"error with a URL": func(*http.Request) (*http.Response, error) {
			return nil, fmt.Errorf("proxy http://ann:%s@proxy.example.com:3128 said no", secret)
		},
	} {
		for method, m := range map[string]auth.Method{
			"basic": auth.Basic("ann", secret), "bearer": auth.Bearer(secret), "basic in the header": nil,
			"function": auth.BearerFunc(func(context.Context) (auth.Secret, time.Time, error) { return secret, time.Time{}, nil }),
		} {
			t.Run(name+" "+method, func(t *testing.T) {
				var trace, log locked
				cfg := ews.Config{
					Auth: m, Trace: &trace, Retry: &ews.Retry{Attempts: 2, MinWait: time.Nanosecond, MaxWait: time.Nanosecond},
					Logger: slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
					Header: http.Header{"Cookie": {"session=" + secret}, "X-Ms-Token": {secret}},
				}
				if m == nil {
					cfg.Header.Set("Authorization", "Basic "+secretPair)
				}
				c, _ := faked(t, cfg, func(_ int, r *http.Request, _ string) (*http.Response, error) { return f(r) })
				_, err := getItem(t, c)
				_, err2 := getItem(t, c)
				all := fmt.Sprintf("%v %+v %v %v %+v %#v %s", err, err, err2, c, c, c, c) + trace.String() + log.String()
				for e := err; e != nil; e = errors.Unwrap(e) {
					if strings.HasPrefix(name, "error") {
						break // the cause is the connection's own; what is shown of it is ours
					}
					all += fmt.Sprintf("%v %+v %#v", e, e, e)
				}
				if trace.String() == "" || log.String() == "" {
					t.Fatal("nothing was traced or logged")
				}
				for _, s := range []string{secret, secretPair, secretPair[:20]} {
					if i := strings.Index(all, s); i >= 0 {
						t.Errorf("%q shows in %q", s, all[max(0, i-200):min(len(all), i+100)])
					}
				}
			})
		}
	}
}

func TestTrace(t *testing.T) {
	var trace locked
	c, _ := faked(t, ews.Config{Auth: auth.Basic("ann", secret), Trace: &trace, Header: http.Header{"X-Ms-Token": {secret}}}, func(_ int, r *http.Request, _ string) (*http.Response, error) {
		h := answer(500, xmlType, fault("ErrorAccessDenied"))
		h.Header.Set("WWW-Authenticate", `Basic realm="mail.example.com"`)
		h.Header.Set("Set-Cookie", "exchangecookie="+secret)
		return h, nil
	})
	_, _ = getItem(t, c)
	got := trace.String()
	_, id, _ := strings.Cut(got, "Client-Request-Id: ")
	got = strings.Replace(got, id[:36], "ID", 1)
	want := `[1] request: POST https://mail.example.com/EWS/Exchange.asmx HTTP/1.1
Accept: text/xml
Authorization: Basic ***
Client-Request-Id: ID
Content-Type: text/xml; charset=utf-8
Return-Client-Request-Id: true
Soapaction: "http://schemas.microsoft.com/exchange/services/2006/messages/GetItem"
User-Agent: goews
X-Ms-Token: ***

<?xml version="1.0" encoding="utf-8"?>
<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types" xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages"><s:Header><t:RequestServerVersion Version="Exchange2007_SP1"/></s:Header><s:Body><m:GetItem><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:ItemIds><t:ItemId Id="AAA="/></m:ItemIds></m:GetItem></s:Body></s:Envelope>

[1] answer: HTTP/1.1 500 Internal Server Error
Content-Type: text/xml; charset=utf-8
Set-Cookie: exchangecookie=***
Www-Authenticate: Basic realm="mail.example.com"

` + fault("ErrorAccessDenied") + "\n\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestTraceIsBounded: of a long body the beginning is shown; it passes whole.
func TestTraceIsBounded(t *testing.T) {
	var trace locked
	long := strings.Replace(ok, "hi", strings.Repeat("x", 1<<20), 1)
	c, _ := faked(t, ews.Config{Trace: &trace, TraceBytes: 1000}, func(int, *http.Request, string) (*http.Response, error) { return xmlAnswer(long), nil })
	res, err := getItem(t, c)
	if err != nil || len(res.ResponseMessages) != 1 {
		t.Fatal(err)
	}
	if n := len(trace.String()); n > 4000 {
		t.Errorf("the trace has %d bytes", n)
	}
	if want := fmt.Sprintf("(%d more bytes, over Config.TraceBytes)", len(long)-1000); !strings.Contains(trace.String(), want) {
		t.Errorf("the trace does not say %q:\n%s", want, trace.String())
	}
}

// TestTraceSecretAtLimit: what is cut off at the limit does not show, either.
func TestTraceSecretAtLimit(t *testing.T) {
	for limit := 380; limit < 480; limit++ {
		var trace locked
		c, _ := faked(t, ews.Config{Auth: auth.Basic("ann", secret), Trace: &trace, TraceBytes: limit}, func(_ int, r *http.Request, _ string) (*http.Response, error) {
			return answer(200, "text/html", strings.Repeat(" ", 400)+secret+r.Header.Get("Authorization")), nil
		})
		_, _ = getItem(t, c)
		if strings.Contains(trace.String(), secret[:4]) || strings.Contains(trace.String(), secretPair[:4]) {
			t.Fatalf("limit %d: a part of a secret shows:\n%s", limit, trace.String())
		}
	}
}

// TestTraceConcurrently: blocks are whole, and an error of the writer ends
// nothing.
func TestTraceConcurrently(t *testing.T) {
	w := &blocks{t: t}
	c, _ := faked(t, ews.Config{Trace: w, MaxConcurrent: 20}, func(int, *http.Request, string) (*http.Response, error) { return xmlAnswer(ok), nil })
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if _, err := getItem(t, c); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if w.n != 100 {
		t.Errorf("%d blocks, want 100", w.n)
	}
}

// blocks is a writer without a lock of its own.
type blocks struct {
	t *testing.T
	n int
}

func (b *blocks) Write(p []byte) (int, error) {
	if b.n++; p[0] != '[' || !bytes.HasSuffix(p, []byte("\n\n")) || bytes.Count(p, []byte("</s:Envelope>")) != 1 {
		b.t.Errorf("block %q", p)
	}
	return 0, errors.New("full")
}

func TestTraceOfFailure(t *testing.T) {
	var trace locked
	c, _ := faked(t, ews.Config{Trace: &trace}, func(n int, _ *http.Request, _ string) (*http.Response, error) {
		if n == 1 {
			return nil, reset
		}
		h := xmlAnswer(ok)
		h.Body = io.NopCloser(io.MultiReader(strings.NewReader(ok[:100]), failing{io.ErrUnexpectedEOF}))
		return h, nil
	})
	_, _ = getItem(t, c)
	_, _ = getItem(t, c)
	for _, want := range []string{"[1] no answer: read tcp: connection reset by peer\n", "(broke off: unexpected EOF)", ok[:100]} {
		if !strings.Contains(trace.String(), want) {
			t.Errorf("the trace does not say %q:\n%s", want, trace.String())
		}
	}
}

func TestLog(t *testing.T) {
	var log locked
	h := slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		switch a.Key {
		case slog.TimeKey:
			return slog.Attr{}
		case "took", "wait":
			if a.Value.Kind() != slog.KindDuration {
				t.Errorf("%s is a %v", a.Key, a.Value.Kind())
			}
			return slog.String(a.Key, "…")
		}
		return a
	}})
	c, _ := faked(t, ews.Config{Logger: slog.New(h), Version: "Exchange2016", Retry: &ews.Retry{MinWait: time.Nanosecond, MaxWait: time.Nanosecond}}, func(n int, r *http.Request, _ string) (*http.Response, error) {
		if n == 1 {
			return nil, refused
		}
		a := xmlAnswer(ok)
		a.Header.Set("request-id", "8f2c")
		return a, nil
	})
	if _, err := getItem(t, c); err != nil {
		t.Fatal(err)
	}
	got := log.String()
	_, id, _ := strings.Cut(got, "request_id=")
	got = strings.Replace(got, id[:36], "ID", 1)
	want := fmt.Sprintf(`level=DEBUG msg="ews call" op=GetItem took=… attempt=1 version=Exchange2016 sent=%[1]d received=0 status=0 request_id=ID error="ews: GetItem: https://mail.example.com/EWS/Exchange.asmx: nothing was sent: dial tcp: connection refused; nothing answers at this address: check host and port of Config.Endpoint"
level=WARN msg="ews call is repeated" op=GetItem attempt=1 wait=… error="ews: GetItem: https://mail.example.com/EWS/Exchange.asmx: nothing was sent: dial tcp: connection refused; nothing answers at this address: check host and port of Config.Endpoint"
level=DEBUG msg="ews call" op=GetItem took=… attempt=2 version=Exchange2016 sent=%[1]d received=%[2]d status=200 request_id=8f2c
`, 468, len(ok))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
