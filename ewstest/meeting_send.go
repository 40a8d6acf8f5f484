package ewstest

import (
	"slices"
	"strings"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// What the organizer of a meeting does: invite, change, cancel.

// attendees returns all who are invited to an event.
func attendees(e *types.CalendarItem) []types.EmailAddress {
	return slices.Concat(attendeeAddresses(e, "calendar:RequiredAttendees"), attendeeAddresses(e, "calendar:OptionalAttendees"),
		attendeeAddresses(e, "calendar:Resources"))
}

// invited checks that all who are invited can be written to.
func invited(e *types.CalendarItem) error {
	for _, a := range attendees(e) {
		if !validAddress(a) {
			return fail(messages.ErrorInvalidRecipients)
		}
	}
	return nil
}

// createEvent saves a new event, and invites to it if the request says so.
func (c *call) createEvent(e *types.CalendarItem, attached []*attachment, save *folder, how types.CalendarItemCreateOrDeleteOperation) ([]types.Item, error) {
	send := how != types.CalendarItemCreateOrDeleteOperationSendToNone && len(attendees(e)) > 0
	if send {
		if err := invited(e); err != nil {
			return nil, err
		}
		set(e, field.CalendarItem.MeetingRequestWasSent, true)
	}
	i := c.store.addItem(save, e, attached)
	if send {
		keep := how == types.CalendarItemCreateOrDeleteOperationSendToAllAndSaveCopy
		c.store.invite(i, c.user, attendees(e), types.MeetingRequestTypeNewMeetingRequest, keep)
	}
	return []types.Item{c.createdItem(i)}, nil
}

// invite sends invitations to an event. keep says that the organizer has a
// copy in Sent Items.
func (s *store) invite(i *item, by *mailbox, to []types.EmailAddress, typ types.MeetingRequestType, keep bool) {
	box := i.folder.box
	r := s.newRequest(i.data.(*types.CalendarItem), box, typ)
	s.stampSent(r, by)
	s.post(r, i.attached, box.sentItems(keep), by, without(to, box))
}

// sentItems is the folder of copies, nil if none is wanted.
func (b *mailbox) sentItems(keep bool) *folder {
	if !keep {
		return nil
	}
	return b.distinguished[types.DistinguishedFolderIDNameSentitems]
}

// without returns the addresses that are not the mailbox's own.
func without(list []types.EmailAddress, box *mailbox) []types.EmailAddress {
	return slices.DeleteFunc(slices.Clone(list), func(a types.EmailAddress) bool { return strings.EqualFold(a.EmailAddress, box.account.Address) })
}

// eventUpdate is what an organizer's update makes known.
type eventUpdate struct {
	added, removed, kept []types.EmailAddress
	moved                bool // times or place are others
	all, keep            bool
}

// planUpdate says to whom an update of an event is to be sent, and prepares
// the event for it; nil if to nobody.
func planUpdate(e, before *types.CalendarItem, how types.CalendarItemUpdateOperation) (*eventUpdate, error) {
	if how == types.CalendarItemUpdateOperationSendToNone || e.MyResponseType != types.ResponseTypeOrganizer || len(attendees(e))+len(attendees(before)) == 0 {
		return nil, nil
	}
	if err := invited(e); err != nil {
		return nil, err
	}
	u := &eventUpdate{
		all:   how == types.CalendarItemUpdateOperationSendOnlyToAll || how == types.CalendarItemUpdateOperationSendToAllAndSaveCopy,
		keep:  how == types.CalendarItemUpdateOperationSendToAllAndSaveCopy || how == types.CalendarItemUpdateOperationSendToChangedAndSaveCopy,
		moved: !sameSeries(e, before) || e.Location != before.Location || e.IsAllDayEvent != before.IsAllDayEvent,
	}
	was := map[string]bool{}
	for _, a := range attendees(before) {
		was[strings.ToLower(a.EmailAddress)] = before.MeetingRequestWasSent
	}
	is := map[string]bool{}
	for _, a := range attendees(e) {
		is[strings.ToLower(a.EmailAddress)] = true
		if was[strings.ToLower(a.EmailAddress)] {
			u.kept = append(u.kept, a)
		} else {
			u.added = append(u.added, a)
		}
	}
	for _, a := range attendees(before) {
		if !is[strings.ToLower(a.EmailAddress)] && before.MeetingRequestWasSent {
			u.removed = append(u.removed, a)
		}
	}
	set(e, field.CalendarItem.MeetingRequestWasSent, true)
	if u.all && before.MeetingRequestWasSent {
		set(e, field.CalendarItem.AppointmentSequenceNumber, e.AppointmentSequenceNumber+1)
		if u.moved {
			forgetAnswers(e)
		}
	}
	return u, nil
}

// forgetAnswers takes back what attendees have answered: they are asked again.
func forgetAnswers(e *types.CalendarItem) {
	for _, uri := range []string{"calendar:RequiredAttendees", "calendar:OptionalAttendees", "calendar:Resources"} {
		list := slices.Clone(valueAt[[]types.Attendee](e, uri))
		for n := range list {
			list[n] = types.Attendee{Mailbox: list[n].Mailbox, ResponseType: types.ResponseTypeUnknown}
		}
		if len(list) > 0 {
			assign(e, uri, list)
		}
	}
}

// sendUpdate sends what planUpdate planned.
func (c *call) sendUpdate(i *item, u *eventUpdate) {
	if u == nil {
		return
	}
	s := c.store
	if len(u.added) > 0 {
		s.invite(i, c.user, u.added, types.MeetingRequestTypeNewMeetingRequest, u.keep)
	}
	if u.all && len(u.kept) > 0 {
		typ := types.MeetingRequestTypeInformationalUpdate
		if u.moved {
			typ = types.MeetingRequestTypeFullUpdate
		}
		s.invite(i, c.user, u.kept, typ, u.keep)
	}
	if len(u.removed) > 0 {
		s.cancel(i, c.user, u.removed, nil, types.Body{}, u.keep)
	}
}

// cancel tells attendees that an event will not be.
func (s *store) cancel(i *item, by *mailbox, to, cc []types.EmailAddress, body types.Body, keep bool) {
	box := i.folder.box
	e := clone(i.data.(*types.CalendarItem))
	set(e, field.CalendarItem.AppointmentSequenceNumber, e.AppointmentSequenceNumber+1)
	v := s.newCancellation(e, box, to, cc, body)
	s.stampSent(v, by)
	s.post(v, nil, box.sentItems(keep), by, without(slices.Concat(to, cc), box))
}

// cancelMeeting does what CancelCalendarItem says. The event goes to Deleted
// Items.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/cancelcalendaritem
func (c *call) cancelMeeting(r *types.CancelCalendarItem, req *messages.CreateItemRequest) ([]types.Item, error) {
	if req.Present&messages.CreateItemRequestHasMessageDisposition == 0 {
		return nil, fail(messages.ErrorMessageDispositionRequired)
	}
	i, err := c.reference(r.ReferenceItemID)
	if err != nil {
		return nil, err
	}
	e, ok := i.data.(*types.CalendarItem)
	switch {
	case !ok:
		return nil, fail(messages.ErrorInvalidItemForOperationCancelItem)
	case e.MyResponseType != types.ResponseTypeOrganizer:
		return nil, fail(messages.ErrorCalendarIsNotOrganizer)
	case len(attendees(e)) == 0 || invited(e) != nil:
		return nil, fail(messages.ErrorInvalidRecipients)
	}
	if err := c.needItem(i, removing); err != nil {
		return nil, err
	}
	body := r.NewBodyContent
	if body.Value == "" {
		body = r.Body
	}
	if req.MessageDisposition != types.MessageDispositionSaveOnly {
		keep := req.MessageDisposition == types.MessageDispositionSendAndSaveCopy
		c.store.cancel(i, c.user, slices.Concat(attendeeAddresses(e, "calendar:RequiredAttendees"), attendeeAddresses(e, "calendar:Resources")),
			attendeeAddresses(e, "calendar:OptionalAttendees"), body, keep)
	}
	if i.master != nil {
		c.store.deleteOccurrence(i)
		return nil, nil
	}
	gone := c.store.moveItem(i, i.folder.box.distinguished[types.DistinguishedFolderIDNameDeleteditems])
	v := clone(gone.data.(*types.CalendarItem))
	set(v, field.CalendarItem.IsCancelled, true)
	c.store.changeEvent(gone, v)
	return []types.Item{gone.idOnly()}, nil
}

// tellDeleted sends what is to be sent when an event is deleted: the organizer
// cancels it, who is invited declines.
func (c *call) tellDeleted(i *item, how types.CalendarItemCreateOrDeleteOperation) {
	e, ok := i.data.(*types.CalendarItem)
	if !ok || how == types.CalendarItemCreateOrDeleteOperationSendToNone || !e.IsMeeting || e.IsCancelled {
		return
	}
	keep := how == types.CalendarItemCreateOrDeleteOperationSendToAllAndSaveCopy
	if e.MyResponseType == types.ResponseTypeOrganizer {
		if invited(e) == nil && e.MeetingRequestWasSent {
			c.store.cancel(i, c.user, attendees(e), nil, types.Body{}, keep)
		}
		return
	}
	box := i.folder.box
	v := c.store.newResponse(e, box, types.ResponseTypeDecline, types.Body{})
	c.store.stampSent(v, c.user)
	c.store.post(v, nil, box.sentItems(keep), c.user, []types.EmailAddress{e.Organizer})
}
