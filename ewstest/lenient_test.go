package ewstest_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/messages"
)

// TestPermissionsInAnotherForm sends permissions as exchangelib does.
func TestPermissionsInAnotherForm(t *testing.T) {
	s := ewstest.New(t)
	set := func(folder string) *answer {
		return callInvalid(t, s, v2016, updateFolderBody(keyOf(t, s, folderRef("inbox")), setFolder("folder:PermissionSet",
			`<t:Folder><t:PermissionSet><t:Permissions><t:Permission>`+folder+`</t:Permission></t:Permissions></t:PermissionSet></t:Folder>`)))
	}
	const wrong = `<t:CanCreateItems>false</t:CanCreateItems><t:CanCreateSubfolders>false</t:CanCreateSubfolders><t:IsFolderOwner>false</t:IsFolderOwner>` +
		`<t:IsFolderVisible>false</t:IsFolderVisible><t:IsFolderContact>false</t:IsFolderContact><t:EditItems>None</t:EditItems><t:DeleteItems>None</t:DeleteItems>` +
		`<t:ReadItems>None</t:ReadItems><t:UserId><t:PrimarySmtpAddress>` + bob + `</t:PrimarySmtpAddress></t:UserId><t:CalendarPermissionLevel>None</t:CalendarPermissionLevel>`
	set(wrong).ok()
	users := call(t, s, v2016, getFolderBody(additional(fieldURI("folder:PermissionSet")), folderRef("inbox"))).ok().all("PrimarySmtpAddress")
	if diff := cmp.Diff([]string{bob}, users); diff != "" {
		t.Error(diff)
	}
	// What is wrong in other ways is refused.
	set(wrong + `<t:Nothing/>`).want(messages.ErrorSchemaValidation)
	set(`<t:CanCreateItems>maybe</t:CanCreateItems>` + wrong).want(messages.ErrorSchemaValidation)
}
