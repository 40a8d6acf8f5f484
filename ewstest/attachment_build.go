package ewstest

import (
	"math"
	"path"
	"strings"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// maxNesting is how deep items may be attached to attached items.
const maxNesting = 30

// newAttachments makes what the store keeps of attachments in a request. depth
// is how deep the item is attached itself.
func (c *call) newAttachments(in []types.Attachment, box *mailbox, depth int) ([]*attachment, error) {
	var out []*attachment
	for _, a := range in {
		n, err := c.newAttachment(a, box, depth)
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, nil
}

func (c *call) newAttachment(in types.Attachment, box *mailbox, depth int) (*attachment, error) {
	if depth >= maxNesting {
		return nil, fail(messages.ErrorAttachmentNestLevelLimitExceeded)
	}
	switch in := in.(type) {
	case *types.FileAttachment:
		return newFile(*in)
	case *types.ItemAttachment:
		return c.newItemAttachment(*in, box, depth)
	case *types.ReferenceAttachment:
		a := *in
		a.AttachmentID, a.Size = types.AttachmentID{}, 0
		return &attachment{data: &a}, nil
	}
	return nil, fail(messages.ErrorInvalidRequest)
}

func newFile(a types.FileAttachment) (*attachment, error) {
	if a.Name == "" {
		return nil, uriFailure(messages.ErrorRequiredPropertyMissing, "item:Attachments")
	}
	if len(a.Content) > math.MaxInt32 {
		return nil, fail(messages.ErrorAttachmentSizeLimitExceeded)
	}
	a.AttachmentID, a.Size = types.AttachmentID{}, int32(len(a.Content))
	if a.ContentType == "" {
		a.ContentType = contentTypes[strings.ToLower(path.Ext(a.Name))]
	}
	return &attachment{data: &a}, nil
}

// contentTypes are what Exchange takes files for whose type is not said.
var contentTypes = map[string]string{
	".bmp": "image/bmp", ".csv": "text/csv", ".doc": "application/msword", ".eml": "message/rfc822", ".gif": "image/gif",
	".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".htm": "text/html", ".html": "text/html",
	".ics": "text/calendar", ".jpeg": "image/jpeg", ".jpg": "image/jpeg", ".json": "application/json", ".pdf": "application/pdf",
	".png": "image/png", ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation", ".txt": "text/plain",
	".vcf": "text/vcard", ".xls": "application/vnd.ms-excel", ".xml": "text/xml", ".zip": "application/x-zip-compressed",
	".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

// newItemAttachment makes an attachment that holds an item.
func (c *call) newItemAttachment(a types.ItemAttachment, box *mailbox, depth int) (*attachment, error) {
	switch a.Item.(type) {
	case nil:
		return nil, fail(messages.ErrorMissingItemForCreateItemAttachment)
	case *types.GenericItem, *types.Message, *types.CalendarItem, *types.Task, *types.Contact:
	default:
		return nil, fail(messages.ErrorInvalidItemForOperationCreateItemAttachment)
	}
	data, attached, err := c.build(a.Item, box, depth+1)
	if err != nil {
		return nil, err
	}
	a.AttachmentID, a.Item = types.AttachmentID{}, data
	a.Size = valueAt[int32](props(data), "item:Size")
	if a.Name == "" {
		a.Name = valueAt[string](props(data), "item:Subject")
	}
	return &attachment{data: &a, attached: attached}, nil
}

// size returns how much an attachment takes.
func (a *attachment) size() int64 {
	switch d := a.data.(type) {
	case *types.FileAttachment:
		return int64(d.Size)
	case *types.ItemAttachment:
		return int64(d.Size)
	}
	return 0
}

// inline reports whether the attachment is shown in the body.
func (a *attachment) inline() bool {
	f, ok := a.data.(*types.FileAttachment)
	return ok && f.IsInline
}
