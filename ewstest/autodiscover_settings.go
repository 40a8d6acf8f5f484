package ewstest

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/seed-1937cc67/goews/gen/types"
)

// The settings that are no plain texts.
const (
	alternateMailboxes = "AlternateMailboxes"
	externalWebClients = "ExternalWebClientUrls"
	internalWebClients = "InternalWebClientUrls"
)

// userSettingNames are the settings that a client may ask for.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/setting-soap
var userSettingNames = nameSet(`
	UserDisplayName UserDN UserDeploymentId InternalMailboxServer InternalRpcClientServer InternalMailboxServerDN
	InternalEcpUrl InternalEcpVoicemailUrl InternalEcpEmailSubscriptionsUrl InternalEcpTextMessagingUrl
	InternalEcpDeliveryReportUrl InternalEcpRetentionPolicyTagsUrl InternalEcpPublishingUrl InternalEwsUrl InternalOABUrl
	InternalUMUrl InternalWebClientUrls MailboxDN PublicFolderServer ActiveDirectoryServer ExternalMailboxServer
	ExternalMailboxServerRequiresSSL ExternalMailboxServerAuthenticationMethods EcpVoicemailUrlFragment
	EcpEmailSubscriptionsUrlFragment EcpTextMessagingUrlFragment EcpDeliveryReportUrlFragment
	EcpRetentionPolicyTagsUrlFragment EcpPublishingUrlFragment ExternalEcpUrl ExternalEcpVoicemailUrl
	ExternalEcpEmailSubscriptionsUrl ExternalEcpTextMessagingUrl ExternalEcpDeliveryReportUrl
	ExternalEcpRetentionPolicyTagsUrl ExternalEcpPublishingUrl ExternalEwsUrl ExternalOABUrl ExternalUMUrl
	ExternalWebClientUrls CrossOrganizationSharingEnabled AlternateMailboxes CasVersion EwsSupportedSchemas
	InternalPop3Connections ExternalPop3Connections InternalImap4Connections ExternalImap4Connections
	InternalSmtpConnections ExternalSmtpConnections InternalServerExclusiveConnect ExternalServerExclusiveConnect
	ExchangeRpcUrl ShowGalAsDefaultView AutoDiscoverSMTPAddress InteropExternalEwsUrl ExternalEwsVersion
	InteropExternalEwsVersion MobileMailboxPolicyInterop GroupingInformation UserMSOnline MapiHttpEnabled
	PublicFolderInformation`)

// domainSettingNames are the settings of a domain.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/getdomainsettings-operation-soap
var domainSettingNames = nameSet(`ExternalEwsUrl ExternalEwsVersion`)

func nameSet(list string) map[string]bool {
	m := map[string]bool{}
	for _, n := range strings.Fields(list) {
		m[n] = true
	}
	return m
}

// organization is where all that has a distinguished name is.
const organization = "/o=Example/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn="

// legacyDN is the user's distinguished name.
func (b *mailbox) legacyDN() string {
	return fmt.Sprintf("%sRecipients/cn=%032x-%s", organization, b.number, b.account.Name)
}

// byLegacyDN returns the mailbox with the distinguished name, nil if there is
// none.
func (s *store) byLegacyDN(dn string) *mailbox {
	for _, b := range s.boxes {
		if strings.EqualFold(b.legacyDN(), dn) {
			return b
		}
	}
	return nil
}

// deploymentID tells one forest from another.
const deploymentID = "6ea0e1f6-6f3c-4c4f-9d60-0a4b3f1b7a52"

// setting returns a setting of the mailbox's user, as text, that a client asked
// for at host. It is empty if it is not available.
func (s *Server) setting(b *mailbox, name, host string) string {
	for _, m := range []map[string]string{b.account.Settings, s.cfg.Autodiscover.Settings} {
		if v, ok := m[name]; ok {
			return v
		}
	}
	server, _, _ := strings.Cut(host, ":")
	switch name {
	case "AutoDiscoverSMTPAddress":
		return b.account.Address
	case "UserDisplayName":
		return b.account.Name
	case "UserDN":
		return b.legacyDN()
	case "UserDeploymentId":
		return deploymentID
	case "InternalMailboxServer", "InternalRpcClientServer", "ExternalMailboxServer", "ActiveDirectoryServer":
		return server
	case "InternalMailboxServerDN":
		return organization + "Configuration/cn=Servers/cn=" + server
	case "MailboxDN":
		return organization + "Configuration/cn=Servers/cn=" + server + "/cn=Microsoft Private MDB"
	case "ExternalMailboxServerRequiresSSL":
		return "True"
	case "ExternalMailboxServerAuthenticationMethods":
		return "Basic"
	case "InternalServerExclusiveConnect":
		return "Off"
	case "ExternalServerExclusiveConnect":
		return "On"
	case "CrossOrganizationSharingEnabled", "UserMSOnline", "MapiHttpEnabled", "ShowGalAsDefaultView":
		return "False"
	case "GroupingInformation":
		return "Default-First-Site-Name"
	case "PublicFolderInformation":
		return s.cfg.Autodiscover.PublicFolders
	case "InternalEcpUrl", "ExternalEcpUrl":
		return "https://" + host + "/ecp/"
	case "InternalOABUrl", "ExternalOABUrl":
		return "https://" + host + "/OAB/" + deploymentID + "/"
	case internalWebClients, externalWebClients:
		return "https://" + host + "/owa/"
	}
	return s.domainSetting(name, host)
}

// domainSetting returns a setting that is the same for all users.
func (s *Server) domainSetting(name, host string) string {
	if v, ok := s.cfg.Autodiscover.Settings[name]; ok {
		return v
	}
	switch name {
	case "ExternalEwsUrl":
		return cmp.Or(s.cfg.Autodiscover.ExternalURL, "https://"+host+EndpointPath)
	case "InternalEwsUrl":
		return cmp.Or(s.cfg.Autodiscover.InternalURL, "https://"+host+EndpointPath)
	case "CasVersion", "ExternalEwsVersion":
		return s.release.dotted()
	case "EwsSupportedSchemas":
		return s.supportedSchemas()
	}
	return ""
}

// dotted is the build as in "15.02.2562.017".
func (r release) dotted() string {
	return fmt.Sprintf("%02d.%02d.%04d.%03d", r.major, r.minor, r.build, r.minorBuild)
}

// hex is the build as in ServerVersion: four bits that tell it from older
// forms, six each for major and minor version, a flag, and fifteen for the
// build.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/serverversion-pox
func (r release) hex() string {
	return fmt.Sprintf("%08X", uint32(7)<<28|uint32(r.major)<<22|uint32(r.minor)<<16|uint32(1)<<15|uint32(r.build))
}

// supportedSchemas lists the schema versions of the server, as far as they have
// a name of a product: those with the name of a date are not among them.
func (s *Server) supportedSchemas() string {
	list := "Exchange2007"
	for _, r := range releases {
		if !s.cfg.Version.Before(r.version) && strings.HasPrefix(string(r.version), "Exchange") {
			list += ", " + string(r.version)
		}
	}
	return list
}

// productVersion is the newest of supportedSchemas, which the SOAP service
// calls itself.
func (s *Server) productVersion() types.ExchangeVersion {
	list := s.supportedSchemas()
	return types.ExchangeVersion(list[strings.LastIndex(list, " ")+1:])
}
