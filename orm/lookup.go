package orm

import (
	"fmt"
	"reflect"
	"strconv"
	"time"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/types"
)

// lookups are those that the server has for the property; the empty one is
// equality.
func (t target) lookups() []string {
	switch t.kind {
	case field.KindText:
		return []string{"", "contains", "exact", "exists", "gt", "gte", "icontains", "iexact", "in", "istartswith", "lt", "lte", "not", "range", "startswith"}
	case field.KindOrdered:
		return []string{"", "exists", "gt", "gte", "in", "lt", "lte", "not", "range"}
	case field.KindBool:
		return []string{"", "exists", "not"}
	case field.KindEnum:
		return []string{"", "exists", "in", "not"}
	case field.KindList:
		return []string{"", "contains", "exists", "in"}
	case field.KindMailbox:
		return []string{"", "contains", "exact", "exists", "icontains", "iexact", "in", "istartswith", "not", "startswith"}
	case field.KindContent:
		return []string{"contains", "exists", "icontains"}
	}
	if _, ok := t.value.(*types.ItemID); ok { // a conversation's
		return []string{"", "exists"}
	}
	return []string{"exists"}
}

func (c Condition) apply(t target, lookup string) (anyFilter, error) {
	bad := func(format string, args ...any) (anyFilter, error) {
		return anyFilter{}, &FieldError{Field: c.key, Reason: fmt.Sprintf(format, args...)}
	}
	args := flatten(c.args)
	exists := field.Custom[types.Item](&types.Exists{Path: t.path})
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
		return bad("takes true or false")
	case len(args) == 1 && args[0] == nil:
		switch lookup {
		case "":
			return exists.Not(), nil
		case "not":
			return exists, nil
		}
		return bad("can't have nil: that goes with equality, not, or exists alone")
	}
	texts := make([]string, len(args))
	for i, a := range args {
		s, err := t.constant(a)
		if err != nil {
			return bad("takes %v", err)
		}
		texts[i] = s
	}
	each := func(f func(string) anyFilter) []anyFilter {
		fs := make([]anyFilter, len(texts))
		for i, s := range texts {
			fs[i] = f(s)
		}
		return fs
	}
	equal := func(s string) anyFilter { return t.compare(&types.IsEqualTo{}, s) }
	switch {
	case lookup == "in":
		return field.Or(each(equal)...), nil
	case lookup == "contains" && t.kind == field.KindList:
		return field.And(each(equal)...), nil
	case lookup == "range":
		if len(texts) != 2 {
			return bad("takes two values, not %d", len(texts))
		}
		return t.compare(&types.IsGreaterThanOrEqualTo{}, texts[0]).And(t.compare(&types.IsLessThanOrEqualTo{}, texts[1])), nil
	case len(texts) != 1:
		return bad("takes one value, not %d", len(texts))
	}
	v := texts[0]
	switch lookup {
	case "":
		return equal(v), nil
	case "not":
		return t.compare(&types.IsNotEqualTo{}, v), nil
	case "gt":
		return t.compare(&types.IsGreaterThan{}, v), nil
	case "gte":
		return t.compare(&types.IsGreaterThanOrEqualTo{}, v), nil
	case "lt":
		return t.compare(&types.IsLessThan{}, v), nil
	case "lte":
		return t.compare(&types.IsLessThanOrEqualTo{}, v), nil
	case "exact", "iexact":
		return t.contains(types.ContainmentModeFullString, lookup == "iexact", v), nil
	case "startswith", "istartswith":
		return t.contains(types.ContainmentModePrefixed, lookup == "istartswith", v), nil
	}
	return t.contains(types.ContainmentModeSubstring, lookup == "icontains", v), nil
}

func (t target) compare(e types.SearchExpression, v string) anyFilter {
	c := types.FieldURIOrConstant{Constant: types.ConstantValue{Value: v}, Present: types.FieldURIOrConstantHasConstant}
	switch e := e.(type) {
	case *types.IsEqualTo:
		e.Path, e.FieldURIOrConstant = t.path, c
	case *types.IsNotEqualTo:
		e.Path, e.FieldURIOrConstant = t.path, c
	case *types.IsGreaterThan:
		e.Path, e.FieldURIOrConstant = t.path, c
	case *types.IsGreaterThanOrEqualTo:
		e.Path, e.FieldURIOrConstant = t.path, c
	case *types.IsLessThan:
		e.Path, e.FieldURIOrConstant = t.path, c
	case *types.IsLessThanOrEqualTo:
		e.Path, e.FieldURIOrConstant = t.path, c
	}
	return field.Custom[types.Item](e)
}

func (t target) contains(mode types.ContainmentMode, ignoreCase bool, v string) anyFilter {
	e := &types.ContainsExpression{ContainmentMode: mode, ContainmentComparison: types.ContainmentComparisonExact, Path: t.path, Constant: types.ConstantValue{Value: v}}
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

// constant returns v as a restriction has it. Its error says what the property
// takes.
func (t target) constant(v any) (string, error) {
	wrong := func(what string) (string, error) {
		if v == nil {
			return "", fmt.Errorf("%s, not nil", what)
		}
		return "", fmt.Errorf("%s, not a %T", what, v)
	}
	r := reflect.ValueOf(v)
	text := v != nil && r.Kind() == reflect.String // enumerations, too
	switch t.value.(type) {
	case *bool:
		if b, ok := v.(bool); ok {
			return field.Constant(b)
		}
		return wrong("true or false")
	case *time.Time:
		if text {
			parsed, err := time.Parse(time.RFC3339, r.String())
			if err != nil {
				return "", fmt.Errorf("a time, and %q is none: write it as 2006-01-02T15:04:05Z", r.String())
			}
			v = parsed
		}
		if at, ok := v.(time.Time); ok {
			return field.Constant(at)
		}
		return wrong("a time")
	case *int32, *int64, *float64:
		switch {
		case v == nil:
		case r.CanInt():
			return strconv.FormatInt(r.Int(), 10), nil
		case r.CanUint():
			return strconv.FormatUint(r.Uint(), 10), nil
		case r.CanFloat():
			if _, ok := t.value.(*float64); ok {
				return field.Constant(r.Float())
			}
			return wrong("a whole number")
		}
		return wrong("a number")
	case *types.ItemID:
		if id, ok := v.(ItemID); ok {
			return id.ID, nil
		}
		return wrong("an ItemID")
	case *types.EmailAddress:
		if a, ok := v.(EmailAddress); ok {
			return a.EmailAddress, nil
		}
	}
	if text {
		return r.String(), nil
	}
	return wrong("a text")
}
