package autodiscover

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Single is a Cache that lets one search for an address go on at a time. The
// others wait for it, and find what it saved. Searches for different addresses
// do not wait for each other. MemoryCache and DiskCache are Singles.
type Single interface {
	Cache
	// Begin waits until no search for the address is under way, or ctx ends. A
	// search that did not have to wait calls end when it is over. For one that
	// had to, end is nil; should the search before it have failed, all that
	// waited for it go on side by side.
	Begin(ctx context.Context, address string) (end func(), err error)
}

// begin is Begin of a cache that is a Single; others let nobody wait.
func begin(ctx context.Context, c Cache, address string) (end func(), err error) {
	if s, ok := c.(Single); ok {
		return s.Begin(ctx, address)
	}
	return func() {}, nil
}

// flights are the searches under way. The zero value is ready.
type flights struct {
	mu   sync.Mutex
	ends map[string]chan struct{} // by key, closed at the end of the search
}

func (f *flights) begin(ctx context.Context, address string) (func(), error) {
	key := keyOf(address)
	f.mu.Lock()
	ends, ok := f.ends[key]
	if !ok {
		if f.ends == nil {
			f.ends = map[string]chan struct{}{}
		}
		mine := make(chan struct{})
		f.ends[key] = mine
		f.mu.Unlock()
		return sync.OnceFunc(func() {
			f.mu.Lock()
			delete(f.ends, key)
			f.mu.Unlock()
			close(mine)
		}), nil
	}
	f.mu.Unlock()
	select {
	case <-ends:
		return nil, nil
	case <-ctx.Done():
		return nil, ended(ctx)
	}
}

// keyOf is what an address is kept by: case does not matter.
func keyOf(address string) string { return strings.ToLower(strings.TrimSpace(address)) }

// The bounds of a cache.
const (
	day = 24 * time.Hour
	// keepFor is how many times its MaxAge an answer is kept, as a place to ask.
	keepFor = 30
	// maxAnswers is how many answers are kept at most; the oldest go.
	maxAnswers = 1000
	// maxAnswerBytes bounds one answer, as JSON.
	maxAnswerBytes = 64 << 10
	// maxSkew is how far clocks may differ.
	maxSkew = time.Minute
)

// savedAnswer is an answer that is kept.
type savedAnswer struct {
	Saved  time.Time
	Result *Result
}

// valid reports whether the answer can be one of the key.
func (r savedAnswer) valid(key string) bool {
	if r.Result == nil || r.Saved.IsZero() || keyOf(r.Result.Requested) != key || r.Result.Address == "" {
		return false
	}
	return safeURL(r.Result.EWS) && safeURL(r.Result.Endpoint)
}

// safeURL reports whether the address is an https URL without a user.
func safeURL(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Scheme == "https" && u.Host != "" && u.User == nil
}

// answers are answers by the keys of their addresses.
type answers map[string]savedAnswer

// load returns a copy of the answer for an address, and whether it is fresh.
// If there is none, it is an answer that has no more than the Endpoint of the
// newest one in the address's domain.
func (as answers) load(address string, maxAge time.Duration) (*Result, bool) {
	now, key := time.Now(), keyOf(address)
	if r, ok := as[key]; ok {
		age := now.Sub(r.Saved)
		found := r.Result.kept()
		found.FromCache = true
		return found, age < maxAge && age >= -maxSkew
	}
	_, domain, _ := strings.Cut(key, "@")
	var best savedAnswer
	for k, r := range as {
		if strings.HasSuffix(k, "@"+domain) && r.Saved.After(best.Saved) {
			best = r
		}
	}
	if best.Result == nil {
		return nil, false
	}
	return &Result{Requested: address, Endpoint: best.Result.Endpoint, Service: best.Result.Service, FromCache: true}, false
}

// save keeps an answer, and removes what is too old or too much.
func (as answers) save(found *Result, maxAge time.Duration) error {
	now, key := time.Now(), keyOf(found.Requested)
	r := savedAnswer{Saved: now.UTC(), Result: found.kept()}
	if !r.valid(key) {
		return errors.New("autodiscover: an answer without an https URL is not kept")
	}
	if text, err := json.Marshal(r); err != nil || len(text) > maxAnswerBytes {
		return errors.New("autodiscover: an answer of more than 64 KiB is not kept")
	}
	as[key] = r
	for k, r := range as {
		if now.Sub(r.Saved) > keepFor*maxAge {
			delete(as, k)
		}
	}
	as.shrink(maxAnswers)
	return nil
}

// shrink removes the oldest answers until there are no more than most.
func (as answers) shrink(most int) {
	for len(as) > most {
		oldest := ""
		for k, r := range as {
			if oldest == "" || r.Saved.Before(as[oldest].Saved) {
				oldest = k
			}
		}
		delete(as, oldest)
	}
}

// kept returns a copy of what a cache keeps of an answer.
func (r *Result) kept() *Result {
	c := *r
	c.Settings, c.SettingErrors, c.Steps, c.FromCache = nil, nil, nil, false
	c.Schemas = append([]string(nil), r.Schemas...)
	c.Mailboxes = append([]Mailbox(nil), r.Mailboxes...)
	c.Schemes = append([]string(nil), r.Schemes...)
	return &c
}

// NoCache keeps nothing.
type NoCache struct{}

// Load finds nothing.
func (NoCache) Load(context.Context, string) (*Result, bool, error) { return nil, false, nil }

// Save does nothing.
func (NoCache) Save(context.Context, *Result) error { return nil }

// Drop does nothing.
func (NoCache) Drop(context.Context, string) error { return nil }

// MemoryCache keeps answers as long as the program runs, for all who share it:
// what the fields of Result are made of, not Settings and SettingErrors. The
// zero value is ready. It must not be copied.
type MemoryCache struct {
	// MaxAge is how long an answer is fresh. Default a day, which is what
	// https://learn.microsoft.com/exchange/client-developer/exchange-web-services/how-to-refresh-configuration-information-by-using-autodiscover
	// advises.
	MaxAge time.Duration

	flights flights
	mu      sync.Mutex
	kept    answers
}

// maxAge is the value of a field MaxAge, or its default.
func maxAge(d time.Duration) time.Duration {
	if d <= 0 {
		return day
	}
	return d
}

// Load returns the answer for an address. Of an address without one it returns
// the Endpoint that answered for another of the same domain, and that it is not
// fresh.
func (c *MemoryCache) Load(_ context.Context, address string) (*Result, bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found, fresh := c.kept.load(address, maxAge(c.MaxAge))
	return found, fresh, nil
}

// Save keeps an answer.
func (c *MemoryCache) Save(_ context.Context, found *Result) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept == nil {
		c.kept = answers{}
	}
	return c.kept.save(found, maxAge(c.MaxAge))
}

// Drop removes the answer for an address.
func (c *MemoryCache) Drop(_ context.Context, address string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.kept, keyOf(address))
	return nil
}

// Begin is for Single.
func (c *MemoryCache) Begin(ctx context.Context, address string) (func(), error) {
	return c.flights.begin(ctx, address)
}
