package orm

import (
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/seed-1937cc67/goews/auth"
)

// scheme is the authentication scheme that a server took last.
type scheme struct{ name atomic.Value }

func (s *scheme) get() string {
	if s == nil {
		return ""
	}
	name, _ := s.name.Load().(string)
	return name
}

// watched is an auth.Method that notes its scheme.
type watched struct {
	auth.Method
	to *scheme
}

// Wrap implements auth.Method.
func (w watched) Wrap(next http.RoundTripper) http.RoundTripper {
	return w.Method.Wrap(&watcher{next, w.to})
}

// watcher looks at what is sent through it.
type watcher struct {
	next http.RoundTripper
	to   *scheme
}

// RoundTrip implements http.RoundTripper.
func (w *watcher) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := w.next.RoundTrip(r)
	if err == nil && res.StatusCode != http.StatusUnauthorized {
		if name, _, _ := strings.Cut(r.Header.Get("Authorization"), " "); name != "" {
			w.to.name.Store(name)
		}
	}
	return res, err
}

// Fork implements auth.Forker.
func (w *watcher) Fork(change func(*http.Transport)) (http.RoundTripper, error) {
	next, err := auth.Fork(w.next, change)
	if err != nil {
		return nil, err
	}
	return &watcher{next, w.to}, nil
}

// CloseIdleConnections is for http.Client.
func (w *watcher) CloseIdleConnections() { auth.CloseIdleConnections(w.next) }
