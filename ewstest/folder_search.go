package ewstest

import (
	"slices"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// Search folders hold no items: what is in them is searched for when asked.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/searchfolder

// itemsIn returns the items that a folder shows, in order of arrival.
func (c *call) itemsIn(f *folder) []*item {
	if f.isSearch() {
		return c.found(f)
	}
	return f.items
}

// found returns the items that a search folder finds; none if its search was
// never set, or cannot be run.
func (c *call) found(f *folder) []*item {
	s, ok := lookup[types.SearchParameters](f.props(), "folder:SearchParameters")
	if !ok {
		return nil
	}
	voc, err := itemVocabulary()
	if err != nil {
		return nil
	}
	k := &compiler{voc: voc, version: c.srv.cfg.Version, loc: c.location()}
	meets, err := k.compile(s.Restriction)
	if err != nil {
		return nil
	}
	r := &row{c: c, loc: c.location()}
	var all []*item
	for _, base := range c.searched(f, &s) {
		for _, i := range base.items {
			if meets == nil || meets(r.at(i)) {
				all = append(all, i)
			}
		}
	}
	slices.SortFunc(all, func(a, b *item) int { return int(int64(a.number) - int64(b.number)) })
	return all
}

// searched returns the folders that a search folder looks into, each once.
func (c *call) searched(f *folder, s *types.SearchParameters) []*folder {
	var out []*folder
	add := func(b *folder) {
		if b.box == f.box && !b.isSearch() && !slices.Contains(out, b) {
			out = append(out, b)
		}
	}
	for _, id := range s.BaseFolderIDs {
		base, err := c.folder(id)
		if err != nil {
			continue // it has been deleted since
		}
		add(base)
		if s.Traversal != types.SearchFolderTraversalShallow {
			for _, b := range base.below() {
				add(b)
			}
		}
	}
	return out
}

// checkSearch refuses a search that no folder can have. It gives base folders
// of a distinguished name their own id, for the name means another folder when
// another user asks.
func (c *call) checkSearch(s *types.SearchParameters) error {
	voc, err := itemVocabulary()
	if err != nil {
		return err
	}
	k := &compiler{voc: voc, version: c.version, loc: c.location()}
	if _, err := k.compile(s.Restriction); err != nil {
		return err
	}
	ids := make([]types.BaseFolderID, len(s.BaseFolderIDs))
	for i, id := range s.BaseFolderIDs {
		f, err := c.folder(id)
		switch {
		case err != nil:
			return err
		case f.isSearch():
			return fail(messages.ErrorInvalidFolderTypeForOperation)
		case f.box != c.user && !c.mayOpen(f.box):
			return fail(messages.ErrorEmailAddressMismatch)
		}
		own := f.box.id(f)
		ids[i] = &own
	}
	s.BaseFolderIDs = ids
	return nil
}
