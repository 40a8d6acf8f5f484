package witness

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/seed-1937cc67/goews/internal/xsd"
)

// schemaFiles are the documents that make up the schema, the one that imports
// the other last.
var schemaFiles = []string{"types.xsd", "messages.xsd"}

// envelopeText states SOAP 1.1 as far as EWS goes. Header blocks of the EWS
// namespaces must be declared, as must what is in the body.
const envelopeText = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:s="` + soapNS + `" targetNamespace="` + soapNS + `">
<xs:import namespace="http://www.w3.org/XML/1998/namespace"/>
<xs:element name="Envelope">
 <xs:complexType><xs:sequence>
  <xs:element name="Header" form="qualified" minOccurs="0"><xs:complexType><xs:choice minOccurs="0" maxOccurs="unbounded">
   <xs:any namespace="` + xsd.Types + ` ` + xsd.Messages + `"/>
   <xs:any processContents="lax" namespace="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd http://www.w3.org/2005/08/addressing"/>
  </xs:choice></xs:complexType></xs:element>
  <xs:element name="Body" form="qualified"><xs:complexType><xs:sequence><xs:any/></xs:sequence></xs:complexType></xs:element>
 </xs:sequence></xs:complexType>
</xs:element>
<xs:element name="Fault">
 <xs:complexType><xs:sequence>
  <xs:element name="faultcode" type="xs:QName"/>
  <xs:element name="faultstring"><xs:complexType><xs:simpleContent><xs:extension base="xs:string"><xs:attribute ref="xml:lang"/></xs:extension></xs:simpleContent></xs:complexType></xs:element>
  <xs:element name="faultactor" type="xs:anyURI" minOccurs="0"/>
  <xs:element name="detail" minOccurs="0"><xs:complexType><xs:sequence><xs:any processContents="lax" minOccurs="0" maxOccurs="unbounded"/></xs:sequence></xs:complexType></xs:element>
 </xs:sequence></xs:complexType>
</xs:element>
<xs:attribute name="mustUnderstand"><xs:simpleType><xs:restriction base="xs:boolean"><xs:pattern value="0|1"/></xs:restriction></xs:simpleType></xs:attribute>
<xs:attribute name="actor" type="xs:anyURI"/>
<xs:attribute name="encodingStyle" type="xs:string"/>
</xs:schema>`

// langText declares the one attribute of the xml namespace in use.
const langText = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="http://www.w3.org/XML/1998/namespace">
<xs:attribute name="lang"><xs:simpleType><xs:union memberTypes="xs:language"><xs:simpleType><xs:restriction base="xs:string"><xs:length value="0"/></xs:restriction></xs:simpleType></xs:union></xs:simpleType></xs:attribute>
</xs:schema>`

// driverText brings the schemas together, under a root that can hold many
// documents.
const driverText = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
<xs:import namespace="http://www.w3.org/XML/1998/namespace" schemaLocation="lang.xsd"/>
<xs:import namespace="` + xsd.Messages + `" schemaLocation="messages.xsd"/>
<xs:import namespace="` + soapNS + `" schemaLocation="envelope.xsd"/>
<xs:element name="documents"><xs:complexType><xs:sequence><xs:any maxOccurs="unbounded"/></xs:sequence></xs:complexType></xs:element>
</xs:schema>`

// schemas are the schema documents of one directory, with the order of the
// versions that their marks name.
type schemas struct {
	files map[string][]byte
	ranks map[string]int
}

func readSchemas(dir string) (*schemas, error) {
	s := &schemas{files: map[string][]byte{}, ranks: map[string]int{}}
	for _, name := range schemaFiles {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		s.files[name] = text
	}
	model, err := xsd.Read(os.DirFS(dir), schemaFiles...)
	if err != nil {
		return nil, err
	}
	versions := model.Types[xsd.Name{Space: xsd.Types, Local: "ExchangeVersionType"}]
	if versions == nil {
		return nil, errors.New("no t:ExchangeVersionType to tell the versions from")
	}
	for i, e := range versions.Enum {
		s.ranks[e.Value] = i
	}
	return s, nil
}

// writeTo writes the schema as of a version, "" meaning all of it, and returns
// the file to give to xmllint.
func (s *schemas) writeTo(dir, version string) (string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	out := map[string][]byte{"envelope.xsd": []byte(envelopeText), "lang.xsd": []byte(langText), "driver.xsd": []byte(driverText)}
	for name, text := range s.files {
		cut, err := s.asOf(text, version)
		if err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
		out[name] = cut
	}
	for name, text := range out {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			return "", err
		}
	}
	return filepath.Join(dir, "driver.xsd"), nil
}

// asOf returns a schema document as of a version: without the elements,
// attributes and enumeration values whose mark says that they came later. Types
// and groups stay, since an older element may have been given a newer type, but
// a newer complex type loses its own members. It works on the text, and so owes
// nothing to the schema reader whose users it is to check.
func (s *schemas) asOf(text []byte, version string) ([]byte, error) {
	if version == "" {
		return text, nil
	}
	limit, ok := s.ranks[version]
	if !ok {
		return nil, fmt.Errorf("unknown version %q", version)
	}
	late := func(e xml.StartElement) (bool, error) {
		since := attribute(e, xsd.VersionNS, "since")
		rank, known := s.ranks[since]
		if since != "" && !known {
			return false, fmt.Errorf("unknown version mark %q", since)
		}
		if own, ok := s.ranks[attribute(e, "", "value")]; ok && own <= limit {
			return false, nil // a version knows its own name, whichever set had it first
		}
		return since != "" && rank > limit, nil
	}
	gone, err := s.goneElements(late)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	kept, depth := 0, 0
	dropped, newer := 0, 0 // depths of the element left out and of the newer type
	err = elements(text, func(e xml.StartElement, off int) error {
		depth++
		isLate, err := late(e)
		if err != nil || dropped > 0 {
			return err
		}
		drop := false
		switch e.Name.Local {
		case "element":
			drop = isLate || gone[local(attribute(e, "", "ref"))]
		case "enumeration":
			drop = isLate
		case "attribute":
			drop = isLate || newer > 0
		case "sequence", "choice", "all", "group", "any", "attributeGroup", "anyAttribute":
			drop = newer > 0
		case "complexType":
			if isLate && newer == 0 {
				newer = depth
			}
		}
		if drop {
			out.Write(text[kept:off])
			dropped = depth
		}
		return nil
	}, func(end int) {
		if depth == dropped {
			kept, dropped = end, 0
		}
		if depth == newer {
			newer = 0
		}
		depth--
	})
	out.Write(text[kept:])
	return out.Bytes(), err
}

// goneElements returns the local names of the global elements that are late.
func (s *schemas) goneElements(late func(xml.StartElement) (bool, error)) (map[string]bool, error) {
	gone := map[string]bool{}
	for _, text := range s.files {
		depth := 0
		err := elements(text, func(e xml.StartElement, _ int) error {
			depth++
			isLate, err := late(e)
			if depth == 2 && e.Name.Local == "element" && isLate {
				gone[attribute(e, "", "name")] = true
			}
			return err
		}, func(int) { depth-- })
		if err != nil {
			return nil, err
		}
	}
	return gone, nil
}

// elements walks over a document. Start is told where a start tag begins, end
// where an end tag ends.
func elements(text []byte, start func(e xml.StartElement, off int) error, end func(off int)) error {
	d := xml.NewDecoder(bytes.NewReader(text))
	for {
		off := int(d.InputOffset())
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			if err := start(tok, off); err != nil {
				return err
			}
		case xml.EndElement:
			end(int(d.InputOffset()))
		}
	}
}

func attribute(e xml.StartElement, space, name string) string {
	for _, a := range e.Attr {
		if a.Name.Space == space && a.Name.Local == name {
			return strings.TrimSpace(a.Value)
		}
	}
	return ""
}

// local returns a qualified name without its prefix.
func local(name string) string {
	if _, after, ok := strings.Cut(name, ":"); ok {
		return after
	}
	return name
}
