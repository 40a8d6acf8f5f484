package wire

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"
)

// Encoder appends XML to a buffer. Prefixes are the caller's affair: the
// generated code writes t: and m:, which the envelope binds. It is not safe
// for concurrent use.
//
// Start, End and the like are kept out of line: the generated code calls them
// thousands of times, and inlined they are more than half of its compiled size.
type Encoder struct {
	buf   []byte
	open  bool // a start tag awaits its '>'
	marks []mark
	said  int // values written that are not merely required zeros
	err   error
}

// mark is where an optional element began.
type mark struct {
	at   int  // length of the buffer before the element
	said int  // said before the element
	open bool // whether the parent's start tag was still open
}

// NewEncoder returns an encoder that appends to buf.
func NewEncoder(buf []byte) *Encoder { return &Encoder{buf: buf} }

// Bytes returns what was written, start tags closed.
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

// content closes a start tag that is still open.
func (e *Encoder) content() {
	if e.open {
		e.buf = append(e.buf, '>')
		e.open = false
	}
}

// Start opens element name, as in "t:Subject". Its start tag stays open for
// attributes until content is written.
//
//go:noinline
func (e *Encoder) Start(name string) {
	e.content()
	e.buf = append(e.buf, '<')
	e.buf = append(e.buf, name...)
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
	e.buf = append(e.buf, "</"...)
	e.buf = append(e.buf, name...)
	e.buf = append(e.buf, '>')
}

// Elem writes element name with v in it.
func (e *Encoder) Elem(name string, v Marshaler) {
	e.Start(name)
	v.EncodeXML(e)
	e.End(name)
}

// Say notes that what is written is meant, even if every value in it is zero.
func (e *Encoder) Say() { e.said++ }

// Item is as Elem for a value that is there even if it is zero: an entry of a
// list, the target of a pointer.
//
//go:noinline
func (e *Encoder) Item(name string, v Marshaler) {
	e.said++
	e.Elem(name, v)
}

// StartList opens the wrapper of a list of n entries.
//
//go:noinline
func (e *Encoder) StartList(name string, n int) {
	e.said += n
	e.Start(name)
}

// OptElem is as Elem, but takes the element back if v is zero (it said
// nothing) and keep is false.
func (e *Encoder) OptElem(name string, v Marshaler, keep bool) {
	e.OptStart(name)
	v.EncodeXML(e)
	e.OptEnd(name, keep)
}

// OptStart opens an element that OptEnd may take back.
//
//go:noinline
func (e *Encoder) OptStart(name string) {
	e.marks = append(e.marks, mark{len(e.buf), e.said, e.open})
	e.Start(name)
}

// OptEnd closes the element of the last OptStart. If nothing was said since
// (required fields that are zero say nothing), and keep is false, the element
// is taken back.
func (e *Encoder) OptEnd(name string, keep bool) {
	m := e.marks[len(e.marks)-1]
	e.marks = e.marks[:len(e.marks)-1]
	if e.said == m.said && !keep {
		e.buf, e.open = e.buf[:m.at], m.open
		return
	}
	e.said++
	e.End(name)
}

// Member writes v, a member of a closed interface, as element name. isNil
// says that v is a nil pointer, which is an error.
func (e *Encoder) Member(name string, v Marshaler, isNil bool) {
	if isNil {
		e.Fail(fmt.Errorf("wire: nil where %s is to be written", name))
		return
	}
	e.Item(name, v)
}

// XSIMember is as Member, with the type of v in xsi:type.
func (e *Encoder) XSIMember(name, typ string, v Marshaler, isNil bool) {
	if isNil {
		e.Fail(fmt.Errorf("wire: nil where %s is to be written", name))
		return
	}
	e.said++
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
	e.said++
	e.Start(name)
	e.AttrString("xmlns:xsi", XSIURI, true)
	e.AttrString("xsi:nil", "true", true)
	e.End(name)
}

// note counts a value that is not zero.
func (e *Encoder) note(said bool) {
	if said {
		e.said++
	}
}

func (e *Encoder) begin(name string) {
	e.Start(name)
	e.content()
}

// String writes element name with text v; nothing if v is empty and keep is
// false.
func (e *Encoder) String(name, v string, keep bool) {
	if v == "" {
		if keep {
			e.Start(name)
			e.End(name)
		}
		return
	}
	e.said++
	e.begin(name)
	e.text(v)
	e.End(name)
}

// Bool writes an xs:boolean element; nothing if v is false and keep is false.
func (e *Encoder) Bool(name string, v, keep bool) {
	if v || keep {
		e.note(v)
		e.begin(name)
		e.buf = strconv.AppendBool(e.buf, v)
		e.End(name)
	}
}

// Int writes an integer element; nothing if v is 0 and keep is false.
func (e *Encoder) Int(name string, v int64, keep bool) {
	if v != 0 || keep {
		e.note(v != 0)
		e.begin(name)
		e.buf = strconv.AppendInt(e.buf, v, 10)
		e.End(name)
	}
}

// Float writes an xs:double element; nothing if v is 0 and keep is false.
func (e *Encoder) Float(name string, v float64, keep bool) {
	if v != 0 || keep {
		e.note(v != 0)
		e.begin(name)
		e.float(v)
		e.End(name)
	}
}

func (e *Encoder) float(v float64) {
	s := strconv.FormatFloat(v, 'g', -1, 64)
	switch s {
	case "+Inf":
		s = "INF"
	case "-Inf":
		s = "-INF"
	}
	e.buf = append(e.buf, s...)
}

// Time writes an xs:dateTime element; nothing if v is zero and keep is false.
func (e *Encoder) Time(name string, v time.Time, keep bool) {
	if !v.IsZero() || keep {
		e.note(!v.IsZero())
		e.begin(name)
		e.time(v, "2006-01-02T15:04:05.999999999")
		e.End(name)
	}
}

// Date writes an xs:date element; nothing if v is zero and keep is false.
func (e *Encoder) Date(name string, v time.Time, keep bool) {
	if !v.IsZero() || keep {
		e.note(!v.IsZero())
		e.begin(name)
		e.time(v, "2006-01-02")
		e.End(name)
	}
}

// time writes v with its zone: Z for UTC, nothing for Floating.
func (e *Encoder) time(v time.Time, layout string) {
	if y := v.Year(); y < 1 || y > 9999 {
		e.Fail(fmt.Errorf("wire: year %d can't be written; years are 1 to 9999", y))
		return
	}
	e.buf = v.AppendFormat(e.buf, layout)
	switch v.Location() {
	case Floating:
	case time.UTC:
		e.buf = append(e.buf, 'Z')
	default:
		e.buf = v.AppendFormat(e.buf, "-07:00")
	}
}

// Base64 writes an xs:base64Binary element; nothing if v is empty and keep is
// false.
func (e *Encoder) Base64(name string, v []byte, keep bool) {
	if len(v) > 0 || keep {
		e.note(len(v) > 0)
		e.begin(name)
		e.buf = base64.StdEncoding.AppendEncode(e.buf, v)
		e.End(name)
	}
}

// RawElem writes element name with v as its content, unchecked; nothing if v
// is empty and keep is false.
func (e *Encoder) RawElem(name string, v Raw, keep bool) {
	if v != "" || keep {
		e.note(v != "")
		e.Start(name)
		e.Raw(v)
		e.End(name)
	}
}

// AttrString writes an attribute; nothing if v is empty and keep is false.
func (e *Encoder) AttrString(name, v string, keep bool) {
	if v != "" || keep {
		e.note(v != "")
		e.attr(name)
		e.escape(v, true)
		e.buf = append(e.buf, '"')
	}
}

func (e *Encoder) attr(name string) {
	if !e.open {
		e.Fail(fmt.Errorf("wire: attribute %s after content", name))
	}
	e.buf = append(e.buf, ' ')
	e.buf = append(e.buf, name...)
	e.buf = append(e.buf, `="`...)
}

// AttrBool writes an xs:boolean attribute.
func (e *Encoder) AttrBool(name string, v, keep bool) {
	if v || keep {
		e.note(v)
		e.attr(name)
		e.buf = strconv.AppendBool(e.buf, v)
		e.buf = append(e.buf, '"')
	}
}

// AttrInt writes an integer attribute.
func (e *Encoder) AttrInt(name string, v int64, keep bool) {
	if v != 0 || keep {
		e.note(v != 0)
		e.attr(name)
		e.buf = strconv.AppendInt(e.buf, v, 10)
		e.buf = append(e.buf, '"')
	}
}

// AttrFloat writes an xs:double attribute.
func (e *Encoder) AttrFloat(name string, v float64, keep bool) {
	if v != 0 || keep {
		e.note(v != 0)
		e.attr(name)
		e.float(v)
		e.buf = append(e.buf, '"')
	}
}

// AttrTime writes an xs:dateTime attribute.
func (e *Encoder) AttrTime(name string, v time.Time, keep bool) {
	if !v.IsZero() || keep {
		e.note(!v.IsZero())
		e.attr(name)
		e.time(v, "2006-01-02T15:04:05.999999999")
		e.buf = append(e.buf, '"')
	}
}

// Text writes v as content of the open element.
func (e *Encoder) Text(v string) {
	if v != "" {
		e.said++
		e.content()
		e.text(v)
	}
}

// TextBool writes an xs:boolean as content.
func (e *Encoder) TextBool(v bool) {
	e.note(v)
	e.content()
	e.buf = strconv.AppendBool(e.buf, v)
}

// TextInt writes an integer as content.
func (e *Encoder) TextInt(v int64) {
	e.note(v != 0)
	e.content()
	e.buf = strconv.AppendInt(e.buf, v, 10)
}

// TextFloat writes an xs:double as content.
func (e *Encoder) TextFloat(v float64) {
	e.note(v != 0)
	e.content()
	e.float(v)
}

// TextTime writes an xs:dateTime as content.
func (e *Encoder) TextTime(v time.Time) {
	e.note(!v.IsZero())
	e.content()
	e.time(v, "2006-01-02T15:04:05.999999999")
}

// TextBase64 writes an xs:base64Binary as content.
func (e *Encoder) TextBase64(v []byte) {
	if len(v) > 0 {
		e.said++
		e.content()
		e.buf = base64.StdEncoding.AppendEncode(e.buf, v)
	}
}

// Raw writes v as content, unchecked.
func (e *Encoder) Raw(v Raw) {
	if v != "" {
		e.said++
		e.content()
		e.buf = append(e.buf, v...)
	}
}

func (e *Encoder) text(v string) { e.escape(v, false) }

// escape appends v with references for what would be markup or would not
// survive reading, and U+FFFD for what XML forbids.
func (e *Encoder) escape(v string, attr bool) {
	start := 0
	for i := 0; i < len(v); {
		c := v[i]
		if c >= 0x80 {
			r, n := utf8.DecodeRuneInString(v[i:])
			if r == utf8.RuneError && n == 1 || r == 0xFFFE || r == 0xFFFF {
				e.buf = append(append(e.buf, v[start:i]...), "\uFFFD"...)
				start = i + n
			}
			i += n
			continue
		}
		var ref string
		switch {
		case c == '&':
			ref = "&amp;"
		case c == '<':
			ref = "&lt;"
		case c == '>':
			ref = "&gt;"
		case c == '"' && attr:
			ref = "&quot;"
		case c == '\r':
			ref = "&#xD;"
		case c == '\n' && attr:
			ref = "&#xA;"
		case c == '\t' && attr:
			ref = "&#x9;"
		case c < 0x20 && c != '\n' && c != '\t':
			ref = "\uFFFD"
		default:
			i++
			continue
		}
		e.buf = append(append(e.buf, v[start:i]...), ref...)
		i++
		start = i
	}
	e.buf = append(e.buf, v[start:]...)
}
