package ntlm_test

import (
	"context"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/seed-1937cc67/goews/auth/ntlm"
)

// wired is a server in memory with connections, which it can cut.
type wired struct {
	mu       sync.Mutex
	takes    bool // the secret
	hold     chan struct{}
	attempts int
	conns    []net.Conn
}

// line is one that can have a connection.
type line struct {
	s    *wired
	dial func(context.Context, string, string) (net.Conn, error)
	conn net.Conn
}

// RoundTrip implements http.RoundTripper, for what is forked.
func (s *wired) RoundTrip(*http.Request) (*http.Response, error) { panic("not by a fork") }

func (s *wired) Fork(change func(*http.Transport)) (http.RoundTripper, error) {
	t := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		c, _ := net.Pipe()
		return c, nil
	}}
	change(t)
	return &line{s: s, dial: t.DialContext}, nil
}

// cut ends all connections.
func (s *wired) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		_ = c.Close()
	}
	s.conns = nil
}

func (l *line) alive() bool {
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	for _, c := range l.s.conns {
		if c == l.conn {
			return true
		}
	}
	return false
}

func (l *line) RoundTrip(r *http.Request) (*http.Response, error) {
	if !l.alive() {
		c, err := l.dial(r.Context(), "tcp", "127.0.0.1:80")
		if err != nil {
			return nil, err
		}
		l.conn = c
		l.s.mu.Lock()
		l.s.conns = append(l.s.conns, c)
		l.s.mu.Unlock()
	}
	if t := httptrace.ContextClientTrace(r.Context()); t != nil && t.GotConn != nil {
		t.GotConn(httptrace.GotConnInfo{Conn: l.conn})
	}
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
		_ = r.Body.Close()
	}
	res := &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("")), Request: r}
	token, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(r.Header.Get("Authorization"), "NTLM "))
	if len(token) < 12 {
		return res, nil // by a connection that stands
	}
	if token[8] == 1 {
		res.StatusCode = 401
		res.Header.Set("WWW-Authenticate", "NTLM "+base64.StdEncoding.EncodeToString(challengeMessage(make([]byte, 8))))
		return res, nil
	}
	<-l.s.hold
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	l.s.attempts++
	if !l.s.takes {
		res.StatusCode = 401
		res.Header.Set("WWW-Authenticate", "NTLM")
	}
	return res, nil
}

// TestChangedPassword: when all connections are gone, as after a restart, a
// password that was right before is tried by one first, too.
func TestChangedPassword(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &wired{takes: true, hold: make(chan struct{})}
		rt := ntlm.New(`Domain\User`, password).Wrap(s)
		together := func(status int) int {
			s.mu.Lock()
			s.attempts, s.hold = 0, make(chan struct{})
			s.mu.Unlock()
			for range 8 {
				go func() {
					res, err := rt.RoundTrip(request(t, "http://127.0.0.1/"))
					if err != nil || res.StatusCode != status {
						t.Errorf("%v, %v; want %d", res, err, status)
						return
					}
					_, _ = io.Copy(io.Discard, res.Body)
					res.Body.Close()
				}()
			}
			synctest.Wait()
			close(s.hold)
			synctest.Wait()
			return s.attempts
		}
		if n := together(200); n != 8 {
			t.Errorf("%d connections were authenticated, want 8", n)
		}
		s.cut()
		if n := together(200); n != 8 {
			t.Errorf("%d connections were authenticated after a restart, want 8", n)
		}
		s.cut()
		s.takes = false
		if n := together(401); n != 1 {
			t.Errorf("%d attempts with a password that is no longer right", n)
		}
	})
}

// TestUploadOfADownload: a body that can be read once, as one that another
// request fills, keeps nobody waiting for the outcome of its handshake.
func TestUploadOfADownload(t *testing.T) {
	for name, known := range map[string]bool{"at the start": false, "when no connection stands": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				s := &wired{takes: true, hold: make(chan struct{})}
				close(s.hold)
				rt := ntlm.New(`Domain\User`, password).Wrap(s)
				do := func(body io.Reader) error {
					r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://127.0.0.1/", body)
					if err != nil {
						return err
					}
					res, err := rt.RoundTrip(r)
					if err != nil {
						return err
					}
					_, err = io.Copy(io.Discard, res.Body)
					res.Body.Close()
					return err
				}
				if known {
					if err := do(strings.NewReader("<a/>")); err != nil {
						t.Fatal(err)
					}
					s.cut()
				}
				body, fill := io.Pipe()
				done := make(chan error, 1)
				go func() { done <- do(body) }()
				synctest.Wait() // the upload waits for its body
				go func() {
					err := do(strings.NewReader("<a/>"))
					fill.CloseWithError(err)
				}()
				synctest.Wait()
				select {
				case err := <-done:
					if err != nil {
						t.Error(err)
					}
				default:
					t.Error("each waits for the other")
				}
			})
		})
	}
}
