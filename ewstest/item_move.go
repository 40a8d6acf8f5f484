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
	res.ResponseMessages = c.transfer(req.ItemIDs, req.ToFolderID, keepIDs(req.ReturnNewItemIDs, req.Present), c.store.moveItem)
	return res, nil
}

// copyItem is the operation CopyItem.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/copyitem-operation
func (c *call) copyItem(req *messages.CopyItemRequest) (*messages.CopyItemResponse, error) {
	res := &messages.CopyItemResponse{}
	res.ResponseMessages = c.transfer(req.ItemIDs, req.ToFolderID, keepIDs(req.ReturnNewItemIDs, req.Present), c.store.copyItem)
	return res, nil
}

// keepIDs reports whether the answer has the new ids: unless the request says
// that it does not want them.
func keepIDs(value bool, p types.Bits) bool {
	return value || p&messages.MoveItemRequestHasReturnNewItemIDs == 0
}

func (c *call) transfer(ids []types.BaseItemID, to types.TargetFolderID, answer bool, do func(*item, *folder) *item) []messages.ItemInfoResponseMessage {
	var out []messages.ItemInfoResponseMessage
	f, ferr := c.targetFolder(to, messages.ErrorToFolderNotFound)
	if ferr == nil {
		ferr = c.need(f, createItems)
	}
	for _, id := range ids {
		t, err := c.find(id)
		switch {
		case ferr != nil:
			err = ferr
		case err == nil && t.folder.box != f.box && !answer:
			// Exchange has nothing to say about ids across mailboxes.
		}
		if err != nil {
			out = append(out, itemMessage(err))
			continue
		}
		n := do(t.item, f)
		if answer && n.folder.box == t.folder.box {
			out = append(out, itemMessage(nil, n.idOnly()))
		} else {
			out = append(out, itemMessage(nil))
		}
	}
	return out
}
