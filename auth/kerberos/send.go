package kerberos

import (
	"bytes"
	"net/http"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/auth/internal/leg"
)

// sends is how often a request is sent at most: with a ticket that was in hand,
// with another, with the binding.
const sends = 3

// send sends r by next, with a token.
func (m *method) send(next http.RoundTripper, r *http.Request) (*http.Response, error) {
	var refused *ticket
	fresh := false // a ticket was fetched for this request
	for n := 1; ; n++ {
		k, fetched, err := m.tickets.get(r.Context(), m.service(r), refused)
		if err != nil {
			closeBody(r)
			return nil, &auth.TokenError{Err: err}
		}
		fresh = fresh || fetched
		bound := m.binding(r)
		t, err := m.identity.token(k, bound)
		if err != nil {
			closeBody(r)
			return nil, &auth.TokenError{Err: &Error{User: m.tickets.user, Err: err}}
		}
		c := r.Clone(r.Context()) // a RoundTripper may not change its request
		c.Header.Set("Authorization", string(t.header))
		res, err := next.RoundTrip(c)
		if err != nil {
			return nil, err
		}
		if m.bindings != nil {
			m.bindings.learn(r.URL.Host, res.TLS)
		}
		if res.StatusCode != http.StatusUnauthorized {
			if err := m.check(t, res); err != nil {
				res.Body.Close()
				return nil, err
			}
			return res, nil
		}
		switch {
		case n == sends:
			return res, nil
		case !bytes.Equal(bound, m.binding(r)): // again, with what is known now
		case !fresh && refused == nil: // it may be of a key that the service has no more
			refused = k
		default:
			return res, nil
		}
		if !leg.Repeatable(r) {
			return res, nil
		}
		repeated, err := leg.Again(r)
		if err != nil {
			return res, nil
		}
		leg.Drain(res)
		r = repeated
	}
}

// binding returns the hash of what is known of the connection's certificate;
// nil over plain HTTP, and before anything is known.
func (m *method) binding(r *http.Request) []byte {
	if m.bindings == nil || r.URL.Scheme != "https" {
		return nil
	}
	return m.bindings.get(r.URL.Host)
}

// check looks at the server's token, if there has to be one or there is.
func (m *method) check(t *token, res *http.Response) error {
	proof, err := readProof(auth.Challenges(res.Header))
	switch {
	case err != nil:
	case proof != nil:
		err = t.check(proof)
	case m.prove:
		err = errNoProof
	}
	if err != nil {
		return &Error{Kind: ErrProof, User: m.tickets.user, Err: err}
	}
	return nil
}

// closeBody closes the body of a request that is not sent, as every
// RoundTripper does.
func closeBody(r *http.Request) {
	if r.Body != nil {
		r.Body.Close()
	}
}
