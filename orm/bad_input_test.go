package orm_test

import (
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/orm"
)

// answering starts a server that answers everything with f.
func answering(t *testing.T, f http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(f)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// kind returns the type of the error that is said to be there.
func kind[E error](err error) bool {
	var e E
	return errors.As(err, &e)
}

// Every mistake that a user can make is a typed error whose text says what to
// do; this table is to be read.
func TestBadInput(t *testing.T) {
	srv := ewstest.New(t)
	config := func(change func(*orm.Config)) orm.Config {
		c := orm.Config{Endpoint: srv.URL, HTTPClient: srv.HTTPClient(), Auth: auth.Basic("alice@example.com", ewstest.Password)}
		change(&c)
		return c
	}
	openAs := func(address string, change func(*orm.Config)) func() error {
		return func() error {
			_, err := orm.Open(t.Context(), address, config(change))
			return err
		}
	}
	same := func(*orm.Config) {}

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refused := "https://" + listener.Addr().String() + "/EWS/Exchange.asmx"
	listener.Close()
	html := answering(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, "<html><title>Sign in</title></html>")
	})
	var sent int64
	endless := answering(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/xml")
		io.WriteString(w, `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>`+
			`<m:GetFolderResponse xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages"><m:ResponseMessages>`)
		junk := strings.Repeat("<junk>0123456789</junk>", 4096)
		for sent = 0; sent < 500<<20; sent += int64(len(junk)) {
			if _, err := io.WriteString(w, junk); err != nil {
				return
			}
		}
	})
	truncated := answering(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/xml")
		io.WriteString(w, `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><m:GetFolderResponse xmlns:m="http`)
	})
	forbidden := answering(t, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusForbidden) })
	missing := answering(t, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNotFound) })
	moved := answering(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://other.example.com/EWS/Exchange.asmx", http.StatusFound)
	})
	at := func(s *httptest.Server) func(*orm.Config) {
		return func(c *orm.Config) { c.Endpoint, c.HTTPClient = s.URL, s.Client() }
	}
	acct := login(t, srv, 0, orm.Config{})
	old := login(t, ewstest.New(t, ewstest.Config{Version: types.ExchangeVersionExchange2007SP1}), 0, orm.Config{})
	ctx := t.Context()
	type isKind = func(error) bool
	tests := []struct {
		name string
		do   func() error
		is   isKind
		text string // of the error, with some numbers replaced
	}{
		{"no address", openAs("alice", same), kind[*orm.ConfigError],
			`orm: address "alice" is no SMTP address: give the primary one of the mailbox, as in john@example.com`},
		{"a name with the address", openAs("Alice <alice@example.com>", same), kind[*orm.ConfigError],
			`orm: address "Alice <alice@example.com>" is no SMTP address: give the primary one of the mailbox, as in john@example.com`},
		{"page size", openAs("alice@example.com", func(c *orm.Config) { c.PageSize = -1 }), kind[*orm.ConfigError],
			`orm: Config.PageSize is -1: give a number from 1 on, or 0 for the default`},
		{"recovery", openAs("alice@example.com", func(c *orm.Config) { c.Recovery = &orm.Recovery{Wait: -1} }), kind[*orm.ConfigError],
			`orm: Config.Recovery has numbers or times less than nothing: give more, or 0 for the defaults`},
		{"access", openAs("alice@example.com", func(c *orm.Config) { c.Access = 7 }), kind[*orm.ConfigError],
			`orm: Config.Access is 7: give Delegate or Impersonation`},
		{"client and endpoint", openAs("alice@example.com", func(c *orm.Config) { c.Client = acct.Transport() }), kind[*orm.ConfigError],
			`orm: Config.Client is a transport with settings of its own: leave Endpoint, Server, Auth, HTTPClient, Version, TimeZone, Culture, Retry and Logger out`},
		{"server and endpoint", openAs("alice@example.com", func(c *orm.Config) { c.Server = "mail.example.com" }), kind[*orm.ConfigError],
			`orm: Config.Server stands for an Endpoint: give one of the two`},
		{"a URL for a server", openAs("alice@example.com", func(c *orm.Config) { c.Endpoint, c.Server = "", "https://u:hush@mail.example.com" }), kind[*orm.ConfigError],
			`orm: Config.Server is no host, as in mail.example.com or mail.example.com:8443; for a URL there is Endpoint`},
		{"an identity of a delegate", openAs("alice@example.com", func(c *orm.Config) { c.Identity = &types.ConnectingSID{SID: "S-1-5-21-1"} }), kind[*orm.ConfigError],
			`orm: Config.Identity is for Access Impersonation: as a delegate the authenticated user acts as itself`},
		{"an identity of two names", openAs("alice@example.com", func(c *orm.Config) {
			c.Access, c.Identity = orm.Impersonation, &types.ConnectingSID{SID: "S-1-5-21-1", PrincipalName: "alice@example.com"}
		}), kind[*orm.ConfigError], `orm: Config.Identity names the user in 2 ways: give one of SID, PrincipalName, PrimarySMTPAddress and SMTPAddress`},
		{"unknown address", openAs("nobody@example.com", same), kind[*ews.ResponseError],
			`orm: open nobody@example.com: ews: GetFolder: ErrorNonExistentMailbox: The SMTP address has no mailbox associated with it.`},
		{"wrong password", openAs("alice@example.com", func(c *orm.Config) { c.Auth = auth.Basic("alice@example.com", "oops") }), kind[*ews.HTTPError],
			`orm: open alice@example.com: ews: GetFolder: HTTP 401 Unauthorized: wrong user, password or token for Basic; it offers Basic`},
		{"refused", openAs("alice@example.com", func(c *orm.Config) { c.Endpoint = refused }), kind[*ews.TransportError],
			`orm: open alice@example.com: ews: GetFolder: https://HOST/EWS/Exchange.asmx: nothing was sent: dial tcp HOST: connect: connection refused; nothing answers at this address: check host and port of Config.Endpoint`},
		{"certificate of another", openAs("alice@example.com", func(c *orm.Config) { c.HTTPClient = nil }), kind[*ews.TransportError],
			`orm: open alice@example.com: ews: GetFolder: https://HOST/EWS/Exchange.asmx: nothing was sent: tls: failed to verify certificate: x509: certificate signed by unknown authority; the certificate's issuer is unknown: add it to RootCAs of the TLSClientConfig of the HTTPClient's Transport, for this host alone by ews.PerHost`},
		{"certificate for another name", openAs("alice@example.com", func(c *orm.Config) {
			h := *srv.HTTPClient()
			tr := plain(srv).Clone()
			tr.TLSClientConfig.ServerName = "mail.example.org"
			h.Transport = tr
			c.HTTPClient = &h
		}), kind[*ews.TransportError],
			`orm: open alice@example.com: ews: GetFolder: https://HOST/EWS/Exchange.asmx: nothing was sent: tls: failed to verify certificate: x509: certificate is valid for example.com, *.example.com, not mail.example.org; the certificate is for another host: use a name it lists in Config.Endpoint`},
		{"a login page", openAs("alice@example.com", at(html)), kind[*ews.ContentError],
			`orm: open alice@example.com: ews: GetFolder: the answer is "text/html", not XML; is Config.Endpoint that of EWS, or a login page or proxy in between? It starts "<html><title>Sign in</title></html>"`},
		{"half an answer", openAs("alice@example.com", at(truncated)), kind[*ews.DecodeError],
			`orm: open alice@example.com: ews: GetFolder: the answer cannot be used: wire: Envelope/Body/GetFolderResponse: byte 72: unexpected EOF`},
		{"forbidden", openAs("alice@example.com", at(forbidden)), kind[*ews.HTTPError],
			`orm: open alice@example.com: ews: GetFolder: HTTP 403 Forbidden: the user or the application may not use EWS, or the server wants TLS; if the body says nothing, ask its administrator`},
		{"not there", openAs("alice@example.com", at(missing)), kind[*ews.HTTPError],
			`orm: open alice@example.com: ews: GetFolder: HTTP 404 Not Found: no EWS at this address; the path of Config.Endpoint is usually /EWS/Exchange.asmx`},
		{"moved", openAs("alice@example.com", at(moved)), kind[*ews.HTTPError],
			`orm: open alice@example.com: ews: GetFolder: HTTP 302 Found: redirects are not followed, for they could carry credentials elsewhere; if https://other.example.com/EWS/Exchange.asmx is right, make it Config.Endpoint; if it is a login page, the server wants another kind of authentication`},
		{"500 MB", openAs("alice@example.com", func(c *orm.Config) { at(endless)(c); c.Transport.MaxResponseBytes = 1 << 20 }), kind[*ews.TooLargeError],
			`orm: open alice@example.com: ews: GetFolder: the answer cannot be used: it exceeds 1048576 bytes, unpacked; ask for less, or raise Config.MaxResponseBytes`},
		{"too old for a field", func() error {
			_, err := old.Inbox().Messages().Only(field.Message.TextBody).First(ctx)
			return err
		}, kind[*orm.VersionError], `orm: item:TextBody needs Exchange2013 or later, and the server is Exchange2007_SP1: leave it out`},
		{"too old for a filter", func() error {
			_, err := old.Inbox().Messages().Filter(field.Message.IsAssociated.Is(true)).Count(ctx)
			return err
		}, kind[*orm.VersionError], `orm: item:IsAssociated needs Exchange2010 or later, and the server is Exchange2007_SP1: leave it out`},
		{"too old for a query string", func() error {
			_, err := old.Inbox().Messages().Search("x").Count(ctx)
			return err
		}, kind[*orm.VersionError], `orm: a query string (Search) needs Exchange2010 or later, and the server is Exchange2007_SP1: leave it out`},
		{"too old for an operation", func() error { return old.Trash().Empty(ctx, orm.HardDelete, false) }, kind[*orm.VersionError],
			`orm: operation EmptyFolder needs Exchange2010_SP1 or later, and the server is Exchange2007_SP1: leave it out`},
		{"too old for a folder", func() error { _, err := old.Archive().Load(ctx); return err }, kind[*orm.VersionError],
			`orm: value archivemsgfolderroot in GetFolder/FolderIds/DistinguishedFolderId/@Id needs Exchange2010_SP1 or later, and the server is Exchange2007_SP1: leave it out`},
		{"too old for an option", func() error {
			_, err := old.DeleteAll(ctx, ids(1), orm.HardDelete, orm.SuppressReadReceipts)
			return err
		}, kind[*orm.VersionError], `orm: SuppressReadReceipts needs Exchange2013 or later, and the server is Exchange2007_SP1: leave it out`},
		{"too old for a new item's field", func() error {
			return old.Create(ctx, old.Inbox(), &orm.Message{Flag: types.Flag{FlagStatus: types.FlagStatusFlagged}})
		}, kind[*orm.VersionError], `orm: element Flag in CreateItem/Items/Message needs Exchange2013 or later, and the server is Exchange2007_SP1: leave it out`},
		{"too old for a change", func() error {
			return old.Update(ctx, &orm.Message{ItemID: fakeID(0)}, field.Message.IsAssociated.Set(true))
		}, kind[*orm.VersionError], `orm: item:IsAssociated needs Exchange2010 or later, and the server is Exchange2007_SP1: leave it out`},
		{"an id that is none", func() error { _, err := acct.Fetch(ctx, orm.ItemID{ID: "nonsense"}); return err }, kind[*ews.ResponseError],
			`ews: GetItem: ErrorInvalidIdMalformed: Id is malformed.`},
		{"nothing found", func() error {
			_, err := acct.Inbox().Messages().Filter(field.Message.Subject.Equals("x")).Get(ctx)
			return err
		}, kind[*orm.QueryError], `orm: no Message in folder "inbox" meets the query`},
	}
	port := regexp.MustCompile(`127\.0\.0\.1:\d+`)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.do()
			if err == nil {
				t.Fatal("no error")
			}
			text := port.ReplaceAllString(err.Error(), "HOST")
			if !tt.is(err) {
				t.Errorf("not of the type wanted: %T %v", err, err)
			}
			if text != tt.text {
				t.Errorf("got  %s\nwant %s", text, tt.text)
			}
		})
	}
	if sent > 64<<20 {
		t.Errorf("%d MB of an answer were read where 1 was the limit", sent>>20)
	}
}

// plain returns the transport of the server's client without what wraps it.
func plain(srv *ewstest.Server) *http.Transport {
	h := srv.HTTPClient()
	if tr, ok := h.Transport.(*http.Transport); ok {
		return tr
	}
	return &http.Transport{TLSClientConfig: &tls.Config{}}
}
