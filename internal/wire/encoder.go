package wire

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strconv"
	"time"
	"unsafe"
)

// Encoder appends XML to a buffer. Prefixes are the caller's affair: the
// generated code writes t: and m:, which the envelope binds. It is not safe
// for concurrent use.
//
// The methods are kept out of line: the generated code calls them thousands of
// times, and inlined they are more than half of its compiled size.
type Encoder struct {
	buf     []byte
	open    bool // a start tag awaits its '>'
	err     error
	source  func(name string, v []byte) (io.Reader, int64)
	sources []spliced
}

// NewEncoder returns an encoder that appends to buf.
func NewEncoder(buf []byte) *Encoder { return &Encoder{buf: buf} }

// Bytes returns what was written, start tags closed. It is not the whole
// document if values come from readers: see [Encoder.Document].
func (e *Encoder) Bytes() []byte {
	e.content()
	return e.buf
}

// Err returns the first error; nil if there was none.
func (e *Encoder) Err() error { return e.err }

// Fail makes err the encoder's error unless it has one already.
func (e *Encoder) Fail(err error) {
	if e.err == nil {
		e.err = err
	}
}

// room returns the buffer up to its capacity, of which at least n bytes are
// free behind its length.
func (e *Encoder) room(n int) []byte {
	if cap(e.buf)-len(e.buf) < n {
		e.grow(n)
	}
	return e.buf[:cap(e.buf)]
}

func (e *Encoder) grow(n int) {
	b := make([]byte, len(e.buf), max(2*cap(e.buf), len(e.buf)+n, 1024))
	copy(b, e.buf)
	e.buf = b
}

// content closes a start tag that is still open.
func (e *Encoder) content() {
	if e.open {
		e.buf = append(e.buf, '>')
		e.open = false
	}
}

// put copies a name to b[o:], which has room for it and eight bytes more, and
// returns where it ends. Most names have 8 to 32 bytes: they are copied by moves
// that overlap.
func put(b []byte, o int, name string) int {
	n := len(name)
	p, q := unsafe.StringData(name), unsafe.SliceData(b)
	switch {
	case n < 8 || n > 32 || o+n > len(b):
		copy(b[o:], name)
	case n <= 16:
		x, y := load(p, 0), load(p, n-8)
		store(q, o, x)
		store(q, o+n-8, y)
	default:
		w, x, y, z := load(p, 0), load(p, 8), load(p, n-16), load(p, n-8)
		store(q, o, w)
		store(q, o+8, x)
		store(q, o+n-16, y)
		store(q, o+n-8, z)
	}
	return o + n
}

// tags is how much room a leaf element takes beside twice its name and its
// text: brackets, and what is written eight bytes at a time beyond the end.
const tags = 64

// begin writes the start tag of a leaf element and returns the buffer up to its
// capacity, and where in it the text goes: at least n bytes, and then the end
// tag.
func (e *Encoder) begin(name string, n int) ([]byte, int) {
	b := e.room(2*len(name) + n + tags)
	o := len(e.buf)
	if e.open {
		b[o] = '>'
		o++
		e.open = false
	}
	b[o] = '<'
	o = put(b, o+1, name)
	b[o] = '>'
	return b, o + 1
}

// end writes the end tag at b[o].
func (e *Encoder) end(b []byte, o int, name string) {
	b[o] = '<'
	b[o+1] = '/'
	o = put(b, o+2, name)
	b[o] = '>'
	e.buf = b[:o+1]
}

// Start opens element name, as in "t:Subject". Its start tag stays open for
// attributes until content is written.
//
//go:noinline
func (e *Encoder) Start(name string) {
	b := e.room(len(name) + tags)
	o := len(e.buf)
	if e.open {
		b[o] = '>'
		o++
	}
	b[o] = '<'
	o = put(b, o+1, name)
	e.buf = b[:o]
	e.open = true
}

// End closes element name.
//
//go:noinline
func (e *Encoder) End(name string) {
	if e.open {
		e.buf = append(e.buf, "/>"...)
		e.open = false
		return
	}
	e.end(e.room(len(name)+tags), len(e.buf), name)
}

// Elem writes element name with v in it.
//
//go:noinline
func (e *Encoder) Elem(name string, v Marshaler) {
	e.Start(name)
	v.EncodeXML(e)
	e.End(name)
}

// Member writes v, a member of a closed interface, as element name. isNil
// says that v is a nil pointer, which is an error.
func (e *Encoder) Member(name string, v Marshaler, isNil bool) {
	if isNil {
		e.Fail(fmt.Errorf("wire: nil where %s is to be written", name))
		return
	}
	e.Elem(name, v)
}

// XSIMember is as Member, with the type of v in xsi:type.
func (e *Encoder) XSIMember(name, typ string, v Marshaler, isNil bool) {
	if isNil {
		e.Fail(fmt.Errorf("wire: nil where %s is to be written", name))
		return
	}
	e.Start(name)
	e.XSIType(typ)
	v.EncodeXML(e)
	e.End(name)
}

// NotMember reports that v may not stand where family is wanted.
func (e *Encoder) NotMember(family string, v any) {
	e.Fail(fmt.Errorf("wire: %T can't be sent as %s here", v, family))
}

// OneOf reports an error if more than one of set is true: the members of a
// choice in struct name exclude each other.
func (e *Encoder) OneOf(name string, set ...bool) {
	n := 0
	for _, s := range set {
		if s {
			n++
		}
	}
	if n > 1 {
		e.Fail(fmt.Errorf("wire: %s has %d alternatives of one choice set, at most one may be", name, n))
	}
}

// XSIType writes the attribute xsi:type.
func (e *Encoder) XSIType(name string) {
	e.AttrString("xmlns:xsi", XSIURI, true)
	e.AttrString("xsi:type", name, true)
}

// NilElem writes element name with xsi:nil.
func (e *Encoder) NilElem(name string) {
	e.Start(name)
	e.AttrString("xmlns:xsi", XSIURI, true)
	e.AttrString("xsi:nil", "true", true)
	e.End(name)
}

// String writes element name with text v; nothing if v is empty and keep is
// false.
//
//go:noinline
func (e *Encoder) String(name, v string, keep bool) {
	if v == "" {
		if keep {
			e.Start(name)
			e.End(name)
		}
		return
	}
	b, o := e.begin(name, len(v))
	if n := plainShort(b[o:], v); n > 0 {
		o += n
	} else {
		b, o = e.escape(b, o, v, len(name))
	}
	e.end(b, o, name)
}

// Bool writes an xs:boolean element; nothing if v is false and keep is false.
//
//go:noinline
func (e *Encoder) Bool(name string, v, keep bool) {
	if v || keep {
		b, o := e.begin(name, 8)
		o = putBool(b, o, v)
		e.end(b, o, name)
	}
}

// putBool writes v to b[o:], which has room for eight bytes, and returns where
// it ends.
func putBool(b []byte, o int, v bool) int {
	to := b[o : o+8]
	if v {
		binary.LittleEndian.PutUint64(to, 't'|'r'<<8|'u'<<16|'e'<<24)
		return o + 4
	}
	binary.LittleEndian.PutUint64(to, 'f'|'a'<<8|'l'<<16|'s'<<24|'e'<<32)
	return o + 5
}

// Int writes an integer element; nothing if v is 0 and keep is false.
//
//go:noinline
func (e *Encoder) Int(name string, v int64, keep bool) {
	if v != 0 || keep {
		b, o := e.begin(name, 20)
		o = len(strconv.AppendInt(b[:o], v, 10))
		e.end(b, o, name)
	}
}

// Float writes an xs:double element; nothing if v is 0 and keep is false.
func (e *Encoder) Float(name string, v float64, keep bool) {
	if v != 0 || keep {
		e.Start(name)
		e.TextFloat(v)
		e.End(name)
	}
}

// Time writes an xs:dateTime element; nothing if v is zero and keep is false.
//
//go:noinline
func (e *Encoder) Time(name string, v time.Time, keep bool) {
	if !v.IsZero() || keep {
		b, o := e.begin(name, timeSize)
		o = e.putTime(b, o, v, true)
		e.end(b, o, name)
	}
}

// Date writes an xs:date element; nothing if v is zero and keep is false.
func (e *Encoder) Date(name string, v time.Time, keep bool) {
	if !v.IsZero() || keep {
		b, o := e.begin(name, timeSize)
		o = e.putTime(b, o, v, false)
		e.end(b, o, name)
	}
}

// Base64 writes an xs:base64Binary element; nothing if v is empty and keep is
// false, unless it comes from a reader: see [Encoder.FromReaders].
//
//go:noinline
func (e *Encoder) Base64(name string, v []byte, keep bool) {
	if e.source != nil && e.splice(name, v) {
		return
	}
	if len(v) > 0 || keep {
		n := base64.StdEncoding.EncodedLen(len(v))
		b, o := e.begin(name, n)
		encodeBase64(b[o:o+n], v)
		e.end(b, o+n, name)
	}
}

// RawElem writes element name with v as its content, unchecked; nothing if v
// is empty and keep is false.
func (e *Encoder) RawElem(name string, v Raw, keep bool) {
	if v != "" || keep {
		e.Start(name)
		e.Raw(v)
		e.End(name)
	}
}

// AttrString writes an attribute; nothing if v is empty and keep is false.
//
//go:noinline
func (e *Encoder) AttrString(name, v string, keep bool) {
	if v == "" && !keep {
		return
	}
	b, o := e.attr(name, len(v))
	b, o = e.escapeAttr(b, o, v)
	b[o] = '"'
	e.buf = b[:o+1]
}

// attr writes the start of an attribute and returns the buffer up to its
// capacity, and where in it the value goes: at least n bytes, and then the
// quotation mark.
func (e *Encoder) attr(name string, n int) ([]byte, int) {
	if !e.open {
		e.Fail(fmt.Errorf("wire: attribute %s after content", name))
	}
	b := e.room(len(name) + n + tags)
	o := len(e.buf)
	b[o] = ' '
	o = put(b, o+1, name)
	b[o] = '='
	b[o+1] = '"'
	return b, o + 2
}

// AttrBool writes an xs:boolean attribute.
func (e *Encoder) AttrBool(name string, v, keep bool) {
	if v || keep {
		b, o := e.attr(name, 8)
		o = putBool(b, o, v)
		b[o] = '"'
		e.buf = b[:o+1]
	}
}

// AttrInt writes an integer attribute.
func (e *Encoder) AttrInt(name string, v int64, keep bool) {
	if v != 0 || keep {
		b, o := e.attr(name, 24)
		e.buf = append(strconv.AppendInt(b[:o], v, 10), '"')
	}
}

// AttrFloat writes an xs:double attribute.
func (e *Encoder) AttrFloat(name string, v float64, keep bool) {
	if v != 0 || keep {
		b, o := e.attr(name, 32)
		e.buf = append(appendFloat(b[:o], v), '"')
	}
}

// AttrTime writes an xs:dateTime attribute.
func (e *Encoder) AttrTime(name string, v time.Time, keep bool) {
	if !v.IsZero() || keep {
		b, o := e.attr(name, timeSize)
		o = e.putTime(b, o, v, true)
		b[o] = '"'
		e.buf = b[:o+1]
	}
}

func appendFloat(b []byte, v float64) []byte {
	switch {
	case math.IsInf(v, 1):
		return append(b, "INF"...)
	case math.IsInf(v, -1):
		return append(b, "-INF"...)
	}
	return strconv.AppendFloat(b, v, 'g', -1, 64)
}

// Text writes v as content of the open element.
func (e *Encoder) Text(v string) {
	if v != "" {
		e.content()
		b, o := e.escape(e.room(len(v)+tags), len(e.buf), v, 0)
		e.buf = b[:o]
	}
}

// TextBool writes an xs:boolean as content.
func (e *Encoder) TextBool(v bool) {
	e.content()
	e.buf = strconv.AppendBool(e.buf, v)
}

// TextInt writes an integer as content.
func (e *Encoder) TextInt(v int64) {
	e.content()
	e.buf = strconv.AppendInt(e.buf, v, 10)
}

// TextFloat writes an xs:double as content.
func (e *Encoder) TextFloat(v float64) {
	e.content()
	e.buf = appendFloat(e.buf, v)
}

// TextTime writes an xs:dateTime as content.
func (e *Encoder) TextTime(v time.Time) {
	e.content()
	b := e.room(timeSize)
	e.buf = b[:e.putTime(b, len(e.buf), v, true)]
}

// TextBase64 writes an xs:base64Binary as content.
func (e *Encoder) TextBase64(v []byte) {
	if len(v) > 0 {
		e.content()
		n := base64.StdEncoding.EncodedLen(len(v))
		b, o := e.room(n), len(e.buf)
		encodeBase64(b[o:o+n], v)
		e.buf = b[:o+n]
	}
}

// Raw writes v as content, unchecked.
func (e *Encoder) Raw(v Raw) {
	if v != "" {
		e.content()
		e.buf = append(e.buf, v...)
	}
}
