package connecting

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the code into docs/connecting.md")

const text = "../../docs/connecting.md"

// blocks are the blocks of Go code in the text, each after the name of what it
// shows.
var blocks = regexp.MustCompile("(?s)(<!-- code: (\\S+) -->\n\n)?```go\n(.*?)```\n")

// TestTextIsCompiled: the code in the text is what stands here between "// code:
// name" and "// end", and nothing else; all of that is in the text.
func TestTextIsCompiled(t *testing.T) {
	code := readCode(t)
	b, err := os.ReadFile(text)
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	out := blocks.ReplaceAllStringFunc(string(b), func(block string) string {
		m := blocks.FindStringSubmatch(block)
		want, ok := code[m[2]]
		switch {
		case m[2] == "":
			t.Errorf("a block of code without a name:\n%s", m[3])
		case !ok:
			t.Errorf("there is no code %q", m[2])
		case want != m[3] && !*update:
			t.Errorf("%s: the text has\n%s\nthe code is\n%s", m[2], m[3], want)
		}
		shown[m[2]] = true
		return m[1] + "```go\n" + want + "```\n"
	})
	for name := range code {
		if !shown[name] {
			t.Errorf("%s is not in the text", name)
		}
	}
	if *update && !t.Failed() {
		if err := os.WriteFile(text, []byte(out), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// readCode returns the pieces of code in the files of this folder by their
// names, without the indentation that all of a piece have.
func readCode(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	code := map[string]string{}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name, indent := "", ""
		for line := range strings.Lines(string(b)) {
			bare := strings.TrimSpace(line)
			if n, ok := strings.CutPrefix(bare, "// code: "); ok {
				if name != "" || code[n] != "" {
					t.Errorf("%s: %q begins within another, or twice", file, n)
				}
				name, indent = n, line[:strings.Index(line, "//")]
				continue
			}
			switch {
			case name == "":
			case bare == "// end":
				code[name] = strings.TrimRight(code[name], "\n") + "\n"
				name = ""
			case bare == "":
				code[name] += "\n"
			default:
				code[name] += strings.TrimPrefix(line, indent)
			}
		}
		if name != "" {
			t.Errorf("%s: %q has no end", file, name)
		}
	}
	return code
}
