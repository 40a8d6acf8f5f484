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

// xmllint returns, for each document, what libxml2 holds against it; empty for
// a valid one. One process takes them all.
func xmllint(t *testing.T, schemaDir string, docs [][]byte) []string {
	t.Helper()
	if _, err := exec.LookPath("xmllint"); err != nil {
		if os.Getenv("GOEWS_XMLLINT") == "1" {
			t.Fatal(err)
		}
		t.Skip("no xmllint")
	}
	dir := t.TempDir()
	write := func(name, text string) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	abs := func(p string) string {
		a, err := filepath.Abs(p)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	write("soap.xsd", soapAttributes)
	driver := write("driver.xsd", `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
<xs:import namespace="http://www.w3.org/XML/1998/namespace" schemaLocation="`+abs(filepath.Join(published, "xml.xsd"))+`"/>
<xs:import namespace="`+soapNS+`" schemaLocation="soap.xsd"/>
<xs:import namespace="`+xsd.Messages+`" schemaLocation="`+abs(filepath.Join(schemaDir, "messages.xsd"))+`"/>
</xs:schema>`)
	args := []string{"--noout", "--schema", driver}
	for i, d := range docs {
		args = append(args, write(fmt.Sprintf("%d.xml", i), string(d)))
	}
	cmd := exec.Command("xmllint", args...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	err := cmd.Run()
	result := make([]string, len(docs))
	verdicts := 0
	for line := range strings.Lines(errs.String()) {
		line = strings.TrimSpace(line)
		rest, ok := strings.CutPrefix(line, dir+string(filepath.Separator))
		if !ok {
			continue
		}
		var i int
		if _, err := fmt.Sscanf(rest, "%d.xml", &i); err != nil {
			continue
		}
		switch {
		case strings.HasSuffix(line, " validates"):
			verdicts++
		case strings.HasSuffix(line, " fails to validate"):
			verdicts++
			if result[i] == "" {
				result[i] = line
			}
		case result[i] == "":
			result[i] = rest
		}
	}
	if verdicts != len(docs) {
		t.Fatalf("xmllint judged %d of %d documents: %v\n%.2000s", verdicts, len(docs), err, errs.String())
	}
	return result
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
