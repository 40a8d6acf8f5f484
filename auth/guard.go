package auth

import (
	"net/http"
	"strings"
)

// Redirected reports whether an http.Client made r by following a redirect to
// another place than its caller asked for: to another host or port, or from
// https to http. A Method sends such a request without credentials.
func Redirected(r *http.Request) bool {
	first := r
	for first.Response != nil {
		if first = first.Response.Request; first == nil {
			return true // from where is not known
		}
	}
	if first == r {
		return false
	}
	from, to := first.URL, r.URL
	if !strings.EqualFold(from.Hostname(), to.Hostname()) {
		return true
	}
	if from.Scheme == to.Scheme {
		return portOf(from.Scheme, from.Port()) != portOf(to.Scheme, to.Port())
	}
	// What remains is http to https, at the ports that these have.
	return to.Scheme != "https" || portOf(from.Scheme, from.Port()) != "80" || portOf(to.Scheme, to.Port()) != "443"
}

func portOf(scheme, port string) string {
	switch {
	case port != "":
		return port
	case scheme == "https":
		return "443"
	}
	return "80"
}

// RoundTripper returns the round tripper of a Method: authenticate sends r by
// next, with credentials. It has what all methods have in common. A request
// that is Redirected goes to next as it is; CloseIdleConnections reaches next;
// and it is a Forker, so that methods can be wrapped by others. next may be nil
// for http.DefaultTransport.
func RoundTripper(next http.RoundTripper, authenticate func(next http.RoundTripper, r *http.Request) (*http.Response, error)) http.RoundTripper {
	if next == nil {
		next = http.DefaultTransport
	}
	return &roundTripper{next, authenticate}
}

type roundTripper struct {
	next         http.RoundTripper
	authenticate func(next http.RoundTripper, r *http.Request) (*http.Response, error)
}

func (t *roundTripper) RoundTrip(r *http.Request) (*http.Response, error) {
	if Redirected(r) {
		return t.next.RoundTrip(r)
	}
	return t.authenticate(t.next, r)
}

// Fork implements Forker.
func (t *roundTripper) Fork(change func(*http.Transport)) (http.RoundTripper, error) {
	next, err := Fork(t.next, change)
	if err != nil {
		return nil, err
	}
	return &roundTripper{next, t.authenticate}, nil
}

func (t *roundTripper) CloseIdleConnections() { CloseIdleConnections(t.next) }

// CloseIdleConnections closes the idle connections of rt, if it can.
func CloseIdleConnections(rt http.RoundTripper) {
	if c, ok := rt.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}
