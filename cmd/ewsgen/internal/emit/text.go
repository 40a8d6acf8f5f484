package emit

import (
	"strings"

	"github.com/seed-1937cc67/goews/internal/xsd"
)

// topics say which file a declaration of package types goes to: the first
// row with a word that occurs in its name.
var topics = []struct{ topic, words string }{
	{"unified_messaging", "UM Phone Prompt Voice GALSpeech"},
	{"recurrence", "Recurrence Recurring Occurrence"},
	{"timezone", "TimeZone TimeChange Transition"},
	{"availability", "FreeBusy Availability Suggestion WorkingPeriod WorkingHours AttendeeConflict MailboxData MeetingTime TimeSlot"},
	{"oof", "Oof OutOfOffice"},
	{"mailtips", "MailTip"},
	{"sharing", "Sharing Delegate"},
	{"notification", "Subscri Notification Event Watermark"},
	{"rules", "Rule"},
	{"sync", "SyncFolder"},
	{"search", "Search Hold Discovery Refiner Keyword Query InstantSearch Preview"},
	{"persona", "Persona Person Peopl"},
	{"conversation", "Conversation"},
	{"contacts", "Contact DistributionList PhysicalAddress PhoneNumber ImAddress EmailAddressDictionary EmailAddressKey CompleteName Member ImGroup ImItem"},
	{"meeting", "Meeting Attendee Calendar Appointment Schedul Booking"},
	{"task", "Task"},
	{"attachment", "Attachment"},
	{"folder", "Folder Permission"},
	{"retention", "Retention Policy Nudge Protection"},
	{"extension", "App Extension Client Manifest"},
	{"insight", "Insight Entity Entities Extraction"},
	{"userconfiguration", "UserConfiguration Dictionary ServiceConfiguration"},
	{"tracking", "Tracking Report Recipient"},
	{"restriction", "Equal Than Contains Exists Excludes And Or Not Restriction Path FieldURI Constant Operand"},
	{"response", "Item Accept Decline Reply Forward Suppress Cancel Response"},
}

// topic returns the file that a declaration belongs to.
func topic(name string) string {
	if strings.HasSuffix(name, "FieldURI") {
		return "fielduri"
	}
	for _, t := range topics {
		for _, w := range strings.Fields(t.words) {
			if i := strings.Index(name, w); i >= 0 && wordEnd(name, i+len(w), w) {
				return t.topic
			}
		}
	}
	return "core"
}

// wordEnd reports whether the word w that ends at i in name is not just the
// start of a longer one (Or in Organizer).
func wordEnd(name string, i int, w string) bool {
	return len(w) > 3 || i == len(name) || name[i] < 'a' || name[i] > 'z'
}

// since says in prose since when a component is known.
func since(v xsd.Versions) string {
	s := ""
	switch {
	case v.Since != "" && v.Until == v.Since:
		s = ", in " + v.Since + " alone"
	case v.Since != "" && v.Until != "":
		s = ", from " + v.Since + " until " + v.Until
	case v.Since != "":
		s = ", since " + v.Since
	case v.Until != "":
		s = ", until " + v.Until
	}
	if v.Online {
		s += ", Exchange Online only"
	}
	return s
}

// page returns the lines of a doc comment that name a page of the reference,
// empty if there is none.
func page(address string) string {
	if address == "" {
		return ""
	}
	return "\n//\n// " + address
}

// versionNote says when a part is known, if that is not when its owner is.
func versionNote(v, owner xsd.Versions) string {
	if v == owner || v == (xsd.Versions{}) {
		return ""
	}
	return strings.TrimPrefix(since(v), ", ")
}

// prefixed returns a name with the prefix that the envelope binds.
func prefixed(n xsd.Name) string {
	if n.Space == "" {
		return n.Local
	}
	return n.String()
}
