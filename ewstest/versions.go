package ewstest

import (
	"sync"

	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/internal/xsd"
)

// folderNamesSince says since which version the schema has a distinguished
// name; it has no row for those that it always had.
var folderNamesSince = sync.OnceValue(func() map[types.DistinguishedFolderIDName]types.ExchangeVersion {
	since := map[types.DistinguishedFolderIDName]types.ExchangeVersion{}
	schema, err := contract()
	if err != nil {
		return since
	}
	if t := schema.Types[xsd.Name{Space: xsd.Types, Local: "DistinguishedFolderIdNameType"}]; t != nil {
		for _, e := range t.Enum {
			if e.Since != "" {
				since[types.DistinguishedFolderIDName(e.Value)] = types.ExchangeVersion(e.Since)
			}
		}
	}
	return since
})

// knows reports whether clients of a version know the distinguished name.
func knows(id types.DistinguishedFolderIDName, version types.ExchangeVersion) bool {
	return !version.Before(folderNamesSince()[id])
}
