package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// NS is a namespace that the codecs know, told by its URI.
type NS uint8

// The namespaces.
const (
	NSNone     NS = iota // no namespace
	NSOther              // any other
	NSTypes              // http://schemas.microsoft.com/exchange/services/2006/types
	NSMessages           // http://schemas.microsoft.com/exchange/services/2006/messages
	NSErrors             // http://schemas.microsoft.com/exchange/services/2006/errors
	NSSOAP               // SOAP 1.1 envelope
	NSSOAP12             // SOAP 1.2 envelope
	NSXSI                // XML Schema instance
	NSXML                // bound to prefix xml
)

// URIs of the namespaces that the encoder's envelope binds.
const (
	TypesURI    = "http://schemas.microsoft.com/exchange/services/2006/types"
	MessagesURI = "http://schemas.microsoft.com/exchange/services/2006/messages"
	ErrorsURI   = "http://schemas.microsoft.com/exchange/services/2006/errors"
	SOAPURI     = "http://schemas.xmlsoap.org/soap/envelope/"
	SOAP12URI   = "http://www.w3.org/2003/05/soap-envelope"
	XSIURI      = "http://www.w3.org/2001/XMLSchema-instance"
	xmlURI      = "http://www.w3.org/XML/1998/namespace"
)

func nsOf(uri string) NS {
	switch uri {
	case "":
		return NSNone
	case TypesURI:
		return NSTypes
	case MessagesURI:
		return NSMessages
	case ErrorsURI:
		return NSErrors
	case SOAPURI:
		return NSSOAP
	case SOAP12URI:
		return NSSOAP12
	case XSIURI:
		return NSXSI
	case xmlURI:
		return NSXML
	}
	return NSOther
}

// binding is a namespace declaration in scope.
type binding struct {
	prefix string
	uri    string
	ns     NS
	depth  int
}

// element is an open element. Its qualified name stands in names[start:end].
type element struct {
	start, local, end int
	ns                NS
	binding           int // index of the binding of its prefix, -1 for none
}

// attribute is an attribute of the element just opened; its slices point into
// the window and are good until the window moves.
type attribute struct {
	prefix, local, value []byte
	ns                   NS
}

// Decoder reads XML element by element. It is not safe for concurrent use.
// See the package comment for how it is driven.
type Decoder struct {
	r     io.Reader
	lim   Limits
	buf   []byte // window of the input
	pos   int    // next byte in buf
	base  int64  // offset of buf[0] in the input
	eof   bool
	err   error
	elems int64

	stack    []element
	names    []byte // qualified names of the open elements
	bindings []binding
	attrs    []attribute
	attr     int  // index of the current attribute, -1 for none
	empty    bool // the element just opened has the form <a/>
	fresh    bool // an element was just opened: its attributes may be asked for
	ended    bool // the root element has ended
	scratch  []byte
	chunk    []byte // where strings are cut from
}

// NewDecoder returns a decoder that reads from r no further than it must.
func NewDecoder(r io.Reader, l Limits) *Decoder {
	return &Decoder{r: r, lim: l.withDefaults(), attr: -1}
}

// NewDecoderBytes returns a decoder over b, which it does not change.
func NewDecoderBytes(b []byte, l Limits) *Decoder {
	d := &Decoder{buf: b, eof: true, lim: l.withDefaults(), attr: -1}
	if int64(len(b)) > d.lim.MaxBytes {
		d.limit("MaxBytes", d.lim.MaxBytes)
	}
	return d
}

// Err returns the first error; nil if there was none.
func (d *Decoder) Err() error { return d.err }

// Fail makes err the decoder's error, with path and position, unless it has
// one already.
func (d *Decoder) Fail(err error) {
	if d.err == nil {
		d.err = &SyntaxError{Path: d.Path(), Offset: d.Offset(), Err: err}
	}
}

// Offset returns the number of bytes consumed.
func (d *Decoder) Offset() int64 { return d.base + int64(d.pos) }

// Path returns the local names of the open elements, slash-separated.
func (d *Decoder) Path() string {
	var b strings.Builder
	for i, e := range d.stack {
		if i > 0 {
			b.WriteByte('/')
		}
		b.Write(d.names[e.local:e.end])
	}
	return b.String()
}

func (d *Decoder) failf(format string, args ...any) { d.Fail(fmt.Errorf(format, args...)) }

func (d *Decoder) limit(name string, maximum int64) {
	if d.err == nil {
		d.err = &LimitError{Path: d.Path(), Offset: d.Offset(), Limit: name, Max: maximum}
	}
}

// fill reads more input behind the window, keeping everything from pos on. It
// reports whether there was more.
func (d *Decoder) fill() bool {
	if d.err != nil || d.eof {
		return false
	}
	if d.pos > 0 {
		n := copy(d.buf, d.buf[d.pos:])
		d.base += int64(d.pos)
		d.buf, d.pos = d.buf[:n], 0
	}
	if len(d.buf) > d.lim.MaxText {
		d.limit("MaxText", int64(d.lim.MaxText))
		return false
	}
	if len(d.buf) == cap(d.buf) {
		n := 2 * cap(d.buf)
		if n < 32<<10 {
			n = 32 << 10
		}
		b := make([]byte, len(d.buf), n)
		copy(b, d.buf)
		d.buf = b
	}
	for range 100 {
		n, err := d.r.Read(d.buf[len(d.buf):cap(d.buf)])
		d.buf = d.buf[:len(d.buf)+n]
		if err == io.EOF {
			d.eof = true
		} else if err != nil {
			d.Fail(err)
			return false
		}
		if d.base+int64(len(d.buf)) > d.lim.MaxBytes {
			d.limit("MaxBytes", d.lim.MaxBytes)
			return false
		}
		if n > 0 {
			return true
		}
		if d.eof {
			return false
		}
	}
	d.Fail(io.ErrNoProgress)
	return false
}

// index returns the distance from pos to the first c at or after distance
// off; -1 with an error if the input ends before.
func (d *Decoder) index(off int, c byte) int {
	for {
		if have := len(d.buf) - d.pos; off < have {
			if i := bytes.IndexByte(d.buf[d.pos+off:], c); i >= 0 {
				return off + i
			}
			off = have
		}
		if !d.fill() {
			d.Fail(io.ErrUnexpectedEOF)
			return -1
		}
	}
}

// need makes sure that n bytes are in the window.
func (d *Decoder) need(n int) bool {
	for len(d.buf)-d.pos < n {
		if !d.fill() {
			d.Fail(io.ErrUnexpectedEOF)
			return false
		}
	}
	return true
}

// past consumes input up to and including the terminator, which starts no
// earlier than distance off. It reports success.
func (d *Decoder) past(off int, terminator string) bool {
	last := terminator[len(terminator)-1]
	off += len(terminator) - 1
	for {
		i := d.index(off, last)
		if i < 0 {
			return false
		}
		if string(d.buf[d.pos+i+1-len(terminator):d.pos+i+1]) == terminator {
			d.pos += i + 1
			return true
		}
		off = i + 1
	}
}

var errDTD = errors.New("document type declarations are refused")

// markup deals with a comment, processing instruction or CDATA section at
// pos, which stands on "<!" or "<?". cdata gets the content of a CDATA
// section; nil drops it.
func (d *Decoder) markup(cdata func([]byte)) bool {
	if d.buf[d.pos+1] == '?' {
		return d.past(2, "?>")
	}
	if !d.need(3) {
		return false
	}
	switch d.buf[d.pos+2] {
	case '-':
		if !d.need(4) || d.buf[d.pos+3] != '-' {
			d.failf("malformed comment")
			return false
		}
		return d.past(4, "-->")
	case '[':
		if !d.need(9) {
			return false
		}
		if string(d.buf[d.pos:d.pos+9]) != "<![CDATA[" || len(d.stack) == 0 {
			d.failf("malformed CDATA section")
			return false
		}
		off := 9 + 2
		for {
			i := d.index(off, '>')
			if i < 0 {
				return false
			}
			if string(d.buf[d.pos+i-2:d.pos+i]) == "]]" {
				if cdata != nil {
					cdata(d.buf[d.pos+9 : d.pos+i-2])
				}
				d.pos += i + 1
				return true
			}
			off = i + 1
		}
	}
	d.Fail(errDTD)
	return false
}

// Root advances to the document's root element. It refuses a document type
// declaration and any encoding but UTF-8.
func (d *Decoder) Root() bool {
	if d.err != nil {
		return false
	}
	if d.base == 0 && d.pos == 0 {
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

// Finish checks that nothing but white space, comments and processing
// instructions follows the root element, and returns Err.
func (d *Decoder) Finish() error {
	if d.err == nil && len(d.stack) == 0 && d.misc() {
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
			if !d.markup(nil) {
				return false
			}
		case '!':
			if !d.markup(nil) {
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

// Child advances to the next child of the current element, which becomes the
// current one. At the current element's end tag it consumes that and returns
// false.
func (d *Decoder) Child() bool {
	if d.err != nil || len(d.stack) == 0 {
		return false
	}
	d.fresh, d.attr = false, -1
	if d.empty {
		d.pop()
		return false
	}
	for {
		i := d.index(0, '<')
		if i < 0 {
			return false
		}
		d.pos += i
		if !d.need(2) {
			return false
		}
		switch d.buf[d.pos+1] {
		case '/':
			d.closeTag()
			return false
		case '!', '?':
			if !d.markup(nil) {
				return false
			}
		default:
			return d.open()
		}
	}
}

// ChildNamed advances as Child does, past every child but those named local
// in namespace ns or in none. Types and messages count as one: Exchange sends
// m:Notification where its schema says t:Notification.
func (d *Decoder) ChildNamed(ns NS, local string) bool {
	for d.Child() {
		if string(d.Local(ns)) == local || string(d.Local(otherNS(ns))) == local {
			return true
		}
		d.End()
	}
	return false
}

func otherNS(ns NS) NS {
	switch ns {
	case NSTypes:
		return NSMessages
	case NSMessages:
		return NSTypes
	}
	return ns
}

// pop ends the current element.
func (d *Decoder) pop() {
	e := d.stack[len(d.stack)-1]
	d.stack = d.stack[:len(d.stack)-1]
	d.names = d.names[:e.start]
	d.empty = false
	for n := len(d.bindings); n > 0 && d.bindings[n-1].depth > len(d.stack); n-- {
		d.bindings = d.bindings[:n-1]
	}
	d.ended = len(d.stack) == 0
}

// closeTag consumes the end tag at pos.
func (d *Decoder) closeTag() {
	e := d.stack[len(d.stack)-1]
	name := d.names[e.start:e.end]
	i := d.index(2, '>')
	if i < 0 {
		return
	}
	got := d.buf[d.pos+2 : d.pos+i]
	if len(got) > len(name) {
		got = bytes.TrimRight(got, " \t\r\n")
	}
	if !bytes.Equal(got, name) {
		d.failf("end tag </%s> for <%s>", shorten(got), name)
		return
	}
	d.pos += i + 1
	d.pop()
}

// End discards the rest of the current element, its end tag included.
func (d *Decoder) End() {
	if d.attr >= 0 {
		d.attr = -1
	}
	n := len(d.stack) - 1
	for len(d.stack) > n && n >= 0 && d.err == nil {
		d.Child()
	}
}

// Skip discards the current element: what generated code does with a child
// that it does not know.
func (d *Decoder) Skip() { d.End() }

// NS returns the namespace of the current attribute, else of the current
// element.
func (d *Decoder) NS() NS {
	switch {
	case d.attr >= 0:
		return d.attrs[d.attr].ns
	case len(d.stack) > 0:
		return d.stack[len(d.stack)-1].ns
	}
	return NSNone
}

// Name returns the local name of the current attribute, else of the current
// element. It is good until the next call.
func (d *Decoder) Name() []byte {
	switch {
	case d.attr >= 0:
		return d.attrs[d.attr].local
	case len(d.stack) > 0:
		e := d.stack[len(d.stack)-1]
		return d.names[e.local:e.end]
	}
	return nil
}

// Local returns the local name of the current element if it is in namespace
// ns, or in none, as some servers send; else nil.
func (d *Decoder) Local(ns NS) []byte {
	if len(d.stack) == 0 {
		return nil
	}
	e := d.stack[len(d.stack)-1]
	if e.ns != ns && e.ns != NSNone {
		return nil
	}
	return d.names[e.local:e.end]
}
