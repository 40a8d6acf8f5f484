package orm_test

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/orm"
)

func TestItemLife(t *testing.T) {
	_, acct := open(t)
	ctx := t.Context()
	m := &orm.Message{Subject: "Minutes", Body: orm.TextBody("All went well."), ToRecipients: orm.To("bob@example.com"), Categories: []string{"work"}}
	if err := acct.Create(ctx, acct.Drafts(), m); err != nil {
		t.Fatal(err)
	}
	if m.ItemID.ID == "" || m.ItemID.ChangeKey == "" || !m.Present.Has(field.Message.ItemID) {
		t.Fatalf("id %+v", m.ItemID)
	}
	first := m.ItemID
	if err := acct.Update(ctx, m, field.Message.Subject.Set("Minutes of Monday"), field.Message.Importance.Set(types.ImportanceChoicesHigh),
		field.Message.Categories.Clear()); err != nil {
		t.Fatal(err)
	}
	if m.Subject != "Minutes of Monday" || m.ItemID.ID != first.ID || m.ItemID.ChangeKey == first.ChangeKey {
		t.Errorf("after the update: %q %+v", m.Subject, m.ItemID)
	}
	got, err := acct.Fetch(ctx, m.ItemID)
	if err != nil {
		t.Fatal(err)
	}
	g := got.(*orm.Message)
	if g.Subject != "Minutes of Monday" || g.Importance != types.ImportanceChoicesHigh || len(g.Categories) != 0 || g.Body.Value != "All went well." || !g.IsDraft {
		t.Errorf("fetched %+v", g)
	}
	only, err := acct.Fetch(ctx, m.ItemID, field.Message.Subject)
	if err != nil || only.(*orm.Message).Subject != m.Subject || only.(*orm.Message).Present.Has(field.Message.IsDraft) {
		t.Errorf("fetched %+v, %v", only, err)
	}
	stale := &orm.Message{ItemID: first}
	if err := acct.UpdateWith(ctx, stale, []field.AnyChange{field.Message.Subject.Set("x")}, orm.NeverOverwrite); !errors.Is(err, messages.ErrorIrresolvableConflict) {
		t.Errorf("stale update: %v", err)
	}
	if stale.Subject != "" {
		t.Error("a change that failed was done in memory")
	}
	if err := acct.UpdateWith(ctx, stale, []field.AnyChange{field.Message.Subject.Set("mine")}, orm.AlwaysOverwrite); err != nil {
		t.Errorf("overwrite: %v", err)
	}
	if err := acct.Refresh(ctx, m); err != nil || m.Subject != "mine" {
		t.Errorf("refreshed: %q, %v", m.Subject, err)
	}
	copied, err := acct.Copy(ctx, m, acct.Trash())
	if err != nil || copied.ID == m.ItemID.ID || copied.ID == "" {
		t.Fatalf("copy %+v, %v", copied, err)
	}
	before := m.ItemID
	if err := acct.Move(ctx, m, acct.Inbox()); err != nil || m.ItemID.ID == before.ID || m.ItemID.ID == "" {
		t.Fatalf("moved to %+v, %v", m.ItemID, err)
	}
	if _, err := acct.Fetch(ctx, before); !errors.Is(err, orm.ErrNotFound) || !errors.Is(err, fs.ErrNotExist) || !errors.Is(err, messages.ErrorItemNotFound) {
		t.Errorf("fetch of the old id: %v", err)
	}
	if err := acct.Delete(ctx, m, orm.MoveToDeletedItems); err != nil {
		t.Fatal(err)
	}
	if n := must(acct.Trash().Messages().Count(ctx))(t); n != 2 {
		t.Errorf("%d items in the trash", n)
	}
	rs, err := acct.Trash().Items().Delete(ctx, orm.HardDelete)
	if err != nil || rs.Err() != nil || len(rs) != 2 {
		t.Errorf("%v, %v", rs, err)
	}
	if err := acct.Delete(ctx, &orm.Message{ItemID: copied}, orm.HardDelete); !errors.Is(err, orm.ErrNotFound) {
		t.Errorf("second delete: %v", err)
	}
}

func TestEveryClassByItsOwnQuery(t *testing.T) {
	_, acct := open(t)
	ctx := t.Context()
	all := []struct {
		folder orm.Folder
		item   orm.Item
		count  func(orm.Folder) (int, error)
	}{
		{acct.Inbox(), &orm.Message{Subject: "a message"}, func(f orm.Folder) (int, error) { return f.Messages().Count(ctx) }},
		{acct.Inbox(), &orm.PostItem{Subject: "a post"}, func(f orm.Folder) (int, error) { return f.Posts().Count(ctx) }},
		{acct.Calendar(), &orm.CalendarItem{Subject: "an appointment", Start: noon, End: noon.Add(time.Hour)},
			func(f orm.Folder) (int, error) { return f.Appointments().Count(ctx) }},
		{acct.Contacts(), &orm.Contact{GivenName: "Carol", Surname: "Smith"}, func(f orm.Folder) (int, error) { return f.People().Count(ctx) }},
		{acct.Contacts(), &orm.DistributionList{DisplayName: "Team"}, func(f orm.Folder) (int, error) { return f.DistributionLists().Count(ctx) }},
		{acct.Tasks(), &orm.Task{Subject: "a task"}, func(f orm.Folder) (int, error) { return f.Tasks().Count(ctx) }},
	}
	perFolder := map[string]int{}
	for _, x := range all {
		if n, err := x.count(x.folder); n != 0 || err != nil {
			t.Errorf("%T: %d before, %v", x.item, n, err)
		}
		if err := acct.Create(ctx, x.folder, x.item); err != nil {
			t.Errorf("%T: %v", x.item, err)
		}
		perFolder[x.folder.Name()]++
		if n, err := x.count(x.folder); n != 1 || err != nil {
			t.Errorf("%T: %d after, %v", x.item, n, err)
		}
	}
	for _, f := range []orm.Folder{acct.Inbox(), acct.Contacts(), acct.Calendar(), acct.Tasks()} {
		items, err := f.Items().Collect(ctx)
		if err != nil || len(items) != perFolder[f.Name()] {
			t.Errorf("%s: %d items, %v", f.Name(), len(items), err)
		}
		n, err := f.Items().Count(ctx)
		if err != nil || n != len(items) {
			t.Errorf("%s: Count %d, %v", f.Name(), n, err)
		}
	}
	// The typed query's verbs leave the other class alone.
	if rs, err := acct.Inbox().Messages().Delete(ctx, orm.HardDelete); err != nil || len(rs) != 1 || rs.Err() != nil {
		t.Errorf("%v, %v", rs, err)
	}
	if n := must(acct.Inbox().Posts().Count(ctx))(t); n != 1 {
		t.Errorf("%d posts left", n)
	}
	post := must(acct.Inbox().Posts().Get(ctx))(t)
	if post.Subject != "a post" {
		t.Errorf("got %+v", post)
	}
	for _, q := range []func() (int, error){
		func() (int, error) { return acct.Inbox().MeetingRequests().Count(ctx) },
		func() (int, error) { return acct.Inbox().MeetingResponses().Count(ctx) },
		func() (int, error) { return acct.Inbox().MeetingCancellations().Count(ctx) },
	} {
		if n, err := q(); n != 0 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
	}
}

func TestSendToAnother(t *testing.T) {
	srv, alice := open(t, ewstest.Config{Clock: clock()})
	bob := login(t, srv, 1, orm.Config{})
	ctx := t.Context()
	m := &orm.Message{Subject: "new", Body: orm.HTMLBody("<p>Hello</p>"), ToRecipients: orm.To("bob@example.com")}
	if err := alice.Send(ctx, m); err != nil {
		t.Fatal(err)
	}
	if err := alice.Send(ctx, &orm.Message{Subject: "without a copy", ToRecipients: orm.To("bob@example.com")}, orm.WithoutCopy); err != nil {
		t.Fatal(err)
	}
	draft := &orm.Message{Subject: "draft", ToRecipients: orm.To("bob@example.com")}
	if err := alice.Create(ctx, alice.Drafts(), draft); err != nil {
		t.Fatal(err)
	}
	id := draft.ItemID
	if err := alice.Send(ctx, draft, orm.CopyTo(alice.Trash())); err != nil {
		t.Fatal(err)
	}
	if draft.ItemID.ID != "" || draft.Present.Has(field.Message.ItemID) {
		t.Errorf("the draft's id is still %v", draft.ItemID)
	}
	if _, err := alice.Fetch(ctx, id); !errors.Is(err, orm.ErrNotFound) {
		t.Errorf("the draft is still there: %v", err)
	}
	many := []orm.Item{
		&orm.Message{Subject: "many 1", ToRecipients: orm.To("bob@example.com")},
		&orm.Message{Subject: "many 2", ToRecipients: orm.To("bob@example.com")},
	}
	if rs, err := alice.SendNew(ctx, many); err != nil || rs.Err() != nil || len(rs) != 2 {
		t.Fatalf("%v, %v", rs, err)
	}
	for i := range 3 {
		if err := alice.Create(ctx, alice.Drafts(), &orm.Message{Subject: fmt.Sprint("drafts ", i), ToRecipients: orm.To("bob@example.com")}); err != nil {
			t.Fatal(err)
		}
	}
	if rs, err := alice.Drafts().Messages().OrderBy(field.Message.Subject.Asc()).Send(ctx); err != nil || rs.Err() != nil || len(rs) != 3 {
		t.Fatalf("%v, %v", rs, err)
	}
	sorted := func(f orm.Folder) []string {
		got, err := subjects(t, ctx, f.Messages().OrderBy(field.Message.Subject.Asc()).Only(field.Message.Subject))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if diff := cmp.Diff([]string{"draft", "drafts 0", "drafts 1", "drafts 2", "many 1", "many 2", "new", "without a copy"}, sorted(bob.Inbox())); diff != "" {
		t.Errorf("bob's inbox: -want +got:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"drafts 0", "drafts 1", "drafts 2", "many 1", "many 2", "new"}, sorted(alice.Sent())); diff != "" {
		t.Errorf("sent: -want +got:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"draft"}, sorted(alice.Trash())); diff != "" {
		t.Errorf("trash: -want +got:\n%s", diff)
	}
	got := must(bob.Inbox().Messages().Filter(field.Message.Subject.Equals("new")).Get(ctx))(t)
	if got.From.EmailAddress != "alice@example.com" || got.IsRead || got.Body.Value == "" {
		t.Errorf("bob got %+v", got)
	}
	if err := alice.Send(ctx, &orm.Message{Subject: "to nobody"}); err == nil {
		t.Error("sent without recipients")
	}
}

func TestPartialFailureOnServer(t *testing.T) {
	acct := login(t, ewstest.New(t), 0, orm.Config{ChunkSize: 2})
	ctx := t.Context()
	var items []orm.Item
	for i := range 7 {
		m := &orm.Message{Subject: fmt.Sprint("message ", i)}
		if i == 3 { // Exchange refuses a property that only the server sets
			m.Present = types.Set(field.Message.LastModifiedName)
			m.LastModifiedName = "x"
		}
		items = append(items, m)
	}
	rs, err := acct.CreateAll(ctx, acct.Drafts(), items)
	if err != nil || len(rs) != 7 {
		t.Fatalf("%d results, %v", len(rs), err)
	}
	for i, r := range rs {
		var e *ews.ResponseError
		switch {
		case i == 3 && (!errors.As(r.Err, &e) || e.Index != 3):
			t.Errorf("result 3: %v", r.Err)
		case i != 3 && (r.Err != nil || r.Value != orm.IDOf(items[i])):
			t.Errorf("result %d: %v", i, r)
		}
	}
	if orm.IDOf(items[3]).ID != "" {
		t.Error("the one that was refused has an id")
	}
	// Delete some, one of which is gone, and one of which was never there.
	list := rs.Values()
	if err := acct.Delete(ctx, items[0], orm.HardDelete); err != nil {
		t.Fatal(err)
	}
	list = append(list, orm.ItemID{ID: "AAAA"})
	del, err := acct.DeleteAll(ctx, list, orm.HardDelete)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{0, 6}, del.Failed()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if !errors.Is(del[0].Err, messages.ErrorItemNotFound) || !errors.Is(del[6].Err, messages.ErrorInvalidIDMalformed) {
		t.Error(del.Err())
	}
}
