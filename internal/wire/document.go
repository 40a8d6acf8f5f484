package wire

import (
	"bytes"
	"io"
)

// Root advances to the document's root element. It refuses a document type
// declaration and any encoding but UTF-8.
func (d *Decoder) Root() bool {
	if d.err != nil || len(d.stack) > 0 {
		return false
	}
	if !d.started {
		d.started = true
		for len(d.buf) < 3 && d.fill() {
		}
		switch {
		case bytes.HasPrefix(d.buf, []byte("\xEF\xBB\xBF")):
			d.pos = 3
		case bytes.HasPrefix(d.buf, []byte("\xFF\xFE")), bytes.HasPrefix(d.buf, []byte("\xFE\xFF")):
			d.failf("the document is UTF-16; only UTF-8 is read")
			return false
		}
	}
	if !d.misc() {
		d.Fail(io.ErrUnexpectedEOF)
		return false
	}
	d.ended = false
	return d.open()
}

// NextDocument advances to the root element of the next document on the same
// input, after the one before has ended; false at the end of the input.
func (d *Decoder) NextDocument() bool {
	if d.err != nil || len(d.stack) > 0 || !d.misc() {
		return false
	}
	d.ended = false
	return d.open()
}

// Finish checks that the root element has ended and that nothing but white
// space, comments and processing instructions follows it, and returns Err.
func (d *Decoder) Finish() error {
	switch {
	case d.err != nil:
	case !d.ended:
		d.failf("the root element was not read to its end")
	case d.misc():
		d.failf("content after the root element")
	}
	return d.err
}

// misc skips what may stand outside the root element. It reports whether a
// start tag follows.
func (d *Decoder) misc() bool {
	for {
		for d.pos < len(d.buf) && isSpace(d.buf[d.pos]) {
			d.pos++
		}
		if d.pos == len(d.buf) {
			if !d.fill() {
				return false
			}
			continue
		}
		if d.buf[d.pos] != '<' {
			d.failf("text outside the root element; is this XML?")
			return false
		}
		if !d.need(2) {
			return false
		}
		switch d.buf[d.pos+1] {
		case '?':
			if i := d.index(2, '>'); i >= 0 && !utf8Declared(d.buf[d.pos:d.pos+i]) {
				d.failf("the document declares another encoding than UTF-8: %s", shorten(d.buf[d.pos:d.pos+i+1]))
				return false
			}
			if !d.past(2, "?>") {
				return false
			}
		case '!':
			if _, ok := d.markup(); !ok {
				return false
			}
		default:
			return true
		}
	}
}

// utf8Declared reports whether an XML declaration names no encoding, UTF-8 or
// its subset US-ASCII.
func utf8Declared(decl []byte) bool {
	if !bytes.HasPrefix(decl, []byte("<?xml")) {
		return true
	}
	_, enc, ok := bytes.Cut(decl, []byte("encoding"))
	if !ok {
		return true
	}
	enc = bytes.TrimLeft(enc, " \t\r\n=")
	if len(enc) < 2 {
		return false
	}
	enc, _, _ = bytes.Cut(enc[1:], enc[:1])
	return bytes.EqualFold(enc, []byte("utf-8")) || bytes.EqualFold(enc, []byte("us-ascii"))
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

// markup consumes a comment, processing instruction or CDATA section at pos,
// which stands on "<!" or "<?". It returns the content of a CDATA section,
// good until the next call.
func (d *Decoder) markup() (cdata []byte, ok bool) {
	if d.buf[d.pos+1] == '?' {
		return nil, d.past(2, "?>")
	}
	if !d.need(3) {
		return nil, false
	}
	switch d.buf[d.pos+2] {
	case '-':
		if !d.need(4) || d.buf[d.pos+3] != '-' {
			d.failf("malformed comment")
			return nil, false
		}
		return nil, d.past(4, "-->")
	case '[':
		if !d.need(9) {
			return nil, false
		}
		if string(d.buf[d.pos:d.pos+9]) != "<![CDATA[" || len(d.stack) == 0 {
			d.Fail(errCDATA)
			return nil, false
		}
		for off := 9 + 2; ; {
			i := d.index(off, '>')
			if i < 0 {
				return nil, false
			}
			if string(d.buf[d.pos+i-2:d.pos+i]) == "]]" {
				cdata = d.buf[d.pos+9 : d.pos+i-2]
				d.pos += i + 1
				return cdata, true
			}
			off = i + 1
		}
	}
	d.Fail(errDTD)
	return nil, false
}
