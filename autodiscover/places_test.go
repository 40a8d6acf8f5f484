package autodiscover_test

import (
	"net"
	"net/http"
	"testing"

	"github.com/seed-1937cc67/goews/autodiscover"
)

// Places are asked in their order, and the first that is one gets the
// credentials.
func TestPlacesInOrder(t *testing.T) { run(t, places()) }

func places() []scenario {
	return []scenario{
		{
			name:  "the domain itself",
			hosts: map[string]http.Handler{"https://example.com": &exchange{user: ann, password: password, realm: []string{"Negotiate", "NTLM", `Basic realm="x"`}, soap: mail("mail.example.com").soap}},
			ews:   mailEWS, trusted: []string{"example.com"},
		},
		{
			name:  "the autodiscover host, beside a web site",
			hosts: map[string]http.Handler{"https://example.com": webSite(), "https://autodiscover.example.com": mail("mail.example.com")},
			ews:   mailEWS, trusted: []string{"autodiscover.example.com"},
		},
		{
			name:  "a web site that wants a password gets none if there is something better",
			hosts: map[string]http.Handler{"https://example.com": basicOnly(), "https://autodiscover.example.com": mail("mail.example.com")},
			ews:   mailEWS, trusted: []string{"autodiscover.example.com"},
		},
		{
			name: "nor does one that the domain's own redirects to",
			hosts: map[string]http.Handler{
				"https://example.com": goTo(301, "https://www.example.com"), "https://www.example.com": basicOnly(),
				"https://autodiscover.example.com": mail("mail.example.com"),
			},
			ews: mailEWS, trusted: []string{"autodiscover.example.com"},
		},
		{
			name:  "the domain itself without a sign of Exchange, as nothing is better",
			hosts: map[string]http.Handler{"https://example.com": mail("mail.example.com")},
			ews:   mailEWS, trusted: []string{"example.com"},
		},
		{
			name:  "SRV, at another port",
			hosts: map[string]http.Handler{"https://mail.example.com:8443": mail("mail.example.com")},
			srv:   []*net.SRV{{Target: "mail.example.com.", Port: 8443}},
			ews:   mailEWS, trusted: []string{"mail.example.com:8443"},
		},
		{
			name:  "SRV: the lowest priority comes first",
			hosts: map[string]http.Handler{"https://one.example.com": mail("one.example.com"), "https://two.example.com": mail("two.example.com")},
			srv:   []*net.SRV{{Target: "two.example.com.", Port: 443, Priority: 20, Weight: 100}, {Target: "one.example.com.", Port: 443, Priority: 10}},
			ews:   "https://one.example.com/EWS/Exchange.asmx", trusted: []string{"one.example.com"},
		},
		{
			name:  "SRV: the next one, if the first is down",
			hosts: map[string]http.Handler{"https://two.example.com": mail("two.example.com")},
			srv:   []*net.SRV{{Target: "one.example.com.", Port: 443, Priority: 10}, {Target: "two.example.com.", Port: 443, Priority: 20}},
			ews:   "https://two.example.com/EWS/Exchange.asmx", trusted: []string{"two.example.com"},
		},
		{
			name: "an endpoint that is given comes first",
			hosts: map[string]http.Handler{
				"https://autodiscover.example.com": mail("wrong.example.com"), "https://lab.example.net:8443": mail("mail.example.com"),
			},
			set: func(cfg *autodiscover.Config) { cfg.Endpoints = []string{"https://lab.example.net:8443"} },
			ews: mailEWS, trusted: []string{"lab.example.net:8443"},
		},
		{
			name:    "a domain in another script",
			address: "ann@müller.example",
			hosts:   map[string]http.Handler{"https://autodiscover.xn--mller-kva.example": mail("mail.example.com")},
			ews:     mailEWS, trusted: []string{"autodiscover.xn--mller-kva.example"},
		},
	}
}
