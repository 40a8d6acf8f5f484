package ewstest

import (
	"reflect"
	"sync"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/types"
)

// class is what the server knows of an item or folder class: its properties.
type class struct {
	typ   reflect.Type // the struct
	props []field.Info
	byURI map[string]int // positions in props
}

var classes sync.Map // reflect.Type of a pointer -> *class: computed once, never changed

// classOf returns the class of v.
func classOf(v types.Properties) *class {
	t := reflect.TypeOf(v)
	if c, ok := classes.Load(t); ok {
		return c.(*class)
	}
	c := &class{typ: t.Elem(), props: field.Of(v), byURI: map[string]int{}}
	for i, p := range c.props {
		if _, ok := c.byURI[p.URI]; !ok {
			c.byURI[p.URI] = i
		}
	}
	got, _ := classes.LoadOrStore(t, c)
	return got.(*class)
}

// prop returns the property with the path.
func (c *class) prop(uri string) (field.Info, bool) {
	i, ok := c.byURI[uri]
	if !ok {
		return field.Info{}, false
	}
	return c.props[i], true
}

// new returns an empty object of the class.
func (c *class) new() types.Properties {
	return reflect.New(c.typ).Interface().(types.Properties)
}

// clone returns a shallow copy: what it holds is shared with v, and so must be
// replaced, not changed.
func clone[T types.Properties](v T) T {
	n := reflect.New(reflect.TypeOf(v).Elem())
	n.Elem().Set(reflect.ValueOf(v).Elem())
	return n.Interface().(T)
}

// copyProp copies the property from src to dst, if src has it.
func copyProp(dst, src types.Properties, p field.Info) bool {
	if !has(src, p) {
		return false
	}
	to, from := dst.PropertyPtr(p.Bit), src.PropertyPtr(p.Bit)
	if to == nil || from == nil {
		return false
	}
	reflect.ValueOf(to).Elem().Set(reflect.ValueOf(from).Elem())
	dst.PresenceSet().Add(p.Bit)
	return true
}

// has reports whether v has the property.
func has(v types.Properties, p field.Info) bool { return v.PresenceSet().HasBit(p.Bit) }

// set sets a property of v, which must have type V.
func set[V any](v types.Properties, d interface{ PresenceBit() uint8 }, value V) bool {
	p, ok := v.PropertyPtr(d.PresenceBit()).(*V)
	if ok {
		*p = value
		v.PresenceSet().Add(d.PresenceBit())
	}
	return ok
}

// get returns a property of v, zero if v's class lacks it.
func get[V any](v types.Properties, d interface{ PresenceBit() uint8 }) V {
	if p, ok := v.PropertyPtr(d.PresenceBit()).(*V); ok {
		return *p
	}
	var zero V
	return zero
}

// newer reports whether the property came after version.
func newer(p field.Info, version types.ExchangeVersion) bool {
	return p.Since != "" && version.Before(types.ExchangeVersion(p.Since))
}
