package merge

import (
	"strings"
)

// since returns the version that a component has been there since, given the
// version of the first set that has it.
//
// There is no set of Exchange2013 as it first came out: the oldest of that
// line is Exchange2013_SP1. Microsoft's reference says on each element's page
// which of the two brought it, so what that set has first is taken for
// Exchange2013, but for what the reference says of Service Pack 1. A page is of
// an element, or of an element of one type; it goes for the type, the
// operation, and the property path of the same name, too.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/ews-xml-elements-in-exchange
func since(version, key string) string {
	if version == "Exchange2013_SP1" && !broughtBySP1(key) {
		return "Exchange2013"
	}
	return version
}

func broughtBySP1(key string) bool {
	_, key, _ = strings.Cut(key, ":") // the prefix
	owner, member, isMember := strings.Cut(key, "/")
	if enum, value, ok := strings.Cut(key, "="); ok { // a property path, or "Exchange2013_SP1" itself
		if enum == "ExchangeVersionType" {
			return true
		}
		if _, local, ok := strings.Cut(value, ":"); ok {
			value = local
		}
		return sp1[value]
	}
	if isMember {
		member = strings.TrimPrefix(member, "@")
		return sp1[member] || sp1Of[owner+"/"+member] || sp1[strings.TrimSuffix(owner, "Type")]
	}
	return sp1[owner] || sp1[strings.TrimSuffix(owner, "Type")]
}

// sp1 are the elements that the reference says came with Exchange Server 2013
// Service Pack 1.
var sp1 = words(`
	ActionUrl AddItemToMyCalendar ApiVersionSupported App AppStatus ApprovalDecision ApprovalDecisionMaker ApprovalDecisionTime
	ApprovalRequestData Apps Association AttachLongPathName EndNodeUrl ExtendedAttribute ExtendedAttributes ExternalDirectoryObjectId
	FirstLoadedRowIndex FirstMatchingRowIndex GetEncryptionConfiguration GetEncryptionConfigurationResponse
	GetEncryptionConfigurationResponseMessage GetFederatedDirectoryGroup GetFederatedDirectoryGroupResponse GetFederatedDirectoryUser
	GetFederatedDirectoryUserResponse GlobalHasIrm GroupingAction HasIrm Identity IdentityDetails IsClutter IsMember IsPin
	IsUndecidedApprovalRequest ItemHoldPeriod JoinDate JoinedBy Master Members Metadata NormalizedBodyType Owners PhotoUrl
	PredictedActionReason PredictedActionReasons ProposeNewTime ReminderMessageData ReminderText ResponseObjects SchemaVersionSupported
	SendPrompt SetEncryptionConfiguration SetEncryptionConfigurationResponse SetEncryptionConfigurationResponseMessage UniqueBodyType
	UpdateItem UpdateMailboxAssociation UpdateMailboxAssociationResponse UpdateMailboxAssociationResponseMessage UserOptions VotingInformation
	VotingOptionData VotingResponse
`)

// sp1Of are those of one type alone.
var sp1Of = words(`
	ArrayOfFederatedDirectoryGroupsType/Group ArrayOfFederatedDirectoryGroupsType/Groups ArrayOfStringsType/Properties AttendeeType/ProposedEnd
	AttendeeType/ProposedStart ClientAccessTokenRequestType/Scope DiscoverySearchConfigurationType/Language
	EncryptionConfigurationResponseType/DisclaimerText EncryptionConfigurationResponseType/EmailText
	EncryptionConfigurationResponseType/ImageBase64 EncryptionConfigurationResponseType/PortalText ExtendedAttributeType/Name
	ExtendedAttributeType/Value FederatedDirectoryGroupType/Alias FederatedDirectoryGroupType/CalendarUrl
	FederatedDirectoryGroupType/DisplayName FederatedDirectoryGroupType/ExternalDirectoryObjectId FederatedDirectoryGroupType/GroupType
	FederatedDirectoryGroupType/InboxUrl FederatedDirectoryGroupType/IsMember FederatedDirectoryGroupType/IsPinned
	FederatedDirectoryGroupType/JoinDate FederatedDirectoryGroupType/LegacyDn FederatedDirectoryGroupType/PeopleUrl
	FederatedDirectoryGroupType/PhotoUrl FederatedDirectoryGroupType/SmtpAddress
	FederatedDirectoryIdentityDetailsType/ExternalDirectoryObjectId GetFederatedDirectoryUserType/ExternalDirectoryObjectId
	GetPersonaType/EmailAddress ItemIdType/RecurringMasterItemId ItemType/GroupingAction ItemType/NextPredictedAction
	MailboxAssociationType/Group MailboxAssociationType/User MasterMailboxType/Alias MasterMailboxType/CalendarUrl
	MasterMailboxType/Description MasterMailboxType/DisplayName MasterMailboxType/DomainController MasterMailboxType/GroupType
	MasterMailboxType/InboxUrl MasterMailboxType/MailboxType MasterMailboxType/Photo MasterMailboxType/SharePointUrl
	MasterMailboxType/SmtpAddress MeetingRegistrationResponseObjectType/ProposedEnd MeetingRegistrationResponseObjectType/ProposedStart
	NonEmptyArrayOfLegacyDNsType/LegacyDn ReminderMessageDataType/StartTime SetEncryptionConfigurationType/DisclaimerText
	SetEncryptionConfigurationType/EmailText SetEncryptionConfigurationType/ImageBase64 SetEncryptionConfigurationType/PortalText
	VotingOptionDataType/DisplayName
`)

func words(s string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(s) {
		m[w] = true
	}
	return m
}
