package ewstest

import "github.com/seed-1937cc67/goews/gen/types"

// tally counts the items of a folder as they come, change and go, so that
// asking costs nothing.
type tally struct {
	total, unread, associated int32
}

// add counts an item n times.
func (t *tally) add(data types.Item, n int32) {
	v := data.(types.Properties)
	if valueAt[bool](v, "item:IsAssociated") {
		t.associated += n
		return
	}
	t.total += n
	if read, ok := lookup[bool](v, "message:IsRead"); ok && !read {
		t.unread += n
	}
}

// counts returns how many items are in f, and how many of them are unread;
// associated items do not count. Those of a search folder are searched for.
func (c *call) counts(f *folder) (total, unread int32) {
	if !f.isSearch() {
		return f.tally.total, f.tally.unread
	}
	var t tally
	for _, i := range c.found(f) {
		t.add(i.data, 1)
	}
	return t.total, t.unread
}

// hiddenBytes is the size of what each of the mailbox's own folders hides:
// views, rules, settings.
const hiddenBytes = 4096

// size returns what PidTagMessageSize says of a folder: the bytes in it, not
// of the folders below.
func (f *folder) size() int64 {
	var n int64
	if f.builtIn {
		n = hiddenBytes
	}
	for _, i := range f.items {
		n += int64(valueAt[int32](i.data.(types.Properties), "item:Size"))
	}
	return n
}
