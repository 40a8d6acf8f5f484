package field

import "github.com/seed-1937cc67/goews/gen/types"

// ReadText is a text that only the server sets.
type ReadText[E any] struct{ base[E] }

// Get returns the property's value in item, zero if item's class lacks it. It
// does not tell zero from not loaded: ask item.Present.Has for that.
func (r *ReadText[E]) Get(item E) string { return get[string](&r.d, item) }

// Asc sorts by the property, smallest first; items without it come first.
func (r *ReadText[E]) Asc() Order[E] { return Order[E]{r.d.order(types.SortDirectionAscending)} }

// Desc sorts by the property, greatest first; items without it come last.
func (r *ReadText[E]) Desc() Order[E] { return Order[E]{r.d.order(types.SortDirectionDescending)} }

// Equals is met by items whose text is v. The server ignores case.
func (r *ReadText[E]) Equals(v string) Filter[E] { return Filter[E]{r.d.compare(equal, v)} }

// NotEquals is met by items whose text is another than v, and by those that
// have none. The server ignores case.
func (r *ReadText[E]) NotEquals(v string) Filter[E] {
	return Filter[E]{r.d.compare(notEqual, v)}
}

// In is met by items whose text is one of values; by none without values.
func (r *ReadText[E]) In(values ...string) Filter[E] { return anyOf[E](r.d.path(), values) }

// Exactly is met by items whose text is v, in the same case.
func (r *ReadText[E]) Exactly(v string) Filter[E] {
	return Filter[E]{r.d.contains(types.ContainmentModeFullString, false, v)}
}

// IExactly is met by items whose text is v in any case.
func (r *ReadText[E]) IExactly(v string) Filter[E] {
	return Filter[E]{r.d.contains(types.ContainmentModeFullString, true, v)}
}

// Contains is met by items whose text has v in it, in the same case.
func (r *ReadText[E]) Contains(v string) Filter[E] {
	return Filter[E]{r.d.contains(types.ContainmentModeSubstring, false, v)}
}

// IContains is met by items whose text has v in it in any case.
func (r *ReadText[E]) IContains(v string) Filter[E] {
	return Filter[E]{r.d.contains(types.ContainmentModeSubstring, true, v)}
}

// StartsWith is met by items whose text begins with v, in the same case.
func (r *ReadText[E]) StartsWith(v string) Filter[E] {
	return Filter[E]{r.d.contains(types.ContainmentModePrefixed, false, v)}
}

// IStartsWith is met by items whose text begins with v in any case.
func (r *ReadText[E]) IStartsWith(v string) Filter[E] {
	return Filter[E]{r.d.contains(types.ContainmentModePrefixed, true, v)}
}

// GreaterThan is met by items whose text sorts after v.
func (r *ReadText[E]) GreaterThan(v string) Filter[E] {
	return Filter[E]{r.d.compare(greater, v)}
}

// AtLeast is met by items whose text is v or sorts after it.
func (r *ReadText[E]) AtLeast(v string) Filter[E] { return Filter[E]{r.d.compare(atLeast, v)} }

// LessThan is met by items whose text sorts before v.
func (r *ReadText[E]) LessThan(v string) Filter[E] { return Filter[E]{r.d.compare(less, v)} }

// AtMost is met by items whose text is v or sorts before it.
func (r *ReadText[E]) AtMost(v string) Filter[E] { return Filter[E]{r.d.compare(atMost, v)} }

// ReadOrdered is a number or a time that only the server sets.
type ReadOrdered[E, V any] struct{ base[E] }

// Get returns the property's value in item, zero if item's class lacks it. It
// does not tell zero from not loaded: ask item.Present.Has for that.
func (r *ReadOrdered[E, V]) Get(item E) V { return get[V](&r.d, item) }

// Asc sorts by the property, smallest first; items without it come first.
func (r *ReadOrdered[E, V]) Asc() Order[E] { return Order[E]{r.d.order(types.SortDirectionAscending)} }

// Desc sorts by the property, greatest first; items without it come last.
func (r *ReadOrdered[E, V]) Desc() Order[E] {
	return Order[E]{r.d.order(types.SortDirectionDescending)}
}

func (r *ReadOrdered[E, V]) compare(op comparison, v V) Filter[E] {
	s, _ := Constant(v)
	return Filter[E]{r.d.compare(op, s)}
}

// Equals is met by items whose value is v.
func (r *ReadOrdered[E, V]) Equals(v V) Filter[E] { return r.compare(equal, v) }

// NotEquals is met by items whose value is another than v, and by those that
// have none.
func (r *ReadOrdered[E, V]) NotEquals(v V) Filter[E] { return r.compare(notEqual, v) }

// In is met by items whose value is one of values; by none without values.
func (r *ReadOrdered[E, V]) In(values ...V) Filter[E] {
	fs := make([]Filter[E], len(values))
	for i, v := range values {
		fs[i] = r.Equals(v)
	}
	return Or(fs...)
}

// GreaterThan is met by items whose value is greater, or later, than v.
func (r *ReadOrdered[E, V]) GreaterThan(v V) Filter[E] { return r.compare(greater, v) }

// AtLeast is met by items whose value is v, or greater or later.
func (r *ReadOrdered[E, V]) AtLeast(v V) Filter[E] { return r.compare(atLeast, v) }

// LessThan is met by items whose value is less, or earlier, than v.
func (r *ReadOrdered[E, V]) LessThan(v V) Filter[E] { return r.compare(less, v) }

// AtMost is met by items whose value is v, or less or earlier.
func (r *ReadOrdered[E, V]) AtMost(v V) Filter[E] { return r.compare(atMost, v) }

// Range is met by items whose value is from a to b, both included.
func (r *ReadOrdered[E, V]) Range(a, b V) Filter[E] { return r.AtLeast(a).And(r.AtMost(b)) }

// ReadBool is a boolean that only the server sets.
type ReadBool[E any] struct{ base[E] }

// Get returns the property's value in item, zero if item's class lacks it. It
// does not tell zero from not loaded: ask item.Present.Has for that.
func (r *ReadBool[E]) Get(item E) bool { return get[bool](&r.d, item) }

// Asc sorts by the property, smallest first; items without it come first.
func (r *ReadBool[E]) Asc() Order[E] { return Order[E]{r.d.order(types.SortDirectionAscending)} }

// Desc sorts by the property, greatest first; items without it come last.
func (r *ReadBool[E]) Desc() Order[E] { return Order[E]{r.d.order(types.SortDirectionDescending)} }

// Is is met by items whose value is v. An item without the property meets
// neither Is(true) nor Is(false).
func (r *ReadBool[E]) Is(v bool) Filter[E] {
	s, _ := Constant(v)
	return Filter[E]{r.d.compare(equal, s)}
}

// ReadEnum is one of a set of values that only the server sets.
type ReadEnum[E any, V ~string] struct{ base[E] }

// Get returns the property's value in item, zero if item's class lacks it. It
// does not tell zero from not loaded: ask item.Present.Has for that.
func (r *ReadEnum[E, V]) Get(item E) V { return get[V](&r.d, item) }

// Asc sorts by the property, smallest first; items without it come first.
func (r *ReadEnum[E, V]) Asc() Order[E] { return Order[E]{r.d.order(types.SortDirectionAscending)} }

// Desc sorts by the property, greatest first; items without it come last.
func (r *ReadEnum[E, V]) Desc() Order[E] { return Order[E]{r.d.order(types.SortDirectionDescending)} }

// Equals is met by items whose value is v.
func (r *ReadEnum[E, V]) Equals(v V) Filter[E] {
	return Filter[E]{r.d.compare(equal, string(v))}
}

// NotEquals is met by items whose value is another than v, and by those that
// have none.
func (r *ReadEnum[E, V]) NotEquals(v V) Filter[E] {
	return Filter[E]{r.d.compare(notEqual, string(v))}
}

// In is met by items whose value is one of values; by none without values.
func (r *ReadEnum[E, V]) In(values ...V) Filter[E] {
	fs := make([]Filter[E], len(values))
	for i, v := range values {
		fs[i] = r.Equals(v)
	}
	return Or(fs...)
}

// ReadList is a list of texts that only the server sets.
type ReadList[E any] struct{ base[E] }

// Get returns the property's value in item, zero if item's class lacks it. It
// does not tell zero from not loaded: ask item.Present.Has for that.
func (r *ReadList[E]) Get(item E) []string { return get[[]string](&r.d, item) }

// Contains is met by items whose list has every one of values as an entry; by
// every item without values. The server ignores case, and has no search inside
// the entries.
func (r *ReadList[E]) Contains(values ...string) Filter[E] {
	fs := make([]Filter[E], len(values))
	for i, v := range values {
		fs[i] = r.Has(v)
	}
	return And(fs...)
}

// Has is met by items whose list has v as an entry. The server ignores case.
func (r *ReadList[E]) Has(v string) Filter[E] {
	return Filter[E]{r.d.compare(equal, v)}
}

// In is met by items whose list has one of values as an entry; by none
// without values.
func (r *ReadList[E]) In(values ...string) Filter[E] { return anyOf[E](r.d.path(), values) }

// ReadMailbox is an e-mail address that only the server sets.
type ReadMailbox[E any] struct{ base[E] }

// Get returns the property's value in item, zero if item's class lacks it. It
// does not tell zero from not loaded: ask item.Present.Has for that.
func (r *ReadMailbox[E]) Get(item E) types.EmailAddress { return get[types.EmailAddress](&r.d, item) }

// Asc sorts by the property, smallest first; items without it come first.
func (r *ReadMailbox[E]) Asc() Order[E] { return Order[E]{r.d.order(types.SortDirectionAscending)} }

// Desc sorts by the property, greatest first; items without it come last.
func (r *ReadMailbox[E]) Desc() Order[E] { return Order[E]{r.d.order(types.SortDirectionDescending)} }

func (r *ReadMailbox[E]) text() *ReadText[E] { return &ReadText[E]{r.base} }

// Equals is met by items whose display name or address is v. The server
// ignores case.
func (r *ReadMailbox[E]) Equals(v string) Filter[E] { return r.text().Equals(v) }

// Contains is met by items whose display name or address has v in it, in the
// same case.
func (r *ReadMailbox[E]) Contains(v string) Filter[E] { return r.text().Contains(v) }

// IContains is met by items whose display name or address has v in it in any
// case.
func (r *ReadMailbox[E]) IContains(v string) Filter[E] { return r.text().IContains(v) }

// StartsWith is met by items whose display name or address begins with v, in
// the same case.
func (r *ReadMailbox[E]) StartsWith(v string) Filter[E] { return r.text().StartsWith(v) }

// IStartsWith is met by items whose display name or address begins with v in
// any case.
func (r *ReadMailbox[E]) IStartsWith(v string) Filter[E] { return r.text().IStartsWith(v) }

// ReadContent is a body that only the server sets.
type ReadContent[E any] struct{ base[E] }

// Get returns the property's value in item, zero if item's class lacks it. It
// does not tell zero from not loaded: ask item.Present.Has for that.
func (r *ReadContent[E]) Get(item E) types.Body { return get[types.Body](&r.d, item) }

// Contains is met by items whose body has v in it, in the same case. The
// server looks through the whole text of every item of the folder, which takes
// time; a query string ("body:word") uses its index instead.
func (r *ReadContent[E]) Contains(v string) Filter[E] {
	return Filter[E]{r.d.contains(types.ContainmentModeSubstring, false, v)}
}

// IContains is Contains in any case.
func (r *ReadContent[E]) IContains(v string) Filter[E] {
	return Filter[E]{r.d.contains(types.ContainmentModeSubstring, true, v)}
}

// ReadValue is a property that only the server sets, and that has no lookups
// but Exists.
type ReadValue[E any] struct{ base[E] }

// Mask is met by items none of whose bits of mask are set (t:Excludes), for
// integers such as flags in an extended property.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/excludes
func Mask[E any](p Property[E], mask uint32) Filter[E] {
	s, _ := Constant(int64(mask))
	return Filter[E]{&types.Excludes{Path: p.Property(), Bitmask: types.ExcludesValue{Value: s}}}
}

// Comparison is a comparison of two properties.
type Comparison = comparison

// The comparisons.
const (
	Equal    = equal
	NotEqual = notEqual
	Greater  = greater
	AtLeast  = atLeast
	Less     = less
	AtMost   = atMost
)

// Compare is met by items whose first property compares with their second as
// op says, as in
//
//	field.Compare(field.Message.DateTimeSent, field.Less, field.Message.DateTimeReceived)
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/fielduriorconstant
func Compare[E any](a Property[E], op Comparison, b Property[E]) Filter[E] {
	return Filter[E]{compareTo(op, a.Property(), types.FieldURIOrConstant{Path: b.Property()})}
}
