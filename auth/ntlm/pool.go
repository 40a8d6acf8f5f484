package ntlm

import (
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/seed-1937cc67/goews/auth"
)

// pool is the round tripper of the method: a worker for each request that is
// under way, from those that are idle if there are any, the last used first.
type pool struct {
	method *method
	next   http.RoundTripper

	mu    sync.Mutex
	hosts map[string]*host
	idle  []*worker // the last used last
}

func newPool(m *method, next http.RoundTripper) *pool {
	if next == nil {
		next = http.DefaultTransport
	}
	return &pool{method: m, next: next, hosts: map[string]*host{}}
}

// RoundTrip implements http.RoundTripper.
func (p *pool) RoundTrip(r *http.Request) (*http.Response, error) {
	if auth.Redirected(r) {
		return p.next.RoundTrip(r)
	}
	w, err := p.take(r)
	if err != nil {
		return fail(r, err)
	}
	res, err := w.roundTrip(r)
	switch {
	case err != nil:
		w.conn = nil
		p.give(w)
	case res.Body == nil || res.Body == http.NoBody:
		p.give(w)
	default:
		l := &lease{body: res.Body, done: func(whole bool) {
			if !whole { // net/http gives the connection up
				w.conn = nil
			}
			p.give(w)
		}}
		res.Body = l
		if rw, ok := l.body.(io.ReadWriteCloser); ok { // of a 101
			res.Body = struct {
				io.ReadCloser
				io.Writer
			}{l, rw}
		}
	}
	return res, err
}

// take returns a worker that nobody else has.
func (p *pool) take(r *http.Request) (*worker, error) {
	key := r.URL.Scheme + "://" + strings.ToLower(r.URL.Host)
	p.mu.Lock()
	h := p.hosts[key]
	if h == nil {
		h = newHost(r.URL.Host)
		p.hosts[key] = h
	}
	for i := len(p.idle) - 1; i >= 0; i-- {
		if w := p.idle[i]; w.host == h {
			p.idle = append(p.idle[:i], p.idle[i+1:]...)
			p.mu.Unlock()
			return w, nil
		}
	}
	p.mu.Unlock()
	rt, err := auth.Fork(p.next, own)
	if err != nil {
		return nil, err
	}
	return &worker{method: p.method, host: h, rt: rt}, nil
}

// give takes a worker back, and gives up the one that was idle for longest if
// there are too many.
func (p *pool) give(w *worker) {
	p.mu.Lock()
	p.idle = append(p.idle, w)
	var old *worker
	if len(p.idle) > p.method.maxIdle {
		old, p.idle = p.idle[0], p.idle[1:]
	}
	p.mu.Unlock()
	if old != nil {
		auth.CloseIdleConnections(old.rt)
	}
}

// CloseIdleConnections closes the connections of workers that are idle, and
// those of what the pool is for.
func (p *pool) CloseIdleConnections() {
	p.mu.Lock()
	idle := p.idle
	p.idle = nil
	p.mu.Unlock()
	for _, w := range idle {
		auth.CloseIdleConnections(w.rt)
	}
	auth.CloseIdleConnections(p.next)
}

// Fork implements auth.Forker.
func (p *pool) Fork(change func(*http.Transport)) (http.RoundTripper, error) {
	next, err := auth.Fork(p.next, change)
	if err != nil {
		return nil, err
	}
	return newPool(p.method, next), nil
}

// lease is the body of an answer, whose worker is busy until it has been read
// to its end or closed.
type lease struct {
	body io.ReadCloser
	once sync.Once
	done func(whole bool)
}

func (l *lease) Read(p []byte) (int, error) {
	n, err := l.body.Read(p)
	if err == io.EOF {
		l.once.Do(func() { l.done(true) })
	}
	return n, err
}

func (l *lease) Close() error {
	err := l.body.Close()
	l.once.Do(func() { l.done(false) })
	return err
}
