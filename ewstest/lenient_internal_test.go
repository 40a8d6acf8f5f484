package ewstest

import (
	"strings"
	"testing"

	"github.com/seed-1937cc67/goews/internal/xsd/validate"
)

// TestExceptions makes sure that each exception makes a valid request of an
// invalid one.
func TestExceptions(t *testing.T) {
	head := `<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"` +
		` xmlns="http://schemas.microsoft.com/exchange/services/2006/messages"><s:Body>` + "\n"
	const foot = "\n</s:Body></s:Envelope>"
	v, err := validator()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ op, body string }{
		{"GetMailTips", `<GetMailTips><SendingAs><t:EmailAddress>a@example.com</t:EmailAddress></SendingAs><Recipients><t:Mailbox><t:EmailAddress>b@example.com</t:EmailAddress></t:Mailbox></Recipients></GetMailTips>`},
		{"FindPeople", `<FindPeople Traversal='Shallow' a:b="&lt;" xmlns:a="urn:a"><PersonaShape><t:BaseShape>Default</t:BaseShape></PersonaShape><IndexedPageItemView MaxEntriesReturned="1" Offset="0" BasePoint="Beginning"/>` +
			`<ParentFolderId><t:DistinguishedFolderId Id="directory"/></ParentFolderId></FindPeople>`},
		{"Subscribe", `<Subscribe><PullSubscriptionRequest><t:FolderIds><t:DistinguishedFolderId Id="inbox"/></t:FolderIds><t:EventTypes><t:EventType>NewMailEvent</t:EventType></t:EventTypes>` +
			`<Watermark>AAAA</Watermark><t:Timeout>5</t:Timeout></PullSubscriptionRequest></Subscribe>`},
	} {
		doc := []byte(head + strings.ReplaceAll(tt.body, ` a:b="&lt;" xmlns:a="urn:a"`, "") + foot)
		if v.Envelope(doc, validate.Options{}) == nil {
			t.Errorf("%s is valid as it is", tt.op)
		}
		if err := v.Envelope(putRight(doc, tt.op), validate.Options{}); err != nil {
			t.Errorf("%s: %v\n%s", tt.op, err, putRight(doc, tt.op))
		}
		// Nothing else changes.
		if fixed := string(putRight([]byte(head+tt.body+foot), tt.op)); strings.Contains(tt.body, "a:b") && !strings.Contains(fixed, `a:b="&lt;"`) {
			t.Errorf("%s lost an attribute: %s", tt.op, fixed)
		}
		if putRight(doc, "GetItem") != nil {
			t.Error("an exception for GetItem")
		}
	}
	for _, bad := range []string{"", "<", "<a>", "<a></b>", "<a/><b/>", "text", "</a>"} {
		putRight([]byte(bad), "GetMailTips")
	}
}

func FuzzPutRight(f *testing.F) {
	f.Add(`<s:Envelope xmlns:s="x"><s:Body><GetMailTips><!-- c --><x y="1"/>text<![CDATA[<z>]]></GetMailTips></s:Body></s:Envelope>`)
	f.Add(`<a><Permission><UserId/><CanCreateSubfolders>1</CanCreateSubfolders> </Permission></a>`)
	f.Add(`<FindPeople Traversal="x" a:b='y'/>`)
	f.Fuzz(func(t *testing.T, doc string) {
		for _, x := range exceptions {
			putRight([]byte(doc), x.ops[0])
		}
	})
}
