package field_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/internal/wire"
)

// filterXML is the restriction as it is sent.
func filterXML[E any](t *testing.T, f field.Filter[E]) string {
	t.Helper()
	e := wire.NewEncoder(nil)
	if f.Expression() != nil {
		types.EncodeSearchExpression(e, f.Expression())
	}
	if e.Err() != nil {
		t.Fatal(e.Err())
	}
	return string(e.Bytes())
}

func is(op, uri, value string) string {
	return `<t:` + op + `><t:FieldURI FieldURI="` + uri + `"/><t:FieldURIOrConstant><t:Constant Value="` + value + `"/></t:FieldURIOrConstant></t:` + op + `>`
}

func contains(mode, comparison, uri, value string) string {
	return `<t:Contains ContainmentMode="` + mode + `" ContainmentComparison="` + comparison + `"><t:FieldURI FieldURI="` + uri + `"/><t:Constant Value="` + value + `"/></t:Contains>`
}

func exists(uri string) string {
	return `<t:Exists><t:FieldURI FieldURI="` + uri + `"/></t:Exists>`
}

func TestFilters(t *testing.T) {
	m, c := &field.Message, &field.CalendarItem
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.FixedZone("", 3600))
	for _, tt := range []struct {
		name string
		got  string
		want string
	}{
		{"nothing", filterXML(t, field.Filter[*types.Message]{}), ""},
		{"text equals", filterXML(t, m.Subject.Equals("a&b")), is("IsEqualTo", "item:Subject", "a&amp;b")},
		{"text not equals", filterXML(t, m.Subject.NotEquals("x")), is("IsNotEqualTo", "item:Subject", "x")},
		{"text in", filterXML(t, m.Subject.In("x", "y")), "<t:Or>" + is("IsEqualTo", "item:Subject", "x") + is("IsEqualTo", "item:Subject", "y") + "</t:Or>"},
		{"text in one", filterXML(t, m.Subject.In("x")), is("IsEqualTo", "item:Subject", "x")},
		{"text in none", filterXML(t, m.Subject.In()), "<t:Not>" + exists("item:ItemClass") + "</t:Not>"},
		{"exactly", filterXML(t, m.Subject.Exactly("x")), contains("FullString", "Exact", "item:Subject", "x")},
		{"iexactly", filterXML(t, m.Subject.IExactly("x")), contains("FullString", "IgnoreCase", "item:Subject", "x")},
		{"contains", filterXML(t, m.Subject.Contains("x")), contains("Substring", "Exact", "item:Subject", "x")},
		{"icontains", filterXML(t, m.Subject.IContains("x")), contains("Substring", "IgnoreCase", "item:Subject", "x")},
		{"starts with", filterXML(t, m.Subject.StartsWith("x")), contains("Prefixed", "Exact", "item:Subject", "x")},
		{"istarts with", filterXML(t, m.Subject.IStartsWith("x")), contains("Prefixed", "IgnoreCase", "item:Subject", "x")},
		{"text order", filterXML(t, m.Subject.GreaterThan("x")), is("IsGreaterThan", "item:Subject", "x")},
		{"text at least", filterXML(t, m.Subject.AtLeast("x")), is("IsGreaterThanOrEqualTo", "item:Subject", "x")},
		{"text less", filterXML(t, m.Subject.LessThan("x")), is("IsLessThan", "item:Subject", "x")},
		{"text at most", filterXML(t, m.Subject.AtMost("x")), is("IsLessThanOrEqualTo", "item:Subject", "x")},
		{"time", filterXML(t, c.Start.AtLeast(at)), is("IsGreaterThanOrEqualTo", "calendar:Start", "2026-03-01T11:00:00Z")},
		{"floating time", filterXML(t, c.Start.LessThan(time.Date(2026, 3, 1, 12, 0, 0, 0, types.Floating))), is("IsLessThan", "calendar:Start", "2026-03-01T12:00:00")},
		{"range", filterXML(t, m.Size.Range(1, 2)), "<t:And>" + is("IsGreaterThanOrEqualTo", "item:Size", "1") + is("IsLessThanOrEqualTo", "item:Size", "2") + "</t:And>"},
		{"number in", filterXML(t, m.Size.In(math.MinInt32)), is("IsEqualTo", "item:Size", "-2147483648")},
		{"not searched", filterXML(t, field.Task.PercentComplete.Exists()), exists("task:PercentComplete")},
		{"bool", filterXML(t, m.IsRead.Is(false)), is("IsEqualTo", "message:IsRead", "false")},
		{"enum", filterXML(t, m.Importance.Equals(types.ImportanceChoicesHigh)), is("IsEqualTo", "item:Importance", "High")},
		{"enum not", filterXML(t, m.Importance.NotEquals(types.ImportanceChoicesHigh)), is("IsNotEqualTo", "item:Importance", "High")},
		{"enum in", filterXML(t, m.Importance.In(types.ImportanceChoicesHigh)), is("IsEqualTo", "item:Importance", "High")},
		{"list contains all", filterXML(t, m.Categories.Contains("a", "b")), "<t:And>" + is("IsEqualTo", "item:Categories", "a") + is("IsEqualTo", "item:Categories", "b") + "</t:And>"},
		{"list has", filterXML(t, m.Categories.Has("a")), is("IsEqualTo", "item:Categories", "a")},
		{"mailbox", filterXML(t, m.Sender.IContains("a")), contains("Substring", "IgnoreCase", "message:Sender", "a")},
		{"body", filterXML(t, m.Body.Contains("a")), contains("Substring", "Exact", "item:Body", "a")},
		{"exists", filterXML(t, m.Attachments.Exists()), exists("item:Attachments")},
		{"not exists", filterXML(t, m.Attachments.Exists().Not()), "<t:Not>" + exists("item:Attachments") + "</t:Not>"},
		{"not not", filterXML(t, m.IsRead.Is(true).Not().Not()), is("IsEqualTo", "message:IsRead", "true")},
		{"and flattens", filterXML(t, m.IsRead.Is(true).And(m.IsDraft.Is(true)).And(m.Subject.Exists())), "<t:And>" + is("IsEqualTo", "message:IsRead", "true") + is("IsEqualTo", "item:IsDraft", "true") + exists("item:Subject") + "</t:And>"},
		{"or flattens", filterXML(t, m.IsRead.Is(true).Or(m.IsDraft.Is(true)).Or(m.Subject.Exists())), "<t:Or>" + is("IsEqualTo", "message:IsRead", "true") + is("IsEqualTo", "item:IsDraft", "true") + exists("item:Subject") + "</t:Or>"},
		{"or with everything", filterXML(t, m.IsRead.Is(true).Or(field.Filter[*types.Message]{})), ""},
		{"mask", filterXML(t, field.Mask(field.ExtendedOf[*types.Message, int32](field.PropertyTag(0x0E07, types.MapiPropertyTypeInteger)), 5)),
			`<t:Excludes><t:ExtendedFieldURI PropertyTag="0xe07" PropertyType="Integer"/><t:Bitmask Value="5"/></t:Excludes>`},
		{"compare", filterXML(t, field.Compare(m.DateTimeSent, field.Less, m.DateTimeReceived)),
			`<t:IsLessThan><t:FieldURI FieldURI="item:DateTimeSent"/><t:FieldURIOrConstant><t:FieldURI FieldURI="item:DateTimeReceived"/></t:FieldURIOrConstant></t:IsLessThan>`},
		{"entry", filterXML(t, field.Contact.EmailAddresses.Key(types.EmailAddressKeyEmailAddress1).IStartsWith("j")),
			`<t:Contains ContainmentMode="Prefixed" ContainmentComparison="IgnoreCase"><t:IndexedFieldURI FieldURI="contacts:EmailAddress" FieldIndex="EmailAddress1"/><t:Constant Value="j"/></t:Contains>`},
		{"part of an entry", filterXML(t, field.Contact.PhysicalAddresses.Sub(types.PhysicalAddressKeyHome, "City").Equals("Rome")),
			`<t:IsEqualTo><t:IndexedFieldURI FieldURI="contacts:PhysicalAddress:City" FieldIndex="Home"/><t:FieldURIOrConstant><t:Constant Value="Rome"/></t:FieldURIOrConstant></t:IsEqualTo>`},
		{"any item", filterXML(t, field.Item.Subject.Equals("x")), is("IsEqualTo", "item:Subject", "x")},
		{"folder", filterXML(t, field.Folder.DisplayName.Equals("x")), is("IsEqualTo", "folder:DisplayName", "x")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, tt.got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestOrders(t *testing.T) {
	got := []types.FieldOrder{field.Message.Subject.Asc().FieldOrder(), field.Message.From.Desc().FieldOrder(), field.Message.Importance.Desc().FieldOrder()}
	want := []types.FieldOrder{
		{Order: types.SortDirectionAscending, Path: &types.PathToUnindexedField{FieldURI: "item:Subject"}},
		{Order: types.SortDirectionDescending, Path: &types.PathToUnindexedField{FieldURI: "message:From"}},
		{Order: types.SortDirectionDescending, Path: &types.PathToUnindexedField{FieldURI: "item:Importance"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestPresence(t *testing.T) {
	m := &types.Message{Present: types.Set(field.Message.IsRead, field.Message.Subject)}
	for _, tt := range []struct {
		name string
		bit  wire.Bit
		want bool
	}{
		{"IsRead", field.Message.IsRead, true},
		{"Subject", field.Message.Subject, true},
		{"Subject of any item", field.Item.Subject, true},
		{"Body", field.Message.Body, false},
	} {
		if got := m.Present.Has(tt.bit); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

func TestGet(t *testing.T) {
	m := &types.Message{Subject: "s", IsRead: true, Size: 7, Categories: []string{"a"}, Importance: types.ImportanceChoicesHigh,
		From: types.EmailAddress{Name: "n"}, ToRecipients: []types.EmailAddress{{Name: "t"}}, ItemID: types.ItemID{ID: "i"}}
	var none *types.Message
	got := []any{
		field.Message.Subject.Get(m), field.Message.IsRead.Get(m), field.Message.Size.Get(m), field.Message.Categories.Get(m),
		field.Message.Importance.Get(m), field.Message.From.Get(m), field.Message.ToRecipients.Get(m),
		field.Item.Subject.Get(m), field.Item.Subject.Get(nil), field.Message.Subject.Get(none),
		field.Get[types.ItemID](field.Item.ItemID, m), field.Get[string](field.Item.ItemID, m), field.Get[string](field.Item.Subject, none),
		field.Contact.EmailAddresses.Key(types.EmailAddressKeyEmailAddress1).Get(nil),
	}
	want := []any{"s", true, int32(7), []string{"a"}, types.ImportanceChoicesHigh, types.EmailAddress{Name: "n"},
		[]types.EmailAddress{{Name: "t"}}, "s", "", "", types.ItemID{ID: "i"}, "", "", ""}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestTables holds the tables of properties against the classes: each has the
// property where the table says, and its descriptor names the same.
func TestTables(t *testing.T) {
	for _, v := range []types.Properties{&types.Message{}, &types.GenericItem{}, &types.CalendarItem{}, &types.Contact{}, &types.Task{},
		&types.Folder{}, &types.SearchFolder{}, &types.Persona{}, &types.Conversation{}, &types.MeetingRequest{}, &types.Network{}} {
		seen := map[string]bool{}
		for _, f := range field.Of(v) {
			if seen[f.URI] {
				t.Errorf("%T: %s twice", v, f.URI)
			}
			seen[f.URI] = true
			if f.Bit != 255 && v.PropertyPtr(f.Bit) == nil {
				t.Errorf("%T has no %s at bit %d", v, f.Name, f.Bit)
			}
			if got, ok := field.Find(v, f.URI); !ok || got != f {
				t.Errorf("Find(%T, %s) = %v", v, f.URI, got)
			}
		}
	}
	if field.Of(7) != nil || field.Of(nil) != nil {
		t.Error("Of knows classes that are none")
	}
	if _, ok := field.Find(&types.Message{}, "calendar:Start"); ok {
		t.Error("a message has a start")
	}
}
