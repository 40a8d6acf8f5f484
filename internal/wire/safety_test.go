package wire

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
)

// floods are documents of n parts that a hostile server could send.
var floods = []struct {
	name string
	doc  func(n int) string
}{
	{"elements", func(n int) string { return "<a>" + strings.Repeat("<b/>", n) + "</a>" }},
	{"nesting", func(n int) string {
		return "<a>" + strings.Repeat(strings.Repeat("<b>", 200)+strings.Repeat("</b>", 200), n/200) + "</a>"
	}},
	{"attributes", func(n int) string {
		var b strings.Builder
		for i := range 200 {
			fmt.Fprintf(&b, " a%d='%d'", i, i)
		}
		return "<a>" + strings.Repeat("<b"+b.String()+"/>", n/200) + "</a>"
	}},
	{"declarations", func(n int) string {
		var b strings.Builder
		for i := range 200 {
			fmt.Fprintf(&b, " xmlns:a%d='%d'", i, i)
		}
		return "<a>" + strings.Repeat("<b"+b.String()+"><a0:c/></b>", n/200) + "</a>"
	}},
	{"one attribute", func(n int) string { return `<a x="` + strings.Repeat(">&lt;", n) + `"/>` }},
	{"names", func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "<n%d/>", i)
		}
		return "<a>" + b.String() + "</a>"
	}},
	{"references", func(n int) string { return "<a>" + strings.Repeat("&lt;&#x1F;", n) + "</a>" }},
	{"comments", func(n int) string { return "<a>x" + strings.Repeat("<!---->", n) + "y</a>" }},
	{"one comment", func(n int) string { return "<a><!--" + strings.Repeat("->-", n) + "--></a>" }},
	{"CDATA", func(n int) string { return "<a>" + strings.Repeat("<![CDATA[]]>", n) + "</a>" }},
	{"one CDATA", func(n int) string { return "<a><![CDATA[" + strings.Repeat("]>", n) + "]]></a>" }},
	{"instructions", func(n int) string { return "<a>" + strings.Repeat("<?p?>", n) + "</a>" }},
	{"blanks", func(n int) string { return "<a>" + strings.Repeat("\r\n \t", n) + "</a>" }},
	{"no UTF-8", func(n int) string { return "<a>" + strings.Repeat("\xff", n) + "</a>" }},
}

// ways are how a document is read: as elements, as one text, as raw XML, as
// base64.
var ways = []struct {
	name string
	read func(d *Decoder)
}{
	{"elements", func(d *Decoder) {
		var all func()
		all = func() {
			for d.Attr() {
				d.Text()
			}
			for d.Child() {
				all()
			}
		}
		all()
	}},
	{"text", func(d *Decoder) { d.Text() }},
	{"raw", func(d *Decoder) { d.Raw() }},
	{"base64", func(d *Decoder) { d.CopyBase64(io.Discard) }},
	{"names", func(d *Decoder) {
		for i := d.Next(&testNames, -1); i >= 0; i = d.Next(&testNames, i) {
			d.Skip()
		}
	}},
}

var testNames = Names{All: "t:a>t:bc>m:d>" + Pad, At: []uint16{0, 4, 9, 13}}

// TestFloods: every document is read to its end or refused, and what is
// allocated for it grows as it does, no faster.
func TestFloods(t *testing.T) {
	allocated := func(doc string, read func(d *Decoder)) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		d := NewDecoder(strings.NewReader(doc), Limits{})
		if d.Root() {
			read(d)
		}
		err := d.Finish()
		runtime.ReadMemStats(&after)
		if err != nil && d.Err() == nil {
			t.Error("an error that is not kept")
		}
		return after.TotalAlloc - before.TotalAlloc
	}
	for _, f := range floods {
		for _, w := range ways {
			small, large := f.doc(10_000), f.doc(40_000)
			a, b := allocated(small, w.read), allocated(large, w.read)
			if limit := uint64(len(large))*20 + 1<<17; b > limit || b > 6*a+1<<18 {
				t.Errorf("%s as %s: %d bytes allocated for %d of input, %d for %d", f.name, w.name, a, len(small), b, len(large))
			}
		}
	}
}

// TestMillion: a million elements, and as many values.
func TestMillion(t *testing.T) {
	d := NewDecoderBytes([]byte("<a>"+strings.Repeat("<b>1</b>", 1_000_000)+"</a>"), Limits{})
	n, sum := 0, 0
	d.Root()
	for d.Child() {
		n++
		sum += int(d.Int32())
	}
	if err := d.Finish(); err != nil || n != 1_000_000 || sum != n {
		t.Errorf("%d elements, sum %d, error %v", n, sum, err)
	}
	d = NewDecoderBytes([]byte("<a>"+strings.Repeat("<b/>", 1000)+"</a>"), Limits{MaxElements: 1000})
	for d.Root(); d.Err() == nil; {
		d.Child()
	}
	if d.Err() == nil || !strings.Contains(d.Err().Error(), "MaxElements (1000)") {
		t.Errorf("error %v, want MaxElements", d.Err())
	}
}

// TestLimits: each limit is kept, by the short paths as by the general code,
// and the error says which.
func TestLimits(t *testing.T) {
	head := `<m:r xmlns:t="` + TypesURI + `" xmlns:m="` + MessagesURI + `">`
	deep := head + strings.Repeat("<t:a>", 60) + strings.Repeat("</t:a>", 60) + "</m:r>"
	for _, tt := range []struct {
		doc  string
		lim  Limits
		want string
	}{
		{deep, Limits{MaxDepth: 50}, "MaxDepth (50)"},
		{deep, Limits{MaxElements: 50}, "MaxElements (50)"},
		{deep, Limits{MaxBytes: 300}, "MaxBytes (300)"},
		{head + "<t:a>" + strings.Repeat("x", 100_000) + "</t:a></m:r>", Limits{MaxText: 50_000}, "MaxText (50000)"},
		{head + "<t:a>" + strings.Repeat("<!-- -->x", 60_000) + "</t:a></m:r>", Limits{MaxText: 50_000}, "MaxText (50000)"},
		{head + `<t:a b="` + strings.Repeat("x", 100_000) + `"/></m:r>`, Limits{MaxText: 50_000}, "MaxText (50000)"},
		{head + `<t:a b="1" c="2" d="3"/></m:r>`, Limits{MaxAttrs: 2}, "MaxAttrs (2)"},
		{head + `<t:a xmlns:x="1"/></m:r>`, Limits{MaxAttrs: 2}, "MaxAttrs (2)"},
	} {
		for _, r := range []io.Reader{strings.NewReader(tt.doc), iotest.OneByteReader(strings.NewReader(tt.doc))} {
			d := NewDecoder(r, tt.lim)
			var all func()
			all = func() {
				for i := d.Next(&testNames, -1); i >= 0; i = d.Next(&testNames, i) {
					if strings.Contains(tt.doc, "xx") || strings.Contains(tt.doc, "->x") {
						d.Text()
						continue
					}
					all()
				}
			}
			if d.Root() {
				all()
			}
			if err := d.Finish(); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%.60s…: error %v, want %s", tt.doc, err, tt.want)
			}
		}
	}
}

// BenchmarkFloods shows that time grows as the document does: MB/s is the same
// for the small as for the large.
func BenchmarkFloods(b *testing.B) {
	for _, f := range floods {
		for _, n := range []int{10_000, 160_000} {
			doc := f.doc(n)
			b.Run(fmt.Sprintf("%s/%d", strings.ReplaceAll(f.name, " ", "-"), n), func(b *testing.B) {
				b.SetBytes(int64(len(doc)))
				for b.Loop() {
					for _, w := range ways[:2] {
						d := NewDecoder(strings.NewReader(doc), Limits{})
						if d.Root() {
							w.read(d)
						}
					}
				}
			})
		}
	}
}
