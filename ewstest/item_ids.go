package ewstest

import (
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// target is what an item id in a request means.
type target struct {
	*item
	key    uint64 // version of the change key
	hasKey bool
}

// stale reports whether the request knows an older version than the current.
func (t target) stale() bool { return t.hasKey && t.key != t.change }

// find returns the item that id names. Its change key must be well formed.
func (c *call) find(id types.BaseItemID) (target, error) {
	switch id := id.(type) {
	case *types.ItemID:
		return c.findID(id.ID, id.ChangeKey, id.ChangeKey != "" || id.Present&types.ItemIDHasChangeKey != 0)
	case *types.OccurrenceItemID:
		return c.findIndex(id)
	case *types.RecurringMasterItemID:
		o, err := c.findID(id.OccurrenceID, id.ChangeKey, id.Present&types.RecurringMasterItemIDHasChangeKey != 0)
		if err != nil {
			return target{}, err
		}
		if o.master == nil {
			return target{}, fail(messages.ErrorCalendarCannotUseIDForOccurrenceID)
		}
		return target{item: o.master, key: o.key, hasKey: o.hasKey}, nil
	}
	return target{}, fail(messages.ErrorInvalidIDMalformed)
}

// findIndex returns the occurrence with an index. The change key is one of the
// series, which the occurrence has, too, until it is changed.
func (c *call) findIndex(id *types.OccurrenceItemID) (target, error) {
	m, err := c.findID(id.RecurringMasterID, id.ChangeKey, id.Present&types.OccurrenceItemIDHasChangeKey != 0)
	switch {
	case err != nil:
		return target{}, err
	case m.series == nil:
		return target{}, fail(messages.ErrorCalendarCannotUseIDForRecurringMasterID)
	}
	o, err := m.nthOccurrence(int(id.InstanceIndex))
	if err != nil {
		return target{}, err
	}
	t := target{item: o, key: m.key, hasKey: m.hasKey}
	if m.hasKey && !m.stale() {
		t.key = o.change
	}
	return t, nil
}

func (c *call) findID(id, key string, hasKey bool) (target, error) {
	if id == "" {
		return target{}, fail(messages.ErrorInvalidIDEmpty)
	}
	if _, k, _, ok := parseID(id); ok && k == folderKind {
		return target{}, fail(messages.ErrorCannotUseFolderIDForItemID)
	}
	t := target{hasKey: hasKey}
	if hasKey {
		var ok bool
		if t.key, ok = parseChangeKey(key); !ok {
			return target{}, fail(messages.ErrorInvalidChangeKey)
		}
	}
	var err error
	if t.item, err = c.item(id); err != nil {
		return target{}, err
	}
	return t, nil
}

// idOnly returns an object of the item's class that holds the id alone, as
// the answers to changes do.
func (i *item) idOnly() types.Item {
	v := classOf(i.data.(types.Properties)).new()
	assign(v, "item:ItemId", i.itemID())
	return v.(types.Item)
}
