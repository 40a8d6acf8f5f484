package ewstest

import (
	"strconv"
	"strings"
	"time"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// maxNodes bounds a restriction: more is ErrorRestrictionTooLong.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode
const maxNodes = 255

// condition reports whether a row meets a restriction.
type condition func(r *row) bool

// compiler makes a condition of a restriction: names are resolved and
// constants are read once, not once an item.
type compiler struct {
	voc     *vocabulary
	version types.ExchangeVersion
	loc     *time.Location // of constants without a zone
	nodes   int
}

// compile returns the condition that e is, nil if e is nil.
func (k *compiler) compile(e types.SearchExpression) (condition, error) {
	if e == nil {
		return nil, nil
	}
	return k.expression(e)
}

func (k *compiler) expression(e types.SearchExpression) (condition, error) {
	if k.nodes++; k.nodes > maxNodes {
		return nil, fail(messages.ErrorRestrictionTooLong)
	}
	switch e := e.(type) {
	case *types.And:
		cs, err := k.list(e.SearchExpressions)
		return allOf(cs), err
	case *types.Or:
		cs, err := k.list(e.SearchExpressions)
		return oneOf(cs), err
	case *types.Not:
		c, err := k.expression(e.SearchExpression)
		if err != nil {
			return nil, err
		}
		return func(r *row) bool { return !c(r) }, nil
	case *types.Exists:
		return k.exists(e)
	case *types.Excludes:
		return k.excludes(e)
	case *types.ContainsExpression:
		return k.contains(e)
	case *types.Near:
		return k.near(e)
	case *types.IsEqualTo:
		return k.comparison(e.Path, e.FieldURIOrConstant, isEqual)
	case *types.IsNotEqualTo:
		return k.comparison(e.Path, e.FieldURIOrConstant, isNotEqual)
	case *types.IsGreaterThan:
		return k.comparison(e.Path, e.FieldURIOrConstant, isGreater)
	case *types.IsGreaterThanOrEqualTo:
		return k.comparison(e.Path, e.FieldURIOrConstant, isAtLeast)
	case *types.IsLessThan:
		return k.comparison(e.Path, e.FieldURIOrConstant, isLess)
	case *types.IsLessThanOrEqualTo:
		return k.comparison(e.Path, e.FieldURIOrConstant, isAtMost)
	}
	// Only a request that was not held against the schema gets here.
	return nil, failf(messages.ErrorInvalidRestriction, "The restriction has an expression that is empty.")
}

func (k *compiler) list(es []types.SearchExpression) ([]condition, error) {
	if len(es) == 0 {
		return nil, failf(messages.ErrorInvalidRestriction, "The restriction has an And or Or without operands.")
	}
	cs := make([]condition, 0, len(es))
	for _, e := range es {
		c, err := k.expression(e)
		if err != nil {
			return nil, err
		}
		cs = append(cs, c)
	}
	return cs, nil
}

// operand resolves the path of a restriction.
func (k *compiler) operand(path types.Path) (*operand, error) {
	if path == nil {
		return nil, failf(messages.ErrorInvalidRestriction, "An expression of the restriction names no property.")
	}
	o, err := k.voc.operand(path)
	if err == nil && o == nil {
		err = propFailure(messages.ErrorUnsupportedPathForQuery, path)
	}
	return o, err
}

func (k *compiler) exists(e *types.Exists) (condition, error) {
	o, err := k.operand(e.Path)
	if err != nil {
		return nil, err
	}
	return func(r *row) bool { return len(o.values(r)) > 0 }, nil
}

// excludes is met if none of the mask's bits is set in the property, and by
// items that lack it.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/excludes
func (k *compiler) excludes(e *types.Excludes) (condition, error) {
	o, err := k.operand(e.Path)
	if err != nil {
		return nil, err
	}
	if o.typ != integerType || o.list {
		return nil, propFailure(messages.ErrorUnsupportedPathForQuery, e.Path)
	}
	mask, ok := parseMask(e.Bitmask.Value)
	if !ok {
		return nil, propFailure(messages.ErrorInvalidExcludesRestriction, e.Path)
	}
	return func(r *row) bool {
		for _, v := range o.values(r) {
			if v.num&mask != 0 {
				return false
			}
		}
		return true
	}, nil
}

// parseMask reads a bit mask, decimal or with 0x hexadecimal, of 32 bits.
func parseMask(s string) (int64, bool) {
	s = strings.TrimSpace(s)
	base := 10
	if len(s) > 2 && (s[:2] == "0x" || s[:2] == "0X") {
		s, base = s[2:], 16
	}
	n, err := strconv.ParseUint(s, base, 32)
	return int64(n), err == nil
}

// relation is how two values compare.
type relation uint8

const (
	isEqual relation = iota
	isNotEqual
	isGreater
	isAtLeast
	isLess
	isAtMost
)

// holds reports whether a rel b. Texts compare without regard to case, as the
// store's do.
func (rel relation) holds(t valueType, a, b value) bool {
	switch rel {
	case isEqual, isNotEqual:
		return t.equal(a, b)
	case isGreater:
		return t.compare(a, b) > 0
	case isAtLeast:
		return t.compare(a, b) >= 0
	case isLess:
		return t.compare(a, b) < 0
	}
	return t.compare(a, b) <= 0
}

// comparison is a relation of a property to a constant or to another
// property. Of several values one suffices. An item without the property
// meets IsNotEqualTo alone.
func (k *compiler) comparison(path types.Path, with types.FieldURIOrConstant, rel relation) (condition, error) {
	o, err := k.operand(path)
	if err != nil {
		return nil, err
	}
	if rel > isNotEqual && (o.typ == idType || o.typ == guidType) {
		return nil, propFailure(messages.ErrorUnsupportedPathForQuery, path)
	}
	not := rel == isNotEqual
	if with.Path != nil {
		other, err := k.operand(with.Path)
		if err != nil {
			return nil, err
		}
		c := fields(o, other, rel, not)
		if c == nil {
			return nil, propFailure(messages.ErrorInvalidValueForProperty, path)
		}
		return c, nil
	}
	want, ok := o.typ.parse(with.Constant.Value, k.loc, o.enum)
	if !ok {
		return nil, propFailure(messages.ErrorInvalidValueForProperty, path)
	}
	return func(r *row) bool {
		for _, v := range o.values(r) {
			if rel.holds(o.typ, v, want) {
				return !not
			}
		}
		return not
	}, nil
}

// fields compares two properties of an item; it is nil if they have types that
// do not compare.
func fields(a, b *operand, rel relation, not bool) condition {
	typ, ok := common(a, b)
	if !ok {
		return nil
	}
	return func(r *row) bool {
		var held [4]value
		left := append(held[:0], a.values(r)...)
		for _, y := range b.values(r) {
			for _, x := range left {
				if rel.holds(typ, a.as(typ, x), b.as(typ, y)) {
					return !not
				}
			}
		}
		return not
	}
}

// common returns the type in which values of a and b are compared.
func common(a, b *operand) (valueType, bool) {
	texts := func(t valueType) bool { return t == textType || t == mailboxType || t == contentType }
	numbers := func(t valueType) bool { return t == integerType || t == realType }
	switch {
	case a.typ == enumType && b.typ == enumType:
		return enumType, strings.Join(a.enum, " ") == strings.Join(b.enum, " ")
	case a.typ == b.typ:
		return a.typ, true
	case texts(a.typ) && texts(b.typ):
		return textType, true
	case numbers(a.typ) && numbers(b.typ):
		return realType, true
	}
	return noType, false
}

// as converts a value of o to the type.
func (o *operand) as(t valueType, v value) value {
	if t == realType && o.typ == integerType {
		v.real = float64(v.num)
	}
	return v
}
