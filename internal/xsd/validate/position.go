package validate

import (
	"encoding/xml"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

func written(n xml.Name) string {
	if n.Space == "" {
		return n.Local
	}
	return n.Space + ":" + n.Local
}

func (w *walker) undeclared(off int, prefix string) *Error {
	return w.syntax(off, "'"+prefix+"' is an undeclared prefix.")
}

// syntax reports ill-formed XML. The sentence repeats the position, as those
// of the XML reader do.
func (w *walker) syntax(off int, sentence string) *Error {
	e := w.fail(Syntax, off, "")
	e.Violation = fmt.Sprintf("%s Line %d, position %d.", sentence, e.Line, e.Column)
	return e
}

func (w *walker) syntaxError(err error) *Error {
	off := w.base + int(w.dec.InputOffset())
	var s *xml.SyntaxError
	if !errors.As(err, &s) {
		return w.syntax(off, strings.TrimPrefix(err.Error(), "xml: ")+".")
	}
	switch {
	case strings.HasPrefix(s.Msg, "invalid character entity"):
		return w.syntax(off, "An error occurred while parsing EntityName.")
	case s.Msg == "unexpected EOF":
		return w.syntax(off, "Unexpected end of file has occurred.")
	}
	return w.syntax(off, "The document is not well-formed: "+s.Msg+".")
}

// fail makes the error for a place in the document.
func (w *walker) fail(k Kind, off int, violation string) *Error {
	e := &Error{Kind: k, Violation: violation, Line: 1, Column: 1}
	var path []string
	for _, f := range w.stack {
		n := f.name.String()
		if f.name.Space == soapNS {
			n = "soap:" + f.name.Local
		}
		path = append(path, n)
	}
	e.Path = strings.Join(path, "/")
	e.Line, e.Column = position16(w.doc[min(w.base, len(w.doc)):min(max(off, w.base), len(w.doc))])
	return e
}

// position16 returns line and column behind the text before.
func position16(before []byte) (line, column int) {
	line = 1
	start := 0
	for i, c := range before {
		if c == '\n' || c == '\r' && (i+1 == len(before) || before[i+1] != '\n') {
			line++
			start = i + 1
		}
	}
	column = 1
	for rest := before[start:]; len(rest) > 0; {
		r, n := utf8.DecodeRune(rest)
		if r > 0xffff {
			column++
		}
		column++
		rest = rest[n:]
	}
	return line, column
}

// attrOffset finds the place of the i-th attribute in the start tag at off,
// which has been read without an error.
func (w *walker) attrOffset(off, i int) int {
	at := off + 1
	doc := w.doc
	for at < len(doc) && !isSpace(rune(doc[at])) {
		at++
	}
	for ; ; i-- {
		for at < len(doc) && isSpace(rune(doc[at])) {
			at++
		}
		if i == 0 || at >= len(doc) {
			return at
		}
		for at < len(doc) && doc[at] != '"' && doc[at] != '\'' {
			at++
		}
		if at >= len(doc) {
			return at
		}
		quote := doc[at]
		for at++; at < len(doc) && doc[at] != quote; {
			at++
		}
		at++
	}
}
