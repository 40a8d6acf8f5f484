package ews

import (
	"net/http"
	"strings"

	"github.com/seed-1937cc67/goews/auth"
)

// PerHost returns a round tripper for the Transport of Config.HTTPClient. It
// sends to each of the hosts by a copy of base that the host's function has
// changed, and to all others by base itself: so roots, proxies, a client
// certificate or an old version of TLS are for one host and no other, although
// the client goes to others, too, to find a mailbox's server or to get a token.
//
//	rt := ews.PerHost(nil, map[string]func(*http.Transport){
//		"mail.example.com": func(t *http.Transport) { t.TLSClientConfig = &tls.Config{RootCAs: ours} },
//	})
//
// A host is a name or an address, for one port alone with it, as in
// "mail.example.com:8443". If base is nil it is one of
// NewTransport. Nothing is sent.
func PerHost(base *http.Transport, hosts map[string]func(*http.Transport)) http.RoundTripper {
	if base == nil {
		base = NewTransport()
	}
	p := &perHost{hosts: map[string]http.RoundTripper{}, other: base}
	for host, change := range hosts {
		t := base.Clone()
		if change != nil {
			change(t)
		}
		p.hosts[strings.ToLower(host)] = t
	}
	return p
}

type perHost struct {
	hosts map[string]http.RoundTripper
	other http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (p *perHost) RoundTrip(r *http.Request) (*http.Response, error) {
	for _, host := range []string{r.URL.Host, r.URL.Hostname()} {
		if rt, ok := p.hosts[strings.ToLower(host)]; ok {
			return rt.RoundTrip(r)
		}
	}
	return p.other.RoundTrip(r)
}

// Fork implements auth.Forker.
func (p *perHost) Fork(change func(*http.Transport)) (http.RoundTripper, error) {
	other, err := auth.Fork(p.other, change)
	if err != nil {
		return nil, err
	}
	q := &perHost{hosts: map[string]http.RoundTripper{}, other: other}
	for host, rt := range p.hosts {
		if q.hosts[host], err = auth.Fork(rt, change); err != nil {
			return nil, err
		}
	}
	return q, nil
}

// CloseIdleConnections closes those to all hosts.
func (p *perHost) CloseIdleConnections() {
	for _, rt := range p.hosts {
		auth.CloseIdleConnections(rt)
	}
	auth.CloseIdleConnections(p.other)
}
