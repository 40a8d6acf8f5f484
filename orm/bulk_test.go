package orm_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/orm"
)

func ids(n int) []orm.ItemID {
	out := make([]orm.ItemID, n)
	for i := range out {
		out[i] = fakeID(i)
	}
	return out
}

// exchangelib pages while it deletes: of 10,000 items 5,000 stay.
func TestPitfall1DeleteLeavesNothingBehind(t *testing.T) {
	const n = 10_000
	for _, verb := range []string{"delete", "move"} {
		t.Run(verb, func(t *testing.T) {
			f := newFake(n)
			slices.Reverse(f.messages) // deleted in order, the last of the list is the fastest to find
			acct := f.account(t, orm.Config{PageSize: 1000, ChunkSize: 500})
			q := acct.Inbox().Messages()
			var rs orm.Results[orm.ItemID]
			var err error
			if verb == "delete" {
				rs, err = q.Delete(t.Context(), orm.HardDelete)
			} else {
				rs, err = q.Move(t.Context(), acct.Trash())
			}
			if err != nil || rs.Err() != nil || len(rs) != n {
				t.Fatalf("%d results, %v, %v", len(rs), err, rs.Err())
			}
			if len(f.messages) != 0 {
				t.Errorf("%d items left", len(f.messages))
			}
			last := slices.Index(f.calls, map[string]string{"delete": "DeleteItem", "move": "MoveItem"}[verb])
			if slices.Contains(f.calls[last:], "FindItem") {
				t.Error("it searched on while it deleted")
			}
		})
	}
}

// What arrives while the ids are gathered moves items to the next page: each is
// deleted once.
func TestGatherTakesEachOnce(t *testing.T) {
	f := newFake(30)
	f.page = func(r *types.FindItemParent) {
		f.messages = slices.Insert(f.messages, 0, &types.Message{ItemID: types.ItemID{ID: fmt.Sprint("new", len(f.messages))}})
	}
	rs, err := f.account(t, orm.Config{PageSize: 10}).Inbox().Messages().Delete(t.Context(), orm.HardDelete)
	if err != nil || rs.Err() != nil || len(rs) != 30 {
		t.Errorf("%d results, %v, %v", len(rs), err, rs.Err())
	}
}

func TestBulkResultsLineUp(t *testing.T) {
	f := newFake(25)
	f.item = func(op string, n int) messages.ResponseCode {
		switch {
		case n%7 == 3:
			return messages.ErrorCannotDeleteObject
		case n == 20:
			return messages.ErrorBatchProcessingStopped
		}
		return messages.NoError
	}
	rs, err := f.account(t, orm.Config{ChunkSize: 10}).DeleteAll(t.Context(), ids(25), orm.HardDelete)
	if err != nil || len(rs) != 25 {
		t.Fatalf("%d results, %v", len(rs), err)
	}
	for i, r := range rs {
		failed := i%7 == 3 || i == 20
		if r.Value != fakeID(i) || (r.Err != nil) != failed {
			t.Errorf("result %d: %v", i, r)
		}
		var e *ews.ResponseError
		if failed && (!errors.As(r.Err, &e) || e.Index != i) {
			t.Errorf("result %d: %v", i, r.Err)
		}
	}
	if diff := cmp.Diff([]int{3, 10, 17, 20, 24}, rs.Failed()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if n := len(rs.Values()); n != 20 {
		t.Errorf("%d values", n)
	}
	for _, text := range []string{"input 3:", "input 24:", "ErrorCannotDeleteObject", "ErrorBatchProcessingStopped"} {
		if !strings.Contains(rs.Err().Error(), text) {
			t.Errorf("%q is not in %q", text, rs.Err())
		}
	}
	if n := f.count("DeleteItem"); n != 3 {
		t.Errorf("%d requests, want 3", n)
	}
}

// After a request that failed the results say what was done, what may have
// been, and what was not attempted.
func TestBulkSaysWhatWasDone(t *testing.T) {
	boom := &ews.TransportError{Op: "DeleteItem", Err: errors.New("connection reset")}
	tests := []struct {
		name   string
		before func(cancel func()) func(context.Context, string, int) error
		done   int
		unsure int
		want   error
	}{
		{"lost", func(func()) func(context.Context, string, int) error {
			return func(_ context.Context, _ string, n int) error {
				if n == 2 {
					return boom
				}
				return nil
			}
		}, 10, 10, boom},
		{"cancelled in a call", func(cancel func()) func(context.Context, string, int) error {
			return func(_ context.Context, _ string, n int) error {
				if n == 2 {
					cancel()
				}
				return nil
			}
		}, 10, 10, context.Canceled},
		{"cancelled before", func(cancel func()) func(context.Context, string, int) error {
			cancel()
			return nil
		}, 0, 0, context.Canceled},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			f := newFake(35)
			f.before = tt.before(cancel)
			rs, err := f.account(t, orm.Config{ChunkSize: 10}).DeleteAll(ctx, ids(35), orm.HardDelete)
			if !errors.Is(err, tt.want) || len(rs) != 35 {
				t.Fatalf("%d results, %v", len(rs), err)
			}
			for i, r := range rs {
				switch {
				case i < tt.done:
					if r.Err != nil {
						t.Errorf("result %d: %v", i, r.Err)
					}
				case i < tt.done+tt.unsure:
					if !errors.Is(r.Err, tt.want) || errors.Is(r.Err, orm.ErrNotAttempted) {
						t.Errorf("result %d: %v", i, r.Err)
					}
				default:
					if !errors.Is(r.Err, orm.ErrNotAttempted) {
						t.Errorf("result %d: %v", i, r.Err)
					}
				}
			}
		})
	}
}

// What a request was refused for is the error of each of its parts, also if that
// is about a part of another call.
func TestBulkKeepsWhatCallsSay(t *testing.T) {
	held := &ews.ThrottledError{Op: "CreateItem", For: time.Hour, Err: &ews.ResponseError{Op: "GetItem", Index: 7, Code: messages.ErrorServerBusy}}
	f := newFake(0)
	f.before = func(_ context.Context, _ string, n int) error {
		if n == 2 {
			return held
		}
		return nil
	}
	acct := f.account(t, orm.Config{ChunkSize: 10})
	items := make([]orm.Item, 25)
	for i := range items {
		items[i] = &orm.Message{}
	}
	rs, err := acct.CreateAll(t.Context(), acct.Drafts(), items)
	if err != held || len(rs) != 25 {
		t.Fatalf("%d results, %v", len(rs), err)
	}
	for i, r := range rs {
		want := []error{nil, held, orm.ErrNotAttempted}[i/10]
		if r.Err != want {
			t.Errorf("result %d: %v, want %v", i, r.Err, want)
		}
	}
	f.before = func(context.Context, string, int) error { return held }
	if err := acct.Create(t.Context(), acct.Drafts(), &orm.Message{}); err != held {
		t.Errorf("of one: %v", err)
	}
}

func TestFetchAllIsParallelAndInOrder(t *testing.T) {
	f := newFake(50)
	f.item = func(op string, n int) messages.ResponseCode {
		if n == 33 {
			return messages.ErrorItemNotFound
		}
		return messages.NoError
	}
	gate := make(chan struct{})
	f.before = func(_ context.Context, _ string, n int) error {
		if n == 3 {
			close(gate)
		}
		<-gate // until three are under way
		return nil
	}
	rs, err := f.account(t, orm.Config{ChunkSize: 10, Parallel: 3}).FetchAll(t.Context(), ids(50))
	if err != nil || len(rs) != 50 || f.most != 3 {
		t.Fatalf("%d results, %v, %d at once", len(rs), err, f.most)
	}
	for i, r := range rs {
		switch {
		case i == 33:
			var e *ews.ResponseError
			if !errors.Is(r.Err, orm.ErrNotFound) || !errors.As(r.Err, &e) || e.Index != 33 {
				t.Errorf("result 33: %v", r.Err)
			}
		case r.Err != nil || orm.IDOf(r.Value) != fakeID(i):
			t.Errorf("result %d: %v", i, r)
		}
	}
	quiet(t)
}

func TestFetchAllFails(t *testing.T) {
	boom := errors.New("boom")
	f := newFake(100)
	f.before = func(_ context.Context, _ string, n int) error {
		if n == 2 {
			return boom
		}
		return nil
	}
	rs, err := f.account(t, orm.Config{ChunkSize: 10, Parallel: 1}).FetchAll(t.Context(), ids(100))
	if !errors.Is(err, boom) || len(rs) != 100 || rs[0].Err != nil || !errors.Is(rs[10].Err, boom) || !errors.Is(rs[99].Err, orm.ErrNotAttempted) {
		t.Errorf("%d results, %v", len(rs), err)
	}
	if n := f.count("GetItem"); n != 2 {
		t.Errorf("%d requests", n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	rs, err = f.account(t, orm.Config{}).FetchAll(ctx, ids(3))
	if !errors.Is(err, context.Canceled) || len(rs) != 3 || !errors.Is(rs[0].Err, orm.ErrNotAttempted) {
		t.Errorf("%v, %v", rs, err)
	}
	quiet(t)
}

// Nothing is sent of a call one part of which can't be right.
func TestNothingIsSentOfWhatCantBeRight(t *testing.T) {
	acct := func() (*fake, *orm.Account) { f := newFake(3); return f, f.account(t, orm.Config{}) }
	saved := func() *orm.Message { return &orm.Message{ItemID: fakeID(0)} }
	var none *orm.Message
	read := field.Message.IsRead.Set(true)
	tests := []struct {
		name string
		do   func(a *orm.Account) error
		text string
	}{
		{"update of another class", func(a *orm.Account) error {
			return a.Update(t.Context(), saved(), field.CalendarItem.Location.Set("x"))
		}, `orm: "calendar:Location" is no property of a Message`},
		{"one of many updates of another class", func(a *orm.Account) error {
			_, err := a.UpdateAll(t.Context(), []orm.ItemUpdate{{saved(), []field.AnyChange{read}}, {&orm.CalendarItem{ItemID: fakeID(1)}, []field.AnyChange{read}}})
			return err
		}, `input 1: orm: "message:IsRead" is no property of a CalendarItem`},
		{"update of nothing", func(a *orm.Account) error { return a.Update(t.Context(), saved()) },
			`orm: "changes" are missing: give one, as in field.Message.IsRead.Set(true)`},
		{"update of a new item", func(a *orm.Account) error { return a.Update(t.Context(), &orm.Message{}, read) },
			`orm: "item:ItemId" is empty: the item was not saved; Create it first`},
		{"update of nil", func(a *orm.Account) error { return a.Update(t.Context(), none, read) },
			`orm: "*types.Message" is nil: give an item`},
		{"update of no item", func(a *orm.Account) error { return a.Update(t.Context(), nil, read) },
			`orm: "<nil>" is nil: give an item`},
		{"nil change", func(a *orm.Account) error { return a.Update(t.Context(), saved(), nil) },
			`orm: "change" is nil: give one, as a field's Set makes`},
		{"folder's change", func(a *orm.Account) error {
			return a.Update(t.Context(), saved(), field.Folder.DisplayName.Set("x"))
		}, `orm: "folder:DisplayName" is no property of a Message`},
		{"create of a saved item", func(a *orm.Account) error { return a.Create(t.Context(), a.Inbox(), saved()) },
			`orm: "item:ItemId" is set: the item was saved before; Update or Copy it`},
		{"create of nil", func(a *orm.Account) error {
			_, err := a.CreateAll(t.Context(), a.Inbox(), []orm.Item{&orm.Message{}, none})
			return err
		}, `input 1: orm: "*types.Message" is nil: give an item`},
		{"create with an option for updates", func(a *orm.Account) error {
			return a.Create(t.Context(), a.Inbox(), &orm.Message{}, orm.SendOnlyToChanged)
		}, `orm: "SendOnlyToChanged" is for updates; there are SendToNone, SendOnlyToAll, SendToAllAndSaveCopy`},
		{"delete of a new item", func(a *orm.Account) error { return a.Delete(t.Context(), &orm.Message{}, orm.HardDelete) },
			`orm: "item:ItemId" is empty: the item was not saved; Create it first`},
		{"move of many, one without id", func(a *orm.Account) error {
			_, err := a.MoveAll(t.Context(), []orm.ItemID{fakeID(0), {}}, a.Trash())
			return err
		}, `input 1: orm: "item:ItemId" is empty: the item was not saved; Create it first`},
		{"copy of a new item", func(a *orm.Account) error { _, err := a.Copy(t.Context(), &orm.Message{}, a.Trash()); return err },
			`orm: "item:ItemId" is empty: the item was not saved; Create it first`},
		{"fetch of nothing", func(a *orm.Account) error { _, err := a.Fetch(t.Context(), orm.ItemID{}); return err },
			`orm: "item:ItemId" is empty: the item was not saved; Create it first`},
		{"refresh of nil", func(a *orm.Account) error { return a.Refresh(t.Context(), none) }, `orm: "*types.Message" is nil: give an item`},
		{"send of nil", func(a *orm.Account) error { return a.Send(t.Context(), none) }, `orm: "*types.Message" is nil: give an item`},
		{"refresh of another class", func(a *orm.Account) error { return a.Refresh(t.Context(), &orm.Contact{ItemID: fakeID(0)}) },
			`orm: "Contact" is a Message on the server`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, a := acct()
			err := tt.do(a)
			var e *orm.FieldError
			if !errors.As(err, &e) || err.Error() != tt.text {
				t.Errorf("got  %v\nwant %s", err, tt.text)
			}
			if len(f.calls) > 0 && tt.name != "refresh of another class" {
				t.Errorf("sent %v", f.calls)
			}
		})
	}
}

func TestUpdateDoesTheSameInMemory(t *testing.T) {
	f := newFake(3)
	f.item = func(op string, n int) messages.ResponseCode {
		if n == 1 {
			return messages.ErrorIrresolvableConflict
		}
		return messages.NoError
	}
	items := []*orm.Message{{ItemID: fakeID(0)}, {ItemID: fakeID(1)}, {ItemID: fakeID(2)}}
	var updates []orm.ItemUpdate
	for _, m := range items {
		updates = append(updates, orm.ItemUpdate{Item: m, Changes: []field.AnyChange{field.Message.Subject.Set("new"), field.Item.Importance.Set(types.ImportanceChoicesHigh)}})
	}
	rs, err := f.account(t, orm.Config{ChunkSize: 1}).UpdateAll(t.Context(), updates)
	if err != nil || !errors.Is(rs[1].Err, messages.ErrorIrresolvableConflict) {
		t.Fatal(err, rs.Err())
	}
	for i, m := range items {
		changed := m.Subject == "new" && m.Importance == types.ImportanceChoicesHigh && m.ItemID.ChangeKey == "new"
		if changed != (i != 1) {
			t.Errorf("item %d is %+v", i, m)
		}
	}
}
