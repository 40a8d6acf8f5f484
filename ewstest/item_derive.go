package ewstest

import (
	"cmp"
	"slices"
	"strings"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/types"
)

// derive computes what follows from the other properties of an item. It is
// done whenever an item changes, so that reading costs nothing.
func derive(v types.Properties, attached []*attachment) {
	switch v := v.(type) {
	case *types.CalendarItem:
		deriveCalendar(v)
		set(v, field.CalendarItem.DisplayTo, attendeeNames(v.RequiredAttendees))
		set(v, field.CalendarItem.DisplayCc, attendeeNames(v.OptionalAttendees))
	case *types.Task:
		deriveTask(v)
	case *types.Contact:
		deriveContact(v, attached)
	}
	if isMessage(v.(types.Item)) {
		assign(v, "item:DisplayTo", displayNames(valueAt[[]types.EmailAddress](v, "message:ToRecipients")))
		assign(v, "item:DisplayCc", displayNames(valueAt[[]types.EmailAddress](v, "message:CcRecipients")))
		assign(v, "item:DisplayBcc", displayNames(valueAt[[]types.EmailAddress](v, "message:BccRecipients")))
	}
	assign(v, "item:HasAttachments", slices.ContainsFunc(attached, func(a *attachment) bool { return !a.inline() }))
	assign(v, "item:Size", sizeOf(v, attached))
}

func displayNames(list []types.EmailAddress) string {
	var names []string
	for _, a := range list {
		names = append(names, cmp.Or(a.Name, a.EmailAddress))
	}
	return strings.Join(names, "; ")
}

// sizeOf estimates how much an item takes: its texts, its lists, what is
// attached, and something for the rest. It is never 0.
func sizeOf(v types.Properties, attached []*attachment) int32 {
	n := int64(250)
	for _, p := range classOf(v).props {
		if !has(v, p) {
			continue
		}
		n += 8
		switch x := v.PropertyPtr(p.Bit).(type) {
		case *string:
			n += 2 * int64(len(*x))
		case *types.Body:
			n += 2 * int64(len(x.Value))
		case *[]types.EmailAddress:
			for _, a := range *x {
				n += 100 + 2*int64(len(a.Name)+len(a.EmailAddress))
			}
		case *[]types.Attendee:
			n += 200 * int64(len(*x))
		case *[]string:
			for _, s := range *x {
				n += 2 * int64(len(s))
			}
		}
	}
	if list := v.ExtendedPtr(); list != nil {
		for _, e := range *list {
			n += 8 + 2*int64(len(e.Value))
			for _, s := range e.Values {
				n += 2 * int64(len(s))
			}
		}
	}
	for _, a := range attached {
		n += 100 + a.size()
	}
	return int32(min(n, 1<<31-1))
}
