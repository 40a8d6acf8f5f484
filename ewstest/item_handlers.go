package ewstest

import (
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// itemHandlers registers the operations on items and attachments.
func itemHandlers(h handlers) {
	handle(h, messages.OpCreateItem, writes, (*call).createItem)
	handle(h, messages.OpGetItem, reads, (*call).getItem)
	handle(h, messages.OpUpdateItem, writes, (*call).updateItem)
	handle(h, messages.OpDeleteItem, writes, (*call).deleteItem)
	handle(h, messages.OpMoveItem, writes, (*call).moveItem)
	handle(h, messages.OpCopyItem, writes, (*call).copyItem)
	handle(h, messages.OpSendItem, writes, (*call).sendItem)
	handle(h, messages.OpMarkAllItemsAsRead, writes, (*call).markAllItemsAsRead)
	handle(h, messages.OpMarkAsJunk, writes, (*call).markAsJunk)
	handle(h, messages.OpCreateAttachment, writes, (*call).createAttachment)
	handle(h, messages.OpGetAttachment, reads, (*call).getAttachment)
	handle(h, messages.OpDeleteAttachment, writes, (*call).deleteAttachment)
}

func (c *call) getItem(req *messages.GetItemRequest) (*messages.GetItemResponse, error) {
	res := &messages.GetItemResponse{}
	for _, id := range req.ItemIDs {
		res.ResponseMessages = append(res.ResponseMessages, itemAnswer(c.getOne(id, &req.ItemShape)))
	}
	return res, nil
}

func (c *call) getOne(id types.BaseItemID, shape *types.ItemResponseShape) (types.Item, error) {
	t, err := c.find(id)
	if err != nil {
		return nil, err
	}
	return c.shapeItem(t.item, shape, false)
}

// itemAnswer is itemMessage for one item, which may be none.
func itemAnswer(item types.Item, err error) messages.ItemInfoResponseMessage {
	if err != nil || item == nil {
		return itemMessage(err)
	}
	return itemMessage(nil, item)
}

// targetFolder returns the folder that a request puts items into; missing is
// the code if it is not there.
func (c *call) targetFolder(id types.TargetFolderID, missing messages.ResponseCode) (*folder, error) {
	f, err := c.folder(id.FolderID)
	if err != nil && asFailure(err).code == messages.ErrorFolderNotFound {
		return nil, fail(missing)
	}
	return f, err
}
