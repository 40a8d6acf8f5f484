package orm

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// Create makes a folder for mail in f. It sends one request, and one more to
// fetch the new folder. If there is one of that name, the error matches
// messages.ErrorFolderExists and fs.ErrExist.
func (f Folder) Create(ctx context.Context, name string) (Folder, error) {
	return f.CreateFolder(ctx, &types.Folder{DisplayName: name, FolderClass: "IPF.Note"})
}

// CreateFolder makes a folder of any class in f, as Create does, as in
//
//	acct.Root().CreateFolder(ctx, &types.CalendarFolder{DisplayName: "Shifts"})
//
// If the new folder cannot be fetched, it is returned as a handle, with the
// error. If the answer to the first request is lost, the error is an
// *UnknownError: see there, and Recovery.
func (f Folder) CreateFolder(ctx context.Context, folder types.BaseFolder) (Folder, error) {
	t := &trace{why: withoutMark}
	mark := markOf(folder)
	if p, ok := folder.(types.Properties); ok && p.ExtendedPtr() != nil && mark == "" && f.acct.cfg.Recovery != nil {
		mark = rand.Text()
		folder = marked(p, mark).(types.BaseFolder)
	}
	if mark != "" {
		t = &trace{marks: []string{mark}, look: func(ctx context.Context) ([]sight, error) { return f.acct.seeFolder(ctx, f, mark) }}
	}
	var g Folder
	res, err := f.acct.call.CreateFolder(ctx, &messages.CreateFolderRequest{
		ParentFolderID: types.TargetFolderID{FolderID: f.id}, Folders: []types.BaseFolder{folder},
	})
	if err == nil {
		g, err = f.other().one(messages.OpCreateFolder, res.ResponseMessages, folderProps.DisplayName.Get(folder))
	} else {
		var id ItemID
		id, err = f.acct.one(ctx, messages.OpCreateFolder, t, err)
		g = f.at(id.ID)
	}
	if err != nil {
		return Folder{}, err
	}
	return g.fetched(ctx, "created")
}

// fetched returns g as it is now, after it was created, say. If that cannot be
// had it returns g, and the error.
func (g Folder) fetched(ctx context.Context, after string) (Folder, error) {
	h, err := g.Load(ctx)
	if err != nil {
		return g, fmt.Errorf("orm: the folder was %s, but then: %w", after, err)
	}
	return h, nil
}

// one says what became of a request with one part that failed. It returns no
// error if it was done.
func (a *Account) one(ctx context.Context, op *messages.Operation, t *trace, err error) (ItemID, error) {
	rs, err := a.afterwards(ctx, op, t, 1, err)
	return rs[0].Value, err
}

// Ensure returns the folder at the path of display names below f, and makes
// those folders of it that are not there, for mail. It sends a request a name
// that is there, and some more a name that is not.
func (f Folder) Ensure(ctx context.Context, path ...string) (Folder, error) {
	for _, name := range path {
		g, err := f.Path(ctx, name)
		if errors.Is(err, ErrNotFound) {
			g, err = f.Create(ctx, name)
			if errors.Is(err, fs.ErrExist) { // made by another in between
				g, err = f.Path(ctx, name)
			}
		}
		if err != nil {
			return Folder{}, err
		}
		f = g
	}
	return f, nil
}

// Update changes properties of the folder, as in
// field.Folder.DisplayName.Set("2026"). It sends one request, one more to fetch
// the folder as it is then, and one before if f was not loaded or has changed
// since. A change of a property that is not the folder's is a *FieldError.
func (f Folder) Update(ctx context.Context, changes ...field.AnyChange) (Folder, error) {
	g, err := f.resolve(ctx) // the class of the folder goes into the request
	if err != nil {
		return Folder{}, err
	}
	var list []types.FolderChangeDescription
	for _, c := range changes {
		if err := fits(c, g.props(), func() bool { return c.Folder() != nil }); err != nil {
			return Folder{}, err
		}
		d := c.Folder()
		if set, ok := d.(*types.SetFolderField); ok {
			like := likeFolder(g.data)
			v := like.(types.Properties)
			c.Apply(v)
			if info, ok := field.Find(v, pathName(c.Path())); ok && info.Bit != 255 && !v.PresenceSet().HasBit(info.Bit) {
				return Folder{}, &FieldError{Field: info.URI, Reason: "is of another type in a " + className(v) + ": use field." + className(v) + "." + info.Name}
			}
			d = &types.SetFolderField{Path: set.Path, Folder: like}
		}
		list = append(list, d)
	}
	if len(list) == 0 {
		return Folder{}, noChanges("field.Folder.DisplayName.Set(\"2026\")")
	}
	for range 3 { // its counters change a folder, too
		err = g.update(ctx, list)
		if err == nil || !errors.Is(err, messages.ErrorStaleObject) && !errors.Is(err, messages.ErrorIrresolvableConflict) {
			break
		}
		var stale error
		if g, stale = f.Load(ctx); stale != nil {
			return Folder{}, stale
		}
	}
	if err != nil {
		return Folder{}, err
	}
	return g.fetched(ctx, "changed")
}

func (f Folder) update(ctx context.Context, list []types.FolderChangeDescription) error {
	id := f.folderID()
	res, err := f.acct.call.UpdateFolder(ctx, &messages.UpdateFolderRequest{
		FolderChanges: []types.FolderChange{{FolderID: &types.FolderID{ID: id.ID, ChangeKey: id.ChangeKey}, Updates: list}},
	})
	if err != nil {
		_, err = f.acct.one(ctx, messages.OpUpdateFolder, &trace{why: "load the folder, and look what it has"}, err)
		return err
	}
	return f.done(messages.OpUpdateFolder, res)
}

// likeFolder returns an empty folder of the same class.
func likeFolder(d types.BaseFolder) types.BaseFolder {
	switch d.(type) {
	case *types.CalendarFolder:
		return &types.CalendarFolder{}
	case *types.ContactsFolder:
		return &types.ContactsFolder{}
	case *types.TasksFolder:
		return &types.TasksFolder{}
	case *types.SearchFolder:
		return &types.SearchFolder{}
	}
	return &types.Folder{}
}

// Rename changes the folder's display name.
func (f Folder) Rename(ctx context.Context, name string) (Folder, error) {
	return f.Update(ctx, folderProps.DisplayName.Set(name))
}

// Move moves the folder, with all that is in it, into to. It sends one
// request, and one more to fetch the folder as it is then.
func (f Folder) Move(ctx context.Context, to Folder) (Folder, error) {
	var g Folder
	res, err := f.acct.call.MoveFolder(ctx, &messages.MoveFolderRequest{
		ToFolderID: types.TargetFolderID{FolderID: to.id}, FolderIDs: []types.BaseFolderID{f.id},
	})
	if err == nil {
		g, err = to.other().one(messages.OpMoveFolder, res.ResponseMessages, f.label())
	} else {
		_, err = f.acct.one(ctx, messages.OpMoveFolder, f.movedTo(to, sight{what: "the folder is gone"}), err)
		g = to.other()
		g.id = f.id // a folder keeps it
	}
	if err != nil {
		return Folder{}, err
	}
	return g.fetched(ctx, "moved")
}

// Copy copies the folder, with all that is in it, into to. It sends one
// request, and one more to fetch the copy.
func (f Folder) Copy(ctx context.Context, to Folder) (Folder, error) {
	res, err := f.acct.call.CopyFolder(ctx, &messages.CopyFolderRequest{
		ToFolderID: types.TargetFolderID{FolderID: to.id}, FolderIDs: []types.BaseFolderID{f.id},
	})
	if err != nil {
		_, err = f.acct.one(ctx, messages.OpCopyFolder, &trace{why: "look for the copy before it is made again"}, err)
		return Folder{}, err
	}
	g, err := to.other().one(messages.OpCopyFolder, res.ResponseMessages, f.label())
	if err != nil {
		return Folder{}, err
	}
	return g.fetched(ctx, "copied")
}

// Delete deletes the folder with all that is in it. It sends one request. The
// distinguished ones can't be deleted: messages.ErrorDeleteDistinguishedFolder.
func (f Folder) Delete(ctx context.Context, how DeleteType) error {
	res, err := f.acct.call.DeleteFolder(ctx, &messages.DeleteFolderRequest{
		DeleteType: how, FolderIDs: []types.BaseFolderID{f.id},
	})
	if err != nil {
		t := &trace{look: f.seeGone}
		if how == MoveToDeletedItems {
			t = f.movedTo(f.acct.Trash(), sight{done: true})
		}
		_, err = f.acct.one(ctx, messages.OpDeleteFolder, t, err)
		return err
	}
	return f.done(messages.OpDeleteFolder, res)
}

// Empty deletes the items of the folder; with folders, those below it, too. It
// sends one request. Since Exchange2010_SP1.
func (f Folder) Empty(ctx context.Context, how DeleteType, folders bool) error {
	res, err := f.acct.call.EmptyFolder(ctx, &messages.EmptyFolderRequest{
		DeleteType: how, DeleteSubFolders: folders, FolderIDs: []types.BaseFolderID{f.id},
	})
	if err != nil {
		_, err = f.acct.one(ctx, messages.OpEmptyFolder, &trace{why: "emptying the folder again does no harm, but to what has come since"}, err)
		return err
	}
	return f.done(messages.OpEmptyFolder, res)
}

// done returns the error of an answer without content for one folder.
func (f Folder) done(op *messages.Operation, res messages.Batch) error {
	list := res.Statuses()
	if len(list) != 1 {
		return partsError(op, len(list), 1)
	}
	if err := failed(op, -1, list[0]); err != nil {
		return fmt.Errorf("orm: folder %q: %w", f.label(), err)
	}
	return nil
}
