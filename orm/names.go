package orm

import (
	"slices"
	"strings"
	"unicode"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/types"
)

// pythonName is the name that exchangelib has for the property: the element's
// in snake case, but for some.
func pythonName(f field.Info) string {
	switch f.URI {
	case "item:ItemId":
		return "id"
	case "item:DateTimeReceived":
		return "datetime_received"
	case "item:DateTimeSent":
		return "datetime_sent"
	case "item:DateTimeCreated":
		return "datetime_created"
	case "item:InternetMessageHeaders":
		return "headers"
	case "message:From":
		return "author"
	case "message:InternetMessageId":
		return "message_id"
	case "calendar:IsAllDayEvent":
		return "is_all_day"
	case "calendar:CalendarItemType":
		return "type"
	case "calendar:StartTimeZone":
		return "start_timezone"
	case "calendar:EndTimeZone":
		return "end_timezone"
	case "calendar:MeetingTimeZone":
		return "meeting_timezone"
	case "contacts:BusinessHomePage":
		return "business_homepage"
	case "contacts:OfficeLocation":
		return "office"
	case "contacts:Alias":
		return "email_alias"
	case "task:IsAssignmentEditable":
		return "is_editable"
	}
	return snake(f.Element)
}

// snake turns HasBlockedImages into has_blocked_images, UniqueBody into
// unique_body, UID into uid.
func snake(s string) string {
	var b strings.Builder
	r := []rune(s)
	for i, c := range r {
		if unicode.IsUpper(c) && i > 0 && (!unicode.IsUpper(r[i-1]) || i+1 < len(r) && unicode.IsLower(r[i+1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}

func byName(class types.Properties, name string) (field.Info, bool) {
	for _, f := range field.Of(class) {
		if pythonName(f) == name {
			return f, true
		}
	}
	return field.Info{}, false
}

// namesOf lists the fields of a class, as Q takes them.
func namesOf(class types.Properties) []string {
	var out []string
	for _, f := range field.Of(class) {
		out = append(out, pythonName(f))
	}
	slices.Sort(out)
	return out
}

// dictionary is a field whose entries are fields: its keys, and their parts.
type dictionary struct {
	uri   string
	keys  []string
	parts []string // spelling of a part in Q, and in the URI, by turns
}

// dictionaryOf returns the dictionary with the property path.
func dictionaryOf(uri string) (dictionary, bool) {
	switch uri {
	case "contacts:EmailAddresses":
		return dictionary{uri: "contacts:EmailAddress", keys: []string{"EmailAddress1", "EmailAddress2", "EmailAddress3"}}, true
	case "contacts:ImAddresses":
		return dictionary{uri: "contacts:ImAddress", keys: []string{"ImAddress1", "ImAddress2", "ImAddress3"}}, true
	case "contacts:PhoneNumbers":
		return dictionary{uri: "contacts:PhoneNumber", keys: []string{
			"AssistantPhone", "BusinessFax", "BusinessPhone", "BusinessPhone2", "Callback", "CarPhone", "CompanyMainPhone", "HomeFax",
			"HomePhone", "HomePhone2", "Isdn", "MobilePhone", "OtherFax", "OtherTelephone", "Pager", "PrimaryPhone", "RadioPhone",
			"Telex", "TtyTddPhone"}}, true
	case "contacts:PhysicalAddresses":
		return dictionary{uri: "contacts:PhysicalAddress", keys: []string{"Business", "Home", "Other"},
			parts: []string{"city", "City", "country", "CountryOrRegion", "state", "State", "street", "Street", "zipcode", "PostalCode"}}, true
	}
	return dictionary{}, false
}

// entry returns the path of the entry that a key with these parts is of, and
// the parts after it.
func (d dictionary) entry(key []string) (types.Path, []string, error) {
	name, rest := key[0], key[1:]
	next := func() string {
		if len(rest) == 0 {
			return ""
		}
		n := rest[0]
		rest = rest[1:]
		return n
	}
	k := next()
	if !slices.Contains(d.keys, k) {
		return nil, nil, &FieldError{Field: name, Reason: "needs the name of an entry after it, as in " + name + "__" + d.keys[0], Allowed: d.keys, given: k}
	}
	p := &types.PathToIndexedField{FieldURI: types.DictionaryURI(d.uri), FieldIndex: k}
	if d.parts == nil {
		return p, rest, nil
	}
	part := next()
	var allowed []string
	for i := 0; i < len(d.parts); i += 2 {
		if d.parts[i] == part {
			p.FieldURI = types.DictionaryURI(d.uri + ":" + d.parts[i+1])
			return p, rest, nil
		}
		allowed = append(allowed, d.parts[i])
	}
	name += "__" + k
	return nil, nil, &FieldError{Field: name, Reason: "needs a part of the address after it, as in " + name + "__city", Allowed: allowed, given: part}
}
