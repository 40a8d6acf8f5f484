package ewstest

import (
	"slices"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// dictionaries are the properties whose entries have paths of their own, by
// the beginning of these paths.
var dictionaries = map[string]string{
	"contacts:EmailAddress":    "contacts:EmailAddresses",
	"contacts:ImAddress":       "contacts:ImAddresses",
	"contacts:PhoneNumber":     "contacts:PhoneNumbers",
	"contacts:PhysicalAddress": "contacts:PhysicalAddresses",
}

func indexedEntries(src types.Properties, p field.Info, path *types.PathToIndexedField) (int, bool) {
	return 0, false
}

func setIndexed(v types.Properties, path *types.PathToIndexedField, src types.Properties) error {
	return propFailure(messages.ErrorInvalidPropertySet, path)
}

func deleteIndexed(v types.Properties, path *types.PathToIndexedField) error {
	return propFailure(messages.ErrorInvalidPropertyDelete, path)
}

// setExtended sets an extended property of v to the value that src has for it.
func setExtended(v types.Properties, path *types.PathToExtendedField, src types.Properties) error {
	list, from := v.ExtendedPtr(), src.ExtendedPtr()
	if list == nil || from == nil {
		return propFailure(messages.ErrorInvalidPropertyRequest, path)
	}
	n := slices.IndexFunc(*from, func(e types.ExtendedProperty) bool { return samePath(e.ExtendedFieldURI, *path) })
	if n < 0 {
		return propFailure(messages.ErrorUpdatePropertyMismatch, path)
	}
	e := (*from)[n]
	kept := withoutExtended(*list, path)
	*list = append(kept, e)
	return nil
}

func deleteExtended(v types.Properties, path *types.PathToExtendedField) error {
	list := v.ExtendedPtr()
	if list == nil {
		return propFailure(messages.ErrorInvalidPropertyRequest, path)
	}
	*list = withoutExtended(*list, path)
	return nil
}

// withoutExtended returns a new list without the property.
func withoutExtended(list []types.ExtendedProperty, path *types.PathToExtendedField) []types.ExtendedProperty {
	out := make([]types.ExtendedProperty, 0, len(list)+1)
	for _, e := range list {
		if !samePath(e.ExtendedFieldURI, *path) {
			out = append(out, e)
		}
	}
	return out
}
