package field

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/seed-1937cc67/goews/gen/types"
)

// Filter is a condition on the properties of class E. The zero value is met
// by every item. Operators of the descriptors make filters:
//
//	field.Message.Subject.IContains("invoice").And(field.Message.IsRead.Is(false))
type Filter[E any] struct{ expr types.SearchExpression }

// Custom returns a filter of a restriction made by hand, for what the
// operators do not say. That its paths fit class E is up to the caller.
func Custom[E any](e types.SearchExpression) Filter[E] { return Filter[E]{e} }

// Expression returns the restriction as it is sent, nil if the filter is met
// by every item. It is shared: do not change it.
func (f Filter[E]) Expression() types.SearchExpression { return f.expr }

// And returns a filter that is met where f and all of others are.
func (f Filter[E]) And(others ...Filter[E]) Filter[E] {
	return And(append([]Filter[E]{f}, others...)...)
}

// Or returns a filter that is met where f or one of others is.
func (f Filter[E]) Or(others ...Filter[E]) Filter[E] {
	return Or(append([]Filter[E]{f}, others...)...)
}

// Not returns a filter that is met where f is not. An item without the
// property meets it.
func (f Filter[E]) Not() Filter[E] {
	switch e := f.expr.(type) {
	case nil:
		// Nothing meets it: every item has a class.
		return Filter[E]{&types.Not{SearchExpression: &types.Exists{Path: itemClass}}}
	case *types.Not:
		return Filter[E]{e.SearchExpression}
	}
	return Filter[E]{&types.Not{SearchExpression: f.expr}}
}

var itemClass types.Path = &types.PathToUnindexedField{FieldURI: types.UnindexedFieldURIItemItemClass}

// And returns a filter that is met where all of fs are; by every item if there
// are none.
func And[E any](fs ...Filter[E]) Filter[E] {
	var list []types.SearchExpression
	for _, f := range fs {
		switch e := f.expr.(type) {
		case nil:
		case *types.And:
			list = append(list, e.SearchExpressions...)
		default:
			list = append(list, e)
		}
	}
	switch len(list) {
	case 0:
		return Filter[E]{}
	case 1:
		return Filter[E]{list[0]}
	}
	return Filter[E]{&types.And{SearchExpressions: list}}
}

// Or returns a filter that is met where one of fs is; by no item if there are
// none.
func Or[E any](fs ...Filter[E]) Filter[E] {
	var list []types.SearchExpression
	for _, f := range fs {
		switch e := f.expr.(type) {
		case nil:
			return Filter[E]{}
		case *types.Or:
			list = append(list, e.SearchExpressions...)
		default:
			list = append(list, e)
		}
	}
	switch len(list) {
	case 0:
		return Filter[E]{}.Not()
	case 1:
		return Filter[E]{list[0]}
	}
	return Filter[E]{&types.Or{SearchExpressions: list}}
}

// Not returns a filter that is met where f is not.
func Not[E any](f Filter[E]) Filter[E] { return f.Not() }

// Order is one key of a sort order.
type Order[E any] struct{ order types.FieldOrder }

// FieldOrder returns the key as it is sent.
func (o Order[E]) FieldOrder() types.FieldOrder { return o.order }

// SortKey is an Order of any class, for code that does not know the class.
type SortKey interface{ FieldOrder() types.FieldOrder }

// Property is a property of class E, whatever its values are: what a query can
// be told to fetch. Every descriptor is one.
type Property[E any] interface {
	// Property returns the path as it is sent in a request.
	Property() types.Path
	// PresenceBit returns the property's bit in a types.Presence.
	PresenceBit() uint8
	of(E)
}

// base is what every descriptor of class E can do.
type base[E any] struct{ d desc }

func (b *base[E]) of(E) {}

// Property returns the path as it is sent in a request.
func (b *base[E]) Property() types.Path { return b.d.path() }

// PresenceBit returns the property's bit in a types.Presence.
func (b *base[E]) PresenceBit() uint8 { return b.d.info.Bit }

// Exists is met by items that have the property. Exists().Not() is met by those
// that do not.
func (b *base[E]) Exists() Filter[E] { return Filter[E]{b.d.exists()} }

// The comparisons, on any path.

type comparison uint8

const (
	equal comparison = iota
	notEqual
	greater
	atLeast
	less
	atMost
)

func compare(op comparison, p types.Path, value string) types.SearchExpression {
	c := types.FieldURIOrConstant{Constant: types.ConstantValue{Value: value}}
	c.Present |= types.FieldURIOrConstantHasConstant
	return compareTo(op, p, c)
}

func compareTo(op comparison, p types.Path, c types.FieldURIOrConstant) types.SearchExpression {
	switch op {
	case notEqual:
		return &types.IsNotEqualTo{Path: p, FieldURIOrConstant: c}
	case greater:
		return &types.IsGreaterThan{Path: p, FieldURIOrConstant: c}
	case atLeast:
		return &types.IsGreaterThanOrEqualTo{Path: p, FieldURIOrConstant: c}
	case less:
		return &types.IsLessThan{Path: p, FieldURIOrConstant: c}
	case atMost:
		return &types.IsLessThanOrEqualTo{Path: p, FieldURIOrConstant: c}
	}
	return &types.IsEqualTo{Path: p, FieldURIOrConstant: c}
}

func contains(p types.Path, mode types.ContainmentMode, ignoreCase bool, value string) types.SearchExpression {
	c := &types.ContainsExpression{
		ContainmentMode: mode, ContainmentComparison: types.ContainmentComparisonExact,
		Path: p, Constant: types.ConstantValue{Value: value},
	}
	if ignoreCase {
		c.ContainmentComparison = types.ContainmentComparisonIgnoreCase
	}
	return c
}

func anyOf[E any](p types.Path, values []string) Filter[E] {
	fs := make([]Filter[E], len(values))
	for i, v := range values {
		fs[i] = Filter[E]{compare(equal, p, v)}
	}
	return Or(fs...)
}

// ErrValue is the class of errors about a value that a property cannot be
// compared with.
var ErrValue = errors.New("field: the value does not fit the property")

// Constant returns v as the text that a restriction has for it: times as
// xs:dateTime in UTC, booleans as true and false, numbers in decimal. It fails
// with ErrValue for other kinds of values.
func Constant(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case bool:
		return strconv.FormatBool(v), nil
	case int:
		return strconv.Itoa(v), nil
	case int16:
		return strconv.Itoa(int(v)), nil
	case int32:
		return strconv.Itoa(int(v)), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64), nil
	case time.Time:
		return timeText(v), nil
	case fmt.Stringer:
		return v.String(), nil
	}
	return "", fmt.Errorf("%w: a %T", ErrValue, v)
}

func timeText(t time.Time) string {
	if t.Location() == types.Floating {
		return t.Format("2006-01-02T15:04:05.999999999")
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// compare and contains are kept out of line, as everything that the methods of
// descriptors call: they are compiled for each class.
//
//go:noinline
func (d *desc) compare(op comparison, value string) types.SearchExpression {
	return compare(op, d.path(), value)
}

//go:noinline
func (d *desc) contains(mode types.ContainmentMode, ignoreCase bool, value string) types.SearchExpression {
	return contains(d.path(), mode, ignoreCase, value)
}
