package wire

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"unicode/utf8"
	"unsafe"
)

// chunkSize is the size of the blocks that strings are cut from: small, so
// that one kept string keeps little else.
const chunkSize = 2 << 10

// str returns a string with the content of b.
func (d *Decoder) str(b []byte) string {
	n := len(d.chunk)
	switch {
	case len(b) == 0:
		return ""
	case len(b) <= cap(d.chunk)-n:
	case len(b) > chunkSize/4:
		return string(b)
	default:
		d.chunk = make([]byte, 0, chunkSize)
		n = 0
	}
	// Bytes are written before they are given out in a string, and never
	// again: the chunk only grows, up to its capacity.
	d.chunk = d.chunk[:n+len(b)]
	if to := d.chunk[n:cap(d.chunk)]; len(b) <= 32 && len(to) >= 32 && cap(b) >= 32 {
		*(*[32]byte)(to) = *(*[32]byte)(b[:32])
	} else {
		copy(to, b)
	}
	return unsafe.String(&d.chunk[n], len(b))
}

// scanText returns the length of the text at the start of b that needs no
// treatment, up to '<' or the first byte that must be looked at: a reference,
// a carriage return, what XML forbids, what is no UTF-8.
func scanText(b []byte) int {
	i := 0
next:
	i += scanTag(b[i:])
	for ; i < len(b); i++ {
		switch c := b[i]; {
		case c == '<' || c == '&':
			return i
		case c >= 0x80:
			for {
				n := multibyte(b[i:])
				if n == 0 {
					return i
				}
				if i += n; i >= len(b) || b[i] < 0x80 {
					break
				}
			}
			goto next
		case c < 0x20:
			if c != '\n' && c != '\t' {
				return i
			}
			i++
			goto next
		}
	}
	return i
}

// multibyte returns the length of the character outside ASCII at the start of
// b; 0 if it is not valid UTF-8, not all there, or forbidden by XML.
func multibyte(b []byte) int {
	if len(b) >= 3 && b[0] >= 0xE1 && b[0] <= 0xEC && b[1]&0xC0 == 0x80 && b[2]&0xC0 == 0x80 {
		return 3
	}
	if len(b) >= 2 && b[0] >= 0xC2 && b[0] <= 0xDF && b[1]&0xC0 == 0x80 {
		return 2
	}
	r, n := utf8.DecodeRune(b)
	if r == utf8.RuneError && n < 3 || r == 0xFFFE || r == 0xFFFF {
		return 0
	}
	return n
}

// shortClose consumes the end tag of the current element if it is at distance
// i from pos.
func (d *Decoder) shortClose(i int) bool {
	n := len(d.stack) - 1
	if n <= 0 {
		return false
	}
	i += d.pos
	e := &d.stack[n]
	b := d.buf
	size := int(e.size)
	end := i + size + 3
	if end > len(b) || b[i] != '<' || b[i+1] != '/' || b[end-1] != '>' || e.decls {
		return false
	}
	if start := e.start; start >= 0 && size <= 32 && i+34 <= len(b) && start < i {
		if !same((*[32]byte)(b[i+2:]), (*[32]byte)(b[start:]), size) {
			return false
		}
	} else if string(b[i+2:end-1]) != string(d.name(e)) {
		return false
	}
	d.pos = end
	d.stack = d.stack[:n]
	d.attrs.n = 0
	return true
}

// bytes consumes the value of the current attribute, or the text of the
// current element with its end tag. The result is good until the next call.
func (d *Decoder) bytes() []byte {
	switch d.mode {
	case content:
		b := d.buf[d.pos:]
		i := scanText(b)
		if i < len(b) && b[i] != '<' { // a reference, most likely
			end := bytes.IndexByte(b[i:], '<')
			if end < 0 || d.err != nil {
				break
			}
			end += i
			d.scratch = d.unescape(append(d.scratch[:0], b[:i]...), b[i:end], inText)
			if d.shortClose(end) {
				return d.scratch
			}
			break
		}
		if d.shortClose(i) {
			return b[:i]
		}
	case inAttrs:
		a := &d.attrs.list[d.attrs.at]
		v := d.buf[a.value:a.end]
		if !a.plain {
			if d.scratch = d.unescape(d.scratch[:0], v, inValue); d.err != nil {
				return nil
			}
			return d.scratch
		}
		return v
	}
	return d.mixed()
}

// mixed is bytes without the short path: text with references, interrupted by
// markup, or not in the window yet.
func (d *Decoder) mixed() []byte {
	d.scratch = d.scratch[:0]
	if d.err != nil || len(d.stack) == 0 {
		return nil
	}
	d.attrs.n = 0
	if d.mode == empty {
		d.pop()
		return nil
	}
	depth := len(d.stack)
	for d.err == nil {
		i := d.index(0, '<')
		if i < 0 || !d.need(i+2) {
			return nil
		}
		d.scratch = d.unescape(d.scratch, d.buf[d.pos:d.pos+i], inText)
		if d.err != nil {
			return nil
		}
		d.pos += i
		switch d.buf[d.pos+1] {
		case '/':
			d.closeTag()
			if len(d.stack) < depth {
				return d.scratch
			}
		case '!', '?':
			cdata, _ := d.markup()
			d.scratch = d.unescape(d.scratch, cdata, inCDATA)
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

// source is where text stands.
type source uint8

const (
	inText source = iota
	inValue
	inCDATA
)

// unescape appends s to dst with line ends normalised, references resolved
// (unless it is from a CDATA section), white space made blanks (if it is an
// attribute's value), and U+FFFD for what is no UTF-8, for characters that XML
// forbids, and for references to them, such as &#x1F;: Exchange sends them.
func (d *Decoder) unescape(dst, s []byte, from source) []byte {
	o := len(dst)
	for {
		// Nothing below makes text longer but U+FFFD: then there is another
		// round through here.
		if cap(dst)-o < len(s)+8 {
			dst = append(make([]byte, 0, max(2*cap(dst), o+len(s)+64)), dst[:o]...)
		}
		out := dst[:cap(dst)]
		i := 0
		for {
			n := copyPlain(out, o, s, i)
			i += n
			o += n
			if i+8 > len(s) {
				break
			}
			c := s[i]
			if from != inText || c < 0x20 && c != '\n' {
				break
			}
			switch {
			case c == '&':
				c, n := shortRef(binary.LittleEndian.Uint64(s[i:]))
				if n == 0 {
					break
				}
				out[o] = c
				o++
				i += n
				continue
			case c == '\n':
				o++ // it has been copied
				i++
				continue
			default:
				if n = multibyte(s[i:]); n > 0 {
					binary.LittleEndian.PutUint32(out[o:], binary.LittleEndian.Uint32(s[i:]))
					i += n
					o += n
					continue
				}
			}
			break
		}
		for i < len(s) && s[i] != '&' && s[i] >= 0x20 && s[i] < 0x80 {
			out[o] = s[i]
			o++
			i++
		}
		if i == len(s) {
			return dst[:o]
		}
		c := s[i]
		s = s[i:]
		n := 1
		switch {
		case c == '&' && from != inCDATA:
			r, n := d.reference(s)
			if n == 0 {
				return dst[:o]
			}
			dst = utf8.AppendRune(dst[:o], r)
			o = len(dst)
			s = s[n:]
			continue
		case c == '\r' && len(s) > 1 && s[1] == '\n':
			s = s[1:]
			c = '\n'
		case c == '\r':
			c = '\n'
		case c == '&', c == '\n', c == '\t':
		case c >= 0x80 && multibyte(s) > 0:
			n = multibyte(s)
			o += copy(out[o:], s[:n])
			s = s[n:]
			continue
		default:
			if c >= 0x80 {
				_, n = utf8.DecodeRune(s)
			}
			dst = append(dst[:o], "\uFFFD"...)
			o = len(dst)
			s = s[n:]
			continue
		}
		if from == inValue && c != '&' {
			c = ' '
		}
		out[o] = c
		o++
		s = s[1:]
	}
}

// shortRefs are the common references by the low bits of their second byte.
var shortRefs = [32]struct {
	mask, want uint64
	c          byte
	n          uint8
}{
	'l' & 31: {1<<32 - 1, '&' | 'l'<<8 | 't'<<16 | ';'<<24, '<', 4},
	'g' & 31: {1<<32 - 1, '&' | 'g'<<8 | 't'<<16 | ';'<<24, '>', 4},
	'a' & 31: {1<<40 - 1, '&' | 'a'<<8 | 'm'<<16 | 'p'<<24 | ';'<<32, '&', 5},
	'#' & 31: {1<<40 - 1, '&' | '#'<<8 | 'x'<<16 | 'D'<<24 | ';'<<32, '\r', 5},
	'q' & 31: {1<<48 - 1, '&' | 'q'<<8 | 'u'<<16 | 'o'<<24 | 't'<<32 | ';'<<40, '"', 6},
}

// shortRef returns the character that the reference at the start of x stands
// for, and the reference's length; 0 if it is not one of the common ones. It
// has no branches: which reference comes next can't be foreseen.
func shortRef(x uint64) (byte, int) {
	r := &shortRefs[x>>8&31]
	n := int(r.n)
	if x&r.mask != r.want {
		n = 0
	}
	return r.c, n
}

// reference returns the character that the reference at the start of s stands
// for, and the reference's length; 0 with an error if there is none.
func (d *Decoder) reference(s []byte) (rune, int) {
	end := bytes.IndexByte(s[:min(len(s), 32)], ';')
	if end < 0 {
		d.failf("an & that starts no reference")
		return 0, 0
	}
	ref := s[1:end]
	switch string(ref) {
	case "amp":
		return '&', 5
	case "lt":
		return '<', 4
	case "gt":
		return '>', 4
	case "quot":
		return '"', 6
	case "apos":
		return '\'', 6
	}
	r, ok := charRef(ref)
	if !ok {
		d.failf("unknown reference &%s;", shorten(ref))
		return 0, 0
	}
	return r, end + 1
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
