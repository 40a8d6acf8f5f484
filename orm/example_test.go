package orm_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/orm"
)

// exampleServer is a server with the mailboxes of Alice and Bob, 20 messages in
// each.
func exampleServer() *ewstest.Server {
	srv, err := ewstest.NewServer(ewstest.Config{Clock: func() time.Time { return noon }})
	if err != nil {
		log.Fatal(err)
	}
	srv.Seed(20)
	srv.Start()
	return srv
}

// exampleAccount opens Alice's mailbox on a server of its own.
func exampleAccount() (*orm.Account, func()) {
	srv := exampleServer()
	acct, err := orm.Open(context.Background(), "alice@example.com", orm.Config{
		Endpoint: srv.URL, HTTPClient: srv.HTTPClient(), Auth: auth.Basic("alice@example.com", ewstest.Password),
	})
	if err != nil {
		log.Fatal(err)
	}
	return acct, srv.Close
}

func ExampleOpen() {
	srv := exampleServer() // of package ewstest
	defer srv.Close()
	ctx := context.Background()

	acct, err := orm.Open(ctx, "alice@example.com", orm.Config{
		Endpoint:   srv.URL,          // as in https://mail.example.com/EWS/Exchange.asmx
		HTTPClient: srv.HTTPClient(), // trusts the test server's certificate
		Auth:       auth.Basic("alice@example.com", "secret"),
	})
	if err != nil {
		log.Fatal(err)
	}
	n, err := acct.Inbox().Messages().Count(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(acct.Address(), "has", n, "messages")
	// Output: alice@example.com has 20 messages
}

// A service account acts as the owners of many mailboxes over one connection
// pool.
func ExampleOpen_impersonation() {
	srv, err := ewstest.NewServer(ewstest.Config{Accounts: []ewstest.Account{
		{Address: "alice@example.com"}, {Address: "bob@example.com"},
		{Address: "service@example.com", Password: "secret", Impersonates: true},
	}})
	if err != nil {
		log.Fatal(err)
	}
	srv.Seed(3)
	srv.Start()
	defer srv.Close()
	ctx := context.Background()

	client, err := ews.New(ews.Config{
		Endpoint: srv.URL, HTTPClient: srv.HTTPClient(), Auth: auth.Basic("service@example.com", "secret"),
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, address := range []string{"alice@example.com", "bob@example.com"} {
		acct, err := orm.Open(ctx, address, orm.Config{Client: client, Access: orm.Impersonation})
		if err != nil {
			log.Fatal(err)
		}
		n, err := acct.Inbox().Messages().Count(ctx)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(address, n)
	}
	// Output:
	// alice@example.com 3
	// bob@example.com 3
}

func ExampleQuery_Filter() {
	acct, done := exampleAccount()
	defer done()
	ctx := context.Background()

	unread := acct.Inbox().Messages().
		Filter(field.Message.IsRead.Is(false), field.Message.Subject.IContains("invoice")).
		Exclude(field.Message.Categories.Contains("done")).
		OrderBy(field.Message.DateTimeReceived.Desc()).
		Only(field.Message.Subject, field.Message.From)
	for m, err := range unread.Limit(10).All(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(m.Subject, "from", m.From.EmailAddress)
	}
	// Output:
	// Invoice 9 from Frank@example.org
	// Invoice 2 from Dave@example.org
}

// Conditions in Django's spelling, as in Python's exchangelib.
func ExampleQuery_Where() {
	acct, done := exampleAccount()
	defer done()
	ctx := context.Background()

	q := orm.Q("subject__istartswith", "lunch").Or(orm.Q("importance", "High")).And(orm.Q("is_read", true).Not())
	for m, err := range acct.Inbox().Messages().Where(q).OrderByName("-subject").Limit(4).All(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(m.Subject, m.Importance)
	}
	// Output:
	// Travel 14 High
	// Release 11 High
	// Minutes 8 High
	// Lunch 3 Low
}

func ExampleQuery_Err() {
	acct, done := exampleAccount()
	defer done()

	q := acct.Inbox().Messages().Where(orm.Q("subjct__icontains", "lunch"))
	fmt.Println(q.Err())
	// Output: orm: "subjct" is no field of a Message; did you mean "subject"?
}

func ExampleQuery_Get() {
	acct, done := exampleAccount()
	defer done()
	ctx := context.Background()

	m, err := acct.Inbox().Messages().Filter(field.Message.Subject.Equals("Budget 13")).Get(ctx)
	fmt.Println(m.Subject, err)
	_, err = acct.Inbox().Messages().Filter(field.Message.Subject.Equals("Budget 1300")).Get(ctx)
	fmt.Println(errors.Is(err, orm.ErrNotFound), err)
	// Output:
	// Budget 13 <nil>
	// true orm: no Message in folder "inbox" meets the query
}

func ExampleQuery_Explain() {
	acct, done := exampleAccount()
	defer done()

	subjects := acct.Inbox().Messages().Only(field.Message.Subject)
	plan, err := subjects.Explain()
	fmt.Println("then GetItem:", plan.Get != nil, err)
	plan, err = subjects.Only(field.Message.ToRecipients).Explain()
	fmt.Println("then GetItem:", plan.Get != nil, err) // FindItem returns no recipients
	// Output:
	// then GetItem: false <nil>
	// then GetItem: true <nil>
}

// All ids are gathered before the first item is deleted. What the server
// refuses is data.
func ExampleQuery_Delete() {
	acct, done := exampleAccount()
	defer done()
	ctx := context.Background()

	results, err := acct.Inbox().Messages().Filter(field.Message.IsRead.Is(true)).Delete(ctx, orm.MoveToDeletedItems)
	if err != nil {
		log.Fatal(err) // of the call; results say what was done
	}
	fmt.Println(len(results.Values()), "deleted, refused:", results.Err())
	// Output: 7 deleted, refused: <nil>
}

func ExampleValues() {
	acct, done := exampleAccount()
	defer done()
	ctx := context.Background()

	inbox := acct.Inbox().Messages().OrderBy(field.Message.Subject.Asc()).Limit(2)
	for subject, err := range orm.Values(ctx, inbox, field.Message.Subject) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(subject)
	}
	// Output:
	// Budget 13
	// Budget 20
}

func ExampleFolder_Path() {
	acct, done := exampleAccount()
	defer done()
	ctx := context.Background()

	f, err := acct.Root().Path(ctx, "inbox") // in any case
	fmt.Println(f.Name(), f.Total(), err)
	_, err = acct.Root().Path(ctx, "Inbx")
	fmt.Println(err)
	// Output:
	// Inbox 20 <nil>
	// orm: no folder "Inbx"; did you mean "Inbox"?
}

func ExampleFolder_Ensure() {
	acct, done := exampleAccount()
	defer done()
	ctx := context.Background()

	invoices, err := acct.Root().Ensure(ctx, "Projects", "2026", "Invoices")
	if err != nil {
		log.Fatal(err)
	}
	path, err := invoices.AbsolutePath(ctx)
	fmt.Println(path, err)
	// Output: /root/Top of Information Store/Projects/2026/Invoices <nil>
}

func ExampleFolder_Glob() {
	acct, done := exampleAccount()
	defer done()
	ctx := context.Background()

	for _, project := range []string{"Alpha", "Beta", "Gamma"} {
		if _, err := acct.Root().Ensure(ctx, "Projects", project, "Invoices"); err != nil {
			log.Fatal(err)
		}
	}
	found, err := acct.Root().Glob(ctx, "projects/[ab]*/inv*")
	if err != nil {
		log.Fatal(err)
	}
	n, err := orm.In(found...).Messages().Count(ctx)
	fmt.Println(len(found), "folders with", n, "messages", err)
	// Output: 2 folders with 0 messages <nil>
}

func ExampleFolder_Tree() {
	acct, done := exampleAccount()
	defer done()
	ctx := context.Background()

	for _, year := range []string{"2025", "2026"} {
		if _, err := acct.Inbox().Ensure(ctx, "Archive", year); err != nil {
			log.Fatal(err)
		}
	}
	tree, err := acct.Inbox().Tree(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(tree)
	// Output:
	// Inbox
	// └── Archive
	//     ├── 2025
	//     └── 2026
}

// A series is one item; the view has each of its occurrences.
func ExampleFolder_View() {
	acct, done := exampleAccount()
	defer done()
	ctx := context.Background()

	monday := time.Date(2030, 3, 4, 9, 0, 0, 0, time.UTC)
	err := acct.Create(ctx, acct.Calendar(), &orm.CalendarItem{
		Subject: "Stand-up", Start: monday, End: monday.Add(15 * time.Minute),
		Recurrence: types.Recurrence{
			Pattern: &types.DailyRecurrencePattern{Interval: 1},
			Range:   &types.NumberedRecurrenceRange{StartDate: monday, NumberOfOccurrences: 5},
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	for e, err := range acct.Calendar().View(monday, monday.AddDate(0, 0, 2)).All(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(e.Start.Format("Monday 15:04"), e.Subject)
	}
	// Output:
	// Monday 09:00 Stand-up
	// Tuesday 09:00 Stand-up
}

func ExampleAccount_Create() {
	acct, done := exampleAccount()
	defer done()
	ctx := context.Background()

	carol := &orm.Contact{
		GivenName: "Carol", Surname: "Smith",
		EmailAddresses: []types.EmailAddressDictionaryEntry{{Key: types.EmailAddressKeyEmailAddress1, Value: "carol@example.org"}},
	}
	err := acct.Create(ctx, acct.Contacts(), carol)
	fmt.Println(carol.ItemID.ID != "", err)
	// Output: true <nil>
}

// An update names its fields, and sends nothing else.
func ExampleAccount_Update() {
	acct, done := exampleAccount()
	defer done()
	ctx := context.Background()

	m, err := acct.Inbox().Messages().Filter(field.Message.Subject.Equals("Lunch 3")).Get(ctx)
	if err != nil {
		log.Fatal(err)
	}
	err = acct.Update(ctx, m, field.Message.IsRead.Set(true), field.Message.Categories.Set("food", "Friday"))
	fmt.Println(m.IsRead, m.Categories, err)
	// Output: true [food Friday] <nil>
}

func ExampleAccount_Send() {
	acct, done := exampleAccount()
	defer done()
	ctx := context.Background()

	err := acct.Send(ctx, &orm.Message{
		Subject:      "Lunch?",
		Body:         orm.HTMLBody("<p>At <b>noon</b>.</p>"),
		ToRecipients: orm.To("bob@example.com"),
	})
	if err != nil {
		log.Fatal(err)
	}
	sent, err := acct.Sent().Messages().First(ctx)
	fmt.Println(sent.Subject, "to", sent.DisplayTo, err)
	// Output: Lunch? to Bob <nil>
}
