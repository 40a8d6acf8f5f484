package ewstest

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// TestSearchZone has times without a zone read in that of the request.
func TestSearchZone(t *testing.T) {
	c := newClient(t, Config{Clock: func() time.Time { return wednesday }})
	c.put("inbox", filled(&types.Message{Subject: "a", DateTimeReceived: time.Date(2026, 3, 10, 23, 30, 0, 0, time.UTC)}),
		filled(&types.Message{Subject: "b", DateTimeReceived: time.Date(2026, 3, 10, 22, 30, 0, 0, time.UTC)}))
	c.put("calendar", filled(&types.CalendarItem{Subject: "e", Start: time.Date(2026, 3, 10, 23, 0, 0, 0, time.UTC), End: time.Date(2026, 3, 11, 1, 0, 0, 0, time.UTC)}))
	since := func(s string) *messages.FindItemRequest {
		return &messages.FindItemRequest{Restriction: &types.IsGreaterThanOrEqualTo{Path: uri("item:DateTimeReceived"), FieldURIOrConstant: constant(s)}}
	}
	floating := func(d, h int) time.Time { return time.Date(2026, 3, d, h, 0, 0, 0, types.Floating) }
	view := func(from, to time.Time) *messages.FindItemRequest {
		return &messages.FindItemRequest{ParentFolderIDs: inFolder("calendar"), Paging: &types.CalendarView{StartDate: from, EndDate: to}}
	}
	query := func(s string) *messages.FindItemRequest {
		return &messages.FindItemRequest{QueryString: messages.QueryString{Value: s}}
	}
	for _, test := range []struct {
		name         string
		req          *messages.FindItemRequest
		utc, central string // in UTC, and an hour east of it
	}{
		{"midnight", since("2026-03-11T00:00:00"), "", "a"},
		{"a date", since("2026-03-11"), "", "a"},
		{"with a zone", since("2026-03-11T00:00:00+01:00"), "a", "a"},
		{"today", query("received:today"), "", "a"},
		{"a day", query("received:3/10/2026"), "a b", ""},
		{"a day, where it comes first", query("received:10/3/2026"), "", "b"},
		{"a view", view(floating(11, 0), floating(11, 1)), "e", "e"},
		{"a view before", view(floating(10, 22), floating(10, 23)), "", ""},
		{"a view at the edge", view(floating(10, 23), floating(11, 0)), "e", ""},
	} {
		for _, zone := range []struct{ header, want string }{
			{"", test.utc},
			{`<t:MailboxCulture>da-DK</t:MailboxCulture><t:TimeZoneContext><t:TimeZoneDefinition Id="Romance Standard Time"/></t:TimeZoneContext>`, test.central},
		} {
			c.header = zone.header
			test.req.SortOrder = nil
			if test.req.Paging == nil {
				test.req.SortOrder = []types.FieldOrder{{Order: types.SortDirectionAscending, Path: uri("item:Subject")}}
			}
			if m := c.find(test.req); m.ResponseCode != messages.NoError || subjects(m.RootFolder.Items) != zone.want {
				t.Errorf("%s: %s %q, want %q", test.name, m.ResponseCode, subjects(m.RootFolder.Items), zone.want)
			}
		}
	}
}

// TestSearchUnchecked sends what the schema refuses to a server that does not
// look at the schema: each is an error, none a panic.
func TestSearchUnchecked(t *testing.T) {
	c := newClient(t, Config{Lenient: true})
	c.put("inbox", filled(&types.Message{Subject: "a"}))
	c.unchecked = true
	for part, want := range map[string]messages.ResponseCode{
		`<m:Restriction><t:And/></m:Restriction>`:                                                                             messages.ErrorInvalidRestriction,
		`<m:Restriction><t:Not/></m:Restriction>`:                                                                             messages.ErrorInvalidRestriction,
		`<m:Restriction><t:Not><t:Or/></t:Not></m:Restriction>`:                                                               messages.ErrorInvalidRestriction,
		`<m:Restriction><t:Exists/></m:Restriction>`:                                                                          messages.ErrorInvalidRestriction,
		`<m:Restriction><t:Excludes/></m:Restriction>`:                                                                        messages.ErrorInvalidRestriction,
		`<m:Restriction><t:Contains/></m:Restriction>`:                                                                        messages.ErrorInvalidRestriction,
		`<m:Restriction><t:IsEqualTo/></m:Restriction>`:                                                                       messages.ErrorInvalidRestriction,
		`<m:Restriction><t:IsLessThan><t:FieldURI FieldURI="item:Size"/></t:IsLessThan></m:Restriction>`:                      messages.ErrorInvalidValueForProperty,
		`<m:Restriction><t:Exists><t:FieldURI FieldURI="item:Nonsense"/></t:Exists></m:Restriction>`:                          messages.ErrorUnsupportedPathForQuery,
		`<m:Restriction><t:Exists><t:IndexedFieldURI FieldURI="item:Nonsense" FieldIndex="x"/></t:Exists></m:Restriction>`:    messages.ErrorUnsupportedPathForQuery,
		`<m:Restriction><t:Exists><t:ExtendedFieldURI PropertyType="Nonsense" PropertyTag="0x1"/></t:Exists></m:Restriction>`: messages.ErrorUnsupportedPathForQuery,
		`<m:GroupBy Order="Ascending"/>`:                                                                                      messages.ErrorUnsupportedPathForSortGroup,
		`<m:GroupBy><t:FieldURI FieldURI="item:Subject"/></m:GroupBy>`:                                                        messages.ErrorUnsupportedPathForSortGroup,
		`<m:SortOrder><t:FieldOrder/></m:SortOrder>`:                                                                          messages.ErrorUnsupportedPathForSortGroup,
		`<m:CalendarView/>`:                messages.ErrorCalendarFolderIsInvalidForCalendarView,
		`<m:SeekToConditionPageItemView/>`: messages.ErrorInvalidRestriction,
	} {
		status, answer := c.post(`<m:FindItem Traversal="Shallow"><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape>` + part +
			`<m:ParentFolderIds><t:DistinguishedFolderId Id="inbox"/></m:ParentFolderIds></m:FindItem>`)
		if status != http.StatusOK || !strings.Contains(answer, ">"+string(want)+"<") {
			t.Errorf("%s: status %d, want %s: %s", part, status, want, answer)
		}
	}
}
