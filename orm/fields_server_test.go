package orm_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/orm"
)

// An update of an entry leaves the other entries alone.
func TestUpdateOfEntries(t *testing.T) {
	_, acct := open(t)
	ctx := t.Context()
	c := &orm.Contact{
		GivenName: "Carol", DisplayName: "Carol",
		PhoneNumbers: []types.PhoneNumberDictionaryEntry{{Key: types.PhoneNumberKeyMobilePhone, Value: "1"}, {Key: types.PhoneNumberKeyHomePhone, Value: "2"}},
		PhysicalAddresses: []types.PhysicalAddressDictionaryEntry{{
			Key: types.PhysicalAddressKeyHome, Street: "Main St 1", City: "Springfield", PostalCode: "12345",
		}},
	}
	if err := acct.Create(ctx, acct.Contacts(), c); err != nil {
		t.Fatal(err)
	}
	k := field.Contact
	home := types.PhysicalAddressKeyHome
	err := acct.Update(ctx, c,
		k.PhoneNumbers.Key(types.PhoneNumberKeyMobilePhone).Set("11"),
		k.PhoneNumbers.Key(types.PhoneNumberKeyHomePhone).Clear(),
		k.PhoneNumbers.Key(types.PhoneNumberKeyCarPhone).Set("3"),
		k.PhysicalAddresses.Sub(home, "City").Set("Shelbyville"),
		k.EmailAddresses.Key(types.EmailAddressKeyEmailAddress1).Set("carol@example.org"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"mobile": "11", "home": "", "car": "3", "city": "Shelbyville", "street": "Main St 1", "mail": "carol@example.org"}
	entries := func(c *orm.Contact) map[string]string {
		return map[string]string{
			"mobile": k.PhoneNumbers.Key(types.PhoneNumberKeyMobilePhone).Get(c), "home": k.PhoneNumbers.Key(types.PhoneNumberKeyHomePhone).Get(c),
			"car": k.PhoneNumbers.Key(types.PhoneNumberKeyCarPhone).Get(c), "city": k.PhysicalAddresses.Sub(home, "City").Get(c),
			"street": k.PhysicalAddresses.Sub(home, "Street").Get(c), "mail": k.EmailAddresses.Key(types.EmailAddressKeyEmailAddress1).Get(c),
		}
	}
	if diff := cmp.Diff(want, entries(c)); diff != "" {
		t.Errorf("in memory: -want +got:\n%s", diff)
	}
	got := must(acct.Contacts().People().Get(ctx))(t)
	if diff := cmp.Diff(want, entries(got)); diff != "" {
		t.Errorf("on the server: -want +got:\n%s", diff)
	}
	people := acct.Contacts().People().Where(orm.Q("phone_numbers__CarPhone", "3"), orm.Q("physical_addresses__Home__city__startswith", "Shel"))
	if n, err := people.OrderByName("physical_addresses__Home__city").OnlyName("phone_numbers__CarPhone").Count(ctx); n != 1 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	one := must(people.OnlyName("phone_numbers__CarPhone", "physical_addresses__Home__city").Get(ctx))(t)
	if k.PhoneNumbers.Key(types.PhoneNumberKeyCarPhone).Get(one) != "3" || k.PhysicalAddresses.Sub(home, "City").Get(one) != "Shelbyville" {
		t.Errorf("entries alone: %+v", entries(one))
	}
}

func TestAppend(t *testing.T) {
	_, acct := open(t)
	ctx := t.Context()
	m := &orm.Message{Subject: "x", Body: orm.TextBody("one"), ToRecipients: orm.To("bob@example.com")}
	if err := acct.Create(ctx, acct.Drafts(), m); err != nil {
		t.Fatal(err)
	}
	if err := acct.Update(ctx, m, field.Message.Body.Append(orm.TextBody(" two")), field.Message.ToRecipients.Append(orm.To("carol@example.com"))); err != nil {
		t.Fatal(err)
	}
	if m.Body.Value != "one" {
		t.Errorf("in memory: %q", m.Body.Value)
	}
	if err := acct.Refresh(ctx, m); err != nil || m.Body.Value != "one two" || len(m.ToRecipients) != 2 {
		t.Errorf("on the server: %q %v, %v", m.Body.Value, m.ToRecipients, err)
	}
}

// All fields of a message that a program sets, there and back; those that are
// asked for by name alone, too.
func TestMessageFields(t *testing.T) {
	_, acct := open(t)
	ctx := t.Context()
	m := &orm.Message{
		Subject: "All", Sensitivity: types.SensitivityChoicesPrivate, Importance: types.ImportanceChoicesLow, Categories: []string{"a", "b"},
		Body: orm.HTMLBody("<html><body><p>Hello</p></body></html>"), ToRecipients: orm.To("bob@example.com"), CcRecipients: orm.To("carol@example.com"),
		BccRecipients: orm.To("dave@example.com"), ReplyTo: orm.To("alice@example.com"), IsReadReceiptRequested: true, IsDeliveryReceiptRequested: true,
		ReminderIsSet: true, ReminderDueBy: noon, InReplyTo: "<a@b>", References: "<a@b> <c@d>",
		Flag: types.Flag{FlagStatus: types.FlagStatusFlagged},
	}
	if err := acct.Create(ctx, acct.Drafts(), m); err != nil {
		t.Fatal(err)
	}
	got := must(acct.Drafts().Messages().Get(ctx))(t)
	type fields struct {
		Subject    string
		Sens       types.SensitivityChoices
		Imp        types.ImportanceChoices
		Cat        []string
		Body       string
		To, Cc     int
		Bcc        int
		Receipts   bool
		Due        time.Time
		InReplyTo  string
		References string
		Flag       types.FlagStatus
	}
	short := func(m *orm.Message) fields {
		return fields{m.Subject, m.Sensitivity, m.Importance, m.Categories, m.Body.Value, len(m.ToRecipients), len(m.CcRecipients), len(m.BccRecipients),
			m.IsReadReceiptRequested && m.IsDeliveryReceiptRequested && m.ReminderIsSet, m.ReminderDueBy.UTC(), m.InReplyTo, m.References, m.Flag.FlagStatus}
	}
	if diff := cmp.Diff(short(m), short(got)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got.Body.BodyType != types.BodyTypeHTML || !got.EffectiveRights.Read || got.ConversationID.ID == "" {
		t.Errorf("body type %q, rights %+v, conversation %+v", got.Body.BodyType, got.EffectiveRights, got.ConversationID)
	}
	f := field.Message
	named := must(acct.Drafts().Messages().Only(f.TextBody, f.ConversationID, f.MimeContent).Get(ctx))(t)
	if !strings.Contains(named.TextBody.Value, "Hello") || strings.Contains(named.TextBody.Value, "<p>") {
		t.Errorf("text body %q", named.TextBody.Value)
	}
	mime, err := base64.StdEncoding.DecodeString(named.MimeContent.Value)
	if err != nil || !strings.Contains(string(mime), "Subject: All") {
		t.Errorf("MIME %q, %v", mime, err)
	}
	if n, err := acct.Drafts().Messages().Where(orm.Q("conversation_id", got.ConversationID)).Count(ctx); n != 1 || err != nil {
		t.Errorf("by conversation: %d, %v", n, err)
	}
	// Import what was exported.
	in := &orm.Message{MimeContent: named.MimeContent}
	if err := acct.Create(ctx, acct.Inbox(), in); err != nil {
		t.Fatal(err)
	}
	if err := acct.Refresh(ctx, in); err != nil || in.Subject != "All" {
		t.Errorf("imported %q, %v", in.Subject, err)
	}
}

func TestOtherClassesThereAndBack(t *testing.T) {
	_, acct := open(t)
	ctx := t.Context()
	task := &orm.Task{Subject: "Paint", DueDate: noon, StartDate: noon.AddDate(0, 0, -3), Status: types.TaskStatusInProgress, PercentComplete: 50, Owner: ""}
	list := &orm.DistributionList{DisplayName: "Team", Members: []types.Member{
		{Mailbox: types.EmailAddress{Name: "Bob", EmailAddress: "bob@example.com", MailboxType: types.MailboxTypeOneOff, RoutingType: "SMTP"}},
	}}
	post := &orm.PostItem{Subject: "Note", Body: orm.TextBody("on the board")}
	event := &orm.CalendarItem{Subject: "Lunch", Start: noon, End: noon.Add(time.Hour), Location: "Canteen", LegacyFreeBusyStatus: types.LegacyFreeBusyOOF}
	for f, item := range map[orm.Folder]orm.Item{acct.Tasks(): task, acct.Contacts(): list, acct.Inbox(): post, acct.Calendar(): event} {
		if err := acct.Create(ctx, f, item); err != nil {
			t.Errorf("%T: %v", item, err)
		}
	}
	gotTask := must(acct.Tasks().Tasks().Filter(field.Task.DueDate.AtLeast(noon.AddDate(0, 0, -1)), field.Task.IsComplete.Is(false)).Get(ctx))(t)
	if gotTask.PercentComplete != 50 || !gotTask.DueDate.Equal(noon) && gotTask.DueDate.IsZero() {
		t.Errorf("task %+v", gotTask)
	}
	if err := acct.Update(ctx, gotTask, field.Task.Status.Set(types.TaskStatusCompleted)); err != nil {
		t.Error(err)
	}
	if err := acct.Refresh(ctx, gotTask); err != nil || !gotTask.IsComplete || gotTask.PercentComplete != 100 {
		t.Errorf("task complete %v, %v %%, %v", gotTask.IsComplete, gotTask.PercentComplete, err)
	}
	gotList := must(acct.Contacts().DistributionLists().Filter(field.DistributionList.DisplayName.Equals("team")).Get(ctx))(t)
	if len(gotList.Members) != 1 || gotList.Members[0].Mailbox.EmailAddress != "bob@example.com" {
		t.Errorf("list %+v", gotList.Members)
	}
	gotPost := must(acct.Inbox().Posts().Get(ctx))(t)
	if gotPost.Body.Value != "on the board" {
		t.Errorf("post %+v", gotPost.Body)
	}
	gotEvent := must(acct.Calendar().Appointments().Filter(field.CalendarItem.Location.Equals("canteen"), field.CalendarItem.Start.Range(noon, noon)).Get(ctx))(t)
	if gotEvent.LegacyFreeBusyStatus != types.LegacyFreeBusyOOF || !gotEvent.End.Equal(noon.Add(time.Hour)) || gotEvent.UID == "" {
		t.Errorf("event %+v", gotEvent)
	}
}

func TestMeetings(t *testing.T) {
	srv, alice := open(t, ewstest.Config{Clock: clock()})
	bob := login(t, srv, 1, orm.Config{})
	ctx := t.Context()
	attendees := []types.Attendee{{Mailbox: types.EmailAddress{EmailAddress: "bob@example.com"}}}
	quiet := &orm.CalendarItem{Subject: "quiet", Start: noon, End: noon.Add(time.Hour), RequiredAttendees: attendees}
	loud := &orm.CalendarItem{Subject: "loud", Start: noon, End: noon.Add(time.Hour), RequiredAttendees: attendees}
	if err := alice.Create(ctx, alice.Calendar(), quiet); err != nil {
		t.Fatal(err)
	}
	if err := alice.Create(ctx, alice.Calendar(), loud, orm.SendToAllAndSaveCopy); err != nil {
		t.Fatal(err)
	}
	requests := bob.Inbox().MeetingRequests()
	r := must(requests.Get(ctx))(t)
	if r.Subject != "loud" || !r.Start.Equal(noon) {
		t.Errorf("request %q at %v", r.Subject, r.Start)
	}
	if n := must(bob.Inbox().Messages().Count(ctx))(t); n != 0 {
		t.Errorf("%d messages beside the request", n)
	}
	if err := alice.UpdateWith(ctx, loud, []field.AnyChange{field.CalendarItem.Location.Set("Room 1")}, orm.SendOnlyToAll); err != nil {
		t.Fatal(err)
	}
	if n := must(requests.Count(ctx))(t); n != 2 {
		t.Errorf("%d requests after the update", n)
	}
	if err := alice.Delete(ctx, loud, orm.HardDelete, orm.SendOnlyToAll); err != nil {
		t.Fatal(err)
	}
	if c, err := bob.Inbox().MeetingCancellations().Get(ctx); err != nil || !strings.Contains(c.Subject, "loud") {
		t.Errorf("cancellation %v, %v", c, err)
	}
	if err := alice.Delete(ctx, quiet, orm.HardDelete); err != nil {
		t.Fatal(err)
	}
	if n := must(bob.Inbox().MeetingCancellations().Count(ctx))(t); n != 1 {
		t.Errorf("%d cancellations", n)
	}
}

func TestAssociatedItems(t *testing.T) {
	_, acct := open(t)
	ctx := t.Context()
	hidden := &orm.Message{Subject: "settings", IsAssociated: true}
	if err := acct.Create(ctx, acct.Inbox(), hidden); err != nil {
		t.Fatal(err)
	}
	if n := must(acct.Inbox().Messages().Count(ctx))(t); n != 0 {
		t.Errorf("%d items in sight", n)
	}
	m, err := acct.Inbox().Messages().Associated().Get(ctx)
	if err != nil || m.Subject != "settings" {
		t.Errorf("%v, %v", m, err)
	}
	if n, err := acct.Inbox().Messages().SoftDeleted().Count(ctx); n != 0 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if _, err := acct.Inbox().Messages().Get(ctx); !errors.Is(err, orm.ErrNotFound) {
		t.Error(err)
	}
}
