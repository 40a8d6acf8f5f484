package orm

import (
	"context"
	"fmt"
	"iter"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// Delete deletes an item. It sends one request.
func (a *Account) Delete(ctx context.Context, item Item, how DeleteType, opts ...Option) error {
	rs, err := a.DeleteAll(ctx, []ItemID{IDOf(item)}, how, opts...)
	return firstErr(rs, err)
}

// DeleteAll deletes items by id, Config.ChunkSize a request. The results are
// the ids. For the error see CreateAll.
func (a *Account) DeleteAll(ctx context.Context, ids []ItemID, how DeleteType, opts ...Option) (Results[ItemID], error) {
	o := optionsOf(opts)
	for _, err := range []error{o.gate(a), o.invite.some(), saved(ids)} {
		if err != nil {
			return nil, err
		}
	}
	return bulk(ctx, a, ids, write[ItemID]{op: messages.OpDeleteItem, send: func(ctx context.Context, part []ItemID, t *trace) (Results[ItemID], error) {
		t.look = func(ctx context.Context) ([]sight, error) { return a.seeGone(ctx, part, part) }
		res, err := a.call.DeleteItem(ctx, &messages.DeleteItemRequest{
			DeleteType: how, SendMeetingCancellations: types.CalendarItemCreateOrDeleteOperation(o.invite),
			AffectedTaskOccurrences: o.tasks, SuppressReadReceipts: o.noReceipts, ItemIDs: baseIDs(part, false),
		})
		if err != nil {
			return nil, err
		}
		return doneResults(messages.OpDeleteItem, res, part)
	}})
}

// Move moves an item into the folder, and sets its id, which changes. It sends
// one request. If the folder is in another mailbox the server does not tell
// the new id: then the item's is empty.
func (a *Account) Move(ctx context.Context, item Item, to Folder) error {
	rs, err := a.MoveAll(ctx, []ItemID{IDOf(item)}, to)
	if err := firstErr(rs, err); err != nil {
		return err
	}
	setID(item, rs[0].Value)
	return nil
}

// MoveAll moves items by id into the folder, Config.ChunkSize a request. The
// results are the new ids; one is zero if the folder is in another mailbox, as
// then the server does not tell it. For the error see CreateAll.
func (a *Account) MoveAll(ctx context.Context, ids []ItemID, to Folder) (Results[ItemID], error) {
	if err := saved(ids); err != nil {
		return nil, err
	}
	return bulk(ctx, a, ids, write[ItemID]{op: messages.OpMoveItem, send: func(ctx context.Context, part []ItemID, t *trace) (Results[ItemID], error) {
		t.look = func(ctx context.Context) ([]sight, error) { return a.seeGone(ctx, part, nil) }
		res, err := a.call.MoveItem(ctx, &messages.MoveItemRequest{
			ToFolderID: types.TargetFolderID{FolderID: to.id}, ItemIDs: baseIDs(part, false),
		})
		if err != nil {
			return nil, err
		}
		return idResults(messages.OpMoveItem, res.ResponseMessages, len(part))
	}})
}

// Copy copies an item into the folder, and returns the copy's id. It sends one
// request.
func (a *Account) Copy(ctx context.Context, item Item, to Folder) (ItemID, error) {
	rs, err := a.CopyAll(ctx, []ItemID{IDOf(item)}, to)
	if err := firstErr(rs, err); err != nil {
		return ItemID{}, err
	}
	return rs[0].Value, nil
}

// CopyAll copies items by id into the folder, Config.ChunkSize a request. The
// results are the copies' ids, as those of MoveAll. For the error see
// CreateAll.
func (a *Account) CopyAll(ctx context.Context, ids []ItemID, to Folder) (Results[ItemID], error) {
	if err := saved(ids); err != nil {
		return nil, err
	}
	return bulk(ctx, a, ids, write[ItemID]{op: messages.OpCopyItem, send: func(ctx context.Context, part []ItemID, t *trace) (Results[ItemID], error) {
		t.why = "nothing tells a copy from other copies of the item: look into the folder before it is sent again"
		res, err := a.call.CopyItem(ctx, &messages.CopyItemRequest{
			ToFolderID: types.TargetFolderID{FolderID: to.id}, ItemIDs: baseIDs(part, false),
		})
		if err != nil {
			return nil, err
		}
		return idResults(messages.OpCopyItem, res.ResponseMessages, len(part))
	}})
}

// Send sends a message: a new one, or a draft that was saved, whose change key
// has to be current. A copy is kept in Sent Items unless an option says
// otherwise. It sends one request. It is never repeated unless the server has
// said that nothing was done: see package ews. If the answer is lost the error
// is an *UnknownError: see there, and Recovery. The server does not tell the id of
// what was sent; a draft's is gone.
func (a *Account) Send(ctx context.Context, m Item, opts ...Option) error {
	if isNil(m) || IDOf(m).ID == "" {
		rs, err := a.SendNew(ctx, []Item{m}, opts...)
		return firstErr(rs, err)
	}
	rs, err := a.SendDrafts(ctx, []ItemID{IDOf(m)}, opts...)
	if err := firstErr(rs, err); err != nil {
		return err
	}
	setID(m, ItemID{})
	return nil
}

// keep is the folder for the copy of what is sent, and whether there is one.
func (o options) keep(a *Account) (Folder, bool) {
	if o.copyTo != nil {
		return *o.copyTo, !o.noCopy
	}
	return a.Sent(), !o.noCopy
}

// SendNew sends new messages, Config.ChunkSize a request, as Send does. The
// results are empty ids: the server tells none. For the error see CreateAll.
func (a *Account) SendNew(ctx context.Context, items []Item, opts ...Option) (Results[ItemID], error) {
	if err := fresh(items); err != nil {
		return nil, err
	}
	to, keep := optionsOf(opts).keep(a)
	return bulk(ctx, a, items, write[Item]{op: messages.OpCreateItem, send: func(ctx context.Context, part []Item, t *trace) (Results[ItemID], error) {
		req := &messages.CreateItemRequest{MessageDisposition: types.MessageDispositionSendOnly, Items: part}
		if keep {
			req.Items = a.mark(part, t)
			req.MessageDisposition = types.MessageDispositionSendAndSaveCopy
			req.SavedItemFolderID.FolderID = to.id
			t.copyIn(a, to)
		} else {
			t.why = withoutCopy
		}
		res, err := a.call.CreateItem(ctx, req)
		if err != nil {
			return nil, err
		}
		return idResults(messages.OpCreateItem, res.ResponseMessages, len(part))
	}})
}

// SendDrafts sends drafts that were saved, by id with the current change key,
// Config.ChunkSize a request, as Send does. The results are the ids that the
// drafts had. For the error see CreateAll. With Config.Recovery it sends one
// request before each of these, for the drafts' marks.
func (a *Account) SendDrafts(ctx context.Context, ids []ItemID, opts ...Option) (Results[ItemID], error) {
	if err := saved(ids); err != nil {
		return nil, err
	}
	to, keep := optionsOf(opts).keep(a)
	return bulk(ctx, a, ids, write[ItemID]{op: messages.OpSendItem, send: func(ctx context.Context, part []ItemID, t *trace) (Results[ItemID], error) {
		if keep && a.cfg.Recovery != nil {
			if err := a.marksOf(ctx, part, t); err != nil {
				return nil, unsent{err}
			}
		}
		t.look = func(ctx context.Context) ([]sight, error) { return a.seeSent(ctx, part, t.marks, to) }
		req := &messages.SendItemRequest{SaveItemToFolder: keep, ItemIDs: baseIDs(part, true)}
		if keep {
			req.SavedItemFolderID.FolderID = to.id
		}
		res, err := a.call.SendItem(ctx, req)
		if err != nil {
			return nil, err
		}
		return doneResults(messages.OpSendItem, res, part)
	}})
}

// Delete deletes what the query finds. It gathers all ids first, then deletes,
// so that nothing is skipped. The results are in the order of the query. If
// the ids can't be gathered nothing is deleted.
func (q Query[E]) Delete(ctx context.Context, how DeleteType, opts ...Option) (Results[ItemID], error) {
	ids, err := q.gather(ctx)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	return q.folder.acct.DeleteAll(ctx, ids, how, opts...)
}

// Move moves what the query finds into the folder. It gathers all ids first.
// The results are the new ids.
func (q Query[E]) Move(ctx context.Context, to Folder) (Results[ItemID], error) {
	ids, err := q.gather(ctx)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	return q.folder.acct.MoveAll(ctx, ids, to)
}

// Copy copies what the query finds into the folder. It gathers all ids first.
// The results are the copies' ids.
func (q Query[E]) Copy(ctx context.Context, to Folder) (Results[ItemID], error) {
	ids, err := q.gather(ctx)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	return q.folder.acct.CopyAll(ctx, ids, to)
}

// Send sends the drafts that the query finds. It gathers all ids first. The
// results are the ids that the drafts had.
func (q Query[E]) Send(ctx context.Context, opts ...Option) (Results[ItemID], error) {
	ids, err := q.gather(ctx)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	return q.folder.acct.SendDrafts(ctx, ids, opts...)
}

// gather fetches the ids of all that the query finds, each once: what arrives
// meanwhile can move an item from one page to the next.
func (q Query[E]) gather(ctx context.Context) ([]ItemID, error) {
	return gather(q.IDs(ctx))
}

func gather(seq iter.Seq2[ItemID, error]) ([]ItemID, error) {
	var out []ItemID
	seen := map[string]bool{}
	for id, err := range seq {
		if err != nil {
			return nil, fmt.Errorf("orm: while the ids are gathered: %w", err)
		}
		if !seen[id.ID] {
			seen[id.ID] = true
			out = append(out, id)
		}
	}
	return out, nil
}
