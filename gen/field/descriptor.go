// Package field has a descriptor for each property of each item and folder
// class: field.Message.Subject, field.CalendarItem.Start. A descriptor knows
// its class and the type of its values, so a query or an update that mixes
// classes does not compile.
//
// The descriptors are generated; what they can do is written by hand in this
// package. Nothing here talks to the server.
package field

import "github.com/seed-1937cc67/goews/gen/types"

// noBit is the bit of a property that no presence set covers: a repeated
// element.
const noBit = 255

// Path is the part of a descriptor that does not depend on class and value.
type Path struct {
	uri   string // FieldURI, as in "item:Subject"
	name  string // Go field, as in "Subject"
	bit   uint8
	other types.Path // of an entry or an extended property, else nil
}

// URI returns the property path, as in "item:Subject".
func (p Path) URI() string { return p.uri }

// Name returns the name of the Go field, as in "Subject".
func (p Path) Name() string { return p.name }

// PresenceBit returns the property's bit in a types.Presence.
func (p Path) PresenceBit() uint8 { return p.bit }

// Property returns the path as it is sent in a request.
func (p Path) Property() types.Path {
	if p.other != nil {
		return p.other
	}
	return &types.PathToUnindexedField{FieldURI: types.UnindexedFieldURI(p.uri)}
}

// Kind is the kind of a property's descriptor.
type Kind uint8

// The kinds.
const (
	KindValue   Kind = iota // no operators but Exists
	KindText                // strings
	KindOrdered             // numbers and times
	KindBool
	KindEnum
	KindList    // lists of strings
	KindMailbox // one e-mail address
	KindContent // the body
)

// Info is a row of a class's table of properties, for programs that look
// properties up by name.
type Info struct {
	Name     string // Go field, as in "ItemID"
	Element  string // local name of the XML element, as in "ItemId"
	URI      string // as in "item:ItemId"
	Bit      uint8  // bit in types.Presence; 255 if it has none
	Kind     Kind
	ReadOnly bool
	Since    string // first version, empty if the schema does not say
}

// Read is a property of class E with values of type V that a client can ask
// for, sort by and test for existence.
type Read[E, V any] struct{ Path }

// Get returns the property's value in item, which must not be nil. It does
// not tell zero from not loaded: ask item.Present.Has for that.
func (r Read[E, V]) Get(item *E) V {
	o, _ := any(item).(types.Properties)
	return r.ValueIn(o)
}

// ValueIn is Get for an item of any class: zero if the class lacks the
// property.
func (r Read[E, V]) ValueIn(o types.Properties) V {
	var zero V
	if o == nil {
		return zero
	}
	if p, ok := o.PropertyPtr(r.bit).(*V); ok {
		return *p
	}
	return zero
}
