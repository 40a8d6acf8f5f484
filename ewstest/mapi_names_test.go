package ewstest

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// TestMAPINames has properties of items searched, sorted and asked for by
// their MAPI names.
func TestMAPINames(t *testing.T) {
	c := newClient(t)
	const native = "040000008200E00074C5B7101A82E00800000000B0225A8CC6C7DB01000000000000000010000000F1E2D3C4B5A6978811223344556677AA"
	c.put("inbox",
		filled(&types.Message{Subject: "a", Size: 70, Importance: types.ImportanceChoicesHigh, IsRead: true, Categories: []string{"Red", "Blue"}, HasAttachments: true,
			From: types.EmailAddress{Name: "Ann", EmailAddress: "ann@example.com"}, Body: types.Body{BodyType: "HTML", Value: "<p>some <b>words</b></p>"}}),
		filled(&types.CalendarItem{Subject: "b", UID: native, Location: "Room 1", LegacyFreeBusyStatus: types.LegacyFreeBusyOOF}),
		filled(&types.CalendarItem{Subject: "c", UID: "261cbc18-1f65-5a0a-bd11-23b1e224cc2f", LegacyFreeBusyStatus: types.LegacyFreeBusyTentative}),
		filled(&types.Task{Subject: "d", Status: types.TaskStatusDeferred, PercentComplete: 40}),
		filled(&types.Contact{Subject: "e", EmailAddresses: []types.EmailAddressDictionaryEntry{{Key: "EmailAddress2", Value: "zoe@example.com"}}}))
	goid, err := hex.DecodeString(native)
	if err != nil {
		t.Fatal(err)
	}
	foreign := base64.StdEncoding.EncodeToString([]byte(uidHead + strings.Repeat("\x00", 20) + "\x31\x00\x00\x00vCal-Uid\x01\x00\x00\x00261cbc18-1f65-5a0a-bd11-23b1e224cc2f\x00"))
	tag := func(n uint16, typ types.MapiPropertyType) types.PathToExtendedField { return field.PropertyTag(n, typ) }
	keywords := field.PropertyName(types.DistinguishedPropertySetPublicStrings, "Keywords", types.MapiPropertyTypeStringArray)
	goidPath := field.PropertyID(types.DistinguishedPropertySetMeeting, 3, types.MapiPropertyTypeBinary)
	busy := field.PropertyIDIn("00062002-0000-0000-C000-000000000046", 0x8205, types.MapiPropertyTypeInteger)
	done := field.PropertyID(types.DistinguishedPropertySetTask, 0x8102, types.MapiPropertyTypeDouble)
	status := field.PropertyID(types.DistinguishedPropertySetTask, 0x8101, types.MapiPropertyTypeInteger)
	mail2 := field.PropertyID(types.DistinguishedPropertySetAddress, 0x8093, types.MapiPropertyTypeString)
	for _, test := range []struct {
		path        types.PathToExtendedField
		value, want string // the value on the wire, and whose it is
	}{
		{tag(0x0037, types.MapiPropertyTypeString), "a", "a"},
		{tag(0x0E08, types.MapiPropertyTypeInteger), "70", "a"},
		{tag(0x0017, types.MapiPropertyTypeInteger), "2", "a"},
		{tag(0x0065, types.MapiPropertyTypeString), "ann@example.com", "a"},
		{tag(0x0042, types.MapiPropertyTypeString), "Ann", "a"},
		{tag(0x0E1B, types.MapiPropertyTypeBoolean), "true", "a"},
		{tag(0x0E07, types.MapiPropertyTypeInteger), "17", "a"},
		{goidPath, base64.StdEncoding.EncodeToString(goid), "b"},
		{goidPath, foreign, "c"},
		{busy, "3", "b"},
		{busy, "1", "c"},
		{done, "0.4", "d"},
		{status, "4", "d"},
		{mail2, "zoe@example.com", "e"},
	} {
		m := c.find(&messages.FindItemRequest{Restriction: eq(&test.path, test.value),
			ItemShape: types.ItemResponseShape{BaseShape: types.DefaultShapeNamesIDOnly, AdditionalProperties: []types.Path{&test.path, field.Item.Subject.Property()}}})
		if subjects(m.RootFolder.Items) != test.want {
			t.Errorf("%+v is %s: found %q, want %q", test.path, test.value, subjects(m.RootFolder.Items), test.want)
			continue
		}
		list := *m.RootFolder.Items[0].(types.Properties).ExtendedPtr()
		if len(list) != 1 || list[0].Value != test.value {
			t.Errorf("%+v is answered as %+v", test.path, list)
		}
	}
	m := c.find(&messages.FindItemRequest{Restriction: eq(&keywords, "BLUE"), SortOrder: []types.FieldOrder{{Order: types.SortDirectionAscending, Path: &keywords}},
		ItemShape: types.ItemResponseShape{BaseShape: types.DefaultShapeNamesIDOnly, AdditionalProperties: []types.Path{&keywords}}})
	if len(m.RootFolder.Items) != 1 {
		t.Fatalf("%d items with a keyword", len(m.RootFolder.Items))
	}
	if diff := cmp.Diff([]string{"Red", "Blue"}, (*m.RootFolder.Items[0].(types.Properties).ExtendedPtr())[0].Values); diff != "" {
		t.Error(diff)
	}
	flags := tag(0x0E07, types.MapiPropertyTypeInteger)
	m = c.find(&messages.FindItemRequest{Restriction: not(&types.Excludes{Path: &flags, Bitmask: types.ExcludesValue{Value: "0x10"}})})
	if subjects(m.RootFolder.Items) != "a" {
		t.Errorf("with attachments: %q", subjects(m.RootFolder.Items))
	}
	for _, p := range []types.Path{uri("item:Body"), uri("item:TextBody")} {
		m = c.find(&messages.FindItemRequest{Restriction: containing(p, "some words", types.ContainmentModeSubstring, types.ContainmentComparisonExact)})
		if subjects(m.RootFolder.Items) != "a" {
			t.Errorf("with words in the body: %q", subjects(m.RootFolder.Items))
		}
	}
}

func TestFindFolderExtended(t *testing.T) {
	c := newClient(t)
	class := field.PropertyTag(0x3613, types.MapiPropertyTypeString)
	size := field.PropertyTag(0x0E08, types.MapiPropertyTypeLong)
	var res messages.FindFolderResponse
	c.do(messages.OpFindFolder, &messages.FindFolderRequest{
		Traversal: types.FolderQueryTraversalShallow, FolderShape: types.FolderResponseShape{BaseShape: types.DefaultShapeNamesDefault},
		ParentFolderIDs: inFolder("msgfolderroot"),
		Restriction: &types.And{SearchExpressions: []types.SearchExpression{
			eq(&class, "IPF.Task"), &types.IsGreaterThan{Path: &size, FieldURIOrConstant: constant("0")},
		}},
	}, &res)
	m := res.ResponseMessages[0]
	if len(m.RootFolder.Folders) != 1 || get[string](m.RootFolder.Folders[0].(types.Properties), field.Folder.DisplayName) != "Tasks" {
		t.Errorf("%s: %d folders", m.ResponseCode, len(m.RootFolder.Folders))
	}
}
