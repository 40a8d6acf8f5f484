package ews

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"reflect"
	"sync"
	"time"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/gen/messages"
)

// Retry says when calls are repeated, and pauses all calls that go through it
// when the server asks for that. Its zero value has the defaults. It may be
// shared by several clients, and by goroutines; it must not be copied.
//
// Two questions decide. Does the error say that nothing was done? So say the
// codes ErrorServerBusy and ErrorExceededConnectionCount, the HTTP statuses
// 429 and 503 with a Retry-After, and a TransportError that was not Sent. Then
// any call is repeated. Is the operation idempotent (messages.Operation)? Then
// it is also repeated after a connection that broke, a cut-off answer, the
// HTTP statuses 429, 502, 503 and 504, and codes that say that the failure may
// pass, such as ErrorTimeoutExpired and ErrorInternalServerTransientError.
// Everything else stands: above all a refusal with status 401, and a send
// whose answer was lost.
//
// An answer to several parts is treated so: if every part was refused because
// the server is busy, nothing was done; if some were, an idempotent call is
// repeated whole, and of any other the answer stands.
//
// The pause is what the server asks for (BackOffMilliseconds in a fault or in
// a response message, Retry-After) and up to an eighth more, so that not all
// callers are back at once; else it grows from MinWait by doubling, less up
// to a half.
type Retry struct {
	// Attempts is how often a call is sent at most. Default 4. With 1 it is
	// neither repeated nor ever held back.
	Attempts int
	// Total is how long a call may take with its repetitions. A pause that
	// would go on for longer is not begun, the error stands; a repetition that
	// takes longer is cut. The first attempt is bounded by Config.Timeout
	// alone. Default 2 minutes.
	Total time.Duration
	// MinWait is the first pause if the server does not ask for one. Default
	// 500 ms.
	MinWait time.Duration
	// MaxWait bounds pauses that the server did not ask for. Default 30 s.
	MaxWait time.Duration

	mu    sync.Mutex
	until time.Time // no call is sent before
	why   error
}

// NoRetry returns a Retry that sends each call once, at once.
func NoRetry() *Retry { return &Retry{Attempts: 1} }

// Wrap returns an Invoker that repeats the calls of next. A Client does so by
// itself: Wrap is for other Invokers.
func (r *Retry) Wrap(next messages.Invoker) messages.Invoker {
	return messages.InvokerFunc(func(ctx context.Context, op *messages.Operation, req messages.Marshaler, res messages.Unmarshaler) error {
		return r.invoke(ctx, nil, next, op, req, res)
	})
}

// or returns v if it is set, else its default.
func or[T int | time.Duration](v, otherwise T) T {
	if v > 0 {
		return v
	}
	return otherwise
}

type warner func(ctx context.Context, op *messages.Operation, attempt int, wait time.Duration, err error)

func (r *Retry) invoke(ctx context.Context, warn warner, next messages.Invoker, op *messages.Operation, req messages.Marshaler, res messages.Unmarshaler) error {
	attempts, total := or(r.Attempts, 4), or(r.Total, 2*time.Minute)
	if attempts == 1 {
		return next.Invoke(ctx, op, req, res)
	}
	end := time.Now().Add(total)
	for n := 1; ; n++ {
		if err := r.hold(ctx, op, end); err != nil {
			return err
		}
		err := r.attempt(ctx, n, end, total, next, op, req, res)
		v := judge(op, err, res)
		wait := r.pause(n, v)
		if v.busy {
			r.holdBack(wait, v.why)
		}
		if !v.repeat || n >= attempts || ctx.Err() != nil || !fits(ctx, wait, end) || !again(req) || !reset(res) {
			return err
		}
		if warn != nil {
			warn(ctx, op, n, wait, v.why)
		}
		if !v.busy && !sleep(ctx, wait) { // else hold does
			return ended(ctx, op, v.why)
		}
	}
}

// attempt is the nth one. The first is not cut at the end.
func (r *Retry) attempt(ctx context.Context, n int, end time.Time, total time.Duration, next messages.Invoker, op *messages.Operation, req messages.Marshaler, res messages.Unmarshaler) error {
	ctx = context.WithValue(ctx, attemptKey{}, n)
	if n > 1 {
		within, cancel := context.WithDeadlineCause(ctx, end, &TimeoutError{After: total, total: true})
		defer cancel()
		ctx = within
	}
	return next.Invoke(ctx, op, req, res)
}

// attemptKey is where a context has the number of the attempt.
type attemptKey struct{}

func attemptOf(ctx context.Context) int {
	if n, ok := ctx.Value(attemptKey{}).(int); ok {
		return n
	}
	return 1
}

// hold waits while calls are held back.
func (r *Retry) hold(ctx context.Context, op *messages.Operation, end time.Time) error {
	for {
		r.mu.Lock()
		until, why := r.until, r.why
		r.mu.Unlock()
		wait := time.Until(until)
		if wait <= 0 {
			return nil
		}
		if !fits(ctx, wait, end) {
			return &ThrottledError{Op: op.Name, For: wait, Err: why}
		}
		if !sleep(ctx, wait+spread(wait)) {
			return ended(ctx, op, why)
		}
	}
}

// ended is the error of a call whose context ended in a pause after err.
func ended(ctx context.Context, op *messages.Operation, err error) error {
	return fmt.Errorf("ews: %s: %w, in a pause after: %w", op.Name, &contextError{ctx.Err(), context.Cause(ctx)}, err)
}

// holdBack holds calls back for d from now.
func (r *Retry) holdBack(d time.Duration, why error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if until := time.Now().Add(d); until.After(r.until) {
		r.until, r.why = until, why
	}
}

// pause returns how long to wait after the nth attempt.
func (r *Retry) pause(n int, v verdict) time.Duration {
	if v.wait > 0 {
		return v.wait
	}
	d := min(or(r.MinWait, 500*time.Millisecond)<<min(n-1, 20), or(r.MaxWait, 30*time.Second))
	return d - rand.N(d/2+1)
}

// spread returns a random part of what is added to a pause.
func spread(d time.Duration) time.Duration { return rand.N(min(d/8, 2*time.Second) + 1) }

// fits reports whether a pause ends before the call has to.
func fits(ctx context.Context, wait time.Duration, end time.Time) bool {
	until := time.Now().Add(wait)
	deadline, ok := ctx.Deadline()
	return until.Before(end) && (!ok || until.Before(deadline))
}

// sleep waits; it reports whether the context has not ended.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// Resetter is an answer that can be emptied, to be read again after a failed
// attempt. An answer without it is set to its zero value. It returns false if
// what it has passed on cannot be taken back: the call is then not repeated.
type Resetter interface{ Reset() bool }

func reset(res messages.Unmarshaler) bool {
	if r, ok := res.(Resetter); ok {
		return r.Reset()
	}
	if v := reflect.ValueOf(res); v.Kind() == reflect.Pointer && !v.IsNil() {
		v.Elem().SetZero()
		return true
	}
	return false
}

// verdict is what an attempt's outcome means.
type verdict struct {
	repeat bool
	busy   bool          // the server is: hold back other calls, too
	wait   time.Duration // what it asks for; 0: nothing
	why    error         // what it says
}

func judge(op *messages.Operation, err error, res messages.Unmarshaler) verdict {
	if err == nil {
		if b, ok := answerOf(res).(messages.Batch); ok {
			return judgeParts(op, b.Statuses())
		}
		return verdict{}
	}
	v := judgeError(op, err)
	v.why = err
	return v
}

func judgeError(op *messages.Operation, err error) verdict {
	var fault *FaultError
	var response *ResponseError
	var status *HTTPError
	var transport *TransportError
	var decode *DecodeError
	switch {
	case errors.As(err, &fault):
		return judgeCode(op, fault.Code, fault.BackOff)
	case errors.As(err, &response):
		code, wait := response.Code, response.BackOff()
		if inner := innerCode(messages.Status{Code: code, XML: response.XML}); inner != code {
			v := judgeCode(op, inner, wait)
			v.repeat = v.repeat && op.Idempotent // the outer code does not say that nothing was done
			return v
		}
		return judgeCode(op, code, wait)
	case errors.As(err, &status):
		switch status.StatusCode {
		case http.StatusTooManyRequests, http.StatusServiceUnavailable:
			return verdict{repeat: op.Idempotent || status.RetryAfter > 0, busy: true, wait: status.RetryAfter}
		case http.StatusBadGateway, http.StatusGatewayTimeout:
			return verdict{repeat: op.Idempotent, wait: status.RetryAfter}
		}
	case errors.As(err, &transport):
		var ended *contextError
		var plain *auth.PlainHTTPError
		var token *auth.TokenError
		if errors.As(err, &ended) || errors.As(err, &plain) || errors.As(err, &token) || permanent(err) {
			return verdict{}
		}
		return verdict{repeat: op.Idempotent || !transport.Sent}
	case errors.As(err, &decode):
		return verdict{repeat: op.Idempotent && errors.Is(err, io.ErrUnexpectedEOF)}
	}
	return verdict{}
}

// judgeCode judges a call that failed as a whole with code.
func judgeCode(op *messages.Operation, code messages.ResponseCode, wait time.Duration) verdict {
	switch {
	case refusedBusy(code):
		return verdict{repeat: true, busy: true, wait: wait}
	case wait > 0: // whatever the code: the server asks to wait
		return verdict{repeat: op.Idempotent, busy: true, wait: wait}
	}
	return verdict{repeat: op.Idempotent && mayPass(code)}
}

// judgeParts judges an answer by its parts.
func judgeParts(op *messages.Operation, parts []messages.Status) verdict {
	var v verdict
	busy, stopped, passing, sure := 0, 0, 0, true
	for i, s := range parts {
		if !s.Failed() {
			continue
		}
		why := func() {
			if v.why == nil {
				v.why = &ResponseError{Op: op.Name, Index: i, Code: s.Code, Text: s.Text, XML: s.XML}
			}
		}
		code := innerCode(s)
		wait := milliseconds(valuesOf(s.XML)[backOffName])
		switch {
		case refusedBusy(code) || wait > 0:
			busy++
			sure = sure && code == s.Code && refusedBusy(code)
			v.wait = max(v.wait, wait)
			why()
		case code == messages.ErrorBatchProcessingStopped:
			stopped++
		case mayPass(code):
			passing++
			why()
		}
	}
	switch {
	case busy > 0:
		v.busy = true
		nothing := sure && busy+stopped == len(parts)
		v.repeat = nothing || op.Idempotent
	case passing > 0:
		v.repeat = op.Idempotent && passing+stopped == len(parts)
	}
	return v
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
