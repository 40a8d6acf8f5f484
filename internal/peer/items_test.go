package peer

import (
	"fmt"
	"time"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/orm"
)

// kind is an item class as orm makes items of it.
type kind struct {
	name   string
	folder types.BaseFolder // what to make for them; nil: a plain folder
	make   func(n int) types.Item
}

func person(name string) types.EmailAddress {
	return types.EmailAddress{Name: name, EmailAddress: name + "@example.net", RoutingType: "SMTP"}
}

func noted(n int) []types.ExtendedProperty {
	return []types.ExtendedProperty{
		{ExtendedFieldURI: extendedPaths["Peer Note"], Value: fmt.Sprintf("Note %d – ünïcödé", n)},
		{ExtendedFieldURI: extendedPaths["Peer Numbers"], Values: []string{"1", "-2", "2147483647"}},
		{ExtendedFieldURI: extendedPaths["Peer Rank"], Value: fmt.Sprint(n)},
		{ExtendedFieldURI: extendedPaths["33059"], Value: "2026-01-02T03:04:05Z"},
	}
}

// kinds are the classes that a client can make items of, with a value in as
// many properties as it may set.
var kinds = []kind{
	{"Message", nil, func(n int) types.Item {
		return &types.Message{
			Subject: fmt.Sprintf("orm message %d æøå <&> 日本", n), Sensitivity: types.SensitivityChoicesPersonal,
			Body: orm.HTMLBody(fmt.Sprintf("<html><body><p>Body %d &amp; more</p></body></html>", n)), Categories: []string{"From orm", fmt.Sprintf("Number %d", n)},
			Importance: types.ImportanceChoicesHigh, InReplyTo: "<parent@example.net>", Culture: "da-DK", ExtendedProperty: noted(n),
			ToRecipients: []types.EmailAddress{person("Carol"), person("Dave")}, CcRecipients: []types.EmailAddress{person("Erin")},
			BccRecipients: []types.EmailAddress{person("Frank")}, ReplyTo: []types.EmailAddress{person("Grace")}, From: person("Heidi"),
			InternetMessageID: fmt.Sprintf("<orm-%d@example.net>", n), References: "<a@example.net> <b@example.net>",
			IsReadReceiptRequested: true, IsDeliveryReceiptRequested: true, IsRead: n%2 == 0,
			Present: types.Set(field.Message.IsRead),
		}
	}},
	{"CalendarItem", &types.CalendarFolder{}, func(n int) types.Item {
		at := time.Date(2026, 4, 1+n, 9, 0, 0, 0, time.UTC)
		return &types.CalendarItem{
			Subject: fmt.Sprintf("orm event %d", n), Body: orm.TextBody("an event"), Categories: []string{"From orm"}, Location: "Room 1",
			Start: at, End: at.Add(45 * time.Minute), LegacyFreeBusyStatus: types.LegacyFreeBusyOOF, ReminderMinutesBeforeStart: 25, ReminderIsSet: true,
			RequiredAttendees: []types.Attendee{{Mailbox: person("Carol")}}, OptionalAttendees: []types.Attendee{{Mailbox: person("Dave")}},
			Resources: []types.Attendee{{Mailbox: person("Beamer")}}, ExtendedProperty: noted(n), UID: fmt.Sprintf("orm-uid-%d", n),
			MeetingWorkspaceURL: "https://example.net/w", NetShowURL: "https://example.net/n", AllowNewTimeProposal: true,
		}
	}},
	{"Recurring CalendarItem", &types.CalendarFolder{}, func(n int) types.Item {
		at := time.Date(2026, 4, 6, 9, 0, 0, 0, time.UTC) // a Monday
		return &types.CalendarItem{
			Subject: fmt.Sprintf("orm series %d", n), Start: at, End: at.Add(time.Hour),
			Recurrence: types.Recurrence{
				Pattern: &types.WeeklyRecurrencePattern{Interval: 2, DaysOfWeek: []types.DayOfWeek{types.DayOfWeekMonday, types.DayOfWeekFriday}, FirstDayOfWeek: types.DayOfWeekMonday},
				Range:   &types.NumberedRecurrenceRange{StartDate: at, NumberOfOccurrences: 7},
			},
		}
	}},
	{"Contact", &types.ContactsFolder{}, func(n int) types.Item {
		return &types.Contact{
			FileAs: fmt.Sprintf("Filed %d", n), DisplayName: fmt.Sprintf("orm person %d", n), GivenName: "Given", Initials: "G.", MiddleName: "Middle", Nickname: "Nick",
			CompanyName: "Company & Sons", Surname: "Surname", Department: "Department", JobTitle: "Title", Manager: "Manager", Mileage: "12 km",
			OfficeLocation: "Office", PostalAddressIndex: types.PhysicalAddressIndexHome, Profession: "Profession", SpouseName: "Spouse", AssistantName: "Assistant",
			Generation: "III", BusinessHomePage: "https://example.net", Children: []string{"One", "Two"}, Companies: []string{"First", "Second"},
			Birthday: time.Date(1980, 2, 29, 0, 0, 0, 0, time.UTC), WeddingAnniversary: time.Date(2001, 6, 5, 0, 0, 0, 0, time.UTC),
			EmailAddresses: []types.EmailAddressDictionaryEntry{
				{Key: types.EmailAddressKeyEmailAddress1, Value: "one@example.net"}, {Key: types.EmailAddressKeyEmailAddress2, Value: "two@example.net"}},
			PhysicalAddresses: []types.PhysicalAddressDictionaryEntry{
				{Key: types.PhysicalAddressKeyBusiness, Street: "2 Street", City: "Oslo", State: "State", CountryOrRegion: "Norge", PostalCode: "0150"},
				{Key: types.PhysicalAddressKeyHome, Street: "1 Street", City: "Århus", State: "State", CountryOrRegion: "Danmark", PostalCode: "8000"}},
			PhoneNumbers: []types.PhoneNumberDictionaryEntry{
				{Key: types.PhoneNumberKeyHomePhone, Value: "+45 87654321"}, {Key: types.PhoneNumberKeyMobilePhone, Value: "+45 12345678"}},
			Body: orm.TextBody("a contact"), Categories: []string{"From orm"}, Culture: "en-US", ExtendedProperty: noted(n),
		}
	}},
	{"DistributionList", &types.ContactsFolder{}, func(n int) types.Item {
		return &types.DistributionList{
			DisplayName: fmt.Sprintf("orm list %d", n), Body: orm.TextBody("a list"), Categories: []string{"From orm"}, ExtendedProperty: noted(n),
			Members: []types.Member{{Mailbox: person("Carol"), Present: types.MemberHasMailbox}, {Mailbox: person("Dave"), Present: types.MemberHasMailbox}},
		}
	}},
	{"Task", &types.TasksFolder{}, func(n int) types.Item {
		return &types.Task{
			Subject: fmt.Sprintf("orm task %d", n), Body: orm.TextBody("a task"), Categories: []string{"From orm"}, ActualWork: 30, TotalWork: 90,
			BillingInformation: "Billing", Companies: []string{"One", "Two"}, Contacts: []string{"Carol"}, Mileage: "3 km", PercentComplete: 50,
			Status: types.TaskStatusInProgress, StartDate: time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC), DueDate: time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC),
			ExtendedProperty: noted(n),
		}
	}},
	{"Recurring Task", &types.TasksFolder{}, func(n int) types.Item {
		day := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
		return &types.Task{
			Subject: fmt.Sprintf("orm chore %d", n), StartDate: day, DueDate: day,
			Recurrence: types.TaskRecurrence{
				Pattern: &types.DailyRecurrencePattern{Interval: 3},
				Range:   &types.EndDateRecurrenceRange{StartDate: day, EndDate: day.AddDate(0, 1, 0)},
			},
		}
	}},
	{"PostItem", nil, func(n int) types.Item {
		return &types.PostItem{
			Subject: fmt.Sprintf("orm post %d", n), Body: orm.TextBody("a post"), Categories: []string{"From orm"}, ExtendedProperty: noted(n),
			From: person("Heidi"), InternetMessageID: fmt.Sprintf("<orm-post-%d@example.net>", n), References: "<a@example.net>",
		}
	}},
	{"GenericItem", nil, func(n int) types.Item {
		return &types.GenericItem{
			ItemClass: "IPM.Peer.Thing", Subject: fmt.Sprintf("orm thing %d", n), Body: orm.TextBody("a thing"), Categories: []string{"From orm"},
			ExtendedProperty: noted(n),
		}
	}},
}
