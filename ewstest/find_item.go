package ewstest

import (
	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// searchHandlers registers the operations that search.
func searchHandlers(h handlers) {
	handle(h, messages.OpFindItem, reads, (*call).findItem)
	handle(h, messages.OpFindFolder, reads, (*call).findFolder)
}

// itemSearch is a FindItem request that was checked and is ready to be run on
// a folder.
type itemSearch struct {
	req     *messages.FindItemRequest
	voc     *vocabulary
	meets   condition // nil for all items
	keys    []sortKey
	paging  paging
	deleted bool // Traversal is SoftDeleted
	hidden  bool // Traversal is Associated
}

// findItem answers FindItem: a response message for each parent folder.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/finditem-operation
func (c *call) findItem(req *messages.FindItemRequest) (*messages.FindItemResponse, error) {
	res := &messages.FindItemResponse{}
	s, bad := c.newItemSearch(req)
	for _, id := range req.ParentFolderIDs {
		f, err := c.folder(id)
		if err == nil {
			err = bad
		}
		var found types.FindItemParent
		if err == nil {
			found, err = c.searchItems(f, s)
		}
		res.ResponseMessages = append(res.ResponseMessages, findItemMessage(err, found))
	}
	return res, nil
}

func (c *call) newItemSearch(req *messages.FindItemRequest) (*itemSearch, error) {
	voc, err := itemVocabulary()
	if err != nil {
		return nil, err
	}
	s := &itemSearch{
		req: req, voc: voc,
		deleted: req.Traversal == types.ItemQueryTraversalSoftDeleted,
		hidden:  req.Traversal == types.ItemQueryTraversalAssociated,
	}
	k := &compiler{voc: voc, version: c.version, loc: c.location()}
	if s.meets, err = k.compile(req.Restriction); err != nil {
		return nil, err
	}
	if s.keys, err = k.sortKeys(req.SortOrder); err != nil {
		return nil, err
	}
	s.paging, err = newPaging(req.Paging, c.srv.cfg.MaxFind)
	return s, err
}

// searchItems runs the search on a folder.
func (c *call) searchItems(f *folder, s *itemSearch) (types.FindItemParent, error) {
	var out types.FindItemParent
	r := &row{c: c, loc: c.location()}
	rows := s.matching(r, f)
	sortRows(rows, s.keys, r, func(r *row, i *item) { r.at(i) })
	p := s.paging.of(len(rows))
	p.say(&out, len(rows))
	out.Present |= types.FindItemParentHasItems
	for _, i := range rows[p.from:p.to] {
		v, err := c.shapeItem(i, &s.req.ItemShape, true)
		if err != nil {
			return out, err
		}
		out.Items = append(out.Items, v)
	}
	return out, nil
}

// matching returns the items of the folder that meet the search: without a
// sort order the newest come first, as in Exchange.
func (s *itemSearch) matching(r *row, f *folder) []*item {
	if s.deleted {
		// Since Exchange 2010 there is no dumpster in folders: what is
		// soft-deleted is in the folder Deletions of Recoverable Items.
		return nil
	}
	var rows []*item
	for n := len(f.items) - 1; n >= 0; n-- {
		i := f.items[n]
		if get[bool](i.data.(types.Properties), field.Message.IsAssociated) != s.hidden {
			continue
		}
		if s.meets == nil || s.meets(r.at(i)) {
			rows = append(rows, i)
		}
	}
	return rows
}

func findItemMessage(err error, found types.FindItemParent) messages.FindItemResponseMessage {
	m := messages.FindItemResponseMessage{ResponseClass: types.ResponseClassSuccess, ResponseCode: messages.NoError}
	if err != nil {
		m.ResponseClass, m.ResponseCode, m.MessageText, m.MessageXML = asFailure(err).status()
		m.Present |= messages.FindItemResponseMessageHasDescriptiveLinkKey
		return m
	}
	m.RootFolder = found
	m.Present |= messages.FindItemResponseMessageHasRootFolder
	return m
}
