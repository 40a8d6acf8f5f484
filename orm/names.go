package orm

import (
	"slices"
	"strings"
	"unicode"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/types"
)

// pythonNames are the fields that exchangelib gives a name other than the
// element's in snake case.
var pythonNames = map[string]string{
	"item:ItemId":                 "id",
	"item:DateTimeReceived":       "datetime_received",
	"item:DateTimeSent":           "datetime_sent",
	"item:DateTimeCreated":        "datetime_created",
	"item:InternetMessageHeaders": "headers",
	"message:From":                "author",
	"message:InternetMessageId":   "message_id",
	"calendar:IsAllDayEvent":      "is_all_day",
	"calendar:CalendarItemType":   "type",
	"contacts:BusinessHomePage":   "business_homepage",
	"contacts:OfficeLocation":     "office",
	"contacts:Alias":              "email_alias",
	"task:IsAssignmentEditable":   "is_editable",
}

func pythonName(f field.Info) string {
	if n, ok := pythonNames[f.URI]; ok {
		return n
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
	parts map[string]string // spelling of a part in Q, in the URI
}

var dictionaries = map[string]dictionary{
	"contacts:EmailAddresses": {uri: "contacts:EmailAddress", keys: []string{"EmailAddress1", "EmailAddress2", "EmailAddress3"}},
	"contacts:ImAddresses":    {uri: "contacts:ImAddress", keys: []string{"ImAddress1", "ImAddress2", "ImAddress3"}},
	"contacts:PhoneNumbers": {uri: "contacts:PhoneNumber", keys: []string{
		"AssistantPhone", "BusinessFax", "BusinessPhone", "BusinessPhone2", "Callback", "CarPhone", "CompanyMainPhone", "HomeFax", "HomePhone",
		"HomePhone2", "Isdn", "MobilePhone", "OtherFax", "OtherTelephone", "Pager", "PrimaryPhone", "RadioPhone", "Telex", "TtyTddPhone"}},
	"contacts:PhysicalAddresses": {uri: "contacts:PhysicalAddress", keys: []string{"Business", "Home", "Other"},
		parts: map[string]string{"street": "Street", "city": "City", "state": "State", "country": "CountryOrRegion", "zipcode": "PostalCode"}},
}

// entry returns the path of the entry that parts begin with, and the parts
// after it.
func (d dictionary) entry(key string, parts []string) (types.Path, []string, error) {
	if len(parts) == 0 || !slices.Contains(d.keys, parts[0]) {
		return nil, nil, &FieldError{Field: key, Reason: "needs the name of an entry after two underscores", Allowed: d.keys}
	}
	p := &types.PathToIndexedField{FieldURI: types.DictionaryURI(d.uri), FieldIndex: parts[0]}
	parts = parts[1:]
	if d.parts != nil {
		var allowed []string
		for n := range d.parts {
			allowed = append(allowed, n)
		}
		slices.Sort(allowed)
		if len(parts) == 0 || d.parts[parts[0]] == "" {
			return nil, nil, &FieldError{Field: key, Reason: "needs a part of the address after the entry", Allowed: allowed}
		}
		p.FieldURI = types.DictionaryURI(d.uri + ":" + d.parts[parts[0]])
		parts = parts[1:]
	}
	return p, parts, nil
}
