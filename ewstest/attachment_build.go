package ewstest

import (
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// newAttachments makes what the store keeps of attachments in a request.
func (c *call) newAttachments(in []types.Attachment) ([]*attachment, error) {
	if len(in) > 0 {
		return nil, failf(messages.ErrorInvalidOperation, "Attachments are not there yet.")
	}
	return nil, nil
}

// attachmentIDs returns the attachments of an item with nothing but their ids.
func (c *call) attachmentIDs(i *item) []types.Attachment { return nil }
