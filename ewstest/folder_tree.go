package ewstest

import (
	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/types"
)

// known is a folder that every mailbox has.
type known struct {
	id, parent types.DistinguishedFolderIDName
	name       string // display name in English
	class      string
}

// knownFolders are the distinguished folders, parents before children.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/distinguishedfolderid
var knownFolders = []known{
	{"root", "", "Root", ""},
	{"msgfolderroot", "root", "Top of Information Store", "IPF"},
	{"calendar", "msgfolderroot", "Calendar", "IPF.Appointment"},
	{"contacts", "msgfolderroot", "Contacts", "IPF.Contact"},
	{"deleteditems", "msgfolderroot", "Deleted Items", "IPF.Note"},
	{"drafts", "msgfolderroot", "Drafts", "IPF.Note"},
	{"inbox", "msgfolderroot", "Inbox", "IPF.Note"},
	{"journal", "msgfolderroot", "Journal", "IPF.Journal"},
	{"junkemail", "msgfolderroot", "Junk Email", "IPF.Note"},
	{"notes", "msgfolderroot", "Notes", "IPF.StickyNote"},
	{"outbox", "msgfolderroot", "Outbox", "IPF.Note"},
	{"sentitems", "msgfolderroot", "Sent Items", "IPF.Note"},
	{"tasks", "msgfolderroot", "Tasks", "IPF.Task"},
	{"searchfolders", "root", "Finder", ""},
	{"recoverableitemsroot", "root", "Recoverable Items", ""},
	{"recoverableitemsdeletions", "recoverableitemsroot", "Deletions", ""},
	{"recoverableitemsversions", "recoverableitemsroot", "Versions", ""},
	{"recoverableitemspurges", "recoverableitemsroot", "Purges", ""},
}

func (s *store) addDistinguished(b *mailbox) {
	for _, k := range knownFolders {
		f := s.newFolder(b, b.distinguished[k.parent], newFolderData(k.name, k.class))
		f.known = k.id
		b.distinguished[k.id] = f
		if k.parent == "" {
			b.root = f
		}
	}
}

// newFolder puts a folder into a mailbox.
func (s *store) newFolder(b *mailbox, parent *folder, data types.BaseFolder) *folder {
	n := s.next()
	f := &folder{box: b, number: n, change: n, parent: parent, data: data}
	b.folders[n] = f
	if parent != nil {
		parent.children = append(parent.children, f)
	}
	return f
}

// newFolderData returns the properties of a folder for items of the class.
func newFolderData(name, class string) types.BaseFolder {
	var f types.Properties
	switch class {
	case "IPF.Appointment":
		f = &types.CalendarFolder{}
	case "IPF.Contact":
		f = &types.ContactsFolder{}
	case "IPF.Task":
		f = &types.TasksFolder{}
	default:
		f = &types.Folder{}
	}
	set(f, field.Folder.DisplayName, name)
	set(f, field.Folder.FolderClass, class)
	return f.(types.BaseFolder)
}
