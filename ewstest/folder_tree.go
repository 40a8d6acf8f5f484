package ewstest

import (
	"slices"
	"strings"

	"github.com/seed-1937cc67/goews/gen/types"
)

// The changes of folders. Nothing else puts a folder into a mailbox, changes
// or removes it, so that the journal has them all. The store must be locked
// for writing.

// addBuiltIn gives a new mailbox its folders.
func (s *store) addBuiltIn(b *mailbox, language string) {
	made := map[string]*folder{}
	for _, k := range builtInFolders {
		data := newFolderData(localName(k.name, language), k.class)
		if k.search {
			search := types.Properties(&types.SearchFolder{})
			copyProps(search, data.(types.Properties))
			data = search.(types.BaseFolder)
		}
		f := s.newFolder(b, made[k.parent], data)
		f.known, f.builtIn, f.denied = k.id, true, k.denied
		made[k.name] = f
		if k.id != "" {
			b.distinguished[k.id] = f
		}
		if b.root == nil {
			b.root = f
		}
		f.permissions = defaultPermissions(data)
	}
}

// newFolder puts a folder into a mailbox, without a word to the journal.
func (s *store) newFolder(b *mailbox, parent *folder, data types.BaseFolder) *folder {
	n := s.next()
	f := &folder{box: b, number: n, change: n, parent: parent, data: data, created: s.instant()}
	f.changed = f.created
	b.folders[n] = f
	if parent != nil {
		parent.children = append(parent.children, f)
	}
	return f
}

// addFolder creates a folder, which has the permissions of its parent.
func (s *store) addFolder(parent *folder, data types.BaseFolder) *folder {
	f := s.newFolder(parent.box, parent, data)
	f.permissions = inheritPermissions(parent.permissions, data)
	s.note(event{what: created, folder: f})
	return f
}

// changeFolder gives a folder other properties and permissions.
func (s *store) changeFolder(f *folder, data types.BaseFolder, permissions []permission) {
	f.data, f.permissions = data, permissions
	f.change, f.changed = s.next(), s.instant()
	s.note(event{what: changed, folder: f})
}

// moveFolder moves a folder with all that is in it. It keeps its id.
func (s *store) moveFolder(f, to *folder) {
	from := f.parent
	from.children = slices.DeleteFunc(from.children, func(c *folder) bool { return c == f })
	to.children = append(to.children, f)
	f.parent = to
	f.change, f.changed = s.next(), s.instant()
	s.note(event{what: moved, folder: f, from: from})
}

// copyFolder copies a folder with all that is in it.
func (s *store) copyFolder(f, to *folder) *folder {
	n := s.newFolder(to.box, to, f.data)
	n.permissions = inheritPermissions(to.permissions, f.data)
	for _, i := range slices.Clone(f.items) {
		s.copyItem(i, n)
	}
	for _, c := range slices.Clone(f.children) {
		s.copyFolder(c, n)
	}
	s.note(event{what: copied, folder: n, from: f.parent, old: f})
	return n
}

// removeFolder removes a folder for good, with all that is in it.
func (s *store) removeFolder(f *folder) {
	if f.parent != nil {
		f.parent.children = slices.DeleteFunc(f.parent.children, func(c *folder) bool { return c == f })
	}
	s.drop(f)
	s.note(event{what: deleted, folder: f})
}

// drop forgets what is in f, and f.
func (s *store) drop(f *folder) {
	for _, c := range f.children {
		s.drop(c)
	}
	for _, i := range f.items {
		delete(f.box.items, i.number)
		s.forget(f.box, i.attached)
	}
	f.items, f.children = nil, nil
	f.tally = tally{}
	delete(f.box.folders, f.number)
}

// newFolderData returns the properties of a folder for items of the class. An
// empty class is left out.
func newFolderData(name, class string) types.BaseFolder {
	f := elementOf(class)
	assign(f.(types.Properties), "folder:DisplayName", name)
	if class != "" {
		assign(f.(types.Properties), "folder:FolderClass", class)
	}
	return f
}

// folderKindOf is what a FolderClass stands for: folders of one kind may
// change to classes below it.
type folderKindOf uint8

const (
	unknownKind folderKindOf = iota
	genericKind
	calendarKind
	contactsKind
	tasksKind
	notesKind
	journalKind
)

// kindOf returns the kind of a FolderClass. A folder without one is generic.
func kindOf(class string) folderKindOf {
	is := func(base string) bool {
		head, _, _ := strings.Cut(class[min(len(base), len(class)):], ".")
		return len(class) >= len(base) && strings.EqualFold(class[:len(base)], base) && head == ""
	}
	switch {
	case is("IPF.Appointment"):
		return calendarKind
	case is("IPF.Contact"):
		return contactsKind
	case is("IPF.Task"):
		return tasksKind
	case is("IPF.StickyNote"):
		return notesKind
	case is("IPF.Journal"):
		return journalKind
	case class == "" || is("IPF"):
		return genericKind
	}
	return unknownKind
}

// elementOf returns an empty folder of the element for a class.
func elementOf(class string) types.BaseFolder {
	switch kindOf(class) {
	case calendarKind:
		return &types.CalendarFolder{}
	case contactsKind:
		return &types.ContactsFolder{}
	case tasksKind:
		return &types.TasksFolder{}
	}
	return &types.Folder{}
}

// copyProps copies the properties of src that every folder may have.
func copyProps(dst, src types.Properties) {
	for _, p := range classOf(src).props {
		if q, ok := classOf(dst).prop(p.URI); ok && has(src, p) {
			copyNamed(dst, src, q, p)
		}
	}
}

// props returns the folder's properties.
func (f *folder) props() types.Properties { return f.data.(types.Properties) }

// name returns the display name.
func (f *folder) name() string { return valueAt[string](f.props(), "folder:DisplayName") }

// class returns the FolderClass.
func (f *folder) class() string { return valueAt[string](f.props(), "folder:FolderClass") }

// isSearch reports whether f is a search folder.
func (f *folder) isSearch() bool {
	_, ok := f.data.(*types.SearchFolder)
	return ok
}

// child returns the child with the display name, whatever the case; nil if
// there is none.
func (f *folder) child(name string) *folder {
	for _, c := range f.children {
		if strings.EqualFold(c.name(), name) {
			return c
		}
	}
	return nil
}

// within reports whether f is top or below it.
func (f *folder) within(top *folder) bool {
	for ; f != nil; f = f.parent {
		if f == top {
			return true
		}
	}
	return false
}

// below returns the folders below f, parents before children.
func (f *folder) below() []*folder {
	var all []*folder
	for _, c := range f.children {
		all = append(all, c)
		all = append(all, c.below()...)
	}
	return all
}
