package ewstest

import (
	"html"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/seed-1937cc67/goews/gen/types"
)

// convertBody returns b as the type that is asked for; Best, or nothing, is
// the type that is stored.
func convertBody(b types.Body, want types.BodyTypeResponse) types.Body {
	switch {
	case want == types.BodyTypeResponseHTML && b.BodyType == types.BodyTypeText:
		return types.Body{BodyType: types.BodyTypeHTML, Value: textToHTML(b.Value)}
	case want == types.BodyTypeResponseText && b.BodyType == types.BodyTypeHTML:
		return types.Body{BodyType: types.BodyTypeText, Value: htmlToText(b.Value)}
	}
	if b.BodyType == "" {
		b.BodyType = types.BodyTypeText
		if want == types.BodyTypeResponseHTML {
			b.BodyType = types.BodyTypeHTML
		}
	}
	return b
}

const metaUTF8 = `<meta http-equiv="Content-Type" content="text/html; charset=utf-8">`

// textToHTML returns a text as an HTML document, in the form that Exchange
// gives it.
func textToHTML(s string) string {
	if s == "" {
		return ""
	}
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = html.EscapeString(s)
	s = strings.ReplaceAll(s, "  ", "&nbsp; ")
	s = strings.ReplaceAll(s, "\n", "<br>\r\n")
	return "<html>\r\n<head>\r\n" + metaUTF8 + "\r\n</head>\r\n<body>\r\n<font size=\"2\"><span style=\"font-size:10pt;\"><div class=\"PlainText\">" +
		s + "</div></span></font>\r\n</body>\r\n</html>\r\n"
}

// htmlToText returns the text of an HTML document. A text that is not empty
// ends with a line end.
func htmlToText(s string) string {
	var w textWriter
	for z := (htmlScanner{rest: s}); z.next(); {
		w.token(&z)
	}
	out := strings.TrimRight(w.b.String(), " \r\n")
	if out == "" {
		return ""
	}
	return out + "\r\n"
}

// textWriter builds a text of HTML: runs of white space are one space, blocks
// stand on lines of their own.
type textWriter struct {
	b     strings.Builder
	space bool // white space is pending
	lines int  // line ends at the end; 2 at the beginning, so that none is put there
	skip  int  // inside an element whose text is not shown
	pre   int
	begun bool
}

func (w *textWriter) token(z *htmlScanner) {
	switch z.kind {
	case htmlText:
		if w.skip == 0 {
			w.text(html.UnescapeString(z.text))
		}
	case htmlStart, htmlEnd:
		w.tag(z)
	}
}

func (w *textWriter) tag(z *htmlScanner) {
	end := z.kind == htmlEnd
	switch z.name {
	case "script", "style", "head", "title":
		if !z.closed {
			w.skip = max(0, w.skip+sign(end))
		}
	case "br":
		w.newline(true)
	case "p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "blockquote":
		w.newline(false)
		if end && w.lines == 1 {
			w.newline(true)
		}
	case "div", "tr", "li", "hr", "body", "dt", "dd":
		w.newline(false)
	case "pre":
		w.newline(false)
		w.pre = max(0, w.pre+sign(end))
	case "td", "th":
		if !end && w.lines == 0 && w.begun {
			w.space = true
		}
	}
}

func sign(end bool) int {
	if end {
		return -1
	}
	return 1
}

func (w *textWriter) text(s string) {
	for _, r := range s {
		switch {
		case w.pre > 0 && r == '\n':
			w.newline(true)
		case w.pre == 0 && r != '\u00a0' && unicode.IsSpace(r):
			w.space = true
		case r == '\r':
		default:
			if w.space && w.lines == 0 && w.begun {
				w.b.WriteByte(' ')
			}
			if r == '\u00a0' {
				r = ' '
			}
			w.b.WriteRune(r)
			w.space, w.lines, w.begun = false, 0, true
		}
	}
}

// newline ends the line; force does so when it is ended already.
func (w *textWriter) newline(force bool) {
	w.space = false
	if !w.begun || !force && w.lines > 0 {
		return
	}
	w.b.WriteString("\r\n")
	w.lines++
}

// The kinds of tokens of HTML.
const (
	htmlText = iota
	htmlStart
	htmlEnd
	htmlOther // comments, declarations
)

// htmlScanner takes HTML apart, whatever it is: it has no errors.
type htmlScanner struct {
	rest   string
	kind   int
	text   string // of a text; a tag as it stands
	name   string // of a tag, in lower case
	attrs  string // of a start tag, as they stand
	closed bool   // of a start tag: it ends itself
	raw    string // the element whose content is no markup
}

func (z *htmlScanner) next() bool {
	if z.rest == "" {
		return false
	}
	if z.raw != "" {
		end := indexFold(z.rest, "</"+z.raw)
		z.raw = ""
		if end < 0 {
			end = len(z.rest)
		}
		if end > 0 {
			z.kind, z.text, z.rest = htmlText, z.rest[:end], z.rest[end:]
			return true
		}
	}
	i := strings.IndexByte(z.rest, '<')
	if i != 0 {
		if i < 0 {
			i = len(z.rest)
		}
		z.kind, z.text, z.rest = htmlText, z.rest[:i], z.rest[i:]
		return true
	}
	if strings.HasPrefix(z.rest, "<!--") {
		return z.until("-->")
	}
	if len(z.rest) > 1 && (z.rest[1] == '!' || z.rest[1] == '?') {
		return z.until(">")
	}
	z.tag()
	return true
}

func (z *htmlScanner) until(end string) bool {
	i := strings.Index(z.rest, end)
	if i < 0 {
		i = len(z.rest)
	} else {
		i += len(end)
	}
	z.kind, z.text, z.rest = htmlOther, z.rest[:i], z.rest[i:]
	return true
}

func (z *htmlScanner) tag() {
	s := z.rest[1:]
	z.kind = htmlStart
	if strings.HasPrefix(s, "/") {
		z.kind, s = htmlEnd, s[1:]
	}
	n := 0
	for n < len(s) && (isLetter(s[n]) || n > 0 && (s[n] >= '0' && s[n] <= '9' || s[n] == ':' || s[n] == '-')) {
		n++
	}
	if n == 0 { // a < that begins no tag
		z.kind, z.text, z.rest = htmlText, z.rest[:1], z.rest[1:]
		return
	}
	z.name = strings.ToLower(s[:n])
	end, quote := n, byte(0)
	for end < len(s) && (quote != 0 || s[end] != '>') {
		switch c := s[end]; {
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case c == quote:
			quote = 0
		}
		end++
	}
	attrs := s[n:end]
	if end < len(s) {
		end++
	}
	size := len(z.rest) - len(s) + end
	z.text, z.rest = z.rest[:size], z.rest[size:]
	z.attrs, z.closed = strings.CutSuffix(strings.TrimSpace(attrs), "/")
	if z.kind == htmlStart && !z.closed && (z.name == "script" || z.name == "style" || z.name == "title" || z.name == "textarea") {
		z.raw = z.name
	}
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// indexFold is strings.Index for an ASCII text in lower case, whatever the
// case in s.
func indexFold(s, lower string) int {
	for i := 0; i+len(lower) <= len(s); i++ {
		if strings.EqualFold(s[i:i+len(lower)], lower) {
			return i
		}
	}
	return -1
}

// filterHTML removes from an HTML document what may do harm: scripts, frames,
// forms that post, handlers of events. The head is one that Exchange writes.
func filterHTML(s string) string {
	var b strings.Builder
	skip := 0
	body := false
	for z := (htmlScanner{rest: s}); z.next(); {
		switch z.kind {
		case htmlText:
			if skip == 0 {
				b.WriteString(z.text)
			}
			continue
		case htmlOther:
			continue
		}
		switch z.name {
		case "script", "iframe", "frame", "frameset", "object", "applet", "noscript", "head":
			if !z.closed {
				skip = max(0, skip+sign(z.kind == htmlEnd))
			}
			continue
		case "html", "embed", "meta", "base", "link", "form", "input", "button":
			continue
		case "body":
			body = true
		}
		if skip > 0 {
			continue
		}
		b.WriteString(cleanTag(&z))
	}
	out := b.String()
	if !body {
		out = "<body>" + out + "</body>"
	}
	return "<html><head>\r\n" + metaUTF8 + "</head>" + strings.TrimSpace(out) + "</html>"
}

// cleanTag returns a tag without attributes that run programs.
func cleanTag(z *htmlScanner) string {
	if z.kind == htmlEnd {
		return "</" + z.name + ">"
	}
	out := "<" + z.name
	for rest := z.attrs; ; {
		var name, value string
		var quoted bool
		if name, value, quoted, rest = nextAttr(rest); name == "" {
			break
		}
		low := strings.ToLower(strings.TrimSpace(html.UnescapeString(value)))
		if strings.HasPrefix(name, "on") || strings.HasPrefix(low, "javascript:") || strings.HasPrefix(low, "vbscript:") {
			continue
		}
		out += " " + name
		if quoted {
			out += `="` + strings.ReplaceAll(value, `"`, "&quot;") + `"`
		}
	}
	return out + ">"
}

// nextAttr takes the first attribute from s.
func nextAttr(s string) (name, value string, has bool, rest string) {
	s = strings.TrimLeftFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r == '/' })
	n := strings.IndexFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r == '=' })
	if n < 0 {
		return strings.ToLower(s), "", false, ""
	}
	if n == 0 {
		return nextAttr(s[1:])
	}
	name, s = strings.ToLower(s[:n]), strings.TrimLeftFunc(s[n:], unicode.IsSpace)
	if !strings.HasPrefix(s, "=") {
		return name, "", false, s
	}
	s = strings.TrimLeftFunc(s[1:], unicode.IsSpace)
	if s != "" && (s[0] == '"' || s[0] == '\'') {
		if end := strings.IndexByte(s[1:], s[0]); end >= 0 {
			return name, s[1 : 1+end], true, s[2+end:]
		}
		return name, s[1:], true, ""
	}
	if n = strings.IndexFunc(s, unicode.IsSpace); n < 0 {
		n = len(s)
	}
	return name, s[:n], true, s[n:]
}

// preview returns the beginning of a text, on one line.
func preview(text string) string {
	return cutText(strings.Join(strings.Fields(text), " "))
}

// truncateBody cuts a body to at most n bytes, between characters.
func truncateBody(b types.Body, n int) types.Body {
	if n <= 0 || len(b.Value) <= n {
		return b
	}
	for n > 0 && !utf8.RuneStart(b.Value[n]) {
		n--
	}
	b.Value, b.IsTruncated = b.Value[:n], true
	b.Present |= types.BodyHasIsTruncated
	return b
}
