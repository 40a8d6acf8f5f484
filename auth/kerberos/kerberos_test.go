package kerberos_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/auth/internal/channel"
	"github.com/seed-1937cc67/goews/auth/kerberos"
)

// TestToken holds what a service makes of a request: who sent it, for whom, and
// that each is another.
func TestToken(t *testing.T) {
	m, realm, s := setup(t, kerberos.Config{}, "127.0.0.1")
	srv := httptest.NewServer(s)
	defer srv.Close()
	client := &http.Client{Transport: m.Wrap(srv.Client().Transport)}
	for range 3 {
		if status, body, err := get(t, client, srv.URL); status != http.StatusOK || body != "hello ann@EXAMPLE.COM" || err != nil {
			t.Errorf("status %d, body %q, error %v", status, body, err)
		}
	}
	tokens, bodies := s.seen()
	if len(tokens) != 3 {
		t.Fatalf("%d requests", len(tokens))
	}
	for i, tok := range tokens {
		want := token{user: "ann@EXAMPLE.COM", spn: "HTTP/127.0.0.1", mutual: true, at: tok.at, raw: tokens[0].raw}
		if diff := cmp.Diff(want, tok, cmp.AllowUnexported(token{})); diff != "" {
			t.Errorf("request %d (-want +got):\n%s", i, diff)
		}
		if i > 0 && !tok.at.After(tokens[i-1].at) {
			t.Errorf("request %d has the time of the one before", i)
		}
		if bodies[i] != "what is asked" {
			t.Errorf("request %d has body %q", i, bodies[i])
		}
	}
	if diff := cmp.Diff("login\nHTTP/127.0.0.1", realm.Calls()); diff != "" {
		t.Errorf("asked of the realm (-want +got):\n%s", diff)
	}
}

// TestSPN holds which service a ticket is asked for.
func TestSPN(t *testing.T) {
	for _, tt := range []struct{ spn, url, want string }{
		{"", "https://mail.example.com/EWS/Exchange.asmx", "HTTP/mail.example.com"},
		{"", "https://Mail.Example.COM:8443/", "HTTP/mail.example.com"},
		{"", "https://mail.example.com./", "HTTP/mail.example.com"},
		{"", "https://[::1]:443/", "HTTP/::1"},
		{"HTTP/ews.example.com", "https://10.0.0.1/", "HTTP/ews.example.com"},
		{"http/EWS.example.com@OTHER.EXAMPLE", "https://10.0.0.1/", "http/EWS.example.com@OTHER.EXAMPLE"},
	} {
		m, realm, s := setup(t, kerberos.Config{SPN: tt.spn}, "mail.example.com")
		realm.Fail = func(what string) error {
			if what != "login" {
				return errors.New("enough")
			}
			return nil
		}
		_, _, err := get(t, &http.Client{Transport: m.Wrap(s)}, tt.url)
		var none *auth.TokenError
		if !errors.As(err, &none) {
			t.Errorf("%s: error %v", tt.url, err)
		}
		if diff := cmp.Diff("login\n"+tt.want, realm.Calls()); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", tt.spn, tt.url, diff)
		}
	}
}

// TestBinding holds the channel bindings: a server that demands them refuses
// the first request, whose repetition has them.
func TestBinding(t *testing.T) {
	for _, tt := range []struct {
		name   string
		none   bool
		demand bool
		want   []bool // whether a request has the binding
		status int
	}{
		{"demanded", false, true, []bool{false, true, true}, http.StatusOK},
		{"not demanded", false, false, []bool{false, true}, http.StatusOK},
		{"switched off", true, false, []bool{false, false}, http.StatusOK},
		// The ticket of the first was new; that of the second is fetched anew.
		{"switched off, demanded", true, true, []bool{false, false, false}, http.StatusUnauthorized},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, _, s := setup(t, kerberos.Config{NoChannelBinding: tt.none}, "127.0.0.1")
			srv := httptest.NewTLSServer(s)
			defer srv.Close()
			right := fmt.Sprintf("%x", channel.Token(srv.Certificate()))
			s.accept = func(tok token) bool { return tok.binding == right || !tt.demand && tok.binding == "" }
			client := &http.Client{Transport: m.Wrap(srv.Client().Transport)}
			for range 2 {
				if status, _, err := get(t, client, srv.URL); status != tt.status || err != nil {
					t.Errorf("status %d, error %v", status, err)
				}
			}
			tokens, bodies := s.seen()
			var got []bool
			for _, tok := range tokens {
				got = append(got, tok.binding != "")
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("bound (-want +got):\n%s", diff)
			}
			for _, b := range bodies {
				if b != "what is asked" {
					t.Errorf("body %q", b)
				}
			}
		})
	}
}

// TestProof holds what is made of a server's token.
func TestProof(t *testing.T) {
	other := types.EncryptionKey{KeyType: 18, KeyValue: []byte(strings.Repeat("k", 32))}
	for _, tt := range []struct {
		name    string
		prove   func(messages.APRep, types.EncryptionKey) []byte
		require bool
		want    string // of the error; empty: none
	}{
		{name: "good"},
		{name: "good, required", require: true},
		{name: "none", prove: func(messages.APRep, types.EncryptionKey) []byte { return nil }},
		{name: "none, required", prove: func(messages.APRep, types.EncryptionKey) []byte { return nil }, require: true, want: "has no proof"},
		{name: "empty", prove: func(messages.APRep, types.EncryptionKey) []byte { return []byte{0xA1, 7, 0x30, 5, 0xA0, 3, 0x0A, 1, 0} }},
		{name: "of another key", want: "of another session", prove: func(messages.APRep, types.EncryptionKey) []byte {
			return wrapProof(t, newProof(t, other, time.Now(), 0))
		}},
		{name: "of another time", want: "of another request", prove: func(_ messages.APRep, key types.EncryptionKey) []byte {
			return wrapProof(t, newProof(t, key, time.Now().Add(-time.Hour).UTC(), 7))
		}},
		{name: "nonsense", want: "malformed", prove: func(messages.APRep, types.EncryptionKey) []byte { return []byte("nonsense") }},
		{name: "nonsense in SPNEGO", want: "malformed", prove: func(messages.APRep, types.EncryptionKey) []byte { return []byte{0xA1, 2, 0x30, 9} }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, _, s := setup(t, kerberos.Config{RequireProof: tt.require}, "mail.example.com")
			s.prove = tt.prove
			status, _, err := get(t, &http.Client{Transport: m.Wrap(s)}, "http://mail.example.com/")
			if tt.want == "" {
				if status != http.StatusOK || err != nil {
					t.Errorf("status %d, error %v", status, err)
				}
				return
			}
			var sent *auth.TokenError
			if !errors.Is(err, kerberos.ErrProof) || !strings.Contains(err.Error(), tt.want) || errors.As(err, &sent) {
				t.Errorf("error %v", err)
			}
		})
	}
}

// TestRenewal holds that tickets are replaced before they end, when a request
// wants one, and that nothing runs meanwhile.
func TestRenewal(t *testing.T) {
	for _, tt := range []struct {
		name    string
		life    time.Duration
		renewal time.Duration
		fail    func(what string) error
		want    string // asked in 21 hours of requests, one each ten minutes
	}{
		{name: "another login", life: 10 * time.Hour, want: "login\nHTTP/mail.example.com\nlogin\nHTTP/mail.example.com\nlogin\nHTTP/mail.example.com"},
		{
			name: "renewed", life: 10 * time.Hour, renewal: 48 * time.Hour, fail: onlyFirst("login"),
			want: "login\nHTTP/mail.example.com\nlogin\nrenew\nHTTP/mail.example.com\nlogin\nrenew\nHTTP/mail.example.com",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, realm, s := setup(t, kerberos.Config{}, "mail.example.com")
				realm.Lifetime, realm.Renewal, realm.Fail = tt.life, tt.renewal, tt.fail
				client := &http.Client{Transport: m.Wrap(s)}
				for range 21 * 6 {
					if status, _, err := get(t, client, "https://mail.example.com/"); status != http.StatusOK || err != nil {
						t.Fatalf("status %d, error %v", status, err)
					}
					time.Sleep(10 * time.Minute)
				}
				if diff := cmp.Diff(tt.want, realm.Calls()); diff != "" {
					t.Errorf("asked of the realm (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// onlyFirst fails all but the first of what is asked.
func onlyFirst(what string) func(string) error {
	n := 0
	return func(s string) error {
		if s != what {
			return nil
		}
		if n++; n > 1 {
			return errors.New("not again")
		}
		return nil
	}
}

// TestShortTicket holds that a ticket which is about to end, with no better one
// to be had, is not asked for at each request.
func TestShortTicket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, realm, s := setup(t, kerberos.Config{}, "mail.example.com")
		realm.Lifetime = time.Hour
		realm.Fail = onlyFirst("login") // a cache that is not looked after
		client := &http.Client{Transport: m.Wrap(s)}
		_, _, _ = get(t, client, "https://mail.example.com/")
		time.Sleep(time.Hour - time.Minute)
		for range 30 {
			if status, _, err := get(t, client, "https://mail.example.com/"); status != http.StatusOK || err != nil {
				t.Errorf("status %d, error %v", status, err)
			}
			time.Sleep(time.Second)
		}
		if n := strings.Count(realm.Calls(), "HTTP/"); n < 2 || n > 10 {
			t.Errorf("%d service tickets in 30 s:\n%s", n, realm.Calls())
		}
		time.Sleep(time.Minute)
		if _, _, err := get(t, client, "https://mail.example.com/"); err == nil {
			t.Error("went on after the end")
		}
	})
}

// TestOutage holds that a ticket in hand is used to its end while the realm is
// away, and that the realm is not asked at each request.
func TestOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, realm, s := setup(t, kerberos.Config{}, "mail.example.com")
		client := &http.Client{Transport: m.Wrap(s)}
		_, _, _ = get(t, client, "https://mail.example.com/")
		time.Sleep(9 * time.Hour)
		realm.Fail = func(string) error { return errors.New("[Root cause: Networking_Error] nobody is there") }
		for range 59 {
			if status, _, err := get(t, client, "https://mail.example.com/"); status != http.StatusOK || err != nil {
				t.Fatalf("status %d, error %v", status, err)
			}
			time.Sleep(time.Minute)
		}
		if n := strings.Count(realm.Calls(), "\n"); n > 60 { // a login and a service ticket each time
			t.Errorf("asked %d times in an hour", n)
		}
		time.Sleep(2 * time.Minute)
		if _, _, err := get(t, client, "https://mail.example.com/"); !errors.Is(err, kerberos.ErrUnreachable) {
			t.Errorf("error %v", err)
		}
		realm.Fail = nil
		if status, _, err := get(t, client, "https://mail.example.com/"); status != http.StatusOK || err != nil {
			t.Errorf("status %d, error %v", status, err)
		}
		// A password that is changed meanwhile.
		time.Sleep(9 * time.Hour)
		realm.Fail = func(string) error { return errors.New("KRB Error: (24) KDC_ERR_PREAUTH_FAILED") }
		for range 59 {
			if status, _, err := get(t, client, "https://mail.example.com/"); status != http.StatusOK || err != nil {
				t.Fatalf("status %d, error %v", status, err)
			}
			time.Sleep(time.Minute)
		}
		// A realm that gives tickets which have ended.
		realm.Fail, realm.Lifetime = nil, -time.Minute
		time.Sleep(2 * time.Minute)
		if _, _, err := get(t, client, "https://mail.example.com/"); !errors.Is(err, kerberos.ErrClockSkew) {
			t.Errorf("error %v", err)
		}
	})
}

// TestRefusedTicket holds what follows a status 401.
func TestRefusedTicket(t *testing.T) {
	m, realm, s := setup(t, kerberos.Config{}, "mail.example.com")
	client := &http.Client{Transport: m.Wrap(s)}
	const url = "http://mail.example.com/"
	if status, _, err := get(t, client, url); status != http.StatusOK || err != nil {
		t.Fatalf("status %d, error %v", status, err)
	}
	first, _ := s.seen()
	s.accept = func(tok token) bool { return tok.raw != first[0].raw } // it has another key now
	if status, _, err := get(t, client, url); status != http.StatusOK || err != nil {
		t.Errorf("status %d, error %v", status, err)
	}
	if diff := cmp.Diff("login\nHTTP/mail.example.com\nHTTP/mail.example.com", realm.Calls()); diff != "" {
		t.Errorf("asked of the realm (-want +got):\n%s", diff)
	}
	if _, bodies := s.seen(); cmp.Diff([]string{"what is asked", "what is asked", "what is asked"}, bodies) != "" {
		t.Errorf("bodies %q", bodies)
	}
	// One that is refused whatever the ticket: the refusal stands.
	s.accept = func(token) bool { return false }
	before, _ := s.seen()
	if status, _, err := get(t, client, url); status != http.StatusUnauthorized || err != nil {
		t.Errorf("status %d, error %v", status, err)
	}
	if after, _ := s.seen(); len(after)-len(before) != 2 {
		t.Errorf("sent %d times", len(after)-len(before))
	}
	// A body that cannot be read again.
	before, _ = s.seen()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, io.MultiReader(strings.NewReader("once")))
	if err != nil {
		t.Fatal(err)
	}
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if after, _ := s.seen(); res.StatusCode != http.StatusUnauthorized || len(after)-len(before) != 1 {
		t.Errorf("status %d, sent %d times", res.StatusCode, len(after)-len(before))
	}
}

// TestConcurrent holds that many requests share what is fetched, and that no
// two tokens are the same.
func TestConcurrent(t *testing.T) {
	m, realm, s := setup(t, kerberos.Config{}, "mail.example.com", "other.example.com")
	client := &http.Client{Transport: m.Wrap(s)}
	var group sync.WaitGroup
	for i := range 40 {
		host := "mail"
		if i%2 == 1 {
			host = "other"
		}
		group.Go(func() {
			if status, _, err := get(t, client, "https://"+host+".example.com/"); status != http.StatusOK || err != nil {
				t.Errorf("status %d, error %v", status, err)
			}
		})
	}
	group.Wait()
	calls := strings.Split(realm.Calls(), "\n")
	if len(calls) != 3 || calls[0] != "login" {
		t.Errorf("asked of the realm: %q", calls)
	}
	times := map[time.Time]bool{}
	tokens, _ := s.seen()
	for _, tok := range tokens {
		times[tok.at] = true
	}
	if len(times) != 40 {
		t.Errorf("%d times in 40 tokens", len(times))
	}
}

// TestContext holds that nobody waits longer than its context lasts, and that
// those who stay get what they wait for.
func TestContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, realm, s := setup(t, kerberos.Config{}, "mail.example.com")
		realm.Delay = 10 * time.Second
		rt := m.Wrap(s)
		errGone := errors.New("gone")
		ctx, cancel := context.WithCancelCause(t.Context())
		left, stayed := make(chan error, 1), make(chan error, 1)
		send := func(ctx context.Context, to chan error) {
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://mail.example.com/", nil)
			if err == nil {
				var res *http.Response
				if res, err = rt.RoundTrip(r); err == nil {
					res.Body.Close()
				}
			}
			to <- err
		}
		go send(ctx, left)
		go send(t.Context(), stayed)
		time.Sleep(time.Second)
		start := time.Now()
		cancel(errGone)
		var none *auth.TokenError
		if err := <-left; !errors.Is(err, errGone) || !errors.As(err, &none) || time.Since(start) != 0 {
			t.Errorf("error %v after %v", err, time.Since(start))
		}
		if err := <-stayed; err != nil {
			t.Error(err)
		}
		if n := strings.Count(realm.Calls(), "login"); n != 1 {
			t.Errorf("%d logins", n)
		}
	})
}

// TestNoLockout holds that a refusal of the user is not asked for again at
// once: each try counts against the account.
func TestNoLockout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, realm, s := setup(t, kerberos.Config{}, "mail.example.com")
		realm.Fail = func(string) error {
			return errors.New("[Root cause: KDC_Error] KDC_Error: AS Exchange Error: kerberos error response from KDC: KRB Error: (24) KDC_ERR_PREAUTH_FAILED Pre-authentication information was invalid")
		}
		client := &http.Client{Transport: m.Wrap(s)}
		for range 59 {
			_, _, err := get(t, client, "https://mail.example.com/")
			var e *kerberos.Error
			if !errors.Is(err, kerberos.ErrPassword) || !errors.As(err, &e) || e.User != "ann@EXAMPLE.COM" || e.Code != 24 {
				t.Fatalf("error %v", err)
			}
			time.Sleep(time.Second)
		}
		if diff := cmp.Diff("login", realm.Calls()); diff != "" {
			t.Errorf("asked of the realm (-want +got):\n%s", diff)
		}
		time.Sleep(2 * time.Second)
		realm.Fail = nil // the password is right now
		if status, _, err := get(t, client, "https://mail.example.com/"); status != http.StatusOK || err != nil {
			t.Errorf("status %d, error %v", status, err)
		}
		if tokens, _ := s.seen(); len(tokens) != 1 {
			t.Errorf("%d requests", len(tokens))
		}
	})
}

// TestRedirect holds that a token goes to no other host.
func TestRedirect(t *testing.T) {
	m, realm, s := setup(t, kerberos.Config{}, "127.0.0.1", "localhost")
	other := httptest.NewServer(s)
	defer other.Close()
	first := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, strings.Replace(other.URL, "127.0.0.1", "localhost", 1), http.StatusTemporaryRedirect)
	}))
	defer first.Close()
	status, _, err := get(t, &http.Client{Transport: m.Wrap(first.Client().Transport)}, first.URL)
	if status != http.StatusUnauthorized || err != nil {
		t.Errorf("status %d, error %v", status, err)
	}
	if strings.Contains(realm.Calls(), "localhost") {
		t.Errorf("asked of the realm: %s", realm.Calls())
	}
}

// TestShowsNoSecret holds that neither the method nor its Config shows the
// password, however they are printed.
func TestShowsNoSecret(t *testing.T) {
	cfg := kerberos.Config{User: "ann@EXAMPLE.COM", Password: "hush", Krb5ConfText: "[libdefaults]\n"}
	m, err := kerberos.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		for _, v := range []any{cfg, &cfg, m, struct{ M auth.Method }{m}, struct{ m auth.Method }{m}} {
			if text := fmt.Sprintf(verb, v); strings.Contains(text, "hush") || strings.Contains(text, "68757368") {
				t.Errorf("%s of %T: %s", verb, v, text)
			}
		}
	}
	if got := fmt.Sprint(m); got != "Kerberos ann@EXAMPLE.COM" {
		t.Errorf("the method is called %q", got)
	}
	if auth.AllowPlainHTTP(m) != m {
		t.Error("AllowPlainHTTP returns another method")
	}
}
