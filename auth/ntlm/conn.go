package ntlm

import (
	"context"
	"net"
	"net/http"
	"sync/atomic"

	"github.com/seed-1937cc67/goews/auth/internal/channel"
)

// own changes t so that it has one connection at most, by HTTP/1.1, of which
// isClosed knows.
func own(t *http.Transport) {
	t.MaxConnsPerHost, t.MaxIdleConnsPerHost, t.MaxIdleConns = 1, 1, 0
	t.DisableKeepAlives = false
	channel.HTTP1(t)
	dial := t.DialContext
	//lint:ignore SA1019 a program may still use it
	if old := t.Dial; dial == nil && old != nil {
		dial = func(_ context.Context, network, addr string) (net.Conn, error) { return old(network, addr) }
	}
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	t.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return &conn{Conn: c}, nil
	}
}

// conn knows whether it has been closed. net/http finds out when a server
// hangs up while nothing is under way, and closes its side then.
type conn struct {
	net.Conn
	closed atomic.Bool
}

func (c *conn) Close() error {
	c.closed.Store(true)
	return c.Conn.Close()
}

// isClosed reports whether c, or what it stands on, has been closed; false of a
// connection that was not made by way of own.
func isClosed(c net.Conn) bool {
	ours := ownOf(c)
	return ours != nil && ours.closed.Load()
}

// ownOf returns what c stands on; nil of one that was not made by way of own.
func ownOf(c net.Conn) *conn {
	for {
		if c, ok := c.(*conn); ok {
			return c
		}
		above, ok := c.(interface{ NetConn() net.Conn }) // as *tls.Conn has
		if !ok {
			return nil
		}
		c = above.NetConn()
	}
}
