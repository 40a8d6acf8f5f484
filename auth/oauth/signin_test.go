package oauth_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/auth/oauth"
)

// browserAddress checks what a browser is to open, and returns its query.
func browserAddress(t *testing.T, address string, want url.Values) url.Values {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	state, challenge := q.Get("state"), q.Get("code_challenge")
	if len(state) < 20 || len(challenge) != 43 || q.Get("code_challenge_method") != "S256" || !strings.HasPrefix(address, endpoint.AuthURL+"?") {
		t.Errorf("the address is %s", address)
	}
	rest := url.Values{}
	for k, v := range q {
		if k != "state" && k != "code_challenge" && k != "code_challenge_method" {
			rest[k] = v
		}
	}
	if diff := cmp.Diff(want, rest); diff != "" {
		t.Errorf("address -want +got:\n%s", diff)
	}
	return q
}

func TestAuthorize(t *testing.T) {
	var k kept
	a, s := app(t, issue, func(c *oauth.Config) { c.Store = k.store; c.Authority.Resource = "https://mail/" })
	z, err := a.Authorize(oauth.Interaction{Redirect: "https://app.example.com/back", LoginHint: "ann@example.com", Prompt: "login", Claims: wanted})
	if err != nil {
		t.Fatal(err)
	}
	q := browserAddress(t, z.URL, values(t, "response_type=code&client_id=client&redirect_uri=https://app.example.com/back&scope=user+offline_access"+
		"&resource=https://mail/&login_hint=ann%40example.com&prompt=login&claims="+url.QueryEscape(wanted)))
	back := url.Values{"code": {"c-o-d-e"}, "state": {q.Get("state")}}

	for name, other := range map[string]string{"none": "", "another": "x", "longer": q.Get("state") + "x"} {
		if _, err := z.Exchange(t.Context(), url.Values{"code": {"evil"}, "state": {other}}); !errors.Is(err, oauth.ErrState) {
			t.Errorf("state %s: %v", name, err)
		}
	}
	token, err := z.Exchange(t.Context(), back)
	if err != nil || token.Access != "t1" || len(k.all) != 1 {
		t.Errorf("%v, %v", token, err)
	}
	form := s.requests()[0].form
	hash := sha256.Sum256([]byte(form.Get("code_verifier")))
	if base64.RawURLEncoding.EncodeToString(hash[:]) != q.Get("code_challenge") {
		t.Error("the verifier is not that of the challenge")
	}
	form.Del("code_verifier")
	if diff := cmp.Diff(values(t, "grant_type=authorization_code&client_id=client&code=c-o-d-e&redirect_uri=https://app.example.com/back&scope=user+offline_access"+
		"&resource=https://mail/&claims="+url.QueryEscape(wanted)), form); diff != "" {
		t.Errorf("exchange -want +got:\n%s", diff)
	}
	if _, err := z.Exchange(t.Context(), back); err == nil || len(s.requests()) != 1 {
		t.Errorf("a code was used twice: %v", err)
	}

	other, err := a.Authorize(oauth.Interaction{Redirect: "https://app.example.com/back"})
	if err != nil || other.URL == z.URL {
		t.Errorf("two sign-ins have one address, %v", err)
	}
}

// TestRedeem: a code that came by other ways.
func TestRedeem(t *testing.T) {
	a, s := app(t, issue, nil)
	for verifier, want := range map[auth.Secret]string{
		"":  "grant_type=authorization_code&client_id=client&code=c-o-d-e&redirect_uri=https://app/&scope=user+offline_access",
		"v": "grant_type=authorization_code&client_id=client&code=c-o-d-e&redirect_uri=https://app/&scope=user+offline_access&code_verifier=v",
	} {
		if token, err := a.Redeem(t.Context(), "c-o-d-e", "https://app/", verifier); err != nil || token.Access == "" {
			t.Errorf("%v, %v", token, err)
		}
		got := s.requests()
		if diff := cmp.Diff(values(t, want), got[len(got)-1].form); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
}

// TestExchangeFails: what the browser or the server may come back with.
func TestExchangeFails(t *testing.T) {
	for _, tt := range []struct {
		name, query string
		answer      reply
		code        string
		claims      string
	}{
		{"declined", "error=access_denied&error_description=AADSTS65004:+User+declined.", reply{}, "access_denied", ""},
		{"no code", "", reply{}, "", ""},
		{"bad code", "code=x", refuse("invalid_grant"), "invalid_grant", ""},
		{"claims", "code=x", reply{status: 400, body: object{"error": "interaction_required", "claims": "{}"}}, "interaction_required", "{}"},
	} {
		a, _ := app(t, func(int, asked) reply { return tt.answer }, nil)
		z, err := a.Authorize(oauth.Interaction{Redirect: "https://app/"})
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(z.URL)
		if err != nil {
			t.Fatal(err)
		}
		q := values(t, tt.query)
		q.Set("state", u.Query().Get("state"))
		_, err = z.Exchange(t.Context(), q)
		var e *oauth.Error
		var ce *auth.ClaimsError
		if err == nil || errors.As(err, &e) != (tt.code != "") || e != nil && e.Code != tt.code || errors.As(err, &ce) != (tt.claims != "") {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	a, _ := app(t, issue, nil)
	for _, redirect := range []string{"", "/back", "%"} {
		if _, err := a.Authorize(oauth.Interaction{Redirect: redirect}); err == nil {
			t.Errorf("redirect %q: no error", redirect)
		}
	}
	b, _ := app(t, issue, func(c *oauth.Config) { c.Authority.Endpoint.AuthURL = "" })
	if _, err := b.Authorize(oauth.Interaction{Redirect: "https://app/"}); err == nil {
		t.Error("an authority without an AuthURL has an address")
	}
}

// FuzzExchange: whatever a browser comes back with, a code is exchanged if the
// state is right, and only then.
func FuzzExchange(f *testing.F) {
	for _, s := range []string{"", "code=x", "state=x&code=x", "error=x", "code=x&code=y&state=", "%zz", "state=STATE&code=x", "state=STATE&error=x&error_description=AADSTS50011:+y", "state=STATE&state=x", "state=x&state=STATE&code=x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, query string) {
		a, s := app(t, issue, nil)
		z, err := a.Authorize(oauth.Interaction{Redirect: "https://app/"})
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(z.URL)
		if err != nil {
			t.Fatal(err)
		}
		state := u.Query().Get("state")
		q, err := url.ParseQuery(strings.ReplaceAll(query, "STATE", state))
		if err != nil {
			return
		}
		_, err = z.Exchange(t.Context(), q)
		right := q.Get("state") == state
		if right == errors.Is(err, oauth.ErrState) {
			t.Errorf("state %q: %v", q.Get("state"), err)
		}
		if done := len(s.requests()) == 1; done != (right && q.Get("error") == "" && q.Get("code") != "") || done != (err == nil) {
			t.Errorf("%d requests, %v", len(s.requests()), err)
		}
	})
}

// get is what a browser does with an address.
func get(ctx context.Context, method, address string) (int, string, error) {
	r, err := http.NewRequestWithContext(ctx, method, address, nil)
	if err != nil {
		return 0, "", err
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return res.StatusCode, string(body), err
}

// TestSignIn: a browser on this machine, in whose way others come.
func TestSignIn(t *testing.T) {
	for _, tt := range []struct {
		name, redirect, path string
		answer               func(int, asked) reply
		page                 string
		err                  string
	}{
		{"localhost", "", "", issue, "You are signed in.", ""},
		{"a path", "http://127.0.0.1/oauth/back", "/oauth/back", issue, "You are signed in.", ""},
		{"refused", "http://localhost/", "/", func(int, asked) reply { return refuse("invalid_grant") }, "The sign-in failed.", "invalid_grant"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, s := app(t, tt.answer, nil)
			opened := make(chan struct{})
			token, err := a.SignIn(t.Context(), func(ctx context.Context, address string) error {
				defer close(opened)
				u, err := url.Parse(address)
				if err != nil {
					return err
				}
				q := u.Query()
				back := q.Get("redirect_uri")
				if b, err := url.Parse(back); err != nil || b.Port() == "" || b.Path != tt.path {
					t.Errorf("redirect URI %s", back)
				}
				good := back + "?code=c&state=" + url.QueryEscape(q.Get("state"))
				for _, other := range []struct {
					method, address string
					status          int
				}{
					{"GET", back + "?code=evil&state=evil", http.StatusBadRequest},
					{"GET", back + "?error=access_denied", http.StatusBadRequest},
					{"GET", strings.TrimSuffix(back, "/") + "/favicon.ico", http.StatusNotFound},
					{"POST", good, http.StatusMethodNotAllowed},
				} {
					if status, body, err := get(ctx, other.method, other.address); err != nil || status != other.status {
						t.Errorf("%s %s: %d %q, %v", other.method, other.address, status, body, err)
					}
				}
				// Not ctx: it ends when the token is there, and then the page
				// still comes.
				if status, body, err := get(context.WithoutCancel(ctx), "GET", good); err != nil || status != 200 || !strings.Contains(body, tt.page) {
					t.Errorf("the page: %d %q, %v", status, body, err)
				}
				return nil
			}, oauth.Interaction{Redirect: tt.redirect})
			<-opened
			if tt.err == "" && (err != nil || token.Access != "t1") || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
				t.Errorf("%v, %v", token, err)
			}
			if n := len(s.requests()); n != 1 {
				t.Errorf("%d requests for a token", n)
			}
		})
	}
}

// TestSignInEnds: with its context, when no browser opens, when it cannot
// listen; nothing listens any longer then.
func TestSignInEnds(t *testing.T) {
	a, _ := app(t, issue, nil)
	gone := errors.New("the user left")
	ctx, cancel := context.WithCancelCause(t.Context())
	ended := make(chan struct{})
	var back string
	_, err := a.SignIn(ctx, func(ctx context.Context, address string) error {
		u, err := url.Parse(address)
		if err != nil {
			return err
		}
		back = u.Query().Get("redirect_uri")
		cancel(gone)
		<-ctx.Done()
		close(ended)
		return ctx.Err()
	}, oauth.Interaction{})
	if !errors.Is(err, gone) {
		t.Errorf("error %v", err)
	}
	<-ended
	if status, _, err := get(t.Context(), "GET", back); err == nil {
		t.Errorf("it listens still: status %d", status)
	}

	none := errors.New("no browser")
	if _, err := a.SignIn(t.Context(), func(context.Context, string) error { return none }, oauth.Interaction{}); !errors.Is(err, none) {
		t.Errorf("error %v", err)
	}
	for _, redirect := range []string{"https://localhost", "http://example.com", "http://10.0.0.1/", "http://localhost/?x", "http://ann@localhost/", "urn:ietf:wg:oauth:2.0:oob", "%", "http://127.0.0.1:70000"} {
		if _, err := a.SignIn(t.Context(), nil, oauth.Interaction{Redirect: redirect}); err == nil {
			t.Errorf("redirect %q: no error", redirect)
		}
	}
	if _, err := a.SignIn(t.Context(), nil, oauth.Interaction{Claims: "x"}); err == nil {
		t.Error("claims that are none: no error")
	}
}

// TestSignInPort: the port that the registration names is the one that is
// listened on.
func TestSignInPort(t *testing.T) {
	a, _ := app(t, issue, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	taken := ""
	_, err := a.SignIn(ctx, func(ctx context.Context, address string) error {
		u, err := url.Parse(address)
		if err != nil {
			return err
		}
		taken = u.Query().Get("redirect_uri")
		_, err = a.SignIn(ctx, nil, oauth.Interaction{Redirect: taken})
		return fmt.Errorf("the second says: %w", err)
	}, oauth.Interaction{Redirect: "http://127.0.0.1"})
	if err == nil || !strings.Contains(err.Error(), "the second says: oauth: SignIn cannot listen") {
		t.Errorf("at %s: %v", taken, err)
	}
}
