package ews

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/seed-1937cc67/goews/auth"
)

// tracer stands below the authentication, and so sees requests as they are
// sent. It writes them and their answers, if there is a writer, and blots out
// the secrets that errors of the connection repeat.
//
// What belongs to one request has its number in the trace. Bodies are shown
// when they have passed, up to a limit, or piece by piece if the answer is a
// stream: they are never held back, and never kept beyond the limit.
type tracer struct {
	next http.RoundTripper
	*trace
}

// trace is what all round trippers of a client write to.
type trace struct {
	limit int
	last  atomic.Int64

	mu sync.Mutex // one Write at a time
	w  io.Writer  // nil: none
}

func (t *trace) write(block []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, _ = t.w.Write(block)
}

// Fork implements auth.Forker.
func (t *tracer) Fork(change func(*http.Transport)) (http.RoundTripper, error) {
	next, err := auth.Fork(t.next, change)
	if err != nil {
		return nil, err
	}
	return &tracer{next, t.trace}, nil
}

// CloseIdleConnections closes those of what stands below.
func (t *tracer) CloseIdleConnections() { auth.CloseIdleConnections(t.next) }

// RoundTrip implements http.RoundTripper.
func (t *tracer) RoundTrip(r *http.Request) (*http.Response, error) {
	sent := r
	var n int64
	var m mask
	if t.w != nil {
		n, m = t.last.Add(1), maskFor(r.Header)
		sent = t.request(n, m, r)
	}
	h, err := t.next.RoundTrip(sent)
	if err != nil {
		err = maskFor(r.Header).error(err)
		if t.w != nil {
			t.write([]byte(label(n, "no answer") + err.Error() + "\n\n"))
		}
		return nil, err
	}
	if h.Request == nil {
		h.Request = r
	}
	if t.w != nil {
		t.answer(n, m, r, h)
	}
	return h, nil
}

// request returns r, with its body traced as it passes.
func (t *tracer) request(n int64, m mask, r *http.Request) *http.Request {
	head := block(n, m, "request", fmt.Sprintf("%s %s %s", r.Method, traceURL(r), r.Proto), r.Header, "")
	if r.Body == nil || r.Body == http.NoBody {
		t.write(head)
		return r
	}
	c := *r // a RoundTripper may not change its request
	c.Body = &tracedBody{body: r.Body, t: t, head: head, label: label(n, "request"), mask: m}
	return &c
}

// answer makes the body of h traced as it passes.
func (t *tracer) answer(n int64, m mask, r *http.Request, h *http.Response) {
	note := ""
	if h.Uncompressed {
		note = "(unpacked from gzip)\n"
	}
	action := r.Header.Get("SOAPAction")
	h.Body = &tracedBody{
		body: h.Body, t: t, label: label(n, "answer"), mask: m,
		head:      block(n, m, "answer", h.Proto+" "+h.Status, h.Header, note),
		piecewise: strings.Contains(action, "GetEvents") || strings.Contains(action, "GetStreamingEvents"),
	}
}

// traceURL returns the address without user, password and secret parameters.
func traceURL(r *http.Request) string {
	u := *r.URL
	u.User = nil
	return string(blotBody([]byte(u.String())))
}

func label(n int64, what string) string { return "[" + strconv.FormatInt(n, 10) + "] " + what + ": " }

// block returns the head of a request or of an answer, headers sorted.
func block(n int64, m mask, what, line string, h http.Header, note string) []byte {
	var b bytes.Buffer
	b.WriteString(label(n, what) + line + "\n")
	names := make([]string, 0, len(h))
	for name := range h {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, v := range h[name] {
			fmt.Fprintf(&b, "%s: %s\n", name, m.text(blotHeader(name, v)))
		}
	}
	b.WriteString(note + "\n")
	return b.Bytes()
}

// tracedBody keeps the beginning of a body that passes, and writes it with its
// head when it has passed or is given up.
type tracedBody struct {
	body      io.ReadCloser
	t         *tracer
	head      []byte
	label     string
	mask      mask
	piecewise bool

	mu    sync.Mutex // Close may come from elsewhere, to end a Read
	kept  []byte
	total int64
	shown int
	done  bool
}

func (b *tracedBody) Read(p []byte) (int, error) {
	n, err := b.body.Read(p)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.total += int64(n)
	if room := b.t.limit - b.shown - len(b.kept); room > 0 {
		b.kept = append(b.kept, p[:min(n, room)]...)
	}
	if err == nil && b.piecewise && n > 0 {
		b.show(false, nil)
	}
	if err != nil {
		b.show(true, err)
	}
	return n, err
}

func (b *tracedBody) Close() error {
	err := b.body.Close()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.show(true, nil)
	return err
}

// show writes what has not been written yet.
func (b *tracedBody) show(last bool, err error) {
	if b.done || !last && len(b.kept) == 0 && b.head == nil {
		return
	}
	b.done = last
	out := b.head
	if out == nil && (len(b.kept) > 0 || last && (b.more() > 0 || isBroken(err))) {
		out = []byte(b.label + "more\n")
	}
	b.head = nil
	if len(b.kept) > 0 {
		out = append(out, b.mask.cut(strings.ToValidUTF8(string(b.kept), "\uFFFD"))...)
		out = append(out, '\n')
	}
	b.shown += len(b.kept)
	b.kept = nil
	if last {
		if n := b.more(); n > 0 {
			out = fmt.Appendf(out, "(%d more bytes, over Config.TraceBytes)\n", n)
		}
		if isBroken(err) {
			out = fmt.Appendf(out, "(broke off: %s)\n", b.mask.text(err.Error()))
		}
	}
	if len(out) > 0 {
		b.t.write(append(out, '\n'))
	}
}

func (b *tracedBody) more() int64 { return b.total - int64(b.shown) - int64(len(b.kept)) }

func isBroken(err error) bool { return err != nil && err != io.EOF }
