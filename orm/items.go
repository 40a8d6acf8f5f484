package orm

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// Create saves a new item in the folder. It sends one request, and sets the
// item's id and change key. A meeting's attendees are told if an option of
// type Invitations says so.
func (a *Account) Create(ctx context.Context, to Folder, item Item, opts ...Option) error {
	rs, err := a.CreateAll(ctx, to, []Item{item}, opts...)
	return firstErr(rs, err)
}

// CreateAll saves new items in the folder, Config.ChunkSize a request. The
// results are the ids, in the order of items; each item that was saved has its
// id set. If the error is not nil, a request failed: the results say what was
// done before, and the parts that may or may not be done have that error.
func (a *Account) CreateAll(ctx context.Context, to Folder, items []Item, opts ...Option) (Results[ItemID], error) {
	o := optionsOf(opts)
	return bulk(ctx, a, items, func(ctx context.Context, part []Item) (Results[ItemID], error) {
		res, err := a.call.CreateItem(ctx, &messages.CreateItemRequest{
			MessageDisposition:     o.messageState,
			SendMeetingInvitations: types.CalendarItemCreateOrDeleteOperation(o.invite),
			SavedItemFolderID:      types.TargetFolderID{FolderID: to.id},
			Items:                  part,
		})
		if err != nil {
			return nil, err
		}
		rs, err := idResults(messages.OpCreateItem, res.ResponseMessages, len(part))
		for i, r := range rs {
			if r.Err == nil && r.Value.ID != "" {
				setID(part[i], r.Value)
			}
		}
		return rs, err
	})
}

// Update changes properties of an item: it says which, and nothing else is
// sent. It sends one request, does the same changes to item, and sets its
// change key. An item changed by another since it was fetched is a conflict;
// see Conflict.
//
//	err := acct.Update(ctx, m, field.Message.IsRead.Set(true))
//
// A change of a field of another item class is a *FieldError.
func (a *Account) Update(ctx context.Context, item Item, changes ...field.AnyChange) error {
	return a.UpdateWith(ctx, item, changes)
}

// UpdateWith is Update with options.
func (a *Account) UpdateWith(ctx context.Context, item Item, changes []field.AnyChange, opts ...Option) error {
	rs, err := a.UpdateAll(ctx, []ItemUpdate{{Item: item, Changes: changes}}, opts...)
	return firstErr(rs, err)
}

// ItemUpdate is an item and what is to be changed in it.
type ItemUpdate struct {
	Item    Item
	Changes []field.AnyChange
}

// UpdateAll changes properties of many items, Config.ChunkSize a request. The
// results are the ids with their new change keys, in the order of updates.
// Nothing is sent if a change does not fit its item.
func (a *Account) UpdateAll(ctx context.Context, updates []ItemUpdate, opts ...Option) (Results[ItemID], error) {
	o := optionsOf(opts)
	changes := make([]types.ItemChange, len(updates))
	for i, u := range updates {
		c, err := a.itemChange(u)
		if err != nil {
			return nil, fmt.Errorf("orm: update %d: %w", i, err)
		}
		changes[i] = c
	}
	done := 0
	rs, err := bulk(ctx, a, changes, func(ctx context.Context, part []types.ItemChange) (Results[ItemID], error) {
		req := &messages.UpdateItemRequest{
			ConflictResolution:                    types.ConflictResolution(o.conflict),
			MessageDisposition:                    types.MessageDispositionSaveOnly,
			SendMeetingInvitationsOrCancellations: types.CalendarItemUpdateOperation(o.invite),
			SuppressReadReceipts:                  o.noReceipts,
			ItemChanges:                           part,
		}
		res, err := a.call.UpdateItem(ctx, req)
		if err != nil {
			return nil, err
		}
		if len(res.ResponseMessages) != len(part) {
			return nil, partsError(messages.OpUpdateItem, len(res.ResponseMessages), len(part))
		}
		rs := make(Results[ItemID], len(part))
		for i := range res.ResponseMessages {
			m := &res.ResponseMessages[i]
			rs[i] = idResult(messages.OpUpdateItem, i, m.Status(), m.Items)
			if rs[i].Err == nil {
				u := updates[done+i]
				for _, c := range u.Changes {
					c.Apply(u.Item.(types.Properties))
				}
				if rs[i].Value.ID != "" {
					setID(u.Item, rs[i].Value)
				}
			}
		}
		done += len(part)
		return rs, nil
	})
	return rs, err
}

func (a *Account) itemChange(u ItemUpdate) (types.ItemChange, error) {
	item, ok := u.Item.(types.Properties)
	id := idPtr(u.Item)
	if !ok || id == nil {
		return types.ItemChange{}, &FieldError{Field: fmt.Sprintf("%T", u.Item), Reason: "has no id; only saved items can be updated"}
	}
	if id.ID == "" {
		return types.ItemChange{}, &FieldError{Field: "item:ItemId", Reason: "the item was not saved yet; Create it"}
	}
	c := types.ItemChange{ItemID: &types.ItemID{ID: id.ID, ChangeKey: id.ChangeKey}}
	var list []types.Path
	for _, ch := range u.Changes {
		d := ch.Item()
		if d == nil || !ch.Fits(item) {
			return c, &FieldError{Field: pathName(ch.Path()), Reason: fmt.Sprintf("is no property of a %T", u.Item)}
		}
		list = append(list, ch.Path())
		c.Updates = append(c.Updates, d)
	}
	if len(c.Updates) == 0 {
		return c, &FieldError{Field: "changes", Reason: "there are none"}
	}
	return c, a.gate(item, list)
}

// Delete deletes an item.
func (a *Account) Delete(ctx context.Context, item Item, how DeleteType, opts ...Option) error {
	rs, err := a.DeleteAll(ctx, []ItemID{IDOf(item)}, how, opts...)
	return firstErr(rs, err)
}

// DeleteAll deletes items by id, Config.ChunkSize a request.
func (a *Account) DeleteAll(ctx context.Context, ids []ItemID, how DeleteType, opts ...Option) (Results[ItemID], error) {
	o := optionsOf(opts)
	return bulk(ctx, a, ids, func(ctx context.Context, part []ItemID) (Results[ItemID], error) {
		res, err := a.call.DeleteItem(ctx, &messages.DeleteItemRequest{
			DeleteType: how, SendMeetingCancellations: types.CalendarItemCreateOrDeleteOperation(o.invite),
			AffectedTaskOccurrences: o.tasks, SuppressReadReceipts: o.noReceipts, ItemIDs: baseIDs(part, false),
		})
		if err != nil {
			return nil, err
		}
		if len(res.ResponseMessages) != len(part) {
			return nil, partsError(messages.OpDeleteItem, len(res.ResponseMessages), len(part))
		}
		rs := make(Results[ItemID], len(part))
		for i := range res.ResponseMessages {
			rs[i] = Result[ItemID]{part[i], failed(messages.OpDeleteItem, i, res.ResponseMessages[i].Status())}
		}
		return rs, nil
	})
}

// Move moves an item into the folder, and sets its id, which changes.
func (a *Account) Move(ctx context.Context, item Item, to Folder) error {
	rs, err := a.MoveAll(ctx, []ItemID{IDOf(item)}, to)
	if err := firstErr(rs, err); err != nil {
		return err
	}
	if rs[0].Value.ID != "" {
		setID(item, rs[0].Value)
	}
	return nil
}

// MoveAll moves items by id into the folder. The results are the new ids; one
// is zero if the folder is in another mailbox, as then the server does not
// tell it.
func (a *Account) MoveAll(ctx context.Context, ids []ItemID, to Folder) (Results[ItemID], error) {
	return bulk(ctx, a, ids, func(ctx context.Context, part []ItemID) (Results[ItemID], error) {
		res, err := a.call.MoveItem(ctx, &messages.MoveItemRequest{
			ToFolderID: types.TargetFolderID{FolderID: to.id}, ItemIDs: baseIDs(part, false),
		})
		if err != nil {
			return nil, err
		}
		return idResults(messages.OpMoveItem, res.ResponseMessages, len(part))
	})
}

// Copy copies an item into the folder, and returns the copy's id.
func (a *Account) Copy(ctx context.Context, item Item, to Folder) (ItemID, error) {
	rs, err := a.CopyAll(ctx, []ItemID{IDOf(item)}, to)
	if err := firstErr(rs, err); err != nil {
		return ItemID{}, err
	}
	return rs[0].Value, nil
}

// CopyAll copies items by id into the folder. The results are the copies' ids.
func (a *Account) CopyAll(ctx context.Context, ids []ItemID, to Folder) (Results[ItemID], error) {
	return bulk(ctx, a, ids, func(ctx context.Context, part []ItemID) (Results[ItemID], error) {
		res, err := a.call.CopyItem(ctx, &messages.CopyItemRequest{
			ToFolderID: types.TargetFolderID{FolderID: to.id}, ItemIDs: baseIDs(part, false),
		})
		if err != nil {
			return nil, err
		}
		return idResults(messages.OpCopyItem, res.ResponseMessages, len(part))
	})
}

// Send sends a message: a new one, or a draft that was saved, whose change key
// has to be current. A copy is kept in Sent Items unless an option says
// otherwise. It sends one request. It is never repeated unless the server has
// said that nothing was done: see package ews.
func (a *Account) Send(ctx context.Context, m Item, opts ...Option) error {
	o := optionsOf(opts)
	saved := a.Sent()
	if o.savedTo != nil {
		saved = *o.savedTo
	}
	id := IDOf(m)
	if id.ID != "" {
		rs, err := a.sendSaved(ctx, []ItemID{id}, o, saved)
		return firstErr(rs, err)
	}
	req := &messages.CreateItemRequest{MessageDisposition: types.MessageDispositionSendAndSaveCopy, Items: []Item{m}}
	if o.noCopy {
		req.MessageDisposition = types.MessageDispositionSendOnly
	} else {
		req.SavedItemFolderID.FolderID = saved.id
	}
	res, err := a.call.CreateItem(ctx, req)
	if err != nil {
		return err
	}
	rs, err := idResults(messages.OpCreateItem, res.ResponseMessages, 1)
	return firstErr(rs, err)
}

// SendAll sends drafts that were saved, by id with change key.
func (a *Account) SendAll(ctx context.Context, ids []ItemID, opts ...Option) (Results[ItemID], error) {
	o := optionsOf(opts)
	saved := a.Sent()
	if o.savedTo != nil {
		saved = *o.savedTo
	}
	return a.sendSaved(ctx, ids, o, saved)
}

func (a *Account) sendSaved(ctx context.Context, ids []ItemID, o options, saved Folder) (Results[ItemID], error) {
	return bulk(ctx, a, ids, func(ctx context.Context, part []ItemID) (Results[ItemID], error) {
		req := &messages.SendItemRequest{SaveItemToFolder: !o.noCopy, ItemIDs: baseIDs(part, true)}
		if !o.noCopy {
			req.SavedItemFolderID.FolderID = saved.id
		}
		res, err := a.call.SendItem(ctx, req)
		if err != nil {
			return nil, err
		}
		if len(res.ResponseMessages) != len(part) {
			return nil, partsError(messages.OpSendItem, len(res.ResponseMessages), len(part))
		}
		rs := make(Results[ItemID], len(part))
		for i := range res.ResponseMessages {
			rs[i] = Result[ItemID]{part[i], failed(messages.OpSendItem, i, res.ResponseMessages[i].Status())}
		}
		return rs, nil
	})
}

// Path is a property of any class: every descriptor is one.
type Path interface{ Property() types.Path }

// Fetch fetches an item by id: with only, those properties alone; else all
// that BaseShape AllProperties has. The error matches ErrNotFound's class,
// fs.ErrNotExist, if there is no such item.
func (a *Account) Fetch(ctx context.Context, id ItemID, only ...Path) (Item, error) {
	rs, err := a.FetchAll(ctx, []ItemID{id}, only...)
	if err := firstErr(rs, err); err != nil {
		return nil, err
	}
	return rs[0].Value, nil
}

// FetchAll fetches items by id, Config.ChunkSize a request, Config.Parallel
// requests at once. The results are in the order of ids.
func (a *Account) FetchAll(ctx context.Context, ids []ItemID, only ...Path) (Results[Item], error) {
	shape := &types.ItemResponseShape{BaseShape: types.DefaultShapeNamesAllProperties}
	if len(only) > 0 {
		list := make([]types.Path, len(only))
		for i, p := range only {
			list[i] = p.Property()
		}
		shape = shapeOf(list)
	}
	return parallel(ctx, a, ids, func(ctx context.Context, part []ItemID) (Results[Item], error) {
		return a.getItems(ctx, baseIDs(part, false), shape)
	})
}

// Delete deletes what the query finds. It gathers all ids first, then deletes,
// so that nothing is skipped. The results are in the order of the query.
func (q Query[E]) Delete(ctx context.Context, how DeleteType, opts ...Option) (Results[ItemID], error) {
	ids, err := gather(q.IDs(ctx))
	if err != nil {
		return nil, err
	}
	return q.folder.acct.DeleteAll(ctx, ids, how, opts...)
}

// Move moves what the query finds into the folder. It gathers all ids first.
// The results are the new ids.
func (q Query[E]) Move(ctx context.Context, to Folder) (Results[ItemID], error) {
	ids, err := gather(q.IDs(ctx))
	if err != nil {
		return nil, err
	}
	return q.folder.acct.MoveAll(ctx, ids, to)
}

// Copy copies what the query finds into the folder. It gathers all ids first.
// The results are the copies' ids.
func (q Query[E]) Copy(ctx context.Context, to Folder) (Results[ItemID], error) {
	ids, err := gather(q.IDs(ctx))
	if err != nil {
		return nil, err
	}
	return q.folder.acct.CopyAll(ctx, ids, to)
}

func gather(seq iter.Seq2[ItemID, error]) ([]ItemID, error) {
	var out []ItemID
	for id, err := range seq {
		if err != nil {
			return nil, err
		}
		out = append(out, id)
	}
	return out, nil
}

// Items turns a slice of one item class into one of any, as CreateAll takes
// it.
func Items[T Item](list []T) []Item {
	out := make([]Item, len(list))
	for i, x := range list {
		out[i] = x
	}
	return out
}

func firstErr[T any](rs Results[T], err error) error {
	if err != nil {
		return err
	}
	if len(rs) == 0 {
		return errors.New("orm: nothing was sent")
	}
	return rs[0].Err
}
