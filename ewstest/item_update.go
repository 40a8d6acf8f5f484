package ewstest

import (
	"maps"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// updateItem is the operation UpdateItem.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/updateitem-operation
func (c *call) updateItem(req *messages.UpdateItemRequest) (*messages.UpdateItemResponse, error) {
	res := &messages.UpdateItemResponse{}
	for n := range req.ItemChanges {
		res.ResponseMessages = append(res.ResponseMessages, c.updateOne(&req.ItemChanges[n], req))
	}
	return res, nil
}

func (c *call) updateOne(ch *types.ItemChange, req *messages.UpdateItemRequest) messages.UpdateItemResponseMessage {
	t, err := c.find(ch.ItemID)
	if err != nil {
		return updateMessage(err, 0)
	}
	if err := c.needItem(t.item, editing); err != nil {
		return updateMessage(err, 0)
	}
	if err := c.needItem(t.item, editing); err != nil {
		return updateMessage(err, 0)
	}
	if err := mayUpdate(t.item, req); err != nil {
		return updateMessage(err, 0)
	}
	conflicts, err := resolve(t, ch.Updates, req.ConflictResolution)
	if err != nil {
		return updateMessage(err, 0)
	}
	items, err := c.applyUpdates(t.item, ch.Updates, req)
	return updateMessage(err, conflicts, items...)
}

// mayUpdate checks the attributes that the item's class requires.
func mayUpdate(i *item, req *messages.UpdateItemRequest) error {
	switch {
	case isMessage(i.data) && req.Present&messages.UpdateItemRequestHasMessageDisposition == 0:
		return fail(messages.ErrorMessageDispositionRequired)
	case isCalendar(i.data) && req.Present&messages.UpdateItemRequestHasSendMeetingInvitationsOrCancellations == 0:
		return fail(messages.ErrorSendMeetingInvitationsOrCancellationsRequired)
	}
	return nil
}

func isCalendar(v types.Item) bool {
	_, ok := v.(*types.CalendarItem)
	return ok
}

// resolve says whether updates that are based on an older version may be made,
// and how many of the properties were changed since then by others.
//
// NeverOverwrite refuses every older version, AutoResolve one in which a
// property to be changed has changed since, AlwaysOverwrite none.
func resolve(t target, updates []types.ItemChangeDescription, how types.ConflictResolution) (conflicts int, err error) {
	if !t.hasKey {
		if how == types.ConflictResolutionAlwaysOverwrite {
			return 0, nil
		}
		return 0, fail(messages.ErrorChangeKeyRequiredForWriteOperations)
	}
	if !t.stale() {
		return 0, nil
	}
	for _, u := range updates {
		if t.touched[pathName(updatePath(u))] > t.key {
			conflicts++
		}
	}
	if how == types.ConflictResolutionNeverOverwrite || how == types.ConflictResolutionAutoResolve && conflicts > 0 {
		return 0, fail(messages.ErrorIrresolvableConflict)
	}
	return conflicts, nil
}

func updatePath(u types.ItemChangeDescription) types.Path {
	switch u := u.(type) {
	case *types.SetItemField:
		return u.Path
	case *types.AppendToItemField:
		return u.Path
	case *types.DeleteItemField:
		return u.Path
	}
	return nil
}

// itemUpdate is an update of an item under way.
type itemUpdate struct {
	c        *call
	i        *item
	v        types.Properties // what it will have
	attached []*attachment
	replaced bool // attached is other than the item's
	what     happening
}

// applyUpdates makes the changes of one item, all of them or none, and sends
// it if the request says so.
func (c *call) applyUpdates(i *item, updates []types.ItemChangeDescription, req *messages.UpdateItemRequest) ([]types.Item, error) {
	u, err := c.updated(i, updates)
	if err != nil {
		return nil, err
	}
	if isMessage(i.data) && req.MessageDisposition != types.MessageDispositionSaveOnly {
		return nil, c.sendUpdated(u, req)
	}
	var news *eventUpdate
	if e, ok := u.v.(*types.CalendarItem); ok {
		if news, err = planUpdate(e, i.data.(*types.CalendarItem), req.SendMeetingInvitationsOrCancellations); err != nil {
			return nil, err
		}
	}
	if i.master != nil {
		return c.changeOne(u, updates, news)
	}
	if u.replaced {
		c.store.forget(i.folder.box, i.attached)
		i.attached = c.store.adopt(i, nil, u.attached)
	}
	before := props(i.data)
	if receiptPending(before) && valueAt[bool](u.v, "message:IsRead") {
		assign(u.v, "message:IsReadReceiptRequested", false)
		if !req.SuppressReadReceipts {
			c.tellRead(before, wasRead)
		}
	}
	if done, next, ok := doneTask(u.v, i.data, c.store.instant()); ok {
		derive(done, u.attached)
		derive(next, u.attached)
		c.store.changeItem(i, next, changed)
		return []types.Item{c.store.addItem(i.folder, done, u.attached).idOnly()}, nil
	}
	c.store.changeItem(i, u.v.(types.Item), u.what)
	i.touched = touch(i.touched, updates, i.change)
	c.sendUpdate(i, news)
	return []types.Item{i.idOnly()}, nil
}

// touch returns touched with the properties that the updates change.
func touch(touched map[string]uint64, updates []types.ItemChangeDescription, n uint64) map[string]uint64 {
	out := maps.Clone(touched)
	if out == nil {
		out = map[string]uint64{}
	}
	for _, d := range updates {
		out[pathName(updatePath(d))] = n
	}
	return out
}

// changeOne keeps the update of one occurrence of a series.
func (c *call) changeOne(u *itemUpdate, updates []types.ItemChangeDescription, news *eventUpdate) ([]types.Item, error) {
	v := u.v.(*types.CalendarItem)
	if v.Present.Has(field.CalendarItem.Recurrence) {
		return nil, uriFailure(messages.ErrorInvalidPropertySet, "calendar:Recurrence")
	}
	if err := u.i.inBounds(v); err != nil {
		return nil, err
	}
	e := c.store.changeOccurrence(u.i, v, u.attached, touch(u.i.touched, updates, c.store.last+1))
	c.sendUpdate(e, news)
	return []types.Item{e.idOnly()}, nil
}

// sendUpdated sends a message as it is after an update.
func (c *call) sendUpdated(u *itemUpdate, req *messages.UpdateItemRequest) error {
	var save *folder
	if req.MessageDisposition == types.MessageDispositionSendAndSaveCopy {
		save = u.i.folder.box.distinguished[types.DistinguishedFolderIDNameSentitems]
		if req.Present&messages.UpdateItemRequestHasSavedItemFolderID != 0 {
			var err error
			if save, err = c.targetFolder(req.SavedItemFolderID, messages.ErrorSavedItemFolderNotFound); err != nil {
				return err
			}
		}
	}
	if err := c.send(u.v.(types.Item), u.attached, save); err != nil {
		return err
	}
	c.store.deleteItem(u.i)
	return nil
}

// updated returns the item as it is after the updates.
func (c *call) updated(i *item, updates []types.ItemChangeDescription) (*itemUpdate, error) {
	u := &itemUpdate{c: c, i: i, v: clone(props(i.data)), attached: i.attached, what: readChanged}
	for _, d := range updates {
		if err := u.apply(d); err != nil {
			return nil, err
		}
		if pathName(updatePath(d)) != "message:IsRead" {
			u.what = changed
		}
	}
	if err := c.check(u.v, messages.ErrorPropertyUpdate); err != nil {
		return nil, err
	}
	c.settle(u.v, props(i.data))
	if u.what == changed {
		assign(u.v, "item:IsUnmodified", false)
	}
	assign(u.v, "item:LastModifiedName", c.user.account.Name)
	derive(u.v, u.attached)
	return u, nil
}

// apply makes one change.
func (u *itemUpdate) apply(d types.ItemChangeDescription) error {
	switch d := d.(type) {
	case *types.SetItemField:
		if err := oneProperty(d.Path, d.Item); err != nil {
			return err
		}
		return u.set(d.Path, props(d.Item))
	case *types.AppendToItemField:
		if err := oneProperty(d.Path, d.Item); err != nil {
			return err
		}
		return u.c.appendField(u.v, d.Path, props(d.Item))
	case *types.DeleteItemField:
		return u.c.deleteField(u.v, d.Path)
	}
	return fail(messages.ErrorInvalidRequest)
}

// oneProperty checks that the object of a change has the property that the
// change is about, and no other.
func oneProperty(path types.Path, in types.Item) error {
	src := props(in)
	if src == nil {
		return fail(messages.ErrorUpdatePropertyMismatch)
	}
	cl := classOf(src)
	count, found := 0, false
	for _, p := range cl.props {
		if !has(src, p) {
			continue
		}
		switch path := path.(type) {
		case *types.PathToUnindexedField:
			count++
			found = found || p.URI == string(path.FieldURI)
		case *types.PathToIndexedField:
			n, ok := entriesOf(src, p.URI, path)
			count += n
			found = found || ok
		default:
			count++
		}
	}
	if list := src.ExtendedPtr(); list != nil {
		for n := range *list {
			count++
			if path, ok := path.(*types.PathToExtendedField); ok && samePath((*list)[n].ExtendedFieldURI, *path) {
				found = true
			}
		}
	}
	switch {
	case count != 1:
		return propFailure(messages.ErrorIncorrectUpdatePropertyCount, path)
	case !found:
		return propFailure(messages.ErrorUpdatePropertyMismatch, path)
	}
	return nil
}
