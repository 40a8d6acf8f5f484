package oauth

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"golang.org/x/oauth2"
)

// DeviceCode is what a user signs in with in a browser elsewhere.
type DeviceCode struct {
	UserCode string    // to be typed in
	URL      string    // where, as in "https://microsoft.com/devicelogin"
	Complete string    // the same with the code in it, for a link or a QR code; empty if the server has none
	Expires  time.Time // zero: not known
}

// String returns what to tell the user.
func (d DeviceCode) String() string {
	return fmt.Sprintf("To sign in, open %s in a browser and enter the code %s.", d.URL, d.UserCode)
}

// DeviceSignIn lets the user sign in with a browser on any machine, and returns
// the token (RFC 8628). show is to tell the user what to do, and returns at
// once; DeviceSignIn then asks the server, in the rhythm that it wants, until
// the user has signed in or declined, until the code expires, or until ctx ends.
// What the server refused is an *Error; a code that expired is of class
// ErrSignIn. A connection that fails in between is tried again. Of how,
// LoginHint and Claims count.
func (a *App) DeviceSignIn(ctx context.Context, show func(context.Context, DeviceCode) error, how Interaction) (Token, error) {
	if a.cfg.Authority.Endpoint.DeviceAuthURL == "" {
		return Token{}, errors.New("oauth: the Authority has no Endpoint.DeviceAuthURL, which a sign-in by device code needs")
	}
	d, err := a.deviceCode(ctx, how)
	if err != nil {
		return Token{}, err
	}
	if err := show(ctx, DeviceCode{UserCode: d.UserCode, URL: d.VerificationURI, Complete: d.VerificationURIComplete, Expires: d.Expiry}); err != nil {
		return Token{}, fmt.Errorf("oauth: the code was not shown to the user: %w", err)
	}
	t, err := a.poll(ctx, d, how.Claims)
	if err != nil {
		return Token{}, claimed(err)
	}
	return t, a.store(ctx, t)
}

// grantDeviceCode stands for the request that has no grant_type.
const grantDeviceCode = "device_authorization"

func (a *App) deviceCode(ctx context.Context, how Interaction) (*oauth2.DeviceAuthResponse, error) {
	v, err := a.params(a.cfg.Authority.UserScopes, how.Claims)
	if err != nil {
		return nil, err
	}
	how.Prompt = ""
	how.add(v)
	ctx, cancel := a.within(ctx)
	defer cancel()
	c := oauth2.Config{ClientID: a.cfg.ClientID, Endpoint: a.cfg.Authority.Endpoint}
	if err := a.cfg.Credential.add(ctx, a.cfg.ClientID, &a.cfg.Authority, v); err != nil {
		return nil, err
	}
	if secret := a.cfg.Credential.secret; secret != nil {
		v.Set("client_secret", string(secret()))
	}
	d, err := c.DeviceAuth(ctx, options(v)...)
	switch {
	case err != nil:
		return nil, a.failed(ctx, grantDeviceCode, err, []string{v.Get("client_secret"), v.Get("client_assertion")})
	case d.DeviceCode == "" || d.VerificationURI == "":
		return nil, fmt.Errorf("oauth: the answer of %s has no device code", a.host())
	}
	return d, nil
}

// The rhythm of RFC 8628, sections 3.2 and 3.5.
const (
	pollInterval = 5 * time.Second // where the server names none, and by which it grows
	pollMost     = 2 * time.Minute
)

// poll asks for the token until the server has said how it ended.
func (a *App) poll(ctx context.Context, d *oauth2.DeviceAuthResponse, claims string) (Token, error) {
	interval := time.Duration(min(d.Interval, int64(pollMost/time.Second))) * time.Second
	if interval <= 0 {
		interval = pollInterval
	}
	timer := time.NewTimer(interval)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-ctx.Done():
			return Token{}, fmt.Errorf("oauth: the user has not signed in: %w", context.Cause(ctx))
		}
		if !d.Expiry.IsZero() && !time.Now().Before(d.Expiry) {
			return Token{}, &Error{Host: a.host(), Grant: grantDevice, Code: "expired_token"}
		}
		t, err := a.request(ctx, grant{
			kind: grantDevice, scopes: a.cfg.Authority.UserScopes, claims: claims,
			values: url.Values{"device_code": {d.DeviceCode}},
		})
		var e *Error
		switch {
		case err == nil || !errors.As(err, &e):
			return t, err
		case e.Code == "authorization_pending":
		case e.Code == "slow_down":
			interval += pollInterval
		case ctx.Err() == nil && e.Code == "" && e.Temporary():
			interval *= 2
		default:
			return Token{}, err
		}
		interval = min(interval, pollMost)
		timer.Reset(interval)
	}
}
