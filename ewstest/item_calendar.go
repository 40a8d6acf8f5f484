package ewstest

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// maxDuration is how long an event may be.
const maxDuration = 5 * 366 * 24 * time.Hour

// checkCalendar settles the times, the zones and the recurrence of an event.
func (c *call) checkCalendar(v *types.CalendarItem) error {
	if err := c.eventZones(v); err != nil {
		return err
	}
	c.eventTimes(v)
	switch {
	case v.End.Before(v.Start):
		return fail(messages.ErrorCalendarEndDateIsEarlierThanStartDate)
	case v.End.Sub(v.Start) > maxDuration:
		return fail(messages.ErrorCalendarDurationIsTooLong)
	}
	s, err := newSeries(v, c.zoneOf)
	if s != nil {
		v.Start, v.End = s.start.UTC(), s.end.UTC()
	}
	return err
}

// eventZones settles the zones of start and end.
func (c *call) eventZones(v *types.CalendarItem) error {
	for _, z := range []*types.TimeZoneDefinition{&v.StartTimeZone, &v.EndTimeZone} {
		if z.ID == "" {
			continue
		}
		if _, err := zoneOf(z); err != nil {
			return fail(messages.ErrorCalendarInvalidTimeZone)
		}
	}
	if !v.Present.Has(field.CalendarItem.StartTimeZone) {
		id := v.StartTimeZoneID
		if id == "" {
			id = v.MeetingTimeZone.TimeZoneName
		}
		if id == "" {
			id = c.zone
		}
		if id == "" {
			id = "UTC"
		}
		set(v, field.CalendarItem.StartTimeZone, zoneDefinition(id))
	}
	if !v.Present.Has(field.CalendarItem.EndTimeZone) {
		z := v.StartTimeZone
		if v.EndTimeZoneID != "" {
			z = zoneDefinition(v.EndTimeZoneID)
		}
		set(v, field.CalendarItem.EndTimeZone, z)
	}
	return nil
}

// zoneDefinition returns the zone with the name.
func zoneDefinition(id string) types.TimeZoneDefinition {
	z := types.TimeZoneDefinition{ID: id}
	if w, ok := windowsZone(id); ok {
		z.Name = w.Display()
	}
	return z
}

// zoneOf returns the location of a zone; that of the request if it has the
// name.
func (c *call) zoneOf(z types.TimeZoneDefinition) *time.Location {
	if z.ID == c.zone && c.loc != nil && len(z.Periods) == 0 {
		return c.loc
	}
	return c.store.zoneOf(z)
}

// eventTimes settles start and end: in UTC, an all-day event from midnight to
// midnight in its zone. Without a start an event begins with the next half
// hour, without an end it lasts as long.
func (c *call) eventTimes(v *types.CalendarItem) {
	start, end := c.zoneOf(v.StartTimeZone), c.zoneOf(v.EndTimeZone)
	if !v.Present.Has(field.CalendarItem.Start) {
		set(v, field.CalendarItem.Start, c.store.instant().Truncate(30*time.Minute).Add(30*time.Minute))
	}
	if !v.Present.Has(field.CalendarItem.End) {
		set(v, field.CalendarItem.End, utcOf(v.Start, start).Add(30*time.Minute))
	}
	v.Start, v.End = utcOf(v.Start, start), utcOf(v.End, end)
	if !v.IsAllDayEvent || v.End.Before(v.Start) {
		return
	}
	v.Start = midnight(v.Start.In(start)).UTC()
	local := v.End.In(end)
	if day := midnight(local); day.Equal(local) && day.After(v.Start) {
		v.End = day.UTC()
	} else {
		v.End = day.AddDate(0, 0, 1).UTC()
	}
}

func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
}

// completeCalendar gives a new event what Exchange gives it.
func (s *store) completeCalendar(v *types.CalendarItem, box *mailbox) {
	me := box.address()
	assignDefault(v, "calendar:UID", s.newUID())
	assignDefault(v, "calendar:DateTimeStamp", s.instant())
	assignDefault(v, "calendar:IsAllDayEvent", false)
	assignDefault(v, "calendar:LegacyFreeBusyStatus", types.LegacyFreeBusyBusy)
	assignDefault(v, "calendar:IsResponseRequested", true)
	assignDefault(v, "calendar:AllowNewTimeProposal", true)
	assignDefault(v, "calendar:IsOnlineMeeting", false)
	assignDefault(v, "item:ReminderIsSet", true)
	assignDefault(v, "item:ReminderMinutesBeforeStart", int32(15))
	assignDefault(v, "calendar:IsCancelled", false)
	assignDefault(v, "calendar:MeetingRequestWasSent", false)
	assignDefault(v, "calendar:MyResponseType", types.ResponseTypeOrganizer)
	assignDefault(v, "calendar:Organizer", me)
	assignDefault(v, "calendar:AppointmentSequenceNumber", int32(0))
}

// newUID returns a UID in the form of a global object id.
//
// MS-OXOCAL, section 2.2.1.27.
func (s *store) newUID() string {
	t := s.now()
	return fmt.Sprintf("040000008200E00074C5B7101A82E00800000000%s000000000000000010000000%s",
		fileTimeHex(t), fmt.Sprintf("%016X%016X", uint64(t.UnixNano()), s.next()))
}

func fileTimeHex(t time.Time) string {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], uint64(t.UTC().UnixNano()/100+116444736000000000))
	return fmt.Sprintf("%X", b)
}

// deriveCalendar computes what follows from times and attendees.
func deriveCalendar(v *types.CalendarItem) {
	set(v, field.CalendarItem.Duration, xsDuration(v.End.Sub(v.Start)))
	set(v, field.CalendarItem.ReminderDueBy, v.Start)
	meeting := len(v.RequiredAttendees)+len(v.OptionalAttendees)+len(v.Resources) > 0 || v.MyResponseType != types.ResponseTypeOrganizer
	set(v, field.CalendarItem.IsMeeting, meeting)
	set(v, field.CalendarItem.IsOrganizer, v.MyResponseType == types.ResponseTypeOrganizer)
	if !v.Present.Has(field.CalendarItem.CalendarItemType) || v.CalendarItemType == types.CalendarItemTypeSingle || v.CalendarItemType == types.CalendarItemTypeRecurringMaster {
		kind := types.CalendarItemTypeSingle
		if v.Present.Has(field.CalendarItem.Recurrence) {
			kind = types.CalendarItemTypeRecurringMaster
		}
		set(v, field.CalendarItem.CalendarItemType, kind)
	}
	set(v, field.CalendarItem.IsRecurring, v.CalendarItemType == types.CalendarItemTypeOccurrence || v.CalendarItemType == types.CalendarItemTypeException)
	state := int32(0)
	if meeting {
		state |= 1
		if v.MyResponseType != types.ResponseTypeOrganizer {
			state |= 2
		}
	}
	if v.IsCancelled {
		state |= 4
	}
	set(v, field.CalendarItem.AppointmentState, state)
	set(v, field.CalendarItem.StartTimeZoneID, v.StartTimeZone.ID)
	set(v, field.CalendarItem.EndTimeZoneID, v.EndTimeZone.ID)
	set(v, field.CalendarItem.TimeZone, zoneName(v.StartTimeZone))
	if v.Organizer.EmailAddress != "" || v.Organizer.Name != "" {
		v.Present.Add(field.CalendarItem.Organizer.PresenceBit())
	}
}

func zoneName(z types.TimeZoneDefinition) string {
	if z.Name != "" {
		return z.Name
	}
	if w, ok := windowsZone(z.ID); ok {
		return w.Display()
	}
	return z.ID
}

// xsDuration returns d as Exchange writes it: in days, hours, minutes.
func xsDuration(d time.Duration) string {
	var b strings.Builder
	if d < 0 {
		b.WriteByte('-')
		d = -d
	}
	b.WriteByte('P')
	if days := d / (24 * time.Hour); days > 0 {
		fmt.Fprintf(&b, "%dD", days)
		d %= 24 * time.Hour
	}
	if d > 0 || b.Len() <= 2 && !strings.Contains(b.String(), "D") {
		b.WriteString(strings.TrimPrefix(string(types.DurationOf(d)), "P"))
	}
	return b.String()
}

// attendeeNames are the display names of attendees.
func attendeeNames(list []types.Attendee) string {
	var boxes []types.EmailAddress
	for _, a := range list {
		boxes = append(boxes, a.Mailbox)
	}
	return displayNames(boxes)
}
