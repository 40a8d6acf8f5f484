package autodiscover_test

import (
	"errors"
	"net"
	"net/http"
	"testing"

	"github.com/seed-1937cc67/goews/autodiscover"
)

var errHook = errors.New("the user said no")

// Redirects are followed by rule, and credentials go nowhere else.
func TestRedirects(t *testing.T) { run(t, redirects()) }

func redirects() []scenario {
	return []scenario{
		{
			name:  "the redirect of plain HTTP",
			hosts: map[string]http.Handler{"http://autodiscover.example.com": goTo(302, "https://mail.example.com/autodiscover/autodiscover.xml"), "https://mail.example.com": mail("mail.example.com")},
			ews:   mailEWS, trusted: []string{"mail.example.com"},
		},
		{
			name:  "the redirect of plain HTTP to Exchange Online",
			hosts: map[string]http.Handler{"http://autodiscover.example.com": goTo(301, "https://autodiscover-s.outlook.com/autodiscover/autodiscover.xml"), "https://autodiscover-s.outlook.com": mail("outlook.office365.com")},
			ews:   "https://outlook.office365.com/EWS/Exchange.asmx", trusted: []string{"autodiscover-s.outlook.com"},
		},
		{
			name:  "the redirect of plain HTTP to a stranger",
			hosts: map[string]http.Handler{"http://autodiscover.example.com": goTo(302, "https://evil.example.net/autodiscover/autodiscover.xml"), "https://evil.example.net": mail("evil.example.net")},
			errs:  []error{autodiscover.ErrRedirect}, says: `autodiscover.Hosts("evil.example.net")`,
		},
		{
			name:  "the redirect of plain HTTP to a host that is permitted",
			hosts: map[string]http.Handler{"http://autodiscover.example.com": goTo(302, "https://mx.hoster.example.net/autodiscover/autodiscover.xml"), "https://mx.hoster.example.net": mail("mail.example.com")},
			set:   func(cfg *autodiscover.Config) { cfg.Redirect = autodiscover.Hosts("*.example.net") },
			ews:   mailEWS, trusted: []string{"mx.hoster.example.net"},
		},
		{
			name:  "the redirect of plain HTTP to plain HTTP",
			hosts: map[string]http.Handler{"http://autodiscover.example.com": goTo(302, "http://mail.example.com/autodiscover/autodiscover.xml"), "http://mail.example.com": mail("mail.example.com")},
			set:   func(cfg *autodiscover.Config) { cfg.Redirect = autodiscover.Any },
			errs:  []error{autodiscover.ErrRedirect}, says: "no https URL",
		},
		{
			name:  "the redirect of plain HTTP to what has been asked already",
			hosts: map[string]http.Handler{"http://autodiscover.example.com": goTo(302, "https://autodiscover.example.com"), "https://autodiscover.example.com": webSite()},
			errs:  []error{autodiscover.ErrNotFound}, says: "that place has been asked already",
		},
		{
			name:  "SRV to a stranger",
			hosts: map[string]http.Handler{"https://evil.example.net": mail("evil.example.net")},
			srv:   []*net.SRV{{Target: "evil.example.net.", Port: 443}},
			errs:  []error{autodiscover.ErrRedirect}, says: "the redirect by SRV to https://evil.example.net/",
		},
		{
			name:  "an https redirect within the domain",
			hosts: map[string]http.Handler{"https://example.com": goTo(301, "https://www.example.com"), "https://www.example.com": mail("mail.example.com")},
			ews:   mailEWS, trusted: []string{"www.example.com"},
		},
		{
			name:  "an https redirect to a stranger",
			hosts: map[string]http.Handler{"https://example.com": goTo(302, "https://evil.example.net"), "https://evil.example.net": mail("evil.example.net")},
			errs:  []error{autodiscover.ErrRedirect},
		},
		{
			name:  "after a redirect that is refused the others are asked",
			hosts: map[string]http.Handler{"https://example.com": goTo(302, "https://evil.example.net"), "https://evil.example.net": mail("evil.example.net"), "https://autodiscover.example.com": mail("mail.example.com")},
			ews:   mailEWS, trusted: []string{"autodiscover.example.com"},
		},
		{
			name:  "a redirect to a place that is to be asked anyway needs no permission",
			hosts: map[string]http.Handler{"https://example.com": goTo(302, "https://autodiscover.example.com"), "https://autodiscover.example.com": mail("mail.example.com")},
			set:   func(cfg *autodiscover.Config) { cfg.Redirect = autodiscover.None },
			ews:   mailEWS, trusted: []string{"autodiscover.example.com"},
		},
		{
			name: "RedirectUrl",
			hosts: map[string]http.Handler{
				"https://autodiscover.example.com": &exchange{user: ann, password: password, soap: userResponse("RedirectUrl", "https://eu.example.com/autodiscover/autodiscover.svc", "")},
				"https://eu.example.com":           mail("mail.example.com"),
			},
			ews: mailEWS, trusted: []string{"autodiscover.example.com", "eu.example.com"},
		},
		{
			name: "RedirectUrl of POX",
			hosts: map[string]http.Handler{
				"https://autodiscover.example.com": &exchange{user: ann, password: password, pox: account(`<Action>redirectUrl</Action><RedirectUrl>https://eu.example.com/autodiscover/autodiscover.xml</RedirectUrl>`)},
				"https://eu.example.com":           poxOnly(),
			},
			ews: mailEWS, trusted: []string{"autodiscover.example.com", "eu.example.com"},
		},
		{
			name: "RedirectUrl to plain HTTP",
			hosts: map[string]http.Handler{
				"https://autodiscover.example.com": &exchange{user: ann, password: password, soap: userResponse("RedirectUrl", "http://mail.example.com/autodiscover/autodiscover.svc", "")},
				"http://mail.example.com":          mail("mail.example.com"),
			},
			errs: []error{autodiscover.ErrRedirect}, trusted: []string{"autodiscover.example.com"},
		},
		{
			name: "the hook of the program is asked, and its error shows",
			hosts: map[string]http.Handler{
				"https://autodiscover.example.com": &exchange{user: ann, password: password, soap: userResponse("RedirectUrl", "https://eu.example.com/autodiscover/autodiscover.svc", "")},
				"https://eu.example.com":           mail("mail.example.com"),
			},
			set: func(cfg *autodiscover.Config) {
				cfg.Redirect = func(r autodiscover.Redirect) error {
					if r.Kind != autodiscover.SOAP || r.Address != ann || r.From.Host != "autodiscover.example.com" || r.To.Host != "eu.example.com" {
						return nil
					}
					return errHook
				}
			},
			errs: []error{autodiscover.ErrRedirect, errHook}, trusted: []string{"autodiscover.example.com"},
		},
		{
			name: "RedirectAddress starts over",
			hosts: map[string]http.Handler{
				"https://autodiscover.example.com":                  &exchange{user: ann, password: password, soap: userResponse("RedirectAddress", "ann@example.mail.onmicrosoft.com", "")},
				"https://autodiscover.example.mail.onmicrosoft.com": goTo(302, "https://autodiscover-s.outlook.com"),
				"https://autodiscover-s.outlook.com":                mail("outlook.office365.com"),
			},
			ews: "https://outlook.office365.com/EWS/Exchange.asmx", primary: "ann@example.mail.onmicrosoft.com",
			trusted: []string{"autodiscover.example.com", "autodiscover-s.outlook.com"},
		},
		{
			name: "RedirectAddress in a circle",
			hosts: map[string]http.Handler{
				"https://autodiscover.example.com": &exchange{user: ann, password: password, soap: userResponse("RedirectAddress", "ann@example.org", "")},
				"https://autodiscover.example.org": &exchange{user: ann, password: password, soap: userResponse("RedirectAddress", "Ann@Example.com", "")},
			},
			errs: []error{autodiscover.ErrCircular}, says: "redirects lead in a circle", trusted: []string{"autodiscover.example.com", "autodiscover.example.org"},
		},
		{
			name:  "RedirectAddress to the same address",
			hosts: map[string]http.Handler{"https://autodiscover.example.com": &exchange{user: ann, password: password, soap: userResponse("RedirectAddress", ann, "")}},
			errs:  []error{autodiscover.ErrCircular}, trusted: []string{"autodiscover.example.com"},
		},
		{
			name:  "RedirectAddress to what is none",
			hosts: map[string]http.Handler{"https://autodiscover.example.com": &exchange{user: ann, password: password, soap: userResponse("RedirectAddress", "ann@evil.example.net/x?", "")}},
			errs:  []error{autodiscover.ErrRedirect}, says: "no domain", trusted: []string{"autodiscover.example.com"},
		},
		{
			name:  "redirects in a circle",
			hosts: map[string]http.Handler{"https://example.com": goTo(302, "https://a.example.com"), "https://a.example.com": goTo(302, "https://b.example.com"), "https://b.example.com": goTo(302, "https://a.example.com")},
			errs:  []error{autodiscover.ErrCircular},
		},
		{
			name:  "too many redirects",
			hosts: map[string]http.Handler{"https://example.com": goTo(302, "https://a.example.com"), "https://a.example.com": goTo(302, "https://b.example.com"), "https://b.example.com": goTo(302, "https://c.example.com")},
			set:   func(cfg *autodiscover.Config) { cfg.MaxRedirects = 2 },
			errs:  []error{autodiscover.ErrRedirect}, says: "Config.MaxRedirects",
		},
	}
}
