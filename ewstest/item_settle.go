package ewstest

import (
	"github.com/seed-1937cc67/goews/gen/types"
)

// settle makes the properties of an item agree after an update.
func (c *call) settle(v, before types.Properties) {
	switch v := v.(type) {
	case *types.Task:
		settleTask(v, before.(*types.Task), c.store.instant())
		v.ChangeCount++
	case *types.Contact:
		updateFileAs(v, before.(*types.Contact))
	case *types.DistributionList:
		c.store.keyMembers(v)
	case *types.Message, *types.PostItem:
		if subject := valueAt[string](v, "item:Subject"); valueAt[bool](v, "item:IsDraft") && subject != valueAt[string](before, "item:Subject") {
			assign(v, "message:ConversationTopic", topicOf(subject))
		}
	}
}
