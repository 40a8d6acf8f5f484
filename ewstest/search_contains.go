package ewstest

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// contains is a comparison of a text with a pattern.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/contains
func (k *compiler) contains(e *types.ContainsExpression) (condition, error) {
	o, err := k.operand(e.Path)
	if err != nil {
		return nil, err
	}
	// Of a list, one text is enough: a restriction of the store on a property
	// with several values holds if it holds for one of them. See
	// https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-oxcdata
	// (content restriction).
	if !o.typ.isText() || o.typ == guidType {
		if k.version.Before(types.ExchangeVersionExchange2010) {
			return nil, propFailure(messages.ErrorUnsupportedPathForQuery, e.Path)
		}
		return nil, propFailure(messages.ErrorContainsFilterWrongType, e.Path)
	}
	m := newMatcher(e.ContainmentMode, e.ContainmentComparison, e.Constant.Value)
	return func(r *row) bool {
		for _, v := range o.values(r) {
			if m.match(v.text) {
				return true
			}
		}
		return false
	}, nil
}

// matcher looks for a pattern in texts.
type matcher struct {
	mode    types.ContainmentMode
	fold    func(string) string // makes texts comparable; nil for exact comparison
	pattern string
}

// newMatcher returns a matcher; without a mode the whole text is compared,
// without a comparison exactly.
func newMatcher(mode types.ContainmentMode, comparison types.ContainmentComparison, pattern string) *matcher {
	m := &matcher{mode: mode, fold: folding(comparison), pattern: pattern}
	if m.fold != nil {
		m.pattern = m.fold(pattern)
	}
	return m
}

func (m *matcher) match(s string) bool {
	if m.fold != nil {
		s = m.fold(s)
	}
	switch m.mode {
	case types.ContainmentModePrefixed:
		return strings.HasPrefix(s, m.pattern)
	case types.ContainmentModeSubstring:
		return strings.Contains(s, m.pattern)
	case types.ContainmentModePrefixOnWords:
		return atWord(s, m.pattern, false)
	case types.ContainmentModeExactPhrase:
		return atWord(s, m.pattern, true)
	}
	return s == m.pattern
}

// atWord reports whether pattern stands in s from the beginning of a word, and
// if whole is set up to the end of one.
func atWord(s, pattern string, whole bool) bool {
	if pattern == "" {
		return true
	}
	for from := 0; ; {
		i := strings.Index(s[from:], pattern)
		if i < 0 {
			return false
		}
		i += from
		end := i + len(pattern)
		before, _ := utf8.DecodeLastRuneInString(s[:i])
		after, _ := utf8.DecodeRuneInString(s[end:])
		last, _ := utf8.DecodeLastRuneInString(pattern)
		first, size := utf8.DecodeRuneInString(pattern)
		starts := i == 0 || !inWord(before) || !inWord(first)
		ends := end == len(s) || !inWord(after) || !inWord(last)
		if starts && (ends || !whole) {
			return true
		}
		from = i + size
	}
}

func inWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r)
}

// words splits a text into its words.
func words(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return !inWord(r) })
}

// near is met if the texts of its operands stand within a distance of words of
// each other in one property, in order if it says so.
func (k *compiler) near(e *types.Near) (condition, error) {
	var paths []*operand
	var phrases [][]string
	for _, x := range e.SearchExpressions {
		if k.nodes++; k.nodes > maxNodes {
			return nil, fail(messages.ErrorRestrictionTooLong)
		}
		c, ok := x.(*types.ContainsExpression)
		if !ok {
			return nil, fail(messages.ErrorUnsupportedQueryFilter)
		}
		o, err := k.operand(c.Path)
		if err != nil {
			return nil, err
		}
		if o.typ != textType && o.typ != contentType {
			return nil, propFailure(messages.ErrorContainsFilterWrongType, c.Path)
		}
		paths, phrases = append(paths, o), append(phrases, words(foldCase(c.Constant.Value)))
	}
	return func(r *row) bool {
		// Where the phrase before ended; each must begin within the distance.
		var ends []int
		for i, o := range paths {
			var starts []int
			for _, v := range o.values(r) {
				starts = append(starts, positions(words(foldCase(v.text)), phrases[i])...)
			}
			if i > 0 {
				starts = slices.DeleteFunc(starts, func(at int) bool {
					return !slices.ContainsFunc(ends, func(end int) bool {
						gap := at - end
						if gap < 0 && !e.Ordered {
							gap = -gap
						}
						return gap >= 0 && int64(gap) <= e.Distance
					})
				})
			}
			if len(starts) == 0 {
				return false
			}
			ends = ends[:0]
			for _, at := range starts {
				ends = append(ends, at+len(phrases[i])-1)
			}
		}
		return true
	}, nil
}

// positions returns where the phrase begins in the words.
func positions(ws, phrase []string) []int {
	var at []int
	for i := 0; i+len(phrase) <= len(ws) && len(phrase) > 0; i++ {
		if slices.Equal(ws[i:i+len(phrase)], phrase) {
			at = append(at, i)
		}
	}
	return at
}
