package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strconv"
	"strings"
	"unsafe"
)

// Text consumes the text of the current attribute or element. Child elements
// are skipped.
func (d *Decoder) Text() string { return d.str(d.bytes()) }

// Enum is as Text, for values that occur again and again.
func (d *Decoder) Enum() string { return d.intern(d.bytes()) }

// badValue reports the value just consumed. Its element is no longer open, but
// still where it was on the stack.
func (d *Decoder) badValue(kind string, b []byte) {
	if d.err != nil {
		return
	}
	value := shorten(b)
	if d.mode == inAttrs {
		d.stop(&ValueError{Path: d.Path() + "/@" + d.Name(), Offset: d.Offset(), Type: kind, Value: value})
		return
	}
	d.stack = d.stack[:min(len(d.stack)+1, cap(d.stack))]
	d.stop(&ValueError{Path: d.Path(), Offset: d.Offset(), Type: kind, Value: value})
}

// trim cuts white space off both ends.
func trim(b []byte) []byte {
	if n := len(b); n > 0 && (b[0] <= ' ' || b[n-1] <= ' ') {
		return bytes.Trim(b, " \t\r\n")
	}
	return b
}

// Bool consumes an xs:boolean. An empty element is false.
func (d *Decoder) Bool() bool {
	if d.mode == content {
		b := d.buf[d.pos:]
		if len(b) >= 8 {
			switch x := binary.LittleEndian.Uint64(b); {
			case x&(1<<40-1) == 't'|'r'<<8|'u'<<16|'e'<<24|'<'<<32:
				if d.shortClose(4) {
					return true
				}
			case x&(1<<48-1) == 'f'|'a'<<8|'l'<<16|'s'<<24|'e'<<32|'<'<<40:
				if d.shortClose(5) {
					return false
				}
			}
		}
	}
	b := trim(d.bytes())
	switch string(b) {
	case "true", "1":
		return true
	case "false", "0", "":
		return false
	}
	if bytes.EqualFold(b, []byte("true")) {
		return true
	}
	if !bytes.EqualFold(b, []byte("false")) {
		d.badValue("xs:boolean", b)
	}
	return false
}

func (d *Decoder) integer(bits int, kind string) int64 {
	if d.mode == content { // up to nine digits fit in any kind
		b := d.buf[d.pos:]
		n, i := int64(0), 0
		for i < len(b) && i < 9 && b[i]-'0' <= 9 {
			n = n*10 + int64(b[i]-'0')
			i++
		}
		if i > 0 && d.shortClose(i) {
			return n
		}
	}
	b := d.bytes()
	b = trim(b)
	if len(b) == 0 {
		return 0
	}
	// The string is looked at while b is good, and not kept.
	n, err := strconv.ParseInt(unsafe.String(&b[0], len(b)), 10, bits)
	if errors.Is(err, strconv.ErrRange) {
		return n // the nearest value: servers send numbers past xs:int
	}
	if err != nil {
		d.badValue(kind, b)
		return 0
	}
	return n
}

// Int32 consumes an xs:int, or a shorter kind. An empty element is 0; a number
// out of range, as some servers send, gives the nearest one within.
func (d *Decoder) Int32() int32 { return int32(d.integer(32, "xs:int")) }

// Int64 consumes an xs:long, xs:integer or xs:unsignedInt.
func (d *Decoder) Int64() int64 { return d.integer(64, "xs:long") }

// Float64 consumes an xs:double.
func (d *Decoder) Float64() float64 {
	b := trim(d.bytes())
	if len(b) == 0 {
		return 0
	}
	f, err := strconv.ParseFloat(string(b), 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		d.badValue("xs:double", b)
		return 0
	}
	return f
}

// List consumes an xs:list of strings.
func (d *Decoder) List() []string { return Split[string](d.Text()) }

// Split returns the items of an xs:list.
func Split[S ~string](s string) []S {
	var out []S
	for _, f := range strings.Fields(s) {
		out = append(out, S(f))
	}
	return out
}

// Join returns the xs:list of v.
func Join[S ~string](v []S) string {
	var b strings.Builder
	for i, s := range v {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(string(s))
	}
	return b.String()
}
