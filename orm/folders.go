package orm

import (
	"slices"

	"github.com/seed-1937cc67/goews/gen/types"
)

// Folders are some folders of one account, for a query over all of them: what
// Folder.Children or Folder.Glob returns, or named ones. In makes them.
type Folders struct {
	list []Folder
	err  error
}

// In returns the folders for a query over all of them, in their order:
//
//	invoices, err := acct.Root().Glob(ctx, "Projects/*/Invoices")
//	n, err := orm.In(invoices...).Messages().Filter(field.Message.IsRead.Is(false)).Count(ctx)
//
// Offset and Limit count through all folders; OrderBy sorts within each. It
// does not contact the server. A query over no folders finds nothing; one over
// folders of two accounts has a *FieldError.
func In(folders ...Folder) Folders {
	fs := Folders{list: slices.Clone(folders)}
	for _, f := range folders {
		if f.acct != folders[0].acct {
			fs.err = &FieldError{Field: "In", Reason: "has folders of two accounts: make a query for each"}
		}
	}
	return fs
}

// over returns q over all of the folders.
func over[E any](fs Folders, q func(Folder) Query[E]) Query[E] {
	if len(fs.list) == 0 {
		return q(Folder{}).Limit(0)
	}
	query := q(fs.list[0])
	query.more = fs.list[1:]
	query.err = fs.err
	return query
}

// Items begins a query over the items of every class: see Folder.Items.
func (fs Folders) Items() Query[types.Item] { return over(fs, Folder.Items) }

// Messages begins a query over the mail: see Folder.Messages.
func (fs Folders) Messages() Query[*types.Message] { return over(fs, Folder.Messages) }

// Appointments begins a query over the calendar items: see
// Folder.Appointments.
func (fs Folders) Appointments() Query[*types.CalendarItem] { return over(fs, Folder.Appointments) }

// People begins a query over the contacts: see Folder.People.
func (fs Folders) People() Query[*types.Contact] { return over(fs, Folder.People) }

// DistributionLists begins a query over the distribution lists: see
// Folder.DistributionLists.
func (fs Folders) DistributionLists() Query[*types.DistributionList] {
	return over(fs, Folder.DistributionLists)
}

// Tasks begins a query over the tasks: see Folder.Tasks.
func (fs Folders) Tasks() Query[*types.Task] { return over(fs, Folder.Tasks) }

// Posts begins a query over the posts: see Folder.Posts.
func (fs Folders) Posts() Query[*types.PostItem] { return over(fs, Folder.Posts) }

// MeetingRequests begins a query over the meeting requests: see
// Folder.MeetingRequests.
func (fs Folders) MeetingRequests() Query[*types.MeetingRequest] {
	return over(fs, Folder.MeetingRequests)
}

// MeetingResponses begins a query over the answers to meeting requests: see
// Folder.MeetingResponses.
func (fs Folders) MeetingResponses() Query[*types.MeetingResponse] {
	return over(fs, Folder.MeetingResponses)
}

// MeetingCancellations begins a query over the cancellations of meetings: see
// Folder.MeetingCancellations.
func (fs Folders) MeetingCancellations() Query[*types.MeetingCancellation] {
	return over(fs, Folder.MeetingCancellations)
}
