package validate

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/seed-1937cc67/goews/internal/xsd"
)

// published is where Microsoft's own schemas are, if at hand.
const published = "../../../../shared/schemas"

// newest is the richest set of them.
const newest = "13-O365_V2018_01_08_2023-04"

func publishedSchema(t testing.TB, set string) *xsd.Schema {
	t.Helper()
	dir := filepath.Join(published, set)
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no published schemas at hand")
	}
	s, err := xsd.Read(os.DirFS(dir), "types.xsd", "messages.xsd")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var newestValidator = sync.OnceValues(func() (*Validator, error) {
	s, err := xsd.Read(os.DirFS(filepath.Join(published, newest)), "types.xsd", "messages.xsd")
	if err != nil {
		return nil, err
	}
	return New(s)
})

func publishedValidator(t testing.TB) *Validator {
	t.Helper()
	if _, err := os.Stat(filepath.Join(published, newest)); err != nil {
		t.Skip("no published schemas at hand")
	}
	v, err := newestValidator()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// soapAttributes declares the attributes that header blocks may carry.
const soapAttributes = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="http://schemas.xmlsoap.org/soap/envelope/">
<xs:attribute name="mustUnderstand"><xs:simpleType><xs:restriction base="xs:boolean"><xs:pattern value="0|1"/></xs:restriction></xs:simpleType></xs:attribute>
<xs:attribute name="actor" type="xs:anyURI"/>
<xs:attribute name="encodingStyle" type="xs:string"/>
</xs:schema>`

// xmlAttributes declares xml:lang.
const xmlAttributes = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="http://www.w3.org/XML/1998/namespace">
<xs:attribute name="lang"><xs:simpleType><xs:union memberTypes="xs:language"><xs:simpleType><xs:restriction base="xs:string"><xs:length value="0"/></xs:restriction></xs:simpleType></xs:union></xs:simpleType></xs:attribute>
</xs:schema>`

// xmllint returns, for each document, what libxml2 holds against it; empty for
// a valid one. Documents are one line each and judged together, as the children
// of one element, by one process.
func xmllint(t *testing.T, schemaDir string, docs [][]byte) []string {
	t.Helper()
	needXMLLint(t)
	dir := t.TempDir()
	write := func(name, text string) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	schema, err := filepath.Abs(filepath.Join(schemaDir, "messages.xsd"))
	if err != nil {
		t.Fatal(err)
	}
	write("soap.xsd", soapAttributes)
	write("xml.xsd", xmlAttributes)
	driver := write("driver.xsd", `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
<xs:import namespace="http://www.w3.org/XML/1998/namespace" schemaLocation="xml.xsd"/>
<xs:import namespace="`+soapNS+`" schemaLocation="soap.xsd"/>
<xs:import namespace="`+xsd.Messages+`" schemaLocation="`+schema+`"/>
<xs:element name="documents"><xs:complexType><xs:sequence><xs:any maxOccurs="unbounded"/></xs:sequence></xs:complexType></xs:element>
</xs:schema>`)
	all := write("all.xml", "<documents>\n"+string(bytes.Join(docs, []byte("\n")))+"\n</documents>")
	out, err := exec.Command("xmllint", "--noout", "--schema", driver, all).CombinedOutput()
	result := make([]string, len(docs))
	for line := range strings.Lines(string(out)) {
		rest, ok := strings.CutPrefix(line, all+":")
		var i int
		if _, err := fmt.Sscanf(rest, "%d:", &i); !ok || err != nil || i < 2 || i-2 >= len(docs) {
			continue
		}
		if strings.Contains(rest, "parser error") {
			t.Fatalf("document %d is not well-formed: %s\n%s", i-2, rest, docs[i-2])
		}
		if result[i-2] == "" {
			result[i-2] = strings.TrimSpace(rest)
		}
	}
	if !bytes.Contains(out, []byte("all.xml fails to validate")) && !bytes.Contains(out, []byte("all.xml validates")) {
		t.Fatalf("no verdict: %v\n%.2000s", err, out)
	}
	return result
}

// needXMLLint skips a test where there is no xmllint, or fails it where there
// must be one.
func needXMLLint(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("xmllint"); err != nil {
		if os.Getenv("GOEWS_XMLLINT") == "1" {
			t.Fatal(err)
		}
		t.Skip("no xmllint")
	}
}

// node is an element that tests can change and write.
type node struct {
	name     string // "t:Subject"
	attrs    [][2]string
	text     string
	children []*node
}

const scope = ` xmlns:m="` + xsd.Messages + `" xmlns:t="` + xsd.Types + `" xmlns:xsi="` + xsiNS + `" xmlns:xs="` + xsd.XS + `" xmlns:soap="` + soapNS + `"`

func (n *node) document() []byte {
	var b bytes.Buffer
	n.write(&b, scope)
	return b.Bytes()
}

func (n *node) write(b *bytes.Buffer, extra string) {
	b.WriteString("<" + n.name + extra)
	for _, a := range n.attrs {
		b.WriteString(" " + a[0] + `="`)
		xml.EscapeText(b, []byte(a[1]))
		b.WriteString(`"`)
	}
	if n.text == "" && len(n.children) == 0 {
		b.WriteString("/>")
		return
	}
	b.WriteString(">")
	xml.EscapeText(b, []byte(n.text))
	for _, c := range n.children {
		c.write(b, "")
	}
	b.WriteString("</" + n.name + ">")
}

func (n *node) clone() *node {
	c := *n
	c.attrs = append([][2]string(nil), n.attrs...)
	c.children = nil
	for _, d := range n.children {
		c.children = append(c.children, d.clone())
	}
	return &c
}

// all lists n and what is below it.
func (n *node) all() []*node {
	list := []*node{n}
	for _, c := range n.children {
		list = append(list, c.all()...)
	}
	return list
}

// unwrap returns the header blocks and the body elements of an envelope.
func unwrap(doc []byte) ([]*node, error) {
	d := xml.NewDecoder(bytes.NewReader(doc))
	prefixes := map[string]string{xsd.Messages: "m:", xsd.Types: "t:", xsiNS: "xsi:", soapNS: "soap:", xsd.XML: "xml:", "": ""}
	var stack, found []*node
	for {
		tok, err := d.Token()
		if err == io.EOF {
			return found, nil
		}
		if err != nil {
			return nil, err
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			p, ok := prefixes[tok.Name.Space]
			if !ok {
				return nil, fmt.Errorf("namespace %q", tok.Name.Space)
			}
			n := &node{name: p + tok.Name.Local}
			for _, a := range tok.Attr {
				p, ok := prefixes[a.Name.Space]
				if a.Name.Space == "xmlns" || a.Name.Local == "xmlns" {
					continue
				}
				if !ok {
					return nil, fmt.Errorf("namespace %q", a.Name.Space)
				}
				n.attrs = append(n.attrs, [2]string{p + a.Name.Local, a.Value})
			}
			switch {
			case len(stack) > 2:
				parent := stack[len(stack)-1]
				parent.children = append(parent.children, n)
			case len(stack) == 2:
				found = append(found, n)
			}
			stack = append(stack, n)
		case xml.CharData:
			if len(stack) > 0 {
				top := stack[len(stack)-1]
				if s := string(tok); strings.TrimSpace(s) != "" || len(top.children) == 0 && top.text == "" {
					top.text += s
				}
			}
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		}
	}
}
