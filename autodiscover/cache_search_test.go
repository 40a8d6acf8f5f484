package autodiscover_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/autodiscover"
	"github.com/seed-1937cc67/goews/ewstest"
)

// searches counts the searches that reached the server.
func searches(s *ewstest.Server) int {
	n := 0
	for _, r := range s.Requests() {
		if r.Op == "GetUserSettings" && r.User != "" {
			n++
		}
	}
	return n
}

func at(s *ewstest.Server, user string, c autodiscover.Cache) autodiscover.Config {
	return autodiscover.Config{
		Auth: auth.Basic(user, ewstest.Password), HTTPClient: s.HTTPClient(), Endpoints: []string{"https://" + s.Host()}, OnlyEndpoints: true, Cache: c,
	}
}

// gathered is a cache that says when all searches have come to it.
type gathered struct {
	autodiscover.Single
	all *sync.WaitGroup
}

func (c gathered) Begin(ctx context.Context, address string) (func(), error) {
	c.all.Done()
	return c.Single.Begin(ctx, address)
}

// TestDiscoverOnceForAll: of searches for one address at the same time only one
// asks the server, the others find what it saved; also where each wanted to ask
// anew.
func TestDiscoverOnceForAll(t *testing.T) {
	s := ewstest.New(t)
	for name, c := range caches(t) {
		for _, refresh := range []bool{false, true} {
			s.ForgetRequests()
			// The first search does not end before the others have begun.
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			all := gathered{c, new(sync.WaitGroup)}
			all.all.Add(8)
			came := make(chan struct{})
			go func() { all.all.Wait(); close(came) }()
			in := s.Inject(ewstest.Fault{Op: "GetUserSettings", Times: 1, Delay: 50 * time.Millisecond, Match: func(ewstest.Request) bool {
				select {
				case <-came:
				case <-ctx.Done():
				}
				return true
			}})
			var wg sync.WaitGroup
			var mu sync.Mutex
			asked := 0
			for range 8 {
				wg.Go(func() {
					cfg := at(s, s.Address(0), all)
					cfg.Refresh = refresh
					found, err := autodiscover.Discover(ctx, s.Address(0), cfg)
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					defer mu.Unlock()
					if !found.FromCache {
						asked++
					}
				})
			}
			wg.Wait()
			cancel()
			in.Remove()
			if got := searches(s); got != asked || got > 2 {
				t.Errorf("%s, refresh %v: %d searches, of which %d asked the server", name, refresh, got, asked)
			}
		}
	}
}

// TestDiscoverSideBySide: searches for different domains do not wait for each
// other, though they share a cache.
func TestDiscoverSideBySide(t *testing.T) {
	s := ewstest.New(t, ewstest.Config{Accounts: []ewstest.Account{
		{Address: "ann@a.example", Password: ewstest.Password}, {Address: "bob@b.example", Password: ewstest.Password},
	}})
	// Neither is answered before both have asked.
	var mu sync.Mutex
	users, both := map[string]bool{}, make(chan struct{})
	s.Inject(ewstest.Fault{Op: "GetUserSettings", Match: func(r ewstest.Request) bool {
		mu.Lock()
		if users[r.User] = true; len(users) == 2 {
			select {
			case <-both:
			default:
				close(both)
			}
		}
		mu.Unlock()
		<-both
		return false
	}})
	defer func() { // whatever comes
		mu.Lock()
		defer mu.Unlock()
		if len(users) < 2 {
			close(both)
		}
	}()
	c := new(autodiscover.MemoryCache)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var wg sync.WaitGroup
	for i := range 2 {
		wg.Go(func() {
			if _, err := autodiscover.Discover(ctx, s.Address(i), at(s, s.Address(i), c)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// TestDiscoverAsksWhereAnotherWasFound: the server of one address is the first
// place to ask for another in its domain.
func TestDiscoverAsksWhereAnotherWasFound(t *testing.T) {
	s := ewstest.New(t)
	for name, c := range caches(t) {
		if _, err := autodiscover.Discover(t.Context(), s.Address(0), at(s, s.Address(0), c)); err != nil {
			t.Fatal(err)
		}
		cfg := at(s, s.Address(1), c)
		cfg.Endpoints = nil
		found, err := autodiscover.Discover(t.Context(), s.Address(1), cfg)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if found.FromCache || found.Address != s.Address(1) {
			t.Errorf("%s: %+v", name, found)
		}
	}
}
