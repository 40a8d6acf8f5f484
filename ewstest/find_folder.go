package ewstest

import (
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// findFolder answers FindFolder: a response message for each parent folder.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/findfolder-operation
func (c *call) findFolder(req *messages.FindFolderRequest) (*messages.FindFolderResponse, error) {
	voc, err := folderVocabulary()
	if err != nil {
		return nil, err
	}
	k := &compiler{voc: voc, version: c.version, loc: c.location()}
	meets, bad := k.compile(req.Restriction)
	paging, err := c.newPaging(req.Paging)
	if bad == nil {
		bad = err
	}
	res := &messages.FindFolderResponse{}
	for _, id := range req.ParentFolderIDs {
		f, err := c.folder(id)
		if err == nil {
			err = bad
		}
		var found types.FindFolderParent
		if err == nil {
			found, err = c.searchFolders(f, req, meets, paging)
		}
		res.ResponseMessages = append(res.ResponseMessages, findFolderMessage(err, found))
	}
	return res, nil
}

// searchFolders looks through the folders below f.
func (c *call) searchFolders(f *folder, req *messages.FindFolderRequest, meets condition, paging paging) (types.FindFolderParent, error) {
	var out types.FindFolderParent
	r := &row{c: c, loc: c.location()}
	var rows []*folder
	var walk func(f *folder)
	walk = func(f *folder) {
		for _, child := range f.children {
			if !c.sees(child) {
				continue
			}
			r.folder, r.full = child, nil
			if meets == nil || meets(r) {
				rows = append(rows, child)
			}
			if req.Traversal == types.FolderQueryTraversalDeep {
				walk(child)
			}
		}
	}
	// Since Exchange 2010 no folder keeps soft-deleted folders.
	if req.Traversal != types.FolderQueryTraversalSoftDeleted {
		walk(f)
	}
	p, err := paging.of(len(rows))
	if err != nil {
		return out, err
	}
	var attrs types.FindItemParent
	p.say(&attrs, len(rows))
	out = types.FindFolderParent{
		IndexedPagingOffset: attrs.IndexedPagingOffset, NumeratorOffset: attrs.NumeratorOffset,
		AbsoluteDenominator: attrs.AbsoluteDenominator, IncludesLastItemInRange: attrs.IncludesLastItemInRange,
		TotalItemsInView: attrs.TotalItemsInView,
		// The attributes are the first five of both structs.
		Present: attrs.Present | types.FindFolderParentHasFolders,
	}
	for _, f := range rows[p.from:p.to] {
		v, err := c.shapeFolder(f, &req.FolderShape)
		if err != nil {
			return out, err
		}
		out.Folders = append(out.Folders, v)
	}
	return out, nil
}

func findFolderMessage(err error, found types.FindFolderParent) messages.FindFolderResponseMessage {
	m := messages.FindFolderResponseMessage{ResponseClass: types.ResponseClassSuccess, ResponseCode: messages.NoError}
	if err != nil {
		m.ResponseClass, m.ResponseCode, m.MessageText, m.MessageXML = asFailure(err).status()
		m.Present |= messages.FindFolderResponseMessageHasDescriptiveLinkKey
		return m
	}
	m.RootFolder = found
	m.Present |= messages.FindFolderResponseMessageHasRootFolder
	return m
}
