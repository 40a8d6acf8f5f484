package wire

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
	"unsafe"
)

// Floating is the location of times that had no zone on the wire. The encoder
// writes such a time without one; the server reads it in the time zone of the
// request's context.
var Floating = time.FixedZone("floating", 0)

// chunkSize is the size of the blocks that strings are cut from: small, so
// that one kept string keeps little else.
const chunkSize = 2 << 10

// str returns a string with the content of b.
func (d *Decoder) str(b []byte) string {
	switch {
	case len(b) == 0:
		return ""
	case len(b) > chunkSize/4:
		return string(b)
	case len(b) > cap(d.chunk)-len(d.chunk):
		d.chunk = make([]byte, 0, chunkSize)
	}
	n := len(d.chunk)
	d.chunk = append(d.chunk, b...)
	// The bytes behind n are written once and never again.
	return unsafe.String(&d.chunk[n], len(b))
}

// bytes consumes the value of the current attribute, or the text of the
// current element with its end tag. The result is good until the next call.
func (d *Decoder) bytes() []byte {
	if d.err != nil || len(d.stack) == 0 {
		return nil
	}
	if d.attr >= 0 {
		v := d.attrs[d.attr].value
		if plain(v) && bytes.IndexByte(v, '\n') < 0 && bytes.IndexByte(v, '\t') < 0 {
			return v
		}
		d.scratch = d.unescape(d.scratch[:0], v, true)
		return d.scratch
	}
	d.fresh = false
	if d.empty {
		d.pop()
		return nil
	}
	e := d.stack[len(d.stack)-1]
	size := e.end - e.start
	i := d.index(0, '<')
	if i < 0 || !d.need(i+2) {
		return nil
	}
	// The usual case: text and the end tag, all in the window.
	if d.buf[d.pos+i+1] == '/' {
		if !d.need(i + size + 3) {
			return nil
		}
		tag := d.buf[d.pos+i:]
		if tag[size+2] == '>' && bytes.Equal(tag[2:size+2], d.names[e.start:e.end]) {
			text := d.buf[d.pos : d.pos+i]
			d.pos += i + size + 3
			d.pop()
			if plain(text) {
				return text
			}
			d.scratch = d.unescape(d.scratch[:0], text, false)
			return d.scratch
		}
	}
	return d.mixed()
}

// mixed collects text that is interrupted by markup.
func (d *Decoder) mixed() []byte {
	d.scratch = d.scratch[:0]
	depth := len(d.stack)
	for d.err == nil {
		i := d.index(0, '<')
		if i < 0 || !d.need(i+2) {
			return nil
		}
		d.scratch = d.unescape(d.scratch, d.buf[d.pos:d.pos+i], false)
		d.pos += i
		switch d.buf[d.pos+1] {
		case '/':
			d.closeTag()
			if len(d.stack) < depth {
				return d.scratch
			}
		case '!', '?':
			d.markup(func(b []byte) { d.scratch = clean(d.scratch, b, false) })
		default:
			if d.open() {
				d.End()
			}
		}
		if len(d.scratch) > d.lim.MaxText {
			d.limit("MaxText", int64(d.lim.MaxText))
		}
	}
	return nil
}

// plain reports whether b needs no treatment: no references, line ends to
// normalise, forbidden characters or bytes outside ASCII that may be invalid.
func plain(b []byte) bool {
	ascii := true
	for _, c := range b {
		if c >= 0x80 {
			ascii = false
		} else if c == '&' || c < 0x20 && c != '\n' && c != '\t' {
			return false
		}
	}
	return ascii || utf8.Valid(b) && !bytes.Contains(b, []byte("\xEF\xBF\xBE")) && !bytes.Contains(b, []byte("\xEF\xBF\xBF"))
}

// clean appends b to dst with line ends normalised, and U+FFFD for what is no
// UTF-8 and for characters that XML forbids. attr makes white space blanks.
func clean(dst, b []byte, attr bool) []byte {
	for i := 0; i < len(b); {
		c := b[i]
		switch {
		case c == '\r':
			if i+1 < len(b) && b[i+1] == '\n' {
				i++
			}
			c = '\n'
			fallthrough
		case c == '\n' || c == '\t':
			if attr {
				c = ' '
			}
			dst = append(dst, c)
			i++
		case c < 0x20:
			dst = append(dst, "\uFFFD"...)
			i++
		case c < 0x80:
			dst = append(dst, c)
			i++
		default:
			r, n := utf8.DecodeRune(b[i:])
			if r == 0xFFFE || r == 0xFFFF {
				r = utf8.RuneError
			}
			dst = utf8.AppendRune(dst, r)
			i += n
		}
	}
	return dst
}

// unescape appends s to dst with references resolved. A reference to a
// character that XML forbids, such as &#x1F;, gives U+FFFD: Exchange sends
// them.
func (d *Decoder) unescape(dst, s []byte, attr bool) []byte {
	for {
		i := bytes.IndexByte(s, '&')
		if i < 0 {
			return clean(dst, s, attr)
		}
		dst = clean(dst, s[:i], attr)
		s = s[i+1:]
		end := bytes.IndexByte(s[:min(len(s), 32)], ';')
		if end < 0 {
			d.failf("an & that starts no reference")
			return dst
		}
		ref := s[:end]
		s = s[end+1:]
		switch string(ref) {
		case "amp":
			dst = append(dst, '&')
		case "lt":
			dst = append(dst, '<')
		case "gt":
			dst = append(dst, '>')
		case "quot":
			dst = append(dst, '"')
		case "apos":
			dst = append(dst, '\'')
		default:
			r, ok := charRef(ref)
			if !ok {
				d.failf("unknown reference &%s;", shorten(ref))
				return dst
			}
			dst = utf8.AppendRune(dst, r)
		}
	}
}

func charRef(ref []byte) (rune, bool) {
	if len(ref) < 2 || ref[0] != '#' {
		return 0, false
	}
	digits, base := string(ref[1:]), 10
	if digits[0] == 'x' {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, base, 64)
	if err != nil || digits[0] == '+' {
		return 0, false
	}
	if n > utf8.MaxRune || !xmlChar(rune(n)) {
		return utf8.RuneError, true
	}
	return rune(n), true
}

// xmlChar reports whether XML 1.0 allows r.
func xmlChar(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || r >= 0x20 && r <= 0xD7FF || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 && r <= utf8.MaxRune
}

// Text consumes the text of the current attribute or element. Child elements
// are skipped.
func (d *Decoder) Text() string { return d.str(d.bytes()) }

func (d *Decoder) badValue(kind string, b []byte) {
	if d.err == nil {
		d.err = &ValueError{Path: d.Path(), Offset: d.Offset(), Type: kind, Value: shorten(b)}
	}
}

// token consumes a value without white space around it. name is the element
// it stood in, for error texts.
func (d *Decoder) token() []byte { return bytes.TrimSpace(d.bytes()) }

// Bool consumes an xs:boolean. An empty element is false.
func (d *Decoder) Bool() bool {
	b := d.token()
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
	b := d.token()
	if len(b) == 0 {
		return 0
	}
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
	b := d.token()
	if len(b) == 0 {
		return 0
	}
	f, err := strconv.ParseFloat(unsafe.String(&b[0], len(b)), 64)
	if err != nil {
		d.badValue("xs:double", b)
		return 0
	}
	return f
}

// Time consumes an xs:dateTime with any number of fraction digits; digits
// past the ninth are dropped. Without a zone its location is Floating.
func (d *Decoder) Time() time.Time {
	b := d.token()
	if len(b) == 0 {
		return time.Time{}
	}
	t, ok := parseTime(b)
	if !ok {
		d.badValue("xs:dateTime", b)
	}
	return t
}

// Date consumes an xs:date, or the xs:dateTime that some servers send for
// one.
func (d *Decoder) Date() time.Time {
	b := d.token()
	if len(b) == 0 {
		return time.Time{}
	}
	t, ok := parseTime(b)
	if !ok {
		d.badValue("xs:date", b)
	}
	return t
}

func digits(b []byte) (int, bool) {
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, len(b) > 0
}

// parseTime parses an xs:date or xs:dateTime of years 0001 to 9999.
func parseTime(b []byte) (time.Time, bool) {
	var zero time.Time
	if len(b) < 10 || b[4] != '-' || b[7] != '-' {
		return zero, false
	}
	year, ok1 := digits(b[:4])
	month, ok2 := digits(b[5:7])
	day, ok3 := digits(b[8:10])
	if !ok1 || !ok2 || !ok3 || month < 1 || month > 12 || day < 1 || day > 31 {
		return zero, false
	}
	var hour, minute, sec, nano int
	b = b[10:]
	if len(b) > 0 && b[0] == 'T' {
		if len(b) < 9 || b[3] != ':' || b[6] != ':' {
			return zero, false
		}
		var ok4 bool
		hour, ok1 = digits(b[1:3])
		minute, ok2 = digits(b[4:6])
		sec, ok4 = digits(b[7:9])
		if !ok1 || !ok2 || !ok4 || hour > 24 || minute > 59 || sec > 60 {
			return zero, false
		}
		b = b[9:]
		if len(b) > 1 && b[0] == '.' {
			scale := 100_000_000
			b = b[1:]
			for len(b) > 0 && b[0] >= '0' && b[0] <= '9' {
				nano += int(b[0]-'0') * scale
				scale /= 10
				b = b[1:]
			}
		}
	}
	loc := Floating
	switch {
	case len(b) == 0:
	case string(b) == "Z":
		loc = time.UTC
	case len(b) == 6 && (b[0] == '+' || b[0] == '-') && b[3] == ':':
		h, ok := digits(b[1:3])
		m, okM := digits(b[4:6])
		if !ok || !okM || h > 14 || m > 59 {
			return zero, false
		}
		offset := h*3600 + m*60
		if b[0] == '-' {
			offset = -offset
		}
		loc = fixedZone(offset)
	default:
		return zero, false
	}
	t := time.Date(year, time.Month(month), day, hour, minute, sec, nano, loc)
	if t.Day() != day && hour != 24 && sec != 60 { // 31 February
		return zero, false
	}
	return t, true
}

func fixedZone(offset int) *time.Location {
	if offset == 0 {
		return time.FixedZone("+00:00", 0)
	}
	return time.FixedZone("", offset)
}

// Base64 consumes an xs:base64Binary. White space in it is ignored.
func (d *Decoder) Base64() []byte {
	src := d.bytes()
	if len(src) == 0 {
		return nil
	}
	out := make([]byte, base64.StdEncoding.DecodedLen(len(src)))
	n, err := base64.StdEncoding.Decode(out, src)
	if err != nil { // the decoder itself skips line ends, not blanks
		compact := make([]byte, 0, len(src))
		for _, c := range src {
			if !isSpace(c) {
				compact = append(compact, c)
			}
		}
		if n, err = base64.StdEncoding.Decode(out, compact); err != nil {
			d.badValue("xs:base64Binary", src)
			return nil
		}
	}
	return out[:n]
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

// Raw consumes the current element and returns its content, with the
// declarations of the namespaces it uses.
func (d *Decoder) Raw() Raw {
	var e Encoder
	d.copyContent(&e, "")
	return Raw(e.buf)
}

// RawElement is as Raw, with the element itself around the content.
func (d *Decoder) RawElement() Raw {
	var e Encoder
	d.copyElement(&e, "")
	return Raw(e.buf)
}

// uri returns the namespace URI of the current element.
func (d *Decoder) uri() string {
	top := d.stack[len(d.stack)-1]
	if top.binding < 0 || top.binding >= len(d.bindings) {
		return ""
	}
	return d.bindings[top.binding].uri
}

func (d *Decoder) copyElement(e *Encoder, scope string) {
	if len(d.stack) == 0 {
		return
	}
	name, uri := string(d.Local(d.NS())), d.uri()
	e.Start(name)
	if uri != scope {
		e.AttrString("xmlns", uri, true)
	}
	for i := range d.attrs {
		a := &d.attrs[i]
		value := string(d.unescape(nil, a.value, true))
		switch {
		case len(a.prefix) == 0, a.ns == NSXML:
			e.AttrString(string(a.prefix)+sep(a.prefix)+string(a.local), value, true)
		default:
			_, b, ok := d.resolve(a.prefix)
			if ok && b >= 0 {
				e.AttrString("xmlns:"+string(a.prefix), d.bindings[b].uri, true)
				e.AttrString(string(a.prefix)+":"+string(a.local), value, true)
			}
		}
	}
	d.copyContent(e, uri)
	e.End(name)
}

func sep(prefix []byte) string {
	if len(prefix) == 0 {
		return ""
	}
	return ":"
}

func (d *Decoder) copyContent(e *Encoder, scope string) {
	if len(d.stack) == 0 || d.err != nil {
		return
	}
	d.fresh, d.attr = false, -1
	if d.empty {
		d.pop()
		return
	}
	depth := len(d.stack)
	for d.err == nil {
		i := d.index(0, '<')
		if i < 0 || !d.need(i+2) {
			return
		}
		if i > 0 {
			e.Text(string(d.unescape(nil, d.buf[d.pos:d.pos+i], false)))
		}
		d.pos += i
		switch d.buf[d.pos+1] {
		case '/':
			d.closeTag()
			if len(d.stack) < depth {
				return
			}
		case '!', '?':
			d.markup(func(b []byte) { e.Text(string(clean(nil, b, false))) })
		default:
			if d.open() {
				d.copyElement(e, scope)
			}
		}
	}
}
