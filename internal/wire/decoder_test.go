package wire

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// tree writes what the decoder sees, to compare with what it should.
func tree(d *Decoder, b *strings.Builder) {
	b.WriteString(string(d.Name()))
	for d.Attr() {
		b.WriteString(" " + string(d.Name()))
		b.WriteString("=" + d.Text())
	}
	b.WriteByte('(')
	for d.Child() {
		tree(d, b)
	}
	b.WriteByte(')')
}

func TestDecoderTree(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"nested", `<a x="1" y='2'><b/><c><d>t</d></c></a>`, "a x=1 y=2(b()c(d()))"},
		{"prolog", "\uFEFF<?xml version=\"1.0\" encoding=\"utf-8\"?><!-- c --><a/>\n<!-- d -->", "a()"},
		{"markup", `<a><!-- <b> --><?p <c>?><![CDATA[<d>]]><e/></a>`, "a(e())"},
		{"attribute values", `<a x="&lt;&#65;>" y="a&#x1F;b"/>`, "a x=<A> y=a\uFFFDb()"},
		{"spaces", "<a  x = '1'\n><b\t/></a >", "a x=1(b())"},
		{"namespaces", `<p:a xmlns:p="u" p:x="1" xmlns:i="` + XSIURI + `" i:nil="true"/>`, "a x=1()"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, r := range []io.Reader{strings.NewReader(tt.in), iotest.OneByteReader(strings.NewReader(tt.in))} {
				d := NewDecoder(r, Limits{})
				var b strings.Builder
				if d.Root() {
					tree(d, &b)
				}
				if err := d.Finish(); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tt.want, b.String()); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
			}
		})
	}
}

func TestDecoderRefuses(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"end tags", "<a><b></a></b>", "end tag </a>"},
		{"twice an attribute", `<a x="1" x="2"/>`, "occurs twice"},
		{"unquoted", `<a x=1/>`, "not quoted"},
		{"markup in a value", `<a x="<"/>`, "a < in the value"},
		{"prefix", `<p:a/>`, "prefix p is not declared"},
		{"entity", `<a>&foo;</a>`, "unknown reference &foo;"},
		{"ampersand", `<a>& b</a>`, "starts no reference"},
		{"DTD", `<!DOCTYPE a [<!ENTITY b "c">]><a/>`, "document type"},
		{"two roots", `<a></a><b/>`, "after the root"},
		{"text outside", `hello`, "is this XML"},
		{"UTF-16", "\xFF\xFE<\x00", "UTF-16"},
		{"other encoding", `<?xml version="1.0" encoding="iso-8859-1"?><a/>`, "another encoding"},
		{"no name", `< a/>`, "malformed element name"},
		{"truncated", `<a><b>te`, "unexpected EOF"},
		{"truncated tag", `<a><b x="`, "unexpected EOF"},
		{"nothing", ``, "unexpected EOF"},
		{"deep", strings.Repeat("<a>", 300), "MaxDepth"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := NewDecoder(strings.NewReader(tt.in), Limits{})
			if d.Root() {
				var text func()
				text = func() {
					for d.Child() {
						text()
					}
				}
				if strings.Contains(tt.in, "&") {
					d.Text()
				} else {
					text()
				}
			}
			err := d.Finish()
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error %v, want %q", err, tt.want)
			}
			if d.Child() || d.Text() != "" || d.Attr() {
				t.Error("goes on after an error")
			}
		})
	}
}

func TestTruncationUnwraps(t *testing.T) {
	d := NewDecoder(strings.NewReader("<a><b>"), Limits{})
	d.Root()
	d.End()
	if !errors.Is(d.Err(), io.ErrUnexpectedEOF) {
		t.Errorf("error %v, want io.ErrUnexpectedEOF", d.Err())
	}
	var s *SyntaxError
	if !errors.As(d.Err(), &s) || s.Path != "a/b" {
		t.Errorf("error %#v, want the path a/b", d.Err())
	}
}

func TestValues(t *testing.T) {
	in := `<a><s>x &amp; y&#x1F;<![CDATA[<z>]]><i>no</i>!</s><b> true </b><b>0</b><n>-12</n><n>4294967295</n><f>1.5</f>` +
		`<t>2024-02-29T12:30:00.123456789Z</t><t>2024-02-29T12:30:00</t><t>2024-02-29T12:30:00+02:00</t><d>2024-02-29</d><x> aGV sbG8= </x><e/></a>`
	d := NewDecoder(strings.NewReader(in), Limits{})
	d.Root()
	var got []any
	for d.Child() {
		switch string(d.Name()) {
		case "s", "e":
			got = append(got, d.Text())
		case "b":
			got = append(got, d.Bool())
		case "n":
			got = append(got, d.Int32())
		case "f":
			got = append(got, d.Float64())
		case "t":
			got = append(got, d.Time().Format(time.RFC3339Nano))
		case "d":
			got = append(got, d.Date().Format(time.DateOnly))
		case "x":
			got = append(got, string(d.Base64()))
		}
	}
	want := []any{"x & y\uFFFD<z>!", true, false, int32(-12), int32(1<<31 - 1), 1.5,
		"2024-02-29T12:30:00.123456789Z", "2024-02-29T12:30:00Z", "2024-02-29T12:30:00+02:00", "2024-02-29", "hello", ""}
	if err := d.Finish(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestBadValueNamesItsPath(t *testing.T) {
	d := NewDecoder(strings.NewReader("<a><b>maybe</b></a>"), Limits{})
	d.Root()
	d.Child()
	d.Bool()
	var v *ValueError
	if !errors.As(d.Err(), &v) || v.Value != "maybe" || v.Type != "xs:boolean" {
		t.Errorf("error %#v", d.Err())
	}
}

func TestNextDocument(t *testing.T) {
	d := NewDecoder(strings.NewReader("<?xml version='1.0'?><a/>\n<b>x</b><c/>"), Limits{})
	var got []string
	for ok := d.Root(); ok; ok = d.NextDocument() {
		got = append(got, string(d.Name()))
		d.End()
	}
	if d.Err() != nil {
		t.Fatal(d.Err())
	}
	if diff := cmp.Diff([]string{"a", "b", "c"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestRaw(t *testing.T) {
	d := NewDecoder(strings.NewReader(`<a xmlns="u" xmlns:p="v"><b><p:c x="1">t&amp;u<d/></p:c></b></a>`), Limits{})
	d.Root()
	d.Child()
	want := Raw(`<c xmlns="v" x="1">t&amp;u<d xmlns="u"/></c>`)
	if diff := cmp.Diff(want, d.Raw()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestEncoder(t *testing.T) {
	e := NewEncoder(nil)
	e.Start("a")
	e.AttrString("x", "<&>\"\r\n\té\xff", false)
	e.String("b", "", true)
	e.Int("f", 0, true)
	e.Int("g", 0, false)
	e.Time("t", time.Date(2024, 1, 2, 3, 4, 5, 0, Floating), false)
	e.String("s", "<&>\r\x01 long enough é\xff\uFFFF for words", false)
	e.End("a")
	want := "<a x=\"&lt;&amp;>&quot;&#xD;&#xA;&#x9;é\uFFFD\"><b/><f>0</f><t>2024-01-02T03:04:05</t>" +
		"<s>&lt;&amp;&gt;&#xD;\uFFFD long enough é\uFFFD\uFFFD for words</s></a>"
	if diff := cmp.Diff(want, string(e.Bytes())); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestChildNamed: the entries of a list are known in either namespace of EWS
// and in none; Exchange itself sends m:Notification for t:Notification.
func TestChildNamed(t *testing.T) {
	d := NewDecoderBytes([]byte(`<m:a xmlns:m="`+MessagesURI+`" xmlns:t="`+TypesURI+`" xmlns:o="urn:o"><t:n>1</t:n><m:n>2</m:n><n>3</n><o:n>4</o:n><t:x>5</t:x><m:n>6</m:n></m:a>`), Limits{})
	if !d.Root() {
		t.Fatal(d.Err())
	}
	var got []string
	for d.ChildNamed(NSTypes, "n") {
		got = append(got, d.Text())
	}
	if diff := cmp.Diff([]string{"1", "2", "3", "6"}, got); diff != "" || d.Err() != nil {
		t.Errorf("error %v; -want +got:\n%s", d.Err(), diff)
	}
}
