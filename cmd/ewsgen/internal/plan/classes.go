package plan

import (
	"slices"
	"strings"

	"github.com/seed-1937cc67/goews/internal/xsd"
)

// classPrefixes says which prefixes of property paths (UnindexedFieldURIType)
// a class takes, by the type that brings them in; a derived class has those of
// its bases too. See
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/fielduri.
var classPrefixes = map[string][]string{
	"t:ItemType":                       {"item"},
	"t:MessageType":                    {"message"},
	"t:SharingMessageType":             {"sharingMessage"},
	"t:MeetingMessageType":             {"meeting"},
	"t:MeetingRequestMessageType":      {"meetingRequest", "calendar"},
	"t:MeetingResponseMessageType":     {"calendar"},
	"t:MeetingCancellationMessageType": {"calendar"},
	"t:CalendarItemType":               {"calendar"},
	"t:ContactItemType":                {"contacts"},
	"t:DistributionListType":           {"distributionlist", "contacts"},
	"t:TaskType":                       {"task"},
	"t:PostItemType":                   {"postitem", "message"},
	"t:RoleMemberItemType":             {"rolemember"},
	"t:NetworkItemType":                {"network"},
	"t:AbchPersonItemType":             {"abchperson", "contacts"},
	"t:BookingItemType":                {"booking"},
	"t:BaseFolderType":                 {"folder"},
	"t:PersonaType":                    {"persona"},
	"t:ConversationType":               {"conversation"},
}

// uriNames are the property paths that do not end in the name of their
// element: class prefix and element -> path.
var uriNames = map[string]string{
	"task:StatusDescription": "task:StatusDescription",
}

// indexedProps are the properties whose entries have paths of their own
// (DictionaryURIType), and the enumeration of their keys.
var indexedProps = map[string]struct {
	uris []string
	key  string
}{
	"contacts:EmailAddresses":     {[]string{"contacts:EmailAddress"}, "t:EmailAddressKeyType"},
	"contacts:PhoneNumbers":       {[]string{"contacts:PhoneNumber"}, "t:PhoneNumberKeyType"},
	"contacts:ImAddresses":        {[]string{"contacts:ImAddress"}, "t:ImAddressKeyType"},
	"contacts:PhysicalAddresses":  {[]string{"contacts:PhysicalAddress:Street", "contacts:PhysicalAddress:City", "contacts:PhysicalAddress:State", "contacts:PhysicalAddress:CountryOrRegion", "contacts:PhysicalAddress:PostalCode"}, "t:PhysicalAddressKeyType"},
	"item:InternetMessageHeaders": {[]string{"item:InternetMessageHeader"}, ""},
	"distributionlist:Members":    {[]string{"distributionlist:Members:Member"}, ""},
}

// readOnly are the property paths that a client can't set, as the pages of
// Microsoft's reference say element by element.
var readOnly = set(`
	calendar:AdjacentMeetingCount calendar:AdjacentMeetings calendar:AppointmentReplyName calendar:AppointmentReplyTime
	calendar:AppointmentSequenceNumber calendar:AppointmentState calendar:CalendarItemType calendar:ConflictingMeetingCount
	calendar:ConflictingMeetings calendar:DeletedOccurrences calendar:Duration calendar:FirstOccurrence
	calendar:IsCancelled calendar:IsMeeting calendar:IsOrganizer calendar:IsRecurring calendar:JoinOnlineMeetingUrl
	calendar:LastOccurrence calendar:MeetingRequestWasSent calendar:ModifiedOccurrences calendar:MyResponseType
	calendar:OnlineMeetingSettings calendar:Organizer calendar:OriginalStart calendar:RecurrenceId calendar:TimeZone
	contacts:Alias contacts:CompleteName contacts:ContactSource contacts:DirectReports contacts:DirectoryId
	contacts:HasPicture contacts:MSExchangeCertificate contacts:ManagerMailbox contacts:Notes contacts:PhoneticFirstName
	contacts:PhoneticFullName contacts:PhoneticLastName contacts:Photo contacts:UserSMIMECertificate
	folder:ChildFolderCount folder:DistinguishedFolderId folder:EffectiveRights folder:FolderId folder:ManagedFolderInformation
	folder:ParentFolderId folder:SharingEffectiveRights folder:TotalCount folder:UnreadCount
	item:BlockStatus item:ConversationId item:DateTimeCreated item:DateTimeReceived item:DateTimeSent item:DisplayBcc item:DisplayCc
	item:DisplayTo item:EffectiveRights item:EntityExtractionResult item:ExchangePersonIdGuid item:FirstBody item:HasAttachments item:HasBlockedImages
	item:IconIndex item:InstanceKey item:InternetMessageHeaders item:IsDraft item:IsFromMe item:IsResend item:IsSubmitted
	item:IsUnmodified item:ItemId item:LastModifiedName item:LastModifiedTime item:NormalizedBody item:ParentFolderId
	item:PredictedActionReasons item:Preview item:ReceivedOrRenewTime item:ReminderNextTime item:ResponseObjects item:RightsManagementLicenseData
	item:SearchKey item:SortKey item:Size item:StoreEntryId item:TextBody item:UniqueBody item:UniqueTopFragment item:UniqueUnreadBody item:WebClientEditFormQueryString item:WebClientReadFormQueryString
	meeting:AssociatedCalendarItemId meeting:DoNotForwardMeeting meeting:HasBeenProcessed meeting:IsDelegated meeting:IsOutOfDate meeting:ProposedEnd
	meeting:ProposedStart meeting:ResponseType meetingRequest:ChangeHighlights meetingRequest:IntendedFreeBusyStatus
	meetingRequest:MeetingRequestType message:ApprovalRequestData message:ConversationIndex message:ConversationTopic
	message:ReceivedBy message:ReceivedRepresenting message:ReminderMessageData message:VotingInformation postitem:ConversationIndex
	postitem:ConversationTopic postitem:PostedTime task:AssignedTime task:ChangeCount task:DelegationState
	task:Delegator task:IsAssignmentEditable task:IsComplete task:IsRecurring task:IsTeamTask task:Owner task:StatusDescription
`)

// unsearchable are the paths that FindItem refuses in a restriction
// (ErrorUnsupportedPathForQuery), though their values have a simple type.
var unsearchable = set(`
	calendar:AllowNewTimeProposal calendar:IsResponseRequested calendar:UID item:Body item:Culture item:MimeContent
	item:ReminderDueBy item:TextBody item:UniqueBody message:ConversationIndex contacts:MSExchangeCertificate contacts:Photo
	contacts:UserSMIMECertificate contacts:Companies item:WebClientReadFormQueryString item:WebClientEditFormQueryString
	task:PercentComplete task:Status
`)

func set(s string) map[string]bool {
	m := map[string]bool{}
	for _, f := range strings.Fields(s) {
		m[f] = true
	}
	return m
}

// classes finds the structs whose fields have property paths.
func (b *builder) classes() {
	uris := map[string]xsd.Versions{}
	if t := b.s.Types[xsd.Name{Space: xsd.Types, Local: "UnindexedFieldURIType"}]; t != nil {
		for _, v := range t.Enum {
			uris[v.Value] = v.Versions
		}
	}
	for _, st := range b.p.Structs {
		if st.Type.Name.IsZero() || !st.Elem.IsZero() {
			continue
		}
		var prefixes []string
		response := false
		for _, n := range b.chain(st.Type.Name) {
			// An inherited property has the path that it has in the base.
			prefixes = append(slices.Clone(classPrefixes[n.String()]), prefixes...)
			response = response || strings.HasPrefix(n.Local, "ResponseObject")
		}
		if len(prefixes) == 0 || response {
			continue
		}
		c := &Class{Struct: st}
		for _, f := range st.Fields {
			if f.Kind != Element && f.Kind != Repeated || f.Name.Local == "ExtendedProperty" {
				continue
			}
			for _, p := range prefixes {
				uri := p + ":" + f.Name.Local
				if n, ok := uriNames[uri]; ok {
					uri = n
				}
				v, ok := uris[uri]
				if !ok {
					continue
				}
				if v == (xsd.Versions{}) {
					v = f.Versions
				}
				c.Props = append(c.Props, b.prop(f, uri, v))
				break
			}
		}
		st.Class = c
		b.p.Classes = append(b.p.Classes, c)
	}
}

func (b *builder) prop(f *Field, uri string, v xsd.Versions) *Prop {
	p := &Prop{Field: f, URI: uri, ReadOnly: readOnly[uri], Versions: v, Kind: "Value"}
	if ix, ok := indexedProps[uri]; ok {
		p.Indexed = &IndexedProp{URIs: ix.uris}
		if ix.key != "" {
			_, local, _ := strings.Cut(ix.key, ":")
			if t := b.s.Types[xsd.Name{Space: xsd.Types, Local: local}]; t != nil {
				p.Indexed.Key = b.enum(t, "")
			}
		}
	}
	if uri == "item:Body" {
		p.Kind = "Content"
	}
	val := f.Val
	for val.Shape == One {
		val = val.Inner
	}
	switch {
	case val.Shape == Many && val.Inner.Shape == StructVal && val.Inner.Struct.Go == "EmailAddress" && !p.ReadOnly:
		p.Kind = "Recipients"
	case unsearchable[uri] && val.Shape == Scalar && !val.List && !p.ReadOnly && p.Indexed == nil && val.Basic != Bytes:
		p.Kind = "Setting"
	case unsearchable[uri] || f.Kind == Repeated:
	case val.Shape == Many && val.Inner.Shape == Scalar && val.Inner.Basic == String && !val.Inner.List:
		p.Kind = "List"
	case val.Shape == StructVal && val.Struct.Go == "EmailAddress":
		p.Kind = "Mailbox"
	case val.Shape != Scalar || val.List:
	case val.Basic == String:
		p.Kind = "Text"
	case val.Basic == Bool:
		p.Kind = "Bool"
	case val.Basic == EnumString:
		p.Kind = "Enum"
	case val.Basic == Int32, val.Basic == Int64, val.Basic == Float64, val.Basic == Time, val.Basic == Date:
		p.Kind = "Ordered"
	}
	return p
}

// presence gives each optional field a bit. Classes have the wide set, so
// that a property has the same bit in every class that inherits it.
func (b *builder) presence() {
	for _, st := range b.p.Structs {
		n := 0
		for _, f := range st.Fields {
			f.Bit = -1
			wanted := !f.Required && (f.Kind == Element || f.Kind == Attr)
			if st.Class != nil && f.Kind == Element {
				wanted = true
			}
			if wanted {
				f.Bit = n
				n++
			}
		}
		st.Bits = n
		st.Wide = st.Class != nil || n > 64
		if n > 192 {
			b.fail("%s has %d optional fields; a Presence holds 192", st.Go, n)
		}
	}
}

// typeBatches gives each answer with ResponseMessages the type of its own
// operation's response messages.
func (b *builder) typeBatches() {
	array := b.s.Types[xsd.Name{Space: xsd.Messages, Local: "ArrayOfResponseMessagesType"}]
	alts := map[string]*xsd.Element{}
	if array != nil {
		for _, l := range b.leaves(b.content(array), false, false) {
			for _, c := range l.p.Children {
				e := b.decl(c.Element)
				alts[e.Name.Local] = e
			}
		}
	}
	taken := map[*Struct]string{}
	for _, op := range b.p.Ops {
		for _, f := range op.ResType.Fields {
			if f.Val != batchVal {
				continue
			}
			e := alts[op.Name+"ResponseMessage"]
			if e == nil {
				e = alts[strings.TrimSuffix(op.Response.Local, "Response")+"ResponseMessage"]
			}
			if e == nil {
				// Four operations have no alternative of their own; their
				// answers carry nothing but the status.
				e = &xsd.Element{
					Name: xsd.Name{Space: xsd.Messages, Local: op.Name + "ResponseMessage"},
					Type: xsd.Name{Space: xsd.Messages, Local: "ResponseMessageType"},
				}
			}
			if o, ok := taken[op.ResType]; ok {
				b.fail("%s and %s share an answer type", o, op.Name)
			}
			taken[op.ResType] = op.Name
			inner := b.val(e.Type, nil, "")
			f.Val = &Val{Shape: Many, Elem: e.Name, Inner: inner}
			op.ResType.Batch = f
		}
	}
	for len(b.todo) > 0 {
		st := b.todo[0]
		b.todo = b.todo[1:]
		b.fill(st)
	}
	for _, st := range b.p.Structs {
		if st.Type.Name.IsZero() {
			continue
		}
		st.Status = slices.Contains(b.chain(st.Type.Name), xsd.Name{Space: xsd.Messages, Local: "ResponseMessageType"})
	}
}

// batchVal stands for the content of ResponseMessages until typeBatches
// knows the operation.
var batchVal = &Val{Shape: Many}
