package ewstest_test

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

const (
	soapService = "/autodiscover/autodiscover.svc"
	poxService  = "/Autodiscover/Autodiscover.xml"
	jsonService = "/autodiscover/autodiscover.json"
)

// discoverConfig has users with all that autodiscover can say.
func discoverConfig() ewstest.Config {
	return ewstest.Config{
		Accounts: []ewstest.Account{
			{
				Address: "ann@example.com", Password: ewstest.Password, Name: "Ann", Aliases: []string{"a.smith@example.com", "ann@example.net"},
				AlternateMailboxes: []ewstest.AlternateMailbox{{Type: "Archive", Name: "Archive - Ann", LegacyDN: "/o=Example/cn=ann-archive", Server: "mbx.example.com"}},
				Settings:           map[string]string{"GroupingInformation": "Site-7"},
			},
			{Address: "bob@example.com", Password: ewstest.Password, Name: "Bob"},
		},
		Autodiscover: ewstest.Autodiscover{
			ExternalURL: "https://mail.example.com/EWS/Exchange.asmx", InternalURL: "https://mbx.example.local/EWS/Exchange.asmx",
			PublicFolders: "folders@example.com",
			Settings:      map[string]string{"InternalUMUrl": "https://um.example.local/", "ExternalMailboxServer": ""},
			Redirects: map[string]string{
				"Moved@example.com": "moved@cloud.example.com", "cloud.example.com": "https://cloud.example.com/autodiscover/autodiscover.svc",
				"old.example.com": "@new.example.com",
			},
		},
	}
}

// soapRequest is a request of the SOAP service for settings of targets, which
// are users or domains.
func soapRequest(op string, targets []string, settings ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:w="http://www.w3.org/2005/08/addressing"`+
		` xmlns="http://schemas.microsoft.com/exchange/2010/Autodiscover"><s:Header><RequestedServerVersion>Exchange2010</RequestedServerVersion>`+
		`<w:Action>http://schemas.microsoft.com/exchange/2010/Autodiscover/Autodiscover/%s</w:Action><w:To>https://example.com/</w:To></s:Header>`+
		`<s:Body><%[1]sRequestMessage><Request>`, op)
	list := "Users"
	if op == "GetDomainSettings" {
		list = "Domains"
	}
	fmt.Fprintf(&b, "<%s>", list)
	for _, t := range targets {
		if list == "Domains" {
			fmt.Fprintf(&b, "<Domain>%s</Domain>", t)
		} else {
			fmt.Fprintf(&b, "<User><Mailbox>%s</Mailbox></User>", t)
		}
	}
	fmt.Fprintf(&b, "</%s><RequestedSettings>", list)
	for _, s := range settings {
		fmt.Fprintf(&b, "<Setting>%s</Setting>", s)
	}
	fmt.Fprintf(&b, "</RequestedSettings></Request></%sRequestMessage></s:Body></s:Envelope>", op)
	return b.String()
}

func poxRequest(address string) string {
	return `<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"><Request><EMailAddress>` + address +
		`</EMailAddress><AcceptableResponseSchema>http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a</AcceptableResponseSchema></Request></Autodiscover>`
}

// ask sends a request to a path of the server, and follows no redirect.
func ask(t testing.TB, s *ewstest.Server, method, path, body string) *answer {
	t.Helper()
	r := request(t, s, method, "https://"+s.Host()+path, body)
	res, err := noRedirect(s).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	return read(t, res)
}

// flat writes an answer of the SOAP service in lines: code and target of each
// user or domain, and its settings.
func flat(t testing.TB, a *answer) []string {
	t.Helper()
	if a.status != http.StatusOK || a.root == nil {
		t.Fatalf("status %d: %s", a.status, a.text)
	}
	response := a.root.child("Body").Children[0].child("Response")
	lines := []string{response.child("ErrorCode").Text}
	for _, kind := range []string{"User", "Domain"} {
		for _, u := range response.find(kind + "Response") {
			lines = append(lines, strings.TrimSpace(u.child("ErrorCode").Text+" "+u.child("RedirectTarget").Text))
			for _, e := range u.find(kind + "SettingError") {
				lines = append(lines, "\t"+e.child("SettingName").Text+": "+e.child("ErrorCode").Text)
			}
			for _, v := range u.find(kind + "Setting") {
				lines = append(lines, "\t"+v.child("Name").Text+" = "+deepText(v.Children[1])+" ("+v.attr("type")+")")
			}
		}
	}
	return lines
}

// deepText returns the texts of n and what is in it.
func deepText(n *node) string {
	if n == nil {
		return ""
	}
	parts := []string{n.Text}
	for _, c := range n.Children {
		parts = append(parts, deepText(c))
	}
	return strings.Trim(strings.Join(parts, "|"), "|")
}

func TestAutodiscoverUserSettings(t *testing.T) {
	s := ewstest.New(t, discoverConfig())
	got := flat(t, ask(t, s, "POST", soapService, soapRequest("GetUserSettings",
		[]string{"A.Smith@example.com", "bob@example.com", "nobody@example.com", "moved@example.com", "x@cloud.example.com"},
		"AutoDiscoverSMTPAddress", "ExternalEwsUrl", "InternalEwsUrl", "EwsSupportedSchemas", "CasVersion", "GroupingInformation",
		"AlternateMailboxes", "ExternalWebClientUrls", "PublicFolderInformation", "InternalUMUrl", "ExternalMailboxServer", "Nonsense")))
	schemas := "Exchange2007, Exchange2007_SP1, Exchange2010, Exchange2010_SP1, Exchange2010_SP2, Exchange2013, Exchange2013_SP1, Exchange2016"
	user := func(address, group string) []string {
		return []string{
			"NoError", "\tExternalMailboxServer: SettingIsNotAvailable", "\tNonsense: InvalidSetting",
			"\tAutoDiscoverSMTPAddress = " + address + " (StringSetting)",
			"\tExternalEwsUrl = https://mail.example.com/EWS/Exchange.asmx (StringSetting)",
			"\tInternalEwsUrl = https://mbx.example.local/EWS/Exchange.asmx (StringSetting)",
			"\tEwsSupportedSchemas = " + schemas + " (StringSetting)",
			"\tCasVersion = 15.02.2562.017 (StringSetting)",
			"\tGroupingInformation = " + group + " (StringSetting)",
			"\tAlternateMailboxes = Archive|Archive - Ann|/o=Example/cn=ann-archive|mbx.example.com (AlternateMailboxCollectionSetting)",
			"\tExternalWebClientUrls = Basic, Fba|https://" + s.Host() + "/owa/ (WebClientUrlCollectionSetting)",
			"\tPublicFolderInformation = folders@example.com (StringSetting)",
			"\tInternalUMUrl = https://um.example.local/ (StringSetting)",
		}
	}
	bob := user("bob@example.com", "Default-First-Site-Name")
	bob = append(append(bob[:1:1], "\tAlternateMailboxes: SettingIsNotAvailable"), append(bob[1:9:9], bob[10:]...)...)
	want := append([]string{"NoError"}, user("ann@example.com", "Site-7")...)
	want = append(append(want, bob...), "InvalidUser", "RedirectAddress moved@cloud.example.com",
		"RedirectUrl https://cloud.example.com/autodiscover/autodiscover.svc")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	last := s.Requests()[len(s.Requests())-1]
	if last.Op != "GetUserSettings" || last.User != "ann@example.com" || last.Version != "Exchange2010" || last.Parts != 5 || last.Code != "InvalidUser" {
		t.Errorf("log: %+v", last)
	}
}

func TestAutodiscoverDomainSettings(t *testing.T) {
	s := ewstest.New(t, discoverConfig())
	a := ask(t, s, "POST", soapService, soapRequest("GetDomainSettings",
		[]string{"example.com", "EXAMPLE.net", "nowhere.example", "old.example.com", "cloud.example.com"}, "ExternalEwsUrl", "UserDN"))
	settings := []string{"NoError", "\tUserDN: InvalidSetting", "\tExternalEwsUrl = https://mail.example.com/EWS/Exchange.asmx (DomainStringSetting)"}
	want := append(append([]string{"NoError"}, settings...), settings...)
	want = append(want, "InvalidDomain", "RedirectAddress new.example.com", "RedirectUrl https://cloud.example.com/autodiscover/autodiscover.svc")
	if diff := cmp.Diff(want, flat(t, a)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if v := a.root.child("Header").child("ServerVersionInfo"); deepText(v) != "15|2|2562|17|Exchange2016" {
		t.Errorf("server version %s", deepText(v))
	}
}

// TestAutodiscoverRefuses: requests that are not of the service's form, and
// those that ask for nothing or for too much.
func TestAutodiscoverRefuses(t *testing.T) {
	cfg := discoverConfig()
	cfg.Autodiscover.MaxUsers = 2
	s := ewstest.New(t, cfg)
	good := soapRequest("GetUserSettings", []string{"bob@example.com"}, "UserDN")
	for _, tt := range []struct {
		name, body, want string
	}{
		{"no action", strings.Replace(good, "<w:Action>", "<w:Acton>", 1), "400"},
		{"another action", strings.Replace(good, "Autodiscover/GetUserSettings", "Autodiscover/GetMuch", 1), "500 ActionNotSupported"},
		{"an action without a header", strings.Replace(strings.Replace(good, "<w:Action>", "<w:Was>", 1), "</w:Action>", "</w:Was>", 1), "500 ActionNotSupported"},
		{"not the action's element", strings.Replace(good, "Autodiscover/GetUserSettings", "Autodiscover/GetDomainSettings", 1), "500 DeserializationFailed"},
		{"an element too many", strings.Replace(good, "<Request>", "<Request><More/>", 1), "500 DeserializationFailed"},
		{"elements in another order", strings.Replace(good, "<Users><User><Mailbox>bob@example.com</Mailbox></User></Users><RequestedSettings><Setting>UserDN</Setting></RequestedSettings>",
			"<RequestedSettings><Setting>UserDN</Setting></RequestedSettings><Users/>", 1), "500 DeserializationFailed"},
		{"no mailbox", strings.Replace(good, "<Mailbox>bob@example.com</Mailbox>", "", 1), "500 DeserializationFailed"},
		{"a text where elements belong", strings.Replace(good, "<User>", "<User>bob", 1), "500 DeserializationFailed"},
		{"an element where text belongs", strings.Replace(good, ">bob@", "><b/>bob@", 1), "500 DeserializationFailed"},
		{"another namespace", strings.Replace(good, `xmlns="http:`, `xmlns="https:`, 1), "500 DeserializationFailed"},
		{"two elements in the body", strings.Replace(good, "</s:Body>", "<x/></s:Body>", 1), "500 DeserializationFailed"},
		{"a header to understand", strings.Replace(good, "<s:Header>", `<s:Header><x xmlns="u" s:mustUnderstand="1"/>`, 1), "500 MustUnderstand"},
		{"an empty body", "", "400"},
		{"no XML", "what?", "400"},
		{"a document type", "<!DOCTYPE x>" + good, "400"},
		{"no envelope", "<x/>", "400"},
		{"deep", strings.Repeat("<a>", 100) + strings.Repeat("</a>", 100), "400"},
		{"two documents", good + good, "400"},
		{"no version", strings.Replace(good, ">Exchange2010<", "><", 1), "200 InvalidRequest"},
		{"no such version", strings.Replace(good, ">Exchange2010<", ">Exchange1999<", 1), "200 InvalidRequest"},
		{"no users", soapRequest("GetUserSettings", nil, "UserDN"), "200 InvalidRequest"},
		{"no settings", soapRequest("GetUserSettings", []string{"bob@example.com"}), "200 InvalidRequest"},
		{"too many users", soapRequest("GetUserSettings", []string{"a@example.com", "b@example.com", "c@example.com"}, "UserDN"), "200 InvalidRequest"},
		{"good", good, "200 NoError"},
	} {
		a := ask(t, s, "POST", soapService, tt.body)
		got := fmt.Sprint(a.status)
		if a.root != nil {
			if code := a.root.find("faultcode"); code != nil {
				_, local, _ := strings.Cut(code[0].Text, ":")
				got += " " + local
			} else {
				got += " " + a.root.find("ErrorCode")[0].Text
			}
		}
		if got != tt.want {
			t.Errorf("%s: %s, want %s: %s", tt.name, got, tt.want, a.text)
		}
	}
	if a := ask(t, s, "DELETE", soapService, ""); a.status != http.StatusMethodNotAllowed {
		t.Errorf("DELETE: %d", a.status)
	}
	if a := ask(t, s, "GET", soapService, ""); a.status != http.StatusOK || a.root != nil {
		t.Errorf("GET: %d %s", a.status, a.text)
	}
}

func TestAutodiscoverPOX(t *testing.T) {
	s := ewstest.New(t, discoverConfig())
	summary := func(a *answer) string {
		t.Helper()
		if a.status != http.StatusOK || a.root == nil {
			return fmt.Sprint(a.status)
		}
		r := a.root.child("Response")
		if e := r.child("Error"); e != nil {
			return "Error " + e.child("ErrorCode").Text + " " + e.child("Message").Text
		}
		account := r.child("Account")
		out := account.child("Action").Text + " " + deepText(account.child("RedirectAddr")) + deepText(account.child("RedirectUrl")) + deepText(r.child("User").child("AutoDiscoverSMTPAddress"))
		for _, p := range r.find("EwsUrl") {
			out += " " + p.Text
		}
		return out
	}
	urls := " https://mbx.example.local/EWS/Exchange.asmx https://mail.example.com/EWS/Exchange.asmx"
	byDN := strings.NewReplacer("EMailAddress>", "LegacyDN>").Replace
	dn := ask(t, s, "POST", poxService, poxRequest("bob@example.com")).root.find("LegacyDN")[0].Text
	good := poxRequest("bob@example.com")
	for _, tt := range []struct{ name, method, body, want string }{
		{"an address", "POST", good, "settings bob@example.com" + urls},
		{"an alias", "POST", poxRequest("a.smith@example.com"), "settings ann@example.com" + urls},
		{"a distinguished name", "POST", byDN(poxRequest(dn)), "settings bob@example.com" + urls},
		{"another distinguished name", "POST", byDN(poxRequest("/o=x")), "Error 500 The e-mail address cannot be found."},
		{"nobody", "POST", poxRequest("nobody@example.com"), "Error 500 The e-mail address cannot be found."},
		{"moved", "POST", poxRequest("moved@example.com"), "redirectAddr moved@cloud.example.com"},
		{"elsewhere", "POST", poxRequest("x@cloud.example.com"), "redirectUrl https://cloud.example.com/autodiscover/autodiscover.svc"},
		{"a browser", "GET", "", "Error 600 Invalid Request"},
		{"an empty body", "POST", "", "Error 600 Invalid Request"},
		{"no address", "POST", poxRequest(""), "Error 600 Invalid Request"},
		{"another order", "POST", strings.Replace(good, "<Request>", "<Request><LegacyDN/>", 1), "Error 600 Invalid Request"},
		{"two requests", "POST", strings.Replace(good, "</Autodiscover>", "<Request/></Autodiscover>", 1), "Error 600 Invalid Request"},
		{"another schema", "POST", strings.Replace(good, "outlook/responseschema/2006a", "mobilesync/responseschema/2006", 1), "Error 601 Provider is not available"},
		{"DELETE", "DELETE", good, "405"},
	} {
		if got := summary(ask(t, s, tt.method, poxService, tt.body)); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	a := ask(t, s, "POST", poxService, poxRequest("ann@example.com"))
	if got := a.first("ServerVersion"); got != "73C28A02" {
		t.Errorf("ServerVersion %s", got)
	}
	if got := deepText(a.root.find("AlternativeMailbox")[0]) + " " + deepText(a.root.find("PublicFolderInformation")[0]); got != "Archive|Archive - Ann|/o=Example/cn=ann-archive|mbx.example.com folders@example.com" {
		t.Errorf("other mailboxes: %s", got)
	}
}

func TestAutodiscoverJSON(t *testing.T) {
	s := ewstest.New(t, discoverConfig())
	const ews = `200 {"Protocol":"Ews","Url":"https://mail.example.com/EWS/Exchange.asmx"}`
	for _, tt := range []struct{ path, want string }{
		{"/v1.0/bob@example.com?Protocol=EWS", ews},
		{"?Email=a.smith@example.com&Protocol=ews&RedirectCount=1", ews},
		{"?email=bob%40example.com&PROTOCOL=AutodiscoverV1", `200 {"Protocol":"AutodiscoverV1","Url":"https://` + s.Host() + `/Autodiscover/Autodiscover.xml"}`},
		{"/v1.0/nobody@example.com?Protocol=EWS", `404 {"ErrorCode":"UserNotFound","ErrorMessage":"The given user is not found"}`},
		{"/v1.0/bob?Protocol=EWS", `400 {"ErrorCode":"InvalidUserId","ErrorMessage":"The given user id is invalid"}`},
		{"/v1.0/bob@example.com", `400 {"ErrorCode":"MandatoryParameterMissing","ErrorMessage":"A valid value must be provided for the query parameter 'Protocol'"}`},
		{"?Email=bob@example.com&Protocol=Fax", `400 {"ErrorCode":"ProtocolNotSupported","ErrorMessage":"The given protocol value 'Fax' is not supported. Supported values are 'ActiveSync,AutodiscoverV1,Ews'"}`},
		{"/v1.0/moved@example.com?Protocol=EWS", "302 https://autodiscover.cloud.example.com/autodiscover/autodiscover.json?Email=moved%40cloud.example.com&Protocol=Ews&RedirectCount=1"},
		{"/v1.0/x@cloud.example.com?Protocol=EWS", "302 https://cloud.example.com/autodiscover/autodiscover.json?Email=x%40cloud.example.com&Protocol=Ews&RedirectCount=1"},
		{"/v2.0/bob@example.com?Protocol=EWS", "404 404 page not found"},
	} {
		r := request(t, s, "GET", "https://"+s.Host()+jsonService+tt.path, "")
		r.Header.Del("Authorization")
		res, err := noRedirect(s).Do(r)
		if err != nil {
			t.Fatal(err)
		}
		a := read(t, res)
		if got := strings.TrimSpace(fmt.Sprintf("%d %s%s", a.status, a.headers.Get("Location"), a.text)); got != tt.want {
			t.Errorf("%s: %s\nwant %s", tt.path, got, tt.want)
		}
	}
	if a := ask(t, s, "POST", jsonService, ""); a.status != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", a.status)
	}
}

// TestAutodiscoverByVersion: which protocols servers have, and what the SOAP
// and XML ones say of the version.
func TestAutodiscoverByVersion(t *testing.T) {
	off := ewstest.Autodiscover{NoSOAP: true, NoPOX: true, NoJSON: true}
	for _, tt := range []struct {
		version types.ExchangeVersion
		cfg     ewstest.Autodiscover
		want    string
	}{
		{types.ExchangeVersionExchange2007SP1, ewstest.Autodiscover{}, "404 200 404"},
		{types.ExchangeVersionExchange2010, ewstest.Autodiscover{}, "200 200 404"},
		{types.ExchangeVersionExchange2013SP1, ewstest.Autodiscover{}, "200 200 404"},
		{types.ExchangeVersionExchange2016, ewstest.Autodiscover{}, "200 200 200"},
		{types.ExchangeVersionExchange2016, off, "404 404 404"},
	} {
		s := ewstest.New(t, ewstest.Config{Version: tt.version, Autodiscover: tt.cfg})
		soap := ask(t, s, "POST", soapService, soapRequest("GetUserSettings", []string{s.Address(1)}, "EwsSupportedSchemas"))
		pox := ask(t, s, "POST", poxService, poxRequest(s.Address(1)))
		js := ask(t, s, "GET", jsonService+"/v1.0/"+s.Address(1)+"?Protocol=Ews", "")
		if got := fmt.Sprint(soap.status, pox.status, js.status); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.version, got, tt.want)
		}
		if soap.root != nil {
			if got := soap.first("Value"); !strings.HasSuffix(got, string(tt.version)) {
				t.Errorf("%s: schemas %s", tt.version, got)
			}
		}
		if pox.root == nil {
			continue
		}
		// What Exchange 2007 has no element for.
		if has := strings.Contains(pox.text, "<EwsUrl>"); has == (tt.version == types.ExchangeVersionExchange2007SP1) || !strings.Contains(pox.text, "<ASUrl>https://"+s.Host()+"/EWS/Exchange.asmx<") {
			t.Errorf("%s: %s", tt.version, pox.text)
		}
	}
}

// TestAutodiscoverNeedsCredentials: of the three only the JSON service answers
// anyone.
func TestAutodiscoverNeedsCredentials(t *testing.T) {
	s := ewstest.New(t)
	for path, want := range map[string]int{soapService: 401, poxService: 401, jsonService + "/v1.0/" + s.Address(0) + "?Protocol=Ews": 200} {
		r := request(t, s, "GET", "https://"+s.Host()+path, "")
		r.Header.Del("Authorization")
		res, err := noRedirect(s).Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if a := read(t, res); a.status != want || want == 401 && a.headers.Get("WWW-Authenticate") == "" {
			t.Errorf("%s: status %d, want %d", path, a.status, want)
		}
	}
}

func TestAutodiscoverFaults(t *testing.T) {
	s := ewstest.New(t)
	address := s.Address(0)
	soap := func() *answer {
		return ask(t, s, "POST", soapService, soapRequest("GetUserSettings", []string{address, s.Address(1)}, "UserDisplayName"))
	}
	pox := func() *answer { return ask(t, s, "POST", poxService, poxRequest(address)) }
	js := func() *answer {
		return ask(t, s, "GET", jsonService+"/v1.0/"+address+"?Protocol=Ews", "")
	}
	for _, tt := range []struct {
		name  string
		fault ewstest.Fault
		call  func() *answer
		want  string // in status and text
	}{
		{"busy", ewstest.Fault{Op: "GetUserSettings", Code: messages.ErrorServerBusy}, soap, "200 <ErrorCode>ServerBusy</ErrorCode>"},
		{"another code", ewstest.Fault{Op: "GetUserSettings", Code: messages.ErrorItemNotFound}, soap, "200 <ErrorCode>InternalServerError</ErrorCode>"},
		{"one user", ewstest.Fault{Parts: map[int]messages.ResponseCode{1: "InvalidUser"}}, soap, "200 <Value>Alice</Value>|<ErrorCode>InvalidUser</ErrorCode>"},
		{"status", ewstest.Fault{Status: 503}, soap, "503 "},
		{"version", ewstest.Fault{ServerVersion: &types.ServerVersionInfo{MajorVersion: 14, Version: "Exchange2010"}}, soap, "200 MajorVersion>14<|Version>Exchange2010<"},
		{"a redirect", ewstest.Fault{Op: "Autodiscover.xml", Status: 302, Header: http.Header{"Location": {"https://x.example.com/"}}}, pox, "302 "},
		{"number", ewstest.Fault{Op: "Autodiscover.xml", Code: "602", Text: "Broken"}, pox, "200 <ErrorCode>602</ErrorCode>|<Message>Broken</Message>"},
		{"name", ewstest.Fault{Op: "Autodiscover.xml", Code: messages.ErrorServerBusy}, pox, "200 <ErrorCode>603</ErrorCode>"},
		{"of a user", ewstest.Fault{User: address, Body: "<html/>"}, pox, "200 <html/>"},
		{"JSON", ewstest.Fault{Op: "Autodiscover.json", Code: "ServerBusy"}, js, `500 "ErrorCode":"ServerBusy"`},
		{"JSON with a status", ewstest.Fault{Op: "Autodiscover.json", Status: 429}, js, "429 "},
	} {
		in := s.Inject(tt.fault)
		a := tt.call()
		status, texts, _ := strings.Cut(tt.want, " ")
		for text := range strings.SplitSeq(texts, "|") {
			if fmt.Sprint(a.status) != status || !strings.Contains(a.text, text) {
				t.Errorf("%s: %d %s", tt.name, a.status, a.text)
			}
		}
		if loc := tt.fault.Header.Get("Location"); a.headers.Get("Location") != loc {
			t.Errorf("%s: Location %q", tt.name, a.headers.Get("Location"))
		}
		if last := s.Requests()[len(s.Requests())-1]; in.Hits() != 1 || !last.Fault {
			t.Errorf("%s: %d hits, log %+v", tt.name, in.Hits(), last)
		}
		in.Remove()
	}
	for name, call := range map[string]func() *answer{"SOAP": soap, "POX": pox, "JSON": js} {
		in := s.Inject(ewstest.Fault{Op: "FindItem", Status: 500})
		if a := call(); a.status != 200 {
			t.Errorf("%s was hit by a rule for FindItem", name)
		}
		in.Remove()
	}
}

func TestAutodiscoverConfig(t *testing.T) {
	_, err := ewstest.NewServer(ewstest.Config{Autodiscover: ewstest.Autodiscover{Redirects: map[string]string{"a@example.com": "elsewhere"}}})
	if err == nil || !strings.Contains(err.Error(), "elsewhere") {
		t.Errorf("error %v", err)
	}
	_, err = ewstest.NewServer(ewstest.Config{Accounts: []ewstest.Account{{Address: "a@example.com"}, {Address: "b@example.com", Aliases: []string{"A@example.com"}}}})
	if err == nil || !strings.Contains(err.Error(), "two accounts") {
		t.Errorf("an alias that is another's address: %v", err)
	}
}

// serve lets the server answer a POST without a connection.
func serve(s *ewstest.Server, path, body string) (int, string) {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.SetBasicAuth(s.Address(0), ewstest.Password)
	r.Header.Set("Content-Type", "text/xml")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// FuzzAutodiscover: no request makes the server panic, and what is answered is
// XML.
func FuzzAutodiscover(f *testing.F) {
	s, err := ewstest.NewServer(ewstest.Config{})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(soapRequest("GetUserSettings", []string{"alice@example.com"}, "UserDN", "AlternateMailboxes"))
	f.Add(soapRequest("GetDomainSettings", []string{"example.com"}, "ExternalEwsUrl"))
	f.Add(poxRequest("alice@example.com"))
	f.Add("<a/>")
	f.Add("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>")
	f.Fuzz(func(t *testing.T, body string) {
		for _, path := range []string{soapService, poxService} {
			status, text := serve(s, path, body)
			if status != http.StatusBadRequest && xml.Unmarshal([]byte(text), new(node)) != nil {
				t.Errorf("status %d, no XML: %s", status, text)
			}
		}
	})
}
