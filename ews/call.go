package ews

import (
	"context"
	"errors"
	"time"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// once sends one operation when it has a place.
func (c *Client) once(ctx context.Context, op *messages.Operation, req messages.Marshaler, res messages.Unmarshaler) error {
	to, stream := receiver(decodeInto{res}), false
	if e, ok := res.(*eventSink); ok {
		to, stream = e, true
	}
	place, err := c.enter(ctx, op, stream)
	if err != nil {
		return err
	}
	defer place.leave()
	err = c.send(ctx, op, req, to, place)
	if code := c.refusedFor(err, res); code != "" && !stream {
		place.lane.cut(place.cuts, code == messages.ErrorExceededConnectionCount)
	}
	// Not that of a call around this one, of which this may be a part.
	if a := attemptOf(ctx); a.op == op && a.retry == c.cfg.Retry {
		a.ended(err)
	}
	return err
}

// enter waits for a place, and for the end of pauses that have begun meanwhile.
func (c *Client) enter(ctx context.Context, op *messages.Operation, stream bool) (*place, error) {
	for {
		place := c.limiter.laneFor(stream).take(ctx)
		if place == nil {
			return nil, noPlace(noAnswer(ctx, op, c.endpoint, nil, false), stream)
		}
		if !c.cfg.Retry.holds(c.host) {
			return place, nil
		}
		place.leave()
		if err := c.cfg.Retry.hold(ctx, c.host, op, attemptOf(ctx).end); err != nil {
			return nil, err
		}
	}
}

// noPlace says of a call whose context has ended what it was waiting for.
func noPlace(err error, stream bool) error {
	var e *TransportError
	if errors.As(err, &e) {
		e.Hint = "it waited for others to end, of which Config.MaxConcurrent or Max of the Limiter are under way at once"
		if stream {
			e.Hint = "it waited for another stream to end, of which Streams of the Limiter are open at once"
		}
	}
	return err
}

// refusedFor returns the code by which the server says that it is asked too
// much; empty if it does not.
func (c *Client) refusedFor(err error, res messages.Unmarshaler) messages.ResponseCode {
	var code messages.ResponseCode
	if errors.As(err, &code) && refusedBusy(code) {
		return code
	}
	if b, ok := answerOf(res).(messages.Batch); ok && err == nil {
		for _, s := range b.Statuses() {
			if code := innerCode(s); refusedBusy(code) {
				return code
			}
		}
	}
	return ""
}

// send sends one operation, again only if the server took another version to
// be meant than the one that it was sent with.
func (c *Client) send(ctx context.Context, op *messages.Operation, req messages.Marshaler, to receiver, place *place) error {
	k := c.knows()
	version, build, guess := k.pick(c.cfg, op.Since)
	if _, mixed := k.own.several(); mixed && c.cfg.Version == "" { // the next one may be another
		guess = true
	}
	body, version, err := c.fit(k, op, req, version, build, guess)
	if err != nil {
		return c.failed(ctx, op, version, err)
	}
	first := true // of the refusals that may be for the version
	for range len(versions) + len(dated) {
		sent := version
		err := c.exchange(ctx, k, op, version, body, to, place)
		var f *FaultError
		if !errors.As(err, &f) {
			return err
		}
		next, build, ok := c.fallBack(k, op, f.Code, sent, first)
		first = first && f.Code == messages.ErrorInvalidServerVersion
		if !ok || !again(req) {
			return c.refusal(f, version)
		}
		body, version, err = c.fit(k, op, req, next, build, build == Build{})
		switch {
		case (err != nil || version == sent) && build == Build{}: // the server says no more than no
			return f
		case err != nil:
			return c.failed(ctx, op, version, err)
		}
	}
	return c.failed(ctx, op, version, errors.New("the server takes no version of the schema that this package knows"))
}

// failed logs and returns the error for a request that is not sent.
func (c *Client) failed(ctx context.Context, op *messages.Operation, version types.ExchangeVersion, err error) error {
	x := &exchange{op: op, client: c, start: time.Now(), attempt: attemptOf(ctx).n}
	err = &RequestError{Op: op.Name, Err: err}
	x.log(ctx, version, err)
	return err
}

// fit returns the request of an operation for a version, or if that is a guess
// for the first version after it that knows all that is in the request. It
// fails with a *messages.UnsupportedError if the version lacks something.
func (c *Client) fit(k knowledge, op *messages.Operation, req messages.Marshaler, version types.ExchangeVersion, build Build, guess bool) (request, types.ExchangeVersion, error) {
	for {
		body, err := c.request(op, version, req)
		if err != nil || c.cfg.SkipVersionCheck {
			return body, version, err
		}
		err = messages.Check(messages.Server{Version: version, OnPremises: build.onPremises()}, body.text)
		var u *messages.UnsupportedError
		if guess && errors.As(err, &u) && version.Before(u.Support.Since) && !k.hasRefused(u.Support.Since) {
			version = u.Support.Since
			continue
		}
		return body, version, err
	}
}

// refusal makes a fault about a version that was given a VersionRefusedError.
func (c *Client) refusal(f *FaultError, sent types.ExchangeVersion) error {
	mailbox := f.Code == messages.ErrorInvalidSchemaVersionForMailboxVersion
	if f.Code != messages.ErrorInvalidServerVersion && !mailbox || c.cfg.Version == "" {
		return f
	}
	without := c.cfg
	without.Version = ""
	e := &VersionRefusedError{Op: f.Op, Version: sent, Err: f}
	k := c.knows()
	var guess bool
	if e.Takes, e.Build, guess = k.pick(without, ""); guess || mailbox || e.Takes == sent {
		e.Takes = ""
	}
	return e
}
