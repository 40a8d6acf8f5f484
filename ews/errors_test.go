package ews_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/gen/messages"
)

func gzipped(text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = io.WriteString(z, text)
	_ = z.Close()
	return b.String()
}

// raw answers each connection with bytes, whatever comes.
func raw(t *testing.T, answer string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = c.Close() }()
				if r, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
					_, _ = io.Copy(io.Discard, r.Body)
				}
				_, _ = io.WriteString(c, answer)
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

// endless is a body of n bytes, in one answer.
func endless(n int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", xmlType)
		_, _ = io.WriteString(w, strings.TrimSuffix(parts(part("NoError")), "</s:Body></s:Envelope>")+"<!--")
		chunk := bytes.Repeat([]byte("x"), 64<<10)
		for ; n > 0; n -= len(chunk) {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}
}

func TestBadInput(t *testing.T) {
	tlsServer := httptest.NewUnstartedServer(handler(200, xmlType, ok))
	tlsServer.Config.ErrorLog = log.New(io.Discard, "", 0)
	tlsServer.StartTLS()
	t.Cleanup(tlsServer.Close)
	roots := x509.NewCertPool()
	roots.AddCert(tlsServer.Certificate())
	port := tlsServer.Listener.Addr().(*net.TCPAddr).Port
	plainServer := serve(t, handler(200, xmlType, ok))
	withTLS := func(c *tls.Config) *http.Client {
		tr := &http.Transport{TLSClientConfig: c}
		t.Cleanup(tr.CloseIdleConnections)
		return &http.Client{Transport: tr}
	}
	bomb := "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Encoding: gzip\r\n\r\n" +
		gzipped(strings.Replace(ok, "<t:Message>", "<!--"+strings.Repeat(" ", 16<<20)+"--><t:Message>", 1))
	half := func(s string) string { return s[:len(s)/2] }
	redirect := func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://login.example.com/auth/logon.aspx?token=hunter2", http.StatusFound)
	}
	wants := func(schemes ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header()["Www-Authenticate"] = schemes
			w.WriteHeader(http.StatusUnauthorized)
		}
	}
	blocked := func(reason string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-EWS-Policy-Reason", reason)
			w.WriteHeader(http.StatusForbidden)
		}
	}
	casError := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-CasErrorCode", text)
			http.NotFound(w, r)
		}
	}
	long := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", xmlType)
		w.Header().Set("Content-Length", "1000000")
		_, _ = io.WriteString(w, ok)
	})
	one := func(p string) http.HandlerFunc { return handler(200, xmlType, p) }

	for _, tt := range []struct {
		name    string
		handler http.Handler // or
		address string
		client  *http.Client
		auth    auth.Method
		max     int64
		want    any // pointer to the type of the error
		is      []error
		isNot   []error
		text    []string // what Error has in it
		short   bool     // it fits a line
	}{
		{name: "no such host", address: "https://mail.invalid/EWS/Exchange.asmx", client: &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "mail.invalid", IsNotFound: true}}
		}}}, want: new(ews.TransportError), text: []string{"nothing was sent", "check the host name in Config.Endpoint", "mail.invalid"}},
		{name: "refused connection", address: "http://127.0.0.1:1/EWS/Exchange.asmx", want: new(ews.TransportError), text: []string{"nothing was sent", "nothing answers at this address", "127.0.0.1:1"}},
		{name: "unknown issuer", address: tlsServer.URL, client: withTLS(nil), want: new(ews.TransportError), is: nil, text: []string{"nothing was sent", "RootCAs"}},
		{name: "another host's certificate", address: fmt.Sprintf("https://localhost:%d", port), client: withTLS(&tls.Config{RootCAs: roots}), want: new(ews.TransportError), text: []string{"nothing was sent", "another host"}},
		{name: "expired certificate", address: tlsServer.URL, client: withTLS(&tls.Config{RootCAs: roots, Time: func() time.Time { return time.Date(2199, 1, 1, 0, 0, 0, 0, time.UTC) }}), want: new(ews.TransportError), text: []string{"nothing was sent", "expired"}},
		{name: "TLS to a plain port", address: "https" + strings.TrimPrefix(plainServer.URL, "http"), want: new(ews.TransportError), text: []string{"nothing was sent", "does not speak TLS"}},
		{name: "another version of TLS", address: tlsServer.URL, client: withTLS(&tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}), want: new(ews.TransportError), text: []string{"nothing was sent", "refused the TLS handshake"}},
		{name: "plain to a TLS port", address: "http" + strings.TrimPrefix(tlsServer.URL, "https"), want: new(ews.HTTPError), text: []string{"400", "begin with https"}},
		{name: "plain to a TLS port that says so in TLS", address: raw(t, "\x15\x03\x01\x00\x02\x02\x16"), want: new(ews.TransportError), text: []string{"begin with https"}},
		{name: "no HTTP", address: raw(t, "220 mail.example.com ESMTP\r\n"), want: new(ews.TransportError), text: []string{"malformed HTTP"}},
		{name: "closed without an answer", address: raw(t, ""), want: new(ews.TransportError), is: []error{io.EOF}},

		{name: "no credentials", handler: wants("Negotiate", `Basic realm="x"`), want: new(ews.HTTPError), is: []error{fs.ErrPermission}, text: []string{"offers Negotiate, Basic", "set Config.Auth"}},
		{name: "wrong password", handler: wants("Negotiate", `Basic realm="x"`), auth: auth.Basic("ann", "hunter2"), want: new(ews.HTTPError), is: []error{fs.ErrPermission}, text: []string{"wrong user, password", "Negotiate, Basic"}},
		{name: "wrong token", handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("WWW-Authenticate", `Bearer client_id="00000002-0000-0ff1-ce00-000000000000", error="invalid_token", error_description="hunter2-token is no good"`)
			w.Header().Set("X-Ms-Diagnostics", `2000001;reason="The access token is acquired using an authentication method that is too weak.";error_category="invalid_token"`)
			w.WriteHeader(http.StatusUnauthorized)
		}), auth: auth.Bearer("hunter2-token"), want: new(ews.HTTPError), is: []error{fs.ErrPermission}, text: []string{"token for Bearer", "invalid_token: *** is no good: 2000001;reason=", "too weak"}},
		{name: "wrong method", handler: wants("Negotiate", "NTLM"), auth: auth.Basic("ann", "hunter2"), want: new(ews.HTTPError), text: []string{"does not take Basic", "Negotiate, NTLM"}},
		{name: "a method that has no answer", handler: wants("Negotiate", "NTLM"), auth: auth.Digest("ann", "hunter2"), want: new(ews.HTTPError), is: []error{fs.ErrPermission}, text: []string{"the server offers Negotiate, NTLM", "has an answer to none of these", "choose one of these for Config.Auth"}},
		{name: "a method that sends nothing", handler: wants(), auth: auth.Digest("ann", "hunter2"), want: new(ews.HTTPError), text: []string{"the server wants authentication, and does not say of which kind", "nothing to send"}},
		{name: "wrong password, no offer", handler: wants(), auth: auth.Basic("ann", "hunter2"), want: new(ews.HTTPError), text: []string{"wrong user, password"}},
		{name: "credentials over plain HTTP", address: "http://mail.example.com/EWS/Exchange.asmx", auth: auth.Basic("ann", "hunter2"), want: new(auth.PlainHTTPError), text: []string{"nothing was sent", "https"}},

		{name: "disabled", handler: blocked("EWS is disabled for this user or tenant"), want: new(ews.BlockedError), is: []error{ews.ErrBlocked, fs.ErrPermission}, text: []string{"EwsEnabled", "1 April 2027"}},
		{name: "a reason that is none", handler: blocked("policy " + strings.Repeat("long ", 10_000)), want: new(ews.BlockedError), short: true, text: []string{"policy long long"}},
		{name: "blocked by policy", handler: blocked("EWS is blocked by policy for this user or tenant"), want: new(ews.BlockedError), is: []error{ews.ErrBlocked}, text: []string{"EwsAllowedAppIDs", "24 hours"}},
		{name: "forbidden, says the body", handler: handler(403, "text/plain", "Exchange Web Services is not enabled for this account"), want: new(ews.HTTPError), is: []error{ews.ErrBlocked}, text: []string{"EwsEnabled"}},
		{name: "forbidden", handler: handler(403, "text/html", "<html>403.4"), want: new(ews.HTTPError), is: []error{fs.ErrPermission}, isNot: []error{ews.ErrBlocked}, text: []string{"<html>403.4"}},
		{name: "disabled on premises", handler: handler(500, xmlType, strings.Replace(fault("ErrorAccessDenied"), "message of ErrorAccessDenied", "EWS is currently disabled for this account.", 1)),
			want: new(ews.FaultError), is: []error{ews.ErrBlocked, messages.ErrorAccessDenied, fs.ErrPermission}, text: []string{"EwsEnabled"}},
		{name: "access denied", handler: handler(500, xmlType, fault("ErrorAccessDenied")), want: new(ews.FaultError), is: []error{fs.ErrPermission}, isNot: []error{ews.ErrBlocked}},

		{name: "wrong path", handler: http.NotFoundHandler(), want: new(ews.HTTPError), text: []string{"/EWS/Exchange.asmx"}},
		{name: "redirect", handler: http.HandlerFunc(redirect), want: new(ews.HTTPError), text: []string{"https://login.example.com/auth/logon.aspx", "Config.Endpoint"}},
		{name: "busy", handler: handler(503, "text/html", "<html>"), want: new(ews.HTTPError), is: []error{messages.ErrThrottled}},
		{name: "busy, says a fault", handler: handler(503, xmlType, fault("ErrorServerBusy", "BackOffMilliseconds", "1500")), want: new(ews.FaultError), is: []error{messages.ErrorServerBusy}, text: []string{"1.5s"}},
		{name: "busy, says XML of another kind", handler: handler(503, xmlType, "<a>"+strings.Repeat("b", 100)), want: new(ews.HTTPError), text: []string{"503", "bbb"}},
		{name: "error page", handler: http.RedirectHandler("/ews/genericerrorpage.htm?aspxerrorpath=/ews/exchange.asmx", http.StatusFound), want: new(ews.HTTPError), text: []string{"fell over", "may have been done"}},
		{name: "locked out", handler: handler(500, "text/html", "The referenced account is currently locked out and may not be logged on to."), want: new(ews.HTTPError), is: []error{fs.ErrPermission}, text: []string{"is locked out", "administrator unlocks"}},
		{name: "front end", handler: casError("CAS error: UnauthenticatedRequest"), want: new(ews.HTTPError), text: []string{"the front end says UnauthenticatedRequest", "404"}},
		{name: "front end that goes on and on", handler: casError("CAS error: " + strings.Repeat("long ", 10_000)), want: new(ews.HTTPError), short: true, text: []string{"the front end says long", "404"}},
		{name: "version, in plain text", handler: handler(500, "text/html", "<p>The specified server version is invalid."), want: new(ews.FaultError), is: []error{messages.ErrorInvalidServerVersion}},
		{name: "server error", handler: handler(500, "text/html", "<html>Server Error in '/EWS' Application"), want: new(ews.HTTPError), text: []string{"fell over", "may have been done", "'/EWS'"}},
		{name: "other success", handler: handler(204, "", ""), want: new(ews.HTTPError), text: []string{"204"}},

		{name: "fault", handler: handler(500, xmlType, fault("ErrorServerBusy", "BackOffMilliseconds", "1500")), want: new(ews.FaultError), is: []error{messages.ErrThrottled, messages.ErrorServerBusy}, text: []string{"text of ErrorServerBusy", "1.5s"}},
		{name: "fault with status 200", handler: one(fault("ErrorServerBusy")), want: new(ews.FaultError), is: []error{messages.ErrorServerBusy}},
		{name: "login page", handler: handler(200, "text/html", "<html>Sign in"), want: new(ews.ContentError), text: []string{"<html>Sign in", "login page"}},
		{name: "login page called XML", handler: handler(200, "application/xhtml+xml", "\n<!DOCTYPE html PUBLIC><html>Sign in"), want: new(ews.ContentError), text: []string{"Sign in"}},
		{name: "wrong type", handler: handler(200, "application/json", `{"error":"no"}`), want: new(ews.ContentError), text: []string{"application/json", "no"}},
		{name: "no type", handler: handler(200, "", "hello"), want: new(ews.ContentError), text: []string{"hello"}},
		{name: "empty", handler: handler(200, xmlType, ""), want: new(ews.DecodeError), is: []error{io.ErrUnexpectedEOF}, text: []string{"empty"}},
		{name: "white space", handler: handler(200, xmlType, " \n"), want: new(ews.DecodeError), is: []error{io.ErrUnexpectedEOF}},
		{name: "truncated", handler: one(half(ok)), want: new(ews.DecodeError), is: []error{io.ErrUnexpectedEOF}, text: []string{"Envelope"}},
		{name: "truncated connection", address: raw(t, "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 100000\r\n\r\n"+half(ok)), want: new(ews.DecodeError), is: []error{io.ErrUnexpectedEOF}, text: []string{"Envelope"}},
		{name: "truncated chunks", address: raw(t, "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n<?xml version=\"1"), want: new(ews.DecodeError), is: []error{io.ErrUnexpectedEOF}},
		{name: "truncated gzip", address: raw(t, "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Encoding: gzip\r\n\r\n"+half(gzipped(ok))), want: new(ews.DecodeError), is: []error{io.ErrUnexpectedEOF}},
		{name: "gzip in name only", address: raw(t, "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Encoding: gzip\r\n\r\n"+ok), want: new(ews.DecodeError), is: []error{gzip.ErrHeader}},
		{name: "gzip with a wrong checksum", address: raw(t, "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Encoding: gzip\r\n\r\n"+gzipped(ok)[:len(gzipped(ok))-8]+"12345678"), want: new(ews.DecodeError), is: []error{gzip.ErrChecksum}},
		{name: "gzip bomb", address: raw(t, bomb), max: 1 << 20, want: new(ews.TooLargeError), text: []string{"MaxResponseBytes"}},
		{name: "too large, as it says", handler: long, max: 1 << 16, want: new(ews.TooLargeError), text: []string{"65536"}},
		{name: "too large, as it turns out", handler: endless(500 << 20), max: 1 << 20, want: new(ews.TooLargeError), text: []string{"MaxResponseBytes"}},

		{name: "no SOAP", handler: one("<?xml version='1.0'?><rss version='2.0'/>"), want: new(ews.DecodeError), text: []string{"an element rss", "Config.Endpoint"}},
		{name: "an Envelope of another kind", handler: one("<Envelope xmlns='urn:x'/>"), want: new(ews.DecodeError), text: []string{"Config.Endpoint"}},
		{name: "SOAP 1.2", handler: handler(200, "application/soap+xml", strings.Replace(ok, "http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope", 1)), want: new(ews.DecodeError), text: []string{"SOAP 1.2"}},
		{name: "empty envelope", handler: one(envelope("")), want: new(ews.DecodeError), text: []string{"nothing in its body"}},
		{name: "no body", handler: one(envelopeStart + "</s:Envelope>"), want: new(ews.DecodeError), text: []string{"nothing in its body"}},
		{name: "another answer", handler: one(envelope("<m:FindItemResponse/>")), want: new(ews.DecodeError), text: []string{"want GetItemResponse"}},
		{name: "document type", handler: one("<!DOCTYPE x [<!ENTITY a 'b'>]>" + ok), want: new(ews.DecodeError), text: []string{"document type"}},
		{name: "other encoding", handler: one(strings.Replace(ok, `version="1.0"`, `version="1.0" encoding="ISO-8859-1"`, 1)), want: new(ews.DecodeError), text: []string{"encoding"}},
		{name: "UTF-16", handler: one("\xFF\xFE<\x00?\x00"), want: new(ews.DecodeError), text: []string{"UTF-16"}},
		{name: "malformed", handler: one(strings.Replace(ok, "</t:Message>", "</t:Massage>", 1)), want: new(ews.DecodeError), text: []string{"Massage"}},
		{name: "wrong value", handler: one(strings.Replace(ok, "<t:Subject>hi</t:Subject>", "<t:Size>much</t:Size>", 1)), want: new(ews.DecodeError), text: []string{"Message", "much"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := ews.Config{Endpoint: tt.address, HTTPClient: tt.client, Auth: tt.auth, MaxResponseBytes: tt.max}
			if tt.handler != nil {
				cfg.Endpoint = serve(t, tt.handler).URL
			}
			_, err := getItem(t, newClient(t, cfg))
			if err == nil {
				t.Fatal("no error")
			}
			if target := reflect.New(reflect.TypeOf(tt.want)).Interface(); !errors.As(err, target) {
				t.Fatalf("error %q, a %T; want a %T", err, err, tt.want)
			}
			for _, target := range tt.is {
				if !errors.Is(err, target) {
					t.Errorf("error %q is no %q", err, target)
				}
			}
			for _, target := range tt.isNot {
				if errors.Is(err, target) {
					t.Errorf("error %q is a %q", err, target)
				}
			}
			for _, text := range append(tt.text, "GetItem") {
				if !strings.Contains(err.Error(), text) {
					t.Errorf("error %q, want %q in it", err, text)
				}
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("error %q shows a secret", err)
			}
			if tt.short && (len(err.Error()) > 2000 || strings.ContainsFunc(err.Error(), unicode.IsControl)) {
				t.Errorf("%d bytes: error %.300q", len(err.Error()), err)
			}
		})
	}
}

// TestInvalidUTF8: bytes that are no UTF-8 become U+FFFD, as elsewhere in the
// decoder.
func TestInvalidUTF8(t *testing.T) {
	c := newClient(t, ews.Config{Endpoint: serve(t, handler(200, xmlType, strings.Replace(ok, "hi", "h\xffi", 1))).URL})
	res, err := getItem(t, c)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%+v", res.ResponseMessages[0].Items[0]); !strings.Contains(got, "h\uFFFDi") {
		t.Errorf("item %s, want a subject with U+FFFD", got)
	}
}

// TestLimitIsExact: an answer of the very size passes.
func TestLimitIsExact(t *testing.T) {
	for _, chunked := range []bool{false, true} {
		h := handler(200, xmlType, ok)
		if chunked {
			h = func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", xmlType)
				_, _ = io.WriteString(w, ok[:10])
				w.(http.Flusher).Flush()
				_, _ = io.WriteString(w, ok[10:])
			}
		}
		url := serve(t, h).URL
		if _, err := getItem(t, newClient(t, ews.Config{Endpoint: url, MaxResponseBytes: int64(len(ok))})); err != nil {
			t.Errorf("chunked %v: %v", chunked, err)
		}
		var large *ews.TooLargeError
		if _, err := getItem(t, newClient(t, ews.Config{Endpoint: url, MaxResponseBytes: int64(len(ok)) - 1})); !errors.As(err, &large) {
			t.Errorf("chunked %v, a byte less: %v", chunked, err)
		}
	}
}

func TestGzip(t *testing.T) {
	var asked string
	s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.Header.Get("Accept-Encoding")
		w.Header().Set("Content-Type", xmlType)
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = io.WriteString(w, gzipped(ok))
	}))
	if _, err := getItem(t, newClient(t, ews.Config{Endpoint: s.URL})); err != nil || asked != "gzip" {
		t.Errorf("unpacked by the transport: %v, asked for %q", err, asked)
	}
	h := &http.Client{Transport: &http.Transport{DisableCompression: true}}
	if _, err := getItem(t, newClient(t, ews.Config{Endpoint: s.URL, HTTPClient: h})); err != nil || asked != "" {
		t.Errorf("unpacked by the client: %v, asked for %q", err, asked)
	}
}

func TestPartialFailureIsData(t *testing.T) {
	c := newClient(t, ews.Config{Endpoint: serve(t, handler(200, xmlType, parts(part("NoError"), part("ErrorItemNotFound")))).URL})
	res, err := getItem(t, c)
	if err != nil {
		t.Fatal(err)
	}
	errs := ews.Errors(messages.OpGetItem, res)
	if len(errs) != 2 || errs[0] != nil || !errors.Is(errs[1], messages.ErrorItemNotFound) || !errors.Is(errs[1], fs.ErrNotExist) {
		t.Errorf("errors %v, want one ErrorItemNotFound", errs)
	}
}

func TestRequestError(t *testing.T) {
	c, server := faked(t, ews.Config{}, func(int, *http.Request, string) (*http.Response, error) { return xmlAnswer(ok), nil })
	two := getItemRequest()
	two.ItemIDs[0] = nil
	var none *messages.GetItemRequest
	for name, req := range map[string]messages.Marshaler{"nil": nil, "nil pointer": none, "nil in it": two} {
		var re *ews.RequestError
		if err := c.Invoke(t.Context(), messages.OpGetItem, req, new(messages.GetItemResponse)); !errors.As(err, &re) {
			t.Errorf("%s: error %v, want a RequestError", name, err)
		}
	}
	if server.count() != 0 {
		t.Errorf("%d requests were sent", server.count())
	}
}

func TestNewRefuses(t *testing.T) {
	const good = "https://mail.example.com/EWS/Exchange.asmx"
	for name, cfg := range map[string]ews.Config{
		"nothing":           {},
		"no scheme":         {Endpoint: "mail.example.com"},
		"other scheme":      {Endpoint: "ftp://x/y"},
		"no host":           {Endpoint: "https://"},
		"password":          {Endpoint: "https://ann:hunter2@mail.example.com/EWS/Exchange.asmx"},
		"malformed":         {Endpoint: "https://ann:hunter2@mail.example.com:x/"},
		"secret in a query": {Endpoint: "ftp://x/?token=hunter2"},
		"timeout":           {Endpoint: good, Timeout: -1},
		"size":              {Endpoint: good, MaxResponseBytes: -1},
		"concurrency":       {Endpoint: good, MaxConcurrent: -1},
		"trace":             {Endpoint: good, TraceBytes: -1},
		"limiter":           {Endpoint: good, Limiter: &ews.Limiter{Max: -1}},
		"streams":           {Endpoint: good, Limiter: &ews.Limiter{Streams: -1}},
		"two limits":        {Endpoint: good, Limiter: new(ews.Limiter), MaxConcurrent: 5},
		"nil middleware":    {Endpoint: good, Middleware: []ews.Middleware{nil}},
		"nil from it":       {Endpoint: good, Middleware: []ews.Middleware{func(messages.Invoker) messages.Invoker { return nil }}},
		"user agent":        {Endpoint: good, UserAgent: "a\r\nX-Evil: 1"},
		"anchor":            {Endpoint: good, AnchorMailbox: "a\nb"},
	} {
		if _, err := ews.New(cfg); err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "Config.") {
			t.Errorf("%s: error %v, want one that names a field and no password", name, err)
		}
	}
}

// TestCapturedAnswers sends each captured answer through the client: it
// decodes, or gives one of the package's errors.
func TestCapturedAnswers(t *testing.T) {
	files, _ := filepath.Glob("../../shared/wire/third-party-server/*.resp.xml")
	if len(files) == 0 {
		t.Skip("no captured traffic at hand")
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".resp.xml")
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			call := func(status int, op *messages.Operation) error {
				// Requests are empty, and not for the outside judge.
				transport := &fake{f: func(int, *http.Request, string) (*http.Response, error) {
					return answer(status, xmlType, string(data)), nil
				}}
				c, err := ews.New(ews.Config{Endpoint: "https://x/", HTTPClient: &http.Client{Transport: transport}})
				if err != nil {
					t.Fatal(err)
				}
				return c.Invoke(t.Context(), op, op.NewRequest(), op.NewResponse())
			}
			for _, op := range messages.Operations() {
				if !strings.Contains(string(data), op.Response+">") && !strings.Contains(string(data), op.Response+" ") {
					continue
				}
				var re *ews.ResponseError
				if err := call(200, op); err != nil && !errors.As(err, &re) {
					t.Error(err)
				}
				return
			}
			err = call(500, messages.OpGetItem)
			var fe *ews.FaultError
			var de *ews.DecodeError
			if !errors.As(err, &fe) && !errors.As(err, &de) {
				t.Errorf("error %v, want a fault or a decode error", err)
			}
		})
	}
}

// TestLongHeader: the headers of an answer are bounded, too.
func TestLongHeader(t *testing.T) {
	s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Long", strings.Repeat("long ", 100_000))
		handler(200, xmlType, ok)(w, r)
	}))
	rt := ews.NewTransport()
	defer rt.CloseIdleConnections()
	_, err := getItem(t, newClient(t, ews.Config{Endpoint: s.URL, HTTPClient: &http.Client{Transport: rt}}))
	var transport *ews.TransportError
	if !errors.As(err, &transport) || !strings.Contains(err.Error(), "headers exceeded") {
		t.Errorf("error %v", err)
	}
}
