package ewstest_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// attach adds attachments to an item, and returns the codes and the ids.
func attach(t testing.TB, c *wireClient, id types.ItemID, list ...types.Attachment) ([]messages.ResponseCode, []types.AttachmentID) {
	t.Helper()
	res := must(c.ops().CreateAttachment(t.Context(), &messages.CreateAttachmentRequest{ParentItemID: id, Attachments: list}))
	var ids []types.AttachmentID
	for _, m := range res.ResponseMessages {
		for _, a := range m.Attachments {
			ids = append(ids, idOfAttachment(a))
		}
	}
	return codes(res), ids
}

func idOfAttachment(a types.Attachment) types.AttachmentID {
	switch a := a.(type) {
	case *types.FileAttachment:
		return a.AttachmentID
	case *types.ItemAttachment:
		return a.AttachmentID
	case *types.ReferenceAttachment:
		return a.AttachmentID
	}
	return types.AttachmentID{}
}

// open gets one attachment.
func open(t testing.TB, c *wireClient, id string) types.Attachment {
	t.Helper()
	res := must(c.ops().GetAttachment(t.Context(), &messages.GetAttachmentRequest{AttachmentIDs: []types.RequestAttachmentID{{ID: id}}}))
	if err := firstError(res); err != nil {
		t.Fatal(err)
	}
	return res.ResponseMessages[0].Attachments[0]
}

func TestFileAttachments(t *testing.T) {
	s := ewstest.New(t)
	c := dial(t, s, 0)
	id := create(t, c, "", &types.Message{Subject: "with files", Attachments: []types.Attachment{
		&types.FileAttachment{Name: "a.txt", Content: []byte("Hello æøå")},
		&types.FileAttachment{Name: "empty.bin", Present: types.FileAttachmentHasContent},
		&types.FileAttachment{Name: "pic.png", IsInline: true, ContentID: "pic@x", ContentLocation: "here", Content: []byte{0, 1}},
	}})
	m := getAll(t, c, id).(*types.Message)
	if !m.HasAttachments || len(m.Attachments) != 3 {
		t.Fatalf("got %+v", m)
	}
	type row struct {
		name, kind, cid string
		size            int32
		inline          bool
		content         string
	}
	var got []row
	for _, a := range m.Attachments {
		listed := a.(*types.FileAttachment)
		if listed.Content != nil || listed.AttachmentID.RootItemID != "" {
			t.Errorf("GetItem gives %+v", listed)
		}
		f := open(t, c, listed.AttachmentID.ID).(*types.FileAttachment)
		if f.Present&types.FileAttachmentHasContent == 0 {
			t.Errorf("%s has no Content element", f.Name)
		}
		got = append(got, row{f.Name, f.ContentType, f.ContentID, f.Size, f.IsInline, string(f.Content)})
	}
	want := []row{
		{"a.txt", "text/plain", "", 12, false, "Hello æøå"}, {"empty.bin", "", "", 0, false, ""}, {"pic.png", "image/png", "pic@x", 2, true, "\x00\x01"},
	}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(row{})); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}

	code, ids := attach(t, c, id, &types.FileAttachment{Name: "b", Content: []byte("b")}, &types.FileAttachment{Content: []byte("no name")},
		&types.ReferenceAttachment{Name: "link", AttachLongPathName: "https://example.com/x"})
	if d := cmp.Diff([]messages.ResponseCode{messages.NoError, messages.ErrorRequiredPropertyMissing, messages.NoError}, code); d != "" {
		t.Error(d)
	}
	if ids[0].RootItemID != id.ID || ids[0].RootItemChangeKey == id.ChangeKey || ids[0].RootItemChangeKey != ids[1].RootItemChangeKey {
		t.Errorf("ids %+v of %+v", ids, id)
	}
	if r := open(t, c, ids[1].ID).(*types.ReferenceAttachment); r.AttachLongPathName != "https://example.com/x" {
		t.Errorf("got %+v", r)
	}
	del := must(c.ops().DeleteAttachment(t.Context(), &messages.DeleteAttachmentRequest{AttachmentIDs: []types.RequestAttachmentID{
		{ID: ids[0].ID}, {ID: ids[0].ID}, {ID: "AAA="}, {ID: id.ID},
	}}))
	if d := cmp.Diff([]messages.ResponseCode{
		messages.NoError, messages.ErrorInvalidAttachmentID, messages.ErrorInvalidIDMalformed, messages.ErrorInvalidIDNotAnItemAttachmentID,
	}, codes(del)); d != "" {
		t.Error(d)
	}
	if root := del.ResponseMessages[0].RootItemID; root.RootItemID != id.ID || root.RootItemChangeKey == ids[0].RootItemChangeKey {
		t.Errorf("root %+v", root)
	}
}

// TestInlineOnly: an item with nothing but what its body shows has no
// attachments, as mail programs mean it.
func TestInlineOnly(t *testing.T) {
	c := dial(t, ewstest.New(t), 0)
	id := create(t, c, "", &types.Message{Attachments: []types.Attachment{&types.FileAttachment{Name: "x.png", IsInline: true, Content: []byte("x")}}})
	if m := getAll(t, c, id).(*types.Message); m.HasAttachments || len(m.Attachments) != 1 {
		t.Errorf("got %+v", m)
	}
}

func TestItemAttachments(t *testing.T) {
	s := ewstest.New(t)
	c := dial(t, s, 0)
	nest := func(subject string, inner ...types.Attachment) *types.Message {
		return &types.Message{Subject: subject, Body: types.Body{BodyType: types.BodyTypeHTML, Value: "<html><body>Hello HTML</body></html>"}, Attachments: inner}
	}
	id := create(t, c, "", nest("0", &types.ItemAttachment{Name: "one", Item: nest("1", &types.ItemAttachment{Name: "two", Item: nest("2",
		&types.FileAttachment{Name: "deep", Content: []byte("deep")})})}))
	list := getAll(t, c, id).(*types.Message).Attachments
	for _, subject := range []string{"1", "2"} {
		a := open(t, c, idOfAttachment(list[0]).ID).(*types.ItemAttachment)
		m := a.Item.(*types.Message)
		if m.Subject != subject || m.ItemID.ID != "" || !m.HasAttachments || m.Body.Value == "" {
			t.Errorf("got %+v", m)
		}
		list = m.Attachments
	}
	if f := open(t, c, idOfAttachment(list[0]).ID).(*types.FileAttachment); string(f.Content) != "deep" {
		t.Errorf("got %+v", f)
	}
	text := must(c.ops().GetAttachment(t.Context(), &messages.GetAttachmentRequest{
		AttachmentShape: types.AttachmentResponseShape{BodyType: types.BodyTypeResponseText, IncludeMimeContent: true,
			AdditionalProperties: []types.Path{&types.PathToUnindexedField{FieldURI: "item:TextBody"}}},
		AttachmentIDs: []types.RequestAttachmentID{{ID: idOfAttachment(getAll(t, c, id).(*types.Message).Attachments[0]).ID}},
		Present:       messages.GetAttachmentRequestHasAttachmentShape,
	})).ResponseMessages[0].Attachments[0].(*types.ItemAttachment).Item.(*types.Message)
	if text.Body.Value != "Hello HTML\r\n" || text.TextBody.Value != "Hello HTML\r\n" || text.MimeContent.Value == "" {
		t.Errorf("got %+v", text)
	}

	// A nested attachment that goes changes the root, and what hangs below goes with it.
	deep := idOfAttachment(list[0]).ID
	one := idOfAttachment(getAll(t, c, id).(*types.Message).Attachments[0]).ID
	if err := firstError(must(c.ops().DeleteAttachment(t.Context(), &messages.DeleteAttachmentRequest{AttachmentIDs: []types.RequestAttachmentID{{ID: one}}}))); err != nil {
		t.Fatal(err)
	}
	gone := must(c.ops().GetAttachment(t.Context(), &messages.GetAttachmentRequest{AttachmentIDs: []types.RequestAttachmentID{{ID: deep}}}))
	if codes(gone)[0] != messages.ErrorInvalidAttachmentID {
		t.Errorf("got %v", codes(gone))
	}

	code, _ := attach(t, c, id, &types.ItemAttachment{Name: "x"}, &types.ItemAttachment{Name: "x", Item: &types.MeetingRequest{}},
		&types.ItemAttachment{Name: "x", Item: &types.CalendarItem{}}, &types.ItemAttachment{Name: "x", Item: &types.Task{}},
		&types.ItemAttachment{Name: "x", Item: &types.Contact{}}, &types.ItemAttachment{Name: "x", Item: &types.Message{Size: 1}})
	if d := cmp.Diff([]messages.ResponseCode{
		messages.ErrorMissingItemForCreateItemAttachment, messages.ErrorInvalidItemForOperationCreateItemAttachment,
		messages.NoError, messages.NoError, messages.NoError, messages.ErrorInvalidPropertySet,
	}, code); d != "" {
		t.Error(d)
	}
}

// TestAttachmentsFollow: a moved item takes its attachments along under other
// ids, a copy has some of its own, a deleted item's are gone.
func TestAttachmentsFollow(t *testing.T) {
	c := dial(t, ewstest.New(t), 0)
	id := create(t, c, "", &types.Message{Attachments: []types.Attachment{&types.FileAttachment{Name: "x", Content: []byte("content")}}})
	first := func(id types.ItemID) string {
		return idOfAttachment(getAll(t, c, id).(*types.Message).Attachments[0]).ID
	}
	before := first(id)
	to := types.TargetFolderID{FolderID: &types.DistinguishedFolderID{ID: types.DistinguishedFolderIDNameInbox}}
	cp := itemIDOf(t, must(c.ops().CopyItem(t.Context(), &messages.CopyItemRequest{ToFolderID: to, ItemIDs: []types.BaseItemID{&id}})).ResponseMessages[0].Items)
	mv := itemIDOf(t, must(c.ops().MoveItem(t.Context(), &messages.MoveItemRequest{ToFolderID: to, ItemIDs: []types.BaseItemID{&id}})).ResponseMessages[0].Items)
	ids := map[string]bool{before: true, first(cp): true, first(mv): true}
	if len(ids) != 3 {
		t.Errorf("the ids %v are not three", ids)
	}
	for id := range ids {
		res := must(c.ops().GetAttachment(t.Context(), &messages.GetAttachmentRequest{AttachmentIDs: []types.RequestAttachmentID{{ID: id}}}))
		want := messages.NoError
		if id == before {
			want = messages.ErrorInvalidAttachmentID
		}
		if codes(res)[0] != want {
			t.Errorf("got %v, want %v", codes(res), want)
		}
	}
}

func TestOldVersionsKnowLessOfAttachments(t *testing.T) {
	c := dial(t, ewstest.New(t), 0).at(types.ExchangeVersionExchange2007SP1)
	id := create(t, c, "", &types.Message{Attachments: []types.Attachment{&types.FileAttachment{Name: "x.txt", Content: []byte("content")}}})
	getAll(t, c, id) // held against the contract of the version
	if strings.Contains(string(c.last), "IsInline") {
		t.Errorf("got %s", c.last)
	}
}
