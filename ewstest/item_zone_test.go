package ewstest_test

import (
	"strings"
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

func TestRecurrenceDaysHaveAZone(t *testing.T) {
	s := ewstest.New(t)
	for zone, want := range map[string]string{"Romance Standard Time": "2026-07-06+02:00", "UTC": "2026-07-06Z"} {
		id := call(t, s, "Exchange2016", `<m:CreateItem SendMeetingInvitations="SendToNone"><m:Items><t:CalendarItem><t:Subject>x</t:Subject>`+
			`<t:Start>2026-07-06T10:00:00Z</t:Start><t:End>2026-07-06T11:00:00Z</t:End><t:Recurrence><t:DailyRecurrence><t:Interval>1</t:Interval></t:DailyRecurrence>`+
			`<t:NumberedRecurrence><t:StartDate>2026-07-06</t:StartDate><t:NumberOfOccurrences>3</t:NumberOfOccurrences></t:NumberedRecurrence></t:Recurrence>`+
			`<t:StartTimeZone Id="`+zone+`"/></t:CalendarItem></m:Items></m:CreateItem>`).ok().ids("ItemId")[0]
		got := call(t, s, "Exchange2016", `<m:GetItem><m:ItemShape><t:BaseShape>AllProperties</t:BaseShape></m:ItemShape><m:ItemIds><t:ItemId Id="`+id+
			`"/></m:ItemIds></m:GetItem>`).ok().first("StartDate")
		if got != want {
			t.Errorf("in %s: %s, want %s", zone, got, want)
		}
	}
}

func TestSentCategoriesStayBehind(t *testing.T) {
	s := ewstest.New(t)
	call(t, s, "Exchange2016", `<m:CreateItem MessageDisposition="SendAndSaveCopy"><m:Items><t:Message><t:Subject>`+strings.Repeat("é", 300)+`</t:Subject>`+
		`<t:Categories><t:String>mine</t:String></t:Categories><t:ToRecipients><t:Mailbox><t:EmailAddress>`+s.Address(1)+
		`</t:EmailAddress></t:Mailbox></t:ToRecipients></t:Message></m:Items></m:CreateItem>`).ok()
	find := func(user, folder string) *answer {
		return callAs(t, s, user, "Exchange2016", `<m:FindItem Traversal="Shallow"><m:ItemShape><t:BaseShape>AllProperties</t:BaseShape></m:ItemShape>`+
			`<m:ParentFolderIds><t:DistinguishedFolderId Id="`+folder+`"/></m:ParentFolderIds></m:FindItem>`).ok()
	}
	if got := find(s.Address(0), "sentitems").all("String"); len(got) != 1 {
		t.Errorf("categories of the copy: %q", got)
	}
	a := find(s.Address(1), "inbox")
	if got := a.all("String"); len(got) != 0 {
		t.Errorf("categories of what arrived: %q", got)
	}
	if want := strings.Repeat("é", 255); a.first("Subject") != want {
		t.Errorf("subject %q, want %q", a.first("Subject"), want)
	}
}

func TestLinksLeadToTheServer(t *testing.T) {
	s := ewstest.New(t)
	s.Seed(1)
	a := call(t, s, "Exchange2016", `<m:FindItem Traversal="Shallow"><m:ItemShape><t:BaseShape>AllProperties</t:BaseShape></m:ItemShape>`+
		`<m:ParentFolderIds><t:DistinguishedFolderId Id="inbox"/></m:ParentFolderIds></m:FindItem>`).ok()
	if got, want := a.first("WebClientReadFormQueryString"), "https://"+s.Host()+"/owa/"; !strings.HasPrefix(got, want) {
		t.Errorf("link %q, want one to %s", got, want)
	}
}
