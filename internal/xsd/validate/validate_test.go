package validate

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/internal/xsd"
)

const (
	typesText = `<xs:schema xmlns:xs="` + xsd.XS + `" xmlns:t="` + xsd.Types + `" xmlns:v="` + xsd.VersionNS + `" targetNamespace="` + xsd.Types + `" elementFormDefault="qualified">
<xs:simpleType name="ExchangeVersionType"><xs:restriction base="xs:string">
	<xs:enumeration value="Exchange2007"/><xs:enumeration value="Exchange2010"/><xs:enumeration value="Exchange2013" v:since="Exchange2010"/>
</xs:restriction></xs:simpleType>
<xs:element name="RequestServerVersion"><xs:complexType><xs:attribute name="Version" type="t:ExchangeVersionType" use="required"/><xs:anyAttribute namespace="` + soapNS + `"/></xs:complexType></xs:element>
<xs:element name="DateTimePrecision" v:since="Exchange2013" type="xs:int"/>
<xs:simpleType name="Shape"><xs:restriction base="xs:string"><xs:enumeration value="IdOnly"/><xs:enumeration value="Default"/><xs:enumeration value="Newer" v:since="Exchange2013"/></xs:restriction></xs:simpleType>
<xs:element name="Path" abstract="true" type="t:BasePath"/>
<xs:complexType name="BasePath" abstract="true"/>
<xs:complexType name="Field"><xs:complexContent><xs:extension base="t:BasePath"><xs:attribute name="FieldURI" type="t:URI" use="required"/></xs:extension></xs:complexContent></xs:complexType>
<xs:complexType name="Indexed" v:since="Exchange2010"><xs:complexContent><xs:extension base="t:Field"><xs:attribute name="FieldIndex" type="xs:string" use="required"/></xs:extension></xs:complexContent></xs:complexType>
<xs:simpleType name="URI"><xs:restriction base="xs:string"><xs:enumeration value="item:Subject"/></xs:restriction></xs:simpleType>
<xs:element name="FieldURI" type="t:Field" substitutionGroup="t:Path"/>
<xs:element name="IndexedFieldURI" type="t:Indexed" substitutionGroup="t:Path" v:since="Exchange2010"/>
<xs:complexType name="ItemShape"><xs:sequence>
	<xs:element name="BaseShape" type="t:Shape"/>
	<xs:element name="IncludeMimeContent" type="xs:boolean" minOccurs="0"/>
	<xs:element name="Newest" type="xs:boolean" minOccurs="0" v:since="Exchange2013"/>
	<xs:element name="AdditionalProperties" minOccurs="0"><xs:complexType><xs:sequence><xs:element ref="t:Path" maxOccurs="unbounded"/></xs:sequence></xs:complexType></xs:element>
</xs:sequence></xs:complexType>
<xs:complexType name="NewId" v:since="Exchange2013"><xs:complexContent><xs:extension base="t:Id"><xs:attribute name="More" type="xs:int"/></xs:extension></xs:complexContent></xs:complexType>
<xs:complexType name="Id"><xs:attribute name="Id" type="xs:string" use="required"/><xs:attribute name="ChangeKey" type="xs:string"/></xs:complexType>
</xs:schema>`
	messagesText = `<xs:schema xmlns:xs="` + xsd.XS + `" xmlns:t="` + xsd.Types + `" xmlns:m="` + xsd.Messages + `" xmlns:v="` + xsd.VersionNS + `" targetNamespace="` + xsd.Messages + `" elementFormDefault="qualified">
<xs:element name="FindItem"><xs:complexType><xs:sequence>
	<xs:element name="ItemShape" type="t:ItemShape"/>
	<xs:choice minOccurs="0"><xs:element name="View" type="xs:int"/><xs:element name="CalendarView" type="xs:int"/></xs:choice>
	<xs:element name="Ids"><xs:complexType><xs:choice maxOccurs="unbounded"><xs:element name="Id" type="t:NewId"/><xs:element name="Nil" type="xs:int" nillable="true"/></xs:choice></xs:complexType></xs:element>
	<xs:any minOccurs="0" namespace="##other"/>
</xs:sequence><xs:attribute name="Traversal" type="t:Shape" use="required"/></xs:complexType></xs:element>
<xs:element name="Track"><xs:complexType><xs:all><xs:element name="A" type="xs:int"/><xs:element name="B" type="xs:int" minOccurs="0"/></xs:all></xs:complexType></xs:element>
<xs:element name="Later" v:since="Exchange2013" type="t:Id"/>
</xs:schema>`
)

func miniature(t testing.TB) *Validator {
	t.Helper()
	s, err := xsd.Read(fstest.MapFS{"types.xsd": {Data: []byte(typesText)}, "messages.xsd": {Data: []byte(messagesText)}}, "types.xsd", "messages.xsd")
	if err != nil {
		t.Fatal(err)
	}
	v, err := New(s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func soap(header, body string) string {
	return `<soap:Envelope` + scope + "><soap:Header>" + header + "</soap:Header>\n<soap:Body>" + body + "</soap:Body></soap:Envelope>"
}

const (
	shape = `<m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape>`
	ids   = `<m:Ids><m:Id Id="x"/></m:Ids>`
	inM   = "' in namespace '" + xsd.Messages + "'"
	inT   = "' in namespace '" + xsd.Types + "'"
)

func find(content string) string {
	return `<m:FindItem Traversal="Default">` + content + `</m:FindItem>`
}

func TestViolations(t *testing.T) {
	v := miniature(t)
	for _, c := range []struct {
		name, body string
		want       string // violation; empty if valid
	}{
		{"valid", find(shape + "<m:View>1</m:View>" + ids), ""},
		{"comments and white space", "<!-- a -->\n" + find(" <?pi?> "+shape+"\n<!-- b -->"+ids), ""},
		{"undeclared child", find(`<m:Foo/>`), "The element 'FindItem" + inM + " has invalid child element 'Foo" + inM + ". List of possible elements expected: 'ItemShape" + inM + "."},
		{"alternatives", find(shape + `<t:View/>`), "The element 'FindItem" + inM + " has invalid child element 'View" + inT + ". List of possible elements expected: 'View, CalendarView, Ids" + inM + "."},
		{"nothing more but a wildcard", find(shape + ids + `<m:Ids/>`), "The element 'FindItem" + inM + " has invalid child element 'Ids" + inM + ". List of possible elements expected: any element in namespace '##other'."},
		{"incomplete", find(shape), "The element 'FindItem" + inM + " has incomplete content. List of possible elements expected: 'View, CalendarView, Ids" + inM + "."},
		{"incomplete list", find(shape + `<m:Ids/>`), "The element 'Ids" + inM + " has incomplete content. List of possible elements expected: 'Id, Nil" + inM + "."},
		{"missing attribute", `<m:FindItem/>`, "The required attribute 'Traversal' is missing."},
		{"bad attribute", `<m:FindItem Traversal="X"/>`, "The 'Traversal' attribute is invalid - The value 'X' is invalid according to its datatype '" + xsd.Types + ":Shape' - The Enumeration constraint failed."},
		{"undeclared attribute", `<m:FindItem Traversal="Default" Bogus="1"/>`, "The 'Bogus' attribute is not declared."},
		{"attribute in a namespace", `<m:FindItem t:Traversal="Default"/>`, "The '" + xsd.Types + ":Traversal' attribute is not declared."},
		{"bad value", find(`<m:ItemShape><t:BaseShape>X</t:BaseShape></m:ItemShape>`), "The '" + xsd.Types + ":BaseShape' element is invalid - The value 'X' is invalid according to its datatype '" + xsd.Types + ":Shape' - The Enumeration constraint failed."},
		{"bad number", find(shape + `<m:View>many</m:View>`), "The '" + xsd.Messages + ":View' element is invalid - The value 'many' is invalid according to its datatype '" + xsd.XS + ":int' - The string 'many' is not a valid Int32 value."},
		{"text among elements", find(`stray` + shape), "The element 'FindItem" + inM + " cannot contain text. List of possible elements expected: 'ItemShape" + inM + "."},
		{"text in an empty type", find(shape + `<m:Ids><m:Id Id="x">y</m:Id></m:Ids>`), "The element cannot contain text. Content model is empty."},
		{"white space in an empty type", find(shape + `<m:Ids><m:Id Id="x"> </m:Id></m:Ids>`), "The element cannot contain white space. Content model is empty."},
		{"child in an empty type", find(shape + `<m:Ids><m:Id Id="x"><m:Id/></m:Id></m:Ids>`), "The element '" + xsd.Messages + ":Id' cannot contain child element '" + xsd.Messages + ":Id' because the parent element's content model is empty."},
		{"child in text", find(shape + `<m:View><m:Id/></m:View>`), "The element '" + xsd.Messages + ":View' cannot contain child element '" + xsd.Messages + ":Id' because the parent element's content model is text only."},
		{"nil", find(shape + `<m:Ids><m:Nil xsi:nil="true"/></m:Ids>`), ""},
		{"nil with text", find(shape + `<m:Ids><m:Nil xsi:nil="1">1</m:Nil></m:Ids>`), "Element '" + xsd.Messages + ":Nil' must have no character or element children."},
		{"nil where not allowed", find(shape + `<m:Ids><m:Id Id="x" xsi:nil="false"/></m:Ids>`), "If the 'nillable' attribute is false in the schema, the 'xsi:nil' attribute must not be present in the instance."},
		{"substitution", find(`<m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties><t:FieldURI FieldURI="item:Subject"/></t:AdditionalProperties></m:ItemShape>` + ids), ""},
		{"substitution expected", find(`<m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties/></m:ItemShape>`), "The element 'AdditionalProperties" + inT + " has incomplete content. List of possible elements expected: 'Path, FieldURI, IndexedFieldURI" + inT + "."},
		{"abstract element", find(`<m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties><t:Path/></t:AdditionalProperties></m:ItemShape>`), "The element '" + xsd.Types + ":Path' is abstract or its type is abstract."},
		{"derived type", find(`<m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties><t:FieldURI xsi:type="t:Indexed" FieldURI="item:Subject" FieldIndex="1"/></t:AdditionalProperties></m:ItemShape>` + ids), ""},
		{"unknown type", find(`<m:ItemShape xsi:type="t:Nothing"/>`), "This is an invalid xsi:type 't:Nothing'."},
		{"unrelated type", find(`<m:ItemShape xsi:type="t:Id"/>`), "The xsi:type attribute value '" + xsd.Types + ":Id' is not valid for the element '" + xsd.Messages + ":ItemShape', either because it is not a type validly derived from the type in the schema, or because it has xsi:type derivation blocked."},
		{"abstract type", find(`<m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties><t:Path xsi:type="t:BasePath"/></t:AdditionalProperties></m:ItemShape>`), "The xsi:type 't:BasePath' cannot be abstract."},
		{"all", `<m:Track><m:B>1</m:B><m:A>1</m:A></m:Track>`, ""},
		{"all twice", `<m:Track><m:B>1</m:B><m:B>1</m:B></m:Track>`, `Element 'B' cannot appear more than once if content model type is "all".`},
		{"all incomplete", `<m:Track><m:B>1</m:B></m:Track>`, "The element 'Track" + inM + " has incomplete content. List of possible elements expected: 'A" + inM + "."},
		{"undeclared body", `<m:Bogus/>`, "The '" + xsd.Messages + ":Bogus' element is not declared."},
		{"empty body", ``, "The element 'Body' in namespace '" + soapNS + "' has incomplete content."},
		{"two bodies", `<m:Track><m:A>1</m:A></m:Track><m:Track/>`, "The element 'Body' in namespace '" + soapNS + "' has invalid child element 'Track" + inM + "."},
		{"text in the body", `x`, "The element 'Body' in namespace '" + soapNS + "' cannot contain text."},
	} {
		err := v.Envelope([]byte(soap("", c.body)), Options{})
		got := ""
		var e *Error
		if errors.As(err, &e) {
			got = e.Violation
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", c.name, diff)
		}
	}
}

func TestHeaders(t *testing.T) {
	v := miniature(t)
	for header, want := range map[string]string{
		`<t:RequestServerVersion Version="Exchange2007"/>`:                           "",
		`<t:RequestServerVersion Version="Exchange2007" soap:mustUnderstand="1"/>`:   "",
		`<t:RequestServerVersion Version="Exchange2007" soap:mustUnderstand="yes"/>`: "attribute is invalid",
		`<t:RequestServerVersion Version="Exchange2007" soap:other="1"/>`:            "is not declared",
		`<t:RequestServerVersion Version="Exchange1999"/>`:                           "The Enumeration constraint failed.",
		`<t:Unheard><anything xmlns=""/></t:Unheard>`:                                "",
		`<w:Security xmlns:w="urn:w">x</w:Security>`:                                 "",
	} {
		err := v.Envelope([]byte(soap(header, find(shape+ids))), Options{})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", header, err, want)
		}
	}
}

func TestPositions(t *testing.T) {
	v := miniature(t)
	for _, c := range []struct {
		doc  string
		want Error
	}{
		{"<m:FindItem" + " xmlns:m='" + xsd.Messages + "'\r\n\tTraversal=\"X\"/>", Error{Line: 2, Column: 2, Path: "m:FindItem"}},
		{"<m:FindItem Traversal='IdOnly' xmlns:m='" + xsd.Messages + "'>\n<!-- 😀 --><m:Foo/></m:FindItem>", Error{Line: 2, Column: 13, Path: "m:FindItem/m:Foo"}},
		{"\ufeff<m:FindItem   a='>'  Traversal='X' xmlns:m='" + xsd.Messages + "'/>", Error{Line: 1, Column: 15, Path: "m:FindItem"}},
		{"<m:FindItem Traversal='IdOnly' xmlns:m='" + xsd.Messages + "'>\n </m:FindItem>", Error{Line: 2, Column: 4, Path: "m:FindItem"}},
		{"<m:FindItem Traversal='IdOnly' xmlns:m='" + xsd.Messages + "'/>", Error{Line: 1, Column: 2, Path: "m:FindItem"}},
		{"<m:Nope xmlns:m='" + xsd.Messages + "'/>", Error{Kind: Unknown, Line: 1, Column: 2, Path: "m:Nope"}},
	} {
		err := v.Element([]byte(c.doc), Options{})
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%s: got %v, want an *Error", c.doc, err)
			continue
		}
		got := *e
		got.Violation = ""
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", c.doc, diff)
		}
	}
}

func TestSyntax(t *testing.T) {
	v := miniature(t)
	ok := soap("", find(shape+ids))
	for _, c := range []struct {
		name, doc string
		kind      Kind
		want      string
	}{
		{"nothing", "", Syntax, "Root element is missing. Line 1, position 1."},
		{"no XML", "hello", Syntax, "Data at the root level is invalid. Line 1, position 1."},
		{"cut off", "<Envelope xmlns='" + soapNS + "'>\n<Body>", Syntax, "Unexpected end of file has occurred. The following elements are not closed: Body, Envelope. Line 2, position 7."},
		{"cut inside a tag", "<a b", Syntax, "Unexpected end of file has occurred. Line 1, position 5."},
		{"wrong end", "<Envelope xmlns='" + soapNS + "'>\n</b>", Syntax, "The 'Envelope' start tag does not match the end tag of 'b'. Line 2, position 3."},
		{"end without a start", ok + "</b>", Syntax, "Unexpected end tag 'b'."},
		{"unknown entity", soap("&nbsp;", ""), Syntax, "An error occurred while parsing EntityName."},
		{"undeclared prefix", "<x:a/>", Syntax, "'x' is an undeclared prefix. Line 1, position 2."},
		{"undeclared attribute prefix", "<a x:b=''/>", Syntax, "'x' is an undeclared prefix. Line 1, position 4."},
		{"duplicate attribute", "<a b='' b=''/>", Syntax, "'b' is a duplicate attribute name. Line 1, position 9."},
		{"duplicate by namespace", "<a xmlns:x='u' xmlns:y='u' x:b='' y:b=''/>", Syntax, "'y:b' is a duplicate attribute name. Line 1, position 35."},
		{"two roots", ok + "<a/>", Syntax, "There are multiple root elements."},
		{"DTD", "<!DOCTYPE a><a/>", Syntax, "For security reasons DTD is prohibited in this XML document. Line 1, position 3."},
		{"late declaration", " <?xml version='1.0'?>" + ok, Syntax, "Unexpected XML declaration."},
		{"colon", "<a:/>", Syntax, "cannot be included in a name"},
		{"empty binding", "<a xmlns:x=''/>", Syntax, "Invalid namespace declaration."},
		{"xml bound", "<a xmlns:xml='u'/>", Syntax, "Prefix 'xml' cannot be mapped to namespace name 'u'."},
		{"no envelope", "<a/>", Envelope, "The 'a' element is not declared."},
		{"SOAP 1.2", "<Envelope xmlns='http://www.w3.org/2003/05/soap-envelope'/>", Envelope, "element is not declared."},
		{"no body", "<Envelope xmlns='" + soapNS + "'/>", Envelope, "has incomplete content. List of possible elements expected: 'Body'"},
		{"body first", "<Envelope xmlns='" + soapNS + "'><Body><Track xmlns='" + xsd.Messages + "'><A>1</A></Track></Body><Header/></Envelope>", Envelope, "has invalid child element 'Header'"},
		{"deep", strings.Replace(ok, shape, strings.Repeat("<a>", 300), 1), Schema, "has invalid child element"},
		{"deep header", soap(strings.Repeat("<a>", 300)+strings.Repeat("</a>", 300), find(shape+ids)), Limit, "nested more than 256 deep"},
		{"bindings", soap("<a"+strings.Repeat(" xmlns:x='u'", 1)+">"+nested(300), ""), Limit, "More than 256 namespace declarations"},
	} {
		err := v.Envelope([]byte(c.doc), Options{})
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%s: got %v, want an *Error", c.name, err)
			continue
		}
		if e.Kind != c.kind || !strings.Contains(e.Violation, c.want) {
			t.Errorf("%s: got %v: %s, want %v: %s", c.name, e.Kind, e.Violation, c.kind, c.want)
		}
	}
	if err := v.Envelope([]byte(ok), Options{MaxBytes: len(ok) - 1}); err == nil || err.(*Error).Kind != Limit {
		t.Errorf("one byte too many: got %v, want a limit", err)
	}
	if err := v.Envelope([]byte(ok), Options{MaxBytes: len(ok)}); err != nil {
		t.Errorf("no byte too many: got %v", err)
	}
}

// nested is a start tag with n namespace declarations.
func nested(n int) string {
	var b strings.Builder
	b.WriteString("<b")
	for i := range n {
		b.WriteString(" xmlns:p" + strings.Repeat("q", i) + "='u'")
	}
	b.WriteString("/></a>")
	return b.String()
}

func TestVersion(t *testing.T) {
	v := miniature(t)
	newest := `<m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:Newest>true</t:Newest></m:ItemShape>`
	indexed := `<m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties><t:IndexedFieldURI FieldURI="item:Subject" FieldIndex="1"/></t:AdditionalProperties></m:ItemShape>`
	for _, c := range []struct {
		name, header, body string
		since              int // first version that takes it
	}{
		{"old", "", find(shape + ids), 0},
		{"element", "", find(newest + ids), 2},
		{"enumeration value", "", find(`<m:ItemShape><t:BaseShape>Newer</t:BaseShape></m:ItemShape>` + ids), 2},
		{"substitution by a newer element", "", find(indexed + ids), 1},
		{"older element of a newer type", "", find(shape + ids), 0},
		{"newer attribute of it", "", find(shape + `<m:Ids><m:Id Id="x" More="1"/></m:Ids>`), 2},
		{"type by name", "", find(`<m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties><t:FieldURI xsi:type="t:Indexed" FieldURI="item:Subject" FieldIndex="1"/></t:AdditionalProperties></m:ItemShape>` + ids), 1},
		{"operation", "", `<m:Later Id="x"/>`, 2},
		{"value in a header", `<t:RequestServerVersion Version="Exchange2013"/>`, find(shape + ids), 1},
		{"header nobody knew", `<t:DateTimePrecision>1</t:DateTimePrecision>`, find(shape + ids), 0},
	} {
		for i, version := range []string{"Exchange2007", "Exchange2010", "Exchange2013", ""} {
			err := v.Envelope([]byte(soap(c.header, c.body)), Options{Version: version})
			if (err == nil) != (i >= c.since) {
				t.Errorf("%s at %q: got %v", c.name, version, err)
			}
		}
	}
	bad := []byte(soap(`<t:DateTimePrecision>x</t:DateTimePrecision>`, find(shape+ids)))
	if err := v.Envelope(bad, Options{Version: "Exchange2007"}); err != nil {
		t.Errorf("a header block from the future: got %v, want it passed over", err)
	}
	if err := v.Envelope(bad, Options{}); err == nil {
		t.Error("a wrong header block: got no error")
	}
	if err := v.Envelope(bad, Options{Version: "Exchange1999"}); !errors.Is(err, ErrVersion) || v.Knows("Exchange1999") {
		t.Errorf("a version that never was: got %v, want ErrVersion", err)
	}
	if !v.Knows("") || !v.Knows("Exchange2010") {
		t.Error("Knows does not know Exchange2010")
	}
	err := v.Envelope([]byte(soap("", find(newest))), Options{Version: "Exchange2007"})
	want := "'IncludeMimeContent, AdditionalProperties" + inT
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want the expectation %s", err, want)
	}
}

func TestConcurrentUse(t *testing.T) {
	v := miniature(t)
	var wg sync.WaitGroup
	for i := range 16 {
		version := []string{"", "Exchange2007", "Exchange2010", "Exchange2013"}[i%4]
		wg.Go(func() {
			for range 20 {
				if err := v.Envelope([]byte(soap("", find(shape+ids))), Options{Version: version}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

func TestNewRefuses(t *testing.T) {
	const head = `<xs:schema xmlns:xs="` + xsd.XS + `" xmlns:t="` + xsd.Types + `" xmlns:v="` + xsd.VersionNS + `" targetNamespace="` + xsd.Types + `">`
	for name, c := range map[string]struct{ text, want string }{
		"type of an element":   {`<xs:element name="a" type="t:gone"/>`, "no type t:gone"},
		"type of an attribute": {`<xs:complexType name="a"><xs:attribute name="b" type="t:gone"/></xs:complexType>`, "no type t:gone"},
		"base":                 {`<xs:complexType name="a"><xs:complexContent><xs:extension base="t:gone"/></xs:complexContent></xs:complexType>`, "no type t:gone"},
		"referenced element":   {`<xs:complexType name="a"><xs:sequence><xs:element ref="t:gone"/></xs:sequence></xs:complexType>`, "no element t:gone"},
		"group":                {`<xs:complexType name="a"><xs:sequence><xs:group ref="t:gone"/></xs:sequence></xs:complexType>`, "no group t:gone"},
		"circle of types":      {`<xs:simpleType name="a"><xs:restriction base="t:b"/></xs:simpleType><xs:simpleType name="b"><xs:restriction base="t:a"/></xs:simpleType>`, "derived from itself"},
		"circle of groups":     {`<xs:group name="g"><xs:sequence><xs:group ref="t:g"/></xs:sequence></xs:group><xs:complexType name="a"><xs:group ref="t:g"/></xs:complexType>`, "refers to itself"},
		"pattern":              {`<xs:simpleType name="a"><xs:restriction base="xs:string"><xs:pattern value="[a-z-[aeiou]]"/></xs:restriction></xs:simpleType>`, "class subtraction"},
		"range of a string":    {`<xs:simpleType name="a"><xs:restriction base="xs:string"><xs:minInclusive value="a"/></xs:restriction></xs:simpleType>`, "only numbers"},
		"unknown facet":        {`<xs:simpleType name="a"><xs:restriction base="xs:int"><xs:totalDigits value="2"/></xs:restriction></xs:simpleType>`, "not supported"},
		"endless model":        {`<xs:complexType name="a"><xs:sequence maxOccurs="30000"><xs:element name="b" type="xs:int"/></xs:sequence></xs:complexType>`, "more than 20000 places"},
		"version mark":         {`<xs:element name="a" type="xs:int" v:since="Exchange1999"/>`, "Exchange1999"},
		"all in a sequence":    {`<xs:complexType name="a"><xs:sequence><xs:all><xs:element name="b" type="xs:int"/></xs:all></xs:sequence></xs:complexType>`, "xs:all"},
	} {
		s, err := xsd.Read(fstest.MapFS{"t.xsd": {Data: []byte(head + c.text + `</xs:schema>`)}}, "t.xsd")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, err := New(s); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

func TestTranslate(t *testing.T) {
	for _, c := range []struct {
		pattern, yes, no string
	}{
		{`a.c`, "abc", "a\nc"},
		{`^a$`, "^a$", "a"},
		{`[a^]+`, "a^", "b"},
		{`[^a]+`, "b", "a"},
		{`\d{2,3}`, "12", "1"},
		{`\s\S`, " x", "xx"},
		{`\i\c*`, "_a-1", "1a"},
		{`[\d\-x]+`, "1-x", "y"},
		{`\p{Lu}\P{Lu}`, "Aa", "aA"},
		{`a|b`, "b", "ab"},
		{`\w\W`, "a ", "ab"},
		{`\.\?\*\+\(\)\{\}\[\]\\\|`, `.?*+(){}[]\|`, "x"},
	} {
		re, err := translate(c.pattern)
		if err != nil {
			t.Errorf("%s: %v", c.pattern, err)
			continue
		}
		if !re.MatchString(c.yes) || re.MatchString(c.no) {
			t.Errorf("%s: matches %q: %t, %q: %t", c.pattern, c.yes, re.MatchString(c.yes), c.no, re.MatchString(c.no))
		}
	}
	for _, bad := range []string{`\`, `\q`, `[a-[b]]`, `a*?`, `(?i)a`, `\p{IsGreek}`, `[\w]`, `(`, `\p`} {
		if _, err := translate(bad); err == nil {
			t.Errorf("%s: no error", bad)
		}
	}
}

func FuzzEnvelope(f *testing.F) {
	v := miniature(f)
	f.Add([]byte(soap(`<t:RequestServerVersion Version="Exchange2007"/>`, find(shape+ids))), "Exchange2010")
	f.Add([]byte(soap("", find(`<m:ItemShape xsi:type="t:Id"/>`))), "")
	f.Add([]byte("\ufeff<a b='&#x1F;'/>"), "x")
	f.Add([]byte("<m:Track xmlns:m='"+xsd.Messages+"'><m:A/><m:B>1</m:B></m:Track>"), "")
	f.Fuzz(func(t *testing.T, doc []byte, version string) {
		for _, check := range []func([]byte, Options) error{v.Envelope, v.Element} {
			err := check(doc, Options{Version: version})
			var e *Error
			if errors.As(err, &e) {
				if e.Line < 1 || e.Column < 1 || e.Violation == "" {
					t.Errorf("incomplete error %+v", e)
				}
			} else if err != nil && !errors.Is(err, ErrVersion) {
				t.Errorf("untyped error %v", err)
			}
		}
	})
}

func BenchmarkNew(b *testing.B) {
	dir := filepath.Join(published, newest)
	if _, err := os.Stat(dir); err != nil {
		b.Skip("no published schemas at hand")
	}
	for b.Loop() {
		s, err := xsd.Read(os.DirFS(dir), "types.xsd", "messages.xsd")
		if err != nil {
			b.Fatal(err)
		}
		if _, err := New(s); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEnvelope(b *testing.B) {
	v := publishedValidator(b)
	for _, c := range []struct {
		name  string
		items int
	}{{"small", 1}, {"large", 5000}} {
		var items strings.Builder
		for range c.items {
			items.WriteString(`<t:Message><t:ItemClass>IPM.Note</t:ItemClass><t:Subject>Minutes</t:Subject><t:Body BodyType="Text">Nothing was decided.</t:Body><t:Importance>High</t:Importance><t:ToRecipients><t:Mailbox><t:EmailAddress>a@example.org</t:EmailAddress></t:Mailbox></t:ToRecipients><t:IsRead>false</t:IsRead></t:Message>`)
		}
		doc := []byte(soap(`<t:RequestServerVersion Version="Exchange2016"/>`, `<m:CreateItem MessageDisposition="SaveOnly"><m:Items>`+items.String()+`</m:Items></m:CreateItem>`))
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(doc)))
			for b.Loop() {
				if err := v.Envelope(doc, Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
