package ewstest

import (
	"slices"
	"strings"
	"time"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// maxCalendarView is the greatest range of a CalendarView, in years.
const maxCalendarView = 2

// calendarView is a checked CalendarView.
type calendarView struct {
	from, to time.Time
	paging   paging
}

// calendarView checks a view and what stands beside it.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/calendarview
func (c *call) calendarView(req *messages.FindItemRequest, v *types.CalendarView) (*calendarView, error) {
	if req.Restriction != nil || len(req.SortOrder) > 0 {
		return nil, failf(messages.ErrorInvalidOperation, "Restrictions and sort order may not be specified for a CalendarView.")
	}
	if req.GroupBy != nil || req.QueryString.Value != "" || req.Traversal != types.ItemQueryTraversalShallow {
		return nil, failf(messages.ErrorInvalidOperation, "A CalendarView is a shallow traversal without grouping and query string.")
	}
	loc := c.location()
	out := &calendarView{from: inZone(v.StartDate, loc), to: inZone(v.EndDate, loc)}
	switch {
	case out.to.Before(out.from):
		return nil, fail(messages.ErrorCalendarEndDateIsEarlierThanStartDate)
	case out.to.After(out.from.AddDate(maxCalendarView, 0, 0)):
		return nil, fail(messages.ErrorCalendarViewRangeTooBig)
	}
	said := v.Present&types.CalendarViewHasMaxEntriesReturned != 0 || v.MaxEntriesReturned != 0
	var err error
	out.paging, err = c.plainPaging(v.MaxEntriesReturned, said)
	return out, err
}

// inZone returns t; what has no zone is in loc.
func inZone(t time.Time, loc *time.Location) time.Time {
	if t.Location() == types.Floating {
		return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), loc)
	}
	return t
}

// find returns the single items and the occurrences in the range, by start:
// those that end at its beginning belong to it, those that start at its end
// do not.
func (v *calendarView) find(c *call, f *folder) ([]*item, error) {
	if _, ok := f.data.(*types.CalendarFolder); !ok {
		return nil, fail(messages.ErrorCalendarFolderIsInvalidForCalendarView)
	}
	type entry struct {
		i     *item
		start time.Time
	}
	var found []entry
	loc := c.location()
	for _, i := range f.items {
		data, ok := i.data.(*types.CalendarItem)
		if !ok || data.IsAssociated {
			continue
		}
		if i.series != nil {
			for _, o := range i.occurrencesIn(v.from, v.to) {
				found = append(found, entry{o, o.data.(*types.CalendarItem).Start})
			}
			continue
		}
		start, end := inZone(data.Start, loc), inZone(data.End, loc)
		if !end.Before(v.from) && start.Before(v.to) {
			found = append(found, entry{i, start})
		}
	}
	slices.SortStableFunc(found, func(a, b entry) int { return a.start.Compare(b.start) })
	rows := make([]*item, len(found))
	for n, e := range found {
		rows[n] = e.i
	}
	return rows, nil
}

// contactsView narrows a search to the contacts whose display names are in
// the range, both ends included, and sorts by them if nothing else is asked.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/contactsview
func (k *compiler) contactsView(s *itemSearch, v *types.ContactsView) {
	name := k.voc.unindexed("contacts:DisplayName")
	inner := s.meets
	s.meets = func(r *row) bool {
		n := ""
		for _, x := range name.values(r) {
			n = x.text
		}
		switch {
		case n == "", v.InitialName != "" && compareNames(n, v.InitialName) < 0, v.FinalName != "" && compareNames(n, v.FinalName) > 0:
			return false
		}
		return inner == nil || inner(r)
	}
	if len(s.keys) == 0 {
		s.keys = []sortKey{{operand: name}}
	}
}

// compareNames orders names as the contacts list does: as other texts, lower
// case before upper case if they are the same otherwise.
func compareNames(a, b string) int {
	if n := compareText(a, b); n != 0 {
		return n
	}
	return strings.Compare(b, a)
}
