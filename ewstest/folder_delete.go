package ewstest

import (
	"slices"
	"strconv"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// deleteFolder is the operation DeleteFolder.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/deletefolder-operation
func (c *call) deleteFolder(req *messages.DeleteFolderRequest) (*messages.DeleteFolderResponse, error) {
	res := &messages.DeleteFolderResponse{}
	for _, id := range req.FolderIDs {
		f, err := c.folderObject(id)
		if err == nil {
			err = c.deleteOneFolder(f, req.DeleteType)
		}
		res.ResponseMessages = append(res.ResponseMessages, plainMessage(err))
	}
	return res, nil
}

func (c *call) deleteOneFolder(f *folder, how types.Disposal) error {
	if err := mayDelete(f); err != nil {
		return err
	}
	if err := c.need(f, manageFolder); err != nil {
		return err
	}
	c.disposeFolder(f, how)
	return nil
}

// mayDelete refuses to delete what every mailbox has.
func mayDelete(f *folder) error {
	switch {
	case f.known != "" || f.parent == nil:
		return fail(messages.ErrorDeleteDistinguishedFolder)
	case f.builtIn:
		return fail(messages.ErrorCannotDeleteObject)
	}
	return nil
}

// disposeFolder deletes a folder: for good, to the recoverable items, or to
// Deleted Items, where it gets another name if there is one of its own. What
// is there already goes for good.
func (c *call) disposeFolder(f *folder, how types.Disposal) {
	to := f.box.distinguished[disposalFolder(how)]
	if to == nil || f.within(to) {
		c.store.removeFolder(f)
		return
	}
	if name := f.name(); to.child(name) != nil {
		data := clone(f.props())
		for n := 1; to.child(name) != nil; n++ {
			name = f.name() + strconv.Itoa(n)
		}
		assign(data, "folder:DisplayName", name)
		f.data = data.(types.BaseFolder)
	}
	c.store.moveFolder(f, to)
}

// emptyFolder is the operation EmptyFolder.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/emptyfolder-operation
func (c *call) emptyFolder(req *messages.EmptyFolderRequest) (*messages.EmptyFolderResponse, error) {
	res := &messages.EmptyFolderResponse{}
	for _, id := range req.FolderIDs {
		f, err := c.folderObject(id)
		if err == nil {
			err = c.emptyOneFolder(f, req.DeleteType, req.DeleteSubFolders)
		}
		res.ResponseMessages = append(res.ResponseMessages, plainMessage(err))
	}
	return res, nil
}

func (c *call) emptyOneFolder(f *folder, how types.Disposal, children bool) error {
	switch {
	case f.denied:
		return fail(messages.ErrorAccessDenied)
	case f.isSearch() || isCalendarFolder(f.data):
		return failf(messages.ErrorCannotEmptyFolder, "Emptying the calendar folder or search folder isn't permitted.")
	case f.parent == nil:
		return fail(messages.ErrorCannotEmptyFolder)
	}
	if removing(c.grantOf(f)) != actAll {
		return fail(messages.ErrorAccessDenied)
	}
	if children {
		for _, child := range f.below() {
			if err := mayDelete(child); err != nil {
				return err
			}
		}
		if err := c.need(f, manageFolder); err != nil && len(f.children) > 0 {
			return err
		}
	}
	c.store.empty(f, f.box.distinguished[disposalFolder(how)])
	if children {
		for _, child := range slices.Clone(f.children) {
			c.disposeFolder(child, how)
		}
	}
	return nil
}

// empty moves all items of f into another folder, or deletes them for good if
// there is none or it is f. From the last to the first, each removal costs
// little.
func (s *store) empty(f, to *folder) {
	for n := len(f.items) - 1; n >= 0; n-- {
		if to == nil || to == f {
			s.deleteItem(f.items[n])
		} else {
			s.moveItem(f.items[n], to)
		}
	}
}
