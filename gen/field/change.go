package field

import "github.com/seed-1937cc67/goews/gen/types"

// Change is a change of one property of class E, as UpdateItem and
// UpdateFolder take it: Set, Clear or Append of a descriptor makes one.
type Change[E any] struct {
	path  types.Path
	kind  changeKind
	value types.Properties       // an object with only the new value; nil for Clear
	apply func(types.Properties) // does the same to an object in memory
}

type changeKind uint8

const (
	changeSet changeKind = iota
	changeClear
	changeAppend
)

// AnyChange is a Change of any class, for code that does not know the class.
type AnyChange interface {
	// Path is the property that changes.
	Path() types.Path
	// Fits reports whether v is of the change's class; changes of field.Item
	// fit every item, those of field.Folder every folder.
	Fits(v types.Properties) bool
	// Apply does to v what the server does, if it fits.
	Apply(v types.Properties)
	// Item and Folder return the change as it is sent; nil if the class is no
	// item class, or no folder class.
	Item() types.ItemChangeDescription
	Folder() types.FolderChangeDescription
}

// Path is the property that changes.
func (c Change[E]) Path() types.Path { return c.path }

// Fits reports whether v is of class E. Changes of field.Item fit every item,
// those of field.Folder every folder.
func (c Change[E]) Fits(v types.Properties) bool {
	switch any((*E)(nil)).(type) {
	case *types.GenericItem:
		_, ok := v.(types.Item)
		return ok
	case *types.Folder:
		_, ok := v.(types.BaseFolder)
		return ok
	}
	_, ok := any(v).(*E)
	return ok
}

// Apply does to v what the server does. It does nothing if v does not fit.
func (c Change[E]) Apply(v types.Properties) {
	if c.apply != nil && c.Fits(v) {
		c.apply(v)
	}
}

// Item returns the change as UpdateItem takes it, nil if E is no item class.
func (c Change[E]) Item() types.ItemChangeDescription {
	if _, ok := any((*E)(nil)).(types.Item); !ok || c.path == nil {
		return nil
	}
	item, _ := c.value.(types.Item)
	switch c.kind {
	case changeClear:
		return &types.DeleteItemField{Path: c.path}
	case changeAppend:
		return &types.AppendToItemField{Path: c.path, Item: item}
	}
	return &types.SetItemField{Path: c.path, Item: item}
}

// Folder returns the change as UpdateFolder takes it, nil if E is no folder
// class.
func (c Change[E]) Folder() types.FolderChangeDescription {
	if _, ok := any((*E)(nil)).(types.BaseFolder); !ok || c.path == nil {
		return nil
	}
	folder, _ := c.value.(types.BaseFolder)
	switch c.kind {
	case changeClear:
		return &types.DeleteFolderField{Path: c.path}
	case changeAppend:
		return &types.AppendToFolderField{Path: c.path, Folder: folder}
	}
	return &types.SetFolderField{Path: c.path, Folder: folder}
}

// put sets the property of v at uri, and its presence. It reports whether v
// has such a property of type V.
func put[V any](v types.Properties, uri string, value V) bool {
	for _, f := range Of(v) {
		if f.URI != uri {
			continue
		}
		p, ok := v.PropertyPtr(f.Bit).(*V)
		if ok {
			*p = value
			v.PresenceSet().Add(f.Bit)
		}
		return ok
	}
	return false
}

func change[E, V any](p Path, kind changeKind, value V) Change[E] {
	c := Change[E]{path: p.Property(), kind: kind}
	if obj, ok := any(new(E)).(types.Properties); ok && kind != changeClear {
		put(obj, p.uri, value)
		c.value = obj
	}
	c.apply = func(v types.Properties) {
		switch kind {
		case changeSet:
			put(v, p.uri, value)
		case changeClear:
			var zero V
			put(v, p.uri, zero)
			for _, f := range Of(v) {
				if f.URI == p.uri {
					v.PresenceSet().Remove(f.Bit)
				}
			}
		}
	}
	return c
}

// Text is a text.
type Text[E any] struct{ ReadText[E] }

// Set returns the change of the property to v.
func (d Text[E]) Set(v string) Change[E] { return change[E](d.Path, changeSet, v) }

// Clear returns the change that removes the property.
func (d Text[E]) Clear() Change[E] { return change[E](d.Path, changeClear, "") }

// Ordered is a number or a time.
type Ordered[E, V any] struct{ ReadOrdered[E, V] }

// Set returns the change of the property to v.
func (d Ordered[E, V]) Set(v V) Change[E] { return change[E](d.Path, changeSet, v) }

// Clear returns the change that removes the property.
func (d Ordered[E, V]) Clear() Change[E] {
	var zero V
	return change[E](d.Path, changeClear, zero)
}

// Bool is a boolean.
type Bool[E any] struct{ ReadBool[E] }

// Set returns the change of the property to v.
func (d Bool[E]) Set(v bool) Change[E] { return change[E](d.Path, changeSet, v) }

// Clear returns the change that removes the property.
func (d Bool[E]) Clear() Change[E] { return change[E](d.Path, changeClear, false) }

// Enum is one of a set of values.
type Enum[E any, V ~string] struct{ ReadEnum[E, V] }

// Set returns the change of the property to v.
func (d Enum[E, V]) Set(v V) Change[E] { return change[E](d.Path, changeSet, v) }

// Clear returns the change that removes the property.
func (d Enum[E, V]) Clear() Change[E] {
	var zero V
	return change[E](d.Path, changeClear, zero)
}

// List is a list of texts, such as categories.
type List[E any] struct{ ReadList[E] }

// Set returns the change of the list to values, in their order.
func (d List[E]) Set(values ...string) Change[E] { return change[E](d.Path, changeSet, values) }

// Clear returns the change that removes the list.
func (d List[E]) Clear() Change[E] { return change[E](d.Path, changeClear, []string(nil)) }

// Mailbox is an e-mail address.
type Mailbox[E any] struct{ ReadMailbox[E] }

// Set returns the change of the property to v.
func (d Mailbox[E]) Set(v types.EmailAddress) Change[E] { return change[E](d.Path, changeSet, v) }

// Clear returns the change that removes the property.
func (d Mailbox[E]) Clear() Change[E] {
	return change[E](d.Path, changeClear, types.EmailAddress{})
}

// Content is a body.
type Content[E any] struct{ ReadContent[E] }

// Set returns the change of the body to v.
func (d Content[E]) Set(v types.Body) Change[E] { return change[E](d.Path, changeSet, v) }

// Append returns the change that adds v to the body. An object in memory is
// left as it is: fetch it again.
func (d Content[E]) Append(v types.Body) Change[E] { return change[E](d.Path, changeAppend, v) }

// Clear returns the change that empties the body.
func (d Content[E]) Clear() Change[E] { return change[E](d.Path, changeClear, types.Body{}) }

// Value is a property that has no lookups but Exists.
type Value[E, V any] struct{ ReadValue[E, V] }

// Set returns the change of the property to v.
func (d Value[E, V]) Set(v V) Change[E] { return change[E](d.Path, changeSet, v) }

// Clear returns the change that removes the property.
func (d Value[E, V]) Clear() Change[E] {
	var zero V
	return change[E](d.Path, changeClear, zero)
}

// Append returns the change that adds v to what the property has. The server
// can do that for bodies, recipients and attendees; for other properties it
// answers ErrorInvalidPropertyAppend. An object in memory is left as it is: fetch it again.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/appendtoitemfield
func (d Value[E, V]) Append(v V) Change[E] { return change[E](d.Path, changeAppend, v) }
