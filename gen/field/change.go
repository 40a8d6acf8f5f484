package field

import (
	"reflect"

	"github.com/seed-1937cc67/goews/gen/types"
)

// Change is a change of one property of class E, as UpdateItem and
// UpdateFolder take it: Set, Clear or Append of a descriptor makes one.
type Change[E any] struct{ c change }

type change struct {
	class *class
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
func (c Change[E]) Path() types.Path { return c.c.path }

// Fits reports whether v is of class E. Changes of field.Item fit every item,
// those of field.Folder every folder.
func (c Change[E]) Fits(v types.Properties) bool { return c.c.fits(v) }

// Apply does to v what the server does. It does nothing if v does not fit.
func (c Change[E]) Apply(v types.Properties) {
	if c.c.apply != nil && c.c.fits(v) {
		c.c.apply(v)
	}
}

// Item returns the change as UpdateItem takes it, nil if E is no item class.
func (c Change[E]) Item() types.ItemChangeDescription { return c.c.item() }

// Folder returns the change as UpdateFolder takes it, nil if E is no folder
// class.
func (c Change[E]) Folder() types.FolderChangeDescription { return c.c.folder() }

// put does the change to an item in memory.
func (c Change[E]) put(item any) {
	if v := object(item); v != nil && c.c.apply != nil {
		c.c.apply(v)
	}
}

func (c *change) fits(v types.Properties) bool { return c.class != nil && c.class.fits(v) }

func (c *change) item() types.ItemChangeDescription {
	if c.class == nil {
		return nil
	}
	if _, ok := c.class.make().(types.Item); !ok {
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

func (c *change) folder() types.FolderChangeDescription {
	if c.class == nil {
		return nil
	}
	if _, ok := c.class.make().(types.BaseFolder); !ok {
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

// set returns the change of the property to value, or by value.
//
//go:noinline
func (d *desc) set(kind changeKind, value any) change {
	c := change{class: d.class, path: d.path(), kind: kind}
	if d.class != nil {
		c.value = d.class.make()
		d.put(c.value, value)
	}
	if kind == changeSet {
		c.apply = func(v types.Properties) { d.put(v, value) }
	}
	return c
}

// clear returns the change that removes the property.
//
//go:noinline
func (d *desc) clear() change {
	return change{class: d.class, path: d.path(), kind: changeClear, apply: func(v types.Properties) {
		if f, ok := Find(v, d.info.URI); ok {
			if p := v.PropertyPtr(f.Bit); p != nil {
				reflect.ValueOf(p).Elem().SetZero()
			}
			v.PresenceSet().Remove(f.Bit)
		}
	}}
}

// from returns the change of the property to what it is in item, or by it.
//
//go:noinline
func (d *desc) from(kind changeKind, item any) change {
	p := reflect.ValueOf(d.pointer(item))
	if !p.IsValid() {
		return d.clear()
	}
	v := p.Elem()
	switch v.Kind() {
	case reflect.Struct, reflect.Slice, reflect.String, reflect.Pointer, reflect.Interface:
		if v.IsZero() && kind == changeSet {
			return d.clear() // there is no such thing as an empty flag, or recurrence
		}
	}
	return d.set(kind, v.Interface())
}

// put sets the property of v and its presence, if v's class has it with the
// same type.
//
//go:noinline
func (d *desc) put(v types.Properties, value any) {
	f, ok := Find(v, d.info.URI)
	if !ok {
		return
	}
	p := reflect.ValueOf(v.PropertyPtr(f.Bit))
	val := reflect.ValueOf(value)
	switch {
	case !p.IsValid():
		return
	case !val.IsValid(): // nil of an interface
		p.Elem().SetZero()
	case val.Type().AssignableTo(p.Type().Elem()):
		p.Elem().Set(val)
	default:
		return
	}
	v.PresenceSet().Add(f.Bit)
}

// Text is a text.
type Text[E any] struct{ ReadText[E] }

// Set returns the change of the property to v.
func (d *Text[E]) Set(v string) Change[E] { return Change[E]{d.d.set(changeSet, v)} }

// Clear returns the change that removes the property.
func (d *Text[E]) Clear() Change[E] { return Change[E]{d.d.clear()} }

// Ordered is a number or a time.
type Ordered[E, V any] struct{ ReadOrdered[E, V] }

// Set returns the change of the property to v.
func (d *Ordered[E, V]) Set(v V) Change[E] { return Change[E]{d.d.set(changeSet, v)} }

// Clear returns the change that removes the property.
func (d *Ordered[E, V]) Clear() Change[E] { return Change[E]{d.d.clear()} }

// Bool is a boolean.
type Bool[E any] struct{ ReadBool[E] }

// Set returns the change of the property to v.
func (d *Bool[E]) Set(v bool) Change[E] { return Change[E]{d.d.set(changeSet, v)} }

// Clear returns the change that removes the property.
func (d *Bool[E]) Clear() Change[E] { return Change[E]{d.d.clear()} }

// Enum is one of a set of values.
type Enum[E any, V ~string] struct{ base[E] }

// Get returns the property's value in item, zero if item's class lacks it. It
// does not tell zero from not loaded: ask item.Present.Has for that.
func (d *Enum[E, V]) Get(item E) V { return get[V](&d.d, item) }

// Asc sorts by the property, smallest first; items without it come first.
func (d *Enum[E, V]) Asc() Order[E] { return Order[E]{d.d.order(types.SortDirectionAscending)} }

// Desc sorts by the property, greatest first; items without it come last.
func (d *Enum[E, V]) Desc() Order[E] { return Order[E]{d.d.order(types.SortDirectionDescending)} }

// Equals is met by items whose value is v.
func (d *Enum[E, V]) Equals(v V) Filter[E] {
	return Filter[E]{d.d.compare(equal, string(v))}
}

// NotEquals is met by items whose value is another than v, and by those that
// have none.
func (d *Enum[E, V]) NotEquals(v V) Filter[E] {
	return Filter[E]{d.d.compare(notEqual, string(v))}
}

// In is met by items whose value is one of values; by none without values.
func (d *Enum[E, V]) In(values ...V) Filter[E] {
	fs := make([]Filter[E], len(values))
	for i, v := range values {
		fs[i] = d.Equals(v)
	}
	return Or(fs...)
}

// Set returns the change of the property to v.
func (d *Enum[E, V]) Set(v V) Change[E] { return Change[E]{d.d.set(changeSet, v)} }

// Clear returns the change that removes the property.
func (d *Enum[E, V]) Clear() Change[E] { return Change[E]{d.d.clear()} }

// List is a list of texts, such as categories.
type List[E any] struct{ ReadList[E] }

// Set returns the change of the list to values, in their order.
func (d *List[E]) Set(values ...string) Change[E] { return Change[E]{d.d.set(changeSet, values)} }

// Clear returns the change that removes the list.
func (d *List[E]) Clear() Change[E] { return Change[E]{d.d.clear()} }

// Mailbox is an e-mail address.
type Mailbox[E any] struct{ ReadMailbox[E] }

// Set returns the change of the property to v.
func (d *Mailbox[E]) Set(v types.EmailAddress) Change[E] { return Change[E]{d.d.set(changeSet, v)} }

// Clear returns the change that removes the property.
func (d *Mailbox[E]) Clear() Change[E] { return Change[E]{d.d.clear()} }

// Content is a body.
type Content[E any] struct{ ReadContent[E] }

// Set returns the change of the body to v.
func (d *Content[E]) Set(v types.Body) Change[E] { return Change[E]{d.d.set(changeSet, v)} }

// Append returns the change that adds v to the body. An object in memory is
// left as it is: fetch it again.
func (d *Content[E]) Append(v types.Body) Change[E] { return Change[E]{d.d.set(changeAppend, v)} }

// Clear returns the change that empties the body.
func (d *Content[E]) Clear() Change[E] { return Change[E]{d.d.clear()} }

// Recipients is a list of e-mail addresses.
type Recipients[E any] struct{ base[E] }

// Get returns the property's value in item, nil if item's class lacks it. It
// does not tell empty from not loaded: ask item.Present.Has for that.
func (d *Recipients[E]) Get(item E) []types.EmailAddress {
	return get[[]types.EmailAddress](&d.d, item)
}

// Set returns the change of the list to v.
func (d *Recipients[E]) Set(v []types.EmailAddress) Change[E] {
	return Change[E]{d.d.set(changeSet, v)}
}

// Append returns the change that adds v to the list. An object in memory is
// left as it is: fetch it again.
func (d *Recipients[E]) Append(v []types.EmailAddress) Change[E] {
	return Change[E]{d.d.set(changeAppend, v)}
}

// Clear returns the change that removes the list.
func (d *Recipients[E]) Clear() Change[E] { return Change[E]{d.d.clear()} }

// Setting is a text, a number, a time or one of a set of values that the server
// does not search: it has no lookups but Exists.
type Setting[E, V any] struct{ base[E] }

// Get returns the property's value in item, zero if item's class lacks it. It
// does not tell zero from not loaded: ask item.Present.Has for that.
func (d *Setting[E, V]) Get(item E) V { return get[V](&d.d, item) }

// Set returns the change of the property to v.
func (d *Setting[E, V]) Set(v V) Change[E] { return Change[E]{d.d.set(changeSet, v)} }

// Clear returns the change that removes the property.
func (d *Setting[E, V]) Clear() Change[E] { return Change[E]{d.d.clear()} }

// Value is a property that has no lookups but Exists, and whose type is the
// field's own: a structure, a list of them, bytes.
type Value[E any] struct{ base[E] }

// From returns the change of the property to the value that it has in item; to
// nothing, as Clear, if it is empty there:
//
//	field.Message.Flag.From(&types.Message{Flag: types.Flag{FlagStatus: types.FlagStatusFlagged}})
func (d *Value[E]) From(item E) Change[E] { return Change[E]{d.d.from(changeSet, item)} }

// Append returns the change that adds the value that the property has in item
// to what it has on the server. The server can do that for attendees and the
// like; for other properties it answers ErrorInvalidPropertyAppend. An object in
// memory is left as it is: fetch it again.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/appendtoitemfield
func (d *Value[E]) Append(item E) Change[E] { return Change[E]{d.d.from(changeAppend, item)} }

// Clear returns the change that removes the property.
func (d *Value[E]) Clear() Change[E] { return Change[E]{d.d.clear()} }
