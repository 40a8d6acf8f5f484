package autodiscover_test

import (
	"errors"
	"io/fs"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/autodiscover"
	"github.com/seed-1937cc67/goews/gen/messages"
)

// scenario is a network and what a search in it leads to.
type scenario struct {
	name    string
	address string // default Ann's
	hosts   map[string]http.Handler
	srv     []*net.SRV
	set     func(*autodiscover.Config)

	ews     string
	primary string // default the address
	errs    []error
	says    string   // part of the error
	trusted []string // hosts that got credentials, in order
}

func webSite() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<!DOCTYPE html><title>Welcome</title>"))
	})
}

func basicOnly() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("WWW-Authenticate", `Basic realm="intranet"`)
		w.WriteHeader(http.StatusUnauthorized)
	})
}

var errHook = errors.New("the user said no")

func scenarios() []scenario {
	const ews = "https://mail.example.com/EWS/Exchange.asmx"
	pox := &exchange{user: ann, password: password, pox: account(`<AccountType>email</AccountType><Action>settings</Action><Protocol><Type>EXPR</Type><ASUrl>` + ews + `</ASUrl></Protocol>`)}
	return []scenario{
		{
			name:  "the domain itself",
			hosts: map[string]http.Handler{"https://example.com": &exchange{user: ann, password: password, realm: []string{"Negotiate", "NTLM", `Basic realm="x"`}, soap: mail("mail.example.com").soap}},
			ews:   ews, trusted: []string{"example.com"},
		},
		{
			name:  "the autodiscover host, beside a web site",
			hosts: map[string]http.Handler{"https://example.com": webSite(), "https://autodiscover.example.com": mail("mail.example.com")},
			ews:   ews, trusted: []string{"autodiscover.example.com"},
		},
		{
			name:  "a web site that wants a password gets none if there is something better",
			hosts: map[string]http.Handler{"https://example.com": basicOnly(), "https://autodiscover.example.com": mail("mail.example.com")},
			ews:   ews, trusted: []string{"autodiscover.example.com"},
		},
		{
			name:  "the domain itself without a sign of Exchange, as nothing is better",
			hosts: map[string]http.Handler{"https://example.com": mail("mail.example.com")},
			ews:   ews, trusted: []string{"example.com"},
		},
		{
			name:  "Exchange 2007 has POX alone",
			hosts: map[string]http.Handler{"https://autodiscover.example.com": pox},
			ews:   ews, trusted: []string{"autodiscover.example.com"},
		},
		{
			name: "JSON without credentials",
			hosts: map[string]http.Handler{"https://autodiscover.example.com": &exchange{user: ann, password: password, json: func() (int, string) {
				return 200, `{"Protocol":"Ews","Url":"https://mail.example.com/EWS/Exchange.asmx"}`
			}}},
			set: func(cfg *autodiscover.Config) { cfg.Auth = nil },
			ews: ews,
		},
		{
			name: "JSON where the others are not there",
			hosts: map[string]http.Handler{"https://autodiscover.example.com": &exchange{user: ann, password: password, json: func() (int, string) {
				return 200, `{"Protocol":"EWS","Url":"https://mail.example.com/EWS/Exchange.asmx"}`
			}}},
			ews: ews, trusted: []string{"autodiscover.example.com"},
		},
		{
			name: "JSON says that there is no such user",
			hosts: map[string]http.Handler{"https://autodiscover.example.com": &exchange{broken: 0, json: func() (int, string) {
				return 404, `{"ErrorCode":"UserNotFound","ErrorMessage":"nobody"}`
			}}},
			errs: []error{fs.ErrNotExist}, says: "UserNotFound: nobody",
		},
		{
			name:  "the redirect of plain HTTP",
			hosts: map[string]http.Handler{"http://autodiscover.example.com": goTo(302, "https://mail.example.com/autodiscover/autodiscover.xml"), "https://mail.example.com": mail("mail.example.com")},
			ews:   ews, trusted: []string{"mail.example.com"},
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
			ews:   ews, trusted: []string{"mx.hoster.example.net"},
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
			name:  "web pages",
			hosts: map[string]http.Handler{"https://autodiscover.example.com": webSite()},
			errs:  []error{autodiscover.ErrNotFound}, says: "not there (HTTP 200): it is a web page",
		},
		{
			name: "an answer without end",
			hosts: map[string]http.Handler{"https://autodiscover.example.com": &exchange{soap: func() string {
				return strings.Replace(settings("ExternalEwsUrl", ews)(), "<ErrorMessage/>", "<ErrorMessage/>"+strings.Repeat("<!-- -->", 200_000), 1)
			}}},
			errs: []error{autodiscover.ErrNotFound}, says: "more than 1048576 bytes",
		},
		{
			name:  "settings over plain HTTP are not believed",
			hosts: map[string]http.Handler{"http://autodiscover.example.com": &exchange{soap: settings("ExternalEwsUrl", ews), pox: pox.pox}},
			errs:  []error{autodiscover.ErrNotFound},
		},
		{
			name:  "SRV, at another port",
			hosts: map[string]http.Handler{"https://mail.example.com:8443": mail("mail.example.com")},
			srv:   []*net.SRV{{Target: "mail.example.com.", Port: 8443}},
			ews:   ews, trusted: []string{"mail.example.com:8443"},
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
			name:  "SRV to a stranger",
			hosts: map[string]http.Handler{"https://evil.example.net": mail("evil.example.net")},
			srv:   []*net.SRV{{Target: "evil.example.net.", Port: 443}},
			errs:  []error{autodiscover.ErrRedirect}, says: "the redirect by SRV to https://evil.example.net/",
		},
		{
			name: "SRV says that there is no such service",
			srv:  []*net.SRV{{Target: ".", Port: 0}},
			errs: []error{autodiscover.ErrNotFound}, says: "the record says that there is no such service",
		},
		{
			name:  "an https redirect within the domain",
			hosts: map[string]http.Handler{"https://example.com": goTo(301, "https://www.example.com"), "https://www.example.com": mail("mail.example.com")},
			ews:   ews, trusted: []string{"www.example.com"},
		},
		{
			name:  "an https redirect to a stranger",
			hosts: map[string]http.Handler{"https://example.com": goTo(302, "https://evil.example.net"), "https://evil.example.net": mail("evil.example.net")},
			errs:  []error{autodiscover.ErrRedirect},
		},
		{
			name:  "after a redirect that is refused the others are asked",
			hosts: map[string]http.Handler{"https://example.com": goTo(302, "https://evil.example.net"), "https://evil.example.net": mail("evil.example.net"), "https://autodiscover.example.com": mail("mail.example.com")},
			ews:   ews, trusted: []string{"autodiscover.example.com"},
		},
		{
			name:  "a redirect to a place that is to be asked anyway needs no permission",
			hosts: map[string]http.Handler{"https://example.com": goTo(302, "https://autodiscover.example.com"), "https://autodiscover.example.com": mail("mail.example.com")},
			set:   func(cfg *autodiscover.Config) { cfg.Redirect = autodiscover.None },
			ews:   ews, trusted: []string{"autodiscover.example.com"},
		},
		{
			name: "RedirectUrl",
			hosts: map[string]http.Handler{
				"https://autodiscover.example.com": &exchange{user: ann, password: password, soap: userResponse("RedirectUrl", "https://eu.example.com/autodiscover/autodiscover.svc", "")},
				"https://eu.example.com":           mail("mail.example.com"),
			},
			ews: ews, trusted: []string{"autodiscover.example.com", "eu.example.com"},
		},
		{
			name: "RedirectUrl of POX",
			hosts: map[string]http.Handler{
				"https://autodiscover.example.com": &exchange{user: ann, password: password, pox: account(`<Action>redirectUrl</Action><RedirectUrl>https://eu.example.com/autodiscover/autodiscover.xml</RedirectUrl>`)},
				"https://eu.example.com":           pox,
			},
			ews: ews, trusted: []string{"autodiscover.example.com", "eu.example.com"},
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
		{
			name:  "a wrong password is tried once",
			hosts: map[string]http.Handler{"https://autodiscover.example.com": mail("x"), "https://mail.example.com": mail("x"), "http://autodiscover.example.com": goTo(302, "https://mail.example.com")},
			set:   func(cfg *autodiscover.Config) { cfg.Auth = auth.Basic(ann, "wrong") },
			errs:  []error{autodiscover.ErrCredentials, fs.ErrPermission}, says: "refused user, password or token for Basic", trusted: []string{"autodiscover.example.com"},
		},
		{
			name:  "a wrong password is tried as often as is allowed",
			hosts: map[string]http.Handler{"https://autodiscover.example.com": mail("x"), "https://mail.example.com": mail("x"), "http://autodiscover.example.com": goTo(302, "https://mail.example.com")},
			set: func(cfg *autodiscover.Config) {
				cfg.Auth = auth.Basic(ann, "wrong")
				cfg.MaxRefusals = 3
			},
			errs: []error{autodiscover.ErrCredentials}, trusted: []string{"autodiscover.example.com", "mail.example.com"},
		},
		{
			name:  "another scheme is wanted",
			hosts: map[string]http.Handler{"https://autodiscover.example.com": &exchange{user: "nobody", realm: []string{"Negotiate, NTLM"}}},
			errs:  []error{autodiscover.ErrCredentials}, says: "did not take Basic, it offers Negotiate, NTLM; choose one of these", trusted: []string{"autodiscover.example.com"},
		},
		{
			name:  "no credentials",
			hosts: map[string]http.Handler{"https://autodiscover.example.com": mail("x")},
			set:   func(cfg *autodiscover.Config) { cfg.Auth = nil },
			errs:  []error{autodiscover.ErrCredentials}, says: "set Config.Auth",
		},
		{
			name:  "the address is unknown",
			hosts: map[string]http.Handler{"https://autodiscover.example.com": &exchange{user: ann, password: password, soap: userResponse("InvalidUser", "", "")}},
			errs:  []error{fs.ErrNotExist}, says: "InvalidUser: text of InvalidUser; is the address right?", trusted: []string{"autodiscover.example.com"},
		},
		{
			name: "the address is unknown at one place, and known at another",
			hosts: map[string]http.Handler{
				"https://autodiscover.example.com": &exchange{user: ann, password: password, soap: userResponse("InvalidUser", "", "")},
				"http://autodiscover.example.com":  goTo(302, "https://mail.example.com"), "https://mail.example.com": mail("mail.example.com"),
			},
			ews: ews, trusted: []string{"autodiscover.example.com", "mail.example.com"},
		},
		{
			name:  "SOAP fails, POX does not",
			hosts: map[string]http.Handler{"https://autodiscover.example.com": &exchange{user: ann, password: password, soap: userResponse("InternalServerError", "", ""), pox: pox.pox}},
			ews:   ews, trusted: []string{"autodiscover.example.com"},
		},
		{
			name:  "the answer has no URL of EWS",
			hosts: map[string]http.Handler{"https://autodiscover.example.com": &exchange{pox: account(`<AccountType>email</AccountType><Action>settings</Action><Protocol><Type>IMAP</Type><Server>imap.example.com</Server></Protocol>`)}},
			errs:  []error{autodiscover.ErrNotFound}, says: "no https URL of EWS",
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
				soap: settings("InternalEwsUrl", "https://inside.example.com/EWS/Exchange.asmx", "ExternalEwsUrl", ews)}},
			set: func(cfg *autodiscover.Config) { cfg.PreferInternal = true },
			ews: "https://inside.example.com/EWS/Exchange.asmx", trusted: []string{"autodiscover.example.com"},
		},
		{
			name: "an endpoint that is given comes first",
			hosts: map[string]http.Handler{
				"https://autodiscover.example.com": mail("wrong.example.com"), "https://lab.example.net:8443": mail("mail.example.com"),
			},
			set: func(cfg *autodiscover.Config) { cfg.Endpoints = []string{"https://lab.example.net:8443"} },
			ews: ews, trusted: []string{"lab.example.net:8443"},
		},
		{
			name:  "nothing but the endpoints",
			hosts: map[string]http.Handler{"https://autodiscover.example.com": mail("mail.example.com")},
			set: func(cfg *autodiscover.Config) {
				cfg.Endpoints, cfg.OnlyEndpoints = []string{"https://lab.example.net/autodiscover/autodiscover.xml"}, true
			},
			errs: []error{autodiscover.ErrNotFound},
		},
		{
			name: "nothing at all",
			errs: []error{autodiscover.ErrNotFound}, says: "no autodiscover service was found; tried:",
		},
		{
			name:    "a domain in another script",
			address: "ann@müller.example",
			hosts:   map[string]http.Handler{"https://autodiscover.xn--mller-kva.example": mail("mail.example.com")},
			ews:     ews, trusted: []string{"autodiscover.xn--mller-kva.example"},
		},
		{
			name:  "busy for good",
			hosts: map[string]http.Handler{"https://autodiscover.example.com": &exchange{user: ann, password: password, soap: userResponse("ServerBusy", "", "")}},
			errs:  []error{messages.ErrThrottled}, trusted: []string{"autodiscover.example.com"},
		},
	}
}

func TestDiscover(t *testing.T) {
	for _, sc := range scenarios() {
		t.Run(sc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { sc.run(t) })
		})
	}
}

func (sc scenario) run(t *testing.T) {
	w := newWorld(t)
	for name, h := range sc.hosts {
		w.hosts[name] = h
	}
	address := either(sc.address, ann)
	w.srv["example.com"] = sc.srv
	cfg := w.config()
	if sc.set != nil {
		sc.set(&cfg)
	}
	var traced []autodiscover.Step
	cfg.Trace = func(s autodiscover.Step) { traced = append(traced, s) }
	got, err := autodiscover.Discover(t.Context(), address, cfg)
	if diff := cmp.Diff(sc.trusted, w.trusted()); diff != "" {
		t.Errorf("who got credentials: -want +got:\n%s", diff)
	}
	if n := w.connections(); n != 0 {
		t.Errorf("%d connections are left", n)
	}
	if sc.ews == "" {
		sc.checkError(t, got, err, traced)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if got.EWS != sc.ews {
		t.Errorf("EWS is %s, want %s", got.EWS, sc.ews)
	}
	if want := either(sc.primary, address); got.Address != want || got.Requested != address {
		t.Errorf("address is %s of %s, want %s", got.Address, got.Requested, want)
	}
	if diff := cmp.Diff(steps(got.Steps), steps(traced)); diff != "" {
		t.Errorf("steps of the result, and of the trace: %s", diff)
	}
}

func (sc scenario) checkError(t *testing.T, got *autodiscover.Result, err error, traced []autodiscover.Step) {
	t.Helper()
	var e *autodiscover.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, %v; want an *Error", got, err)
	}
	for _, want := range sc.errs {
		if !errors.Is(err, want) {
			t.Errorf("%v is not %q", err, want)
		}
	}
	if !strings.Contains(err.Error(), sc.says) {
		t.Errorf("%v does not say %q", err, sc.says)
	}
	if strings.Contains(err.Error(), password) {
		t.Errorf("the password shows: %v", err)
	}
	if diff := cmp.Diff(steps(e.Steps), steps(traced)); diff != "" {
		t.Errorf("steps of the error, and of the trace: %s", diff)
	}
}
