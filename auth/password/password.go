// Package password authenticates an EWS client by user and password, in the
// strongest way that the server offers for that.
package password

import (
	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/auth/ntlm"
)

// New returns the method for a user, `DOMAIN\name` or a user principal name
// such as ann@example.com, with a password: NTLM, Digest or Basic, whichever of
// these the server offers, in this order. It does not contact the server; the
// first request asks (auth.Strongest). Kerberos, which needs to know more than a
// password, is in package auth/kerberos.
func New(user string, password auth.Secret) *auth.Selector {
	return auth.Strongest(ntlm.New(user, password), auth.Digest(user, password), auth.Basic(user, password))
}
