package oauth

import (
	"net/url"
	"slices"
	"strings"

	"golang.org/x/oauth2"
)

// Authority is an authorization server, and what is asked of it for EWS. EntraID
// and ADFS make one; for another server give at least the Endpoint and, in
// Config, the Scopes.
type Authority struct {
	// Endpoint has the addresses, https all of them. AuthURL is needed for
	// SignIn and Authorize, DeviceAuthURL for DeviceSignIn. A client secret is
	// sent in the header, as RFC 6749 section 2.3.1 prefers, unless AuthStyle is
	// oauth2.AuthStyleInParams.
	Endpoint oauth2.Endpoint
	// Audience is whom the assertions of Certificate and PrivateKey are for.
	// Default: Endpoint.TokenURL.
	Audience string
	// Resource is sent as the parameter of that name: the server that tokens are
	// for, as AD FS has it. Empty: not sent.
	Resource string
	// AppScopes are asked for when the program acts by itself.
	AppScopes []string
	// UserScopes are asked for when a user signs in.
	UserScopes []string
	// RSA is how assertions are signed with an RSA key: "RS256", the default, or
	// "PS256".
	RSA string
}

// Cloud is one of those that Microsoft 365 is in. Each has servers, users and
// registered applications of its own.
type Cloud int

// The clouds. See
// https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud,
// and for the addresses of Exchange Online
// https://learn.microsoft.com/microsoft-365/enterprise/microsoft-365-endpoints.
const (
	Global          Cloud = iota // worldwide, and GCC
	USGovernment                 // GCC High
	USGovernmentDoD              // Department of Defense
	China                        // operated by 21Vianet
)

func (c Cloud) hosts() (login, exchange string) {
	switch c {
	case USGovernment:
		return "login.microsoftonline.us", "outlook.office365.us"
	case USGovernmentDoD:
		return "login.microsoftonline.us", "outlook-dod.office365.us"
	case China:
		return "login.partner.microsoftonline.cn", "partner.outlook.cn"
	}
	return "login.microsoftonline.com", "outlook.office365.com"
}

// EWS returns the address for Config.Endpoint of ews or orm, as in
// https://outlook.office365.com/EWS/Exchange.asmx.
func (c Cloud) EWS() string {
	_, exchange := c.hosts()
	return "https://" + exchange + "/EWS/Exchange.asmx"
}

// EntraID returns the authority for a tenant of Microsoft Entra ID, by its id or
// one of its domains; empty for "organizations", with which users of all tenants
// sign in, but no program by itself. Tokens are for Exchange Online; see For.
//
// Applications ask for https://outlook.office365.com/.default, and need the
// permission full_access_as_app; users for EWS.AccessAsUser.All and
// offline_access, for without the latter there is no refresh. See
// https://learn.microsoft.com/exchange/client-developer/exchange-web-services/how-to-authenticate-an-ews-application-by-using-oauth.
func EntraID(cloud Cloud, tenant string) Authority {
	login, exchange := cloud.hosts()
	if tenant == "" {
		tenant = "organizations"
	}
	base := "https://" + login + "/" + url.PathEscape(tenant) + "/oauth2/v2.0/"
	a := Authority{
		Endpoint: oauth2.Endpoint{
			AuthURL: base + "authorize", TokenURL: base + "token", DeviceAuthURL: base + "devicecode",
			AuthStyle: oauth2.AuthStyleInParams,
		},
		RSA: "PS256",
	}
	return a.For("https://" + exchange)
}

// ADFS returns the authority for Active Directory Federation Services at host,
// as in "fs.example.com". server is the address of Exchange as AD FS knows it,
// the identifier of the Web API there, as in "https://mail.example.com/". AD FS
// takes PKCE from version 2019 on. See
// https://learn.microsoft.com/windows-server/identity/ad-fs/overview/ad-fs-openid-connect-oauth-flows-scenarios
// and
// https://learn.microsoft.com/exchange/plan-and-deploy/post-installation-tasks/enable-modern-auth-in-exchange-server-on-premises.
func ADFS(host, server string) Authority {
	base := "https://" + host + "/adfs/oauth2/"
	return Authority{
		Endpoint: oauth2.Endpoint{
			AuthURL: base + "authorize", TokenURL: base + "token", DeviceAuthURL: base + "devicecode",
			AuthStyle: oauth2.AuthStyleInParams,
		},
		Resource:   server,
		UserScopes: []string{"openid"},
	}
}

// For returns a copy of a whose tokens are for another server, as in
// "https://mail.example.com": Exchange on premises in a hybrid organisation,
// where its address is one of the service principal names of Exchange in Entra
// ID. It changes the scopes; of an AD FS, the resource. See
// https://learn.microsoft.com/microsoft-365/enterprise/configure-exchange-server-for-hybrid-modern-authentication.
func (a Authority) For(server string) Authority {
	if a.Resource != "" {
		a.Resource = server
		return a
	}
	server = strings.TrimSuffix(server, "/")
	a.AppScopes = []string{server + "/.default"}
	a.UserScopes = []string{server + "/EWS.AccessAsUser.All", "offline_access"}
	return a
}

func (a Authority) clone() Authority {
	a.AppScopes, a.UserScopes = slices.Clone(a.AppScopes), slices.Clone(a.UserScopes)
	if a.Audience == "" {
		a.Audience = a.Endpoint.TokenURL
	}
	return a
}
