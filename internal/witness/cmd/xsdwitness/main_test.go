package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const (
	typesText = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="http://schemas.microsoft.com/exchange/services/2006/types">
<xs:simpleType name="ExchangeVersionType"><xs:restriction base="xs:string"><xs:enumeration value="Exchange2007"/></xs:restriction></xs:simpleType>
</xs:schema>`
	messagesText = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="http://schemas.microsoft.com/exchange/services/2006/messages">
<xs:element name="Count" type="xs:int"/></xs:schema>`
	document = `<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body><Count xmlns="http://schemas.microsoft.com/exchange/services/2006/messages">1</Count></Body></Envelope>`
)

func TestRun(t *testing.T) {
	if _, err := exec.LookPath("xmllint"); err != nil {
		if os.Getenv("GOEWS_XMLLINT") == "1" {
			t.Fatal(err)
		}
		t.Skip("no xmllint")
	}
	write := func(files map[string]string) string {
		dir := t.TempDir()
		for name, text := range files {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return dir
	}
	schemas := write(map[string]string{"types.xsd": typesText, "messages.xsd": messagesText})
	good := write(map[string]string{"a.xml": document})
	bad := write(map[string]string{"a.xml": document, "b.xml": strings.Replace(document, ">1<", ">x<", 1)})
	for _, c := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"valid", []string{"-schemas", schemas, "-dir", good}, 0, "1 documents with 1 kinds of bodies, 0 failed"},
		{"invalid", []string{"-schemas", schemas, "-dir", bad}, 1, "FAIL b.xml"},
		{"nothing", []string{"-schemas", schemas, "-dir", t.TempDir()}, 1, "no documents"},
		{"no schemas", []string{"-schemas", t.TempDir(), "-dir", good}, 1, "types.xsd"},
		{"no directory", []string{"-schemas", schemas, "-dir", ""}, 2, "-dir"},
		{"unknown flag", []string{"-what"}, 2, "not defined"},
	} {
		var out bytes.Buffer
		if code := run(t.Context(), c.args, &out, &out); code != c.code || !strings.Contains(out.String(), c.want) {
			t.Errorf("%s: status %d, want %d; printed:\n%s", c.name, code, c.code, out.String())
		}
	}
}
