package ntlm_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/auth/ntlm"
)

var transports = map[string]func(*httptest.Server){"plain": plain, "TLS": overTLS}

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
