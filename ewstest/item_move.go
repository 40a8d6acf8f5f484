package ewstest

import (
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// moveItem is the operation MoveItem.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/moveitem-operation
func (c *call) moveItem(req *messages.MoveItemRequest) (*messages.MoveItemResponse, error) {
	res := &messages.MoveItemResponse{}
	res.ResponseMessages = c.transfer(req.ItemIDs, req.ToFolderID, keepIDs(req.ReturnNewItemIDs, req.Present), true)
	return res, nil
}

// copyItem is the operation CopyItem.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/copyitem-operation
func (c *call) copyItem(req *messages.CopyItemRequest) (*messages.CopyItemResponse, error) {
	res := &messages.CopyItemResponse{}
	res.ResponseMessages = c.transfer(req.ItemIDs, req.ToFolderID, keepIDs(req.ReturnNewItemIDs, req.Present), false)
	return res, nil
}

// keepIDs reports whether the answer has the new ids: unless the request says
// that it does not want them.
func keepIDs(value bool, p types.Bits) bool {
	return value || p&messages.MoveItemRequestHasReturnNewItemIDs == 0
}

func (c *call) transfer(ids []types.BaseItemID, to types.TargetFolderID, answer, move bool) []messages.ItemInfoResponseMessage {
	var out []messages.ItemInfoResponseMessage
	f, ferr := c.targetFolder(to, messages.ErrorToFolderNotFound)
	if ferr == nil {
		ferr = c.need(f, createItems)
	}
	for _, id := range ids {
		t, err := c.find(id)
		if err == nil {
			err = ferr
		}
		if err == nil {
			err = c.mayTransfer(t.item, f, move)
		}
		if err != nil {
			out = append(out, itemMessage(err))
			continue
		}
		do := c.store.copyItem
		if move {
			do = c.store.moveItem
		}
		// Exchange has nothing to say about ids across mailboxes.
		if n := do(t.item, f); answer && n.folder.box == t.folder.box {
			out = append(out, itemMessage(nil, n.idOnly()))
		} else {
			out = append(out, itemMessage(nil))
		}
	}
	return out
}

// mayTransfer reports why an item can't be moved or copied into a folder.
func (c *call) mayTransfer(i *item, f *folder, move bool) error {
	switch {
	case i.master != nil:
		return fail(messages.ErrorCalendarCannotMoveOrCopyOccurrence)
	case f.isSearch():
		return fail(messages.ErrorMoveCopyFailed)
	}
	if move {
		if err := c.needItem(i, removing); err != nil {
			return err
		}
	}
	return c.need(f, createItems)
}
