package ewstest

import (
	"encoding/base64"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

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

// mapi returns what an item has under a MAPI tag.
func (s *shaper) mapi(path *types.PathToExtendedField) (string, bool) {
	n, err := strconv.ParseUint(path.PropertyTag, 0, 16)
	if err != nil {
		return "", false
	}
	if n == 0x0E07 && path.PropertyType == types.MapiPropertyTypeInteger {
		return strconv.Itoa(messageFlags(s.full)), true
	}
	t, ok := mapiTags[n]
	if !ok || t.typ != path.PropertyType {
		return "", false
	}
	p, ok := classOf(s.full).prop(t.uri)
	if !ok || !has(s.full, p) {
		return "", false
	}
	return mapiValue(s.full.PropertyPtr(p.Bit), t.part), true
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

func mapiValue(ptr any, part string) string {
	switch x := ptr.(type) {
	case *string:
		return *x
	case *bool:
		return strconv.FormatBool(*x)
	case *int32:
		return strconv.Itoa(int(*x))
	case *time.Time:
		return x.UTC().Format("2006-01-02T15:04:05Z")
	case *[]byte:
		return base64.StdEncoding.EncodeToString(*x)
	case *types.Body:
		return convertBody(*x, types.BodyTypeResponseText).Value
	case *types.EmailAddress:
		if part == "name" {
			return x.Name
		}
		return x.EmailAddress
	case *types.ImportanceChoices:
		return strconv.Itoa(max(0, strings.Index("LNH", string(*x)[:min(1, len(*x))])))
	case *types.SensitivityChoices:
		for n, c := range []types.SensitivityChoices{types.SensitivityChoicesNormal, types.SensitivityChoicesPersonal, types.SensitivityChoicesPrivate, types.SensitivityChoicesConfidential} {
			if c == *x {
				return strconv.Itoa(n)
			}
		}
		return "0"
	}
	return fmt.Sprint(reflect.ValueOf(ptr).Elem())
}
