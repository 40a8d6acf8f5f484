package ewstest

import (
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// respond does what a response object says.
func (c *call) respond(in types.Item, req *messages.CreateItemRequest) ([]types.Item, error) {
	return nil, fail(messages.ErrorInvalidItemForOperationCreateItem)
}
