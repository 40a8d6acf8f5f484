package autodiscover

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/seed-1937cc67/goews/gen/types"
)

const (
	soapHead = `<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:a="http://www.w3.org/2005/08/addressing"><s:Header>` +
		`<h:ServerVersionInfo xmlns:h="http://schemas.microsoft.com/exchange/2010/Autodiscover"><h:MajorVersion>15</h:MajorVersion><h:MinorVersion>0</h:MinorVersion>` +
		`<h:MajorBuildNumber>160</h:MajorBuildNumber><h:MinorBuildNumber>4</h:MinorBuildNumber><h:Version>Exchange2013</h:Version></h:ServerVersionInfo></s:Header><s:Body>` +
		`<GetUserSettingsResponseMessage xmlns="http://schemas.microsoft.com/exchange/2010/Autodiscover"><Response xmlns:i="http://www.w3.org/2001/XMLSchema-instance">`
	soapTail = `</Response></GetUserSettingsResponseMessage></s:Body></s:Envelope>`
)

// maraSOAP has the values of the example at
// https://learn.microsoft.com/exchange/client-developer/exchange-web-services/how-to-get-user-settings-from-exchange-by-using-autodiscover.
const maraSOAP = soapHead + `<ErrorCode>NoError</ErrorCode><ErrorMessage/><UserResponses><UserResponse><ErrorCode>NoError</ErrorCode><ErrorMessage>No error.</ErrorMessage>
<RedirectTarget i:nil="true"/><UserSettingErrors><UserSettingError><ErrorCode>SettingIsNotAvailable</ErrorCode><ErrorMessage>not here</ErrorMessage><SettingName>PublicFolderInformation</SettingName></UserSettingError></UserSettingErrors>
<UserSettings>
<UserSetting i:type="StringSetting"><Name>UserDisplayName</Name><Value>Mara Whitley</Value></UserSetting>
<UserSetting i:type="StringSetting"><Name>UserDN</Name><Value>/o=microsoft/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn=mara</Value></UserSetting>
<UserSetting i:type="StringSetting"><Name>CasVersion</Name><Value>15.01.0160.004</Value></UserSetting>
<UserSetting i:type="StringSetting"><Name>EwsSupportedSchemas</Name><Value>Exchange2007, Exchange2007_SP1, Exchange2010, Exchange2010_SP1, Exchange2010_SP2, Exchange2013</Value></UserSetting>
<UserSetting i:type="StringSetting"><Name>ExternalEwsUrl</Name><Value>https://mail.contoso.com/EWS/Exchange.asmx</Value></UserSetting>
<UserSetting i:type="StringSetting"><Name>GroupingInformation</Name><Value>CONTOSO-1</Value></UserSetting>
<UserSetting i:type="StringSetting"><Name>SomethingNewer</Name><Value>42</Value></UserSetting>
<q1:UserSetting xmlns:q1="http://schemas.microsoft.com/exchange/2010/Autodiscover" i:type="q1:AlternateMailboxCollectionSetting"><q1:Name>AlternateMailboxes</q1:Name><q1:AlternateMailboxes>
<q1:AlternateMailbox><q1:Type>Archive</q1:Type><q1:DisplayName>Online Archive - Mara</q1:DisplayName><q1:LegacyDN>/o=x/cn=archive</q1:LegacyDN><q1:Server>a@contoso.com</q1:Server></q1:AlternateMailbox>
<q1:AlternateMailbox><q1:Type>Delegate</q1:Type><q1:SmtpAddress>boss@contoso.com</q1:SmtpAddress><q1:OwnerSmtpAddress>boss@contoso.com</q1:OwnerSmtpAddress></q1:AlternateMailbox>
</q1:AlternateMailboxes></q1:UserSetting>
<UserSetting i:type="WebClientUrlCollectionSetting"><Name>ExternalWebClientUrls</Name><WebClientUrls><WebClientUrl><AuthenticationMethods>Basic, Fba</AuthenticationMethods><Url>https://mail.contoso.com/owa/</Url></WebClientUrl></WebClientUrls></UserSetting>
<UserSetting i:type="ProtocolConnectionCollectionSetting"><Name>ExternalImap4Connections</Name><ProtocolConnections><ProtocolConnection><Hostname>imap.contoso.com</Hostname><Port>993</Port><EncryptionMethod>SSL</EncryptionMethod></ProtocolConnection>
<ProtocolConnection><Hostname>imap.contoso.com</Hostname><Port>143</Port><EncryptionMethod>TLS</EncryptionMethod></ProtocolConnection></ProtocolConnections></UserSetting>
</UserSettings></UserResponse></UserResponses>` + soapTail

// maraPOX has the values of the other example there.
const maraPOX = `<?xml version="1.0" encoding="utf-8"?><Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"><Response xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a">
<User><DisplayName>Mara Whitley</DisplayName><LegacyDN>/o=First Organization/cn=Recipients/cn=Mara</LegacyDN><AutoDiscoverSMTPAddress>mara@contoso.com</AutoDiscoverSMTPAddress><DeploymentId>50817eff-b925-4578-a0db-13bfc635e7a5</DeploymentId></User>
<Account><AccountType>email</AccountType><Action>settings</Action><MicrosoftOnline>False</MicrosoftOnline>
<Protocol><Type>EXCH</Type><Server>5f76be3c-9138-4f66-85e0-21bc23ca35f0@contoso.com</Server><ServerVersion>73C08204</ServerVersion><MdbDN>/o=First Organization/cn=Microsoft Private MDB</MdbDN>
<PublicFolderServer>public.contoso.com</PublicFolderServer><AD>dc.contoso.com</AD><ASUrl>https://in.contoso.com/EWS/Exchange.asmx</ASUrl><EwsUrl>https://inside.contoso.com/EWS/Exchange.asmx</EwsUrl>
<EcpUrl-um>?rfr=olk&amp;p=customize/voicemail.aspx</EcpUrl-um><OABUrl>https://mail.contoso.com/OAB/c21c7bc2/</OABUrl></Protocol>
<Protocol><Type>EXPR</Type><Server>mail.contoso.com</Server><SSL>Off</SSL><AuthPackage>Ntlm</AuthPackage><EwsUrl>https://mail.contoso.com/EWS/Exchange.asmx</EwsUrl></Protocol>
<Protocol><Type>WEB</Type><Internal><OWAUrl AuthenticationMethod="Basic, Fba">https://mail.contoso.com/owa/</OWAUrl><Protocol><Type>EXCH</Type><ASUrl>https://web.contoso.com/EWS/Exchange.asmx</ASUrl></Protocol></Internal></Protocol>
<Protocol Type="mapiHttp" Version="1"><MailStore><InternalUrl>https://mail.contoso.com/mapi/emsmdb/</InternalUrl></MailStore></Protocol>
<AlternativeMailbox><Type>Archive</Type><DisplayName>Archive of Mara</DisplayName><LegacyDN>/o=x/cn=archive</LegacyDN><Server>b@contoso.com</Server></AlternativeMailbox>
<AlternativeMailbox><Type>TeamMailbox</Type><SmtpAddress>team@contoso.com</SmtpAddress><OwnerSmtpAddress>o@contoso.com</OwnerSmtpAddress></AlternativeMailbox>
<PublicFolderInformation><SmtpAddress>folders@contoso.com</SmtpAddress></PublicFolderInformation></Account></Response></Autodiscover>`

// old2007 has the values of the example at
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/pox-autodiscover-response-for-exchange.
const old2007 = `<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"><Response xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a">
<User><DisplayName>First Last</DisplayName><LegacyDN>/o=contoso/ou=First Administrative Group/cn=Recipients/cn=iuser885646</LegacyDN><DeploymentId>644560b8-a1ce-429c-8ace-23395843f701</DeploymentId></User>
<Account><AccountType>email</AccountType><Action>settings</Action><Protocol><Type>EXCH</Type><Server>MBX-SERVER.mail.internal.contoso.com</Server><ServerVersion>72008287</ServerVersion>
<ASUrl>https://mail.contoso.com/ews/exchange.asmx</ASUrl><OOFUrl>https://mail.contoso.com/ews/exchange.asmx</OOFUrl></Protocol></Account></Response></Autodiscover>`

const poxError = `<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"><Response><Error Time="16:56:32.6164027" Id="1054084152"><ErrorCode>600</ErrorCode><Message>Invalid Request</Message><DebugData/></Error></Response></Autodiscover>`

func TestDecode(t *testing.T) {
	archive := Mailbox{Type: "Archive", DisplayName: "Online Archive - Mara", LegacyDN: "/o=x/cn=archive", Server: "a@contoso.com"}
	for name, tc := range map[string]struct {
		service Kind
		body    string
		want    *Result
		values  map[string]string // some of Settings
	}{
		"SOAP": {SOAP, maraSOAP, &Result{
			Address: "asked@contoso.com", DisplayName: "Mara Whitley", LegacyDN: "/o=microsoft/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn=mara",
			EWS: "https://mail.contoso.com/EWS/Exchange.asmx", External: "https://mail.contoso.com/EWS/Exchange.asmx", Version: types.ExchangeVersionExchange2013,
			Schemas: []string{"Exchange2007", "Exchange2007_SP1", "Exchange2010", "Exchange2010_SP1", "Exchange2010_SP2", "Exchange2013"}, Build: "15.1.160.4", Group: "CONTOSO-1",
			Mailboxes:     []Mailbox{archive, {Type: "Delegate", SMTPAddress: "boss@contoso.com", OwnerSMTPAddress: "boss@contoso.com"}},
			SettingErrors: []SettingError{{Name: "PublicFolderInformation", Code: "SettingIsNotAvailable", Message: "not here"}},
		}, map[string]string{
			"SomethingNewer": "42", "ExternalWebClientUrls": "Basic, Fba https://mail.contoso.com/owa/",
			"ExternalImap4Connections": "imap.contoso.com 993 SSL; imap.contoso.com 143 TLS",
		}},
		"POX": {POX, maraPOX, &Result{
			Address: "mara@contoso.com", DisplayName: "Mara Whitley", LegacyDN: "/o=First Organization/cn=Recipients/cn=Mara",
			EWS: "https://mail.contoso.com/EWS/Exchange.asmx", External: "https://mail.contoso.com/EWS/Exchange.asmx", Internal: "https://inside.contoso.com/EWS/Exchange.asmx",
			Version: types.ExchangeVersionExchange2013, Build: "15.0.516", PublicFolders: "folders@contoso.com",
			Mailboxes: []Mailbox{
				{Type: "Archive", DisplayName: "Archive of Mara", LegacyDN: "/o=x/cn=archive", Server: "b@contoso.com"},
				{Type: "TeamMailbox", SMTPAddress: "team@contoso.com", OwnerSMTPAddress: "o@contoso.com"},
			},
		}, map[string]string{
			"MailboxDN": "/o=First Organization/cn=Microsoft Private MDB", "EXCH/OABUrl": "https://mail.contoso.com/OAB/c21c7bc2/", "EXPR/SSL": "Off", "WEB/Internal/OWAUrl": "https://mail.contoso.com/owa/",
			"mapiHttp/MailStore/InternalUrl": "https://mail.contoso.com/mapi/emsmdb/", "PublicFolderServer": "public.contoso.com", "UserMSOnline": "False",
		}},
		"POX of Exchange 2007": {POX, old2007, &Result{
			Address: "asked@contoso.com", DisplayName: "First Last", LegacyDN: "/o=contoso/ou=First Administrative Group/cn=Recipients/cn=iuser885646",
			EWS: "https://mail.contoso.com/ews/exchange.asmx", Internal: "https://mail.contoso.com/ews/exchange.asmx", Version: types.ExchangeVersionExchange2007, Build: "8.0.647",
		}, nil},
		"JSON": {JSON, `{"Protocol":"EWS","Url":"https://mail.contoso.com/EWS/Exchange.asmx"}`, &Result{
			Address: "asked@contoso.com", EWS: "https://mail.contoso.com/EWS/Exchange.asmx", External: "https://mail.contoso.com/EWS/Exchange.asmx",
		}, nil},
	} {
		a, err := decode(tc.service, []byte(tc.body))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := a.result(&Config{}, "asked@contoso.com")
		if diff := cmp.Diff(tc.want, got, cmpopts.IgnoreFields(Result{}, "Settings")); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
		for i := range tc.want.Mailboxes {
			if m := &got.Mailboxes[i]; (m.Type == "Archive") != (got.Archive() == m) {
				t.Errorf("%s: the archive is %v", name, got.Archive())
			}
		}
		for k, v := range tc.values {
			if got.Settings[k] != v {
				t.Errorf("%s: setting %s is %q, want %q", name, k, got.Settings[k], v)
			}
		}
	}
}

func TestDecodeErrors(t *testing.T) {
	for _, tc := range []struct {
		service       Kind
		body          string
		code, message string // of the answer
		err           string // part of the error, if there is no answer
	}{
		{POX, poxError, "600", "Invalid Request", ""},
		{POX, `<Autodiscover><Response><Account><Error><ErrorCode>500</ErrorCode></Error></Account></Response></Autodiscover>`, "500", "", ""},
		{POX, `<Autodiscover><Response/></Autodiscover>`, "", "", "neither an Account nor an Error"},
		{POX, `<html/>`, "", "", "not Autodiscover"},
		{POX, `<!DOCTYPE Autodiscover [<!ENTITY x "y">]><Autodiscover>&x;</Autodiscover>`, "", "", "document type"},
		{POX, `<Autodiscover><Response><Account>`, "", "", "EOF"},
		{SOAP, soapHead + `<ErrorCode>InvalidRequest</ErrorCode><ErrorMessage>bad request</ErrorMessage>` + soapTail, "InvalidRequest", "bad request", ""},
		{SOAP, soapHead + `<ErrorCode>NoError</ErrorCode>` + soapTail, "", "", "no user in the answer"},
		{SOAP, `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>a:InternalServiceFault</faultcode><faultstring>it broke</faultstring></s:Fault></s:Body></s:Envelope>`, "InternalServiceFault", "it broke", ""},
		{SOAP, `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body/></s:Envelope>`, "", "", "no answer in it"},
		{SOAP, `<Autodiscover/>`, "", "", "not a SOAP envelope"},
		{SOAP, "", "", "", "EOF"},
		{JSON, `{"ErrorCode":"InvalidProtocol","ErrorMessage":"no such protocol"}`, "InvalidProtocol", "no such protocol", ""},
		{JSON, `{"Code":"MailboxNotFound","Message":"gone"}`, "MailboxNotFound", "gone", ""},
		{JSON, `{}`, "", "", "neither a URL nor an error"},
		{JSON, `[]`, "", "", "no JSON of this service"},
	} {
		a, err := decode(tc.service, []byte(tc.body))
		if tc.err != "" {
			if err == nil || !strings.Contains(err.Error(), tc.err) {
				t.Errorf("%.60s: %v, %v; want an error with %q", tc.body, a, err, tc.err)
			}
			continue
		}
		if err != nil || a.code != tc.code || a.message != tc.message {
			t.Errorf("%.60s: %+v, %v; want %s, %s", tc.body, a, err, tc.code, tc.message)
		}
	}
}

func TestVersions(t *testing.T) {
	for names, want := range map[string]types.ExchangeVersion{
		"Exchange2013,Exchange2007_SP1":                 "Exchange2013",
		"Exchange2010_SP2, Exchange2013, Exchange2015":  "Exchange2013",
		"Exchange2016,Exchange2013_SP1":                 "Exchange2016",
		"V2015_10_05, V2017_07_11, V2_99, Exchange2016": "V2017_07_11",
		"ZZZ": "",
		"":    "",
	} {
		a := answer{values: map[string]string{"EwsSupportedSchemas": names}}
		if got := a.result(&Config{}, "a@b.example").Version; got != want {
			t.Errorf("%s: %s, want %s", names, got, want)
		}
	}
	for build, want := range map[string]types.ExchangeVersion{
		"8.0.685.25": "Exchange2007", "8.3.83": "Exchange2007_SP1", "14.0.639": "Exchange2010", "14.1.1": "Exchange2010_SP1", "14.3.136": "Exchange2010_SP2",
		"15.0.516": "Exchange2013", "15.0.847": "Exchange2013_SP1", "15.2.1258.12": "Exchange2016", "6.5.7638": "", "x": "",
	} {
		if got := ofBuild(build); got != want {
			t.Errorf("build %s: %s, want %s", build, got, want)
		}
	}
	for hex, want := range map[string]string{"738180DA": "14.1.218", "73C08204": "15.0.516", "72008287": "8.0.647", "": "", "zz": "", "00000001": ""} {
		if got := version(hex); got != want {
			t.Errorf("ServerVersion %s: %q, want %q", hex, got, want)
		}
	}
}

// The requests are valid by the schemas of the services.
func TestRequestsAreValid(t *testing.T) {
	folder := "../../shared/schemas/autodiscover"
	if _, err := os.Stat(folder); err != nil {
		t.Skip("no schemas: ", err)
	}
	xmllint, err := exec.LookPath("xmllint")
	if err != nil {
		t.Skip("no xmllint: ", err)
	}
	const odd = `o'neill&<"co">@example.com`
	soap := func(request []byte) string {
		_, rest, _ := strings.Cut(string(request), "<soap:Body>")
		body, _, _ := strings.Cut(rest, "</soap:Body>")
		return strings.Replace(body, "RequestMessage>", `RequestMessage xmlns:a="`+nsService+`" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">`, 1)
	}
	cfg := Config{}.withDefaults()
	for name, tc := range map[string]struct{ schema, document string }{
		"GetUserSettings":   {"autodiscover-soap-messages.xsd", soap(userSettings(string(cfg.Version), "https://x/", []string{odd, "b@example.com"}, cfg.Settings))},
		"GetDomainSettings": {"autodiscover-soap-messages.xsd", soap(domainSettings(string(cfg.Version), "https://x/", []string{"example.com"}, []string{"ExternalEwsUrl"}))},
		"version":           {"autodiscover-soap-messages.xsd", `<RequestedServerVersion xmlns="` + nsService + `">` + string(cfg.Version) + `</RequestedServerVersion>`},
		"POX":               {"pox-outlook-request.xsd", string(outlook(odd))},
	} {
		file := filepath.Join(t.TempDir(), "request.xml")
		if err := os.WriteFile(file, []byte(tc.document), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.CommandContext(t.Context(), xmllint, "--nonet", "--noout", "--schema", filepath.Join(folder, tc.schema), file).CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s\n%s", name, err, out, tc.document)
		}
	}
}

func FuzzSOAP(f *testing.F) {
	f.Add([]byte(maraSOAP))
	f.Add([]byte(soapHead + `<ErrorCode>InvalidRequest</ErrorCode>` + soapTail))
	f.Fuzz(func(t *testing.T, body []byte) {
		if a, err := decode(SOAP, body); err == nil {
			checkResult(t, a)
		}
	})
}

func FuzzPOX(f *testing.F) {
	for _, s := range []string{maraPOX, old2007, poxError} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if a, err := decode(POX, body); err == nil {
			checkResult(t, a)
		}
	})
}

func FuzzJSON(f *testing.F) {
	f.Add([]byte(`{"Protocol":"EWS","Url":"https://mail.contoso.com/EWS/Exchange.asmx"}`))
	f.Add([]byte(`{"ErrorCode":"InvalidProtocol","ErrorMessage":"no such protocol"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if a, err := decode(JSON, body); err == nil {
			checkResult(t, a)
		}
	})
}

// checkResult holds what everything that is read has to be.
func checkResult(t *testing.T, a *answer) {
	r := a.result(&Config{}, "asked@example.com")
	if r.EWS != "" && !strings.HasPrefix(strings.ToLower(r.EWS), "https://") {
		t.Errorf("EWS is %q", r.EWS)
	}
	if _, err := domainOf(r.Address); err != nil {
		t.Errorf("the address is %q: %v", r.Address, err)
	}
	if len(a.message) > 210 {
		t.Errorf("a message of %d bytes", len(a.message))
	}
}

func FuzzAddress(f *testing.F) {
	for _, s := range []string{"ann@example.com", "ann@müller.example", "a@b@example.com", "ann@evil.example/x?", "ann@[::1]", "@example.com", "ann@", "ann@example..com", "ann@a:b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, address string) {
		domain, err := domainOf(address)
		if err != nil {
			return
		}
		p := at("autodiscover." + domain)
		for _, service := range []Kind{SOAP, POX, JSON} {
			u := p.url(service, address)
			again, err := u.Parse(u.String())
			if err != nil || again.Host != "autodiscover."+domain || !strings.HasPrefix(again.Path, standard+".") || again.Fragment != "" {
				t.Errorf("%q: %s is not what it should be: %v", address, u, err)
			}
		}
	})
}

func TestPlaces(t *testing.T) {
	for in, want := range map[string][3]string{
		"https://Mail.example.com": {
			"https://mail.example.com/autodiscover/autodiscover.svc", "https://mail.example.com/autodiscover/autodiscover.xml",
			"https://mail.example.com/autodiscover/autodiscover.json/v1.0/a%2Fb%3Fc@example.com?Protocol=EWS",
		},
		"https://mail.example.com:8443/Autodiscover/Autodiscover.xml?x=y": {
			"https://mail.example.com:8443/Autodiscover/Autodiscover.svc", "https://mail.example.com:8443/Autodiscover/Autodiscover.xml",
			"https://mail.example.com:8443/Autodiscover/Autodiscover.json/v1.0/a%2Fb%3Fc@example.com?Protocol=EWS",
		},
		"https://[2001:db8::1]/exchange/autodiscover/": {
			"https://[2001:db8::1]/exchange/autodiscover/autodiscover.svc", "https://[2001:db8::1]/exchange/autodiscover/autodiscover.xml",
			"https://[2001:db8::1]/exchange/autodiscover/autodiscover.json/v1.0/a%2Fb%3Fc@example.com?Protocol=EWS",
		},
		"https://mail.example.com/other/path.aspx?id=1#x": {
			"https://mail.example.com/autodiscover/autodiscover.svc", "https://mail.example.com/other/path.aspx?id=1",
			"https://mail.example.com/autodiscover/autodiscover.json/v1.0/a%2Fb%3Fc@example.com?Protocol=EWS",
		},
	} {
		p := placeOf(mustParse(t, in))
		got := [3]string{p.url(SOAP, "").String(), p.url(POX, "").String(), p.url(JSON, "a/b?c@example.com").String()}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", in, diff)
		}
	}
}
