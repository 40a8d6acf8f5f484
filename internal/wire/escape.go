package wire

import (
	"encoding/binary"
	"math/bits"
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
		for i+8 <= len(s) && o+8 <= len(b) {
			x := binary.LittleEndian.Uint64(s[i:])
			binary.LittleEndian.PutUint64(b[o:], x)
			// With bit 1 set, '<' is '>', and nothing else becomes it.
			y, z := (x|lows*0x02)^lows*'>', x^lows*'&'
			if m := ((y - lows) | (z - lows) | (x - lows*0x20) | x) & highs; m != 0 {
				n := bits.TrailingZeros64(m) >> 3
				i += n
				o += n
				break
			}
			i += 8
			o += 8
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
