package ewstest

import (
	"math/bits"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// updateFolder is the operation UpdateFolder.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/updatefolder-operation
func (c *call) updateFolder(req *messages.UpdateFolderRequest) (*messages.UpdateFolderResponse, error) {
	res := &messages.UpdateFolderResponse{}
	for _, change := range req.FolderChanges {
		f, err := c.updateOneFolder(change)
		if err != nil {
			res.ResponseMessages = append(res.ResponseMessages, folderMessage(err))
			continue
		}
		res.ResponseMessages = append(res.ResponseMessages, folderMessage(nil, f.idOnly()))
	}
	return res, nil
}

func (c *call) updateOneFolder(change types.FolderChange) (*folder, error) {
	f, err := c.folderObject(change.FolderID)
	if err != nil {
		return nil, err
	}
	if err := checkFolderKey(change.FolderID, f); err != nil {
		return nil, err
	}
	if f.denied {
		return nil, fail(messages.ErrorAccessDenied)
	}
	if err := c.need(f, manageFolder); err != nil {
		return nil, err
	}
	u := folderUpdate{c: c, f: f, data: clone(f.props()), permissions: f.permissions}
	for _, step := range change.Updates {
		if err := u.step(step); err != nil {
			return nil, err
		}
	}
	if err := u.check(); err != nil {
		return nil, err
	}
	c.store.changeFolder(f, u.data.(types.BaseFolder), u.permissions)
	return f, nil
}

// checkFolderKey checks the change key of a folder to be updated. A
// distinguished id needs none.
func checkFolderKey(id types.BaseFolderID, f *folder) error {
	key, said := changeKeyOf(id)
	if !said {
		if _, plain := id.(*types.FolderID); plain {
			return fail(messages.ErrorChangeKeyRequiredForWriteOperations)
		}
		return nil
	}
	n, ok := parseChangeKey(key)
	switch {
	case !ok:
		return fail(messages.ErrorInvalidChangeKey)
	case n != f.change:
		return fail(messages.ErrorIrresolvableConflict)
	}
	return nil
}

func changeKeyOf(id types.BaseFolderID) (string, bool) {
	switch id := id.(type) {
	case *types.FolderID:
		return id.ChangeKey, id.ChangeKey != "" || id.Present.Has(types.FolderIDHasChangeKey)
	case *types.DistinguishedFolderID:
		return id.ChangeKey, id.ChangeKey != "" || id.Present.Has(types.DistinguishedFolderIDHasChangeKey)
	}
	return "", false
}

// folderUpdate is an update under way: nothing of it is stored before all its
// steps have been found good.
type folderUpdate struct {
	c           *call
	f           *folder
	data        types.Properties
	permissions []permission
}

func (u *folderUpdate) step(d types.FolderChangeDescription) error {
	switch d := d.(type) {
	case *types.SetFolderField:
		return u.set(d.Path, d.Folder)
	case *types.AppendToFolderField:
		// No property of a folder can be added to.
		return propFailure(messages.ErrorInvalidPropertyAppend, d.Path)
	case *types.DeleteFolderField:
		return u.remove(d.Path)
	}
	return fail(messages.ErrorInvalidRequest)
}

// set sets one property to the one that the folder in the request has.
func (u *folderUpdate) set(path types.Path, in types.BaseFolder) error {
	if in == nil {
		return fail(messages.ErrorIncorrectUpdatePropertyCount)
	}
	src := in.(types.Properties)
	if countProps(src) != 1 {
		return fail(messages.ErrorIncorrectUpdatePropertyCount)
	}
	switch path := path.(type) {
	case *types.PathToExtendedField:
		if err := checkExtendedPath(path); err != nil {
			return err
		}
		if tag, ok := tagOf(path); ok {
			if _, computed := folderTags[tag]; computed {
				if e := (*src.ExtendedPtr()); len(e) == 1 && setByTag(u.data, tag, e[0]) {
					return nil
				}
				return propFailure(messages.ErrorInvalidPropertySet, path)
			}
		}
		return setExtended(u.data, path, src)
	case *types.PathToUnindexedField:
		return u.setURI(path, in, src)
	}
	return propFailure(messages.ErrorInvalidPropertySet, path)
}

func (u *folderUpdate) setURI(path *types.PathToUnindexedField, in types.BaseFolder, src types.Properties) error {
	uri := string(path.FieldURI)
	from, inSource := classOf(src).prop(uri)
	to, known := classOf(u.data).prop(uri)
	switch {
	case !known:
		return propFailure(messages.ErrorInvalidPropertyRequest, path)
	case uri == "folder:PermissionSet":
		if !inSource || !has(src, from) {
			return propFailure(messages.ErrorUpdatePropertyMismatch, path)
		}
		if u.f.parent == nil {
			return fail(messages.ErrorAccessDenied)
		}
		list, err := u.c.readPermissions(src, isCalendarFolder(u.f.data))
		u.permissions = list
		return err
	case to.ReadOnly:
		return propFailure(messages.ErrorInvalidPropertySet, path)
	case !inSource || !has(src, from):
		return propFailure(messages.ErrorUpdatePropertyMismatch, path)
	case uri == "folder:SearchParameters":
		s := valueAt[types.SearchParameters](src, uri)
		if err := u.c.checkSearch(&s); err != nil {
			return err
		}
		assign(u.data, uri, s)
		return nil
	}
	copyNamed(u.data, src, to, from)
	return nil
}

func (u *folderUpdate) remove(path types.Path) error {
	switch path := path.(type) {
	case *types.PathToExtendedField:
		if err := checkExtendedPath(path); err != nil {
			return err
		}
		if tag, ok := tagOf(path); ok {
			if _, computed := folderTags[tag]; computed {
				return propFailure(messages.ErrorInvalidPropertyDelete, path)
			}
		}
		return deleteExtended(u.data, path)
	case *types.PathToUnindexedField:
		p, ok := classOf(u.data).prop(string(path.FieldURI))
		switch {
		case !ok:
			return propFailure(messages.ErrorInvalidPropertyRequest, path)
		case p.URI == "folder:PolicyTag", p.URI == "folder:ArchiveTag":
			unset(u.data, p.URI)
			return nil
		case p.URI == "folder:PermissionSet":
			// exchangelib deletes it with every change of a folder that it has
			// not fetched, and Exchange lets it.
			u.permissions = defaultPermissions(u.f.data)
			return nil
		}
	}
	return propFailure(messages.ErrorInvalidPropertyDelete, path)
}

// check looks at the outcome as a whole.
func (u *folderUpdate) check() error {
	name := valueAt[string](u.data, "folder:DisplayName")
	if old := u.f.name(); name != old {
		if u.f.builtIn {
			// The names of a mailbox's own folders follow its language.
			return uriFailure(messages.ErrorFolderSavePropertyError, "folder:DisplayName")
		}
		if err := checkFolderName(name); err != nil {
			return err
		}
		if twin := u.f.parent.child(name); twin != nil && twin != u.f {
			return folderExists(name)
		}
	}
	class := valueAt[string](u.data, "folder:FolderClass")
	if old := u.f.class(); class != old && (u.f.builtIn || kindOf(class) != kindOf(old) || kindOf(class) == unknownKind) {
		return fail(messages.ErrorObjectTypeChanged)
	}
	return nil
}

// countProps returns how many properties an object in a request has.
func countProps(v types.Properties) int {
	n := len(*v.ExtendedPtr())
	for _, word := range v.PresenceSet() {
		n += bits.OnesCount64(word)
	}
	return n
}
