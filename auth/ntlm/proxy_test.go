package ntlm_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/auth/ntlm"
	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/gen/messages"
)

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
