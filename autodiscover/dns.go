package autodiscover

import (
	"context"
	"errors"
	"net"
)

// DNS is a Resolver that asks the servers of /etc/resolv.conf, or others.
type DNS struct {
	// Servers are the addresses of the servers to ask, with or without a port,
	// in order of preference. Default: those of /etc/resolv.conf.
	Servers []string
	// NoEDNS leaves out the EDNS0 option (RFC 6891), which some old servers and
	// firewalls choke on.
	NoEDNS bool
	// TCP asks over TCP alone. Default: over UDP, and over TCP if the answer
	// does not fit.
	TCP bool
}

// LookupSRV returns the records of _service._proto.name.
func (d *DNS) LookupSRV(ctx context.Context, service, proto, name string) (string, []*net.SRV, error) {
	return "", nil, errors.New("autodiscover: not there yet")
}
