package ews

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// ErrBlocked is the class of refusals that say that EWS itself is disabled or
// blocked for this mailbox, organisation or application: by errors.Is of a
// *BlockedError, of an *HTTPError and of a fault or response that says so.
var ErrBlocked = errors.New("ews: EWS is blocked for this mailbox, organisation or application")

// RequestError is a request that cannot be written, or in which there is
// something that the server's version lacks (*messages.UnsupportedError).
// Nothing was sent.
type RequestError struct {
	Op  string
	Err error
}

// Error names the cause.
func (e *RequestError) Error() string {
	return fmt.Sprintf("ews: %s: nothing was sent: %v", e.Op, e.Err)
}

// Unwrap returns the cause.
func (e *RequestError) Unwrap() error { return e.Err }

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
	return fmt.Sprintf("ews: %s%s: %s: %s%s", e.Op, at, string(e.Code), e.Text, e.advice())
}

func (e *ResponseError) advice() string {
	if e.Is(ErrBlocked) {
		return ". " + adviceDisabled
	}
	return ""
}

// Unwrap returns the code, for errors.Is(err, messages.ErrorItemNotFound).
func (e *ResponseError) Unwrap() error { return e.Code }

// Is reports whether the refusal is of class ErrBlocked.
func (e *ResponseError) Is(target error) bool {
	return target == ErrBlocked && saysBlocked(e.Code, e.Text)
}

// BackOff returns how long the server asks to wait; 0 if it did not say.
func (e *ResponseError) BackOff() time.Duration { return milliseconds(valuesOf(e.XML)[backOffName]) }

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
	if e.BackOff > 0 {
		s += fmt.Sprintf("; the server asks to wait %v", e.BackOff)
	}
	if e.Is(ErrBlocked) {
		s += ". " + adviceDisabled
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

// Is reports whether the refusal is of class ErrBlocked.
func (e *FaultError) Is(target error) bool {
	return target == ErrBlocked && saysBlocked(e.Code, e.Text+" "+e.Message)
}

// saysBlocked reports whether a server says by a refusal that EWS is not to
// be had. Servers on premises have the code for denied access and a text.
func saysBlocked(code messages.ResponseCode, text string) bool {
	if code != messages.ErrorAccessDenied && code != "" {
		return false
	}
	text = strings.ToLower(text)
	if !strings.Contains(text, "ews") && !strings.Contains(text, "exchange web services") {
		return false
	}
	for _, word := range []string{"disabled", "blocked", "not enabled", "not allowed"} {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

// VersionRefusedError says that the server does not take Config.Version.
type VersionRefusedError struct {
	Op      string
	Version types.ExchangeVersion // as given
	Build   Build                 // of the server; zero if it did not say
	Takes   types.ExchangeVersion // what it should take; empty if that is not known
	Err     *FaultError
}

// Error says what to set.
func (e *VersionRefusedError) Error() string {
	s := fmt.Sprintf("ews: %s: the server", e.Op)
	if e.Build != (Build{}) {
		s += " (build " + e.Build.String() + ")"
	}
	s += fmt.Sprintf(" does not take version %q of Config.Version; leave it empty, to learn it from the server", string(e.Version))
	if e.Takes != "" {
		s += fmt.Sprintf(", or set it to %q", string(e.Takes))
	}
	return s
}

// Unwrap returns the server's fault.
func (e *VersionRefusedError) Unwrap() error { return e.Err }

// ContentError is an answer that is no XML, whatever its status and type: a
// login page, a proxy's notice.
type ContentError struct {
	Op          string
	ContentType string
	Body        string // first bytes, as text, without secrets
}

// Error shows the beginning of the answer.
func (e *ContentError) Error() string {
	return fmt.Sprintf("ews: %s: the answer is %q, not XML; is Config.Endpoint that of EWS, or a login page or proxy in between? It starts %q", e.Op, e.ContentType, e.Body)
}

// DecodeError is an answer that is malformed, cut off (io.ErrUnexpectedEOF),
// too large (*TooLargeError), or not an answer to this operation. It unwraps
// to the decoder's error, which has path and position. The server has dealt
// with the request, if what came is from it.
type DecodeError struct {
	Op  string
	Err error
}

// Error names the operation and the decoder's error.
func (e *DecodeError) Error() string {
	return fmt.Sprintf("ews: %s: the answer cannot be used: %v", e.Op, e.Err)
}

// Unwrap returns the decoder's error.
func (e *DecodeError) Unwrap() error { return e.Err }

// TooLargeError is the cause of a DecodeError for an answer over
// Config.MaxResponseBytes.
type TooLargeError struct{ Max int64 }

// Error says what to raise.
func (e *TooLargeError) Error() string {
	return fmt.Sprintf("it exceeds %d bytes, unpacked; ask for less, or raise Config.MaxResponseBytes", e.Max)
}

// TransportError is a request that got no answer, or only the beginning of
// one: no such host, connection refused, a certificate that does not match, a
// time-out, or the end of the context, to whose error and cause it unwraps.
type TransportError struct {
	Op       string
	Endpoint string // without what may be secret in it
	// Sent says that the request was written or may have been: the server may
	// have done what was asked, or not. If it is false, nothing was done.
	Sent bool
	Hint string // what to do about it, if that is known
	Err  error
}

// Error names the cause, whether the server may have done what was asked, and
// what to do about it if that is known.
func (e *TransportError) Error() string {
	s := fmt.Sprintf("ews: %s: %s: ", e.Op, e.Endpoint)
	if !e.Sent {
		s += "nothing was sent: "
	}
	s += mask{}.text(e.Err.Error())
	if e.Hint != "" {
		s += "; " + e.Hint
	}
	return s
}

// Unwrap returns the cause.
func (e *TransportError) Unwrap() error { return e.Err }

// TimeoutError is the cause of a TransportError for a request that made no
// progress for Config.Timeout, or whose repetition was cut at Retry.Total.
type TimeoutError struct {
	After time.Duration
	total bool // Retry.Total
}

// Error says what to raise.
func (e *TimeoutError) Error() string {
	if e.total {
		return fmt.Sprintf("no answer in the %v that the call and its repetitions may take (Retry.Total)", e.After)
	}
	return fmt.Sprintf("no progress for %v (Config.Timeout)", e.After)
}

// Timeout returns true, as net.Error has it.
func (e *TimeoutError) Timeout() bool { return true }

// Temporary returns true, as net.Error has it.
func (e *TimeoutError) Temporary() bool { return true }

// Is reports whether target is os.ErrDeadlineExceeded. It is not
// context.DeadlineExceeded: the caller's context has not ended.
func (e *TimeoutError) Is(target error) bool { return target == os.ErrDeadlineExceeded }

// ThrottledError says that nothing was sent, for the server has asked for a
// pause that goes on for longer than the call may take. It is of class
// messages.ErrThrottled.
type ThrottledError struct {
	Op  string
	For time.Duration // how long the pause goes on
	Err error         // what the server said
}

// Error says how long to wait.
func (e *ThrottledError) Error() string {
	return fmt.Sprintf("ews: %s: nothing was sent: the server has asked for a pause that goes on for %v; wait, or raise Retry.Total or the context's deadline: %v", e.Op, e.For.Round(time.Millisecond), e.Err)
}

// Unwrap returns what the server said.
func (e *ThrottledError) Unwrap() error { return e.Err }

// Is reports whether target is messages.ErrThrottled.
func (e *ThrottledError) Is(target error) bool { return target == messages.ErrThrottled }

// Errors returns one error for each part of res, nil for those that
// succeeded. res is the answer of operation op.
func Errors(op *messages.Operation, res messages.Batch) []error {
	all := res.Statuses()
	out := make([]error, len(all))
	for i, s := range all {
		if s.Failed() {
			out[i] = &ResponseError{Op: op.Name, Index: i, Code: s.Code, Text: s.Text, XML: s.XML}
		}
	}
	return out
}

// contextError is the end of a context: its error, and its cause if that says
// more.
type contextError struct{ err, cause error }

func (e *contextError) Error() string {
	if e.cause == e.err {
		return e.err.Error()
	}
	return e.err.Error() + ": " + e.cause.Error()
}

func (e *contextError) Unwrap() []error { return []error{e.err, e.cause} }
