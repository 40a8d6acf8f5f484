package ewstest

import (
	"slices"
	"strconv"

	"github.com/seed-1937cc67/goews/gen/types"
)

// mapiTag is a MAPI property that is another name of a property of items.
type mapiTag struct {
	uri  string
	typ  types.MapiPropertyType
	part string // of an address: "name" or "address"
}

// mapiTags are the MAPI properties that clients ask for by tag although
// Exchange has them as properties of items.
//
// MS-OXPROPS, section 2.
var mapiTags = map[uint64]mapiTag{
	0x0017: {"item:Importance", types.MapiPropertyTypeInteger, ""},
	0x001A: {"item:ItemClass", types.MapiPropertyTypeString, ""},
	0x0036: {"item:Sensitivity", types.MapiPropertyTypeInteger, ""},
	0x0037: {"item:Subject", types.MapiPropertyTypeString, ""},
	0x0039: {"item:DateTimeSent", types.MapiPropertyTypeSystemTime, ""},
	0x0042: {"message:From", types.MapiPropertyTypeString, "name"},
	0x0065: {"message:From", types.MapiPropertyTypeString, "address"},
	0x0070: {"message:ConversationTopic", types.MapiPropertyTypeString, ""},
	0x0071: {"message:ConversationIndex", types.MapiPropertyTypeBinary, ""},
	0x0C1A: {"message:Sender", types.MapiPropertyTypeString, "name"},
	0x0C1F: {"message:Sender", types.MapiPropertyTypeString, "address"},
	0x0E02: {"item:DisplayBcc", types.MapiPropertyTypeString, ""},
	0x0E03: {"item:DisplayCc", types.MapiPropertyTypeString, ""},
	0x0E04: {"item:DisplayTo", types.MapiPropertyTypeString, ""},
	0x0E06: {"item:DateTimeReceived", types.MapiPropertyTypeSystemTime, ""},
	0x0E08: {"item:Size", types.MapiPropertyTypeInteger, ""},
	0x0E1B: {"item:HasAttachments", types.MapiPropertyTypeBoolean, ""},
	0x1000: {"item:Body", types.MapiPropertyTypeString, ""},
	0x1035: {"message:InternetMessageId", types.MapiPropertyTypeString, ""},
	0x1039: {"message:References", types.MapiPropertyTypeString, ""},
	0x1042: {"item:InReplyTo", types.MapiPropertyTypeString, ""},
	0x3001: {"contacts:DisplayName", types.MapiPropertyTypeString, ""},
	0x3007: {"item:DateTimeCreated", types.MapiPropertyTypeSystemTime, ""},
	0x3008: {"item:LastModifiedTime", types.MapiPropertyTypeSystemTime, ""},
	0x3A05: {"contacts:Generation", types.MapiPropertyTypeString, ""},
	0x3A06: {"contacts:GivenName", types.MapiPropertyTypeString, ""},
	0x3A11: {"contacts:Surname", types.MapiPropertyTypeString, ""},
	0x3A16: {"contacts:CompanyName", types.MapiPropertyTypeString, ""},
	0x3A17: {"contacts:JobTitle", types.MapiPropertyTypeString, ""},
	0x3A44: {"contacts:MiddleName", types.MapiPropertyTypeString, ""},
	0x5D01: {"message:Sender", types.MapiPropertyTypeString, "address"},
	0x5D02: {"message:From", types.MapiPropertyTypeString, "address"},
}

// messageFlags is PidTagMessageFlags.
func messageFlags(v types.Properties) int {
	flags := 0
	for bit, uri := range map[int]string{
		1: "message:IsRead", 2: "item:IsUnmodified", 4: "item:IsSubmitted", 8: "item:IsDraft", 0x10: "item:HasAttachments",
		0x20: "item:IsFromMe", 0x40: "item:IsAssociated", 0x80: "item:IsResend",
	} {
		if valueAt[bool](v, uri) {
			flags |= bit
		}
	}
	return flags
}

// takeFlags takes the message flags that a new item has as an extended property:
// so clients make items that are no drafts.
func takeFlags(v types.Properties) {
	list := v.ExtendedPtr()
	for n, e := range *list {
		tag, err := strconv.ParseUint(e.ExtendedFieldURI.PropertyTag, 0, 16)
		if err != nil || tag != 0x0E07 {
			continue
		}
		flags, _ := strconv.Atoi(e.Value) // checked before
		assign(v, "item:IsDraft", flags&8 != 0)
		assignDefault(v, "message:IsRead", flags&1 != 0)
		*list = slices.Delete(slices.Clone(*list), n, n+1)
		return
	}
}
