package oauth_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/auth/oauth"
)

// TestDeviceSignIn: the rhythm in which the server is asked, and how it ends.
func TestDeviceSignIn(t *testing.T) {
	code := func(interval int) reply {
		return reply{body: object{"device_code": "d-e-v", "user_code": "ABCD", "verification_uri": "https://login.example.com/go", "interval": interval, "expires_in": 900}}
	}
	down := reply{err: &net.OpError{Op: "dial", Err: errors.New("refused")}}
	pending, slow := refuse("authorization_pending"), refuse("slow_down")
	for _, tt := range []struct {
		name    string
		replies []reply // the last one repeats
		want    []int   // when the server was asked for the token, in seconds after the code
		code    string  // of the error
		signIn  bool
	}{
		{"at once", []reply{code(3), {body: object{"access_token": "a"}}}, []int{3}, "", false},
		{"pending", []reply{code(3), pending, pending, {body: object{"access_token": "a"}}}, []int{3, 6, 9}, "", false},
		{"no interval", []reply{code(0), pending, {body: object{"access_token": "a"}}}, []int{5, 10}, "", false},
		{"slower", []reply{code(3), slow, pending, slow, {body: object{"access_token": "a"}}}, []int{3, 11, 19, 32}, "", false},
		{"connection fails", []reply{code(5), down, pending, down, {body: object{"access_token": "a"}}}, []int{5, 15, 25, 45}, "", false},
		{"absurd interval", []reply{code(1 << 40), {body: object{"access_token": "a"}}}, []int{120}, "", false},
		{"declined", []reply{code(5), pending, refuse("authorization_declined")}, []int{5, 10}, "authorization_declined", false},
		{"expired there", []reply{code(5), refuse("expired_token")}, []int{5}, "expired_token", true},
		{"not supported", []reply{refuse("unsupported_grant_type")}, nil, "unsupported_grant_type", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				var k kept
				a, s := app(t, func(n int, _ asked) reply { return tt.replies[min(n, len(tt.replies))-1] }, func(c *oauth.Config) {
					c.Store = k.store
					c.Credential = oauth.Secret(secret)
				})
				var shown oauth.DeviceCode
				token, err := a.DeviceSignIn(t.Context(), func(_ context.Context, d oauth.DeviceCode) error { shown = d; return nil }, oauth.Interaction{LoginHint: "ann"})
				got := s.requests()
				if diff := cmp.Diff(values(t, "client_id=client&scope=user+offline_access&login_hint=ann&client_secret="+secret), got[0].form); diff != "" {
					t.Errorf("first request -want +got:\n%s", diff)
				}
				var at []int
				for _, r := range got[1:] {
					at = append(at, int(r.at.Sub(start).Seconds()))
					if diff := cmp.Diff(values(t, "client_id=client&scope=user+offline_access&device_code=d-e-v&client_secret="+secret+
						"&grant_type=urn:ietf:params:oauth:grant-type:device_code"), r.form); diff != "" {
						t.Errorf("request for the token -want +got:\n%s", diff)
					}
				}
				if diff := cmp.Diff(tt.want, at); diff != "" {
					t.Errorf("asked -want +got:\n%s", diff)
				}
				var e *oauth.Error
				switch {
				case tt.code == "":
					if err != nil || token.Access != "a" || len(k.all) != 1 || shown.String() != "To sign in, open https://login.example.com/go in a browser and enter the code ABCD." {
						t.Errorf("%v, %v; shown %q", token, err, shown)
					}
				case !errors.As(err, &e) || e.Code != tt.code || errors.Is(err, oauth.ErrSignIn) != tt.signIn || strings.Contains(err.Error(), secret):
					t.Errorf("error %v", err)
				}
			})
		})
	}
}

// TestDeviceSignInEnds: with the code's time, with the context, and when the
// code cannot be shown.
func TestDeviceSignInEnds(t *testing.T) {
	answer := func(n int, r asked) reply {
		if n == 1 {
			return reply{body: object{"device_code": "d", "user_code": "u", "verification_url": "https://x/", "expires_in": 60}}
		}
		return refuse("authorization_pending")
	}
	show := func(context.Context, oauth.DeviceCode) error { return nil }
	synctest.Test(t, func(t *testing.T) {
		a, s := app(t, answer, nil)
		start := time.Now()
		_, err := a.DeviceSignIn(t.Context(), show, oauth.Interaction{})
		var e *oauth.Error
		if !errors.As(err, &e) || e.Code != "expired_token" || time.Since(start) != time.Minute || len(s.requests()) != 12 {
			t.Errorf("%v after %v and %d requests", err, time.Since(start), len(s.requests()))
		}
	})
	synctest.Test(t, func(t *testing.T) {
		a, _ := app(t, answer, nil)
		gone := errors.New("the user left")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(12*time.Second, func() { cancel(gone) })
		start := time.Now()
		if _, err := a.DeviceSignIn(ctx, show, oauth.Interaction{}); !errors.Is(err, gone) || time.Since(start) != 12*time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
	a, s := app(t, answer, nil)
	blind := errors.New("no screen")
	if _, err := a.DeviceSignIn(t.Context(), func(context.Context, oauth.DeviceCode) error { return blind }, oauth.Interaction{}); !errors.Is(err, blind) || len(s.requests()) != 1 {
		t.Errorf("%v after %d requests", err, len(s.requests()))
	}
	for name, rep := range map[string]reply{"empty": {body: object{}}, "no JSON": {body: "x"}, "HTML": {status: 502, body: "<html>"}} {
		a, _ := app(t, func(int, asked) reply { return rep }, nil)
		if _, err := a.DeviceSignIn(t.Context(), show, oauth.Interaction{}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	b, _ := app(t, answer, func(c *oauth.Config) { c.Authority.Endpoint.DeviceAuthURL = "" })
	if _, err := b.DeviceSignIn(t.Context(), show, oauth.Interaction{}); err == nil {
		t.Error("an authority without a DeviceAuthURL gave a code")
	}
}

// TestDeviceClaims: claims that the server asks for get into the error.
func TestDeviceClaims(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, s := app(t, func(n int, r asked) reply {
			if n == 1 {
				return reply{body: object{"device_code": "d", "user_code": "u", "verification_uri": "https://x/"}}
			}
			return reply{status: 400, body: object{"error": "interaction_required", "claims": "{}"}}
		}, nil)
		_, err := a.DeviceSignIn(t.Context(), func(context.Context, oauth.DeviceCode) error { return nil }, oauth.Interaction{Claims: wanted})
		var ce *auth.ClaimsError
		if !errors.As(err, &ce) || ce.Claims != "{}" || s.requests()[0].form.Get("claims") != wanted {
			t.Errorf("%v", err)
		}
	})
}
