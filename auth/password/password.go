// Package password authenticates an EWS client by user and password, in the
// strongest way that the server offers for that.
package password

import (
	"net/http"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/auth/ntlm"
)

// New returns the method for a user, `DOMAIN\name` or a user principal name
// such as ann@example.com, with a password: NTLM, Digest or Basic, whichever of
// these the server offers, in this order. It does not contact the server; the
// first request asks (auth.Strongest). Kerberos, which needs to know more than a
// password, is in package auth/kerberos.
//
// If user or password is empty, as that of a variable that is not set, each
// request fails with a *MissingError: an empty password would count as a wrong
// one.
func New(user string, password auth.Secret) *auth.Selector {
	switch {
	case user == "":
		return auth.Strongest(missing("user"))
	case password == "":
		return auth.Strongest(missing("password"))
	}
	return auth.Strongest(ntlm.New(user, password), auth.Digest(user, password), auth.Basic(user, password))
}

// MissingError says that New was given no user, or no password. Nothing was
// sent.
type MissingError struct{ What string }

// Error says what is missing.
func (e *MissingError) Error() string {
	return "password: the " + e.What + " is empty; is the place where the program has it from set?"
}

// Unsent implements auth.Unsent.
func (e *MissingError) Unsent() {}

// missing is the method of somebody who lacks that.
type missing string

// String names no user: there is none, or none that can be used.
func (m missing) String() string { return "password.New without a " + string(m) }

// Wrap implements auth.Method.
func (m missing) Wrap(next http.RoundTripper) http.RoundTripper {
	return auth.RoundTripper(next, func(_ http.RoundTripper, r *http.Request) (*http.Response, error) {
		if r.Body != nil {
			_ = r.Body.Close() // nothing hangs on its error
		}
		return nil, &MissingError{string(m)}
	})
}
