package ewstest

import (
	"slices"
	"strings"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// maxFolderName is how many characters a display name may have.
const maxFolderName = 256

// createFolder is the operation CreateFolder.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/createfolder-operation
func (c *call) createFolder(req *messages.CreateFolderRequest) (*messages.CreateFolderResponse, error) {
	res := &messages.CreateFolderResponse{}
	parent, bad := c.parentFolder(req.ParentFolderID)
	for _, in := range req.Folders {
		f, err := c.newUserFolder(parent, bad, in)
		if err != nil {
			res.ResponseMessages = append(res.ResponseMessages, folderMessage(err))
			continue
		}
		res.ResponseMessages = append(res.ResponseMessages, folderMessage(nil, f.idOnly()))
	}
	return res, nil
}

// createFolderPath is the operation CreateFolderPath: folders that are there
// already are taken, the others created, each below the one before.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/createfolderpath-operation
func (c *call) createFolderPath(req *messages.CreateFolderPathRequest) (*messages.CreateFolderPathResponse, error) {
	res := &messages.CreateFolderPathResponse{}
	parent, bad := c.parentFolder(req.ParentFolderID)
	shape := &types.FolderResponseShape{BaseShape: types.DefaultShapeNamesDefault}
	for _, in := range req.RelativeFolderPath {
		var f *folder
		var err error
		if bad == nil {
			f = parent.child(valueAt[string](in.(types.Properties), "folder:DisplayName"))
		}
		if f == nil {
			f, err = c.newUserFolder(parent, bad, in)
		}
		if err != nil {
			res.ResponseMessages = append(res.ResponseMessages, folderMessage(err))
			bad = fail(messages.ErrorParentFolderNotFound)
			continue
		}
		res.ResponseMessages = append(res.ResponseMessages, folderAnswer(c.shapeFolder(f, shape)))
		parent = f
	}
	return res, nil
}

// parentFolder returns the folder to create folders in.
func (c *call) parentFolder(id types.TargetFolderID) (*folder, error) {
	f, err := c.folder(id.FolderID)
	if err != nil && asFailure(err).code == messages.ErrorFolderNotFound {
		return nil, fail(messages.ErrorParentFolderNotFound)
	}
	return f, err
}

// newUserFolder creates a folder as a request describes it.
func (c *call) newUserFolder(parent *folder, bad error, in types.BaseFolder) (*folder, error) {
	if bad != nil {
		return nil, bad
	}
	if err := c.need(parent, createFolders); err != nil {
		return nil, err
	}
	if parent.isSearch() {
		return nil, fail(messages.ErrorInvalidParentFolder)
	}
	data, err := c.folderData(in)
	if err != nil {
		return nil, err
	}
	name := valueAt[string](data.(types.Properties), "folder:DisplayName")
	if err := checkFolderName(name); err != nil {
		return nil, err
	}
	if parent.child(name) != nil {
		return nil, folderExists(name)
	}
	var permissions []permission
	if present(in.(types.Properties), "folder:PermissionSet") {
		if permissions, err = c.readPermissions(in.(types.Properties), isCalendarFolder(data)); err != nil {
			return nil, err
		}
	}
	f := c.store.addFolder(parent, data)
	if permissions != nil {
		f.permissions = permissions
	}
	return f, nil
}

// folderData returns the properties of a new folder: those of the request that
// a client may set.
func (c *call) folderData(in types.BaseFolder) (types.BaseFolder, error) {
	v := in.(types.Properties)
	class, said := lookup[string](v, "folder:FolderClass")
	var data types.BaseFolder
	if _, generic := in.(*types.Folder); generic {
		data = elementOf(class)
		if said {
			assign(data.(types.Properties), "folder:FolderClass", class)
		}
	} else {
		if said {
			return nil, fail(messages.ErrorNoFolderClassOverride)
		}
		data = classOf(v).new().(types.BaseFolder)
		assign(data.(types.Properties), "folder:FolderClass", classOfElement(in))
	}
	out := data.(types.Properties)
	for _, p := range classOf(v).props {
		switch {
		case !has(v, p) || p.URI == "folder:FolderClass" || p.URI == "folder:PermissionSet":
		case p.ReadOnly:
			return nil, uriFailure(messages.ErrorInvalidPropertySet, p.URI)
		case p.URI == "folder:SearchParameters":
			s := valueAt[types.SearchParameters](v, p.URI)
			if err := c.checkSearch(&s); err != nil {
				return nil, err
			}
			assign(out, p.URI, s)
		default:
			// A generic folder may have become one of another class.
			if q, ok := classOf(out).prop(p.URI); ok {
				copyNamed(out, v, q, p)
			}
		}
	}
	if list := v.ExtendedPtr(); len(*list) > 0 {
		for _, e := range *list {
			if err := checkExtendedPath(&e.ExtendedFieldURI); err != nil {
				return nil, err
			}
			if tag, ok := tagOf(&e.ExtendedFieldURI); ok {
				if _, computed := folderTags[tag]; computed && !setByTag(out, tag, e) {
					return nil, propFailure(messages.ErrorInvalidPropertySet, &e.ExtendedFieldURI)
				} else if computed {
					continue
				}
			}
			to := out.ExtendedPtr()
			*to = append(slices.Clone(*to), e)
		}
	}
	return data, nil
}

// setByTag sets the display name or the class by its MAPI tag.
func setByTag(v types.Properties, tag uint16, e types.ExtendedProperty) bool {
	switch tag {
	case 0x3001:
		return assign(v, "folder:DisplayName", e.Value)
	case 0x3613:
		return assign(v, "folder:FolderClass", e.Value)
	}
	return false
}

// copyNamed copies property q of src's class to property p of dst's class.
func copyNamed(dst, src types.Properties, p, q field.Info) {
	if p.Bit == q.Bit {
		copyProp(dst, src, p)
		return
	}
	switch v := src.PropertyPtr(q.Bit).(type) {
	case *string:
		assign(dst, p.URI, *v)
	case *types.RetentionTag:
		assign(dst, p.URI, *v)
	case *[]string:
		assign(dst, p.URI, *v)
	}
}

// classOfElement returns the FolderClass of folders made by their element.
func classOfElement(in types.BaseFolder) string {
	switch in.(type) {
	case *types.CalendarFolder:
		return "IPF.Appointment"
	case *types.ContactsFolder:
		return "IPF.Contact"
	case *types.TasksFolder:
		return "IPF.Task"
	}
	return "IPF.Note"
}

// checkFolderName refuses names that Exchange does not take.
func checkFolderName(name string) error {
	if strings.TrimSpace(name) == "" || len([]rune(name)) > maxFolderName {
		return uriFailure(messages.ErrorFolderSavePropertyError, "folder:DisplayName")
	}
	return nil
}

func folderExists(name string) error {
	return failf(messages.ErrorFolderExists, "A folder with the specified name already exists., Could not create folder '%s'.", name)
}
