package ewstest

import "github.com/seed-1937cc67/goews/gen/types"

// happening is what may happen to an item or a folder.
type happening uint8

const (
	created happening = iota
	changed
	readChanged // only IsRead changed
	moved
	copied
	deleted
	arrived // mail came in; created has been noted before
)

// event is a row of the journal: one change of an item or a folder. Every
// change of the store is noted, in order, while the store is locked; what
// synchronises and notifies observes them.
type event struct {
	what   happening
	item   *item   // after the change; nil if it is a folder's
	folder *folder // where the item is, or was before it was deleted; the folder that changed
	from   *folder // moved, copied: where it was
	oldID  types.ItemID
	old    *folder // a folder that was copied
}

// note tells the observers what happened.
func (s *store) note(e event) {
	for _, f := range s.observers {
		f(e)
	}
}
