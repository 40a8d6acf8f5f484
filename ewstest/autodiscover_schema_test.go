package ewstest_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-1937cc67/goews/ewstest"
)

// TestAutodiscoverAnswersAreValid lets xmllint hold requests and answers against
// Microsoft's schemas, where these and it are there.
//
// The schema of a redirection by the XML protocol wants both an address and a
// URL, which Microsoft's own examples never have, so these are left out; that of
// settings puts all in one namespace, which the answers do not, so it is changed
// before.
func TestAutodiscoverAnswersAreValid(t *testing.T) {
	schemas := filepath.Join("..", "..", "shared", "schemas", "autodiscover")
	if _, err := os.Stat(schemas); err != nil {
		t.Skip("the schemas are not there")
	}
	if _, err := exec.LookPath("xmllint"); err != nil {
		t.Skip("xmllint is not installed")
	}
	s := ewstest.New(t, discoverConfig())
	user := soapRequest("GetUserSettings", []string{"ann@example.com", "nobody@example.com", "moved@example.com"},
		"AutoDiscoverSMTPAddress", "ExternalEwsUrl", "AlternateMailboxes", "InternalWebClientUrls", "PublicFolderServer", "Nonsense")
	domain := soapRequest("GetDomainSettings", []string{"example.com", "nowhere.example", "old.example.com"}, "ExternalEwsUrl", "Nonsense")
	pox := poxRequest("ann@example.com")
	const soapSchema, versionless = "autodiscover-soap-messages.xsd", "</RequestedSettings>"
	// The schema asks for RequestedVersion, Microsoft's examples leave it out.
	versioned := strings.NewReplacer(versionless, versionless+"<RequestedVersion>Exchange2010</RequestedVersion>").Replace
	oneSpace := strings.NewReplacer(` xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"`, "").Replace
	for _, tt := range []struct{ name, schema, doc string }{
		{"request for users", soapSchema, inBody(t, versioned(user))},
		{"request for domains", soapSchema, inBody(t, versioned(domain))},
		{"users", soapSchema, inBody(t, ask(t, s, "POST", soapService, user).text)},
		{"domains", soapSchema, inBody(t, ask(t, s, "POST", soapService, domain).text)},
		{"a refusal", soapSchema, inBody(t, ask(t, s, "POST", soapService, soapRequest("GetUserSettings", nil, "UserDN")).text)},
		{"XML request", "pox-outlook-request.xsd", pox},
		{"XML answer", "pox-outlook-response-success.xsd", oneSpace(ask(t, s, "POST", poxService, pox).text)},
		{"XML error", "pox-outlook-response-error.xsd", ask(t, s, "GET", poxService, "").text},
	} {
		// Some of the files do not begin with their XML declaration.
		text, err := os.ReadFile(filepath.Join(schemas, tt.schema))
		if err != nil {
			t.Fatal(err)
		}
		schema := filepath.Join(t.TempDir(), tt.schema)
		if err := os.WriteFile(schema, bytes.TrimSpace(text), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), "xmllint", "--noout", "--nonet", "--schema", schema, "-")
		cmd.Stdin = strings.NewReader(tt.doc)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s\n%s", tt.name, err, out, tt.doc)
		}
	}
}

// inBody returns the element in an envelope's body as a document of its own. A
// request's default namespace is declared by the envelope.
func inBody(t *testing.T, envelope string) string {
	t.Helper()
	_, body, ok := strings.Cut(envelope, "<s:Body>")
	body, _, end := strings.Cut(body, "</s:Body>")
	if !ok || !end {
		t.Fatalf("no body: %s", envelope)
	}
	if tag, _, _ := strings.Cut(body, ">"); !strings.Contains(tag, "xmlns=") {
		body = strings.Replace(body, ">", ` xmlns="http://schemas.microsoft.com/exchange/2010/Autodiscover">`, 1)
	}
	return body
}
