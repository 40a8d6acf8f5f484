package autodiscover

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// leads returns the places that a redirect over plain HTTP or a DNS record
// leads to, as far as it is followed.
func (s *search) leads(t *spot, asked map[string]bool, queue []*spot, address string) (out []*spot) {
	for _, to := range t.seen.to {
		r := Redirect{Kind: t.kind, Address: address, To: to}
		if t.kind == HTTPRedirect {
			r.From = &url.URL{Scheme: "http", Host: "autodiscover." + t.domain, Path: standard + ".xml"}
		}
		if n := s.follow(r, t, asked, slices.Concat(out, queue)); n != nil && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

// follow returns the spot that a redirect leads to; nil, with a step that says
// why, if it is not followed. A redirect to a place that is still in the queue
// leads to that. from is what redirects: what the web server of the domain leads
// to is no more than that.
func (s *search) follow(r Redirect, from *spot, asked map[string]bool, queue []*spot) *spot {
	switch {
	case r.To.Scheme != "https" || r.To.Hostname() == "":
		s.refuse(r, errors.New("it is no https URL, and nothing else gets credentials or is believed"))
		return nil
	case r.To.User != nil:
		s.refuse(r, errors.New("there is a user or a password in it"))
		return nil
	}
	p := placeOf(r.To)
	switch {
	case slices.Contains(from.chain, p.key()):
		s.refuse(r, ErrCircular)
		return nil
	case asked[p.key()]:
		s.refuse(r, errAsked)
		return nil
	}
	for _, t := range queue {
		if t.kind == SOAP && t.place.key() == p.key() {
			return t
		}
	}
	if err := s.permit(r); err != nil {
		s.refuse(r, err)
		return nil
	}
	s.redirects++
	t := newSpot(p)
	t.given, t.chain = from.given || from.kind != SOAP, append(slices.Clone(from.chain), p.key())
	return t
}

// errAsked is why a redirect leads nowhere new.
var errAsked = errors.New("that place has been asked already, in vain")

// permit asks the limit and the policy.
func (s *search) permit(r Redirect) error {
	if s.redirects >= s.cfg.MaxRedirects {
		return fmt.Errorf("there were %d before it, as many as Config.MaxRedirects allows", s.redirects)
	}
	return s.cfg.Redirect(r)
}

// refuse takes down that a redirect was not followed.
func (s *search) refuse(r Redirect, why error) {
	err := &RedirectError{r, why}
	switch why {
	case errAsked:
	case ErrCircular:
		s.circular = cmp.Or(s.circular, error(err))
	default:
		s.refused = cmp.Or(s.refused, error(err))
	}
	step := Step{Kind: Follow, Address: r.Address, Outcome: Refused, Target: showURL(r.To), Err: err}
	if r.NewAddress != "" {
		step.Target = r.NewAddress
	}
	if r.From != nil {
		step.URL = showURL(r.From)
	}
	s.note(step)
}

// readdress reports whether to go on with the address that a server says the
// mailbox has.
func (s *search) readdress(t *spot, r *reply, address string) bool {
	domain, err := domainOf(r.address)
	q := Redirect{Kind: r.step.Kind, Address: address, From: t.place.url(r.step.Kind, address), NewAddress: r.address, To: &t.place.base}
	if err == nil {
		p := at("autodiscover." + domain)
		q.To = p.url(POX, r.address)
		if slices.Contains(s.addresses, strings.ToLower(r.address)) {
			err = ErrCircular
		} else {
			err = s.permit(q)
		}
	}
	if err != nil {
		s.refuse(q, err)
		return false
	}
	s.redirects++
	return true
}
