package auth

import (
	"fmt"
	"io"
	"net/http"
	"sync"
)

// Variable is a Method that is one of others, and may become another one while
// clients use it: for a password that changes, or an administrator who moves
// from one method to the next. Requests under way go on as they began. It may be
// Set to what Strongest, Join or AllowPlainHTTP return, but is not for them: give
// it to Config.Auth itself. Make one with NewVariable.
type Variable struct {
	mu     sync.Mutex
	method Method // nil sends no credentials
	turn   int    // how often it was set
}

// NewVariable returns a Variable that is m until it is Set.
func NewVariable(m Method) *Variable { return &Variable{method: m} }

// Set makes v become m, for requests from now on. Connections that were
// authenticated by the method before are not used again. nil: no credentials.
func (v *Variable) Set(m Method) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.method = m
	v.turn++
}

// String names the method that v is; it shows no secret, in any format.
func (v *Variable) String() string {
	m, _ := v.now()
	return nameOf(m)
}

// GoString is as String.
func (v *Variable) GoString() string { return v.String() }

// Format writes String for every verb.
func (v *Variable) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, v.String()) }

func (v *Variable) now() (Method, int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.method, v.turn
}

// Wrap implements Method.
func (v *Variable) Wrap(next http.RoundTripper) http.RoundTripper {
	if next == nil {
		next = http.DefaultTransport
	}
	return &variable{source: v, next: next, turn: -1}
}

type variable struct {
	source *Variable
	next   http.RoundTripper

	mu   sync.Mutex
	turn int // that wrapped is of
	now  http.RoundTripper
}

// current returns next, wrapped by the method of the time.
func (t *variable) current() http.RoundTripper {
	t.mu.Lock()
	defer t.mu.Unlock()
	m, turn := t.source.now()
	if turn == t.turn {
		return t.now
	}
	if t.now != nil {
		CloseIdleConnections(t.now)
	}
	t.turn, t.now = turn, t.next
	if m != nil {
		t.now = m.Wrap(t.next)
	}
	return t.now
}

// RoundTrip implements http.RoundTripper.
func (t *variable) RoundTrip(r *http.Request) (*http.Response, error) {
	return t.current().RoundTrip(r)
}

// Fork implements Forker.
func (t *variable) Fork(change func(*http.Transport)) (http.RoundTripper, error) {
	next, err := Fork(t.next, change)
	if err != nil {
		return nil, err
	}
	return t.source.Wrap(next), nil
}

// CloseIdleConnections closes those of the method of the time.
func (t *variable) CloseIdleConnections() { CloseIdleConnections(t.current()) }
