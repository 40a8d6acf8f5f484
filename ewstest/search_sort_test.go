package ewstest

import (
	"strings"
	"testing"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

func TestSortOrder(t *testing.T) {
	c := newClient(t)
	c.put("inbox", corpus()...)
	asc := func(p types.Path) types.FieldOrder {
		return types.FieldOrder{Order: types.SortDirectionAscending, Path: p}
	}
	desc := func(p types.Path) types.FieldOrder {
		return types.FieldOrder{Order: types.SortDirectionDescending, Path: p}
	}
	tag := field.PropertyTag(0x1234, types.MapiPropertyTypeInteger)
	colours := field.PropertyNameIn("c11ff724-aa03-4555-9952-8fa248a11c3e", "Colour", types.MapiPropertyTypeStringArray)
	for name, test := range map[string]struct {
		order []types.FieldOrder
		want  string
	}{
		"none, newest first": {nil, "task contact Gamma-Ray beta Alpha"},
		// "Contact" is a contact without regard to case.
		"text":                {[]types.FieldOrder{asc(uri("item:Subject"))}, "Alpha beta contact Gamma-Ray task"},
		"text, descending":    {[]types.FieldOrder{desc(uri("item:Subject"))}, "task Gamma-Ray contact beta Alpha"},
		"missing first":       {[]types.FieldOrder{asc(uri("item:Size"))}, "task contact Alpha beta Gamma-Ray"},
		"missing last":        {[]types.FieldOrder{desc(uri("item:Size"))}, "Gamma-Ray beta Alpha task contact"},
		"enumeration by rank": {[]types.FieldOrder{desc(uri("item:Importance"))}, "beta Gamma-Ray Alpha task contact"},
		"list":                {[]types.FieldOrder{asc(uri("item:Categories"))}, "task contact Gamma-Ray beta Alpha"},
		"entry":               {[]types.FieldOrder{desc(entryOf("contacts:EmailAddress", "EmailAddress1")), asc(uri("item:Subject"))}, "contact Alpha beta Gamma-Ray task"},
		"extended":            {[]types.FieldOrder{desc(&tag)}, "beta Alpha task contact Gamma-Ray"},
		"extended list":       {[]types.FieldOrder{desc(&colours), desc(uri("item:Subject"))}, "Alpha task Gamma-Ray contact beta"},
		"mailbox":             {[]types.FieldOrder{desc(uri("message:From")), asc(uri("item:Subject"))}, "Alpha beta contact Gamma-Ray task"},
		"two fields":          {[]types.FieldOrder{asc(uri("message:IsRead")), desc(uri("item:Subject"))}, "task Gamma-Ray contact beta Alpha"},
		"computed":            {[]types.FieldOrder{asc(uri("item:DateTimeCreated"))}, "Alpha beta Gamma-Ray contact task"},
		"recipients":          {[]types.FieldOrder{asc(uri("message:ToRecipients"))}, "ErrorUnsupportedPathForSortGroup"},
		"body":                {[]types.FieldOrder{asc(uri("item:Body"))}, "ErrorUnsupportedPathForSortGroup"},
		"item id":             {[]types.FieldOrder{asc(uri("item:ItemId"))}, "ErrorUnsupportedPathForSortGroup"},
	} {
		t.Run(name, func(t *testing.T) {
			c.t = t
			m := c.find(&messages.FindItemRequest{SortOrder: test.order})
			got := strings.ReplaceAll(subjects(m.RootFolder.Items), "Gamma Ray", "Gamma-Ray")
			if m.ResponseCode != messages.NoError {
				got = string(m.ResponseCode)
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
