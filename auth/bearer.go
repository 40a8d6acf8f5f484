package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
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
// before the first request, again when the token is about to expire, and when
// the server refuses the token with status 401; the request is then repeated
// once, if fetch has another token. Tokens says when exactly, and with which
// context; package auth/oauth has what fetches from an authorization server.
//
// A source of golang.org/x/oauth2 becomes a method by oauth.TokenSource.
//
// The permissions that Exchange Online asks for are at
// https://learn.microsoft.com/exchange/client-developer/exchange-web-services/how-to-authenticate-an-ews-application-by-using-oauth.
func BearerFunc(fetch func(context.Context) (token Secret, expires time.Time, err error)) Method {
	return NewTokens(func(ctx context.Context, _ string) (Secret, time.Time, error) { return fetch(ctx) })
}

// TokenError says that a request had no token to go with, or none that the
// server takes. The server did nothing of what was asked.
type TokenError struct{ Err error }

// Error names the cause.
func (e *TokenError) Error() string { return fmt.Sprintf("auth: no token to send: %v", e.Err) }

// Unwrap returns the cause.
func (e *TokenError) Unwrap() error { return e.Err }

// Unsent implements Unsent.
func (e *TokenError) Unsent() {}

// Temporary reports whether the same request may succeed a little later, as when
// what issues tokens is busy or was not reached: the cause says so, by a method
// of that name. Package ews then repeats it, if it was given a Retry.
func (e *TokenError) Temporary() bool {
	var claims *ClaimsError
	var cause interface{ Temporary() bool }
	return !errors.As(e.Err, &claims) && errors.As(e.Err, &cause) && cause.Temporary()
}

// BackOff returns how long what issues tokens asks to wait, which the cause
// says by a method of that name; 0 if it does not.
func (e *TokenError) BackOff() time.Duration {
	var cause interface{ BackOff() time.Duration }
	if errors.As(e.Err, &cause) {
		return cause.BackOff()
	}
	return 0
}

// source gives tokens. It may be used by several goroutines.
type source interface {
	// token returns a token other than refused, and fetched with claims, if
	// there is one.
	token(ctx context.Context, refused Secret, claims string) (Secret, error)
}

type static func() Secret

func (s static) token(context.Context, Secret, string) (Secret, error) { return s(), nil }

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

// refusesPlain fails for a request over plain HTTP that would show the secret.
func (b *bearer) refusesPlain(r *http.Request) error {
	if b.plain {
		return nil
	}
	return checkPlain("Bearer", r)
}

// Schemes implements Schemed.
func (b *bearer) Schemes() []string { return []string{"Bearer"} }

// Wrap implements Method.
func (b *bearer) Wrap(next http.RoundTripper) http.RoundTripper {
	return RoundTripper(next, b.send)
}

func (b *bearer) send(next http.RoundTripper, r *http.Request) (*http.Response, error) {
	if err := b.refusesPlain(r); err != nil {
		return refuse(r, err)
	}
	token, err := b.token(r.Context(), "", "")
	if err != nil {
		return refuse(r, err)
	}
	res, err := next.RoundTrip(withHeader(r, "Bearer "+string(token)))
	if err != nil || res.StatusCode != http.StatusUnauthorized {
		return res, err
	}
	claims := claimsOf(res.Header)
	if r.Body != nil && r.Body != http.NoBody && r.GetBody == nil {
		return stands(res, claims)
	}
	other, err := b.token(r.Context(), token, claims)
	switch {
	case err != nil:
		res.Body.Close()
		var already *ClaimsError
		if claims != "" && r.Context().Err() == nil && !errors.As(err, &already) {
			err = &TokenError{&ClaimsError{Claims: claims, Err: err}}
		}
		return nil, err
	case other == token:
		return stands(res, claims) // there is no other
	}
	again := withHeader(r, "Bearer "+string(other))
	if r.GetBody != nil {
		if again.Body, err = r.GetBody(); err != nil {
			return stands(res, claims)
		}
	}
	// Read to the end, so that the connection serves again.
	_, _ = io.CopyN(io.Discard, res.Body, 64<<10)
	res.Body.Close()
	res, err = next.RoundTrip(again)
	if err != nil || res.StatusCode != http.StatusUnauthorized {
		return res, err
	}
	return stands(res, claimsOf(res.Header))
}

// token returns one that can be sent.
func (b *bearer) token(ctx context.Context, refused Secret, claims string) (Secret, error) {
	token, err := b.source.token(ctx, refused, claims)
	switch {
	case err != nil:
		return "", err
	case token == "":
		return "", &TokenError{errors.New("the token is empty; is the place where the program has it from set?")}
	case strings.ContainsFunc(string(token), func(c rune) bool { return c <= ' ' || c >= 0x7F }):
		return "", &TokenError{errors.New("the token has a character in it that no token has, such as a space or a line feed: trim what it is read from")}
	}
	return token, nil
}

// stands returns the refusal res: the server's answer, or the error that says
// which claims it wants.
func stands(res *http.Response, claims string) (*http.Response, error) {
	if claims == "" {
		return res, nil
	}
	res.Body.Close()
	return nil, &TokenError{&ClaimsError{Claims: claims}}
}
