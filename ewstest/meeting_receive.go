package ewstest

import (
	"slices"
	"strings"
	"time"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/types"
)

// What the server does in a mailbox to which a message about a meeting comes.

// receive takes note of a message that has come.
func (s *store) receive(i *item) {
	switch v := i.data.(type) {
	case *types.MeetingRequest:
		s.receiveRequest(i, v)
	case *types.MeetingCancellation:
		s.receiveCancellation(i, v)
	case *types.MeetingResponse:
		s.receiveResponse(i, v)
	}
}

// processed marks a message of which note was taken.
func (s *store) processed(i *item, old bool) {
	v := clone(props(i.data))
	assign(v, "meeting:HasBeenProcessed", true)
	assign(v, "meeting:IsOutOfDate", old)
	s.changeItem(i, v.(types.Item), changed)
}

// receiveRequest enters the meeting into the calendar, tentatively.
func (s *store) receiveRequest(i *item, r *types.MeetingRequest) {
	box := i.folder.box
	if strings.EqualFold(r.Organizer.EmailAddress, box.account.Address) {
		return
	}
	at := box.event(r)
	if at == nil {
		s.enter(r, i.attached, box)
		s.processed(i, false)
		return
	}
	was := at.data.(*types.CalendarItem)
	if r.AppointmentSequenceNumber < was.AppointmentSequenceNumber {
		s.processed(i, true)
		return
	}
	v := clone(was)
	copyEvent(v, r)
	if at.master != nil {
		unset(v, "calendar:Recurrence")
	}
	v.CalendarItemType = was.CalendarItemType
	if r.MeetingRequestType != types.MeetingRequestTypeInformationalUpdate {
		set(v, field.CalendarItem.MyResponseType, types.ResponseTypeNoResponseReceived)
		set(v, field.CalendarItem.LegacyFreeBusyStatus, types.LegacyFreeBusyTentative)
	}
	s.changeEvent(at, v, "calendar:Start", "calendar:End", "calendar:Location", "item:Subject", "item:Body", "calendar:MyResponseType",
		"calendar:LegacyFreeBusyStatus", "calendar:AppointmentSequenceNumber", "calendar:RequiredAttendees", "calendar:OptionalAttendees")
	s.processed(i, false)
}

// enter puts a meeting into the calendar of one who was invited.
func (s *store) enter(r *types.MeetingRequest, attached []*attachment, box *mailbox) *item {
	v := &types.CalendarItem{}
	copyEvent(v, r)
	if at, ok := lookup[time.Time](r, "calendar:RecurrenceId"); ok { // one of a series that is not here
		set(v, field.CalendarItem.OriginalStart, at)
		unset(v, "calendar:RecurrenceId")
		unset(v, "calendar:CalendarItemType")
	}
	set(v, field.CalendarItem.MyResponseType, types.ResponseTypeNoResponseReceived)
	set(v, field.CalendarItem.LegacyFreeBusyStatus, types.LegacyFreeBusyTentative)
	set(v, field.CalendarItem.MeetingRequestWasSent, true)
	s.complete(v, box, r.From.Name)
	derive(v, attached)
	return s.addItem(box.distinguished[types.DistinguishedFolderIDNameCalendar], v, attached)
}

// receiveCancellation marks the meeting in the calendar: who was invited
// removes it.
func (s *store) receiveCancellation(i *item, m *types.MeetingCancellation) {
	at := i.folder.box.event(m)
	if at == nil {
		return
	}
	e := at.data.(*types.CalendarItem)
	if e.MyResponseType == types.ResponseTypeOrganizer {
		return
	}
	v := clone(e)
	set(v, field.CalendarItem.IsCancelled, true)
	set(v, field.CalendarItem.LegacyFreeBusyStatus, types.LegacyFreeBusyFree)
	set(v, field.CalendarItem.Subject, m.Subject)
	s.changeEvent(at, v, "calendar:IsCancelled", "calendar:LegacyFreeBusyStatus", "item:Subject")
	s.processed(i, false)
}

// receiveResponse enters an answer into the organizer's calendar.
func (s *store) receiveResponse(i *item, m *types.MeetingResponse) {
	at := i.folder.box.event(m)
	if at == nil {
		return
	}
	v := clone(at.data.(*types.CalendarItem))
	if v.MyResponseType != types.ResponseTypeOrganizer {
		return
	}
	uris := []string{"calendar:RequiredAttendees", "calendar:OptionalAttendees", "calendar:Resources"}
	for _, uri := range uris {
		list := slices.Clone(valueAt[[]types.Attendee](v, uri))
		for n := range list {
			a := &list[n]
			if !strings.EqualFold(a.Mailbox.EmailAddress, m.From.EmailAddress) {
				continue
			}
			a.ResponseType, a.LastResponseTime = m.ResponseType, m.DateTimeSent
			if m.Present.Has(field.MeetingResponse.ProposedStart) && m.Present.Has(field.MeetingResponse.ProposedEnd) {
				a.ProposedStart, a.ProposedEnd = m.ProposedStart, m.ProposedEnd
			}
		}
		if len(list) > 0 {
			assign(v, uri, list)
		}
	}
	s.changeEvent(at, v, uris...)
	s.processed(i, false)
}
