package ewstest

import (
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/types"
)

// notInvited are the properties of an event that its organizer keeps, or that
// the message about it has of its own.
var notInvited = uriSet(
	"calendar:MyResponseType", "calendar:LegacyFreeBusyStatus", "calendar:AppointmentReplyTime", "calendar:IsOrganizer",
	"calendar:ConflictingMeetingCount", "calendar:AdjacentMeetingCount", "calendar:InboxReminders", "calendar:CalendarActivityData",
)

// copyEvent gives v what another item says of an event: subject, body, times,
// place, people.
func copyEvent(v, from types.Properties) {
	src := classOf(from)
	for _, p := range classOf(v).props {
		if !strings.HasPrefix(p.URI, "calendar:") && p.URI != "item:Subject" && p.URI != "item:Body" && p.URI != "item:Importance" &&
			p.URI != "item:Sensitivity" && p.URI != "item:Culture" {
			continue
		}
		q, ok := src.prop(p.URI)
		if !ok || notInvited[p.URI] || !has(from, q) {
			continue
		}
		to, val := reflect.ValueOf(v.PropertyPtr(p.Bit)).Elem(), reflect.ValueOf(from.PropertyPtr(q.Bit)).Elem()
		switch {
		case to.Type() == val.Type():
			to.Set(val)
		case to.Kind() == reflect.String && val.Kind() == reflect.String:
			to.SetString(val.String())
		default:
			continue
		}
		v.PresenceSet().Add(p.Bit)
	}
}

// meetingMessage makes a message about an event from its organizer, or from
// one who was invited.
func (s *store) meetingMessage(v, event types.Properties, from *mailbox, to, cc []types.EmailAddress, prefix string) {
	copyEvent(v, event)
	assign(v, "item:Subject", prefix+valueAt[string](event, "item:Subject"))
	assign(v, "message:From", from.address())
	for uri, list := range map[string][]types.EmailAddress{"message:ToRecipients": to, "message:CcRecipients": cc} {
		if len(list) > 0 {
			assign(v, uri, list)
		}
	}
	assign(v, "calendar:DateTimeStamp", s.instant())
	assign(v, "meeting:IsDelegated", false)
	assign(v, "meeting:IsOutOfDate", false)
	assign(v, "meeting:HasBeenProcessed", false)
	if index, ok := lookup[[]byte](event, "message:ConversationIndex"); ok {
		assign(v, "message:ConversationIndex", s.replyIndex(index))
	}
	s.complete(v, from, from.account.Name)
}

// newRequest makes an invitation to an event.
func (s *store) newRequest(e *types.CalendarItem, from *mailbox, typ types.MeetingRequestType) *types.MeetingRequest {
	r := &types.MeetingRequest{}
	to := slices.Concat(attendeeAddresses(e, "calendar:RequiredAttendees"), attendeeAddresses(e, "calendar:Resources"))
	s.meetingMessage(r, e, from, to, attendeeAddresses(e, "calendar:OptionalAttendees"), "")
	set(r, field.MeetingRequest.MeetingRequestType, typ)
	set(r, field.MeetingRequest.IntendedFreeBusyStatus, e.LegacyFreeBusyStatus)
	set(r, field.MeetingRequest.LegacyFreeBusyStatus, types.LegacyFreeBusyTentative)
	set(r, field.MeetingRequest.MyResponseType, types.ResponseTypeNoResponseReceived)
	set(r, field.MeetingRequest.ResponseType, types.ResponseTypeNoResponseReceived)
	set(r, field.MeetingRequest.IsOrganizer, false)
	set(r, field.MeetingRequest.AppointmentState, int32(3))
	return r
}

// newCancellation makes the message that an event will not be.
func (s *store) newCancellation(e *types.CalendarItem, from *mailbox, to, cc []types.EmailAddress, body types.Body) *types.MeetingCancellation {
	v := &types.MeetingCancellation{}
	s.meetingMessage(v, e, from, to, cc, "Canceled: ")
	if body.Value != "" {
		body.Present = 0
		set(v, field.MeetingCancellation.Body, body)
	}
	set(v, field.MeetingCancellation.ResponseType, types.ResponseTypeNoResponseReceived)
	set(v, field.MeetingCancellation.IsOrganizer, false)
	return v
}

// newResponse makes the answer to an invitation.
func (s *store) newResponse(e *types.CalendarItem, from *mailbox, how types.ResponseType, body types.Body) *types.MeetingResponse {
	v := &types.MeetingResponse{}
	class, prefix := "Pos", "Accepted: "
	switch how {
	case types.ResponseTypeTentative:
		class, prefix = "Tent", "Tentative: "
	case types.ResponseTypeDecline:
		class, prefix = "Neg", "Declined: "
	}
	assign(v, "item:ItemClass", "IPM.Schedule.Meeting.Resp."+class)
	s.meetingMessage(v, e, from, []types.EmailAddress{e.Organizer}, nil, prefix)
	body.Present = 0
	if body.BodyType == "" {
		body.BodyType = types.BodyTypeText
	}
	set(v, field.MeetingResponse.Body, body)
	set(v, field.MeetingResponse.ResponseType, how)
	set(v, field.MeetingResponse.IsOrganizer, false)
	return v
}

// event returns the event with the UID in a mailbox's calendar, or its
// occurrence; nil if there is none.
func (b *mailbox) event(v types.Properties) *item {
	uid := valueAt[string](v, "calendar:UID")
	if uid == "" {
		return nil
	}
	for _, f := range b.folders {
		if _, ok := f.data.(*types.CalendarFolder); !ok || f == b.distinguished[types.DistinguishedFolderIDNameDeleteditems] {
			continue
		}
		for _, i := range f.items {
			e, ok := i.data.(*types.CalendarItem)
			if !ok || e.UID != uid {
				continue
			}
			if o := i.occurrenceFor(v); o != nil {
				return o
			}
			return i
		}
	}
	return nil
}

// occurrenceFor returns the occurrence of i that a message is about, nil if it
// is about all of i.
func (i *item) occurrenceFor(v types.Properties) *item {
	at, ok := lookup[time.Time](v, "calendar:RecurrenceId")
	if !ok || i.series == nil {
		return nil
	}
	d := dayIn(at.In(i.series.loc))
	if !i.series.rec.has(d) || i.series.deleted[d] {
		return nil
	}
	return i.occurrence(d)
}

// changeEvent gives an event, or an occurrence, other properties; uris are
// those that are other.
func (s *store) changeEvent(i *item, v *types.CalendarItem, uris ...string) *item {
	derive(v, i.attached)
	if i.master == nil {
		s.changeItem(i, v, changed)
		return i
	}
	touched := map[string]uint64{}
	for uri, n := range i.touched {
		touched[uri] = n
	}
	for _, uri := range uris {
		touched[uri] = s.last + 1
	}
	return s.changeOccurrence(i, v, i.attached, touched)
}
