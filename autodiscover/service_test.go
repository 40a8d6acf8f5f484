package autodiscover_test

import (
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/seed-1937cc67/goews/autodiscover"
)

// Each service is understood, and the URL is chosen from what there is.
func TestServices(t *testing.T) { run(t, services()) }

func services() []scenario {
	return []scenario{
		{
			name:  "Exchange 2007 has POX alone",
			hosts: map[string]http.Handler{"https://autodiscover.example.com": poxOnly()},
			ews:   mailEWS, trusted: []string{"autodiscover.example.com"},
		},
		{
			name: "JSON without credentials",
			hosts: map[string]http.Handler{"https://autodiscover.example.com": &exchange{user: ann, password: password, json: func() (int, string) {
				return 200, `{"Protocol":"Ews","Url":"https://mail.example.com/EWS/Exchange.asmx"}`
			}}},
			set: func(cfg *autodiscover.Config) { cfg.Auth = nil },
			ews: mailEWS,
		},
		{
			name: "JSON where the others are not there",
			hosts: map[string]http.Handler{"https://autodiscover.example.com": &exchange{user: ann, password: password, json: func() (int, string) {
				return 200, `{"Protocol":"EWS","Url":"https://mail.example.com/EWS/Exchange.asmx"}`
			}}},
			ews: mailEWS, trusted: []string{"autodiscover.example.com"},
		},
		{
			name: "the internal URL, where there is no external one",
			hosts: map[string]http.Handler{"https://autodiscover.example.com": &exchange{user: ann, password: password,
				soap: settings("InternalEwsUrl", "https://inside.example.com/EWS/Exchange.asmx", "ExternalEwsUrl", "", "AutoDiscoverSMTPAddress", "anna@example.com")}},
			ews: "https://inside.example.com/EWS/Exchange.asmx", primary: "anna@example.com", trusted: []string{"autodiscover.example.com"},
		},
		{
			name: "the internal URL, where it is preferred",
			hosts: map[string]http.Handler{"https://autodiscover.example.com": &exchange{user: ann, password: password,
				soap: settings("InternalEwsUrl", "https://inside.example.com/EWS/Exchange.asmx", "ExternalEwsUrl", mailEWS)}},
			set: func(cfg *autodiscover.Config) { cfg.PreferInternal = true },
			ews: "https://inside.example.com/EWS/Exchange.asmx", trusted: []string{"autodiscover.example.com"},
		},
	}
}

// exchangelib fails with an AttributeError of an answer without an address. Here the
// address that was asked for stands in for a primary one that the server
// does not name, or that is none.
func TestPitfall13PrimaryAddress(t *testing.T) {
	for given, want := range map[string]string{"": ann, "nonsense": ann, "anna@example.com": "anna@example.com"} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			e := mail("mail.example.com")
			if given != "" {
				e.soap = settings("ExternalEwsUrl", mailEWS, "AutoDiscoverSMTPAddress", given)
			}
			w.hosts["https://autodiscover.example.com"] = e
			got, err := autodiscover.Discover(t.Context(), ann, w.config())
			if err != nil {
				t.Fatal(err)
			}
			if got.Address != want || got.Requested != ann {
				t.Errorf("the server says %q: the address is %s, want %s", given, got.Address, want)
			}
		})
	}
}
