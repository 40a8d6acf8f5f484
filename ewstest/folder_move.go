package ewstest

import (
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// moveFolder is the operation MoveFolder.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/movefolder-operation
func (c *call) moveFolder(req *messages.MoveFolderRequest) (*messages.MoveFolderResponse, error) {
	res := &messages.MoveFolderResponse{}
	res.ResponseMessages = c.transferFolders(req.FolderIDs, req.ToFolderID, func(f, to *folder) (*folder, error) {
		switch {
		case f.known != "" || f.parent == nil:
			return nil, fail(messages.ErrorMoveDistinguishedFolder)
		case f.builtIn:
			return nil, fail(messages.ErrorMoveCopyFailed)
		}
		if err := c.need(f, manageFolder); err != nil {
			return nil, err
		}
		c.store.moveFolder(f, to)
		return f, nil
	})
	return res, nil
}

// copyFolder is the operation CopyFolder.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/copyfolder-operation
func (c *call) copyFolder(req *messages.CopyFolderRequest) (*messages.CopyFolderResponse, error) {
	res := &messages.CopyFolderResponse{}
	res.ResponseMessages = c.transferFolders(req.FolderIDs, req.ToFolderID, func(f, to *folder) (*folder, error) {
		if err := c.need(f, readItems); err != nil {
			return nil, err
		}
		return c.store.copyFolder(f, to), nil
	})
	return res, nil
}

// transferFolders moves or copies each folder with do, having seen to what both
// ask for.
func (c *call) transferFolders(ids []types.BaseFolderID, target types.TargetFolderID, do func(f, to *folder) (*folder, error)) []messages.FolderInfoResponseMessage {
	var out []messages.FolderInfoResponseMessage
	to, bad := c.targetFolder(target, messages.ErrorToFolderNotFound)
	for _, id := range ids {
		f, err := c.folderObject(id)
		if err == nil {
			err = bad
		}
		if err == nil {
			err = c.mayReceive(to, f)
		}
		if err == nil {
			f, err = do(f, to)
		}
		if err != nil {
			out = append(out, folderMessage(err))
			continue
		}
		out = append(out, folderMessage(nil, f.idOnly()))
	}
	return out
}

// mayReceive reports why to cannot become the parent of f, or of a copy of it.
func (c *call) mayReceive(to, f *folder) error {
	switch {
	case f.denied:
		return fail(messages.ErrorAccessDenied)
	case to.box != f.box:
		return fail(messages.ErrorCrossMailboxMoveCopy)
	case to.isSearch(), to.within(f), to.child(f.name()) != nil:
		// The last is so for a move into the folder's own parent, too.
		return fail(messages.ErrorMoveCopyFailed)
	}
	return c.need(to, createFolders)
}
