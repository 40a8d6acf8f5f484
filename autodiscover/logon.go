package autodiscover

import (
	"cmp"
	"context"
	"errors"
	"io/fs"

	"github.com/seed-1937cc67/goews/auth"
)

// logOn asks the services of a place, from the one that wants credentials on,
// with them. It fails if the credentials were refused too often.
func (s *search) logOn(ctx context.Context, t *spot, address string) (*reply, error) {
	first := t.seen.reply
	if s.cfg.Auth == nil {
		s.credentials = cmp.Or(s.credentials, error(&CredentialsError{URL: first.step.URL, Offered: first.offered}))
		return first, nil
	}
	last := first
	services := after(first.step.Kind, []Kind{SOAP, POX, JSON})
	for len(services) > 0 {
		service := services[0]
		services = services[1:]
		r := s.ask(ctx, t.place, service, address, service != JSON)
		s.note(r.step)
		if r.result != nil {
			r.result.Schemes = first.offered
		}
		if r.to != nil && t.place.service(r.to) != "" && t.place.service(r.to) != service {
			services = after(t.place.service(r.to), services)
			last = r
			continue
		}
		var unsent auth.Unsent
		switch {
		case nothingToSend(r.step.Err):
			return nil, r.step.Err
		case errors.As(r.step.Err, &unsent): // it may have something for another place
			s.credentials = cmp.Or(s.credentials, r.step.Err)
			return r, nil
		}
		switch r.step.Outcome {
		case Refused:
			s.credentials = cmp.Or(s.credentials, r.step.Err)
			if s.refusals++; s.refusals >= s.cfg.MaxRefusals {
				return nil, s.credentials
			}
			return r, nil
		case Found, Redirected, Busy:
			return r, nil
		case Declined:
			if errors.Is(r.step.Err, fs.ErrNotExist) {
				return r, nil
			}
		}
		if last == first || r.step.Outcome == Declined || last.step.Outcome != Declined {
			last = r
		}
		if r.dead {
			break
		}
	}
	return last, nil
}

// nothingToSend reports whether err is of an authentication that will not do
// better at another place.
func nothingToSend(err error) bool {
	var token *auth.TokenError
	var fork *auth.ForkError
	return errors.As(err, &token) || errors.As(err, &fork)
}
