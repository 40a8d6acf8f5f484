package ewstest

import (
	"strings"

	"github.com/seed-1937cc67/goews/gen/types"
)

// derive computes what follows from the other properties of an item. It is
// done whenever an item changes, so that reading costs nothing.
func derive(v types.Properties, attached []*attachment) {
	assign(v, "item:DisplayTo", displayNames(valueAt[[]types.EmailAddress](v, "message:ToRecipients")))
	assign(v, "item:DisplayCc", displayNames(valueAt[[]types.EmailAddress](v, "message:CcRecipients")))
	assign(v, "item:DisplayBcc", displayNames(valueAt[[]types.EmailAddress](v, "message:BccRecipients")))
	assign(v, "item:HasAttachments", len(attached) > 0)
}

func displayNames(list []types.EmailAddress) string {
	var names []string
	for _, a := range list {
		name := a.Name
		if name == "" {
			name = a.EmailAddress
		}
		names = append(names, name)
	}
	return strings.Join(names, "; ")
}
