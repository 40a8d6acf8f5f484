package ewstest_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// itemsIn returns the items of a folder with all their properties.
func itemsIn(t testing.TB, c *wireClient, folder types.DistinguishedFolderIDName) []types.Item {
	t.Helper()
	found := must(c.ops().FindItem(t.Context(), &messages.FindItemRequest{
		Traversal: types.ItemQueryTraversalShallow, ItemShape: types.ItemResponseShape{BaseShape: types.DefaultShapeNamesIDOnly},
		ParentFolderIDs: []types.BaseFolderID{&types.DistinguishedFolderID{ID: folder}},
	}))
	if err := firstError(found); err != nil {
		t.Fatal(err)
	}
	var out []types.Item
	for _, i := range found.ResponseMessages[0].RootFolder.Items {
		out = append(out, getAll(t, c, *i.(types.Properties).PropertyPtr(1).(*types.ItemID)))
	}
	return out
}

// only returns the one item of type T in a folder.
func only[T types.Item](t testing.TB, c *wireClient, folder types.DistinguishedFolderIDName) T {
	t.Helper()
	var found []T
	for _, i := range itemsIn(t, c, folder) {
		if x, ok := i.(T); ok {
			found = append(found, x)
		}
	}
	if len(found) != 1 {
		var zero T
		t.Fatalf("%s of %s has %d of %T, want 1", folder, c.user, len(found), zero)
	}
	return found[0]
}

// createAll sends a CreateItem request, which must succeed.
func createAll(t testing.TB, c *wireClient, in types.Item) []types.Item {
	t.Helper()
	res := must(c.ops().CreateItem(t.Context(), &messages.CreateItemRequest{
		MessageDisposition:     types.MessageDispositionSendAndSaveCopy,
		SendMeetingInvitations: types.CalendarItemCreateOrDeleteOperationSendToAllAndSaveCopy, Items: []types.Item{in},
	}))
	if err := firstError(res); err != nil {
		t.Fatal(err)
	}
	return res.ResponseMessages[0].Items
}

func box(address string) types.EmailAddress { return types.EmailAddress{EmailAddress: address} }

func TestDelivery(t *testing.T) {
	s := ewstest.New(t)
	alice, bob := dial(t, s, 0), dial(t, s, 1)
	createAll(t, alice, &types.Message{
		Subject: "hi", Body: types.Body{BodyType: types.BodyTypeText, Value: "text"}, Categories: []string{"mine"},
		BccRecipients: []types.EmailAddress{box(s.Address(1))}, ToRecipients: []types.EmailAddress{box("nobody@example.net")},
		IsDeliveryReceiptRequested: true, IsReadReceiptRequested: true,
	})
	got, sent := only[*types.Message](t, bob, types.DistinguishedFolderIDNameInbox), only[*types.Message](t, alice, types.DistinguishedFolderIDNameSentitems)
	switch {
	case got.IsRead, got.IsDraft, got.IsFromMe, got.BccRecipients != nil, got.Categories != nil, got.From.EmailAddress != s.Address(0),
		got.ReceivedBy.EmailAddress != s.Address(1), len(got.InternetMessageHeaders) == 0:
		t.Errorf("what came: %+v", got)
	case sent.IsDraft, !sent.IsRead, !sent.IsSubmitted, len(sent.BccRecipients) != 1, sent.Categories == nil:
		t.Errorf("the copy: %+v", sent)
	case got.ConversationID.ID != sent.ConversationID.ID, got.InternetMessageID != sent.InternetMessageID, sent.ConversationTopic != "hi":
		t.Errorf("not one message: %+v and %+v", got, sent)
	}
	classes := func() []string {
		var out []string
		for _, i := range itemsIn(t, alice, types.DistinguishedFolderIDNameInbox) {
			out = append(out, i.(*types.Message).ItemClass)
		}
		slices.Sort(out)
		return out
	}
	if d := cmp.Diff([]string{"REPORT.IPM.Note.DR", "REPORT.IPM.Note.NDR"}, classes()); d != "" {
		t.Error(d)
	}
	// Reading it tells the sender, once.
	for range 2 {
		update(t, bob, got.ItemID, &types.SetItemField{Path: &types.PathToUnindexedField{FieldURI: "message:IsRead"}, Item: &types.Message{IsRead: true}})
	}
	if d := cmp.Diff([]string{"REPORT.IPM.Note.DR", "REPORT.IPM.Note.IPNRN", "REPORT.IPM.Note.NDR"}, classes()); d != "" {
		t.Error(d)
	}
}

func TestSendRefused(t *testing.T) {
	s := ewstest.New(t)
	c := dial(t, s, 0)
	draft := create(t, c, "", &types.Message{Subject: "to nobody"})
	post := create(t, c, "", &types.PostItem{})
	old := draft
	update(t, c, draft, &types.SetItemField{Path: &types.PathToUnindexedField{FieldURI: "item:Subject"}, Item: &types.Message{Subject: "x"}})
	now := getAll(t, c, draft).(*types.Message).ItemID
	for name, tc := range map[string]struct {
		id   types.ItemID
		want messages.ResponseCode
	}{
		"no key": {types.ItemID{ID: draft.ID}, messages.ErrorChangeKeyRequired}, "old key": {old, messages.ErrorStaleObject},
		"no recipients": {now, messages.ErrorMissingRecipients}, "no message": {post, messages.ErrorInvalidItemForOperationSendItem},
	} {
		res := must(c.ops().SendItem(t.Context(), &messages.SendItemRequest{SaveItemToFolder: true, ItemIDs: []types.BaseItemID{&tc.id}}))
		if codes(res)[0] != tc.want {
			t.Errorf("%s: %s, want %s", name, codes(res)[0], tc.want)
		}
	}
	for name, tc := range map[string]struct {
		m    types.Message
		want messages.ResponseCode
	}{
		"nobody":         {types.Message{}, messages.ErrorInvalidRecipients},
		"no address":     {types.Message{ToRecipients: []types.EmailAddress{box("bob")}}, messages.ErrorInvalidRecipients},
		"from another":   {types.Message{From: box(s.Address(1)), ToRecipients: []types.EmailAddress{box(s.Address(1))}}, messages.ErrorSendAsDenied},
		"from elsewhere": {types.Message{From: box("x@example.net"), ToRecipients: []types.EmailAddress{box(s.Address(1))}}, messages.ErrorSendAsDenied},
	} {
		res := must(c.ops().CreateItem(t.Context(), &messages.CreateItemRequest{MessageDisposition: types.MessageDispositionSendOnly, Items: []types.Item{&tc.m}}))
		if codes(res)[0] != tc.want {
			t.Errorf("%s: %s, want %s", name, codes(res)[0], tc.want)
		}
	}
}

func TestReplies(t *testing.T) {
	s := ewstest.New(t)
	alice, bob := dial(t, s, 0), dial(t, s, 1)
	createAll(t, alice, &types.Message{
		Subject: "hi", Body: types.Body{BodyType: types.BodyTypeText, Value: "the question"},
		ToRecipients: []types.EmailAddress{box(s.Address(1)), box("carol@example.net")}, CcRecipients: []types.EmailAddress{box("dave@example.net")},
		Attachments: []types.Attachment{&types.FileAttachment{Name: "f", Content: []byte("f")}},
	})
	got := only[*types.Message](t, bob, types.DistinguishedFolderIDNameInbox)
	createAll(t, bob, &types.ReplyAllToItem{ReferenceItemID: got.ItemID, NewBodyContent: types.Body{BodyType: types.BodyTypeText, Value: "the answer"}})
	back := only[*types.Message](t, bob, types.DistinguishedFolderIDNameSentitems)
	if back.Subject != "RE: hi" || back.DisplayTo != "Alice; carol@example.net" || back.DisplayCc != "dave@example.net" || back.InReplyTo != got.InternetMessageID ||
		back.ConversationID.ID != got.ConversationID.ID || back.HasAttachments || !strings.HasPrefix(back.Body.Value, "the answer") || !strings.Contains(back.Body.Value, "the question") {
		t.Errorf("reply %+v", back)
	}
	res := must(bob.ops().CreateItem(t.Context(), &messages.CreateItemRequest{
		MessageDisposition: types.MessageDispositionSaveOnly,
		Items: []types.Item{
			&types.ForwardItem{ReferenceItemID: got.ItemID, ToRecipients: []types.EmailAddress{box("erin@example.net")}},
			&types.ReplyToItem{}, &types.SuppressReadReceipt{ReferenceItemID: got.ItemID}, &types.RemoveItem{ReferenceItemID: got.ItemID},
			&types.AcceptItem{ReferenceItemID: got.ItemID}, &types.CancelCalendarItem{ReferenceItemID: got.ItemID},
		},
	}))
	if d := cmp.Diff([]messages.ResponseCode{
		messages.NoError, messages.ErrorMissingInformationReferenceItemID, messages.ErrorReadReceiptNotPending, messages.ErrorInvalidItemForOperationRemoveItem,
		messages.ErrorInvalidItemForOperationAcceptItem, messages.ErrorInvalidItemForOperationCancelItem,
	}, codes(res)); d != "" {
		t.Error(d)
	}
	if f := only[*types.Message](t, bob, types.DistinguishedFolderIDNameDrafts); f.Subject != "FW: hi" || !f.HasAttachments || !f.IsDraft {
		t.Errorf("forward %+v", f)
	}
}

func TestMeeting(t *testing.T) {
	s := ewstest.New(t)
	alice, bob := dial(t, s, 0), dial(t, s, 1)
	start := time.Date(2026, 12, 1, 10, 0, 0, 0, time.UTC)
	id := itemIDOf(t, createAll(t, alice, &types.CalendarItem{
		Subject: "plan", Start: start, End: start.Add(time.Hour), Location: "Room", RequiredAttendees: []types.Attendee{{Mailbox: box(s.Address(1))}},
	}))
	only[*types.MeetingRequest](t, alice, types.DistinguishedFolderIDNameSentitems)
	r := only[*types.MeetingRequest](t, bob, types.DistinguishedFolderIDNameInbox)
	mine := only[*types.CalendarItem](t, bob, types.DistinguishedFolderIDNameCalendar)
	if r.AssociatedCalendarItemID.ID != mine.ItemID.ID || mine.MyResponseType != types.ResponseTypeNoResponseReceived || mine.LegacyFreeBusyStatus != types.LegacyFreeBusyTentative ||
		mine.Organizer.EmailAddress != s.Address(0) || !mine.Start.Equal(start) || mine.IsOrganizer || r.MeetingRequestType != types.MeetingRequestTypeNewMeetingRequest {
		t.Errorf("request %+v\nevent %+v", r, mine)
	}
	answer := createAll(t, bob, &types.AcceptItem{ReferenceItemID: r.ItemID, Body: types.Body{BodyType: types.BodyTypeText, Value: "yes"}})
	if len(answer) != 2 {
		t.Errorf("the answer names %d items", len(answer))
	}
	mine = only[*types.CalendarItem](t, bob, types.DistinguishedFolderIDNameCalendar)
	his := getAll(t, alice, id).(*types.CalendarItem)
	resp := only[*types.MeetingResponse](t, alice, types.DistinguishedFolderIDNameInbox)
	if mine.MyResponseType != types.ResponseTypeAccept || mine.LegacyFreeBusyStatus != types.LegacyFreeBusyBusy || his.RequiredAttendees[0].ResponseType != types.ResponseTypeAccept ||
		resp.Subject != "Accepted: plan" || resp.ResponseType != types.ResponseTypeAccept || resp.Body.Value != "yes" || resp.AssociatedCalendarItemID.ID != id.ID {
		t.Errorf("mine %+v\nhis %+v\nresponse %+v", mine, his, resp)
	}

	// Another time: all are asked again, under the same UID.
	up := must(alice.ops().UpdateItem(t.Context(), &messages.UpdateItemRequest{
		ConflictResolution: types.ConflictResolutionAlwaysOverwrite, SendMeetingInvitationsOrCancellations: types.CalendarItemUpdateOperationSendToAllAndSaveCopy,
		ItemChanges: []types.ItemChange{{ItemID: &types.ItemID{ID: id.ID}, Updates: []types.ItemChangeDescription{
			&types.SetItemField{Path: &types.PathToUnindexedField{FieldURI: "calendar:End"}, Item: &types.CalendarItem{End: start.Add(2 * time.Hour)}},
		}}},
	}))
	if err := firstError(up); err != nil {
		t.Fatal(err)
	}
	mine, his = only[*types.CalendarItem](t, bob, types.DistinguishedFolderIDNameCalendar), getAll(t, alice, id).(*types.CalendarItem)
	if !mine.End.Equal(start.Add(2*time.Hour)) || mine.MyResponseType != types.ResponseTypeNoResponseReceived || his.RequiredAttendees[0].ResponseType != types.ResponseTypeUnknown ||
		mine.UID != his.UID || mine.AppointmentSequenceNumber != 1 {
		t.Errorf("mine %+v\nhis %+v", mine, his)
	}

	gone := itemIDOf(t, createAll(t, alice, &types.CancelCalendarItem{ReferenceItemID: his.ItemID}))
	if gone.ID == id.ID || !getAll(t, alice, gone).(*types.CalendarItem).IsCancelled {
		t.Errorf("cancelled: %v", gone)
	}
	mine = only[*types.CalendarItem](t, bob, types.DistinguishedFolderIDNameCalendar)
	cancel := only[*types.MeetingCancellation](t, bob, types.DistinguishedFolderIDNameInbox)
	if !mine.IsCancelled || mine.Subject != "Canceled: plan" || cancel.AssociatedCalendarItemID.ID != mine.ItemID.ID {
		t.Errorf("mine %+v\ncancellation %+v", mine, cancel)
	}
	createAll(t, bob, &types.RemoveItem{ReferenceItemID: cancel.ItemID})
	if left := itemsIn(t, bob, types.DistinguishedFolderIDNameCalendar); len(left) != 0 {
		t.Errorf("left in the calendar: %v", left)
	}
}

func TestMarks(t *testing.T) {
	s := ewstest.New(t)
	c := dial(t, s, 0)
	id := create(t, c, types.DistinguishedFolderIDNameInbox, &types.Message{IsRead: false, Present: types.Presence{}})
	update(t, c, id, &types.SetItemField{Path: &types.PathToUnindexedField{FieldURI: "message:IsRead"}, Item: unread()})
	inbox := []types.BaseFolderID{&types.DistinguishedFolderID{ID: types.DistinguishedFolderIDNameInbox}}
	for _, read := range []bool{true, false, true} {
		if err := firstError(must(c.ops().MarkAllItemsAsRead(t.Context(), &messages.MarkAllItemsAsReadRequest{ReadFlag: read, SuppressReadReceipts: true, FolderIDs: inbox}))); err != nil {
			t.Fatal(err)
		}
		if got := getAll(t, c, id).(*types.Message).IsRead; got != read {
			t.Errorf("IsRead %t, want %t", got, read)
		}
	}
	junk := must(c.ops().MarkAsJunk(t.Context(), &messages.MarkAsJunkRequest{IsJunk: true, MoveItem: true, ItemIDs: []types.BaseItemID{&id}}))
	if err := firstError(junk); err != nil {
		t.Fatal(err)
	}
	if m := only[*types.Message](t, c, types.DistinguishedFolderIDNameJunkemail); m.ItemID.ID != junk.ResponseMessages[0].MovedItemID.ID || m.ItemID.ID == id.ID {
		t.Errorf("moved to %v, there is %v", junk.ResponseMessages[0].MovedItemID, m.ItemID)
	}
}

func unread() *types.Message {
	m := &types.Message{}
	m.Present.Add(80)
	return m
}
