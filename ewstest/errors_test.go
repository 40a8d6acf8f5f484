package ewstest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/seed-1937cc67/goews/gen/messages"
)

// TestEveryCodeHasAText looks through the sources for the codes that are given
// without a text: clients build upon there being one.
func TestEveryCodeHasAText(t *testing.T) {
	values := map[string]messages.ResponseCode{}
	enum, err := os.ReadFile("../gen/messages/enum_response_gen.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^\t(Error\w+)\s+ResponseCode = "(\w+)"`).FindAllStringSubmatch(string(enum), -1) {
		values[m[1]] = messages.ResponseCode(m[2])
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	uses := regexp.MustCompile(`\b(?:fail|propFailure|uriFailure)\(messages\.(Error\w+)`)
	found := 0
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range uses.FindAllStringSubmatch(string(text), -1) {
			found++
			if code := values[m[1]]; code == "" || textOf(code) == "" {
				t.Errorf("%s: no text for %s (%q)", f, m[1], code)
			}
		}
	}
	if found < 100 {
		t.Errorf("only %d uses of codes found", found)
	}
}
