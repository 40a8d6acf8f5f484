package orm_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/internal/wire"
	"github.com/seed-1937cc67/goews/orm"
)

// account returns one over nothing: for what sends nothing.
func account(t testing.TB, version types.ExchangeVersion) *orm.Account {
	t.Helper()
	return orm.NewAccount("alice@example.com", orm.Config{}, newFake(0), version)
}

// restriction returns the filter as XML, in short.
func restriction(t *testing.T, e types.SearchExpression) string {
	t.Helper()
	if e == nil {
		return ""
	}
	enc := wire.NewEncoder(nil)
	types.EncodeSearchExpression(enc, e)
	if enc.Err() != nil {
		t.Fatal(enc.Err())
	}
	return string(enc.Bytes())
}

// The Django spelling says the same as the typed one.
func TestQSaysWhatTheTypedFilterSays(t *testing.T) {
	a := time.Date(2026, 3, 1, 9, 0, 0, 0, time.FixedZone("", 3600))
	b := a.Add(time.Hour)
	m, c, k := field.Message, field.CalendarItem, field.Contact
	inbox := account(t, types.ExchangeVersionV20170711).Inbox()
	messages := func(q orm.Condition) (types.SearchExpression, error) {
		return where(inbox.Messages().Where(q))
	}
	calendar := func(q orm.Condition) (types.SearchExpression, error) {
		return where(inbox.Appointments().Where(q))
	}
	contacts := func(q orm.Condition) (types.SearchExpression, error) { return where(inbox.People().Where(q)) }
	tests := []struct {
		of    func(orm.Condition) (types.SearchExpression, error)
		q     orm.Condition
		typed types.SearchExpression
	}{
		{messages, orm.Q("subject", "foo"), m.Subject.Equals("foo").Expression()},
		{messages, orm.Q("subject__not", "foo"), m.Subject.NotEquals("foo").Expression()},
		{messages, orm.Q("subject__exact", "foo"), m.Subject.Exactly("foo").Expression()},
		{messages, orm.Q("subject__iexact", "foo"), m.Subject.IExactly("foo").Expression()},
		{messages, orm.Q("subject__contains", "foo"), m.Subject.Contains("foo").Expression()},
		{messages, orm.Q("subject__icontains", "foo"), m.Subject.IContains("foo").Expression()},
		{messages, orm.Q("subject__startswith", "foo"), m.Subject.StartsWith("foo").Expression()},
		{messages, orm.Q("subject__istartswith", "foo"), m.Subject.IStartsWith("foo").Expression()},
		{messages, orm.Q("subject__gt", "foo"), m.Subject.GreaterThan("foo").Expression()},
		{messages, orm.Q("subject__gte", "foo"), m.Subject.AtLeast("foo").Expression()},
		{messages, orm.Q("subject__lt", "foo"), m.Subject.LessThan("foo").Expression()},
		{messages, orm.Q("subject__lte", "foo"), m.Subject.AtMost("foo").Expression()},
		{messages, orm.Q("subject__range", "a", "b"), m.Subject.AtLeast("a").And(m.Subject.AtMost("b")).Expression()},
		{messages, orm.Q("subject__in", "a", "b"), m.Subject.In("a", "b").Expression()},
		{messages, orm.Q("subject__in", []string{"a", "b"}), m.Subject.In("a", "b").Expression()},
		{messages, orm.Q("subject__exists", true), m.Subject.Exists().Expression()},
		{messages, orm.Q("subject__exists", false), m.Subject.Exists().Not().Expression()},
		{messages, orm.Q("subject", nil), m.Subject.Exists().Not().Expression()},
		{messages, orm.Q("subject__not", nil), m.Subject.Exists().Expression()},
		{messages, orm.Q("size__gt", 1000), m.Size.GreaterThan(1000).Expression()},
		{messages, orm.Q("size__in", int32(1), uint8(2)), m.Size.In(1, 2).Expression()},
		{messages, orm.Q("is_read", true), m.IsRead.Is(true).Expression()},
		{messages, orm.Q("is_read__exists", true), m.IsRead.Exists().Expression()},
		{messages, orm.Q("importance", types.ImportanceChoicesHigh), m.Importance.Equals(types.ImportanceChoicesHigh).Expression()},
		{messages, orm.Q("importance__in", "High", "Low"), m.Importance.In("High", "Low").Expression()},
		{messages, orm.Q("importance__not", "High"), m.Importance.NotEquals("High").Expression()},
		{messages, orm.Q("datetime_received__gt", a), m.DateTimeReceived.GreaterThan(a).Expression()},
		{messages, orm.Q("datetime_received__gt", "2026-03-01T09:00:00+01:00"), m.DateTimeReceived.GreaterThan(a).Expression()},
		{messages, orm.Q("categories", "red"), m.Categories.Has("red").Expression()},
		{messages, orm.Q("categories__in", "red", "green"), m.Categories.In("red", "green").Expression()},
		{messages, orm.Q("categories__contains", "red", "green"), m.Categories.Contains("red", "green").Expression()},
		{messages, orm.Q("categories__contains", []string{"red", "green"}), m.Categories.Contains("red", "green").Expression()},
		{messages, orm.Q("categories__contains", []string{}), nil},
		{messages, orm.Q("categories__exists", false), m.Categories.Exists().Not().Expression()},
		{messages, orm.Q("author", "a@b.c"), m.From.Equals("a@b.c").Expression()},
		{messages, orm.Q("author", orm.EmailAddress{EmailAddress: "a@b.c"}), m.From.Equals("a@b.c").Expression()},
		{messages, orm.Q("author__icontains", "a"), m.From.IContains("a").Expression()},
		{messages, orm.Q("author__contains", "a"), m.From.Contains("a").Expression()},
		{messages, orm.Q("author__startswith", "a"), m.From.StartsWith("a").Expression()},
		{messages, orm.Q("author__istartswith", "a"), m.From.IStartsWith("a").Expression()},
		{messages, orm.Q("sender__exists", true), m.Sender.Exists().Expression()},
		{messages, orm.Q("body__contains", "a"), m.Body.Contains("a").Expression()},
		{messages, orm.Q("body__icontains", "a"), m.Body.IContains("a").Expression()},
		{messages, orm.Q("to_recipients__exists", true), m.ToRecipients.Exists().Expression()},
		{messages, orm.Q("message_id", "<x@y>"), m.InternetMessageID.Equals("<x@y>").Expression()},
		{calendar, orm.Q("start__range", a, b), c.Start.Range(a, b).Expression()},
		{calendar, orm.Q("start__range", []time.Time{a, b}), c.Start.Range(a, b).Expression()},
		{calendar, orm.Q("start__lt", a), c.Start.LessThan(a).Expression()},
		{calendar, orm.Q("end__lte", a), c.End.AtMost(a).Expression()},
		{calendar, orm.Q("is_all_day", false), c.IsAllDayEvent.Is(false).Expression()},
		{contacts, orm.Q("email_addresses__EmailAddress1__istartswith", "john"), k.EmailAddresses.Key(types.EmailAddressKeyEmailAddress1).IStartsWith("john").Expression()},
		{contacts, orm.Q("email_addresses__EmailAddress2", "john"), k.EmailAddresses.Key(types.EmailAddressKeyEmailAddress2).Equals("john").Expression()},
		{contacts, orm.Q("phone_numbers__CarPhone", "1"), k.PhoneNumbers.Key(types.PhoneNumberKeyCarPhone).Equals("1").Expression()},
		{contacts, orm.Q("physical_addresses__Home__city__icontains", "x"), k.PhysicalAddresses.Sub(types.PhysicalAddressKeyHome, "City").IContains("x").Expression()},
		{contacts, orm.Q("physical_addresses__Home__zipcode", "x"), k.PhysicalAddresses.Sub(types.PhysicalAddressKeyHome, "PostalCode").Equals("x").Expression()},
		{messages, orm.Q("subject", "a").And(orm.Q("is_read", true), orm.Q("size__gt", 1)),
			m.Subject.Equals("a").And(m.IsRead.Is(true), m.Size.GreaterThan(1)).Expression()},
		{messages, orm.Q("subject__icontains", "a").Or(orm.Q("is_read", true)).Not(),
			m.Subject.IContains("a").Or(m.IsRead.Is(true)).Not().Expression()},
		{messages, orm.Q("subject", "a").Not().Not(), m.Subject.Equals("a").Expression()},
		{messages, orm.Q("subject__in").Not(), nil},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.q), func(t *testing.T) {
			got, err := tt.of(tt.q)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(restriction(t, tt.typed), restriction(t, got)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// where returns what the query asks for, without the restriction to its class.
func where[E any](q orm.Query[E]) (types.SearchExpression, error) {
	if err := q.Err(); err != nil {
		return nil, err
	}
	p, err := q.Explain()
	if err != nil {
		return nil, err
	}
	if p.Find == nil {
		return nil, errors.New("nothing is sent")
	}
	class := 0
	and, ok := p.Find.Restriction.(*types.And)
	if !ok {
		return nil, nil
	}
	rest := and.SearchExpressions[class+1:]
	if len(rest) == 1 {
		return rest[0], nil
	}
	return &types.And{SearchExpressions: rest}, nil
}

func TestQRefusesWhatTheServerLacks(t *testing.T) {
	inbox := account(t, types.ExchangeVersionV20170711).Inbox()
	deep := orm.Q("subject", "x")
	for range 200 {
		deep = deep.And(orm.Q("is_read", true)).Or(orm.Q("size", 1))
	}
	q := func(c orm.Condition) error { return inbox.Messages().Where(c).Err() }
	contact := func(c orm.Condition) error { return inbox.People().Where(c).Err() }
	tests := []struct {
		err  error
		text string
	}{
		{q(orm.Q("subjet", "x")), `orm: "subjet" is no field of a Message; did you mean "subject"?`},
		{q(orm.Q("Subject", "x")), `orm: "Subject" is no field of a Message; did you mean "subject"?`},
		{q(orm.Q("start", "x")), `orm: "start" is no field of a Message; did you mean "reminder_minutes_before_start"?`},
		{q(orm.Q("is_raed__exists", true)), `orm: "is_raed" is no field of a Message; did you mean "is_read"?`},
		{q(orm.Q("datetime_recieved__gt", 1)), `orm: "datetime_recieved" is no field of a Message; did you mean "datetime_received"?`},
		{q(orm.Q("received__gt", 1)), `orm: "received" is no field of a Message; did you mean "received_by" or "datetime_received" or "received_representing"?`},
		{q(orm.Q("subject__icontain", "x")), `orm: "subject" has no lookup "icontain"; did you mean "icontains"?`},
		{q(orm.Q("subject__endswith", "x")), `orm: "subject" has no lookup "endswith"; there are contains, exact, exists, gt, gte, icontains, iexact, in, istartswith, lt, lte, not, range, startswith`},
		{q(orm.Q("is_read__icontains", "x")), `orm: "is_read" has no lookup "icontains"; there are exists, not`},
		{q(orm.Q("categories__icontains", "x")), `orm: "categories" has no lookup "icontains"; did you mean "contains"?`},
		{q(orm.Q("size__contains", 1)), `orm: "size" has no lookup "contains"; there are exists, gt, gte, in, lt, lte, not, range`},
		{q(orm.Q("body", "x")), `orm: "body" can't be compared by the server without a lookup; there are contains, exists, icontains`},
		{q(orm.Q("to_recipients", "x")), `orm: "to_recipients" is not searched by the server; there is exists`},
		{inbox.Tasks().Where(orm.Q("percent_complete__gt", 5)).Err(), `orm: "percent_complete" is not searched by the server; there is exists`},
		{q(orm.Q("subject__icontains__x", "x")), `orm: "subject" has no lookup "icontains__x"; did you mean "icontains"?`},
		{q(orm.Q("subject")), `orm: "subject" takes one value, not 0`},
		{q(orm.Q("subject", "a", "b")), `orm: "subject" takes one value, not 2`},
		{q(orm.Q("subject", 5)), `orm: "subject" takes a text, not a int`},
		{q(orm.Q("subject__icontains", nil)), `orm: "subject__icontains" can't have nil: that goes with equality, not, or exists alone`},
		{q(orm.Q("subject__in", "a", nil)), `orm: "subject__in" takes a text, not nil`},
		{q(orm.Q("size__gt", "5")), `orm: "size__gt" takes a number, not a string`},
		{q(orm.Q("size__gt", 1.5)), `orm: "size__gt" takes a whole number, not a float64`},
		{q(orm.Q("size__range", 1)), `orm: "size__range" takes two values, not 1`},
		{q(orm.Q("is_read", "yes")), `orm: "is_read" takes true or false, not a string`},
		{q(orm.Q("is_read__exists", "yes")), `orm: "is_read__exists" takes true or false`},
		{q(orm.Q("datetime_received__gt", 5)), `orm: "datetime_received__gt" takes a time, not a int`},
		{q(orm.Q("datetime_received__gt", "yesterday")), `orm: "datetime_received__gt" takes a time, and "yesterday" is none: write it as 2006-01-02T15:04:05Z`},
		{q(deep), `orm: "condition" is nested more than 100 deep`},
		{contact(orm.Q("email_addresses", "x")), `orm: "email_addresses" needs the name of an entry after it, as in email_addresses__EmailAddress1; there are EmailAddress1, EmailAddress2, EmailAddress3`},
		{contact(orm.Q("phone_numbers__CarFone", "x")), `orm: "phone_numbers" needs the name of an entry after it, as in phone_numbers__AssistantPhone; did you mean "CarPhone"?`},
		{contact(orm.Q("physical_addresses__Home", "x")), `orm: "physical_addresses__Home" needs a part of the address after it, as in physical_addresses__Home__city; there are city, country, state, street, zipcode`},
		{inbox.Messages().OrderByName("-subjet").Err(), `orm: "subjet" is no field of a Message; did you mean "subject"?`},
		{inbox.Messages().OrderByName("subject__icontains").Err(), `orm: "subject__icontains" is a field with a lookup; give the field alone`},
		{inbox.Messages().OnlyName("subjet").Err(), `orm: "subjet" is no field of a Message; did you mean "subject"?`},
	}
	for _, tt := range tests {
		var e *orm.FieldError
		if !errors.As(tt.err, &e) || tt.err.Error() != tt.text {
			t.Errorf("got  %v\nwant %s", tt.err, tt.text)
		}
	}
	var e *orm.FieldError
	if err := inbox.Items().Where(orm.Q("nonsense", 1)).Err(); !errors.As(err, &e) || len(e.Allowed) < 40 || !strings.Contains(err.Error(), "; there are ") {
		t.Errorf("no list of fields in %v", err)
	}
}

// The error of a query is that of every terminal method, and nothing is sent.
func TestQueryErrorIsEverywhere(t *testing.T) {
	f := newFake(5)
	a := f.account(t, orm.Config{})
	q := a.Inbox().Messages().Where(orm.Q("nonsense", 1)).Filter(field.Message.IsRead.Is(true)).Limit(3)
	var errs []error
	add := func(err error) { errs = append(errs, err) }
	for _, err := range q.All(t.Context()) {
		add(err)
	}
	for _, err := range q.IDs(t.Context()) {
		add(err)
	}
	for _, err := range orm.Values(t.Context(), q, field.Message.Subject) {
		add(err)
	}
	_, err := q.Collect(t.Context())
	add(err)
	_, err = q.First(t.Context())
	add(err)
	_, err = q.Get(t.Context())
	add(err)
	_, err = q.Count(t.Context())
	add(err)
	_, err = q.Exists(t.Context())
	add(err)
	_, err = q.Explain()
	add(err)
	_, err = q.Delete(t.Context(), orm.HardDelete)
	add(err)
	_, err = q.Move(t.Context(), a.Trash())
	add(err)
	_, err = q.Copy(t.Context(), a.Trash())
	add(err)
	_, err = q.Send(t.Context())
	add(err)
	if len(errs) != 13 {
		t.Errorf("%d errors", len(errs))
	}
	for i, err := range errs {
		var e *orm.FieldError
		if !errors.As(err, &e) {
			t.Errorf("error %d: %v", i, err)
		}
	}
	if len(f.calls) > 0 {
		t.Errorf("sent %v", f.calls)
	}
	for _, q := range []orm.Query[*orm.Message]{a.Inbox().Messages().Limit(-1), a.Inbox().Messages().Offset(-1)} {
		var e *orm.FieldError
		if _, err := q.Count(t.Context()); !errors.As(err, &e) {
			t.Errorf("%v", err)
		}
	}
}

// In of nothing finds nothing, and sends nothing.
func TestNeverSendsNothing(t *testing.T) {
	f := newFake(5)
	q := f.account(t, orm.Config{}).Inbox().Messages()
	m := field.Message
	for i, q := range []orm.Query[*orm.Message]{
		q.Filter(m.Subject.In()), q.Filter(m.Size.In(), m.IsRead.Is(true)), q.Where(orm.Q("subject__in", []string{})),
		q.Filter(field.Or(m.Subject.In(), m.Size.In())), q.Exclude(field.And[*orm.Message]()),
	} {
		if n, err := q.Count(t.Context()); n != 0 || err != nil {
			t.Errorf("%d: Count %d, %v", i, n, err)
		}
		if all, err := q.Collect(t.Context()); len(all) != 0 || err != nil {
			t.Errorf("%d: %d items, %v", i, len(all), err)
		}
	}
	if len(f.calls) > 0 {
		t.Errorf("sent %v", f.calls)
	}
	// Never is left out of Or, and its negation out of And.
	for i, e := range []field.Filter[*orm.Message]{
		field.Or(m.Size.In(), m.IsRead.Is(true)), m.Size.In().Not().And(m.IsRead.Is(true)), m.Size.In().Or(m.IsRead.Is(true).And(m.Size.In().Not())),
		field.Not(m.Size.In().Or(m.IsRead.Is(true)).Not()),
	} {
		got, err := where(q.Filter(e))
		if diff := cmp.Diff(restriction(t, m.IsRead.Is(true).Expression()), restriction(t, got)); diff != "" || err != nil {
			t.Errorf("%d: %v; -want +got:\n%s", i, err, diff)
		}
	}
	if all, err := q.Filter(m.Subject.In().Not()).Collect(t.Context()); len(all) != 5 || err != nil {
		t.Errorf("not never: %d items, %v", len(all), err)
	}
}

// Every field name of exchangelib is known, with the same property.
func TestExchangelibFieldNames(t *testing.T) {
	file, err := os.Open("../../shared/design/fields.txt")
	if err != nil {
		t.Skip("no list of fields: ", err)
	}
	defer file.Close()
	classes := map[string]types.Properties{
		"Item": &types.GenericItem{}, "Message": &types.Message{}, "CalendarItem": &types.CalendarItem{}, "Contact": &types.Contact{},
		"DistributionList": &types.DistributionList{}, "Task": &types.Task{}, "PostItem": &types.PostItem{}, "MeetingRequest": &types.MeetingRequest{},
		"MeetingResponse": &types.MeetingResponse{}, "MeetingCancellation": &types.MeetingCancellation{},
	}
	var class types.Properties
	n := 0
	for in := bufio.NewScanner(file); in.Scan(); {
		line := in.Text()
		if name, ok := strings.CutPrefix(line, "===== "); ok {
			class = classes[name]
			continue
		}
		f := strings.Fields(line)
		if class == nil || len(f) < 3 || !strings.Contains(f[2], ":") {
			continue
		}
		n++
		name, uri := strings.TrimPrefix(f[0], "_"), f[2]
		got := orm.FieldURI(class, name)
		// Dictionaries have a path for each entry; exchangelib names the beginning.
		if got != uri && got != uri+"es" && got != uri+"s" {
			t.Errorf("%T: %s is %q, want %q", class, name, got, uri)
		}
	}
	if n < 500 {
		t.Errorf("%d fields", n)
	}
}
