package ews

import (
	"context"
	"reflect"
	"sync"
	"time"

	"github.com/seed-1937cc67/goews/gen/messages"
)

// Retry makes a client tolerate faults: it says when calls are repeated, and
// pauses all calls to a server that go through it when that asks for it. Its zero
// value has the defaults. It may be shared by several clients, and by
// goroutines; it must not be copied. Without one (Config.Retry is nil) a client
// fails fast.
//
// Two questions decide. Does the error say that nothing was done? So say the
// codes ErrorServerBusy and ErrorExceededConnectionCount, the HTTP statuses
// 429 and 503 with a Retry-After, and a TransportError that was not Sent. Then
// any call is repeated. Is the operation idempotent (messages.Operation)? Then
// it is also repeated after a connection that broke, a cut-off answer, the
// HTTP statuses 429, 502, 503 and 504, and codes that say that the failure may
// pass, such as ErrorTimeoutExpired and ErrorInternalServerTransientError.
// Everything else stands: above all a refusal with status 401 or 403, and a
// send whose answer was lost.
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
	// takes longer is cut, but for a stream of events, once it has begun. The first
	// attempt is bounded by Config.Timeout alone. Default 2 minutes.
	Total time.Duration
	// MinWait is the first pause if the server does not ask for one. Default
	// 500 ms.
	MinWait time.Duration
	// MaxWait bounds pauses that the server did not ask for. Default 30 s.
	MaxWait time.Duration
	// Decide has the last word on each attempt that failed: it gets what was
	// decided by the rules above, and returns what is to be done. It may be
	// called by several goroutines, and must not make calls itself: the place of
	// the attempt is free after it. Attempts and Total hold all the same, and
	// it is not asked about refusals with status 401 or 403, for a password
	// that is sent again and again locks the user out. nil: the rules stand.
	Decide func(Attempt, Decision) Decision

	mu   sync.Mutex
	held map[string]held // by the server that asked for it
}

// Attempt is one that failed: what Retry.Decide decides about.
type Attempt struct {
	Op *messages.Operation
	N  int // from 1 on
	// Err is the error of the call, or of one of the parts that failed: of the
	// first for which the failure may pass, else of the first.
	Err error
	// Safe says that a repetition does nothing twice: the operation is
	// idempotent, or the error says that nothing was done.
	Safe bool
	// Asked is how long the server asks to wait; 0 if it did not say.
	Asked time.Duration
}

// Decision is what is done after an attempt that failed.
type Decision struct {
	// Repeat is to send the call again. One that is not Safe may then be done
	// twice, and what the last attempt says is not about those before it.
	Repeat bool
	// Wait is the pause before the repetition.
	Wait time.Duration
	// HoldBack makes all calls that share the Retry wait for as long.
	HoldBack bool
}

// Wrap returns an Invoker that repeats the calls of next. A Client does so by
// itself: Wrap is for other Invokers.
func (r *Retry) Wrap(next messages.Invoker) messages.Invoker {
	return messages.InvokerFunc(func(ctx context.Context, op *messages.Operation, req messages.Marshaler, res messages.Unmarshaler) error {
		return r.invoke(ctx, "", nil, next, op, req, res)
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

func (r *Retry) invoke(ctx context.Context, server string, warn warner, next messages.Invoker, op *messages.Operation, req messages.Marshaler, res messages.Unmarshaler) error {
	if r == nil || r.Attempts == 1 {
		return next.Invoke(ctx, op, req, res)
	}
	attempts, total := or(r.Attempts, 4), or(r.Total, 2*time.Minute)
	end := time.Now().Add(total)
	for n := 1; ; n++ {
		if err := r.hold(ctx, server, op, end); err != nil {
			return err
		}
		a := &attempt{retry: r, server: server, op: op, res: res, n: n, end: end}
		err := a.run(ctx, total, next, req)
		a.ended(err)
		d, why := a.decision, a.why
		if !d.Repeat || n >= attempts || ctx.Err() != nil || !fits(ctx, d.Wait, end) || !again(req) || !reset(res) {
			return err
		}
		if warn != nil {
			warn(ctx, op, n, d.Wait, why)
		}
		if !d.HoldBack && !sleep(ctx, d.Wait) { // else hold does
			return ended(ctx, op, why)
		}
	}
}

// attempt is one of the attempts of a call.
type attempt struct {
	retry  *Retry
	server string
	op     *messages.Operation
	res    messages.Unmarshaler
	n      int       // from 1 on
	end    time.Time // of the call

	decided  bool
	decision Decision
	why      error // what is to blame

	begun func() // is called when a stream has begun; nil: nothing is waited for
}

// attemptKey is where a context has the attempt.
type attemptKey struct{}

// attemptOf returns the attempt that a context belongs to; of a call without a
// Retry one that knows its number alone.
func attemptOf(ctx context.Context) *attempt {
	if a, ok := ctx.Value(attemptKey{}).(*attempt); ok {
		return a
	}
	return &attempt{n: 1, decided: true}
}

// run makes the attempt. The first is not cut at the end, nor is a stream that
// has begun.
func (a *attempt) run(ctx context.Context, total time.Duration, next messages.Invoker, req messages.Marshaler) error {
	ctx = context.WithValue(ctx, attemptKey{}, a)
	late := &TimeoutError{After: total, total: true}
	switch _, stream := a.res.(*eventSink); {
	case a.n == 1:
	case stream:
		within, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		timer := time.AfterFunc(time.Until(a.end), func() { cancel(late) })
		defer timer.Stop()
		a.begun = func() { timer.Stop() }
		ctx = within
	default:
		within, cancel := context.WithDeadlineCause(ctx, a.end, late)
		defer cancel()
		ctx = within
	}
	return next.Invoke(ctx, a.op, req, a.res)
}

// ended decides what to do after the attempt, and holds calls back. Who makes
// the attempt calls it before anybody else can have its place, and be sent into
// the pause that has just been asked for.
func (a *attempt) ended(err error) {
	if a.decided {
		return
	}
	a.decided = true
	v := judge(a.op, err, a.res)
	d := Decision{Repeat: v.passes && v.safe(a.op), Wait: a.retry.pause(a.n, v), HoldBack: v.busy}
	if decide := a.retry.Decide; decide != nil && v.why != nil && !refusesUser(v.why) {
		d = decide(Attempt{Op: a.op, N: a.n, Err: v.why, Safe: v.safe(a.op), Asked: v.wait}, d)
		d.Wait = max(d.Wait, 0)
	}
	if d.HoldBack {
		a.retry.holdBack(a.server, d.Wait, v.why)
	}
	a.decision, a.why = d, v.why
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
