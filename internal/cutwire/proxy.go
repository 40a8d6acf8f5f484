// Package cutwire has a TCP proxy for tests, which cuts connections as a
// failing network does: with a reset, at a moment that the test chooses.
package cutwire

import (
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
)

// Proxy passes connections on to a server, and cuts them. It is safe for
// concurrent use.
type Proxy struct {
	// Addr is where it listens: a port of the loopback interface.
	Addr string

	target string
	listen net.Listener
	wg     sync.WaitGroup

	mu     sync.Mutex
	closed bool
	pairs  map[*pair]bool
	// request and answer say that what comes next from a client, or from the
	// server, is not passed on, but cuts its connection.
	request, answer bool
	cuts            int
}

// pair is a connection of a client, and that to the server.
type pair struct{ client, server *net.TCPConn }

// cut resets both.
func (p *pair) cut() {
	for _, c := range []*net.TCPConn{p.client, p.server} {
		_ = c.SetLinger(0) // what was not sent is thrown away: the other side gets a reset
		_ = c.Close()
	}
}

// New starts a proxy before the server at target, which ends with the test.
func New(t testing.TB, target string) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{Addr: l.Addr().String(), target: target, listen: l, pairs: map[*pair]bool{}}
	p.wg.Go(p.serve)
	t.Cleanup(p.Close)
	return p
}

// Close ends the proxy and all its connections.
func (p *Proxy) Close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	_ = p.listen.Close()
	p.CutAll()
	p.wg.Wait()
}

// CutRequest cuts the connection that the next bytes of a client come over,
// before the server has them.
func (p *Proxy) CutRequest() { p.arm(&p.request) }

// CutAnswer cuts the connection that the next bytes of the server come over,
// before the client has them: what was asked is done, and its answer lost.
func (p *Proxy) CutAnswer() { p.arm(&p.answer) }

func (p *Proxy) arm(what *bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	*what = true
}

// CutAll cuts all connections.
func (p *Proxy) CutAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.pairs {
		p.cut(c)
	}
}

// CutOne cuts one of the connections, and reports whether there was one.
func (p *Proxy) CutOne(random *rand.Rand) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.pairs) == 0 {
		return false
	}
	n := random.IntN(len(p.pairs))
	for c := range p.pairs {
		if n == 0 {
			p.cut(c)
			return true
		}
		n--
	}
	return false
}

// Cuts returns how many connections were cut.
func (p *Proxy) Cuts() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cuts
}

// Open returns how many connections there are.
func (p *Proxy) Open() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.pairs)
}

func (p *Proxy) cut(c *pair) {
	delete(p.pairs, c)
	p.cuts++
	c.cut()
}

func (p *Proxy) serve() {
	for {
		c, err := p.listen.Accept()
		if err != nil {
			return
		}
		client := c.(*net.TCPConn)
		p.wg.Go(func() {
			s, err := net.Dial("tcp", p.target)
			if err != nil { // the server is down: so is the address that it is known by
				(&pair{client, client}).cut()
				return
			}
			p.pass(&pair{client, s.(*net.TCPConn)})
		})
	}
}

// pass passes bytes on, both ways, until the connection ends.
func (p *Proxy) pass(c *pair) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		c.cut()
		return
	}
	p.pairs[c] = true
	p.mu.Unlock()
	var wg sync.WaitGroup
	wg.Go(func() { p.copy(c, c.server, c.client, &p.request) })
	wg.Go(func() { p.copy(c, c.client, c.server, &p.answer) })
	wg.Wait()
	p.mu.Lock()
	delete(p.pairs, c)
	p.mu.Unlock()
	_ = c.client.Close()
	_ = c.server.Close()
}

func (p *Proxy) copy(c *pair, to, from *net.TCPConn, armed *bool) {
	buf := make([]byte, 16<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			p.mu.Lock()
			if *armed {
				*armed = false
				p.cut(c)
			}
			p.mu.Unlock()
			if _, err := to.Write(buf[:n]); err != nil {
				_ = from.Close()
				return
			}
		}
		switch {
		case err == io.EOF:
			_ = to.CloseWrite()
			return
		case err != nil: // a reset goes on as one
			_ = to.SetLinger(0)
			_ = to.Close()
			return
		}
	}
}
