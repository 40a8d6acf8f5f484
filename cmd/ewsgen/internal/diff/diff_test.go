package diff

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

const head = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified" xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types" xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages" targetNamespace="http://schemas.microsoft.com/exchange/services/2006/`

func set(types, messages string) fstest.MapFS {
	return fstest.MapFS{
		"types.xsd":    {Data: []byte(head + `types">` + types + `</xs:schema>`)},
		"messages.xsd": {Data: []byte(head + `messages"><xs:complexType name="BaseRequestType" abstract="true"/>` + messages + `</xs:schema>`)},
	}
}

func TestCompare(t *testing.T) {
	old := set(`
<xs:simpleType name="KindType"><xs:restriction base="xs:string"><xs:enumeration value="A"/><xs:enumeration value="B"/></xs:restriction></xs:simpleType>
<xs:simpleType name="TagType"><xs:restriction base="xs:string"><xs:pattern value="a+"/></xs:restriction></xs:simpleType>
<xs:complexType name="ItemType"><xs:sequence>
  <xs:element name="Same" type="xs:string"/><xs:element name="Lost" type="xs:string"/>
  <xs:element name="Other" type="xs:string"/><xs:element name="Often" type="xs:int"/>
</xs:sequence><xs:attribute name="Id" type="xs:string"/></xs:complexType>
<xs:complexType name="GoneType"><xs:sequence><xs:element name="X" type="xs:string"/></xs:sequence></xs:complexType>`,
		`<xs:element name="Old" type="m:OldType"/><xs:element name="OldResponse" type="t:ItemType"/>
<xs:complexType name="OldType"><xs:complexContent><xs:extension base="m:BaseRequestType"/></xs:complexContent></xs:complexType>`)
	now := set(`
<xs:simpleType name="KindType"><xs:restriction base="xs:string"><xs:enumeration value="B"/><xs:enumeration value="C"/></xs:restriction></xs:simpleType>
<xs:simpleType name="TagType"><xs:restriction base="xs:string"><xs:pattern value="a*"/></xs:restriction></xs:simpleType>
<xs:complexType name="ItemType"><xs:sequence>
  <xs:element name="Same" type="xs:string"/>
  <xs:element name="Other" type="t:KindType" minOccurs="0"/><xs:element name="Often" type="xs:int" maxOccurs="unbounded"/>
  <xs:choice><xs:element name="This"><xs:complexType><xs:sequence><xs:element name="In" type="xs:string"/></xs:sequence></xs:complexType></xs:element><xs:element name="That" type="xs:string" nillable="true"/></xs:choice>
</xs:sequence><xs:attribute name="Id" type="xs:string" use="required"/></xs:complexType>
<xs:complexType name="NewType" abstract="true"><xs:sequence><xs:element name="X" type="xs:string"/></xs:sequence></xs:complexType>`,
		`<xs:element name="New" type="m:NewType"/><xs:element name="NewResponse" type="t:ItemType"/>
<xs:complexType name="NewType"><xs:complexContent><xs:extension base="m:BaseRequestType"/></xs:complexContent></xs:complexType>`)

	r, err := Compare(old, now)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := r.Text(&b); err != nil {
		t.Fatal(err)
	}
	want := `operations added: 1
  + New: m:New, answered by m:NewResponse
types added: 2
  + m:NewType: complex, from m:BaseRequestType
  + t:NewType: complex, abstract
global elements added: 2
  + m:New: m:NewType
  + m:NewResponse: t:ItemType
elements added: 3
  + t:ItemType/That: xs:string, optional, may be nil
  + t:ItemType/This: a type of its own, optional
  + t:ItemType/This/In: xs:string
values added: 1
  + t:KindType=C
operations gone: 1
  - Old: m:Old, answered by m:OldResponse
types gone: 2
  - m:OldType: complex, from m:BaseRequestType
  - t:GoneType: complex
global elements gone: 2
  - m:Old: m:OldType
  - m:OldResponse: t:ItemType
elements gone: 1
  - t:ItemType/Lost: xs:string
values gone: 1
  - t:KindType=A
types changed: 1
  ~ t:TagType: simple, from xs:string, pattern a*; was simple, from xs:string, pattern a+
elements changed: 2
  ~ t:ItemType/Often: xs:int, 1 or more; was xs:int
  ~ t:ItemType/Other: t:KindType, optional; was xs:string
attributes changed: 1
  ~ t:ItemType/@Id: xs:string, required; was xs:string
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}

	back, err := Compare(now, old)
	if err != nil {
		t.Fatal(err)
	}
	if len(back.Added) != len(r.Gone) || len(back.Gone) != len(r.Added) || len(back.Changed) != len(r.Changed) {
		t.Error("the other way round it is not the same")
	}
	same, err := Compare(now, now)
	if err != nil {
		t.Fatal(err)
	}
	b.Reset()
	if err := same.Text(&b); err != nil || b.String() != "no difference\n" {
		t.Errorf("a set differs from itself: %v\n%s", err, b.String())
	}
	if _, err := Compare(fstest.MapFS{}, now); err == nil || !strings.Contains(err.Error(), "the old set") {
		t.Error(err)
	}
	if _, err := Compare(old, fstest.MapFS{}); err == nil || !strings.Contains(err.Error(), "the new set") {
		t.Error(err)
	}
}
