package orm_test

import (
	"context"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/autodiscover"
	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/orm"
)

// town is a network without connections: autodiscover.example.com answers for
// the server, and EWS is at one of the other hosts. It moves.
type town struct {
	*bubble
	mu   sync.Mutex
	home string // host of EWS
	left string // what happens at the hosts where it is not: "dial", "404", "302", "cross-site"
	dark bool   // autodiscover does not answer either
}

// newTown returns a town whose server is at a.example.com. It is to be made in
// a bubble of package synctest.
func newTown(t testing.TB, cfg ewstest.Config) *town {
	t.Helper()
	return &town{bubble: inBubble(t, cfg), home: "a.example.com", left: "dial"}
}

func (c *town) move(home, left string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.home, c.left = home, left
}

func (c *town) RoundTrip(r *http.Request) (*http.Response, error) {
	c.mu.Lock()
	home, left, dark := c.home, c.left, c.dark
	c.mu.Unlock()
	discovers := strings.HasPrefix(strings.ToLower(r.URL.Path), "/autodiscover/")
	switch {
	case discovers && r.URL.Host == "autodiscover.example.com" && r.URL.Scheme == "https" && !dark:
		r = r.Clone(r.Context())
		r.Host = home // what it says of itself
		return c.bubble.RoundTrip(r)
	case !discovers && r.URL.Host == home:
		return c.bubble.RoundTrip(r)
	case discovers || left == "dial":
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: r.URL.Host, IsNotFound: true}}
	}
	if r.Body != nil {
		_ = r.Body.Close()
	}
	res := &http.Response{StatusCode: http.StatusNotFound, Header: http.Header{}, Body: http.NoBody, Request: r}
	if left == "302" {
		res.StatusCode = http.StatusFound
		res.Header.Set("Location", "https://b.example.com/EWS/Exchange.asmx")
	}
	return res, nil
}

// config is what opens a mailbox of the town by its address alone.
func (c *town) config(i int, cache autodiscover.Cache) orm.Config {
	return orm.Config{
		Auth: auth.Basic(c.Address(i), ewstest.Password), HTTPClient: &http.Client{Transport: c},
		Autodiscover: autodiscover.Config{Cache: cache, Resolver: noRecords{}},
	}
}

func (c *town) open(t testing.TB, address string, cfg orm.Config) *orm.Account {
	t.Helper()
	acct, err := orm.Open(t.Context(), address, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return acct
}

// searches counts the searches that the server has answered since they were
// counted last, and forgets all requests.
func (c *town) searches() int {
	n := c.asked()["GetUserSettings"]
	c.ForgetRequests()
	return n
}

// noRecords is a DNS without SRV records.
type noRecords struct{}

func (noRecords) LookupSRV(_ context.Context, service, proto, name string) (string, []*net.SRV, error) {
	return "", nil, &net.DNSError{Err: "no such host", Name: "_" + service + "._" + proto + "." + name, IsNotFound: true}
}

// wait lets time pass in a bubble.
func wait(d time.Duration) { time.Sleep(d) }
