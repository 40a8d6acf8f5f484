package ews_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// getInbox is a call that every version has.
func getInbox(t testing.TB, c *ews.Client, more ...types.Path) error {
	t.Helper()
	res, err := messages.New(c).GetFolder(t.Context(), &messages.GetFolderRequest{
		FolderShape: types.FolderResponseShape{BaseShape: types.DefaultShapeNamesIDOnly, AdditionalProperties: more},
		FolderIDs:   []types.BaseFolderID{&types.DistinguishedFolderID{ID: types.DistinguishedFolderIDNameInbox}},
	})
	if err != nil {
		return err
	}
	return errors.Join(ews.Errors(messages.OpGetFolder, res)...)
}

// TestVersionPerMailbox: over one client each mailbox is spoken to in the
// version of the server that it is on, behind a newer one, and finding out
// costs a request at most.
func TestVersionPerMailbox(t *testing.T) {
	srv := ewstest.New(t, ewstest.Config{Accounts: []ewstest.Account{
		{Address: "service@example.com", Password: ewstest.Password, Impersonates: true},
		{Address: "new@example.com"},
		{Address: "old@example.com", Version: types.ExchangeVersionExchange2010SP2},
		{Address: "older@example.com", Version: types.ExchangeVersionExchange2007SP1},
	}})
	service := newClient(t, ews.Config{Endpoint: srv.URL, HTTPClient: srv.HTTPClient(), Auth: auth.Basic("service@example.com", ewstest.Password)})
	got := map[string]string{}
	call := func(address string, more ...types.Path) {
		t.Helper()
		before := len(srv.Requests())
		if err := getInbox(t, service.With(ews.ActAs(address+"@example.com")), more...); err != nil {
			t.Errorf("%s: %v", address, err)
		}
		for _, r := range srv.Requests()[before:] {
			got[address] += " " + strings.TrimPrefix(string(r.Version), "Exchange")
		}
		got[address] += ","
	}
	// The first answer of all is that of an old server: it is no bar to another
	// mailbox on a newer one.
	call("older")
	call("new", &types.PathToUnindexedField{FieldURI: "folder:DistinguishedFolderId"}) // since Exchange2013
	call("old")
	for range 3 {
		for _, a := range []string{"new", "old", "older"} {
			call(a)
		}
	}
	want := map[string]string{
		"older": " 2007_SP1, 2007_SP1, 2007_SP1, 2007_SP1,",
		"new":   " 2013, V2017_07_11, V2017_07_11, V2017_07_11,",
		"old":   " V2017_07_11 2007_SP1, 2010_SP2, 2010_SP2, 2010_SP2,",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("versions sent -want +got:\n%s", diff)
	}

	before := len(srv.Requests())
	var lacks *messages.UnsupportedError
	err := getInbox(t, service.With(ews.ActAs("old@example.com")), &types.PathToUnindexedField{FieldURI: "folder:DistinguishedFolderId"})
	if !errors.As(err, &lacks) || lacks.Server.Version != "Exchange2010_SP2" || len(srv.Requests()) != before {
		t.Errorf("error %v, want an UnsupportedError of Exchange2010_SP2, and nothing sent", err)
	}
	for address, major := range map[string]int{"new": 15, "old": 14, "older": 8, "unknown": 0} {
		if v, b := service.With(ews.ActAs(address + "@example.com")).Version(); b.Major != major {
			t.Errorf("%s: %s, build %v", address, v, b)
		}
	}
}

// TestVersionPerMailboxConcurrently: no call fails while many mailboxes on
// servers of all ages are asked for the first time.
func TestVersionPerMailboxConcurrently(t *testing.T) {
	ages := []types.ExchangeVersion{"", types.ExchangeVersionExchange2007SP1, types.ExchangeVersionExchange2010SP1, types.ExchangeVersionExchange2013, types.ExchangeVersionExchange2016}
	accounts := []ewstest.Account{{Address: "service@example.com", Password: ewstest.Password, Impersonates: true}}
	for i := range 30 {
		accounts = append(accounts, ewstest.Account{Address: fmt.Sprintf("u%d@example.com", i), Version: ages[i%len(ages)]})
	}
	srv := ewstest.New(t, ewstest.Config{Accounts: accounts})
	service := newClient(t, ews.Config{Endpoint: srv.URL, HTTPClient: srv.HTTPClient(), Auth: auth.Basic("service@example.com", ewstest.Password)})
	var wg sync.WaitGroup
	for _, a := range accounts[1:] {
		for range 3 {
			wg.Go(func() {
				if err := getInbox(t, service.With(ews.ActAs(a.Address))); err != nil {
					t.Errorf("%s: %v", a.Address, err)
				}
			})
		}
	}
	wg.Wait()
	if n := len(srv.Requests()); n > 6*len(accounts) {
		t.Errorf("%d requests for %d calls", n, 3*(len(accounts)-1))
	}
}

// TestInvalidRequestIsNotTriedAgain: what may be about the version, and is not,
// costs two requests at most, and one when the version is known.
func TestInvalidRequestIsNotTriedAgain(t *testing.T) {
	build := func(major, minor, build int) string {
		return fmt.Sprintf(`MajorVersion="%d" MinorVersion="%d" MajorBuildNumber="%d" MinorBuildNumber="1"`, major, minor, build)
	}
	info := `MajorVersion="15" MinorVersion="0" MajorBuildNumber="1497" MinorBuildNumber="2"`
	for _, code := range []string{"ErrorInvalidRequest", "ErrorSchemaValidation", "ErrorIncorrectSchemaVersion", "ErrorInvalidSchemaVersionForMailboxVersion"} {
		for name, builds := range map[string][]string{
			"one server": {build(15, 1, 2507)},
			"a farm":     {build(15, 1, 2507), build(14, 3, 123), build(15, 0, 1497), build(8, 3, 83), build(14, 1, 218)},
		} {
			t.Run(code+"/"+name, func(t *testing.T) {
				for _, known := range []bool{false, true} {
					c, server := faked(t, ews.Config{}, func(n int, r *http.Request, body string) (*http.Response, error) {
						text := fault(code)
						if known && n == 1 {
							text = ok
						}
						return xmlAnswer(strings.Replace(text, info, builds[n%len(builds)], 1)), nil
					})
					if known {
						if _, err := getItem(t, c); err != nil {
							t.Fatal(err)
						}
					}
					for range 5 {
						before := server.count()
						var fe *ews.FaultError
						if _, err := getItem(t, c); !errors.As(err, &fe) || string(fe.Code) != code {
							t.Errorf("error %v, want the fault", err)
						}
						most := 2
						if known && name == "one server" && !strings.Contains(code, "Mailbox") {
							most = 1
						}
						if n := server.count() - before; n > most {
							t.Errorf("known %v: %d requests for a call, want %d at most", known, n, most)
						}
					}
					// Nothing is learnt from it.
					if v, _ := c.Version(); name == "one server" && v != "Exchange2016" {
						t.Errorf("known %v: the next version is %s", known, v)
					}
				}
			})
		}
	}
}

// TestGivenVersionRefusedForMailbox: a version that was given is not changed.
func TestGivenVersionRefusedForMailbox(t *testing.T) {
	srv := ewstest.New(t, ewstest.Config{Accounts: []ewstest.Account{{Address: "old@example.com", Password: ewstest.Password, Version: types.ExchangeVersionExchange2010SP2}}})
	c := newClient(t, ews.Config{Endpoint: srv.URL, HTTPClient: srv.HTTPClient(), Auth: auth.Basic("old@example.com", ewstest.Password), Version: "Exchange2016"})
	var refused *ews.VersionRefusedError
	err := getInbox(t, c)
	if !errors.As(err, &refused) || refused.Takes != "" || !errors.Is(err, messages.ErrorInvalidSchemaVersionForMailboxVersion) || len(srv.Requests()) != 1 {
		t.Errorf("error %v after %d requests, want a VersionRefusedError after 1", err, len(srv.Requests()))
	}
}

// TestAffinity: the cookies of one mailbox's server do not lead another
// mailbox there, unless both have one anchor; another client has its own.
func TestAffinity(t *testing.T) {
	var got []string
	s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := r.Header
		got = append(got, strings.TrimSpace(h.Get("X-AnchorMailbox")+" "+h.Get("X-PreferServerAffinity")+" "+h.Get("Cookie")))
		http.SetCookie(w, &http.Cookie{Name: "X-BackEndOverrideCookie", Value: "mbx-of-" + h.Get("X-AnchorMailbox")})
		handler(200, xmlType, ok)(w, r)
	}))
	h := &http.Client{}
	a := newClient(t, ews.Config{Endpoint: s.URL, HTTPClient: h})
	x, y := a.With(ews.ActAs("x")), a.With(ews.ActAs("y"))
	group := a.With(ews.ActAs("y"), ews.AnchorTo("x"))
	sid := newClient(t, ews.Config{Endpoint: s.URL, Impersonate: &types.ExchangeImpersonation{ConnectingSID: types.ConnectingSID{SMTPAddress: "z"}}})
	for _, c := range []*ews.Client{a, a, x, x, y, y, group, a.With(ews.ActAs("X")), a, group.With(ews.AnchorTo("")), newClient(t, ews.Config{Endpoint: s.URL, HTTPClient: h}), sid} {
		if _, err := getItem(t, c); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{
		"", "X-BackEndOverrideCookie=mbx-of-", "x", "x  X-BackEndOverrideCookie=mbx-of-x", "y", "y  X-BackEndOverrideCookie=mbx-of-y",
		"x true X-BackEndOverrideCookie=mbx-of-x", "X  X-BackEndOverrideCookie=mbx-of-x", "X-BackEndOverrideCookie=mbx-of-",
		"y  X-BackEndOverrideCookie=mbx-of-y", "", "z",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	// A stream goes where the subscriptions were made.
	got = nil
	for range group.Events(t.Context(), eventsRequest()) {
	}
	if diff := cmp.Diff([]string{"x true X-BackEndOverrideCookie=mbx-of-X"}, got); diff != "" {
		t.Errorf("a stream -want +got:\n%s", diff)
	}
	if h.Jar != nil || h.CheckRedirect != nil {
		t.Error("the caller's http.Client was changed")
	}

	// A Jar that the program has is for all.
	h.Jar, _ = cookiejar.New(nil)
	got = nil
	c := newClient(t, ews.Config{Endpoint: s.URL, HTTPClient: h})
	for _, c := range []*ews.Client{c, c.With(ews.ActAs("x"))} {
		if _, err := getItem(t, c); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"", "x  X-BackEndOverrideCookie=mbx-of-"}, got); diff != "" {
		t.Errorf("with a Jar -want +got:\n%s", diff)
	}
}

// TestVersionHint: it is for requests before the first answer, and no more.
func TestVersionHint(t *testing.T) {
	for _, tt := range []struct {
		server, hint types.ExchangeVersion
		zone         string
		want         string
	}{
		{"", "Exchange2016", "", "Exchange2016 V2017_07_11"},
		{"Exchange2010", "Exchange2016", "", "Exchange2016 Exchange2010 Exchange2010"}, // wrong, and refused
		{"Exchange2016", "V2017_07_11", "", "V2017_07_11 Exchange2016 Exchange2016"},
		{"Exchange2016", "Exchange2007_SP1", "UTC", "Exchange2010 Exchange2016"}, // too old for what is sent
	} {
		srv := ewstest.New(t, ewstest.Config{Version: tt.server})
		c := newClient(t, ews.Config{
			Endpoint: srv.URL, HTTPClient: srv.HTTPClient(), Auth: auth.Basic(srv.Address(0), ewstest.Password), VersionHint: tt.hint, TimeZone: tt.zone,
		})
		for range 2 {
			if err := getInbox(t, c); err != nil {
				t.Errorf("%+v: %v", tt, err)
			}
		}
		var got []string
		for _, r := range srv.Requests() {
			got = append(got, string(r.Version))
		}
		if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%+v: -want +got:\n%s", tt, diff)
		}
	}
}

// TestCookiesWithoutAnchor: who is impersonated by a name that is no address
// has cookies of its own, too.
func TestCookiesWithoutAnchor(t *testing.T) {
	var got []string
	s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Header.Get("Cookie"))
		http.SetCookie(w, &http.Cookie{Name: "X-BackEndOverrideCookie", Value: r.Header.Get("X-Is")})
		handler(200, xmlType, ok)(w, r)
	}))
	service := newClient(t, ews.Config{Endpoint: s.URL})
	as := func(is string, id types.ConnectingSID, anchor string) *ews.Client {
		return service.With(ews.ActAsUser(id, anchor), ews.SetHeader("X-Is", is))
	}
	for _, c := range []*ews.Client{
		service.With(ews.SetHeader("X-Is", "service")),
		as("ann", types.ConnectingSID{SID: "S-1-5-21-1"}, ""), as("bob", types.ConnectingSID{SID: "S-1-5-21-2"}, ""),
		as("cat", types.ConnectingSID{PrincipalName: "cat@corp"}, ""), as("ann", types.ConnectingSID{SID: "s-1-5-21-1"}, ""),
		as("dan", types.ConnectingSID{SID: "S-1-5-21-4"}, "group@example.com"), as("eve", types.ConnectingSID{SID: "S-1-5-21-5"}, "group@example.com"),
		service,
	} {
		if _, err := getItem(t, c); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"", "", "", "", "X-BackEndOverrideCookie=ann", "", "X-BackEndOverrideCookie=dan", "X-BackEndOverrideCookie=service"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("cookies -want +got:\n%s", diff)
	}
}

// TestRefusalOfAnUnknownServer: a version that the server of one mailbox has
// refused without a word about itself is sent to a newer server of another.
func TestRefusalOfAnUnknownServer(t *testing.T) {
	info := ok[strings.Index(ok, "<s:Header>"):strings.Index(ok, "<s:Body>")]
	newer := strings.Replace(ok, `MinorVersion="0"`, `MinorVersion="1"`, 1)
	var got []string
	c, _ := faked(t, ews.Config{VersionHint: "Exchange2016"}, func(_ int, r *http.Request, body string) (*http.Response, error) {
		_, v, _ := strings.Cut(body, `RequestServerVersion Version="`)
		v, _, _ = strings.Cut(v, `"`)
		got = append(got, r.Header.Get("X-AnchorMailbox")+" "+v)
		switch {
		case r.Header.Get("X-AnchorMailbox") == "new":
			return xmlAnswer(newer), nil
		case v == "Exchange2016":
			return xmlAnswer(strings.Replace(fault("ErrorInvalidServerVersion"), info, "", 1)), nil
		}
		return xmlAnswer(strings.Replace(ok, info, "", 1)), nil
	})
	for _, address := range []string{"old", "old", "new", "new"} {
		if _, err := getItem(t, c.With(ews.ActAs(address))); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"old Exchange2016", "old Exchange2007_SP1", "old Exchange2007_SP1", "new Exchange2007_SP1", "new Exchange2016"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("versions -want +got:\n%s", diff)
	}
}

// TestForMailbox: the mailbox that calls are about is the anchor, unless somebody
// is impersonated, or it is that of a group.
func TestForMailbox(t *testing.T) {
	for _, tt := range []struct {
		options []ews.Option
		want    string
	}{
		{[]ews.Option{ews.ForMailbox("a")}, "a"},
		{[]ews.Option{ews.ForMailbox("a"), ews.ForMailbox("b")}, "b"},
		{[]ews.Option{ews.ActAs("x"), ews.ForMailbox("b")}, "x"},
		{[]ews.Option{ews.ActAs("x"), ews.ActAs(""), ews.ForMailbox("b")}, "b"},
		{[]ews.Option{ews.ActAsUser(types.ConnectingSID{SID: "S-1-5-21-1"}, ""), ews.ForMailbox("b")}, "b"},
		{[]ews.Option{ews.AnchorTo("x"), ews.ForMailbox("b")}, "x"},
		{[]ews.Option{ews.AnchorTo("x"), ews.AnchorTo(""), ews.ForMailbox("b")}, "b"},
	} {
		var got string
		c, _ := faked(t, ews.Config{}, func(_ int, r *http.Request, _ string) (*http.Response, error) {
			got = r.Header.Get("X-AnchorMailbox")
			return xmlAnswer(ok), nil
		})
		if _, err := getItem(t, c.With(tt.options...)); err != nil || got != tt.want {
			t.Errorf("%v: anchor %q, %v; want %q", tt.options, got, err, tt.want)
		}
	}
}

// TestSharedFolderOnOlderServer: a folder of another mailbox, on an older server,
// costs its own calls a request more at most, and the client's mailbox no version.
func TestSharedFolderOnOlderServer(t *testing.T) {
	const build2019 = `MajorVersion="15" MinorVersion="2" MajorBuildNumber="1258" MinorBuildNumber="12" Version="V2017_07_11"`
	info := `MajorVersion="15" MinorVersion="0" MajorBuildNumber="1497" MinorBuildNumber="2"`
	c, server := faked(t, ews.Config{AnchorMailbox: "john@example.com"}, func(_ int, _ *http.Request, body string) (*http.Response, error) {
		build, text := build2019, ok
		if strings.Contains(body, `Id="mary's"`) {
			if v := versionSent.FindStringSubmatch(body)[1]; v > "Exchange2010_SP2" {
				text = fault("ErrorInvalidSchemaVersionForMailboxVersion")
			} else {
				build = build2010
			}
		}
		return xmlAnswer(strings.Replace(text, info, build, 1)), nil
	})
	get := func(id string, more ...types.Path) {
		t.Helper()
		req := getItemRequest()
		req.ItemShape.AdditionalProperties = more
		req.ItemIDs = []types.BaseItemID{&types.ItemID{ID: id}}
		if _, err := messages.New(c).GetItem(t.Context(), req); err != nil {
			t.Error(err)
		}
	}
	get("john's")
	get("john's")
	for range 5 {
		before := server.count()
		get("mary's")
		get("mary's")
		if n := server.count() - before; n > 3 {
			t.Errorf("%d requests for two of another's items", n)
		}
		// Its own server has what the other one lacks.
		get("john's", &types.PathToUnindexedField{FieldURI: "item:TextBody"})
		if v, _ := c.Version(); v != "V2017_07_11" {
			t.Errorf("speaks %s with its own server", v)
		}
	}
}
