package ewstest

import (
	"strconv"
	"strings"
	"time"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/types"
)

// folderTags are the MAPI properties that the server computes for a folder, by
// tag, with the types that they can be asked for in.
//
// https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-oxprops/f6ab1613-aefe-447d-a49c-18217230b148
var folderTags = map[uint16]struct {
	types []types.MapiPropertyType
	value func(f *folder, full types.Properties) string
}{
	// PidTagMessageSize, PidTagMessageSizeExtended
	0x0E08: {[]types.MapiPropertyType{types.MapiPropertyTypeInteger, types.MapiPropertyTypeLong}, func(f *folder, _ types.Properties) string {
		return strconv.FormatInt(f.size(), 10)
	}},
	// PidTagAttributeHidden
	0x10F4: {[]types.MapiPropertyType{types.MapiPropertyTypeBoolean}, func(f *folder, _ types.Properties) string {
		return strconv.FormatBool(f.hidden())
	}},
	// PidTagDisplayName
	0x3001: {[]types.MapiPropertyType{types.MapiPropertyTypeString}, func(_ *folder, full types.Properties) string {
		return valueAt[string](full, "folder:DisplayName")
	}},
	// PidTagCreationTime, PidTagLastModificationTime
	0x3007: {[]types.MapiPropertyType{types.MapiPropertyTypeSystemTime}, func(f *folder, _ types.Properties) string {
		return f.created.UTC().Format(time.RFC3339)
	}},
	0x3008: {[]types.MapiPropertyType{types.MapiPropertyTypeSystemTime}, func(f *folder, _ types.Properties) string {
		return f.changed.UTC().Format(time.RFC3339)
	}},
	// PidTagFolderType: 0 root, 1 generic, 2 search
	0x3601: {[]types.MapiPropertyType{types.MapiPropertyTypeInteger}, func(f *folder, _ types.Properties) string {
		switch {
		case f.parent == nil:
			return "0"
		case f.isSearch():
			return "2"
		}
		return "1"
	}},
	// PidTagContentCount, PidTagContentUnreadCount
	0x3602: {[]types.MapiPropertyType{types.MapiPropertyTypeInteger}, func(_ *folder, full types.Properties) string {
		return strconv.Itoa(int(valueAt[int32](full, "folder:TotalCount")))
	}},
	0x3603: {[]types.MapiPropertyType{types.MapiPropertyTypeInteger}, func(f *folder, full types.Properties) string {
		if n, ok := lookup[int32](full, "folder:UnreadCount"); ok {
			return strconv.Itoa(int(n))
		}
		return strconv.Itoa(int(f.tally.unread))
	}},
	// PidTagSubfolders
	0x360A: {[]types.MapiPropertyType{types.MapiPropertyTypeBoolean}, func(f *folder, _ types.Properties) string {
		return strconv.FormatBool(len(f.children) > 0)
	}},
	// PidTagContainerClass
	0x3613: {[]types.MapiPropertyType{types.MapiPropertyTypeString}, func(_ *folder, full types.Properties) string {
		return valueAt[string](full, "folder:FolderClass")
	}},
	// PidTagAssociatedContentCount
	0x3617: {[]types.MapiPropertyType{types.MapiPropertyTypeInteger}, func(f *folder, _ types.Properties) string {
		return strconv.Itoa(int(f.tally.associated))
	}},
}

// hidden reports whether Outlook does not show the folder.
func (f *folder) hidden() bool {
	if !f.builtIn {
		return false
	}
	class := f.class()
	return f.parent != nil && f.known != "" && f.within(f.box.distinguished[types.DistinguishedFolderIDNameContacts]) && f.known != types.DistinguishedFolderIDNameContacts ||
		class == "IPF.Configuration" || class == "IPF.Files" ||
		f.known == "" && kindOf(class) == contactsKind
}

// tagOf returns the number of a property tag, in decimal or hexadecimal.
func tagOf(path *types.PathToExtendedField) (uint16, bool) {
	n, err := strconv.ParseUint(strings.TrimSpace(path.PropertyTag), 0, 16)
	return uint16(n), err == nil
}

// extendedOf returns the extended property of the folder: one that was stored,
// or one that the server computes. ok is false if the folder has none.
func (c *call) extendedOf(f *folder, full types.Properties, path *types.PathToExtendedField) (p types.ExtendedProperty, ok bool) {
	if tag, isTag := tagOf(path); isTag {
		if t, known := folderTags[tag]; known {
			for _, typ := range t.types {
				if typ == path.PropertyType {
					if v := t.value(f, full); v != "" {
						return types.ExtendedProperty{ExtendedFieldURI: *path, Value: v}, true
					}
				}
			}
			return p, false
		}
	}
	for _, e := range *full.ExtendedPtr() {
		if field.SamePath(e.ExtendedFieldURI, *path) {
			return e, true
		}
	}
	return p, false
}
