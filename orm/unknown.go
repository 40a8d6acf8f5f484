package orm

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/gen/messages"
)

// ErrUnknown is the class of errors of writes that may have been done or not:
// see UnknownError.
var ErrUnknown = errors.New("orm: may have been done or not")

// UnknownError says that it is not known whether something was written: the
// request went out, and its answer was lost, or says no more than that the
// server failed. The server may have done what was asked, may still do it,
// or never will. It is of class ErrUnknown, and unwraps to the error of the
// request.
//
// What the server answered of a part stands, though: then it is no such error.
//
// Nothing is sent again by itself: a server that is late could do it twice.
// Check looks for what was done. What may be sent again without that: DeleteItem
// (messages.ErrorItemNotFound then says that it was done), and UpdateItem with
// NeverOverwrite (messages.ErrorIrresolvableConflict then says that the item was
// changed, by the first one or by another).
type UnknownError struct {
	Op string // operation, as in "CreateItem"
	// Mark is the value of MarkProperty that the item has if it was created, or
	// sent. Empty: it has none, see Recovery.
	Mark string
	// Looked is how often it was looked for, Last when that was last. Zero: not
	// at all.
	Looked int
	Last   time.Time
	// Saw is what was seen then, as in "the item is still there".
	Saw string
	// Why is why it cannot be looked for; empty if it can.
	Why string
	// LookErr is the error of the last look, nil if the server answered.
	LookErr error
	Err     error // of the request

	trace *trace
	part  int
}

// Error says what was looked for, and what to do.
func (e *UnknownError) Error() string {
	s := fmt.Sprintf("orm: %s may have been done or not", e.Op)
	if e.Looked > 0 {
		s += fmt.Sprintf("; when it was looked for, at last at %s (%d looks), ", e.Last.Format(time.TimeOnly), e.Looked)
		if e.LookErr != nil {
			s += fmt.Sprintf("there was no answer (%v)", e.LookErr)
		} else {
			s += e.Saw
		}
	}
	switch {
	case e.Why != "":
		s += "; " + e.Why
	default:
		s += "; the server may still do it: look with Check a while later before it is sent again"
	}
	return s + ": " + e.Err.Error()
}

// Unwrap returns the error of the request.
func (e *UnknownError) Unwrap() error { return e.Err }

// Is reports whether target is ErrUnknown.
func (e *UnknownError) Is(target error) bool { return target == ErrUnknown }

// Check looks once more whether it was done, with the mark or by the item's id.
// It sends a request or two. It returns the item's id as the call would have
// done it. False means that there was no sign of it, not that it will not be
// done: a server that is late by minutes is rare, but it has been seen to be.
// If there is nothing to look for, the error is e itself.
func (e *UnknownError) Check(ctx context.Context) (ItemID, bool, error) {
	if e.trace == nil || e.trace.look == nil {
		return ItemID{}, false, e
	}
	list, err := e.trace.look(ctx)
	if err != nil {
		return ItemID{}, false, err
	}
	switch s := list[e.part]; {
	case s.done:
		return s.id, true, nil
	case s.why != "":
		return ItemID{}, false, e
	}
	return ItemID{}, false, nil
}

// MayBeDone reports whether the server may have done, or may yet do, what a
// request asked for that failed with err: for writes with Account.EWS, of which
// no *UnknownError is made. It may, unless err is known to say otherwise, as
// do a refusal and a connection that was never made. It is false for nil.
func MayBeDone(err error) bool {
	var (
		version   *VersionError
		request   *ews.RequestError
		throttled *ews.ThrottledError
		blocked   *ews.BlockedError
		refused   *ews.VersionRefusedError
		transport *ews.TransportError
		stream    *ews.StreamError
		fault     *ews.FaultError
		response  *ews.ResponseError
		status    *ews.HTTPError
	)
	switch {
	case err == nil:
		return false
	case errors.Is(err, ErrUnknown):
		return true
	case errors.Is(err, errUnsent), errors.Is(err, ErrNotAttempted), errors.As(err, &version), errors.As(err, &request), errors.As(err, &throttled),
		errors.As(err, &blocked), errors.As(err, &refused):
		return false
	case errors.As(err, &stream):
		return !stream.Upload
	case errors.As(err, &fault):
		return serverFailed(fault.Code)
	case errors.As(err, &response):
		return serverFailed(response.Code)
	case errors.As(err, &status):
		if status.StatusCode == http.StatusServiceUnavailable {
			return status.RetryAfter == 0 // with it, the request was put off
		}
		return status.StatusCode >= http.StatusInternalServerError || status.StatusCode == http.StatusRequestTimeout
	case errors.As(err, &transport):
		return transport.Sent
	}
	return true
}

// serverFailed reports whether code says that the server began, and failed, or
// nothing at all. See
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode.
func serverFailed(code messages.ResponseCode) bool {
	switch code {
	case "", messages.ErrorInternalServerError, messages.ErrorInternalServerTransientError, messages.ErrorTimeoutExpired,
		messages.ErrorTooManyObjectsOpened, messages.ErrorConnectionFailed, messages.ErrorMailboxStoreUnavailable,
		messages.ErrorMailboxFailover, messages.ErrorInsufficientResources, messages.ErrorClientDisconnected:
		return true
	}
	return false
}
