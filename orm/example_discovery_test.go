package orm_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/autodiscover"
	"github.com/seed-1937cc67/goews/orm"
)

// An address and a password are enough: autodiscover finds the server, and the
// answer is kept for the next time.
func ExampleOpen_byAddress() {
	srv := exampleServer() // of package ewstest; its client takes example.com for it
	defer srv.Close()
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "cache")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	for range 2 {
		acct, err := orm.Open(ctx, "alice@example.com", orm.Config{
			Auth: auth.Basic("alice@example.com", "secret"),
			// All that follows may be left out: then the cache is the one that all
			// programs of the user share.
			HTTPClient: srv.HTTPClient(),
			Autodiscover: autodiscover.Config{
				Cache:    &autodiscover.DiskCache{Dir: dir},
				Resolver: noRecords{}, // there is no DNS in this example
			},
		})
		if err != nil {
			log.Fatal(err)
		}
		found := acct.Discovered()
		fmt.Printf("%s is at %s (from the cache: %v)\n", acct.Address(), found.EWS, found.FromCache)
	}
	// Output:
	// alice@example.com is at https://autodiscover.example.com/EWS/Exchange.asmx (from the cache: false)
	// alice@example.com is at https://autodiscover.example.com/EWS/Exchange.asmx (from the cache: true)
}

// A program that keeps what an account knows starts without a request.
func ExampleAccount_Known() {
	srv := exampleServer() // of package ewstest
	defer srv.Close()
	ctx := context.Background()
	cfg := orm.Config{Server: srv.Host(), HTTPClient: srv.HTTPClient(), Auth: auth.Basic("alice@example.com", "secret")}
	acct, err := orm.Open(ctx, "alice@example.com", cfg)
	if err != nil {
		log.Fatal(err)
	}
	kept, err := json.Marshal(acct.Known()) // no secret is in it
	if err != nil {
		log.Fatal(err)
	}

	// The next time:
	known := new(orm.Known)
	if err := json.Unmarshal(kept, known); err != nil {
		log.Fatal(err)
	}
	cfg.Server, cfg.Known = "", known
	srv.ForgetRequests()
	acct, err = orm.Open(ctx, "alice@example.com", cfg)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(known.Version, "by", known.Scheme, "-", len(srv.Requests()), "requests")
	// Output: V2017_07_11 by Basic - 0 requests
}
