package wire

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"io"
)

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// no is what digit64 has for bytes that are no base64 digits.
const no = 0x80

// digit64 has the values of base64 digits.
var digit64 = [256]uint8{
	no, no, no, no, no, no, no, no, no, no, no, no, no, no, no, no,
	no, no, no, no, no, no, no, no, no, no, no, no, no, no, no, no,
	no, no, no, no, no, no, no, no, no, no, no, 62, no, no, no, 63,
	52, 53, 54, 55, 56, 57, 58, 59, 60, 61, no, no, no, no, no, no,
	no, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
	15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, no, no, no, no, no,
	no, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
	41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, no, no, no, no, no,
	no, no, no, no, no, no, no, no, no, no, no, no, no, no, no, no,
	no, no, no, no, no, no, no, no, no, no, no, no, no, no, no, no,
	no, no, no, no, no, no, no, no, no, no, no, no, no, no, no, no,
	no, no, no, no, no, no, no, no, no, no, no, no, no, no, no, no,
	no, no, no, no, no, no, no, no, no, no, no, no, no, no, no, no,
	no, no, no, no, no, no, no, no, no, no, no, no, no, no, no, no,
	no, no, no, no, no, no, no, no, no, no, no, no, no, no, no, no,
	no, no, no, no, no, no, no, no, no, no, no, no, no, no, no, no,
}

// decoder64 decodes base64 piece by piece. White space may stand anywhere.
type decoder64 struct {
	acc  uint32 // digits of the unfinished group
	n    int    // how many digits and padding it has
	pads int
	end  bool // padding has ended the value
}

// max64 bounds what decode makes of n characters.
func max64(n int) int { return n/4*3 + 12 }

// decode appends to dst, which has room for max64(len(src)) bytes, what src
// says. It reports false for what is no base64.
func (s *decoder64) decode(dst, src []byte) ([]byte, bool) {
	o := len(dst)
	out := dst[:cap(dst)]
	for i := 0; i < len(src); i++ {
		if s.n == 0 && !s.end {
			for ; i+8 <= len(src) && o+8 <= len(out); i, o = i+8, o+6 {
				p := (*[8]byte)(src[i:])
				a, b, c, d := uint64(digit64[p[0]]), uint64(digit64[p[1]]), uint64(digit64[p[2]]), uint64(digit64[p[3]])
				e, f, g, h := uint64(digit64[p[4]]), uint64(digit64[p[5]]), uint64(digit64[p[6]]), uint64(digit64[p[7]])
				if (a|b|c|d|e|f|g|h)&no != 0 {
					break
				}
				binary.BigEndian.PutUint64(out[o:], a<<58|b<<52|c<<46|d<<40|e<<34|f<<28|g<<22|h<<16)
			}
			if i == len(src) {
				break
			}
		}
		c := src[i]
		v := digit64[c]
		switch {
		case v != no && s.pads == 0 && !s.end:
			s.acc = s.acc<<6 | uint32(v)
		case c == '=' && s.n >= 2 && !s.end:
			s.acc <<= 6
			s.pads++
		case isSpace(c):
			continue
		default:
			return dst[:o], false
		}
		if s.n++; s.n < 4 {
			continue
		}
		for k := range 3 - s.pads {
			out[o] = byte(s.acc >> (16 - 8*k))
			o++
		}
		s.end = s.pads > 0
		s.acc, s.n, s.pads = 0, 0, 0
	}
	return dst[:o], true
}

// Base64 consumes an xs:base64Binary. White space in it is ignored.
func (d *Decoder) Base64() []byte {
	if d.mode == inAttrs {
		return d.base64(d.bytes())
	}
	if d.divert != nil && len(d.stack) > 0 {
		if w := d.divert(d.Name()); w != nil {
			d.CopyBase64(w)
			return nil
		}
	}
	if d.mode == content {
		if v, ok := d.short64(); ok {
			return v
		}
	}
	var all collector
	d.copyBase64(&all)
	if d.err != nil {
		return nil
	}
	return all
}

// base64 decodes a whole value.
func (d *Decoder) base64(src []byte) []byte {
	if len(src) == 0 {
		return nil
	}
	var s decoder64
	out, ok := s.decode(make([]byte, 0, max64(len(src))), src)
	if !ok || s.n > 0 {
		d.badValue("xs:base64Binary", src)
		return nil
	}
	return out
}

// short64 decodes the current element if its text, up to 512 digits and nothing
// else, and its end tag are in the window. The result is cut from a block, as
// strings are.
func (d *Decoder) short64() ([]byte, bool) {
	b := d.buf[d.pos:]
	n := bytes.IndexByte(b[:min(len(b), chunkSize/4)], '<')
	if n < 0 {
		return nil, false
	}
	size := max64(n)
	if cap(d.chunk)-len(d.chunk) < size {
		d.chunk = make([]byte, 0, chunkSize)
	}
	at := len(d.chunk)
	var s decoder64
	out, ok := s.decode(d.chunk[at:at:at+size], b[:n])
	if !ok || s.n > 0 || !d.shortClose(n) {
		return nil, false
	}
	if len(out) == 0 {
		return nil, true
	}
	// What decode wrote beyond the end of out is free again.
	d.chunk = d.chunk[:at+len(out)]
	return out[:len(out):len(out)], true
}

// collector keeps what is written to it.
type collector []byte

func (c *collector) Write(p []byte) (int, error) {
	*c = append(*c, p...)
	return len(p), nil
}

// CopyBase64 consumes the current element, an xs:base64Binary, and writes what
// it says to w while it arrives: no more of it is kept than the window has. It
// returns the number of bytes written. If w fails, its error is the decoder's.
//
// MaxText does not apply to the value, MaxBytes does.
func (d *Decoder) CopyBase64(w io.Writer) int64 { return d.copyBase64(w) }

// notBase64 reports that the value of the current element, of which src is
// some, is no base64.
func (d *Decoder) notBase64(src []byte) {
	value := shorten(src)
	d.stop(&ValueError{Path: d.Path(), Offset: d.Offset(), Type: "xs:base64Binary", Value: value})
}

// copyPiece is how much base64 is decoded at a time.
const copyPiece = 32 << 10

func (d *Decoder) copyBase64(w io.Writer) int64 {
	all, collect := w.(*collector)
	if d.err != nil || len(d.stack) == 0 {
		return 0
	}
	d.leaveAttrs()
	if d.mode == empty {
		d.pop()
		return 0
	}
	var s decoder64
	var total int64
	var out []byte
	feed := func(src []byte) {
		for len(src) > 0 && d.err == nil {
			piece := src[:min(len(src), copyPiece)]
			src = src[len(piece):]
			if collect {
				if need := len(*all) + max64(len(piece)); cap(*all) < need {
					*all = append(make([]byte, 0, max(need, 2*cap(*all))), *all...)
				}
				out = *all
			} else {
				if out == nil {
					out = make([]byte, 0, max64(copyPiece))
				}
				out = out[:0]
			}
			was := len(out)
			got, ok := s.decode(out, piece)
			total += int64(len(got) - was)
			if collect {
				*all = got
			}
			if !ok {
				d.notBase64(piece)
			} else if !collect && len(got) > 0 {
				if _, err := w.Write(got); err != nil {
					d.Fail(err)
				}
			}
		}
	}
	for d.err == nil {
		b := d.buf[d.pos:]
		n := indexMarkup(b)
		if n < 0 {
			n = len(b)
		}
		feed(b[:n])
		if d.err != nil {
			break
		}
		d.pos += n
		switch {
		case d.pos == len(d.buf):
			d.need(1)
		case d.buf[d.pos] == '&':
			for d.pos+32 > len(d.buf) && bytes.IndexByte(d.buf[d.pos:], ';') < 0 && d.fill() {
			}
			if d.err != nil {
				break
			}
			r, n := d.reference(d.buf[d.pos:])
			if d.err == nil {
				feed([]byte(string(r)))
				d.pos += n
			}
		case !d.need(2):
		case d.buf[d.pos+1] == '/':
			if s.n > 0 {
				d.notBase64(b[:n])
				break
			}
			d.closeTag()
			return total
		case d.buf[d.pos+1] == '!' || d.buf[d.pos+1] == '?':
			cdata, _ := d.markup()
			feed(cdata)
		default:
			if d.open() {
				d.End()
			}
		}
	}
	return total
}

// indexMarkup returns the index of the first '<' or '&' in b, -1 for none.
func indexMarkup(b []byte) int {
	for i := 0; i < len(b); {
		piece := b[i:min(len(b), i+copyPiece)]
		n := bytes.IndexByte(piece, '<')
		if n >= 0 {
			piece = piece[:n]
		}
		if m := bytes.IndexByte(piece, '&'); m >= 0 {
			return i + m
		}
		if n >= 0 {
			return i + n
		}
		i += len(piece)
	}
	return -1
}

// encodeBase64 writes src to dst, which has the length of the result.
func encodeBase64(dst, src []byte) {
	if len(src) >= 16<<10 {
		// Twelve bits at a time; the table is worth its making.
		var pairs [1 << 12]uint16
		for i := range pairs {
			pairs[i] = uint16(alphabet[i>>6]) | uint16(alphabet[i&63])<<8
		}
		n := encodePairs(dst, src, &pairs)
		dst, src = dst[n/3*4:], src[n:]
	}
	base64.StdEncoding.Encode(dst, src)
}

// encodePairs encodes all of src but its end, and returns how much, a multiple
// of 3.
func encodePairs(dst, src []byte, pairs *[1 << 12]uint16) int {
	i, o := 0, 0
	for ; i+8 <= len(src) && o+8 <= len(dst); i, o = i+6, o+8 {
		x := binary.BigEndian.Uint64(src[i:])
		binary.LittleEndian.PutUint64(dst[o:], uint64(pairs[x>>52])|uint64(pairs[x>>40&0xFFF])<<16|
			uint64(pairs[x>>28&0xFFF])<<32|uint64(pairs[x>>16&0xFFF])<<48)
	}
	return i
}
