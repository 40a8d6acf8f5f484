package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	schemaDir = "../../schemas"
	genDir    = "../../gen"
)

// ewsgen runs the command and returns its exit code and what it wrote.
func ewsgen(args ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	code = run(args, &out, &err)
	return code, out.String(), err.String()
}

func TestUsage(t *testing.T) {
	for _, tt := range []struct {
		name           string
		args           []string
		code           int
		stdout, stderr string // parts of what is written; empty: nothing is
	}{
		{"nothing", nil, 2, "", "usage: ewsgen <command>"},
		{"help", []string{"help"}, 0, "usage: ewsgen <command>", ""},
		{"-h", []string{"-h"}, 0, "usage: ewsgen <command>", ""},
		{"unknown command", []string{"bogus"}, 2, "", `ewsgen: unknown command "bogus"`},
		{"help of gen", []string{"gen", "-h"}, 0, "", "-schemas string"},
		{"help of merge", []string{"merge", "-h"}, 0, "", "-sets string"},
		{"unknown flag", []string{"gen", "-bogus"}, 2, "", "flag provided but not defined: -bogus"},
		{"superfluous argument", []string{"gen", "schemas"}, 2, "", `ewsgen gen: unexpected argument "schemas"`},
		{"merge without sets", []string{"merge"}, 2, "", "ewsgen merge: -sets is missing"},
		{"no such folder", []string{"gen", "-schemas", "bogus"}, 1, "", "bogus"},
		{"no such sets", []string{"merge", "-sets", "bogus"}, 1, "", "ewsgen merge:"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, stdout, stderr := ewsgen(tt.args...)
			if code != tt.code {
				t.Errorf("exit code %d, want %d", code, tt.code)
			}
			for _, s := range [][2]string{{stdout, tt.stdout}, {stderr, tt.stderr}} {
				if !strings.Contains(s[0], s[1]) || s[1] == "" && s[0] != "" {
					t.Errorf("wrote %q, want %q", s[0], s[1])
				}
			}
		})
	}
}

// TestGenIsFresh fails if what is in gen is not what the generator makes of
// schemas: run make generate.
func TestGenIsFresh(t *testing.T) {
	if code, _, stderr := ewsgen("gen", "-schemas", schemaDir, "-o", genDir, "-check"); code != 0 {
		t.Error(stderr)
	}
}

// small is a contract of one operation.
var small = map[string]string{
	"types.xsd": `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified" xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types" targetNamespace="http://schemas.microsoft.com/exchange/services/2006/types">
<xs:simpleType name="ResponseClassType"><xs:restriction base="xs:string"><xs:enumeration value="Success"/><xs:enumeration value="Error"/></xs:restriction></xs:simpleType>
<xs:complexType name="ItemIdType"><xs:attribute name="Id" type="xs:string" use="required"/></xs:complexType>
</xs:schema>`,
	"messages.xsd": `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified" xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types" xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages" targetNamespace="http://schemas.microsoft.com/exchange/services/2006/messages">
<xs:import namespace="http://schemas.microsoft.com/exchange/services/2006/types" schemaLocation="types.xsd"/>
<xs:complexType name="BaseRequestType" abstract="true"/>
<xs:complexType name="PingType"><xs:complexContent><xs:extension base="m:BaseRequestType"><xs:sequence><xs:element name="ItemId" type="t:ItemIdType"/></xs:sequence></xs:extension></xs:complexContent></xs:complexType>
<xs:complexType name="PingResponseType"><xs:sequence><xs:element name="Text" type="xs:string"/></xs:sequence></xs:complexType>
<xs:element name="Ping" type="m:PingType"/>
<xs:element name="PingResponse" type="m:PingResponseType"/>
</xs:schema>`,
}

// schemaSet writes the files into a new folder.
func schemaSet(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestGen writes, checks, and finds each way in which the files may differ.
func TestGen(t *testing.T) {
	in, out := schemaSet(t, small), filepath.Join(t.TempDir(), "gen")
	gen := func(args ...string) (int, string) {
		code, stdout, stderr := ewsgen(append([]string{"gen", "-schemas", in, "-o", out}, args...)...)
		if stdout != "" {
			t.Errorf("wrote to stdout: %q", stdout)
		}
		return code, stderr
	}
	want := func(what string, code int, stderr, part string) {
		t.Helper()
		if (code == 0) != (part == "") || !strings.Contains(stderr, part) {
			t.Errorf("%s: exit code %d, %q; want %q", what, code, stderr, part)
		}
	}
	code, stderr := gen("-check")
	want("nothing there", code, stderr, "is missing: run make generate")
	code, stderr = gen()
	want("write", code, stderr, "")
	code, stderr = gen("-check")
	want("fresh", code, stderr, "")

	op := filepath.Join(out, "messages", "op_ping_gen.go")
	data, err := os.ReadFile(op)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(data, []byte("func (c Client) Ping(ctx context.Context, req *PingRequest) (*PingResponse, error)")) {
		t.Errorf("no operation in\n%s", data)
	}
	hand := filepath.Join(out, "messages", "invoker.go")
	old := filepath.Join(out, "messages", "op_gone_gen.go")
	for _, name := range []string{hand, old} {
		if err := os.WriteFile(name, []byte("package messages\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	code, stderr = gen("-check")
	want("one too many", code, stderr, "op_gone_gen.go is no longer generated")
	if err := os.WriteFile(op, append(data, '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
	code, stderr = gen("-check")
	want("one changed", code, stderr, "op_ping_gen.go is stale: run make generate")
	code, stderr = gen()
	want("write again", code, stderr, "")
	code, stderr = gen("-check")
	want("fresh again", code, stderr, "")
	if _, err := os.Stat(hand); err != nil {
		t.Error("a file that is not generated was removed:", err)
	}
	if _, err := os.Stat(old); err == nil {
		t.Error("a generated file that is of no use was kept")
	}
}

// TestGenBadSchemas has schemas that can't be made bindings of.
func TestGenBadSchemas(t *testing.T) {
	with := func(name, old, new string) map[string]string {
		m := map[string]string{}
		for k, v := range small {
			m[k] = v
		}
		if !strings.Contains(m[name], old) {
			t.Fatalf("%s has no %s", name, old)
		}
		m[name] = strings.Replace(m[name], old, new, 1)
		return m
	}
	for _, tt := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"no types.xsd", map[string]string{"messages.xsd": small["messages.xsd"]}, "types.xsd"},
		{"no XML", with("types.xsd", "<xs:schema", "schema"), "types.xsd"},
		{"no such type", with("messages.xsd", "t:ItemIdType", "t:BogusType"), "no type t:BogusType"},
		{"one name twice", with("types.xsd", `<xs:complexType name="ItemIdType">`, `<xs:complexType name="ItemId"><xs:attribute name="X" type="xs:string"/></xs:complexType><xs:complexType name="ItemIdType">`), "types.ItemID is both"},
		{"no answer", with("messages.xsd", `<xs:element name="PingResponse" type="m:PingResponseType"/>`, ""), "Ping"},
		{"bad WSDL", map[string]string{"types.xsd": small["types.xsd"], "messages.xsd": small["messages.xsd"], "services.wsdl": "<wsdl"}, "services.wsdl"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "gen")
			code, _, stderr := ewsgen("gen", "-schemas", schemaSet(t, tt.files), "-o", out)
			if code != 1 || !strings.HasPrefix(stderr, "ewsgen: ") || !strings.Contains(stderr, tt.want) {
				t.Errorf("exit code %d, %q; want %q", code, stderr, tt.want)
			}
			if _, err := os.Stat(out); err == nil {
				t.Error("files were written all the same")
			}
		})
	}
}

// TestMergeCheck holds the contract against the version sets, if at hand.
func TestMergeCheck(t *testing.T) {
	const sets = "../../../shared/schemas"
	if _, err := os.Stat(sets); err != nil {
		t.Skip("no schema sets at hand")
	}
	if code, _, stderr := ewsgen("merge", "-sets", sets, "-o", schemaDir, "-check"); code != 0 {
		t.Error(stderr)
	}
}

// TestMerge writes a contract, and finds it changed.
func TestMerge(t *testing.T) {
	sets, out := t.TempDir(), filepath.Join(t.TempDir(), "schemas")
	if err := os.Rename(schemaSet(t, small), filepath.Join(sets, "01-Exchange2007_SP1")); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := ewsgen("merge", "-sets", sets, "-o", out, "-check"); code != 1 || !strings.Contains(stderr, "is not what the sets say: run ewsgen merge") {
		t.Errorf("an empty folder passes: exit code %d, %q", code, stderr)
	}
	if code, stdout, stderr := ewsgen("merge", "-sets", sets, "-o", out); code != 0 || !strings.Contains(stdout, "01-Exchange2007_SP1: ") {
		t.Fatalf("exit code %d, %q, %q", code, stdout, stderr)
	}
	if code, _, stderr := ewsgen("merge", "-sets", sets, "-o", out, "-check"); code != 0 {
		t.Error(stderr)
	}
	// What was merged can be generated from.
	if code, _, stderr := ewsgen("gen", "-schemas", out, "-o", filepath.Join(out, "gen")); code != 0 {
		t.Error(stderr)
	}
}
