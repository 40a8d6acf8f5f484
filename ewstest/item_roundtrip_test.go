package ewstest_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// notKept are the properties that may be written but are not read back as they
// were: another property decides.
var notKept = map[string]string{
	"item:MimeContent":         "the other properties make it",
	"item:Attachments":         "has tests of its own",
	"calendar:StartWallClock":  "the start in its zone",
	"calendar:EndWallClock":    "the end in its zone",
	"calendar:StartTimeZoneId": "the name of StartTimeZone",
	"calendar:EndTimeZoneId":   "the name of EndTimeZone",
	"calendar:IsAllDayEvent":   "changes start and end",
	"task:CompleteDate":        "completes the task",
}

var roundTripClasses = []struct {
	name   string
	make   func() types.Properties
	folder types.DistinguishedFolderIDName
}{
	{"Message", func() types.Properties { return &types.Message{} }, types.DistinguishedFolderIDNameDrafts},
	{"CalendarItem", func() types.Properties { return &types.CalendarItem{} }, types.DistinguishedFolderIDNameCalendar},
	{"Contact", func() types.Properties { return &types.Contact{} }, types.DistinguishedFolderIDNameContacts},
	{"DistributionList", func() types.Properties { return &types.DistributionList{} }, types.DistinguishedFolderIDNameContacts},
	{"Task", func() types.Properties { return &types.Task{} }, types.DistinguishedFolderIDNameTasks},
	{"PostItem", func() types.Properties { return &types.PostItem{} }, types.DistinguishedFolderIDNameInbox},
}

// writable returns the properties of v that clients may set.
func writable(v types.Properties) []field.Info {
	var out []field.Info
	for _, p := range field.Of(v) {
		if _, ok := notKept[p.URI]; ok || p.ReadOnly || v.PropertyPtr(p.Bit) == nil {
			continue
		}
		if p.URI == "item:ReminderDueBy" && classIs[*types.CalendarItem](v) {
			continue // always the start
		}
		out = append(out, p)
	}
	return out
}

// getWith returns an item with the properties.
func getWith(t testing.TB, c *wireClient, id types.ItemID, list []field.Info) types.Properties {
	t.Helper()
	shape := types.ItemResponseShape{BaseShape: types.DefaultShapeNamesIDOnly}
	for _, p := range list {
		shape.AdditionalProperties = append(shape.AdditionalProperties, &types.PathToUnindexedField{FieldURI: types.UnindexedFieldURI(p.URI)})
	}
	res := must(c.ops().GetItem(t.Context(), &messages.GetItemRequest{ItemShape: shape, ItemIDs: []types.BaseItemID{&id}}))
	if err := firstError(res); err != nil {
		t.Fatal(err)
	}
	return res.ResponseMessages[0].Items[0].(types.Properties)
}

// sameValues compares values: empty lists are absent ones, presence bits inside
// do not count.
var sameValues = cmp.Options{
	cmpopts.EquateEmpty(),
	cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Present" }, cmp.Ignore()),
	cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() != ".StartDate" }, cmp.Comparer(time.Time.Equal)),
	// A recurrence begins on a day, in whatever zone the day is written.
	cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".StartDate" },
		cmp.Comparer(func(a, b time.Time) bool { return a.Format(time.DateOnly) == b.Format(time.DateOnly) })),
	cmp.Transformer("member", func(m types.Member) types.EmailAddress { return m.Mailbox }),
}

// diffProp compares one property of two objects.
func diffProp(want, got types.Properties, p field.Info) string {
	w, g := reflect.ValueOf(want.PropertyPtr(p.Bit)).Elem(), reflect.ValueOf(got.PropertyPtr(p.Bit)).Elem()
	if w.Kind() != reflect.Slice && !got.PresenceSet().HasBit(p.Bit) {
		return "absent"
	}
	if s, ok := w.Interface().(string); ok {
		w = reflect.ValueOf(strings.ReplaceAll(s, "\r\n", "\n"))
	}
	return cmp.Diff(w.Interface(), g.Interface(), sameValues)
}

// TestRoundTripCreate creates items with all properties at once, with values
// and with the emptiest values that the schema allows.
func TestRoundTripCreate(t *testing.T) {
	s := ewstest.New(t)
	c := dial(t, s, 0)
	for _, class := range roundTripClasses {
		for _, empty := range []bool{false, true} {
			g := newGenerator(t, 1)
			g.empty = empty
			in := class.make()
			list := writable(in)
			for _, p := range list {
				if g.fits(in, p) {
					g.set(in, p)
				}
			}
			got := getWith(t, c, create(t, c, class.folder, in.(types.Item)), list)
			for _, p := range list {
				if !in.PresenceSet().HasBit(p.Bit) {
					continue
				}
				if d := diffProp(in, got, p); d != "" {
					t.Errorf("%s, empty %t: %s is not what was written:\n%s", class.name, empty, p.URI, d)
				}
			}
		}
	}
}

func fieldPath(p field.Info) types.Path {
	return &types.PathToUnindexedField{FieldURI: types.UnindexedFieldURI(p.URI)}
}

// update makes changes of one item, each in a request part of its own, and
// returns the codes.
func update(t testing.TB, c *wireClient, id types.ItemID, changes ...types.ItemChangeDescription) []messages.ResponseCode {
	t.Helper()
	req := &messages.UpdateItemRequest{
		ConflictResolution: types.ConflictResolutionAlwaysOverwrite, MessageDisposition: types.MessageDispositionSaveOnly,
		SendMeetingInvitationsOrCancellations: types.CalendarItemUpdateOperationSendToNone,
	}
	for _, ch := range changes {
		req.ItemChanges = append(req.ItemChanges, types.ItemChange{ItemID: &types.ItemID{ID: id.ID}, Updates: []types.ItemChangeDescription{ch}})
	}
	return codes(must(c.ops().UpdateItem(t.Context(), req)))
}

// TestRoundTripUpdate sets all properties, and then deletes each.
func TestRoundTripUpdate(t *testing.T) {
	s := ewstest.New(t)
	c := dial(t, s, 0)
	for _, class := range roundTripClasses {
		g := newGenerator(t, 2)
		id := create(t, c, class.folder, class.make().(types.Item))
		want := class.make()
		var list []field.Info
		var sets, deletes []types.ItemChangeDescription
		for _, p := range writable(want) {
			if !g.fits(want, p) || notUpdated[p.URI] {
				continue
			}
			g.set(want, p)
			one := class.make()
			reflect.ValueOf(one.PropertyPtr(p.Bit)).Elem().Set(reflect.ValueOf(want.PropertyPtr(p.Bit)).Elem())
			one.PresenceSet().Add(p.Bit)
			list = append(list, p)
			sets = append(sets, &types.SetItemField{Path: fieldPath(p), Item: one.(types.Item)})
			if !notDeleted[p.URI] {
				deletes = append(deletes, &types.DeleteItemField{Path: fieldPath(p)})
			}
		}
		res := must(c.ops().UpdateItem(t.Context(), &messages.UpdateItemRequest{
			ConflictResolution: types.ConflictResolutionAutoResolve, MessageDisposition: types.MessageDispositionSaveOnly,
			SendMeetingInvitationsOrCancellations: types.CalendarItemUpdateOperationSendToNone,
			ItemChanges:                           []types.ItemChange{{ItemID: &id, Updates: sets}},
		}))
		if err := firstError(res); err != nil {
			t.Fatalf("%s: %v", class.name, err)
		}
		got := getWith(t, c, id, list)
		for _, p := range list {
			if d := diffProp(want, got, p); d != "" {
				t.Errorf("%s: %s is not what was set:\n%s", class.name, p.URI, d)
			}
		}
		for n, code := range update(t, c, id, deletes...) {
			if code != messages.NoError {
				t.Errorf("%s: delete %s: %s", class.name, deletes[n].(*types.DeleteItemField).Path.(*types.PathToUnindexedField).FieldURI, code)
			}
		}
		got = getWith(t, c, id, list)
		for _, p := range list {
			if w := reflect.ValueOf(want.PropertyPtr(p.Bit)).Elem(); !notDeleted[p.URI] && !w.IsZero() && diffProp(want, got, p) == "" && !isDefault[p.URI] {
				t.Errorf("%s: %s is still there: %v", class.name, p.URI, w)
			}
		}
	}
}

var (
	// notUpdated can be set when an item is created, and never again.
	notUpdated = map[string]bool{"message:InternetMessageId": true, "item:IsAssociated": true}
	// notDeleted are the properties that an item can't be without.
	notDeleted = map[string]bool{
		"item:ItemClass": true, "calendar:Start": true, "calendar:End": true, "calendar:UID": true, "message:IsRead": true,
	}
	// isDefault are the properties whose generated value may be the default, or
	// that follow from others.
	isDefault = map[string]bool{
		"item:Importance": true, "item:Sensitivity": true, "contacts:FileAsMapping": true, "calendar:LegacyFreeBusyStatus": true,
		"calendar:MeetingTimeZone": true, "calendar:StartTimeZone": true, "calendar:EndTimeZone": true, // an event is in some zone
	}
)

// TestReadOnly sets and deletes each property that is read-only.
func TestReadOnly(t *testing.T) {
	s := ewstest.New(t)
	c := dial(t, s, 0)
	for _, class := range roundTripClasses {
		g := newGenerator(t, 3)
		id := create(t, c, class.folder, class.make().(types.Item))
		var sets, deletes []types.ItemChangeDescription
		req := &messages.CreateItemRequest{
			MessageDisposition: types.MessageDispositionSaveOnly, SendMeetingInvitations: types.CalendarItemCreateOrDeleteOperationSendToNone,
		}
		for _, p := range field.Of(class.make()) {
			if !p.ReadOnly || interfaces[p.URI] {
				continue
			}
			one := class.make()
			g.set(one, p)
			req.Items = append(req.Items, one.(types.Item))
			sets = append(sets, &types.SetItemField{Path: fieldPath(p), Item: one.(types.Item)})
			deletes = append(deletes, &types.DeleteItemField{Path: fieldPath(p)})
		}
		check := func(what string, got []messages.ResponseCode, want messages.ResponseCode) {
			for n, code := range got {
				if code != want {
					t.Errorf("%s: %s %s: %s, want %s", class.name, what, deletes[n].(*types.DeleteItemField).Path.(*types.PathToUnindexedField).FieldURI, code, want)
				}
			}
		}
		check("set", update(t, c, id, sets...), messages.ErrorInvalidPropertySet)
		check("delete", update(t, c, id, deletes...), messages.ErrorInvalidPropertyDelete)
		check("create with", codes(must(c.ops().CreateItem(t.Context(), req))), messages.ErrorInvalidPropertySet)
	}
}

// interfaces are the read-only properties for which the generator has no
// values.
var interfaces = map[string]bool{
	"item:ResponseObjects": true, "item:EntityExtractionResult": true, "calendar:ConflictingMeetings": true, "calendar:AdjacentMeetings": true,
}
