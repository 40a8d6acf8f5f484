package ewstest

import (
	"slices"
	"time"

	"github.com/seed-1937cc67/goews/gen/types"
)

// The changes of items. Nothing else puts an item into a folder, changes or
// removes it, so that the journal has them all. The store must be locked for
// writing.

// instant is the time as Exchange gives it, in seconds.
func (s *store) instant() time.Time { return s.now().UTC().Truncate(time.Second) }

// addItem puts a new item with the properties and attachments into a folder.
func (s *store) addItem(f *folder, data types.Item, attached []*attachment) *item {
	i := s.insert(f, data, attached)
	i.created = i.changed
	s.note(event{what: created, item: i, folder: f})
	return i
}

func (s *store) insert(f *folder, data types.Item, attached []*attachment) *item {
	n := s.next()
	i := &item{number: n, change: n, folder: f, data: data, changed: s.instant(), creator: s.acting}
	f.items = append(f.items, i)
	f.tally.add(data, 1)
	f.box.items[n] = i
	i.attached = s.adopt(i, nil, attached)
	s.reseries(i, nil)
	return i
}

// changeItem gives an item other properties; what says whether more than
// IsRead changed.
func (s *store) changeItem(i *item, data types.Item, what happening) {
	i.folder.tally.add(i.data, -1)
	i.folder.tally.add(data, 1)
	before := i.data
	i.data = data
	s.reseries(i, before)
	i.change = s.next()
	i.changed = s.instant()
	s.note(event{what: what, item: i, folder: i.folder})
}

// moveItem moves an item. It has a new id then, as have its attachments.
func (s *store) moveItem(i *item, to *folder) *item {
	from, old := i.folder, i.itemID()
	s.remove(i)
	n := s.insert(to, i.data, i.attached)
	n.created, n.creator = i.created, i.creator
	s.adoptSeries(n, i)
	s.note(event{what: moved, item: n, folder: to, from: from, oldID: old})
	return n
}

// copyItem copies an item. The contents are shared.
func (s *store) copyItem(i *item, to *folder) *item {
	n := s.insert(to, i.data, i.attached)
	n.created = n.changed
	s.adoptSeries(n, i)
	s.note(event{what: copied, item: n, folder: to, from: i.folder, oldID: i.itemID()})
	return n
}

// deleteItem removes an item for good.
func (s *store) deleteItem(i *item) {
	s.remove(i)
	s.note(event{what: deleted, item: i, folder: i.folder})
}

func (s *store) remove(i *item) {
	f := i.folder
	if n := lastIndex(f.items, i); n >= 0 {
		f.items = slices.Delete(f.items, n, n+1)
		f.tally.add(i.data, -1)
	}
	delete(f.box.items, i.number)
	s.forget(f.box, i.attached)
	if i.series != nil {
		for _, e := range i.series.exceptions {
			s.forget(f.box, e.attached)
		}
	}
}

// put adds an item as a mailbox that is filled from outside has it: with the
// properties that Exchange gives it, and not a draft.
func (s *store) put(f *folder, data types.Item) *item {
	v := clone(props(data))
	assignDefault(v, "item:IsDraft", false)
	s.complete(v, f.box, f.box.account.Name)
	derive(v, nil)
	return s.addItem(f, v.(types.Item), nil)
}

// lastIndex returns the place of an item, looking from the end, where most is
// going on; -1 if it is not there.
func lastIndex(items []*item, i *item) int {
	for n := len(items) - 1; n >= 0; n-- {
		if items[n] == i {
			return n
		}
	}
	return -1
}
