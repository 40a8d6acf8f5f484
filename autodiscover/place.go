package autodiscover

import (
	"net/url"
	"strings"
)

// place is where the services of one server are.
type place struct {
	// base is the URL of the services without their extension, as in
	// https://autodiscover.example.com/autodiscover/autodiscover.
	base url.URL
	// pox is the URL of the POX service if it is another one.
	pox *url.URL
}

// standard is the path of the services, without their extension.
const standard = "/autodiscover/autodiscover"

// at returns the place on a host, which may have a port.
func at(host string) place {
	return place{base: url.URL{Scheme: "https", Host: host, Path: standard}}
}

// placeOf returns the place of a URL: that of one of its services, or of their
// folder, or of nothing but the host. Any other URL is taken for that of the
// POX service, which is what redirects are to; the other services are then
// expected where they usually are.
func placeOf(u *url.URL) place {
	p := place{base: url.URL{Scheme: strings.ToLower(u.Scheme), Host: strings.ToLower(u.Host), Path: standard}}
	path := strings.TrimRight(u.Path, "/")
	lower := strings.ToLower(path)
	for _, ext := range []string{".svc", ".xml", ".json"} {
		if strings.HasSuffix(lower, "/autodiscover"+ext) {
			p.base.Path = path[:len(path)-len(ext)]
			return p
		}
	}
	switch {
	case path == "":
	case strings.HasSuffix(lower, "/autodiscover/autodiscover"):
		p.base.Path = path
	case strings.HasSuffix(lower, "/autodiscover"):
		p.base.Path = path + "/autodiscover"
	default:
		c := *u
		c.User, c.Fragment = nil, ""
		p.pox = &c
	}
	return p
}

// url returns the URL to ask one of the services for an address.
func (p place) url(service Kind, address string) *url.URL {
	u := p.base
	switch service {
	case SOAP:
		u.Path += ".svc"
	case POX:
		if p.pox != nil {
			c := *p.pox
			return &c
		}
		u.Path += ".xml"
	case JSON:
		// Joined by hand: JoinPath would make of "a/../b@example.com" another
		// path.
		u.RawPath = (&url.URL{Path: u.Path}).EscapedPath() + ".json/v1.0/" + url.PathEscape(address)
		u.Path += ".json/v1.0/" + address
		u.RawQuery = "Protocol=EWS"
	}
	return &u
}

// key is equal for two places that are the same.
func (p place) key() string {
	k := strings.TrimSuffix(p.base.Host, ":443") + p.base.Path
	if p.pox != nil {
		k += " " + p.pox.String()
	}
	return p.base.Scheme + "://" + k
}

// service returns which of the services of p the URL is; empty if it is none.
func (p place) service(u *url.URL) Kind {
	q := placeOf(u)
	if q.key() != p.key() {
		return ""
	}
	lower := strings.ToLower(u.Path)
	switch {
	case strings.HasSuffix(lower, ".svc"):
		return SOAP
	case strings.Contains(lower, ".json"):
		return JSON
	}
	return POX
}
