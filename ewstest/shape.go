package ewstest

import (
	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/types"
)

// fullItem returns all properties of the item, those computed too. It is a new
// struct; what it holds is shared with the store.
func (c *call) fullItem(i *item) types.Properties {
	v := clone(i.data.(types.Properties))
	set(v, field.Item.ItemID, i.itemID())
	set(v, field.Item.ParentFolderID, i.folder.box.id(i.folder))
	set(v, field.Item.DateTimeCreated, i.created)
	set(v, field.Item.LastModifiedTime, i.changed)
	return v
}

// shapeItem returns the properties of the item that the shape asks for. found
// says that FindItem asks: it has fewer properties, and cuts texts.
func (c *call) shapeItem(i *item, shape *types.ItemResponseShape, found bool) (types.Item, error) {
	full := c.fullItem(i)
	cl := classOf(full)
	out := cl.new()
	for _, p := range cl.props {
		if shape.BaseShape == types.DefaultShapeNamesIDOnly && p.URI != "item:ItemId" || newer(p, c.version) {
			continue
		}
		copyProp(out, full, p)
	}
	for _, path := range shape.AdditionalProperties {
		if u, ok := path.(*types.PathToUnindexedField); ok {
			if p, ok := cl.prop(string(u.FieldURI)); ok {
				copyProp(out, full, p)
			}
		}
	}
	return out.(types.Item), nil
}
