package ewstest

import (
	"github.com/seed-1937cc67/goews/gen/types"
)

// shapeAttached returns the item in an attachment. It has no id.
func (c *call) shapeAttached(a *attachment, shape *types.ItemResponseShape) (types.Item, error) {
	full := clone(props(a.data.(*types.ItemAttachment).Item))
	assign(full, "item:DateTimeCreated", a.changed)
	assign(full, "item:LastModifiedTime", a.changed)
	return c.shaped(&shaper{c: c, shape: shape, item: a.item, attached: a.attached, full: full})
}
