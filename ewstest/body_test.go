package ewstest

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestHTMLToText(t *testing.T) {
	for in, want := range map[string]string{
		"":                                     "",
		"<html><body>Hello HTML</body></html>": "Hello HTML\r\n",
		"<p>one</p><p>two</p>":                 "one\r\n\r\ntwo\r\n",
		"a<br>b<br><br>c":                      "a\r\nb\r\n\r\nc\r\n",
		"<div>a  b\n c</div><div>&lt;d&gt;</div>": "a b c\r\n<d>\r\n",
		"<style>p{}</style><script>1<2</script>x": "x\r\n",
		"<head><title>t</title></head><b>y</b>":   "y\r\n",
		"1 < 2 and <b":                            "1 < 2 and\r\n",
		"<pre>a\n b</pre>":                        "a\r\n b\r\n",
		"<!-- no -->yes<!-- never ends":           "yes\r\n",
		"<a href='x>y'>link</a>&nbsp;&amp;":       "link &\r\n",
	} {
		if got := htmlToText(in); got != want {
			t.Errorf("htmlToText(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestFilterHTML(t *testing.T) {
	for in, want := range map[string]string{
		"<html><body>Hello HTML</body></html>":                               "<body>Hello HTML</body>",
		"<p onclick=alert(1) class=a>x</p>":                                  `<body><p class="a">x</p></body>`,
		"<script>evil()</script>ok<iframe src=x>frame</iframe>":              "<body>ok</body>",
		`<a href=" JavaScript:x()">y</a><a href="https://example.com">z</a>`: `<body><a>y</a><a href="https://example.com">z</a></body>`,
	} {
		want = "<html><head>\r\n" + metaUTF8 + "</head>" + want + "</html>"
		if got := filterHTML(in); got != want {
			t.Errorf("filterHTML(%q)\n got %q\nwant %q", in, got, want)
		}
	}
}

func FuzzHTML(f *testing.F) {
	for _, s := range []string{"<p>x", "<a b='c", "</", "<!--", "<script>x</script", "<x y=\"z\" on=1 />", "&#0;&amp"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text, safe := htmlToText(s), filterHTML(s)
		if utf8.ValidString(s) && !utf8.ValidString(text) {
			t.Errorf("text of %q is %q", s, text)
		}
		if strings.Contains(strings.ToLower(safe), "<script") {
			t.Errorf("%q filtered is %q", s, safe)
		}
		if again := htmlToText(textToHTML(text)); text != "" && strings.TrimSpace(again) == "" && strings.TrimSpace(text) != "" {
			t.Errorf("%q became nothing", text)
		}
	})
}
