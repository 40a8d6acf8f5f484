package ews

import (
	"compress/gzip"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/seed-1937cc67/goews/auth"
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
	if a := attemptOf(ctx); a.op == op { // not that of a call around this one
		a.ended(err)
	}
	return err
}

// enter waits for a place, and for the end of pauses that have begun meanwhile.
func (c *Client) enter(ctx context.Context, op *messages.Operation, stream bool) (*place, error) {
	for {
		place := c.limiter.laneFor(stream).take(ctx)
		if place == nil {
			return nil, noAnswer(ctx, op, c.endpoint, nil, false)
		}
		if !c.cfg.Retry.holds() {
			return place, nil
		}
		place.leave()
		if err := c.cfg.Retry.hold(ctx, op, attemptOf(ctx).end); err != nil {
			return nil, err
		}
	}
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

// exchange is one request and its answer.
type exchange struct {
	op      *messages.Operation
	client  *Client
	knows   knowledge
	id      string // client-request-id
	start   time.Time
	attempt int
	place   *place // that is given away while it waits for the caller; nil: it never does
	watch   *watch
	endless bool      // the answer is a stream of events
	rest    io.Reader // of the answer, behind the envelope

	reached, wrote atomic.Bool // what httptrace has said
	sent           atomic.Int64
	received       int64
	status         int
	serverID       string
}

// receiver deals with the body of an answer.
type receiver interface {
	// receive reads the answer, which has status 200 or is a SOAP fault.
	receive(x *exchange, h *http.Response, body io.Reader) error
}

// exchange sends a request and gives its answer to to.
func (c *Client) exchange(ctx context.Context, k knowledge, op *messages.Operation, version types.ExchangeVersion, body request, to receiver, place *place) error {
	x := &exchange{op: op, client: c, knows: k, id: requestID(), start: time.Now(), attempt: attemptOf(ctx).n, place: transferring(place, body, to)}
	_, x.endless = to.(*eventSink)
	err := x.run(ctx, body, to)
	x.log(ctx, version, err)
	return err
}

func (x *exchange) run(ctx context.Context, body request, to receiver) error {
	c := x.client
	if ctx.Err() != nil {
		return noAnswer(ctx, x.op, c.endpoint, nil, false)
	}
	within, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	timeout := c.cfg.Timeout
	if x.endless {
		timeout = max(timeout, 2*heartbeat)
	}
	x.watch = watchOver(timeout, cancel, x.place)
	defer x.watch.stop()

	r, err := http.NewRequestWithContext(httptrace.WithClientTrace(within, &httptrace.ClientTrace{
		GetConn:      func(string) { x.reached.Store(true) },
		GotConn:      func(httptrace.GotConnInfo) { x.watch.asking() },
		WroteHeaders: func() { x.wrote.Store(true); x.watch.asking() },
	}), http.MethodPost, c.cfg.Endpoint, nil)
	if err != nil {
		return &RequestError{Op: x.op.Name, Err: err}
	}
	r.ContentLength = body.length
	open := func() (io.ReadCloser, error) {
		b, err := body.open()
		if err != nil {
			return nil, err
		}
		return io.NopCloser(x.watch.request(&sending{b, &x.sent})), nil
	}
	if r.Body, err = open(); err != nil {
		return &RequestError{Op: x.op.Name, Err: err}
	}
	if body.repeatable() {
		r.GetBody = open
	}
	c.setHeaders(r, x)

	h, err := c.client(x.endless).Do(r)
	x.watch.answered()
	if failed := body.failed(); failed != nil && err != nil {
		return &StreamError{Op: x.op.Name, Upload: true, Err: failed}
	}
	if err != nil {
		return noAnswer(within, x.op, c.endpoint, err, x.mayHaveWritten(err))
	}
	x.status, x.serverID = h.StatusCode, h.Header.Get("request-id")
	in := &counter{r: x.watch.answer(h.Body)}
	err = x.answer(h, in, to)
	ended := within.Err() != nil // drain may end it, too
	after := x.drain(h.Body)
	x.received = in.n
	switch {
	case err == nil && unpacking(after): // a checksum that does not match is no detail
		return x.broken(after)
	case err == nil:
		return nil
	case ended:
		return noAnswer(within, x.op, c.endpoint, err, true)
	case in.err != nil && !errors.Is(in.err, io.ErrUnexpectedEOF) && !unpacking(in.err) && errors.Is(err, in.err):
		return noAnswer(within, x.op, c.endpoint, in.err, true) // it broke off
	}
	return err
}

// answer tells apart what came.
func (x *exchange) answer(h *http.Response, body io.Reader, to receiver) error {
	if strings.EqualFold(h.Header.Get("Content-Encoding"), "gzip") { // where the transport has not unpacked it
		z, err := gzip.NewReader(body)
		if err != nil {
			return &DecodeError{Op: x.op.Name, Err: err}
		}
		body = z
	}
	isXML := strings.Contains(strings.ToLower(h.Header.Get("Content-Type")), "xml")
	var err error
	if h.StatusCode == http.StatusOK || h.StatusCode == http.StatusInternalServerError && isXML {
		err = to.receive(x, h, body)
	} else {
		err = x.refused(h, body, isXML)
	}
	var f *FaultError
	if errors.As(err, &f) && f.BackOff == 0 {
		f.BackOff = retryAfter(h.Header.Get("Retry-After"))
	}
	return err
}

func (c *Client) setHeaders(r *http.Request, x *exchange) {
	for k, v := range c.cfg.Header {
		r.Header[http.CanonicalHeaderKey(k)] = v
	}
	r.Header.Del("Idempotency-Key") // by which net/http repeats a POST
	r.Header.Del("X-Idempotency-Key")
	r.Header.Set("Content-Type", "text/xml; charset=utf-8")
	r.Header.Set("Accept", "text/xml")
	r.Header.Set("User-Agent", c.cfg.UserAgent)
	r.Header.Set("SOAPAction", strconv.Quote(x.op.Action))
	// See https://learn.microsoft.com/exchange/client-developer/exchange-web-services/instrumenting-client-requests-for-ews-and-rest-in-exchange.
	r.Header.Set("client-request-id", x.id)
	r.Header.Set("return-client-request-id", "true")
	if x.endless { // what packs may hold back
		r.Header.Set("Accept-Encoding", "identity")
	}
	if anchor := c.cfg.anchor(); anchor != "" {
		r.Header.Set("X-AnchorMailbox", anchor)
	}
}

// mayHaveWritten reports whether the server may have got the request although
// err came instead of an answer. A round tripper that does not tell about its
// connections may have written whatever it fails with, except for what fails
// before a connection stands.
func (x *exchange) mayHaveWritten(err error) bool {
	var unsent auth.Unsent
	if errors.As(err, &unsent) {
		return false // nothing was written, or what was written was refused
	}
	if x.wrote.Load() {
		return true
	}
	return !x.reached.Load() && !beforeWriting(err)
}

// drainFor and drainBytes bound what is done so that a connection can be used
// again: read to the end of the answer, if that is near.
const (
	drainFor   = 250 * time.Millisecond
	drainBytes = 64 << 10
)

func (x *exchange) drain(body io.ReadCloser) (err error) {
	if !x.endless {
		x.watch.rest(drainFor)
		from := x.rest
		if from == nil {
			from = body
		}
		_, err = io.CopyN(io.Discard, from, drainBytes)
	}
	body.Close()
	return err
}

// log writes the record of the exchange.
func (x *exchange) log(ctx context.Context, version types.ExchangeVersion, err error) {
	log := x.client.cfg.Logger
	if !log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	id := x.serverID
	if id == "" {
		id = x.id
	}
	attrs := []slog.Attr{
		slog.String("op", x.op.Name),
		slog.Duration("took", time.Since(x.start)),
		slog.Int("attempt", x.attempt),
		slog.String("version", string(version)),
		slog.Int64("sent", x.sent.Load()),
		slog.Int64("received", x.received),
		slog.Int("status", x.status),
		slog.String("request_id", id),
	}
	if err != nil {
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	log.LogAttrs(ctx, slog.LevelDebug, "ews call", attrs...)
}

// warn writes a record of a call that is going to be repeated.
func (c *Client) warn(ctx context.Context, op *messages.Operation, attempt int, wait time.Duration, err error) {
	c.cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "ews call is repeated", slog.String("op", op.Name),
		slog.Int("attempt", attempt), slog.Duration("wait", wait), slog.String("error", err.Error()))
}

// requestID returns a random UUID (RFC 9562, version 4).
func requestID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0F|0x40, b[8]&0x3F|0x80
	const hex = "0123456789abcdef"
	out := make([]byte, 0, 36)
	for i, c := range b {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			out = append(out, '-')
		}
		out = append(out, hex[c>>4], hex[c&0xF])
	}
	return string(out)
}

// counter counts what is read, and keeps the error that ended it.
type counter struct {
	r   io.Reader
	n   int64
	err error // other than io.EOF
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	if err != nil && err != io.EOF {
		c.err = err
	}
	return n, err
}

// sending counts what is sent.
type sending struct {
	r io.Reader
	n *atomic.Int64
}

func (s *sending) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.n.Add(int64(n))
	return n, err
}
