package cutwire_test

import (
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/seed-1937cc67/goews/internal/cutwire"
)

// echo is a server that sends back what it gets, and counts the pieces.
func echo(t *testing.T) (addr string, got *atomic.Int32) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	got = new(atomic.Int32)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				buf := make([]byte, 100)
				for {
					n, err := c.Read(buf)
					if err != nil {
						return
					}
					got.Add(1)
					if _, err := c.Write(buf[:n]); err != nil {
						return
					}
				}
			}()
		}
	}()
	return l.Addr().String(), got
}

func TestProxy(t *testing.T) {
	addr, got := echo(t)
	p := cutwire.New(t, addr)
	random := rand.New(rand.NewPCG(1, 1))
	steps := []struct {
		name  string
		after func() // it has echoed once
		want  error  // of what is sent then
		got   int32  // pieces that the server has in all
	}{
		{"passed on", func() {}, nil, 2},
		{"cut before", p.CutRequest, syscall.ECONNRESET, 3},
		{"cut after", p.CutAnswer, syscall.ECONNRESET, 5},
		{"one cut", func() { p.CutOne(random) }, syscall.ECONNRESET, 6},
		{"all cut", p.CutAll, syscall.ECONNRESET, 7},
	}
	for _, s := range steps {
		c, err := net.Dial("tcp", p.Addr)
		if err != nil {
			t.Fatal(err)
		}
		if err := ask(c); err != nil {
			t.Errorf("%s: %v", s.name, err)
		}
		s.after()
		if err := ask(c); !errors.Is(err, s.want) && !(s.want != nil && errors.Is(err, syscall.EPIPE)) {
			t.Errorf("%s: %v, want %v", s.name, err, s.want)
		}
		if n := got.Load(); n != s.got {
			t.Errorf("%s: the server has %d pieces, want %d", s.name, n, s.got)
		}
		_ = c.Close()
		for range 1000 { // until the proxy knows
			if p.Open() == 0 {
				break
			}
			time.Sleep(time.Millisecond)
		}
	}
	if n := p.Cuts(); n != 4 {
		t.Errorf("%d cuts", n)
	}
	p.Close()
	if c, err := net.Dial("tcp", p.Addr); err == nil {
		_ = c.Close()
		t.Error("it still listens")
	}
}

// ask sends something, and waits for it to come back.
func ask(c net.Conn) error {
	if _, err := c.Write([]byte("hi")); err != nil {
		return err
	}
	_, err := io.ReadFull(c, make([]byte, 2))
	return err
}
