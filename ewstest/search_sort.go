package ewstest

import (
	"slices"
	"strings"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// sortKey is one key of a sort order.
type sortKey struct {
	*operand
	descending bool
}

// sorted is a row of a result with the values it is sorted by.
type sorted[T any] struct {
	of   T
	keys []sortValue
}

// sortValue is the value of a key, of a list the first one; of a text it is
// the collation key.
type sortValue struct {
	value
	missing bool
}

// sortable resolves the path of a sort key or a grouping.
func (k *compiler) sortable(path types.Path) (*operand, error) {
	if path == nil {
		return nil, failf(messages.ErrorUnsupportedPathForSortGroup, "A sort order or a grouping names no property.")
	}
	o, err := k.voc.operand(path)
	if err == nil && (o == nil || o.typ == contentType || o.typ == idType) {
		err = propFailure(messages.ErrorUnsupportedPathForSortGroup, path)
	}
	return o, err
}

// sortKeys resolves a sort order.
func (k *compiler) sortKeys(order []types.FieldOrder) ([]sortKey, error) {
	var keys []sortKey
	for _, f := range order {
		o, err := k.sortable(f.Path)
		if err != nil {
			return nil, err
		}
		keys = append(keys, sortKey{o, f.Order == types.SortDirectionDescending})
	}
	return keys, nil
}

// sortRows sorts rows by the keys: those that lack a property come first, or
// last if it descends. Rows that are equal keep their order.
func sortRows[T any](rows []T, keys []sortKey, r *row, at func(*row, T)) {
	if len(keys) == 0 || len(rows) < 2 {
		return
	}
	values := make([]sortValue, len(rows)*len(keys))
	list := make([]sorted[T], len(rows))
	for i, x := range rows {
		at(r, x)
		list[i] = sorted[T]{x, values[i*len(keys) : (i+1)*len(keys)]}
		for j, k := range keys {
			list[i].keys[j] = k.first(r)
		}
	}
	slices.SortStableFunc(list, func(a, b sorted[T]) int { return compareKeys(keys, a.keys, b.keys) })
	for i := range list {
		rows[i] = list[i].of
	}
}

// first returns the value that r is sorted by.
func (o *operand) first(r *row) sortValue {
	vs := o.values(r)
	if len(vs) == 0 {
		return sortValue{missing: true}
	}
	v := sortValue{value: vs[0]}
	if o.typ.isText() {
		// Made once, not with each comparison.
		v.text = collationKey(v.text)
	}
	return v
}

func compareKeys(keys []sortKey, a, b []sortValue) int {
	for i, k := range keys {
		n := k.order(a[i], b[i])
		if k.descending {
			n = -n
		}
		if n != 0 {
			return n
		}
	}
	return 0
}

// order compares two values, one that is missing before all others.
func (o *operand) order(a, b sortValue) int {
	switch {
	case a.missing && b.missing:
		return 0
	case a.missing:
		return -1
	case b.missing:
		return 1
	}
	if o.typ.isText() {
		return strings.Compare(a.text, b.text)
	}
	return o.typ.compare(a.value, b.value)
}
