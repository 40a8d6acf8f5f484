package ewstest

import "github.com/seed-1937cc67/goews/gen/types"

// responses returns what can be done in answer to an item.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/responseobjects
func (s *shaper) responses() []types.ResponseObject {
	mail := []types.ResponseObject{&types.ReplyToItem{}, &types.ReplyAllToItem{}, &types.ForwardItem{}}
	decide := []types.ResponseObject{&types.AcceptItem{}, &types.TentativelyAcceptItem{}, &types.DeclineItem{}}
	switch v := s.full.(type) {
	case *types.CalendarItem:
		switch {
		case !v.IsMeeting:
			return []types.ResponseObject{&types.ForwardItem{}}
		case v.MyResponseType == types.ResponseTypeOrganizer:
			return []types.ResponseObject{&types.CancelCalendarItem{}, &types.ForwardItem{}}
		case v.IsCancelled:
			return append([]types.ResponseObject{&types.RemoveItem{}}, mail...)
		}
		return append(decide, mail...)
	case *types.MeetingRequest:
		return append(decide, mail...)
	case *types.MeetingCancellation:
		return append([]types.ResponseObject{&types.RemoveItem{}}, mail...)
	case *types.PostItem:
		return []types.ResponseObject{&types.PostReplyItem{}, &types.ReplyToItem{}, &types.ForwardItem{}}
	}
	if !isMessage(s.full.(types.Item)) {
		return nil
	}
	if valueAt[bool](s.full, "item:IsDraft") {
		return []types.ResponseObject{&types.ForwardItem{}}
	}
	if receiptPending(s.full) {
		mail = append(mail, &types.SuppressReadReceipt{})
	}
	return mail
}

// receiptPending reports whether the sender waits for a read receipt that was
// not sent yet.
func receiptPending(v types.Properties) bool {
	return valueAt[bool](v, "message:IsReadReceiptRequested") && !valueAt[bool](v, "message:IsRead") && !valueAt[bool](v, "item:IsDraft")
}

// itemRights is what the caller may do with an item.
func (c *call) itemRights(i *item) types.EffectiveRights {
	r := types.EffectiveRights{Delete: true, Modify: true, Read: true}
	if !c.version.Before(types.ExchangeVersionExchange2010SP1) {
		r.ViewPrivateItems = true
		r.Present |= types.EffectiveRightsHasViewPrivateItems
	}
	return r
}
