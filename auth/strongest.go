package auth

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/seed-1937cc67/goews/auth/internal/leg"
)

// strengths are the schemes, the weakest first. What is not among them is
// weaker.
var strengths = []string{"basic", "digest", "ntlm", "negotiate", "bearer"}

const strongest = 4 // of strengths

// Selector is a Method that asks the server what it offers, and takes the
// strongest of others that fits: see Strongest.
type Selector struct {
	name
	methods []Method // the strongest first; those that answer challenges
	below   Method   // of the connection; nil: none

	mu    sync.Mutex
	hosts map[string]*choice // by scheme and host
}

// Strongest returns the Method that takes the strongest of methods among those
// that the server offers: Bearer, then Negotiate (Kerberos), NTLM, Digest,
// Basic, then what is not Schemed, which counts as offered. Those that are
// about the connection, such as a client certificate, are used in any case,
// together with that one. It does not contact the server.
//
// The server is asked as by Probe before the first request to a host, once for
// all who use the Selector; again when it refuses the chosen one and offers it
// no more. Kerberos and NTLM give way to the next one if they cannot begin, for
// there is no ticket, or the server does not take NTLM by Negotiate; not if the
// realm has refused the password, as each attempt with it counts. Basic and
// Bearer are not chosen over plain HTTP unless that is allowed: see
// AllowPlainHTTP. A server that wants none gets none. If nothing fits a
// request fails with a *NoMethodError.
func Strongest(methods ...Method) *Selector {
	s := &Selector{hosts: map[string]*choice{}}
	var below []Method
	for _, m := range methods {
		switch schemes, known := schemesOf(m); {
		case m == nil:
		case known && len(schemes) == 0:
			below = append(below, m)
		default:
			s.methods = append(s.methods, m)
		}
	}
	if len(below) > 0 {
		s.below = Join(below...)
	}
	slices.SortStableFunc(s.methods, func(a, b Method) int { return strength(b) - strength(a) })
	var names []string
	for _, m := range append(slices.Clone(s.methods), below...) {
		names = append(names, nameOf(m))
	}
	s.name = name("the strongest of " + strings.Join(names, ", "))
	return s
}

func schemesOf(m Method) (schemes []string, known bool) {
	s, ok := m.(Schemed)
	if !ok {
		return nil, false
	}
	return s.Schemes(), true
}

func strength(m Method) int {
	schemes, _ := schemesOf(m)
	if len(schemes) == 0 {
		return -1
	}
	return slices.Index(strengths, strings.ToLower(schemes[0]))
}

// Chosen returns the method that was chosen for the server of a URL, such as
// https://mail.example.com; nil if it has not been asked, or wants none.
func (s *Selector) Chosen(url string) Method {
	r, err := http.NewRequest(http.MethodPost, url, nil)
	if err != nil {
		return nil
	}
	c := s.choice(r)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.offer == nil || c.method == anonymous {
		return nil
	}
	return s.methods[c.method]
}

func (s *Selector) choice(r *http.Request) *choice {
	key := r.URL.Scheme + "://" + strings.ToLower(r.URL.Hostname()) + ":" + portOf(r.URL.Scheme, r.URL.Port())
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.hosts[key]
	if c == nil {
		c = &choice{busy: make(chan struct{}, 1)}
		s.hosts[key] = c
	}
	return c
}

// allowPlain implements AllowPlainHTTP for all that it chooses from.
func (s *Selector) allowPlain() Method {
	var all []Method
	for _, m := range s.methods {
		all = append(all, AllowPlainHTTP(m))
	}
	if s.below != nil {
		all = append(all, s.below)
	}
	return Strongest(all...)
}

// Wrap implements Method.
func (s *Selector) Wrap(next http.RoundTripper) http.RoundTripper {
	if next == nil {
		next = http.DefaultTransport
	}
	t := &selecting{selector: s, next: next, below: next}
	if s.below != nil {
		t.below = s.below.Wrap(next)
	}
	for _, m := range s.methods {
		t.ways = append(t.ways, m.Wrap(t.below))
	}
	return t
}

// selecting is the round tripper of a Selector.
type selecting struct {
	selector *Selector
	next     http.RoundTripper
	below    http.RoundTripper   // with the certificate, if there is one
	ways     []http.RoundTripper // of the methods
}

// RoundTrip implements http.RoundTripper.
func (t *selecting) RoundTrip(r *http.Request) (*http.Response, error) {
	if Redirected(r) {
		return t.next.RoundTrip(r)
	}
	c := t.selector.choice(r)
	n, err := t.choose(c, r)
	if err != nil {
		return refuse(r, err)
	}
	for tries := 0; ; tries++ {
		res, err := t.way(n).RoundTrip(r)
		other := n
		switch {
		case err == nil && res.StatusCode == http.StatusUnauthorized:
			other = t.selector.instead(offerOf(res), r, n)
		case t.cannot(r, n, err):
			if other = t.selector.fit(c.whole(), r, n); other == none {
				return res, err
			}
		}
		if other == n || tries == len(t.ways) {
			return res, err
		}
		if other == none || !leg.Repeatable(r) {
			c.forget(n) // the next one asks
			return res, err
		}
		again, err2 := leg.Again(r)
		if err2 != nil {
			return res, err
		}
		if res != nil {
			leg.Drain(res)
		}
		c.choose(n, other)
		r, n = again, other
	}
}

// cannot reports whether err is of a Kerberos or NTLM that cannot begin: no
// ticket, a connection that is not kept. A refusal, which the cause says by a
// method Refused, is none of that: the next one may have the same password.
func (t *selecting) cannot(r *http.Request, n int, err error) bool {
	var unsent Unsent
	var refused interface{ Refused() bool }
	if n == anonymous || r.Context().Err() != nil || !errors.As(err, &unsent) || errors.As(err, &refused) && refused.Refused() {
		return false
	}
	s := strength(t.selector.methods[n])
	return s >= 0 && (strengths[s] == "negotiate" || strengths[s] == "ntlm")
}

func (t *selecting) way(n int) http.RoundTripper {
	if n == anonymous {
		return t.below
	}
	return t.ways[n]
}

// choose returns the number of the method for r. One asks for all.
func (t *selecting) choose(c *choice, r *http.Request) (int, error) {
	if n, ok := c.get(); ok {
		return n, nil
	}
	select {
	case c.busy <- struct{}{}:
	case <-r.Context().Done():
		return 0, unsent{context.Cause(r.Context())}
	}
	defer func() { <-c.busy }()
	if n, ok := c.get(); ok {
		return n, nil
	}
	bearer := slices.ContainsFunc(t.selector.methods, func(m Method) bool { return strength(m) == strongest })
	o, err := ask(t.below.RoundTrip, r, bearer)
	if err != nil {
		return 0, err
	}
	if o.StatusCode != http.StatusUnauthorized {
		if o.StatusCode < http.StatusInternalServerError {
			c.set(anonymous, o)
		}
		return anonymous, nil // what the server says to the request itself counts
	}
	n := t.selector.fit(o, r, none)
	if n == none {
		return 0, &NoMethodError{Host: r.URL.Host, Offered: o.Challenges, Given: t.selector.methods}
	}
	c.set(n, o)
	return n, nil
}

// CloseIdleConnections closes those of all methods.
func (t *selecting) CloseIdleConnections() {
	for _, w := range t.ways {
		CloseIdleConnections(w)
	}
	CloseIdleConnections(t.below)
}

// Fork implements Forker.
func (t *selecting) Fork(change func(*http.Transport)) (http.RoundTripper, error) {
	next, err := Fork(t.next, change)
	if err != nil {
		return nil, err
	}
	return t.selector.Wrap(next), nil
}
