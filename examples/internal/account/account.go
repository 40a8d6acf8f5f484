// Package account opens the mailbox that an example works on.
package account

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/orm"
)

// Main opens a mailbox, runs the example on it, and ends the program. The flags
// -endpoint, -address and -user say which one; the password is in the
// environment variable EWS_PASSWORD. Without -endpoint the server is found by
// the address. With neither it is one that runs in this process, with some items
// in it.
func Main(run func(ctx context.Context, acct *orm.Account, out io.Writer) error) {
	endpoint := flag.String("endpoint", "", "URL of Exchange.asmx; empty: found by -address")
	address := flag.String("address", "", "SMTP address of the mailbox; without it and -endpoint: a server in this process")
	user := flag.String("user", "", `user name, as in EXAMPLE\john; empty: the address`)
	flag.Parse()
	ctx := context.Background()
	err := func() error {
		if *endpoint == "" && *address == "" {
			srv, err := ewstest.NewServer(ewstest.Config{})
			if err != nil {
				return err
			}
			srv.Seed(40)
			srv.Start()
			defer srv.Close()
			acct, err := OnServer(ctx, srv)
			if err != nil {
				return err
			}
			return run(ctx, acct, os.Stdout)
		}
		password := os.Getenv("EWS_PASSWORD")
		if *address == "" || password == "" {
			return errors.New("give -address, and the password in EWS_PASSWORD")
		}
		acct, err := orm.Open(ctx, *address, orm.Config{
			Endpoint: *endpoint,
			Auth:     auth.Basic(cmp.Or(*user, *address), auth.Secret(password)),
		})
		if err != nil {
			return err
		}
		return run(ctx, acct, os.Stdout)
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// OnServer opens the first mailbox of a test server.
func OnServer(ctx context.Context, srv *ewstest.Server) (*orm.Account, error) {
	return orm.Open(ctx, srv.Address(0), orm.Config{
		Endpoint: srv.URL, HTTPClient: srv.HTTPClient(), Auth: auth.Basic(srv.Address(0), ewstest.Password),
	})
}
