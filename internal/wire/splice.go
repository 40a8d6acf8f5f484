package wire

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
)

// Divert makes the decoder ask f about every xs:base64Binary element that it
// is about to read, by local name ([Decoder.Path] says where it stands). If f
// returns a writer, the value goes there while it arrives, and the field that
// it was for stays nil. So an attachment of any size is read by the generated
// code, with all that is said about it, and no more of it is in memory than the
// window:
//
//	d.Divert(func(name string) io.Writer {
//		if name == "Content" {
//			return file
//		}
//		return nil
//	})
//	res.DecodeXML(d)
//
// If the writer fails, its error is the decoder's, with path and position
// around it.
func (d *Decoder) Divert(f func(name string) io.Writer) { d.divert = f }

// spliced is a value that comes from a reader.
type spliced struct {
	at   int // where it belongs in the encoder's buffer
	name string
	r    io.Reader
	size int64 // bytes that r will give, -1 if not known
}

// FromReaders makes the encoder ask f about every xs:base64Binary element that
// it is about to write or to leave out, by the name it writes and the value it
// has. If f returns a reader, the element is written, and its value is what
// the reader gives when the document is read; size says how many bytes that
// will be, -1 if that is not known. The caller knows its value by the slice
// that it put in the field:
//
//	marker := []byte{0}
//	file := &types.FileAttachment{Name: "dump.bin", Content: marker}
//	e.FromReaders(func(name string, v []byte) (io.Reader, int64) {
//		if len(v) == 1 && &v[0] == &marker[0] {
//			return f, size
//		}
//		return nil, 0
//	})
//	req.EncodeXML(e)
//	body := e.Document()
func (e *Encoder) FromReaders(f func(name string, v []byte) (r io.Reader, size int64)) { e.source = f }

// splice writes element name around a value that comes from a reader, if it
// does.
func (e *Encoder) splice(name string, v []byte) bool {
	r, size := e.source(name, v)
	if r == nil {
		return false
	}
	e.Start(name)
	e.content()
	e.sources = append(e.sources, spliced{len(e.buf), name, r, size})
	e.End(name)
	return true
}

// Document returns what was written as a reader, with the values that come
// from readers in their places, encoded while they are read. It can be read
// once. The encoder must not be used any more.
func (e *Encoder) Document() *Document {
	return &Document{buf: e.Bytes(), sources: e.sources}
}

// Document is an encoded document of which parts come from readers.
type Document struct {
	buf     []byte
	at      int // read so far of buf
	sources []spliced
	from    *encoder64 // the source under way
}

// Len returns the length of the whole document in bytes; -1 if it is not
// known because that of a source is not.
func (d *Document) Len() int64 {
	n := int64(len(d.buf))
	for _, s := range d.sources {
		if s.size < 0 {
			return -1
		}
		n += (s.size + 2) / 3 * 4
	}
	return n
}

// Read reads the document. If a source fails, or gives more or less than was
// announced, the document breaks off with an error that names the element.
func (d *Document) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for {
		if d.from != nil {
			n, err := d.from.Read(p)
			if err == io.EOF {
				d.from, err = nil, nil
			}
			if n > 0 || err != nil {
				return n, err
			}
			continue
		}
		end := len(d.buf)
		if len(d.sources) > 0 {
			end = d.sources[0].at
		}
		if d.at < end {
			n := copy(p, d.buf[d.at:end])
			d.at += n
			return n, nil
		}
		if len(d.sources) == 0 {
			return 0, io.EOF
		}
		d.from = newEncoder64(d.sources[0])
		d.sources = d.sources[1:]
	}
}

// WriteTo writes the document to w.
func (d *Document) WriteTo(w io.Writer) (int64, error) {
	return io.CopyBuffer(w, struct{ io.Reader }{d}, make([]byte, copyPiece))
}

// encoder64 encodes a source while it is read.
type encoder64 struct {
	spliced
	in    []byte // read, not encoded yet: less than a group after each round
	out   []byte // encoded, not taken yet
	store []byte
	given int64
	done  bool
	pairs [1 << 12]uint16
}

func newEncoder64(s spliced) *encoder64 {
	e := &encoder64{spliced: s, in: make([]byte, 0, copyPiece/4*3+8), store: make([]byte, copyPiece+16)}
	for i := range e.pairs {
		e.pairs[i] = uint16(alphabet[i>>6]) | uint16(alphabet[i&63])<<8
	}
	return e
}

func (e *encoder64) Read(p []byte) (int, error) {
	for idle := 0; len(e.out) == 0; {
		if e.done {
			return 0, io.EOF
		}
		n, err := e.r.Read(e.in[len(e.in):cap(e.in)])
		e.in = e.in[:len(e.in)+n]
		e.given += int64(n)
		switch {
		case err == io.EOF:
			e.done = true
		case err != nil:
			return 0, fmt.Errorf("wire: the source of %s: %w", e.name, err)
		case n == 0:
			if idle++; idle == 100 {
				return 0, fmt.Errorf("wire: the source of %s: %w", e.name, io.ErrNoProgress)
			}
			continue
		}
		if e.size >= 0 && (e.given > e.size || e.done && e.given < e.size) {
			return 0, fmt.Errorf("wire: the source of %s gave %d bytes, %d were announced: %w", e.name, e.given, e.size, errSize)
		}
		whole := len(e.in)
		if !e.done {
			whole -= whole % 3
		}
		k := encodePairs(e.store, e.in[:whole], &e.pairs)
		m := k / 3 * 4
		base64.StdEncoding.Encode(e.store[m:], e.in[k:whole])
		e.out = e.store[:m+base64.StdEncoding.EncodedLen(whole-k)]
		e.in = append(e.in[:0], e.in[whole:]...)
	}
	n := copy(p, e.out)
	e.out = e.out[n:]
	return n, nil
}

var errSize = errors.New("another size than announced")

var _ io.WriterTo = (*Document)(nil)
