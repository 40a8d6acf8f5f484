package validate

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-1937cc67/goews/internal/xsd"
)

// constructs uses everything a content model can have, more densely than EWS
// does.
const constructs = `<xs:schema xmlns:xs="` + xsd.XS + `" xmlns:m="` + xsd.Messages + `" targetNamespace="` + xsd.Messages + `" elementFormDefault="qualified">
<xs:element name="Counts"><xs:complexType><xs:sequence>
	<xs:element name="A" type="xs:int" minOccurs="2" maxOccurs="4"/>
	<xs:element name="B" type="xs:int" minOccurs="0" maxOccurs="3"/>
	<xs:element name="C" type="xs:int" minOccurs="2" maxOccurs="unbounded"/>
	<xs:element name="D" type="xs:int" minOccurs="0" maxOccurs="100"/>
	<xs:element name="E" type="xs:int" minOccurs="0" maxOccurs="0"/>
	<xs:element name="F" type="xs:int"/>
</xs:sequence></xs:complexType></xs:element>
<xs:element name="Nested"><xs:complexType><xs:sequence>
	<xs:choice minOccurs="0" maxOccurs="unbounded">
		<xs:element name="A" type="xs:int"/>
		<xs:sequence><xs:element name="B" type="xs:int"/><xs:element name="C" type="xs:int" minOccurs="0"/></xs:sequence>
		<xs:sequence minOccurs="0" maxOccurs="2"><xs:element name="D" type="xs:int"/><xs:element name="E" type="xs:int"/></xs:sequence>
	</xs:choice>
	<xs:group ref="m:Pair" minOccurs="0" maxOccurs="2"/>
	<xs:choice><xs:element name="H" type="xs:int"/><xs:element name="I" type="xs:int" minOccurs="0"/></xs:choice>
</xs:sequence></xs:complexType></xs:element>
<xs:group name="Pair"><xs:sequence><xs:element name="F" type="xs:int"/><xs:element name="G" type="xs:int" minOccurs="0"/></xs:sequence></xs:group>
<xs:element name="Every"><xs:complexType><xs:all><xs:element name="A" type="xs:int"/><xs:element name="B" type="xs:int" minOccurs="0"/><xs:element name="C" type="m:Simple"/></xs:all></xs:complexType></xs:element>
<xs:element name="Maybe"><xs:complexType><xs:all minOccurs="0"><xs:element name="A" type="xs:int"/><xs:element name="B" type="xs:int" minOccurs="0"/></xs:all><xs:attribute name="K" type="xs:int"/></xs:complexType></xs:element>
<xs:simpleType name="Simple"><xs:restriction base="xs:string"><xs:enumeration value="One"/><xs:enumeration value="Two"/></xs:restriction></xs:simpleType>
<xs:complexType name="Base" abstract="true"><xs:sequence><xs:element name="A" type="xs:int" minOccurs="0"/></xs:sequence><xs:attribute name="Id" type="xs:string" use="required"/><xs:attribute name="Key" type="m:Simple"/></xs:complexType>
<xs:complexType name="Longer"><xs:complexContent><xs:extension base="m:Base"><xs:sequence><xs:element name="B" type="xs:int"/></xs:sequence><xs:attribute name="More" type="xs:boolean" use="required"/></xs:extension></xs:complexContent></xs:complexType>
<xs:complexType name="Longest"><xs:complexContent><xs:extension base="m:Longer"><xs:choice><xs:element name="C" type="xs:int"/><xs:element name="D" type="xs:int" maxOccurs="2"/></xs:choice></xs:extension></xs:complexContent></xs:complexType>
<xs:complexType name="Same"><xs:complexContent><xs:extension base="m:Longer"/></xs:complexContent></xs:complexType>
<xs:complexType name="Less"><xs:complexContent><xs:restriction base="m:Longer"><xs:sequence><xs:element name="B" type="xs:int"/></xs:sequence><xs:attribute name="Key" use="prohibited"/></xs:restriction></xs:complexContent></xs:complexType>
<xs:element name="Typed" type="m:Base"/>
<xs:element name="Concrete" type="m:Longer"/>
<xs:element name="Lesser" type="m:Less"/>
<xs:element name="Nothing"><xs:complexType><xs:attribute name="Id" type="xs:int"/></xs:complexType></xs:element>
<xs:element name="Hollow"><xs:complexType><xs:sequence/></xs:complexType></xs:element>
<xs:element name="Nil" type="m:Longer" nillable="true"/>
<xs:element name="NilInt" type="xs:int" nillable="true"/>
<xs:element name="NotNil" type="xs:int"/>
<xs:element name="Preset" type="m:Simple" default="One"/>
<xs:element name="Head" type="m:Longer" abstract="true"/>
<xs:element name="First" type="m:Longer" substitutionGroup="m:Head"/>
<xs:element name="Second" type="m:Longest" substitutionGroup="m:Head"/>
<xs:element name="Third" type="m:Longest" substitutionGroup="m:Second"/>
<xs:element name="Heads"><xs:complexType><xs:sequence><xs:element ref="m:Head" minOccurs="0" maxOccurs="3"/><xs:element ref="m:NotNil"/></xs:sequence></xs:complexType></xs:element>
<xs:complexType name="Text"><xs:simpleContent><xs:extension base="xs:int"><xs:attribute name="Unit" type="m:Simple" use="required"/></xs:extension></xs:simpleContent></xs:complexType>
<xs:complexType name="MoreText"><xs:simpleContent><xs:extension base="m:Text"><xs:attribute name="Deep" type="xs:boolean"/></xs:extension></xs:simpleContent></xs:complexType>
<xs:element name="Amount" type="m:Text"/>
<xs:element name="Wild"><xs:complexType><xs:sequence><xs:element name="A" type="xs:int"/><xs:any processContents="lax" namespace="##other" minOccurs="0" maxOccurs="2"/></xs:sequence></xs:complexType></xs:element>
<xs:element name="Skipped"><xs:complexType><xs:sequence><xs:any processContents="skip" namespace="##any"/></xs:sequence></xs:complexType></xs:element>
<xs:element name="Lax"><xs:complexType><xs:sequence><xs:any processContents="lax" maxOccurs="unbounded"/></xs:sequence></xs:complexType></xs:element>
<xs:element name="Strict"><xs:complexType><xs:sequence><xs:any namespace="##targetNamespace" maxOccurs="2"/></xs:sequence></xs:complexType></xs:element>
<xs:element name="Numbers"><xs:simpleType><xs:list itemType="xs:int"/></xs:simpleType></xs:element>
<xs:element name="Tree"><xs:complexType><xs:sequence><xs:element ref="m:Tree" minOccurs="0" maxOccurs="unbounded"/></xs:sequence><xs:attributeGroup ref="m:Paging"/></xs:complexType></xs:element>
<xs:attributeGroup name="Paging"><xs:attribute name="Offset" type="xs:int" use="required"/><xs:attribute name="Last" type="xs:boolean"/></xs:attributeGroup>
</xs:schema>`

func constructsSchema(t testing.TB) *xsd.Schema {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "messages.xsd"), []byte(constructs), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := xsd.Read(os.DirFS(dir), "messages.xsd")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAgreesOnConstructs(t *testing.T) {
	s := constructsSchema(t)
	v, err := New(s)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "messages.xsd"), []byte(constructs), 0o600); err != nil {
		t.Fatal(err)
	}
	g := newGenerator(s, seed(t))
	var heads []*xsd.Element
	for _, e := range s.Elements {
		if !e.Abstract {
			heads = append(heads, e)
		}
	}
	slices.SortFunc(heads, func(a, b *xsd.Element) int { return strings.Compare(a.Name.Local, b.Name.Local) })
	var docs [][]byte
	var labels []string
	for range 25 {
		for _, e := range heads {
			g.size = 60
			root := g.element(e, 6)
			docs = append(docs, root.document())
			labels = append(labels, e.Name.Local)
			for range 3 {
				c := root.clone()
				label := g.mutate(c)
				docs = append(docs, c.document())
				labels = append(labels, e.Name.Local+": "+label)
			}
		}
	}
	compare(t, v, dir, docs, labels)
}
