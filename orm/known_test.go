package orm_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/autodiscover"
	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/orm"
)

// TestKnown: what an account knows goes through JSON into the next run, which
// opens the mailbox without a request, and speaks the right version at once.
func TestKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTown(t, aliased)
		cfg := c.config(0, autodiscover.NoCache{})
		first := c.open(t, "a.smith@example.com", cfg)
		text, err := json.Marshal(first.Known())
		if err != nil {
			t.Fatal(err)
		}
		want := `{"Requested":"a.smith@example.com","Address":"ann@example.com","Endpoint":"https://a.example.com/EWS/Exchange.asmx",` +
			`"Scheme":"Basic","Version":"V2017_07_11","Discovered":true}`
		if diff := cmp.Diff(want, string(text)); diff != "" || strings.Contains(string(text), ewstest.Password) {
			t.Errorf("-want +got:\n%s", diff)
		}
		cfg.Known = new(orm.Known)
		if err := json.Unmarshal(text, cfg.Known); err != nil {
			t.Fatal(err)
		}
		c.ForgetRequests()
		for _, address := range []string{"a.smith@example.com", "Ann@example.com"} {
			acct := c.open(t, address, cfg)
			if n := len(c.Requests()); n != 0 || acct.Address() != "ann@example.com" || acct.Discovered() != nil {
				t.Errorf("%s: %d requests, address %s, discovered %+v", address, n, acct.Address(), acct.Discovered())
			}
			again := acct.Known() // as much as before, though nothing has been sent
			again.Requested = first.Known().Requested
			if diff := cmp.Diff(first.Known(), again); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if _, err := acct.Inbox().Messages().Count(t.Context()); err != nil {
				t.Error(err)
			}
			if got := c.Requests(); len(got) != 1 || got[0].Version != "V2017_07_11" || got[0].User != "ann@example.com" {
				t.Errorf("%s: requests %+v", address, got)
			}
			c.ForgetRequests()
		}

		// The server has moved since: autodiscover had found it, and may again.
		c.move("b.example.com", "dial")
		acct := c.open(t, "ann@example.com", cfg)
		if _, err := acct.Inbox().Messages().Count(t.Context()); err != nil {
			t.Error(err)
		}
		if got := acct.Known().Endpoint; got != "https://b.example.com/EWS/Exchange.asmx" {
			t.Errorf("endpoint %s", got)
		}
		// Nobody is asked about an endpoint that was given.
		c.searches()
		given := *cfg.Known
		given.Discovered = false
		cfg.Known = &given
		acct = c.open(t, "ann@example.com", cfg)
		var gone *ews.TransportError
		if _, err := acct.Inbox().Messages().Count(t.Context()); !errors.As(err, &gone) || c.searches() != 0 {
			t.Errorf("error %v", err)
		}
	})
}

// TestKnownVersionIsAHint: a server that has become older, or newer, is spoken
// to all the same.
func TestKnownVersionIsAHint(t *testing.T) {
	for _, version := range []types.ExchangeVersion{types.ExchangeVersionExchange2010, types.ExchangeVersionV20170711} {
		srv := ewstest.New(t, ewstest.Config{Version: version})
		known := login(t, srv, 0, orm.Config{}).Known()
		if known.Version != version || known.Discovered {
			t.Errorf("known %+v", known)
		}
		known.Version = types.ExchangeVersionExchange2016
		acct, err := orm.Open(t.Context(), srv.Address(0), orm.Config{
			Known: &known, HTTPClient: srv.HTTPClient(), Auth: auth.Basic(srv.Address(0), ewstest.Password),
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := acct.Inbox().Messages().Count(t.Context()); err != nil {
			t.Error(err)
		}
		if got := acct.Known().Version; got != version {
			t.Errorf("%s after the first answer, want %s", got, version)
		}
	}
}

// TestKnownOfASharedClient: many mailboxes over one transport, each opened
// without a request.
func TestKnownOfASharedClient(t *testing.T) {
	srv := ewstest.New(t)
	client := login(t, srv, 0, orm.Config{}).Transport()
	srv.ForgetRequests()
	for _, endpoint := range []string{"", client.Endpoint()} {
		acct, err := orm.Open(t.Context(), srv.Address(0), orm.Config{Client: client, Known: &orm.Known{Address: srv.Address(0), Endpoint: endpoint}})
		if err != nil {
			t.Fatal(err)
		}
		if n := len(srv.Requests()); n != 0 || acct.Known().Endpoint != srv.URL {
			t.Errorf("%d requests, known %+v", n, acct.Known())
		}
	}
}

func TestKnownThatMakesNoSense(t *testing.T) {
	good := orm.Known{Requested: "a@example.com", Address: "ann@example.com", Endpoint: "https://mail.example.com/EWS/Exchange.asmx"}
	client, err := ews.New(ews.Config{Endpoint: "https://other.example.com/EWS/Exchange.asmx"})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		address string
		edit    func(k *orm.Known, c *orm.Config)
		want    string // empty: it is well
	}{
		{"ann@example.com", func(*orm.Known, *orm.Config) {}, ""},
		{"A@example.com", func(*orm.Known, *orm.Config) {}, ""},
		{"bob@example.com", func(*orm.Known, *orm.Config) {}, `orm: Config.Known is of "a@example.com": give what Account.Known said of the address that is opened`},
		{"a@example.com", func(k *orm.Known, _ *orm.Config) { k.Address = "" }, "orm: Config.Known has no Address: give what Account.Known returned"},
		{"a@example.com", func(k *orm.Known, _ *orm.Config) { k.Endpoint = "" }, "orm: Config.Known has no Endpoint: give what Account.Known returned"},
		{"a@example.com", func(_ *orm.Known, c *orm.Config) { c.Endpoint = good.Endpoint }, "orm: Config.Known has an endpoint: leave Endpoint and Server out"},
		{"a@example.com", func(_ *orm.Known, c *orm.Config) { c.Server = "mail.example.com" }, "orm: Config.Known has an endpoint: leave Endpoint and Server out"},
		{"a@example.com", func(_ *orm.Known, c *orm.Config) { c.Client = client },
			"orm: Config.Known is of the endpoint https://mail.example.com/EWS/Exchange.asmx, and Client is of https://other.example.com/EWS/Exchange.asmx"},
		{"a@example.com", func(k *orm.Known, _ *orm.Config) {
			k.Discovered, k.Endpoint = true, "http://mail.example.com/EWS/Exchange.asmx"
		}, "orm: Config.Known has an Endpoint that is no https URL, which autodiscover never finds: somebody has changed it; open by the address alone"},
		{"a@example.com", func(k *orm.Known, _ *orm.Config) { k.Endpoint = "http://mail.example.com/EWS/Exchange.asmx" }, ""},
		{"a@example.com", func(k *orm.Known, _ *orm.Config) { k.Endpoint = "https://u:hush@mail.example.com/" },
			"ews: Config.Endpoint has a user or a password in it; give them to Config.Auth, as in auth.Basic(user, password)"},
	} {
		k, cfg := good, orm.Config{}
		cfg.Known = &k
		tt.edit(&k, &cfg)
		got := ""
		if _, err := orm.Open(t.Context(), tt.address, cfg); err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.address, got, tt.want)
		}
	}
}

// forking is a Method that has connections of its own, as NTLM does.
type forking struct{ auth.Method }

func (f forking) Wrap(next http.RoundTripper) http.RoundTripper {
	own, err := auth.Fork(next, nil)
	if err != nil {
		panic(err)
	}
	return f.Method.Wrap(own)
}

// TestKnownScheme: the scheme is that of the last answer that was no refusal,
// over the connections of a Method's own, too.
func TestKnownScheme(t *testing.T) {
	srv := ewstest.New(t)
	acct, err := orm.Open(t.Context(), srv.Address(0), orm.Config{
		Endpoint: srv.URL, HTTPClient: &http.Client{Transport: direct(srv)}, Auth: forking{auth.Basic(srv.Address(0), ewstest.Password)},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := acct.Known().Scheme; got != "Basic" {
		t.Errorf("scheme %q", got)
	}
}
