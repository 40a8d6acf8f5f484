package orm_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/orm"
)

// wiretap is a transport that keeps what is sent.
type wiretap struct {
	next http.RoundTripper
	mu   sync.Mutex
	sent []string
	urls []string
}

func (w *wiretap) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	w.sent, w.urls = append(w.sent, string(body)), append(w.urls, r.URL.String())
	w.mu.Unlock()
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	return w.next.RoundTrip(r)
}

// header returns the SOAP headers of the last request, without the version.
func (w *wiretap) header() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, h, _ := strings.Cut(w.sent[len(w.sent)-1], "<s:Header>")
	h, _, _ = strings.Cut(h, "</s:Header>")
	return regexp.MustCompile(`<t:RequestServerVersion[^>]*/>`).ReplaceAllString(h, "")
}

// direct returns a transport that trusts the server.
func direct(srv *ewstest.Server) *http.Transport {
	roots := x509.NewCertPool()
	roots.AddCert(srv.Certificate())
	return &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
}

// tapped opens a mailbox of the server as user, and returns what it sends.
func tapped(t testing.TB, srv *ewstest.Server, user, address string, cfg orm.Config) (*orm.Account, *wiretap) {
	t.Helper()
	to := direct(srv)
	to.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) { // whatever the host
		return new(net.Dialer).DialContext(ctx, network, srv.Host())
	}
	t.Cleanup(to.CloseIdleConnections)
	tap := &wiretap{next: to}
	if cfg.Endpoint == "" && cfg.Server == "" {
		cfg.Endpoint = srv.URL
	}
	cfg.HTTPClient, cfg.Auth = &http.Client{Transport: tap}, auth.Basic(user, ewstest.Password)
	acct, err := orm.Open(t.Context(), address, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return acct, tap
}

// TestServer: the host stands for the URL.
func TestServer(t *testing.T) {
	srv := ewstest.New(t)
	for server, want := range map[string]string{
		srv.Host(): srv.URL, "mail.example.com": "https://mail.example.com/EWS/Exchange.asmx", "mail.example.com:8443": "https://mail.example.com:8443/EWS/Exchange.asmx",
	} {
		acct, tap := tapped(t, srv, srv.Address(0), srv.Address(0), orm.Config{Server: server})
		// With a Method given, and no version, nothing is probed.
		if diff := cmp.Diff([]string{want}, tap.urls); diff != "" || acct.Known().Endpoint != want {
			t.Errorf("%s: -want +got:\n%s", server, diff)
		}
	}
	for _, bad := range []string{"https://mail.example.com", "mail.example.com/EWS", "u@mail.example.com", ":443", "mail example", "a?b", "[::1", "mail.example.com#x"} {
		var e *orm.ConfigError
		_, err := orm.Open(t.Context(), "ann@example.com", orm.Config{Server: bad})
		if !errors.As(err, &e) || e.Field != "Config.Server" {
			t.Errorf("%q: error %v", bad, err)
		}
	}
}

// TestAuthIsNotProbed: a Method that is given is used from the first request on.
func TestAuthIsNotProbed(t *testing.T) {
	srv := ewstest.New(t)
	login(t, srv, 0, orm.Config{})
	if got := srv.Requests(); len(got) != 1 || got[0].User != srv.Address(0) || got[0].Status != http.StatusOK {
		t.Errorf("requests %+v", got)
	}
}

// TestIdentity: whom to act as can be said by each of the names that the schema
// has, over a shared transport, too. The header of the anchor has the address
// all the same.
func TestIdentity(t *testing.T) {
	srv := ewstest.New(t, ewstest.Config{Accounts: []ewstest.Account{
		{Address: "service@example.com", Password: ewstest.Password, Impersonates: true},
		{Address: "ann@example.com", UserPrincipalName: "ann@ad.example.com", SID: "S-1-5-21-1-2-3-1234", Aliases: []string{"a.smith@example.com"}},
	}})
	shared := login(t, srv, 0, orm.Config{}).Transport()
	for _, tt := range []struct {
		id   *types.ConnectingSID
		want string
	}{
		{nil, "<t:PrimarySmtpAddress>ann@example.com</t:PrimarySmtpAddress>"},
		{&types.ConnectingSID{SID: "S-1-5-21-1-2-3-1234"}, "<t:SID>S-1-5-21-1-2-3-1234</t:SID>"},
		{&types.ConnectingSID{PrincipalName: "ann@ad.example.com"}, "<t:PrincipalName>ann@ad.example.com</t:PrincipalName>"},
		{&types.ConnectingSID{SMTPAddress: "a.smith@example.com"}, "<t:SmtpAddress>a.smith@example.com</t:SmtpAddress>"},
	} {
		_, tap := tapped(t, srv, "service@example.com", "ann@example.com", orm.Config{Access: orm.Impersonation, Identity: tt.id})
		want := "<t:ExchangeImpersonation><t:ConnectingSID>" + tt.want + "</t:ConnectingSID></t:ExchangeImpersonation>"
		if got := tap.header(); got != want {
			t.Errorf("header %s, want %s", got, want)
		}
		if _, err := orm.Open(t.Context(), "ann@example.com", orm.Config{Client: shared, Access: orm.Impersonation, Identity: tt.id}); err != nil {
			t.Errorf("%s over a shared transport: %v", tt.want, err)
		}
		for _, r := range srv.Requests()[1:] {
			if r.As != "ann@example.com" {
				t.Errorf("%s: request %+v", tt.want, r)
			}
		}
	}
}

// TestImpersonatedUsersSharedFolder: who is impersonated reaches the folders
// that were shared with it, by another mailbox in the folder's id.
func TestImpersonatedUsersSharedFolder(t *testing.T) {
	srv := ewstest.New(t, ewstest.Config{Accounts: []ewstest.Account{
		{Address: "service@example.com", Password: ewstest.Password, Impersonates: true},
		{Address: "john@example.com", Password: ewstest.Password, FullAccess: []string{"mary@example.com"}},
		{Address: "mary@example.com", Password: ewstest.Password},
	}})
	mary := login(t, srv, 2, orm.Config{})
	if err := mary.Create(t.Context(), mary.Calendar(), &orm.CalendarItem{Subject: "mary's", Start: noon, End: noon.Add(3600e9)}); err != nil {
		t.Fatal(err)
	}
	john, tap := tapped(t, srv, "service@example.com", "john@example.com", orm.Config{Access: orm.Impersonation})
	e, err := john.SharedFolder("mary@example.com", types.DistinguishedFolderIDNameCalendar).Appointments().Only(field.CalendarItem.Subject).Get(t.Context())
	if err != nil || e.Subject != "mary's" {
		t.Errorf("%v, %v", e, err)
	}
	if got := tap.header(); !strings.Contains(got, "john@example.com") {
		t.Errorf("acted as %s", got)
	}
	if n, err := john.Calendar().Appointments().Count(t.Context()); n != 0 || err != nil {
		t.Errorf("%d events in john's own calendar, %v", n, err)
	}
	// The service account has no right of its own.
	service := login(t, srv, 0, orm.Config{})
	if _, err := service.SharedFolder("mary@example.com", types.DistinguishedFolderIDNameCalendar).Load(t.Context()); err == nil {
		t.Error("the service account sees mary's calendar")
	}
}

// TestNothingOfThisMachine: zone and language are sent only if they were given,
// whatever this machine has.
func TestNothingOfThisMachine(t *testing.T) {
	t.Setenv("TZ", "Asia/Tokyo")
	t.Setenv("LANG", "da_DK.UTF-8")
	srv := ewstest.New(t)
	zone := func(name string) string {
		return fmt.Sprintf(`<t:TimeZoneContext><t:TimeZoneDefinition Id="%s"/></t:TimeZoneContext>`, name)
	}
	for _, tt := range []struct {
		cfg  orm.Config
		want string
	}{
		{orm.Config{}, ""},
		{orm.Config{TimeZone: "Tokyo Standard Time"}, zone("Tokyo Standard Time")},
		{orm.Config{Culture: "da-DK"}, "<t:MailboxCulture>da-DK</t:MailboxCulture>"},
	} {
		_, tap := tapped(t, srv, srv.Address(0), srv.Address(0), tt.cfg)
		if got := tap.header(); got != tt.want {
			t.Errorf("%+v: header %q, want %q", tt.cfg, got, tt.want)
		}
	}
}

// exchangelib takes no notice of a second configuration. Here a second account with
// the same endpoint and the same credentials has its own settings, and the first
// keeps its.
func TestPitfall29SecondConfigCounts(t *testing.T) {
	srv := ewstest.New(t)
	user := auth.Basic(srv.Address(0), ewstest.Password)
	open := func(cfg orm.Config) *orm.Account {
		cfg.Endpoint, cfg.HTTPClient, cfg.Auth = srv.URL, srv.HTTPClient(), user
		acct, err := orm.Open(t.Context(), srv.Address(0), cfg)
		if err != nil {
			t.Fatal(err)
		}
		return acct
	}
	old := open(orm.Config{Version: types.ExchangeVersionExchange2010})
	patient := open(orm.Config{Version: types.ExchangeVersionExchange2013SP1, Retry: &ews.Retry{MinWait: 1}, TimeZone: "Tokyo Standard Time"})
	plain := open(orm.Config{})
	call := func(a *orm.Account) string {
		srv.ForgetRequests()
		in := srv.Inject(ewstest.Fault{Times: 1, Status: http.StatusBadGateway})
		defer in.Remove()
		_, err := a.Inbox().Messages().Count(t.Context())
		s := fmt.Sprint(err == nil)
		for _, r := range srv.Requests() {
			s += " " + string(r.Version)
		}
		return s
	}
	for range 2 {
		for _, tt := range []struct {
			acct *orm.Account
			want string
		}{
			{old, "false Exchange2010"}, {patient, "true Exchange2013_SP1 Exchange2013_SP1"}, {plain, "false V2017_07_11"},
		} {
			if got := call(tt.acct); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
		}
	}
}

// TestVersionPerAccount: two accounts over one transport, whose mailboxes are on
// servers of different ages behind one front end.
func TestVersionPerAccount(t *testing.T) {
	srv := ewstest.New(t, ewstest.Config{Accounts: []ewstest.Account{
		{Address: "service@example.com", Password: ewstest.Password, Impersonates: true},
		{Address: "new@example.com"}, {Address: "old@example.com", Version: types.ExchangeVersionExchange2010SP2},
	}})
	client := login(t, srv, 0, orm.Config{}).Transport()
	open := func(address string) *orm.Account {
		acct, err := orm.Open(t.Context(), address, orm.Config{Client: client, Access: orm.Impersonation})
		if err != nil {
			t.Fatal(err)
		}
		return acct
	}
	young, old := open("new@example.com"), open("old@example.com")
	for range 2 {
		if got := []types.ExchangeVersion{young.Known().Version, old.Known().Version}; !cmp.Equal(got, []types.ExchangeVersion{"V2017_07_11", "Exchange2010_SP2"}) {
			t.Errorf("versions %v", got)
		}
		if _, err := young.Inbox().Messages().Only(field.Message.TextBody).First(t.Context()); !errors.Is(err, orm.ErrNotFound) {
			t.Errorf("the new one: %v", err)
		}
		var lacks *orm.VersionError
		if _, err := old.Inbox().Messages().Only(field.Message.TextBody).First(t.Context()); !errors.As(err, &lacks) || lacks.Has != "Exchange2010_SP2" {
			t.Errorf("the old one: %v", err)
		}
	}
}
