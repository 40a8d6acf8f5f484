package ewstest

import (
	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// meetingAnswer is an AcceptItem, TentativelyAcceptItem or DeclineItem: they
// have the same fields.
type meetingAnswer types.AcceptItem

// answerCodes are the codes of the three answers.
type answerCodes struct{ item, organizer, cancelled messages.ResponseCode }

var answerErrors = map[types.ResponseType]answerCodes{
	types.ResponseTypeAccept: {
		messages.ErrorInvalidItemForOperationAcceptItem, messages.ErrorCalendarIsOrganizerForAccept, messages.ErrorCalendarIsCancelledForAccept,
	},
	types.ResponseTypeTentative: {
		messages.ErrorInvalidItemForOperationTentative, messages.ErrorCalendarIsOrganizerForTentative, messages.ErrorCalendarIsCancelledForTentative,
	},
	types.ResponseTypeDecline: {
		messages.ErrorInvalidItemForOperationDeclineItem, messages.ErrorCalendarIsOrganizerForDecline, messages.ErrorCalendarIsCancelledForDecline,
	},
}

// answerMeeting answers an invitation: the event in the calendar changes, the
// organizer is told, the request goes to Deleted Items, and with a refusal the
// event, too. The answer names the event and the request.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/acceptitem
func (c *call) answerMeeting(a *meetingAnswer, how types.ResponseType, req *messages.CreateItemRequest) ([]types.Item, error) {
	if req.Present&messages.CreateItemRequestHasMessageDisposition == 0 {
		return nil, fail(messages.ErrorMessageDispositionRequired)
	}
	ref, err := c.reference(a.ReferenceItemID)
	if err != nil {
		return nil, err
	}
	at, err := c.invitation(ref, how)
	if err != nil {
		return nil, err
	}
	if err := c.needItem(ref, editing); err != nil {
		return nil, err
	}
	save, err := c.saveFolder(&types.Message{}, req)
	if err != nil {
		return nil, err
	}
	e := clone(at.data.(*types.CalendarItem))
	c.respondMeeting(a, e, at.folder.box, how, save, req.MessageDisposition)

	set(e, field.CalendarItem.MyResponseType, how)
	set(e, field.CalendarItem.AppointmentReplyTime, c.store.instant())
	set(e, field.CalendarItem.LegacyFreeBusyStatus, answered(ref, e, how))
	at = c.store.changeEvent(at, e, "calendar:MyResponseType", "calendar:AppointmentReplyTime", "calendar:LegacyFreeBusyStatus")
	var out []types.Item
	if how == types.ResponseTypeDecline {
		c.dispose(at, types.DisposalMoveToDeletedItems)
	} else {
		out = append(out, at.idOnly())
	}
	if ref != at && isMessage(ref.data) {
		if gone := c.discard(ref); gone != nil {
			out = append(out, gone.idOnly())
		}
	}
	return out, nil
}

// invitation returns the event in the calendar of the user that an answer is
// about.
func (c *call) invitation(ref *item, how types.ResponseType) (*item, error) {
	codes := answerErrors[how]
	at := ref
	switch v := ref.data.(type) {
	case *types.MeetingRequest:
		box := ref.folder.box
		switch {
		case v.IsOutOfDate:
			return nil, fail(messages.ErrorCalendarMeetingRequestIsOutOfDate)
		case c.store.mailboxOf(v.Organizer.EmailAddress) == box:
			return nil, fail(codes.organizer)
		}
		if at = box.event(v); at == nil {
			at = c.store.enter(v, ref.attached, box)
		}
	case *types.CalendarItem:
		if v.MyResponseType == types.ResponseTypeOrganizer {
			return nil, fail(codes.organizer)
		}
	default:
		return nil, fail(codes.item)
	}
	if at.data.(*types.CalendarItem).IsCancelled {
		return nil, fail(codes.cancelled)
	}
	return at, nil
}

// answered is how busy the event makes the user after the answer.
func answered(ref *item, e *types.CalendarItem, how types.ResponseType) types.LegacyFreeBusy {
	switch how {
	case types.ResponseTypeTentative:
		return types.LegacyFreeBusyTentative
	case types.ResponseTypeDecline:
		return types.LegacyFreeBusyFree
	}
	if r, ok := ref.data.(*types.MeetingRequest); ok && r.IntendedFreeBusyStatus != "" {
		return r.IntendedFreeBusyStatus
	}
	return types.LegacyFreeBusyBusy
}

// respondMeeting sends the organizer the answer, or keeps it as a draft.
func (c *call) respondMeeting(a *meetingAnswer, e *types.CalendarItem, box *mailbox, how types.ResponseType, save *folder, d types.MessageDisposition) {
	v := c.store.newResponse(e, box, how, a.Body)
	if !a.ProposedStart.IsZero() && !a.ProposedEnd.IsZero() {
		set(v, field.MeetingResponse.ProposedStart, utcOf(a.ProposedStart, c.location()))
		set(v, field.MeetingResponse.ProposedEnd, utcOf(a.ProposedEnd, c.location()))
	}
	if a.Sensitivity != "" {
		set(v, field.MeetingResponse.Sensitivity, a.Sensitivity)
	}
	if d == types.MessageDispositionSaveOnly {
		derive(v, nil)
		c.store.addItem(save, v, nil)
		return
	}
	if d == types.MessageDispositionSendOnly {
		save = nil
	}
	c.store.stampSent(v, c.user)
	c.store.post(v, nil, save, c.user, []types.EmailAddress{e.Organizer})
}

// discard moves a message that was dealt with to Deleted Items; nil if it is
// there already.
func (c *call) discard(i *item) *item {
	v := clone(props(i.data))
	assign(v, "message:IsRead", true)
	c.store.changeItem(i, v.(types.Item), readChanged)
	to := i.folder.box.distinguished[types.DistinguishedFolderIDNameDeleteditems]
	if i.folder == to {
		return nil
	}
	return c.store.moveItem(i, to)
}

// removeMeeting takes a cancelled meeting out of the calendar.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/removeitem
func (c *call) removeMeeting(id types.ItemID) ([]types.Item, error) {
	ref, err := c.reference(id)
	if err != nil {
		return nil, err
	}
	at := ref
	switch v := ref.data.(type) {
	case *types.MeetingCancellation:
		at = ref.folder.box.event(v)
	case *types.CalendarItem:
		if v.MyResponseType == types.ResponseTypeOrganizer {
			return nil, fail(messages.ErrorCalendarIsOrganizerForRemove)
		}
	default:
		return nil, fail(messages.ErrorInvalidItemForOperationRemoveItem)
	}
	if err := c.needItem(ref, removing); err != nil {
		return nil, err
	}
	if at != nil {
		c.dispose(at, types.DisposalMoveToDeletedItems)
	}
	if at != ref {
		c.discard(ref)
	}
	return nil, nil
}

// computeMessage gives a message about a meeting the id of the event that it
// is about.
func (s *shaper) computeMessage(uri string) {
	if uri != "meeting:AssociatedCalendarItemId" {
		return
	}
	if at := s.item.folder.box.event(s.full); at != nil {
		assign(s.full, uri, at.itemID())
	}
}
