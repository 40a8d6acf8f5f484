package oauth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/seed-1937cc67/goews/auth"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// requestTime bounds a request to the authorization server, unless the
// HTTPClient has a Timeout.
const requestTime = time.Minute

// within returns the context of one request to the authorization server.
func (a *App) within(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx = context.WithValue(ctx, oauth2.HTTPClient, a.client)
	return context.WithTimeout(ctx, cmp.Or(a.client.Timeout, requestTime))
}

// grant is a request for a token: what it is called, and what it is asked with.
type grant struct {
	kind   string // grant_type
	values url.Values
	scopes []string
	claims string
}

// secretValues are the parameters that must not get into an error.
var secretValues = []string{"client_assertion", "code", "code_verifier", "device_code", "password", "refresh_token"}

// request sends a request for a token.
func (a *App) request(ctx context.Context, g grant) (Token, error) {
	v, err := a.params(g.scopes, g.claims)
	if err != nil {
		return Token{}, err
	}
	for key, values := range g.values {
		v[key] = values
	}
	v.Set("grant_type", g.kind)
	ctx, cancel := a.within(ctx)
	defer cancel()
	if err := a.cfg.Credential.add(ctx, a.cfg.ClientID, &a.cfg.Authority, v); err != nil {
		return Token{}, err
	}
	// That package's own requests for other grants leave no room for a resource
	// or an assertion; with another grant_type, this one's are they all.
	c := clientcredentials.Config{
		ClientID: a.cfg.ClientID, TokenURL: a.cfg.Authority.Endpoint.TokenURL,
		EndpointParams: v, AuthStyle: oauth2.AuthStyleInParams,
	}
	if secret := a.cfg.Credential.secret; secret != nil {
		c.ClientSecret = string(secret())
		if a.cfg.Authority.Endpoint.AuthStyle != oauth2.AuthStyleInParams {
			c.AuthStyle = oauth2.AuthStyleInHeader
		}
	}
	t, err := c.Token(ctx)
	switch {
	case err != nil:
		secrets := []string{c.ClientSecret}
		for _, key := range secretValues {
			secrets = append(secrets, v.Get(key))
		}
		return Token{}, a.failed(ctx, g.kind, err, secrets)
	case t.Type() != "Bearer":
		return Token{}, fmt.Errorf("oauth: %s issued a token of type %q; Exchange takes Bearer", a.host(), t.Type())
	}
	return FromOAuth2(t), nil
}

func (a *App) host() string {
	u, _ := url.Parse(a.cfg.Authority.Endpoint.TokenURL) // checked by New
	return u.Host
}

// store gives a token to Config.Store.
func (a *App) store(ctx context.Context, t Token) error {
	if a.cfg.Store == nil {
		return nil
	}
	if err := a.cfg.Store(ctx, t); err != nil {
		return &StoreError{err}
	}
	return nil
}

// StoreError says that Config.Store failed. The token is kept in memory, and
// used when Store has taken it.
type StoreError struct{ Err error }

// Error names the cause.
func (e *StoreError) Error() string {
	return fmt.Sprintf("oauth: the new token could not be stored: %v", e.Err)
}

// Unwrap returns the cause.
func (e *StoreError) Unwrap() error { return e.Err }

// claimed returns err; if the authorization server names claims, as an
// *auth.ClaimsError.
func claimed(err error) error {
	var e *Error
	if errors.As(err, &e) && e.Claims != "" {
		return &auth.ClaimsError{Claims: e.Claims, Err: err}
	}
	return err
}
