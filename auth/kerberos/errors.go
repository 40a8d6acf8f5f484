package kerberos

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"strings"
)

// What can be wrong, for errors.Is. All but ErrProof come before anything is
// sent to the server.
var (
	// ErrUnreachable says that no key distribution centre of the realm answers,
	// or that none is known.
	ErrUnreachable = errors.New("no key distribution centre answers")
	// ErrClockSkew says that this machine's clock and that of the realm differ
	// by more than is allowed, five minutes as a rule.
	ErrClockSkew = errors.New("the clocks differ too much")
	// ErrUnknownUser says that the realm does not know the user.
	ErrUnknownUser = errors.New("unknown user")
	// ErrPassword says that the password, or the key in the keytab, is wrong.
	ErrPassword = errors.New("wrong password or key")
	// ErrLocked says that the user is disabled or locked out, or that the
	// password has expired.
	ErrLocked = errors.New("the user may not log on")
	// ErrNoCache says that there is no credential cache, or none that can be
	// read.
	ErrNoCache = errors.New("no credential cache")
	// ErrExpired says that the tickets in the credential cache have expired.
	ErrExpired = errors.New("the tickets have expired")
	// ErrUnknownService says that the realm does not know the service principal
	// name.
	ErrUnknownService = errors.New("unknown service")
	// ErrProof says that the answer does not prove that it comes from the
	// service that the ticket was for. The request was sent, and may have been
	// done.
	ErrProof = errors.New("the server did not prove who it is")
)

// Error is a failure of Kerberos. It has no secret in it. Round trippers return
// it within an *auth.TokenError, if nothing was sent.
type Error struct {
	Kind    error  // one of the variables of this package; nil if none fits
	Code    int    // of the KDC, as in section 7.5.9 of RFC 4120; 0 if it sent none
	User    string // as in "ann@EXAMPLE.COM"; empty if not known
	Service string // as in "HTTP/mail.example.com"; empty before a service is asked for
	Err     error  // what was said
}

// Error says what is wrong and what to do.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("kerberos: ")
	if e.User != "" {
		b.WriteString(e.User + ": ")
	}
	if e.Service != "" {
		b.WriteString("ticket for " + e.Service + ": ")
	}
	if e.Kind != nil {
		b.WriteString(e.Kind.Error())
		if advice := advices[e.Kind]; advice != "" {
			b.WriteString(": " + advice)
		}
	}
	if e.Err != nil {
		if e.Kind != nil {
			b.WriteString(": ")
		}
		b.WriteString(e.Err.Error())
	}
	return b.String()
}

var advices = map[error]string{
	ErrUnreachable:    "check the kdc of the realm in krb5.conf, or the SRV records of _kerberos._tcp in DNS, and the way to port 88",
	ErrClockSkew:      "set this machine's clock",
	ErrUnknownUser:    "check user and realm; realms are written in capitals as a rule",
	ErrPassword:       "check it, and that a keytab has the key that the user has now",
	ErrLocked:         "its administrator can look at the account",
	ErrNoCache:        "run kinit, or set KRB5CCNAME to a file",
	ErrExpired:        "run kinit, or use a keytab",
	ErrProof:          "the request may have been done",
	ErrUnknownService: "set Config.SPN to the name that the server's account has, or ask its administrator to run setspn",
}

// Unwrap returns Kind and Err.
func (e *Error) Unwrap() []error {
	var out []error
	for _, err := range []error{e.Kind, e.Err} {
		if err != nil {
			out = append(out, err)
		}
	}
	return out
}

// Is reports whether target is fs.ErrPermission, for what the realm refused.
func (e *Error) Is(target error) bool {
	if target != fs.ErrPermission {
		return false
	}
	switch e.Kind {
	case ErrUnknownUser, ErrPassword, ErrLocked:
		return true
	}
	return false
}

// Temporary reports whether the same may succeed a little later: no key
// distribution centre answered. Package ews then repeats a call, if it was
// given a Retry.
func (e *Error) Temporary() bool { return e.Kind == ErrUnreachable }

// Refused reports whether the realm refused the password or the key: it would
// refuse it the next time, too, and each time counts against the account.
// auth.Strongest then tries no other method.
func (e *Error) Refused() bool { return e.Kind == ErrPassword || e.Kind == ErrLocked }

// ConfigError says that a field of Config makes no sense, or that a file it
// names cannot be read. Nothing was sent.
type ConfigError struct {
	Field string // as in "Keytab"
	Err   error
}

// Error names the field.
func (e *ConfigError) Error() string { return fmt.Sprintf("kerberos: Config.%s: %v", e.Field, e.Err) }

// Unwrap returns the cause.
func (e *ConfigError) Unwrap() error { return e.Err }

// Codes of KRB-ERROR, RFC 4120, section 7.5.9.
const (
	codeClientUnknown   = 6
	codeServiceUnknown  = 7
	codePolicy          = 12
	codeClientRevoked   = 18
	codeClientNotYet    = 21
	codeKeyExpired      = 23
	codePreauthFailed   = 24
	codeServiceMustUser = 27
	codeUnavailable     = 29
	codeIntegrity       = 31
	codeTicketExpired   = 32
	codeTicketNotYet    = 33
	codeSkew            = 37
	codeWrongRealm      = 68
)

// kinds are what the codes mean.
var kinds = map[int]error{
	codeClientUnknown:   ErrUnknownUser,
	codeWrongRealm:      ErrUnknownUser,
	codeServiceUnknown:  ErrUnknownService,
	codeServiceMustUser: ErrUnknownService,
	codeUnavailable:     ErrUnreachable,
	codeClientNotYet:    ErrLocked,
	codePolicy:          ErrLocked,
	codeClientRevoked:   ErrLocked,
	codeKeyExpired:      ErrLocked,
	codePreauthFailed:   ErrPassword,
	codeIntegrity:       ErrPassword,
	codeTicketExpired:   ErrExpired,
	codeTicketNotYet:    ErrClockSkew,
	codeSkew:            ErrClockSkew,
}

var (
	// gokrb5 keeps of most errors the text alone, with the names of kinds and
	// places before it.
	krbCode = regexp.MustCompile(`KRB Error: (\((\d{1,3})\).*)`)
	krbWays = regexp.MustCompile(`\[Root cause: \w+\] |\b\w+_Error: |\b\w+ Exchange Error: |communication error with KDC via TCP: |error sending to a KDC: |error setting dial timeout on connection to [^ ]+: `)
)

// kdcError makes an Error of what gokrb5 says of an exchange with a KDC.
func kdcError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	text := err.Error()
	if m := krbCode.FindStringSubmatch(text); m != nil {
		code, _ := strconv.Atoi(m[2])
		return &Error{Kind: kinds[code], Code: code, Err: errors.New(m[1])}
	}
	e = &Error{Err: errors.New(krbWays.ReplaceAllString(text, ""))}
	has := func(part string) bool { return strings.Contains(text, part) }
	switch {
	case has("clock skew with KDC"):
		e.Kind = ErrClockSkew
	case has("matching key not found in keytab"), has("AS_REP") && has("Decrypting_Error"):
		e.Kind = ErrPassword
	case has("Networking_Error"), has("any defined KDCs"), has("no KDC SRV records"):
		e.Kind = ErrUnreachable
	}
	return e
}

var errNoProof = errors.New("its answer has no proof")
