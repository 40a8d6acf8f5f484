package wire

import (
	"encoding/binary"
	"math/bits"
	"unsafe"
)

// Eight bytes at a time: the functions below set the high bit of each byte of
// their result that has, in x, what they look for. Only the lowest bit set is to
// be relied on, for a borrow may set others above it.
const (
	lows  = 0x0101010101010101
	highs = 0x8080808080808080
)

// special finds bytes under 0x20 and over 0x7F, and '&'.
func special(x uint64) uint64 {
	y := x ^ lows*'&'
	return ((y - lows) | (x - lows*0x20) | x) & highs
}

// specialOrTag finds what special does, and '<'.
func specialOrTag(x uint64) uint64 {
	y, z := x^lows*'<', x^lows*'&'
	return ((y - lows) | (z - lows) | (x - lows*0x20) | x) & highs
}

// specialOrQuote finds what specialOrTag does, and '"'.
func specialOrQuote(x uint64) uint64 {
	// With bit 2 set, a quotation mark is an ampersand, and nothing else
	// becomes one.
	y, z := (x|lows*0x04)^lows*'&', x^lows*'<'
	return ((y - lows) | (z - lows) | (x - lows*0x20) | x) & highs
}

// specialOrMarkup finds what specialOrTag does, and '>'.
func specialOrMarkup(x uint64) uint64 {
	// With bit 1 set, '<' is '>', and nothing else becomes it.
	y, z := (x|lows*0x02)^lows*'>', x^lows*'&'
	return ((y - lows) | (z - lows) | (x - lows*0x20) | x) & highs
}

// load returns the eight bytes at p+i. The loops below call it where they have
// just checked that these bytes are in the slice that p points to: written with
// slices, they take twice the time.
func load(p *byte, i int) uint64 {
	return binary.LittleEndian.Uint64((*[8]byte)(unsafe.Add(unsafe.Pointer(p), i))[:])
}

// store writes eight bytes at p+i. As for load, the caller has checked that
// they are in the slice.
func store(p *byte, i int, x uint64) {
	binary.LittleEndian.PutUint64((*[8]byte)(unsafe.Add(unsafe.Pointer(p), i))[:], x)
}

// scanTag returns the index of the first byte of b that specialOrTag finds; if
// there is none, a number of bytes that leaves fewer than eight.
func scanTag(b []byte) int {
	i := 0
	for p := unsafe.SliceData(b); i+8 <= len(b); i += 8 {
		if m := specialOrTag(load(p, i)); m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
	}
	return i
}

// scanQuote is scanTag for specialOrQuote.
func scanQuote(b []byte) int {
	i := 0
	for p := unsafe.SliceData(b); i+8 <= len(b); i += 8 {
		if m := specialOrQuote(load(p, i)); m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
	}
	return i
}

// copyPlain copies bytes from src[i:] to dst[o:] up to the first that special
// finds, and returns how many; if there is none, or dst ends, a number that
// leaves fewer than eight. It may write up to seven bytes more, inside dst.
func copyPlain(dst []byte, o int, src []byte, i int) int {
	n := min(len(src)-i, len(dst)-o)
	p, q := unsafe.SliceData(src), unsafe.SliceData(dst)
	start := i
	for n += i; i+8 <= n; i, o = i+8, o+8 {
		x := load(p, i)
		store(q, o, x)
		if m := special(x); m != 0 {
			return i - start + bits.TrailingZeros64(m)>>3
		}
	}
	return i - start
}

// copyText is copyPlain for specialOrMarkup.
func copyText(dst []byte, o int, src []byte, i int) int {
	n := min(len(src)-i, len(dst)-o)
	p, q := unsafe.SliceData(src), unsafe.SliceData(dst)
	start := i
	for n += i; i+8 <= n; i, o = i+8, o+8 {
		x := load(p, i)
		store(q, o, x)
		if m := specialOrMarkup(x); m != 0 {
			return i - start + bits.TrailingZeros64(m)>>3
		}
	}
	return i - start
}

// masks[n] has ones in the first n bytes of 32.
var masks = [64][4]uint64{
	{0, 0, 0, 0},
	{1<<8 - 1, 0, 0, 0},
	{1<<16 - 1, 0, 0, 0},
	{1<<24 - 1, 0, 0, 0},
	{1<<32 - 1, 0, 0, 0},
	{1<<40 - 1, 0, 0, 0},
	{1<<48 - 1, 0, 0, 0},
	{1<<56 - 1, 0, 0, 0},
	{1<<64 - 1, 0, 0, 0},
	{1<<64 - 1, 1<<8 - 1, 0, 0},
	{1<<64 - 1, 1<<16 - 1, 0, 0},
	{1<<64 - 1, 1<<24 - 1, 0, 0},
	{1<<64 - 1, 1<<32 - 1, 0, 0},
	{1<<64 - 1, 1<<40 - 1, 0, 0},
	{1<<64 - 1, 1<<48 - 1, 0, 0},
	{1<<64 - 1, 1<<56 - 1, 0, 0},
	{1<<64 - 1, 1<<64 - 1, 0, 0},
	{1<<64 - 1, 1<<64 - 1, 1<<8 - 1, 0},
	{1<<64 - 1, 1<<64 - 1, 1<<16 - 1, 0},
	{1<<64 - 1, 1<<64 - 1, 1<<24 - 1, 0},
	{1<<64 - 1, 1<<64 - 1, 1<<32 - 1, 0},
	{1<<64 - 1, 1<<64 - 1, 1<<40 - 1, 0},
	{1<<64 - 1, 1<<64 - 1, 1<<48 - 1, 0},
	{1<<64 - 1, 1<<64 - 1, 1<<56 - 1, 0},
	{1<<64 - 1, 1<<64 - 1, 1<<64 - 1, 0},
	{1<<64 - 1, 1<<64 - 1, 1<<64 - 1, 1<<8 - 1},
	{1<<64 - 1, 1<<64 - 1, 1<<64 - 1, 1<<16 - 1},
	{1<<64 - 1, 1<<64 - 1, 1<<64 - 1, 1<<24 - 1},
	{1<<64 - 1, 1<<64 - 1, 1<<64 - 1, 1<<32 - 1},
	{1<<64 - 1, 1<<64 - 1, 1<<64 - 1, 1<<40 - 1},
	{1<<64 - 1, 1<<64 - 1, 1<<64 - 1, 1<<48 - 1},
	{1<<64 - 1, 1<<64 - 1, 1<<64 - 1, 1<<56 - 1},
	{1<<64 - 1, 1<<64 - 1, 1<<64 - 1, 1<<64 - 1},
}

// same reports whether the first n bytes of a and b are equal; n is at most 32.
// It has no branches that depend on n, for names come in all lengths.
func same(a, b *[32]byte, n int) bool {
	m := &masks[n&63]
	return (binary.LittleEndian.Uint64(a[0:])^binary.LittleEndian.Uint64(b[0:]))&m[0]|
		(binary.LittleEndian.Uint64(a[8:])^binary.LittleEndian.Uint64(b[8:]))&m[1]|
		(binary.LittleEndian.Uint64(a[16:])^binary.LittleEndian.Uint64(b[16:]))&m[2]|
		(binary.LittleEndian.Uint64(a[24:])^binary.LittleEndian.Uint64(b[24:]))&m[3] == 0
}
