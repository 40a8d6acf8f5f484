package autodiscover_test

import (
	"io/fs"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/autodiscover"
	"github.com/seed-1937cc67/goews/gen/messages"
)

// What went wrong is said, with a class, and a wrong password is not tried
// everywhere.
func TestRefusals(t *testing.T) { run(t, refusals()) }

func refusals() []scenario {
	return []scenario{
		{
			name: "JSON says that there is no such user",
			hosts: map[string]http.Handler{"https://autodiscover.example.com": &exchange{broken: 0, json: func() (int, string) {
				return 404, `{"ErrorCode":"UserNotFound","ErrorMessage":"nobody"}`
			}}},
			errs: []error{fs.ErrNotExist}, says: "UserNotFound: nobody",
		},
		{
			name: "headers without end",
			hosts: map[string]http.Handler{"https://autodiscover.example.com": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("WWW-Authenticate", strings.Repeat("A,", 400_000))
				w.WriteHeader(http.StatusUnauthorized)
			})},
			errs: []error{autodiscover.ErrNotFound}, says: "headers exceeded",
		},
		{
			name: "what a server says of itself is a line, and no command for a terminal",
			hosts: map[string]http.Handler{"https://autodiscover.example.com": &exchange{broken: 0, json: func() (int, string) {
				return 404, `{"ErrorCode":"\u001b[2JOops\n\nroot logged in","ErrorMessage":"\u009b2J` + strings.Repeat("long ", 1000) + `"}`
			}}},
			says: "JSON service answered [2JOops root logged in: 2Jlong long",
		},
		{
			name:  "a code that is none",
			hosts: map[string]http.Handler{"https://autodiscover.example.com": &exchange{user: ann, password: password, soap: userResponse("Oops\n\nroot logged in "+strings.Repeat("long ", 1000), "", "")}},
			says:  "SOAP service answered Oops root logged in long", trusted: []string{"autodiscover.example.com"},
		},
		{
			name:  "web pages",
			hosts: map[string]http.Handler{"https://autodiscover.example.com": webSite()},
			errs:  []error{autodiscover.ErrNotFound}, says: "not there (HTTP 200): it is a web page",
		},
		{
			name: "an answer without end",
			hosts: map[string]http.Handler{"https://autodiscover.example.com": &exchange{soap: func() string {
				return strings.Replace(settings("ExternalEwsUrl", mailEWS)(), "<ErrorMessage/>", "<ErrorMessage/>"+strings.Repeat("<!-- -->", 200_000), 1)
			}}},
			errs: []error{autodiscover.ErrNotFound}, says: "more than 1048576 bytes",
		},
		{
			name:  "settings over plain HTTP are not believed",
			hosts: map[string]http.Handler{"http://autodiscover.example.com": &exchange{soap: settings("ExternalEwsUrl", mailEWS), pox: poxOnly().pox}},
			errs:  []error{autodiscover.ErrNotFound},
		},
		{
			name: "SRV says that there is no such service",
			srv:  []*net.SRV{{Target: ".", Port: 0}},
			errs: []error{autodiscover.ErrNotFound}, says: "the record says that there is no such service",
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
			name:  "no method for what is wanted",
			hosts: map[string]http.Handler{"https://autodiscover.example.com": &exchange{user: "nobody", realm: []string{"Negotiate, NTLM"}}},
			set:   func(cfg *autodiscover.Config) { cfg.Auth = auth.Strongest(auth.Basic(ann, password)) },
			says:  "ann@example.com: auth: autodiscover.example.com offers Negotiate, NTLM, and there is Basic ann@example.com",
		},
		{
			name: "no method for what is wanted, and another place",
			hosts: map[string]http.Handler{
				"https://autodiscover.example.com": &exchange{user: "nobody", realm: []string{"Negotiate, NTLM"}},
				"http://autodiscover.example.com":  goTo(302, "https://mail.example.com"), "https://mail.example.com": mail("mail.example.com"),
			},
			set: func(cfg *autodiscover.Config) { cfg.Auth = auth.Strongest(auth.Basic(ann, password)) },
			ews: mailEWS, trusted: []string{"mail.example.com"},
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
			ews: mailEWS, trusted: []string{"autodiscover.example.com", "mail.example.com"},
		},
		{
			name:  "SOAP fails, POX does not",
			hosts: map[string]http.Handler{"https://autodiscover.example.com": &exchange{user: ann, password: password, soap: userResponse("InternalServerError", "", ""), pox: poxOnly().pox}},
			ews:   mailEWS, trusted: []string{"autodiscover.example.com"},
		},
		{
			name:  "the answer has no URL of EWS",
			hosts: map[string]http.Handler{"https://autodiscover.example.com": &exchange{pox: account(`<AccountType>email</AccountType><Action>settings</Action><Protocol><Type>IMAP</Type><Server>imap.example.com</Server></Protocol>`)}},
			errs:  []error{autodiscover.ErrNotFound}, says: "no https URL of EWS",
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
			name:  "busy for good",
			hosts: map[string]http.Handler{"https://autodiscover.example.com": &exchange{user: ann, password: password, soap: userResponse("ServerBusy", "", "")}},
			errs:  []error{messages.ErrThrottled}, trusted: []string{"autodiscover.example.com"},
		},
	}
}
