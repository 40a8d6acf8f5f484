package ewstest_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

func TestMailboxAdd(t *testing.T) {
	s := ewstest.New(t)
	m := s.Mailbox("ALICE@example.com")
	at := time.Date(2020, 2, 29, 10, 0, 0, 0, time.UTC)
	given := &types.Message{
		Subject: "Minutes", Body: types.Body{BodyType: types.BodyTypeText, Value: "text"}, DateTimeReceived: at, Categories: []string{"Red"},
		Attachments: []types.Attachment{&types.FileAttachment{Name: "a.txt", Content: []byte("content")}},
		Present:     types.Set(field.Message.IsRead), // and it is not
	}
	ids, err := m.Add("inbox/Projects/2020", given, &types.Contact{GivenName: "Carol", Surname: "Example"})
	if err != nil {
		t.Fatal(err)
	}
	given.Categories[0] = "Blue" // the item is a copy
	items, err := m.Items("INBOX/projects/2020")
	if err != nil || len(items) != 2 || len(ids) != 2 {
		t.Fatal(items, ids, err)
	}
	got := items[0].(*types.Message)
	file := got.Attachments[0].(*types.FileAttachment)
	if got.Subject != "Minutes" || got.Body.Value != "text" || !got.DateTimeReceived.Equal(at) || got.IsRead || got.IsDraft || got.ItemID.ID != ids[0].ID ||
		got.Categories[0] != "Red" || string(file.Content) != "content" || got.ItemClass != "IPM.Note" || !got.HasAttachments {
		t.Errorf("message %+v, file %+v", got, file)
	}
	// A client sees the same.
	a := call(t, s, v2016, `<m:GetItem><m:ItemShape><t:BaseShape>AllProperties</t:BaseShape></m:ItemShape><m:ItemIds><t:ItemId Id="`+ids[0].ID+`"/></m:ItemIds></m:GetItem>`).ok()
	if a.first("Subject") != "Minutes" || a.first("IsRead") != "false" || a.first("DateTimeReceived") != "2020-02-29T10:00:00Z" || len(a.nodes("FileAttachment")) != 1 {
		t.Errorf("answer %s", a.text)
	}
	f, err := m.Folder("inbox/Projects")
	if diff := cmp.Diff([]string{"2020"}, childNames(t, s, folderRef(f.ID), "Shallow")); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

func TestMailboxChangeAndDelete(t *testing.T) {
	s := ewstest.New(t)
	m := s.Mailbox(alice)
	ids, err := m.Add("tasks", &types.Task{Subject: "One"}, &types.Task{Subject: "Two"})
	if err != nil {
		t.Fatal(err)
	}
	id, err := m.Change(ids[0].ID, func(i types.Item) { i.(*types.Task).Subject = "Uno" })
	if err != nil || id.ID != ids[0].ID || id.ChangeKey == ids[0].ChangeKey {
		t.Errorf("id %+v, %v", id, err)
	}
	if err := m.Delete(ids[1].ID); err != nil {
		t.Error(err)
	}
	items, err := m.Items("tasks")
	if err != nil || len(items) != 1 || items[0].(*types.Task).Subject != "Uno" {
		t.Errorf("items %v, %v", items, err)
	}
	one, err := m.Item(id.ID)
	if diff := cmp.Diff(items[0], one); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

func TestMailboxDeliver(t *testing.T) {
	s := ewstest.New(t)
	id, err := s.Mailbox(bob).Deliver("Carol <carol@example.org>", &types.Message{Subject: "Hello"})
	if err != nil {
		t.Fatal(err)
	}
	a := callAs(t, s, bob, v2016, `<m:GetItem><m:ItemShape><t:BaseShape>Default</t:BaseShape></m:ItemShape><m:ItemIds><t:ItemId Id="`+id.ID+`"/></m:ItemIds></m:GetItem>`).ok()
	from := a.nodes("From")[0].child("Mailbox")
	if a.first("Subject") != "Hello" || from.child("Name").Text != "Carol" || from.child("EmailAddress").Text != "carol@example.org" || a.first("IsRead") != "false" {
		t.Errorf("answer %s", a.text)
	}
	if unread := callAs(t, s, bob, v2016, getInbox).ok().first("UnreadCount"); unread != "1" {
		t.Errorf("%s unread", unread)
	}
}

func TestMailboxFolders(t *testing.T) {
	s := ewstest.New(t)
	m := s.Mailbox(alice)
	if _, err := m.AddFolder("calendar/Team", "IPF.Appointment"); err != nil {
		t.Fatal(err)
	}
	if _, err := m.AddFolder("Notes/Ideas/2026", ""); err != nil {
		t.Fatal(err)
	}
	paths, err := m.Folders()
	all := strings.Join(paths, "\n")
	for _, want := range []string{"Calendar/Team", "Notes/Ideas/2026", "Sent Items"} {
		if !strings.Contains(all, want) || err != nil {
			t.Errorf("no %s in %s, %v", want, all, err)
		}
	}
	if strings.Contains(all, "Recipient Cache") || strings.Contains(all, "Common Views") {
		t.Errorf("hidden folders in %s", all)
	}
	// A folder with a distinguished name goes first.
	direct, _ := m.Folder("inbox")
	byName, err := m.Folder("msgfolderroot/Inbox")
	if direct != byName || err != nil {
		t.Error("the inbox is not the inbox", err)
	}
}

func TestMailboxErrors(t *testing.T) {
	s := ewstest.New(t)
	m := s.Mailbox(alice)
	var none *types.Message
	for name, err := range map[string]error{
		"no mailbox":        second(s.Mailbox("x@example.com").Items("inbox")),
		"no folder":         second(m.Items("inbox/Nothing")),
		"no item":           m.Delete("x"),
		"no item to change": second(m.Change("x", nil)),
		"a response object": second(m.Add("inbox", &types.AcceptItem{})),
		"nil":               second(m.Add("inbox", nil)),
		"a nil message":     second(m.Add("inbox", none)),
		"a bad address":     second(m.Deliver("carol", &types.Message{})),
		"a bad name":        second(m.AddFolder("inbox/ /x", "")),
		"below a search":    second(m.AddFolder("todosearch/x", "")),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// TestConcurrentUse mixes everything, for the race detector.
func TestConcurrentUse(t *testing.T) {
	s := ewstest.New(t)
	s.Seed(20)
	fault := s.Inject(ewstest.Fault{Op: "GetFolder", Probability: 0.2, Seed: 1, Parts: map[int]messages.ResponseCode{0: messages.ErrorServerBusy}})
	m := s.Mailbox(alice)
	bodies := []string{
		getFolderBody("AllProperties", folderRef("inbox"), folderRef("calendar")),
		createFolderBody(folderRef("inbox"), namedFolder("x")),
		`<m:FindFolder Traversal="Deep"><m:FolderShape><t:BaseShape>AllProperties</t:BaseShape></m:FolderShape><m:ParentFolderIds>` + folderRef("root") + `</m:ParentFolderIds></m:FindFolder>`,
		`<m:FindItem Traversal="Shallow"><m:ItemShape><t:BaseShape>AllProperties</t:BaseShape></m:ItemShape><m:ParentFolderIds>` + folderRef("inbox") + `</m:ParentFolderIds></m:FindItem>`,
		`<m:EmptyFolder DeleteType="HardDelete" DeleteSubFolders="true"><m:FolderIds>` + folderRef("deleteditems") + `</m:FolderIds></m:EmptyFolder>`,
		`<m:CreateItem MessageDisposition="SaveOnly"><m:SavedItemFolderId>` + folderRef("inbox") + `</m:SavedItemFolderId><m:Items><t:Message><t:Subject>x</t:Subject></t:Message></m:Items></m:CreateItem>`,
		`<m:EmptyFolder DeleteType="MoveToDeletedItems" DeleteSubFolders="true"><m:FolderIds>` + folderRef("inbox") + `</m:FolderIds></m:EmptyFolder>`,
	}
	var wg sync.WaitGroup
	for w := range 6 {
		wg.Go(func() {
			for i := range 10 {
				body := bodies[(w+i)%len(bodies)]
				user := []string{alice, bob}[i%2]
				if a := callAs(t, s, user, []string{v2016, "Exchange2010_SP1"}[w%2], body); a.status != 200 {
					t.Errorf("status %d: %s", a.status, a.text)
				}
				if _, err := m.Add("inbox", &types.Message{Subject: "direct"}); err != nil {
					t.Error(err)
				}
				if _, err := m.Items("inbox"); err != nil {
					t.Error(err)
				}
				s.Requests()
				fault.Hits()
			}
		})
	}
	wg.Wait()
}
