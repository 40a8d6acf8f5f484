package auth

import (
	"net/http"
	"strings"
)

// Join returns the Method that does what all of methods do, such as a client
// certificate and Basic. It makes no sense of two that send a header.
func Join(methods ...Method) Method {
	j := &joined{methods: methods}
	var names []string
	for _, m := range methods {
		names = append(names, nameOf(m))
	}
	j.name = name(strings.Join(names, " and "))
	return j
}

type joined struct {
	name
	methods []Method
}

// Wrap implements Method.
func (j *joined) Wrap(next http.RoundTripper) http.RoundTripper {
	for _, m := range j.methods {
		next = m.Wrap(next)
	}
	return next
}

// Schemes implements Schemed.
func (j *joined) Schemes() []string {
	var all []string
	for _, m := range j.methods {
		s, _ := schemesOf(m)
		all = append(all, s...)
	}
	return all
}

func (j *joined) allowPlain() Method {
	var all []Method
	for _, m := range j.methods {
		all = append(all, AllowPlainHTTP(m))
	}
	return Join(all...)
}

func (j *joined) refusesPlain(r *http.Request) error {
	for _, m := range j.methods {
		if p, ok := m.(interface{ refusesPlain(*http.Request) error }); ok {
			if err := p.refusesPlain(r); err != nil {
				return err
			}
		}
	}
	return nil
}
