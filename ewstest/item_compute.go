package ewstest

import (
	"encoding/binary"
	"net/url"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/types"
)

// compute gives the item a property that is made when it is asked for, because
// it depends on who asks, or how, or would be dear to keep.
func (s *shaper) compute(uri string) error {
	v := s.full
	switch uri {
	case "item:Body":
		assign(v, uri, s.body(s.shape.BodyType))
	case "item:TextBody":
		assign(v, uri, s.body(types.BodyTypeResponseText))
	case "item:NormalizedBody":
		assign(v, uri, s.body(orBest(s.shape.NormalizedBodyType, s.shape.BodyType)))
	case "item:UniqueBody":
		b := s.body(orBest(s.shape.UniqueBodyType, s.shape.BodyType))
		b.Value = withoutQuoted(b)
		assign(v, uri, b)
	case "item:Preview":
		assign(v, uri, preview(convertBody(s.text, types.BodyTypeResponseText).Value))
	case "item:MimeContent":
		return s.mime()
	case "item:Attachments":
		if len(s.attached) > 0 {
			assign(v, uri, s.c.listAttachments(s.attached))
		}
	case "calendar:Recurrence":
		if e, ok := v.(*types.CalendarItem); ok && present(v, uri) {
			r := e.Recurrence
			r.Range = zonedRange(r.Range, s.c.zoneOf(e.StartTimeZone))
			assign(v, uri, r)
		}
	case "task:Recurrence":
		if t, ok := v.(*types.Task); ok && present(v, uri) {
			r := t.Recurrence
			r.Range = zonedRange(r.Range, s.c.location())
			assign(v, uri, r)
		}
	case "item:ResponseObjects":
		if list := s.responses(); len(list) > 0 {
			assign(v, uri, list)
		}
	case "item:EffectiveRights":
		assign(v, uri, s.c.itemRights(s.item))
	case "item:WebClientReadFormQueryString":
		assign(v, uri, s.webForm("ReadMessageItem"))
	case "item:WebClientEditFormQueryString":
		if valueAt[bool](v, "item:IsDraft") || isCalendar(v.(types.Item)) {
			assign(v, uri, s.webForm("EditMessageItem"))
		}
	case "item:InstanceKey", "item:StoreEntryId":
		assign(v, uri, s.key(uri))
	case "item:IconIndex":
		assign(v, uri, iconIndex(v))
	case "item:ReminderNextTime":
		if at, ok := reminderTime(v); ok {
			assign(v, uri, at)
		}
	default:
		if strings.HasPrefix(uri, "calendar:") {
			s.computeMeeting(uri)
		}
		if strings.HasPrefix(uri, "meeting:") {
			s.computeMessage(uri)
		}
	}
	return nil
}

// reminderTime returns when the reminder of an item is due.
func reminderTime(v types.Properties) (time.Time, bool) {
	due, ok := lookup[time.Time](v, "item:ReminderDueBy")
	before := time.Duration(valueAt[int32](v, "item:ReminderMinutesBeforeStart")) * time.Minute
	return due.Add(-before), ok && valueAt[bool](v, "item:ReminderIsSet")
}

func orBest(t, other types.BodyTypeResponse) types.BodyTypeResponse {
	if t == "" {
		return other
	}
	return t
}

// body returns the body in the form that the shape asks for.
func (s *shaper) body(want types.BodyTypeResponse) types.Body {
	b := convertBody(s.text, want)
	if b.BodyType == types.BodyTypeHTML && s.shape.FilterHTMLContent {
		b.Value = filterHTML(b.Value)
	}
	b.Present = 0
	return truncateBody(b, int(s.shape.MaximumBodySize))
}

// withoutQuoted returns the part of a reply's body that is not the message it
// answers.
func withoutQuoted(b types.Body) string {
	mark := textQuoteMark
	if b.BodyType == types.BodyTypeHTML {
		mark = htmlQuoteMark
	}
	own, _, _ := strings.Cut(b.Value, mark)
	return own
}

// The marks that the server puts before the message that a reply answers.
const (
	textQuoteMark = "________________________________\r\n"
	htmlQuoteMark = `<hr tabindex="-1" style="display:inline-block; width:98%">`
)

// webForm returns the query string of Outlook on the web for the item.
func (s *shaper) webForm(view string) string {
	return "https://" + s.c.host + "/owa/?ItemID=" + url.QueryEscape(s.item.itemID().ID) + "&exvsurl=1&viewmodel=" + view
}

// key returns a binary key of the item.
func (s *shaper) key(uri string) []byte {
	var b [32]byte
	if uri == "item:StoreEntryId" {
		b[0] = 1
	}
	binary.BigEndian.PutUint32(b[4:], s.item.folder.box.number)
	binary.BigEndian.PutUint64(b[24:], s.item.number)
	return b[:]
}

func iconIndex(v types.Properties) types.IconIndex {
	switch class := valueAt[string](v, "item:ItemClass"); {
	case strings.HasPrefix(class, "IPM.Note"):
		if valueAt[bool](v, "item:IsDraft") {
			return types.IconIndexDefault
		}
		if valueAt[bool](v, "message:IsRead") {
			return types.IconIndexMailRead
		}
		return types.IconIndexMailUnread
	case strings.HasPrefix(class, "IPM.Post"):
		return types.IconIndexPostItem
	}
	return types.IconIndexDefault
}

// maxFound is the length, in UTF-16 units, to which FindItem cuts texts.
const maxFound = 255

// cut shortens what FindItem gives: texts have at most 255 characters,
// addresses only names.
func (s *shaper) cut(p field.Info) {
	switch x := s.out.PropertyPtr(p.Bit).(type) {
	case *string:
		*x = cutText(*x)
	case *types.EmailAddress:
		name := x.Name
		if name == "" {
			name = x.EmailAddress
		}
		*x = types.EmailAddress{Name: name}
	}
}

func cutText(s string) string {
	if len(s) <= maxFound {
		return s
	}
	units := 0
	for i, r := range s {
		n := max(1, utf16.RuneLen(r))
		if units+n > maxFound {
			return s[:i]
		}
		units += n
	}
	return s
}

// zonedRange returns a range whose days are days of the zone: Exchange writes
// them with its offset.
func zonedRange(r types.RecurrenceRange, loc *time.Location) types.RecurrenceRange {
	day := func(t time.Time) time.Time {
		if loc.String() == time.UTC.String() {
			loc = time.UTC
		}
		return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, loc)
	}
	switch r := r.(type) {
	case *types.NoEndRecurrenceRange:
		return &types.NoEndRecurrenceRange{StartDate: day(r.StartDate)}
	case *types.EndDateRecurrenceRange:
		return &types.EndDateRecurrenceRange{StartDate: day(r.StartDate), EndDate: day(r.EndDate)}
	case *types.NumberedRecurrenceRange:
		return &types.NumberedRecurrenceRange{StartDate: day(r.StartDate), NumberOfOccurrences: r.NumberOfOccurrences}
	}
	return r
}
