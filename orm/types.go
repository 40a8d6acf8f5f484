package orm

import (
	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/types"
)

// The item classes, and what they are made of: aliases of package gen/types,
// so that most programs import orm and gen/field alone.
type (
	Item                = types.Item
	GenericItem         = types.GenericItem
	Message             = types.Message
	CalendarItem        = types.CalendarItem
	Contact             = types.Contact
	DistributionList    = types.DistributionList
	Task                = types.Task
	PostItem            = types.PostItem
	MeetingRequest      = types.MeetingRequest
	MeetingResponse     = types.MeetingResponse
	MeetingCancellation = types.MeetingCancellation
	MeetingMessage      = types.MeetingMessage

	ItemID       = types.ItemID
	EmailAddress = types.EmailAddress
	Body         = types.Body
)

// To returns recipients with the addresses.
func To(addresses ...string) []EmailAddress {
	out := make([]EmailAddress, len(addresses))
	for i, a := range addresses {
		out[i].EmailAddress = a
	}
	return out
}

// TextBody returns a body of plain text.
func TextBody(s string) Body { return Body{BodyType: types.BodyTypeText, Value: s} }

// HTMLBody returns a body of HTML.
func HTMLBody(s string) Body { return Body{BodyType: types.BodyTypeHTML, Value: s} }

// DeleteType says what deleting does.
type DeleteType = types.Disposal

// The ways to delete.
const (
	// HardDelete removes for good; an administrator may recover from the dumpster.
	HardDelete = types.DisposalHardDelete
	// SoftDelete moves to the dumpster ("Recoverable Items").
	SoftDelete = types.DisposalSoftDelete
	// MoveToDeletedItems moves to the folder Deleted Items.
	MoveToDeletedItems = types.DisposalMoveToDeletedItems
)

// IDOf returns the id of an item of any class; zero if it has none.
func IDOf(item Item) ItemID {
	if p := idPtr(item); p != nil {
		return *p
	}
	return ItemID{}
}

func idPtr(item Item) *ItemID {
	p, ok := item.(types.Properties)
	if !ok {
		return nil
	}
	for _, f := range field.Of(p) {
		if f.URI == "item:ItemId" {
			id, _ := p.PropertyPtr(f.Bit).(*ItemID)
			return id
		}
	}
	return nil
}
