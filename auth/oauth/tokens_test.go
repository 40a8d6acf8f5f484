package oauth_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/auth/oauth"
)

// rotate answers a refresh with the next token and refresh token, "t1" and
// "r1" and so on, of ten minutes; an old refresh token is no good.
func rotate(first string) func(int, asked) reply {
	var mu sync.Mutex
	good := first
	return func(n int, r asked) reply {
		mu.Lock()
		defer mu.Unlock()
		if r.form.Get("grant_type") == "refresh_token" && r.form.Get("refresh_token") != good {
			return refuse("invalid_grant")
		}
		good = fmt.Sprint("r", n)
		return reply{body: object{"access_token": fmt.Sprint("t", n), "refresh_token": good, "token_type": "bearer", "expires_in": 600}}
	}
}

// kept is a store of tokens.
type kept struct {
	mu  sync.Mutex
	all []oauth.Token
	err error
}

func (k *kept) store(_ context.Context, t oauth.Token) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.err != nil {
		return k.err
	}
	k.all = append(k.all, t)
	return nil
}

func (k *kept) fail(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.err = err
}

// TestRefresh: 30 callers, a day long: one refresh each time that a token is
// about to expire, with the refresh token that came last; each is stored, and
// what was stored goes on in the next run.
func TestRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var k kept
		a, s := app(t, rotate("r0"), func(c *oauth.Config) { c.Store = k.store })
		m := a.Resume(oauth.Token{Access: "t0", Refresh: "r0", Expires: time.Now().Add(10 * time.Minute)})
		rt := m.Wrap(roundTripper(func(r *http.Request) int { return 200 }))
		var wg sync.WaitGroup
		for range 30 {
			wg.Go(func() {
				for range 24 * 60 {
					r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://mail/", nil)
					if err != nil {
						t.Error(err)
						return
					}
					if res, err := rt.RoundTrip(r); err != nil || res.StatusCode != 200 {
						t.Errorf("%v, %v", res, err)
						return
					}
					time.Sleep(time.Minute)
				}
			})
		}
		wg.Wait()
		// The first lasts from 0 to 9 minutes, each other 9 more.
		n, want := len(s.requests()), (24*60-1)/9
		if n != want {
			t.Errorf("%d refreshes, want %d", n, want)
		}
		if len(k.all) != n || k.all[n-1].Refresh != auth.Secret(fmt.Sprint("r", n)) {
			t.Errorf("%d tokens were stored of %d", len(k.all), n)
		}

		time.Sleep(time.Hour)
		again := a.Resume(k.all[n-1])
		if token, _, err := again.Token(t.Context()); err != nil || string(token) != fmt.Sprint("t", n+1) {
			t.Errorf("in the next run: %q, %v", string(token), err)
		}
	})
}

// TestKeepsRefreshToken: a server that issues no new refresh token means the
// old one to be kept.
func TestKeepsRefreshToken(t *testing.T) {
	var k kept
	a, s := app(t, issue, func(c *oauth.Config) { c.Store = k.store })
	m := a.Resume(oauth.Token{Refresh: "r0"})
	for range 2 {
		if _, _, err := m.Token(t.Context()); err != nil {
			t.Fatal(err)
		}
		m.Tokens.Set("", time.Time{})
	}
	for i, r := range s.requests() {
		if r.form.Get("refresh_token") != "r0" || k.all[i].Refresh != "r0" {
			t.Errorf("refresh %d with %q, stored %q", i, r.form.Get("refresh_token"), string(k.all[i].Refresh))
		}
	}
}

// TestSignInNeeded: without a good refresh token the error says so, and the
// token of another sign-in helps.
func TestSignInNeeded(t *testing.T) {
	a, s := app(t, rotate("good"), nil)
	for name, token := range map[string]oauth.Token{
		"no token": {}, "expired": {Access: "t0", Expires: time.Now().Add(-time.Hour)}, "revoked": {Refresh: "bad"},
	} {
		m := a.Resume(token)
		_, _, err := m.Token(t.Context())
		var te *auth.TokenError
		if !errors.Is(err, oauth.ErrSignIn) || !errors.As(err, &te) {
			t.Errorf("%s: %v", name, err)
		}
		m.Set(oauth.Token{Access: "new"})
		if got, _, err := m.Token(t.Context()); err != nil || got != "new" {
			t.Errorf("%s: after another sign-in %q, %v", name, string(got), err)
		}
	}
	if n := len(s.requests()); n != 1 {
		t.Errorf("%d requests, want that with the revoked token alone", n)
	}
	// A token without a time may be good for long: it is used until refused.
	m := a.Resume(oauth.Token{Access: "old"})
	rt := m.Wrap(roundTripper(func(*http.Request) int { return 401 }))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://mail/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rt.RoundTrip(r); !errors.Is(err, oauth.ErrSignIn) {
		t.Errorf("refused: %v", err)
	}
}

// TestStoreFails: a token that could not be stored is not used, not fetched
// again, and stored as soon as that works.
func TestStoreFails(t *testing.T) {
	full := errors.New("disk full")
	k := kept{err: full}
	a, s := app(t, rotate("r0"), func(c *oauth.Config) { c.Store = k.store })
	m := a.Resume(oauth.Token{Refresh: "r0"})
	for range 3 {
		var se *oauth.StoreError
		if _, _, err := m.Token(t.Context()); !errors.As(err, &se) || !errors.Is(err, full) {
			t.Errorf("error %v", err)
		}
	}
	k.fail(nil)
	if token, _, err := m.Token(t.Context()); err != nil || token != "t1" {
		t.Errorf("%q, %v", string(token), err)
	}
	if n := len(s.requests()); n != 1 || len(k.all) != 1 || k.all[0].Refresh != "r1" {
		t.Errorf("%d requests, stored %v", n, k.all)
	}
	m.Tokens.Set("", time.Time{})
	if token, _, err := m.Token(t.Context()); err != nil || token != "t2" {
		t.Errorf("then %q, %v", string(token), err)
	}
}

// TestSetDuringRefresh: a token that is set while a refresh is under way stays.
func TestSetDuringRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, s := app(t, func(n int, r asked) reply {
			time.Sleep(time.Second)
			return rotate(r.form.Get("refresh_token"))(n, r)
		}, nil)
		m := a.Resume(oauth.Token{Refresh: "old"})
		var wg sync.WaitGroup
		wg.Go(func() {
			if token, _, err := m.Token(t.Context()); err != nil || token != "new" {
				t.Errorf("%q, %v", string(token), err)
			}
		})
		synctest.Wait()
		m.Set(oauth.Token{Access: "new", Refresh: "newer", Expires: time.Now().Add(time.Hour)})
		wg.Wait()
		time.Sleep(time.Hour)
		if token, _, err := m.Token(t.Context()); err != nil || token != "t2" {
			t.Errorf("%q, %v", string(token), err)
		}
		if got := s.requests()[1].form.Get("refresh_token"); got != "newer" {
			t.Errorf("refreshed with %q", got)
		}
	})
}

// TestPasswordRefreshes: the password is sent again only when the refresh token
// is no good.
func TestPasswordRefreshes(t *testing.T) {
	var mu sync.Mutex
	var grants []string
	a, _ := app(t, func(n int, r asked) reply {
		mu.Lock()
		defer mu.Unlock()
		grants = append(grants, r.form.Get("grant_type"))
		if n == 3 {
			return refuse("invalid_grant")
		}
		return rotate(r.form.Get("refresh_token"))(n, r)
	}, nil)
	m := a.Password("ann", secret)
	for range 3 {
		if _, _, err := m.Token(t.Context()); err != nil {
			t.Fatal(err)
		}
		m.Tokens.Set("", time.Time{})
	}
	if diff := cmp.Diff([]string{"password", "refresh_token", "refresh_token", "password"}, grants); diff != "" {
		t.Errorf("grants -want +got:\n%s", diff)
	}
}

const wanted = `{"access_token":{"nbf":{"essential":true,"value":"1700000000"}}}`

// TestClaims: a challenge gets another token with the claims, and what the
// program is capable of; where that needs a sign-in, the error has them.
func TestClaims(t *testing.T) {
	for _, tt := range []struct {
		name    string
		capable bool
		answer  func(n int, r asked) reply
		second  string // claims of the second request
		claims  string // of the error; empty: none
	}{
		{"by itself", false, issue, wanted, ""},
		{"capable", true, issue, `{"access_token":{"nbf":{"essential":true,"value":"1700000000"},"xms_cc":{"values":["cp1"]}}}`, ""},
		{"sign-in", false, func(n int, r asked) reply {
			if n == 2 {
				return refuse("interaction_required")
			}
			return issue(n, r)
		}, wanted, wanted},
		{"sign-in with other claims", false, func(n int, r asked) reply {
			if n == 2 {
				return reply{status: 400, body: object{"error": "interaction_required", "claims": `{"id_token":{}}`}}
			}
			return issue(n, r)
		}, wanted, `{"id_token":{}}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, s := app(t, tt.answer, func(c *oauth.Config) { c.HandlesClaims = tt.capable })
			rt := a.Resume(oauth.Token{Refresh: "r"}).Wrap(challenging("t1"))
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://mail/", strings.NewReader("<a/>"))
			if err != nil {
				t.Fatal(err)
			}
			res, err := rt.RoundTrip(r)
			var ce *auth.ClaimsError
			switch {
			case tt.claims == "" && (err != nil || res.StatusCode != 200):
				t.Errorf("%v, %v", res, err)
			case tt.claims != "" && (!errors.As(err, &ce) || ce.Claims != tt.claims || !errors.Is(err, oauth.ErrSignIn)):
				t.Errorf("error %v", err)
			}
			got := s.requests()
			if len(got) != 2 || got[1].form.Get("claims") != tt.second {
				t.Errorf("%d requests; the last with claims %s", len(got), got[len(got)-1].form.Get("claims"))
			}
		})
	}
}

// challenging refuses a token with a claims challenge.
type challenging string

func (c challenging) RoundTrip(r *http.Request) (*http.Response, error) {
	r.Body.Close()
	res := &http.Response{StatusCode: 200, Header: http.Header{}, Body: http.NoBody, Request: r}
	if r.Header.Get("Authorization") == "Bearer "+string(c) {
		res.StatusCode = 401
		res.Header.Set("WWW-Authenticate", `Bearer error="insufficient_claims", claims="`+base64.StdEncoding.EncodeToString([]byte(wanted))+`"`)
	}
	return res, nil
}

// TestBadClaims: what cannot be asked for is refused before anything is sent.
func TestBadClaims(t *testing.T) {
	a, s := app(t, issue, func(c *oauth.Config) { c.HandlesClaims = true })
	for _, claims := range []string{"x", "[]", "null", `{"access_token":1}`, `{"access_token":null}`} {
		if _, err := a.Authorize(oauth.Interaction{Redirect: "https://app/", Claims: claims}); err == nil {
			t.Errorf("%s: no error", claims)
		}
		if _, err := a.DeviceSignIn(t.Context(), nil, oauth.Interaction{Claims: claims}); err == nil {
			t.Errorf("%s: no error", claims)
		}
	}
	if len(s.requests()) > 0 {
		t.Error("a request was sent")
	}
}
