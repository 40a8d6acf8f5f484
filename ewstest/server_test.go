package ewstest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

const getInbox = `<m:GetFolder><m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape>` +
	`<m:FolderIds><t:DistinguishedFolderId Id="inbox"/></m:FolderIds></m:GetFolder>`

func TestGetFolder(t *testing.T) {
	s := ewstest.New(t)
	a := call(t, s, "Exchange2013_SP1", getInbox).ok()
	if diff := cmp.Diff([]string{"Inbox"}, a.all("DisplayName")); diff != "" {
		t.Error(diff)
	}
	res := do[messages.GetFolderResponse](t, s, types.ExchangeVersionExchange2016, &messages.GetFolderRequest{
		FolderShape: types.FolderResponseShape{BaseShape: types.DefaultShapeNamesAllProperties},
		FolderIDs:   []types.BaseFolderID{&types.DistinguishedFolderID{ID: types.DistinguishedFolderIDNameDrafts}},
	})
	if f, ok := res.ResponseMessages[0].Folders[0].(*types.Folder); !ok || f.DisplayName != "Drafts" {
		t.Errorf("folder %+v", res.ResponseMessages[0].Folders[0])
	}
}

func TestSchemaViolation(t *testing.T) {
	s := ewstest.New(t)
	a := callInvalid(t, s, "Exchange2013_SP1", strings.Replace(getInbox, "Default<", "Dunno<", 1)).want(messages.ErrorSchemaValidation)
	if a.status != http.StatusInternalServerError || a.first("LineNumber") == "" {
		t.Errorf("status %d, answer %s", a.status, a.text)
	}
}

func TestSeed(t *testing.T) {
	s := ewstest.New(t)
	s.Seed(25)
	a := call(t, s, "Exchange2016", getInbox).ok()
	if total, unread := a.first("TotalCount"), a.first("UnreadCount"); total != "25" || unread != "16" {
		t.Errorf("%s messages, %s unread; want 25 and 16", total, unread)
	}
}
