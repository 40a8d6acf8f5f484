package orm

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/types"
)

// Condition is a condition in Django's spelling, made by Q.
type Condition struct {
	op    string // "and", "or", "not"; empty for a leaf
	parts []Condition
	key   string
	args  []any
}

// Q returns a condition in Django's spelling, for code ported from Python's
// exchangelib and for queries made from text: a field name of exchangelib's,
// then two underscores and a lookup. It is checked by Query.Where.
//
//	orm.Q("subject__icontains", "foo")
//	orm.Q("start__range", a, b)
//	orm.Q("categories__contains", "red", "green")
//	orm.Q("email_addresses__EmailAddress1__istartswith", "john")
//	orm.Q("author__exists", true)
//
// Without lookup it is equality; nil stands for "has none". The lookups are
// exact, iexact, contains, icontains, startswith, istartswith, in, range, gt,
// gte, lt, lte, not, exists.
func Q(key string, args ...any) Condition { return Condition{key: key, args: args} }

// And returns a condition that is met where c and all of others are.
func (c Condition) And(others ...Condition) Condition {
	return Condition{op: "and", parts: append([]Condition{c}, others...)}
}

// Or returns a condition that is met where c or one of others is.
func (c Condition) Or(others ...Condition) Condition {
	return Condition{op: "or", parts: append([]Condition{c}, others...)}
}

// Not returns a condition that is met where c is not.
func (c Condition) Not() Condition { return Condition{op: "not", parts: []Condition{c}} }

type anyFilter = field.Filter[types.Item]

func (c Condition) resolve(cl class) (types.SearchExpression, error) {
	f, err := c.filter(cl, 0)
	return f.Expression(), err
}

func (c Condition) filter(cl class, depth int) (anyFilter, error) {
	if depth > 100 {
		return anyFilter{}, &FieldError{Field: "condition", Reason: "is nested more than 100 deep"}
	}
	if c.op == "" {
		return c.leaf(cl)
	}
	var fs []anyFilter
	for _, p := range c.parts {
		f, err := p.filter(cl, depth+1)
		if err != nil {
			return anyFilter{}, err
		}
		fs = append(fs, f)
	}
	switch c.op {
	case "and":
		return field.And(fs...), nil
	case "or":
		return field.Or(fs...), nil
	}
	return fs[0].Not(), nil
}

var lookups = []string{"contains", "exact", "exists", "gt", "gte", "icontains", "iexact", "in", "istartswith", "lt", "lte", "not", "range", "startswith"}

// lookupsOf are the lookups that the server has for a kind of field.
func lookupsOf(k field.Kind) []string {
	switch k {
	case field.KindText:
		return lookups
	case field.KindOrdered:
		return []string{"exists", "gt", "gte", "in", "lt", "lte", "not", "range"}
	case field.KindBool:
		return []string{"exists", "not"}
	case field.KindEnum:
		return []string{"exists", "in", "not"}
	case field.KindList:
		return []string{"contains", "exists", "icontains", "in"}
	case field.KindMailbox:
		return []string{"contains", "exists", "icontains", "istartswith", "startswith"}
	case field.KindContent:
		return []string{"contains", "icontains"}
	}
	return []string{"exists"}
}

// leaf makes the restriction of one field.
func (c Condition) leaf(cl class) (anyFilter, error) {
	parts := strings.Split(c.key, "__")
	info, ok := byName(cl.item, parts[0])
	if !ok {
		return anyFilter{}, &FieldError{Field: parts[0], Reason: "is no field of a " + cl.name, Allowed: namesOf(cl.item)}
	}
	path, kind := types.Path(&types.PathToUnindexedField{FieldURI: types.UnindexedFieldURI(info.URI)}), info.Kind
	parts = parts[1:]
	if d, ok := dictionaries[info.URI]; ok {
		p, rest, err := d.entry(c.key, parts)
		if err != nil {
			return anyFilter{}, err
		}
		path, kind, parts = p, field.KindText, rest
	}
	lookup := ""
	if len(parts) > 0 {
		lookup = parts[0]
	}
	if len(parts) > 1 || lookup != "" && !slices.Contains(lookupsOf(kind), lookup) {
		return anyFilter{}, &FieldError{Field: c.key, Reason: "there is no such lookup for this field", Allowed: lookupsOf(kind)}
	}
	if lookup == "" && (kind == field.KindValue || kind == field.KindContent) {
		return anyFilter{}, &FieldError{Field: c.key, Reason: "the server can't compare this field", Allowed: lookupsOf(kind)}
	}
	return c.apply(path, kind, lookup)
}

func (c Condition) apply(path types.Path, kind field.Kind, lookup string) (anyFilter, error) {
	bad := func(reason string) (anyFilter, error) {
		return anyFilter{}, &FieldError{Field: c.key, Reason: reason}
	}
	args := flatten(c.args)
	exists := field.Custom[types.Item](&types.Exists{Path: path})
	switch {
	case lookup == "exists":
		if len(args) == 1 {
			if b, ok := args[0].(bool); ok {
				if b {
					return exists, nil
				}
				return exists.Not(), nil
			}
		}
		return bad("exists takes true or false")
	case len(args) == 1 && args[0] == nil:
		switch lookup {
		case "":
			return exists.Not(), nil
		case "not":
			return exists, nil
		}
		return bad("nil goes with equality and not alone")
	}
	texts := make([]string, len(args))
	for i, a := range args {
		s, err := constant(kind, a)
		if err != nil {
			return bad(err.Error())
		}
		texts[i] = s
	}
	at := pathFilter{path}
	switch lookup {
	case "in":
		var fs []anyFilter
		for _, s := range texts {
			fs = append(fs, at.compare(&types.IsEqualTo{}, s))
		}
		return field.Or(fs...), nil
	case "range":
		if len(texts) != 2 {
			return bad("range takes two values")
		}
		return at.compare(&types.IsGreaterThanOrEqualTo{}, texts[0]).And(at.compare(&types.IsLessThanOrEqualTo{}, texts[1])), nil
	case "contains", "icontains":
		if kind == field.KindList {
			var fs []anyFilter
			for _, s := range texts {
				fs = append(fs, at.contains(types.ContainmentModeSubstring, lookup == "icontains", s))
			}
			if len(fs) == 0 {
				return bad("contains takes at least one value")
			}
			return field.And(fs...), nil
		}
	}
	if len(texts) != 1 {
		return bad(fmt.Sprintf("takes one value, got %d", len(texts)))
	}
	v := texts[0]
	switch lookup {
	case "":
		return at.compare(&types.IsEqualTo{}, v), nil
	case "not":
		return at.compare(&types.IsNotEqualTo{}, v), nil
	case "gt":
		return at.compare(&types.IsGreaterThan{}, v), nil
	case "gte":
		return at.compare(&types.IsGreaterThanOrEqualTo{}, v), nil
	case "lt":
		return at.compare(&types.IsLessThan{}, v), nil
	case "lte":
		return at.compare(&types.IsLessThanOrEqualTo{}, v), nil
	case "exact", "iexact":
		return at.contains(types.ContainmentModeFullString, lookup == "iexact", v), nil
	case "startswith", "istartswith":
		return at.contains(types.ContainmentModePrefixed, lookup == "istartswith", v), nil
	}
	return at.contains(types.ContainmentModeSubstring, lookup == "icontains", v), nil
}

type pathFilter struct{ path types.Path }

func (p pathFilter) compare(e types.SearchExpression, v string) anyFilter {
	c := types.FieldURIOrConstant{Constant: types.ConstantValue{Value: v}, Present: types.FieldURIOrConstantHasConstant}
	switch e := e.(type) {
	case *types.IsEqualTo:
		e.Path, e.FieldURIOrConstant = p.path, c
	case *types.IsNotEqualTo:
		e.Path, e.FieldURIOrConstant = p.path, c
	case *types.IsGreaterThan:
		e.Path, e.FieldURIOrConstant = p.path, c
	case *types.IsGreaterThanOrEqualTo:
		e.Path, e.FieldURIOrConstant = p.path, c
	case *types.IsLessThan:
		e.Path, e.FieldURIOrConstant = p.path, c
	case *types.IsLessThanOrEqualTo:
		e.Path, e.FieldURIOrConstant = p.path, c
	}
	return field.Custom[types.Item](e)
}

func (p pathFilter) contains(mode types.ContainmentMode, ignoreCase bool, v string) anyFilter {
	e := &types.ContainsExpression{ContainmentMode: mode, ContainmentComparison: types.ContainmentComparisonExact, Path: p.path, Constant: types.ConstantValue{Value: v}}
	if ignoreCase {
		e.ContainmentComparison = types.ContainmentComparisonIgnoreCase
	}
	return field.Custom[types.Item](e)
}

// flatten spreads slices among the arguments, so that a list of values may be
// given as one.
func flatten(args []any) []any {
	var out []any
	for _, a := range args {
		if v := reflect.ValueOf(a); a != nil && v.Kind() == reflect.Slice {
			for i := range v.Len() {
				out = append(out, v.Index(i).Interface())
			}
			continue
		}
		out = append(out, a)
	}
	return out
}

// constant checks that v is a value for a field of the kind.
func constant(kind field.Kind, v any) (string, error) {
	if r := reflect.ValueOf(v); v != nil && r.Kind() == reflect.String {
		v = r.String() // enumerations, too
	}
	_, isText := v.(string)
	_, isBool := v.(bool)
	_, isTime := v.(time.Time)
	switch kind {
	case field.KindBool:
		if !isBool {
			return "", fmt.Errorf("takes true or false, not a %T", v)
		}
	case field.KindOrdered:
		if isText || isBool {
			return "", fmt.Errorf("takes a number or a time, not a %T", v)
		}
	default:
		if !isText || isTime {
			return "", fmt.Errorf("takes a string, not a %T", v)
		}
	}
	return field.Constant(v)
}
