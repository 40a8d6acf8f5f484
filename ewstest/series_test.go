package ewstest_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

var romance = types.TimeZoneDefinition{ID: "Romance Standard Time"}

// daily creates an event on four days, from 8 to 10 o'clock in Romance Standard
// Time, across the change to summer time.
func daily(t testing.TB, c *wireClient) types.ItemID {
	t.Helper()
	return create(t, c, "", &types.CalendarItem{
		Subject: "series", Start: time.Date(2016, 3, 26, 7, 0, 0, 0, time.UTC), End: time.Date(2016, 3, 26, 9, 0, 0, 0, time.UTC), StartTimeZone: romance,
		Recurrence: types.Recurrence{
			Pattern: &types.DailyRecurrencePattern{Interval: 1}, Range: &types.NumberedRecurrenceRange{StartDate: date(2016, 3, 26), NumberOfOccurrences: 4},
		},
	})
}

// view returns the events in a range.
func view(t testing.TB, c *wireClient, from, to time.Time) []*types.CalendarItem {
	t.Helper()
	res := must(c.ops().FindItem(t.Context(), &messages.FindItemRequest{
		Traversal: types.ItemQueryTraversalShallow, ItemShape: all, Paging: &types.CalendarView{StartDate: from, EndDate: to},
		ParentFolderIDs: []types.BaseFolderID{&types.DistinguishedFolderID{ID: types.DistinguishedFolderIDNameCalendar}},
	}))
	if err := firstError(res); err != nil {
		t.Fatal(err)
	}
	var out []*types.CalendarItem
	for _, i := range res.ResponseMessages[0].RootFolder.Items {
		out = append(out, i.(*types.CalendarItem))
	}
	return out
}

func hours(list []*types.CalendarItem) []string {
	var out []string
	for _, i := range list {
		out = append(out, i.Start.UTC().Format("02T15")+"-"+i.End.UTC().Format("15")+" "+string(i.CalendarItemType))
	}
	return out
}

func updateEvent(t testing.TB, c *wireClient, id types.BaseItemID, fields map[string]*types.CalendarItem) messages.UpdateItemResponseMessage {
	t.Helper()
	ch := types.ItemChange{ItemID: id}
	for _, uri := range []string{"calendar:Start", "calendar:End", "item:Subject"} {
		if v := fields[uri]; v != nil {
			ch.Updates = append(ch.Updates, &types.SetItemField{Path: &types.PathToUnindexedField{FieldURI: types.UnindexedFieldURI(uri)}, Item: v})
		}
	}
	return must(c.ops().UpdateItem(t.Context(), &messages.UpdateItemRequest{
		ConflictResolution: types.ConflictResolutionAlwaysOverwrite, SendMeetingInvitationsOrCancellations: types.CalendarItemUpdateOperationSendToNone,
		ItemChanges: []types.ItemChange{ch},
	})).ResponseMessages[0]
}

func TestSeries(t *testing.T) {
	c := dial(t, ewstest.New(t), 0)
	id := daily(t, c)
	from, to := time.Date(2016, 3, 26, 0, 0, 0, 0, time.UTC), time.Date(2016, 4, 1, 0, 0, 0, 0, time.UTC)
	list := view(t, c, from, to)
	// Summer time begins on the 27th: the clock stays, UTC does not.
	want := []string{"26T07-09 Occurrence", "27T06-08 Occurrence", "28T06-08 Occurrence", "29T06-08 Occurrence"}
	if d := cmp.Diff(want, hours(list)); d != "" {
		t.Fatal(d)
	}
	m := getAll(t, c, id).(*types.CalendarItem)
	if m.CalendarItemType != types.CalendarItemTypeRecurringMaster || m.IsRecurring || m.FirstOccurrence.ItemID.ID != list[0].ItemID.ID ||
		m.LastOccurrence.ItemID.ID != list[3].ItemID.ID || !m.LastOccurrence.Start.Equal(list[3].Start) || m.ModifiedOccurrences != nil || m.DeletedOccurrences != nil {
		t.Errorf("master %+v", m)
	}
	o := getAll(t, c, list[1].ItemID).(*types.CalendarItem)
	if !o.IsRecurring || o.Recurrence.Pattern != nil || o.Subject != "series" || !o.OriginalStart.Equal(o.Start) || o.UID != m.UID {
		t.Errorf("occurrence %+v", o)
	}

	// Change the second by its index, the third not at all, and delete the last.
	second := &types.OccurrenceItemID{RecurringMasterID: id.ID, InstanceIndex: 2}
	start, end := list[1].Start.Add(time.Hour), list[1].End.Add(time.Hour)
	up := updateEvent(t, c, second, map[string]*types.CalendarItem{
		"calendar:Start": {Start: start}, "calendar:End": {End: end}, "item:Subject": {Subject: "one"},
	})
	if up.ResponseCode != messages.NoError || itemIDOf(t, up.Items).ID != list[1].ItemID.ID {
		t.Fatalf("update: %+v", up)
	}
	del := must(c.ops().DeleteItem(t.Context(), &messages.DeleteItemRequest{
		DeleteType: types.DisposalMoveToDeletedItems, SendMeetingCancellations: types.CalendarItemCreateOrDeleteOperationSendToNone,
		ItemIDs: []types.BaseItemID{&types.OccurrenceItemID{RecurringMasterID: id.ID, InstanceIndex: 4}},
	}))
	if err := firstError(del); err != nil {
		t.Fatal(err)
	}
	// What the series gets, the changed occurrence gets, unless it has its own.
	updateEvent(t, c, &types.ItemID{ID: id.ID}, map[string]*types.CalendarItem{"item:Subject": {Subject: "renamed"}})
	list = view(t, c, from, to)
	if d := cmp.Diff([]string{"26T07-09 Occurrence", "27T07-09 Exception", "28T06-08 Occurrence"}, hours(list)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"renamed", "one", "renamed"}, []string{list[0].Subject, list[1].Subject, list[2].Subject}); d != "" {
		t.Error(d)
	}
	m = getAll(t, c, id).(*types.CalendarItem)
	if len(m.ModifiedOccurrences) != 1 || !m.ModifiedOccurrences[0].Start.Equal(start) || !m.ModifiedOccurrences[0].OriginalStart.Equal(start.Add(-time.Hour)) ||
		m.ModifiedOccurrences[0].ItemID.ID != list[1].ItemID.ID || len(m.DeletedOccurrences) != 1 || !m.DeletedOccurrences[0].Equal(time.Date(2016, 3, 29, 6, 0, 0, 0, time.UTC)) {
		t.Errorf("master %+v", m)
	}

	res := must(c.ops().GetItem(t.Context(), &messages.GetItemRequest{ItemShape: all, ItemIDs: []types.BaseItemID{
		&types.RecurringMasterItemID{OccurrenceID: list[2].ItemID.ID}, &types.RecurringMasterItemID{OccurrenceID: id.ID},
		&types.OccurrenceItemID{RecurringMasterID: id.ID, InstanceIndex: 4}, &types.OccurrenceItemID{RecurringMasterID: id.ID, InstanceIndex: 5},
		&types.OccurrenceItemID{RecurringMasterID: list[0].ItemID.ID, InstanceIndex: 1},
	}}))
	if d := cmp.Diff([]messages.ResponseCode{
		messages.NoError, messages.ErrorCalendarCannotUseIDForOccurrenceID, messages.ErrorCalendarOccurrenceIsDeletedFromRecurrence,
		messages.ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange, messages.ErrorCalendarCannotUseIDForRecurringMasterID,
	}, codes(res)); d != "" {
		t.Error(d)
	}
	if got := itemIDOf(t, res.ResponseMessages[0].Items); got.ID != id.ID {
		t.Errorf("the master of an occurrence is %v", got)
	}

	if up := updateEvent(t, c, &list[2].ItemID, map[string]*types.CalendarItem{"calendar:Start": {Start: list[1].Start}}); up.ResponseCode != messages.ErrorOccurrenceCrossingBoundary {
		t.Errorf("an occurrence goes before the one before: %s", up.ResponseCode)
	}
	mv := must(c.ops().MoveItem(t.Context(), &messages.MoveItemRequest{
		ToFolderID: types.TargetFolderID{FolderID: &types.DistinguishedFolderID{ID: types.DistinguishedFolderIDNameInbox}}, ItemIDs: []types.BaseItemID{&list[0].ItemID},
	}))
	if codes(mv)[0] != messages.ErrorCalendarCannotMoveOrCopyOccurrence {
		t.Error(codes(mv))
	}

	// With the series all go.
	must(c.ops().DeleteItem(t.Context(), &messages.DeleteItemRequest{
		DeleteType: types.DisposalHardDelete, SendMeetingCancellations: types.CalendarItemCreateOrDeleteOperationSendToNone,
		ItemIDs: []types.BaseItemID{&types.RecurringMasterItemID{OccurrenceID: list[0].ItemID.ID}},
	}))
	gone := must(c.ops().GetItem(t.Context(), &messages.GetItemRequest{ItemShape: all, ItemIDs: []types.BaseItemID{&id, &list[0].ItemID}}))
	if d := cmp.Diff([]messages.ResponseCode{messages.ErrorItemNotFound, messages.ErrorItemNotFound}, codes(gone)); d != "" {
		t.Error(d)
	}
}

func TestSeriesAttachments(t *testing.T) {
	c := dial(t, ewstest.New(t), 0)
	id := daily(t, c)
	first := getAll(t, c, id).(*types.CalendarItem).FirstOccurrence.ItemID
	code, ids := attach(t, c, first, &types.FileAttachment{Name: "x", Content: []byte("x")})
	if code[0] != messages.NoError || ids[0].RootItemID != first.ID {
		t.Fatalf("%v %+v", code, ids)
	}
	if o := getAll(t, c, first).(*types.CalendarItem); !o.HasAttachments || o.CalendarItemType != types.CalendarItemTypeException {
		t.Errorf("got %+v", o)
	}
	if m := getAll(t, c, id).(*types.CalendarItem); m.HasAttachments {
		t.Errorf("got %+v", m)
	}
	if f := open(t, c, ids[0].ID).(*types.FileAttachment); string(f.Content) != "x" {
		t.Errorf("got %+v", f)
	}
}

func TestSeriesRefused(t *testing.T) {
	c := dial(t, ewstest.New(t), 0)
	for name, tc := range map[string]struct {
		hours int
		rec   types.Recurrence
		want  messages.ResponseCode
	}{
		"longer than a day": {25, types.Recurrence{Pattern: &types.DailyRecurrencePattern{Interval: 1}, Range: &types.NoEndRecurrenceRange{StartDate: date(2020, 1, 1)}}, messages.ErrorOccurrenceTimeSpanTooBig},
		"without interval":  {1, types.Recurrence{Pattern: &types.DailyRecurrencePattern{Interval: 0}, Range: &types.NoEndRecurrenceRange{StartDate: date(2020, 1, 1)}}, messages.ErrorCalendarOutOfRange},
	} {
		res := must(c.ops().CreateItem(t.Context(), &messages.CreateItemRequest{
			SendMeetingInvitations: types.CalendarItemCreateOrDeleteOperationSendToNone, Items: []types.Item{&types.CalendarItem{
				Start: time.Date(2020, 1, 1, 8, 0, 0, 0, time.UTC), End: time.Date(2020, 1, 1, 8+tc.hours, 0, 0, 0, time.UTC), Recurrence: tc.rec,
			}},
		}))
		if codes(res)[0] != tc.want {
			t.Errorf("%s: %s, want %s", name, codes(res)[0], tc.want)
		}
	}
}
