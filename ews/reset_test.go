package ews_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/ewstest"
)

// moment is when a breaker resets a connection.
type moment int

const (
	never moment = iota
	atOnce
	inHead          // of the request
	inBody          // of the request
	afterRequest    // which the server gets, and does
	inAnswer        // half of which the client gets
	betweenRequests // after the first answer
	onSecondRequest // of a connection, when it has been read
)

func (m moment) String() string {
	return []string{"never", "at once", "in the head", "in the body", "after the request", "in the answer", "between requests", "on the second request"}[m]
}

// breaker is a proxy of TCP that resets the first connection at some moment,
// by a RST on the wire. It passes whole requests on.
type breaker struct {
	net.Listener
	to     string
	when   moment
	opened atomic.Int64
	passed atomic.Int64 // requests that the server got
}

func breakAt(t testing.TB, to string, when moment) *breaker {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &breaker{Listener: l, to: to, when: when}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			when := never
			if b.opened.Add(1) == 1 {
				when = b.when
			}
			go b.serve(c.(*net.TCPConn), when)
		}
	}()
	return b
}

// serve passes on what comes by one connection, until it is to be reset.
func (b *breaker) serve(c *net.TCPConn, when moment) {
	defer func() { _ = c.Close() }()
	if when != never {
		_ = c.SetLinger(0)
	}
	if when == atOnce {
		return
	}
	in := bufio.NewReader(c)
	for n := 1; ; n++ {
		if when == inHead {
			_, _ = io.ReadFull(in, make([]byte, 40))
			return
		}
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		if when == inBody {
			_, _ = io.CopyN(io.Discard, r.Body, r.ContentLength/2)
			return
		}
		if when == onSecondRequest && n == 2 {
			_, _ = io.Copy(io.Discard, r.Body)
			return
		}
		answer, err := b.ask(r)
		if err != nil || when == afterRequest {
			return
		}
		if when == inAnswer {
			_, _ = c.Write(answer[:len(answer)/2])
			time.Sleep(time.Millisecond) // else the reset may overtake it, and it is as if nothing had been answered
			return
		}
		if _, err := c.Write(answer); err != nil || when == betweenRequests {
			time.Sleep(time.Millisecond)
			return
		}
	}
}

// ask returns what the server answers to a request.
func (b *breaker) ask(r *http.Request) ([]byte, error) {
	s, err := net.Dial("tcp", b.to)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	if err := r.Write(s); err != nil {
		return nil, err
	}
	res, err := http.ReadResponse(bufio.NewReader(s), r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	b.passed.Add(1)
	return httputil.DumpResponse(res, true)
}

// TestResets: whenever a connection breaks on the wire, nothing is done twice,
// and the error says whether it may have been done at all.
func TestResets(t *testing.T) {
	big := strings.Repeat("all of this is part of the request. ", 6_000)
	for when := never; when <= onSecondRequest; when++ {
		t.Run(when.String(), func(t *testing.T) {
			srv, err := ewstest.NewServer(ewstest.Config{Uncompressed: true})
			if err != nil {
				t.Fatal(err)
			}
			plain := httptest.NewServer(srv)
			t.Cleanup(plain.Close)
			for _, tolerant := range []bool{false, true} {
				for _, idempotent := range []bool{false, true} {
					how := fmt.Sprintf("tolerant %v, idempotent %v", tolerant, idempotent)
					b := breakAt(t, plain.Listener.Addr().String(), when)
					cfg := ews.Config{Endpoint: "http://" + b.Addr().String() + ewstest.EndpointPath, Auth: auth.Basic(srv.Address(0), ewstest.Password), Version: "Exchange2016"}
					if tolerant {
						cfg.Retry = &ews.Retry{MinWait: time.Millisecond}
					}
					c := newClient(t, cfg)
					warm := when >= betweenRequests
					if warm {
						if err := getInbox(t, c); err != nil {
							t.Fatal(err)
						}
						if when == betweenRequests {
							time.Sleep(5 * time.Millisecond)
						}
					}
					before := b.passed.Load()
					if idempotent {
						err = getInbox(t, c)
					} else {
						err = createDraft(t, c, how, big)
					}
					passed := b.passed.Load() - before
					created := drafts(t, srv, how)

					var te *ews.TransportError
					var de *ews.DecodeError
					isTransport := errors.As(err, &te)
					if err != nil && !isTransport && !errors.As(err, &de) {
						t.Fatalf("%s: error %v, a %T", how, err, err)
					}
					maybe := err != nil && (!isTransport || te.Sent) // it may have been done
					switch {
					case created > 1:
						t.Errorf("%s: it was done %d times", how, created)
					case err == nil && !idempotent && created != 1:
						t.Errorf("%s: no error, and it was not done", how)
					case err != nil && !maybe && (created != 0 || passed != 0):
						t.Errorf("%s: error %v, and it was done", how, err)
					case tolerant && idempotent && err != nil:
						t.Errorf("%s: error %v", how, err)
					case tolerant && err != nil && !maybe:
						t.Errorf("%s: error %v, want a repetition: nothing was done", how, err)
					case !tolerant && passed > 1:
						t.Errorf("%s: sent %d times", how, passed)
					}
					// What does not depend on who is faster.
					switch when {
					case never:
						if err != nil {
							t.Errorf("%s: error %v", how, err)
						}
					case afterRequest, inAnswer:
						if !idempotent && (!maybe || created != 1) || !tolerant && !maybe {
							t.Errorf("%s: error %v, done %d times; want one that says that it may have been done, and 1", how, err, created)
						}
					case inBody, onSecondRequest:
						if !idempotent && (!maybe || created != 0) {
							t.Errorf("%s: error %v, done %d times; want one that says that it may have been done, and 0", how, err, created)
						}
					}
					if err := getInbox(t, c); err != nil && tolerant {
						t.Errorf("%s: afterwards: %v", how, err)
					}
				}
			}
		})
	}
}
