package witness

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
)

type invalidKey struct{}

// Invalid marks requests with the context as wrong on purpose: a test sends
// them to see them refused. They are not recorded; what is answered to them
// is, unless it quotes them.
func Invalid(ctx context.Context) context.Context {
	return context.WithValue(ctx, invalidKey{}, true)
}

// Wrap returns a transport that sends through next and records what passes,
// answers when they have been read to their end. On a nil Recorder it returns
// next. A document that cannot be written is an error of the request or of the
// answer's Close.
func (r *Recorder) Wrap(next http.RoundTripper) http.RoundTripper {
	if r == nil {
		return next
	}
	if next == nil {
		next = http.DefaultTransport
	}
	return &transport{r: r, next: next, answers: true}
}

// Requests is like Wrap, but records requests alone: for tests whose answers
// are made up.
func (r *Recorder) Requests(next http.RoundTripper) http.RoundTripper {
	t, ok := r.Wrap(next).(*transport)
	if !ok {
		return next
	}
	t.answers = false
	return t
}

// Client returns a client like c whose transport records. On a nil Recorder it
// returns c.
func (r *Recorder) Client(c *http.Client) *http.Client {
	if r == nil {
		return c
	}
	w := *c
	w.Transport = r.Wrap(c.Transport)
	return &w
}

type transport struct {
	r       *Recorder
	next    http.RoundTripper
	answers bool
}

// foreign reports whether a request is of autodiscover, which has schemas of
// its own.
func foreign(req *http.Request) bool {
	return strings.HasPrefix(strings.ToLower(req.URL.Path), "/autodiscover/")
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if foreign(req) {
		return t.next.RoundTrip(req)
	}
	invalid := req.Context().Value(invalidKey{}) != nil
	if req.Body != nil && req.Body != http.NoBody && !invalid {
		body, err := io.ReadAll(req.Body)
		if err = errors.Join(err, req.Body.Close()); err != nil {
			return nil, err
		}
		if err := t.r.Record(Request, body); err != nil {
			return nil, err
		}
		c := *req // a RoundTripper may not change its request
		c.Body = io.NopCloser(bytes.NewReader(body))
		req = &c
	}
	res, err := t.next.RoundTrip(req)
	if err != nil || !t.answers {
		return res, err
	}
	res.Body = &tee{body: res.Body, r: t.r, quotes: invalid}
	return res, nil
}

// CloseIdleConnections lets http.Client.CloseIdleConnections reach the
// transport below.
func (t *transport) CloseIdleConnections() {
	if c, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// tee passes an answer on and keeps a copy.
type tee struct {
	body   io.ReadCloser
	r      *Recorder
	quotes bool // a MessageXml may quote what is invalid

	mu sync.Mutex // Close may come from elsewhere, to end a Read
	kept
}

func (t *tee) Read(p []byte) (int, error) {
	n, err := t.body.Read(p)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.keep(p[:n])
	return n, err
}

func (t *tee) Close() error {
	err := t.body.Close()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.quotes && bytes.Contains(t.text, []byte(":MessageXml>")) {
		return err
	}
	return errors.Join(err, t.end(t.r))
}

// Handler returns a handler that answers through next and records the
// answers; requests are not recorded, for they are other people's. On a nil
// Recorder it returns next. A document that cannot be written is given to
// failed.
func (r *Recorder) Handler(next http.Handler, failed func(error)) http.Handler {
	if r == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if foreign(req) {
			next.ServeHTTP(w, req)
			return
		}
		t := &answer{ResponseWriter: w}
		defer func() {
			if err := t.end(r); err != nil {
				failed(err)
			}
		}()
		next.ServeHTTP(t, req)
	})
}

// answer is what a handler writes, with a copy.
type answer struct {
	http.ResponseWriter
	kept
}

func (a *answer) Write(p []byte) (int, error) {
	n, err := a.ResponseWriter.Write(p)
	a.keep(p[:n])
	return n, err
}

// Unwrap is for http.ResponseController, which flushes and hijacks.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// Flush is for handlers that ask for an http.Flusher.
func (a *answer) Flush() { _ = http.NewResponseController(a.ResponseWriter).Flush() }

// kept is a copy of an answer under way.
type kept struct {
	text []byte
	lost bool
	done bool
}

func (k *kept) keep(p []byte) {
	if len(k.text)+len(p) > maxAnswer {
		k.text, k.lost = nil, true
	}
	if !k.lost {
		k.text = append(k.text, p...)
	}
}

// end records the answer, once.
func (k *kept) end(r *Recorder) error {
	if k.done {
		return nil
	}
	k.done = true
	return r.Record(Answer, k.text)
}
