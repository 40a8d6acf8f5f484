package plan

import (
	"strings"
	"unicode"

	"github.com/seed-1937cc67/goews/internal/xsd"
)

// initialisms are words that Go writes in capitals.
var initialisms = map[string]string{
	"Id": "ID", "Ids": "IDs", "Uri": "URI", "Uris": "URIs", "Url": "URL", "Urls": "URLs",
	"Html": "HTML", "Xml": "XML", "Utc": "UTC", "Smtp": "SMTP", "Uid": "UID", "Http": "HTTP",
	"Guid": "GUID", "Guids": "GUIDs", "Api": "API", "Ip": "IP", "Json": "JSON", "Dns": "DNS",
	"Css": "CSS", "Ui": "UI",
}

// typeNames are the Go names of types for which dropping the suffix Type
// would collide, or would say the wrong thing. Everything else follows the
// rule of [typeName].
var typeNames = map[string]string{
	// An item of a class that has no element of its own; the interface is Item.
	"t:ItemType": "GenericItem",
	// Both X and XType exist; the complex type or the older one keeps the
	// short name.
	"t:EmailAddress":                         "AvailabilityEmailAddress",
	"t:FreeBusyViewType":                     "FreeBusyViewFlags",
	"t:Suggestion":                           "TimeSuggestion",
	"t:ServiceConfigurationType":             "ServiceConfigurationNames",
	"t:SharingActionType":                    "SharingActionCode",
	"t:ContentActivityType":                  "ContentActivityCode",
	"t:NonEmptyArrayOfExtendedFieldURIsType": "ExtendedFieldURIList",
	// Duration is xs:duration; this one is a start and an end.
	"t:Duration": "TimeWindow",
	// An enumeration and a complex type that would share a name with it.
	"t:BodyTypeType": "BodyType",
	// Names that read better without the schema's habit.
	"t:EmailAddressType":               "EmailAddress",
	"t:ContactItemType":                "Contact",
	"t:ContactType":                    "ExtractedContact",
	"t:RoleMemberItemType":             "RoleMember",
	"t:NetworkItemType":                "Network",
	"t:MeetingMessageType":             "MeetingMessage",
	"t:MeetingRequestMessageType":      "MeetingRequest",
	"t:MeetingResponseMessageType":     "MeetingResponse",
	"t:MeetingCancellationMessageType": "MeetingCancellation",
	"t:SharingMessageActionType":       "SharingMessageAction",
	"m:ResponseCodeType":               "ResponseCode",
}

// typeName returns the Go name of a named type: its local name without the
// suffix Type, initialisms in capitals.
func typeName(wire string) string {
	if n, ok := typeNames[wire]; ok {
		return n
	}
	_, local, _ := strings.Cut(wire, ":")
	if t := strings.TrimSuffix(local, "Type"); t != "" {
		local = t
	}
	return camel(local)
}

// camel returns s as an exported Go name.
func camel(s string) string {
	var b strings.Builder
	for _, w := range words(s) {
		r := []rune(w)
		r[0] = unicode.ToUpper(r[0])
		w = string(r)
		if up, ok := initialisms[w]; ok {
			w = up
		}
		b.WriteString(w)
	}
	out := b.String()
	if out == "" || !unicode.IsLetter(rune(out[0])) {
		out = "X" + out
	}
	return out
}

// words splits an identifier at capitals and at characters that identifiers
// do not have. A run of capitals is one word, its last letter starting the
// next one if a small letter follows; "IDs" stays whole.
func words(s string) []string {
	var out []string
	r := []rune(s)
	start := -1
	flush := func(i int) {
		if start >= 0 && i > start {
			out = append(out, string(r[start:i]))
		}
		start = -1
	}
	for i, c := range r {
		if !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			flush(i)
			continue
		}
		if start >= 0 && unicode.IsUpper(c) {
			prevLower := !unicode.IsUpper(r[i-1])
			nextLower := i+1 < len(r) && unicode.IsLower(r[i+1])
			plural := nextLower && r[i+1] == 's' && (i+2 == len(r) || unicode.IsUpper(r[i+2])) && !prevLower
			if prevLower || nextLower && !plural {
				flush(i)
			}
		}
		if start < 0 {
			start = i
		}
	}
	flush(len(r))
	return out
}

// ifaceNames are the names of closed interfaces, by the type that the
// members share. Everything else is named by its base type; "Any" goes
// before it if the base type is itself a struct.
var ifaceNames = map[string]string{
	"t:ItemType":                  "Item",
	"t:RecurrencePatternBaseType": "RecurrencePattern",
	"t:RecurrenceRangeBaseType":   "RecurrenceRange",
	"t:BasePathToElementType":     "Path",
	"t:SearchExpressionType":      "SearchExpression",
	"t:ItemChangeDescriptionType": "ItemChangeDescription",
	"t:BaseNotificationEventType": "NotificationEvent",
}

// familyNames are the names of closed interfaces whose members share no base
// type, by the type whose content they are.
var familyNames = map[string]string{
	"t:SyncFolderItemsChangesType":     "SyncFolderItemsChange",
	"t:SyncFolderHierarchyChangesType": "SyncFolderHierarchyChange",
	"t:ProtectionRuleAndType":          "ProtectionRuleOperand",
}

// memberPrefix are put before an element's name to name the struct that
// stands for it, where several elements of a choice share one type.
var memberPrefix = map[string]string{
	"t:SyncFolderItemsChangesType":     "SyncFolderItems",
	"t:SyncFolderHierarchyChangesType": "SyncFolderHierarchy",
	"t:ProtectionRuleAndType":          "ProtectionRule",
}

// choiceFields are the names of fields that hold a member of a choice, by
// interface. Everything else is named as the interface, without Base or Any.
var choiceFields = map[string]string{
	"RecurrencePattern": "Pattern",
	"RecurrenceRange":   "Range",
	"NotificationEvent": "Event",
	"BasePaging":        "Paging",
	"BaseGroupBy":       "GroupBy",
}

func choiceField(iface string, many bool) string {
	n, ok := choiceFields[iface]
	if !ok {
		n = strings.TrimPrefix(strings.TrimPrefix(iface, "Base"), "Any")
	}
	if many {
		n += "s"
	}
	return n
}

// fieldNames are the fields whose name another field of the struct has, too:
// an element that was renamed, by its spelling alone.
var fieldNames = map[string]string{
	"t:EntityFeedbackEntryType/ClientEventTimeUTC": "ClientEventTimeUTCV2016", // ...Utc since V2017_07_11
}

// fieldName returns the Go name of element in st.
func fieldName(st *Struct, element xsd.Name) string {
	if n, ok := fieldNames[st.Type.Name.String()+"/"+element.Local]; ok {
		return n
	}
	return camel(element.Local)
}
