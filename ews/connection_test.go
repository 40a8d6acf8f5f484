package ews_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/gen/messages"
)

// serveTLS starts a server over TLS; change may change what it speaks.
func serveTLS(t testing.TB, change func(*tls.Config)) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(handler(200, xmlType, ok))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.TLS = new(tls.Config)
	if change != nil {
		change(s.TLS)
	}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// rootsOf trusts the certificate of a server.
func rootsOf(s *httptest.Server) *x509.CertPool {
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return roots
}

func hostOf(s *httptest.Server) string { return s.Listener.Addr().String() }

// oldHello is what a server says that has TLS 1.0 alone and looks at nothing
// newer in what the client says.
var oldHello = "\x16\x03\x01\x00\x2a" + "\x02\x00\x00\x26" + "\x03\x01" + strings.Repeat("r", 32) + "\x00" + "\x00\x2f" + "\x00"

// speaks starts a server that says a text once it has been spoken to, and
// listens from then on.
func speaks(t testing.TB, text string) (address string) {
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
				_, _ = c.Read(make([]byte, 1))
				_, _ = io.WriteString(c, text)
				_, _ = io.Copy(io.Discard, c)
			}()
		}
	}()
	return l.Addr().String()
}

// TestHandshakes: a handshake that fails says what to do, is told from a
// request that was sent, and is not tried again.
func TestHandshakes(t *testing.T) {
	old := serveTLS(t, func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS10 })
	oldCiphers := serveTLS(t, func(c *tls.Config) {
		c.MaxVersion = tls.VersionTLS12
		c.CipherSuites = []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA}
	})
	mutual12 := serveTLS(t, func(c *tls.Config) {
		c.MaxVersion, c.ClientAuth = tls.VersionTLS12, tls.RequireAnyClientCert
	})
	mutual13 := serveTLS(t, func(c *tls.Config) { c.ClientAuth = tls.RequireAnyClientCert })
	stranger := serveTLS(t, func(c *tls.Config) {
		c.MaxVersion, c.ClientAuth, c.ClientCAs = tls.VersionTLS12, tls.RequireAndVerifyClientCert, x509.NewCertPool()
	})
	for _, tt := range []struct {
		name    string
		server  *httptest.Server // or
		address string
		change  func(*tls.Config)
		ok      bool
		sent    bool // a TLS 1.3 server refuses a client's certificate when the request is on its way
		text    string
	}{
		{name: "old version", server: old, text: "see MinVersion"},
		{name: "an old server", address: "https://" + speaks(t, oldHello), text: "set MinVersion"},
		{name: "old version, allowed", server: old, change: func(c *tls.Config) { c.MinVersion = tls.VersionTLS10 }, ok: true},
		{name: "old ciphers", server: oldCiphers, text: "see MinVersion and CipherSuites"},
		{name: "old ciphers, allowed", server: oldCiphers, change: func(c *tls.Config) { c.CipherSuites = []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA} }, ok: true},
		{name: "too new a version", server: old, change: func(c *tls.Config) { c.MinVersion = tls.VersionTLS13 }, text: "MinVersion"},
		{name: "no client certificate", server: mutual12, text: "client"},
		{name: "no client certificate, TLS 1.3", server: mutual13, sent: true, text: "it wants a client certificate"},
		{name: "another's client certificate", server: stranger, change: func(c *tls.Config) { c.Certificates = stranger.TLS.Certificates }, text: "does not take the client's certificate"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var opened atomic.Int64
			config := new(tls.Config)
			if tt.server != nil {
				tt.address, config.RootCAs = tt.server.URL, rootsOf(tt.server)
			}
			if tt.change != nil {
				tt.change(config)
			}
			transport := &http.Transport{TLSClientConfig: config, DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				opened.Add(1)
				return new(net.Dialer).DialContext(ctx, network, address)
			}}
			defer transport.CloseIdleConnections()
			c := newClient(t, ews.Config{Endpoint: tt.address, HTTPClient: &http.Client{Transport: transport}, Retry: &ews.Retry{MinWait: time.Millisecond}})
			_, err := getItem(t, c)
			if tt.ok {
				if err != nil {
					t.Error(err)
				}
				return
			}
			var te *ews.TransportError
			if !errors.As(err, &te) || te.Sent && !tt.sent || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("error %v, want one with %q, sent: %v", err, tt.text, tt.sent)
			}
			// Where the request is on its way, a reset may be ahead of what the server says.
			if n := opened.Load(); n != 1 && !tt.sent {
				t.Errorf("%d connections, want 1", n)
			}
		})
	}
}

// TestPerHost: what is said of one host holds for it alone, also for methods
// that have connections of their own.
func TestPerHost(t *testing.T) {
	// httptest's servers have one certificate: another is known by its address.
	a, b := serveTLS(t, nil), serveTLS(t, nil)
	var proxied atomic.Int64
	rt := ews.PerHost(nil, map[string]func(*http.Transport){
		hostOf(a): func(t *http.Transport) { t.TLSClientConfig = &tls.Config{RootCAs: rootsOf(a)} },
		"Elsewhere.example.com": func(t *http.Transport) {
			t.Proxy = func(*http.Request) (*url.URL, error) { proxied.Add(1); return nil, errors.New("no way") }
		},
		"nothing.example.com": nil,
	})
	forked, err := auth.Fork(rt, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, rt := range map[string]http.RoundTripper{"itself": rt, "forked": forked} {
		get := func(url string) error {
			c := newClient(t, ews.Config{Endpoint: url, HTTPClient: &http.Client{Transport: rt}})
			_, err := getItem(t, c)
			c.CloseIdleConnections()
			return err
		}
		var unknown x509.UnknownAuthorityError
		if err := get(a.URL); err != nil {
			t.Errorf("%s: its own host: %v", name, err)
		}
		if err := get(b.URL); !errors.As(err, &unknown) || !strings.Contains(err.Error(), "ews.PerHost") {
			t.Errorf("%s: another host: %v, want an unknown authority", name, err)
		}
		before := proxied.Load()
		if err := get("https://ELSEWHERE.example.com:444/"); err == nil || proxied.Load() != before+1 {
			t.Errorf("%s: a host by name, at any port: %v", name, err)
		}
	}
	if _, err := ews.New(ews.Config{Endpoint: a.URL, HTTPClient: &http.Client{Transport: rt}, InsecureSkipVerify: true, Logger: slog.New(slog.DiscardHandler)}); err != nil {
		t.Error(err)
	}
}

// TestInsecureIsLoud: each client that does not verify says so when it is made,
// whoever switched that off.
func TestInsecureIsLoud(t *testing.T) {
	s := serveTLS(t, nil)
	off := &tls.Config{InsecureSkipVerify: true}
	plain := serve(t, handler(200, xmlType, ok))
	for _, tt := range []struct {
		name string
		cfg  ews.Config
		warn bool
	}{
		{"by Config", ews.Config{Endpoint: s.URL, InsecureSkipVerify: true}, true},
		{"by Config and with a transport", ews.Config{Endpoint: s.URL, InsecureSkipVerify: true, HTTPClient: &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{ServerName: "other.example.org"}}}}, true},
		{"by the transport", ews.Config{Endpoint: s.URL, HTTPClient: &http.Client{Transport: &http.Transport{TLSClientConfig: off}}}, true},
		{"for one host", ews.Config{Endpoint: s.URL, HTTPClient: &http.Client{Transport: ews.PerHost(nil, map[string]func(*http.Transport){hostOf(s): func(t *http.Transport) { t.TLSClientConfig = off }})}}, true},
		{"verified otherwise", ews.Config{Endpoint: s.URL, HTTPClient: &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{
			InsecureSkipVerify: true, VerifyConnection: func(tls.ConnectionState) error { return nil },
		}}}}, false},
		{"roots", ews.Config{Endpoint: s.URL, HTTPClient: &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: rootsOf(s)}}}}, false},
		{"no TLS", ews.Config{Endpoint: plain.URL, InsecureSkipVerify: true}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out locked
			tt.cfg.Logger = slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelWarn}))
			for range 2 {
				c, err := ews.New(tt.cfg)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := getItem(t, c); err != nil {
					t.Error(err)
				}
				c.CloseIdleConnections()
			}
			if n := strings.Count(out.String(), "certificates are not verified"); n != 2 && tt.warn || n != 0 && !tt.warn {
				t.Errorf("said %d times:\n%s", n, out.String())
			}
		})
	}
	var fork *auth.ForkError
	if _, err := ews.New(ews.Config{Endpoint: s.URL, InsecureSkipVerify: true, HTTPClient: &http.Client{Transport: &fake{}}}); !errors.As(err, &fork) || !strings.Contains(err.Error(), "InsecureSkipVerify") {
		t.Errorf("over something else than an http.Transport: %v, want a ForkError", err)
	}
}

// TestCloseIdleConnections: those that no request uses, through the
// authentication; the client goes on.
func TestCloseIdleConnections(t *testing.T) {
	states := make(chan http.ConnState, 10)
	s := httptest.NewUnstartedServer(handler(200, xmlType, ok))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew || state == http.StateClosed {
			states <- state
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	c := newClient(t, ews.Config{Endpoint: s.URL, Auth: auth.NewVariable(auth.Basic("ann", "pw"))})
	for range 2 {
		for range 2 {
			if _, err := getItem(t, c); err != nil {
				t.Fatal(err)
			}
		}
		c.With(ews.ActAs("a@example.com")).CloseIdleConnections()
		if a, b := <-states, <-states; a != http.StateNew || b != http.StateClosed {
			t.Errorf("connections %v, %v; want new, closed", a, b)
		}
	}
}

// connectProxy is a proxy that answers CONNECT with a line, then closes.
func connectProxy(t testing.TB, answer string) (*url.URL, *atomic.Int64) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	var asked atomic.Int64
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			asked.Add(1)
			if r, err := http.ReadRequest(bufio.NewReader(c)); err == nil && r.Method == http.MethodConnect {
				_, _ = io.WriteString(c, answer)
			}
			_ = c.Close()
		}
	}()
	return &url.URL{Scheme: "http", Host: l.Addr().String(), User: url.UserPassword("ann", "hunter2")}, &asked
}

// TestProxyRefuses: the error says that it was the proxy, and what to do; only
// what may pass is tried again.
func TestProxyRefuses(t *testing.T) {
	for _, tt := range []struct {
		answer string
		asked  int64
		text   string
	}{
		{"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n", 1, "the proxy wants a user and a password"},
		{"HTTP/1.0 407 Proxy authentication required\r\n\r\n", 1, "the proxy wants a user and a password"},
		{"HTTP/1.0 401 Unauthorized\r\n\r\n", 1, "the proxy wants a user and a password"},
		{"HTTP/1.1 403 Forbidden\r\n\r\n", 1, "does not let anybody"},
		{"HTTP/1.1 403 Access violation\r\n\r\n", 1, "does not let anybody"},
		{"HTTP/1.1 502 Bad Gateway\r\n\r\n", 3, "so says the proxy"},
		{"HTTP/1.1 503 Service Unavailable\r\n\r\n", 3, "so says the proxy"},
		{"HTTP/1.1 504 Gateway Timeout\r\n\r\n", 3, "so says the proxy"},
		{"", 3, "EOF"},
	} {
		t.Run(strings.TrimSpace(tt.answer), func(t *testing.T) {
			proxy, asked := connectProxy(t, tt.answer)
			for _, transport := range []*http.Transport{ews.NewTransport(), {}} {
				if transport.OnProxyConnectResponse == nil && strings.Contains(tt.answer, "violation") {
					continue // there is nothing but a text of the proxy's own
				}
				transport.Proxy = http.ProxyURL(proxy)
				defer transport.CloseIdleConnections()
				asked.Store(0)
				c := newClient(t, ews.Config{Endpoint: "https://mail.example.com/", HTTPClient: &http.Client{Transport: transport}, Retry: &ews.Retry{Attempts: 3, MinWait: time.Millisecond}})
				err := call(t.Context(), c, messages.OpSendItem)
				var te *ews.TransportError
				var pe *ews.ProxyError
				if !errors.As(err, &te) || te.Sent || !strings.Contains(err.Error(), tt.text) || strings.Contains(err.Error(), "hunter2") {
					t.Errorf("error %v, want %q, not sent", err, tt.text)
				}
				if typed := errors.As(err, &pe); typed != (transport.OnProxyConnectResponse != nil && tt.answer != "") {
					t.Errorf("error %v is a ProxyError: %v", err, typed)
				}
				if asked.Load() != tt.asked {
					t.Errorf("the proxy was asked %d times, want %d", asked.Load(), tt.asked)
				}
			}
		})
	}
}

// TestPerClient: proxy, User-Agent, http.Client, version and limits are those
// of one client, also of several for the same endpoint and user.
func TestPerClient(t *testing.T) {
	seen := make(chan string, 10)
	s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		seen <- r.UserAgent() + " " + versionSent.FindStringSubmatch(string(b))[1]
		handler(200, xmlType, ok)(w, r)
	}))
	proxy, asked := connectProxy(t, "")
	through := &http.Transport{Proxy: http.ProxyURL(proxy)}
	cfg := ews.Config{Endpoint: s.URL, Auth: auth.Basic("ann", "pw")}
	a := newClient(t, cfg)
	cfg.UserAgent, cfg.Version, cfg.MaxResponseBytes = "backup/1.0", "Exchange2013", 100
	b := newClient(t, cfg)
	cfg.HTTPClient = &http.Client{Transport: through}
	c := newClient(t, cfg)
	if _, err := getItem(t, a); err != nil {
		t.Error(err)
	}
	var large *ews.TooLargeError
	if _, err := getItem(t, b); !errors.As(err, &large) {
		t.Errorf("error %v, want a TooLargeError", err)
	}
	if _, err := getItem(t, c); err == nil || asked.Load() == 0 {
		t.Errorf("through the proxy: error %v after %d connections", err, asked.Load())
	}
	if diff := cmp.Diff([]string{"goews Exchange2007_SP1", "backup/1.0 Exchange2013"}, []string{<-seen, <-seen}); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestNothingIsRepeatedBelow: the transport below does not send a request again
// by itself, whatever the headers and the operation, once it may have been read.
func TestNothingIsRepeatedBelow(t *testing.T) {
	for _, header := range []http.Header{nil, {"Idempotency-Key": {"1"}, "x-idempotency-key": {}}} {
		for _, op := range []*messages.Operation{messages.OpGetItem, messages.OpSendItem} {
			var bodies atomic.Int64
			s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				b, _ := io.ReadAll(r.Body)
				if r.Header.Get("Idempotency-Key") != "" || len(r.Header.Values("X-Idempotency-Key")) > 0 {
					t.Error("a key is sent")
				}
				if strings.Contains(string(b), "<m:GetFolder>") { // warms the connection up
					handler(200, xmlType, fault("ErrorFolderNotFound"))(w, r)
					return
				}
				bodies.Add(1)
				conn, _, err := http.NewResponseController(w).Hijack()
				if err != nil {
					t.Error(err)
					return
				}
				_ = conn.Close()
			}))
			c := newClient(t, ews.Config{Endpoint: s.URL, Header: header, Version: "Exchange2016"})
			_ = getInbox(t, c)
			err := call(t.Context(), c, op)
			var te *ews.TransportError
			if !errors.As(err, &te) || !te.Sent || bodies.Load() != 1 {
				t.Errorf("%s with %v: error %v, sent %d times, want once and said so", op.Name, header, err, bodies.Load())
			}

			// HTTP/2, which servers since Exchange 2016 may speak: a stream that ends
			// without an answer.
			var streams atomic.Int64
			s2 := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				if r.ProtoMajor != 2 {
					t.Errorf("HTTP/%d", r.ProtoMajor)
				}
				streams.Add(1)
				panic(http.ErrAbortHandler)
			}))
			s2.EnableHTTP2 = true
			s2.StartTLS()
			t.Cleanup(s2.Close)
			transport := ews.NewTransport()
			transport.TLSClientConfig = &tls.Config{RootCAs: rootsOf(s2)}
			c = newClient(t, ews.Config{Endpoint: s2.URL, Header: header, HTTPClient: &http.Client{Transport: transport}})
			if err := call(t.Context(), c, op); !errors.As(err, &te) || !te.Sent || streams.Load() != 1 {
				t.Errorf("%s with %v, HTTP/2: error %v, sent %d times, want once and said so", op.Name, header, err, streams.Load())
			}
		}
	}
}

// TestForeignDefaultTransport: a program may put anything in the place of
// http.DefaultTransport, as for metrics.
func TestForeignDefaultTransport(t *testing.T) {
	s := serve(t, handler(200, xmlType, ok))
	was := http.DefaultTransport
	defer func() { http.DefaultTransport = was }()
	http.DefaultTransport = &fake{f: func(int, *http.Request, string) (*http.Response, error) { return nil, errors.New("not this one") }}
	plain, err := ews.New(ews.Config{Endpoint: s.URL})
	if err != nil {
		t.Fatal(err)
	}
	perHost, err := ews.New(ews.Config{Endpoint: s.URL, HTTPClient: &http.Client{Transport: ews.PerHost(nil, nil)}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []*ews.Client{plain, perHost} {
		if _, err := getItem(t, c); err != nil {
			t.Error(err)
		}
		c.CloseIdleConnections()
	}
}
