package orm_test

import (
	"context"
	"errors"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/autodiscover"
	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/orm"
)

// aliased has a user with another address.
var aliased = ewstest.Config{Accounts: []ewstest.Account{
	{Address: "ann@example.com", Password: ewstest.Password, Aliases: []string{"a.smith@example.com"}},
	{Address: "bob@example.com", Password: ewstest.Password},
}}

// TestOpenByAddress: an address is enough, and may be an alias.
func TestOpenByAddress(t *testing.T) {
	srv := ewstest.New(t, aliased)
	// The client takes example.com, and what is below it, for the server.
	acct, err := orm.Open(t.Context(), "A.Smith@example.com", orm.Config{
		Auth: auth.Basic("ann@example.com", ewstest.Password), HTTPClient: srv.HTTPClient(),
		Autodiscover: autodiscover.Config{Cache: autodiscover.NoCache{}, Resolver: noRecords{}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if acct.Address() != "ann@example.com" {
		t.Errorf("address %s, want the primary one", acct.Address())
	}
	found := acct.Discovered()
	if found == nil || found.Requested != "A.Smith@example.com" || found.Address != "ann@example.com" || found.EWS != acct.Transport().Endpoint() || found.FromCache {
		t.Errorf("discovered %+v", found)
	}
	if n, err := acct.Inbox().Messages().Count(t.Context()); n != 0 || err != nil {
		t.Errorf("%d messages, %v", n, err)
	}
	login := login(t, srv, 1, orm.Config{})
	if login.Discovered() != nil {
		t.Error("an account with an endpoint says that it was discovered")
	}
}

// TestOpenUsesCache: a second account asks nobody, one of another process
// neither; without a cache it does.
func TestOpenUsesCache(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTown(t, aliased)
		dir := filepath.Join(t.TempDir(), "cache")
		for i, tt := range []struct {
			cache autodiscover.Cache
			want  int
		}{
			{&autodiscover.DiskCache{Dir: dir}, 1},
			{&autodiscover.DiskCache{Dir: dir}, 0},
			{autodiscover.NoCache{}, 1},
			{new(autodiscover.MemoryCache), 1},
		} {
			acct := c.open(t, "a.smith@example.com", c.config(0, tt.cache))
			if got := c.searches(); got != tt.want || acct.Discovered().FromCache != (tt.want == 0) || acct.Address() != "ann@example.com" {
				t.Errorf("case %d: %d searches, want %d; %+v", i, got, tt.want, acct.Discovered())
			}
		}
	})
}

// TestOpenKeepsOnDisk: unless it is told otherwise, Open uses the user's cache.
func TestOpenKeepsOnDisk(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("XDG_CACHE_HOME is for Linux")
	}
	home := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", home)
	synctest.Test(t, func(t *testing.T) {
		c := newTown(t, aliased)
		c.open(t, "ann@example.com", c.config(0, nil))
		c.searches()
		c.open(t, "ann@example.com", c.config(0, &autodiscover.DiskCache{Dir: filepath.Join(home, "goews")}))
		if got := c.searches(); got != 0 {
			t.Errorf("%d searches", got)
		}
	})
}

func TestOpenFindsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTown(t, aliased)
		c.dark = true
		_, err := orm.Open(t.Context(), "ann@example.com", c.config(0, autodiscover.NoCache{}))
		var bad *autodiscover.Error
		if !errors.As(err, &bad) || !errors.Is(err, autodiscover.ErrNotFound) || len(bad.Steps) == 0 || !strings.HasPrefix(err.Error(), "orm: open ann@example.com: autodiscover: ") {
			t.Errorf("error %v", err)
		}
	})
}

// TestOpenHeals: a kept answer that is of no use any more is replaced, once.
func TestOpenHeals(t *testing.T) {
	for _, left := range []string{"dial", "404", "302"} {
		t.Run(left, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newTown(t, aliased)
				cache := new(autodiscover.MemoryCache)
				c.open(t, "ann@example.com", c.config(0, cache))
				c.searches()
				c.move("b.example.com", left)
				acct := c.open(t, "ann@example.com", c.config(0, cache))
				if got := c.searches(); got != 1 || acct.Transport().Endpoint() != "https://b.example.com/EWS/Exchange.asmx" {
					t.Errorf("%d searches, endpoint %s", got, acct.Transport().Endpoint())
				}
				// The next one knows.
				c.open(t, "ann@example.com", c.config(0, cache))
				if got := c.searches(); got != 0 {
					t.Errorf("%d searches afterwards", got)
				}
				// A server that says where it is not is not asked twice.
				c.mu.Lock()
				c.home = "c.example.com"
				c.mu.Unlock()
				cfg := c.config(0, cache)
				c.mu.Lock()
				c.dark = true
				c.mu.Unlock()
				_, err := orm.Open(t.Context(), "ann@example.com", cfg)
				if !errors.Is(err, autodiscover.ErrNotFound) || strings.Count(err.Error(), "ann@example.com: autodiscover") > 1 {
					t.Errorf("error %v", err)
				}
				if found, _, _ := cache.Load(t.Context(), "ann@example.com"); found != nil {
					t.Errorf("an answer of no use is kept: %+v", found)
				}
			})
		})
	}
}

// TestAccountHeals: an account follows its server, and asks no more than once a
// minute where it is. What may have been done is not sent again.
func TestAccountHeals(t *testing.T) {
	for _, tt := range []struct {
		left string
		send string // what becomes of a message that is sent when it has moved
	}{
		{"dial", "sent"}, // nothing was
		{"404", "moved"},
		{"302", "moved"},
	} {
		t.Run(tt.left, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newTown(t, aliased)
				acct := c.open(t, "a.smith@example.com", c.config(0, new(autodiscover.MemoryCache)))
				wait(2 * time.Minute)
				c.searches()

				// What is safe to repeat goes on.
				c.move("b.example.com", tt.left)
				if n, err := acct.Inbox().Messages().Count(t.Context()); n != 0 || err != nil {
					t.Errorf("%d messages, %v", n, err)
				}
				if got := c.searches(); got != 1 {
					t.Errorf("%d searches", got)
				}

				// It is looked for once a minute.
				c.move("c.example.com", tt.left)
				for range 3 {
					if _, err := acct.Inbox().Messages().Count(t.Context()); err == nil {
						t.Error("found within a minute")
					}
				}
				if got := c.searches(); got != 0 {
					t.Errorf("%d searches within a minute", got)
				}
				wait(time.Minute)

				err := acct.Send(t.Context(), &orm.Message{Subject: "once", ToRecipients: orm.To("bob@example.com")})
				var moved *orm.MovedError
				switch {
				case tt.send == "sent" && err != nil:
					t.Errorf("send: %v", err)
				case tt.send == "moved" && (!errors.As(err, &moved) || moved.Endpoint != "https://c.example.com/EWS/Exchange.asmx" ||
					orm.MayBeDone(err) || !strings.Contains(err.Error(), "nothing was done: send it again")):
					t.Errorf("send: %v", err)
				}
				if err != nil {
					err = acct.Send(t.Context(), &orm.Message{Subject: "once", ToRecipients: orm.To("bob@example.com")})
					if err != nil {
						t.Errorf("send after the move: %v", err)
					}
				}
				c.wg.Wait()
				if diff := cmp.Diff([]string{"once"}, c.subjects(t, 1, "inbox")); diff != "" {
					t.Errorf("bob's inbox -want +got:\n%s", diff)
				}
				if found := acct.Discovered(); found.EWS != "https://c.example.com/EWS/Exchange.asmx" || acct.Known().Endpoint != found.EWS {
					t.Errorf("known %+v", acct.Known())
				}

				// One whose endpoint was given stays there.
				cfg := c.config(0, nil)
				cfg.Endpoint = "https://c.example.com/EWS/Exchange.asmx"
				given := c.open(t, "ann@example.com", cfg)
				c.move("d.example.com", tt.left)
				c.searches()
				if _, err := given.Inbox().Messages().Count(t.Context()); err == nil || c.searches() != 0 {
					t.Errorf("an account with an endpoint: %v", err)
				}
			})
		})
	}
}

// TestImpatientCallDoesNotBarOthers: a call that ends before the server is found
// leaves the search to the next one.
func TestImpatientCallDoesNotBarOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTown(t, aliased)
		acct := c.open(t, "ann@example.com", c.config(0, autodiscover.NoCache{}))
		wait(time.Hour)
		c.move("b.example.com", "dial")
		in := c.Inject(ewstest.Fault{Op: "GetUserSettings", Delay: 3 * time.Second})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := acct.Inbox().Messages().Count(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want the context's", err)
		}
		in.Remove()
		if _, err := acct.Inbox().Messages().Count(t.Context()); err != nil {
			t.Errorf("the next call: %v", err)
		}
		c.wg.Wait()
	})
}

// TestAccountHealsOnCodes: a server that says that the mailbox is not its own
// is asked no further.
func TestAccountHealsOnCodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTown(t, aliased)
		acct := c.open(t, "ann@example.com", c.config(0, autodiscover.NoCache{}))
		wait(time.Hour)
		for code, want := range map[messages.ResponseCode]int{
			messages.ErrorCrossSiteRequest: 1, messages.ErrorWrongServerVersion: 1, messages.ErrorServerBusy: 0, messages.ErrorAccessDenied: 0,
		} {
			c.searches()
			in := c.Inject(ewstest.Fault{Op: "FindItem", Code: code})
			if _, err := acct.Inbox().Messages().Count(t.Context()); !errors.Is(err, code) {
				t.Errorf("%s: error %v", code, err) // the place is the same: nothing is repeated
			}
			if got := c.searches(); got != want || in.Hits() != 1 {
				t.Errorf("%s: %d searches, %d calls", code, got, in.Hits())
			}
			in.Remove()
			wait(time.Hour)
		}
	})
}

// TestManyHealAtOnce: of all calls that find nothing where the server was, one
// looks for it, and the others follow.
func TestManyHealAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTown(t, aliased)
		acct := c.open(t, "ann@example.com", c.config(0, autodiscover.NoCache{}))
		wait(time.Hour)
		c.searches()
		c.move("b.example.com", "dial")
		c.Inject(ewstest.Fault{Op: "GetUserSettings", Delay: time.Second})
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				if _, err := acct.Inbox().Messages().Count(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		// Who gives up does not wait for the search.
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		synctest.Wait()
		_, err := acct.Inbox().Messages().Count(ctx)
		var gone *ews.TransportError
		if !errors.Is(err, context.DeadlineExceeded) || !errors.As(err, &gone) {
			t.Errorf("error %v", err)
		}
		wg.Wait()
		if got := c.searches(); got != 1 {
			t.Errorf("%d searches", got)
		}
	})
}
