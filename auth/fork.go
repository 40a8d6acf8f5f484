package auth

import (
	"fmt"
	"net/http"
)

// Forker is a round tripper that can make another like it, over connections of
// its own. Methods that authenticate a connection rather than a request, or
// that need a certificate in the TLS handshake, ask what they wrap for one; the
// round trippers of package ews are Forkers, and so should one be that stands
// between an *http.Transport and a Method.
type Forker interface {
	// Fork returns a round tripper over a copy of the *http.Transport that this
	// one ends in. change, if it is not nil, changes the copy before its use. It
	// does not contact the server.
	Fork(change func(*http.Transport)) (http.RoundTripper, error)
}

// Fork returns a round tripper like rt, with connections of its own: rt's Fork
// if it is a Forker, a copy if it is an *http.Transport (one of
// http.DefaultTransport if it is nil), else a *ForkError.
func Fork(rt http.RoundTripper, change func(*http.Transport)) (http.RoundTripper, error) {
	if rt == nil {
		rt = http.DefaultTransport
	}
	switch rt := rt.(type) {
	case Forker:
		return rt.Fork(change)
	case *http.Transport:
		t := rt.Clone()
		if change != nil {
			change(t)
		}
		return t, nil
	}
	return nil, &ForkError{rt}
}

// ForkError says that a method needs connections of its own, and what it is
// to send by cannot make any. Nothing was sent.
type ForkError struct{ RoundTripper http.RoundTripper }

// Error says what to use instead.
func (e *ForkError) Error() string {
	return fmt.Sprintf("auth: this method needs connections of its own, which a %T cannot make: let the Transport of the HTTPClient be an *http.Transport, or an auth.Forker", e.RoundTripper)
}

// Unsent implements Unsent.
func (e *ForkError) Unsent() {}
