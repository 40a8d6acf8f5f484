package witness

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/internal/xsd"
)

const (
	typesText = `<?xml version="1.0"?>
<xs:schema xmlns:xs="` + xsd.XS + `" xmlns:t="` + xsd.Types + `" xmlns:v="` + xsd.VersionNS + `" targetNamespace="` + xsd.Types + `" elementFormDefault="qualified">
  <xs:import namespace="http://www.w3.org/XML/1998/namespace"/>
  <xs:simpleType name="ExchangeVersionType"><xs:restriction base="xs:string">
    <xs:enumeration value="Exchange2007"/>
    <xs:enumeration value="Exchange2010"/>
  </xs:restriction></xs:simpleType>
  <xs:element name="RequestServerVersion"><xs:complexType><xs:attribute name="Version" type="t:ExchangeVersionType"/></xs:complexType></xs:element>
  <xs:element name="ServerVersionInfo"><xs:complexType><xs:attribute name="Version" type="xs:string"/></xs:complexType></xs:element>
  <xs:simpleType name="Shape"><xs:restriction base="xs:string">
    <xs:enumeration value="IdOnly"/>
    <xs:enumeration value="Newer" v:since="Exchange2010"/>
  </xs:restriction></xs:simpleType>
  <xs:complexType name="Old"><xs:sequence><xs:element name="A" type="xs:int" minOccurs="0"/></xs:sequence></xs:complexType>
  <xs:complexType name="Newer" v:since="Exchange2010"><xs:complexContent><xs:extension base="t:Old"><xs:sequence><xs:element name="B" type="xs:int" minOccurs="0"/></xs:sequence><xs:attribute name="C" type="xs:int"/></xs:extension></xs:complexContent></xs:complexType>
  <xs:element name="Head" type="xs:int" v:since="Exchange2010"/>
  <xs:complexType name="New" v:since="Exchange2010"><xs:sequence><xs:element name="X" type="xs:int"/></xs:sequence></xs:complexType>
</xs:schema>`
	messagesText = `<?xml version="1.0"?>
<xs:schema xmlns:xs="` + xsd.XS + `" xmlns:t="` + xsd.Types + `" xmlns:m="` + xsd.Messages + `" xmlns:v="` + xsd.VersionNS + `" targetNamespace="` + xsd.Messages + `" elementFormDefault="qualified">
  <xs:import namespace="` + xsd.Types + `" schemaLocation="types.xsd"/>
  <xs:element name="GetFolder"><xs:complexType><xs:sequence>
    <xs:element name="Shape" type="t:Shape"/>
    <xs:element name="New" type="t:New" minOccurs="0" v:since="Exchange2010"><xs:annotation><xs:documentation v:since="Exchange2010"/></xs:annotation></xs:element>
    <xs:element name="Changed" type="t:Newer" minOccurs="0"/>
    <xs:element ref="t:Head" minOccurs="0"/>
  </xs:sequence><xs:attribute name="Late" type="xs:int" v:since="Exchange2010"/></xs:complexType></xs:element>
  <xs:element name="GetFolderResponse" v:since="Exchange2007" type="xs:string"/>
</xs:schema>`
)

func schemaDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"types.xsd": typesText, "messages.xsd": messagesText} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func needXMLLint(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("xmllint"); err != nil {
		if os.Getenv("GOEWS_XMLLINT") == "1" {
			t.Fatal(err)
		}
		t.Skip("no xmllint")
	}
}

func envelope(header, body string) string {
	return `<s:Envelope xmlns:s="` + soapNS + `" xmlns:t="` + xsd.Types + `" xmlns:m="` + xsd.Messages + `"><s:Header>` + header + `</s:Header><s:Body>` + body + `</s:Body></s:Envelope>`
}

func request(version, content string) string {
	return envelope(`<t:RequestServerVersion Version="`+version+`"/>`, `<m:GetFolder>`+content+`</m:GetFolder>`)
}

func TestCheck(t *testing.T) {
	needXMLLint(t)
	const idOnly = "<m:Shape>IdOnly</m:Shape>"
	fault := envelope("", `<s:Fault><faultcode>s:Client</faultcode><faultstring xml:lang="en">no</faultstring><detail><e:ResponseCode xmlns:e="urn:e">x</e:ResponseCode></detail></s:Fault>`)
	for _, c := range []struct {
		name, doc string
		want      string // part of the message; empty if valid
	}{
		{"valid", request("Exchange2007", idOnly), ""},
		{"declaration and lines", "\ufeff<?xml version=\"1.0\"?>\n" + strings.ReplaceAll(request("Exchange2007", idOnly), "><", ">\n<"), ""},
		{"newer element", request("Exchange2010", idOnly+"<m:New><t:X>1</t:X></m:New>"), ""},
		{"newer element too early", request("Exchange2007", idOnly+"<m:New><t:X>1</t:X></m:New>"), "New': This element is not expected"},
		{"older element of a newer type", request("Exchange2007", idOnly+"<m:Changed><t:A>1</t:A></m:Changed>"), ""},
		{"newer element in it", request("Exchange2010", idOnly+"<m:Changed C='1'><t:B>1</t:B></m:Changed>"), ""},
		{"newer element in it too early", request("Exchange2007", idOnly+"<m:Changed><t:B>1</t:B></m:Changed>"), "B': This element is not expected"},
		{"newer attribute in it too early", request("Exchange2007", idOnly+"<m:Changed C='1'/>"), "The attribute 'C' is not allowed"},
		{"reference", request("Exchange2010", idOnly+"<t:Head>1</t:Head>"), ""},
		{"reference too early", request("Exchange2007", idOnly+"<t:Head>1</t:Head>"), "Head': This element is not expected"},
		{"newer attribute", envelope(`<t:RequestServerVersion Version="Exchange2010"/>`, `<m:GetFolder Late="1">`+idOnly+`</m:GetFolder>`), ""},
		{"newer attribute too early", envelope(`<t:RequestServerVersion Version="Exchange2007"/>`, `<m:GetFolder Late="1">`+idOnly+`</m:GetFolder>`), "The attribute 'Late' is not allowed"},
		{"newer value too early", request("Exchange2007", "<m:Shape>Newer</m:Shape>"), "'Newer' is not an element of the set"},
		{"newer value", request("Exchange2010", "<m:Shape>Newer</m:Shape>"), ""},
		{"no version", envelope("", "<m:GetFolder><m:Shape>Newer</m:Shape></m:GetFolder>"), ""},
		{"unknown version of a server", envelope(`<t:ServerVersionInfo Version="V9"/>`, "<m:GetFolderResponse/>"), ""},
		{"later line", strings.ReplaceAll(request("Exchange2007", "<m:Shape>None</m:Shape>"), "><", ">\n<"), "line 7: element Shape"},
		{"unknown header block", envelope("<t:Bogus/>", "<m:GetFolder>"+idOnly+"</m:GetFolder>"), "Bogus"},
		{"unknown body", envelope("", "<m:Bogus/>"), "No matching global element declaration"},
		{"two bodies", envelope("", "<m:GetFolder>"+idOnly+"</m:GetFolder><m:GetFolder>"+idOnly+"</m:GetFolder>"), "This element is not expected"},
		{"fault", fault, ""},
		{"fault without a text", strings.Replace(fault, "faultstring", "faultText", 2), "faultText"},
		{"not XML", "hello", "no element of a SOAP body"},
		{"cut off", request("Exchange2007", idOnly)[:300], "unexpected EOF"},
		{"ill-formed for libxml2 alone", strings.Replace(request("Exchange2007", idOnly), `Version="Exchange2007"`, `Version="Exchange2007"a="b"`, 1), "attributes construct error"},
	} {
		dir := t.TempDir()
		// Beside a good and a bad neighbour.
		for name, doc := range map[string]string{"a.xml": request("Exchange2007", idOnly), "sub/m.xml": c.doc, "z.xml": request("Exchange2007", "<m:Shape>Wrong</m:Shape>")} {
			p := filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(p), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(p, []byte(doc), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		r, err := Check(t.Context(), schemaDir(t), dir)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		got := map[string]string{}
		for _, f := range r.Failures {
			got[filepath.ToSlash(f.File)] = strings.Join(f.Messages, "\n")
		}
		if r.Documents != 3 || got["a.xml"] != "" || !strings.Contains(got["z.xml"], "Wrong") {
			t.Errorf("%s: %d documents, neighbours %q and %q", c.name, r.Documents, got["a.xml"], got["z.xml"])
		}
		if m := got["sub/m.xml"]; (m == "") != (c.want == "") || !strings.Contains(m, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, m, c.want)
		}
	}
}

func TestCheckMany(t *testing.T) {
	needXMLLint(t)
	dir := t.TempDir()
	want := []string{}
	for i := range 60 {
		shape := "IdOnly"
		if i%20 == 7 {
			shape = "Wrong"
			want = append(want, fmt.Sprintf("%02d.xml", i))
		}
		doc := request("Exchange2007", strings.Repeat("\n", 2500)+"<m:Shape>"+shape+"</m:Shape>")
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%02d.xml", i)), []byte(doc), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r, err := Check(t.Context(), schemaDir(t), dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range r.Failures {
		got = append(got, f.File)
		if !strings.Contains(f.Messages[0], "line 2501:") {
			t.Errorf("%s: %s", f.File, f.Messages[0])
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("failures: -want +got:\n%s", diff)
	}
	if r.Versions["Exchange2007"] != 60 || r.Bodies["GetFolder"] != 60 {
		t.Errorf("got %v, %v", r.Versions, r.Bodies)
	}
}

func TestCheckFails(t *testing.T) {
	needXMLLint(t)
	if _, err := Check(t.Context(), schemaDir(t), t.TempDir()); !errors.Is(err, ErrNoDocuments) {
		t.Errorf("no documents: got %v", err)
	}
	if _, err := Check(t.Context(), t.TempDir(), t.TempDir()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no schemas: got %v", err)
	}
	docs := t.TempDir()
	if err := os.WriteFile(filepath.Join(docs, "a.xml"), []byte(request("Exchange2007", "<m:Shape>IdOnly</m:Shape>")), 0o600); err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string][3]string{
		"a type that is missing": {`type="xs:string"`, `type="t:Gone"`, "xmllint"},
		"an unknown mark":        {`v:since="Exchange2007"`, `v:since="Exchange1999"`, `unknown version mark "Exchange1999"`},
	} {
		broken := schemaDir(t)
		p := filepath.Join(broken, "messages.xsd")
		if err := os.WriteFile(p, []byte(strings.Replace(messagesText, change[0], change[1], 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Check(t.Context(), broken, docs); err == nil || !strings.Contains(err.Error(), change[2]) {
			t.Errorf("%s: got %v, want %s", what, err, change[2])
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Check(ctx, schemaDir(t), docs); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
}

func TestRecord(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made")
	r := NewRecorder(dir)
	one := request("Exchange2007", "<m:Shape>IdOnly</m:Shape>")
	two := envelope("", "<m:GetFolderResponse/>")
	for _, body := range []string{one, one, `<?xml version="1.0"?>` + two + "\r\n" + one + two[:40], "hello", "", "<html/>"} {
		if err := r.Record(Request, []byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	got := map[string]int{}
	for _, doc := range documents(t, dir) {
		got[doc]++
	}
	if diff := cmp.Diff(map[string]int{one: 1, two: 1}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	var none *Recorder
	if err := none.Record(Request, []byte(one)); err != nil {
		t.Errorf("nil Recorder: %v", err)
	}
}

// documents returns what was recorded, in the order of the file names.
func documents(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(files)
	var list []string
	for _, f := range files {
		if filepath.Ext(f) != ".xml" {
			t.Errorf("left behind: %s", f)
		}
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, string(text))
	}
	return list
}

func TestFromEnv(t *testing.T) {
	t.Setenv(EnvDir, "")
	if r := FromEnv(); r != nil {
		t.Errorf("got %v, want nil", r)
	}
	next := http.DefaultTransport
	if got := FromEnv().Wrap(next); got != next {
		t.Errorf("got %v, want the transport itself", got)
	}
	dir := t.TempDir()
	t.Setenv(EnvDir, dir)
	if err := FromEnv().Record(Answer, []byte(envelope("", "<m:X/>"))); err != nil {
		t.Fatal(err)
	}
	if got := documents(t, dir); len(got) != 1 {
		t.Errorf("got %d documents, want 1", len(got))
	}
}

func TestWrap(t *testing.T) {
	answer := envelope("", "<m:GetFolderResponse>"+strings.Repeat("x", 100000)+"</m:GetFolderResponse>")
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			t.Error(err)
		}
		if string(body) == "" {
			return
		}
		_, _ = io.WriteString(w, answer)
	}))
	defer srv.Close()
	dir := t.TempDir()
	c := &http.Client{Transport: NewRecorder(dir).Wrap(http.DefaultTransport)}
	sent := request("Exchange2007", "<m:Shape>IdOnly</m:Shape>")
	for _, body := range []string{sent, ""} {
		res, err := c.Post(srv.URL, "text/xml", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		if err := res.Body.Close(); err != nil {
			t.Fatal(err)
		}
		if body != "" && string(got) != answer {
			t.Errorf("got %d bytes, want %d", len(got), len(answer))
		}
	}
	if diff := cmp.Diff([]string{answer, sent}, documents(t, dir)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestInvalid(t *testing.T) {
	answer := envelope("", "<m:GetFolderResponse/>")
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, answer) }))
	defer srv.Close()
	dir := t.TempDir()
	c := NewRecorder(dir).Client(srv.Client())
	post(Invalid(t.Context()), t, c, srv.URL, request("Exchange2007", "<m:Shape>Wrong</m:Shape>"))
	if diff := cmp.Diff([]string{answer}, documents(t, dir)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestInvalidIsQuoted(t *testing.T) {
	answer := envelope("", `<m:GetFolderResponse><m:MessageXml><t:FieldURI FieldURI="item:Nonsense"/></m:MessageXml></m:GetFolderResponse>`)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, answer) }))
	defer srv.Close()
	dir := t.TempDir()
	c := NewRecorder(dir).Client(srv.Client())
	sent := request("Exchange2007", "")
	post(Invalid(t.Context()), t, c, srv.URL, sent)
	if got := documents(t, dir); len(got) != 0 {
		t.Errorf("recorded %q", got)
	}
	post(t.Context(), t, c, srv.URL, sent)
	if diff := cmp.Diff([]string{answer, sent}, documents(t, dir)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestRequests(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, envelope("", "<m:MadeUp/>"))
	}))
	defer srv.Close()
	dir := t.TempDir()
	sent := request("Exchange2007", "<m:Shape>IdOnly</m:Shape>")
	post(t.Context(), t, &http.Client{Transport: NewRecorder(dir).Requests(nil)}, srv.URL, sent)
	if diff := cmp.Diff([]string{sent}, documents(t, dir)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	var none *Recorder
	if got := none.Requests(http.DefaultTransport); got != http.DefaultTransport {
		t.Errorf("nil Recorder: got %v, want the transport itself", got)
	}
}

func TestHandler(t *testing.T) {
	dir := t.TempDir()
	parts := []string{`<?xml version="1.0"?>`, envelope("", "<m:GetFolderResponse/>"), "\r\n", envelope("", "<m:X/>")}
	srv := httptest.NewServer(NewRecorder(dir).Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for _, p := range parts {
			_, _ = io.WriteString(w, p)
			if f, ok := w.(http.Flusher); ok {
				f.Flush()
			} else {
				t.Error("no http.Flusher")
			}
		}
	}), func(err error) { t.Error(err) }))
	defer srv.Close()
	if got := post(t.Context(), t, srv.Client(), srv.URL, request("Exchange2007", "")); got != strings.Join(parts, "") {
		t.Errorf("got %q", got)
	}
	srv.Close() // so that the handler has ended
	got := documents(t, dir)
	slices.Sort(got)
	want := []string{parts[1], parts[3]}
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestAutodiscoverIsNotRecorded: it has schemas of its own.
func TestAutodiscoverIsNotRecorded(t *testing.T) {
	dir := t.TempDir()
	r := NewRecorder(dir)
	srv := httptest.NewServer(r.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "<Autodiscover/>")
	}), func(err error) { t.Error(err) }))
	defer srv.Close()
	if got := post(t.Context(), t, r.Client(srv.Client()), srv.URL+"/Autodiscover/Autodiscover.xml", "<a/>"); got != "<Autodiscover/>" {
		t.Errorf("got %q", got)
	}
	srv.Close()
	if got := documents(t, dir); len(got) > 0 {
		t.Errorf("recorded %q", got)
	}
}

// post returns what is answered.
func post(ctx context.Context, t *testing.T, c *http.Client, url, body string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	res, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(res.Body)
	if err = errors.Join(err, res.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return string(got)
}

func FuzzSplit(f *testing.F) {
	f.Add([]byte(envelope("", "<m:X/>")))
	f.Add([]byte("<a:Envelope></a:Envelope><Envelope/>"))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, doc := range split(body) {
			if len(doc) == 0 || doc[0] != '<' || doc[len(doc)-1] != '>' {
				t.Errorf("not a document: %q", doc)
			}
			_ = bodyName(doc)
		}
	})
}
