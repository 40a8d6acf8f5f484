package ews

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/gen/messages"
)

// HTTPError is an HTTP status without a SOAP answer.
type HTTPError struct {
	Op         string
	StatusCode int
	Schemes    []string      // what WWW-Authenticate offers, for 401
	Location   string        // where a redirect leads, without what may be secret in it
	RetryAfter time.Duration // of the header, 0 if absent
	Body       string        // first bytes, as text, without secrets
	sentScheme string        // of the request's Authorization
}

// Error says what the status means here and what to do.
func (e *HTTPError) Error() string {
	s := fmt.Sprintf("ews: %s: HTTP %d %s", e.Op, e.StatusCode, http.StatusText(e.StatusCode))
	switch e.StatusCode {
	case http.StatusBadRequest:
		if strings.Contains(e.Body, "HTTPS") {
			s += ": the server wants TLS at this port; make Config.Endpoint begin with https"
		}
	case http.StatusUnauthorized:
		s += e.unauthorized()
	case http.StatusForbidden:
		if e.Is(ErrBlocked) {
			s += adviceDisabled
		} else {
			s += ": the user or the application may not use EWS, or the server wants TLS; if the body says nothing, ask its administrator"
		}
	case http.StatusNotFound:
		s += ": no EWS at this address; the path of Config.Endpoint is usually /EWS/Exchange.asmx"
	case http.StatusMethodNotAllowed:
		s += ": this address takes no POST; the path of Config.Endpoint is usually /EWS/Exchange.asmx"
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		s += ": redirects are not followed, for they could carry credentials elsewhere"
		if e.Location != "" {
			s += fmt.Sprintf("; if %s is right, make it Config.Endpoint; if it is a login page, the server wants another kind of authentication", e.Location)
		}
	case http.StatusProxyAuthRequired:
		s += ": the proxy wants a user and a password; give them in the Proxy of the HTTPClient's Transport"
	case http.StatusRequestEntityTooLarge:
		s += ": the request is larger than the server takes; send less at once"
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		s += ": the server has too much to do; send fewer requests at once"
	case http.StatusInternalServerError, http.StatusBadGateway, http.StatusGatewayTimeout:
		s += ": the server or a proxy before it failed; what was asked may have been done"
	}
	if e.RetryAfter > 0 {
		s += fmt.Sprintf("; it asks to wait %v", e.RetryAfter)
	}
	if e.Body != "" {
		s += fmt.Sprintf("; the answer starts %q", e.Body)
	}
	return s
}

func (e *HTTPError) unauthorized() string {
	offers := strings.Join(e.Schemes, ", ")
	switch {
	case e.sentScheme == "" && offers == "":
		return ": the server wants authentication; set Config.Auth"
	case e.sentScheme == "":
		return ": the server wants authentication, and offers " + offers + "; set Config.Auth"
	case offers == "":
		return ": wrong user, password or token, or " + e.sentScheme + " is not taken by this server"
	}
	for _, s := range e.Schemes {
		if strings.EqualFold(s, e.sentScheme) {
			return ": wrong user, password or token for " + e.sentScheme + "; it offers " + offers
		}
	}
	return ": the server does not take " + e.sentScheme + "; it offers " + offers + ": choose one of these for Config.Auth"
}

// Is reports whether the refusal belongs to class target:
// messages.ErrThrottled, fs.ErrPermission or ErrBlocked.
func (e *HTTPError) Is(target error) bool {
	switch target {
	case messages.ErrThrottled:
		return e.StatusCode == http.StatusTooManyRequests || e.StatusCode == http.StatusServiceUnavailable
	case fs.ErrPermission:
		return e.StatusCode == http.StatusUnauthorized || e.StatusCode == http.StatusForbidden
	case ErrBlocked:
		return e.StatusCode == http.StatusForbidden && saysBlocked("", e.Body)
	}
	return false
}

// BlockedError says that Exchange refuses EWS to this mailbox, organisation
// or application: HTTP status 403 with the header X-EWS-Policy-Reason. It is
// of the classes ErrBlocked and fs.ErrPermission. See
// https://learn.microsoft.com/exchange/client-developer/exchange-web-services/how-to-control-access-to-ews-in-exchange.
type BlockedError struct {
	Op     string
	Reason string // of the header
	// Policy says that a list of applications is in the way (by their id, or by
	// their User-Agent) rather than EWS being switched off.
	Policy bool
}

const (
	adviceDisabled = ". EWS is switched off for this mailbox or organisation: its administrator can look at EwsEnabled with" +
		" Get-CASMailbox and Get-OrganizationConfig" + adviceOnline
	advicePolicy = ". A list of applications is in the way: the administrator can add the application's id to EwsAllowedAppIDs" +
		" with Set-OrganizationConfig, and has to let its User-Agent (Config.UserAgent) through EwsApplicationAccessPolicy;" +
		" a change may take 24 hours" + adviceOnline
	adviceOnline = "; Exchange Online has EWS off by default since October 2026 and ends it on 1 April 2027, after which" +
		" Microsoft Graph is what is left; Exchange on premises keeps it"
)

// Error says who can do what about it.
func (e *BlockedError) Error() string {
	s := fmt.Sprintf("ews: %s: HTTP 403: %s", e.Op, e.Reason)
	if e.Policy {
		return s + advicePolicy
	}
	return s + adviceDisabled
}

// Is reports whether target is ErrBlocked or fs.ErrPermission.
func (e *BlockedError) Is(target error) bool {
	return target == ErrBlocked || target == fs.ErrPermission
}

// statusError is the error for an answer with a status that has no SOAP.
func statusError(x *exchange, h *http.Response, body io.Reader) error {
	reason := strings.TrimSpace(h.Header.Get("X-EWS-Policy-Reason"))
	if h.StatusCode == http.StatusForbidden && reason != "" {
		return &BlockedError{Op: x.op.Name, Reason: reason, Policy: strings.Contains(strings.ToLower(reason), "policy")}
	}
	e := &HTTPError{Op: x.op.Name, StatusCode: h.StatusCode, Body: maskOf(h).head(body), RetryAfter: retryAfter(h.Header.Get("Retry-After"))}
	for _, c := range auth.Challenges(h.Header) {
		e.Schemes = append(e.Schemes, c.Scheme)
	}
	if h.Request != nil {
		e.sentScheme, _, _ = strings.Cut(h.Request.Header.Get("Authorization"), " ")
	}
	if to := h.Header.Get("Location"); to != "" {
		e.Location = cleanURL(to)
	}
	return e
}

// retryAfter returns what the header says, in seconds or as a date.
func retryAfter(v string) time.Duration {
	if s, err := strconv.ParseInt(strings.TrimSpace(v), 10, 64); err == nil {
		if s > 0 && s <= 24*60*60 {
			return time.Duration(s) * time.Second
		}
		return 0
	}
	if t, err := http.ParseTime(v); err == nil {
		return max(0, time.Until(t))
	}
	return 0
}

// noAnswer is the error for a request that got no answer. The end of the
// context goes before what it led to.
func noAnswer(ctx context.Context, op *messages.Operation, endpoint string, err error, sent bool) error {
	if ctx.Err() != nil {
		cause := context.Cause(ctx)
		if _, ours := cause.(*TimeoutError); ours {
			err = cause
		} else {
			err = &contextError{ctx.Err(), cause}
		}
		return &TransportError{Op: op.Name, Endpoint: endpoint, Sent: sent, Err: err}
	}
	var u *url.Error
	if errors.As(err, &u) { // what it says of method and address is said already
		err = u.Err
	}
	return &TransportError{Op: op.Name, Endpoint: endpoint, Sent: sent, Hint: hint(err), Err: err}
}

// beforeWriting reports whether err comes before anything is written to a
// server.
func beforeWriting(err error) bool {
	var op *net.OpError
	return permanent(err) || errors.As(err, &op) && op.Op == "dial"
}

// permanent reports whether a connection will fail in the same way the next
// time.
func permanent(err error) bool {
	var dns *net.DNSError
	var cert *tls.CertificateVerificationError
	var host x509.HostnameError
	var ca x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var record tls.RecordHeaderError
	return errors.As(err, &dns) && dns.IsNotFound || errors.As(err, &cert) || errors.As(err, &host) || errors.As(err, &ca) ||
		errors.As(err, &invalid) || errors.As(err, &record) || errors.Is(err, http.ErrSchemeMismatch)
}

// hint says what to do about a failed connection.
func hint(err error) string {
	var dns *net.DNSError
	var host x509.HostnameError
	var ca x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var record tls.RecordHeaderError
	var op *net.OpError
	var unsent auth.Unsent
	switch {
	case errors.As(err, &unsent): // says itself what to do
		return ""
	case errors.As(err, &op) && strings.HasPrefix(op.Op, "proxyconnect"):
		return "the proxy does not answer: check the Proxy of the HTTPClient's Transport, or the variables HTTPS_PROXY and NO_PROXY"
	case errors.As(err, &dns):
		return "check the host name in Config.Endpoint"
	case errors.As(err, &host):
		return "the certificate is for another host: use a name it lists in Config.Endpoint"
	case errors.As(err, &ca):
		return "the certificate's issuer is unknown: add it to RootCAs of the TLSClientConfig of the HTTPClient's Transport"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the certificate has expired or is not valid yet: renew it on the server, or set this machine's clock"
	case errors.As(err, &invalid):
		return "the certificate is not one for this use: it has to be replaced on the server"
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return "the server does not speak TLS at this port: check the port in Config.Endpoint; plain HTTP needs one that begins with http"
	case errors.As(err, &op) && op.Op == "remote error": // an alert, as package tls has it
		return "the server refused the TLS handshake: it may want a client certificate, or another version of TLS"
	case strings.Contains(err.Error(), `malformed HTTP response "\x15\x03`):
		return "the server speaks TLS at this port: make Config.Endpoint begin with https"
	case errors.As(err, &op) && op.Op == "dial":
		return "nothing answers at this address: check host and port of Config.Endpoint"
	}
	return ""
}
