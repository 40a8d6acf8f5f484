// Package canon brings XML documents into a form in which two that say the
// same are equal byte by byte: for tests.
package canon

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

const xsi = "http://www.w3.org/2001/XMLSchema-instance"

// Canonical returns the element of doc at path, local names from the root
// element's child down; no path means the root element. A name "*" stands for
// any. Prefixes become namespace URIs, attributes are sorted, comments and
// white space between elements go, each element starts a line.
func Canonical(doc []byte, path ...string) ([]byte, error) {
	d := xml.NewDecoder(bytes.NewReader(doc))
	depth := -1
	matched := 0
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("canon: no element %s", strings.Join(path, "/"))
		}
		if err != nil {
			return nil, err
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			depth++
			if depth > 0 && depth == matched+1 && matched < len(path) && (path[matched] == "*" || path[matched] == tok.Name.Local) {
				matched++
			}
			if matched == len(path) && depth == len(path) {
				var b bytes.Buffer
				err := element(&b, d, tok, 0)
				return b.Bytes(), err
			}
		case xml.EndElement:
			depth--
			matched = min(matched, max(depth, 0))
		}
	}
}

func element(b *bytes.Buffer, d *xml.Decoder, start xml.StartElement, depth int) error {
	indent := strings.Repeat("  ", depth)
	fmt.Fprintf(b, "%s{%s}%s", indent, start.Name.Space, start.Name.Local)
	var attrs []string
	for _, a := range start.Attr {
		if a.Name.Space == "xmlns" || a.Name.Local == "xmlns" && a.Name.Space == "" {
			continue
		}
		v := a.Value
		if a.Name.Space == xsi && a.Name.Local == "type" {
			_, local, ok := strings.Cut(v, ":")
			if ok {
				v = local
			}
		}
		attrs = append(attrs, fmt.Sprintf(" {%s}%s=%q", a.Name.Space, a.Name.Local, v))
	}
	slices.Sort(attrs)
	b.WriteString(strings.Join(attrs, ""))
	var text strings.Builder
	children := 0
	var inner bytes.Buffer
	for {
		tok, err := d.Token()
		if err != nil {
			return err
		}
		switch tok := tok.(type) {
		case xml.CharData:
			text.Write(tok)
		case xml.StartElement:
			children++
			if err := element(&inner, d, tok, depth+1); err != nil {
				return err
			}
		case xml.EndElement:
			s := text.String()
			if children > 0 {
				s = strings.TrimSpace(s)
			}
			if s != "" {
				fmt.Fprintf(b, " %q", s)
			}
			b.WriteByte('\n')
			b.Write(inner.Bytes())
			return nil
		}
	}
}
