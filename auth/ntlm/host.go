package ntlm

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"sync"
)

// host is what is known of a server.
type host struct {
	name string
	busy chan struct{} // holds a value while somebody finds out whether the secret is right

	mu      sync.Mutex
	scheme  string // by which the server takes NTLM
	proved  bool   // the server took the secret last
	refused int    // how often it has not
	refusal *refusal
	keeps   bool // the server has taken a request on a connection without another handshake
	forgets bool // it has not, although it could
}

func newHost(name string) *host {
	return &host{name: name, busy: make(chan struct{}, 1), scheme: "NTLM"}
}

// enter waits for somebody who finds out whether the secret is right. If it
// is, or if nobody is at it, the caller goes on, and calls release when there
// is an outcome; else there is a refusal.
func (h *host) enter(ctx context.Context) (_ *refusal, release func(), err error) {
	h.mu.Lock()
	proved, before := h.proved, h.refused
	h.mu.Unlock()
	if proved {
		return nil, func() {}, nil
	}
	select {
	case h.busy <- struct{}{}:
	case <-ctx.Done():
		return nil, nil, context.Cause(ctx)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.proved && h.refused == before {
		return nil, func() { <-h.busy }, nil
	}
	<-h.busy
	if h.proved {
		return nil, func() {}, nil
	}
	return h.refusal, func() {}, nil
}

func (h *host) takes() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.scheme
}

// accepted notes that the server took the secret.
func (h *host) accepted(scheme string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.scheme, h.proved, h.refusal = scheme, true, nil
}

// refuse notes that the server did not take the secret, and said res.
func (h *host) refuse(scheme string, res *http.Response) {
	kept := keep(res)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.scheme, h.proved, h.refused, h.refusal = scheme, false, h.refused+1, kept
}

// open notes that the server answered with a status without asking who it is.
func (h *host) open(status int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.proved = h.proved || status < http.StatusInternalServerError
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
