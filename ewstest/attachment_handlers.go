package ewstest

import (
	"slices"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// createAttachment is the operation CreateAttachment.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/createattachment-operation
func (c *call) createAttachment(req *messages.CreateAttachmentRequest) (*messages.CreateAttachmentResponse, error) {
	res := &messages.CreateAttachmentResponse{}
	t, err := c.find(&req.ParentItemID)
	if err == nil {
		err = c.needItem(t.item, editing)
	}
	if err != nil {
		for range req.Attachments {
			res.ResponseMessages = append(res.ResponseMessages, attachmentMessage(nil, err))
		}
		return res, nil
	}
	made := make([]*attachment, len(req.Attachments)) // nil where it failed
	var good []*attachment
	for n, in := range req.Attachments {
		a, err := c.newAttachment(in, t.folder.box, 0)
		res.ResponseMessages = append(res.ResponseMessages, attachmentMessage(nil, err))
		if err == nil {
			made[n] = a
			good = append(good, a)
		}
	}
	if len(good) == 0 {
		return res, nil
	}
	added := c.store.adopt(t.item, nil, good)
	root := c.store.changeAttachments(t.item, slices.Concat(t.attached, added), c.user).itemID()
	for n, a := range made {
		if a != nil {
			res.ResponseMessages[n] = attachmentMessage(added[0].idOnly(&root), nil)
			added = added[1:]
		}
	}
	return res, nil
}

// getAttachment is the operation GetAttachment.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/getattachment-operation
func (c *call) getAttachment(req *messages.GetAttachmentRequest) (*messages.GetAttachmentResponse, error) {
	res := &messages.GetAttachmentResponse{}
	for _, id := range req.AttachmentIDs {
		a, err := c.attachment(id.ID)
		var v types.Attachment
		if err == nil {
			v, err = c.openAttachment(a, &req.AttachmentShape)
		}
		res.ResponseMessages = append(res.ResponseMessages, attachmentMessage(v, err))
	}
	return res, nil
}

// openAttachment returns an attachment with what is in it.
func (c *call) openAttachment(a *attachment, shape *types.AttachmentResponseShape) (types.Attachment, error) {
	v := c.describe(a)
	switch v := v.(type) {
	case *types.FileAttachment:
		v.Content = a.data.(*types.FileAttachment).Content
		v.Present |= types.FileAttachmentHasContent
	case *types.ItemAttachment:
		item, err := c.shapeAttached(a, &types.ItemResponseShape{
			BaseShape: types.DefaultShapeNamesAllProperties, IncludeMimeContent: shape.IncludeMimeContent, BodyType: shape.BodyType,
			FilterHTMLContent: shape.FilterHTMLContent, AdditionalProperties: shape.AdditionalProperties,
		})
		if err != nil {
			return nil, err
		}
		v.Item = item
	case nil:
		return nil, fail(messages.ErrorInvalidAttachmentID)
	}
	return v, nil
}

// deleteAttachment is the operation DeleteAttachment.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/deleteattachment-operation
func (c *call) deleteAttachment(req *messages.DeleteAttachmentRequest) (*messages.DeleteAttachmentResponse, error) {
	res := &messages.DeleteAttachmentResponse{}
	for _, id := range req.AttachmentIDs {
		m := messages.DeleteAttachmentResponseMessage{ResponseClass: types.ResponseClassSuccess, ResponseCode: messages.NoError}
		a, err := c.attachment(id.ID)
		if err == nil {
			err = c.needItem(a.item, editing)
		}
		if err != nil {
			m.ResponseClass, m.ResponseCode, m.MessageText, m.MessageXML = asFailure(err).status()
			m.Present |= messages.DeleteAttachmentResponseMessageHasDescriptiveLinkKey
		} else {
			root := c.store.deleteAttachment(a, c.user).itemID()
			m.RootItemID = types.RootItemID{RootItemID: root.ID, RootItemChangeKey: root.ChangeKey}
		}
		res.ResponseMessages = append(res.ResponseMessages, m)
	}
	return res, nil
}

// attachment returns the attachment that id names.
func (c *call) attachment(id string) (*attachment, error) {
	box, k, n, ok := parseID(id)
	switch {
	case id == "":
		return nil, fail(messages.ErrorInvalidIDEmpty)
	case !ok:
		return nil, fail(messages.ErrorInvalidIDMalformed)
	case k != attachmentKind:
		return nil, fail(messages.ErrorInvalidIDNotAnItemAttachmentID)
	case box == 0 || int(box) > len(c.store.boxes):
		return nil, fail(messages.ErrorInvalidAttachmentID)
	}
	b := c.store.boxes[box-1]
	a := b.attached[n]
	if a == nil || c.grantOf(a.item.folder).read != readAll {
		return nil, fail(messages.ErrorInvalidAttachmentID)
	}
	return a, nil
}

func attachmentMessage(a types.Attachment, err error) messages.AttachmentInfoResponseMessage {
	m := messages.AttachmentInfoResponseMessage{ResponseClass: types.ResponseClassSuccess, ResponseCode: messages.NoError}
	if a != nil {
		m.Attachments = []types.Attachment{a}
	}
	if err != nil {
		m.ResponseClass, m.ResponseCode, m.MessageText, m.MessageXML = asFailure(err).status()
		m.Attachments = nil
		m.Present |= messages.AttachmentInfoResponseMessageHasDescriptiveLinkKey
	}
	return m
}
