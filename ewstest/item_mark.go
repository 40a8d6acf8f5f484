package ewstest

import (
	"slices"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// markAllItemsAsRead is the operation MarkAllItemsAsRead.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/markallitemsasread-operation
func (c *call) markAllItemsAsRead(req *messages.MarkAllItemsAsReadRequest) (*messages.MarkAllItemsAsReadResponse, error) {
	res := &messages.MarkAllItemsAsReadResponse{}
	for _, id := range req.FolderIDs {
		f, err := c.folder(id)
		if err == nil {
			err = c.markFolder(f, req.ReadFlag, req.SuppressReadReceipts)
		}
		res.ResponseMessages = append(res.ResponseMessages, plainMessage(err))
	}
	return res, nil
}

func (c *call) markFolder(f *folder, read, silent bool) error {
	switch {
	case f.isSearch():
		return fail(messages.ErrorInvalidFolderTypeForOperation)
	case editing(c.grantOf(f)) != actAll:
		return fail(messages.ErrorAccessDenied)
	}
	for _, i := range slices.Clone(f.items) {
		before := props(i.data)
		if was, ok := lookup[bool](before, "message:IsRead"); !ok || was == read || valueAt[bool](before, "item:IsAssociated") {
			continue
		}
		v := clone(before)
		assign(v, "message:IsRead", read)
		if receiptPending(before) && read {
			assign(v, "message:IsReadReceiptRequested", false)
			if !silent {
				c.tellRead(before, wasRead)
			}
		}
		c.store.changeItem(i, v.(types.Item), readChanged)
	}
	return nil
}

// markAsJunk is the operation MarkAsJunk: the message goes to the junk mail, or
// back to the inbox, if the request says that it is to be moved. The lists of
// senders that it changes in Exchange are not kept.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/markasjunk-operation
func (c *call) markAsJunk(req *messages.MarkAsJunkRequest) (*messages.MarkAsJunkResponse, error) {
	res := &messages.MarkAsJunkResponse{}
	for _, id := range req.ItemIDs {
		m := messages.MarkAsJunkResponseMessage{ResponseClass: types.ResponseClassSuccess, ResponseCode: messages.NoError}
		moved, err := c.markOne(id, req.IsJunk, req.MoveItem)
		if err != nil {
			m.ResponseClass, m.ResponseCode, m.MessageText, m.MessageXML = asFailure(err).status()
			m.Present |= messages.MarkAsJunkResponseMessageHasDescriptiveLinkKey
		} else if moved != nil {
			m.MovedItemID = moved.itemID()
		}
		res.ResponseMessages = append(res.ResponseMessages, m)
	}
	return res, nil
}

// markOne returns the item where it is now, nil if it was not to be moved.
func (c *call) markOne(id types.BaseItemID, junk, move bool) (*item, error) {
	t, err := c.find(id)
	switch {
	case err != nil:
		return nil, err
	case !isMessage(t.data):
		return nil, failf(messages.ErrorInvalidOperation, "MarkAsJunk is valid only for messages.")
	}
	if err := c.needItem(t.item, editing); err != nil || !move {
		return nil, err
	}
	name := types.DistinguishedFolderIDNameInbox
	if junk {
		name = types.DistinguishedFolderIDNameJunkemail
	}
	to := t.folder.box.distinguished[name]
	if err := c.mayTransfer(t.item, to, true); err != nil {
		return nil, err
	}
	if t.folder == to {
		return t.item, nil
	}
	return c.store.moveItem(t.item, to), nil
}
