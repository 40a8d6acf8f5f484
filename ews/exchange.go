package ews

import (
	"compress/gzip"
	"context"
	"crypto/rand"
	"errors"
	"io"
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
	if a := attemptOf(ctx); x.endless && a.begun != nil {
		a.begun()
	}
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
