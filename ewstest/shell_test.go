package ewstest_test

import (
	"bytes"
	"compress/gzip"
	"encoding/xml"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/internal/witness"
)

// request makes an HTTP request of account 0, invalid on purpose.
func request(t testing.TB, s *ewstest.Server, method, url, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(witness.Invalid(t.Context()), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth(s.Address(0), ewstest.Password)
	r.Header.Set("Content-Type", "text/xml; charset=utf-8")
	return r
}

// noRedirect is the server's client, but does not follow redirects.
func noRedirect(s *ewstest.Server) *http.Client {
	c := *s.HTTPClient()
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &c
}

func TestHTTP(t *testing.T) {
	s := ewstest.New(t, ewstest.Config{MaxRequestBytes: 5000})
	for _, tt := range []struct {
		name   string
		change func(r *http.Request)
		status int
		header string // that must be there
	}{
		{"nobody", func(r *http.Request) { r.Header.Del("Authorization") }, 401, "Www-Authenticate"},
		{"a wrong password", func(r *http.Request) { r.SetBasicAuth(s.Address(0), "x") }, 401, "Www-Authenticate"},
		{"an unknown user", func(r *http.Request) { r.SetBasicAuth("x@example.com", ewstest.Password) }, 401, "Www-Authenticate"},
		{"GET", func(r *http.Request) { r.Method, r.Body, r.ContentLength = http.MethodGet, nil, 0 }, 302, "Location"},
		{"HEAD", func(r *http.Request) { r.Method, r.Body, r.ContentLength = http.MethodHead, nil, 0 }, 302, "Location"},
		{"PUT", func(r *http.Request) { r.Method = http.MethodPut }, 405, "Allow"},
		{"no type", func(r *http.Request) { r.Header.Del("Content-Type") }, 415, ""},
		{"SOAP 1.2", func(r *http.Request) { r.Header.Set("Content-Type", "application/soap+xml; charset=utf-8") }, 415, ""},
		{"another encoding", func(r *http.Request) { r.Header.Set("Content-Type", "text/xml; charset=utf-16") }, 415, ""},
		{"another path", func(r *http.Request) { r.URL.Path = "/EWS/Other.asmx" }, 404, ""},
		{"another case", func(r *http.Request) { r.URL.Path = "/ews/exchange.asmx" }, 200, ""},
		{"a quoted charset", func(r *http.Request) { r.Header.Set("Content-Type", `text/xml;charset="UTF-8"`) }, 200, ""},
		{"too much", func(r *http.Request) {
			r.Body = io.NopCloser(strings.NewReader(strings.Repeat("x", 6000)))
			r.ContentLength = 6000
		}, 413, ""},
		{"too much when unpacked", func(r *http.Request) {
			r.Header.Set("Content-Encoding", "gzip")
			z := gzipped(strings.Repeat("x", 6000))
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(z)), int64(len(z))
		}, 413, ""},
		{"packed", func(r *http.Request) {
			r.Header.Set("Content-Encoding", "gzip")
			z := gzipped(envelope("Exchange2016", "", getInbox))
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(z)), int64(len(z))
		}, 200, ""},
		{"not packed", func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") }, 400, ""},
	} {
		r := request(t, s, http.MethodPost, s.URL, envelope("Exchange2016", "", getInbox))
		tt.change(r)
		res, err := noRedirect(s).Do(r)
		if err != nil {
			t.Fatal(tt.name, err)
		}
		res.Body.Close()
		if res.StatusCode != tt.status || tt.header != "" && res.Header.Get(tt.header) == "" {
			t.Errorf("%s: status %d, want %d; headers %v", tt.name, res.StatusCode, tt.status, res.Header)
		}
	}
}

func gzipped(s string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(s))
	_ = w.Close()
	return b.Bytes()
}

func TestCompression(t *testing.T) {
	for _, tt := range []struct {
		accept string
		off    bool
		want   string
	}{
		{"gzip", false, "gzip"}, {"deflate, GZIP;q=0.5", false, "gzip"}, {"gzip;q=0", false, ""}, {"gzip; q=0.0", false, ""}, {"", false, ""}, {"gzip", true, ""},
	} {
		s := ewstest.New(t, ewstest.Config{Uncompressed: tt.off})
		r := request(t, s, http.MethodPost, s.URL, envelope("Exchange2016", "", getFolderBody("AllProperties", folderRef("inbox"), folderRef("drafts"))))
		r.Header.Set("Accept-Encoding", tt.accept)
		res, err := s.HTTPClient().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var body io.Reader = res.Body
		if res.Header.Get("Content-Encoding") == "gzip" {
			if body, err = gzip.NewReader(body); err != nil {
				t.Fatal(err)
			}
		}
		text, err := io.ReadAll(body)
		if err != nil || !strings.Contains(string(text), "Inbox") || res.Header.Get("Content-Encoding") != tt.want {
			t.Errorf("%q: encoding %q, want %q; %v %s", tt.accept, res.Header.Get("Content-Encoding"), tt.want, err, text)
		}
	}
}

func TestMalformedRequests(t *testing.T) {
	s := ewstest.New(t)
	good := envelope("Exchange2016", "", getInbox)
	for _, tt := range []struct {
		name, doc string
		want      messages.ResponseCode
	}{
		{"nothing", "", messages.ErrorInvalidRequest},
		{"text", "hello", messages.ErrorSchemaValidation},
		{"HTML", "<html><body>hello</body></html>", messages.ErrorInvalidRequest},
		{"half", good[:len(good)-20], messages.ErrorSchemaValidation},
		{"a DTD", `<!DOCTYPE x [<!ENTITY y "z">]>` + good[strings.Index(good, "<s:"):], messages.ErrorSchemaValidation},
		{"no body", envelope("Exchange2016", "", ""), messages.ErrorInvalidRequest},
		{"an unknown operation", envelope("Exchange2016", "", "<m:Nothing/>"), messages.ErrorInvalidRequest},
		{"another namespace", envelope("Exchange2016", "", "<t:GetFolder/>"), messages.ErrorInvalidRequest},
		{"SOAP 1.2", strings.Replace(good, "http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope", 1), messages.ErrorInvalidRequest},
		{"a newer element", envelope("Exchange2010", "", getFolderBody(additional(fieldURI("folder:PolicyTag")), folderRef("inbox"))), messages.ErrorSchemaValidation},
		{"a newer folder", envelope("Exchange2010_SP2", "", getFolderBody("IdOnly", folderRef("archiveinbox"))), messages.ErrorSchemaValidation},
	} {
		a := roundTrip(t, s, request(t, s, http.MethodPost, s.URL, tt.doc))
		if diff := cmp.Diff([]string{string(tt.want)}, a.codes()); diff != "" || a.status != http.StatusInternalServerError {
			t.Errorf("%s: status %d, %s", tt.name, a.status, diff)
			continue
		}
		checkFault(t, a.status, a.root.child("Body").child("Fault"))
		if tt.want == messages.ErrorSchemaValidation && (a.first("LineNumber") == "" || a.first("LinePosition") == "" || a.first("Violation") == "") {
			t.Errorf("%s: no place: %s", tt.name, a.text)
		}
		if a.nodes("ServerVersionInfo") == nil {
			t.Errorf("%s: no ServerVersionInfo", tt.name)
		}
	}
}

func TestServerVersionInfo(t *testing.T) {
	for _, tt := range []struct {
		version     types.ExchangeVersion
		major, name string
	}{
		{types.ExchangeVersionExchange2007SP1, "8.1.240.5", ""},
		{types.ExchangeVersionExchange2010SP2, "14.2.247.5", "Exchange2010_SP2"},
		{types.ExchangeVersionExchange2013SP1, "15.0.1497.2", "V2_23"},
		{types.ExchangeVersionV20170711, "15.2.2562.17", "V2017_07_11"},
	} {
		s := ewstest.New(t, ewstest.Config{Version: tt.version})
		i := call(t, s, string(tt.version), getInbox).ok().nodes("ServerVersionInfo")[0]
		got := strings.Join([]string{i.attr("MajorVersion"), i.attr("MinorVersion"), i.attr("MajorBuildNumber"), i.attr("MinorBuildNumber")}, ".")
		if got != tt.major || i.attr("Version") != tt.name {
			t.Errorf("%s: %s %q", tt.version, got, i.attr("Version"))
		}
	}
}

// TestOldClients makes sure that an answer has nothing that is newer than the
// request.
func TestOldClients(t *testing.T) {
	s := ewstest.New(t)
	s.Seed(3)
	body := getFolderBody("AllProperties", folderRef("inbox"), folderRef("calendar"), folderRef("contacts"), folderRef("tasks"), folderRef("root"))
	for _, v := range []string{"Exchange2007_SP1", "Exchange2010", "Exchange2010_SP1", "Exchange2013", "Exchange2016"} {
		call(t, s, v, body).ok()
		// AllProperties of items have many that came later.
		call(t, s, v, `<m:FindItem Traversal="Shallow"><m:ItemShape><t:BaseShape>AllProperties</t:BaseShape></m:ItemShape><m:ParentFolderIds>`+folderRef("inbox")+
			folderRef("calendar")+folderRef("contacts")+folderRef("tasks")+`</m:ParentFolderIds></m:FindItem>`).ok()
	}
	// Without a version it is the first one.
	r := request(t, s, http.MethodPost, s.URL, envelope("", "", body))
	a := roundTrip(t, s, r).ok()
	checkEnvelope(t, "answer", []byte(a.text), "Exchange2007_SP1")
	if got := s.Requests(); got[len(got)-1].Version != types.ExchangeVersionExchange2007SP1 {
		t.Errorf("version %s", got[len(got)-1].Version)
	}
}

func TestContractFiles(t *testing.T) {
	get := func(s *ewstest.Server, name string) string {
		r := request(t, s, http.MethodGet, strings.Replace(s.URL, "Exchange.asmx", name, 1), "")
		res, err := s.HTTPClient().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatal(name, res.StatusCode, err)
		}
		if strings.Contains(string(b), "urn:goews") || strings.Contains(string(b), "v:since") {
			t.Errorf("%s has marks of versions", name)
		}
		d := xml.NewDecoder(bytes.NewReader(b))
		for err == nil {
			_, err = d.Token()
		}
		if err != io.EOF {
			t.Errorf("%s: %v", name, err)
		}
		return string(b)
	}
	newest, old := ewstest.New(t), ewstest.New(t, ewstest.Config{Version: types.ExchangeVersionExchange2010})
	for _, tt := range []struct{ file, has, sinceThen string }{
		{"Services.wsdl", `name="FindItemSoapIn"`, `name="GetPersonaSoapIn"`},
		{"services.wsdl", `<wsdl:operation name="CreateUserConfiguration"`, `<wsdl:operation name="GetPersona"`},
		{"messages.xsd", `schemaLocation="types.xsd"`, `name="GetPersona"`},
		{"types.xsd", `<xs:enumeration value="Exchange2010"/>`, `<xs:enumeration value="Exchange2013"/>`},
		{"TYPES.xsd", `name="EffectiveRights"`, `name="PolicyTag"`},
		{"xml.xsd", `name="lang"`, "no such thing"},
	} {
		if got := get(newest, tt.file); !strings.Contains(got, tt.has) || !strings.Contains(got+"no such thing", tt.sinceThen) {
			t.Errorf("newest %s lacks %s or %s", tt.file, tt.has, tt.sinceThen)
		}
		if got := get(old, tt.file); !strings.Contains(got, tt.has) || strings.Contains(got, tt.sinceThen) {
			t.Errorf("old %s lacks %s or has %s", tt.file, tt.has, tt.sinceThen)
		}
	}
	// Every message and part that the bindings refer to is there.
	wsdl := get(old, "Services.wsdl")
	for _, m := range regexp.MustCompile(`message="tns:(\w+)"`).FindAllStringSubmatch(wsdl, -1) {
		if !strings.Contains(wsdl, `<wsdl:message name="`+m[1]+`"`) {
			t.Errorf("no message %s", m[1])
		}
	}
	r := request(t, newest, http.MethodGet, strings.Replace(newest.URL, "Exchange.asmx", "types.xsd", 1), "")
	r.Header.Del("Authorization")
	if a := roundTrip(t, newest, r); a.status != http.StatusUnauthorized {
		t.Errorf("without a password: status %d", a.status)
	}
}

func TestImpersonation(t *testing.T) {
	s := ewstest.New(t, ewstest.Config{Accounts: []ewstest.Account{
		{Address: "service@example.com", Password: ewstest.Password, Impersonates: true},
		{Address: alice, Password: "x", UserPrincipalName: "alice@corp.example.com", SID: "S-1-5-21-1-2-3-4", Name: "Alice"},
	}})
	as := func(sid string) *answer {
		return sender{headers: `<t:ExchangeImpersonation><t:ConnectingSID>` + sid + `</t:ConnectingSID></t:ExchangeImpersonation>`}.call(t, s, "Exchange2016", getInbox)
	}
	own := call(t, s, "Exchange2016", getInbox).ok().ids("FolderId")[0]
	for _, sid := range []string{
		"<t:PrimarySmtpAddress>" + alice + "</t:PrimarySmtpAddress>", "<t:SmtpAddress>ALICE@example.com</t:SmtpAddress>",
		"<t:PrincipalName>alice@corp.example.com</t:PrincipalName>", "<t:SID>S-1-5-21-1-2-3-4</t:SID>",
	} {
		if id := as(sid).ok().ids("FolderId")[0]; id == own {
			t.Errorf("%s: the service's own inbox", sid)
		}
	}
	for _, tt := range []struct {
		sid  string
		want messages.ResponseCode
	}{
		{"<t:PrimarySmtpAddress>x@example.com</t:PrimarySmtpAddress>", messages.ErrorNonExistentMailbox},
		{"<t:PrincipalName>x@example.com</t:PrincipalName>", messages.ErrorInvalidUserPrincipalName},
		{"<t:SID>S-1-5-21-9</t:SID>", messages.ErrorInvalidUserSid},
		{"<t:SID>alice</t:SID>", messages.ErrorInvalidSid},
	} {
		as(tt.sid).want(tt.want)
	}
	lenient := ewstest.New(t, ewstest.Config{Lenient: true})
	sender{invalid: true, headers: `<t:ExchangeImpersonation><t:ConnectingSID/></t:ExchangeImpersonation>`}.call(t, lenient, "Exchange2016", getInbox).
		want(messages.ErrorInvalidExchangeImpersonationHeaderData)
	log := s.Requests()
	if r := log[1]; r.User != "service@example.com" || r.As != alice || r.Op != "GetFolder" || r.Code != messages.NoError {
		t.Errorf("log %+v", r)
	}
}

func TestRequests(t *testing.T) {
	s := ewstest.New(t)
	call(t, s, "Exchange2016", getFolderBody("IdOnly", folderRef("inbox"), folderRef("archiveroot")))
	callInvalid(t, s, "Exchange2013", "<m:Nothing/>")
	got := s.Requests()
	for i := range got {
		if got[i].Received == 0 || got[i].Sent == 0 || got[i].Time.IsZero() {
			t.Errorf("request %d: %+v", i, got[i])
		}
		got[i].Received, got[i].Sent, got[i].Time = 0, 0, got[0].Time
	}
	want := []ewstest.Request{
		{Time: got[0].Time, Method: "POST", Path: ewstest.EndpointPath, Op: "GetFolder", User: alice, Version: types.ExchangeVersionExchange2016, Parts: 2, Status: 200, Code: messages.ErrorFolderNotFound},
		{Time: got[0].Time, Method: "POST", Path: ewstest.EndpointPath, User: alice, Version: types.ExchangeVersionExchange2013, Status: 500, Code: messages.ErrorInvalidRequest},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	s.ForgetRequests()
	if n := len(s.Requests()); n != 0 {
		t.Errorf("%d requests after forgetting", n)
	}
}
