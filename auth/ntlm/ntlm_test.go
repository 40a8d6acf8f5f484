package ntlm_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
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

const password = "Password"

// client returns an http.Client that authenticates by m.
func client(t testing.TB, s *server, m auth.Method) *http.Client {
	t.Helper()
	c := &http.Client{Transport: m.Wrap(s.Client().Transport)}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// post sends a body, which can be had again, and returns what came.
func post(t testing.TB, c *http.Client, url, body string) (int, string) {
	t.Helper()
	res, err := c.Post(url, "text/xml", strings.NewReader(body))
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Error(err)
	}
	return res.StatusCode, string(b)
}

// tally is what a server has seen.
type tally struct {
	Conns, Challenges, Accepted, Refused, Anonymous int
	Read                                            int64
}

func (s *server) tally() tally {
	s.mu.Lock()
	defer s.mu.Unlock()
	return tally{len(s.conns), s.challenges, s.accepted, s.refused, s.anonymous, s.read}
}

func TestUsers(t *testing.T) {
	method := func(c ntlm.Config) auth.Method {
		m, err := c.Method()
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	for _, tt := range []struct {
		name    string
		m       auth.Method
		user    string
		station string
	}{
		{"domain and name", ntlm.New(`Domain\User`, password), `Domain\User`, ""},
		{"principal name", ntlm.New("user@example.com", password), `\user@example.com`, ""},
		{"no domain and principal name", ntlm.New(`\user@example.com`, password), `\user@example.com`, ""},
		{"name alone", ntlm.New("User", password), `\User`, ""},
		{"domain given", method(ntlm.Config{User: "User", Domain: "Domain", Password: password}), `Domain\User`, ""},
		{"hash", method(ntlm.Config{User: `Domain\User`, Hash: auth.Secret(strings.ToUpper(ntHash))}), `Domain\User`, ""},
		{"workstation", method(ntlm.Config{User: `Domain\User`, Password: password, Workstation: "DESK7"}), `Domain\User`, "DESK7"},
		{"beyond ASCII", ntlm.New(`Dömäne\Jörg`, password), `Dömäne\Jörg`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, &server{}, plain)
			status, text := post(t, client(t, s, tt.m), s.URL, "<a/>")
			if status != 200 || text != "hello "+tt.user || s.station != tt.station {
				t.Errorf("%d %q from workstation %q, want 200 %q from %q", status, text, s.station, "hello "+tt.user, tt.station)
			}
		})
	}
}

func TestConfig(t *testing.T) {
	for _, tt := range []struct {
		c    ntlm.Config
		want string // part of the error
	}{
		{ntlm.Config{Password: password}, "User is empty"},
		{ntlm.Config{User: "a"}, "neither"},
		{ntlm.Config{User: "a", Password: password, Hash: ntHash}, "both"},
		{ntlm.Config{User: `D\a`, Domain: "D", Password: password}, "has a domain in it"},
		{ntlm.Config{User: "a@b", Domain: "D", Password: password}, "has a domain in it"},
		{ntlm.Config{User: "a", Hash: "tooshort"}, "32 hexadecimal"},
		{ntlm.Config{User: "a", Hash: ntHash + "00"}, "32 hexadecimal"},
		{ntlm.Config{User: "a", Hash: auth.Secret("x" + ntHash[1:])}, "32 hexadecimal"},
		{ntlm.Config{User: "a", Password: password, MaxIdle: -1}, "MaxIdle"},
	} {
		_, err := tt.c.Method()
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v: error %v, want one with %q", tt.c, err, tt.want)
		}
	}
	_, err := ntlm.New("", password).Wrap(http.DefaultTransport).RoundTrip(request(t, "http://127.0.0.1:1/"))
	var he *ntlm.HandshakeError
	if !errors.As(err, &he) {
		t.Errorf("without a user: %v", err)
	}
}

func request(t testing.TB, url string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader("<a/>"))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestSecretsDoNotShow(t *testing.T) {
	const secret = "hunter2-correct-horse"
	c := ntlm.Config{User: "ann", Password: secret}
	m, err := c.Method()
	if err != nil {
		t.Fatal(err)
	}
	type holder struct{ m auth.Method }
	for _, v := range []any{c, &c, m, holder{m}, &holder{m}, m.Wrap(nil), ntlm.New("ann", secret)} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			if s := fmt.Sprintf(verb, v); strings.Contains(s, secret) || strings.Contains(s, fmt.Sprintf("%x", secret)) {
				t.Errorf("the secret shows in %s", s)
			}
		}
	}
	if got := fmt.Sprint(m); got != "NTLM ann" {
		t.Errorf("printed %q", got)
	}
}

func TestSchemes(t *testing.T) {
	for _, tt := range []struct {
		name    string
		offers  []string
		status  int
		want    tally
		offered string
	}{
		{"NTLM", []string{"NTLM"}, 200, tally{Conns: 1, Challenges: 1, Accepted: 1, Read: 4}, ""},
		{"both", []string{"Negotiate", "NTLM"}, 200, tally{Conns: 1, Challenges: 1, Accepted: 1, Read: 4}, ""},
		{"Negotiate", []string{"Negotiate"}, 200, tally{Conns: 1, Challenges: 1, Accepted: 1, Read: 4}, ""},
		{"neither", []string{`Basic realm="x"`}, 401, tally{Conns: 1}, `Basic realm="x"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, &server{schemes: tt.offers}, plain)
			c := client(t, s, ntlm.New(`Domain\User`, password))
			res, err := c.Do(request(t, s.URL))
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode != tt.status || res.Header.Get("WWW-Authenticate") != tt.offered {
				t.Errorf("status %d, offers %q", res.StatusCode, res.Header.Get("WWW-Authenticate"))
			}
			if diff := cmp.Diff(tt.want, s.tally()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestConnectionsAreKept: many calls at once, one handshake a connection, and
// each body sent once.
func TestConnectionsAreKept(t *testing.T) {
	const callers, calls = 8, 50
	for name, start := range transports {
		t.Run(name, func(t *testing.T) {
			s := serve(t, &server{schemes: []string{"Negotiate", "NTLM"}}, start)
			c := client(t, s, ntlm.New(`Domain\User`, password))
			var wg sync.WaitGroup
			for range callers {
				wg.Go(func() {
					for range calls {
						if status, _ := post(t, c, s.URL, "<a/>"); status != 200 {
							t.Errorf("status %d", status)
						}
					}
				})
			}
			wg.Wait()
			got := s.tally()
			want := tally{Conns: got.Conns, Challenges: got.Conns, Accepted: got.Conns, Read: callers * calls * 4}
			if diff := cmp.Diff(want, got); diff != "" || got.Conns > callers {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

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

// oneShot is a body that cannot be had again.
type oneShot struct{ io.Reader }

func TestBodies(t *testing.T) {
	big := strings.Repeat("x", 1<<20)
	for _, tt := range []struct {
		name string
		body func() io.Reader
	}{
		{"repeatable", func() io.Reader { return strings.NewReader(big) }},
		{"one-shot", func() io.Reader { return oneShot{strings.NewReader(big)} }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, &server{}, plain)
			next, hungUp := watched(s)
			c := &http.Client{Transport: ntlm.New(`Domain\User`, password).Wrap(next)}
			t.Cleanup(c.CloseIdleConnections)
			const n = 3
			for i := range n {
				if i == n-1 {
					s.CloseClientConnections()
					if strings.HasPrefix(tt.name, "repeatable") {
						<-hungUp
					}
				}
				res, err := c.Post(s.URL, "text/xml", tt.body())
				if err != nil {
					t.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, res.Body)
				res.Body.Close()
				if res.StatusCode != 200 {
					t.Errorf("status %d", res.StatusCode)
				}
			}
			if got := s.tally(); got.Read != n<<20 {
				t.Errorf("the server read %d bytes, want each body once: %d", got.Read, n<<20)
			}
		})
	}
}

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
