package merge

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/internal/xsd"
	"github.com/seed-1937cc67/goews/schemas"
)

const reference = "../../../../../shared/schemas"

func referenceSets(t *testing.T) []*Set {
	t.Helper()
	if _, err := os.Stat(reference); err != nil {
		t.Skip("the version sets are not at hand")
	}
	sets, err := ReadSets(os.DirFS(reference))
	if err != nil {
		t.Fatal(err)
	}
	return sets
}

func committed(t *testing.T) *xsd.Schema {
	t.Helper()
	s, err := xsd.Read(schemas.FS, "types.xsd", "messages.xsd")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestCommitted holds the committed contract against the sets.
func TestCommitted(t *testing.T) {
	r, err := Merge(referenceSets(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range r.Files() {
		got, err := schemas.FS.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("schemas/%s is not what the sets say: run ewsgen merge", name)
		}
	}
}

// keys lists the components of a schema as the version table names them.
func keys(s *xsd.Schema) map[string]xsd.Versions {
	out := map[string]xsd.Versions{}
	var content func(owner string, p *xsd.Particle)
	var inside func(owner string, t *xsd.Type)
	attrs := func(owner string, list []*xsd.Attribute) {
		for _, a := range list {
			if a.Group.IsZero() {
				out["attribute\t"+owner+"/@"+a.Name] = a.Versions
			}
		}
	}
	content = func(owner string, p *xsd.Particle) {
		eachElement(p, func(p *xsd.Particle) {
			key := owner + "/" + p.Element.Name.Local
			if p.Element.Ref {
				key = owner + "/" + p.Element.Name.String()
			}
			out["local element\t"+key] = p.Element.Versions
			if p.Element.Inline != nil {
				inside(key, p.Element.Inline)
			}
		})
	}
	inside = func(owner string, t *xsd.Type) {
		content(owner, t.Content)
		attrs(owner, t.Attrs)
		var values func(t *xsd.Type)
		values = func(t *xsd.Type) {
			for _, v := range t.Enum {
				out["enum value\t"+owner+"="+v.Value] = v.Versions
			}
			if t.ItemType != nil {
				values(t.ItemType)
			}
			for _, m := range t.MemberTypes {
				values(m)
			}
		}
		values(t)
	}
	for n, t := range s.Types {
		kind := "complex type\t"
		if t.IsSimple() {
			kind = "simple type\t"
		}
		out[kind+n.String()] = t.Versions
		inside(n.String(), t)
	}
	for n, e := range s.Elements {
		out["global element\t"+n.String()] = e.Versions
		if e.Inline != nil {
			inside(n.String(), e.Inline)
			attrs("el:"+n.String(), e.Inline.Attrs)
		}
	}
	for n, g := range s.Groups {
		content("group:"+n.String(), g.Content)
	}
	for n, g := range s.AttributeGroups {
		for _, a := range g.Attrs {
			out["attribute\tattributeGroup:"+n.String()+"/@"+a.Name] = a.Versions
		}
	}
	return out
}

// columns are the sets of the version table, in the order of its presence
// column. The two of 2015 are not to be merged.
var columns = []string{
	"Exchange2007_SP1", "Exchange2010_SP1", "Exchange2010_SP2", "Exchange2013_SP1", "", "", "V2016_10_10",
	"V2017_07_11", "V2017_07_11", "V2018_01_08", "V2018_01_08", "V2018_01_08",
}

// TestMatrix holds the contract against the table of which version has what.
//
// Left out are the keys that only the two sets of Exchange Online of 2015 have:
// their x's are in columns 5 and 6 and nowhere else. They were never published
// again. Those that stand there and later, too, count from the later one.
func TestMatrix(t *testing.T) {
	f, err := os.Open(filepath.Join(reference, "matrix.tsv"))
	if err != nil {
		t.Skip("the version table is not at hand")
	}
	defer f.Close()
	have := keys(committed(t))
	var in2010 map[string]xsd.Versions
	for _, s := range referenceSets(t) {
		if s.Version == "Exchange2010" {
			in2010 = keys(s.Schema)
		}
	}
	ops := map[string]xsd.Versions{}
	for k, v := range have {
		if name, ok := strings.CutPrefix(k, "global element\tm:"); ok {
			ops[name] = v
		}
	}
	n, left := 0, 0
	for sc := bufio.NewScanner(f); sc.Scan(); {
		row := strings.Split(sc.Text(), "\t")
		if row[0] == "kind" {
			continue
		}
		first, lastOne := "", ""
		for i, c := range row[4] {
			if c == 'x' && columns[i] != "" {
				if first == "" {
					first = columns[i]
				}
				lastOne = columns[i]
			}
		}
		if first == "" {
			left++
			continue
		}
		n++
		key := row[0] + "\t" + row[1]
		got, ok := have[key]
		if row[0] == "operation" {
			got, ok = ops[row[1]]
			for _, alias := range []string{"Request"} { // the element of these requests
				if v, found := ops[row[1]+alias]; !ok && found {
					got, ok = v, true
				}
			}
		}
		if !ok {
			t.Errorf("missing: %s", key)
			continue
		}
		want := map[string]bool{first: true}
		switch first {
		case "Exchange2007_SP1":
			want = map[string]bool{"": true}
		case "Exchange2010_SP1":
			if _, there := in2010[key]; there || row[0] == "operation" {
				want = map[string]bool{"Exchange2010": true}
				if row[0] == "operation" {
					want["Exchange2010_SP1"] = true
				}
			}
		case "Exchange2013_SP1":
			want["Exchange2013"] = true
		}
		if !want[got.Since] {
			t.Errorf("%s: since %q, the table says %s", key, got.Since, first)
		}
		until := ""
		if lastOne != "V2018_01_08" || row[4][11] != 'x' {
			until = lastOne
		}
		if got.Until != until {
			t.Errorf("%s: until %q, want %q", key, got.Until, until)
		}
	}
	t.Logf("%d keys compared, %d of the 2015 sets left out", n, left)
	if n < 7000 {
		t.Errorf("only %d keys compared", n)
	}
}

// TestKnownVersions pins marks that the documentation states.
func TestKnownVersions(t *testing.T) {
	have := keys(committed(t))
	tests := []struct{ key, since, until string }{
		{"global element\tm:GetItem", "", ""},
		{"global element\tm:CreateUserConfiguration", "Exchange2010", ""},
		{"global element\tm:EmptyFolder", "Exchange2010_SP1", ""},
		{"global element\tm:GetStreamingEvents", "Exchange2010_SP1", ""},
		{"global element\tm:GetPasswordExpirationDate", "Exchange2010_SP2", ""},
		{"global element\tm:ArchiveItem", "Exchange2013", ""},
		{"global element\tm:MarkAsJunk", "Exchange2013", ""},
		{"global element\tm:GetEncryptionConfiguration", "Exchange2013_SP1", "Exchange2013_SP1"},
		{"local element\tt:AttendeeType/ProposedStart", "Exchange2013_SP1", ""},
		{"local element\tt:ItemType/TextBody", "Exchange2013", ""},
		{"local element\tt:ItemType/Flag", "Exchange2013", ""},
		{"local element\tt:ItemType/IsAssociated", "Exchange2010", ""},
		{"enum value\tt:ExchangeVersionType=Exchange2013_SP1", "Exchange2013_SP1", ""},
		{"enum value\tt:UnindexedFieldURIType=item:Flag", "Exchange2013", ""},
	}
	for _, tt := range tests {
		v, ok := have[tt.key]
		if !ok || v.Since != tt.since || v.Until != tt.until {
			t.Errorf("%s: since %q until %q (there: %v), want %q %q", tt.key, v.Since, v.Until, ok, tt.since, tt.until)
		}
	}
	if v := have["global element\tm:MarkAsPhishing"]; !v.Online {
		t.Errorf("MarkAsPhishing is not marked as online only: %+v", v)
	}
}

// set makes a schema set of declarations of types.xsd.
func set(t *testing.T, version string, online bool, decls string) *Set {
	t.Helper()
	doc := `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:t="` + xsd.Types + `" targetNamespace="` + xsd.Types + `" elementFormDefault="qualified">` + decls + `</xs:schema>`
	s, err := xsd.Read(fstest.MapFS{"types.xsd": {Data: []byte(doc)}}, "types.xsd")
	if err != nil {
		t.Fatal(err)
	}
	return &Set{Name: version, Version: version, Online: online, Schema: s}
}

func TestMerge(t *testing.T) {
	seq := func(body string) string {
		return `<xs:complexType name="T"><xs:sequence>` + body + `</xs:sequence></xs:complexType>`
	}
	el := func(name string, attrs ...string) string {
		return `<xs:element name="` + name + `" type="xs:string" ` + strings.Join(attrs, " ") + `/>`
	}
	tests := []struct {
		name string
		sets []string // one a version: Exchange2007_SP1, Exchange2010, V2018_01_08 (online)
		want string   // the inside of the document
	}{
		{
			"a new element goes to its place, optional",
			[]string{seq(el("A") + el("C")), seq(el("A") + el("B") + el("C"))},
			`T: A[1,1] B[0,1]since=Exchange2010 C[1,1]`,
		},
		{
			"one that is gone stays where it was",
			[]string{seq(el("A") + el("B") + el("C")), seq(el("A") + el("C") + el("D"))},
			`T: A[1,1] B[0,1]until=Exchange2007_SP1 C[1,1] D[0,1]since=Exchange2010`,
		},
		{
			"the loosest cardinality",
			[]string{seq(el("A", `minOccurs="0"`) + el("B", `maxOccurs="unbounded"`)), seq(el("A") + el("B"))},
			`T: A[0,1] B[1,-1]`,
		},
		{
			"online alone",
			[]string{seq(el("A")), seq(el("A")), seq(el("A") + el("B"))},
			`T: A[1,1] B[0,1]since=V2018_01_08 online`,
		},
		{
			"a choice of the newest definition",
			[]string{seq(el("A", `minOccurs="0"`) + el("B", `minOccurs="0"`)), `<xs:complexType name="T"><xs:choice>` + el("A") + el("B") + `</xs:choice></xs:complexType>`},
			`T: A[1,1] B[1,1]`,
		},
		{
			"values in order",
			[]string{
				`<xs:simpleType name="E"><xs:restriction base="xs:string"><xs:enumeration value="a"/><xs:enumeration value="old"/><xs:enumeration value="b"/></xs:restriction></xs:simpleType>`,
				`<xs:simpleType name="E"><xs:restriction base="xs:string"><xs:enumeration value="a"/><xs:enumeration value="b"/><xs:enumeration value="c"/></xs:restriction></xs:simpleType>`,
			},
			`E: a olduntil=Exchange2007_SP1 b csince=Exchange2010`,
		},
	}
	versions := []string{"Exchange2007_SP1", "Exchange2010", "V2018_01_08"}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var sets []*Set
			for i, s := range tt.sets {
				sets = append(sets, set(t, versions[i], i == 2, s))
			}
			r, err := Merge(sets)
			if err != nil {
				t.Fatal(err)
			}
			// Through the written files and back: both are under test.
			back, err := xsd.Read(fstest.MapFS{"types.xsd": {Data: r.Files()["types.xsd"]}}, "types.xsd")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, text(back)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func text(s *xsd.Schema) string {
	mark := func(v xsd.Versions) string {
		out := ""
		if v.Since != "" {
			out += "since=" + v.Since
		}
		if v.Until != "" {
			out += "until=" + v.Until
		}
		if v.Online {
			out += " online"
		}
		return out
	}
	var out []string
	each(s.Types, xsd.Types, func(t *xsd.Type) {
		line := t.Name.Local + ":"
		eachElement(t.Content, func(p *xsd.Particle) {
			line += fmt.Sprintf(" %s[%d,%d]%s", p.Element.Name.Local, p.Min, p.Max, mark(p.Element.Versions))
		})
		for _, v := range t.Enum {
			line += " " + v.Value + mark(v.Versions)
		}
		out = append(out, line)
	})
	return strings.Join(out, "\n")
}

func TestXmllint(t *testing.T) {
	lint, err := exec.LookPath("xmllint")
	if err != nil {
		if os.Getenv("GOEWS_XMLLINT") != "" {
			t.Fatal("xmllint is missing")
		}
		t.Skip("xmllint is missing")
	}
	const open = `<m:GetFolder xmlns:m="` + xsd.Messages + `" xmlns:t="` + xsd.Types + `">`
	tests := []struct {
		name, doc string
		valid     bool
	}{
		{"good", open + `<m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds><t:DistinguishedFolderId Id="inbox"/></m:FolderIds></m:GetFolder>`, true},
		{"wrong value", open + `<m:FolderShape><t:BaseShape>Everything</t:BaseShape></m:FolderShape><m:FolderIds><t:DistinguishedFolderId Id="inbox"/></m:FolderIds></m:GetFolder>`, false},
		{"wrong order", open + `<m:FolderIds><t:DistinguishedFolderId Id="inbox"/></m:FolderIds><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape></m:GetFolder>`, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), lint, "--nonet", "--noout", "--schema", "../../../../schemas/messages.xsd", "-")
			cmd.Stdin = strings.NewReader(tt.doc)
			out, err := cmd.CombinedOutput()
			if (err == nil) != tt.valid {
				t.Errorf("xmllint: %v\n%s", err, out)
			}
		})
	}
}
