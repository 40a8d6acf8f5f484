package ews

import (
	"context"
	"errors"
	"io"
	"iter"
	"net/http"
	"time"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/internal/wire"
)

// heartbeat is how often a server says on a stream of events that it is still
// there, if it has nothing else to say.
const heartbeat = 45 * time.Second

// Events calls GetStreamingEvents and yields each response message when it has
// arrived: notifications, and signs of life, which have none. Nothing is sent
// before the sequence is ranged over, and each ranging is a call of its own.
//
// The sequence ends when the server says that it closes the connection, after
// req.ConnectionTimeout minutes (1 to 30), or with an error: the call's, or
// one of a *DecodeError of io.ErrUnexpectedEOF and a *TransportError when the
// connection breaks. A message of class Error comes with its *ResponseError,
// and need not be the last; it names the subscriptions that are gone in
// ErrorSubscriptionIDs. One that says, before any other, that the server is busy
// or has too many connections is the error of the call. Ending the loop, or the context, closes the
// connection.
//
// The stream may go on for any time and size, if only there is something each
// 90 s (or Config.Timeout, if that is longer); Config.MaxResponseBytes bounds
// each message, and the Timeout of Config.HTTPClient does not count. It takes
// no place among Config.MaxConcurrent: servers have a limit of their own for
// such connections, as has Limiter.Streams. A call is repeated, as Config.Retry says, only before the
// first message.
//
// Subscriptions live on one server: use the Client that has subscribed, or a
// copy of it with the same anchor (AnchorTo), for it has the cookie that leads
// there. See
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/getstreamingevents-operation
// and
// https://learn.microsoft.com/exchange/client-developer/exchange-web-services/how-to-maintain-affinity-between-group-of-subscriptions-and-mailbox-server.
func (c *Client) Events(ctx context.Context, req *messages.GetStreamingEventsRequest) iter.Seq2[*messages.GetStreamingEventsResponseMessage, error] {
	return func(yield func(*messages.GetStreamingEventsResponseMessage, error) bool) {
		sink := &eventSink{yield: yield}
		if err := c.Invoke(ctx, messages.OpGetStreamingEvents, req, sink); err != nil {
			yield(nil, err)
		}
	}
}

// eventSink passes response messages on as they are decoded.
type eventSink struct {
	yield   func(*messages.GetStreamingEventsResponseMessage, error) bool
	passed  bool           // something was passed on
	closed  bool           // the server has said that this is the end
	stopped bool           // the consumer wants no more
	refused *ResponseError // the server opens no stream, for it is busy
}

var errStopped = errors.New("stopped by its consumer")

// DecodeXML reads the GetStreamingEventsResponse of one envelope.
func (s *eventSink) DecodeXML(d *wire.Decoder) {
	for d.Child() {
		if string(d.Local(wire.NSMessages)) != "ResponseMessages" {
			d.Skip()
			continue
		}
		for d.Child() {
			m := new(messages.GetStreamingEventsResponseMessage)
			m.DecodeXML(d)
			if d.Err() != nil {
				return
			}
			var err error
			if st := m.Status(); st.Failed() {
				e := &ResponseError{Op: messages.OpGetStreamingEvents.Name, Index: -1, Code: st.Code, Text: st.Text, XML: st.XML}
				if !s.passed && refusedBusy(st.Code) {
					s.refused = e
					d.Fail(e)
					return
				}
				err = e
			}
			s.passed = true
			s.closed = s.closed || m.ConnectionStatus == types.ConnectionStatusClosed
			if !s.yield(m, err) {
				s.stopped = true
				d.Fail(errStopped)
				return
			}
		}
	}
}

// Reset implements Resetter: what was passed on stays so.
func (s *eventSink) Reset() bool {
	s.refused = nil
	return !s.passed && !s.stopped
}

// receive reads one envelope after the other.
func (s *eventSink) receive(x *exchange, h *http.Response, body io.Reader) error {
	most := x.client.cfg.MaxResponseBytes
	limit := &bounded{r: body, left: most, max: most}
	in, err := x.xmlOf(h, limit)
	if err != nil {
		return err
	}
	d := wire.NewDecoder(in, wire.Limits{MaxBytes: 1 << 62, MaxText: int(min(most, 1<<31-1))})
	for next := d.Root; next(); next = d.NextDocument {
		if err := x.envelope(d, s.DecodeXML); err != nil && !s.stopped && s.refused == nil {
			return err
		}
		limit.left = most
	}
	switch {
	case s.stopped:
		return nil
	case s.refused != nil:
		return s.refused
	case d.Err() != nil:
		return x.broken(d.Err())
	case !s.closed:
		return x.broken(io.ErrUnexpectedEOF)
	}
	return nil
}
