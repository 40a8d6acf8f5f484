package ntlm

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
)

// host is what is known of a server.
type host struct {
	name string
	busy chan struct{} // holds a value while somebody finds out whether the secret is right

	mu       sync.Mutex
	scheme   string // by which the server takes NTLM
	proved   bool   // the server took the secret last
	outcomes int    // how often it has, or has not
	refusal  *refusal
	stand    []*conn // that the server took it on; some may have been closed
	blind    bool    // it took it on others, of which nobody knows whether they stand
	keeps    bool    // the server has taken a request on a connection without another handshake
	forgets  bool    // it has not, although it could
}

func newHost(name string) *host {
	return &host{name: name, busy: make(chan struct{}, 1), scheme: "NTLM"}
}

// enter waits for somebody who finds out whether the secret is right. If it
// is, or if nobody is at it, the caller goes on, and calls release when there
// is an outcome; else there is a refusal. When no connection stands any more, as
// after a restart of the server, it has to be found out anew: the secret may
// have been changed long ago, which does not end connections. Unless alone is
// set, nobody waits for the caller.
func (h *host) enter(ctx context.Context, alone bool) (_ *refusal, release func(), err error) {
	h.mu.Lock()
	certain, before := h.proved && h.stands(), h.outcomes
	h.mu.Unlock()
	if certain {
		return nil, func() {}, nil
	}
	select {
	case h.busy <- struct{}{}:
	case <-ctx.Done():
		return nil, nil, context.Cause(ctx)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.outcomes == before && alone {
		return nil, func() { <-h.busy }, nil
	}
	<-h.busy
	if h.outcomes == before {
		return nil, func() {}, nil
	}
	if h.proved {
		return nil, func() {}, nil
	}
	return h.refusal, func() {}, nil
}

// stands reports whether a connection does that the server took the secret on.
// h.mu is held.
func (h *host) stands() bool {
	h.stand = slices.DeleteFunc(h.stand, func(c *conn) bool { return c.closed.Load() })
	return h.blind || len(h.stand) > 0
}

// standing notes a connection. h.mu is held.
func (h *host) standing(c net.Conn) {
	ours := ownOf(c)
	if ours == nil {
		h.blind = true
		return
	}
	if h.stands(); !slices.Contains(h.stand, ours) {
		h.stand = append(h.stand, ours)
	}
}

func (h *host) takes() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.scheme
}

// accepted notes that the server took the secret on a connection.
func (h *host) accepted(scheme string, c net.Conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.scheme, h.proved, h.outcomes, h.refusal = scheme, true, h.outcomes+1, nil
	h.standing(c)
}

// refuse notes that the server did not take the secret, and said res.
func (h *host) refuse(scheme string, res *http.Response) {
	kept := keep(res)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.scheme, h.proved, h.outcomes, h.refusal = scheme, false, h.outcomes+1, kept
}

// open notes that the server answered with a status without asking who it is.
func (h *host) open(status int, c net.Conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if status < http.StatusInternalServerError {
		h.proved, h.outcomes = true, h.outcomes+1
		h.standing(c)
	}
}

// remembered notes that the server took a request without another handshake.
func (h *host) remembered() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.keeps = true
}

// forgot notes that the server took a request only after another handshake on
// the same connection: if it never does otherwise, each request has to have one.
func (h *host) forgot() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.forgets = !h.keeps
}

func (h *host) doesForget() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.forgets
}

// refusal is an answer for several requests.
type refusal struct {
	res  http.Response
	body []byte
}

// keep returns what res says, and leaves res to be read.
func keep(res *http.Response) *refusal {
	const most = 64 << 10
	body, err := io.ReadAll(io.LimitReader(res.Body, most))
	rest := io.Reader(res.Body)
	if err != nil {
		rest = failing{err}
	}
	kept := &refusal{res: *res, body: body}
	kept.res.Header = res.Header.Clone()
	res.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(body), rest), res.Body}
	return kept
}

func (k *refusal) response(r *http.Request) *http.Response {
	res := k.res
	res.Header = k.res.Header.Clone()
	res.Body = io.NopCloser(bytes.NewReader(k.body))
	res.ContentLength = int64(len(k.body))
	res.Request = r
	return &res
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
