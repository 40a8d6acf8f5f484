package autodiscover

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// spot is one of the places to look at, in the order of preference. Looking at
// it, without credentials, may begin before its turn comes.
type spot struct {
	kind   Kind          // SOAP for a place, HTTPRedirect or SRV for what leads to places
	place  place         // for SOAP
	domain string        // for the others
	given  bool          // it is more than the web server of the domain
	cached bool          // it is where Config.Cache had its answer from
	chain  []string      // the places that redirected here, and this one
	again  bool          // it was busy the first time
	wait   time.Duration // before it is looked at

	start   sync.Once
	done    chan struct{} // closed when seen is there
	seen    seen
	demoted bool // it has been looked at, and put at the end
}

func newSpot(p place) *spot {
	return &spot{kind: SOAP, place: p, chain: []string{p.key()}, done: make(chan struct{})}
}

// later returns the spot as one to look at once more, after a pause.
func (t *spot) later(wait time.Duration) *spot {
	return &spot{kind: t.kind, place: t.place, given: t.given, cached: t.cached, chain: t.chain, again: true, wait: wait, done: make(chan struct{})}
}

// seen is what a look at a spot, without credentials, has led to.
type seen struct {
	steps []Step
	// Of a place: the last reply; for one that wants credentials, that of the
	// service to send them to.
	reply *reply
	// Of HTTPRedirect and SRV: where they lead.
	to []*url.URL
}

// begin looks at the spot, unless that has begun.
func (t *spot) begin(ctx context.Context, s *sender, wg *sync.WaitGroup, address string) {
	t.start.Do(func() {
		wg.Go(func() {
			defer close(t.done)
			switch t.kind {
			case HTTPRedirect:
				t.seen = s.probeHTTP(ctx, t.domain, address)
			case SRV:
				t.seen = s.probeSRV(ctx, t.domain, address)
			default:
				t.seen = s.probe(ctx, t.place, address)
			}
		})
	})
}

// promising reports whether nothing else needs to be looked at for now.
func (v seen) promising(given bool) bool {
	if v.reply == nil {
		return false
	}
	switch v.reply.step.Outcome {
	case Found:
		return true
	case WantsCredentials:
		return given || v.reply.sure
	}
	return false
}

// prefetch begins to look at one spot after the other, with a pause between
// them, and no further once one is promising.
func (s *sender) prefetch(ctx context.Context, wg *sync.WaitGroup, spots []*spot, address string) {
	wg.Go(func() {
		for i, t := range spots {
			if i > 0 {
				timer := time.NewTimer(s.cfg.Stagger)
				select {
				case <-timer.C:
				case <-spots[i-1].done:
				case <-ctx.Done():
				}
				timer.Stop()
			}
			for _, before := range spots[:i] {
				select {
				case <-before.done:
					if before.seen.promising(before.given) {
						return
					}
				default:
				}
			}
			if ctx.Err() != nil {
				return
			}
			t.begin(ctx, s, wg, address)
		}
	})
}

// probe asks the services of a place, without credentials, until one answers
// or wants credentials.
func (s *sender) probe(ctx context.Context, p place, address string) (v seen) {
	services := []Kind{SOAP, POX, JSON}
	for len(services) > 0 {
		service := services[0]
		services = services[1:]
		r := s.ask(ctx, p, service, address, false)
		v.steps = append(v.steps, r.step)
		if r.to != nil && p.service(r.to) != "" && p.service(r.to) != service {
			// It leads to another service of the same place: ask that one.
			services = after(p.service(r.to), services)
			v.reply = r
			continue
		}
		switch r.step.Outcome {
		case WantsCredentials:
			if v.reply = r; s.cfg.Auth != nil {
				return v
			}
			// There are none: the JSON service does without.
			if services = after(JSON, services); len(services) > 0 {
				j := s.ask(ctx, p, JSON, address, false)
				v.steps = append(v.steps, j.step)
				if j.result != nil || j.to != nil || j.address != "" || errors.Is(j.step.Err, fs.ErrNotExist) {
					v.reply = j
				}
			}
			return v
		case Found, Redirected, Busy:
			v.reply = r
			return v
		case Declined:
			if errors.Is(r.step.Err, fs.ErrNotExist) { // no other service knows more
				v.reply = r
				return v
			}
		}
		if v.reply == nil || r.step.Outcome == Declined || v.reply.step.Outcome != Declined {
			v.reply = r
		}
		if r.dead {
			return v
		}
	}
	return v
}

// after returns the services from first on.
func after(first Kind, services []Kind) []Kind {
	for i, k := range services {
		if k == first {
			return services[i:]
		}
	}
	return nil
}

// probeHTTP asks over plain HTTP where to go: never with credentials, and
// never for settings. See
// https://learn.microsoft.com/exchange/client-developer/exchange-web-services/autodiscover-for-exchange.
func (s *sender) probeHTTP(ctx context.Context, domain, address string) (v seen) {
	u := &url.URL{Scheme: "http", Host: "autodiscover." + domain, Path: standard + ".xml"}
	step := Step{Kind: HTTPRedirect, Address: address, URL: showURL(u)}
	h, err := s.send(ctx, false, http.MethodGet, u, nil, address)
	if h != nil {
		step.Took, step.Status = h.took, h.status
	}
	r := &reply{step: step}
	switch {
	case err != nil:
		r.unreachable(s, err)
	case h.status/100 == 3 && h.status != http.StatusNotModified:
		if r.redirect(u, h); r.to != nil {
			v.to = []*url.URL{r.to}
		}
	default:
		r.step.Outcome = NotThere
	}
	v.steps = []Step{r.step}
	return v
}

// probeSRV asks the DNS where to go.
func (s *sender) probeSRV(ctx context.Context, domain, address string) (v seen) {
	step := Step{Kind: SRV, Address: address, URL: "_autodiscover._tcp." + domain}
	ctx, cancel := context.WithTimeoutCause(ctx, s.cfg.StepTimeout, &TimeoutError{After: s.cfg.StepTimeout, step: true})
	defer cancel()
	begun := time.Now()
	_, records, err := s.cfg.Resolver.LookupSRV(ctx, "autodiscover", "tcp", domain)
	step.Took = time.Since(begun)
	names := hosts(records)
	switch {
	case err != nil && ctx.Err() != nil:
		step.Outcome, step.Err = Failed, context.Cause(ctx)
	case nobody(err):
		step.Outcome = NotThere
	case err != nil:
		step.Outcome, step.Err = Failed, err
	case len(names) == 0:
		step.Outcome, step.Err = NotThere, errors.New("the record says that there is no such service")
	default:
		step.Outcome, step.Target = Found, strings.Join(names, ", ")
		for _, host := range names {
			v.to = append(v.to, &url.URL{Scheme: "https", Host: host, Path: standard + ".xml"})
		}
	}
	v.steps = []Step{step}
	return v
}
