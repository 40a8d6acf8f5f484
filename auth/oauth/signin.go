package oauth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/url"
	"sync"

	"github.com/seed-1937cc67/goews/auth"
	"golang.org/x/oauth2"
)

// Interaction says how a user is to sign in. Its zero value leaves it to the
// server.
type Interaction struct {
	// Redirect is where the server sends the browser in SignIn: the redirect URI
	// that is registered for the program, which has to lead to this machine,
	// "localhost" or a loopback address. Without a port a free one is chosen,
	// which Entra ID allows. Default: "http://localhost", which an app
	// registration has under mobile and desktop applications. Authorize takes
	// any, and needs one. See
	// https://learn.microsoft.com/entra/identity-platform/reply-url.
	Redirect string
	// LoginHint is the user's name, to be filled in already.
	LoginHint string
	// Prompt asks for a kind of interaction, as in "login" or "select_account".
	Prompt string
	// Claims are those that the token has to have, as JSON: of an
	// *auth.ClaimsError.
	Claims string
}

// options are parameters of a request, by name.
func options(v url.Values) []oauth2.AuthCodeOption {
	var out []oauth2.AuthCodeOption
	for key := range v {
		out = append(out, oauth2.SetAuthURLParam(key, v.Get(key)))
	}
	return out
}

// add puts what how says into the parameters of a request.
func (how Interaction) add(v url.Values) {
	if how.LoginHint != "" {
		v.Set("login_hint", how.LoginHint)
	}
	if how.Prompt != "" {
		v.Set("prompt", how.Prompt)
	}
}

// Authorization is a sign-in under way (RFC 6749, section 4.1, with PKCE, RFC
// 7636).
type Authorization struct {
	// URL is what the user's browser has to open.
	URL string

	app      *App
	redirect string
	state    string
	verifier func() auth.Secret
	claims   string

	mu   sync.Mutex
	used bool
}

// Authorize begins a sign-in whose end the program hears of by itself: the
// server sends the browser to how.Redirect, and the query of that request goes
// to Exchange. SignIn does both on the user's machine. Authorize does not contact
// the server. It fails if the Authority has no AuthURL, if how.Redirect is not
// absolute, or if how.Claims are no JSON object.
func (a *App) Authorize(how Interaction) (*Authorization, error) {
	if a.cfg.Authority.Endpoint.AuthURL == "" {
		return nil, errors.New("oauth: the Authority has no Endpoint.AuthURL, which a sign-in by browser needs")
	}
	if u, err := url.Parse(how.Redirect); err != nil || u.Scheme == "" {
		return nil, errors.New("oauth: Interaction.Redirect is no absolute URL; it is the redirect URI that is registered for the program")
	}
	v, err := a.params(a.cfg.Authority.UserScopes, how.Claims)
	if err != nil {
		return nil, err
	}
	how.add(v)
	z := &Authorization{app: a, redirect: how.Redirect, state: rand.Text(), claims: how.Claims}
	verifier := oauth2.GenerateVerifier()
	z.verifier = hide(auth.Secret(verifier))
	c := oauth2.Config{ClientID: a.cfg.ClientID, Endpoint: a.cfg.Authority.Endpoint, RedirectURL: how.Redirect}
	z.URL = c.AuthCodeURL(z.state, append(options(v), oauth2.S256ChallengeOption(verifier))...)
	return z, nil
}

// ErrState is the cause of an error of Exchange for a query that does not belong
// to the Authorization: somebody else may have sent the browser.
var ErrState = errors.New("oauth: the answer is not that to this sign-in: its state is another")

// Exchange gets the token for what the server sent the browser with, the query
// of the request for the redirect URI. It can be called once with a query of the
// right state; one of another fails with ErrState and changes nothing. What the
// server refused is an *Error.
func (z *Authorization) Exchange(ctx context.Context, query url.Values) (Token, error) {
	code, err := z.take(query)
	if err != nil {
		return Token{}, err
	}
	return z.app.redeem(ctx, auth.Secret(code), z.redirect, z.verifier(), z.claims)
}

// Redeem gets the token for an authorization code that the program has got by
// itself. redirect is the redirect URI that the code was sent to; verifier is
// that of PKCE (RFC 7636), empty if the sign-in began without.
func (a *App) Redeem(ctx context.Context, code auth.Secret, redirect string, verifier auth.Secret) (Token, error) {
	return a.redeem(ctx, code, redirect, verifier, "")
}

func (a *App) redeem(ctx context.Context, code auth.Secret, redirect string, verifier auth.Secret, claims string) (Token, error) {
	v := url.Values{"code": {string(code)}, "redirect_uri": {redirect}}
	if verifier != "" {
		v.Set("code_verifier", string(verifier))
	}
	t, err := a.request(ctx, grant{kind: grantCode, scopes: a.cfg.Authority.UserScopes, claims: claims, values: v})
	if err != nil {
		return Token{}, claimed(err)
	}
	return t, a.store(ctx, t)
}

// take checks a query, and returns the code in it.
func (z *Authorization) take(query url.Values) (string, error) {
	if subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(z.state)) != 1 {
		return "", ErrState
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.used {
		return "", errors.New("oauth: this sign-in has ended already; begin another")
	}
	z.used = true
	if code := query.Get("error"); code != "" {
		e := &Error{Host: z.app.host(), Grant: "authorize", Code: cut(code, 64)}
		e.describe(query.Get("error_description"), nil)
		return "", e
	}
	code := query.Get("code")
	if code == "" {
		return "", fmt.Errorf("oauth: %s sent the browser back without a code", z.app.host())
	}
	return code, nil
}
