package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// element is an open element. It has no pointers: opening one costs nothing
// while the garbage collector is at work.
type element struct {
	start int    // where its name starts: in buf, or at ^start in names
	size  uint16 // of the name, prefix included
	local uint16 // where in the name the local name starts
	ns    NS
	decls bool // it declares namespaces
}

// name returns the name of e as in its start tag. It is good until the window
// moves.
func (d *Decoder) name(e *element) []byte {
	if e.start < 0 {
		return d.names[^e.start:][:e.size]
	}
	return d.buf[e.start:][:e.size]
}

// local returns the local name of e, good until the window moves.
func (d *Decoder) local(e *element) []byte { return d.name(e)[e.local:] }

// keepNames copies the names of the open elements out of the window, which is
// about to move.
func (d *Decoder) keepNames() {
	i, n := len(d.stack), 0
	for i > 0 && d.stack[i-1].start >= 0 {
		i--
	}
	if i > 0 {
		n = ^d.stack[i-1].start + int(d.stack[i-1].size)
	}
	d.names = d.names[:n]
	for ; i < len(d.stack); i++ {
		e := &d.stack[i]
		name := d.name(e)
		e.start = ^len(d.names)
		d.names = append(d.names, name...)
	}
}

// mode is what stands in the way of the short paths.
type mode uint8

const (
	content mode = iota // nothing: inside an element that has content
	inAttrs             // an attribute is the current value
	empty               // the element just opened has the form <a/>
)

// Decoder reads XML element by element. It is not safe for concurrent use.
// See the package comment for how it is driven.
//
// The exported methods have a short path each, for what nearly all documents
// consist of, all of it in the window: a start tag without surprises, text
// without references, the end tag. Whatever they don't recognise is left where
// it is to the general code, which alone reads input, grows the window and
// finds errors.
type Decoder struct {
	buf   []byte // window of the input; nil after an error
	pos   int    // next byte in buf
	mode  mode
	after mode    // mode behind the attributes
	std   [2]bool // whether t and m are bound as usual
	left  int64   // elements that may still be opened
	stack []element
	names []byte // names of open elements that are not in the window
	pred  [predictions][2]uint8
	attrs attributes
	chunk []byte // where strings are cut from

	r        io.Reader
	readErr  error // of the last read
	lim      Limits
	base     int64 // offset of buf[0] in the input
	eof      bool
	ended    bool // the root element has ended
	started  bool
	err      error
	bindings []binding
	scratch  []byte
	divert   func(name string) io.Writer
	interned [internSize]string
}

// NewDecoder returns a decoder that reads from r no further than it must: a
// value, or the end of an element, is returned as soon as its last byte has
// arrived.
func NewDecoder(r io.Reader, l Limits) *Decoder {
	d := &Decoder{r: r, lim: l.withDefaults()}
	d.left = d.lim.MaxElements
	return d
}

// NewDecoderBytes returns a decoder over b, which it does not change.
func NewDecoderBytes(b []byte, l Limits) *Decoder {
	d := NewDecoder(nil, l)
	d.buf, d.eof = b[:len(b):len(b)], true
	if int64(len(b)) > d.lim.MaxBytes {
		d.limit("MaxBytes", d.lim.MaxBytes)
	}
	return d
}

// Err returns the first error; nil if there was none.
func (d *Decoder) Err() error { return d.err }

// Fail makes err the decoder's error, with path and position, unless it has
// one already.
func (d *Decoder) Fail(err error) {
	if d.err == nil {
		d.stop(&SyntaxError{Path: d.Path(), Offset: d.Offset(), Err: err})
	}
}

// stop makes err the decoder's error, and sees to it that no short path is
// taken any more.
func (d *Decoder) stop(err error) {
	d.err = err
	d.keepNames()
	d.base, d.buf, d.pos, d.eof = d.Offset(), nil, 0, true
	d.attrs.n, d.mode = 0, content
}

func (d *Decoder) failf(format string, args ...any) { d.Fail(fmt.Errorf(format, args...)) }

func (d *Decoder) limit(name string, maximum int64) {
	if d.err == nil {
		d.stop(&LimitError{Path: d.Path(), Offset: d.Offset(), Limit: name, Max: maximum})
	}
}

// Offset returns the number of bytes consumed.
func (d *Decoder) Offset() int64 { return d.base + int64(d.pos) }

// Path returns the local names of the open elements, slash-separated.
func (d *Decoder) Path() string {
	var b strings.Builder
	for i := range d.stack {
		if i > 0 {
			b.WriteByte('/')
		}
		b.Write(d.local(&d.stack[i]))
	}
	return b.String()
}

// windowSize is the size that the window starts with. It grows only for what
// must be looked at in one piece: a start tag, a run of text.
const windowSize = 32 << 10

// fill reads more input behind the window, keeping everything from pos on. It
// reports whether there was more.
func (d *Decoder) fill() bool {
	if d.err != nil || d.eof {
		return false
	}
	if d.pos > 0 {
		d.keepNames()
		n := copy(d.buf, d.buf[d.pos:])
		d.base += int64(d.pos)
		d.buf, d.pos = d.buf[:n], 0
	}
	if len(d.buf) > d.lim.MaxText {
		d.limit("MaxText", int64(d.lim.MaxText))
		return false
	}
	if len(d.buf) == cap(d.buf) {
		b := make([]byte, len(d.buf), max(2*cap(d.buf), windowSize))
		copy(b, d.buf)
		d.buf = b
	}
	for range 100 {
		if d.readErr == io.EOF {
			d.eof = true
			return false
		}
		if d.readErr != nil {
			d.Fail(d.readErr)
			return false
		}
		var n int
		n, d.readErr = d.r.Read(d.buf[len(d.buf):cap(d.buf)])
		d.buf = d.buf[:len(d.buf)+n]
		if d.base+int64(len(d.buf)) > d.lim.MaxBytes {
			d.limit("MaxBytes", d.lim.MaxBytes)
			return false
		}
		if n > 0 {
			return true
		}
	}
	d.Fail(io.ErrNoProgress)
	return false
}

// index returns the distance from pos to the first c at or after distance
// off; -1 with an error if the input ends before.
func (d *Decoder) index(off int, c byte) int {
	for {
		if have := len(d.buf) - d.pos; off < have {
			if i := bytes.IndexByte(d.buf[d.pos+off:], c); i >= 0 {
				return off + i
			}
			off = have
		}
		if !d.fill() {
			d.Fail(io.ErrUnexpectedEOF)
			return -1
		}
	}
}

// need makes sure that n bytes are in the window.
func (d *Decoder) need(n int) bool {
	for len(d.buf)-d.pos < n {
		if !d.fill() {
			d.Fail(io.ErrUnexpectedEOF)
			return false
		}
	}
	return true
}

// past consumes input up to and including the terminator, whose first byte
// stands no earlier than distance off. It keeps at most a few bytes of what it
// passes, and reports success.
func (d *Decoder) past(off int, terminator string) bool {
	if !d.need(off) {
		return false
	}
	d.pos += off
	n := len(terminator) - 1
	for off = n; ; {
		if have := len(d.buf) - d.pos; off < have {
			if i := bytes.IndexByte(d.buf[d.pos+off:], terminator[n]); i >= 0 {
				at := d.pos + off + i
				if string(d.buf[at-n:at]) == terminator[:n] {
					d.pos = at + 1
					return true
				}
				off += i + 1
				continue
			}
			d.pos, off = len(d.buf)-n, n
		}
		if !d.fill() {
			d.Fail(io.ErrUnexpectedEOF)
			return false
		}
	}
}

var (
	errDTD   = errors.New("document type declarations are refused")
	errCDATA = errors.New("malformed CDATA section")
)
