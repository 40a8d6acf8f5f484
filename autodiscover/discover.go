package autodiscover

import (
	"context"
	"strings"
)

// Discover looks for the Exchange server of the mailbox with the address. It
// contacts servers, except if Config.Cache has a fresh answer. The package
// comment says where it looks, and lists its errors. When it returns, nothing
// of it is left running.
func Discover(ctx context.Context, address string, cfg Config) (*Result, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	address = strings.TrimSpace(address)
	if _, err := domainOf(address); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	s := &search{sender: newSender(&cfg), requested: address}
	defer s.close()
	ctx, cancel := context.WithTimeoutCause(ctx, cfg.Timeout, &TimeoutError{After: cfg.Timeout})
	defer cancel()
	end, err := begin(ctx, cfg.Cache, address)
	if err != nil {
		return nil, s.fail(err)
	}
	waited := end == nil
	if !waited {
		defer end()
	}
	old, fresh := s.load(ctx)
	if old != nil && fresh && (!cfg.Refresh || waited) {
		old.FromCache, old.Steps = true, s.steps
		return old, nil
	}
	found, err := s.run(ctx, old)
	if err == nil {
		s.save(ctx, found)
		found.Steps = s.steps
	}
	return found, err
}

// load asks the cache.
func (s *search) load(ctx context.Context) (old *Result, fresh bool) {
	if s.cfg.Cache == nil {
		return nil, false
	}
	old, fresh, err := s.cfg.Cache.Load(ctx, s.requested)
	step := Step{Kind: Kept, Address: s.requested, URL: s.requested, Outcome: NotThere}
	switch {
	case err != nil:
		step.Outcome, step.Err = Failed, err
		old = nil
	case old != nil && fresh && !usable(old.EWS):
		old = nil // kept by somebody else
	case old != nil && fresh:
		step.Outcome, step.Target = Found, old.EWS
	case old != nil:
		step.Outcome, step.Target = Found, "expired, by "+old.Endpoint
	}
	s.note(step)
	return old, fresh
}

// save keeps an answer.
func (s *search) save(ctx context.Context, found *Result) {
	if s.cfg.Cache == nil {
		return
	}
	if err := s.cfg.Cache.Save(ctx, found); err != nil {
		s.note(Step{Kind: Kept, Address: s.requested, URL: s.requested, Outcome: Failed, Err: err})
	}
}

// drop removes an answer whose endpoint is of no use any more.
func (s *search) drop(ctx context.Context, t *spot) {
	if !t.cached {
		return
	}
	step := Step{Kind: Kept, Address: s.requested, URL: s.requested, Outcome: NotThere, Target: "dropped"}
	if err := s.cfg.Cache.Drop(ctx, s.requested); err != nil {
		step.Outcome, step.Err = Failed, err
	}
	s.note(step)
}
