package orm

import (
	"slices"
	"strings"

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
// Without lookup it is equality; nil stands for "has none". Several values may
// be given as one slice. Texts of fields that are times are in RFC 3339. The
// lookups are
//
//	exact, iexact             the whole text, in the same or any case
//	contains, icontains       a part of it
//	startswith, istartswith   its beginning
//	gt, gte, lt, lte, range   order; range takes two values, both included
//	in                        one of the values
//	not                       another value, or none
//	exists                    true or false
//
// For a list, such as categories, equality means that it has the entry, in
// that it has one of the entries, and contains that it has all of them.
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

// Where is Filter with conditions in Django's spelling: see Q. A field or
// lookup that there is not is a *FieldError, from Err and from every terminal
// method.
func (q Query[E]) Where(conditions ...Condition) Query[E] {
	for _, c := range conditions {
		f, err := c.filter(q.class, 0)
		if err != nil {
			return q.fail(err)
		}
		q.where = q.where.And(field.Custom[E](f.Expression()))
	}
	return q
}

// OrderByName is OrderBy with names as Q takes them; a minus before one sorts
// it the other way.
//
//	q.OrderByName("-datetime_received", "physical_addresses__Home__city")
func (q Query[E]) OrderByName(names ...string) Query[E] {
	q.order = nil
	for _, name := range names {
		o := types.FieldOrder{Order: types.SortDirectionAscending}
		name, down := strings.CutPrefix(name, "-")
		if down {
			o.Order = types.SortDirectionDescending
		}
		p, err := q.class.property(name)
		if err != nil {
			return q.fail(err)
		}
		o.Path = p
		q.order = append(q.order, o)
	}
	return q
}

// OnlyName is Only with names as Q takes them.
func (q Query[E]) OnlyName(names ...string) Query[E] {
	q.only = []types.Path{}
	for _, name := range names {
		p, err := q.class.property(name)
		if err != nil {
			return q.fail(err)
		}
		q = q.also(p)
	}
	return q
}

type anyFilter = field.Filter[types.Item]

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

// property returns the property that the name, without a lookup, is of.
func (cl class) property(name string) (types.Path, error) {
	t, rest, err := cl.target(name)
	if err == nil && len(rest) > 0 {
		err = &FieldError{Field: name, Reason: "is a field with a lookup; give the field alone"}
	}
	return t.path, err
}

// target is what a condition compares.
type target struct {
	path types.Path
	kind field.Kind
	// value points to a value of the property's type, a text for an entry of
	// a dictionary.
	value any
}

// target returns the property that the key begins with, and the parts of key
// after it.
func (cl class) target(key string) (target, []string, error) {
	parts := strings.Split(key, "__")
	info, ok := byName(cl.item, parts[0])
	if !ok {
		return target{}, nil, &FieldError{Field: parts[0], Reason: "is no field of a " + cl.name, Allowed: namesOf(cl.item), given: parts[0]}
	}
	if d, ok := dictionaryOf(info.URI); ok {
		p, rest, err := d.entry(parts)
		return target{p, field.KindText, new(string)}, rest, err
	}
	path := &types.PathToUnindexedField{FieldURI: types.UnindexedFieldURI(info.URI)}
	return target{path, info.Kind, cl.item.PropertyPtr(info.Bit)}, parts[1:], nil
}

// leaf makes the restriction of one field.
func (c Condition) leaf(cl class) (anyFilter, error) {
	t, rest, err := cl.target(c.key)
	if err != nil {
		return anyFilter{}, err
	}
	lookup := strings.Join(rest, "__")
	if !slices.Contains(t.lookups(), lookup) {
		name := strings.TrimSuffix(c.key, "__"+lookup)
		named := slices.DeleteFunc(t.lookups(), func(l string) bool { return l == "" })
		if len(named) == 1 && !slices.Contains(named, lookup) {
			return anyFilter{}, &FieldError{Field: name, Reason: "is not searched by the server", Allowed: named}
		}
		if lookup == "" {
			return anyFilter{}, &FieldError{Field: name, Reason: "can't be compared by the server without a lookup", Allowed: named}
		}
		return anyFilter{}, &FieldError{Field: name, Reason: "has no lookup \"" + lookup + "\"", Allowed: named, given: lookup}
	}
	return c.apply(t, lookup)
}
