package ews

import (
	"errors"
	"io"
	"io/fs"
	"net/http"
	"time"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/gen/messages"
)

// verdict is what an attempt's outcome means.
type verdict struct {
	passes  bool          // the same request may succeed a little later
	nothing bool          // was done
	busy    bool          // the server is: hold back other calls, too
	wait    time.Duration // what it asks for; 0: nothing
	why     error         // what it says; nil if nothing failed
}

// safe reports whether a repetition does nothing twice.
func (v verdict) safe(op *messages.Operation) bool { return op.Idempotent || v.nothing }

func judge(op *messages.Operation, err error, res messages.Unmarshaler) verdict {
	if err == nil {
		if b, ok := answerOf(res).(messages.Batch); ok {
			return judgeParts(op, b.Statuses())
		}
		return verdict{}
	}
	var held *ThrottledError
	var ended *contextError
	if errors.As(err, &held) || errors.As(err, &ended) { // nobody was asked
		return verdict{}
	}
	v := judgeError(err)
	v.why = err
	return v
}

func judgeError(err error) verdict {
	var fault *FaultError
	var response *ResponseError
	var status *HTTPError
	var transport *TransportError
	var decode *DecodeError
	switch {
	case errors.As(err, &fault):
		return judgeCode(fault.Code, fault.BackOff)
	case errors.As(err, &response):
		inner := innerCode(messages.Status{Code: response.Code, XML: response.XML})
		v := judgeCode(inner, response.BackOff())
		v.nothing = v.nothing && inner == response.Code // the outer code does not say so
		return v
	case errors.As(err, &status):
		if status.locked() {
			return verdict{}
		}
		// A server that gives the connection up with status 500 is ending, or has
		// fallen over.
		if status.crashed() || status.closed && status.StatusCode == http.StatusInternalServerError {
			return verdict{passes: true, busy: status.RetryAfter > 0, wait: status.RetryAfter}
		}
		switch status.StatusCode {
		case http.StatusTooManyRequests, http.StatusServiceUnavailable:
			return verdict{passes: true, nothing: status.RetryAfter > 0, busy: true, wait: status.RetryAfter}
		case http.StatusBadGateway, http.StatusGatewayTimeout:
			return verdict{passes: true, busy: status.RetryAfter > 0, wait: status.RetryAfter}
		}
	case errors.As(err, &transport):
		var token *auth.TokenError
		if errors.As(err, &token) && token.Temporary() {
			return verdict{passes: true, nothing: true, wait: token.BackOff()}
		}
		var unsent auth.Unsent
		stays := errors.As(err, &unsent) || permanent(transport.Err)
		return verdict{passes: !stays, nothing: !transport.Sent}
	case errors.As(err, &decode):
		return verdict{passes: errors.Is(err, io.ErrUnexpectedEOF)}
	}
	return verdict{}
}

// judgeCode judges a call that failed as a whole with code, or one part of one.
func judgeCode(code messages.ResponseCode, wait time.Duration) verdict {
	busy := refusedBusy(code)
	// Whatever the code: the server may ask to wait.
	return verdict{passes: busy || wait > 0 || mayPass(code), nothing: busy, busy: busy || wait > 0, wait: wait}
}

// judgeParts judges an answer by its parts: nothing was done if no part was;
// a failure passes if there are only parts for which it does, or if the server
// is busy.
func judgeParts(op *messages.Operation, parts []messages.Status) verdict {
	all := verdict{nothing: true}
	failed, passing := 0, 0
	for i, s := range parts {
		if !s.Failed() {
			all.nothing = false
			continue
		}
		failed++
		if s.Code == messages.ErrorBatchProcessingStopped { // for the sake of another part
			passing++
			continue
		}
		code := innerCode(s)
		v := judgeCode(code, milliseconds(valuesOf(s.XML)[backOffName]))
		if v.passes {
			passing++
		}
		if all.why == nil || v.passes && !all.passes {
			all.why = &ResponseError{Op: op.Name, Index: i, Code: s.Code, Text: s.Text, XML: s.XML}
		}
		all.passes = all.passes || v.passes
		all.nothing = all.nothing && v.nothing && code == s.Code
		all.busy = all.busy || v.busy
		all.wait = max(all.wait, v.wait)
	}
	all.passes = all.passes && (all.busy || passing == len(parts))
	all.nothing = all.nothing && failed > 0
	return all
}

// refusesUser reports whether err is about who may send requests: sent again
// and again it locks a user out, and helps nobody.
func refusesUser(err error) bool {
	var status *HTTPError
	return errors.Is(err, ErrBlocked) || errors.As(err, &status) &&
		(errors.Is(status, fs.ErrPermission) || status.StatusCode == http.StatusProxyAuthRequired)
}

// innerCode returns the code of a response message; that which it says is
// behind it, where the code itself says only that something went wrong.
func innerCode(s messages.Status) messages.ResponseCode {
	if s.Code == messages.ErrorInternalServerError || s.Code == messages.ErrorInternalServerTransientError {
		if inner := valuesOf(s.XML)["InnerErrorResponseCode"]; inner != "" {
			return messages.ResponseCode(inner)
		}
	}
	return s.Code
}

// refusedBusy reports whether code says that the server refused before doing
// anything, for it is busy. See
// https://learn.microsoft.com/exchange/client-developer/exchange-web-services/ews-throttling-in-exchange.
func refusedBusy(code messages.ResponseCode) bool {
	return code == messages.ErrorServerBusy || code == messages.ErrorExceededConnectionCount
}

// mayPass reports whether the same request may succeed a little later. See
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode.
func mayPass(code messages.ResponseCode) bool {
	switch code {
	case messages.ErrorTimeoutExpired, messages.ErrorInternalServerTransientError, messages.ErrorTooManyObjectsOpened,
		messages.ErrorConnectionFailed, messages.ErrorMailboxStoreUnavailable, messages.ErrorMailboxFailover,
		messages.ErrorADUnavailable, messages.ErrorInsufficientResources, messages.ErrorMailboxMoveInProgress,
		messages.ErrorNoRespondingCASInDestinationSite, messages.ErrorClientDisconnected:
		return true
	}
	return false
}
