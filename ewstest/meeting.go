package ewstest

import (
	"time"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/types"
)

// computeMeeting gives an event a property that depends on the other events of
// its folder.
func (s *shaper) computeMeeting(uri string) {
	v, ok := s.full.(*types.CalendarItem)
	if !ok {
		return
	}
	if s.item.series != nil {
		s.computeSeries(v, uri)
	}
	switch uri {
	case "calendar:ConflictingMeetingCount", "calendar:ConflictingMeetings":
		list := s.neighbours(v, conflicts)
		assign(v, "calendar:ConflictingMeetingCount", int32(len(list)))
		if len(list) > 0 && uri == "calendar:ConflictingMeetings" {
			assign(v, uri, s.brief(list))
		}
	case "calendar:AdjacentMeetingCount", "calendar:AdjacentMeetings":
		list := s.neighbours(v, adjacent)
		assign(v, "calendar:AdjacentMeetingCount", int32(len(list)))
		if len(list) > 0 && uri == "calendar:AdjacentMeetings" {
			assign(v, uri, s.brief(list))
		}
	case "calendar:StartWallClock":
		assign(v, uri, v.Start.In(s.c.zoneOf(v.StartTimeZone)))
	case "calendar:EndWallClock":
		assign(v, uri, v.End.In(s.c.zoneOf(v.EndTimeZone)))
	case "calendar:When":
		if v.IsMeeting && !v.Present.Has(field.CalendarItem.When) {
			assign(v, uri, whenText(v.Start.In(s.c.zoneOf(v.StartTimeZone)), v.End.In(s.c.zoneOf(v.EndTimeZone)), zoneName(v.StartTimeZone)))
		}
	case "calendar:MeetingTimeZone":
		if !v.Present.Has(field.CalendarItem.MeetingTimeZone) {
			assign(v, uri, types.TimeZone{TimeZoneName: v.StartTimeZone.ID})
		}
	}
}

// conflicts reports whether two events overlap, adjacent whether one begins
// where the other ends.
func conflicts(a, b *types.CalendarItem) bool { return a.Start.Before(b.End) && b.Start.Before(a.End) }

func adjacent(a, b *types.CalendarItem) bool { return a.Start.Equal(b.End) || b.Start.Equal(a.End) }

// neighbours returns the other events of the folder for which is holds and
// that keep their time busy.
func (s *shaper) neighbours(v *types.CalendarItem, is func(a, b *types.CalendarItem) bool) []*item {
	var out []*item
	add := func(i *item) {
		o, ok := i.data.(*types.CalendarItem)
		if ok && o.LegacyFreeBusyStatus != types.LegacyFreeBusyFree && !o.IsCancelled && is(v, o) {
			out = append(out, i)
		}
	}
	for _, i := range s.item.folder.items {
		switch {
		case i == s.item || i == s.item.master:
		case i.series != nil:
			for _, o := range i.occurrencesIn(v.Start, v.End.Add(1)) {
				add(o)
			}
		default:
			add(i)
		}
	}
	return out
}

// brief returns what is said of an event's neighbours.
func (s *shaper) brief(list []*item) []types.Item {
	var out []types.Item
	for _, i := range list {
		full, v := s.c.fullItem(i), &types.CalendarItem{}
		for _, uri := range []string{
			"item:ItemId", "item:Subject", "calendar:Start", "calendar:End", "calendar:LegacyFreeBusyStatus", "calendar:Location",
		} {
			p, _ := classOf(full).prop(uri)
			copyProp(v, full, p)
		}
		out = append(out, v)
	}
	return out
}

// whenText says when an event is, as Exchange does in English.
func whenText(start, end time.Time, zone string) string {
	const day, hour = "Monday, January 2, 2006", "3:04 PM"
	if start.Year() == end.Year() && start.YearDay() == end.YearDay() {
		return start.Format(day+" "+hour) + "-" + end.Format(hour) + " " + zone
	}
	return start.Format(day+" "+hour) + "-" + end.Format(day+" "+hour) + " " + zone
}
