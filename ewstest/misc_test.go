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

func TestResolveNames(t *testing.T) {
	s := ewstest.New(t, ewstest.Config{Accounts: []ewstest.Account{
		{Address: alice, Password: ewstest.Password, Name: "Alice Example"}, {Address: bob, Password: ewstest.Password, Name: "Bob Example"},
	}})
	_, err := s.Mailbox(alice).Add("contacts", &types.Contact{
		DisplayName: "Bobby Tables", GivenName: "Bobby", Surname: "Tables",
		EmailAddresses: []types.EmailAddressDictionaryEntry{{Key: types.EmailAddressKeyEmailAddress1, Value: "bobby@example.org"}},
	}, &types.Contact{DisplayName: "Bob without address"})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		entry, attrs string
		code         messages.ResponseCode
		want         string
	}{
		{alice, "", messages.NoError, alice},
		{"smtp:ALICE@example.com", "", messages.NoError, alice},
		{"ali", "", messages.NoError, alice},
		{"exam", "", messages.ErrorNameResolutionMultipleResults, alice + " " + bob},
		{"bob", "", messages.ErrorNameResolutionMultipleResults, bob + " bobby@example.org"},
		{"bob", ` SearchScope="Contacts"`, messages.NoError, "bobby@example.org"},
		{"bob", ` SearchScope="ActiveDirectory"`, messages.NoError, bob},
		{"bob", ` SearchScope="ContactsActiveDirectory"`, messages.ErrorNameResolutionMultipleResults, "bobby@example.org " + bob},
		{"tables", "", messages.NoError, "bobby@example.org"},
		{`foo\bar`, "", messages.ErrorNameResolutionNoResults, ""},
		{"lice", "", messages.ErrorNameResolutionNoResults, ""},
		{"-", "", messages.ErrorInvalidNameForNameResolution, ""},
	} {
		a := call(t, s, v2016, `<m:ResolveNames ReturnFullContactData="true"`+tt.attrs+`><m:UnresolvedEntry>`+tt.entry+`</m:UnresolvedEntry></m:ResolveNames>`).want(tt.code)
		if got := strings.Join(a.all("EmailAddress"), " "); got != tt.want {
			t.Errorf("%s%s: %s, want %s", tt.entry, tt.attrs, got, tt.want)
		}
		if tt.want != "" && len(a.nodes("Contact")) != len(a.nodes("Resolution")) {
			t.Errorf("%s: no contact data", tt.entry)
		}
		if tt.code == messages.ErrorNameResolutionNoResults && a.first("MessageText") != "No results were found." {
			t.Errorf("%s: %s", tt.entry, a.first("MessageText"))
		}
	}
}

func TestExpandDL(t *testing.T) {
	s := ewstest.New(t)
	ids, err := s.Mailbox(alice).Add("contacts", &types.DistributionList{DisplayName: "Friends", Members: []types.Member{
		{Mailbox: types.EmailAddress{Name: "Carol", EmailAddress: "carol@example.org", RoutingType: "SMTP"}},
		{Mailbox: types.EmailAddress{Name: "Dave", EmailAddress: "dave@example.org", RoutingType: "SMTP"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	list := call(t, s, v2016, `<m:ResolveNames ReturnFullContactData="false"><m:UnresolvedEntry>friends</m:UnresolvedEntry></m:ResolveNames>`).ok()
	if list.first("MailboxType") != "PrivateDL" || list.ids("ItemId")[0] != ids[0].ID {
		t.Errorf("list %s", list.text)
	}
	a := call(t, s, v2016, `<m:ExpandDL><m:Mailbox><t:ItemId Id="`+ids[0].ID+`"/></m:Mailbox></m:ExpandDL>`).ok()
	if diff := cmp.Diff([]string{"carol@example.org", "dave@example.org"}, a.all("EmailAddress")); diff != "" {
		t.Error(diff)
	}
	call(t, s, v2016, `<m:ExpandDL><m:Mailbox><t:EmailAddress>list@example.com</t:EmailAddress></m:Mailbox></m:ExpandDL>`).want(messages.ErrorNameResolutionNoResults)
}

func TestGetServerTimeZones(t *testing.T) {
	s := ewstest.New(t)
	all := call(t, s, v2016, `<m:GetServerTimeZones ReturnFullTimeZoneData="true"/>`).ok()
	if n := len(all.nodes("TimeZoneDefinition")); n < 130 || len(all.nodes("Transitions")) != n {
		t.Errorf("%d zones", n)
	}
	short := call(t, s, v2016, `<m:GetServerTimeZones ReturnFullTimeZoneData="false"><m:Ids><t:Id>romance standard time</t:Id><t:Id>UTC</t:Id><t:Id>Nowhere</t:Id></m:Ids></m:GetServerTimeZones>`).ok()
	if diff := cmp.Diff([]string{"Romance Standard Time", "UTC"}, short.ids("TimeZoneDefinition")); diff != "" || len(short.nodes("Periods")) != 0 {
		t.Error(diff, short.text)
	}
	// What is spelt out means the zone again.
	one := call(t, s, v2016, `<m:GetServerTimeZones><m:Ids><t:Id>Romance Standard Time</t:Id></m:Ids></m:GetServerTimeZones>`).ok()
	start, end := strings.Index(one.text, "<t:TimeZoneDefinition "), strings.Index(one.text, "</t:TimeZoneDefinition>")
	spelt := one.text[start:end] + "</t:TimeZoneDefinition>"
	a := (sender{headers: zoneHeader(spelt)}).call(t, s, v2016, `<m:CreateItem SendMeetingInvitations="SendToNone"><m:Items><t:CalendarItem><t:Subject>x</t:Subject>`+
		`<t:Start>2026-07-01T12:00:00</t:Start><t:End>2026-07-01T13:00:00</t:End></t:CalendarItem></m:Items></m:CreateItem>`).ok()
	item, err := s.Mailbox(alice).Item(a.ids("ItemId")[0])
	if err != nil || !item.(*types.CalendarItem).Start.Equal(time.Date(2026, 7, 1, 10, 0, 0, 0, time.UTC)) {
		t.Errorf("start %v, %v", item, err)
	}
}

func TestRooms(t *testing.T) {
	s := ewstest.New(t)
	if a := call(t, s, v2016, `<m:GetRoomLists/>`).ok(); len(a.nodes("RoomLists")) != 1 || len(a.nodes("Address")) != 0 {
		t.Errorf("answer %s", a.text)
	}
	call(t, s, v2016, `<m:GetRooms><m:RoomList><t:EmailAddress>list@example.com</t:EmailAddress></m:RoomList></m:GetRooms>`).want(messages.ErrorNameResolutionNoResults)
}

func TestOof(t *testing.T) {
	s := ewstest.New(t)
	get := func() *answer {
		return call(t, s, v2016, `<m:GetUserOofSettingsRequest><t:Mailbox><t:Address>`+alice+`</t:Address></t:Mailbox></m:GetUserOofSettingsRequest>`).ok()
	}
	set := func(settings string) *answer {
		return call(t, s, v2016, `<m:SetUserOofSettingsRequest><t:Mailbox><t:Address>`+alice+`</t:Address></t:Mailbox><t:UserOofSettings>`+settings+`</t:UserOofSettings></m:SetUserOofSettingsRequest>`)
	}
	if a := get(); a.first("OofState") != "Disabled" || a.first("AllowExternalOof") != "All" {
		t.Errorf("at first: %s", a.text)
	}
	set(`<t:OofState>Enabled</t:OofState><t:ExternalAudience>Known</t:ExternalAudience><t:InternalReply><t:Message>Away</t:Message></t:InternalReply><t:ExternalReply><t:Message>Gone</t:Message></t:ExternalReply>`).ok()
	a := get()
	if a.first("OofState") != "Enabled" || a.first("ExternalAudience") != "Known" || strings.Join(a.all("Message"), " ") != "Away Gone" || a.first("StartTime") == "" {
		t.Errorf("enabled: %s", a.text)
	}
	tips := callInvalid(t, s, v2016, `<m:GetMailTips><m:SendingAs><t:EmailAddress>`+bob+`</t:EmailAddress></m:SendingAs><m:Recipients><t:Mailbox><t:EmailAddress>`+alice+
		`</t:EmailAddress></t:Mailbox><t:Mailbox><t:EmailAddress>nobody@example.com</t:EmailAddress></t:Mailbox></m:Recipients></m:GetMailTips>`)
	if diff := cmp.Diff([]string{"false", "true"}, tips.all("InvalidRecipient")); diff != "" || tips.first("Message") != "Away" {
		t.Error(diff, tips.text)
	}
	set(`<t:OofState>Scheduled</t:OofState><t:ExternalAudience>None</t:ExternalAudience><t:Duration><t:StartTime>2001-01-01T00:00:00Z</t:StartTime><t:EndTime>2001-01-02T00:00:00Z</t:EndTime></t:Duration>`).
		want(messages.ErrorInvalidScheduledOofDuration)
	set(`<t:OofState>Scheduled</t:OofState><t:ExternalAudience>None</t:ExternalAudience><t:Duration><t:StartTime>2101-01-01T00:00:00Z</t:StartTime><t:EndTime>2101-01-02T00:00:00Z</t:EndTime></t:Duration>`).ok()
	if a := get(); a.first("EndTime") != "2101-01-02T00:00:00Z" {
		t.Errorf("scheduled: %s", a.text)
	}
	callAs(t, s, bob, v2016, `<m:GetUserOofSettingsRequest><t:Mailbox><t:Address>`+alice+`</t:Address></t:Mailbox></m:GetUserOofSettingsRequest>`).want(messages.ErrorAccessDenied)
}
