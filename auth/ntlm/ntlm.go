// Package ntlm authenticates the HTTP requests of an EWS client by NTLM, the
// version 2 of it alone, with the messages of Azure's go-ntlmssp.
//
// NTLM authenticates a connection, not a request: a handshake of two requests,
// then all that follows on the same connection is the user's. So each request
// under way has a connection of its own, which is kept, and serves the next
// one without another handshake. See
// https://learn.microsoft.com/openspecs/windows_protocols/ms-nlmp/b38c36ed-2804-4868-a9ff-8dd3182128e4
// and, for HTTP,
// https://learn.microsoft.com/openspecs/windows_protocols/ms-nthp/7daaf621-94d9-4942-a70a-532e81ba293e.
//
// It may be used over plain HTTP, where it does not show the password; but
// whoever is on the way can pass the handshake on to another server, take over
// the connection, and try passwords out.
package ntlm

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"

	"github.com/seed-1937cc67/goews/auth"
)

// New returns the method for a user, `DOMAIN\name` or a user principal name
// such as ann@example.com, with a password. It does not contact the server.
// Config has more to set.
//
// A wrong password costs one attempt a request, so that an account is not
// locked out: the server's refusal, status 401, is what the request gets, and
// so do requests that waited for the outcome of the first one: at the start,
// and whenever no connection stands that the server has taken it on.
func New(user string, password auth.Secret) auth.Method {
	m, err := Config{User: user, Password: password}.Method()
	if err != nil {
		return broken{err}
	}
	return m
}

// Config says who the user is, and how the handshake goes. Zero fields mean
// their defaults.
type Config struct {
	// User is `DOMAIN\name`, a user principal name such as ann@example.com, or a
	// name alone if Domain is set or the server knows the domain. Required.
	User string
	// Domain is that of a User without one.
	Domain string
	// Password, or Hash, is required.
	Password auth.Secret
	// Hash is the NT hash of the password, 32 hexadecimal digits, instead of
	// the Password. It is worth as much as that.
	Hash auth.Secret
	// Workstation is the name of this machine that the server logs. Default:
	// none.
	Workstation string
	// NoChannelBinding leaves the channel binding token out. By default it is
	// sent over TLS: it says which certificate this side has seen, and a server
	// with Extended Protection refuses the user if it is not its own. So it does
	// if a proxy on the way ends TLS; then the token has to be left out, and the
	// server must not require it. Exchange 2019 has Extended Protection on from
	// CU14; see
	// https://learn.microsoft.com/exchange/plan-and-deploy/post-installation-tasks/security-best-practices/exchange-extended-protection.
	NoChannelBinding bool
	// MaxIdle bounds the connections that are kept while no request is under
	// way on them. Default 32. There is no bound on those that are in use:
	// Config.MaxConcurrent of package ews has that.
	MaxIdle int
}

// Method returns the method for c. It does not contact the server. It fails if
// a field makes no sense; its errors do not show what is secret.
func (c Config) Method() (auth.Method, error) {
	switch {
	case c.User == "":
		return nil, errors.New(`ntlm: Config.User is empty; set it to DOMAIN\name or a user principal name`)
	case c.Hash == "" && c.Password == "":
		return nil, errors.New("ntlm: neither Config.Password nor Config.Hash is set")
	case c.Hash != "" && c.Password != "":
		return nil, errors.New("ntlm: both Config.Password and Config.Hash are set; leave one empty")
	case c.Domain != "" && strings.ContainsAny(c.User, `\@`):
		return nil, errors.New("ntlm: Config.User has a domain in it, and Config.Domain is set; leave that empty")
	case c.MaxIdle < 0:
		return nil, fmt.Errorf("ntlm: Config.MaxIdle is %d, less than nothing; 0 means 32", c.MaxIdle)
	}
	if b, err := hex.DecodeString(string(c.Hash)); c.Hash != "" && (err != nil || len(b) != 16) {
		return nil, errors.New("ntlm: Config.Hash is no NT hash: that has 32 hexadecimal digits")
	}
	m := &method{user: c.User, workstation: c.Workstation, bind: !c.NoChannelBinding, maxIdle: c.MaxIdle, hashed: c.Hash != ""}
	if c.Domain != "" {
		m.user = c.Domain + `\` + c.User
	}
	if m.maxIdle == 0 {
		m.maxIdle = 32
	}
	secret := c.Password
	if m.hashed {
		secret = c.Hash
	}
	m.secret = func() auth.Secret { return secret }
	return m, nil
}

// Format writes the Config for every verb, without what is secret.
func (c Config) Format(s fmt.State, _ rune) {
	fmt.Fprintf(s, "ntlm.Config{User: %q, Domain: %q, Password: %v, Hash: %v, Workstation: %q, NoChannelBinding: %v, MaxIdle: %d}",
		c.User, c.Domain, c.Password, c.Hash, c.Workstation, c.NoChannelBinding, c.MaxIdle)
}

type method struct {
	user        string
	secret      func() auth.Secret // the password, or its hash
	hashed      bool
	workstation string
	bind        bool
	maxIdle     int
}

func (m *method) String() string               { return "NTLM " + m.user }
func (m *method) GoString() string             { return m.String() }
func (m *method) Format(s fmt.State, _ rune)   { _, _ = io.WriteString(s, m.String()) }
func (m *method) LogValue() slog.Value         { return slog.StringValue(m.String()) }
func (m *method) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// Schemes implements auth.Schemed: servers that do not offer NTLM by name take
// it as a case of Negotiate.
func (m *method) Schemes() []string { return []string{"NTLM", "Negotiate"} }

// Wrap implements auth.Method. next has to be an *http.Transport or an
// auth.Forker, as what package ews has is: else requests fail with an
// *auth.ForkError.
func (m *method) Wrap(next http.RoundTripper) http.RoundTripper { return newPool(m, next) }

// HandshakeError says that the handshake could not be made, for what the
// server sent or because it, or a proxy, does not keep the connection. The
// request was not sent.
type HandshakeError struct {
	Host string // with the port, if the address has one
	Err  error  // what went wrong
}

// Error names the cause.
func (e *HandshakeError) Error() string {
	return fmt.Sprintf("ntlm: no handshake with %s: %v", e.Host, e.Err)
}

// Unwrap returns the cause.
func (e *HandshakeError) Unwrap() error { return e.Err }

// Unsent implements auth.Unsent.
func (e *HandshakeError) Unsent() {}

// broken is a method of a Config that makes no sense.
type broken struct{ err error }

func (b broken) Wrap(next http.RoundTripper) http.RoundTripper {
	return auth.RoundTripper(next, func(_ http.RoundTripper, r *http.Request) (*http.Response, error) {
		return fail(r, &HandshakeError{r.URL.Host, b.err})
	})
}

// fail closes the body of r, as every RoundTripper does, and returns err.
func fail(r *http.Request, err error) (*http.Response, error) {
	if r.Body != nil {
		r.Body.Close()
	}
	return nil, err
}
