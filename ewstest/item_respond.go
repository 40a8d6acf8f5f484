package ewstest

import (
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// respond does what a response object says.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/responseobjects
func (c *call) respond(in types.Item, req *messages.CreateItemRequest) ([]types.Item, error) {
	switch in := in.(type) {
	case *types.ReplyToItem:
		return c.reply(in, replySender, req)
	case *types.ReplyAllToItem:
		return c.reply(&types.ReplyToItem{
			Subject: in.Subject, Body: in.Body, ToRecipients: in.ToRecipients, CcRecipients: in.CcRecipients, BccRecipients: in.BccRecipients,
			IsReadReceiptRequested: in.IsReadReceiptRequested, IsDeliveryReceiptRequested: in.IsDeliveryReceiptRequested, From: in.From,
			ReferenceItemID: in.ReferenceItemID, NewBodyContent: in.NewBodyContent, Present: in.Present, // the bits are the same ones
		}, replyAll, req)
	case *types.ForwardItem:
		r := types.ReplyToItem(*in)
		return c.reply(&r, forward, req)
	case *types.PostReplyItem:
		return c.replyPost(in, req)
	case *types.AcceptItem:
		return c.answerMeeting((*meetingAnswer)(in), types.ResponseTypeAccept, req)
	case *types.TentativelyAcceptItem:
		a := meetingAnswer(*in)
		return c.answerMeeting(&a, types.ResponseTypeTentative, req)
	case *types.DeclineItem:
		a := meetingAnswer(*in)
		return c.answerMeeting(&a, types.ResponseTypeDecline, req)
	case *types.CancelCalendarItem:
		return c.cancelMeeting(in, req)
	case *types.RemoveItem:
		return c.removeMeeting(in.ReferenceItemID)
	case *types.SuppressReadReceipt:
		return nil, c.suppressReceipt(in.ReferenceItemID)
	}
	return nil, fail(messages.ErrorInvalidItemForOperationCreateItem)
}
