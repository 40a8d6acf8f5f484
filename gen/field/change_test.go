package field_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/internal/wire"
)

// changeXML is the change as it is sent.
func changeXML(t *testing.T, c field.AnyChange) string {
	t.Helper()
	e := wire.NewEncoder(nil)
	switch {
	case c.Item() != nil:
		types.EncodeItemChangeDescription(e, c.Item())
	case c.Folder() != nil:
		types.EncodeFolderChangeDescription(e, c.Folder())
	default:
		return ""
	}
	if e.Err() != nil {
		t.Fatal(e.Err())
	}
	return string(e.Bytes())
}

func set(uri, class, content string) string {
	return `<t:SetItemField><t:FieldURI FieldURI="` + uri + `"/><t:` + class + `>` + content + `</t:` + class + `></t:SetItemField>`
}

func TestChanges(t *testing.T) {
	m := &field.Message
	flagged := &types.Message{Flag: types.Flag{FlagStatus: types.FlagStatusFlagged}}
	for _, tt := range []struct {
		name  string
		c     field.AnyChange
		want  string         // as it is sent
		after *types.Message // of a message with subject, category and one recipient
	}{
		{"text", m.Subject.Set("x"), set("item:Subject", "Message", "<t:Subject>x</t:Subject>"), &types.Message{Subject: "x"}},
		{"empty text", m.Subject.Set(""), set("item:Subject", "Message", "<t:Subject/>"), &types.Message{}},
		{"clear", m.Subject.Clear(), `<t:DeleteItemField><t:FieldURI FieldURI="item:Subject"/></t:DeleteItemField>`, nil},
		{"bool", m.IsRead.Set(false), set("message:IsRead", "Message", "<t:IsRead>false</t:IsRead>"), nil},
		{"not searched", field.Task.Status.Set(types.TaskStatusCompleted), set("task:Status", "Task", "<t:Status>Completed</t:Status>"), nil},
		{"not searched, cleared", field.Task.PercentComplete.Clear(), `<t:DeleteItemField><t:FieldURI FieldURI="task:PercentComplete"/></t:DeleteItemField>`, nil},
		{"enum", m.Importance.Set(types.ImportanceChoicesLow), set("item:Importance", "Message", "<t:Importance>Low</t:Importance>"), nil},
		{"list", m.Categories.Set("a", "b"), set("item:Categories", "Message", "<t:Categories><t:String>a</t:String><t:String>b</t:String></t:Categories>"), nil},
		{"mailbox", m.From.Set(types.EmailAddress{Name: "n"}), set("message:From", "Message", "<t:From><t:Mailbox><t:Name>n</t:Name></t:Mailbox></t:From>"), nil},
		{"recipients", m.CcRecipients.Set([]types.EmailAddress{{Name: "n"}}), set("message:CcRecipients", "Message", "<t:CcRecipients><t:Mailbox><t:Name>n</t:Name></t:Mailbox></t:CcRecipients>"), nil},
		{"append recipients", m.ToRecipients.Append([]types.EmailAddress{{Name: "n"}}), `<t:AppendToItemField><t:FieldURI FieldURI="message:ToRecipients"/><t:Message><t:ToRecipients><t:Mailbox><t:Name>n</t:Name></t:Mailbox></t:ToRecipients></t:Message></t:AppendToItemField>`, nil},
		{"body", m.Body.Set(types.Body{BodyType: types.BodyTypeText, Value: "b"}), set("item:Body", "Message", `<t:Body BodyType="Text">b</t:Body>`), nil},
		{"value", m.Flag.From(flagged), set("item:Flag", "Message", "<t:Flag><t:FlagStatus>Flagged</t:FlagStatus></t:Flag>"), nil},
		{"empty value", m.Flag.From(&types.Message{}), `<t:DeleteItemField><t:FieldURI FieldURI="item:Flag"/></t:DeleteItemField>`, nil},
		{"value of nothing", m.Flag.From(nil), `<t:DeleteItemField><t:FieldURI FieldURI="item:Flag"/></t:DeleteItemField>`, nil},
		{"clear value", m.MessageSafety.Clear(), `<t:DeleteItemField><t:FieldURI FieldURI="message:MessageSafety"/></t:DeleteItemField>`, nil},
		{"any item", field.Item.Subject.Set("x"), set("item:Subject", "Item", "<t:Subject>x</t:Subject>"), &types.Message{Subject: "x"}},
		{"folder", field.Folder.DisplayName.Set("x"), `<t:SetFolderField><t:FieldURI FieldURI="folder:DisplayName"/><t:Folder><t:DisplayName>x</t:DisplayName></t:Folder></t:SetFolderField>`, nil},
		{"persona", field.Persona.DisplayName.Set("x"), "", nil},
		{"entry", field.Contact.EmailAddresses.Key(types.EmailAddressKeyEmailAddress1).Set("a@b"),
			`<t:SetItemField><t:IndexedFieldURI FieldURI="contacts:EmailAddress" FieldIndex="EmailAddress1"/><t:Contact><t:EmailAddresses><t:Entry Key="EmailAddress1">a@b</t:Entry></t:EmailAddresses></t:Contact></t:SetItemField>`, nil},
		{"clear entry", field.Contact.PhoneNumbers.Key(types.PhoneNumberKeyPager).Clear(),
			`<t:DeleteItemField><t:IndexedFieldURI FieldURI="contacts:PhoneNumber" FieldIndex="Pager"/></t:DeleteItemField>`, nil},
		{"extended", field.ExtendedText[*types.Message](field.PropertyTag(0x1035, types.MapiPropertyTypeString)).Set("x"),
			`<t:SetItemField><t:ExtendedFieldURI PropertyTag="0x1035" PropertyType="String"/><t:Message><t:ExtendedProperty><t:ExtendedFieldURI PropertyTag="0x1035" PropertyType="String"/><t:Value>x</t:Value></t:ExtendedProperty></t:Message></t:SetItemField>`, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, changeXML(t, tt.c)); diff != "" {
				t.Error(diff)
			}
			if tt.after == nil {
				return
			}
			v := &types.Message{Subject: "old"}
			tt.c.Apply(v)
			tt.after.Present = types.Set(m.Subject)
			if diff := cmp.Diff(tt.after, v); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestApply(t *testing.T) {
	m := &types.Message{Subject: "s", Present: types.Set(field.Message.Subject)}
	field.Message.Subject.Clear().Apply(m)
	if diff := cmp.Diff(&types.Message{}, m); diff != "" {
		t.Error("Clear:", diff)
	}
	field.Message.Body.Append(types.Body{Value: "b"}).Apply(m)
	if diff := cmp.Diff(&types.Message{}, m); diff != "" {
		t.Error("Append changes what is in memory:", diff)
	}
	field.CalendarItem.Location.Set("x").Apply(m)
	if diff := cmp.Diff(&types.Message{}, m); diff != "" {
		t.Error("a change of another class applies:", diff)
	}
	var c types.Contact
	street := field.Contact.PhysicalAddresses.Key(types.PhysicalAddressKeyHome)
	city := field.Contact.PhysicalAddresses.Sub(types.PhysicalAddressKeyHome, "City")
	street.Set("1 Main St").Apply(&c)
	city.Set("Rome").Apply(&c)
	street.Clear().Apply(&c)
	want := []types.PhysicalAddressDictionaryEntry{{Key: types.PhysicalAddressKeyHome, City: "Rome"}}
	if diff := cmp.Diff(want, c.PhysicalAddresses); diff != "" {
		t.Error(diff)
	}
	if got := city.Get(&c); got != "Rome" {
		t.Errorf("city is %q", got)
	}
}

func TestFits(t *testing.T) {
	for _, tt := range []struct {
		name string
		c    field.AnyChange
		v    types.Properties
		want bool
	}{
		{"message", field.Message.IsRead.Set(true), &types.Message{}, true},
		{"other class", field.Message.IsRead.Set(true), &types.CalendarItem{}, false},
		{"any item", field.Item.Subject.Set(""), &types.CalendarItem{}, true},
		{"any item, folder", field.Item.Subject.Set(""), &types.Folder{}, false},
		{"any folder", field.Folder.DisplayName.Set(""), &types.SearchFolder{}, true},
		{"one folder class", field.SearchFolder.DisplayName.Set(""), &types.Folder{}, false},
		{"no query's class", field.Network.Subject.Set(""), &types.Network{}, true},
		{"no query's class, other", field.Network.Subject.Set(""), &types.Message{}, false},
		{"zero change", field.Change[*types.Message]{}, &types.Message{}, false},
	} {
		if got := tt.c.Fits(tt.v); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

func TestExtended(t *testing.T) {
	text := field.ExtendedText[*types.Message](field.PropertyName(types.DistinguishedPropertySetPublicStrings, "ours", types.MapiPropertyTypeString))
	size := field.ExtendedOf[types.Item, int32](field.PropertyTag(0x0E08, types.MapiPropertyTypeInteger))
	when := field.ExtendedOf[*types.Message, time.Time](field.PropertyIDIn("{00062008-0000-0000-C000-000000000046}", 0x8516, types.MapiPropertyTypeSystemTime))
	many := field.ExtendedRaw[*types.Message](field.PropertyNameIn("00020329-0000-0000-c000-000000000046", "many", types.MapiPropertyTypeStringArray))
	m := &types.Message{}
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	text.Put(m, "x")
	text.Put(m, "y")
	size.Put(m, 9)
	when.Put(m, at)
	many.Put(m, "a", "b")
	if len(m.ExtendedProperty) != 4 {
		t.Fatalf("%d properties", len(m.ExtendedProperty))
	}
	// Servers spell GUIDs and tags their own way.
	m.ExtendedProperty[1].ExtendedFieldURI.PropertyTag = "0x0E08"
	m.ExtendedProperty[2].ExtendedFieldURI.PropertySetID = "00062008-0000-0000-c000-000000000046"
	got := []any{text.Get(m), size.Get(m), when.Get(m), many.Get(m)}
	if diff := cmp.Diff([]any{"y", int32(9), at, []string{"a", "b"}}, got); diff != "" {
		t.Error(diff)
	}
	many.Set().Apply(m)
	if _, ok := many.Lookup(m); ok {
		t.Error("Set of nothing does not clear")
	}
	m.ExtendedProperty[1].Value = "nine"
	if _, ok := size.Lookup(m); ok {
		t.Error(`"nine" is a number`)
	}
	if _, ok := text.Lookup(nil); ok {
		t.Error("nothing has a property")
	}
}
