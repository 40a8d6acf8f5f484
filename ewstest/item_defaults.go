package ewstest

import (
	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/types"
)

// readOnly reports whether clients may not set the property.
func readOnly(p field.Info) bool { return p.ReadOnly }

// check reports what is wrong with the properties of an item.
func (c *call) check(v types.Properties) error { return nil }

// complete gives a new item the properties that Exchange gives it.
func (s *store) complete(v types.Properties, box *mailbox, by string) {
	now := s.instant()
	assignDefault(v, "item:ItemClass", defaultItemClass(v.(types.Item)))
	assignDefault(v, "item:Sensitivity", types.SensitivityChoicesNormal)
	assignDefault(v, "item:Importance", types.ImportanceChoicesNormal)
	assignDefault(v, "item:DateTimeReceived", now)
	assignDefault(v, "item:DateTimeSent", now)
	assign(v, "item:IsSubmitted", false)
	assignDefault(v, "item:IsDraft", isMessage(v.(types.Item)))
	assign(v, "item:IsFromMe", false)
	assign(v, "item:IsResend", false)
	assign(v, "item:IsUnmodified", false)
	assignDefault(v, "item:ReminderIsSet", false)
	assignDefault(v, "item:ReminderMinutesBeforeStart", int32(0))
	assignDefault(v, "item:IsAssociated", false)
	assignDefault(v, "message:IsRead", true)
	assign(v, "item:LastModifiedName", by)
}

// defaultItemClass is the message class of items of a class.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/itemclass
func defaultItemClass(v types.Item) string {
	switch v.(type) {
	case *types.CalendarItem:
		return "IPM.Appointment"
	case *types.Contact:
		return "IPM.Contact"
	case *types.DistributionList:
		return "IPM.DistList"
	case *types.Task:
		return "IPM.Task"
	case *types.PostItem:
		return "IPM.Post"
	case *types.MeetingRequest:
		return "IPM.Schedule.Meeting.Request"
	case *types.MeetingCancellation:
		return "IPM.Schedule.Meeting.Canceled"
	case *types.MeetingResponse:
		return "IPM.Schedule.Meeting.Resp.Pos"
	}
	return "IPM.Note"
}
