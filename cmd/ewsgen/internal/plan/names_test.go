package plan

import (
	"go/token"
	"testing"

	"github.com/seed-1937cc67/goews/internal/xsd"
	"github.com/seed-1937cc67/goews/schemas"
)

func TestCamel(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"ItemId", "ItemID"},
		{"ItemIds", "ItemIDs"},
		{"UMPin", "UMPin"},
		{"FieldURI", "FieldURI"},
		{"ExtendedFieldURIs", "ExtendedFieldURIs"},
		{"MeetingWorkspaceUrl", "MeetingWorkspaceURL"},
		{"HtmlBody", "HTMLBody"},
		{"UID", "UID"},
		{"SMSDevice", "SMSDevice"},
		{"folderUrl", "FolderURL"},
		{"x-y z", "XYZ"},
		{"item:Subject", "ItemSubject"},
		{"Exchange2010_SP1", "Exchange2010SP1"},
		{"2ndLine", "X2ndLine"},
		{"Emails1", "Emails1"},
		{"", "X"},
		{"---", "X"},
	} {
		if got := camel(tt.in); got != tt.want {
			t.Errorf("camel(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestTypeName(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"t:MessageType", "Message"},
		{"t:ItemType", "GenericItem"},
		{"t:EmailAddressType", "EmailAddress"},
		{"t:EmailAddress", "AvailabilityEmailAddress"},
		{"t:BodyType", "Body"},
		{"t:BodyTypeType", "BodyType"},
		{"t:Duration", "TimeWindow"},
		{"t:Type", "Type"},
		{"m:FindItemType", "FindItem"},
	} {
		if got := typeName(tt.in); got != tt.want {
			t.Errorf("typeName(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

// TestTablesOfNames fails if a row of a table is of a type that the contract does
// not have, or gives a name that is none.
func TestTablesOfNames(t *testing.T) {
	s, err := xsd.Read(schemas.FS, "types.xsd", "messages.xsd")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for n := range s.Types {
		known[n.String()] = true
	}
	for _, table := range []map[string]string{typeNames, ifaceNames, familyNames, memberPrefix} {
		for wire, name := range table {
			if !known[wire] {
				t.Errorf("there is no %s", wire)
			}
			if !token.IsExported(name) || !token.IsIdentifier(name) {
				t.Errorf("%s: %q is no exported name", wire, name)
			}
		}
	}
	for n := range s.Types {
		if name := typeName(n.String()); !token.IsExported(name) || !token.IsIdentifier(name) {
			t.Errorf("%s becomes %q, which is no exported name", n, name)
		}
	}
}
