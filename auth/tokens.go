package auth

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Tokens is a Method that sends bearer tokens, and the place where they are
// kept: apart from connections, so that clients that come and go, and as many
// as share it, use the same one.
//
// A token is fetched before the first request, and when the one that is there
// is about to expire: a minute before, or when three quarters of its life are
// over. If that fails the old one serves until its end. It is also fetched when
// the server refuses the one that is there with status 401; the request is
// repeated once, if there is another then. If that is refused, too, the answer
// of the server stands; if it names claims that it wants, the error is a
// TokenError of a ClaimsError.
//
// One fetch is under way at a time, for all who wait. Each of them waits no
// longer than its own context. The fetch goes on without it, for a token that
// was issued must not be lost; a minute after the last one has gone, its
// context ends.
//
// Like Bearer it refuses plain HTTP: see AllowPlainHTTP.
type Tokens struct {
	*bearer
	cache *cache
}

// NewTokens returns a Method whose tokens come from fetch, with the time at
// which they expire; zero if that is not known. claims are those that the
// server asks for, as JSON (ClaimsError); empty if it asks for none. fetch has
// to return when its context ends, which has no values of a request: it is for
// all who wait. NewTokens does not call it.
func NewTokens(fetch func(ctx context.Context, claims string) (token Secret, expires time.Time, err error)) *Tokens {
	c := &cache{fetch: fetch}
	return &Tokens{bearer: &bearer{name: "Bearer", source: c}, cache: c}
}

// Token returns the token that the next request is sent with, and when it
// expires; zero if that is not known. It fetches one if need be. Its error is
// a TokenError.
func (t *Tokens) Token(ctx context.Context) (Secret, time.Time, error) {
	h, err := t.cache.get(ctx, "", "")
	if err != nil {
		return "", time.Time{}, err
	}
	return h.token(), h.expires, nil
}

// Set puts a token in the place of the one that is there, as one that was kept
// from an earlier run. What a fetch that is under way returns is then not used.
// An empty token makes t fetch one. It does not contact the server.
func (t *Tokens) Set(token Secret, expires time.Time) { t.cache.put(token, expires) }

const (
	// slack is how long before its expiry a token is no longer used: the
	// request has to arrive, and clocks differ.
	slack = time.Minute
	// grace is how long a fetch may go on when nobody waits for it.
	grace = time.Minute
)

// held is a token that is kept.
type held struct {
	token   func() Secret // nil: none
	claims  string        // with which it was fetched
	given   bool          // by Set
	expires time.Time     // zero: not known
	due     time.Time     // for a fetch of another
}

func hold(token Secret, expires time.Time, claims string) held {
	if token == "" {
		return held{}
	}
	h := held{token: hidden(token), claims: claims, expires: expires}
	if !expires.IsZero() {
		h.due = expires.Add(-min(slack, time.Until(expires)/4))
	}
	return h
}

// has reports whether h was fetched with claims. One that was Set counts as
// such: it may come from a sign-in with them.
func (h held) has(claims string) bool { return claims == "" || h.given || h.claims == claims }

// serves reports whether h is a token, other than refused, that has not
// reached the time limit.
func (h held) serves(refused Secret, limit time.Time) bool {
	return h.token != nil && h.token() != refused && (limit.IsZero() || time.Now().Before(limit))
}

// flight is a fetch under way. Its outcome may be read when done is closed.
type flight struct {
	done    chan struct{}
	cancel  context.CancelFunc
	waiting int         // how many
	ending  *time.Timer // runs while nobody waits
	ended   bool        // by that timer
	got     held
	err     error
}

// cache keeps the token of fetch.
type cache struct {
	fetch func(ctx context.Context, claims string) (Secret, time.Time, error)

	mu     sync.Mutex
	now    held
	puts   int     // how many
	flight *flight // nil: none
}

func (c *cache) token(ctx context.Context, refused Secret, claims string) (Secret, error) {
	h, err := c.get(ctx, refused, claims)
	if err != nil {
		return "", err
	}
	return h.token(), nil
}

func (c *cache) get(ctx context.Context, refused Secret, claims string) (held, error) {
	for {
		c.mu.Lock()
		now := c.now
		if now.serves(refused, now.due) && now.has(claims) {
			c.mu.Unlock()
			return now, nil
		}
		f := c.join(claims)
		c.mu.Unlock()
		select {
		case <-f.done:
		case <-ctx.Done():
			c.leave(f)
			return held{}, &TokenError{context.Cause(ctx)}
		}
		switch {
		case f.err == nil && f.got.has(claims):
			return f.got, nil
		case f.err == nil: // it had begun before the claims were known
		case f.ended: // it was given up by others
		case claims == "" && now.serves(refused, now.expires):
			return now, nil
		default:
			return held{}, &TokenError{f.err}
		}
	}
}

// join returns the fetch under way; it begins one if there is none. c.mu is
// held.
func (c *cache) join(claims string) *flight {
	if c.flight == nil {
		c.flight = c.begin(claims)
	}
	f := c.flight
	f.waiting++
	if f.ending != nil {
		f.ending.Stop()
	}
	return f
}

// leave is for one who waits no longer.
func (c *cache) leave(f *flight) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.waiting--; f.waiting > 0 || c.flight != f {
		return
	}
	f.ending = time.AfterFunc(grace, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if f.waiting == 0 && c.flight == f {
			f.ended = true
			f.cancel()
		}
	})
}

func (c *cache) begin(claims string) *flight {
	ctx, cancel := context.WithCancel(context.Background())
	f := &flight{done: make(chan struct{}), cancel: cancel}
	puts := c.puts
	go func() {
		token, expires, err := c.fetch(ctx, claims)
		cancel()
		if err == nil && token == "" {
			err = errors.New("the source returned an empty one")
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		switch {
		case c.puts != puts && c.now.token != nil:
			f.got = c.now
		case err != nil:
			f.err = err
		default:
			f.got = hold(token, expires, claims)
			if c.puts == puts {
				c.now = f.got
			}
		}
		if f.ending != nil {
			f.ending.Stop()
		}
		c.flight = nil
		close(f.done)
	}()
	return f
}

func (c *cache) put(token Secret, expires time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = hold(token, expires, "")
	c.now.given = true
	c.puts++
}
