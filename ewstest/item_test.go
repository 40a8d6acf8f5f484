package ewstest_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// create creates one item, and returns its id.
func create(t testing.TB, c *wireClient, folder types.DistinguishedFolderIDName, in types.Item) types.ItemID {
	t.Helper()
	req := &messages.CreateItemRequest{
		MessageDisposition: types.MessageDispositionSaveOnly, SendMeetingInvitations: types.CalendarItemCreateOrDeleteOperationSendToNone,
		Items: []types.Item{in},
	}
	if folder != "" {
		req.SavedItemFolderID.FolderID = &types.DistinguishedFolderID{ID: folder}
		req.Present |= messages.CreateItemRequestHasSavedItemFolderID
	}
	res := must(c.ops().CreateItem(t.Context(), req))
	if err := firstError(res); err != nil {
		t.Fatal(err)
	}
	return itemIDOf(t, res.ResponseMessages[0].Items)
}

// must returns v of a call that cannot fail but by a mistake of the test or of the server's envelope.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// itemIDOf returns the id of the one item.
func itemIDOf(t testing.TB, items []types.Item) types.ItemID {
	t.Helper()
	if len(items) != 1 {
		t.Fatalf("%d items, want 1", len(items))
	}
	return *items[0].(types.Properties).PropertyPtr(1).(*types.ItemID)
}

// firstError returns the first status of an answer that is an error.
func firstError(b messages.Batch) error {
	for _, s := range b.Statuses() {
		if s.Failed() {
			return errors.Join(s.Code, errors.New(s.Text+" "+string(s.XML)))
		}
	}
	return nil
}

// codes returns the codes of an answer.
func codes(b messages.Batch) []messages.ResponseCode {
	var out []messages.ResponseCode
	for _, s := range b.Statuses() {
		out = append(out, s.Code)
	}
	return out
}

var all = types.ItemResponseShape{BaseShape: types.DefaultShapeNamesAllProperties}

// getAll returns an item with all its properties.
func getAll(t testing.TB, c *wireClient, id types.ItemID) types.Item {
	t.Helper()
	res := must(c.ops().GetItem(t.Context(), &messages.GetItemRequest{ItemShape: all, ItemIDs: []types.BaseItemID{&id}}))
	if err := firstError(res); err != nil {
		t.Fatal(err)
	}
	return res.ResponseMessages[0].Items[0]
}

func TestItemLife(t *testing.T) {
	s := ewstest.New(t)
	c := dial(t, s, 0)
	ctx := context.Background()
	id := create(t, c, types.DistinguishedFolderIDNameInbox, &types.Message{Subject: "one", Body: types.Body{BodyType: types.BodyTypeText, Value: "hello"}})
	m := getAll(t, c, id).(*types.Message)
	if m.Subject != "one" || m.Body.Value != "hello" || m.ItemClass != "IPM.Note" || !m.IsDraft {
		t.Errorf("got %+v", m)
	}

	up := must(c.ops().UpdateItem(ctx, &messages.UpdateItemRequest{
		MessageDisposition: types.MessageDispositionSaveOnly, ConflictResolution: types.ConflictResolutionAutoResolve,
		ItemChanges: []types.ItemChange{{ItemID: &id, Updates: []types.ItemChangeDescription{
			&types.SetItemField{Path: &types.PathToUnindexedField{FieldURI: "item:Subject"}, Item: &types.Message{Subject: "two"}},
		}}},
	}))
	if err := firstError(up); err != nil {
		t.Fatal(err)
	}
	newer := itemIDOf(t, up.ResponseMessages[0].Items)
	if newer.ID != id.ID || newer.ChangeKey == id.ChangeKey {
		t.Errorf("after the update %v, before %v", newer, id)
	}

	mv := must(c.ops().MoveItem(ctx, &messages.MoveItemRequest{
		ToFolderID: types.TargetFolderID{FolderID: &types.DistinguishedFolderID{ID: types.DistinguishedFolderIDNameDrafts}}, ItemIDs: []types.BaseItemID{&newer},
	}))
	there := itemIDOf(t, mv.ResponseMessages[0].Items)
	if got := getAll(t, c, there).(*types.Message); got.Subject != "two" {
		t.Errorf("after the move %+v", got)
	}
	gone := must(c.ops().GetItem(ctx, &messages.GetItemRequest{ItemShape: all, ItemIDs: []types.BaseItemID{&newer, &there, &types.ItemID{ID: "AAA="}}}))
	if diff := cmp.Diff([]messages.ResponseCode{messages.ErrorItemNotFound, messages.NoError, messages.ErrorInvalidIDMalformed}, codes(gone)); diff != "" {
		t.Errorf("codes, -want +got:\n%s", diff)
	}
	del := must(c.ops().DeleteItem(ctx, &messages.DeleteItemRequest{DeleteType: types.DisposalHardDelete, ItemIDs: []types.BaseItemID{&there}}))
	if err := firstError(del); err != nil {
		t.Error(err)
	}
}

func TestSendBetweenMailboxes(t *testing.T) {
	s := ewstest.New(t)
	alice, bob := dial(t, s, 0), dial(t, s, 1)
	res := must(alice.ops().CreateItem(t.Context(), &messages.CreateItemRequest{
		MessageDisposition: types.MessageDispositionSendAndSaveCopy,
		Items: []types.Item{&types.Message{
			Subject: "hi", ToRecipients: []types.EmailAddress{{EmailAddress: s.Address(1)}},
		}},
	}))
	if err := firstError(res); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		*wireClient
		folder types.DistinguishedFolderIDName
	}{{alice, types.DistinguishedFolderIDNameSentitems}, {bob, types.DistinguishedFolderIDNameInbox}} {
		f := must(c.ops().GetFolder(t.Context(), &messages.GetFolderRequest{
			FolderShape: types.FolderResponseShape{BaseShape: types.DefaultShapeNamesAllProperties},
			FolderIDs:   []types.BaseFolderID{&types.DistinguishedFolderID{ID: c.folder}},
		}))
		if got := f.ResponseMessages[0].Folders[0].(*types.Folder).TotalCount; got != 1 {
			t.Errorf("%s has %d items, want 1", c.folder, got)
		}
	}
}
