package ewstest

import (
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// deleteItem is the operation DeleteItem.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/deleteitem-operation
func (c *call) deleteItem(req *messages.DeleteItemRequest) (*messages.DeleteItemResponse, error) {
	res := &messages.DeleteItemResponse{}
	for _, id := range req.ItemIDs {
		m := messages.DeleteItemResponseMessage{ResponseClass: types.ResponseClassSuccess, ResponseCode: messages.NoError}
		if err := c.deleteOne(id, req); err != nil {
			m.ResponseClass, m.ResponseCode, m.MessageText, m.MessageXML = asFailure(err).status()
			m.Present |= messages.DeleteItemResponseMessageHasDescriptiveLinkKey
		}
		res.ResponseMessages = append(res.ResponseMessages, m)
	}
	return res, nil
}

func (c *call) deleteOne(id types.BaseItemID, req *messages.DeleteItemRequest) error {
	t, err := c.find(id)
	if err != nil {
		return err
	}
	if err := c.needItem(t.item, removing); err != nil {
		return err
	}
	if err := c.needItem(t.item, removing); err != nil {
		return err
	}
	switch t.data.(type) {
	case *types.CalendarItem:
		if req.Present&messages.DeleteItemRequestHasSendMeetingCancellations == 0 {
			return fail(messages.ErrorSendMeetingCancellationsRequired)
		}
	case *types.Task:
		if req.Present&messages.DeleteItemRequestHasAffectedTaskOccurrences == 0 {
			return fail(messages.ErrorAffectedTaskOccurrencesRequired)
		}
	}
	if before := props(t.data); receiptPending(before) {
		if !req.SuppressReadReceipts {
			c.tellRead(before, wasNotRead)
		}
		c.endReceipt(t.item)
	}
	if task, ok := t.data.(*types.Task); ok && present(task, "task:Recurrence") && req.AffectedTaskOccurrences == types.AffectedTaskOccurrencesSpecifiedOccurrenceOnly {
		next, ok := nextTask(task, c.store.instant())
		if !ok {
			return fail(messages.ErrorCannotDeleteTaskOccurrence)
		}
		derive(next, t.attached)
		c.store.changeItem(t.item, next, changed)
		return nil
	}
	c.tellDeleted(t.item, req.SendMeetingCancellations)
	c.dispose(t.item, req.DeleteType)
	return nil
}

// dispose deletes an item: for good, to the recoverable items, or to Deleted
// Items.
func (c *call) dispose(i *item, how types.Disposal) {
	if i.master != nil {
		c.store.deleteOccurrence(i)
		return
	}
	b := i.folder.box
	switch to := b.distinguished[disposalFolder(how)]; {
	case to == nil || to == i.folder:
		c.store.deleteItem(i)
	default:
		c.store.moveItem(i, to)
	}
}

func disposalFolder(how types.Disposal) types.DistinguishedFolderIDName {
	switch how {
	case types.DisposalSoftDelete:
		return types.DistinguishedFolderIDNameRecoverableitemsdeletions
	case types.DisposalMoveToDeletedItems:
		return types.DistinguishedFolderIDNameDeleteditems
	}
	return ""
}
