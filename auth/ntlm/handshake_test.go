package ntlm_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/auth/ntlm"
)

// TestWrongPassword: one attempt, and the answer as the server gave it; of
// several at once, too.
func TestWrongPassword(t *testing.T) {
	s := serve(t, &server{}, plain)
	c := client(t, s, ntlm.New(`Domain\User`, "wrong"))
	status, text := post(t, c, s.URL, "<a/>")
	if status != 401 || text != "who are you?" {
		t.Errorf("%d %q", status, text)
	}
	if diff := cmp.Diff(tally{Conns: 1, Challenges: 1, Refused: 1, Read: 4}, s.tally()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestWrongPasswordOfMany: who waits for the first outcome gets it, too.
func TestWrongPasswordOfMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		attempts := 0
		hold := make(chan struct{})
		rt := ntlm.New(`Domain\User`, "wrong").Wrap(&scripted{func(r *http.Request) *http.Response {
			<-hold
			res := &http.Response{StatusCode: 401, Header: http.Header{"X-Id": {"7"}}, Body: io.NopCloser(strings.NewReader("who are you?")), Request: r}
			if r.ContentLength == 0 {
				res.Header.Set("WWW-Authenticate", "NTLM "+base64.StdEncoding.EncodeToString(challengeMessage(make([]byte, 8))))
			} else {
				attempts++
			}
			return res
		}})
		for range 8 {
			go func() {
				r := request(t, "http://127.0.0.1/")
				res, err := rt.RoundTrip(r)
				if err != nil {
					t.Error(err)
					return
				}
				if b, _ := io.ReadAll(res.Body); res.StatusCode != 401 || string(b) != "who are you?" || res.Header.Get("X-Id") != "7" || res.Request == nil {
					t.Errorf("status %d, %q, %v", res.StatusCode, b, res.Header)
				}
				res.Body.Close()
			}()
		}
		synctest.Wait() // one is at the server, the others wait for it
		close(hold)
		synctest.Wait()
		if attempts != 1 {
			t.Errorf("%d attempts with a wrong password by 8 requests at once", attempts)
		}
		// The next one tries for itself: the account may be unlocked now.
		if res, err := rt.RoundTrip(request(t, "http://127.0.0.1/")); err != nil || res.StatusCode != 401 || attempts != 2 {
			t.Errorf("%v, %v after %d attempts", res, err, attempts)
		}
	})
}

// forker calls f before each request.
type forker struct {
	next http.RoundTripper
	f    func(*http.Request)
}

func (f *forker) RoundTrip(r *http.Request) (*http.Response, error) {
	f.f(r)
	return f.next.RoundTrip(r)
}

func (f *forker) Fork(change func(*http.Transport)) (http.RoundTripper, error) {
	next, err := auth.Fork(f.next, change)
	return &forker{next, f.f}, err
}

func (f *forker) CloseIdleConnections() { auth.CloseIdleConnections(f.next) }

// TestForgetfulServer is one that takes a handshake for each request: that is
// found out once.
func TestForgetfulServer(t *testing.T) {
	s := serve(t, &server{forgets: true}, plain)
	c := client(t, s, ntlm.New(`Domain\User`, password))
	for range 5 {
		if status, _ := post(t, c, s.URL, "<a/>"); status != 200 {
			t.Errorf("status %d", status)
		}
	}
	if diff := cmp.Diff(tally{Conns: 1, Challenges: 5, Accepted: 5, Anonymous: 1, Read: 6 * 4}, s.tally()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestAnonymous is a server that does not ask who it is.
func TestAnonymous(t *testing.T) {
	n := 0
	s := serve(t, &server{schemes: []string{"NTLM"}}, plain)
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n++
		b, _ := io.ReadAll(r.Body)
		_, _ = w.Write(b)
	})
	c := client(t, s, ntlm.New(`Domain\User`, password))
	for range 3 {
		if status, text := post(t, c, s.URL, "<a/>"); status != 200 || text != "<a/>" {
			t.Errorf("%d %q", status, text)
		}
	}
	if n != 4 {
		t.Errorf("%d requests, want one for the first handshake, and one for each call", n)
	}
}

func TestHandshakeErrors(t *testing.T) {
	for _, tt := range []struct {
		name string
		s    *server
		raw  string // challenge
		want string
	}{
		{"hangs up", &server{hangsUp: true}, "", "closes the connection"},
		{"Kerberos only", nil, "Negotiate", "may want Kerberos"},
		{"no base64", nil, "NTLM a", "no base64"},
		{"no NTLM", nil, "NTLM YIIBIjANBgkqhkiG9w0BAQEF", "no challenge"},
		{"cut off", nil, "NTLM " + base64.StdEncoding.EncodeToString(challengeMessage(make([]byte, 8))[:80]), "cut off"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := tt.s
			if s == nil {
				s = &server{}
			}
			s = serve(t, s, plain)
			if tt.raw != "" {
				s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("WWW-Authenticate", tt.raw)
					w.WriteHeader(401)
				})
			}
			_, err := client(t, s, ntlm.New(`Domain\User`, password)).Do(request(t, s.URL))
			var he *ntlm.HandshakeError
			var unsent auth.Unsent
			if !errors.As(err, &he) || !errors.As(err, &unsent) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want a HandshakeError with %q", err, tt.want)
			}
		})
	}
}

// TestNoConnectionsOfItsOwn: a round tripper that cannot be forked is refused,
// and its request's body closed.
func TestNoConnectionsOfItsOwn(t *testing.T) {
	r := request(t, "http://127.0.0.1:1/")
	b := &closing{Reader: bytes.NewReader(nil)}
	r.Body = b
	_, err := ntlm.New("a", "b").Wrap(only{}).RoundTrip(r)
	var fe *auth.ForkError
	if !errors.As(err, &fe) || !b.closed {
		t.Errorf("error %v, body closed: %v", err, b.closed)
	}
}

type only struct{}

func (only) RoundTrip(*http.Request) (*http.Response, error) { return nil, errors.New("not reached") }

type closing struct {
	io.Reader
	closed bool
}

func (c *closing) Close() error { c.closed = true; return nil }

func TestCancelled(t *testing.T) {
	gone := errors.New("gone")
	for _, at := range []string{"challenge", "answer"} {
		t.Run(at, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			s := serve(t, &server{}, plain)
			next := &forker{s.Client().Transport, func(r *http.Request) {
				if (r.ContentLength == 0) == (at == "challenge") {
					cancel(gone)
				}
			}}
			c := &http.Client{Transport: ntlm.New(`Domain\User`, password).Wrap(next)}
			t.Cleanup(c.CloseIdleConnections)
			if _, err := c.Do(request(t, s.URL).WithContext(ctx)); !errors.Is(err, context.Canceled) && !errors.Is(err, gone) {
				t.Errorf("error %v", err)
			}
			// Another one is not held up.
			if status, _ := post(t, client(t, s, ntlm.New(`Domain\User`, password)), s.URL, "<a/>"); status != 200 {
				t.Errorf("status %d", status)
			}
		})
	}
}

// TestWaitEnds: who waits for the first outcome does so no longer than its
// context, and has sent nothing.
func TestWaitEnds(t *testing.T) {
	gone := errors.New("gone")
	hold, held := make(chan struct{}), make(chan struct{})
	var once sync.Once
	s := serve(t, &server{}, plain)
	c := &http.Client{Transport: ntlm.New(`Domain\User`, password).Wrap(&forker{s.Client().Transport, func(*http.Request) {
		once.Do(func() { close(held) })
		<-hold
	}})}
	t.Cleanup(c.CloseIdleConnections)
	var wg sync.WaitGroup
	wg.Go(func() { post(t, c, s.URL, "<a/>") })
	<-held
	ctx, cancel := context.WithCancelCause(t.Context())
	wg.Go(func() {
		_, err := c.Transport.RoundTrip(request(t, s.URL).WithContext(ctx))
		var unsent auth.Unsent
		if !errors.Is(err, gone) || !errors.As(err, &unsent) {
			t.Errorf("error %v", err)
		}
		close(hold)
	})
	cancel(gone)
	wg.Wait()
}
