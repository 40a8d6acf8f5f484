package validate

import (
	"strings"
	"unicode/utf8"

	"github.com/seed-1937cc67/goews/internal/xsd"
)

// maxQuoted bounds the part of a wrong value that a violation repeats.
const maxQuoted = 4096

// quoteName renders a name as in "'FolderShape' in namespace 'http://...'".
func quoteName(n xsd.Name) string {
	if n.Space == "" {
		return "'" + n.Local + "'"
	}
	return "'" + n.Local + "' in namespace '" + n.Space + "'"
}

// colonName renders a name as namespace, colon and local name.
func colonName(n xsd.Name) string {
	if n.Space == "" {
		return n.Local
	}
	return n.Space + ":" + n.Local
}

func cut(s string) string {
	if len(s) <= maxQuoted {
		return s
	}
	s = s[:maxQuoted]
	for len(s) > 0 && !utf8.ValidString(s[max(0, len(s)-utf8.UTFMax):]) && !utf8.RuneStart(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return strings.ToValidUTF8(s, "")
}

// expectation lists what may come next in the manner of the violations: names
// of one namespace together, namespaces in order of appearance.
func expectation(ps []*position) string {
	var names []xsd.Name
	seen := map[xsd.Name]bool{}
	for _, p := range ps {
		n := xsd.Name{Space: p.anyNS(), Local: "*"}
		if p.elem != nil {
			n = p.elem.name
		}
		if !seen[n] {
			seen[n] = true
			names = append(names, n)
		}
	}
	var b strings.Builder
	for i := 0; i < len(names); {
		j := i + 1
		for j < len(names) && names[j].Space == names[i].Space && names[j].Local != "*" && names[i].Local != "*" {
			j++
		}
		if i > 0 {
			b.WriteString(" as well as ")
		}
		if names[i].Local == "*" {
			b.WriteString("any element in namespace '" + strings.Join(strings.Fields(names[i].Space), ", ") + "'")
		} else {
			locals := make([]string, 0, j-i)
			for _, n := range names[i:j] {
				locals = append(locals, n.Local)
			}
			b.WriteString(quoteName(xsd.Name{Space: names[i].Space, Local: strings.Join(locals, ", ")}))
		}
		i = j
	}
	return b.String()
}

// withExpectation completes a sentence that ends before its full stop.
func withExpectation(sentence string, ps []*position) string {
	if len(ps) == 0 {
		return sentence + "."
	}
	return sentence + ". List of possible elements expected: " + expectation(ps) + "."
}

func invalidChild(parent, child xsd.Name, ps []*position) string {
	return withExpectation("The element "+quoteName(parent)+" has invalid child element "+quoteName(child), ps)
}

func incomplete(n xsd.Name, ps []*position) string {
	return withExpectation("The element "+quoteName(n)+" has incomplete content", ps)
}

func badElementValue(n xsd.Name, value, typ, reason string) string {
	return "The '" + colonName(n) + "' element is invalid - " + badValue(value, typ, reason)
}

func badAttrValue(name, value, typ, reason string) string {
	return "The '" + name + "' attribute is invalid - " + badValue(value, typ, reason)
}

func badValue(value, typ, reason string) string {
	return "The value '" + cut(value) + "' is invalid according to its datatype '" + typ + "' - " + reason
}
