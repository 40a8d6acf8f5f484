package ewstest_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/internal/xsd"
	"github.com/seed-1937cc67/goews/schemas"
)

// generator makes values of properties that the schema allows.
type generator struct {
	t      testing.TB
	rand   *rand.Rand
	schema *xsd.Schema
	empty  bool // make the emptiest value that the schema allows
	n      int
}

func newGenerator(t testing.TB, seed uint64) *generator {
	t.Helper()
	s, err := xsd.Read(schemas.FS, "types.xsd", "messages.xsd")
	if err != nil {
		t.Fatal(err)
	}
	return &generator{t: t, rand: rand.New(rand.NewPCG(seed, 1)), schema: s}
}

const guid = "0b1a2c3d-0000-4000-8000-0123456789ab"

// neverEmpty are the lists that the schema wants at least one element of.
var neverEmpty = map[string]bool{
	"item:MentionsEx": true, "item:AppliedHashtags": true, "item:Likes": true, "item:AppliedHashtagsPreview": true,
	"calendar:RequiredAttendees": true, "calendar:OptionalAttendees": true, "calendar:Resources": true, "calendar:InboxReminders": true, "contacts:AbchEmailAddresses": true, "contacts:Urls": true,
}

// fits reports whether g has values for the property.
func (g *generator) fits(v types.Properties, p field.Info) bool {
	if p.URI == "item:ItemClass" {
		return classIs[*types.Message](v) && !g.empty
	}
	return !g.empty || !neverEmpty[p.URI]
}

// set gives v a value of the property.
func (g *generator) set(v types.Properties, p field.Info) {
	g.n++
	to := reflect.ValueOf(v.PropertyPtr(p.Bit)).Elem()
	if special, ok := g.special(v, p); ok {
		to.Set(reflect.ValueOf(special))
	} else {
		g.fill(to)
	}
	v.PresenceSet().Add(p.Bit)
}

func (g *generator) text() string {
	if g.empty {
		return ""
	}
	texts := []string{"plain", "two words", "<&>\"'", "Ærøskøbing", "日本語", "😀 emoji", "line\nline"}
	return fmt.Sprintf("%s %d", texts[g.rand.IntN(len(texts))], g.n)
}

func (g *generator) moment() time.Time {
	return time.Date(2020+g.rand.IntN(5), time.Month(1+g.rand.IntN(12)), 1+g.rand.IntN(28), g.rand.IntN(24), g.rand.IntN(60), g.rand.IntN(60), 0, time.UTC)
}

func (g *generator) mailbox() types.EmailAddress {
	g.n++
	return types.EmailAddress{
		Name: fmt.Sprintf("Person %d", g.n), EmailAddress: fmt.Sprintf("p%d@example.org", g.n), RoutingType: "SMTP", MailboxType: types.MailboxTypeOneOff,
	}
}

// special makes the values that must fit together.
func (g *generator) special(v types.Properties, p field.Info) (any, bool) {
	switch v.PropertyPtr(p.Bit).(type) {
	case *types.EmailAddress:
		return g.mailbox(), true
	case *[]types.EmailAddress:
		if g.empty {
			return []types.EmailAddress(nil), true
		}
		return []types.EmailAddress{g.mailbox(), g.mailbox()}, true
	case *[]types.Attendee:
		if g.empty {
			return []types.Attendee(nil), true
		}
		return []types.Attendee{
			{Mailbox: g.mailbox(), ResponseType: types.ResponseTypeAccept, LastResponseTime: g.moment()},
			{Mailbox: g.mailbox(), ResponseType: types.ResponseTypeUnknown},
		}, true
	case *types.Body:
		return types.Body{BodyType: []types.BodyType{types.BodyTypeText, types.BodyTypeHTML}[g.rand.IntN(2)], Value: g.text()}, true
	case *types.Flag:
		if g.empty {
			return types.Flag{FlagStatus: types.FlagStatusNotFlagged}, true
		}
		return types.Flag{FlagStatus: types.FlagStatusFlagged, StartDate: g.moment(), DueDate: g.moment()}, true
	case *types.TimeZoneDefinition:
		return types.TimeZoneDefinition{ID: "Romance Standard Time", Name: "(UTC+01:00) Brussels, Copenhagen, Madrid, Paris"}, true
	case *types.RetentionTag:
		return types.RetentionTag{IsExplicit: true, Value: guid}, true
	case *types.TimeZone:
		return types.TimeZone{TimeZoneName: "Romance Standard Time"}, true
	case *[]types.EmailAddressDictionaryEntry:
		return []types.EmailAddressDictionaryEntry{
			{Key: types.EmailAddressKeyEmailAddress1, Value: "a@example.org", Name: "A"}, {Key: types.EmailAddressKeyEmailAddress3, Value: "b@example.org"},
		}, true
	case *[]types.ImAddressDictionaryEntry:
		return []types.ImAddressDictionaryEntry{{Key: types.ImAddressKeyImAddress2, Value: "im:a"}}, true
	case *[]types.PhoneNumberDictionaryEntry:
		return []types.PhoneNumberDictionaryEntry{{Key: types.PhoneNumberKeyBusinessFax, Value: "+45 1"}, {Key: types.PhoneNumberKeyMobilePhone, Value: "2"}}, true
	case *[]types.PhysicalAddressDictionaryEntry:
		return []types.PhysicalAddressDictionaryEntry{
			{Key: types.PhysicalAddressKeyHome, Street: "1 Main", City: "X", PostalCode: "1234"}, {Key: types.PhysicalAddressKeyOther, CountryOrRegion: "DK"},
		}, true
	case *[]types.Member:
		return []types.Member{{Key: "a", Mailbox: g.mailbox(), Status: types.MemberStatusNormal}, {Mailbox: g.mailbox()}}, true
	case *types.Recurrence:
		return types.Recurrence{
			Pattern: &types.DailyRecurrencePattern{Interval: 2}, Range: &types.NumberedRecurrenceRange{StartDate: date(2020, 1, 1), NumberOfOccurrences: 3},
		}, true
	case *types.TaskRecurrence:
		return types.TaskRecurrence{Pattern: &types.DailyRecurrencePattern{Interval: 2}, Range: &types.NoEndRecurrenceRange{StartDate: date(2020, 1, 1)}}, true
	}
	switch p.URI {
	case "item:ItemClass":
		return "IPM.Note.Custom", true
	case "item:Culture":
		return "da-DK", true
	case "contacts:AbchContactId", "contacts:ConversationGuid":
		return guid, true
	case "calendar:Start":
		return time.Date(2020, 1, 1, 8, 0, 0, 0, time.UTC), true
	case "calendar:End":
		return time.Date(2020, 1, 1, 9, 30, 0, 0, time.UTC), true
	case "task:Status":
		return types.TaskStatusWaitingOnOthers, true
	case "task:PercentComplete":
		return float64(37), true
	case "task:StartDate":
		return date(2020, 2, 1), true
	case "task:DueDate":
		return date(2020, 2, 3), true
	}
	return nil, false
}

func date(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

func classIs[T any](v types.Properties) bool { _, ok := v.(T); return ok }

// fill gives v a value by its type.
func (g *generator) fill(v reflect.Value) {
	switch x := v.Addr().Interface().(type) {
	case *time.Time:
		*x = g.moment()
		return
	case *[]byte:
		*x = []byte(g.text())
		return
	}
	switch v.Kind() {
	case reflect.String:
		if enum := g.enum(v.Type().Name()); v.Type().PkgPath() != "" && len(enum) > 0 {
			v.SetString(enum[g.rand.IntN(len(enum))])
		} else {
			v.SetString(g.text())
		}
	case reflect.Bool:
		v.SetBool(!g.empty && g.rand.IntN(2) == 1)
	case reflect.Int32, reflect.Int64:
		if !g.empty {
			v.SetInt(int64(1 + g.rand.IntN(1000)))
		}
	case reflect.Float64:
		if !g.empty {
			v.SetFloat(float64(g.rand.IntN(100)))
		}
	case reflect.Slice:
		if g.empty {
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			g.n++
			g.fill(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if name := v.Type().Field(i).Name; name != "Present" && name != "RichTextMessage" && !(name == "Subject" && v.Type().Name() == "InboxReminder") {
				g.n++
				g.fill(v.Field(i))
				if strings.HasSuffix(name, "ID") && v.Field(i).Kind() == reflect.String {
					v.Field(i).SetString(guid)
				}
			}
		}
	default:
		g.t.Fatalf("no value for %s", v.Type())
	}
}

// enum returns the values of an enumeration; those that came after V2017_07_11
// are left out.
func (g *generator) enum(name string) []string {
	var out []string
	for n, typ := range g.schema.Types {
		if n.Space != xsd.Types || !strings.EqualFold(strings.TrimSuffix(n.Local, "Type"), name) {
			continue
		}
		for _, e := range typ.Enum {
			if !strings.Contains(fmt.Sprintf("%+v", e), "V2018") {
				out = append(out, e.Value)
			}
		}
	}
	return out
}
