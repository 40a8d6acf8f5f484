package oauth

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"

	"github.com/seed-1937cc67/goews/auth"
	"golang.org/x/oauth2"
)

// The grants, by grant_type.
const (
	grantClient   = "client_credentials"
	grantPassword = "password"
	grantRefresh  = "refresh_token"
	grantCode     = "authorization_code"
	grantDevice   = "urn:ietf:params:oauth:grant-type:device_code"
)

// Tokens is an auth.Method, whose tokens an authorization server issues. Share
// one among all clients of the same user or program: it is what keeps the token.
// See auth.Tokens, which it is, for when one is fetched and refreshed.
type Tokens struct {
	*auth.Tokens
	state *state
}

// state is what fetches. Fetches come one at a time; Set may come in between.
type state struct {
	app   *App
	fetch func(ctx context.Context, refresh auth.Secret, claims string) (Token, error)

	mu       sync.Mutex
	refresh  func() auth.Secret
	unstored *Token // fetched, and refused by Config.Store
	sets     int    // how many
}

func (a *App) tokens(fetch func(ctx context.Context, refresh auth.Secret, claims string) (Token, error)) *Tokens {
	s := &state{app: a, fetch: fetch, refresh: hide("")}
	return &Tokens{auth.NewTokens(s.next), s}
}

// Set puts t in the place of the token that is there: one of an earlier run, or
// of another sign-in. It does not contact the server, and does not call
// Config.Store.
func (t *Tokens) Set(token Token) {
	t.state.mu.Lock()
	t.state.refresh, t.state.unstored = hide(token.Refresh), nil
	t.state.sets++
	t.state.mu.Unlock()
	t.Tokens.Set(token.Access, token.Expires)
}

func (s *state) next(ctx context.Context, claims string) (auth.Secret, time.Time, error) {
	s.mu.Lock()
	refresh, t, sets := s.refresh(), s.unstored, s.sets
	s.mu.Unlock()
	if t == nil || claims != "" || !t.Expires.IsZero() && !time.Now().Before(t.Expires) {
		got, err := s.fetch(ctx, refresh, claims)
		if err != nil {
			return "", time.Time{}, claimed(err)
		}
		if got.Refresh == "" {
			got.Refresh = refresh
		}
		t = &got
		s.keep(sets, t)
	}
	if err := s.app.store(ctx, *t); err != nil {
		return "", time.Time{}, err
	}
	s.keep(sets, nil)
	return t.Access, t.Expires, nil
}

// keep notes a token that Config.Store has yet to take; nil: it has. It does
// nothing after a Set.
func (s *state) keep(sets int, t *Token) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sets != sets {
		return
	}
	if s.unstored = t; t != nil {
		s.refresh = hide(t.Refresh)
	}
}

// ClientCredentials returns the Tokens of the program itself (RFC 6749, section
// 4.4). It fails without a Credential. Exchange wants to be told then which
// mailbox user to act as: orm.Impersonation, or ews.Config.Impersonate.
func (a *App) ClientCredentials() (*Tokens, error) {
	if a.cfg.Credential.secret == nil && a.cfg.Credential.assertion == nil {
		return nil, errors.New("oauth: a program that acts by itself needs a Config.Credential: Secret, Certificate, PrivateKey or Assertion")
	}
	return a.tokens(func(ctx context.Context, _ auth.Secret, claims string) (Token, error) {
		return a.request(ctx, grant{kind: grantClient, scopes: a.cfg.Authority.AppScopes, claims: claims})
	}), nil
}

// Password returns the Tokens of a user whose name and password are sent to the
// authorization server (RFC 6749, section 4.3). A refresh token is used in their
// place as long as it is good. It does not work for users with a second factor,
// nor for those of federated tenants, and is gone from OAuth 2.1: prefer any
// other way.
func (a *App) Password(user string, password auth.Secret) *Tokens {
	hidden := hide(password)
	return a.tokens(func(ctx context.Context, refresh auth.Secret, claims string) (Token, error) {
		if refresh != "" {
			t, err := a.refresh(ctx, refresh, claims)
			var e *Error
			if err == nil || !errors.As(err, &e) || e.Code != "invalid_grant" {
				return t, err
			}
		}
		return a.request(ctx, grant{
			kind: grantPassword, scopes: a.cfg.Authority.UserScopes, claims: claims,
			values: url.Values{"username": {user}, "password": {string(hidden())}},
		})
	})
}

// Resume returns the Tokens that go on with t, from a sign-in or from an earlier
// run: it is used until it expires, then refreshed (RFC 6749, section 6), with
// the refresh token that came last. Without one, or when the server takes it no
// longer, requests fail with an error of class ErrSignIn; Set puts the token of
// another sign-in in place.
func (a *App) Resume(t Token) *Tokens {
	ts := a.tokens(a.refresh)
	ts.Set(t)
	return ts
}

// NoRefreshTokenError says that a token has expired, or was refused, and there
// is no refresh token to get another with. It is of class ErrSignIn.
type NoRefreshTokenError struct{}

// Error says what to do.
func (*NoRefreshTokenError) Error() string {
	return "oauth: the token has expired or was refused, and there is no refresh token: the user has to sign in again; Entra ID issues one if offline_access is among the scopes"
}

// Is reports whether target is ErrSignIn.
func (*NoRefreshTokenError) Is(target error) bool { return target == ErrSignIn }

func (a *App) refresh(ctx context.Context, refresh auth.Secret, claims string) (Token, error) {
	if refresh == "" {
		return Token{}, &NoRefreshTokenError{}
	}
	return a.request(ctx, grant{
		kind: grantRefresh, scopes: a.cfg.Authority.UserScopes, claims: claims,
		values: url.Values{"refresh_token": {string(refresh)}},
	})
}

// TokenSource returns the Method whose tokens come from src. src is asked when
// the token it gave is about to expire, or was refused; one that keeps tokens
// itself, such as an oauth2.ReuseTokenSource, then gives the same again, and the
// refusal stands.
func TokenSource(src oauth2.TokenSource) *auth.Tokens {
	return auth.NewTokens(func(context.Context, string) (auth.Secret, time.Time, error) {
		t, err := src.Token()
		var refused *oauth2.RetrieveError
		switch {
		case errors.As(err, &refused): // it shows the answer, with what is secret in it
			return "", time.Time{}, fmt.Errorf("oauth: the token source was refused: %s %s", refused.ErrorCode, cut(refused.ErrorDescription, 400))
		case err != nil:
			return "", time.Time{}, err
		case t == nil:
			return "", time.Time{}, nil
		}
		return auth.Secret(t.AccessToken), t.Expiry, nil
	})
}
