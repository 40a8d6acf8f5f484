package ewstest

import (
	"time"

	"github.com/seed-1937cc67/goews/gen/types"
)

// attachment is an attachment of an item, or of an attached item.
type attachment struct {
	number   uint64
	item     *item            // the item in the folder
	parent   *attachment      // nil if it hangs on the item itself
	data     types.Attachment // without ids; the item in it is without attachments
	attached []*attachment    // of the item in it
	changed  time.Time
}

// adopt gives an item, or the item attached as parent, copies of attachments,
// with ids of their own. Contents are shared.
func (s *store) adopt(i *item, parent *attachment, list []*attachment) []*attachment {
	if len(list) == 0 {
		return nil
	}
	out := make([]*attachment, len(list))
	for n, a := range list {
		c := &attachment{number: s.next(), item: i, parent: parent, data: a.data, changed: a.changed}
		if c.changed.IsZero() {
			c.changed = s.instant()
		}
		c.attached = s.adopt(i, c, a.attached)
		i.folder.box.attached[c.number] = c
		out[n] = c
	}
	return out
}

// forget takes the ids of attachments out of use.
func (s *store) forget(b *mailbox, list []*attachment) {
	for _, a := range list {
		delete(b.attached, a.number)
		s.forget(b, a.attached)
	}
}
