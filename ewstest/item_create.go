package ewstest

import (
	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// createItem is the operation CreateItem.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/createitem-operation
func (c *call) createItem(req *messages.CreateItemRequest) (*messages.CreateItemResponse, error) {
	res := &messages.CreateItemResponse{}
	for _, in := range req.Items {
		items, err := c.createOne(in, req)
		res.ResponseMessages = append(res.ResponseMessages, itemMessage(err, items...))
	}
	return res, nil
}

// createOne creates, and perhaps sends, one item. It returns what the answer
// shows of it.
func (c *call) createOne(in types.Item, req *messages.CreateItemRequest) ([]types.Item, error) {
	if props(in) == nil {
		return c.respond(in, req)
	}
	return c.createNew(in, req)
}

func (c *call) createNew(in types.Item, req *messages.CreateItemRequest) ([]types.Item, error) {
	if err := mayCreate(in, req); err != nil {
		return nil, err
	}
	save, err := c.saveFolder(in, req)
	if err != nil {
		return nil, err
	}
	if err := c.need(save, createItems); err != nil {
		return nil, err
	}
	if err := fitsFolder(in, save); err != nil {
		return nil, err
	}
	if c.need(save, createItems) != nil {
		return nil, fail(messages.ErrorCreateItemAccessDenied)
	}
	data, attached, err := c.build(in, save.box, 0)
	if err != nil {
		return nil, err
	}
	if isMessage(in) {
		return c.createMessage(data, attached, save, req.MessageDisposition)
	}
	if e, ok := data.(*types.CalendarItem); ok {
		return c.createEvent(e, attached, save, req.SendMeetingInvitations)
	}
	i := c.store.addItem(save, data, attached)
	return []types.Item{c.createdItem(i)}, nil
}

// createMessage saves or sends a message.
func (c *call) createMessage(data types.Item, attached []*attachment, save *folder, d types.MessageDisposition) ([]types.Item, error) {
	if d == types.MessageDispositionSaveOnly {
		return []types.Item{c.createdItem(c.store.addItem(save, data, attached))}, nil
	}
	if d == types.MessageDispositionSendOnly {
		save = nil
	}
	return nil, c.send(data, attached, save)
}

// createdItem is what CreateItem answers: the ids of the item and of its
// attachments.
func (c *call) createdItem(i *item) types.Item {
	v := i.idOnly()
	if len(i.attached) > 0 {
		assign(props(v), "item:Attachments", c.attachmentIDs(i.attached))
	}
	return v
}

// mayCreate checks the attributes that the item's class requires.
func mayCreate(in types.Item, req *messages.CreateItemRequest) error {
	switch in.(type) {
	case *types.MeetingMessage, *types.MeetingRequest, *types.MeetingResponse, *types.MeetingCancellation:
		// They come into being when something else is done.
		return fail(messages.ErrorInvalidItemForOperationCreateItem)
	case *types.CalendarItem:
		if req.Present&messages.CreateItemRequestHasSendMeetingInvitations == 0 {
			return fail(messages.ErrorSendMeetingInvitationsRequired)
		}
	}
	if isMessage(in) && req.Present&messages.CreateItemRequestHasMessageDisposition == 0 {
		return fail(messages.ErrorMessageDispositionRequired)
	}
	return nil
}

// isMessage reports whether the item is one that can be sent.
func isMessage(v types.Item) bool {
	switch v.(type) {
	case *types.Message, *types.MeetingMessage, *types.MeetingRequest, *types.MeetingResponse, *types.MeetingCancellation, *types.SharingMessage:
		return true
	}
	return false
}

// saveFolder returns the folder in which the item is saved.
func (c *call) saveFolder(in types.Item, req *messages.CreateItemRequest) (*folder, error) {
	if req.Present&messages.CreateItemRequestHasSavedItemFolderID != 0 {
		return c.targetFolder(req.SavedItemFolderID, messages.ErrorSavedItemFolderNotFound)
	}
	return c.user.distinguished[defaultFolder(in, req.MessageDisposition)], nil
}

// defaultFolder is where items of the class go if the request does not say.
func defaultFolder(in types.Item, d types.MessageDisposition) types.DistinguishedFolderIDName {
	switch in.(type) {
	case *types.CalendarItem:
		return types.DistinguishedFolderIDNameCalendar
	case *types.Contact, *types.DistributionList:
		return types.DistinguishedFolderIDNameContacts
	case *types.Task:
		return types.DistinguishedFolderIDNameTasks
	}
	if isMessage(in) && d != types.MessageDispositionSaveOnly {
		return types.DistinguishedFolderIDNameSentitems
	}
	return types.DistinguishedFolderIDNameDrafts
}

// fitsFolder reports an item class that the folder does not take.
func fitsFolder(in types.Item, f *folder) error {
	switch in.(type) {
	case *types.CalendarItem:
		if _, ok := f.data.(*types.CalendarFolder); !ok {
			return fail(messages.ErrorCannotCreateCalendarItemInNonCalendarFolder)
		}
	case *types.Contact, *types.DistributionList:
		if _, ok := f.data.(*types.ContactsFolder); !ok {
			return fail(messages.ErrorCannotCreateContactInNonContactFolder)
		}
	case *types.Task:
		if _, ok := f.data.(*types.TasksFolder); !ok {
			return fail(messages.ErrorCannotCreateTaskInNonTaskFolder)
		}
	case *types.PostItem:
		if _, ok := f.data.(*types.Folder); !ok {
			return fail(messages.ErrorCannotCreatePostItemInNonMailFolder)
		}
	}
	return nil
}

// build makes what the store keeps from what a request has: it checks each
// property, and adds what Exchange adds.
func (c *call) build(in types.Item, box *mailbox, depth int) (types.Item, []*attachment, error) {
	v := strongly(clone(props(in)))
	for _, p := range classOf(v).props {
		if !has(v, p) {
			continue
		}
		if readOnly(p) {
			return nil, nil, uriFailure(messages.ErrorInvalidPropertySet, p.URI)
		}
	}
	if list := v.ExtendedPtr(); list != nil && len(*list) > 0 {
		var err error
		if *list, err = checkExtendedList(*list, c.location()); err != nil {
			return nil, nil, err
		}
		takeFlags(v)
	}
	var attached []*attachment
	if present(v, "item:MimeContent") {
		var err error
		if attached, err = c.importMIME(v, box, depth); err != nil {
			return nil, nil, err
		}
	}
	if present(v, "item:Attachments") {
		more, err := c.newAttachments(get[[]types.Attachment](v, field.Item.Attachments), box, depth)
		if err != nil {
			return nil, nil, err
		}
		attached = append(attached, more...)
		unset(v, "item:Attachments")
	}
	if err := c.check(v, messages.ErrorItemSavePropertyError); err != nil {
		return nil, nil, err
	}
	c.store.complete(v, box, c.user.account.Name)
	derive(v, attached)
	return v.(types.Item), attached, nil
}
