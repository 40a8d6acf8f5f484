package auth_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/seed-1937cc67/goews/auth"
)

// fakeMethod says which schemes it answers and sends its name.
type fakeMethod struct {
	name    string
	schemes []string
	err     error
}

func (m fakeMethod) String() string    { return m.name }
func (m fakeMethod) Schemes() []string { return m.schemes }

func (m fakeMethod) Wrap(next http.RoundTripper) http.RoundTripper {
	return auth.RoundTripper(next, func(next http.RoundTripper, r *http.Request) (*http.Response, error) {
		if m.err != nil {
			r.Body.Close()
			return nil, m.err
		}
		r = r.Clone(r.Context())
		if len(m.schemes) == 0 {
			r.Header.Add("Certificate", m.name)
		} else {
			r.Header.Set("Authorization", m.name)
		}
		return next.RoundTrip(r)
	})
}

// silent is a method that does not say which schemes it answers.
type silent struct{ auth.Method }

// offering is a server that takes some, and offers.
type offering struct {
	mu     sync.Mutex
	offers []string
	takes  func(authorization string) bool
	got    []string
}

func (o *offering) RoundTrip(r *http.Request) (*http.Response, error) {
	b, err := io.ReadAll(orEmpty(r.Body))
	if err != nil {
		return nil, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	a := r.Header.Get("Authorization")
	o.got = append(o.got, strings.TrimSpace(fmt.Sprintf("%s %s", a, b)))
	status := 200
	if !o.takes(a) {
		status = 401
	}
	return &http.Response{StatusCode: status, Header: http.Header{"Www-Authenticate": o.offers}, Body: io.NopCloser(strings.NewReader("")), Request: r}, nil
}

func orEmpty(r io.Reader) io.Reader {
	if r == nil {
		return strings.NewReader("")
	}
	return r
}

var (
	asBearer   = fakeMethod{name: "B", schemes: []string{"Bearer"}}
	asKerberos = fakeMethod{name: "K", schemes: []string{"Negotiate"}}
	asNTLM     = fakeMethod{name: "N", schemes: []string{"NTLM", "Negotiate"}}
	asDigest   = fakeMethod{name: "D", schemes: []string{"Digest"}}
	asBasic    = auth.Basic("ann", "x")
	noTicket   = fakeMethod{name: "K", schemes: []string{"Negotiate"}, err: &auth.TokenError{Err: errors.New("no KDC")}}
	noNTLM     = fakeMethod{name: "N", schemes: []string{"NTLM"}, err: &auth.ForkError{}}
	noLogon    = fakeMethod{name: "K", schemes: []string{"Negotiate"}, err: &auth.TokenError{Err: refusedByKDC{}}}
	noToken    = fakeMethod{name: "B", schemes: []string{"Bearer"}, err: &auth.TokenError{Err: errors.New("no token")}}
)

// refusedByKDC is as an error of package kerberos for a wrong password.
type refusedByKDC struct{}

func (refusedByKDC) Error() string { return "wrong password or key" }
func (refusedByKDC) Refused() bool { return true }

const basicHeader = "Basic YW5uOng="

func TestStrongest(t *testing.T) {
	all := []auth.Method{asBasic, asDigest, asNTLM, asKerberos, asBearer}
	for _, tt := range []struct {
		name   string
		url    string
		offers []string
		given  []auth.Method
		want   string // what was sent in the end; empty: an error
	}{
		{"all", "", []string{"Negotiate", "NTLM", "Digest nonce=a", "Basic", exchangeOnline}, all, "B"},
		{"no token taken", "", []string{"Basic", "NTLM", "Negotiate"}, all, "K"},
		{"without Kerberos", "", []string{"Negotiate"}, []auth.Method{asBasic, asNTLM}, "N"},
		{"NTLM by name", "", []string{"NTLM, Basic"}, []auth.Method{asBasic, asKerberos, asNTLM}, "N"},
		{"Digest", "", []string{"Basic", "digest nonce=a"}, all, "D"},
		{"Basic", "", []string{"BASIC realm=x"}, all, basicHeader},
		{"Basic over plain HTTP", "http://mail.example.com/", []string{"Basic"}, all, ""},
		{"allowed over plain HTTP", "http://mail.example.com/", []string{"Basic"}, []auth.Method{auth.AllowPlainHTTP(asBasic)}, basicHeader},
		{"Digest over plain HTTP", "http://mail.example.com/", []string{"Basic", "Digest nonce=a"}, all, "D"},
		{"nothing fits", "", []string{"NTLM"}, []auth.Method{asBasic, asBearer}, ""},
		{"nothing offered", "", nil, all, ""},
		{"nothing given", "", []string{"NTLM"}, nil, ""},
		{"one that does not say", "", []string{"NTLM"}, []auth.Method{asBasic, silent{asKerberos}}, "K"},
		{"no ticket", "", []string{"Negotiate", "Basic"}, []auth.Method{noTicket, asBasic, asNTLM}, "N"},
		{"NTLM cannot begin", "", []string{"NTLM", "Basic"}, []auth.Method{noNTLM, asBasic}, basicHeader},
		{"no try with a refused password", "", []string{"Negotiate", "Basic"}, []auth.Method{noLogon, asBasic, asNTLM}, ""},
		{"no ticket, and nothing else", "", []string{"Negotiate"}, []auth.Method{noTicket, asBasic}, ""},
		{"no token", "", []string{exchangeOnline, "Basic"}, []auth.Method{noToken, asBasic}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &offering{offers: tt.offers, takes: func(a string) bool { return a != "" && a != "Bearer" }}
			url := tt.url
			if url == "" {
				url = "https://mail.example.com/"
			}
			m := auth.Strongest(tt.given...)
			rt := m.Wrap(s)
			for range 2 {
				res, err := rt.RoundTrip(request(t, url))
				last := s.got[len(s.got)-1]
				if tt.want == "" {
					var unsent auth.Unsent
					if !errors.As(err, &unsent) || strings.HasSuffix(last, "<a/>") {
						t.Errorf("error %v after %q", err, s.got)
					}
					continue
				}
				if err != nil || res.StatusCode != 200 || last != tt.want+" <a/>" {
					t.Errorf("%v, %v; sent %q", res, err, s.got)
				}
			}
			if tt.want != "" && len(s.got) > 4 {
				t.Errorf("%d requests: %q", len(s.got), s.got)
			}
			if c := m.Chosen(url + "EWS"); (c != nil) != (tt.want != "" || strings.HasPrefix(tt.name, "no t")) {
				t.Errorf("chosen: %v", c)
			}
		})
	}
}

func TestNoMethodError(t *testing.T) {
	_, err := auth.Strongest(asBasic, asKerberos).Wrap(&offering{offers: []string{`Digest nonce="x"`, "NTLM"}, takes: func(string) bool { return false }}).
		RoundTrip(request(t, "https://mail.example.com/"))
	var ne *auth.NoMethodError
	if !errors.As(err, &ne) || len(ne.Offered) != 2 || len(ne.Given) != 2 {
		t.Fatalf("error %v", err)
	}
	if want := "auth: mail.example.com offers Digest, NTLM, and there is K, Basic ann; give a method that it offers, or ask its administrator to enable one of these"; err.Error() != want {
		t.Errorf("error %q, want %q", err, want)
	}
}

// TestStrongestAsksAgain: the server changes what it offers.
func TestStrongestAsksAgain(t *testing.T) {
	s := &offering{offers: []string{"NTLM", "Digest nonce=a"}, takes: func(a string) bool { return a == "N" }}
	m := auth.Strongest(asNTLM, asDigest, asBasic)
	rt := m.Wrap(s)
	send := func(want string, status int, body bool) {
		t.Helper()
		s.got = nil
		r := request(t, "https://mail.example.com/")
		if !body {
			r.GetBody = nil
		}
		res, err := rt.RoundTrip(r)
		if err != nil || res.StatusCode != status {
			t.Errorf("%v, %v; want status %d", res, err, status)
		}
		if got := strings.Join(s.got, ", "); got != want {
			t.Errorf("sent %q, want %q", got, want)
		}
	}
	send(", N <a/>", 200, true)
	send("N <a/>", 200, true)
	s.offers, s.takes = []string{"Digest nonce=a"}, func(a string) bool { return a == "D" }
	send("N <a/>, D <a/>", 200, true)
	send("D <a/>", 200, true)
	s.takes = func(string) bool { return false } // the password is wrong now
	send("D <a/>", 401, true)
	s.offers = []string{"Basic"}
	send("D <a/>", 401, false) // the body is gone: the next one asks
	s.takes = func(a string) bool { return a == basicHeader }
	send(", "+basicHeader+" <a/>", 200, true)
	s.offers = nil
	s.takes = func(string) bool { return false }
	send(basicHeader+" <a/>", 401, true)
}

// TestStrongestTogether: many at once ask once.
func TestStrongestTogether(t *testing.T) {
	s := &offering{offers: []string{"NTLM"}, takes: func(a string) bool { return a == "N" }}
	m := auth.Strongest(asNTLM, asBasic)
	var wg sync.WaitGroup
	for range 20 {
		rt := m.Wrap(s) // of several clients
		wg.Go(func() {
			for range 5 {
				if res, err := rt.RoundTrip(request(t, "https://mail.example.com/")); err != nil || res.StatusCode != 200 {
					t.Errorf("%v, %v", res, err)
				}
			}
		})
	}
	wg.Wait()
	if len(s.got) != 101 {
		t.Errorf("%d requests, want 101", len(s.got))
	}
}

func TestStrongestOfOpenServer(t *testing.T) {
	s := &offering{takes: func(string) bool { return true }}
	rt := auth.Strongest(asNTLM).Wrap(s)
	for range 2 {
		if res, err := rt.RoundTrip(request(t, "https://x/")); err != nil || res.StatusCode != 200 {
			t.Errorf("%v, %v", res, err)
		}
	}
	if got := strings.Join(s.got, ", "); got != ", <a/>, <a/>" {
		t.Errorf("sent %q", got)
	}
	// It wants somebody after all.
	s.offers, s.takes = []string{"NTLM"}, func(a string) bool { return a == "N" }
	if res, err := rt.RoundTrip(request(t, "https://x/")); err != nil || res.StatusCode != 200 {
		t.Errorf("%v, %v", res, err)
	}
}

// TestStrongestWaits no longer than the context.
func TestStrongestWaits(t *testing.T) {
	asking, end := make(chan struct{}), make(chan struct{})
	rt := auth.Strongest(asNTLM).Wrap(server(func(*http.Request) int {
		close(asking)
		<-end
		return 500
	}))
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = rt.RoundTrip(request(t, "https://x/"))
	}()
	<-asking
	ctx, cancel := context.WithCancelCause(t.Context())
	gone := errors.New("gone")
	cancel(gone)
	_, err := rt.RoundTrip(request(t, "https://x/").WithContext(ctx))
	var unsent auth.Unsent
	if !errors.Is(err, gone) || !errors.As(err, &unsent) {
		t.Errorf("error %v", err)
	}
	asking = make(chan struct{}) // for the request itself
	close(end)
	<-done
}

// plainMethod is one that a program has written without a thought of what it
// shows when it is printed.
type plainMethod struct{ User, Password string }

func (plainMethod) Wrap(next http.RoundTripper) http.RoundTripper { return next }

// TestNamesOfMethods: what is said of a method without a name of its own is its
// type.
func TestNamesOfMethods(t *testing.T) {
	m := plainMethod{"ann", "swordfish"}
	s := auth.Strongest(m, asBasic)
	_, err := auth.Strongest(asNTLM).Wrap(&offering{offers: []string{"Digest nonce=a"}, takes: func(string) bool { return false }}).RoundTrip(request(t, "https://mail.example.com/"))
	var nothing *auth.NoMethodError
	if !errors.As(err, &nothing) {
		t.Fatal(err)
	}
	nothing.Given = []auth.Method{m, auth.NewVariable(nil)}
	for _, text := range []string{fmt.Sprintf("%v %+v %#v", s, s, s), fmt.Sprint(auth.Join(m, asBasic)), fmt.Sprint(auth.NewVariable(m)), nothing.Error()} {
		if strings.Contains(text, "swordfish") || !strings.Contains(text, "auth_test.plainMethod") {
			t.Errorf("text %s", text)
		}
	}
}

// TestJoin: a certificate below any other method.
func TestJoin(t *testing.T) {
	certificate := fakeMethod{name: "C"}
	for name, m := range map[string]auth.Method{
		"joined":    auth.Join(certificate, asBasic),
		"strongest": auth.Strongest(asNTLM, certificate, asBasic),
	} {
		t.Run(name, func(t *testing.T) {
			n := 0
			s := &offering{offers: []string{"Basic"}, takes: func(a string) bool { return a == basicHeader }}
			rt := m.Wrap(auth.RoundTripper(s, func(next http.RoundTripper, r *http.Request) (*http.Response, error) {
				if n++; r.Header.Get("Certificate") != "C" {
					t.Error("a request without the certificate")
				}
				return next.RoundTrip(r)
			}))
			if res, err := rt.RoundTrip(request(t, "https://x/")); err != nil || res.StatusCode != 200 {
				t.Errorf("%v, %v", res, err)
			}
		})
	}
	m := auth.Join(certificate, asBasic)
	if got := fmt.Sprint(m); got != "C and Basic ann" {
		t.Errorf("prints as %q", got)
	}
	_, err := m.Wrap(&offering{}).RoundTrip(request(t, "http://mail.example.com/"))
	var pe *auth.PlainHTTPError
	if !errors.As(err, &pe) {
		t.Errorf("over plain HTTP: %v", err)
	}
	if _, err := auth.AllowPlainHTTP(m).Wrap(&offering{takes: func(string) bool { return true }}).RoundTrip(request(t, "http://mail.example.com/")); err != nil {
		t.Errorf("over plain HTTP, allowed: %v", err)
	}
}
