package ewstest

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// store is the state of the server. Handlers hold mu as they registered.
//
// What is stored is never changed in place: an item's data, a folder's
// properties, a slice or a body in them is replaced by a new one. So an answer
// may be made of what was read under the lock, and be encoded after it.
type store struct {
	mu        sync.RWMutex
	now       func() time.Time
	last      uint64 // the number given last, to an object or a change
	boxes     []*mailbox
	byAddress map[string]*mailbox // by lower-case address or user name
	observers []func(event)       // told of every change, see journal.go
	zones     zones
	acting    *mailbox // whose call holds mu for writing
}

// mailbox is a user and the user's folders.
type mailbox struct {
	number        uint32 // position in store.boxes, from 1
	account       Account
	root          *folder
	folders       map[uint64]*folder
	items         map[uint64]*item // attached items are not in it
	attached      map[uint64]*attachment
	distinguished map[types.DistinguishedFolderIDName]*folder
	oof           types.UserOofSettings // without a state if it was never set
}

// folder is a folder.
type folder struct {
	box         *mailbox
	number      uint64
	change      uint64                          // the number of the last change of its properties
	parent      *folder                         // nil for the root
	children    []*folder                       // in order of creation
	items       []*item                         // in order of arrival, associated ones too
	data        types.BaseFolder                // a generated struct without ids, counters, rights and permissions
	permissions []permission                    // Default and Anonymous are always in it
	known       types.DistinguishedFolderIDName // empty if it has no such name
	builtIn     bool                            // every mailbox has it
	denied      bool                            // GetFolder is refused
	created     time.Time
	changed     time.Time
	tally       tally
}

// item is an item in a folder.
type item struct {
	number  uint64
	change  uint64 // the number of the last change
	folder  *folder
	data    types.Item // a generated struct with all its properties but ids, parent, change key and attachments
	creator *mailbox   // nil if nobody's call made it
	created time.Time
	changed time.Time

	attached []*attachment
	touched  map[string]uint64 // the number of the last change of each property that was updated

	series *series // of a recurring event, else nil
	master *item   // of an occurrence: the recurring event. An occurrence is in no folder's list
	day    day     // of an occurrence: the date that the pattern gives it
}

func newStore(now func() time.Time) *store {
	return &store{now: now, byAddress: map[string]*mailbox{}}
}

// next returns a new number.
func (s *store) next() uint64 {
	s.last++
	return s.last
}

func (s *store) addMailbox(a Account, language string) error {
	user, domain, ok := strings.Cut(a.Address, "@")
	if !ok || user == "" || domain == "" {
		return fmt.Errorf("ewstest: account %q is no SMTP address", a.Address)
	}
	if a.Name == "" {
		a.Name = user
	}
	if a.SID == "" {
		a.SID = fmt.Sprintf("S-1-5-21-2000478354-1708537768-1957994488-%d", 1101+len(s.boxes))
	}
	if s.bySID(a.SID) != nil {
		return fmt.Errorf("ewstest: two accounts with SID %q", a.SID)
	}
	b := &mailbox{
		number: uint32(len(s.boxes) + 1), account: a,
		folders: map[uint64]*folder{}, items: map[uint64]*item{}, attached: map[uint64]*attachment{}, distinguished: map[types.DistinguishedFolderIDName]*folder{},
	}
	for _, name := range append([]string{a.Address, a.User, a.UserPrincipalName}, a.Aliases...) {
		key := strings.ToLower(name)
		if o := s.byAddress[key]; name != "" && o != nil && o != b {
			return fmt.Errorf("ewstest: two accounts %q", name)
		}
		if name != "" {
			s.byAddress[key] = b
		}
	}
	s.boxes = append(s.boxes, b)
	s.addBuiltIn(b, language)
	return nil
}

// mailboxOf returns the mailbox with the address, nil if there is none.
func (s *store) mailboxOf(address string) *mailbox {
	return s.byAddress[strings.ToLower(strings.TrimSpace(address))]
}

// bySID returns the mailbox of the user with the security identifier, nil if
// there is none.
func (s *store) bySID(sid string) *mailbox {
	for _, b := range s.boxes {
		if strings.EqualFold(b.account.SID, sid) {
			return b
		}
	}
	return nil
}

// sid returns the security identifier of the mailbox's user.
func (b *mailbox) sid() string { return b.account.SID }

func (b *mailbox) id(f *folder) types.FolderID {
	return types.FolderID{ID: newID(b.number, folderKind, f.number), ChangeKey: newChangeKey(folderKind, f.change)}
}

// itemID returns the item's id with its change key.
func (i *item) itemID() types.ItemID {
	if i.master != nil {
		return types.ItemID{ID: newOccurrenceID(i.folder.box.number, i.number, i.day), ChangeKey: newChangeKey(occurrenceKind, i.change)}
	}
	return types.ItemID{ID: newID(i.folder.box.number, itemKind, i.number), ChangeKey: newChangeKey(itemKind, i.change)}
}

// mayOpen reports whether user may open mailbox b.
func (c *call) mayOpen(b *mailbox) bool {
	if b == c.user {
		return true
	}
	for _, a := range c.user.account.FullAccess {
		if strings.EqualFold(a, b.account.Address) {
			return true
		}
	}
	return false
}

// folder returns the folder that id names, if the user may know of it.
func (c *call) folder(id types.BaseFolderID) (*folder, error) {
	switch id := id.(type) {
	case *types.DistinguishedFolderID:
		return c.distinguishedFolder(id)
	case *types.FolderID:
		if id.ID == "" {
			return nil, fail(messages.ErrorInvalidIDEmpty)
		}
		box, k, n, ok := parseID(id.ID)
		if !ok {
			return nil, fail(messages.ErrorInvalidIDMalformed)
		}
		if k != folderKind {
			return nil, fail(messages.ErrorCannotUseItemIDForFolderID)
		}
		if box == 0 || int(box) > len(c.store.boxes) {
			return nil, fail(messages.ErrorFolderNotFound)
		}
		f := c.store.boxes[box-1].folders[n]
		if f == nil || !c.sees(f) {
			return nil, fail(messages.ErrorFolderNotFound)
		}
		return f, nil
	}
	return nil, fail(messages.ErrorInvalidFolderID)
}

// distinguishedFolder returns a folder by its distinguished name, in the
// mailbox that the id names, else in the user's own.
func (c *call) distinguishedFolder(id *types.DistinguishedFolderID) (*folder, error) {
	box := c.user
	if id.Mailbox.EmailAddress != "" {
		if box = c.store.mailboxOf(id.Mailbox.EmailAddress); box == nil {
			return nil, fail(messages.ErrorNonExistentMailbox)
		}
	}
	f := box.distinguished[id.ID]
	switch {
	case f == nil && c.mayOpen(box):
		return nil, noFolder(id.ID)
	case f == nil || !c.sees(f):
		// Exchange says the same for what is not there and for what is not to
		// be seen.
		return nil, fail(messages.ErrorFolderNotFound)
	}
	return f, nil
}

// item returns the item that id names. With a change key in the id the caller
// checks it.
func (c *call) item(id string) (*item, error) {
	box, k, n, ok := parseID(id)
	if !ok {
		return nil, fail(messages.ErrorInvalidIDMalformed)
	}
	if k != itemKind && k != occurrenceKind || box == 0 || int(box) > len(c.store.boxes) {
		return nil, fail(messages.ErrorItemNotFound)
	}
	b := c.store.boxes[box-1]
	i := b.items[n]
	if i == nil || c.grantOf(i.folder).read != readAll {
		return nil, fail(messages.ErrorItemNotFound)
	}
	if k == occurrenceKind {
		d := occurrenceDay(id)
		if i.series == nil || i.series.deleted[d] || !i.series.rec.has(d) {
			return nil, fail(messages.ErrorItemNotFound)
		}
		return i.occurrence(d), nil
	}
	return i, nil
}
