package ews

import (
	"context"
	"io"
	"sync"
	"time"
)

// watch ends an exchange that makes no progress. The time that the caller
// takes, to give what is uploaded or to take what is downloaded, does not
// count.
type watch struct {
	mu    sync.Mutex
	timer *time.Timer
	after time.Duration
	phase phase
	place *place // nil: the caller is not waited for
}

type phase uint8

const (
	asking    phase = iota // until the answer begins
	answering              // until it has been read
	ending
)

// watchOver starts the watch: cancel is called after that time without
// progress.
func watchOver(after time.Duration, cancel context.CancelCauseFunc, place *place) *watch {
	return &watch{timer: time.AfterFunc(after, func() { cancel(&TimeoutError{After: after}) }), after: after, place: place}
}

// set starts the time anew, or stops it, if the exchange is still in phase p.
func (w *watch) set(p phase, run bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.phase != p:
	case run:
		w.timer.Reset(w.after)
	default:
		w.timer.Stop()
	}
}

// asking notes progress on the way to the answer.
func (w *watch) asking() { w.set(asking, true) }

// answered notes that the answer has begun, or that there will be none.
func (w *watch) answered() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.phase == asking {
		w.phase = answering
		w.timer.Stop()
	}
}

// rest allows the exchange another d, whatever progress it makes.
func (w *watch) rest(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.phase = ending
	w.timer.Reset(d)
}

func (w *watch) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.phase = ending
	w.timer.Stop()
}

// request returns r, the request's body: the time runs while the transport
// is at what it has read, not while it waits for r.
func (w *watch) request(r io.Reader) io.Reader {
	return readerFunc(func(p []byte) (int, error) {
		w.set(asking, false)
		w.place.pause()
		defer w.place.resume()
		defer w.set(asking, true)
		return r.Read(p)
	})
}

// answer returns r, the answer's body: the time runs while r is read.
func (w *watch) answer(r io.Reader) io.Reader {
	return readerFunc(func(p []byte) (int, error) {
		w.set(answering, true)
		w.place.resume()
		defer w.place.pause()
		defer w.set(answering, false)
		return r.Read(p)
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
