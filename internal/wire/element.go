package wire

import (
	"bytes"
	"encoding/binary"
	"unsafe"
)

// Names are the names that the children of an element may have: of the
// generated code.
type Names struct {
	// All has the names in schema order, prefixed as the encoder writes them
	// (t: for types, m: for messages), each with a '>' behind it, and Pad at
	// the end.
	All string
	// At says where in All the names start, and where Pad does.
	At []uint16
	// Seed spreads the predictions for different Names.
	Seed int
}

// Pad is what Names.All ends with, so that any name can be compared as if it
// had 32 bytes.
const Pad = ">>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>"

// Len returns the number of names.
func (n *Names) Len() int { return len(n.At) - 1 }

// Name returns a name, prefix included.
func (n *Names) Name(i int) string { return n.All[n.At[i] : n.At[i+1]-1] }

// predictions is how many successors of elements a decoder remembers, a power
// of two. Two that fall together cost time, nothing else.
const predictions = 2048

// Next advances to the next child of the current element, as Child does. It
// returns the child's index in the list of names; the length of the list if it
// is not there; -1 at the end of the current element. last is what Next
// returned for the child before, -1 for the first.
//
// Which child follows which is remembered: an answer has many elements of a
// kind, and nearly all of them have the same children, in the order of the
// schema. A start tag that is as foreseen is told by one comparison.
func (d *Decoder) Next(n *Names, last int) int {
	i := int(d.pred[(n.Seed+last+1)&(predictions-1)][0])
	b := d.buf[d.pos:]
	if i+1 < len(n.At) && len(b) > 40 && d.mode == content {
		at := int(n.At[i])
		size := int(n.At[i+1]) - at - 1
		if size <= 32 && at+32 <= len(n.All) {
			// The 32 bytes are inside the string, which is read and not kept.
			name := (*[32]byte)(unsafe.Add(unsafe.Pointer(unsafe.StringData(n.All)), at))
			depth := len(d.stack)
			if same((*[32]byte)(b[1:]), name, size) && b[0] == '<' && d.std[b[1]&1] {
				if b[size+1] == '>' && depth < cap(d.stack) && depth > 0 && d.left > 0 {
					d.left--
					d.attrs.n = 0
					d.stack = d.stack[:depth+1]
					e := &d.stack[depth] // a literal would be built elsewhere and copied
					e.start, e.size, e.local, e.decls = d.pos+1, uint16(size), 2, false
					e.ns = NSTypes + NS(b[1]&1) // 't' is even, 'm' is odd
					d.pos += size + 2
					return i
				}
				if d.short(b, size) {
					return i
				}
			}
		}
	}
	return d.next(n, last)
}

// next is Next without the shortest path.
func (d *Decoder) next(n *Names, last int) int {
	if d.mode == content {
		if d.pos < len(d.buf) && d.buf[d.pos] != '<' {
			d.blanks()
		}
		if d.shortClose(0) {
			return -1
		}
		// Look for the name: what came here before the last time, then in the
		// list from where it was or should be.
		slot := &d.pred[(n.Seed+last+1)&(predictions-1)]
		if i := d.find(n, slot); i >= 0 && d.short(d.buf[d.pos:], len(n.Name(i))) {
			if i != int(slot[0]) {
				slot[0], slot[1] = uint8(i), slot[0]
			}
			return i
		}
	}
	if d.mode == empty {
		d.pop()
		return -1
	}
	if !d.Child() {
		return -1
	}
	return d.Index(n)
}

// Index returns the index of the current element's name in the list of names;
// the length of the list if it is not there. An element in no namespace, as
// some servers send, is taken for one in any.
func (d *Decoder) Index(n *Names) int {
	if len(d.stack) > 0 {
		top := &d.stack[len(d.stack)-1]
		local := d.local(top)
		for i := range n.Len() {
			if name := n.Name(i); name[2:] == string(local) && (top.ns == stdNS(name) || top.ns == NSNone) {
				return i
			}
		}
	}
	return n.Len()
}

// Append is append for lists that the generated code builds: it starts with
// room for four.
func Append[T any](list []T, v T) []T {
	if cap(list) == 0 {
		list = make([]T, 0, 4)
	}
	return append(list, v)
}

// find returns the index of the name behind the '<' at pos, looked for where
// slot says first; -1 if there is none.
func (d *Decoder) find(n *Names, slot *[2]uint8) int {
	b := d.buf[d.pos:]
	if len(b) < 4 || b[0] != '<' || b[1] == 't' && !d.std[0] || b[1] == 'm' && !d.std[1] {
		return -1
	}
	if i := int(slot[1]); i < n.Len() {
		if name := n.Name(i); len(name)+1 < len(b) && string(b[1:len(name)+1]) == name && nameByte[b[len(name)+1]] == 0 {
			return i
		}
	}
	end := 1
	for end < len(b) && nameByte[b[end]] != 0 {
		end++
	}
	name := b[1:end]
	for i, k := int(slot[0]), n.Len(); k > 0; i, k = i+1, k-1 {
		if i >= n.Len() {
			i = 0
		}
		if int(n.At[i+1]-n.At[i]) == len(name)+1 && n.Name(i) == string(name) {
			return i
		}
	}
	return -1
}

// short opens the element whose start tag is at the start of b, the rest of the
// window. The name has that size and a usual prefix. short reports whether the
// tag was without surprises, and consumed.
func (d *Decoder) short(b []byte, size int) bool {
	n := len(d.stack)
	end := size + 1
	if end >= len(b) || n == cap(d.stack) || n == 0 || d.left == 0 {
		return false
	}
	d.attrs.n = 0
	switch b[end] {
	case '>':
		end++
	case ' ':
		if end = d.shortAttributes(b, end); end < 0 {
			return false
		}
	default:
		if b[end] != '/' || end+1 >= len(b) || b[end+1] != '>' {
			return false
		}
		d.mode = empty
		end += 2
	}
	start := d.pos + 1
	d.pos += end
	d.left--
	d.stack = d.stack[:n+1]
	e := &d.stack[n] // a literal would be built elsewhere and copied
	e.start, e.size, e.local, e.ns, e.decls = start, uint16(size), 2, NSTypes+NS(b[1]&1), false
	return true
}

// blanks consumes white space.
func (d *Decoder) blanks() {
	for d.pos < len(d.buf) && isSpace(d.buf[d.pos]) {
		d.pos++
	}
}

// Entry advances to the next child of that name, prefixed as the encoder
// writes it, past all others. It returns false at the end of the current
// element.
func (d *Decoder) Entry(name string) bool {
	if d.mode == content {
		b := d.buf[d.pos:]
		if len(b) > 0 && b[0] != '<' {
			d.blanks()
			b = d.buf[d.pos:]
		}
		if end := len(name) + 1; len(b) > end && b[0] == '<' && string(b[1:end]) == name && d.std[name[0]&1] && d.short(b, end-1) {
			return true
		}
		if d.shortClose(0) {
			return false
		}
	}
	return d.ChildNamed(stdNS(name), name[2:])
}

// Child advances to the next child of the current element, which becomes the
// current one. At the current element's end tag it consumes that and returns
// false.
func (d *Decoder) Child() bool {
	if len(d.stack) == 0 || d.err != nil {
		return false
	}
	d.leaveAttrs()
	if d.mode == empty {
		d.pop()
		return false
	}
	if d.shortClose(0) {
		return false
	}
	for {
		if !d.text() || !d.need(2) {
			return false
		}
		switch d.buf[d.pos+1] {
		case '/':
			d.closeTag()
			return false
		case '!', '?':
			if _, ok := d.markup(); !ok {
				return false
			}
		default:
			return d.open()
		}
	}
}

// text skips text up to the next '<'.
func (d *Decoder) text() bool {
	for {
		if i := bytes.IndexByte(d.buf[d.pos:], '<'); i >= 0 {
			d.pos += i
			return true
		}
		d.pos = len(d.buf)
		if !d.need(1) {
			return false
		}
	}
}

// ChildNamed advances as Child does, past every child but those named local
// in namespace ns or in none. Types and messages count as one: Exchange sends
// m:Notification where its schema says t:Notification.
func (d *Decoder) ChildNamed(ns NS, local string) bool {
	for d.Child() {
		if d.is(ns, local) {
			return true
		}
		d.End()
	}
	return false
}

// pop ends the current element.
func (d *Decoder) pop() {
	n := len(d.stack) - 1
	decls := d.stack[n].decls
	d.stack = d.stack[:n]
	d.mode = content
	d.attrs.n = 0
	if decls {
		d.unbind()
	}
	d.ended = n == 0
}

// closeTag consumes the end tag at pos.
func (d *Decoder) closeTag() {
	i := d.index(2, '>')
	if i < 0 {
		return
	}
	name := d.name(&d.stack[len(d.stack)-1])
	got := d.buf[d.pos+2 : d.pos+i]
	if len(got) > len(name) {
		got = bytes.TrimRight(got, " \t\r\n")
	}
	if !bytes.Equal(got, name) {
		d.failf("end tag </%s> for <%s>", shorten(got), shorten(name))
		return
	}
	d.pos += i + 1
	d.pop()
}

// End discards the rest of the current element, its end tag included.
func (d *Decoder) End() {
	d.leaveAttrs()
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
	case d.mode == inAttrs:
		return d.attrs.list[d.attrs.at].ns
	case len(d.stack) > 0:
		return d.stack[len(d.stack)-1].ns
	}
	return NSNone
}

// Name returns the local name of the current attribute, else of the current
// element.
func (d *Decoder) Name() string {
	switch {
	case d.mode == inAttrs:
		a := &d.attrs.list[d.attrs.at]
		return d.intern(d.buf[a.local:a.nameEnd])
	case len(d.stack) > 0:
		return d.intern(d.local(&d.stack[len(d.stack)-1]))
	}
	return ""
}

// AttrName returns the local name of the current attribute. It is good until
// the next call.
func (d *Decoder) AttrName() []byte {
	if d.mode != inAttrs {
		return nil
	}
	a := &d.attrs.list[d.attrs.at]
	return d.buf[a.local:a.nameEnd]
}

// Local returns the local name of the current element if it is in namespace
// ns, or in none, as some servers send; else nothing.
func (d *Decoder) Local(ns NS) string {
	if len(d.stack) == 0 {
		return ""
	}
	e := &d.stack[len(d.stack)-1]
	if e.ns != ns && e.ns != NSNone {
		return ""
	}
	return d.intern(d.local(e))
}

// is reports whether the current element has that name, with types and messages
// as one namespace.
func (d *Decoder) is(ns NS, local string) bool {
	e := &d.stack[len(d.stack)-1]
	return (e.ns == ns || e.ns == NSNone || e.ns == otherNS(ns)) && string(d.local(e)) == local
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

// internSize is the number of strings that a decoder keeps to give out again,
// a power of two.
const internSize = 256

// intern returns a string with the content of b, the same one as before if
// there was one lately: names, values of enumerations.
func (d *Decoder) intern(b []byte) string {
	if len(b) > 64 || len(b) == 0 {
		return d.str(b)
	}
	const k = 0x9E3779B97F4A7C15
	h := uint64(len(b))
	if n := len(b); n >= 8 {
		h ^= binary.LittleEndian.Uint64(b) * k
		h = (h ^ binary.LittleEndian.Uint64(b[n-8:])) * k
	} else {
		for _, c := range b {
			h = h<<8 | uint64(c)
		}
		h *= k
	}
	s := &d.interned[h>>56]
	if *s != string(b) {
		*s = d.str(b)
	}
	return *s
}
