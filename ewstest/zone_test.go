package ewstest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/messages"
)

// zoneHeader is a TimeZoneContext.
func zoneHeader(definition string) string {
	return `<t:TimeZoneContext>` + definition + `</t:TimeZoneContext>`
}

// easternSpeltOut is the zone of New York with the rules before and since 2007.
const easternSpeltOut = `<t:TimeZoneDefinition Id="Own" Name="Own"><t:Periods>` +
	`<t:Period Bias="PT5H" Name="Standard" Id="s"/><t:Period Bias="PT4H" Name="Daylight" Id="d"/></t:Periods><t:TransitionsGroups>` +
	`<t:TransitionsGroup Id="0"><t:RecurringDayTransition><t:To Kind="Period">d</t:To><t:TimeOffset>PT2H</t:TimeOffset><t:Month>4</t:Month><t:DayOfWeek>Sunday</t:DayOfWeek><t:Occurrence>1</t:Occurrence></t:RecurringDayTransition>` +
	`<t:RecurringDayTransition><t:To Kind="Period">s</t:To><t:TimeOffset>PT2H</t:TimeOffset><t:Month>10</t:Month><t:DayOfWeek>Sunday</t:DayOfWeek><t:Occurrence>-1</t:Occurrence></t:RecurringDayTransition></t:TransitionsGroup>` +
	`<t:TransitionsGroup Id="1"><t:RecurringDayTransition><t:To Kind="Period">d</t:To><t:TimeOffset>PT2H</t:TimeOffset><t:Month>3</t:Month><t:DayOfWeek>Sunday</t:DayOfWeek><t:Occurrence>2</t:Occurrence></t:RecurringDayTransition>` +
	`<t:RecurringDayTransition><t:To Kind="Period">s</t:To><t:TimeOffset>PT2H</t:TimeOffset><t:Month>11</t:Month><t:DayOfWeek>Sunday</t:DayOfWeek><t:Occurrence>1</t:Occurrence></t:RecurringDayTransition></t:TransitionsGroup></t:TransitionsGroups>` +
	`<t:Transitions><t:Transition><t:To Kind="Group">0</t:To></t:Transition><t:AbsoluteDateTransition><t:To Kind="Group">1</t:To><t:DateTime>2007-01-01T00:00:00</t:DateTime></t:AbsoluteDateTransition></t:Transitions></t:TimeZoneDefinition>`

// TestTimeZoneContext sends times without a zone, and reads them in UTC.
func TestTimeZoneContext(t *testing.T) {
	s := ewstest.New(t)
	for _, tt := range []struct{ name, zone, local, want string }{
		{"no header", "", "2026-07-01T12:00:00", "2026-07-01T12:00:00Z"},
		{"by name, summer", `<t:TimeZoneDefinition Id="Romance Standard Time"/>`, "2026-07-01T12:00:00", "2026-07-01T10:00:00Z"},
		{"by name, winter", `<t:TimeZoneDefinition Id="Romance Standard Time"/>`, "2026-12-01T12:00:00", "2026-12-01T11:00:00Z"},
		{"south of the equator", `<t:TimeZoneDefinition Id="AUS Eastern Standard Time"/>`, "2026-01-01T12:00:00", "2026-01-01T01:00:00Z"},
		{"half an hour", `<t:TimeZoneDefinition Id="India Standard Time"/>`, "2026-01-01T12:00:00", "2026-01-01T06:30:00Z"},
		{"spelt out, now", easternSpeltOut, "2026-03-10T12:00:00", "2026-03-10T16:00:00Z"},
		{"spelt out, before 2007", easternSpeltOut, "2005-03-20T12:00:00", "2005-03-20T17:00:00Z"},
		{"spelt out, summer before 2007", easternSpeltOut, "2005-07-20T12:00:00", "2005-07-20T16:00:00Z"},
		{"spelt out, no summer", `<t:TimeZoneDefinition Id="x" Name="x"><t:Periods><t:Period Bias="-PT3H30M" Name="Standard" Id="s"/></t:Periods><t:TransitionsGroups><t:TransitionsGroup Id="0">` +
			`<t:Transition><t:To Kind="Period">s</t:To></t:Transition></t:TransitionsGroup></t:TransitionsGroups><t:Transitions><t:Transition><t:To Kind="Group">0</t:To></t:Transition></t:Transitions></t:TimeZoneDefinition>`,
			"2026-07-01T12:00:00", "2026-07-01T08:30:00Z"},
	} {
		o := sender{}
		if tt.zone != "" {
			o.headers = zoneHeader(tt.zone)
		}
		a := o.call(t, s, v2016, `<m:CreateItem SendMeetingInvitations="SendToNone"><m:Items><t:CalendarItem><t:Subject>x</t:Subject><t:Start>`+tt.local+
			`</t:Start><t:End>`+strings.Replace(tt.local, "T12", "T13", 1)+`</t:End></t:CalendarItem></m:Items></m:CreateItem>`).ok()
		got := call(t, s, v2016, `<m:GetItem><m:ItemShape>`+additional(fieldURI("calendar:Start"))+`</m:ItemShape><m:ItemIds><t:ItemId Id="`+a.ids("ItemId")[0]+`"/></m:ItemIds></m:GetItem>`).ok().first("Start")
		at, err := time.Parse(time.RFC3339, got)
		if err != nil || at.UTC().Format(time.RFC3339) != tt.want {
			t.Errorf("%s: %s is %s, want %s", tt.name, tt.local, got, tt.want)
		}
	}
	for name, zone := range map[string]string{
		"an unknown name":        `<t:TimeZoneDefinition Id="Atlantis Standard Time"/>`,
		"an unknown period":      strings.Replace(easternSpeltOut, `<t:To Kind="Period">d<`, `<t:To Kind="Period">x<`, 1),
		"an unknown group":       strings.Replace(easternSpeltOut, `<t:To Kind="Group">1<`, `<t:To Kind="Group">7<`, 1),
		"a bad bias":             strings.Replace(easternSpeltOut, `Bias="PT5H"`, `Bias="P1M"`, 1),
		"a month that is none":   strings.Replace(easternSpeltOut, `<t:Month>4<`, `<t:Month>14<`, 1),
		"a week that is none":    strings.Replace(easternSpeltOut, `<t:Occurrence>1<`, `<t:Occurrence>9<`, 1),
		"two beginnings":         strings.Replace(easternSpeltOut, `<t:Transitions>`, `<t:Transitions><t:Transition><t:To Kind="Group">0</t:To></t:Transition>`, 1),
		"changes in a far place": strings.Replace(easternSpeltOut, `PT2H`, `PT9999H`, 1),
	} {
		if a := (sender{headers: zoneHeader(zone)}).call(t, s, v2016, getInbox); len(a.codes()) != 1 || a.codes()[0] != string(messages.ErrorTimeZone) {
			t.Errorf("%s: %q", name, a.codes())
		}
	}
}
