package ewstest

import (
	"strings"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// folderHandlers registers the operations on folders.
func folderHandlers(h handlers) {
	handle(h, messages.OpGetFolder, reads, (*call).getFolder)
	handle(h, messages.OpCreateFolder, writes, (*call).createFolder)
	handle(h, messages.OpCreateFolderPath, writes, (*call).createFolderPath)
	handle(h, messages.OpUpdateFolder, writes, (*call).updateFolder)
	handle(h, messages.OpMoveFolder, writes, (*call).moveFolder)
	handle(h, messages.OpCopyFolder, writes, (*call).copyFolder)
	handle(h, messages.OpDeleteFolder, writes, (*call).deleteFolder)
	handle(h, messages.OpEmptyFolder, writes, (*call).emptyFolder)
}

// getFolder is the operation GetFolder.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/getfolder-operation
func (c *call) getFolder(req *messages.GetFolderRequest) (*messages.GetFolderResponse, error) {
	res := &messages.GetFolderResponse{}
	for _, id := range req.FolderIDs {
		data, err := c.getOneFolder(id, &req.FolderShape)
		res.ResponseMessages = append(res.ResponseMessages, folderAnswer(data, err))
	}
	return res, nil
}

func (c *call) getOneFolder(id types.BaseFolderID, shape *types.FolderResponseShape) (types.BaseFolder, error) {
	f, err := c.folderObject(id)
	if err != nil {
		return nil, err
	}
	if f.denied {
		return nil, fail(messages.ErrorAccessDenied)
	}
	return c.shapeFolder(f, shape)
}

// folderObject returns the folder that is itself the object of an operation:
// one that is gone is an object not found.
func (c *call) folderObject(id types.BaseFolderID) (*folder, error) {
	f, err := c.folder(id)
	if _, plain := id.(*types.FolderID); plain && err != nil && asFailure(err).code == messages.ErrorFolderNotFound {
		return nil, fail(messages.ErrorItemNotFound)
	}
	return f, err
}

// folderAnswer is folderMessage for one folder.
func folderAnswer(data types.BaseFolder, err error) messages.FolderInfoResponseMessage {
	if err != nil {
		return folderMessage(err)
	}
	return folderMessage(nil, data)
}

// idOnly returns an object of the folder's class that holds the id alone.
func (f *folder) idOnly() types.BaseFolder {
	v := classOf(f.props()).new()
	assign(v, "folder:FolderId", f.box.id(f))
	return v.(types.BaseFolder)
}

// fullFolder returns all properties of the folder, those computed too, but its
// permissions.
func (c *call) fullFolder(f *folder) types.Properties {
	v := clone(f.props())
	assign(v, "folder:FolderId", f.box.id(f))
	if f.parent != nil {
		assign(v, "folder:ParentFolderId", f.box.id(f.parent))
	}
	total, unread := c.counts(f)
	assign(v, "folder:TotalCount", total)
	assign(v, "folder:UnreadCount", unread)
	children := int32(0)
	for _, child := range f.children {
		if c.sees(child) {
			children++
		}
	}
	assign(v, "folder:ChildFolderCount", children)
	assign(v, "folder:EffectiveRights", c.effectiveRights(f))
	if f.known != "" && knows(f.known, c.version) {
		assign(v, "folder:DistinguishedFolderId", f.known)
	}
	switch v.(type) {
	case *types.CalendarFolder:
		assign(v, "folder:SharingEffectiveRights", c.grantOf(f).read)
	case *types.ContactsFolder:
		read := types.PermissionReadAccessNone
		if c.grantOf(f).read == readAll {
			read = types.PermissionReadAccessFullDetails
		}
		assign(v, "folder:SharingEffectiveRights", read)
	}
	return v
}

// defaultShape are the properties of the shape Default.
//
// https://learn.microsoft.com/exchange/client-developer/exchange-web-services/property-sets-and-response-shapes-in-ews-in-exchange
var defaultShape = map[string]bool{
	"folder:FolderId": true, "folder:DisplayName": true, "folder:TotalCount": true,
	"folder:ChildFolderCount": true, "folder:UnreadCount": true,
}

// complexProps are the properties that no base shape has: they cost the server
// more than the others.
var complexProps = map[string]bool{
	"folder:PermissionSet": true, "folder:ManagedFolderInformation": true, "folder:ReplicaList": true,
	"folder:PolicyTag": true, "folder:ArchiveTag": true,
}

// shapeFolder returns the properties of f that the shape asks for.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/foldershape
func (c *call) shapeFolder(f *folder, shape *types.FolderResponseShape) (types.BaseFolder, error) {
	full := c.fullFolder(f)
	cl := classOf(full)
	out := cl.new()
	for _, p := range cl.props {
		if inShape(shape.BaseShape, p) && !newer(p, c.version) {
			copyProp(out, full, p)
		}
	}
	for _, path := range shape.AdditionalProperties {
		if err := c.addFolderProp(out, full, f, path); err != nil {
			return nil, err
		}
	}
	return out.(types.BaseFolder), nil
}

func inShape(shape types.DefaultShapeNames, p field.Info) bool {
	switch shape {
	case types.DefaultShapeNamesIDOnly:
		return p.URI == "folder:FolderId"
	case types.DefaultShapeNamesDefault:
		return defaultShape[p.URI]
	}
	return !complexProps[p.URI]
}

// addFolderProp puts a property that was asked for by name into out. Folders
// of another class than have it go without; what is no property of folders is
// refused.
func (c *call) addFolderProp(out, full types.Properties, f *folder, path types.Path) error {
	switch path := path.(type) {
	case *types.PathToUnindexedField:
		uri := string(path.FieldURI)
		if !strings.HasPrefix(uri, "folder:") {
			return propFailure(messages.ErrorInvalidPropertyRequest, path)
		}
		if uri == "folder:PermissionSet" {
			if f.parent == nil || !c.grantOf(f).owner {
				return fail(messages.ErrorAccessDenied)
			}
			setPermissions(out, f.permissions)
			return nil
		}
		if p, ok := classOf(full).prop(uri); ok {
			copyProp(out, full, p)
		}
		return nil
	case *types.PathToExtendedField:
		if err := checkExtendedPath(path); err != nil {
			return err
		}
		if p, ok := c.extendedOf(f, full, path); ok {
			list := out.ExtendedPtr()
			*list = append(withoutExtended(*list, path), p)
		}
		return nil
	}
	return propFailure(messages.ErrorInvalidPropertyRequest, path)
}
