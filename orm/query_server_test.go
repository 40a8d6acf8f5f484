package orm_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/orm"
)

var lunch = field.ExtendedText[*orm.Message](field.PropertyNameIn("c11ff724-aa03-4555-9952-8fa248a11c3e", "lunch", types.MapiPropertyTypeString))

// library fills the inbox with messages that the lookups tell apart.
func library(t *testing.T, acct *orm.Account) {
	t.Helper()
	from := func(name string) orm.EmailAddress {
		return orm.EmailAddress{Name: name, EmailAddress: strings.ToLower(name) + "@example.org"}
	}
	a := &orm.Message{Subject: "Alpha", Categories: []string{"red"}, Importance: types.ImportanceChoicesHigh, From: from("Carol"),
		Body: orm.TextBody("first letter"), Present: types.Set(field.Message.IsRead), IsRead: true}
	lunch.Put(a, "soup")
	b := &orm.Message{Subject: "beta", Categories: []string{"red", "green"}, Importance: types.ImportanceChoicesLow, From: from("Dave"),
		Body: orm.TextBody("second letter"), Present: types.Set(field.Message.IsRead)}
	lunch.Put(b, "salad")
	c := &orm.Message{Subject: "alphabet", Categories: []string{"dark red"}, From: from("Caroline"), Body: orm.TextBody(strings.Repeat("all of them ", 500)), Present: types.Set(field.Message.IsRead)}
	d := &orm.Message{Subject: "Delta", From: from("Erin"), Body: orm.TextBody("Fourth letter"), Present: types.Set(field.Message.IsRead), IsRead: true}
	rs, err := acct.CreateAll(t.Context(), acct.Inbox(), []orm.Item{a, b, c, d, &orm.PostItem{Subject: "alpha post"}})
	if err != nil || rs.Err() != nil {
		t.Fatal(err, rs.Err())
	}
}

// Every lookup that the server has, typed and in Django's spelling.
func TestLookups(t *testing.T) {
	_, acct := open(t)
	library(t, acct)
	m := field.Message
	inbox := acct.Inbox().Messages().OrderBy(m.Subject.Asc()).Only(m.Subject)
	size := must(acct.Inbox().Messages().Filter(m.Subject.Exactly("alphabet")).Get(t.Context()))(t).Size
	A, B, C, D := "Alpha", "beta", "alphabet", "Delta"
	type filter = field.Filter[*orm.Message]
	tests := []struct {
		name  string
		typed filter
		q     orm.Condition
		want  []string
	}{
		{"equals", m.Subject.Equals("alpha"), orm.Q("subject", "alpha"), []string{A}},
		{"not", m.Subject.NotEquals("alpha"), orm.Q("subject__not", "alpha"), []string{C, B, D}},
		{"exact", m.Subject.Exactly("alpha"), orm.Q("subject__exact", "alpha"), nil},
		{"exact in its case", m.Subject.Exactly("Alpha"), orm.Q("subject__exact", "Alpha"), []string{A}},
		{"iexact", m.Subject.IExactly("ALPHA"), orm.Q("subject__iexact", "ALPHA"), []string{A}},
		{"contains", m.Subject.Contains("lph"), orm.Q("subject__contains", "lph"), []string{A, C}},
		{"contains in its case", m.Subject.Contains("LPH"), orm.Q("subject__contains", "LPH"), nil},
		{"icontains", m.Subject.IContains("LPH"), orm.Q("subject__icontains", "LPH"), []string{A, C}},
		{"startswith", m.Subject.StartsWith("alph"), orm.Q("subject__startswith", "alph"), []string{C}},
		{"istartswith", m.Subject.IStartsWith("ALPH"), orm.Q("subject__istartswith", "ALPH"), []string{A, C}},
		{"gt", m.Subject.GreaterThan("alphabet"), orm.Q("subject__gt", "alphabet"), []string{B, D}},
		{"gte", m.Subject.AtLeast("alphabet"), orm.Q("subject__gte", "alphabet"), []string{C, B, D}},
		{"lt", m.Subject.LessThan("alphabet"), orm.Q("subject__lt", "alphabet"), []string{A}},
		{"lte", m.Subject.AtMost("alphabet"), orm.Q("subject__lte", "alphabet"), []string{A, C}},
		{"range", m.Subject.AtLeast("b").And(m.Subject.AtMost("c")), orm.Q("subject__range", "b", "c"), []string{B}},
		{"in", m.Subject.In("alpha", "delta", "omega"), orm.Q("subject__in", "alpha", "delta", "omega"), []string{A, D}},
		{"in nothing", m.Subject.In(), orm.Q("subject__in", []string{}), nil},
		{"exists", m.Categories.Exists(), orm.Q("categories__exists", true), []string{A, C, B}},
		{"exists not", m.Categories.Exists().Not(), orm.Q("categories__exists", false), []string{D}},
		{"none", m.Categories.Exists().Not(), orm.Q("categories", nil), []string{D}},
		{"has", m.Categories.Has("RED"), orm.Q("categories", "RED"), []string{A, B}},
		{"has all", m.Categories.Contains("red", "green"), orm.Q("categories__contains", "red", "green"), []string{B}},
		{"has one of", m.Categories.In("green", "dark red"), orm.Q("categories__in", "green", "dark red"), []string{C, B}},
		{"is", m.IsRead.Is(true), orm.Q("is_read", true), []string{A, D}},
		{"is not", m.IsRead.Is(false), orm.Q("is_read__not", true), []string{C, B}},
		{"enum", m.Importance.Equals(types.ImportanceChoicesHigh), orm.Q("importance", "High"), []string{A}},
		{"enum in", m.Importance.In(types.ImportanceChoicesHigh, types.ImportanceChoicesLow), orm.Q("importance__in", "High", "Low"), []string{A, B}},
		{"enum not", m.Importance.NotEquals(types.ImportanceChoicesNormal), orm.Q("importance__not", "Normal"), []string{A, B}},
		{"number gt", m.Size.GreaterThan(size - 1), orm.Q("size__gt", size-1), []string{C}},
		{"number lt", m.Size.LessThan(size), orm.Q("size__lt", size), []string{A, B, D}},
		{"number equals", m.Size.Equals(size), orm.Q("size", size), []string{C}},
		{"number in", m.Size.In(1, size), orm.Q("size__in", 1, size), []string{C}},
		{"number range", m.Size.Range(size, size+1), orm.Q("size__range", size, size+1), []string{C}},
		{"time", m.DateTimeCreated.GreaterThan(time.Now().Add(-time.Hour)), orm.Q("datetime_created__gt", time.Now().Add(-time.Hour)), []string{A, C, B, D}},
		{"time before", m.DateTimeCreated.LessThan(noon.AddDate(-20, 0, 0)), orm.Q("datetime_created__lt", "2006-01-01T00:00:00Z"), nil},
		{"mailbox contains", m.From.IContains("CAROL"), orm.Q("author__icontains", "CAROL"), []string{A, C}},
		{"mailbox startswith", m.From.StartsWith("Caroli"), orm.Q("author__startswith", "Caroli"), []string{C}},
		{"mailbox equals", m.From.Equals("Dave"), orm.Q("author", "Dave"), []string{B}},
		{"body", m.Body.Contains("letter"), orm.Q("body__contains", "letter"), []string{A, B, D}},
		{"body in any case", m.Body.IContains("fourth"), orm.Q("body__icontains", "fourth"), []string{D}},
		{"and", m.IsRead.Is(true).And(m.Subject.IContains("a"), m.Categories.Exists()), orm.Q("is_read", true).And(orm.Q("subject__icontains", "a"), orm.Q("categories__exists", true)), []string{A}},
		{"or", m.Subject.Equals("beta").Or(m.IsRead.Is(true)), orm.Q("subject", "beta").Or(orm.Q("is_read", true)), []string{A, B, D}},
		{"not of several", m.Subject.Equals("beta").Or(m.IsRead.Is(true)).Not(), orm.Q("subject", "beta").Or(orm.Q("is_read", true)).Not(), []string{C}},
		{"all", field.And[*orm.Message](), orm.Q("subject__in", []string{}).Not(), []string{A, C, B, D}},
	}
	for _, tt := range tests {
		for spelling, q := range map[string]orm.Query[*orm.Message]{"typed": inbox.Filter(tt.typed), "Q": inbox.Where(tt.q)} {
			t.Run(tt.name+" "+spelling, func(t *testing.T) {
				got, err := subjects(t, t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
				if n, err := q.Count(t.Context()); n != len(tt.want) || err != nil {
					t.Errorf("Count %d, %v", n, err)
				}
			})
		}
	}
	// Those that only the typed spelling has.
	typed := []struct {
		name string
		f    filter
		want []string
	}{
		{"extended", lunch.Equals("soup"), []string{A}},
		{"extended startswith", lunch.IStartsWith("S"), []string{A, B}},
		{"extended exists", lunch.Exists().Not(), []string{C, D}},
		{"two properties", field.Compare(m.DateTimeCreated, field.AtMost, m.LastModifiedTime), []string{A, C, B, D}},
		{"list contains nothing", m.Categories.Contains(), []string{A, C, B, D}},
	}
	for _, tt := range typed {
		t.Run(tt.name, func(t *testing.T) {
			got, err := subjects(t, t.Context(), inbox.Filter(tt.f))
			if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
				t.Errorf("%v; -want +got:\n%s", err, diff)
			}
		})
	}
}

func TestExcludeOrderOnly(t *testing.T) {
	_, acct := open(t)
	library(t, acct)
	m := field.Message
	inbox := acct.Inbox().Messages()
	tests := []struct {
		name string
		q    orm.Query[*orm.Message]
		want []string
	}{
		{"exclude", inbox.Exclude(m.IsRead.Is(true)).OrderBy(m.Subject.Asc()), []string{"alphabet", "beta"}},
		{"exclude all of", inbox.Exclude(m.IsRead.Is(true), m.Subject.Equals("delta")).OrderBy(m.Subject.Asc()), []string{"Alpha", "alphabet", "beta"}},
		{"exclude nothing", inbox.Exclude().OrderBy(m.Subject.Asc()), []string{"Alpha", "alphabet", "beta", "Delta"}},
		{"descending", inbox.OrderBy(m.Subject.Desc()), []string{"Delta", "beta", "alphabet", "Alpha"}},
		{"two keys", inbox.OrderBy(m.IsRead.Asc(), m.Subject.Desc()), []string{"beta", "alphabet", "Delta", "Alpha"}},
		{"by name", inbox.OrderByName("is_read", "-subject"), []string{"beta", "alphabet", "Delta", "Alpha"}},
		{"extended", inbox.Filter(lunch.Exists()).OrderBy(lunch.Asc()), []string{"beta", "Alpha"}},
		{"ordered twice", inbox.OrderBy(m.Size.Desc()).OrderBy(m.Subject.Asc()), []string{"Alpha", "alphabet", "beta", "Delta"}},
		{"range", inbox.OrderBy(m.Subject.Asc()).Offset(1).Limit(2), []string{"alphabet", "beta"}},
		{"past the end", inbox.OrderBy(m.Subject.Asc()).Offset(10).Limit(2), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := subjects(t, t.Context(), tt.q)
			if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
				t.Errorf("%v; -want +got:\n%s", err, diff)
			}
		})
	}

	got := must(inbox.Only(m.Subject, m.From, m.ToRecipients, m.Body).Filter(m.Subject.Equals("beta")).Get(t.Context()))(t)
	if got.From.EmailAddress != "dave@example.org" || got.Body.Value != "second letter" || got.Present.Has(m.Size) || got.ItemID.ID == "" {
		t.Errorf("got %+v", got)
	}
	got = must(inbox.Only(lunch, m.Size).Filter(m.Subject.Equals("beta")).Get(t.Context()))(t)
	if lunch.Get(got) != "salad" || got.Size == 0 || got.Subject != "" {
		t.Errorf("got %+v", got)
	}
	got = must(inbox.OnlyName("subject", "is_read").Filter(m.Subject.Equals("alpha")).Get(t.Context()))(t)
	if got.Subject != "Alpha" || !got.IsRead || got.Present.Has(m.Size) {
		t.Errorf("got %+v", got)
	}
	var values []string
	for v, err := range orm.Values(t.Context(), inbox.OrderBy(m.Subject.Asc()), m.From) {
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, v.EmailAddress)
	}
	if diff := cmp.Diff([]string{"carol@example.org", "caroline@example.org", "dave@example.org", "erin@example.org"}, values); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	var ids []string
	for id, err := range inbox.IDs(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id.ID)
	}
	if slices.Sort(ids); len(slices.Compact(ids)) != 4 {
		t.Errorf("ids %v", ids)
	}
}

// counting counts the requests that a client sends.
type counting struct {
	next  http.RoundTripper
	calls atomic.Int64
}

func (c *counting) RoundTrip(r *http.Request) (*http.Response, error) {
	c.calls.Add(1)
	return c.next.RoundTrip(r)
}

// seeded opens a mailbox with n messages and counts what is sent.
func seeded(t *testing.T, n int, cfg orm.Config) (*orm.Account, func(func()) int) {
	t.Helper()
	srv := ewstest.New(t, ewstest.Config{MaxFind: 10_000})
	srv.Seed(n)
	h := *srv.HTTPClient()
	c := &counting{next: h.Transport}
	h.Transport = c
	cfg.Endpoint, cfg.HTTPClient, cfg.Auth = srv.URL, &h, auth.Basic(srv.Address(0), ewstest.Password)
	acct, err := orm.Open(t.Context(), srv.Address(0), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return acct, func(f func()) int {
		before := c.calls.Load()
		f()
		return int(c.calls.Load() - before)
	}
}

// Requests are as few as the protocol allows.
func TestRequestsOnServer(t *testing.T) {
	acct, sent := seeded(t, 250, orm.Config{})
	ctx, m := t.Context(), field.Message
	inbox := acct.Inbox().Messages()
	collect := func(q orm.Query[*orm.Message], n int) func() {
		return func() {
			if all, err := q.Collect(ctx); err != nil || len(all) != n {
				t.Errorf("%d items, %v", len(all), err)
			}
		}
	}
	tests := []struct {
		name string
		do   func()
		want int
	}{
		{"count", func() { must(inbox.Count(ctx))(t) }, 1},
		{"exists", func() { must(inbox.Exists(ctx))(t) }, 1},
		{"one page of subjects", collect(inbox.Only(m.Subject).Limit(200), 200), 1},
		{"two pages of subjects", collect(inbox.Only(m.Subject), 250), 2},
		{"senders: FindItem has names alone", collect(inbox.Only(m.From), 250), 2 + 3},
		{"everything", collect(inbox, 250), 2 + 3},
		{"the first ten", collect(inbox.OrderBy(m.DateTimeReceived.Desc()).Limit(10), 10), 2},
		{"one of a subject", func() { must(inbox.Filter(m.Subject.Equals("Minutes 1")).Only(m.Subject).Get(ctx))(t) }, 1},
		{"nothing", collect(inbox.Limit(0), 0), 0},
		{"never", collect(inbox.Filter(m.Subject.In()), 0), 0},
		{"past the end", collect(inbox.Offset(1000), 0), 1},
		{"deleted: ids, then 100 at a time", func() {
			if rs, err := inbox.Delete(ctx, orm.HardDelete); err != nil || rs.Err() != nil || len(rs) != 250 {
				t.Error(err, rs.Err(), len(rs))
			}
		}, 2 + 3},
	}
	for _, tt := range tests {
		if n := sent(tt.do); n != tt.want {
			t.Errorf("%s: %d requests, want %d", tt.name, n, tt.want)
		}
	}
}

// exchangelib deletes half of 10,000 items, and says that all is well.
func TestPitfall1OnServer(t *testing.T) {
	const n = 10_000
	acct, sent := seeded(t, n, orm.Config{PageSize: 1000, ChunkSize: 1000})
	ctx := t.Context()
	inbox := acct.Inbox()
	// Move half of them by a filter, then delete the rest.
	q := inbox.Messages().Filter(field.Message.IsRead.Is(false))
	unread := must(q.Count(ctx))(t)
	rs, err := q.Move(ctx, acct.Trash())
	if err != nil || rs.Err() != nil || len(rs) != unread || unread == 0 {
		t.Fatalf("%d of %d moved, %v", len(rs), unread, err)
	}
	if got := must(acct.Trash().Counts(ctx))(t).Total; got != unread {
		t.Errorf("%d in the trash, want %d", got, unread)
	}
	requests := sent(func() {
		rs, err := inbox.Messages().Delete(ctx, orm.HardDelete)
		if err != nil || rs.Err() != nil || len(rs) != n-unread {
			t.Errorf("%d of %d deleted, %v", len(rs), n-unread, err)
		}
	})
	if left := must(inbox.Counts(ctx))(t).Total; left != 0 {
		t.Errorf("%d left behind", left)
	}
	if requests > 2*(n/1000+1) {
		t.Errorf("%d requests", requests)
	}
}

func TestBreakAndCancelOnServer(t *testing.T) {
	acct, _ := seeded(t, 300, orm.Config{PageSize: 50, ChunkSize: 10})
	q := acct.Inbox().Messages()
	for stop := 1; stop < 300; stop += 97 {
		n := 0
		for _, err := range q.All(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if n++; n == stop {
				break
			}
		}
		quiet(t)
		ctx, cancel := context.WithCancel(t.Context())
		n = 0
		var last error
		for _, err := range q.All(ctx) {
			if last = err; err != nil {
				continue
			}
			if n++; n == stop {
				cancel()
			}
		}
		cancel()
		if n < 300 && !errors.Is(last, context.Canceled) {
			t.Errorf("stopped at %d: %d items, %v", stop, n, last)
		}
		quiet(t)
	}
}
