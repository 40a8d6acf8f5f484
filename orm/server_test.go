package orm_test

import (
	"testing"
	"time"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/orm"
)

// noon is the time of the servers in these tests.
var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// clock is a clock that stands, but for a second a look, so that what comes
// later is later.
func clock() func() time.Time {
	at := noon
	return func() time.Time {
		at = at.Add(time.Second)
		return at
	}
}

// open starts a server and opens its first mailbox.
func open(t testing.TB, cfg ...ewstest.Config) (*ewstest.Server, *orm.Account) {
	t.Helper()
	srv := ewstest.New(t, cfg...)
	return srv, login(t, srv, 0, orm.Config{})
}

// login opens the mailbox of account i as that account.
func login(t testing.TB, srv *ewstest.Server, i int, cfg orm.Config) *orm.Account {
	t.Helper()
	cfg.Endpoint, cfg.HTTPClient = srv.URL, srv.HTTPClient()
	cfg.Auth = auth.Basic(srv.Address(i), ewstest.Password)
	acct, err := orm.Open(t.Context(), srv.Address(i), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return acct
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
