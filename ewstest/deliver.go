package ewstest

import (
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// sendItem is the operation SendItem.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/senditem-operation
func (c *call) sendItem(req *messages.SendItemRequest) (*messages.SendItemResponse, error) {
	res := &messages.SendItemResponse{}
	for _, id := range req.ItemIDs {
		res.ResponseMessages = append(res.ResponseMessages, plainMessage(c.sendOne(id, req)))
	}
	return res, nil
}

func (c *call) sendOne(id types.BaseItemID, req *messages.SendItemRequest) error {
	named := req.Present&messages.SendItemRequestHasSavedItemFolderID != 0
	if named && !req.SaveItemToFolder {
		return fail(messages.ErrorInvalidSendItemSaveSettings)
	}
	t, err := c.find(id)
	switch {
	case err != nil:
		return err
	case !isMessage(t.data):
		return fail(messages.ErrorInvalidItemForOperationSendItem)
	case !t.hasKey:
		return fail(messages.ErrorChangeKeyRequired)
	case t.stale():
		return fail(messages.ErrorStaleObject)
	}
	if err := c.needItem(t.item, editing); err != nil {
		return err
	}
	var save *folder
	if req.SaveItemToFolder {
		save = t.folder.box.distinguished[types.DistinguishedFolderIDNameSentitems]
	}
	if named {
		if save, err = c.targetFolder(req.SavedItemFolderID, messages.ErrorSavedItemFolderNotFound); err != nil {
			return err
		}
	}
	if err := c.send(t.data, t.attached, save); err != nil {
		return err
	}
	c.store.deleteItem(t.item)
	return nil
}

// send sends a message, and saves a copy in the folder, if there is one.
func (c *call) send(data types.Item, attached []*attachment, save *folder) error {
	v := clone(props(data))
	to, cc, bcc := recipients(v, "To"), recipients(v, "Cc"), recipients(v, "Bcc")
	if len(to)+len(cc)+len(bcc) == 0 {
		return fail(messages.ErrorInvalidRecipients)
	}
	c.stampSent(v)
	if save != nil {
		c.store.addItem(save, v.(types.Item), attached)
	}
	seen := map[*mailbox]bool{}
	for _, list := range [][]types.EmailAddress{to, cc, bcc} {
		for _, a := range list {
			box := c.store.mailboxOf(a.EmailAddress)
			switch {
			case box == nil:
				c.bounce(v, a)
			case !seen[box]:
				seen[box] = true
				c.deliver(v, attached, box)
			}
		}
	}
	return nil
}

func recipients(v types.Properties, kind string) []types.EmailAddress {
	return valueAt[[]types.EmailAddress](v, "message:"+kind+"Recipients")
}

// stampSent makes a draft a sent message.
func (c *call) stampSent(v types.Properties) {
	now := c.store.instant()
	me := c.user.address()
	assignDefault(v, "message:From", me)
	assign(v, "message:Sender", me)
	assign(v, "item:IsDraft", false)
	assign(v, "item:IsSubmitted", true)
	assign(v, "item:IsFromMe", true)
	assign(v, "message:IsRead", true)
	assign(v, "item:DateTimeSent", now)
	assign(v, "item:DateTimeReceived", now)
}

// deliver puts a copy of a sent message into a mailbox. Categories are the
// sender's own: they are taken off on the way.
//
// https://learn.microsoft.com/powershell/module/exchange/set-transportconfig (ClearCategories)
func (c *call) deliver(sent types.Properties, attached []*attachment, box *mailbox) {
	v := clone(sent)
	unset(v, "message:BccRecipients")
	unset(v, "item:Categories")
	assign(v, "item:IsSubmitted", false)
	assign(v, "item:IsFromMe", false)
	assign(v, "item:IsUnmodified", true)
	assign(v, "message:IsRead", false)
	assign(v, "message:ReceivedBy", box.address())
	assign(v, "message:ReceivedRepresenting", box.address())
	derive(v, attached)
	inbox := box.distinguished[types.DistinguishedFolderIDNameInbox]
	i := c.store.addItem(inbox, v.(types.Item), attached)
	c.store.note(event{what: arrived, item: i, folder: inbox})
}

// bounce tells the sender that there is no such address.
func (c *call) bounce(sent types.Properties, to types.EmailAddress) {}
