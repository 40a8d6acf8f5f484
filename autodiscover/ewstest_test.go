package autodiscover_test

import (
	"errors"
	"io/fs"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/autodiscover"
	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// A server that was written without this package is found, in each version and
// by each of its services.
func TestEwstest(t *testing.T) {
	ann := ewstest.Account{
		Address: "ann@example.com", Password: password, Name: "Ann Example", Aliases: []string{"a.example@example.com"},
		AlternateMailboxes: []ewstest.AlternateMailbox{{Type: "Archive", Name: "Archive of Ann", LegacyDN: "/o=x/cn=archive", Server: "a@example.com"}},
	}
	type found struct {
		Service          autodiscover.Kind
		Address, Archive string
		Folders          string
		Version          types.ExchangeVersion
		Build            string
	}
	full := func(service autodiscover.Kind, version types.ExchangeVersion, build string) found {
		return found{service, "ann@example.com", "Archive of Ann", "folders@example.com", version, build}
	}
	for _, tc := range []struct {
		name    string
		version types.ExchangeVersion
		set     func(*ewstest.Config, *autodiscover.Config)
		address string
		want    found
		err     error
	}{
		{name: "2007", version: types.ExchangeVersionExchange2007SP1, want: full(autodiscover.POX, types.ExchangeVersionExchange2007SP1, "8.1.240")},
		{name: "2010", version: types.ExchangeVersionExchange2010, want: full(autodiscover.SOAP, types.ExchangeVersionExchange2010, "14.0.639.21")},
		{name: "2013 SP1", version: types.ExchangeVersionExchange2013SP1, want: full(autodiscover.SOAP, types.ExchangeVersionExchange2013SP1, "15.0.1497.2")},
		{name: "2016", version: types.ExchangeVersionExchange2016, want: full(autodiscover.SOAP, types.ExchangeVersionExchange2016, "15.1.225.42")},
		{name: "2019", want: full(autodiscover.SOAP, types.ExchangeVersionExchange2016, "15.2.2562.17")},
		{name: "an alias", address: "a.example@example.com", want: full(autodiscover.SOAP, types.ExchangeVersionExchange2016, "15.2.2562.17")},
		{name: "an alias by POX", address: "a.example@example.com", set: func(c *ewstest.Config, _ *autodiscover.Config) { c.Autodiscover.NoSOAP = true },
			want: full(autodiscover.POX, types.ExchangeVersionExchange2016, "15.2.2562")},
		{name: "no credentials", set: func(_ *ewstest.Config, c *autodiscover.Config) { c.Auth = nil }, want: found{Service: autodiscover.JSON, Address: "ann@example.com"}},
		{name: "JSON alone", set: func(c *ewstest.Config, _ *autodiscover.Config) {
			c.Autodiscover.NoSOAP, c.Autodiscover.NoPOX = true, true
		},
			want: found{Service: autodiscover.JSON, Address: "ann@example.com"}},
		{name: "another address", address: "old@example.com", set: func(c *ewstest.Config, _ *autodiscover.Config) {
			c.Autodiscover.Redirects = map[string]string{"old@example.com": "ann@example.com"}
		}, want: full(autodiscover.SOAP, types.ExchangeVersionExchange2016, "15.2.2562.17")},
		{name: "another address, without credentials", address: "old@example.com", set: func(s *ewstest.Config, c *autodiscover.Config) {
			s.Autodiscover.Redirects = map[string]string{"old@example.com": "ann@example.com"}
			c.Auth = nil
		}, want: found{Service: autodiscover.JSON, Address: "ann@example.com"}},
		{name: "another URL", address: "old@example.com", set: func(c *ewstest.Config, _ *autodiscover.Config) {
			c.Autodiscover.Redirects = map[string]string{"old@example.com": "https://other.example.com/autodiscover/autodiscover.svc"}
		}, err: autodiscover.ErrNotFound},
		{name: "nobody", address: "nobody@example.com", err: fs.ErrNotExist},
		{name: "nobody, by POX", address: "nobody@example.com", version: types.ExchangeVersionExchange2007SP1, err: fs.ErrNotExist},
		{name: "nobody, without credentials", address: "nobody@example.com", set: func(_ *ewstest.Config, c *autodiscover.Config) { c.Auth = nil }, err: fs.ErrNotExist},
		{name: "wrong password", set: func(_ *ewstest.Config, c *autodiscover.Config) { c.Auth = auth.Basic("ann@example.com", "wrong") }, err: autodiscover.ErrCredentials},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				sc := ewstest.Config{Accounts: []ewstest.Account{ann}, Version: tc.version}
				sc.Autodiscover.PublicFolders = "folders@example.com"
				cfg := w.config()
				if tc.set != nil {
					tc.set(&sc, &cfg)
				}
				server, err := ewstest.NewServer(sc)
				if err != nil {
					t.Fatal(err)
				}
				defer server.Close()
				w.hosts["https://autodiscover.example.com"] = server
				r, err := autodiscover.Discover(t.Context(), either(tc.address, "ann@example.com"), cfg)
				if tc.err != nil {
					if !errors.Is(err, tc.err) {
						t.Errorf("got %v, want %v", err, tc.err)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				got := found{Service: r.Service, Address: r.Address, Version: r.Version, Build: r.Build, Folders: r.PublicFolders}
				if a := r.Archive(); a != nil {
					got.Archive = a.DisplayName
				}
				if diff := cmp.Diff(tc.want, got, cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
				if r.EWS != "https://autodiscover.example.com"+ewstest.EndpointPath {
					t.Errorf("EWS is %s", r.EWS)
				}
			})
		})
	}
}

// Faults of a server do not lead astray.
func TestEwstestFaults(t *testing.T) {
	for name, tc := range map[string]struct {
		fault ewstest.Fault
		err   error // nil: it is found all the same
	}{
		"busy once":     {ewstest.Fault{Op: "GetUserSettings", Code: messages.ErrorServerBusy, Times: 1}, nil},
		"busy for good": {ewstest.Fault{Op: "GetUserSettings", Code: messages.ErrorServerBusy}, messages.ErrThrottled},
		"an error once": {ewstest.Fault{Op: "GetUserSettings", Code: messages.ErrorInternalServerError, Times: 1}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				server, err := ewstest.NewServer(ewstest.Config{Accounts: []ewstest.Account{{Address: ann, Password: password}}})
				if err != nil {
					t.Fatal(err)
				}
				defer server.Close()
				server.Inject(tc.fault)
				w.hosts["https://autodiscover.example.com"] = server
				_, err = autodiscover.Discover(t.Context(), ann, w.config())
				if tc.err == nil && err != nil || tc.err != nil && !errors.Is(err, tc.err) {
					t.Errorf("got %v, want %v", err, tc.err)
				}
			})
		})
	}
}
