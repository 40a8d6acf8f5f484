package autodiscover

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// search is one call of Discover.
type search struct {
	*sender
	requested string
	steps     []Step
	redirects int      // followed
	refusals  int      // of credentials
	addresses []string // that were looked for, in lower case

	// What went wrong that is worth more than "nothing was found".
	credentials, declined, refused, circular, busy error
}

// note takes steps down.
func (s *search) note(steps ...Step) {
	for _, step := range steps {
		s.steps = append(s.steps, step)
		if s.cfg.Trace != nil {
			s.cfg.Trace(step)
		}
	}
}

// fail returns the error for what ended the search.
func (s *search) fail(err error) error {
	return &Error{Address: s.requested, Steps: s.steps, Err: err}
}

// run looks for one address after the other, as servers redirect.
func (s *search) run(ctx context.Context, old *Result) (*Result, error) {
	address := s.requested
	for {
		s.addresses = append(s.addresses, strings.ToLower(address))
		found, next, err := s.round(ctx, address, old)
		switch {
		case err != nil:
			return nil, s.fail(err)
		case found != nil:
			found.Requested = s.requested
			return found, nil
		case ctx.Err() != nil:
			return nil, s.fail(ended(ctx))
		case next == "":
			return nil, s.fail(cmp.Or(s.credentials, s.declined, s.refused, s.circular, s.busy, ErrNotFound))
		}
		address, old = next, nil
	}
}

// ended is why a context has: its error, and its cause if that says more.
func ended(ctx context.Context) error {
	err := context.Cause(ctx)
	var timeout *TimeoutError
	if err == ctx.Err() || errors.As(err, &timeout) {
		return err
	}
	return fmt.Errorf("%w: %w", ctx.Err(), err)
}

// round is the search for one address. It returns the answer, or the address
// to look for next, or why the search ends; nothing at all if all places have
// been asked in vain.
func (s *search) round(ctx context.Context, address string, old *Result) (found *Result, next string, err error) {
	domain, err := domainOf(address)
	if err != nil {
		return nil, "", err
	}
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()

	queue := s.spots(domain, old)
	s.prefetch(ctx, &wg, slices.Clone(queue), address)
	asked := map[string]bool{}
	for len(queue) > 0 {
		t := queue[0]
		queue = queue[1:]
		if !t.demoted {
			if err := sleep(ctx, t.wait); err != nil {
				return nil, "", nil
			}
			t.begin(ctx, s.sender, &wg, address)
			select {
			case <-t.done:
			case <-ctx.Done():
				return nil, "", nil
			}
			s.note(t.seen.steps...)
		}
		if t.kind != SOAP {
			queue = slices.Concat(s.leads(t, asked, queue, address), queue)
			continue
		}
		asked[t.place.key()] = true
		r := t.seen.reply
		if r.step.Outcome == WantsCredentials {
			if !t.given && !r.sure && !t.demoted {
				// The web server of the domain, which may be anybody's: the
				// others get the credentials first.
				t.demoted = true
				queue = append(queue, t)
				continue
			}
			if r, err = s.logOn(ctx, t, address); err != nil {
				return nil, "", err
			}
		}
		switch r.step.Outcome {
		case Found:
			return r.result, "", nil
		case Redirected:
			if r.address != "" {
				if s.readdress(t, r, address) {
					return nil, r.address, nil
				}
				break
			}
			q := Redirect{Kind: r.step.Kind, Address: address, From: t.place.url(r.step.Kind, address), To: r.to}
			if n := s.follow(q, t, asked, queue); n != nil {
				queue = slices.Insert(without(queue, n), 0, n)
			}
		case Busy:
			// Once more, when all others have been asked.
			s.busy = cmp.Or(s.busy, r.step.Err)
			if !t.again {
				queue = append(queue, t.later(min(max(r.wait, time.Second), s.cfg.StepTimeout)))
			}
		case Declined:
			s.declined = better(s.declined, r.step.Err)
			s.drop(ctx, t)
		case NotThere, Failed:
			s.drop(ctx, t)
		}
	}
	return nil, "", nil
}

// better returns the error that says more of two: that an address is unknown.
func better(a, b error) error {
	if a == nil || !errors.Is(a, fs.ErrNotExist) && errors.Is(b, fs.ErrNotExist) {
		return b
	}
	return a
}

// spots are the places to look at for a domain, in order.
func (s *search) spots(domain string, old *Result) (out []*spot) {
	add := func(t *spot) {
		for _, u := range out {
			if t.kind == SOAP && u.kind == SOAP && u.place.key() == t.place.key() {
				return
			}
		}
		out = append(out, t)
	}
	if old != nil {
		if u, err := url.Parse(old.Endpoint); err == nil && u.Scheme == "https" && u.Host != "" && u.User == nil {
			t := newSpot(placeOf(u))
			t.given, t.cached = true, true
			add(t)
		}
	}
	for _, e := range s.cfg.Endpoints {
		if u, err := url.Parse(e); err == nil {
			t := newSpot(placeOf(u))
			t.given = true
			add(t)
		}
	}
	if s.cfg.OnlyEndpoints {
		return out
	}
	add(newSpot(at(domain)))
	named := newSpot(at("autodiscover." + domain))
	named.given = true
	add(named)
	add(&spot{kind: HTTPRedirect, domain: domain, done: make(chan struct{})})
	add(&spot{kind: SRV, domain: domain, done: make(chan struct{})})
	return out
}

// without returns the queue without a spot.
func without(queue []*spot, t *spot) []*spot {
	return slices.DeleteFunc(queue, func(u *spot) bool { return u == t })
}

// sleep waits, or returns why the context ended.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
