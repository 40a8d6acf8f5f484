package validate

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/seed-1937cc67/goews/internal/xsd"
)

// space is the treatment of white space before a value is looked at.
type space uint8

const (
	preserve space = iota
	replace
	collapse
)

// simple is a simple type.
type simple struct {
	base     *simple  // what it restricts; nil for a built-in, a list or a union
	prim     *builtIn // of an atomic type
	item     *simple  // of a list
	members  []*simple
	space    space
	enum     map[string]bool
	patterns []*regexp.Regexp // one must match
	length   int              // the length facets are -1 when absent
	minLen   int
	maxLen   int
	bounds   []bound
}

// bound is a range facet.
type bound struct {
	facet string // as in a violation: "MinInclusive"
	value string
	ok    func(cmp int) bool
}

func newSimple() *simple { return &simple{length: -1, minLen: -1, maxLen: -1} }

// simple compiles a simple type.
func (v *view) simple(t *xsd.Type) (*simple, error) {
	switch t.Variety {
	case xsd.List:
		s := newSimple()
		s.space = collapse
		item, err := v.reference(t.Item, t.ItemType)
		s.item = item
		return s, err
	case xsd.Union:
		s := newSimple()
		for _, n := range t.Members {
			m, err := v.reference(n, nil)
			if err != nil {
				return nil, err
			}
			s.members = append(s.members, m)
		}
		for _, a := range t.MemberTypes {
			m, err := v.reference(xsd.Name{}, a)
			if err != nil {
				return nil, err
			}
			s.members = append(s.members, m)
		}
		return s, nil
	}
	base, err := v.reference(t.Base, t.BaseType)
	if err != nil {
		return nil, err
	}
	return derive(base, t)
}

func (v *view) reference(n xsd.Name, inline *xsd.Type) (*simple, error) {
	if inline != nil {
		return v.simple(inline)
	}
	t := v.types[n]
	if t == nil {
		return nil, fmt.Errorf("no type %s", n)
	}
	t.compile()
	if t.err == nil && (t.text == nil || t.src != nil && !t.src.IsSimple()) {
		return nil, fmt.Errorf("%s is not a simple type", n)
	}
	return t.text, t.err
}

// derive restricts base by the enumeration and the facets of t.
func derive(base *simple, t *xsd.Type) (*simple, error) {
	s := newSimple()
	s.base, s.prim, s.item, s.members, s.space = base, base.prim, base.item, base.members, base.space
	for _, e := range t.Enum {
		if s.enum == nil {
			s.enum = make(map[string]bool, len(t.Enum))
		}
		s.enum[s.canonical(e.Value)] = true
	}
	for _, f := range t.Facets {
		if err := s.facet(f); err != nil {
			return nil, fmt.Errorf("facet %s of %q: %w", f.Kind, f.Value, err)
		}
	}
	return s, nil
}

func (s *simple) facet(f xsd.Facet) (err error) {
	switch f.Kind {
	case "pattern":
		re, err := translate(f.Value)
		s.patterns = append(s.patterns, re)
		return err
	case "length":
		s.length, err = strconv.Atoi(f.Value)
	case "minLength":
		s.minLen, err = strconv.Atoi(f.Value)
	case "maxLength":
		s.maxLen, err = strconv.Atoi(f.Value)
	case "minInclusive":
		return s.bound("MinInclusive", f.Value, func(c int) bool { return c >= 0 })
	case "maxInclusive":
		return s.bound("MaxInclusive", f.Value, func(c int) bool { return c <= 0 })
	case "minExclusive":
		return s.bound("MinExclusive", f.Value, func(c int) bool { return c > 0 })
	case "maxExclusive":
		return s.bound("MaxExclusive", f.Value, func(c int) bool { return c < 0 })
	case "whiteSpace":
		switch f.Value {
		case "preserve":
			s.space = preserve
		case "replace":
			s.space = replace
		default:
			s.space = collapse
		}
	default:
		return fmt.Errorf("not supported")
	}
	return err
}

func (s *simple) bound(name, value string, ok func(int) bool) error {
	if s.prim == nil || !s.prim.numeric || s.prim.check(value) != "" {
		return fmt.Errorf("only numbers have a range here")
	}
	s.bounds = append(s.bounds, bound{name, value, ok})
	return nil
}

// canonical returns the form in which values of an enumeration are compared.
func (s *simple) canonical(value string) string {
	value = s.space.apply(value)
	if s.prim != nil && s.prim.numeric {
		return canonicalNumber(value)
	}
	return value
}

// check returns why value is not of the type, as the reason in a violation;
// empty if it is.
func (s *simple) check(value string) string {
	if s.base != nil {
		// White space is treated as the derived type says, once.
		value = s.space.apply(value)
		if reason := s.base.check(value); reason != "" {
			return reason
		}
		return s.facets(value)
	}
	switch {
	case s.prim != nil:
		return s.prim.check(s.space.apply(value))
	case s.item != nil:
		for f := range strings.FieldsFuncSeq(value, isSpace) {
			if reason := s.item.check(f); reason != "" {
				return reason
			}
		}
		return ""
	}
	for _, m := range s.members {
		if m.check(value) == "" {
			return ""
		}
	}
	return "The value '" + cut(value) + "' is not valid according to any of the memberTypes of the union."
}

func (s *simple) facets(value string) string {
	if len(s.patterns) > 0 && !s.matches(value) {
		return "The Pattern constraint failed."
	}
	if s.length >= 0 || s.minLen >= 0 || s.maxLen >= 0 {
		n := s.lengthOf(value)
		switch {
		case s.length >= 0 && n != s.length:
			return "The actual length is not equal to the specified length."
		case s.minLen >= 0 && n < s.minLen:
			return "The actual length is less than the MinLength value."
		case s.maxLen >= 0 && n > s.maxLen:
			return "The actual length is greater than the MaxLength value."
		}
	}
	for _, b := range s.bounds {
		if c, ok := compareNumbers(value, b.value); !ok || !b.ok(c) {
			return "The " + b.facet + " constraint failed."
		}
	}
	if s.enum != nil && !s.enum[s.canonical(value)] {
		return "The Enumeration constraint failed."
	}
	return ""
}

func (s *simple) matches(value string) bool {
	for _, re := range s.patterns {
		if re.MatchString(value) {
			return true
		}
	}
	return false
}

func (s *simple) lengthOf(value string) int {
	switch {
	case s.item != nil:
		n := 0
		for range strings.FieldsFuncSeq(value, isSpace) {
			n++
		}
		return n
	case s.prim != nil && s.prim.octets != nil:
		return s.prim.octets(value)
	}
	return utf8.RuneCountInString(value)
}

// label is the name that violations give a type without one.
func (s *simple) label() string {
	switch {
	case s.item != nil:
		if s.item.prim == nil {
			return "List of Union"
		}
		return "List of " + s.item.prim.code
	case s.prim != nil:
		return s.prim.code
	}
	return "Union"
}

func isSpace(r rune) bool { return r == ' ' || r == '\t' || r == '\n' || r == '\r' }

func (w space) apply(s string) string {
	switch w {
	case replace:
		if strings.ContainsAny(s, "\t\n\r") {
			return strings.NewReplacer("\t", " ", "\n", " ", "\r", " ").Replace(s)
		}
	case collapse:
		s = strings.TrimFunc(s, isSpace)
		if strings.ContainsAny(s, "\t\n\r") || strings.Contains(s, "  ") {
			return strings.Join(strings.FieldsFunc(s, isSpace), " ")
		}
	}
	return s
}
