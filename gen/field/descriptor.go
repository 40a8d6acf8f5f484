// Package field has a descriptor for each property of each item and folder
// class: field.Message.Subject, field.CalendarItem.Start. A descriptor knows
// its class and the type of its values, so a query or a change that mixes
// classes does not compile.
//
// The class is the type parameter E: a pointer to the class's struct, such as
// *types.Message; for field.Item, which serves folders of mixed classes, it is
// the interface types.Item, and for field.Folder types.BaseFolder.
//
// The descriptors are generated; what they can do is written by hand in this
// package. Nothing here talks to the server.
package field

import (
	"reflect"
	"slices"

	"github.com/seed-1937cc67/goews/gen/types"
)

// noBit is the bit of a property that no presence set covers: a repeated
// element.
const noBit = 255

// Kind is the kind of a property's descriptor.
type Kind uint8

// The kinds.
const (
	KindValue   Kind = iota // no operators but Exists
	KindText                // strings
	KindOrdered             // numbers and times
	KindBool
	KindEnum
	KindList       // lists of strings
	KindMailbox    // one e-mail address
	KindContent    // the body
	KindRecipients // lists of e-mail addresses; no operators but Exists
	KindSetting    // texts, numbers, times, enumerations that the server does not search
)

// Info is what there is to know about a property, for programs that look
// properties up by name.
type Info struct {
	Name     string // Go field, as in "ItemID"
	Element  string // local name of the XML element, as in "ItemId"
	URI      string // property path, as in "item:ItemId"; empty for an extended property
	Bit      uint8  // bit in types.Presence; 255 if it has none
	Kind     Kind
	ReadOnly bool
	Since    string // first version, empty for Exchange2007_SP1
	Until    string // last version, empty if the newest has it
	Online   bool   // Exchange Online alone
}

// class is an item or folder class: what a property needs to know of it.
type class struct {
	make func() types.Properties     // a new, empty object
	fits func(types.Properties) bool // reports whether an object is of the class
	// props returns the properties of the class, in schema order. It is a
	// function so that the linker lays the class out, and leaves it out of a
	// program that has no use for it.
	props func() []Info
}

// fits reports whether v is of class E.
func fits[E any](v types.Properties) bool {
	_, ok := v.(E)
	return ok
}

// classOf returns the class of a descriptor made at run time, nil if E is
// none.
func classOf[E any]() *class {
	switch any((*E)(nil)).(type) {
	case *types.Item:
		return &classItem
	case *types.BaseFolder:
		return &classFolder
	}
	var zero E
	return ofClass(zero)
}

// desc is what every descriptor consists of. It has all the work, so that the
// generic types about it are thin: each of their methods is compiled for each
// class and each type of values.
type desc struct {
	_     [0]func() // not comparable, so that no equality is compiled for each type
	class *class
	info  *Info
	other types.Path // of an entry or an extended property, else nil
}

//go:noinline
func (d *desc) path() types.Path {
	if d.other != nil {
		return d.other
	}
	return &types.PathToUnindexedField{FieldURI: types.UnindexedFieldURI(d.info.URI)}
}

//go:noinline
func (d *desc) exists() types.SearchExpression { return &types.Exists{Path: d.path()} }

//go:noinline
func (d *desc) order(dir types.SortDirection) types.FieldOrder {
	return types.FieldOrder{Order: dir, Path: d.path()}
}

// object returns item as an object with properties, nil if it is none, or a nil
// pointer.
func object(item any) types.Properties {
	o, ok := item.(types.Properties)
	if v := reflect.ValueOf(item); !ok || v.Kind() == reflect.Pointer && v.IsNil() {
		return nil
	}
	return o
}

// pointer returns a pointer to the property in item, nil if item's class lacks
// it.
//
//go:noinline
func (d *desc) pointer(item any) any {
	if o := object(item); o != nil {
		return o.PropertyPtr(d.info.Bit)
	}
	return nil
}

// get returns the value of the property in item: zero if item's class lacks it.
func get[V any](d *desc, item any) V {
	if p, ok := d.pointer(item).(*V); ok {
		return *p
	}
	var zero V
	return zero
}

// Get returns the value of the property p in an item of any class, as in
// field.Get[types.ItemID](field.Item.ItemID, item). It is zero if item's class
// lacks p, or has no V there.
func Get[V any](p interface{ PresenceBit() uint8 }, item types.Properties) V {
	if o := object(item); o != nil {
		if v, ok := o.PropertyPtr(p.PresenceBit()).(*V); ok {
			return *v
		}
	}
	var zero V
	return zero
}

// Of returns the properties of the class of v, in schema order; nil if v is of
// no class that has property paths. The slice is shared: do not change it.
func Of(v any) []Info {
	if c := ofClass(v); c != nil {
		return c.props()
	}
	return nil
}

// Find returns the property of v's class that is, by URI, like "item:Subject".
func Find(v any, uri string) (Info, bool) {
	props := Of(v)
	i := slices.IndexFunc(props, func(f Info) bool { return f.URI == uri })
	if i < 0 {
		return Info{}, false
	}
	return props[i], true
}
