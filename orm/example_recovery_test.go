package orm_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/orm"
)

// A send whose answer is lost is not sent again: the copy in Sent Items, which
// carries a mark, shows that it was done.
func ExampleRecovery() {
	srv := exampleServer()
	defer srv.Close()
	ctx := context.Background()

	acct, err := orm.Open(ctx, "alice@example.com", orm.Config{
		Endpoint: srv.URL, HTTPClient: srv.HTTPClient(), Auth: auth.Basic("alice@example.com", ewstest.Password),
		Recovery: new(orm.Recovery),
	})
	if err != nil {
		log.Fatal(err)
	}
	srv.Inject(ewstest.Fault{Op: "CreateItem", DropAfter: true, Times: 1}) // it is done, and the connection breaks
	err = acct.Send(ctx, &orm.Message{Subject: "Minutes", ToRecipients: orm.To("bob@example.com")})
	fmt.Println(err)
	// Output: <nil>
}

// Of a write of which nothing can be found, it is not known whether it was
// done: the program looks again later, and decides.
func ExampleUnknownError() {
	srv := exampleServer()
	defer srv.Close()
	ctx := context.Background()

	acct, err := orm.Open(ctx, "alice@example.com", orm.Config{
		Endpoint: srv.URL, HTTPClient: srv.HTTPClient(), Auth: auth.Basic("alice@example.com", ewstest.Password),
		Recovery: &orm.Recovery{Looks: 1},
	})
	if err != nil {
		log.Fatal(err)
	}
	srv.Inject(ewstest.Fault{Op: "CreateItem", DropBefore: true, Times: 1}) // the connection breaks before it is done
	minutes := &orm.Message{Subject: "Minutes", ToRecipients: orm.To("bob@example.com")}
	err = acct.Send(ctx, minutes)
	var unknown *orm.UnknownError
	switch {
	case err == nil:
		fmt.Println("sent")
	case errors.As(err, &unknown):
		// A minute later, say: the server may have been at work on it.
		_, done, err := unknown.Check(ctx)
		if err != nil {
			log.Fatal(err)
		}
		if !done {
			err = acct.Send(ctx, minutes)
		}
		fmt.Println("was sent:", done, "now sent:", err == nil)
	default:
		fmt.Println("refused:", err) // nothing was done
	}
	// Output: was sent: false now sent: true
}

// A program that may itself end at any moment writes down a mark before it
// sends. When it runs again, it looks for it first.
func ExampleMarkProperty() {
	acct, done := exampleAccount()
	defer done()
	ctx := context.Background()

	mark := field.ExtendedText[*orm.Message](orm.MarkProperty())
	send := func(job string) error {
		sent, err := acct.Sent().Messages().Filter(mark.Equals(job)).Exists(ctx)
		if err != nil || sent {
			fmt.Println(job, "was sent:", sent)
			return err
		}
		minutes := &orm.Message{Subject: "Minutes", ToRecipients: orm.To("bob@example.com")}
		mark.Set(job).Apply(minutes)
		fmt.Println(job, "is sent")
		return acct.Send(ctx, minutes)
	}
	for range 2 {
		if err := send("job 17"); err != nil {
			log.Fatal(err)
		}
	}
	// Output:
	// job 17 is sent
	// job 17 was sent: true
}

// The parts of a bulk call whose answer is lost are told apart by their marks.
func ExampleErrUnknown() {
	srv := exampleServer()
	defer srv.Close()
	ctx := context.Background()

	acct, err := orm.Open(ctx, "alice@example.com", orm.Config{
		Endpoint: srv.URL, HTTPClient: srv.HTTPClient(), Auth: auth.Basic("alice@example.com", ewstest.Password), ChunkSize: 2,
	})
	if err != nil {
		log.Fatal(err)
	}
	srv.Inject(ewstest.Fault{Op: "CreateItem", Nth: 2, DropAfter: true})
	items := make([]orm.Item, 6)
	for i := range items {
		items[i] = &orm.Message{Subject: fmt.Sprint("Note ", i)}
	}
	results, err := acct.CreateAll(ctx, acct.Drafts(), items)
	fmt.Println("all done:", err == nil)
	for i, r := range results {
		switch {
		case r.Err == nil:
			fmt.Println(i, "done")
		case errors.Is(r.Err, orm.ErrUnknown):
			fmt.Println(i, "done or not") // Config.Recovery would have found out
		case errors.Is(r.Err, orm.ErrNotAttempted):
			fmt.Println(i, "not sent")
		default:
			fmt.Println(i, "refused")
		}
	}
	// Output:
	// all done: false
	// 0 done
	// 1 done
	// 2 done or not
	// 3 done or not
	// 4 not sent
	// 5 not sent
}
