package autodiscover

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// DNS is a Resolver that asks the name servers of /etc/resolv.conf, or others.
// Its zero value is ready for use. It may be used by several goroutines.
type DNS struct {
	// Servers are the addresses of the servers to ask, with or without a port,
	// in order of preference. Default: those of /etc/resolv.conf; where there
	// is no such file, net.DefaultResolver is asked.
	Servers []string
	// NoEDNS leaves out the EDNS0 option (RFC 6891), by which answers over UDP
	// may be larger than 512 bytes. Servers that refuse it are asked without it
	// anyway; this is for firewalls that drop such queries.
	NoEDNS bool
	// TCP asks over TCP alone. Default: over UDP, and over TCP if an answer is
	// cut off.
	TCP bool
	// Timeout bounds one attempt with one server. Default 3 s.
	Timeout time.Duration
	// Attempts is how often each server is asked before the look-up fails.
	// Default 2.
	Attempts int
}

// bufferSize is how large an answer over UDP may be: what passes everywhere
// without being cut in pieces. See https://www.dnsflagday.net/2020/.
const bufferSize = 1232

// LookupSRV returns the records of _service._proto.name (RFC 2782), in no
// particular order. Its errors are *net.DNSErrors; IsNotFound says that the
// servers know that there are none.
func (d *DNS) LookupSRV(ctx context.Context, service, proto, name string) (string, []*net.SRV, error) {
	question := dns.Fqdn("_" + service + "._" + proto + "." + name)
	servers := d.Servers
	if len(servers) == 0 {
		conf, err := dns.ClientConfigFromFile("/etc/resolv.conf")
		if err != nil || len(conf.Servers) == 0 {
			return net.DefaultResolver.LookupSRV(ctx, service, proto, name)
		}
		for _, s := range conf.Servers {
			servers = append(servers, net.JoinHostPort(s, conf.Port))
		}
	}
	if _, ok := dns.IsDomainName(question); !ok {
		return "", nil, &net.DNSError{Err: "no domain name", Name: question, IsNotFound: true}
	}
	var last error
	for range cmp.Or(max(d.Attempts, 0), 2) {
		for _, s := range servers {
			if _, _, err := net.SplitHostPort(s); err != nil {
				s = net.JoinHostPort(strings.Trim(s, "[]"), "53")
			}
			answer, err := d.ask(ctx, s, question)
			if ctx.Err() != nil {
				return "", nil, &net.DNSError{UnwrapErr: context.Cause(ctx), Err: context.Cause(ctx).Error(), Name: question, Server: s, IsTimeout: true}
			}
			if err != nil {
				last = err
				continue
			}
			return records(answer, question, s)
		}
	}
	return "", nil, last
}

// ask asks one server once, in as many ways as it takes.
func (d *DNS) ask(ctx context.Context, server, question string) (*dns.Msg, error) {
	m := new(dns.Msg)
	m.SetQuestion(question, dns.TypeSRV)
	if !d.NoEDNS {
		m.SetEdns0(bufferSize, false)
	}
	network := "udp"
	if d.TCP {
		network = "tcp"
	}
	for {
		answer, err := d.exchange(ctx, network, server, m)
		switch {
		case network == "udp" && (answer != nil && answer.Truncated || errors.Is(err, dns.ErrBuf)):
			network = "tcp"
			continue
		case err != nil:
			e := &net.DNSError{UnwrapErr: err, Err: err.Error(), Name: question, Server: server, IsTemporary: true}
			var t net.Error
			e.IsTimeout = errors.As(err, &t) && t.Timeout()
			return nil, e
		}
		// A server that does not know EDNS0 says so (RFC 6891, section 7).
		if o := m.IsEdns0(); o != nil && answer.IsEdns0() == nil && (answer.Rcode == dns.RcodeFormatError || answer.Rcode == dns.RcodeNotImplemented) {
			m.Extra = nil
			continue
		}
		if answer.Rcode != dns.RcodeSuccess && answer.Rcode != dns.RcodeNameError {
			return nil, &net.DNSError{Err: "the server answered " + dns.RcodeToString[answer.Rcode], Name: question, Server: server, IsTemporary: true}
		}
		return answer, nil
	}
}

// exchange sends one message and waits for its answer.
func (d *DNS) exchange(ctx context.Context, network, server string, m *dns.Msg) (*dns.Msg, error) {
	timeout := cmp.Or(max(d.Timeout, 0), 3*time.Second)
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	m.Id = dns.Id()
	c := dns.Client{Net: network, UDPSize: bufferSize, Timeout: timeout}
	conn, err := c.DialContext(ctx, server)
	if err != nil {
		return nil, err
	}
	// The library looks at the deadline of the context, not at its end.
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer func() { stop(); _ = conn.Close() }()
	answer, _, err := c.ExchangeWithConnContext(ctx, m, conn)
	switch {
	case err != nil && answer != nil && answer.Truncated:
		return answer, nil // cut off in the midst of a record
	case err != nil && ctx.Err() != nil:
		return nil, os.ErrDeadlineExceeded
	case err != nil:
		return nil, err
	}
	if len(answer.Question) != 1 || !strings.EqualFold(answer.Question[0].Name, m.Question[0].Name) || answer.Question[0].Qtype != dns.TypeSRV {
		return nil, fmt.Errorf("the answer is to another question")
	}
	return answer, nil
}

// records returns the SRV records of an answer, which may have led from the
// name in question to another one by CNAME records.
func records(answer *dns.Msg, question, server string) (string, []*net.SRV, error) {
	name := dns.CanonicalName(question)
	for range len(answer.Answer) {
		i := slices.IndexFunc(answer.Answer, func(r dns.RR) bool {
			_, alias := r.(*dns.CNAME)
			return alias && dns.CanonicalName(r.Header().Name) == name
		})
		if i < 0 {
			break
		}
		name = dns.CanonicalName(answer.Answer[i].(*dns.CNAME).Target)
	}
	var out []*net.SRV
	for _, r := range answer.Answer {
		if s, ok := r.(*dns.SRV); ok && dns.CanonicalName(s.Hdr.Name) == name {
			out = append(out, &net.SRV{Target: s.Target, Port: s.Port, Priority: s.Priority, Weight: s.Weight})
		}
	}
	if len(out) == 0 {
		why := "no such record"
		if answer.Rcode == dns.RcodeNameError {
			why = "no such name"
		}
		return "", nil, &net.DNSError{Err: why, Name: question, Server: server, IsNotFound: true}
	}
	return name, out, nil
}
