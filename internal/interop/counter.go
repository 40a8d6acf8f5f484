package interop

import (
	"context"
	"net"
	"net/http"
	"sync"

	"github.com/seed-1937cc67/goews/auth"
)

// counter counts what goes over the wire.
type counter struct {
	mu    sync.Mutex
	by    map[int]int // requests by the status of their answers, 0 for none
	dials int         // connections
}

// dial is a DialContext.
func (c *counter) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, addr)
	if err == nil {
		c.mu.Lock()
		c.dials++
		c.mu.Unlock()
	}
	return conn, err
}

func (c *counter) answered(status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.by == nil {
		c.by = map[int]int{}
	}
	c.by[status]++
}

// requests returns how many were sent.
func (c *counter) requests() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, v := range c.by {
		n += v
	}
	return n
}

func (c *counter) connections() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.dials
}

// counted is a round tripper whose requests are counted, with those of what is
// forked from it.
type counted struct {
	next http.RoundTripper
	by   *counter
}

func (c counted) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := c.next.RoundTrip(r)
	status := 0
	if err == nil {
		status = res.StatusCode
	}
	c.by.answered(status)
	return res, err
}

// Fork implements auth.Forker.
func (c counted) Fork(change func(*http.Transport)) (http.RoundTripper, error) {
	next, err := auth.Fork(c.next, change)
	if err != nil {
		return nil, err
	}
	return counted{next, c.by}, nil
}

// CloseIdleConnections closes those of what stands below.
func (c counted) CloseIdleConnections() { auth.CloseIdleConnections(c.next) }
