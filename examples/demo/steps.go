package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/auth/password"
	"github.com/seed-1937cc67/goews/autodiscover"
	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/orm"
)

// step is a step of the tour, on the mailboxes of Alice and Bob.
type step func(ctx context.Context, out io.Writer, alice, bob *orm.Account) error

// network is a step of the tour that is about the way to the server.
type network func(ctx context.Context, out io.Writer, srv *ewstest.Server, client *http.Client) error

var networks = []network{find, trouble}

var steps = []step{look, newest, filters, django, explain, misspelt, numbers, folders, life, send, calendar, contacts, bulk}

// open a mailbox. It sends one request: a wrong address, password or URL is an error here, not later.
func open(ctx context.Context, address, url string, client *http.Client) (*orm.Account, error) {
	return orm.Open(ctx, address, orm.Config{
		Endpoint:   url,
		HTTPClient: client, // trusts the server's certificate
		Auth:       auth.Basic(address, ewstest.Password),
	})
}

// look around: the folders, with their numbers of items.
func look(ctx context.Context, out io.Writer, alice, bob *orm.Account) error {
	tree, err := alice.Root().Tree(ctx)
	if err != nil {
		return err
	}
	fmt.Fprint(out, tree)
	return nil
}

// newest messages first. A query is a value; the loop asks the server for it, page by page.
func newest(ctx context.Context, out io.Writer, alice, bob *orm.Account) error {
	inbox := alice.Inbox().Messages()
	for m, err := range inbox.OrderBy(field.Message.DateTimeReceived.Desc()).Limit(3).All(ctx) {
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%-12s from %-6s %s\n", m.Subject, m.From.Name, m.From.EmailAddress)
	}
	return nil
}

// filters know their item class: field.CalendarItem.Start does not compile here.
func filters(ctx context.Context, out io.Writer, alice, bob *orm.Account) error {
	unread := alice.Inbox().Messages().
		Filter(field.Message.IsRead.Is(false), field.Message.Subject.IContains("invoice")).
		Exclude(field.Message.Importance.Equals(types.ImportanceChoicesLow)).
		OrderBy(field.Message.Subject.Asc()).
		Only(field.Message.Subject, field.Message.Importance)
	for m, err := range unread.All(ctx) {
		if err != nil {
			return err
		}
		fmt.Fprintln(out, m.Subject, m.Importance)
	}
	return nil
}

// django's spelling, for code that comes from Python's exchangelib, and for queries made from text.
func django(ctx context.Context, out io.Writer, alice, bob *orm.Account) error {
	q := orm.Q("subject__istartswith", "lunch").Or(orm.Q("categories", "Seed")).And(orm.Q("is_read", false))
	query := alice.Inbox().Messages().Where(q).OrderByName("-size", "subject")
	for subject, err := range orm.Values(ctx, query.Limit(4), field.Message.Subject) {
		if err != nil {
			return err
		}
		fmt.Fprintln(out, subject)
	}
	return nil
}

// explain a query: what would be sent, without sending it.
func explain(ctx context.Context, out io.Writer, alice, bob *orm.Account) error {
	query := alice.Inbox().Messages().Only(field.Message.From).Limit(5)
	plan, err := query.Explain()
	if err != nil {
		return err
	}
	page := plan.Find.Paging.(*types.IndexedPageView)
	fmt.Fprintf(out, "FindItem for %d items, which has the names of senders alone; GetItem for their addresses: %v\n",
		page.MaxEntriesReturned, plan.Get != nil)
	return nil
}

// misspelt names are found before anything is sent, and errors say what to do.
func misspelt(ctx context.Context, out io.Writer, alice, bob *orm.Account) error {
	_, err := alice.Inbox().Messages().Where(orm.Q("datetime_recieved__gt", time.Now())).Count(ctx)
	fmt.Fprintln(out, err)
	_, err = alice.Root().Path(ctx, "Inbx")
	fmt.Fprintln(out, err)
	_, err = alice.Inbox().Messages().Get(ctx)
	fmt.Fprintln(out, errors.Is(err, orm.ErrMultiple), err)
	return nil
}

// numbers need one request each, and no item is fetched.
func numbers(ctx context.Context, out io.Writer, alice, bob *orm.Account) error {
	inbox := alice.Inbox().Messages()
	all, err := inbox.Count(ctx)
	if err != nil {
		return err
	}
	urgent, err := inbox.Filter(field.Message.Importance.Equals(types.ImportanceChoicesHigh)).Count(ctx)
	if err != nil {
		return err
	}
	exists, err := inbox.Filter(field.Message.HasAttachments.Is(true)).Exists(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d messages, %d of high importance, any with attachments: %v\n", all, urgent, exists)
	return nil
}

// folders are made, found by path or pattern, and filled from a query.
func folders(ctx context.Context, out io.Writer, alice, bob *orm.Account) error {
	archive, err := alice.Inbox().Ensure(ctx, "Archive", "2026", "Invoices")
	if err != nil {
		return err
	}
	invoices := alice.Inbox().Messages().Filter(field.Message.Subject.IStartsWith("invoice"))
	moved, err := invoices.Move(ctx, archive)
	if err != nil {
		return err
	}
	found, err := alice.Root().Glob(ctx, "inbox/**/inv*")
	if err != nil {
		return err
	}
	path, err := found[0].AbsolutePath(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d moved into %s\n", len(moved.Values()), path)
	return nil
}

// life of an item: create, update, fetch. An update names its fields, and sends nothing else.
func life(ctx context.Context, out io.Writer, alice, bob *orm.Account) error {
	m := &orm.Message{
		Subject:      "Minutes of Monday",
		Body:         orm.TextBody("We agreed."),
		ToRecipients: orm.To("bob@example.com"),
	}
	if err := alice.Create(ctx, alice.Drafts(), m); err != nil {
		return err
	}
	err := alice.Update(ctx, m, field.Message.Importance.Set(types.ImportanceChoicesHigh), field.Message.Categories.Set("minutes"))
	if err != nil {
		return err
	}
	item, err := alice.Fetch(ctx, m.ItemID, field.Message.Subject, field.Message.Importance, field.Message.IsDraft)
	if err != nil {
		return err
	}
	got := item.(*orm.Message)
	fmt.Fprintf(out, "%q, importance %s, draft: %v\n", got.Subject, got.Importance, got.IsDraft)
	return nil
}

// send the draft to Bob, and read it there.
func send(ctx context.Context, out io.Writer, alice, bob *orm.Account) error {
	draft, err := alice.Drafts().Messages().First(ctx)
	if err != nil {
		return err
	}
	if err := alice.Send(ctx, draft); err != nil {
		return err
	}
	m, err := bob.Inbox().Messages().Filter(field.Message.From.Equals("alice@example.com")).Get(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "Bob reads: %s, from %s: %s\n", m.Subject, m.From.Name, m.Body.Value)
	return nil
}

// calendar: a series is one item; a view of the days has each of its occurrences.
func calendar(ctx context.Context, out io.Writer, alice, bob *orm.Account) error {
	monday := time.Date(2030, 3, 4, 9, 0, 0, 0, time.UTC)
	standup := &orm.CalendarItem{
		Subject: "Stand-up", Start: monday, End: monday.Add(15 * time.Minute),
		Recurrence: types.Recurrence{
			Pattern: &types.DailyRecurrencePattern{Interval: 1},
			Range:   &types.NumberedRecurrenceRange{StartDate: monday, NumberOfOccurrences: 5},
		},
	}
	if err := alice.Create(ctx, alice.Calendar(), standup); err != nil {
		return err
	}
	week := alice.Calendar().View(monday, monday.AddDate(0, 0, 3))
	for e, err := range week.Only(field.CalendarItem.Subject, field.CalendarItem.Start).All(ctx) {
		if err != nil {
			return err
		}
		fmt.Fprintln(out, e.Start.Format("Mon 15:04"), e.Subject)
	}
	return nil
}

// contacts, tasks and the other classes work the same way.
func contacts(ctx context.Context, out io.Writer, alice, bob *orm.Account) error {
	carol := &orm.Contact{
		GivenName: "Carol", Surname: "Smith", CompanyName: "Example Ltd",
		EmailAddresses: []types.EmailAddressDictionaryEntry{{Key: types.EmailAddressKeyEmailAddress1, Value: "carol@example.org"}},
	}
	if err := alice.Create(ctx, alice.Contacts(), carol); err != nil {
		return err
	}
	address := field.Contact.EmailAddresses.Key(types.EmailAddressKeyEmailAddress1)
	got, err := alice.Contacts().People().Filter(address.IStartsWith("carol@")).Get(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, got.GivenName, got.Surname, "has", address.Get(got))
	return nil
}

// bulk calls go in chunks. What the server refuses of them is data, in its place; the rest is done.
func bulk(ctx context.Context, out io.Writer, alice, bob *orm.Account) error {
	ids := []orm.ItemID{{ID: "AAMkNotAnItem"}}
	for id, err := range alice.Inbox().Messages().IDs(ctx) {
		if err != nil {
			return err
		}
		ids = append(ids, id)
	}
	results, err := alice.DeleteAll(ctx, ids, orm.MoveToDeletedItems)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d deleted; refused: %v\n", len(results.Values()), results.Err())
	counts, err := alice.Inbox().Counts(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d left\n", counts.Total)
	return nil
}

// find the server by the address, which may be an alias. What was found can be kept, and given back: then nothing is sent to open a mailbox.
func find(ctx context.Context, out io.Writer, srv *ewstest.Server, client *http.Client) error {
	acct, err := orm.Open(ctx, "alice@example.com", orm.Config{
		Auth:       password.New("alice@example.com", ewstest.Password), // the strongest that the server takes
		HTTPClient: client,
		Autodiscover: autodiscover.Config{
			Endpoints:     []string{"https://" + srv.Host()}, // example.com is no place to ask
			OnlyEndpoints: true,
			Cache:         autodiscover.NoCache{},
			Trace:         autodiscover.TraceTo(out),
		},
	})
	if err != nil {
		return err
	}
	known := acct.Known()
	fmt.Fprintln(out, known.Address, known.Endpoint, known.Version)
	return nil
}

// trouble: the server is busy, then does what it is asked and its answer is lost. Reading is repeated; a message is never sent twice: it is looked for.
func trouble(ctx context.Context, out io.Writer, srv *ewstest.Server, client *http.Client) error {
	acct, err := orm.Open(ctx, "alice@example.com", orm.Config{
		Endpoint:   srv.URL,
		HTTPClient: client,
		Auth:       auth.Basic("alice@example.com", ewstest.Password),
		Retry:      new(ews.Retry),
		Recovery:   new(orm.Recovery),
	})
	if err != nil {
		return err
	}
	busy := srv.Inject(ewstest.Fault{Op: "FindItem", Times: 2, Code: messages.ErrorServerBusy, BackOff: 50 * time.Millisecond})
	n, err := acct.Sent().Messages().Count(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d sent before; the server was busy %d times\n", n, busy.Hits())
	lost := srv.Inject(ewstest.Fault{Op: "CreateItem", Times: 1, DropAfter: true})
	err = acct.Send(ctx, &orm.Message{Subject: "Only once", ToRecipients: orm.To("bob@example.com")})
	if err != nil {
		return err
	}
	n, err = acct.Sent().Messages().Filter(field.Message.Subject.Equals("Only once")).Count(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d answer was lost, %d message was sent\n", lost.Hits(), n)
	return nil
}
