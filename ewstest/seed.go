package ewstest

import (
	"fmt"
	"time"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/types"
)

// Seed puts n messages into the inbox of each mailbox, and a tenth as many,
// rounded up, into calendar, contacts and tasks. The same n makes the same
// items, but for their times: the newest message is as old as the server's
// clock.
func (s *Server) Seed(n int) {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	now := s.cfg.Clock().UTC().Truncate(time.Minute)
	for _, b := range s.store.boxes {
		for i := range n {
			s.store.put(b.distinguished[types.DistinguishedFolderIDNameInbox], b.seedMessage(i, now.Add(time.Duration(i-n)*time.Minute)))
		}
		for i := range (n + 9) / 10 {
			s.store.put(b.distinguished[types.DistinguishedFolderIDNameCalendar], seedEvent(i, now.Truncate(24*time.Hour)))
			s.store.put(b.distinguished[types.DistinguishedFolderIDNameContacts], seedContact(i))
			s.store.put(b.distinguished[types.DistinguishedFolderIDNameTasks], seedTask(i, now.Truncate(24*time.Hour)))
		}
	}
}

var seedTopics = [...]string{"Minutes", "Invoice", "Lunch", "Release", "Holidays", "Budget", "Travel"}

var seedPeople = [...]string{"Carol", "Dave", "Erin", "Frank", "Grace"}

func (b *mailbox) seedMessage(i int, at time.Time) types.Item {
	from := seedPeople[i%len(seedPeople)]
	sender := types.EmailAddress{
		Name: from, EmailAddress: fmt.Sprintf("%s@example.org", from), RoutingType: "SMTP", MailboxType: types.MailboxTypeOneOff,
	}
	m := &types.Message{}
	set(m, field.Message.ItemClass, "IPM.Note")
	set(m, field.Message.Subject, fmt.Sprintf("%s %d", seedTopics[i%len(seedTopics)], i+1))
	set(m, field.Message.Body, types.Body{BodyType: types.BodyTypeText, Value: fmt.Sprintf("Message %d to %s.\r\n", i+1, b.account.Name)})
	set(m, field.Message.Importance, []types.ImportanceChoices{types.ImportanceChoicesNormal, types.ImportanceChoicesHigh, types.ImportanceChoicesLow}[i%3])
	set(m, field.Message.Sensitivity, types.SensitivityChoicesNormal)
	set(m, field.Message.DateTimeReceived, at)
	set(m, field.Message.DateTimeSent, at)
	set(m, field.Message.Sender, sender)
	set(m, field.Message.From, sender)
	set(m, field.Message.ToRecipients, []types.EmailAddress{{
		Name: b.account.Name, EmailAddress: b.account.Address, RoutingType: "SMTP", MailboxType: types.MailboxTypeMailbox,
	}})
	set(m, field.Message.InternetMessageID, fmt.Sprintf("<seed-%d-%d@example.org>", b.number, i+1))
	set(m, field.Message.IsRead, i%3 == 0)
	if i%5 == 0 {
		set(m, field.Message.Categories, []string{"Seed"})
	}
	return m
}

func seedEvent(i int, day time.Time) types.Item {
	start := day.AddDate(0, 0, i/8).Add(time.Duration(9+i%8) * time.Hour)
	e := &types.CalendarItem{}
	set(e, field.CalendarItem.ItemClass, "IPM.Appointment")
	set(e, field.CalendarItem.Subject, fmt.Sprintf("Meeting %d", i+1))
	set(e, field.CalendarItem.Location, fmt.Sprintf("Room %d", i%4+1))
	set(e, field.CalendarItem.Start, start)
	set(e, field.CalendarItem.End, start.Add(30*time.Minute))
	set(e, field.CalendarItem.LegacyFreeBusyStatus, types.LegacyFreeBusyBusy)
	set(e, field.CalendarItem.UID, fmt.Sprintf("seed-%d", i+1))
	return e
}

func seedContact(i int) types.Item {
	given, surname := seedPeople[i%len(seedPeople)], fmt.Sprintf("Example%d", i+1)
	c := &types.Contact{}
	set(c, field.Contact.ItemClass, "IPM.Contact")
	set(c, field.Contact.Subject, given+" "+surname)
	set(c, field.Contact.DisplayName, given+" "+surname)
	set(c, field.Contact.FileAs, surname+", "+given)
	set(c, field.Contact.GivenName, given)
	set(c, field.Contact.Surname, surname)
	set(c, field.Contact.CompanyName, "Example")
	return c
}

func seedTask(i int, day time.Time) types.Item {
	t := &types.Task{}
	set(t, field.Task.ItemClass, "IPM.Task")
	set(t, field.Task.Subject, fmt.Sprintf("Task %d", i+1))
	set(t, field.Task.DueDate, day.AddDate(0, 0, i))
	set(t, field.Task.Status, types.TaskStatusNotStarted)
	return t
}
