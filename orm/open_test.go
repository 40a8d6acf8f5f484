package orm_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/orm"
)

// TestOpenByURL: with an endpoint nothing is looked for. Open asks for the root
// folder once; what makes no sense is found before anything is sent.
func TestOpenByURL(t *testing.T) {
	srv := ewstest.New(t)
	acct, tap := tapped(t, srv, srv.Address(0), srv.Address(0), orm.Config{Endpoint: srv.URL})
	if diff := cmp.Diff([]string{srv.URL}, tap.urls); diff != "" || acct.Known().Endpoint != srv.URL || acct.Discovered() != nil {
		t.Errorf("known %+v; requests -want +got:\n%s", acct.Known(), diff)
	}
	if got := srv.Requests(); len(got) != 1 || got[0].Op != "GetFolder" || acct.Address() != srv.Address(0) {
		t.Errorf("%s: requests %+v", acct.Address(), got)
	}
	srv.ForgetRequests()
	for _, address := range []string{"", "alice", "@example.com", "alice@", "Alice <alice@example.com>"} {
		var e *orm.ConfigError
		if _, err := orm.Open(t.Context(), address, orm.Config{Endpoint: srv.URL, HTTPClient: srv.HTTPClient()}); !errors.As(err, &e) || e.Field != "address" {
			t.Errorf("%q: error %v", address, err)
		}
	}
	if n := len(srv.Requests()); n != 0 {
		t.Errorf("%d requests for addresses that are none", n)
	}
}

// TestDelegateByDefault: whichever field has the credentials, and whatever
// mailbox is opened, the user acts as itself unless Access says otherwise. Each
// request names the mailbox's server by its anchor, and distinguished folders are
// named with their mailbox; who is impersonated has them as its own.
func TestDelegateByDefault(t *testing.T) {
	srv := ewstest.New(t, ewstest.Config{Accounts: []ewstest.Account{
		{Address: "john@example.com", Password: ewstest.Password, Impersonates: true, FullAccess: []string{"mary@example.com"}},
		{Address: "mary@example.com", Password: ewstest.Password},
	}})
	to := direct(srv)
	t.Cleanup(to.CloseIdleConnections)
	var anchors []string
	tap := &wiretap{next: roundTripper(func(r *http.Request) (*http.Response, error) {
		anchors = append(anchors, r.Header.Get("X-AnchorMailbox"))
		return to.RoundTrip(r)
	})}
	john := auth.Basic("john@example.com", ewstest.Password)
	h := &http.Client{Transport: tap}
	client, err := ews.New(ews.Config{Endpoint: srv.URL, HTTPClient: h, Auth: john})
	if err != nil {
		t.Fatal(err)
	}
	other, err := orm.Open(t.Context(), "john@example.com", orm.Config{Client: client})
	if err != nil {
		t.Fatal(err)
	}
	for name, cfg := range map[string]orm.Config{
		"Auth":                       {Endpoint: srv.URL, HTTPClient: h, Auth: john},
		"Transport.Auth":             {Transport: ews.Config{Endpoint: srv.URL, HTTPClient: h, Auth: john}},
		"Client":                     {Client: client},
		"Client, of another account": {Client: other.Transport()},
	} {
		for _, address := range []string{"john@example.com", "mary@example.com"} {
			for _, access := range []orm.Access{orm.Delegate, orm.Impersonation} {
				cfg.Access = access
				srv.ForgetRequests()
				anchors, tap.sent = nil, nil
				acct, err := orm.Open(t.Context(), address, cfg)
				if err != nil {
					t.Fatal(name, err)
				}
				if _, err := acct.Inbox().Messages().Count(t.Context()); err != nil {
					t.Error(name, err)
				}
				// An operation that is about no mailbox.
				if _, err := acct.EWS().GetServerTimeZones(t.Context(), &messages.GetServerTimeZonesRequest{}); err != nil {
					t.Error(name, err)
				}
				as := ""
				if access == orm.Impersonation && address != "john@example.com" {
					as = address
				}
				for i, r := range srv.Requests() {
					mailbox := strings.Contains(tap.sent[i], `<t:Mailbox><t:EmailAddress>`+address+`</t:EmailAddress></t:Mailbox>`)
					if r.User != "john@example.com" || r.As != as || anchors[i] != address || mailbox != (access == orm.Delegate && r.Op != "GetServerTimeZones") {
						t.Errorf("%s, %s of %s: %s by %q as %q, anchor %q, names its mailbox: %v", name, r.Op, address, r.User, r.Op, r.As, anchors[i], mailbox)
					}
				}
				if n := len(srv.Requests()); n != 3 {
					t.Errorf("%s: %d requests", name, n)
				}
			}
		}
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
