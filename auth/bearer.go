package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// Bearer returns the method that sends the same token with each request (RFC
// 6750). It does not contact the server. It refuses plain HTTP: see
// AllowPlainHTTP. Tokens end after an hour or so: see BearerFunc.
func Bearer(token Secret) Method {
	return &bearer{name: "Bearer", source: static(hidden(token))}
}

// BearerFunc returns the method that sends tokens which fetch returns, with
// the time at which they expire; zero if that is not known. fetch is called
// before the first request, again when the token expires within the next
// minute, and when the server refuses the token with status 401; the request
// is then repeated once, if fetch has another token. fetch is never called
// twice at the same time by one method, and its token is shared by all who
// use the method. Its context is that of the request at hand.
//
// A source of golang.org/x/oauth2 becomes one by
//
//	auth.BearerFunc(func(context.Context) (auth.Secret, time.Time, error) {
//		t, err := source.Token()
//		if err != nil {
//			return "", time.Time{}, err
//		}
//		return auth.Secret(t.AccessToken), t.Expiry, nil
//	})
//
// The permissions that Exchange Online asks for are at
// https://learn.microsoft.com/exchange/client-developer/exchange-web-services/how-to-authenticate-an-ews-application-by-using-oauth.
func BearerFunc(fetch func(context.Context) (token Secret, expires time.Time, err error)) Method {
	return &bearer{name: "Bearer", source: &cached{fetch: fetch, busy: make(chan struct{}, 1)}}
}

// TokenError says that a request had no token to go with. Nothing was sent.
type TokenError struct{ Err error }

// Error names the cause.
func (e *TokenError) Error() string { return fmt.Sprintf("auth: no token: %v", e.Err) }

// Unwrap returns the cause.
func (e *TokenError) Unwrap() error { return e.Err }

// source gives tokens. It may be used by several goroutines.
type source interface {
	// token returns a token other than refused, if there is one.
	token(ctx context.Context, refused Secret) (Secret, error)
}

type bearer struct {
	name
	source source
	plain  bool
}

func (b *bearer) allowPlain() Method {
	c := *b
	c.plain = true
	return &c
}

func (b *bearer) Wrap(next http.RoundTripper) http.RoundTripper {
	return RoundTripper(next, func(next http.RoundTripper, r *http.Request) (*http.Response, error) {
		if !b.plain {
			if err := checkPlain("Bearer", r); err != nil {
				return refuse(r, err)
			}
		}
		token, err := b.source.token(r.Context(), "")
		if err != nil {
			return refuse(r, err)
		}
		res, err := next.RoundTrip(withHeader(r, "Bearer "+string(token)))
		if err != nil || res.StatusCode != http.StatusUnauthorized || r.Body != nil && r.Body != http.NoBody && r.GetBody == nil {
			return res, err
		}
		other, err := b.source.token(r.Context(), token)
		if err != nil {
			res.Body.Close()
			return nil, err
		}
		if other == token {
			return res, nil // there is no other: the refusal stands
		}
		again := withHeader(r, "Bearer "+string(other))
		if r.GetBody != nil {
			if again.Body, err = r.GetBody(); err != nil {
				return res, nil
			}
		}
		// Read to the end, so that the connection serves again.
		_, _ = io.CopyN(io.Discard, res.Body, 64<<10)
		res.Body.Close()
		return next.RoundTrip(again)
	})
}

type static func() Secret

func (s static) token(context.Context, Secret) (Secret, error) { return s(), nil }

// slack is how long before its expiry a token is no longer used: the request
// has to arrive, and clocks differ.
const slack = time.Minute

// cached keeps the token of fetch.
type cached struct {
	fetch func(context.Context) (Secret, time.Time, error)
	busy  chan struct{} // holds a value while somebody is at the fields below

	now     func() Secret // nil before the first
	expires time.Time
}

func (c *cached) token(ctx context.Context, refused Secret) (Secret, error) {
	select {
	case c.busy <- struct{}{}:
	case <-ctx.Done():
		return "", &TokenError{context.Cause(ctx)}
	}
	defer func() { <-c.busy }()
	if c.now != nil && c.now() != refused && (c.expires.IsZero() || time.Until(c.expires) > slack) {
		return c.now(), nil
	}
	token, expires, err := c.fetch(ctx)
	switch {
	case err != nil:
		return "", &TokenError{err}
	case token == "":
		return "", &TokenError{errors.New("the source returned an empty one")}
	}
	c.now, c.expires = hidden(token), expires
	return token, nil
}
