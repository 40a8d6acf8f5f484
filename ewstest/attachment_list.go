package ewstest

import (
	"time"

	"github.com/seed-1937cc67/goews/gen/types"
)

func (a *attachment) id() types.AttachmentID {
	return types.AttachmentID{ID: newID(a.item.folder.box.number, attachmentKind, a.number)}
}

// attachmentIDs returns the attachments of an item with nothing but their ids,
// as answers to their creation have them.
func (c *call) attachmentIDs(list []*attachment) []types.Attachment {
	var out []types.Attachment
	for _, a := range list {
		out = append(out, a.idOnly(nil))
	}
	return out
}

// idOnly returns an attachment with its id, and with that of the item if root
// is not nil.
func (a *attachment) idOnly(root *types.ItemID) types.Attachment {
	id := a.id()
	if root != nil {
		id.RootItemID, id.RootItemChangeKey = root.ID, root.ChangeKey
	}
	switch a.data.(type) {
	case *types.ItemAttachment:
		return &types.ItemAttachment{AttachmentID: id}
	case *types.ReferenceAttachment:
		return &types.ReferenceAttachment{AttachmentID: id}
	}
	return &types.FileAttachment{AttachmentID: id}
}

// listAttachments returns what GetItem says of attachments: all but what is in
// them.
func (c *call) listAttachments(list []*attachment) []types.Attachment {
	var out []types.Attachment
	for _, a := range list {
		if v := c.describe(a); v != nil {
			out = append(out, v)
		}
	}
	return out
}

// describe returns an attachment without what is in it; nil if the version
// does not know its kind.
func (c *call) describe(a *attachment) types.Attachment {
	old := c.version.Before(types.ExchangeVersionExchange2010)
	switch d := a.data.(type) {
	case *types.FileAttachment:
		f := *d
		f.AttachmentID, f.Content, f.LastModifiedTime = a.id(), nil, a.changed
		f.Present |= types.FileAttachmentHasName | types.FileAttachmentHasSize | types.FileAttachmentHasIsInline | types.FileAttachmentHasIsContactPhoto
		f.Present &^= types.FileAttachmentHasContent
		if old {
			f.Size, f.IsInline, f.IsContactPhoto, f.LastModifiedTime = 0, false, false, time.Time{}
			f.Present &^= types.FileAttachmentHasSize | types.FileAttachmentHasIsInline | types.FileAttachmentHasIsContactPhoto | types.FileAttachmentHasLastModifiedTime
		}
		return &f
	case *types.ItemAttachment:
		i := *d
		i.AttachmentID, i.Item, i.LastModifiedTime = a.id(), nil, a.changed
		i.Present |= types.ItemAttachmentHasName | types.ItemAttachmentHasSize | types.ItemAttachmentHasIsInline
		if old {
			i.Size, i.IsInline, i.LastModifiedTime = 0, false, time.Time{}
			i.Present &^= types.ItemAttachmentHasSize | types.ItemAttachmentHasIsInline | types.ItemAttachmentHasLastModifiedTime
		}
		return &i
	case *types.ReferenceAttachment:
		if c.version.Before(types.ExchangeVersionExchange2013SP1) {
			return nil
		}
		r := *d
		r.AttachmentID, r.LastModifiedTime = a.id(), a.changed
		r.Present |= types.ReferenceAttachmentHasName | types.ReferenceAttachmentHasSize | types.ReferenceAttachmentHasIsInline
		return &r
	}
	return nil
}
