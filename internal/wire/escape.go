package wire

import (
	"encoding/binary"
	"unicode/utf8"
	"unsafe"
)

// escape writes v to b, the encoder's buffer up to its capacity, from o on,
// with references for what would be markup or would not survive reading, and
// U+FFFD for what XML forbids. b has room for v and what may follow: rest and
// some brackets. It returns the buffer, which may be another then, and where
// v's text ends.
func (e *Encoder) escape(b []byte, o int, v string, rest int) ([]byte, int) {
	// The string is read, and not kept.
	s := unsafe.Slice(unsafe.StringData(v), len(v))
	for {
		i := 0
		for {
			n := copyText(b, o, s, i)
			i += n
			o += n
			if i+8 > len(s) || o+8 > len(b) {
				break
			}
			// One character, of those that need a look.
			c := s[i]
			if c >= 0x80 {
				if n = multibyte(s[i:]); n == 0 || o+4 > len(b) {
					break
				}
				copy(b[o:o+4], s[i:i+n])
				i += n
				o += n
				continue
			}
			r := &references[c]
			if r.n == 0 || len(b)-o < len(s)-i+rest+tags+8 {
				break
			}
			store(unsafe.SliceData(b), o, r.text) // there are more than eight
			o += int(r.n)
			i++
		}
		if n := len(s) - 8; n >= 0 && i > n && i < len(s) && o+8 <= len(b) {
			// Fewer than eight are left: if the last eight need no look, those
			// before i stand in b as they are.
			x := binary.LittleEndian.Uint64(s[n:])
			if specialOrMarkup(x) == 0 {
				binary.LittleEndian.PutUint64(b[o-(i-n):], x)
				return b, o + len(s) - i
			}
		}
		for i < len(s) {
			c := s[i]
			if c < 0x20 || c >= 0x80 || c == '&' || c == '<' || c == '>' {
				break
			}
			b[o] = c
			o++
			i++
		}
		if s = s[i:]; len(s) == 0 {
			return b, o
		}
		var ref string
		n := 1
		switch c := s[0]; {
		case c == '&':
			ref = "&amp;"
		case c == '<':
			ref = "&lt;"
		case c == '>':
			ref = "&gt;"
		case c == '\r':
			ref = "&#xD;"
		case c == '\n' || c == '\t':
			b[o] = c
			o++
			s = s[1:]
			continue
		case c < 0x20:
			ref = "\uFFFD"
		default:
			if n = multibyte(s); n > 0 {
				o += copy(b[o:], s[:n])
				s = s[n:]
				continue
			}
			ref = "\uFFFD"
			_, n = utf8.DecodeRune(s)
		}
		o += copy(b[o:], ref)
		s = s[n:]
		// A reference is longer than what it stands for.
		if need := len(s) + rest + tags; len(b)-o < need {
			e.buf = b[:o]
			e.grow(need + len(s)/4)
			b = e.buf[:cap(e.buf)]
		}
	}
}

// references are what escape writes for characters: eight bytes, of which n
// count.
var references = [128]struct {
	text uint64
	n    uint8
}{
	'&':  {'&' | 'a'<<8 | 'm'<<16 | 'p'<<24 | ';'<<32, 5},
	'<':  {'&' | 'l'<<8 | 't'<<16 | ';'<<24, 4},
	'>':  {'&' | 'g'<<8 | 't'<<16 | ';'<<24, 4},
	'\r': {'&' | '#'<<8 | 'x'<<16 | 'D'<<24 | ';'<<32, 5},
	'\n': {'\n', 1},
	'\t': {'\t', 1},
}

// plainShort writes v to b, which has room for it, if it has 4 to 16 bytes of
// which none needs a look. It returns how many it wrote.
func plainShort(b []byte, v string) int {
	n := len(v)
	if n < 4 || n > 16 || len(b) < 16 {
		return 0
	}
	// The string is read, and not kept.
	s := unsafe.Slice(unsafe.StringData(v), n)
	if n < 8 {
		x, y := binary.LittleEndian.Uint32(s), binary.LittleEndian.Uint32(s[n-4:])
		if specialOrMarkup(uint64(x)|uint64(y)<<32) != 0 {
			return 0
		}
		binary.LittleEndian.PutUint32(b, x)
		binary.LittleEndian.PutUint32(b[n-4:], y)
		return n
	}
	x, y := binary.LittleEndian.Uint64(s), binary.LittleEndian.Uint64(s[n-8:])
	if specialOrMarkup(x)|specialOrMarkup(y) != 0 {
		return 0
	}
	binary.LittleEndian.PutUint64(b, x)
	binary.LittleEndian.PutUint64(b[n-8:], y)
	return n
}

// escapeAttr is escape for the value of an attribute.
func (e *Encoder) escapeAttr(b []byte, o int, v string) ([]byte, int) {
	for {
		s := unsafe.Slice(unsafe.StringData(v), len(v))
		n := scanValue(s)
		o += copy(b[o:], v[:n])
		if v = v[n:]; v == "" {
			return b, o
		}
		// One character, of those that need a look.
		s, n = s[n:], 1
		var ref string
		switch c := s[0]; {
		case c == '&':
			ref = "&amp;"
		case c == '<':
			ref = "&lt;"
		case c == '"':
			ref = "&quot;"
		case c == '\r':
			ref = "&#xD;"
		case c == '\n':
			ref = "&#xA;"
		case c == '\t':
			ref = "&#x9;"
		case c < 0x20:
			ref = "\uFFFD"
		default:
			if n = multibyte(s); n > 0 {
				ref = v[:n]
				break
			}
			ref = "\uFFFD"
			_, n = utf8.DecodeRune(s)
		}
		o += copy(b[o:], ref)
		v = v[n:]
		if need := len(v) + tags; len(b)-o < need {
			e.buf = b[:o]
			e.grow(need + len(v)/4)
			b = e.buf[:cap(e.buf)]
		}
	}
}
