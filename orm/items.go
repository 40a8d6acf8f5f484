package orm

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// Create saves a new item in the folder. It sends one request, and sets the
// item's id and change key. A meeting's attendees are told if an option of
// type Invitations says so. If the answer is lost the error is an
// *UnknownError: see there, and Recovery.
func (a *Account) Create(ctx context.Context, to Folder, item Item, opts ...Option) error {
	rs, err := a.CreateAll(ctx, to, []Item{item}, opts...)
	return firstErr(rs, err)
}

// CreateAll saves new items in the folder, Config.ChunkSize a request, one
// request after the other. The results are the ids, in the order of items; each
// item that was saved has its id set. If the error is not nil, a request
// failed: the results say what was done before; the parts of which it is not
// known whether they were done have an *UnknownError, those that the request
// was refused for have its error, and those that were not sent have
// ErrNotAttempted.
func (a *Account) CreateAll(ctx context.Context, to Folder, items []Item, opts ...Option) (Results[ItemID], error) {
	o := optionsOf(opts)
	if err := errors.Join(o.invite.some(), fresh(items)); err != nil {
		return nil, err
	}
	return bulk(ctx, a, items, write[Item]{
		op: messages.OpCreateItem,
		send: func(ctx context.Context, part []Item, t *trace) (Results[ItemID], error) {
			items := a.mark(part, t)
			t.inFolder(a, to, o.invite)
			res, err := a.call.CreateItem(ctx, &messages.CreateItemRequest{
				MessageDisposition:     types.MessageDispositionSaveOnly,
				SendMeetingInvitations: types.CalendarItemCreateOrDeleteOperation(o.invite),
				SavedItemFolderID:      types.TargetFolderID{FolderID: to.id},
				Items:                  items,
			})
			if err != nil {
				return nil, err
			}
			return idResults(messages.OpCreateItem, res.ResponseMessages, len(part))
		},
		done: func(item Item, id ItemID) {
			if id.ID != "" {
				setID(item, id)
			}
		},
	})
}

// fresh fails if one of items can't be created, or could not be told from another
// by its mark.
func fresh(items []Item) error {
	marks := map[string]int{}
	for i, item := range items {
		var err error
		mark := ""
		if !isNil(item) {
			mark = markOf(item)
		}
		if first, twice := marks[mark]; twice && mark != "" {
			return fmt.Errorf("input %d: %w", i, &FieldError{Field: "MarkProperty", Reason: fmt.Sprintf("is %q, as that of input %d: no two items may have the same", mark, first)})
		}
		marks[mark] = i
		switch {
		case isNil(item):
			err = &FieldError{Field: fmt.Sprintf("%T", item), Reason: "is nil: give an item"}
		case IDOf(item).ID != "":
			err = &FieldError{Field: "item:ItemId", Reason: "is set: the item was saved before; Update or Copy it"}
		}
		if err != nil && len(items) > 1 {
			return fmt.Errorf("input %d: %w", i, err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func isNil(item Item) bool {
	v := reflect.ValueOf(item)
	return item == nil || v.Kind() == reflect.Pointer && v.IsNil()
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

// UpdateAll changes properties of many items, Config.ChunkSize a request, as
// Update does. The results are the ids with their new change keys, in the order
// of updates. Nothing is sent if a change does not fit its item. For the error
// see CreateAll.
func (a *Account) UpdateAll(ctx context.Context, updates []ItemUpdate, opts ...Option) (Results[ItemID], error) {
	o := optionsOf(opts)
	if err := o.gate(a); err != nil {
		return nil, err
	}
	for i, u := range updates {
		if err := a.checkUpdate(u); err != nil {
			if len(updates) > 1 {
				err = fmt.Errorf("input %d: %w", i, err)
			}
			return nil, err
		}
	}
	return bulk(ctx, a, updates, write[ItemUpdate]{
		op: messages.OpUpdateItem,
		send: func(ctx context.Context, part []ItemUpdate, t *trace) (Results[ItemID], error) {
			ids := make([]ItemID, len(part)) // as they are now: the items are the caller's
			for i, u := range part {
				ids[i] = IDOf(u.Item)
			}
			t.look = func(ctx context.Context) ([]sight, error) { return a.seeUpdated(ctx, part, ids) }
			req := &messages.UpdateItemRequest{
				ConflictResolution:                    types.ConflictResolution(o.conflict),
				MessageDisposition:                    types.MessageDispositionSaveOnly,
				SendMeetingInvitationsOrCancellations: types.CalendarItemUpdateOperation(o.invite),
				SuppressReadReceipts:                  o.noReceipts,
			}
			for i, u := range part {
				c := types.ItemChange{ItemID: &types.ItemID{ID: ids[i].ID, ChangeKey: ids[i].ChangeKey}}
				for _, ch := range u.Changes {
					c.Updates = append(c.Updates, ch.Item())
				}
				req.ItemChanges = append(req.ItemChanges, c)
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
			}
			return rs, nil
		},
		done: func(u ItemUpdate, id ItemID) {
			for _, c := range u.Changes {
				c.Apply(u.Item.(types.Properties))
			}
			if id.ID != "" {
				setID(u.Item, id)
			}
		},
	})
}

// checkUpdate fails if the update can't be sent.
func (a *Account) checkUpdate(u ItemUpdate) error {
	if isNil(u.Item) {
		return &FieldError{Field: fmt.Sprintf("%T", u.Item), Reason: "is nil: give an item"}
	}
	item, ok := u.Item.(types.Properties)
	if !ok || idPtr(u.Item) == nil {
		return &FieldError{Field: fmt.Sprintf("%T", u.Item), Reason: "has no id; only items that are saved can be updated"}
	}
	if err := saved([]ItemID{IDOf(u.Item)}); err != nil {
		return err
	}
	var list []types.Path
	for _, ch := range u.Changes {
		if err := fits(ch, item, func() bool { return ch.Item() != nil }); err != nil {
			return err
		}
		list = append(list, ch.Path())
	}
	if len(list) == 0 {
		return noChanges("field.Message.IsRead.Set(true)")
	}
	return a.gate(list)
}

// fits fails if the change is none of v.
func fits(c field.AnyChange, v types.Properties, sendable func() bool) error {
	if c == nil {
		return &FieldError{Field: "change", Reason: "is nil: give one, as a field's Set makes"}
	}
	if !c.Fits(v) || !sendable() {
		return &FieldError{Field: pathName(c.Path()), Reason: "is no property of a " + className(v)}
	}
	return nil
}

func noChanges(like string) error {
	return &FieldError{Field: "changes", Reason: "are missing: give one, as in " + like}
}

// className is the name of the type behind v, as in "Message".
func className(v any) string {
	t := reflect.TypeOf(v)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Name()
}

// Path is a property of any class: every descriptor is one.
type Path interface{ Property() types.Path }

// Fetch fetches an item by id: with only, those properties alone; else all
// that BaseShape AllProperties has. It sends one request. The error matches
// ErrNotFound if there is no such item.
func (a *Account) Fetch(ctx context.Context, id ItemID, only ...Path) (Item, error) {
	rs, err := a.FetchAll(ctx, []ItemID{id}, only...)
	if err := firstErr(rs, err); err != nil {
		return nil, err
	}
	return rs[0].Value, nil
}

// FetchAll fetches items by id, Config.ChunkSize a request, Config.Parallel
// requests at once. The results are in the order of ids. With MimeContent among
// the properties it asks for the sizes of the items first, so that no answer
// is large for more than one item. For the error see CreateAll.
func (a *Account) FetchAll(ctx context.Context, ids []ItemID, only ...Path) (Results[Item], error) {
	if err := saved(ids); err != nil {
		return nil, err
	}
	shape := &types.ItemResponseShape{BaseShape: types.DefaultShapeNamesAllProperties}
	if len(only) > 0 {
		list := make([]types.Path, len(only))
		for i, p := range only {
			list[i] = p.Property()
		}
		if err := a.gate(list); err != nil {
			return nil, err
		}
		shape = shapeOf(list)
	}
	parts := slices.Collect(slices.Chunk(ids, a.cfg.ChunkSize))
	get := func(shape *types.ItemResponseShape) (Results[Item], error) {
		return parallel(ctx, a, parts, func(ctx context.Context, part []ItemID) (Results[Item], error) {
			return a.getItems(ctx, baseIDs(part, false), shape)
		})
	}
	if shape.IncludeMimeContent && len(ids) > 1 {
		sizes, err := get(shapeOf([]types.Path{sizePath}))
		if err != nil {
			return sizes, err
		}
		parts = bySize(ids, a.cfg.ChunkSize, mimeBytes, func(i int) int { return sizeOf(sizes[i].Value) })
	}
	return get(shape)
}

// Refresh fetches item again, all that BaseShape AllProperties has, and sets it
// to what came. It sends one request.
func (a *Account) Refresh(ctx context.Context, item Item) error {
	if isNil(item) {
		return &FieldError{Field: fmt.Sprintf("%T", item), Reason: "is nil: give an item"}
	}
	now, err := a.Fetch(ctx, IDOf(item))
	if err != nil {
		return err
	}
	dst, src := reflect.ValueOf(item), reflect.ValueOf(now)
	if dst.Type() != src.Type() {
		return &FieldError{Field: className(item), Reason: "is a " + className(now) + " on the server"}
	}
	dst.Elem().Set(src.Elem())
	return nil
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
	return alone(rs[0].Err)
}

// alone returns the error without a position: that of the only part of a call.
func alone(err error) error {
	e, ok := err.(*ews.ResponseError)
	if !ok {
		return err
	}
	c := *e
	c.Index = -1
	return &c
}
