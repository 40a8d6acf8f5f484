package ews

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/internal/wire"
)

// decodeInto reads an answer whole.
type decodeInto struct{ res messages.Unmarshaler }

func (to decodeInto) receive(x *exchange, h *http.Response, body io.Reader) error {
	most := x.client.cfg.MaxResponseBytes
	limit := &bounded{r: body, left: most, max: most}
	aside, _ := to.res.(*diverted)
	if aside == nil && h.ContentLength > most {
		return x.broken(&TooLargeError{most})
	}
	in, err := x.xmlOf(h, limit)
	if err != nil {
		return err
	}
	x.rest = in
	d := wire.NewDecoder(in, wire.Limits{MaxBytes: 1 << 62, MaxText: int(min(most, 1<<31-1))})
	if aside != nil {
		aside.divert(d, limit)
	}
	if !d.Root() {
		return x.broken(d.Err())
	}
	if err := x.envelope(d, to.res.DecodeXML); err != nil {
		if aside != nil && aside.err != nil {
			return &StreamError{Op: x.op.Name, Err: aside.err}
		}
		return err
	}
	if s, ok := answerOf(to.res).(messages.Single); ok && s.Status().Failed() {
		st := s.Status()
		return &ResponseError{Op: x.op.Name, Index: -1, Code: st.Code, Text: st.Text, XML: st.XML}
	}
	return nil
}

// unpacking reports whether err says that a body is not what it was when it
// was packed.
func unpacking(err error) bool {
	var c flate.CorruptInputError
	return errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.As(err, &c)
}

// xmlOf returns body if it is XML by its type and by its first bytes.
func (x *exchange) xmlOf(h *http.Response, body io.Reader) (io.Reader, error) {
	kind := h.Header.Get("Content-Type")
	first := make([]byte, 512)
	n, err := readSome(body, first)
	first = first[:n]
	switch {
	case n == 0 && err == io.EOF:
		return nil, &DecodeError{Op: x.op.Name, Err: fmt.Errorf("the answer is empty, with HTTP status %d: %w", h.StatusCode, io.ErrUnexpectedEOF)}
	case n == 0:
		return nil, x.broken(err)
	case err != nil:
		body = failing{err}
	}
	start := strings.ToLower(string(bytes.TrimLeft(bytes.TrimPrefix(first, []byte("\xEF\xBB\xBF")), " \t\r\n")))
	html := strings.HasPrefix(start, "<!doctype html") || strings.HasPrefix(start, "<html")
	if kind != "" && !strings.Contains(strings.ToLower(kind), "xml") || html || kind == "" && !strings.HasPrefix(start, "<") {
		return nil, &ContentError{Op: x.op.Name, ContentType: kind, Body: maskOf(h).head(bytes.NewReader(first))}
	}
	return io.MultiReader(bytes.NewReader(first), body), nil
}

// readSome reads what is there, at least a byte.
func readSome(r io.Reader, p []byte) (n int, err error) {
	for range 100 {
		if n, err = r.Read(p); n > 0 || err != nil {
			return n, err
		}
	}
	return 0, io.ErrNoProgress
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// broken says that the answer cannot be used.
func (x *exchange) broken(err error) error {
	var large *TooLargeError
	if errors.As(err, &large) {
		err = large
	}
	return &DecodeError{Op: x.op.Name, Err: err}
}

// envelope reads the SOAP envelope whose root element d stands on, and gives
// the element of the answer to read.
func (x *exchange) envelope(d *wire.Decoder, read func(*wire.Decoder)) error {
	fail := func() error { return x.broken(d.Err()) }
	if string(d.Name()) != "Envelope" || d.NS() != wire.NSSOAP && d.NS() != wire.NSNone {
		switch {
		case d.NS() == wire.NSSOAP12:
			d.Fail(errors.New("the answer is a SOAP 1.2 envelope, EWS has SOAP 1.1; is Config.Endpoint another service?"))
		default:
			d.Fail(fmt.Errorf("the answer is an element %s, not a SOAP envelope; is Config.Endpoint that of EWS, as in https://mail.example.com/EWS/Exchange.asmx?", d.Name()))
		}
		return fail()
	}
	found := false
	var of said
	for d.Child() {
		switch string(d.Local(wire.NSSOAP)) {
		case "Header":
			for d.ChildNamed(wire.NSTypes, "ServerVersionInfo") {
				of = readSaid(d)
			}
		case "Body":
			if !d.Child() {
				break
			}
			if string(d.Local(wire.NSSOAP)) == "Fault" {
				f := readFault(x.op, d)
				if d.Err() != nil {
					return fail()
				}
				x.knows.learn(of, f.Code)
				return f
			}
			x.knows.learn(of, "")
			if string(d.Local(wire.NSMessages)) != x.op.Response {
				d.Fail(fmt.Errorf("the answer is %s, want %s; does a proxy mix up answers?", d.Name(), x.op.Response))
				return fail()
			}
			read(d)
			for d.Child() {
				d.Skip()
			}
			found = true
		default:
			d.Skip()
		}
	}
	if d.Err() == nil && !found {
		d.Fail(errors.New("the SOAP envelope has nothing in its body"))
	}
	if d.Err() != nil {
		return fail()
	}
	return nil
}

// bounded fails once more than max bytes are there to read; left may be raised
// on the way.
type bounded struct {
	r         io.Reader
	left, max int64
	over      bool
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 && len(p) > 0 && !b.over {
		n, err := readSome(b.r, make([]byte, 1))
		if n == 0 {
			return 0, err
		}
		b.over = true
	}
	if b.over {
		return 0, &TooLargeError{b.max}
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}
