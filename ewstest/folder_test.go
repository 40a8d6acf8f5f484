package ewstest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/messages"
)

const v2016 = "Exchange2016"

// folderRef is a folder id in a request: a distinguished name or an id.
func folderRef(id string) string {
	if len(id) > 40 {
		return `<t:FolderId Id="` + id + `"/>`
	}
	return `<t:DistinguishedFolderId Id="` + id + `"/>`
}

// sharedRef is a distinguished folder of another mailbox.
func sharedRef(id, mailbox string) string {
	return `<t:DistinguishedFolderId Id="` + id + `"><t:Mailbox><t:EmailAddress>` + mailbox + `</t:EmailAddress></t:Mailbox></t:DistinguishedFolderId>`
}

func getFolderBody(shape string, refs ...string) string {
	if !strings.Contains(shape, "<") {
		shape = `<t:BaseShape>` + shape + `</t:BaseShape>`
	}
	return `<m:GetFolder><m:FolderShape>` + shape + `</m:FolderShape><m:FolderIds>` + strings.Join(refs, "") + `</m:FolderIds></m:GetFolder>`
}

func additional(paths ...string) string {
	return `<t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties>` + strings.Join(paths, "") + `</t:AdditionalProperties>`
}

func fieldURI(uri string) string { return `<t:FieldURI FieldURI="` + uri + `"/>` }

func createFolderBody(parent string, folders ...string) string {
	return `<m:CreateFolder><m:ParentFolderId>` + parent + `</m:ParentFolderId><m:Folders>` + strings.Join(folders, "") + `</m:Folders></m:CreateFolder>`
}

func namedFolder(name string) string {
	return `<t:Folder><t:DisplayName>` + name + `</t:DisplayName></t:Folder>`
}

// newFolders creates folders with the names in the folder, and returns their ids.
func newFolders(t testing.TB, s *ewstest.Server, parent string, names ...string) []string {
	t.Helper()
	var folders []string
	for _, n := range names {
		folders = append(folders, namedFolder(n))
	}
	return call(t, s, v2016, createFolderBody(folderRef(parent), folders...)).ok().ids("FolderId")
}

// keyOf returns the folder's id with its current change key, as an element.
func keyOf(t testing.TB, s *ewstest.Server, ref string) string {
	t.Helper()
	id := call(t, s, v2016, getFolderBody("IdOnly", ref)).ok().nodes("FolderId")[0]
	return `<t:FolderId Id="` + id.attr("Id") + `" ChangeKey="` + id.attr("ChangeKey") + `"/>`
}

func updateFolderBody(ref string, updates ...string) string {
	return `<m:UpdateFolder><m:FolderChanges><t:FolderChange>` + ref + `<t:Updates>` + strings.Join(updates, "") +
		`</t:Updates></t:FolderChange></m:FolderChanges></m:UpdateFolder>`
}

func setFolder(uri, folder string) string {
	return `<t:SetFolderField>` + fieldURI(uri) + folder + `</t:SetFolderField>`
}

func childNames(t testing.TB, s *ewstest.Server, ref, traversal string) []string {
	t.Helper()
	return call(t, s, v2016, `<m:FindFolder Traversal="`+traversal+`"><m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape><m:ParentFolderIds>`+
		ref+`</m:ParentFolderIds></m:FindFolder>`).ok().all("DisplayName")
}

func TestFolderTree(t *testing.T) {
	for _, tt := range []struct{ language, top, inbox string }{
		{"en-US", "Top of Information Store", "Inbox"},
		{"da-DK", "Informationslagerets øverste niveau", "Indbakke"},
	} {
		s := ewstest.New(t, ewstest.Config{Language: tt.language})
		names := childNames(t, s, folderRef("root"), "Deep")
		if len(names) < 55 || !slices.Contains(names, tt.top) || !slices.Contains(names, tt.inbox) {
			t.Errorf("%s: %d folders below root: %q", tt.language, len(names), names)
		}
		seen := map[string]bool{}
		for _, n := range names {
			if seen[n] {
				t.Errorf("%s: two folders %q", tt.language, n)
			}
			seen[n] = true
		}
		if top := childNames(t, s, folderRef("msgfolderroot"), "Shallow"); len(top) < 15 || slices.Contains(top, "Common Views") {
			t.Errorf("%s: folders that users see: %q", tt.language, top)
		}
		// The way from the inbox to the root.
		a := call(t, s, v2016, getFolderBody("AllProperties", folderRef("inbox"), folderRef("msgfolderroot"), folderRef("root"))).ok()
		inbox, top, root := a.nodes("Folder")[0], a.nodes("Folder")[1], a.nodes("Folder")[2]
		if inbox.child("ParentFolderId").attr("Id") != top.child("FolderId").attr("Id") ||
			top.child("ParentFolderId").attr("Id") != root.child("FolderId").attr("Id") || root.child("ParentFolderId") != nil {
			t.Errorf("%s: parents are wrong: %s", tt.language, a.text)
		}
	}
}

func TestDistinguishedFolders(t *testing.T) {
	s := ewstest.New(t)
	for _, tt := range []struct {
		id, element, class, name string
		code                     messages.ResponseCode
	}{
		{"calendar", "CalendarFolder", "IPF.Appointment", "Calendar", ""},
		{"contacts", "ContactsFolder", "IPF.Contact", "Contacts", ""},
		{"tasks", "TasksFolder", "IPF.Task", "Tasks", ""},
		{"notes", "Folder", "IPF.StickyNote", "Notes", ""},
		{"journal", "Folder", "IPF.Journal", "Journal", ""},
		{"deleteditems", "Folder", "IPF.Note", "Deleted Items", ""},
		{"junkemail", "Folder", "IPF.Note", "Junk Email", ""},
		{"todosearch", "SearchFolder", "IPF.Task", "To-Do Search", ""},
		{"recipientcache", "ContactsFolder", "IPF.Contact.RecipientCache", "Recipient Cache", ""},
		{"recoverableitemsdeletions", "Folder", "", "Deletions", ""},
		{"searchfolders", "Folder", "", "Finder", ""},
		{"archiveroot", "", "", "", messages.ErrorFolderNotFound},
		{"archivemsgfolderroot", "", "", "", messages.ErrorFolderNotFound},
		{"conflicts", "", "", "", messages.ErrorFolderNotFound},
		{"publicfoldersroot", "", "", "", messages.ErrorNoPublicFolderReplicaAvailable},
		{"adminauditlogs", "", "", "", messages.ErrorAccessDenied},
		{"teamchat", "", "", "", messages.ErrorInvalidOperation},
	} {
		a := call(t, s, "V2017_07_11", getFolderBody("AllProperties", folderRef(tt.id)))
		if tt.code != "" {
			a.want(tt.code)
			continue
		}
		a.ok()
		f := a.nodes("Folders")[0].Children[0]
		got := []string{f.XMLName.Local, a.first("FolderClass"), a.first("DisplayName"), a.first("DistinguishedFolderId")}
		if diff := cmp.Diff([]string{tt.element, tt.class, tt.name, tt.id}, got); diff != "" {
			t.Errorf("%s: %s", tt.id, diff)
		}
	}
	// One that fails does not keep the others.
	call(t, s, v2016, getFolderBody("IdOnly", folderRef("archiveroot"), folderRef("inbox"), `<t:FolderId Id="nonsense"/>`)).
		want(messages.ErrorFolderNotFound, messages.NoError, messages.ErrorInvalidIDMalformed)
	// Clients of old versions do not know new names.
	if a := call(t, s, "Exchange2010", getFolderBody("AllProperties", folderRef("root"))).ok(); a.first("DistinguishedFolderId") != "" {
		t.Error("Exchange2010 got a DistinguishedFolderId")
	}
}

func TestFolderShapes(t *testing.T) {
	s := ewstest.New(t)
	s.Seed(3)
	elements := func(shape, ref string) []string {
		var names []string
		for _, c := range call(t, s, v2016, getFolderBody(shape, ref)).ok().nodes("Folders")[0].Children[0].Children {
			names = append(names, c.XMLName.Local)
		}
		return names
	}
	for _, tt := range []struct{ shape, id, want string }{
		{"IdOnly", "inbox", "FolderId"},
		{"Default", "inbox", "FolderId DisplayName TotalCount ChildFolderCount UnreadCount"},
		{"Default", "calendar", "FolderId DisplayName TotalCount ChildFolderCount"},
		{"Default", "contacts", "FolderId DisplayName TotalCount ChildFolderCount"},
		{"AllProperties", "inbox", "FolderId ParentFolderId FolderClass DisplayName TotalCount ChildFolderCount EffectiveRights DistinguishedFolderId UnreadCount"},
		{additional(fieldURI("folder:DisplayName"), fieldURI("folder:UnreadCount")), "inbox", "FolderId DisplayName UnreadCount"},
		{additional(fieldURI("folder:DisplayName"), fieldURI("folder:UnreadCount")), "calendar", "FolderId DisplayName"},
		{additional(fieldURI("folder:PermissionSet")), "tasks", "FolderId PermissionSet"},
		{additional(`<t:ExtendedFieldURI PropertyTag="0x0e08" PropertyType="Long"/>`), "inbox", "FolderId ExtendedProperty"},
		{additional(`<t:ExtendedFieldURI PropertyTag="0x6699" PropertyType="Long"/>`), "inbox", "FolderId"},
	} {
		if diff := cmp.Diff(tt.want, strings.Join(elements(tt.shape, folderRef(tt.id)), " ")); diff != "" {
			t.Errorf("%s of %s: %s", tt.shape, tt.id, diff)
		}
	}
	for _, tt := range []struct {
		path string
		want messages.ResponseCode
	}{
		{fieldURI("item:Subject"), messages.ErrorInvalidPropertyRequest},
		{`<t:IndexedFieldURI FieldURI="item:InternetMessageHeader" FieldIndex="X"/>`, messages.ErrorInvalidPropertyRequest},
		{`<t:ExtendedFieldURI PropertyTag="0x3613" PropertyName="x" PropertyType="String"/>`, messages.ErrorInvalidExtendedProperty},
	} {
		call(t, s, v2016, getFolderBody(additional(tt.path), folderRef("inbox"))).want(tt.want)
	}
	call(t, s, v2016, getFolderBody(additional(fieldURI("folder:PermissionSet")), folderRef("root"))).want(messages.ErrorAccessDenied)
}

func TestFolderMAPI(t *testing.T) {
	s := ewstest.New(t)
	s.Seed(3)
	value := func(tag, typ, id string) string {
		return call(t, s, v2016, getFolderBody(additional(`<t:ExtendedFieldURI PropertyTag="`+tag+`" PropertyType="`+typ+`"/>`), folderRef(id))).ok().first("Value")
	}
	for _, tt := range []struct{ tag, typ, id, want string }{
		{"0x3001", "String", "inbox", "Inbox"},
		{"0x3613", "String", "calendar", "IPF.Appointment"},
		{"13827", "Integer", "inbox", "2"}, // 0x3603
		{"0x3602", "Integer", "inbox", "3"},
		{"0x360A", "Boolean", "msgfolderroot", "true"},
		{"0x360A", "Boolean", "inbox", "false"},
		{"0x10F4", "Boolean", "inbox", "false"},
		{"0x10F4", "Boolean", "quickcontacts", "true"},
		{"0x3601", "Integer", "todosearch", "2"},
		{"0x3613", "Integer", "calendar", ""}, // the wrong type
	} {
		if got := value(tt.tag, tt.typ, tt.id); got != tt.want {
			t.Errorf("%s of %s: %q, want %q", tt.tag, tt.id, got, tt.want)
		}
	}
	for _, id := range []string{"root", "inbox"} {
		if got := value("0x0E08", "Long", id); got == "" || got == "0" {
			t.Errorf("size of %s: %q", id, got)
		}
	}
}

func TestCreateFolder(t *testing.T) {
	s := ewstest.New(t)
	in := func(ref string, folders ...string) *answer {
		return call(t, s, v2016, createFolderBody(ref, folders...))
	}
	in(folderRef("inbox"), namedFolder("Projects"), namedFolder("Bills")).ok()
	// The same name in another case, in the same parent and in another.
	a := in(folderRef("inbox"), namedFolder("PROJECTS"), namedFolder("More")).want(messages.ErrorFolderExists, messages.NoError)
	if text := a.first("MessageText"); !strings.Contains(text, "Could not create folder 'PROJECTS'") {
		t.Errorf("text %q", text)
	}
	in(folderRef("drafts"), namedFolder("Projects")).ok()
	for _, tt := range []struct {
		folder string
		want   messages.ResponseCode
	}{
		{`<t:Folder><t:FolderClass>IPF.Note</t:FolderClass></t:Folder>`, messages.ErrorFolderSavePropertyError},
		{namedFolder(" "), messages.ErrorFolderSavePropertyError},
		{namedFolder(strings.Repeat("x", 257)), messages.ErrorFolderSavePropertyError},
		{`<t:CalendarFolder><t:FolderClass>IPF.Appointment</t:FolderClass><t:DisplayName>x</t:DisplayName></t:CalendarFolder>`, messages.ErrorNoFolderClassOverride},
		{`<t:Folder><t:DisplayName>x</t:DisplayName><t:TotalCount>3</t:TotalCount></t:Folder>`, messages.ErrorInvalidPropertySet},
	} {
		in(folderRef("inbox"), tt.folder).want(tt.want)
	}
	in(folderRef("archiveroot"), namedFolder("x")).want(messages.ErrorParentFolderNotFound)
	in(folderRef("todosearch"), namedFolder("x")).want(messages.ErrorInvalidParentFolder)

	// What comes of elements and classes.
	for _, tt := range []struct{ folder, element, class string }{
		{`<t:Folder><t:DisplayName>1</t:DisplayName></t:Folder>`, "Folder", ""},
		{`<t:Folder><t:FolderClass>IPF.Appointment</t:FolderClass><t:DisplayName>2</t:DisplayName></t:Folder>`, "CalendarFolder", "IPF.Appointment"},
		{`<t:Folder><t:FolderClass>IPF.Note.Own</t:FolderClass><t:DisplayName>3</t:DisplayName></t:Folder>`, "Folder", "IPF.Note.Own"},
		{`<t:CalendarFolder><t:DisplayName>4</t:DisplayName></t:CalendarFolder>`, "CalendarFolder", "IPF.Appointment"},
		{`<t:ContactsFolder><t:DisplayName>5</t:DisplayName></t:ContactsFolder>`, "ContactsFolder", "IPF.Contact"},
		{`<t:TasksFolder><t:DisplayName>6</t:DisplayName></t:TasksFolder>`, "TasksFolder", "IPF.Task"},
		{`<t:Folder><t:DisplayName>7</t:DisplayName><t:ExtendedProperty><t:ExtendedFieldURI PropertyTag="0x3613" PropertyType="String"/>` +
			`<t:Value>IPF.Note</t:Value></t:ExtendedProperty></t:Folder>`, "Folder", "IPF.Note"},
	} {
		id := in(folderRef("msgfolderroot"), tt.folder).ok().ids("FolderId")[0]
		a := call(t, s, v2016, getFolderBody("AllProperties", folderRef(id))).ok()
		if got := a.nodes("Folders")[0].Children[0].XMLName.Local; got != tt.element || a.first("FolderClass") != tt.class {
			t.Errorf("%s: element %s, class %q", tt.folder, got, a.first("FolderClass"))
		}
	}
}

func TestCreateFolderPath(t *testing.T) {
	s := ewstest.New(t)
	path := func(names ...string) *answer {
		body := `<m:CreateFolderPath><m:ParentFolderId>` + folderRef("inbox") + `</m:ParentFolderId><m:RelativeFolderPath>`
		for _, n := range names {
			body += namedFolder(n)
		}
		return call(t, s, v2016, body+`</m:RelativeFolderPath></m:CreateFolderPath>`)
	}
	first := path("a", "b", "c").ok().ids("FolderId")
	second := path("A", "b", "d").ok().ids("FolderId")
	if first[0] != second[0] || first[1] != second[1] || first[2] == second[2] {
		t.Errorf("ids %q and %q", first, second)
	}
	path("e", " ", "f").want(messages.NoError, messages.ErrorFolderSavePropertyError, messages.ErrorParentFolderNotFound)
}

func TestFolderCounters(t *testing.T) {
	s := ewstest.New(t)
	id := newFolders(t, s, "inbox", "Counted")[0]
	counts := func() string {
		a := call(t, s, v2016, getFolderBody("Default", folderRef(id))).ok()
		return a.first("TotalCount") + " " + a.first("UnreadCount") + " " + a.first("ChildFolderCount")
	}
	var items []string
	for i, read := range []string{"false", "false", "true"} {
		a := call(t, s, v2016, `<m:CreateItem MessageDisposition="SaveOnly"><m:SavedItemFolderId>`+folderRef(id)+`</m:SavedItemFolderId><m:Items><t:Message>`+
			fmt.Sprintf(`<t:Subject>%d</t:Subject><t:IsRead>%s</t:IsRead></t:Message></m:Items></m:CreateItem>`, i, read)).ok()
		n := a.nodes("ItemId")[0]
		items = append(items, `<t:ItemId Id="`+n.attr("Id")+`" ChangeKey="`+n.attr("ChangeKey")+`"/>`)
	}
	newFolders(t, s, id, "Child")
	if got := counts(); got != "3 2 1" {
		t.Errorf("after creating: %s", got)
	}
	call(t, s, v2016, `<m:UpdateItem MessageDisposition="SaveOnly" ConflictResolution="AutoResolve"><m:ItemChanges><t:ItemChange>`+items[0]+
		`<t:Updates><t:SetItemField><t:FieldURI FieldURI="message:IsRead"/><t:Message><t:IsRead>true</t:IsRead></t:Message></t:SetItemField></t:Updates></t:ItemChange></m:ItemChanges></m:UpdateItem>`).ok()
	if got := counts(); got != "3 1 1" {
		t.Errorf("after reading one: %s", got)
	}
	call(t, s, v2016, `<m:DeleteItem DeleteType="HardDelete"><m:ItemIds>`+items[1]+`</m:ItemIds></m:DeleteItem>`).ok()
	if got := counts(); got != "2 0 1" {
		t.Errorf("after deleting one: %s", got)
	}
}

func TestUpdateFolder(t *testing.T) {
	s := ewstest.New(t)
	ids := newFolders(t, s, "inbox", "One", "Two")
	update := func(ref string, updates ...string) *answer {
		return call(t, s, v2016, updateFolderBody(ref, updates...))
	}
	rename := func(name string) string { return setFolder("folder:DisplayName", namedFolder(name)) }
	key := keyOf(t, s, folderRef(ids[0]))
	a := update(key, rename("Uno")).ok()
	if a.nodes("FolderId")[0].attr("Id") != ids[0] {
		t.Error("the id changed")
	}
	update(key, rename("Eins")).want(messages.ErrorIrresolvableConflict)
	update(`<t:FolderId Id="`+ids[0]+`"/>`, rename("Eins")).want(messages.ErrorChangeKeyRequiredForWriteOperations)
	update(`<t:FolderId Id="`+ids[0]+`" ChangeKey="xx"/>`, rename("Eins")).want(messages.ErrorInvalidChangeKey)
	key = keyOf(t, s, folderRef(ids[0]))
	for _, tt := range []struct {
		update string
		want   messages.ResponseCode
	}{
		{rename("two"), messages.ErrorFolderExists},
		{rename(""), messages.ErrorFolderSavePropertyError},
		{setFolder("folder:DisplayName", `<t:Folder><t:FolderClass>IPF.Note</t:FolderClass><t:DisplayName>x</t:DisplayName></t:Folder>`), messages.ErrorIncorrectUpdatePropertyCount},
		{setFolder("folder:DisplayName", `<t:Folder/>`), messages.ErrorIncorrectUpdatePropertyCount},
		{setFolder("folder:DisplayName", `<t:Folder><t:FolderClass>IPF.Note</t:FolderClass></t:Folder>`), messages.ErrorUpdatePropertyMismatch},
		{setFolder("folder:TotalCount", `<t:Folder><t:TotalCount>1</t:TotalCount></t:Folder>`), messages.ErrorInvalidPropertySet},
		{setFolder("folder:FolderClass", `<t:Folder><t:FolderClass>IPF.Task</t:FolderClass></t:Folder>`), messages.ErrorObjectTypeChanged},
		{setFolder("folder:FolderClass", `<t:Folder><t:FolderClass>xyz</t:FolderClass></t:Folder>`), messages.ErrorObjectTypeChanged},
		{setFolder("item:Subject", namedFolder("x")), messages.ErrorInvalidPropertyRequest},
		{`<t:AppendToFolderField>` + fieldURI("folder:DisplayName") + namedFolder("x") + `</t:AppendToFolderField>`, messages.ErrorInvalidPropertyAppend},
		{`<t:DeleteFolderField>` + fieldURI("folder:DisplayName") + `</t:DeleteFolderField>`, messages.ErrorInvalidPropertyDelete},
	} {
		update(key, tt.update).want(tt.want)
	}
	// None of them did anything.
	if got := call(t, s, v2016, getFolderBody("Default", folderRef(ids[0]))).ok().first("DisplayName"); got != "Uno" {
		t.Errorf("name %q", got)
	}
	update(folderRef("inbox"), rename("Incoming")).want(messages.ErrorFolderSavePropertyError)

	// Another case of the own name; a class below the own; own properties.
	const own = `<t:ExtendedFieldURI PropertySetId="c11ff724-aa03-4555-9952-8fa248a11c3e" PropertyName="Mark" PropertyType="String"/>`
	update(key, rename("UNO"), setFolder("folder:FolderClass", `<t:Folder><t:FolderClass>IPF.Note.Own</t:FolderClass></t:Folder>`)).ok()
	update(keyOf(t, s, folderRef(ids[0])), `<t:SetFolderField>`+own+`<t:Folder><t:ExtendedProperty>`+own+`<t:Value>v</t:Value></t:ExtendedProperty></t:Folder></t:SetFolderField>`).ok()
	a = call(t, s, v2016, getFolderBody(additional(own, fieldURI("folder:DisplayName")), folderRef(ids[0]))).ok()
	if a.first("Value") != "v" || a.first("DisplayName") != "UNO" {
		t.Errorf("after update: %s", a.text)
	}
	update(keyOf(t, s, folderRef(ids[0])), `<t:DeleteFolderField>`+own+`</t:DeleteFolderField>`).ok()
	if got := call(t, s, v2016, getFolderBody(additional(own), folderRef(ids[0]))).ok().first("Value"); got != "" {
		t.Errorf("deleted property is %q", got)
	}
}

func TestMoveAndCopyFolder(t *testing.T) {
	s := ewstest.New(t)
	ids := newFolders(t, s, "inbox", "A", "B")
	sub := newFolders(t, s, ids[0], "A1")[0]
	call(t, s, v2016, `<m:CreateItem MessageDisposition="SaveOnly"><m:SavedItemFolderId>`+folderRef(sub)+`</m:SavedItemFolderId><m:Items><t:Message><t:Subject>in A1</t:Subject></t:Message></m:Items></m:CreateItem>`).ok()
	transfer := func(op, to string, refs ...string) *answer {
		return call(t, s, v2016, `<m:`+op+`><m:ToFolderId>`+to+`</m:ToFolderId><m:FolderIds>`+strings.Join(refs, "")+`</m:FolderIds></m:`+op+`>`)
	}
	before := keyOf(t, s, folderRef(ids[0]))
	moved := transfer("MoveFolder", folderRef(ids[1]), folderRef(ids[0])).ok()
	if moved.ids("FolderId")[0] != ids[0] || keyOf(t, s, folderRef(ids[0])) == before {
		t.Error("a move keeps the id, and changes the key")
	}
	if diff := cmp.Diff([]string{"B", "A", "A1"}, childNames(t, s, folderRef("inbox"), "Deep")); diff != "" {
		t.Error(diff)
	}
	for _, tt := range []struct {
		op, to, ref string
		want        messages.ResponseCode
	}{
		{"MoveFolder", folderRef(sub), folderRef(ids[1]), messages.ErrorMoveCopyFailed},
		{"MoveFolder", folderRef(ids[1]), folderRef(ids[1]), messages.ErrorMoveCopyFailed},
		{"CopyFolder", folderRef(sub), folderRef(ids[1]), messages.ErrorMoveCopyFailed},
		{"MoveFolder", folderRef(ids[1]), folderRef(ids[0]), messages.ErrorMoveCopyFailed}, // where it is already
		{"MoveFolder", folderRef("drafts"), folderRef("inbox"), messages.ErrorMoveDistinguishedFolder},
		{"MoveFolder", folderRef("archiveroot"), folderRef(ids[0]), messages.ErrorToFolderNotFound},
		{"MoveFolder", folderRef("todosearch"), folderRef(ids[0]), messages.ErrorMoveCopyFailed},
		{"MoveFolder", folderRef("drafts"), `<t:FolderId Id="x"/>`, messages.ErrorInvalidIDMalformed},
	} {
		transfer(tt.op, tt.to, tt.ref).want(tt.want)
	}
	copied := transfer("CopyFolder", folderRef("drafts"), folderRef(ids[1])).ok().ids("FolderId")[0]
	if copied == ids[1] {
		t.Error("the copy has the id of the original")
	}
	if diff := cmp.Diff([]string{"B", "A", "A1"}, childNames(t, s, folderRef("drafts"), "Deep")); diff != "" {
		t.Error(diff)
	}
	transfer("CopyFolder", folderRef("drafts"), folderRef(ids[1])).want(messages.ErrorMoveCopyFailed)
}

func TestDeleteFolder(t *testing.T) {
	s := ewstest.New(t)
	del := func(how, ref string) *answer {
		return call(t, s, v2016, `<m:DeleteFolder DeleteType="`+how+`"><m:FolderIds>`+ref+`</m:FolderIds></m:DeleteFolder>`)
	}
	ids := newFolders(t, s, "inbox", "Hard", "Soft", "Bin")
	sub := newFolders(t, s, ids[0], "Sub")[0]
	del("HardDelete", folderRef(ids[0])).ok()
	for _, id := range []string{ids[0], sub} {
		call(t, s, v2016, getFolderBody("IdOnly", folderRef(id))).want(messages.ErrorItemNotFound)
	}
	del("HardDelete", folderRef(ids[0])).want(messages.ErrorItemNotFound)
	del("SoftDelete", folderRef(ids[1])).ok()
	del("MoveToDeletedItems", folderRef(ids[2])).ok()
	again := newFolders(t, s, "inbox", "Bin")[0]
	del("MoveToDeletedItems", folderRef(again)).ok()
	if diff := cmp.Diff([]string{"Bin", "Bin1"}, childNames(t, s, folderRef("deleteditems"), "Shallow")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"Soft"}, childNames(t, s, folderRef("recoverableitemsdeletions"), "Shallow")); diff != "" {
		t.Error(diff)
	}
	if names := childNames(t, s, folderRef("inbox"), "Deep"); len(names) != 0 {
		t.Errorf("left in the inbox: %q", names)
	}
	del("MoveToDeletedItems", folderRef(ids[2])).ok() // from Deleted Items it goes for good
	call(t, s, v2016, getFolderBody("IdOnly", folderRef(ids[2]))).want(messages.ErrorItemNotFound)
	del("HardDelete", folderRef("inbox")).want(messages.ErrorDeleteDistinguishedFolder)
	files := call(t, s, v2016, `<m:FindFolder Traversal="Shallow"><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:Restriction><t:IsEqualTo>`+
		fieldURI("folder:DisplayName")+`<t:FieldURIOrConstant><t:Constant Value="Files"/></t:FieldURIOrConstant></t:IsEqualTo></m:Restriction><m:ParentFolderIds>`+
		folderRef("msgfolderroot")+`</m:ParentFolderIds></m:FindFolder>`).ok().ids("FolderId")[0]
	del("HardDelete", folderRef(files)).want(messages.ErrorCannotDeleteObject)
}

func TestEmptyFolder(t *testing.T) {
	s := ewstest.New(t)
	s.Seed(12)
	empty := func(how, subs, ref string) *answer {
		return call(t, s, v2016, `<m:EmptyFolder DeleteType="`+how+`" DeleteSubFolders="`+subs+`"><m:FolderIds>`+ref+`</m:FolderIds></m:EmptyFolder>`)
	}
	count := func(id, what string) string {
		return call(t, s, v2016, getFolderBody("Default", folderRef(id))).ok().first(what)
	}
	newFolders(t, s, "inbox", "Sub")
	empty("MoveToDeletedItems", "false", folderRef("inbox")).ok()
	if a, b, c := count("inbox", "TotalCount"), count("deleteditems", "TotalCount"), count("inbox", "ChildFolderCount"); a != "0" || b != "12" || c != "1" {
		t.Errorf("inbox %s, deleted %s, folders %s", a, b, c)
	}
	empty("SoftDelete", "true", folderRef("inbox")).ok()
	if c := count("inbox", "ChildFolderCount"); c != "0" {
		t.Errorf("folders %s", c)
	}
	empty("HardDelete", "true", folderRef("deleteditems")).ok()
	if a := count("deleteditems", "TotalCount"); a != "0" {
		t.Errorf("deleted %s", a)
	}
	empty("HardDelete", "false", folderRef("calendar")).want(messages.ErrorCannotEmptyFolder)
	empty("HardDelete", "false", folderRef("todosearch")).want(messages.ErrorCannotEmptyFolder)
	empty("HardDelete", "true", folderRef("msgfolderroot")).want(messages.ErrorDeleteDistinguishedFolder)
	empty("HardDelete", "true", folderRef("contacts")).want(messages.ErrorCannotDeleteObject)
}

func TestSearchFolder(t *testing.T) {
	s := ewstest.New(t)
	s.Seed(14)
	search := func(parent, name, base, restriction string) *answer {
		return call(t, s, v2016, createFolderBody(folderRef(parent), `<t:SearchFolder><t:DisplayName>`+name+`</t:DisplayName><t:SearchParameters Traversal="Deep"><t:Restriction>`+
			restriction+`</t:Restriction><t:BaseFolderIds>`+base+`</t:BaseFolderIds></t:SearchParameters></t:SearchFolder>`))
	}
	invoices := `<t:Contains ContainmentMode="Substring" ContainmentComparison="IgnoreCase">` + fieldURI("item:Subject") + `<t:Constant Value="invoice"/></t:Contains>`
	id := search("searchfolders", "Invoices", folderRef("inbox"), invoices).ok().ids("FolderId")[0]
	find := `<m:FindItem Traversal="Shallow"><m:ItemShape><t:BaseShape>Default</t:BaseShape></m:ItemShape><m:ParentFolderIds>` + folderRef(id) + `</m:ParentFolderIds></m:FindItem>`
	if diff := cmp.Diff([]string{"Invoice 9", "Invoice 2"}, call(t, s, v2016, find).ok().all("Subject")); diff != "" {
		t.Error(diff)
	}
	// It is live, and looks into folders below.
	sub := newFolders(t, s, "inbox", "Sub")[0]
	call(t, s, v2016, `<m:CreateItem MessageDisposition="SaveOnly"><m:SavedItemFolderId>`+folderRef(sub)+`</m:SavedItemFolderId><m:Items><t:Message><t:Subject>New invoice</t:Subject></t:Message></m:Items></m:CreateItem>`).ok()
	a := call(t, s, v2016, getFolderBody("AllProperties", folderRef(id))).ok()
	if a.first("TotalCount") != "3" || len(a.nodes("SearchFolder")) != 1 || len(a.nodes("Contains")) != 1 {
		t.Errorf("search folder: %s", a.text)
	}
	search("searchfolders", "Bad", folderRef("todosearch"), invoices).want(messages.ErrorInvalidFolderTypeForOperation)
	search("searchfolders", "Bad", folderRef("archiveroot"), invoices).want(messages.ErrorFolderNotFound)
	call(t, s, v2016, createFolderBody(folderRef(id), namedFolder("x"))).want(messages.ErrorInvalidParentFolder)
	// Another search.
	call(t, s, v2016, updateFolderBody(keyOf(t, s, folderRef(id)), setFolder("folder:SearchParameters", `<t:SearchFolder><t:SearchParameters Traversal="Shallow"><t:Restriction>`+
		`<t:Exists>`+fieldURI("item:Categories")+`</t:Exists></t:Restriction><t:BaseFolderIds>`+folderRef("inbox")+`</t:BaseFolderIds></t:SearchParameters></t:SearchFolder>`))).ok()
	if got := call(t, s, v2016, getFolderBody("Default", folderRef(id))).ok().first("TotalCount"); got != "3" {
		t.Errorf("messages with categories: %s", got)
	}
}
