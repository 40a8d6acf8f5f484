package autodiscover_test

import (
	"errors"
	"net/url"
	"testing"

	"github.com/seed-1937cc67/goews/autodiscover"
)

func TestPolicies(t *testing.T) {
	type policies struct{ def, same, microsoft, hosts bool }
	for _, tc := range []struct {
		address, to, newAddress string
		want                    policies
	}{
		{"ann@example.com", "https://mail.example.com:8443/x", "", policies{def: true, same: true}},
		{"ann@example.com", "https://example.com", "", policies{def: true, same: true}},
		{"ann@example.com", "https://MAIL.Example.COM.", "", policies{def: true, same: true}},
		{"ann@example.com", "https://notexample.com", "", policies{}},
		{"ann@example.com", "https://example.com.evil.example.net", "", policies{}},
		{"ann@eu.example.co.uk", "https://mail.example.co.uk", "", policies{def: true, same: true}},
		{"ann@example.co.uk", "https://mail.other.co.uk", "", policies{}},
		{"ann@co.uk", "https://other.co.uk", "", policies{def: true, same: true}}, // below the very domain of the address
		{"ann@corp.local", "https://mail.corp.local", "", policies{def: true, same: true}},
		{"ann@example.com", "https://192.0.2.1", "", policies{}},
		{"ann@example.com", "https://[2001:db8::1]", "", policies{}},
		{"ann@example.com", "https://autodiscover-s.outlook.com/autodiscover/autodiscover.xml", "", policies{def: true, microsoft: true}},
		{"ann@example.com", "https://outlook.office365.com", "", policies{def: true, microsoft: true}},
		{"ann@example.com", "https://evil-outlook.com", "", policies{}},
		{"ann@example.com", "https://mx.hoster.example.net", "", policies{hosts: true}},
		{"ann@example.com", "https://hoster.example.net", "", policies{hosts: true}},
		{"ann@example.com", "https://exact.example.org", "", policies{hosts: true}},
		{"ann@example.com", "https://below.exact.example.org", "", policies{}},
		{"ann@example.com", "https://autodiscover.elsewhere.example.org", "ann@elsewhere.example.org", policies{def: true}},
	} {
		to, err := url.Parse(tc.to)
		if err != nil {
			t.Fatal(err)
		}
		r := autodiscover.Redirect{Kind: autodiscover.SRV, Address: tc.address, To: to, NewAddress: tc.newAddress}
		ok := func(p autodiscover.Policy) bool { return p(r) == nil }
		got := policies{ok(autodiscover.DefaultPolicy), ok(autodiscover.SameDomain), ok(autodiscover.Microsoft), ok(autodiscover.Hosts("*.HOSTER.example.net", "exact.example.org"))}
		if got != tc.want {
			t.Errorf("%s to %s: %+v, want %+v", tc.address, tc.to, got, tc.want)
		}
		if !ok(autodiscover.Any) || ok(autodiscover.None) || ok(autodiscover.Either()) {
			t.Errorf("%s: Any, None or Either is wrong", tc.to)
		}
		mine := errors.New("mine")
		err = autodiscover.Either(autodiscover.None, func(autodiscover.Redirect) error { return mine })(r)
		if !errors.Is(err, mine) {
			t.Errorf("Either: %v", err)
		}
	}
}
