package ewstest

import (
	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// folderHandlers registers the operations on folders.
func folderHandlers(h handlers) {
	handle(h, messages.OpGetFolder, reads, (*call).getFolder)
}

func (c *call) getFolder(req *messages.GetFolderRequest) (*messages.GetFolderResponse, error) {
	res := &messages.GetFolderResponse{}
	for _, id := range req.FolderIDs {
		f, err := c.folder(id)
		if err != nil {
			res.ResponseMessages = append(res.ResponseMessages, folderMessage(err))
			continue
		}
		data, err := c.shapeFolder(f, &req.FolderShape)
		res.ResponseMessages = append(res.ResponseMessages, folderMessage(err, data))
	}
	return res, nil
}

// full returns all properties of the folder, those computed too.
func (c *call) fullFolder(f *folder) types.Properties {
	v := clone(f.data.(types.Properties))
	set(v, field.Folder.FolderID, f.box.id(f))
	if f.parent != nil {
		set(v, field.Folder.ParentFolderID, f.box.id(f.parent))
	}
	total, unread := f.counts()
	set(v, field.Folder.TotalCount, total)
	set(v, field.Folder.UnreadCount, unread)
	set(v, field.Folder.ChildFolderCount, int32(len(f.children)))
	if f.known != "" {
		set(v, field.Folder.DistinguishedFolderID, f.known)
	}
	return v
}

// counts returns the number of items, and of unread ones; associated items do
// not count.
func (f *folder) counts() (total, unread int32) {
	for _, i := range f.items {
		if get[bool](i.data.(types.Properties), field.Message.IsAssociated) {
			continue
		}
		total++
		if p, ok := i.data.(types.Properties); ok && has(p, infoIsRead) && !get[bool](p, field.Message.IsRead) {
			unread++
		}
	}
	return total, unread
}

var infoIsRead = field.Info{Bit: field.Message.IsRead.PresenceBit()}

// shapeFolder returns the properties of f that the shape asks for.
func (c *call) shapeFolder(f *folder, shape *types.FolderResponseShape) (types.BaseFolder, error) {
	full := c.fullFolder(f)
	cl := classOf(full)
	out := cl.new()
	for _, p := range cl.props {
		if shape.BaseShape == types.DefaultShapeNamesIDOnly && p.URI != "folder:FolderId" || newer(p, c.version) {
			continue
		}
		copyProp(out, full, p)
	}
	for _, path := range shape.AdditionalProperties {
		u, ok := path.(*types.PathToUnindexedField)
		if !ok {
			continue
		}
		if p, ok := cl.prop(string(u.FieldURI)); ok {
			copyProp(out, full, p)
		}
	}
	return out.(types.BaseFolder), nil
}
