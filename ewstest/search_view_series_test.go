package ewstest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// event creates a calendar item, and returns its id or the code of its error.
func (c *client) event(v *types.CalendarItem) (types.ItemID, messages.ResponseCode) {
	c.t.Helper()
	var res messages.CreateItemResponse
	c.do(messages.OpCreateItem, &messages.CreateItemRequest{
		SendMeetingInvitations: types.CalendarItemCreateOrDeleteOperationSendToNone, Items: []types.Item{v},
		Present: messages.CreateItemRequestHasSendMeetingInvitations,
	}, &res)
	m := res.ResponseMessages[0]
	if m.ResponseCode != messages.NoError {
		return types.ItemID{}, m.ResponseCode
	}
	return m.Items[0].(*types.CalendarItem).ItemID, m.ResponseCode
}

// occurrences returns what a CalendarView shows.
func (c *client) occurrences(from, to time.Time) []*types.CalendarItem {
	c.t.Helper()
	m := c.find(&messages.FindItemRequest{
		Paging: &types.CalendarView{StartDate: from, EndDate: to}, ParentFolderIDs: inFolder("calendar"),
		ItemShape: types.ItemResponseShape{BaseShape: types.DefaultShapeNamesAllProperties},
	})
	if m.ResponseCode != messages.NoError {
		c.t.Fatal(m.ResponseCode)
	}
	var list []*types.CalendarItem
	for _, i := range m.RootFolder.Items {
		list = append(list, i.(*types.CalendarItem))
	}
	return list
}

// fetch returns an event by an id of any kind.
func (c *client) fetch(id types.BaseItemID) (*types.CalendarItem, messages.ResponseCode) {
	c.t.Helper()
	var res messages.GetItemResponse
	c.do(messages.OpGetItem, &messages.GetItemRequest{ItemShape: types.ItemResponseShape{BaseShape: types.DefaultShapeNamesAllProperties}, ItemIDs: []types.BaseItemID{id}}, &res)
	m := res.ResponseMessages[0]
	if m.ResponseCode != messages.NoError {
		return nil, m.ResponseCode
	}
	return m.Items[0].(*types.CalendarItem), m.ResponseCode
}

// change updates an event.
func (c *client) change(id types.BaseItemID, updates ...types.ItemChangeDescription) messages.ResponseCode {
	c.t.Helper()
	var res messages.UpdateItemResponse
	c.do(messages.OpUpdateItem, &messages.UpdateItemRequest{
		ConflictResolution:                    types.ConflictResolutionAutoResolve,
		SendMeetingInvitationsOrCancellations: types.CalendarItemUpdateOperationSendToNone,
		ItemChanges:                           []types.ItemChange{{ItemID: id, Updates: updates}},
		Present:                               messages.UpdateItemRequestHasSendMeetingInvitationsOrCancellations,
	}, &res)
	return res.ResponseMessages[0].ResponseCode
}

// drop deletes an event.
func (c *client) drop(id types.BaseItemID) messages.ResponseCode {
	c.t.Helper()
	var res messages.DeleteItemResponse
	c.do(messages.OpDeleteItem, &messages.DeleteItemRequest{
		DeleteType: types.DisposalHardDelete, SendMeetingCancellations: types.CalendarItemCreateOrDeleteOperationSendToNone,
		ItemIDs: []types.BaseItemID{id}, Present: messages.DeleteItemRequestHasSendMeetingCancellations,
	}, &res)
	return res.ResponseMessages[0].ResponseCode
}

func setting(uri string, v *types.CalendarItem) types.ItemChangeDescription {
	return &types.SetItemField{Path: &types.PathToUnindexedField{FieldURI: types.UnindexedFieldURI(uri)}, Item: v}
}

// whens is when events are, and of what kind.
func whens(list []*types.CalendarItem) string {
	var s []string
	for _, v := range list {
		s = append(s, fmt.Sprintf("%s-%s %s", v.Start.UTC().Format("0102 15:04"), v.End.UTC().Format("15:04"), v.CalendarItemType))
	}
	return strings.Join(s, ", ")
}

// daily is an event at 8 for two hours on four days, in Copenhagen.
func daily() *types.CalendarItem {
	return &types.CalendarItem{
		Subject: "Stand-up", Start: time.Date(2016, 3, 25, 7, 0, 0, 0, time.UTC), End: time.Date(2016, 3, 25, 9, 0, 0, 0, time.UTC),
		StartTimeZone: types.TimeZoneDefinition{ID: "Romance Standard Time"}, EndTimeZone: types.TimeZoneDefinition{ID: "Romance Standard Time"},
		Recurrence: types.Recurrence{Pattern: &types.DailyRecurrencePattern{Interval: 1}, Range: &types.NumberedRecurrenceRange{StartDate: on("2016-03-25"), NumberOfOccurrences: 4}},
	}
}

func TestCalendarViewOfSeries(t *testing.T) {
	c := newClient(t)
	from, to := on("2016-03-01"), on("2016-04-30")
	id, code := c.event(daily())
	if code != messages.NoError {
		t.Fatal(code)
	}
	master, _ := c.fetch(&id)
	if master.CalendarItemType != types.CalendarItemTypeRecurringMaster || master.IsRecurring || len(master.ModifiedOccurrences)+len(master.DeletedOccurrences) > 0 {
		t.Errorf("master %s, recurring %v, changed %v, deleted %v", master.CalendarItemType, master.IsRecurring, master.ModifiedOccurrences, master.DeletedOccurrences)
	}
	list := c.occurrences(from, to)
	// On the 27th the clock changes: eight o'clock comes an hour earlier.
	if diff := cmp.Diff("0325 07:00-09:00 Occurrence, 0326 07:00-09:00 Occurrence, 0327 06:00-08:00 Occurrence, 0328 06:00-08:00 Occurrence", whens(list)); diff != "" {
		t.Fatal(diff)
	}
	if f, l := master.FirstOccurrence, master.LastOccurrence; f.ItemID.ID != list[0].ItemID.ID || !f.Start.Equal(list[0].Start) || !f.End.Equal(list[0].End) ||
		l.ItemID.ID != list[3].ItemID.ID || !l.Start.Equal(list[3].Start) || !l.OriginalStart.Equal(list[3].Start) {
		t.Errorf("first %+v, last %+v", f, l)
	}
	if !list[1].IsRecurring || list[1].Subject != "Stand-up" || list[1].UID != master.UID {
		t.Errorf("occurrence %+v", list[1])
	}
	// A plain search finds the master.
	if m := c.find(&messages.FindItemRequest{ParentFolderIDs: inFolder("calendar")}); len(m.RootFolder.Items) != 1 || m.RootFolder.Items[0].(*types.CalendarItem).ItemID.ID != id.ID {
		t.Errorf("%d items", len(m.RootFolder.Items))
	}

	// Ids of occurrences, by position and back.
	second, code := c.fetch(&types.OccurrenceItemID{RecurringMasterID: id.ID, InstanceIndex: 2})
	if code != messages.NoError || second.ItemID.ID != list[1].ItemID.ID || second.Recurrence.Pattern != nil {
		t.Errorf("second: %s %+v", code, second)
	}
	if v, code := c.fetch(&types.RecurringMasterItemID{OccurrenceID: second.ItemID.ID}); code != messages.NoError || v.ItemID.ID != id.ID {
		t.Errorf("master of the second: %s", code)
	}
	for want, id := range map[messages.ResponseCode]types.BaseItemID{
		messages.ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange: &types.OccurrenceItemID{RecurringMasterID: id.ID, InstanceIndex: 5},
		messages.ErrorCalendarCannotUseIDForRecurringMasterID:       &types.OccurrenceItemID{RecurringMasterID: second.ItemID.ID, InstanceIndex: 1},
		messages.ErrorCalendarCannotUseIDForOccurrenceID:            &types.RecurringMasterItemID{OccurrenceID: id.ID},
	} {
		if _, code := c.fetch(id); code != want {
			t.Errorf("%+v: %s, want %s", id, code, want)
		}
	}

	// An exception.
	at := time.Date(2016, 3, 26, 12, 0, 0, 0, time.UTC)
	code = c.change(&list[1].ItemID, setting("calendar:Start", &types.CalendarItem{Start: at}), setting("calendar:End", &types.CalendarItem{End: at.Add(time.Hour)}))
	if code != messages.NoError {
		t.Fatal(code)
	}
	list = c.occurrences(from, to)
	if diff := cmp.Diff("0325 07:00-09:00 Occurrence, 0326 12:00-13:00 Exception, 0327 06:00-08:00 Occurrence, 0328 06:00-08:00 Occurrence", whens(list)); diff != "" {
		t.Fatal(diff)
	}
	if list[1].ItemID.ID != second.ItemID.ID || list[1].ItemID.ChangeKey == second.ItemID.ChangeKey || !list[1].OriginalStart.Equal(second.Start) {
		t.Errorf("exception %+v", list[1])
	}
	master, _ = c.fetch(&id)
	if m := master.ModifiedOccurrences; len(m) != 1 || m[0].ItemID.ID != second.ItemID.ID || !m[0].Start.Equal(at) || !m[0].OriginalStart.Equal(second.Start) {
		t.Errorf("modified %+v", m)
	}
	if master.ItemID.ChangeKey == id.ChangeKey {
		t.Error("the master has the change key it had")
	}

	// A change of the master reaches occurrences, and exceptions where they
	// have nothing of their own.
	if code := c.change(&list[1].ItemID, setting("calendar:Location", &types.CalendarItem{Location: "Here"})); code != messages.NoError {
		t.Fatal(code)
	}
	master, _ = c.fetch(&id)
	for _, u := range []types.ItemChangeDescription{setting("item:Subject", &types.CalendarItem{Subject: "Sit-in"}), setting("calendar:Location", &types.CalendarItem{Location: "There"})} {
		if code := c.change(&types.RecurringMasterItemID{OccurrenceID: list[2].ItemID.ID, ChangeKey: master.ItemID.ChangeKey, Present: types.RecurringMasterItemIDHasChangeKey}, u); code != messages.NoError {
			t.Fatal(code)
		}
		master, _ = c.fetch(&id)
	}
	list = c.occurrences(from, to)
	if list[0].Subject != "Sit-in" || list[0].Location != "There" || list[1].Subject != "Sit-in" || list[1].Location != "Here" || !list[1].Start.Equal(at) {
		t.Errorf("occurrence %q %q, exception %q %q at %s", list[0].Subject, list[0].Location, list[1].Subject, list[1].Location, list[1].Start)
	}

	// Occurrences go, and with the last one the master.
	if code := c.drop(&types.OccurrenceItemID{RecurringMasterID: id.ID, InstanceIndex: 3}); code != messages.NoError {
		t.Fatal(code)
	}
	if got := whens(c.occurrences(from, to)); got != "0325 07:00-09:00 Occurrence, 0326 12:00-13:00 Exception, 0328 06:00-08:00 Occurrence" {
		t.Error(got)
	}
	master, _ = c.fetch(&id)
	if d := master.DeletedOccurrences; len(d) != 1 || !d[0].Equal(time.Date(2016, 3, 27, 6, 0, 0, 0, time.UTC)) {
		t.Errorf("deleted %v", d)
	}
	if _, code := c.fetch(&types.OccurrenceItemID{RecurringMasterID: id.ID, InstanceIndex: 3}); code != messages.ErrorCalendarOccurrenceIsDeletedFromRecurrence {
		t.Errorf("deleted occurrence by index: %s", code)
	}
	if _, code := c.fetch(&list[2].ItemID); code != messages.ErrorItemNotFound {
		t.Errorf("deleted occurrence by id: %s", code)
	}
	for _, n := range []int{0, 1, 3} {
		if code := c.drop(&list[n].ItemID); code != messages.NoError {
			t.Fatal(code)
		}
	}
	if _, code := c.fetch(&id); code != messages.ErrorItemNotFound {
		t.Errorf("master without occurrences: %s", code)
	}
}

func TestCalendarViewOfChangedSeries(t *testing.T) {
	c := newClient(t)
	from, to := on("2016-03-01"), on("2016-06-30")
	id, _ := c.event(daily())
	exception := func() {
		t.Helper()
		v, code := c.fetch(&types.OccurrenceItemID{RecurringMasterID: id.ID, InstanceIndex: 2})
		if code == messages.NoError {
			code = c.change(&v.ItemID, setting("item:Subject", &types.CalendarItem{Subject: "Other"}))
		}
		if code != messages.NoError {
			t.Fatal(code)
		}
	}
	change := func(u types.ItemChangeDescription) {
		t.Helper()
		master, _ := c.fetch(&id)
		if code := c.change(&master.ItemID, u); code != messages.NoError {
			t.Fatal(code)
		}
	}
	exception()
	// Another pattern has no exceptions.
	change(setting("calendar:Recurrence", &types.CalendarItem{Recurrence: types.Recurrence{
		Pattern: &types.DailyRecurrencePattern{Interval: 2}, Range: &types.NumberedRecurrenceRange{StartDate: on("2016-03-25"), NumberOfOccurrences: 3},
	}}))
	if got := whens(c.occurrences(from, to)); got != "0325 07:00-09:00 Occurrence, 0327 06:00-08:00 Occurrence, 0329 06:00-08:00 Occurrence" {
		t.Error(got)
	}
	exception()
	change(setting("calendar:End", &types.CalendarItem{End: time.Date(2016, 3, 25, 8, 0, 0, 0, time.UTC)}))
	if got := whens(c.occurrences(from, to)); got != "0325 07:00-08:00 Occurrence, 0327 06:00-07:00 Occurrence, 0329 06:00-07:00 Occurrence" {
		t.Error(got)
	}
	// A series that moves takes its exceptions along; an occurrence cannot.
	exception()
	v := c.occurrences(from, to)[1]
	var moved messages.MoveItemResponse
	sub := c.srv.store.newFolder(c.srv.store.boxes[0], c.srv.store.boxes[0].distinguished["calendar"], newFolderData("Sub", "IPF.Appointment"))
	target := types.TargetFolderID{FolderID: &types.FolderID{ID: newID(1, folderKind, sub.number)}}
	c.do(messages.OpMoveItem, &messages.MoveItemRequest{ToFolderID: target, ItemIDs: []types.BaseItemID{&v.ItemID, &id}}, &moved)
	if a, b := moved.ResponseMessages[0].ResponseCode, moved.ResponseMessages[1].ResponseCode; a != messages.ErrorCalendarCannotMoveOrCopyOccurrence || b != messages.NoError {
		t.Fatalf("occurrence %s, master %s", a, b)
	}
	id = moved.ResponseMessages[1].Items[0].(*types.CalendarItem).ItemID
	if v, code := c.fetch(&types.OccurrenceItemID{RecurringMasterID: id.ID, InstanceIndex: 2}); code != messages.NoError || v.Subject != "Other" || v.CalendarItemType != types.CalendarItemTypeException {
		t.Errorf("the exception after the move: %s, %+v", code, v)
	}
	// Without recurrence it is a single event.
	change(&types.DeleteItemField{Path: uri("calendar:Recurrence")})
	if v, _ := c.fetch(&id); v.CalendarItemType != types.CalendarItemTypeSingle {
		t.Errorf("without recurrence: %s", v.CalendarItemType)
	}
	if _, code := c.fetch(&types.OccurrenceItemID{RecurringMasterID: id.ID, InstanceIndex: 1}); code != messages.ErrorCalendarCannotUseIDForRecurringMasterID {
		t.Errorf("occurrence of a single event: %s", code)
	}
}

func TestCalendarViewOfLateSeries(t *testing.T) {
	c := newClient(t)
	bad := daily()
	bad.Recurrence.Pattern = &types.WeeklyRecurrencePattern{Interval: 1, DaysOfWeek: []types.DayOfWeek{"Weekday"}}
	if _, code := c.event(bad); code != messages.ErrorCalendarInvalidDayForWeeklyRecurrence {
		t.Errorf("bad pattern: %s", code)
	}
	// The master is where the pattern begins.
	late := daily()
	late.Recurrence = types.Recurrence{Pattern: &types.AbsoluteMonthlyRecurrencePattern{Interval: 1, DayOfMonth: 3}, Range: &types.NoEndRecurrenceRange{StartDate: on("2016-03-25")}}
	id, code := c.event(late)
	if code != messages.NoError {
		t.Fatal(code)
	}
	v, _ := c.fetch(&id)
	if whens([]*types.CalendarItem{v}) != "0403 06:00-08:00 RecurringMaster" || v.Present.Has(field.CalendarItem.LastOccurrence) {
		t.Errorf("%s, last %v", whens([]*types.CalendarItem{v}), v.LastOccurrence)
	}
	if got := whens(c.occurrences(on("2026-01-01"), on("2026-03-01"))); got != "0103 07:00-09:00 Occurrence, 0203 07:00-09:00 Occurrence" {
		t.Error(got)
	}
	// Two days long, all day, in a zone behind: in the view while they last.
	days := &types.CalendarItem{Subject: "Fair", Start: time.Date(2026, 5, 1, 7, 0, 0, 0, time.UTC), End: time.Date(2026, 5, 3, 7, 0, 0, 0, time.UTC), IsAllDayEvent: true,
		StartTimeZone: types.TimeZoneDefinition{ID: "Pacific Standard Time"},
		Recurrence:    types.Recurrence{Pattern: &types.WeeklyRecurrencePattern{Interval: 1, DaysOfWeek: []types.DayOfWeek{"Friday"}}, Range: &types.NoEndRecurrenceRange{StartDate: on("2026-05-01")}}}
	if _, code := c.event(days); code != messages.NoError {
		t.Fatal(code)
	}
	if got := whens(c.occurrences(time.Date(2026, 5, 10, 6, 0, 0, 0, time.UTC), time.Date(2026, 5, 10, 8, 0, 0, 0, time.UTC))); got != "0508 07:00-07:00 Occurrence" {
		t.Error(got)
	}
}
