package ewstest

import (
	"bytes"
	"time"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/internal/winzone"
)

// What GetUserAvailability takes.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/freebusyviewoptions
const (
	maxAvailability      = 62 * 24 * time.Hour
	maxAvailabilityBoxes = 100
	leastMergedInterval  = 5
	mostMergedInterval   = 1440
)

// availability is a request for free/busy information that has been checked.
type availability struct {
	loc            *time.Location
	from, to       time.Time
	interval       time.Duration
	merged, events bool
	details        bool
}

// getUserAvailability is the operation GetUserAvailability. Times to meet are
// not suggested.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/getuseravailability-operation
func (c *call) getUserAvailability(req *messages.GetUserAvailabilityRequest) (*messages.GetUserAvailabilityResponse, error) {
	a, err := c.availability(req)
	if err != nil {
		return nil, err
	}
	res := &messages.GetUserAvailabilityResponse{Present: messages.GetUserAvailabilityResponseHasFreeBusyResponseArray}
	for _, data := range req.MailboxDataArray {
		r := messages.FreeBusyResponse{ResponseMessage: plainMessage(nil), Present: messages.FreeBusyResponseHasFreeBusyView | messages.FreeBusyResponseHasResponseMessage}
		view, err := c.freeBusy(a, data.Email.Address)
		if err != nil {
			r.ResponseMessage = plainMessage(err)
			view = types.FreeBusyView{FreeBusyViewType: []types.FreeBusyViewFlags{types.FreeBusyViewFlagsNone}}
		}
		r.FreeBusyView = view
		res.FreeBusyResponseArray = append(res.FreeBusyResponseArray, r)
	}
	return res, nil
}

// availability checks a request.
func (c *call) availability(req *messages.GetUserAvailabilityRequest) (*availability, error) {
	o := req.FreeBusyViewOptions
	loc, err := serializedZone(req.TimeZone)
	if err != nil {
		return nil, refuse(messages.ErrorTimeZone)
	}
	a := &availability{loc: loc, from: inZone(o.TimeWindow.StartTime, loc), to: inZone(o.TimeWindow.EndTime, loc)}
	minutes := o.MergedFreeBusyIntervalInMinutes
	if minutes == 0 {
		minutes = 30
	}
	a.interval = time.Duration(minutes) * time.Minute
	for _, f := range o.RequestedView {
		switch f {
		case types.FreeBusyViewFlagsMergedOnly:
			a.merged = true
		case types.FreeBusyViewFlagsFreeBusy:
			a.events = true
		case types.FreeBusyViewFlagsFreeBusyMerged:
			a.events, a.merged = true, true
		case types.FreeBusyViewFlagsDetailed:
			a.events, a.details = true, true
		case types.FreeBusyViewFlagsDetailedMerged:
			a.events, a.details, a.merged = true, true, true
		}
	}
	code := messages.NoError
	switch {
	case len(req.MailboxDataArray) == 0:
		code = messages.ErrorMailboxDataArrayEmpty
	case len(req.MailboxDataArray) > maxAvailabilityBoxes:
		code = messages.ErrorMailboxDataArrayTooBig
	case !a.from.Before(a.to):
		code = messages.ErrorInvalidTimeInterval
	case a.to.Sub(a.from) > maxAvailability:
		code = messages.ErrorTimeIntervalTooBig
	case minutes < leastMergedInterval || minutes > mostMergedInterval:
		code = messages.ErrorInvalidMergedFreeBusyInterval
	case !a.merged && !a.events:
		code = messages.ErrorInvalidFreeBusyViewType
	}
	if code != messages.NoError {
		return nil, &refusal{code: code, text: availabilityTexts[code]}
	}
	return a, nil
}

var availabilityTexts = map[messages.ResponseCode]string{
	messages.ErrorMailboxDataArrayEmpty:         "The mailbox data array is empty.",
	messages.ErrorMailboxDataArrayTooBig:        "The mailbox data array has too many mailboxes.",
	messages.ErrorInvalidTimeInterval:           "The start of the time window is not before its end.",
	messages.ErrorTimeIntervalTooBig:            "The requested time duration is too long.",
	messages.ErrorInvalidMergedFreeBusyInterval: "The merged free/busy interval is not between 5 and 1440 minutes.",
	messages.ErrorInvalidFreeBusyViewType:       "The requested free/busy view is invalid.",
}

// freeBusy returns what the user may see of a mailbox's calendar.
func (c *call) freeBusy(a *availability, address string) (types.FreeBusyView, error) {
	var view types.FreeBusyView
	b := c.store.mailboxOf(address)
	if b == nil {
		return view, fail(messages.ErrorMailRecipientNotFound)
	}
	calendar := b.distinguished[types.DistinguishedFolderIDNameCalendar]
	read := c.grantOf(calendar).read
	if read == readNone || read == "" {
		return view, failf(messages.ErrorNoFreeBusyAccess, "The caller does not have access to free/busy data.")
	}
	rows, err := (&calendarView{from: a.from, to: a.to}).find(c, calendar)
	if err != nil {
		return view, err
	}
	slots := bytes.Repeat([]byte{'0'}, int((a.to.Sub(a.from)+a.interval-1)/a.interval))
	for _, i := range rows {
		e := i.data.(*types.CalendarItem)
		if !e.End.After(a.from) {
			continue
		}
		busy := e.LegacyFreeBusyStatus
		a.mark(slots, e.Start, e.End, busyDigit(busy))
		if a.events {
			view.CalendarEventArray = append(view.CalendarEventArray, a.event(i, e, read))
		}
	}
	flag := types.FreeBusyViewFlagsFreeBusy
	switch detailed := a.details && read != types.CalendarPermissionReadAccessTimeOnly; {
	case !a.events:
		flag = types.FreeBusyViewFlagsMergedOnly
	case detailed && a.merged:
		flag = types.FreeBusyViewFlagsDetailedMerged
	case detailed:
		flag = types.FreeBusyViewFlagsDetailed
	case a.merged:
		flag = types.FreeBusyViewFlagsFreeBusyMerged
	}
	view.FreeBusyViewType = []types.FreeBusyViewFlags{flag}
	if a.merged {
		view.MergedFreeBusy = string(slots)
	}
	view.WorkingHours = workingHours()
	view.Present |= types.FreeBusyViewHasWorkingHours
	return view, nil
}

// mark notes an event in the merged view: of several the busiest counts.
func (a *availability) mark(slots []byte, start, end time.Time, digit byte) {
	first := max(int(start.Sub(a.from)/a.interval), 0)
	if start.Before(a.from) {
		first = 0
	}
	for n := first; n < len(slots) && a.from.Add(time.Duration(n)*a.interval).Before(end); n++ {
		slots[n] = max(slots[n], digit)
	}
}

// busyDigit is a status in a merged view.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/mergedfreebusy
func busyDigit(s types.LegacyFreeBusy) byte {
	switch s {
	case types.LegacyFreeBusyFree:
		return '0'
	case types.LegacyFreeBusyTentative:
		return '1'
	case types.LegacyFreeBusyOOF:
		return '3'
	case types.LegacyFreeBusyWorkingElsewhere, types.LegacyFreeBusyNoData:
		return '4'
	}
	return '2'
}

// event returns what the answer says of an event. Its times have no zone: they
// are in that of the request.
func (a *availability) event(i *item, e *types.CalendarItem, read types.CalendarPermissionReadAccess) types.CalendarEvent {
	out := types.CalendarEvent{StartTime: a.floating(e.Start), EndTime: a.floating(e.End), BusyType: e.LegacyFreeBusyStatus}
	if !a.details || read == types.CalendarPermissionReadAccessTimeOnly {
		return out
	}
	out.Present |= types.CalendarEventHasCalendarEventDetails
	out.CalendarEventDetails = types.CalendarEventDetails{
		ID: i.itemID().ID, Subject: e.Subject, Location: e.Location, IsMeeting: e.IsMeeting, IsReminderSet: e.ReminderIsSet,
		IsRecurring: e.CalendarItemType == types.CalendarItemTypeOccurrence || e.CalendarItemType == types.CalendarItemTypeException,
		IsException: e.CalendarItemType == types.CalendarItemTypeException, IsPrivate: e.Sensitivity == types.SensitivityChoicesPrivate,
	}
	return out
}

func (a *availability) floating(t time.Time) time.Time {
	t = t.In(a.loc)
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, types.Floating)
}

// workingHours are those of every mailbox: from Monday to Friday, 8 to 17
// o'clock, UTC.
func workingHours() types.WorkingHours {
	never := types.SerializableTimeZoneTime{Time: "00:00:00", DayOfWeek: types.DayOfWeekSunday}
	return types.WorkingHours{
		TimeZone: types.SerializableTimeZone{StandardTime: never, DaylightTime: never},
		WorkingPeriodArray: []types.WorkingPeriod{{
			DayOfWeek:          []types.DayOfWeek{types.DayOfWeekMonday, types.DayOfWeekTuesday, types.DayOfWeekWednesday, types.DayOfWeekThursday, types.DayOfWeekFriday},
			StartTimeInMinutes: 8 * 60, EndTimeInMinutes: 17 * 60,
		}},
	}
}

// serializedZone reads a zone as availability requests have it: offsets in
// minutes west of UTC, and two changes a year.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/timezone-availability
func serializedZone(z types.SerializableTimeZone) (*time.Location, error) {
	offset := func(t types.SerializableTimeZoneTime) time.Duration {
		return -time.Duration(z.Bias+t.Bias) * time.Minute
	}
	change := func(t types.SerializableTimeZoneTime) (winzone.Change, bool) {
		at, err := time.Parse(time.TimeOnly, t.Time)
		if err != nil || t.Month < 1 || t.Month > 12 || t.DayOrder < 1 || t.DayOrder > 5 {
			return winzone.Change{}, false
		}
		day := 0
		for i, d := range daysOfWeek {
			if d == t.DayOfWeek {
				day = i
			}
		}
		return winzone.Change{Month: time.Month(t.Month), Week: int(t.DayOrder), Weekday: time.Weekday(day),
			At: time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute + time.Duration(at.Second())*time.Second}, true
	}
	r := winzone.Rules{Standard: offset(z.StandardTime), Daylight: offset(z.StandardTime)}
	if r.Standard < -24*time.Hour || r.Standard > 24*time.Hour || offset(z.DaylightTime) < -24*time.Hour || offset(z.DaylightTime) > 24*time.Hour {
		return nil, errZone
	}
	to, ok1 := change(z.DaylightTime)
	back, ok2 := change(z.StandardTime)
	if ok1 && ok2 && offset(z.DaylightTime) != r.Standard {
		r.Daylight, r.ToDaylight, r.ToStandard = offset(z.DaylightTime), to, back
	}
	return r.Location("availability"), nil
}
