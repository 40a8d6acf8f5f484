package ewstest

import (
	"slices"
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

// changeAttachments gives an item other attachments. It returns the item as it
// is then: another one if it is an occurrence.
func (s *store) changeAttachments(i *item, list []*attachment, by *mailbox) *item {
	v := clone(props(i.data))
	assign(v, "item:LastModifiedName", by.account.Name)
	derive(v, list)
	if i.master != nil {
		return s.changeOccurrence(i, v.(types.Item), list, i.touched)
	}
	i.attached = list
	s.changeItem(i, v.(types.Item), changed)
	return i
}

// deleteAttachment removes an attachment from its item, or from the item that
// is attached there.
func (s *store) deleteAttachment(a *attachment, by *mailbox) *item {
	s.forget(a.item.folder.box, []*attachment{a})
	is := func(o *attachment) bool { return o == a }
	if a.parent == nil {
		return s.changeAttachments(a.item, slices.DeleteFunc(slices.Clone(a.item.attached), is), by)
	}
	p := a.parent
	p.attached = slices.DeleteFunc(slices.Clone(p.attached), is)
	d := *p.data.(*types.ItemAttachment)
	v := clone(props(d.Item))
	derive(v, p.attached)
	d.Item = v.(types.Item)
	p.data = &d
	return s.changeAttachments(a.item, a.item.attached, by)
}
