package orm_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/orm"
)

// What became of an update, a move, a copy or a deletion can be seen by the
// item, or not at all.
func TestRecoveryOfVerbs(t *testing.T) {
	update := func(changes ...field.AnyChange) func(context.Context, *orm.Account, *orm.Message) error {
		return func(ctx context.Context, a *orm.Account, m *orm.Message) error { return a.Update(ctx, m, changes...) }
	}
	remove := func(how orm.DeleteType) func(context.Context, *orm.Account, *orm.Message) error {
		return func(ctx context.Context, a *orm.Account, m *orm.Message) error { return a.Delete(ctx, m, how) }
	}
	move := func(ctx context.Context, a *orm.Account, m *orm.Message) error { return a.Move(ctx, m, a.Trash()) }
	cp := func(ctx context.Context, a *orm.Account, m *orm.Message) error {
		_, err := a.Copy(ctx, m, a.Trash())
		return err
	}
	const (
		drop  = "lost"
		never = "never done"
		late  = "done late"
	)
	tests := []struct {
		op    string
		fault string
		do    func(context.Context, *orm.Account, *orm.Message) error
		want  string
		why   string
		at    map[string]string // subjects by folder at last
	}{
		{"UpdateItem", drop, update(field.Message.Subject.Set("new"), field.Message.IsRead.Set(true)), done, "", map[string]string{"drafts": "new"}},
		{"UpdateItem", late, update(field.Message.Subject.Set("new")), done, "", map[string]string{"drafts": "new"}},
		{"UpdateItem", never, update(field.Message.Subject.Set("new")), unknown, "the item is as it was", map[string]string{"drafts": "old"}},
		{"UpdateItem", drop, update(field.Message.Categories.Set("a", "b"), field.Message.Importance.Set(types.ImportanceChoicesHigh)), done, "", map[string]string{"drafts": "old"}},
		{"UpdateItem", drop, update(field.Message.Body.Append(orm.TextBody(" more"))), unknown, "cannot be told from what others add", map[string]string{"drafts": "old"}},
		{"DeleteItem", drop, remove(orm.HardDelete), done, "", map[string]string{}},
		{"DeleteItem", drop, remove(orm.SoftDelete), done, "", map[string]string{}},
		{"DeleteItem", drop, remove(orm.MoveToDeletedItems), done, "", map[string]string{"deleteditems": "old"}},
		{"DeleteItem", late, remove(orm.HardDelete), done, "", map[string]string{}},
		{"DeleteItem", never, remove(orm.HardDelete), unknown, "still where it was", map[string]string{"drafts": "old"}},
		{"MoveItem", drop, move, done, "", map[string]string{"deleteditems": "old"}},
		{"MoveItem", late, move, done, "", map[string]string{"deleteditems": "old"}},
		{"MoveItem", never, move, unknown, "still where it was", map[string]string{"drafts": "old"}},
		{"CopyItem", drop, cp, unknown, "nothing tells a copy", map[string]string{"drafts": "old", "deleteditems": "old"}},
		{"CopyItem", never, cp, unknown, "nothing tells a copy", map[string]string{"drafts": "old"}},
	}
	for i, tt := range tests {
		t.Run(fmt.Sprint(i, " ", tt.op, " ", tt.fault), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := inBubble(t, ewstest.Config{})
				a := srv.login(t, 0, orm.Config{Recovery: new(orm.Recovery)})
				m := &orm.Message{Subject: "old", Body: orm.TextBody("text")}
				if err := a.Create(t.Context(), a.Drafts(), m); err != nil {
					t.Fatal(err)
				}
				was := m.ItemID
				f := ewstest.Fault{Op: tt.op, Times: 1, DropAfter: tt.fault == drop, DropBefore: tt.fault == never}
				if tt.fault == late {
					f.Delay, f.Late = 4*time.Second, true
				}
				srv.Inject(f)
				err := tt.do(t.Context(), a, m)
				verdict(t, err, tt.want, tt.why)
				srv.wg.Wait()
				at := map[string]string{}
				for _, f := range []string{"drafts", "deleteditems"} {
					for _, s := range srv.subjects(t, 0, f) {
						at[f] += s
					}
				}
				if diff := cmp.Diff(tt.at, at); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
				switch {
				case err != nil && m.ItemID != was:
					t.Errorf("the id is %v, was %v", m.ItemID, was)
				case err == nil && tt.op == "UpdateItem": // the item here is that of the server
					if m.ItemID.ChangeKey == was.ChangeKey {
						t.Error("the change key is the old one")
					}
					if err := a.Update(t.Context(), m, field.Message.Subject.Set("again")); err != nil {
						t.Error(err)
					}
				case err == nil && tt.op == "MoveItem" && m.ItemID.ID != "":
					t.Errorf("the id is %v", m.ItemID)
				}
				if n := srv.asked()[tt.op]; n > 1 && tt.op != "UpdateItem" || n > 2 {
					t.Errorf("asked %d times", n)
				}
			})
		})
	}
}

// An update that another client overtook is not taken for done.
func TestUpdateOvertaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := inBubble(t, ewstest.Config{})
		a := srv.login(t, 0, orm.Config{Recovery: &orm.Recovery{Looks: 1}})
		m := &orm.Message{Subject: "old"}
		if err := a.Create(t.Context(), a.Drafts(), m); err != nil {
			t.Fatal(err)
		}
		srv.Inject(ewstest.Fault{Op: "UpdateItem", DropBefore: true, Match: func(ewstest.Request) bool {
			must(srv.Mailbox("alice@example.com").Change(m.ItemID.ID, func(i orm.Item) { i.(*orm.Message).Subject = "theirs" }))(t)
			return true
		}})
		err := a.Update(t.Context(), m, field.Message.Subject.Set("ours"))
		verdict(t, err, unknown, "the item was changed, and has not all of the values")
	})
}

// Check is of the update as it was sent, whatever the caller did to the item
// since. It works without Recovery.
func TestCheckOfUpdate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := inBubble(t, ewstest.Config{})
		a := srv.login(t, 0, orm.Config{})
		m := &orm.Message{Subject: "old"}
		if err := a.Create(t.Context(), a.Drafts(), m); err != nil {
			t.Fatal(err)
		}
		was := m.ItemID
		srv.Inject(ewstest.Fault{Op: "UpdateItem", DropAfter: true})
		err := a.Update(t.Context(), m, field.Message.Subject.Set("new"))
		var e *orm.UnknownError
		if !errors.As(err, &e) {
			t.Fatal(err)
		}
		if err := a.Refresh(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		id, ok, err := e.Check(t.Context())
		if !ok || err != nil || id != m.ItemID || id == was {
			t.Errorf("%v, %v, %v; the item has %v", id, ok, err, m.ItemID)
		}
	})
}

// What became of a folder can be seen by its mark, or by its id.
func TestRecoveryOfFolders(t *testing.T) {
	type verb = func(ctx context.Context, f orm.Folder) error
	create := func(ctx context.Context, f orm.Folder) error {
		g, err := f.Create(ctx, "New")
		if err == nil && (g.Name() != "New" || g.Data() == nil) {
			err = fmt.Errorf("created %q", g)
		}
		return err
	}
	move := func(ctx context.Context, f orm.Folder) error {
		g, err := f.Move(ctx, f.Account().Inbox())
		if err == nil && g.Name() != "Old" {
			err = fmt.Errorf("moved %q", g)
		}
		return err
	}
	cp := func(ctx context.Context, f orm.Folder) error {
		_, err := f.Copy(ctx, f.Account().Inbox())
		return err
	}
	remove := func(how orm.DeleteType) verb {
		return func(ctx context.Context, f orm.Folder) error { return f.Delete(ctx, how) }
	}
	rename := func(ctx context.Context, f orm.Folder) error { _, err := f.Rename(ctx, "New"); return err }
	empty := func(ctx context.Context, f orm.Folder) error { return f.Empty(ctx, orm.HardDelete, true) }
	tests := []struct {
		op     string
		do     verb
		before bool
		want   string
		why    string
	}{
		{"CreateFolder", create, false, done, ""},
		{"CreateFolder", create, true, unknown, `it is not in folder "Old"`},
		{"MoveFolder", move, false, done, ""},
		{"MoveFolder", move, true, unknown, "still where it was"},
		{"CopyFolder", cp, false, unknown, "look for the copy"},
		{"DeleteFolder", remove(orm.HardDelete), false, done, ""},
		{"DeleteFolder", remove(orm.MoveToDeletedItems), false, done, ""},
		{"DeleteFolder", remove(orm.HardDelete), true, unknown, "still there"},
		{"DeleteFolder", remove(orm.MoveToDeletedItems), true, unknown, "still where it was"},
		{"UpdateFolder", rename, false, unknown, "load the folder"},
		{"EmptyFolder", empty, false, unknown, "no harm"},
	}
	for i, tt := range tests {
		t.Run(fmt.Sprint(i, " ", tt.op), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := inBubble(t, ewstest.Config{})
				a := srv.login(t, 0, orm.Config{Recovery: &orm.Recovery{Looks: 2}})
				f := must(a.Root().Create(t.Context(), "Old"))(t)
				srv.ForgetRequests()
				srv.Inject(ewstest.Fault{Op: tt.op, Times: 1, DropBefore: tt.before, DropAfter: !tt.before})
				verdict(t, tt.do(t.Context(), f), tt.want, tt.why)
				if n := srv.asked()[tt.op]; n != 1 {
					t.Errorf("asked %d times", n)
				}
			})
		})
	}
}

// A folder that was made, and cannot be fetched, is there.
func TestFolderMadeNotFetched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := inBubble(t, ewstest.Config{})
		a := srv.login(t, 0, orm.Config{})
		hit := srv.Inject(ewstest.Fault{Op: "GetFolder", DropBefore: true})
		f, err := a.Inbox().Create(t.Context(), "New")
		if err == nil || errors.Is(err, orm.ErrUnknown) || f.ID() == nil {
			t.Fatalf("%v, %v", f, err)
		}
		hit.Remove()
		if f, err = f.Load(t.Context()); err != nil || f.Name() != "New" {
			t.Errorf("%q, %v", f, err)
		}
	})
}
