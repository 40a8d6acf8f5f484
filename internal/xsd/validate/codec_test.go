package validate

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/internal/wire"
	"github.com/seed-1937cc67/goews/internal/xsd"
	"github.com/seed-1937cc67/goews/schemas"
)

// TestCodecs reads random valid requests and answers of every operation with the
// generated codecs and writes them again: what is written is valid, has the same
// elements and attributes in the same order, and reads as the same value.
func TestCodecs(t *testing.T) {
	s, err := xsd.Read(schemas.FS, "types.xsd", "messages.xsd")
	if err != nil {
		t.Fatal(err)
	}
	v, err := New(s)
	if err != nil {
		t.Fatal(err)
	}
	g := newGenerator(s, seed(t))
	read, wrong := 0, 0
	for _, op := range messages.Operations() {
		for _, m := range []struct {
			name  string
			fresh func() messages.Message
		}{{op.Request, op.NewRequest}, {"m:" + op.Response, op.NewResponse}} {
			e := s.Elements[xsd.Name{Space: xsd.Messages, Local: m.name[len("m:"):]}]
			if e == nil {
				continue // the answer that no schema declares
			}
			for range 6 {
				g.size = 40
				root := g.element(e, 8)
				own(g, op, root)
				doc := root.document()
				if v.Element(doc, Options{}) != nil || lossy.Match(doc) {
					continue
				}
				read++
				if msg := roundTrip(v, m.name, doc, m.fresh); msg != "" {
					if wrong++; wrong <= 8 {
						t.Errorf("%s: %s", m.name, msg)
					}
				}
			}
		}
	}
	t.Logf("%d documents, %d wrong", read, wrong)
	if read < 1000 {
		t.Error("too few documents")
	}
}

// lossy is what codecs do not keep, or refuse: types that no program names, nil
// entries of lists, times in years that Exchange does not have.
var lossy = regexp.MustCompile(`xsi:type|xsi:nil|[>"]-?000[01]-`)

// own gives the answer root response messages of its own operation: the schema
// allows those of any.
func own(g *generator, op *messages.Operation, root *node) {
	i := slices.IndexFunc(root.children, func(n *node) bool { return n.name == "m:ResponseMessages" })
	if i < 0 {
		return
	}
	var find func(p *xsd.Particle) *xsd.Element
	find = func(p *xsd.Particle) *xsd.Element {
		if e := p.Element; e != nil && (e.Name.Local == op.Name+"ResponseMessage" || e.Name.Local == strings.TrimSuffix(op.Response, "Response")+"ResponseMessage") {
			return e
		}
		for _, c := range p.Children {
			if e := find(c); e != nil {
				return e
			}
		}
		return nil
	}
	root.children[i].children = nil
	if e := find(g.s.Types[xsd.Name{Space: xsd.Messages, Local: "ArrayOfResponseMessagesType"}].Content); e != nil {
		for range 2 {
			root.children[i].children = append(root.children[i].children, g.element(e, 7))
		}
	}
}

// roundTrip says what is wrong with what the codecs make of doc; nothing if it is
// empty.
func roundTrip(v *Validator, name string, doc []byte, fresh func() messages.Message) string {
	first := fresh()
	if err := decode(doc, first); err != nil {
		return "can't be read: " + err.Error() + "\n" + string(doc)
	}
	e := wire.NewEncoder(nil)
	e.Start(name)
	e.AttrString("xmlns:t", wire.TypesURI, true)
	e.AttrString("xmlns:m", wire.MessagesURI, true)
	e.AttrString("xmlns:xsi", wire.XSIURI, true)
	first.EncodeXML(e)
	e.End(name)
	if e.Err() != nil {
		return "can't be written: " + e.Err().Error() + "\n" + string(doc)
	}
	out := e.Bytes()
	if err := v.Element(out, Options{}); err != nil {
		return "is written invalid: " + err.Error() + "\n" + string(doc) + "\n" + string(out)
	}
	want, err := outline(doc)
	if err != nil {
		return err.Error()
	}
	got, err := outline(out)
	if err != nil {
		return err.Error()
	}
	if strings.Contains(name, "MessageTrackingReport") { // has types with xs:all, whose order is free
		slices.Sort(want)
		slices.Sort(got)
	}
	if i := differs(want, got); i >= 0 {
		return "loses or adds something: read " + strings.Join(want[i:min(i+3, len(want))], " ") + ", written " + strings.Join(got[i:min(i+3, len(got))], " ") + "\n" + string(doc) + "\n" + string(out)
	}
	second := fresh()
	if err := decode(out, second); err != nil {
		return "can't be read again: " + err.Error()
	}
	if diff := cmp.Diff(first, second, cmpopts.EquateNaNs()); diff != "" {
		return "reads as something else when written again: " + diff + "\n" + string(doc) + "\n" + string(out)
	}
	return ""
}

func decode(doc []byte, m messages.Message) error {
	d := wire.NewDecoderBytes(doc, wire.Limits{})
	if !d.Root() {
		return d.Err()
	}
	m.DecodeXML(d)
	return d.Err()
}

// outline lists the names of elements and their attributes, in order.
func outline(doc []byte) ([]string, error) {
	var out []string
	d := xml.NewDecoder(bytes.NewReader(doc))
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			var attrs []string
			for _, a := range tok.Attr {
				if a.Name.Space != "xmlns" && a.Name.Local != "xmlns" && a.Name.Space != wire.XSIURI {
					attrs = append(attrs, "@"+a.Name.Local)
				}
			}
			slices.Sort(attrs)
			out = append(append(out, tok.Name.Local), attrs...)
		case xml.EndElement:
			out = append(out, "/"+tok.Name.Local)
		}
	}
}

func differs(a, b []string) int {
	for i := range max(len(a), len(b)) {
		if i >= len(a) || i >= len(b) || a[i] != b[i] {
			return min(i, len(a)-1, len(b)-1)
		}
	}
	return -1
}
