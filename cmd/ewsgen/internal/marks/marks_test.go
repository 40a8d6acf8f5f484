package marks

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/cmd/ewsgen/internal/wsdl"
	"github.com/seed-1937cc67/goews/internal/xsd"
)

// contract is a contract in small: what is marked, what only leads there, what
// is reached in two ways, and what goes without saying.
const contract = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:v="urn:goews:schema-versions" elementFormDefault="qualified"
  xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages" targetNamespace="http://schemas.microsoft.com/exchange/services/2006/messages">
<xs:complexType name="BaseRequestType" abstract="true"/>
<xs:complexType name="FindType"><xs:complexContent><xs:extension base="m:BaseRequestType"><xs:sequence>
  <xs:element name="Plain" type="xs:string"/>
  <xs:element name="Late" type="xs:string" v:since="Exchange2013"/>
  <xs:element name="Shape" type="m:ShapeType"/>
  <xs:element name="News" type="m:NewsType" v:since="Exchange2010"/>
</xs:sequence><xs:attribute name="Mode" type="m:ModeType"/></xs:extension></xs:complexContent></xs:complexType>
<xs:complexType name="ShapeType"><xs:choice>
  <xs:element name="Gone" type="xs:string" v:until="Exchange2010"/>
  <xs:element name="Cloud" type="xs:string" v:since="Exchange2013" v:online="true"/>
</xs:choice></xs:complexType>
<xs:complexType name="NewsType" v:since="Exchange2010"><xs:sequence>
  <xs:element name="AsNew" type="xs:string" v:since="Exchange2010"/>
  <xs:element name="Self" type="m:NewsType" minOccurs="0" v:since="Exchange2010"/>
</xs:sequence></xs:complexType>
<xs:complexType name="AllNewType" v:since="Exchange2013"><xs:complexContent><xs:extension base="m:BaseRequestType"><xs:sequence>
  <xs:element name="News" type="m:NewsType" v:since="Exchange2013"/>
  <xs:element name="Older" type="xs:string"/>
</xs:sequence></xs:extension></xs:complexContent></xs:complexType>
<xs:simpleType name="ModeType"><xs:list><xs:simpleType><xs:restriction base="xs:string">
  <xs:enumeration value="A"/><xs:enumeration value="B" v:since="Exchange2013"/>
</xs:restriction></xs:simpleType></xs:list></xs:simpleType>
<xs:simpleType name="OtherType"><xs:restriction base="xs:string"><xs:enumeration value="A"/></xs:restriction></xs:simpleType>
<xs:simpleType name="SomeFieldURIType"><xs:restriction base="xs:string">
  <xs:enumeration value="x:Old"/><xs:enumeration value="x:New" v:since="Exchange2013"/>
</xs:restriction></xs:simpleType>
<xs:element name="Find" type="m:FindType"/>
<xs:element name="FindResponse" type="m:NewsType"/>
<xs:element name="AllNew" type="m:AllNewType" v:since="Exchange2013"/>
<xs:element name="AllNewResponse" type="m:NewsType" v:since="Exchange2013"/>
</xs:schema>`

func read(t *testing.T) (*xsd.Schema, []wsdl.Operation) {
	t.Helper()
	fsys := fstest.MapFS{
		"messages.xsd": {Data: []byte(contract)},
		"types.xsd":    {Data: []byte(`<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="http://schemas.microsoft.com/exchange/services/2006/types"/>`)},
	}
	s, err := xsd.Read(fsys, "types.xsd", "messages.xsd")
	if err != nil {
		t.Fatal(err)
	}
	ops, err := wsdl.Read(fsys, s)
	if err != nil {
		t.Fatal(err)
	}
	return s, ops
}

func TestRequests(t *testing.T) {
	table, err := Requests(read(t))
	if err != nil {
		t.Fatal(err)
	}
	want := `AllNew|a Find|1
@Mode|2 Late|a News|b Shape|3
=B|a
Cloud|d Gone|c
`
	if diff := cmp.Diff(want, table.Text); diff != "" {
		t.Error(diff)
	}
	for i, line := range strings.SplitAfter(strings.TrimSuffix(table.Text, "\n"), "\n") {
		if got := table.Text[table.Lines[i]:table.Lines[i+1]]; strings.TrimSpace(got) != strings.TrimSpace(line) {
			t.Errorf("line %d is %q, not %q", i, got, line)
		}
	}
}

func TestValues(t *testing.T) {
	s, _ := read(t)
	table, err := Values(s)
	if err != nil {
		t.Fatal(err)
	}
	want := "m:SomeFieldURIType|1\n=x:New|a =x:Old|\n"
	if diff := cmp.Diff(want, table.Text); diff != "" {
		t.Error(diff)
	}
	for _, tt := range []struct {
		typ, value, since string
		ok                bool
	}{
		{"m:SomeFieldURIType", "x:New", "Exchange2013", true},
		{"m:SomeFieldURIType", "x:Old", "", true},
		{"m:SomeFieldURIType", "x:None", "", false},
		{"m:SomeFieldURIType", "Old", "", false},
		{"m:OtherType", "A", "", false},
		{"m:NoType", "A", "", false},
	} {
		m, ok := table.Value(tt.typ, tt.value)
		if ok != tt.ok || m.Since != tt.since {
			t.Errorf("%s %s: %v, %v", tt.typ, tt.value, m, ok)
		}
	}
}
