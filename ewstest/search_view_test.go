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

// said is what an answer says, in a line.
func said(m messages.FindItemResponseMessage) string {
	if m.ResponseCode != messages.NoError {
		return string(m.ResponseCode)
	}
	return fmt.Sprintf("%s of %d, last %v", subjects(m.RootFolder.Items), m.RootFolder.TotalItemsInView, m.RootFolder.IncludesLastItemInRange)
}

func TestCalendarView(t *testing.T) {
	c := newClient(t, Config{MaxFind: 4})
	day := func(d, h int) time.Time { return time.Date(2026, 3, d, h, 0, 0, 0, time.UTC) }
	event := func(name string, from, to time.Time) types.Item {
		return filled(&types.CalendarItem{Subject: name, Start: from, End: to})
	}
	c.put("calendar", event("c", day(3, 9), day(3, 10)), event("a", day(1, 9), day(1, 10)), event("b", day(2, 9), day(2, 10)),
		event("long", day(1, 8), day(9, 8)), event("moment", day(2, 12), day(2, 12)))
	view := func(from, to time.Time) *types.CalendarView { return &types.CalendarView{StartDate: from, EndDate: to} }
	two := func(v *types.CalendarView) *types.CalendarView { v.MaxEntriesReturned = 2; return v }
	for name, test := range map[string]struct {
		req  messages.FindItemRequest
		want string
	}{
		"by start":                {messages.FindItemRequest{Paging: view(day(2, 0), day(5, 0))}, "long b moment c of 4, last true"},
		"ends when the view does": {messages.FindItemRequest{Paging: view(day(9, 8), day(9, 9))}, "long of 1, last true"},
		"ends as the view begins": {messages.FindItemRequest{Paging: view(day(1, 10), day(2, 9))}, "long a of 2, last true"},
		"starts as the view ends": {messages.FindItemRequest{Paging: view(day(9, 9), day(9, 10))}, " of 0, last true"},
		"a moment":                {messages.FindItemRequest{Paging: view(day(2, 12), day(2, 13))}, "long moment of 2, last true"},
		"an empty range":          {messages.FindItemRequest{Paging: view(day(3, 9), day(3, 9))}, "long of 1, last true"},
		"cut":                     {messages.FindItemRequest{Paging: two(view(day(1, 0), day(5, 0)))}, "long a of 5, last false"},
		"over the limit":          {messages.FindItemRequest{Paging: view(day(1, 0), day(5, 0))}, "ErrorExceededFindCountLimit"},
		"no rows": {messages.FindItemRequest{Paging: &types.CalendarView{StartDate: day(1, 0), EndDate: day(2, 0), Present: types.CalendarViewHasMaxEntriesReturned}},
			"ErrorInvalidPagingMaxRows"},
		"backwards":        {messages.FindItemRequest{Paging: view(day(2, 0), day(1, 0))}, "ErrorCalendarEndDateIsEarlierThanStartDate"},
		"two years":        {messages.FindItemRequest{Paging: view(day(10, 0), day(10, 0).AddDate(2, 0, 0))}, " of 0, last true"},
		"more":             {messages.FindItemRequest{Paging: view(day(10, 0), day(10, 1).AddDate(2, 0, 0))}, "ErrorCalendarViewRangeTooBig"},
		"with restriction": {messages.FindItemRequest{Paging: view(day(1, 0), day(2, 0)), Restriction: eq(uri("item:Subject"), "a")}, "ErrorInvalidOperation"},
		"sorted":           {messages.FindItemRequest{Paging: view(day(1, 0), day(2, 0)), SortOrder: []types.FieldOrder{field.Item.Subject.Asc().FieldOrder()}}, "ErrorInvalidOperation"},
		"another folder":   {messages.FindItemRequest{Paging: view(day(1, 0), day(2, 0)), ParentFolderIDs: inFolder("inbox")}, "ErrorCalendarFolderIsInvalidForCalendarView"},
		"seek": {messages.FindItemRequest{Paging: &types.SeekToConditionPageView{BasePoint: types.IndexBasePointBeginning, Condition: eq(uri("item:Subject"), "a")}},
			"ErrorCalendarSeekToConditionNotSupported"},
	} {
		t.Run(name, func(t *testing.T) {
			c.t = t
			if test.req.ParentFolderIDs == nil {
				test.req.ParentFolderIDs = inFolder("calendar")
			}
			if diff := cmp.Diff(test.want, said(c.find(&test.req))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestContactsView(t *testing.T) {
	c := newClient(t, Config{MaxFind: 6})
	for _, n := range []string{"Kim", "Ann", "ann", "Zoë", "Bob", "Ånd", "Name"} {
		c.put("contacts", filled(&types.Contact{Subject: n, DisplayName: n}))
	}
	c.put("contacts", filled(&types.Contact{Subject: "nameless"}))
	ann := containing(uri("contacts:DisplayName"), "an", types.ContainmentModePrefixed, types.ContainmentComparisonIgnoreCaseAndNonSpacingCharacters)
	for name, test := range map[string]struct {
		req  messages.FindItemRequest
		want string
	}{
		"from":           {messages.FindItemRequest{Paging: &types.ContactsView{InitialName: "Kelly"}}, "Kim Name Zoë of 3, last true"},
		"from one":       {messages.FindItemRequest{Paging: &types.ContactsView{InitialName: "Kim"}}, "Kim Name Zoë of 3, last true"},
		"to":             {messages.FindItemRequest{Paging: &types.ContactsView{FinalName: "bob"}}, "Ånd ann Ann of 3, last true"},
		"to one":         {messages.FindItemRequest{Paging: &types.ContactsView{FinalName: "Bob"}}, "Ånd ann Ann Bob of 4, last true"},
		"not its like":   {messages.FindItemRequest{Paging: &types.ContactsView{InitialName: "L", FinalName: "name"}}, " of 0, last true"},
		"between":        {messages.FindItemRequest{Paging: &types.ContactsView{InitialName: "b", FinalName: "L"}}, "Bob Kim of 2, last true"},
		"some":           {messages.FindItemRequest{Paging: &types.ContactsView{InitialName: "b", MaxEntriesReturned: 2}}, "Bob Kim of 4, last false"},
		"with more":      {messages.FindItemRequest{Paging: &types.ContactsView{MaxEntriesReturned: 9}, Restriction: ann}, "Ånd ann Ann of 3, last true"},
		"sorted":         {messages.FindItemRequest{Paging: &types.ContactsView{InitialName: "k"}, SortOrder: []types.FieldOrder{field.Contact.DisplayName.Desc().FieldOrder()}}, "Zoë Name Kim of 3, last true"},
		"over the limit": {messages.FindItemRequest{Paging: &types.ContactsView{}}, "ErrorExceededFindCountLimit"},
		"no rows":        {messages.FindItemRequest{Paging: &types.ContactsView{MaxEntriesReturned: -1}}, "ErrorInvalidPagingMaxRows"},
	} {
		t.Run(name, func(t *testing.T) {
			c.t = t
			test.req.ParentFolderIDs = inFolder("contacts")
			if diff := cmp.Diff(test.want, said(c.find(&test.req))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSeekToCondition(t *testing.T) {
	c := newClient(t)
	for i := range 10 {
		c.put("inbox", filled(&types.Message{Subject: fmt.Sprint(i), Size: int32(i)}))
	}
	atLeast := func(n string) types.SearchExpression {
		return &types.IsGreaterThanOrEqualTo{Path: uri("item:Size"), FieldURIOrConstant: constant(n)}
	}
	odd := not(&types.Excludes{Path: uri("item:Size"), Bitmask: types.ExcludesValue{Value: "1"}})
	begin, end := types.IndexBasePointBeginning, types.IndexBasePointEnd
	for name, test := range map[string]struct {
		view types.SeekToConditionPageView
		want string
		at   int32
	}{
		"the first that meets it": {types.SeekToConditionPageView{BasePoint: begin, MaxEntriesReturned: 3, Condition: atLeast("4")}, "4 5 6 of 10, last false", 7},
		"up to the last":          {types.SeekToConditionPageView{BasePoint: begin, MaxEntriesReturned: 3, Condition: atLeast("8")}, "8 9 of 10, last true", 10},
		"none meets it":           {types.SeekToConditionPageView{BasePoint: begin, MaxEntriesReturned: 3, Condition: atLeast("11")}, " of 10, last true", 10},
		"back from the end":       {types.SeekToConditionPageView{BasePoint: end, MaxEntriesReturned: 3, Condition: not(odd)}, "6 7 8 of 10, last false", 4},
		"back to the beginning":   {types.SeekToConditionPageView{BasePoint: end, MaxEntriesReturned: 3, Condition: not(atLeast("2"))}, "0 1 of 10, last true", 10},
		"no rows":                 {types.SeekToConditionPageView{BasePoint: begin, Present: types.SeekToConditionPageViewHasMaxEntriesReturned, Condition: odd}, "ErrorInvalidPagingMaxRows", 0},
		"a bad condition":         {types.SeekToConditionPageView{BasePoint: begin, Condition: eq(uri("item:Size"), "x")}, "ErrorInvalidValueForProperty", 0},
	} {
		m := c.find(&messages.FindItemRequest{Paging: &test.view, SortOrder: []types.FieldOrder{field.Message.Size.Asc().FieldOrder()}})
		if diff := cmp.Diff(test.want, said(m)); diff != "" || m.RootFolder.IndexedPagingOffset != test.at {
			t.Errorf("%s: offset %d, %s", name, m.RootFolder.IndexedPagingOffset, diff)
		}
	}
}

func TestGroups(t *testing.T) {
	add := func(c *client) {
		at := func(h int) time.Time { return time.Date(2026, 3, 1, h, 0, 0, 0, time.UTC) }
		msg := func(subject, topic, from string, h int, importance types.ImportanceChoices, categories ...string) types.Item {
			return filled(&types.Message{Subject: subject, ConversationTopic: topic, From: types.EmailAddress{Name: from}, DateTimeReceived: at(h),
				Importance: importance, Categories: categories})
		}
		c.put("inbox", msg("b1", "B", "Ann", 1, "Low", "x"), msg("a1", "A", "Bob", 2, "High", "x", "y"), msg("b2", "B", "Bob", 3, "Low", "x"),
			msg("a2", "a", "Ann", 9, "High", "x", "y"), msg("none", "", "", 5, "Normal"))
	}
	by := func(p string, order types.SortDirection, aggregate types.Aggregate, on string) *types.GroupBy {
		return &types.GroupBy{Order: order, Path: uri(p), AggregateOn: types.AggregateOn{Aggregate: aggregate, Path: uri(on)}}
	}
	const topic, received = "message:ConversationTopic", "item:DateTimeReceived"
	asc, desc, maximum, minimum := types.SortDirectionAscending, types.SortDirectionDescending, types.AggregateMaximum, types.AggregateMinimum
	subject := []types.FieldOrder{field.Item.Subject.Asc().FieldOrder()}
	page := func(offset, n int32) types.BasePaging {
		return &types.IndexedPageView{Offset: offset, MaxEntriesReturned: n, BasePoint: types.IndexBasePointBeginning}
	}
	for name, test := range map[string]struct {
		req     messages.FindItemRequest
		version types.ExchangeVersion
		want    string
	}{
		"by topic, latest last":     {messages.FindItemRequest{GroupBy: by(topic, asc, maximum, received), SortOrder: subject}, "", "0: b1 b2 | 1: none | 2: a1 a2 of 8, last true"},
		"by topic, latest first":    {messages.FindItemRequest{GroupBy: by(topic, desc, maximum, received)}, "", "0: a2 a1 | 1: none | 2: b2 b1 of 8, last true"},
		"by topic, earliest":        {messages.FindItemRequest{GroupBy: by(topic, asc, minimum, received), SortOrder: subject}, "", "0: b1 b2 | 1: a1 a2 | 2: none of 8, last true"},
		"with the value, as before": {messages.FindItemRequest{GroupBy: by(topic, asc, minimum, received), SortOrder: subject}, types.ExchangeVersionExchange2007SP1, "B: b1 b2 | A: a1 a2 | : none of 8, last true"},
		"by mailbox":                {messages.FindItemRequest{GroupBy: by("message:From", asc, minimum, received), SortOrder: subject}, types.ExchangeVersionExchange2007SP1, "Ann: a2 b1 | Bob: a1 b2 | : none of 8, last true"},
		"by enumeration":            {messages.FindItemRequest{GroupBy: by("item:Importance", desc, maximum, "item:Importance"), SortOrder: subject}, types.ExchangeVersionExchange2007SP1, "High: a1 a2 | Normal: none | Low: b1 b2 of 8, last true"},
		"by list":                   {messages.FindItemRequest{GroupBy: by("item:Categories", asc, minimum, "item:Subject"), SortOrder: subject}, types.ExchangeVersionExchange2007SP1, "x; y: a1 a2 | x: b1 b2 | : none of 8, last true"},
		"standard": {messages.FindItemRequest{GroupBy: &types.DistinguishedGroupBy{Order: desc, StandardGroupBy: types.StandardGroupByConversationTopic}, SortOrder: subject}, "",
			"0: a1 a2 | 1: none | 2: b1 b2 of 8, last true"},
		"first page":    {messages.FindItemRequest{GroupBy: by(topic, asc, minimum, received), SortOrder: subject, Paging: page(0, 5)}, "", "0: b1 b2 | 1: a1 of 8, last false"},
		"the next":      {messages.FindItemRequest{GroupBy: by(topic, asc, minimum, received), SortOrder: subject, Paging: page(5, 5)}, "", "1: a2 | 2: none of 8, last true"},
		"a header":      {messages.FindItemRequest{GroupBy: by(topic, asc, minimum, received), SortOrder: subject, Paging: page(3, 1)}, "", "1: of 8, last false"},
		"fractional":    {messages.FindItemRequest{GroupBy: by(topic, asc, minimum, received), SortOrder: subject, Paging: &types.FractionalPageView{Numerator: 3, Denominator: 4}}, "", "2: none of 8, last true"},
		"restricted":    {messages.FindItemRequest{GroupBy: by(topic, asc, minimum, received), Restriction: eq(uri(topic), "b")}, "", "0: b2 b1 of 3, last true"},
		"by recipients": {messages.FindItemRequest{GroupBy: by("message:ToRecipients", asc, minimum, received)}, "", "ErrorUnsupportedPathForSortGroup"},
		"on a body":     {messages.FindItemRequest{GroupBy: by(topic, asc, minimum, "item:Body")}, "", "ErrorUnsupportedPathForSortGroup"},
		"sought": {messages.FindItemRequest{GroupBy: by(topic, asc, minimum, received), Paging: &types.SeekToConditionPageView{BasePoint: types.IndexBasePointEnd, Condition: eq(uri(topic), "b")}}, "",
			"ErrorInvalidOperation"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newClient(t)
			if test.version != "" {
				c.version = test.version
			}
			add(c)
			m := c.find(&test.req)
			var parts []string
			for _, g := range m.RootFolder.Groups {
				parts = append(parts, strings.TrimSpace(g.GroupIndex+": "+subjects(g.Items)))
			}
			got := fmt.Sprintf("%s of %d, last %v", strings.Join(parts, " | "), m.RootFolder.TotalItemsInView, m.RootFolder.IncludesLastItemInRange)
			if m.ResponseCode != messages.NoError {
				got = string(m.ResponseCode)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
