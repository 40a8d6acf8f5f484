package ewstest

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/seed-1937cc67/goews/gen/types"
)

// folding returns what makes texts equal that the comparison takes for equal;
// nil for the exact one. The loose ones are those of MAPI's FL_LOOSE, which
// ignores whatever can be ignored.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/contains
func folding(c types.ContainmentComparison) func(string) string {
	switch c {
	case "", types.ContainmentComparisonExact:
		return nil
	case types.ContainmentComparisonIgnoreCase:
		return foldCase
	case types.ContainmentComparisonIgnoreNonSpacingCharacters:
		return foldMarks
	}
	return func(s string) string { return foldCase(foldMarks(s)) }
}

// foldCase maps the cases of each letter to one, as strings.EqualFold does.
func foldCase(s string) string {
	if isASCII(s) {
		return strings.ToLower(s)
	}
	return strings.Map(foldRune, s)
}

func foldRune(r rune) rune {
	if r < utf8.RuneSelf {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}
	// The least of the runes that are equal, but lower case for ASCII: the
	// Kelvin sign is a k.
	least := r
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		least = min(least, f)
	}
	if 'A' <= least && least <= 'Z' {
		least += 'a' - 'A'
	}
	return least
}

// foldMarks takes the non-spacing marks from a text: é is e.
func foldMarks(s string) string {
	if isASCII(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(s))
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// collationKey returns a text that compares byte by byte as s sorts: letters
// without regard to case and marks first, marks second.
func collationKey(s string) string {
	folded := foldCase(s)
	if isASCII(folded) {
		return folded
	}
	return foldCase(foldMarks(s)) + "\x00" + folded
}

// compareText orders texts without regard to case.
func compareText(a, b string) int { return strings.Compare(collationKey(a), collationKey(b)) }
