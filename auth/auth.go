// Package auth authenticates the HTTP requests of an EWS client. It holds the
// interface and the methods that need no library; heavier ones live in
// packages of their own.
package auth

import (
	"log/slog"
	"net/http"
)

// Method wraps an http.RoundTripper with one that authenticates. A Method may
// be shared by several clients.
type Method interface {
	Wrap(next http.RoundTripper) http.RoundTripper
}

// Secret is a string that does not show itself when printed or logged.
type Secret string

// String returns "[secret]".
func (Secret) String() string { return "[secret]" }

// GoString returns "[secret]".
func (Secret) GoString() string { return "[secret]" }

// LogValue returns "[secret]".
func (Secret) LogValue() slog.Value { return slog.StringValue("[secret]") }

// Basic returns the method that sends user and password with each request
// (RFC 7617). user is "DOMAIN\name" or a user principal name. Use it over TLS
// only.
func Basic(user string, password Secret) Method { return basic{user, password} }

type basic struct {
	user     string
	password Secret
}

// String keeps the password out of logs.
func (b basic) String() string { return "basic " + b.user }

// GoString keeps the password out of logs.
func (b basic) GoString() string { return b.String() }

func (b basic) Wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		r = r.Clone(r.Context()) // a RoundTripper may not change its request
		r.SetBasicAuth(b.user, string(b.password))
		return next.RoundTrip(r)
	})
}

// Bearer returns the method that sends a token with each request (RFC 6750).
// It does not refresh the token.
func Bearer(token Secret) Method { return bearer(token) }

type bearer Secret

func (b bearer) Wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		r = r.Clone(r.Context())
		r.Header.Set("Authorization", "Bearer "+string(b))
		return next.RoundTrip(r)
	})
}

// String keeps the token out of logs.
func (bearer) String() string { return "[secret]" }

// GoString keeps the token out of logs.
func (bearer) GoString() string { return "[secret]" }

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
