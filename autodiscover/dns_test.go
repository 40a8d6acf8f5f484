package autodiscover_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/miekg/dns"

	"github.com/seed-1937cc67/goews/autodiscover"
)

const record = "_autodiscover._tcp.example.com."

// nameServer is a DNS server on loopback, over UDP and TCP at the same port.
type nameServer struct {
	address string

	mu    sync.Mutex
	asked []string // network, and "+edns" if the question had the option
}

// listenBoth listens at one port of both kinds. One that is free of the first
// kind may be taken of the other.
func listenBoth(t *testing.T) (net.PacketConn, net.Listener) {
	t.Helper()
	var last error
	for range 20 {
		udp, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		tcp, err := net.Listen("tcp", udp.LocalAddr().String())
		if err == nil {
			return udp, tcp
		}
		last = errors.Join(err, udp.Close())
	}
	t.Fatal(last)
	return nil, nil
}

func newNameServer(t *testing.T, answer func(network string, q, a *dns.Msg) bool) *nameServer {
	t.Helper()
	s := new(nameServer)
	udp, tcp := listenBoth(t)
	s.address = udp.LocalAddr().String()
	handler := dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		network := w.LocalAddr().Network()
		line := network
		if o := q.IsEdns0(); o != nil {
			line += fmt.Sprint("+edns", o.UDPSize())
		}
		s.mu.Lock()
		s.asked = append(s.asked, line)
		s.mu.Unlock()
		a := new(dns.Msg)
		a.SetReply(q)
		if answer(network, q, a) {
			_ = w.WriteMsg(a)
		}
	})
	for _, server := range []*dns.Server{{PacketConn: udp, Handler: handler}, {Listener: tcp, Handler: handler}} {
		started := make(chan struct{})
		server.NotifyStartedFunc = func() { close(started) }
		done := make(chan struct{})
		go func() { defer close(done); _ = server.ActivateAndServe() }()
		<-started
		t.Cleanup(func() { _ = server.Shutdown(); <-done })
	}
	return s
}

func (s *nameServer) log() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.asked, " ")
}

func rr(t *testing.T, s string) dns.RR {
	t.Helper()
	r, err := dns.NewRR(s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestDNS(t *testing.T) {
	one := rr(t, record+" 60 IN SRV 10 5 443 mail.example.com.")
	good := func(a *dns.Msg) bool { a.Answer = append(a.Answer, one); return true }
	want := []*net.SRV{{Target: "mail.example.com.", Port: 443, Priority: 10, Weight: 5}}
	for _, tc := range []struct {
		name   string
		dns    autodiscover.DNS
		answer func(network string, q, a *dns.Msg) bool
		want   []*net.SRV
		check  func(*net.DNSError) bool // nil: no error
		asked  string
	}{
		{name: "over UDP", answer: func(_ string, _, a *dns.Msg) bool { return good(a) }, want: want, asked: "udp+edns1232"},
		{name: "without EDNS", dns: autodiscover.DNS{NoEDNS: true}, answer: func(_ string, _, a *dns.Msg) bool { return good(a) }, want: want, asked: "udp"},
		{name: "over TCP", dns: autodiscover.DNS{TCP: true}, answer: func(_ string, _, a *dns.Msg) bool { return good(a) }, want: want, asked: "tcp+edns1232"},
		{name: "cut off", answer: func(network string, _, a *dns.Msg) bool {
			if network == "udp" {
				a.Truncated = true
				return true
			}
			return good(a)
		}, want: want, asked: "udp+edns1232 tcp+edns1232"},
		{name: "a server that does not know EDNS", answer: func(_ string, q, a *dns.Msg) bool {
			if q.IsEdns0() != nil {
				a.Rcode = dns.RcodeFormatError
				return true
			}
			return good(a)
		}, want: want, asked: "udp+edns1232 udp"},
		{name: "an alias", answer: func(_ string, _, a *dns.Msg) bool {
			a.Answer = append(a.Answer, rr(t, "_autodiscover._tcp.example.net. 60 IN SRV 0 0 8443 mail.example.net."), rr(t, "unasked.example.org. 60 IN SRV 0 0 1 evil.example.org."),
				rr(t, record+" 60 IN CNAME _AutoDiscover._tcp.example.net."))
			return true
		}, want: []*net.SRV{{Target: "mail.example.net.", Port: 8443}}, asked: "udp+edns1232"},
		{name: "records of another name", answer: func(_ string, _, a *dns.Msg) bool {
			a.Answer = append(a.Answer, rr(t, "unasked.example.org. 60 IN SRV 0 0 1 evil.example.org."))
			return true
		}, check: func(e *net.DNSError) bool { return e.IsNotFound }, asked: "udp+edns1232"},
		{name: "no such name", answer: func(_ string, _, a *dns.Msg) bool { a.Rcode = dns.RcodeNameError; return true },
			check: func(e *net.DNSError) bool { return e.IsNotFound }, asked: "udp+edns1232"},
		{name: "no such record", answer: func(string, *dns.Msg, *dns.Msg) bool { return true },
			check: func(e *net.DNSError) bool { return e.IsNotFound }, asked: "udp+edns1232"},
		{name: "a server that fails", answer: func(_ string, _, a *dns.Msg) bool { a.Rcode = dns.RcodeServerFailure; return true },
			check: func(e *net.DNSError) bool { return !e.IsNotFound && strings.Contains(e.Error(), "SERVFAIL") }, asked: "udp+edns1232 udp+edns1232"},
		{name: "a server that is silent", dns: autodiscover.DNS{Timeout: 20 * time.Millisecond, Attempts: 1}, answer: func(string, *dns.Msg, *dns.Msg) bool { return false },
			check: func(e *net.DNSError) bool { return e.IsTimeout }, asked: "udp+edns1232"},
		{name: "an answer to another question", dns: autodiscover.DNS{Attempts: 1}, answer: func(_ string, _, a *dns.Msg) bool {
			a.Question[0].Name = "other.example.com."
			return good(a)
		}, check: func(e *net.DNSError) bool { return !e.IsNotFound }, asked: "udp+edns1232"},
		{name: "an answer with another number", dns: autodiscover.DNS{Timeout: 20 * time.Millisecond, Attempts: 1}, answer: func(_ string, _, a *dns.Msg) bool {
			a.Id++
			return good(a)
		}, check: func(e *net.DNSError) bool { return e.IsTimeout }, asked: "udp+edns1232"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := newNameServer(t, tc.answer)
			d := tc.dns
			d.Servers = []string{s.address}
			_, got, err := d.LookupSRV(t.Context(), "autodiscover", "tcp", "example.com")
			if diff := cmp.Diff(tc.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			var e *net.DNSError
			switch {
			case tc.check == nil && err != nil:
				t.Error(err)
			case tc.check != nil && (!errors.As(err, &e) || !tc.check(e)):
				t.Errorf("the error is %#v", err)
			}
			if got := s.log(); got != tc.asked {
				t.Errorf("asked %q, want %q", got, tc.asked)
			}
		})
	}
}

// The next server is asked if one fails, and what it knows is believed.
func TestDNSServers(t *testing.T) {
	bad := newNameServer(t, func(_ string, _, a *dns.Msg) bool { a.Rcode = dns.RcodeRefused; return true })
	good := newNameServer(t, func(_ string, _, a *dns.Msg) bool { a.Rcode = dns.RcodeNameError; return true })
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	d := &autodiscover.DNS{Servers: []string{closed.Addr().String(), bad.address, good.address}}
	_, _, err = d.LookupSRV(t.Context(), "autodiscover", "tcp", "example.com")
	var e *net.DNSError
	if !errors.As(err, &e) || !e.IsNotFound || e.Server != good.address {
		t.Errorf("%#v", err)
	}
	if bad.log() != "udp+edns1232" || good.log() != "udp+edns1232" {
		t.Errorf("asked %q and %q", bad.log(), good.log())
	}
}

// The end of the context ends a look-up at once.
func TestDNSCancel(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("enough")
	s := newNameServer(t, func(string, *dns.Msg, *dns.Msg) bool { cancel(stop); return false })
	d := &autodiscover.DNS{Servers: []string{s.address}, Timeout: time.Hour}
	if _, _, err := d.LookupSRV(ctx, "autodiscover", "tcp", "example.com"); !errors.Is(err, stop) {
		t.Error(err)
	}
	if _, _, err := d.LookupSRV(t.Context(), "autodiscover", "tcp", strings.Repeat("x.", 200)); err == nil {
		t.Error("a name that is too long is looked up")
	}
}

// A search with a record of a real server, at a port of its own.
func TestDiscoverByDNS(t *testing.T) {
	for _, edns := range []bool{true, false} {
		s := newNameServer(t, func(network string, q, a *dns.Msg) bool {
			if q.Question[0].Name != record {
				a.Rcode = dns.RcodeNameError
				return true
			}
			a.Answer = append(a.Answer, rr(t, record+" 60 IN SRV 5 0 8443 slow.example.com."), rr(t, record+" 60 IN SRV 1 0 9443 mail.example.com."))
			return true
		})
		w := newWorld(t)
		w.hosts["https://mail.example.com:9443"] = mail("mail.example.com")
		w.hosts["https://slow.example.com:8443"] = mail("slow.example.com")
		cfg := w.config()
		cfg.Resolver = &autodiscover.DNS{Servers: []string{s.address}, NoEDNS: !edns}
		got, err := autodiscover.Discover(t.Context(), ann, cfg)
		if err != nil {
			t.Fatal(err)
		}
		if got.EWS != "https://mail.example.com/EWS/Exchange.asmx" || got.Endpoint != "https://mail.example.com:9443/autodiscover/autodiscover.svc" {
			t.Errorf("found %s by %s", got.EWS, got.Endpoint)
		}
		if strings.Contains(s.log(), "edns") != edns {
			t.Errorf("asked %s", s.log())
		}
	}
}
