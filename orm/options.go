package orm

import "github.com/seed-1937cc67/goews/gen/types"

// Option says how items are created, updated, deleted or sent: one of this
// package's constants, such as SendToAllAndSaveCopy or NeverOverwrite, or
// CopyTo. One that has nothing to say about a call does nothing to it.
type Option interface{ apply(*options) }

type options struct {
	invite     Invitations
	conflict   Conflict
	tasks      types.AffectedTaskOccurrences
	noReceipts bool
	noCopy     bool
	copyTo     *Folder
}

func optionsOf(list []Option) options {
	o := options{invite: SendToNone, conflict: AutoResolve, tasks: types.AffectedTaskOccurrencesAllOccurrences}
	for _, x := range list {
		x.apply(&o)
	}
	return o
}

// gate fails if the server's version lacks one of the options.
func (o options) gate(a *Account) error {
	if o.noReceipts {
		return a.needs("SuppressReadReceipts", types.ExchangeVersionExchange2013)
	}
	return nil
}

// Invitations says who is told when a meeting is created, changed or deleted.
// The default is SendToNone.
type Invitations string

// The choices. Those about changed attendees are for updates.
const (
	SendToNone               Invitations = "SendToNone"
	SendOnlyToAll            Invitations = "SendOnlyToAll"
	SendToAllAndSaveCopy     Invitations = "SendToAllAndSaveCopy"
	SendOnlyToChanged        Invitations = "SendOnlyToChanged"
	SendToChangedAndSaveCopy Invitations = "SendToChangedAndSaveCopy"
)

func (i Invitations) apply(o *options) { o.invite = i }

// some fails for a call that knows no attendees that changed.
func (i Invitations) some() error {
	if i == SendOnlyToChanged || i == SendToChangedAndSaveCopy {
		return &FieldError{Field: string(i), Reason: "is for updates", Allowed: []string{
			string(SendToNone), string(SendOnlyToAll), string(SendToAllAndSaveCopy)}}
	}
	return nil
}

// Conflict says what an update does when the item was changed in between. The
// default is AutoResolve.
type Conflict string

// The choices.
const (
	// NeverOverwrite fails with messages.ErrorIrresolvableConflict.
	NeverOverwrite Conflict = "NeverOverwrite"
	// AutoResolve keeps both changes if they are of different properties, and
	// fails otherwise.
	AutoResolve Conflict = "AutoResolve"
	// AlwaysOverwrite replaces what was changed in between.
	AlwaysOverwrite Conflict = "AlwaysOverwrite"
)

func (c Conflict) apply(o *options) { o.conflict = c }

// Flag is an Option that is there or not.
type Flag uint8

const (
	// SuppressReadReceipts keeps the server from sending read receipts for
	// what is marked read or deleted. Since Exchange2013.
	SuppressReadReceipts Flag = iota
	// WithoutCopy sends without keeping a copy in Sent Items.
	WithoutCopy
	// OccurrenceOnly deletes one occurrence of a recurring task, not all.
	OccurrenceOnly
)

func (f Flag) apply(o *options) {
	switch f {
	case SuppressReadReceipts:
		o.noReceipts = true
	case WithoutCopy:
		o.noCopy = true
	case OccurrenceOnly:
		o.tasks = types.AffectedTaskOccurrencesSpecifiedOccurrenceOnly
	}
}

type copyTo struct{ f Folder }

func (s copyTo) apply(o *options) { o.copyTo = &s.f }

// CopyTo keeps the copy of what is sent in f rather than in Sent Items.
func CopyTo(f Folder) Option { return copyTo{f} }
