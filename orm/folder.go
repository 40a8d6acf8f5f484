package orm

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// Folder is a handle of a folder: a value, made without contacting the server.
// Those that Load, Children, Walk and the like return have the folder's
// properties, too, as they were then.
type Folder struct {
	acct   *Account
	id     types.BaseFolderID
	data   types.BaseFolder
	public bool   // below the root of the public folders
	parent string // id, if not what data says
	known  types.DistinguishedFolderIDName
}

// Account returns the account that the folder belongs to.
func (f Folder) Account() *Account { return f.acct }

// ID returns the folder's id as a request takes it: a *types.FolderID, or a
// *types.DistinguishedFolderID for one that was not loaded.
func (f Folder) ID() types.BaseFolderID { return f.id }

// Data returns the folder's properties, nil if it was not loaded: a
// *types.Folder, *types.CalendarFolder, *types.ContactsFolder,
// *types.TasksFolder or *types.SearchFolder. It is shared: do not change it.
func (f Folder) Data() types.BaseFolder { return f.data }

// folderProps are the properties that all folder classes have.
var folderProps = field.Folder

func (f Folder) props() types.Properties {
	p, _ := f.data.(types.Properties)
	return p
}

// Name returns the display name; of a folder that was not loaded, or that has
// no display name, the distinguished name, or nothing.
func (f Folder) Name() string {
	if name := folderProps.DisplayName.Get(f.data); name != "" {
		return name
	}
	return string(cmp.Or(field.Get[types.DistinguishedFolderIDName](folderProps.DistinguishedFolderID, f.props()), f.known))
}

// Class returns the folder's class, as in "IPF.Note"; empty if not loaded.
func (f Folder) Class() string { return folderProps.FolderClass.Get(f.data) }

// Total returns the number of items in the folder when it was loaded.
func (f Folder) Total() int { return int(folderProps.TotalCount.Get(f.data)) }

// ChildCount returns the number of folders in the folder when it was loaded.
func (f Folder) ChildCount() int { return int(folderProps.ChildFolderCount.Get(f.data)) }

// Unread returns the number of unread items in the folder when it was loaded.
func (f Folder) Unread() int {
	switch d := f.data.(type) {
	case *types.Folder:
		return int(d.UnreadCount)
	case *types.TasksFolder:
		return int(d.UnreadCount)
	case *types.SearchFolder:
		return int(d.UnreadCount)
	}
	return 0
}

// String names the folder.
func (f Folder) String() string { return f.Name() }

func (f Folder) parentID() types.FolderID {
	if f.parent != "" {
		return types.FolderID{ID: f.parent}
	}
	return field.Get[types.FolderID](folderProps.ParentFolderID, f.props())
}

func (f Folder) folderID() types.FolderID {
	return field.Get[types.FolderID](folderProps.FolderID, f.props())
}

// with returns f with its properties.
func (f Folder) with(data types.BaseFolder) Folder {
	f.data = data
	f.id = &types.FolderID{ID: f.folderID().ID} // without the change key: a folder is asked for as it is
	return f
}

// folderShape asks for what AllProperties leaves out, too.
func folderShape(also ...Path) types.FolderResponseShape {
	s := types.FolderResponseShape{
		BaseShape:            types.DefaultShapeNamesAllProperties,
		AdditionalProperties: []types.Path{folderProps.ParentFolderID.Property(), folderProps.FolderClass.Property()},
	}
	for _, p := range also {
		s.AdditionalProperties = append(s.AdditionalProperties, p.Property())
	}
	return s
}

// Load fetches the folder's properties: all that BaseShape AllProperties has,
// and also these, such as its permissions or extended ones. It sends one
// request. The error matches ErrNotFound if there is no such folder.
func (f Folder) Load(ctx context.Context, also ...Path) (Folder, error) {
	return f.load(ctx, f.label(), also...)
}

// load is Load; the name is for errors.
func (f Folder) load(ctx context.Context, name string, also ...Path) (Folder, error) {
	res, err := f.acct.call.GetFolder(ctx, &messages.GetFolderRequest{
		FolderShape: folderShape(also...), FolderIDs: []types.BaseFolderID{f.id},
	})
	if err != nil {
		return Folder{}, err
	}
	return f.one(messages.OpGetFolder, res.ResponseMessages, name)
}

// LoadAll is Load for many folders, Config.ChunkSize a request,
// Config.Parallel requests at once. The results are in the order of folders;
// one that is not there, or not to be seen, is an error in its place. For the
// error see CreateAll.
func (a *Account) LoadAll(ctx context.Context, folders []Folder, also ...Path) (Results[Folder], error) {
	parts := slices.Collect(slices.Chunk(folders, a.cfg.ChunkSize))
	return parallel(ctx, a, parts, func(ctx context.Context, part []Folder) (Results[Folder], error) {
		res, err := a.call.GetFolder(ctx, &messages.GetFolderRequest{FolderShape: folderShape(also...), FolderIDs: folderIDs(part)})
		if err != nil {
			return nil, err
		}
		if len(res.ResponseMessages) != len(part) {
			return nil, partsError(messages.OpGetFolder, len(res.ResponseMessages), len(part))
		}
		rs := make(Results[Folder], len(part))
		for i, f := range part {
			rs[i].Value, rs[i].Err = f.one(messages.OpGetFolder, res.ResponseMessages[i:i+1], f.label())
		}
		return rs, nil
	})
}

// label names the folder in errors.
func (f Folder) label() string {
	name := f.Name()
	if d, ok := f.id.(*types.DistinguishedFolderID); ok && d.Mailbox.EmailAddress != "" && !strings.EqualFold(d.Mailbox.EmailAddress, f.acct.address) {
		return name + " of " + d.Mailbox.EmailAddress
	}
	return name
}

// one returns f with the properties in an answer for one folder. The name is for
// errors.
func (f Folder) one(op *messages.Operation, list []messages.FolderInfoResponseMessage, name string) (Folder, error) {
	if len(list) != 1 {
		return Folder{}, partsError(op, len(list), 1)
	}
	if err := failed(op, -1, list[0].Status()); err != nil {
		if name != "" {
			err = fmt.Errorf("orm: folder %q: %w", name, err)
		}
		return Folder{}, err
	}
	if len(list[0].Folders) != 1 || list[0].Folders[0] == nil {
		return Folder{}, fmt.Errorf("orm: %s: the answer has no folder", op.Name)
	}
	return f.with(list[0].Folders[0]), nil
}

// resolve is Load for a folder that was not loaded.
func (f Folder) resolve(ctx context.Context) (Folder, error) {
	if f.data != nil && f.parentID().ID != "" {
		return f, nil
	}
	return f.Load(ctx)
}

// Counts are a folder's counters.
type Counts struct{ Total, Unread, Children int }

// Counts fetches the folder's counters. It sends one request.
func (f Folder) Counts(ctx context.Context) (Counts, error) {
	g, err := f.Load(ctx)
	return Counts{g.Total(), g.Unread(), g.ChildCount()}, err
}

// Parent fetches the folder's parent. It sends a request, and one more if f
// was not loaded.
func (f Folder) Parent(ctx context.Context) (Folder, error) {
	g, err := f.resolve(ctx)
	if err != nil {
		return Folder{}, err
	}
	id := g.parentID()
	if id.ID == "" || id.ID == g.folderID().ID {
		return Folder{}, fmt.Errorf("orm: folder %q has no parent: %w", g.Name(), ErrNotFound)
	}
	return f.at(id.ID).Load(ctx)
}

// at returns a handle of the folder with the id, in the same tree as f.
func (f Folder) at(id string) Folder {
	g := f.other()
	g.id = &types.FolderID{ID: id}
	return g
}

// other is a folder in the same tree as f, of which nothing else is known.
func (f Folder) other() Folder { return Folder{acct: f.acct, public: f.public} }
