package ewstest

import (
	"bufio"
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

const icalTime = "20060102T150405Z"

// icalendar returns an event as an iCalendar object (RFC 5545). Recurrences are
// left out.
func icalendar(v *types.CalendarItem, method string) []byte {
	var b bytes.Buffer
	line := func(name, value string) {
		if value != "" {
			b.WriteString(foldLine(name + ":" + value))
		}
	}
	line("BEGIN", "VCALENDAR")
	line("METHOD", firstText(method, "PUBLISH"))
	line("PRODID", "Microsoft Exchange Server 2010")
	line("VERSION", "2.0")
	line("BEGIN", "VEVENT")
	if v.Organizer.EmailAddress != "" {
		line("ORGANIZER;CN="+icalParam(v.Organizer.Name), "mailto:"+v.Organizer.EmailAddress)
	}
	for n, a := range slices.Concat(v.RequiredAttendees, v.OptionalAttendees) {
		role := "REQ-PARTICIPANT"
		if n >= len(v.RequiredAttendees) {
			role = "OPT-PARTICIPANT"
		}
		line("ATTENDEE;ROLE="+role+";CN="+icalParam(a.Mailbox.Name), "mailto:"+a.Mailbox.EmailAddress)
	}
	line("DESCRIPTION", icalText(convertBody(v.Body, types.BodyTypeResponseText).Value))
	line("UID", v.UID)
	line("SUMMARY", icalText(v.Subject))
	if v.IsAllDayEvent {
		line("DTSTART;VALUE=DATE", v.Start.UTC().Format("20060102"))
		line("DTEND;VALUE=DATE", v.End.UTC().Format("20060102"))
	} else {
		line("DTSTART", v.Start.UTC().Format(icalTime))
		line("DTEND", v.End.UTC().Format(icalTime))
	}
	line("CLASS", map[bool]string{true: "PUBLIC", false: "PRIVATE"}[v.Sensitivity == types.SensitivityChoicesNormal])
	line("DTSTAMP", v.DateTimeStamp.UTC().Format(icalTime))
	line("SEQUENCE", fmt.Sprint(v.AppointmentSequenceNumber))
	line("LOCATION", icalText(v.Location))
	if len(v.Categories) > 0 {
		line("CATEGORIES", icalText(strings.Join(v.Categories, ",")))
	}
	line("END", "VEVENT")
	line("END", "VCALENDAR")
	return b.Bytes()
}

var icalEscape = strings.NewReplacer("\\", "\\\\", ";", "\\;", ",", "\\,", "\r\n", "\\n", "\n", "\\n")

func icalText(s string) string { return icalEscape.Replace(s) }

func icalParam(s string) string {
	return `"` + strings.NewReplacer(`"`, "'", "\r", "", "\n", " ").Replace(s) + `"`
}

// foldLine breaks a content line into lines of at most 75 bytes.
func foldLine(s string) string {
	var b strings.Builder
	room := 75
	for _, r := range s {
		n := len(string(r))
		if n > room {
			b.WriteString("\r\n ")
			room = 74
		}
		room -= n
		b.WriteRune(r)
	}
	return b.String() + "\r\n"
}

// importCalendar gives an event what an iCalendar object says and it lacks.
func (c *call) importCalendar(v *types.CalendarItem, doc []byte) error {
	lines := unfoldLines(doc)
	from, to := slices.Index(lines, "BEGIN:VEVENT"), slices.Index(lines, "END:VEVENT")
	if from < 0 || to < from {
		return fail(messages.ErrorMimeContentConversionFailed)
	}
	for _, l := range lines[from+1 : to] {
		name, value, ok := strings.Cut(l, ":")
		if !ok {
			continue
		}
		if err := c.importLine(v, strings.ToUpper(name), value); err != nil {
			return err
		}
	}
	return nil
}

func (c *call) importLine(v *types.CalendarItem, name, value string) error {
	name, params, _ := strings.Cut(name, ";")
	switch name {
	case "SUMMARY":
		assignDefault(v, "item:Subject", icalUnescape(value))
	case "LOCATION":
		assignDefault(v, "calendar:Location", icalUnescape(value))
	case "DESCRIPTION":
		assignDefault(v, "item:Body", types.Body{BodyType: types.BodyTypeText, Value: icalUnescape(value)})
	case "UID":
		assignDefault(v, "calendar:UID", value)
	case "CATEGORIES":
		assignDefault(v, "item:Categories", strings.Split(icalUnescape(value), ","))
	case "DTSTART", "DTEND":
		t, day, ok := c.icalMoment(params, value)
		if !ok {
			return fail(messages.ErrorMimeContentConversionFailed)
		}
		if day {
			assignDefault(v, "calendar:IsAllDayEvent", true)
		}
		assignDefault(v, map[string]string{"DTSTART": "calendar:Start", "DTEND": "calendar:End"}[name], t)
	case "RRULE", "RDATE", "EXDATE":
		// A recurrence would be lost: better to say so.
		return fail(messages.ErrorMimeContentConversionFailed)
	}
	return nil
}

// icalMoment reads a time or a date.
func (c *call) icalMoment(params, value string) (t time.Time, day, ok bool) {
	loc := c.location()
	if _, tz, found := strings.Cut(params, "TZID="); found {
		tz, _, _ = strings.Cut(tz, ";")
		if l, known := c.store.zones.named(strings.Trim(tz, `"`)); known {
			loc = l
		}
	}
	for layout, l := range map[string]*time.Location{icalTime: time.UTC, "20060102T150405": loc} {
		if t, err := time.ParseInLocation(layout, value, l); err == nil {
			return t.UTC(), false, true
		}
	}
	t, err := time.ParseInLocation("20060102", value, types.Floating)
	return t, true, err == nil
}

func icalUnescape(s string) string {
	return strings.NewReplacer(`\\`, `\`, `\n`, "\r\n", `\N`, "\r\n", `\,`, ",", `\;`, ";").Replace(s)
}

// unfoldLines returns the content lines of an iCalendar object or a vCard.
func unfoldLines(doc []byte) []string {
	var out []string
	sc := bufio.NewScanner(bytes.NewReader(doc))
	sc.Buffer(nil, len(doc)+1)
	for sc.Scan() {
		l := strings.TrimSuffix(sc.Text(), "\r")
		if len(out) > 0 && (strings.HasPrefix(l, " ") || strings.HasPrefix(l, "\t")) {
			out[len(out)-1] += l[1:]
			continue
		}
		out = append(out, l)
	}
	return out
}

// vcard returns a contact as a vCard (RFC 2426).
func vcard(v *types.Contact) []byte {
	var b bytes.Buffer
	line := func(name, value string) {
		if value != "" {
			b.WriteString(foldLine(name + ":" + value))
		}
	}
	line("BEGIN", "VCARD")
	line("PROFILE", "VCARD")
	line("VERSION", "3.0")
	line("PRODID", "Microsoft Exchange")
	line("CLASS", "PUBLIC")
	line("FN", icalText(v.DisplayName))
	line("N", strings.Join([]string{icalText(v.Surname), icalText(v.GivenName), icalText(v.MiddleName), "", icalText(v.Generation)}, ";"))
	line("NICKNAME", icalText(v.Nickname))
	for _, e := range v.EmailAddresses {
		line("EMAIL;TYPE=INTERNET", e.Value)
	}
	for _, e := range v.PhoneNumbers {
		line("TEL;TYPE="+strings.ToUpper(string(e.Key)), icalText(e.Value))
	}
	for _, e := range v.PhysicalAddresses {
		line("ADR;TYPE="+strings.ToUpper(string(e.Key)), strings.Join([]string{"", "", icalText(e.Street), icalText(e.City),
			icalText(e.State), icalText(e.PostalCode), icalText(e.CountryOrRegion)}, ";"))
	}
	line("ORG", icalText(v.CompanyName))
	line("TITLE", icalText(v.JobTitle))
	line("NOTE", icalText(convertBody(v.Body, types.BodyTypeResponseText).Value))
	if v.Present.Has(field.Contact.Birthday) {
		line("BDAY", v.Birthday.Format("2006-01-02"))
	}
	line("END", "VCARD")
	return b.Bytes()
}
