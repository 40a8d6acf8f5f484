package oauth

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

// ErrSignIn is the class of errors that another sign-in of the user may end: by
// errors.Is. Without one, the same will happen again.
var ErrSignIn = errors.New("oauth: the user has to sign in")

// Error says that the authorization server issued no token, or could not be
// reached. No secret is in it.
type Error struct {
	Host  string // of the authorization server
	Grant string // grant_type of the request, as in "client_credentials"; "device_authorization", "authorize" for what comes before
	// StatusCode is that of HTTP; 0 if there was no answer, or the browser
	// brought it.
	StatusCode int
	// Code is what went wrong, as in "invalid_client" (RFC 6749, section 5.2);
	// empty if what came is not an answer of an authorization server.
	Code string
	// Detail is what goes into detail in Microsoft's servers, as in
	// "AADSTS7000215" or "MSIS9605".
	Detail string
	// Description is the server's text, without what has a field here.
	Description string
	// CorrelationID and TraceID name the request in the server's logs.
	CorrelationID, TraceID string
	// Claims are those that a sign-in has to ask for, as JSON: see
	// Interaction.Claims.
	Claims string
	// RetryAfter is how long the server asks to wait; 0 if it did not say.
	RetryAfter time.Duration
	// Skew is how far this machine's clock is ahead of the server's; 0 if it is
	// less than two minutes either way.
	Skew time.Duration
	// Err is why there was no answer, or none that can be used.
	Err error
}

// Error names server, code and text, and what to do.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "oauth: %s: %s: ", e.Host, e.Grant)
	switch {
	case e.Code != "":
		b.WriteString(e.Code)
		if e.Detail != "" {
			b.WriteString(" (" + e.Detail + ")")
		}
	case e.Err != nil:
		b.WriteString(cut(e.Err.Error(), 400))
	default:
		fmt.Fprintf(&b, "HTTP %d %s", e.StatusCode, http.StatusText(e.StatusCode))
	}
	if e.Description != "" {
		b.WriteString(": " + e.Description)
	}
	if advice := e.advice(); advice != "" {
		b.WriteString("; " + advice)
	}
	if e.Skew != 0 {
		fmt.Fprintf(&b, "; this machine's clock is %v %s", e.Skew.Abs().Round(time.Second), map[bool]string{true: "ahead", false: "behind"}[e.Skew > 0])
	}
	if e.RetryAfter > 0 {
		fmt.Fprintf(&b, "; the server asks to wait %v", e.RetryAfter)
	}
	if e.CorrelationID != "" {
		b.WriteString(" (correlation id " + e.CorrelationID + ")")
	}
	return b.String()
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether e is of class ErrSignIn: interaction, a login or consent is
// required, or a refresh token or code is no longer good.
func (e *Error) Is(target error) bool {
	if target != ErrSignIn {
		return false
	}
	switch e.Code {
	case "interaction_required", "login_required", "consent_required", "account_selection_required", "expired_token":
		return true
	case "invalid_grant":
		return e.Grant == grantRefresh || e.Grant == grantCode || e.Grant == grantDevice
	}
	return e.Claims != ""
}

// Temporary reports whether the same request may succeed a little later: the
// server could not be reached, was busy or failed.
func (e *Error) Temporary() bool {
	if e.Code == "temporarily_unavailable" || e.Code == "server_error" || e.Code == "slow_down" {
		return true
	}
	if e.Err != nil {
		return lost(e.Err)
	}
	return e.StatusCode == http.StatusTooManyRequests || e.StatusCode >= 500
}

// BackOff returns how long the server asks to wait; 0 if it did not say.
func (e *Error) BackOff() time.Duration { return e.RetryAfter }

// lost reports whether err is of a connection that failed or broke, in a way
// that may not happen the next time.
func lost(err error) bool {
	var cert *tls.CertificateVerificationError
	var host x509.HostnameError
	var ca x509.UnknownAuthorityError
	var dns *net.DNSError
	if errors.As(err, &cert) || errors.As(err, &host) || errors.As(err, &ca) || errors.As(err, &dns) && dns.IsNotFound {
		return false
	}
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout() || errors.As(err, new(*net.OpError)) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// failed returns the error of a request that err came back from. What is in
// secrets does not get into it.
func (a *App) failed(ctx context.Context, grant string, err error, secrets []string) error {
	e := &Error{Host: a.host(), Grant: grant}
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) {
		e.refusal(refused, secrets)
		return e
	}
	e.Err = err
	var u *url.Error
	if errors.As(err, &u) { // what it says of method and address is said already
		e.Err = u.Err
	}
	if ctx.Err() != nil {
		e.Err = context.Cause(ctx)
	}
	return e
}

// answer is what there is in a refusal beside what RFC 6749 has. See
// https://learn.microsoft.com/entra/identity-platform/reference-error-codes.
type answer struct {
	CorrelationID string `json:"correlation_id"`
	TraceID       string `json:"trace_id"`
	Claims        string `json:"claims"`
	Numbers       []int  `json:"error_codes"`
}

// refusal takes from an answer what may be shown.
func (e *Error) refusal(r *oauth2.RetrieveError, secrets []string) {
	h := r.Response
	e.StatusCode = h.StatusCode
	e.Code = cut(r.ErrorCode, 64)
	var more answer
	_ = json.Unmarshal(r.Body, &more) // what is not of its type, or not JSON, is left out
	e.CorrelationID, e.TraceID = cut(more.CorrelationID, 64), cut(more.TraceID, 64)
	if json.Valid([]byte(more.Claims)) {
		e.Claims = more.Claims
	}
	e.describe(r.ErrorDescription, secrets)
	if e.Detail == "" && len(more.Numbers) > 0 && e.CorrelationID != "" {
		e.Detail = "AADSTS" + strconv.Itoa(more.Numbers[0])
	}
	if h.StatusCode >= 300 && h.StatusCode < 400 {
		e.Description = "it redirects, which is not followed, for secrets would go there"
		if u, err := url.Parse(h.Header.Get(redirectedTo)); err == nil && u.Host != "" {
			e.Description += ": " + cut(u.Scheme+"://"+u.Host+u.EscapedPath(), 200)
		}
	} else if e.Code == "" {
		kind, _, _ := mime.ParseMediaType(h.Header.Get("Content-Type"))
		e.Description = fmt.Sprintf("what answers sends %q and is no authorization server", cut(kind, 64))
	}
	if n, err := strconv.Atoi(h.Header.Get("Retry-After")); err == nil && n > 0 && n <= 24*60*60 {
		e.RetryAfter = time.Duration(n) * time.Second
	}
	if date, err := http.ParseTime(h.Header.Get("Date")); err == nil {
		if skew := time.Since(date); skew.Abs() > 2*time.Minute {
			e.Skew = skew
		}
	}
}

// detail finds the codes of Entra ID and AD FS.
var detail = regexp.MustCompile(`\b(?:AADSTS|MSIS)\d{3,9}\b`)

// tail is what Entra ID puts behind a description, one a line.
var tail = regexp.MustCompile(`(?s)\s*(?:Trace ID|Correlation ID|Timestamp):.*`)

// describe takes the server's text apart.
func (e *Error) describe(text string, secrets []string) {
	for _, s := range secrets {
		if len(s) >= 4 {
			text = strings.ReplaceAll(text, s, "***")
			text = strings.ReplaceAll(text, url.QueryEscape(s), "***")
		}
	}
	e.Detail = detail.FindString(text)
	text = tail.ReplaceAllString(text, "")
	text = strings.TrimPrefix(text, e.Detail+": ")
	e.Description = cut(strings.Join(strings.Fields(text), " "), 400)
}

// cut returns at most n bytes of s.
func cut(s string, n int) string {
	if len(s) > n {
		return strings.ToValidUTF8(s[:n], "") + "..."
	}
	return s
}
