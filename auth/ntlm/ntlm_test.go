package ntlm_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

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
