package ewstest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

func TestFindFolder(t *testing.T) {
	c := newClient(t)
	st := c.srv.store
	box := st.mailboxOf(c.user)
	inbox := box.distinguished["inbox"]
	for i := range 5 {
		st.newFolder(box, inbox, newFolderData(fmt.Sprintf("Sub %d", i), "IPF.Note"))
	}
	st.newFolder(box, inbox.children[0], newFolderData("Deepest", "IPF.Task"))
	name := field.Folder.DisplayName.Property()
	for title, test := range map[string]struct {
		req  messages.FindFolderRequest
		want string
	}{
		"shallow":     {messages.FindFolderRequest{}, "NoError 5 true: Sub 0, Sub 1, Sub 2, Sub 3, Sub 4"},
		"deep":        {messages.FindFolderRequest{Traversal: "Deep"}, "NoError 6 true: Sub 0, Deepest, Sub 1, Sub 2, Sub 3, Sub 4"},
		"softdeleted": {messages.FindFolderRequest{Traversal: "SoftDeleted"}, "NoError 0 true: "},
		"page": {messages.FindFolderRequest{Traversal: "Deep", Paging: &types.IndexedPageView{MaxEntriesReturned: 2, Offset: 1, BasePoint: types.IndexBasePointBeginning}},
			"NoError 6 false: Deepest, Sub 1"},
		"fraction": {messages.FindFolderRequest{Paging: &types.FractionalPageView{MaxEntriesReturned: 2, Numerator: 4, Denominator: 5}},
			"NoError 5 true: Sub 4"},
		"equal in any case": {messages.FindFolderRequest{Traversal: "Deep", Restriction: eq(name, "SUB 3")}, "NoError 1 true: Sub 3"},
		"prefix, exact": {messages.FindFolderRequest{Restriction: containing(name, "sub", types.ContainmentModePrefixed, types.ContainmentComparisonExact)},
			"NoError 0 true: "},
		"prefix, any case": {messages.FindFolderRequest{Restriction: containing(name, "sub", types.ContainmentModePrefixed, types.ContainmentComparisonIgnoreCase)},
			"NoError 5 true: Sub 0, Sub 1, Sub 2, Sub 3, Sub 4"},
		"class":    {messages.FindFolderRequest{Traversal: "Deep", Restriction: eq(uri("folder:FolderClass"), "IPF.Task")}, "NoError 1 true: Deepest"},
		"children": {messages.FindFolderRequest{Restriction: eq(uri("folder:ChildFolderCount"), "1")}, "NoError 1 true: Sub 0"},
		"an item's property": {messages.FindFolderRequest{Restriction: eq(uri("item:Subject"), "x")},
			"ErrorUnsupportedPathForQuery 0 false: "},
		"negative offset": {messages.FindFolderRequest{Paging: &types.IndexedPageView{Offset: -1, BasePoint: types.IndexBasePointBeginning}},
			"ErrorInvalidIndexedPagingParameters 0 false: "},
	} {
		t.Run(title, func(t *testing.T) {
			c.t = t
			req := test.req
			if req.Traversal == "" {
				req.Traversal = types.FolderQueryTraversalShallow
			}
			req.FolderShape = types.FolderResponseShape{BaseShape: types.DefaultShapeNamesDefault}
			req.ParentFolderIDs = inFolder("inbox")
			var res messages.FindFolderResponse
			c.do(messages.OpFindFolder, &req, &res)
			m := res.ResponseMessages[0]
			var names []string
			for _, f := range m.RootFolder.Folders {
				names = append(names, get[string](f.(types.Properties), field.Folder.DisplayName))
			}
			got := fmt.Sprintf("%s %d %v: %s", m.ResponseCode, m.RootFolder.TotalItemsInView, m.RootFolder.IncludesLastItemInRange, strings.Join(names, ", "))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
