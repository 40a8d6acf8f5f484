package ewstest_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/internal/witness"
)

// post sends a SOAP body as account 0, and returns status and answer.
func post(t *testing.T, s *ewstest.Server, version, body string) (int, string) {
	t.Helper()
	doc := `<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"` +
		` xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types" xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages">` +
		`<s:Header><t:RequestServerVersion Version="` + version + `"/></s:Header><s:Body>` + body + `</s:Body></s:Envelope>`
	// What tests write by hand may be wrong on purpose; the answer may not.
	r, err := http.NewRequestWithContext(witness.Invalid(t.Context()), http.MethodPost, s.URL, strings.NewReader(doc))
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth(s.Address(0), ewstest.Password)
	r.Header.Set("Content-Type", "text/xml; charset=utf-8")
	res, err := s.HTTPClient().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

const getInbox = `<m:GetFolder><m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape>` +
	`<m:FolderIds><t:DistinguishedFolderId Id="inbox"/></m:FolderIds></m:GetFolder>`

func TestGetFolder(t *testing.T) {
	s := ewstest.New(t)
	status, answer := post(t, s, "Exchange2013_SP1", getInbox)
	if status != http.StatusOK || !strings.Contains(answer, "<t:DisplayName>Inbox</t:DisplayName>") {
		t.Errorf("status %d, answer %s", status, answer)
	}
}

func TestSchemaViolation(t *testing.T) {
	s := ewstest.New(t)
	status, answer := post(t, s, "Exchange2013_SP1", strings.Replace(getInbox, "Default<", "Dunno<", 1))
	if status != http.StatusInternalServerError || !strings.Contains(answer, "ErrorSchemaValidation") || !strings.Contains(answer, "<t:LineNumber>") {
		t.Errorf("status %d, answer %s", status, answer)
	}
}
