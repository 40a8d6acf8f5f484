package ewstest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

const romanceSerialized = `<t:TimeZone><t:Bias>-60</t:Bias><t:StandardTime><t:Bias>0</t:Bias><t:Time>03:00:00</t:Time><t:DayOrder>5</t:DayOrder><t:Month>10</t:Month><t:DayOfWeek>Sunday</t:DayOfWeek></t:StandardTime>` +
	`<t:DaylightTime><t:Bias>-60</t:Bias><t:Time>02:00:00</t:Time><t:DayOrder>5</t:DayOrder><t:Month>3</t:Month><t:DayOfWeek>Sunday</t:DayOfWeek></t:DaylightTime></t:TimeZone>`

func availabilityBody(zone, view, start, end, interval string, mailboxes ...string) string {
	b := `<m:GetUserAvailabilityRequest>` + zone + `<m:MailboxDataArray>`
	for _, m := range mailboxes {
		b += `<t:MailboxData><t:Email><t:Address>` + m + `</t:Address></t:Email><t:AttendeeType>Required</t:AttendeeType></t:MailboxData>`
	}
	return b + `</m:MailboxDataArray><t:FreeBusyViewOptions><t:TimeWindow><t:StartTime>` + start + `</t:StartTime><t:EndTime>` + end + `</t:EndTime></t:TimeWindow>` +
		`<t:MergedFreeBusyIntervalInMinutes>` + interval + `</t:MergedFreeBusyIntervalInMinutes><t:RequestedView>` + view + `</t:RequestedView></t:FreeBusyViewOptions></m:GetUserAvailabilityRequest>`
}

func TestGetUserAvailability(t *testing.T) {
	s := ewstest.New(t)
	at := func(hour, minute int) time.Time { return time.Date(2026, 7, 1, hour, minute, 0, 0, time.UTC) }
	_, err := s.Mailbox(alice).Add("calendar",
		&types.CalendarItem{Subject: "Secret", Location: "Here", Start: at(8, 0), End: at(9, 0), LegacyFreeBusyStatus: types.LegacyFreeBusyBusy},
		&types.CalendarItem{Subject: "Perhaps", Start: at(8, 30), End: at(10, 0), LegacyFreeBusyStatus: types.LegacyFreeBusyTentative},
		&types.CalendarItem{Subject: "Before", Start: at(1, 0), End: at(2, 0), LegacyFreeBusyStatus: types.LegacyFreeBusyOOF},
	)
	if err != nil {
		t.Fatal(err)
	}
	// In the zone of Paris: from 9:30 to 13:00 there, which is 7:30 to 11:00 UTC.
	body := func(view string) string {
		return availabilityBody(romanceSerialized, view, "2026-07-01T09:30:00", "2026-07-01T13:00:00", "30", alice)
	}
	own := call(t, s, v2016, body("DetailedMerged")).ok()
	if got := own.first("MergedFreeBusy"); got != "0221100" {
		t.Errorf("merged %s", got)
	}
	if diff := cmp.Diff([]string{"2026-07-01T10:00:00", "2026-07-01T10:30:00"}, own.all("StartTime")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"Secret", "Perhaps"}, own.all("Subject")); diff != "" || own.first("FreeBusyViewType") != "DetailedMerged" {
		t.Error(diff, own.text)
	}
	if own.first("StartTimeInMinutes") != "480" {
		t.Errorf("working hours: %s", own.text)
	}
	// Others see when she is busy, and nothing else.
	other := callAs(t, s, bob, v2016, body("DetailedMerged")).ok()
	if len(other.all("Subject")) != 0 || other.first("FreeBusyViewType") != "FreeBusyMerged" || other.first("BusyType") != "Busy" {
		t.Errorf("bob sees %s", other.text)
	}
	if merged := call(t, s, v2016, body("MergedOnly")).ok(); merged.first("MergedFreeBusy") != "0221100" || len(merged.nodes("CalendarEvent")) != 0 {
		t.Errorf("merged only: %s", merged.text)
	}
	call(t, s, v2016, availabilityBody(romanceSerialized, "FreeBusy", "2026-07-01T00:00:00", "2026-07-02T00:00:00", "30", alice, "nobody@example.com")).
		want(messages.NoError, messages.ErrorMailRecipientNotFound)
	for name, tt := range map[string]struct {
		body string
		want messages.ResponseCode
	}{
		"backwards":       {availabilityBody(romanceSerialized, "FreeBusy", "2026-07-02T00:00:00", "2026-07-01T00:00:00", "30", alice), messages.ErrorInvalidTimeInterval},
		"too long":        {availabilityBody(romanceSerialized, "FreeBusy", "2026-07-02T00:00:00", "2027-07-01T00:00:00", "30", alice), messages.ErrorTimeIntervalTooBig},
		"too fine":        {availabilityBody(romanceSerialized, "FreeBusy", "2026-07-01T00:00:00", "2026-07-02T00:00:00", "4", alice), messages.ErrorInvalidMergedFreeBusyInterval},
		"no view":         {availabilityBody(romanceSerialized, "None", "2026-07-01T00:00:00", "2026-07-02T00:00:00", "30", alice), messages.ErrorInvalidFreeBusyViewType},
		"too many":        {availabilityBody(romanceSerialized, "FreeBusy", "2026-07-01T00:00:00", "2026-07-02T00:00:00", "30", strings.Split(strings.Repeat(alice+" ", 101), " ")[:101]...), messages.ErrorMailboxDataArrayTooBig},
		"a far away zone": {availabilityBody(strings.Replace(romanceSerialized, "-60", "99999", 1), "FreeBusy", "2026-07-01T00:00:00", "2026-07-02T00:00:00", "30", alice), messages.ErrorTimeZone},
	} {
		if a := call(t, s, v2016, tt.body); len(a.codes()) != 1 || a.codes()[0] != string(tt.want) {
			t.Errorf("%s: %q, want %s", name, a.codes(), tt.want)
		}
	}
}
