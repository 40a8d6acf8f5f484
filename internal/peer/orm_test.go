package peer

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/orm"
)

// work does with orm what py/session.py does with exchangelib, and returns the
// items that exchangelib is to see, as they were made.
func work(ctx context.Context, t *testing.T, s *server) []types.Item {
	a, b := s.open(ctx, t, alice), s.open(ctx, t, bob)
	home, err := a.Root().Create(ctx, "From orm")
	if err != nil {
		t.Fatal(err)
	}
	var done []types.Item
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			where, away := makeFolder(ctx, t, home, k, k.name), makeFolder(ctx, t, home, k, "Away: "+k.name)
			made := []types.Item{k.make(1), k.make(2), k.make(3), k.make(4), k.make(5)}
			rs, err := a.CreateAll(ctx, where, made)
			if err != nil || rs.Err() != nil {
				t.Fatal(err, rs.Err())
			}
			done = append(done, made[0])
			done = append(done, change(ctx, t, a, where, away, made)...)
			if n, err := where.Items().Count(ctx); err != nil || n != 3 {
				t.Errorf("%d items left, want 3; %v", n, err)
			}
		})
	}
	t.Run("mail", func(t *testing.T) { done = append(done, mail(ctx, t, a, b)...) })
	return done
}

func makeFolder(ctx context.Context, t *testing.T, home orm.Folder, k kind, name string) orm.Folder {
	t.Helper()
	if k.folder == nil {
		f, err := home.Create(ctx, name)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	data := k.folder
	switch d := data.(type) {
	case *types.CalendarFolder:
		data = &types.CalendarFolder{DisplayName: name}
	case *types.ContactsFolder:
		data = &types.ContactsFolder{DisplayName: name}
	case *types.TasksFolder:
		data = &types.TasksFolder{DisplayName: name}
	default:
		t.Fatalf("what is a %T?", d)
	}
	f, err := home.CreateFolder(ctx, data)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// change updates, copies, moves and deletes: of five items the first stays,
// the second is updated, the third moves away, the fourth is copied there and
// deleted here, the fifth goes to Deleted Items; and a copy of the first comes.
func change(ctx context.Context, t *testing.T, a *orm.Account, where, away orm.Folder, made []types.Item) []types.Item {
	t.Helper()
	if err := a.Update(ctx, made[1], field.Item.Categories.Set("changed"), field.Item.Importance.Set(types.ImportanceChoicesLow)); err != nil {
		t.Error(err)
	}
	if err := a.Move(ctx, made[2], away); err != nil {
		t.Error(err)
	}
	if _, err := a.Copy(ctx, made[3], away); err != nil {
		t.Error(err)
	}
	if err := a.Delete(ctx, made[3], orm.HardDelete); err != nil {
		t.Error(err)
	}
	if err := a.Delete(ctx, made[4], orm.MoveToDeletedItems); err != nil {
		t.Error(err)
	}
	if _, err := a.Copy(ctx, made[0], where); err != nil {
		t.Error(err)
	}
	if n, err := away.Items().Count(ctx); err != nil || n != 2 {
		t.Errorf("%d items away, want 2; %v", n, err)
	}
	return made[1:4]
}

// mail sends a message with an attachment from one mailbox to the other.
func mail(ctx context.Context, t *testing.T, a, b *orm.Account) []types.Item {
	t.Helper()
	m := &types.Message{
		Subject: "sent by orm", Body: orm.TextBody("Hello"), ToRecipients: orm.To(b.Address()), Importance: types.ImportanceChoicesHigh,
		Attachments: []types.Attachment{&types.FileAttachment{Name: "a.txt", ContentType: "text/plain", Content: []byte("attached")}},
	}
	if err := a.Send(ctx, m); err != nil {
		t.Fatal(err)
	}
	got, err := b.Inbox().Messages().Filter(field.Message.Subject.Equals("sent by orm")).Get(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if got.From.EmailAddress != a.Address() || !got.HasAttachments {
		t.Errorf("from %+v, has attachments: %t", got.From, got.HasAttachments)
	}
	m.Attachments = nil // compared by what is fetched
	return []types.Item{m}
}

// find fails t unless exchangelib sees each item that orm made, with all that
// orm said.
func find(t *testing.T, boxes []mailbox, done []types.Item) {
	seen := map[string][]map[string]any{}
	for _, b := range boxes {
		for _, item := range b.Items {
			for _, name := range []string{"Subject", "DisplayName"} {
				if s, ok := item[name].(string); ok {
					seen[s] = append(seen[s], item)
				}
			}
		}
	}
	wrong := map[string]string{} // what is wrong, with an item
	for _, item := range done {
		n := treeOf(t, item)
		name := n.child("Subject")
		if name == nil {
			name = n.child("DisplayName")
		}
		if len(seen[name.Text]) == 0 {
			t.Errorf("exchangelib does not see %s %q", n.XMLName.Local, name.Text)
			continue
		}
		for _, item := range seen[name.Text] {
			for _, d := range said(item, n) {
				wrong[d] = fmt.Sprint(item["Subject"])
			}
		}
	}
	for d, item := range wrong {
		t.Errorf("%s (%s)", d, item)
	}
}

// computed are the properties in which the server may say otherwise than it
// was told.
var computed = []string{"ItemId", "Body", "IsRead", "ExtendedProperty", "RequiredAttendees", "OptionalAttendees", "Resources", "EmailAddresses", "Recurrence"}

// said returns where what exchangelib sees is not what orm said.
func said(seen map[string]any, n *tree) []string {
	var all []string
	for _, k := range n.Kids {
		name := k.XMLName.Local
		v, known := seen[name]
		if !known || slices.Contains(computed, name) {
			continue
		}
		for _, d := range diff(fmt.Sprintf("%s/%s", n.XMLName.Local, name), v, k) {
			// What the server adds to a mailbox is not in what orm said.
			if !strings.Contains(d, "orm sees nothing") {
				all = append(all, d)
			}
		}
	}
	return all
}
