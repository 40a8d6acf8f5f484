// Package auth authenticates the HTTP requests of an EWS client. It holds the
// interface, the methods that need no large library (Basic, Digest, Bearer,
// BearerFunc, Tokens), and Strongest, which finds out what a server offers and
// takes the best that there is. Others are in packages of their own: ntlm,
// kerberos, oauth, cert; password has the usual choice for a user with one.
//
// Nothing here shows a secret when it is printed with any verb of package
// fmt, logged, or marshalled.
package auth

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
)

// Method wraps an http.RoundTripper with one that authenticates. A Method may
// be shared by several clients, and by goroutines.
//
// The round tripper keeps the rules of net/http: it changes no request, and
// closes the body of each. It repeats a request only after a refusal with
// status 401, which says that nothing was done. It sends no credentials with a
// request that is Redirected: RoundTripper sees to that.
type Method interface {
	Wrap(next http.RoundTripper) http.RoundTripper
}

// mask stands where a secret would.
const mask = "***"

// Secret is a string that does not show itself: however it is printed, logged
// or marshalled, it is "***". Convert it to string for the value.
//
// Package fmt cannot ask a value in an unexported field for its methods: in a
// struct of your own that is printed, keep a Secret in an exported field or
// behind a pointer.
type Secret string

// String returns "***".
func (Secret) String() string { return mask }

// GoString returns "***".
func (Secret) GoString() string { return mask }

// Format writes "***" for every verb, wrong ones included.
func (Secret) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, mask) }

// LogValue returns "***".
func (Secret) LogValue() slog.Value { return slog.StringValue(mask) }

// MarshalText returns "***": a secret does not get into JSON or XML by way of
// a struct that holds it, unless as the key of a map.
func (Secret) MarshalText() ([]byte, error) { return []byte(mask), nil }

// hidden keeps s where package fmt, which looks into unexported fields and
// calls no method there, shows an address.
func hidden(s Secret) func() Secret { return func() Secret { return s } }

// name is a method that shows its name, and nothing else, in every way that
// Secret shows none.
type name string

func (n name) String() string               { return string(n) }
func (n name) GoString() string             { return string(n) }
func (n name) Format(s fmt.State, _ rune)   { _, _ = io.WriteString(s, string(n)) }
func (n name) LogValue() slog.Value         { return slog.StringValue(string(n)) }
func (n name) MarshalText() ([]byte, error) { return []byte(n), nil }

// nameOf returns how m calls itself, else its type: what package fmt would show
// of one that has no name may be a secret.
func nameOf(m Method) string {
	if s, ok := m.(fmt.Stringer); ok {
		return s.String()
	}
	return fmt.Sprintf("%T", m)
}

// withHeader returns a copy of r with the Authorization header set: a
// RoundTripper may not change its request.
func withHeader(r *http.Request, value string) *http.Request {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", value)
	return r
}

// refuse closes the body of r, as every RoundTripper does, and returns err.
func refuse(r *http.Request, err error) (*http.Response, error) {
	if r.Body != nil {
		r.Body.Close()
	}
	return nil, err
}

// Unsent is what errors of methods are that say that a request was not sent,
// or was refused with status 401, and would be if it were tried again. Package
// ews does not repeat what failed with one, unless it is a TokenError that is
// Temporary, and tells its caller that nothing was done.
type Unsent interface {
	error
	Unsent()
}

// unsent is an error that ended the wait for something that a request needs.
type unsent struct{ error }

func (e unsent) Unwrap() error { return e.error }

func (e unsent) Unsent() {}

// PlainHTTPError says that a method that shows its secret to everyone on the
// way was about to send it over plain HTTP. Nothing was sent.
type PlainHTTPError struct {
	Method string // as in "Basic"
	Host   string // with the port, if the address has one
}

// Error says what to do.
func (e *PlainHTTPError) Error() string {
	return fmt.Sprintf("auth: %s would send its secret to %s over plain HTTP; use an https address, or auth.AllowPlainHTTP if something else protects the way", e.Method, e.Host)
}

// Unsent implements Unsent.
func (e *PlainHTTPError) Unsent() {}

// AllowPlainHTTP returns m without its refusal to send a secret over plain
// HTTP: for servers behind a proxy or tunnel on the same machine or in a
// network that is protected otherwise. Basic, Bearer, BearerFunc and Tokens refuse
// unless the host is this machine (localhost or a loopback address); other
// methods are returned as they are.
func AllowPlainHTTP(m Method) Method {
	if p, ok := m.(interface{ allowPlain() Method }); ok {
		return p.allowPlain()
	}
	return m
}

// checkPlain fails for a request over plain HTTP to another machine.
func checkPlain(method string, r *http.Request) error {
	if r.URL.Scheme == "https" {
		return nil
	}
	host := r.URL.Hostname()
	if ip := net.ParseIP(host); ip != nil && ip.IsLoopback() || strings.EqualFold(host, "localhost") {
		return nil
	}
	return &PlainHTTPError{Method: method, Host: r.URL.Host}
}
