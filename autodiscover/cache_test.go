package autodiscover_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/autodiscover"
)

// answer is what a server says of an address.
func answer(address string) *autodiscover.Result {
	return &autodiscover.Result{
		Requested: address, Address: "primary." + address, DisplayName: "Ann", EWS: "https://mail.example.com/EWS/Exchange.asmx",
		External: "https://mail.example.com/EWS/Exchange.asmx", Version: "Exchange2016", Schemas: []string{"Exchange2013", "Exchange2016"},
		Mailboxes: []autodiscover.Mailbox{{Type: "Archive", Server: "mbx"}}, Endpoint: "https://mail.example.com/autodiscover/autodiscover.svc",
		Service: autodiscover.SOAP, Schemes: []string{"Basic", "NTLM"},
		Settings: map[string]string{"UserDN": "/o=x"}, SettingErrors: []autodiscover.SettingError{{Name: "x"}}, Steps: []autodiscover.Step{{}},
	}
}

// kept is what a cache says of answer(address).
func kept(address string) *autodiscover.Result {
	r := answer(address)
	r.Settings, r.SettingErrors, r.Steps, r.FromCache = nil, nil, nil, true
	return r
}

// caches are one of each kind.
func caches(t *testing.T) map[string]autodiscover.Single {
	return map[string]autodiscover.Single{
		"memory": &autodiscover.MemoryCache{MaxAge: time.Hour},
		"disk":   &autodiscover.DiskCache{Dir: t.TempDir() + "/cache", MaxAge: time.Hour},
	}
}

func TestCache(t *testing.T) {
	for name, c := range caches(t) {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			look := func(address string) (*autodiscover.Result, bool) {
				t.Helper()
				found, fresh, err := c.Load(ctx, address)
				if err != nil {
					t.Fatal(err)
				}
				return found, fresh
			}
			if found, fresh := look("ann@example.com"); found != nil || fresh {
				t.Errorf("an empty cache has %+v", found)
			}
			if err := c.Drop(ctx, "ann@example.com"); err != nil {
				t.Errorf("drop of what is not there: %v", err)
			}
			saved := answer("Ann@Example.com")
			if err := c.Save(ctx, saved); err != nil {
				t.Fatal(err)
			}
			saved.Mailboxes[0].Server, saved.EWS = "changed", "changed" // the caller's own
			found, fresh := look(" ANN@example.com")
			if diff := cmp.Diff(kept("Ann@Example.com"), found); diff != "" || !fresh {
				t.Errorf("fresh %v, -want +got:\n%s", fresh, diff)
			}
			found.Mailboxes[0].Server = "changed"
			if found, _ := look("ann@example.com"); found.Mailboxes[0].Server != "mbx" {
				t.Error("a change of an answer changed the cache")
			}
			// Of another address in the domain only the place to ask is known.
			found, fresh = look("bob@example.com")
			want := &autodiscover.Result{Requested: "bob@example.com", Endpoint: saved.Endpoint, Service: autodiscover.SOAP, FromCache: true}
			if diff := cmp.Diff(want, found); diff != "" || fresh {
				t.Errorf("fresh %v, -want +got:\n%s", fresh, diff)
			}
			if found, _ := look("bob@mail.example.com"); found != nil {
				t.Errorf("another domain: %+v", found)
			}
			if err := c.Drop(ctx, "ANN@example.com"); err != nil {
				t.Fatal(err)
			}
			if found, _ := look("ann@example.com"); found != nil {
				t.Errorf("dropped, and there is %+v", found)
			}
		})
	}
}

// TestCacheKeepsNoSecret: what could hold one is not kept.
func TestCacheKeepsNoSecret(t *testing.T) {
	for name, c := range caches(t) {
		for _, url := range []string{"https://ann:hush@mail.example.com/", "http://mail.example.com/EWS/Exchange.asmx", "", "mail.example.com"} {
			r := answer("ann@example.com")
			r.EWS = url
			if err := c.Save(t.Context(), r); err == nil {
				t.Errorf("%s: kept %q", name, url)
			}
			if found, _, _ := c.Load(t.Context(), r.Requested); found != nil {
				t.Errorf("%s: %q is there", name, url)
			}
		}
	}
}

func TestCacheExpires(t *testing.T) {
	all := caches(t)
	for _, name := range []string{"memory", "disk"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := all[name]
				if err := c.Save(t.Context(), answer("ann@example.com")); err != nil {
					t.Fatal(err)
				}
				state := func(after time.Duration) string {
					time.Sleep(after)
					found, fresh, err := c.Load(t.Context(), "ann@example.com")
					return fmt.Sprint(found != nil, fresh, err)
				}
				if got := state(time.Hour - time.Second); got != "true true <nil>" {
					t.Errorf("after an hour less a second: %s", got)
				}
				if got := state(time.Second); got != "true false <nil>" {
					t.Errorf("after an hour: %s", got)
				}
				// An old answer is a place to ask, until another is saved much later.
				if got := state(40 * time.Hour); got != "true false <nil>" {
					t.Errorf("after 41 hours: %s", got)
				}
				if err := c.Save(t.Context(), answer("bob@example.org")); err != nil {
					t.Fatal(err)
				}
				if got := state(0); got != "false false <nil>" {
					t.Errorf("after another: %s", got)
				}
			})
		})
	}
}

// TestCacheIsBounded: the oldest answers go.
func TestCacheIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := new(autodiscover.MemoryCache)
		for i := range 1001 {
			if err := c.Save(t.Context(), answer(fmt.Sprintf("ann@%d.example.com", i))); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Millisecond)
		}
		for i, want := range []bool{0: false, 1: true, 1000: true} {
			if i > 1 && i < 1000 {
				continue
			}
			if found, _, _ := c.Load(t.Context(), fmt.Sprintf("ann@%d.example.com", i)); (found != nil) != want {
				t.Errorf("answer %d is there: %v", i, found != nil)
			}
		}
	})
}

// TestCacheKeepsNoHeaps: what a server says of a mailbox may have a megabyte; the
// cache, and the file that has to be read again, do not grow with it.
func TestCacheKeepsNoHeaps(t *testing.T) {
	for name, c := range map[string]autodiscover.Cache{"memory": new(autodiscover.MemoryCache), "disk": &autodiscover.DiskCache{Dir: filepath.Join(t.TempDir(), "c")}} {
		heap := answer("ann@example.com")
		for range 10_000 {
			heap.Mailboxes = append(heap.Mailboxes, autodiscover.Mailbox{Type: "Delegate", SMTPAddress: "delegate@example.com"})
		}
		if err := c.Save(t.Context(), heap); err == nil || !strings.Contains(err.Error(), "64 KiB") {
			t.Errorf("%s: error %v", name, err)
		}
		if found, _, err := c.Load(t.Context(), "ann@example.com"); found != nil || err != nil {
			t.Errorf("%s: %v is kept, %v", name, found, err)
		}
		if err := c.Save(t.Context(), answer("ann@example.com")); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestCacheBegin: one search for an address at a time, and those for others do
// not wait.
func TestCacheBegin(t *testing.T) {
	for _, name := range []string{"memory", "disk"} {
		t.Run(name, func(t *testing.T) {
			all := caches(t)
			synctest.Test(t, func(t *testing.T) {
				c := all[name]
				ctx, cancel := context.WithCancelCause(t.Context())
				end, err := c.Begin(ctx, "ann@example.com")
				if err != nil {
					t.Fatal(err)
				}
				other, err := c.Begin(ctx, "bob@example.com")
				if err != nil {
					t.Fatal(err)
				}
				other()
				var mu sync.Mutex
				var began []string
				wait := func(ctx context.Context, who string) {
					end, err := c.Begin(ctx, "ANN@example.com")
					mu.Lock()
					defer mu.Unlock()
					began = append(began, fmt.Sprint(who, " ", err, " ", end != nil))
				}
				go wait(t.Context(), "second")
				go wait(ctx, "impatient")
				synctest.Wait()
				if len(began) > 0 {
					t.Errorf("began beside the first: %v", began)
				}
				cancel(errors.New("enough"))
				synctest.Wait()
				if diff := cmp.Diff([]string{"impatient context canceled: enough false"}, began); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
				end()
				end() // twice is once
				synctest.Wait()
				if diff := cmp.Diff([]string{"impatient context canceled: enough false", "second <nil> false"}, began); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
				// It is over: the next does not wait.
				end, err = c.Begin(t.Context(), "ann@example.com")
				if err != nil {
					t.Fatal(err)
				}
				end()
			})
		})
	}
}
