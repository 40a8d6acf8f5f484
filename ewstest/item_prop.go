package ewstest

import (
	"reflect"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/types"
)

// lookup returns the property of v at the path; ok is false if v lacks it or
// it has another type.
func lookup[V any](v types.Properties, uri string) (value V, ok bool) {
	p, known := classOf(v).prop(uri)
	if !known || !has(v, p) {
		return value, false
	}
	x, ok := v.PropertyPtr(p.Bit).(*V)
	if !ok {
		return value, false
	}
	return *x, true
}

// valueAt is lookup without the question whether it is there.
func valueAt[V any](v types.Properties, uri string) V {
	x, _ := lookup[V](v, uri)
	return x
}

// assign sets the property of v at the path, if v's class has one of type V.
func assign[V any](v types.Properties, uri string, value V) bool {
	p, ok := classOf(v).prop(uri)
	if !ok {
		return false
	}
	x, ok := v.PropertyPtr(p.Bit).(*V)
	if ok {
		*x = value
		v.PresenceSet().Add(p.Bit)
	}
	return ok
}

// assignDefault is assign for a property that v does not have.
func assignDefault[V any](v types.Properties, uri string, value V) {
	if !present(v, uri) {
		assign(v, uri, value)
	}
}

// present reports whether v has the property at the path.
func present(v types.Properties, uri string) bool {
	p, ok := classOf(v).prop(uri)
	return ok && has(v, p)
}

// unset takes the property at the path from v.
func unset(v types.Properties, uri string) {
	if p, ok := classOf(v).prop(uri); ok {
		drop(v, p)
	}
}

func drop(v types.Properties, p field.Info) {
	if x := v.PropertyPtr(p.Bit); x != nil {
		reflect.ValueOf(x).Elem().SetZero()
	}
	v.PresenceSet().Remove(p.Bit)
}

// equalProp reports whether a and b have the same value of the property, or
// both have none. Both are of one class.
func equalProp(a, b types.Properties, p field.Info) bool {
	if has(a, p) != has(b, p) {
		return false
	}
	return reflect.DeepEqual(a.PropertyPtr(p.Bit), b.PropertyPtr(p.Bit))
}

// props returns the item with its table of properties; nil for a response
// object, which has none.
func props(v types.Item) types.Properties {
	p, _ := v.(types.Properties)
	return p
}
