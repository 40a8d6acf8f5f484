package validate

import (
	"fmt"
	"regexp"
	"strings"
)

// translate makes a pattern of XML Schema into a regular expression. The two
// differ in this: a pattern always matches the whole value, ^ and $ are
// ordinary characters in it, and it has classes of its own.
func translate(pattern string) (*regexp.Regexp, error) {
	var b strings.Builder
	b.WriteString(`^(?s:`)
	inClass := 0
	for i := 0; i < len(pattern); i++ {
		c := pattern[i]
		switch {
		case c == '\\':
			i++
			if i == len(pattern) {
				return nil, fmt.Errorf("pattern %q ends in an escape", pattern)
			}
			s, n, err := escape(pattern[i:], inClass > 0)
			if err != nil {
				return nil, fmt.Errorf("pattern %q: %w", pattern, err)
			}
			b.WriteString(s)
			i += n - 1
		case inClass > 0:
			switch {
			case c == '[':
				return nil, fmt.Errorf("pattern %q: class subtraction is not supported", pattern)
			case c == ']':
				inClass = 0
			case c == '^' && inClass > 1, c == '&', c == '~':
				b.WriteByte('\\')
			}
			b.WriteByte(c)
			if inClass > 0 {
				inClass++
			}
		case c == '[':
			inClass = 1
			b.WriteByte(c)
		case c == '^' || c == '$':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c == '.':
			b.WriteString(`[^\n\r]`)
		case c == '(' && strings.HasPrefix(pattern[i:], "(?"),
			strings.ContainsRune("*+?}", rune(c)) && i+1 < len(pattern) && strings.ContainsRune("*+?", rune(pattern[i+1])):
			return nil, fmt.Errorf("pattern %q: misplaced quantifier", pattern)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteString(`)$`)
	re, err := regexp.Compile(b.String())
	if err != nil {
		return nil, fmt.Errorf("pattern %q: %w", pattern, err)
	}
	return re, nil
}

// escape translates what follows a backslash and says how long it is.
func escape(s string, inClass bool) (string, int, error) {
	var class string
	switch c := s[0]; c {
	case 'n', 'r', 't', '\\', '|', '.', '?', '*', '+', '(', ')', '{', '}', '-', '[', ']', '^':
		return `\` + s[:1], 1, nil
	case 'd', 'D':
		return strings.NewReplacer("d", `\p{Nd}`, "D", `\P{Nd}`).Replace(s[:1]), 1, nil
	case 's':
		class = ` \t\n\r`
	case 'i':
		class = `\pL_:`
	case 'c':
		class = `\pL\pN\pM_:.\-`
	case 'w', 'S', 'I', 'C', 'W':
		if inClass {
			return "", 0, fmt.Errorf(`\%c inside a class is not supported`, c)
		}
		return map[byte]string{
			'w': `[^\pP\pZ\pC]`, 'W': `[\pP\pZ\pC]`, 'S': `[^ \t\n\r]`, 'I': `[^\pL_:]`, 'C': `[^\pL\pN\pM_:.\-]`,
		}[c], 1, nil
	case 'p', 'P':
		end := strings.IndexByte(s, '}')
		if len(s) < 2 || s[1] != '{' || end < 0 || strings.HasPrefix(s, "p{Is") || strings.HasPrefix(s, "P{Is") {
			return "", 0, fmt.Errorf(`\%c: only general categories are supported`, c)
		}
		return `\` + s[:end+1], end + 1, nil
	default:
		return "", 0, fmt.Errorf(`unknown escape \%c`, c)
	}
	if !inClass {
		class = "[" + class + "]"
	}
	return class, 1, nil
}
