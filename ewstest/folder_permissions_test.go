package ewstest_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/messages"
)

const (
	alice = "alice@example.com"
	bob   = "bob@example.com"
)

// userRow is a permission of a level in a request.
func userRow(user, level string) string {
	id := `<t:PrimarySmtpAddress>` + user + `</t:PrimarySmtpAddress>`
	if !strings.Contains(user, "@") {
		id = `<t:DistinguishedUser>` + user + `</t:DistinguishedUser>`
	}
	return `<t:Permission><t:UserId>` + id + `</t:UserId><t:PermissionLevel>` + level + `</t:PermissionLevel></t:Permission>`
}

func permissionSet(rows ...string) string {
	return `<t:Folder><t:PermissionSet><t:Permissions>` + strings.Join(rows, "") + `</t:Permissions></t:PermissionSet></t:Folder>`
}

// calendarRows makes the rows those of a calendar.
func calendarRows(folder string) string {
	return strings.NewReplacer("t:Folder>", "t:CalendarFolder>", "t:Permissions>", "t:CalendarPermissions>",
		"t:Permission>", "t:CalendarPermission>", "t:PermissionLevel>", "t:CalendarPermissionLevel>").Replace(folder)
}

// share gives the users of the rows permissions on a folder of account 0.
func share(t testing.TB, s *ewstest.Server, ref string, rows ...string) {
	t.Helper()
	call(t, s, v2016, updateFolderBody(keyOf(t, s, ref), setFolder("folder:PermissionSet", permissionSet(rows...)))).ok()
}

func TestPermissionSet(t *testing.T) {
	s := ewstest.New(t)
	rows := func(ref, element string) []string {
		var all []string
		for _, p := range call(t, s, v2016, getFolderBody(additional(fieldURI("folder:PermissionSet")), ref)).ok().nodes(element) {
			user := p.child("UserId")
			who := user.child("DistinguishedUser")
			if who == nil {
				who = user.child("PrimarySmtpAddress")
			}
			last := p.Children[len(p.Children)-1]
			all = append(all, who.Text+" "+last.Text)
		}
		return all
	}
	if diff := cmp.Diff([]string{"Default None", "Anonymous None"}, rows(folderRef("inbox"), "Permission")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"Default FreeBusyTimeOnly", "Anonymous None"}, rows(folderRef("calendar"), "CalendarPermission")); diff != "" {
		t.Error(diff)
	}
	share(t, s, folderRef("inbox"), userRow("Default", "Contributor"), userRow("Anonymous", "None"), userRow(bob, "Editor"))
	if diff := cmp.Diff([]string{"Default Contributor", "Anonymous None", bob + " Editor"}, rows(folderRef("inbox"), "Permission")); diff != "" {
		t.Error(diff)
	}
	// New folders have those of their parent.
	id := newFolders(t, s, "inbox", "Sub")[0]
	if diff := cmp.Diff([]string{"Default Contributor", "Anonymous None", bob + " Editor"}, rows(folderRef(id), "Permission")); diff != "" {
		t.Error(diff)
	}
	// Without them it has those of a new mailbox.
	call(t, s, v2016, updateFolderBody(keyOf(t, s, folderRef(id)), `<t:DeleteFolderField>`+fieldURI("folder:PermissionSet")+`</t:DeleteFolderField>`)).ok()
	if diff := cmp.Diff([]string{"Default None", "Anonymous None"}, rows(folderRef(id), "Permission")); diff != "" {
		t.Error(diff)
	}
	custom := `<t:Permission><t:UserId><t:PrimarySmtpAddress>` + bob + `</t:PrimarySmtpAddress></t:UserId><t:CanCreateItems>true</t:CanCreateItems>` +
		`<t:IsFolderVisible>true</t:IsFolderVisible><t:EditItems>Owned</t:EditItems><t:ReadItems>FullDetails</t:ReadItems><t:PermissionLevel>Custom</t:PermissionLevel></t:Permission>`
	for _, tt := range []struct {
		ref, folder string
		want        messages.ResponseCode
	}{
		{"inbox", permissionSet(userRow("Default", "None"), userRow("Default", "None")), messages.ErrorDuplicateUserIDsSpecified},
		{"inbox", permissionSet(userRow("nobody@example.com", "Editor")), messages.ErrorInvalidUserInfo},
		{"inbox", permissionSet(`<t:Permission><t:UserId/><t:PermissionLevel>None</t:PermissionLevel></t:Permission>`), messages.ErrorMissingUserIDInformation},
		{"inbox", permissionSet(`<t:Permission><t:UserId><t:PrimarySmtpAddress>` + bob + `</t:PrimarySmtpAddress><t:DistinguishedUser>Default</t:DistinguishedUser></t:UserId>` +
			`<t:PermissionLevel>None</t:PermissionLevel></t:Permission>`), messages.ErrorInvalidUserInfo},
		{"inbox", permissionSet(`<t:Permission><t:UserId><t:SID>S-1-2-3</t:SID></t:UserId><t:PermissionLevel>None</t:PermissionLevel></t:Permission>`), messages.ErrorInvalidUserSid},
		{"inbox", permissionSet(`<t:Permission><t:UserId><t:DistinguishedUser>Default</t:DistinguishedUser></t:UserId><t:CanCreateItems>true</t:CanCreateItems>` +
			`<t:PermissionLevel>Reviewer</t:PermissionLevel></t:Permission>`), messages.ErrorInvalidPermissionSettings},
		{"inbox", calendarRows(permissionSet(userRow(bob, "Editor"))), messages.ErrorCannotSetCalendarPermissionOnNonCalendarFolder},
		{"calendar", permissionSet(userRow(bob, "Editor")), messages.ErrorCannotSetNonCalendarPermissionOnCalendarFolder},
		{"root", permissionSet(userRow(bob, "Editor")), messages.ErrorAccessDenied},
		{"inbox", permissionSet(custom), messages.NoError},
		{"calendar", calendarRows(permissionSet(userRow(bob, "FreeBusyTimeAndSubjectAndLocation"))), messages.NoError},
	} {
		call(t, s, v2016, updateFolderBody(keyOf(t, s, folderRef(tt.ref)), setFolder("folder:PermissionSet", tt.folder))).want(tt.want)
	}
	if diff := cmp.Diff([]string{"Default None", "Anonymous None", bob + " Custom"}, rows(folderRef("inbox"), "Permission")); diff != "" {
		t.Error(diff)
	}
}

// TestDelegateAccess looks through bob's eyes at alice's folders.
func TestDelegateAccess(t *testing.T) {
	s := ewstest.New(t)
	s.Seed(3)
	inbox := sharedRef("inbox", alice)
	find := `<m:FindItem Traversal="Shallow"><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:ParentFolderIds>` + inbox + `</m:ParentFolderIds></m:FindItem>`
	as := func(body string) *answer { t.Helper(); return callAs(t, s, bob, v2016, body) }
	createIn := func(ref string) *answer {
		t.Helper()
		return as(`<m:CreateItem MessageDisposition="SaveOnly"><m:SavedItemFolderId>` + ref + `</m:SavedItemFolderId><m:Items><t:Message><t:Subject>from bob</t:Subject></t:Message></m:Items></m:CreateItem>`)
	}
	as(getFolderBody("IdOnly", inbox)).want(messages.ErrorFolderNotFound)
	as(find).want(messages.ErrorFolderNotFound)
	as(getFolderBody("IdOnly", sharedRef("inbox", "nobody@example.com"))).want(messages.ErrorNonExistentMailbox)

	share(t, s, folderRef("inbox"), userRow("Default", "None"), userRow("Anonymous", "None"), userRow(bob, "Reviewer"))
	rights := as(getFolderBody("AllProperties", inbox)).ok()
	for name, want := range map[string]string{"Read": "true", "CreateContents": "false", "CreateHierarchy": "false", "Modify": "false", "Delete": "false"} {
		if got := rights.first(name); got != want {
			t.Errorf("reviewer: %s is %s, want %s", name, got, want)
		}
	}
	items := as(find).ok().nodes("ItemId")
	if len(items) != 3 {
		t.Fatalf("%d items", len(items))
	}
	item := `<t:ItemId Id="` + items[0].attr("Id") + `" ChangeKey="` + items[0].attr("ChangeKey") + `"/>`
	as(`<m:GetItem><m:ItemShape><t:BaseShape>Default</t:BaseShape></m:ItemShape><m:ItemIds>` + item + `</m:ItemIds></m:GetItem>`).ok()
	drop := `<m:DeleteItem DeleteType="HardDelete"><m:ItemIds>` + item + `</m:ItemIds></m:DeleteItem>`
	as(drop).want(messages.ErrorAccessDenied)
	createIn(inbox).want(messages.ErrorAccessDenied)
	as(createFolderBody(inbox, namedFolder("x"))).want(messages.ErrorCreateSubfolderAccessDenied)
	as(`<m:DeleteFolder DeleteType="HardDelete"><m:FolderIds>` + folderRef(newFolders(t, s, "inbox", "Sub")[0]) + `</m:FolderIds></m:DeleteFolder>`).want(messages.ErrorAccessDenied)
	as(getFolderBody(additional(fieldURI("folder:PermissionSet")), inbox)).want(messages.ErrorAccessDenied)
	as(getFolderBody("IdOnly", sharedRef("drafts", alice))).want(messages.ErrorFolderNotFound)

	// An author changes and deletes what is his own.
	share(t, s, folderRef("inbox"), userRow("Default", "None"), userRow("Anonymous", "None"), userRow(bob, "Author"))
	own := createIn(inbox).ok().nodes("ItemId")[0]
	update := func(id *node) *answer {
		t.Helper()
		return as(`<m:UpdateItem MessageDisposition="SaveOnly" ConflictResolution="AlwaysOverwrite"><m:ItemChanges><t:ItemChange><t:ItemId Id="` + id.attr("Id") + `" ChangeKey="` + id.attr("ChangeKey") +
			`"/><t:Updates><t:SetItemField><t:FieldURI FieldURI="item:Subject"/><t:Message><t:Subject>changed</t:Subject></t:Message></t:SetItemField></t:Updates></t:ItemChange></m:ItemChanges></m:UpdateItem>`)
	}
	update(own).ok()
	update(items[0]).want(messages.ErrorAccessDenied)
	as(drop).want(messages.ErrorAccessDenied)

	// An editor does all but change the folder.
	share(t, s, folderRef("inbox"), userRow("Default", "None"), userRow("Anonymous", "None"), userRow(bob, "PublishingEditor"))
	update(items[0]).ok()
	as(createFolderBody(inbox, namedFolder("x"))).ok()
	as(updateFolderBody(inbox, setFolder("folder:PermissionSet", permissionSet(userRow("Default", "Owner"))))).want(messages.ErrorAccessDenied)

	// An owner does that too.
	share(t, s, folderRef("inbox"), userRow("Default", "None"), userRow("Anonymous", "None"), userRow(bob, "Owner"))
	as(updateFolderBody(inbox, setFolder("folder:PermissionSet", permissionSet(userRow("Default", "Reviewer"), userRow("Anonymous", "None"))))).ok()
	as(getFolderBody("IdOnly", inbox)).ok()
}

func TestFullAccess(t *testing.T) {
	s := ewstest.New(t, ewstest.Config{Accounts: []ewstest.Account{
		{Address: alice, Password: ewstest.Password}, {Address: bob, Password: ewstest.Password, FullAccess: []string{"ALICE@example.com"}},
	}})
	a := callAs(t, s, bob, v2016, getFolderBody("AllProperties", sharedRef("root", alice), sharedRef("calendar", alice))).ok()
	if a.first("CreateHierarchy") != "true" {
		t.Errorf("rights: %s", a.text)
	}
	callAs(t, s, bob, v2016, createFolderBody(sharedRef("inbox", alice), namedFolder("x"))).ok()
	callAs(t, s, alice, v2016, getFolderBody("IdOnly", sharedRef("inbox", bob))).want(messages.ErrorFolderNotFound)
}
