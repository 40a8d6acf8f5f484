package ews

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// ErrBlocked is the class of refusals that say that Exchange Online no longer
// serves EWS to this tenant or application. An administrator can allow-list
// the application until EWS ends there on 1 April 2027; Exchange on premises
// is not affected.
var ErrBlocked = errors.New("ews: EWS is blocked for this tenant or application")

// ResponseError is a response message of class Error: the server understood
// the request and did not do this part of it.
type ResponseError struct {
	Op    string                // operation, as in "FindItem"
	Index int                   // position in the request; -1 for an operation with one part
	Code  messages.ResponseCode // as sent by the server
	Text  string                // MessageText, in the culture of the request
	XML   types.Raw             // MessageXml
}

// Error names operation, position, code and text.
func (e *ResponseError) Error() string {
	at := ""
	if e.Index >= 0 {
		at = fmt.Sprintf(" input %d", e.Index)
	}
	return fmt.Sprintf("ews: %s%s: %s: %s", e.Op, at, string(e.Code), e.Text)
}

// Unwrap returns the code, for errors.Is(err, messages.ErrorItemNotFound).
func (e *ResponseError) Unwrap() error { return e.Code }

// FaultError is a SOAP fault: the server refused the request as a whole.
type FaultError struct {
	Op        string
	FaultCode string                // as in "a:ErrorSchemaValidation"
	Text      string                // faultstring
	Code      messages.ResponseCode // of the detail, or of FaultCode; empty if neither says
	Message   string                // of the detail
	Violation string                // of the schema, for ErrorSchemaValidation
	Line      int                   // of the violation, 0 if not said
	Column    int
	BackOff   time.Duration // how long the server asks to wait; 0 if it did not say
}

// Error names operation, code and text.
func (e *FaultError) Error() string {
	s := fmt.Sprintf("ews: %s: SOAP fault %s: %s", e.Op, e.FaultCode, e.Text)
	if e.Violation != "" {
		s += fmt.Sprintf(" (line %d, column %d: %s)", e.Line, e.Column, e.Violation)
	}
	return s
}

// Unwrap returns the response code, nil if the fault has none.
func (e *FaultError) Unwrap() error {
	if e.Code == "" {
		return nil
	}
	return e.Code
}

// HTTPError is an HTTP status without a SOAP answer.
type HTTPError struct {
	Op         string
	StatusCode int
	Schemes    []string      // what WWW-Authenticate offers, for 401
	RetryAfter time.Duration // of the header, 0 if absent
	Body       string        // first bytes, as text
}

// Error says what the status means here and what to do.
func (e *HTTPError) Error() string {
	s := fmt.Sprintf("ews: %s: HTTP %d %s", e.Op, e.StatusCode, http.StatusText(e.StatusCode))
	switch e.StatusCode {
	case http.StatusUnauthorized:
		s += ": wrong user or password, or a method that the server does not take"
		if len(e.Schemes) > 0 {
			s += "; it offers " + strings.Join(e.Schemes, ", ")
		}
	case http.StatusForbidden:
		s += ": the user may not use EWS, or the application is not allowed to"
	case http.StatusNotFound:
		s += ": no EWS at this address; the path is usually /EWS/Exchange.asmx"
	case http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		s += ": the endpoint redirects; use the address it redirects to"
	}
	return s
}

// Is reports whether the refusal belongs to class target.
func (e *HTTPError) Is(target error) bool {
	switch target {
	case messages.ErrThrottled:
		return e.StatusCode == http.StatusTooManyRequests || e.StatusCode == http.StatusServiceUnavailable
	case ErrBlocked:
		return e.StatusCode == http.StatusForbidden && strings.Contains(e.Body, "EWS") && strings.Contains(e.Body, "blocked")
	}
	return false
}

// ContentError is an answer with HTTP status 200 that is no XML: a login page,
// a proxy's notice.
type ContentError struct {
	Op          string
	ContentType string
	Body        string // first bytes, as text
}

// Error shows the beginning of the answer.
func (e *ContentError) Error() string {
	return fmt.Sprintf("ews: %s: the answer is %q, not XML; is the endpoint right, or a proxy in between? It starts %q", e.Op, e.ContentType, e.Body)
}

// DecodeError is an answer that is XML, but malformed, cut off, too large, or
// not an answer to this operation. It unwraps to the decoder's error, which
// has path and position.
type DecodeError struct {
	Op  string
	Err error
}

// Error names the operation and the decoder's error.
func (e *DecodeError) Error() string { return fmt.Sprintf("ews: %s: %v", e.Op, e.Err) }

// Unwrap returns the decoder's error.
func (e *DecodeError) Unwrap() error { return e.Err }

// TooLargeError is the cause of a DecodeError for an answer over
// Config.MaxResponseBytes.
type TooLargeError struct{ Max int64 }

// Error says what to raise.
func (e *TooLargeError) Error() string {
	return fmt.Sprintf("the answer exceeds %d bytes; raise Config.MaxResponseBytes if that is wanted", e.Max)
}

// TransportError is a request that got no answer: no such host, connection
// refused, a certificate that does not match, a time-out. The server may or
// may not have done what was asked.
type TransportError struct {
	Op   string
	Hint string
	Err  error
}

// Error names the cause, and what to do about it if that is known.
func (e *TransportError) Error() string {
	s := fmt.Sprintf("ews: %s: %v", e.Op, e.Err)
	if e.Hint != "" {
		s += "; " + e.Hint
	}
	return s
}

// Unwrap returns the cause.
func (e *TransportError) Unwrap() error { return e.Err }

// Errors returns one error for each part of res, nil for those that
// succeeded. res is the answer of operation op.
func Errors(op *messages.Operation, res messages.Batch) []error {
	all := res.Statuses()
	out := make([]error, len(all))
	for i, s := range all {
		if s.Failed() {
			out[i] = &ResponseError{op.Name, i, s.Code, s.Text, s.XML}
		}
	}
	return out
}
