package ntlm_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/auth/ntlm"
	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/gen/messages"
)

var transports = map[string]func(*httptest.Server){"plain": plain, "TLS": overTLS}

// certificate returns one for loopback, signed with a hash of that size.
func certificate(t *testing.T, curve elliptic.Curve) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func TestChannelBinding(t *testing.T) {
	unbound, err := ntlm.Config{User: `Domain\User`, Password: password, NoChannelBinding: true}.Method()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		m      auth.Method
		start  func(*httptest.Server)
		wants  bool
		bound  bool
		status int
	}{
		{"RSA", ntlm.New(`Domain\User`, password), overTLS, true, true, 200},
		{"SHA-256", ntlm.New(`Domain\User`, password), with(certificate(t, elliptic.P256())), true, true, 200},
		{"SHA-384", ntlm.New(`Domain\User`, password), with(certificate(t, elliptic.P384())), true, true, 200},
		{"SHA-512", ntlm.New(`Domain\User`, password), with(certificate(t, elliptic.P521())), true, true, 200},
		{"plain HTTP", ntlm.New(`Domain\User`, password), plain, false, false, 200},
		{"left out", unbound, overTLS, false, false, 200},
		{"left out, and wanted", unbound, overTLS, true, false, 401},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, &server{binding: tt.wants}, tt.start)
			status, _ := post(t, client(t, s, tt.m), s.URL, "<a/>")
			if status != tt.status || s.bound != tt.bound {
				t.Errorf("status %d, bound: %v; want %d, %v", status, s.bound, tt.status, tt.bound)
			}
		})
	}
}

func with(c tls.Certificate) func(*httptest.Server) {
	return func(s *httptest.Server) {
		s.TLS = &tls.Config{Certificates: []tls.Certificate{c}}
		s.StartTLS()
	}
}

// TestTLSEndsElsewhere: what a proxy in the middle passes on is not taken.
func TestTLSEndsElsewhere(t *testing.T) {
	s := serve(t, &server{binding: true}, with(certificate(t, elliptic.P256())))
	to, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	proxy.Transport = s.Client().Transport
	middle := httptest.NewTLSServer(proxy)
	t.Cleanup(middle.Close)
	c := &http.Client{Transport: ntlm.New(`Domain\User`, password).Wrap(middle.Client().Transport)}
	t.Cleanup(c.CloseIdleConnections)
	if status, _ := post(t, c, middle.URL, "<a/>"); status != 401 || !s.bound {
		t.Errorf("status %d", status)
	}
}

// TestHTTP2 is not used, although the server has it and the transport that the
// connections are made after used it already.
func TestHTTP2(t *testing.T) {
	s := serve(t, &server{}, func(s *httptest.Server) {
		s.EnableHTTP2 = true
		s.StartTLS()
	})
	res, err := s.Client().Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.ProtoMajor != 2 {
		t.Fatalf("the server speaks %s", res.Proto)
	}
	res, err = client(t, s, ntlm.New(`Domain\User`, password)).Do(request(t, s.URL))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != 200 || res.ProtoMajor != 1 {
		t.Errorf("%s, status %d", res.Proto, res.StatusCode)
	}
}

// TestDrops: the server hangs up while nothing is under way. What follows has
// a handshake, and its body is sent once.
func TestDrops(t *testing.T) {
	for name, start := range transports {
		t.Run(name, func(t *testing.T) {
			s := serve(t, &server{}, start)
			next, hungUp := watched(s)
			c := &http.Client{Transport: ntlm.New(`Domain\User`, password).Wrap(next)}
			t.Cleanup(c.CloseIdleConnections)
			for range 3 {
				for range 2 {
					if status, _ := post(t, c, s.URL, "<a/>"); status != 200 {
						t.Errorf("status %d", status)
					}
				}
				s.CloseClientConnections()
				<-hungUp
			}
			if diff := cmp.Diff(tally{Conns: 3, Challenges: 3, Accepted: 3, Read: 24}, s.tally()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// watched returns a transport to s, and a channel that gets a value when it has
// closed a connection.
func watched(s *server) (*http.Transport, <-chan struct{}) {
	closed := make(chan struct{}, 100)
	t := s.Client().Transport.(*http.Transport).Clone()
	t.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, addr)
		return &watchedConn{Conn: c, closed: closed}, err
	}
	return t, closed
}

type watchedConn struct {
	net.Conn
	once   sync.Once
	closed chan<- struct{}
}

func (c *watchedConn) Close() error {
	c.once.Do(func() { c.closed <- struct{}{} })
	return c.Conn.Close()
}

// TestDeadConnection: a connection that dies under a request ends it. It is
// not repeated.
func TestDeadConnection(t *testing.T) {
	var n atomic.Int32
	s := serve(t, &server{}, plain)
	s.handler = func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1) == 2 {
			panic(http.ErrAbortHandler)
		}
	}
	c := client(t, s, ntlm.New(`Domain\User`, password))
	post(t, c, s.URL, "<a/>")
	if res, err := c.Do(request(t, s.URL)); err == nil {
		res.Body.Close()
		t.Errorf("status %d after a connection that died", res.StatusCode)
	}
	if status, _ := post(t, c, s.URL, "<a/>"); status != 200 || n.Load() != 3 {
		t.Errorf("status %d after %d requests", status, n.Load())
	}
}

// TestStreams: an answer that goes on keeps its connection, and others do not
// wait for it.
func TestStreams(t *testing.T) {
	end := make(chan struct{})
	s := serve(t, &server{}, plain)
	s.handler = func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/stream" {
			_, _ = io.WriteString(w, "first ")
			w.(http.Flusher).Flush()
			<-end
			_, _ = io.WriteString(w, "last")
		}
	}
	c := client(t, s, ntlm.New(`Domain\User`, password))
	post(t, c, s.URL, "<a/>")
	var streams []*http.Response
	for range 3 {
		res, err := c.Do(request(t, s.URL+"/stream"))
		if err != nil {
			t.Fatal(err)
		}
		streams = append(streams, res)
	}
	for range 3 {
		if status, _ := post(t, c, s.URL, "<a/>"); status != 200 {
			t.Errorf("status %d", status)
		}
	}
	streams[0].Body.Close() // before its end
	close(end)
	for _, res := range streams[1:] {
		b, err := io.ReadAll(res.Body)
		if err != nil || string(b) != "first last" {
			t.Errorf("%q, %v", b, err)
		}
		res.Body.Close()
	}
	if got := s.tally(); got.Conns != 4 || got.Accepted != 4 {
		t.Errorf("%+v, want 4 connections: 3 of streams, 1 for the rest", got)
	}
	for range 5 {
		post(t, c, s.URL, "<a/>")
	}
	if got := s.tally(); got.Conns > 5 || got.Accepted != got.Conns || got.Anonymous != 0 {
		t.Errorf("%+v: connections are not used again", got)
	}
}

// TestIdle: connections that are idle are bounded, and closed when that is
// asked for.
func TestIdle(t *testing.T) {
	var open, most atomic.Int32
	inside := sync.WaitGroup{}
	s := serve(t, &server{}, func(s *httptest.Server) {
		s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				most.Store(max(most.Load(), open.Add(1)))
			case http.StateClosed:
				open.Add(-1)
			}
		}
		s.Start()
	})
	s.handler = func(http.ResponseWriter, *http.Request) { inside.Done(); inside.Wait() }
	m, err := ntlm.Config{User: `Domain\User`, Password: password, MaxIdle: 2}.Method()
	if err != nil {
		t.Fatal(err)
	}
	c := client(t, s, m)
	inside.Add(1)
	post(t, c, s.URL, "<a/>") // the secret is right: the others go in at once
	inside.Add(6)
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() { post(t, c, s.URL, "<a/>") })
	}
	wg.Wait()
	eventually(t, "2 idle connections", func() bool { return open.Load() == 2 })
	if most.Load() != 6 {
		t.Errorf("%d connections at once, want 6", most.Load())
	}
	c.CloseIdleConnections()
	eventually(t, "no connection", func() bool { return open.Load() == 0 })
}

func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	for range 500 {
		if f() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("there is not: %s", what)
}

// TestMixedConnections goes through a proxy that sends what comes by any of
// its own connections: NTLM does not get through that in general, but nothing
// goes on for ever.
func TestMixedConnections(t *testing.T) {
	s := serve(t, &server{}, plain)
	to, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	fresh := &http.Transport{DisableKeepAlives: true}
	proxy.Transport = fresh // the worst: another connection for each request
	middle := httptest.NewServer(proxy)
	t.Cleanup(middle.Close)
	c := &http.Client{Transport: ntlm.New(`Domain\User`, password).Wrap(middle.Client().Transport)}
	t.Cleanup(c.CloseIdleConnections)
	if status, _ := post(t, c, middle.URL, "<a/>"); status != 401 {
		t.Errorf("status %d", status)
	}
	if diff := cmp.Diff(tally{Conns: 2, Challenges: 1, Refused: 1, Read: 4}, s.tally()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}

	proxy.Transport = nil // one that keeps some
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 5 {
				post(t, c, middle.URL, "<a/>")
			}
		})
	}
	wg.Wait()
	if got := s.tally(); got.Challenges > 1+2*20 {
		t.Errorf("%d handshakes for 20 requests", got.Challenges)
	}
}

// TestProxy goes through a tunnel to a server over TLS, and binds to that.
func TestProxy(t *testing.T) {
	tunnel := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out, err := net.Dial("tcp", r.Host)
		if r.Method != http.MethodConnect || err != nil {
			w.WriteHeader(502)
			return
		}
		w.WriteHeader(200)
		in, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		go func() { _, _ = io.Copy(out, buffered); out.Close() }()
		_, _ = io.Copy(in, out)
		in.Close()
	}))
	t.Cleanup(tunnel.Close)
	s := serve(t, &server{binding: true}, overTLS)
	tr := s.Client().Transport.(*http.Transport).Clone()
	tr.Proxy = func(*http.Request) (*url.URL, error) { return url.Parse(tunnel.URL) }
	c := &http.Client{Transport: ntlm.New(`Domain\User`, password).Wrap(tr)}
	t.Cleanup(c.CloseIdleConnections)
	for range 3 {
		if status, _ := post(t, c, s.URL, "<a/>"); status != 200 {
			t.Errorf("status %d", status)
		}
	}
	if diff := cmp.Diff(tally{Conns: 1, Challenges: 1, Accepted: 1, Read: 12}, s.tally()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestRedirect(t *testing.T) {
	there := serve(t, &server{}, plain)
	here := serve(t, &server{}, plain)
	here.handler = func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, there.URL, http.StatusTemporaryRedirect)
	}
	c := client(t, here, ntlm.New(`Domain\User`, password))
	if status, _ := post(t, c, here.URL, "<a/>"); status != 401 {
		t.Errorf("status %d", status)
	}
	if got := there.tally(); got.Challenges != 0 || got.Anonymous != 1 {
		t.Errorf("the other host saw %+v, want one request without credentials", got)
	}
}

// TestSent: what fails in the handshake was not sent, and package ews says so.
func TestSent(t *testing.T) {
	for _, tt := range []struct {
		name string
		when func(r *http.Request) bool // the server hangs up
		sent bool
	}{
		{"before a challenge", func(r *http.Request) bool { return r.ContentLength == 0 }, false},
		{"after it", func(r *http.Request) bool { return r.ContentLength > 0 }, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, &server{}, plain)
			h := s.Config.Handler
			s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if tt.when(r) {
					panic(http.ErrAbortHandler)
				}
				h.ServeHTTP(w, r)
			})
			c, err := ews.New(ews.Config{Endpoint: s.URL, Auth: ntlm.New(`Domain\User`, password)})
			if err != nil {
				t.Fatal(err)
			}
			_, err = messages.New(c).GetServerTimeZones(t.Context(), &messages.GetServerTimeZonesRequest{})
			var te *ews.TransportError
			if !errors.As(err, &te) || te.Sent != tt.sent {
				t.Errorf("error %v, want a TransportError with Sent %v", err, tt.sent)
			}
		})
	}
	s := serve(t, &server{hangsUp: true}, plain)
	c, err := ews.New(ews.Config{Endpoint: s.URL, Auth: ntlm.New(`Domain\User`, password)})
	if err != nil {
		t.Fatal(err)
	}
	_, err = messages.New(c).GetServerTimeZones(t.Context(), &messages.GetServerTimeZonesRequest{})
	var te *ews.TransportError
	if !errors.As(err, &te) || te.Sent || !strings.Contains(err.Error(), "nothing was sent") || s.tally().Challenges != 3 {
		t.Errorf("error %v after %d handshakes, want a TransportError that was not Sent after 3", err, s.tally().Challenges)
	}
}
