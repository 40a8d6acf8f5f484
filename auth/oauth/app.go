package oauth

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/seed-1937cc67/goews/auth"
)

// Config says which program asks which server for tokens. Zero fields mean their
// defaults.
type Config struct {
	// Authority is the authorization server: EntraID, ADFS, or another. Required.
	Authority Authority
	// ClientID is the program's id there. Required.
	ClientID string
	// Credential is the program's proof of being it. Default: none, as programs
	// on users' machines have it.
	Credential Credential
	// Scopes are asked for in place of those of the Authority.
	Scopes []string
	// Params go into every request besides what the grant has, as in mkt.
	Params url.Values
	// HandlesClaims declares that the program does something about a ClaimsError
	// (the capability "cp1"). Exchange Online then issues tokens that live for
	// about a day and are revoked when something about the user changes
	// (continuous access evaluation), by a refusal with claims. Fetching another
	// with them goes by itself; if that needs a sign-in, the call fails with an
	// *auth.ClaimsError. See
	// https://learn.microsoft.com/entra/identity-platform/claims-challenge.
	HandlesClaims bool
	// HTTPClient sends the requests to the authorization server; its Transport
	// is where a proxy and TLS roots sit. It is not changed; redirects are not
	// followed, for they would carry secrets elsewhere. A request ends after its
	// Timeout, or after a minute. Default: a client over a clone of
	// http.DefaultTransport.
	HTTPClient *http.Client
	// Store is given each token that the server issues, before it is used; one
	// call at a time for each Tokens. While it fails the old token serves to its
	// end; then requests fail (*StoreError). Each of them asks it again: a
	// refresh token may be worth nothing once there is another. Default: tokens
	// are kept in memory alone.
	Store func(context.Context, Token) error
}

// App is a program as it is registered with an authorization server. It may be
// used by several goroutines.
type App struct {
	cfg    Config
	client *http.Client
}

// New returns an App. It does not contact the server. It fails if an address is
// missing or no https, except to this machine, or if the client id is missing.
func New(cfg Config) (*App, error) {
	if cfg.ClientID == "" {
		return nil, errors.New("oauth: Config.ClientID is empty; it is the application's id as registered with the authorization server")
	}
	cfg.Authority = cfg.Authority.clone()
	a := &cfg.Authority
	if a.Endpoint.TokenURL == "" {
		return nil, errors.New("oauth: Config.Authority has no Endpoint.TokenURL; EntraID and ADFS make an Authority that has")
	}
	for _, e := range []struct{ name, address string }{
		{"TokenURL", a.Endpoint.TokenURL}, {"AuthURL", a.Endpoint.AuthURL}, {"DeviceAuthURL", a.Endpoint.DeviceAuthURL},
	} {
		if err := checkURL(e.name, e.address); err != nil {
			return nil, err
		}
	}
	if a.RSA != "" && a.RSA != "RS256" && a.RSA != "PS256" {
		return nil, fmt.Errorf("oauth: Authority.RSA is %q; there are RS256 and PS256", a.RSA)
	}
	cfg.Scopes = slices.Clone(cfg.Scopes)
	cfg.Params = maps.Clone(cfg.Params)
	c := &http.Client{}
	if cfg.HTTPClient != nil {
		*c = *cfg.HTTPClient
	}
	if c.Transport == nil {
		c.Transport = http.DefaultTransport
		if t, ok := c.Transport.(*http.Transport); ok { // a program may have put something else there
			c.Transport = t.Clone()
		}
	}
	c.Transport = stay{c.Transport}
	return &App{cfg: cfg, client: c}, nil
}

// stay takes the address out of redirects, so that none is followed.
type stay struct{ next http.RoundTripper }

// redirectedTo has the address in place of Location.
const redirectedTo = "Redirected-To"

func (t stay) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := t.next.RoundTrip(r)
	if err == nil && res.StatusCode >= 300 && res.StatusCode < 400 {
		res.Header.Set(redirectedTo, res.Header.Get("Location"))
		res.Header.Del("Location")
	}
	return res, err
}

// CloseIdleConnections implements what http.Client asks for.
func (t stay) CloseIdleConnections() { auth.CloseIdleConnections(t.next) }

// checkURL fails for an address that secrets must not be sent to.
func checkURL(name, address string) error {
	if address == "" {
		return nil // needed or not, says the grant
	}
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.User != nil:
		return fmt.Errorf("oauth: Authority.Endpoint.%s is no absolute URL without a user", name)
	case u.Scheme == "https" || u.Scheme == "http" && isLoopback(u.Hostname()):
		return nil
	}
	return fmt.Errorf("oauth: Authority.Endpoint.%s is %s://%s: secrets would go over it in the clear; use https", name, u.Scheme, u.Host)
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback() || strings.EqualFold(host, "localhost")
}

// String names the application and where it is registered.
func (a *App) String() string {
	u, _ := url.Parse(a.cfg.Authority.Endpoint.TokenURL) // checked by New
	return "oauth.App " + a.cfg.ClientID + " at " + u.Host
}

// GoString is as String.
func (a *App) GoString() string { return a.String() }

// scopes returns what to ask for, in one string.
func (a *App) scopes(otherwise []string) string {
	if a.cfg.Scopes != nil {
		otherwise = a.cfg.Scopes
	}
	return strings.Join(otherwise, " ")
}

// params returns what every request has, with claims.
func (a *App) params(scopes []string, claims string) (url.Values, error) {
	v := url.Values{}
	for key, values := range a.cfg.Params {
		v[key] = slices.Clone(values)
	}
	set := func(key, value string) {
		if value != "" {
			v.Set(key, value)
		}
	}
	set("scope", a.scopes(scopes))
	set("resource", a.cfg.Authority.Resource)
	claims, err := a.claims(claims)
	set("claims", claims)
	return v, err
}
