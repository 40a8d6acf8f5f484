package ewstest_test

import (
	"testing"

	"github.com/seed-1937cc67/goews/ewstest"
)

func TestMeetingTimeZoneIsOfExchange2007(t *testing.T) {
	s := ewstest.New(t)
	id := call(t, s, "Exchange2016", `<m:CreateItem SendMeetingInvitations="SendToNone"><m:Items><t:CalendarItem><t:Subject>x</t:Subject>`+
		`<t:Start>2026-01-01T10:00:00Z</t:Start><t:End>2026-01-01T11:00:00Z</t:End></t:CalendarItem></m:Items></m:CreateItem>`).ok().ids("ItemId")[0]
	get := func(version, more string) int {
		return len(call(t, s, version, `<m:GetItem><m:ItemShape><t:BaseShape>AllProperties</t:BaseShape>`+more+`</m:ItemShape><m:ItemIds><t:ItemId Id="`+id+
			`"/></m:ItemIds></m:GetItem>`).ok().nodes("MeetingTimeZone"))
	}
	byName := `<t:AdditionalProperties>` + fieldURI("calendar:MeetingTimeZone") + `</t:AdditionalProperties>`
	if got := get("Exchange2016", ""); got != 0 {
		t.Errorf("%d in AllProperties of Exchange2016, want 0", got)
	}
	if got := get("Exchange2016", byName); got != 1 {
		t.Errorf("%d by name, want 1", got)
	}
	if got := get("Exchange2007_SP1", ""); got != 1 {
		t.Errorf("%d in AllProperties of Exchange2007_SP1, want 1", got)
	}
}
