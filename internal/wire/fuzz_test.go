package wire

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf8"
)

// seeds are documents with one of each thing that matters to a tokenizer.
var seeds = []string{
	`<a x="1"><b>t &amp; u</b><!-- c --><![CDATA[d]]></a>`,
	"<?xml version='1.0'?><a>&#x1F;\r\n</a>",
	`<a xmlns:p="u"><p:b p:c='d'/></a>`,
	`<m:r xmlns:t="` + TypesURI + `" xmlns:m="` + MessagesURI + `"><t:a Id="x" ChangeKey="y"/><t:bc>true</t:bc><m:d>12</m:d><t:a>2024-02-29T12:30:00Z</t:a></m:r>`,
	`<r xmlns="` + TypesURI + `"><a>QUJD</a><bc xmlns=""> 1.5 </bc></r>`,
	"<a>aGVs&#xD;\nbG8=<!-- -->\n</a>",
	"<a b='\t\r\n&quot;é\xff'>\uFFFF é \xff ]]&gt; &apos;</a >",
	"<a><b>x &foo;</b><b>y</b></a>",
	`<a><t:b xmlns:t="` + TypesURI + `"><t:a>x</t:a><t:a/></t:b></a>`,
	"\uFEFF<!-- c --><a\n\n/>\n<?p q?>",
}

// trace reads a document in one of several ways and writes down what it saw.
func trace(d *Decoder, way uint8) string {
	var b strings.Builder
	note := func(format string, args ...any) { fmt.Fprintf(&b, format, args...) }
	var all func()
	all = func() {
		note("<%d:%s", d.NS(), d.Name())
		for d.Attr() {
			note(" %d:%s=%q", d.NS(), d.AttrName(), d.Text())
		}
		switch way % 10 {
		case 0:
			for d.Child() {
				all()
			}
		case 1:
			for i := d.Next(&testNames, -1); i >= 0; i = d.Next(&testNames, i) {
				note("%d", i)
				all()
			}
		case 2:
			for d.Entry("t:a") {
				all()
			}
		case 3:
			for d.Child() {
				note("%q", d.Text())
			}
		case 4:
			for d.Child() {
				note("%v", d.Bool())
			}
		case 5:
			for d.Child() {
				note("%v %v", d.Int32(), d.Err() == nil)
			}
		case 6:
			for d.Child() {
				note("%v", d.Time())
			}
		case 7:
			for d.Child() {
				note("%x", d.Base64())
			}
		case 8:
			for d.Child() {
				note("%s", d.RawElement())
			}
		case 9:
			note("%q", d.Text())
		}
		note(">")
	}
	for ok := d.Root(); ok; ok = d.NextDocument() {
		all()
	}
	note("%v", d.Err() != nil)
	return b.String()
}

// FuzzWays: what comes byte by byte, which the general code reads, is seen as
// what is there at once, which the short paths read: the same values, and an
// error after the same of them. (Which error may differ: a tag that is malformed
// and breaks off is one or the other.)
func FuzzWays(f *testing.F) {
	for i, s := range seeds {
		f.Add([]byte(s), uint8(i))
	}
	f.Fuzz(func(t *testing.T, in []byte, way uint8) {
		whole := trace(NewDecoderBytes(in, Limits{}), way)
		bytewise := trace(NewDecoder(iotest.OneByteReader(bytes.NewReader(in)), Limits{}), way)
		if whole != bytewise {
			t.Errorf("at once:      %s\nbyte by byte: %s", whole, bytewise)
		}
	})
}

// FuzzDecoder: nothing panics, everything ends, and text that is read is
// written and read again as it was.
func FuzzDecoder(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		d := NewDecoderBytes(in, Limits{})
		if !d.Root() {
			return
		}
		for d.Attr() {
			d.Text()
		}
		text := d.Text()
		if d.Finish() != nil {
			if d.Child() {
				t.Fatal("goes on after an error")
			}
			return
		}
		e := NewEncoder(nil)
		e.String("a", text, true)
		again := NewDecoderBytes(e.Bytes(), Limits{})
		again.Root()
		if got := again.Text(); again.Finish() != nil || got != text {
			t.Fatalf("%q came back as %q (%v)", text, got, again.Err())
		}
	})
}

// tokens writes down what encoding/xml sees in a document: elements with their
// namespaces, attributes, text. What is known to differ is made alike: white
// space in attributes is blank here and is kept there.
func tokens(in []byte) (string, error) {
	var b strings.Builder
	d := xml.NewDecoder(bytes.NewReader(in))
	text := ""
	for {
		tok, err := d.Token()
		if err == io.EOF {
			return b.String(), nil
		}
		if err != nil {
			return "", err
		}
		switch tok := tok.(type) {
		case xml.CharData:
			text += string(tok)
			continue
		case xml.Comment, xml.ProcInst:
			continue
		case xml.StartElement:
			fmt.Fprintf(&b, "%q<%s", text, tok.Name)
			for _, a := range tok.Attr {
				if a.Name.Space != "xmlns" && a.Name != (xml.Name{Local: "xmlns"}) {
					fmt.Fprintf(&b, " %s=%q", a.Name, strings.NewReplacer("\n", " ", "\t", " ", "\r", " ").Replace(a.Value))
				}
			}
			b.WriteString(">")
		case xml.EndElement:
			fmt.Fprintf(&b, "%q</>", text)
		}
		text = ""
	}
}

// FuzzAgainstStd: of documents that both accept, the decoder and encoding/xml
// see the same. docs/performance.md lists what only one of them accepts.
func FuzzAgainstStd(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		d := NewDecoderBytes(in, Limits{})
		if !d.Root() {
			return
		}
		raw := d.RawElement()
		if d.Finish() != nil {
			return
		}
		want, err := tokens(in)
		if err != nil {
			return
		}
		got, err := tokens([]byte(raw))
		if err != nil {
			t.Fatalf("encoding/xml does not read what the encoder wrote: %v\n%s", err, raw)
		}
		// Text around the root is no content.
		if want, got = trimOuter(want), trimOuter(got); got != want {
			t.Errorf("encoding/xml: %s\nwire:         %s\nraw: %s", want, got, raw)
		}
	})
}

func trimOuter(s string) string { return s[strings.IndexByte(s, '<'):] }

// survives returns what is to come back of a text that was written.
func survives(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		i += n
		if !xmlChar(r) {
			r = utf8.RuneError
		}
		b.WriteRune(r)
	}
	return b.String()
}

// FuzzEncoder: text, attributes, bytes and times come back as they were
// written, but for what XML can't say.
func FuzzEncoder(f *testing.F) {
	f.Add("a<b>&\"'\r\n\t é", []byte("abc"), int64(1_700_000_000), int32(7200))
	f.Add("\x00\xff\uFFFE]]>", []byte{}, int64(-62_135_596_800), int32(-3600))
	f.Add(strings.Repeat("x&", 300), make([]byte, 20_000), int64(253_402_300_799), int32(0))
	f.Fuzz(func(t *testing.T, s string, data []byte, sec int64, zone int32) {
		when := time.Unix(sec, int64(uint32(zone))%1_000_000_000).UTC()
		if zone%60 == 0 && zone > -14*3600 && zone < 14*3600 && zone != 0 {
			when = when.In(time.FixedZone("", int(zone)))
		}
		e := NewEncoder(nil)
		e.Start("a")
		e.AttrString("x", s, true)
		e.String("s", s, true)
		e.Base64("d", data, true)
		e.Time("t", when, true)
		e.End("a")
		if y := when.Year(); y < 1 || y > 9999 {
			if e.Err() == nil {
				t.Errorf("year %d was written", y)
			}
			return
		}
		if e.Err() != nil {
			t.Fatal(e.Err())
		}
		d := NewDecoderBytes(e.Bytes(), Limits{})
		d.Root()
		d.Attr()
		if got := d.Text(); got != survives(s) {
			t.Errorf("attribute %q came back as %q", s, got)
		}
		d.Child()
		if got := d.Text(); got != survives(s) {
			t.Errorf("text %q came back as %q", s, got)
		}
		d.Child()
		if got := d.Base64(); !bytes.Equal(got, data) {
			t.Errorf("bytes %x came back as %x", data, got)
		}
		d.Child()
		if got := d.Time(); !got.Equal(when) {
			t.Errorf("time %v came back as %v", when, got)
		}
		d.End()
		if err := d.Finish(); err != nil {
			t.Fatal(err)
		}
	})
}
