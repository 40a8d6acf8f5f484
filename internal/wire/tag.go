package wire

import (
	"bytes"
	"unicode/utf8"
)

// open consumes the start tag at pos and makes its element the current one.
func (d *Decoder) open() bool {
	n := 1
	b := d.buf[d.pos:]
	for n < len(b) && nameByte[b[n]] != 0 {
		n++
	}
	if n >= len(b) || b[n] == '/' && n+1 == len(b) { // the tag goes on behind the window
		if d.tagEnd() < 0 {
			return false
		}
		return d.open()
	}
	name := b[1:n]
	if !validName(name) {
		d.failf("malformed element name %q", shorten(name))
		return false
	}
	if !d.room() {
		return false
	}
	e := element{start: d.pos + 1, size: uint16(len(name)), ns: NSOther}
	if c := bytes.IndexByte(name, ':'); c >= 0 {
		e.local = uint16(c + 1)
	}
	switch {
	case e.local != 2:
	case name[0] == 't' && d.std[0]:
		e.ns = NSTypes
	case name[0] == 'm' && d.std[1]:
		e.ns = NSMessages
	}
	d.stack = append(d.stack, e)
	d.attrs.n = 0
	switch {
	case b[n] == '>':
		d.mode = content
		d.pos += n + 1
	case b[n] == '/' && b[n+1] == '>':
		d.mode = empty
		d.pos += n + 2
	case !isSpace(b[n]):
		d.failf("malformed element name %q", shorten(b[1:n+1]))
		return false
	default:
		end := d.shortAttributes(b, n)
		if end < 0 {
			i := d.tagEnd() // which may move the window, and the names out of it
			if i < 0 || !d.attributes(n, i) {
				return false
			}
			end = i + 1
		}
		d.pos += end
	}
	top := &d.stack[len(d.stack)-1]
	if e.ns == NSOther || top.decls {
		ok := false
		top.ns, _, ok = d.resolve(d.prefix(top))
		return ok
	}
	return true
}

// room counts an element that is about to be opened, and makes room for it on
// the stack.
func (d *Decoder) room() bool {
	if d.left--; d.left < 0 {
		d.limit("MaxElements", d.lim.MaxElements)
		return false
	}
	n := len(d.stack)
	if n < cap(d.stack) {
		return true
	}
	if n >= d.lim.MaxDepth {
		d.limit("MaxDepth", int64(d.lim.MaxDepth))
		return false
	}
	// The short paths rely on this: the capacity is never over MaxDepth.
	size := min(max(2*n, 16), d.lim.MaxDepth)
	s := make([]element, n, size)
	copy(s, d.stack)
	d.stack = s[:n:size]
	return true
}

// nameByte tells the bytes of names: 1 for the plain ones, 2 for colons and
// what is not ASCII.
var nameByte = [256]uint8{
	'-': 1, '.': 1, '_': 1, ':': 2,
	'0': 1, '1': 1, '2': 1, '3': 1, '4': 1, '5': 1, '6': 1, '7': 1, '8': 1, '9': 1,
	'A': 1, 'B': 1, 'C': 1, 'D': 1, 'E': 1, 'F': 1, 'G': 1, 'H': 1, 'I': 1, 'J': 1, 'K': 1, 'L': 1, 'M': 1,
	'N': 1, 'O': 1, 'P': 1, 'Q': 1, 'R': 1, 'S': 1, 'T': 1, 'U': 1, 'V': 1, 'W': 1, 'X': 1, 'Y': 1, 'Z': 1,
	'a': 1, 'b': 1, 'c': 1, 'd': 1, 'e': 1, 'f': 1, 'g': 1, 'h': 1, 'i': 1, 'j': 1, 'k': 1, 'l': 1, 'm': 1,
	'n': 1, 'o': 1, 'p': 1, 'q': 1, 'r': 1, 's': 1, 't': 1, 'u': 1, 'v': 1, 'w': 1, 'x': 1, 'y': 1, 'z': 1,
	0x80: 2, 0x81: 2, 0x82: 2, 0x83: 2, 0x84: 2, 0x85: 2, 0x86: 2, 0x87: 2, 0x88: 2, 0x89: 2, 0x8a: 2, 0x8b: 2, 0x8c: 2, 0x8d: 2, 0x8e: 2, 0x8f: 2,
	0x90: 2, 0x91: 2, 0x92: 2, 0x93: 2, 0x94: 2, 0x95: 2, 0x96: 2, 0x97: 2, 0x98: 2, 0x99: 2, 0x9a: 2, 0x9b: 2, 0x9c: 2, 0x9d: 2, 0x9e: 2, 0x9f: 2,
	0xa0: 2, 0xa1: 2, 0xa2: 2, 0xa3: 2, 0xa4: 2, 0xa5: 2, 0xa6: 2, 0xa7: 2, 0xa8: 2, 0xa9: 2, 0xaa: 2, 0xab: 2, 0xac: 2, 0xad: 2, 0xae: 2, 0xaf: 2,
	0xb0: 2, 0xb1: 2, 0xb2: 2, 0xb3: 2, 0xb4: 2, 0xb5: 2, 0xb6: 2, 0xb7: 2, 0xb8: 2, 0xb9: 2, 0xba: 2, 0xbb: 2, 0xbc: 2, 0xbd: 2, 0xbe: 2, 0xbf: 2,
	0xc0: 2, 0xc1: 2, 0xc2: 2, 0xc3: 2, 0xc4: 2, 0xc5: 2, 0xc6: 2, 0xc7: 2, 0xc8: 2, 0xc9: 2, 0xca: 2, 0xcb: 2, 0xcc: 2, 0xcd: 2, 0xce: 2, 0xcf: 2,
	0xd0: 2, 0xd1: 2, 0xd2: 2, 0xd3: 2, 0xd4: 2, 0xd5: 2, 0xd6: 2, 0xd7: 2, 0xd8: 2, 0xd9: 2, 0xda: 2, 0xdb: 2, 0xdc: 2, 0xdd: 2, 0xde: 2, 0xdf: 2,
	0xe0: 2, 0xe1: 2, 0xe2: 2, 0xe3: 2, 0xe4: 2, 0xe5: 2, 0xe6: 2, 0xe7: 2, 0xe8: 2, 0xe9: 2, 0xea: 2, 0xeb: 2, 0xec: 2, 0xed: 2, 0xee: 2, 0xef: 2,
	0xf0: 2, 0xf1: 2, 0xf2: 2, 0xf3: 2, 0xf4: 2, 0xf5: 2, 0xf6: 2, 0xf7: 2, 0xf8: 2, 0xf9: 2, 0xfa: 2, 0xfb: 2, 0xfc: 2, 0xfd: 2, 0xfe: 2, 0xff: 2,
}

// maxName bounds a name, in bytes.
const maxName = 1024

// validName checks what the decoder relies on, not the whole production: name
// bytes, no digit or sign first, at most one colon and that inside, UTF-8.
func validName(b []byte) bool {
	if len(b) == 0 || len(b) > maxName || b[0] < 'A' || b[len(b)-1] == ':' {
		return false
	}
	colons, all := 0, uint8(0)
	for _, c := range b {
		if nameByte[c] == 0 {
			return false
		}
		if c == ':' {
			colons++
		}
		all |= c
	}
	return colons <= 1 && (all < 0x80 || utf8.Valid(b))
}

// tagEnd returns the distance from pos to the '>' that ends the start tag
// there, past any in quotes. It reads on until the tag is in the window.
func (d *Decoder) tagEnd() int {
	from := 1
	for {
		i := d.index(from, '>')
		if i < 0 {
			return -1
		}
		// Quotes that open before this '>' may hold it.
		tag := d.buf[d.pos : d.pos+i]
		for {
			q := from
			for q < len(tag) && tag[q] != '"' && tag[q] != '\'' {
				q++
			}
			if q == len(tag) {
				return i
			}
			end := d.index(q+1, tag[q])
			if end < 0 {
				return -1
			}
			tag = d.buf[d.pos:min(d.pos+i, len(d.buf))]
			if from = end + 1; from > i {
				break
			}
		}
	}
}

// attribute is an attribute of the element just opened, as offsets in the
// window: they are good until it moves, which is not before the attributes
// have been read.
type attribute struct {
	name, local, nameEnd int // local is where the local name starts
	value, end           int
	ns                   NS
	plain                bool // the value has nothing to be treated
}

// attributes are those of the element just opened.
type attributes struct {
	list []attribute
	n    int // in list
	at   int // index of the current one
}

// addAttribute appends an attribute, unless there is one with the name
// already.
func (d *Decoder) addAttribute(a attribute) bool {
	as := &d.attrs
	if as.n >= d.lim.MaxAttrs {
		d.limit("MaxAttrs", int64(d.lim.MaxAttrs))
		return false
	}
	name := d.buf[a.name:a.nameEnd]
	for i := range as.list[:as.n] {
		if o := &as.list[i]; string(d.buf[o.name:o.nameEnd]) == string(name) {
			d.failf("attribute %s occurs twice", shorten(name))
			return false
		}
	}
	if as.n == len(as.list) {
		as.list = append(as.list, attribute{})
	}
	as.list[as.n] = a
	as.n, as.at = as.n+1, -1
	return true
}

// shortAttributes reads the attributes that start at b[n], with nothing
// unusual about them: no prefixes, no declarations, one blank between them. It
// returns where the tag ends; -1 if it is not like that, or not all in b.
func (d *Decoder) shortAttributes(b []byte, n int) int {
	for n < len(b) {
		switch {
		case b[n] == '>':
			d.mode = content
			return n + 1
		case b[n] == '/' && n+1 < len(b) && b[n+1] == '>':
			d.mode = empty
			return n + 2
		case b[n] != ' ' || d.attrs.n >= 8:
			d.attrs.n = 0
			return -1
		}
		start := n + 1
		switch {
		// Nearly all attributes of EWS are these two.
		case start+4 <= len(b) && string(b[start:start+4]) == `Id="`:
			n = start + 2
		case start+11 <= len(b) && string(b[start:start+11]) == `ChangeKey="`:
			n = start + 9
		default:
			for n++; n < len(b) && nameByte[b[n]] == 1; n++ {
			}
		}
		name := b[start:n]
		if n+1 >= len(b) || b[n] != '=' || b[n+1] != '"' || len(name) == 0 || len(name) > maxName || name[0] < 'A' || string(name) == "xmlns" {
			break
		}
		n += 2
		value := n
		n += scanValue(b[n:])
		if n >= len(b) || b[n] != '"' {
			break
		}
		p := d.pos
		if !d.addAttribute(attribute{p + start, p + start, p + start + len(name), p + value, p + n, NSNone, true}) {
			break
		}
		n++
	}
	d.attrs.n = 0
	return -1
}

// scanValue returns the length of the attribute value at the start of b up to
// its quotation mark, or to the first byte that must be looked at.
func scanValue(b []byte) int {
	i := scanQuote(b)
	for ; i < len(b); i++ {
		if c := b[i]; c == '"' || c == '&' || c == '<' || c < 0x20 || c >= 0x80 {
			break
		}
	}
	return i
}

// attributes splits the attributes of the start tag at pos, which stand at
// distances n to end, and takes namespace declarations into scope.
func (d *Decoder) attributes(n, end int) bool {
	i, end := d.pos+n, d.pos+end
	b := d.buf
	d.mode = content
	if b[end-1] == '/' {
		d.mode = empty
		end--
	}
	blanks := func() bool {
		was := i
		for i < end && isSpace(b[i]) {
			i++
		}
		return i > was
	}
	for {
		spaced := blanks()
		if i == end {
			break
		}
		if !spaced {
			d.failf("no space between attributes")
			return false
		}
		var a attribute
		for a.name = i; i < end && nameByte[b[i]] != 0; i++ {
		}
		a.local, a.nameEnd = a.name, i
		name := b[a.name:a.nameEnd]
		if !validName(name) {
			d.failf("malformed attribute name %q", shorten(b[a.name:min(i+1, end)]))
			return false
		}
		blanks()
		if i == end || b[i] != '=' {
			d.failf("attribute %s has no value", shorten(name))
			return false
		}
		i++
		blanks()
		if i == end || b[i] != '"' && b[i] != '\'' {
			d.failf("the value of attribute %s is not quoted", shorten(name))
			return false
		}
		a.value = i + 1
		size := bytes.IndexByte(b[a.value:end], b[i])
		if size < 0 {
			d.failf("the value of attribute %s has no end", shorten(name))
			return false
		}
		a.end = a.value + size
		i = a.end + 1
		value := b[a.value:a.end]
		if bytes.IndexByte(value, '<') >= 0 {
			d.failf("a < in the value of attribute %s", shorten(name))
			return false
		}
		ok := false
		switch {
		case string(name) == "xmlns":
			ok = d.bind(nil, value)
		case bytes.HasPrefix(name, []byte("xmlns:")):
			ok = d.bind(name[6:], value)
		default:
			ok = d.addAttribute(a)
		}
		if !ok {
			return false
		}
	}
	for i := range d.attrs.list[:d.attrs.n] {
		a := &d.attrs.list[i]
		c := bytes.IndexByte(b[a.name:a.nameEnd], ':')
		if c < 0 {
			continue
		}
		ok := false
		if a.ns, _, ok = d.resolve(b[a.name : a.name+c]); !ok {
			return false
		}
		a.local = a.name + c + 1
		for _, o := range d.attrs.list[:i] {
			if o.ns == a.ns && a.ns != NSOther && bytes.Equal(b[o.local:o.nameEnd], b[a.local:a.nameEnd]) {
				d.failf("attribute %s occurs twice", shorten(b[a.name:a.nameEnd]))
				return false
			}
		}
	}
	return true
}

// Attr advances to the next attribute of the element just opened.
// Declarations of namespaces and attributes of the XML Schema instance
// namespace are left out.
func (d *Decoder) Attr() bool {
	for a := &d.attrs; a.n > 0; {
		if a.at++; a.at == a.n {
			a.n = 0
			if d.mode == inAttrs {
				d.mode = d.after
			}
			break
		}
		if a.list[a.at].ns == NSXSI {
			continue
		}
		if d.mode != inAttrs {
			d.mode, d.after = inAttrs, d.mode
		}
		return true
	}
	return false
}

// leaveAttrs ends a walk over attributes that was broken off.
func (d *Decoder) leaveAttrs() {
	d.attrs.n = 0
	if d.mode == inAttrs {
		d.mode = d.after
	}
}

func (d *Decoder) xsi(local string) []byte {
	for i := range d.attrs.list[:d.attrs.n] {
		if a := &d.attrs.list[i]; a.ns == NSXSI && string(d.buf[a.local:a.nameEnd]) == local {
			return bytes.TrimSpace(d.buf[a.value:a.end])
		}
	}
	return nil
}

// Nil reports whether the element just opened has xsi:nil.
func (d *Decoder) Nil() bool {
	v := d.xsi("nil")
	return string(v) == "true" || string(v) == "1"
}

// XSIType returns the local name in xsi:type of the element just opened; nil
// if it has none. It is good until the next call.
func (d *Decoder) XSIType() []byte {
	v := d.xsi("type")
	if c := bytes.IndexByte(v, ':'); c >= 0 {
		v = v[c+1:]
	}
	return v
}

func shorten(b []byte) string {
	if len(b) > 64 {
		b = b[:64]
	}
	return string(bytes.ToValidUTF8(b, []byte("\uFFFD")))
}
