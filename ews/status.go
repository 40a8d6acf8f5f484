package ews

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/internal/wire"
)

// HTTPError is an HTTP status without a SOAP answer.
type HTTPError struct {
	Op         string
	StatusCode int
	Schemes    []string      // what WWW-Authenticate offers, for 401
	Location   string        // where a redirect leads, without what may be secret in it
	RetryAfter time.Duration // of the header, 0 if absent
	// CASError is what a Client Access server says in the header X-CasErrorCode,
	// as in "UnauthenticatedRequest"; empty if it says nothing.
	CASError string
	Body     string // first bytes, as text, without secrets
	// Reason is what the server says about the credentials, for 401: error and
	// error_description of the challenge (RFC 6750, section 3), and the header
	// X-Ms-Diagnostics, in which Exchange says what is wrong with a token;
	// without secrets.
	Reason     string
	sentScheme string // of the request's Authorization
	silent     bool   // nothing was sent there, although there is a Config.Auth
	closed     bool   // the server ends the connection with it
}

// crashed reports whether the answer is the page of a server whose service has
// fallen over: that of ASP.NET, or the redirect to Exchange's own.
func (e *HTTPError) crashed() bool {
	switch e.StatusCode {
	case http.StatusInternalServerError:
		return strings.Contains(e.Body, "Server Error in '/EWS' Application")
	case http.StatusFound:
		return strings.Contains(strings.ToLower(e.Location), "/ews/genericerrorpage.htm")
	}
	return false
}

// locked reports whether the answer says that the user is locked out.
func (e *HTTPError) locked() bool {
	return strings.Contains(e.Body, "account is currently locked out")
}

// Error says what the status means here and what to do.
func (e *HTTPError) Error() string {
	s := fmt.Sprintf("ews: %s: HTTP %d %s", e.Op, e.StatusCode, http.StatusText(e.StatusCode))
	if e.CASError != "" {
		s += " (the front end says " + e.CASError + ")"
	}
	if text := e.advice(); text != "" {
		s += ": " + text
	}
	if e.Reason != "" {
		s += fmt.Sprintf("; it says %q", e.Reason)
	}
	if e.RetryAfter > 0 {
		s += fmt.Sprintf("; it asks to wait %v", e.RetryAfter)
	}
	if e.Body != "" {
		s += fmt.Sprintf("; the answer starts %q", e.Body)
	}
	return s
}

// advice says what the status means here and what to do.
func (e *HTTPError) advice() string {
	switch {
	case e.locked():
		return "the user is locked out, for a while or until its administrator unlocks it; asking again may prolong that"
	case e.crashed():
		return "the service on the server fell over; what was asked may have been done; if it goes on, its administrator finds the reason in the server's event log"
	}
	switch e.StatusCode {
	case http.StatusBadRequest:
		if strings.Contains(e.Body, "HTTPS") {
			return "the server wants TLS at this port; make Config.Endpoint begin with https"
		}
	case http.StatusUnauthorized:
		return e.unauthorized()
	case http.StatusForbidden:
		if e.Is(ErrBlocked) {
			return adviceDisabled
		}
		return "the user or the application may not use EWS, or the server wants TLS; if the body says nothing, ask its administrator"
	case http.StatusNotFound:
		return "no EWS at this address; the path of Config.Endpoint is usually /EWS/Exchange.asmx"
	case http.StatusMethodNotAllowed:
		return "this address takes no POST; the path of Config.Endpoint is usually /EWS/Exchange.asmx"
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		text := "redirects are not followed, for they could carry credentials elsewhere"
		if e.Location != "" {
			text += fmt.Sprintf("; if %s is right, make it Config.Endpoint; if it is a login page, the server wants another kind of authentication", e.Location)
		}
		return text
	case http.StatusProxyAuthRequired:
		return "the proxy wants a user and a password; give them in the URL of Transport.Proxy, as in http://user:password@proxy:3128"
	case http.StatusRequestEntityTooLarge:
		return "the request is larger than the server takes; send less at once"
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return "the server has too much to do; send fewer requests at once"
	case http.StatusInternalServerError, http.StatusBadGateway, http.StatusGatewayTimeout:
		return "the server or a proxy before it failed; what was asked may have been done"
	}
	return ""
}

func (e *HTTPError) unauthorized() string {
	offers := strings.Join(e.Schemes, ", ")
	switch {
	case e.silent && offers == "":
		return "the server wants authentication, and does not say of which kind; Config.Auth found nothing to send: it may have to be another one"
	case e.silent:
		return "the server offers " + offers + ", and Config.Auth has an answer to none of these: choose one of these for Config.Auth"
	case e.sentScheme == "" && offers == "":
		return "the server wants authentication; set Config.Auth"
	case e.sentScheme == "":
		return "the server wants authentication, and offers " + offers + "; set Config.Auth"
	case offers == "":
		return "wrong user, password or token, or " + e.sentScheme + " is not taken by this server"
	}
	for _, s := range e.Schemes {
		if strings.EqualFold(s, e.sentScheme) {
			return "wrong user, password or token for " + e.sentScheme + "; it offers " + offers
		}
	}
	return "the server does not take " + e.sentScheme + "; it offers " + offers + ": choose one of these for Config.Auth"
}

// Is reports whether the refusal belongs to class target:
// messages.ErrThrottled, fs.ErrPermission or ErrBlocked.
func (e *HTTPError) Is(target error) bool {
	switch target {
	case messages.ErrThrottled:
		return e.StatusCode == http.StatusTooManyRequests || e.StatusCode == http.StatusServiceUnavailable
	case fs.ErrPermission:
		return e.StatusCode == http.StatusUnauthorized || e.StatusCode == http.StatusForbidden || e.locked()
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
	adviceDisabled = "EWS is switched off for this mailbox or organisation: its administrator can look at EwsEnabled with" +
		" Get-CASMailbox and Get-OrganizationConfig" + adviceOnline
	advicePolicy = "A list of applications is in the way: the administrator can add the application's id to EwsAllowedAppIDs" +
		" with Set-OrganizationConfig, and has to let its User-Agent (Config.UserAgent) through EwsApplicationAccessPolicy;" +
		" a change may take 24 hours" + adviceOnline
	adviceOnline = "; Exchange Online has EWS off by default since October 2026 and ends it on 1 April 2027, after which" +
		" Microsoft Graph is what is left; Exchange on premises keeps it"
)

// Error says who can do what about it.
func (e *BlockedError) Error() string {
	s := fmt.Sprintf("ews: %s: HTTP 403: %s", e.Op, e.Reason)
	if e.Policy {
		return s + ". " + advicePolicy
	}
	return s + ". " + adviceDisabled
}

// Is reports whether target is ErrBlocked or fs.ErrPermission.
func (e *BlockedError) Is(target error) bool {
	return target == ErrBlocked || target == fs.ErrPermission
}

// statusError is the error for an answer with a status that has no SOAP.
func statusError(x *exchange, h *http.Response, body io.Reader) error {
	reason := aLine(maskOf(h).text(h.Header.Get("X-EWS-Policy-Reason")))
	if h.StatusCode == http.StatusForbidden && reason != "" {
		return &BlockedError{Op: x.op.Name, Reason: reason, Policy: strings.Contains(strings.ToLower(reason), "policy")}
	}
	e := &HTTPError{Op: x.op.Name, StatusCode: h.StatusCode, Body: maskOf(h).head(body), RetryAfter: retryAfter(h.Header.Get("Retry-After"))}
	e.closed = h.Close
	e.CASError = aLine(maskOf(h).text(strings.TrimPrefix(h.Header.Get("X-CasErrorCode"), "CAS error:")))
	if h.StatusCode == http.StatusInternalServerError && strings.Contains(e.Body, badVersion) {
		return &FaultError{Op: x.op.Name, FaultCode: "as HTTP 500", Text: badVersion, Code: messages.ErrorInvalidServerVersion}
	}
	for _, c := range auth.Challenges(h.Header) {
		e.Schemes = append(e.Schemes, c.Scheme)
	}
	if h.Request != nil {
		e.sentScheme, _, _ = strings.Cut(h.Request.Header.Get("Authorization"), " ")
		e.silent = e.sentScheme == "" && x.client.cfg.Auth != nil
	}
	if to := h.Header.Get("Location"); to != "" {
		e.Location = cleanURL(to)
	}
	if h.StatusCode == http.StatusUnauthorized {
		e.Reason = reasonOf(h)
	}
	return e
}

// reasonOf returns what a refusal says about the credentials.
func reasonOf(h *http.Response) string {
	var parts []string
	for _, c := range auth.Challenges(h.Header) {
		parts = append(parts, c.Params["error"], c.Params["error_description"])
	}
	parts = append(parts, h.Header.Get("X-Ms-Diagnostics"))
	parts = slices.DeleteFunc(parts, func(s string) bool { return strings.TrimSpace(s) == "" })
	return aLine(maskOf(h).text(strings.Join(parts, ": ")))
}

// aLine returns a text of a server as a line of an error may have it: cut to a
// length, without what a terminal would take for a command.
func aLine(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	if len(s) > 512 {
		s = strings.ToValidUTF8(s[:512], "") + "..."
	}
	return s
}

// badVersion is what servers may say in plain text of a version that they do
// not take.
const badVersion = "The specified server version is invalid"

// refused is the error for an answer with another status than 200, and 500 for
// SOAP: a proxy, or the server itself, may send a fault with one of these, too.
func (x *exchange) refused(h *http.Response, body io.Reader, isXML bool) error {
	if isXML && (h.StatusCode > http.StatusInternalServerError || h.StatusCode == http.StatusTooManyRequests) {
		head, _ := io.ReadAll(io.LimitReader(body, 64<<10))
		var f *FaultError
		d := wire.NewDecoderBytes(head, wire.Limits{})
		if d.Root() && errors.As(x.envelope(d, (*wire.Decoder).Skip), &f) && f.Code != "" { // else the status says more
			return f
		}
		body = bytes.NewReader(head)
	}
	return statusError(x, h, body)
}

// retryAfter returns what the header says, in seconds or as a date; 0 if that is
// nonsense, such as more than a day.
func retryAfter(v string) time.Duration {
	d := time.Duration(0)
	if s, err := strconv.ParseInt(strings.TrimSpace(v), 10, 64); err == nil && s > 0 && s <= 24*60*60 {
		d = time.Duration(s) * time.Second
	} else if t, err := http.ParseTime(v); err == nil {
		d = time.Until(t)
	}
	if d < 0 || d > 24*time.Hour {
		return 0
	}
	return d
}
