package auth_test

import (
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
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-1937cc67/goews/auth"
)

// takes answers 200 to the tokens in good, to others 401 with the challenges.
func takes(challenge string, good ...string) challenger {
	return func(r *http.Request) *http.Response {
		h := http.Header{}
		for _, g := range good {
			if r.Header.Get("Authorization") == "Bearer "+g {
				return &http.Response{StatusCode: 200, Header: h}
			}
		}
		if challenge != "" {
			h.Set("WWW-Authenticate", challenge)
		}
		return &http.Response{StatusCode: 401, Header: h}
	}
}

type challenger func(*http.Request) *http.Response

func (c challenger) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
		r.Body.Close()
	}
	res := c(r)
	res.Body, res.Request = io.NopCloser(strings.NewReader("no")), r
	return res, nil
}

// counted issues tokens "1", "2" and so on, each good for life.
type counted struct {
	n    int // no lock: the race detector would see two fetches at once
	life time.Duration
	took time.Duration
	fail func(n int) error
}

func (c *counted) fetch(context.Context, string) (auth.Secret, time.Time, error) {
	c.n++
	time.Sleep(c.took)
	if c.fail != nil && c.fail(c.n) != nil {
		return "", time.Time{}, c.fail(c.n)
	}
	return auth.Secret(fmt.Sprint(c.n)), time.Now().Add(c.life), nil
}

// TestFetchOutlivesWho: a fetch goes on for the others, and for the one who
// comes next, when the one for whom it began waits no longer.
func TestFetchOutlivesWho(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &counted{life: time.Hour, took: 10 * time.Second}
		m := auth.NewTokens(src.fetch)
		var wg sync.WaitGroup
		for i, wait := range []time.Duration{time.Second, 5 * time.Second, time.Minute} {
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), wait)
				defer cancel()
				token, _, err := m.Token(ctx)
				var te *auth.TokenError
				switch {
				case i < 2 && (!errors.Is(err, context.DeadlineExceeded) || !errors.As(err, &te)):
					t.Errorf("after %v: %q, %v; want the end of the context", wait, string(token), err)
				case i == 2 && (err != nil || token != "1"):
					t.Errorf("%q, %v", string(token), err)
				}
			})
		}
		wg.Wait()
		if token, _, err := m.Token(t.Context()); err != nil || token != "1" {
			t.Errorf("then %q, %v", string(token), err)
		}
		if src.n != 1 {
			t.Errorf("%d fetches", src.n)
		}
	})
}

// TestFetchIsNotLost: what comes after all have gone is kept.
func TestFetchIsNotLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &counted{life: time.Hour, took: 30 * time.Second}
		m := auth.NewTokens(src.fetch)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, _, err := m.Token(ctx); err == nil {
			t.Error("a token before it was fetched")
		}
		time.Sleep(time.Minute)
		if token, _, err := m.Token(t.Context()); err != nil || token != "1" || src.n != 1 {
			t.Errorf("%q, %v after %d fetches", string(token), err, src.n)
		}
	})
}

// TestFetchEnds: one that nobody waits for ends after a minute, and one who
// comes while it ends gets one of its own.
func TestFetchEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		m := auth.NewTokens(func(ctx context.Context, _ string) (auth.Secret, time.Time, error) {
			if n++; n > 1 {
				return "good", time.Time{}, nil
			}
			start := time.Now()
			<-ctx.Done()
			if d := time.Since(start); d != time.Second+time.Minute {
				t.Errorf("the context ended after %v", d)
			}
			time.Sleep(time.Second) // to clear up
			return "", time.Time{}, ctx.Err()
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, _, err := m.Token(ctx); err == nil {
			t.Error("a token that was not fetched")
		}
		time.Sleep(time.Minute + 500*time.Millisecond)
		if token, _, err := m.Token(t.Context()); err != nil || token != "good" {
			t.Errorf("%q, %v", string(token), err)
		}
	})
}

// TestExpiry: when another token is fetched, by how long one lives.
func TestExpiry(t *testing.T) {
	for _, tt := range []struct {
		life, before, after time.Duration // the ages at which it is, and is no longer, used
	}{
		{time.Hour, 58 * time.Minute, 59*time.Minute + time.Second},
		{4 * time.Minute, 179 * time.Second, 181 * time.Second},
		{4 * time.Second, 2900 * time.Millisecond, 3100 * time.Millisecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			src := &counted{life: tt.life}
			m := auth.NewTokens(src.fetch)
			for i, age := range []time.Duration{0, tt.before, tt.after - tt.before} {
				time.Sleep(age)
				token, expires, err := m.Token(t.Context())
				if want := fmt.Sprint(1 + i/2); err != nil || string(token) != want || !expires.After(time.Now()) {
					t.Errorf("life %v, step %d: %q, %v", tt.life, i, string(token), err)
				}
			}
		})
	}
}

// TestOldTokenServes: if no other is to be had, the old one serves to its end,
// unless it was refused.
func TestOldTokenServes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := errors.New("down")
		src := &counted{life: time.Hour, fail: func(n int) error {
			if n > 1 {
				return down
			}
			return nil
		}}
		m := auth.NewTokens(src.fetch)
		for _, step := range []struct {
			wait time.Duration
			err  error
		}{{0, nil}, {59*time.Minute + 30*time.Second, nil}, {time.Minute, down}} {
			time.Sleep(step.wait)
			if token, _, err := m.Token(t.Context()); !errors.Is(err, step.err) || err == nil && token != "1" {
				t.Errorf("after %v: %q, %v", step.wait, string(token), err)
			}
		}
		m.Set("old", time.Now().Add(30*time.Second))
		time.Sleep(25 * time.Second)
		if _, err := m.Wrap(takes("")).RoundTrip(request(t, "https://x/")); !errors.Is(err, down) {
			t.Errorf("a refused token: %v", err)
		}
	})
}

// TestTokensOutliveClients: the token is that of the method, not of a client or
// its connections: clients that come and go send the same one.
func TestTokensOutliveClients(t *testing.T) {
	src := &counted{life: time.Hour}
	m := auth.NewTokens(src.fetch)
	for range 10 {
		closed := 0
		rt := m.Wrap(&forker{server: func(r *http.Request) int {
			if got := r.Header.Get("Authorization"); got != "Bearer 1" {
				t.Errorf("sent %q", got)
			}
			return 200
		}, closed: &closed})
		if _, err := rt.RoundTrip(request(t, "https://x/")); err != nil {
			t.Error(err)
		}
		if auth.CloseIdleConnections(rt); closed != 1 {
			t.Error("the connections stayed open")
		}
	}
	if src.n != 1 {
		t.Errorf("%d tokens were fetched", src.n)
	}
}

// TestSet: what is set is used, whatever is under way, and an empty one makes
// way for another.
func TestSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &counted{life: time.Hour, took: time.Second}
		m := auth.NewTokens(src.fetch)
		var wg sync.WaitGroup
		wg.Go(func() {
			if token, _, err := m.Token(t.Context()); err != nil || token != "kept" {
				t.Errorf("%q, %v", string(token), err)
			}
		})
		synctest.Wait()
		m.Set("kept", time.Time{})
		wg.Wait()
		if token, expires, err := m.Token(t.Context()); err != nil || token != "kept" || !expires.IsZero() {
			t.Errorf("%q, %v, %v", string(token), expires, err)
		}
		m.Set("", time.Time{})
		if token, _, err := m.Token(t.Context()); err != nil || token != "2" {
			t.Errorf("%q, %v", string(token), err)
		}
	})
}

const wanted = `{"access_token":{"nbf":{"essential":true,"value":"1700000000"}}}`

func TestClaimsChallenge(t *testing.T) {
	std, raw := base64.StdEncoding.EncodeToString([]byte(wanted)), base64.RawURLEncoding.EncodeToString([]byte(wanted))
	challenge := func(claims string) string {
		return `Bearer realm="", authorization_uri="https://login.example.com/", error="insufficient_claims", claims="` + claims + `"`
	}
	down := errors.New("interaction_required")
	for _, tt := range []struct {
		name      string
		challenge string
		good      []string // tokens
		fetch     func(n int, claims string) (auth.Secret, error)
		want      []string // claims of the fetches
		status    int
		claims    string // of the error
		cause     error
	}{
		{"another token has them", challenge(std), []string{"b"}, func(n int, claims string) (auth.Secret, error) {
			if claims == wanted {
				return "b", nil
			}
			return "a", nil
		}, []string{"", wanted}, 200, "", nil},
		{"without padding", challenge(raw), []string{"b"}, func(n int, _ string) (auth.Secret, error) {
			return auth.Secret([]string{"a", "b"}[n-1]), nil
		}, []string{"", wanted}, 200, "", nil},
		{"another is refused, too", challenge(std), nil, func(n int, _ string) (auth.Secret, error) {
			return auth.Secret(fmt.Sprint(n)), nil
		}, []string{"", wanted}, 0, wanted, nil},
		{"there is no other", challenge(std), nil, func(int, string) (auth.Secret, error) { return "a", nil }, []string{"", wanted}, 0, wanted, nil},
		{"a sign-in is needed", challenge(std), nil, func(n int, _ string) (auth.Secret, error) {
			if n > 1 {
				return "", down
			}
			return "a", nil
		}, []string{"", wanted}, 0, wanted, down},
		{"not base64", challenge("{}"), nil, func(int, string) (auth.Secret, error) { return "a", nil }, []string{"", ""}, 401, "", nil},
		{"no object", challenge(base64.StdEncoding.EncodeToString([]byte(`[1]`))), nil, func(int, string) (auth.Secret, error) { return "a", nil }, []string{"", ""}, 401, "", nil},
		{"null", challenge(base64.StdEncoding.EncodeToString([]byte(`null`))), nil, func(int, string) (auth.Secret, error) { return "a", nil }, []string{"", ""}, 401, "", nil},
		{"not for bearers", `Negotiate, Other claims="` + std + `"`, nil, func(int, string) (auth.Secret, error) { return "a", nil }, []string{"", ""}, 401, "", nil},
		{"the second of two", `Basic realm="x", ` + challenge(std), nil, func(int, string) (auth.Secret, error) { return "a", nil }, []string{"", wanted}, 0, wanted, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var asked []string
			m := auth.NewTokens(func(_ context.Context, claims string) (auth.Secret, time.Time, error) {
				asked = append(asked, claims)
				token, err := tt.fetch(len(asked), claims)
				return token, time.Time{}, err
			})
			res, err := m.Wrap(takes(tt.challenge, tt.good...)).RoundTrip(request(t, "https://x/"))
			if diff := cmp.Diff(tt.want, asked); diff != "" {
				t.Errorf("claims of the fetches -want +got:\n%s", diff)
			}
			var ce *auth.ClaimsError
			var te *auth.TokenError
			switch {
			case tt.status != 0:
				if err != nil || res.StatusCode != tt.status {
					t.Errorf("%v, %v; want status %d", res, err, tt.status)
				}
			case !errors.As(err, &te) || !errors.As(err, &ce) || ce.Claims != tt.claims || tt.cause != nil && !errors.Is(err, tt.cause):
				t.Errorf("error %v", err)
			}
		})
	}
}

// TestClaimsOfAFixedToken: the error has the claims where nothing is fetched,
// too, and where the request cannot be repeated.
func TestClaimsOfAFixedToken(t *testing.T) {
	challenge := `Bearer claims="` + base64.StdEncoding.EncodeToString([]byte(wanted)) + `"`
	r := request(t, "https://x/")
	r.GetBody = nil
	for _, m := range []auth.Method{auth.Bearer("a"), auth.BearerFunc(func(context.Context) (auth.Secret, time.Time, error) { return "a", time.Time{}, nil })} {
		var ce *auth.ClaimsError
		if res, err := m.Wrap(takes(challenge)).RoundTrip(r); !errors.As(err, &ce) || ce.Claims != wanted {
			t.Errorf("%v, %v", res, err)
		}
	}
}

// TestClaimsForMany: 20 requests that are refused for the same reason cost one
// fetch with claims; a fetch that began without them does not count.
func TestClaimsForMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		challenge := `Bearer claims="` + base64.StdEncoding.EncodeToString([]byte(wanted)) + `"`
		var asked []string
		m := auth.NewTokens(func(_ context.Context, claims string) (auth.Secret, time.Time, error) {
			asked = append(asked, claims) // no lock: the race detector would see two
			time.Sleep(time.Second)
			return auth.Secret("token" + claims), time.Time{}, nil
		})
		rt := m.Wrap(takes(challenge, "token"+wanted))
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				if res, err := rt.RoundTrip(request(t, "https://x/")); err != nil || res.StatusCode != 200 {
					t.Errorf("%v, %v", res, err)
				}
			})
		}
		wg.Wait()
		if diff := cmp.Diff([]string{"", wanted}, asked); diff != "" {
			t.Errorf("fetches -want +got:\n%s", diff)
		}
	})
}

// TestFetchHasNoValues: what a request carries in its context, as in a trace of
// its connection, does not get into the fetch.
func TestFetchHasNoValues(t *testing.T) {
	type key struct{}
	m := auth.NewTokens(func(ctx context.Context, _ string) (auth.Secret, time.Time, error) {
		if v := ctx.Value(key{}); v != nil {
			t.Errorf("the value %v got into the fetch", v)
		}
		return "a", time.Time{}, nil
	})
	if _, _, err := m.Token(context.WithValue(t.Context(), key{}, 1)); err != nil {
		t.Error(err)
	}
}

// FuzzClaims: whatever a server sends, a request ends, and claims are JSON.
func FuzzClaims(f *testing.F) {
	for _, s := range []string{
		`Bearer claims="` + base64.StdEncoding.EncodeToString([]byte(wanted)) + `"`, `Bearer claims="e30="`, `Bearer claims="%"`,
		`Bearer claims=e30`, `Bearer claims="e30=", Bearer claims="bnVsbA=="`, `Bearer claims`, `, ,Bearer x="\"`, "",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, challenge string) {
		_, err := auth.Bearer("a").Wrap(takes(challenge)).RoundTrip(request(t, "https://x/"))
		var ce *auth.ClaimsError
		if errors.As(err, &ce) && (!strings.HasPrefix(strings.TrimLeft(ce.Claims, " \t\r\n"), "{") || len(ce.Error()) > 1000) {
			t.Errorf("claims %q, %v", ce.Claims, err)
		}
	})
}

// TestTokenThatIsNoHeader: a token with a line feed, as of a file, is not sent,
// and the error says why.
func TestTokenThatIsNoHeader(t *testing.T) {
	for _, bad := range []auth.Secret{"hunter2\n", "hun ter2", "", "hunt\u00e9r2"} {
		for _, m := range []auth.Method{auth.Bearer(bad), auth.BearerFunc(func(context.Context) (auth.Secret, time.Time, error) { return bad, time.Time{}, nil })} {
			sent := 0
			_, err := m.Wrap(server(func(*http.Request) int { sent++; return 200 })).RoundTrip(request(t, "https://mail.example.com/"))
			var token *auth.TokenError
			if !errors.As(err, &token) || sent > 0 || strings.Contains(err.Error(), "hun") || token.Temporary() {
				t.Errorf("%d sent, error %v", sent, err)
			}
		}
	}
}
