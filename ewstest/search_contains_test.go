package ewstest

import (
	"strings"
	"testing"
	"testing/quick"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

func TestContainment(t *testing.T) {
	const (
		full, prefixed, sub = types.ContainmentModeFullString, types.ContainmentModePrefixed, types.ContainmentModeSubstring
		onWords, phrase     = types.ContainmentModePrefixOnWords, types.ContainmentModeExactPhrase
		exact, noCase       = types.ContainmentComparisonExact, types.ContainmentComparisonIgnoreCase
		noMarks             = types.ContainmentComparisonIgnoreNonSpacingCharacters
		neither             = types.ContainmentComparisonIgnoreCaseAndNonSpacingCharacters
		loose               = types.ContainmentComparisonLoose
	)
	for _, test := range []struct {
		text, pattern string
		mode          types.ContainmentMode
		comparison    types.ContainmentComparison
		want          bool
	}{
		{"Project plan", "Project plan", full, exact, true},
		{"Project plan", "project plan", full, exact, false},
		{"Project plan", "project plan", full, noCase, true},
		{"Project plan", "Project", full, exact, false},
		{"Project plan", "Project plan", "", "", true},
		{"Project plan", "Project", "", "", false},
		{"Project plan", "Proj", prefixed, exact, true},
		{"Project plan", "proj", prefixed, exact, false},
		{"Project plan", "PROJ", prefixed, noCase, true},
		{"Project plan", "plan", prefixed, noCase, false},
		{"Project plan", "ject pl", sub, exact, true},
		{"Project plan", "JECT PL", sub, exact, false},
		{"Project plan", "JECT PL", sub, noCase, true},
		{"Project plan", "", sub, exact, true},
		{"", "x", sub, exact, false},
		{"Project plan", "plan", onWords, exact, true},
		{"Project planning", "plan", onWords, exact, true},
		{"airplane", "plane", onWords, exact, false},
		{"airplane plane", "plane", onWords, exact, true},
		{"Project-plan", "plan", onWords, noCase, true},
		{"Project planning", "project plan", onWords, noCase, true},
		{"Project planning", "plan", phrase, exact, false},
		{"Project plan", "plan", phrase, exact, true},
		{"a Project plan.", "Project plan", phrase, exact, true},
		{"plan of a project", "project plan", phrase, exact, false},
		{"Zoë", "zoe", full, noCase, false},
		{"Zoë", "Zoe", full, noMarks, true},
		{"Zoe\u0308", "Zoë", full, exact, false},
		{"Zoe\u0308", "Zoë", full, noMarks, true},
		{"Zoë", "zoe", full, noMarks, false},
		{"ZOË", "zoe", full, neither, true},
		{"ZOË", "zoe", full, loose, true},
		{"ÅRHUS", "århus", full, noCase, true},
		{"\u212a", "k", full, noCase, true}, // the Kelvin sign
		{"日本語", "本", sub, exact, true},
		{"Weiß", "WEIẞ", full, noCase, true},
	} {
		if got := newMatcher(test.mode, test.comparison, test.pattern).match(test.text); got != test.want {
			t.Errorf("%q contains %q, %s %s: %v", test.text, test.pattern, test.mode, test.comparison, got)
		}
	}
}

// TestFoldCase holds folding against the standard library's comparison.
func TestFoldCase(t *testing.T) {
	same := func(a, b string) bool {
		return (foldCase(a) == foldCase(b)) == strings.EqualFold(a, b) && foldCase(a) == foldCase(strings.ToUpper(strings.ToLower(a))) == strings.EqualFold(a, strings.ToUpper(strings.ToLower(a)))
	}
	if err := quick.Check(same, nil); err != nil {
		t.Error(err)
	}
}

func TestCollation(t *testing.T) {
	order := []string{"", "a", "Ab", "e", "É", "ea", "éa", "Eb", "f", "Zoe", "Zoë", "zoea"}
	for i, a := range order {
		for j, b := range order {
			got, want := compareText(a, b), 0
			switch {
			case i < j:
				want = -1
			case i > j:
				want = 1
			}
			if got != want {
				t.Errorf("%q and %q compare as %d", a, b, got)
			}
		}
	}
}

func TestNear(t *testing.T) {
	c := newClient(t)
	c.put("inbox", filled(&types.Message{Subject: "the quick brown fox jumps over the lazy dog"}))
	word := func(s string) types.SearchExpression {
		return containing(uri("item:Subject"), s, types.ContainmentModeSubstring, types.ContainmentComparisonIgnoreCase)
	}
	for name, test := range map[string]struct {
		near types.Near
		want int
	}{
		"next to":        {types.Near{SearchExpressions: []types.SearchExpression{word("Quick"), word("brown")}, Distance: 1, Ordered: true}, 1},
		"wrong order":    {types.Near{SearchExpressions: []types.SearchExpression{word("brown"), word("quick")}, Distance: 1, Ordered: true}, 0},
		"any order":      {types.Near{SearchExpressions: []types.SearchExpression{word("brown"), word("quick")}, Distance: 1}, 1},
		"too far":        {types.Near{SearchExpressions: []types.SearchExpression{word("quick"), word("jumps")}, Distance: 2}, 0},
		"far":            {types.Near{SearchExpressions: []types.SearchExpression{word("quick"), word("jumps")}, Distance: 3}, 1},
		"a phrase":       {types.Near{SearchExpressions: []types.SearchExpression{word("brown fox"), word("over")}, Distance: 2, Ordered: true}, 1},
		"a missing word": {types.Near{SearchExpressions: []types.SearchExpression{word("quick"), word("cat")}, Distance: 9}, 0},
	} {
		m := c.find(&messages.FindItemRequest{Restriction: &test.near})
		if m.ResponseCode != messages.NoError || len(m.RootFolder.Items) != test.want {
			t.Errorf("%s: %s, %d items, want %d", name, m.ResponseCode, len(m.RootFolder.Items), test.want)
		}
	}
	m := c.find(&messages.FindItemRequest{Restriction: &types.Near{SearchExpressions: []types.SearchExpression{word("a"), &types.Exists{Path: uri("item:Subject")}}, Distance: 1}})
	if m.ResponseCode != messages.ErrorUnsupportedQueryFilter {
		t.Errorf("near of what is no text: %s", m.ResponseCode)
	}
}
