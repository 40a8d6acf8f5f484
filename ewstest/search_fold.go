package ewstest

import (
	"strings"

	"github.com/seed-1937cc67/goews/gen/types"
)

// folding returns what makes texts equal that the comparison takes for equal;
// nil for the exact one. The loose ones, whose meaning the documentation does
// not tell, ignore what others ignore by name.
func folding(c types.ContainmentComparison) func(string) string {
	switch c {
	case "", types.ContainmentComparisonExact:
		return nil
	}
	return strings.ToLower
}
