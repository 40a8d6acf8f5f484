package orm

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// batch is some items in order, or the error that came in their place.
type batch struct {
	items []types.Item
	err   error
}

// run yields the items of the query. FindItem goes a page ahead of the
// consumer; where GetItem has to follow, several are under way at once, and
// their answers come out in order. Nothing is left running when it returns.
func (q Query[E]) run(ctx context.Context) iter.Seq2[types.Item, error] {
	return func(yield func(types.Item, error) bool) {
		plan, err := q.Explain()
		if err != nil {
			yield(nil, err)
			return
		}
		if q.limit == 0 {
			return
		}
		ahead := 1
		if plan.Get != nil {
			ahead = q.folder.acct.cfg.Parallel
		}
		var wg sync.WaitGroup
		defer wg.Wait()
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		batches := make(chan chan batch, ahead)
		wg.Go(func() {
			defer close(batches)
			q.produce(ctx, plan, func(fetch func() batch) bool {
				c := make(chan batch, 1)
				select {
				case batches <- c:
				case <-ctx.Done():
					return false
				}
				wg.Go(func() { c <- fetch() })
				return true
			})
		})
		for c := range batches {
			b := <-c
			for _, item := range b.items {
				if !yield(item, nil) {
					return
				}
			}
			if b.err != nil {
				yield(nil, b.err)
				return
			}
		}
		if ctx.Err() != nil {
			yield(nil, context.Cause(ctx))
		}
	}
}

// produce fetches the pages, and emits what is to be done to have their items.
func (q Query[E]) produce(ctx context.Context, plan Plan, emit func(func() batch) bool) {
	a := q.folder.acct
	left, skip := q.limit, 0
	if q.sieved() {
		skip = q.offset
	}
	for page, err := range q.pages(ctx, plan.Find) {
		if err != nil {
			emit(func() batch { return batch{err: err} })
			return
		}
		var items []types.Item
		for _, item := range page {
			if item == nil || !q.class.is(item) {
				continue
			}
			if skip > 0 {
				skip--
				continue
			}
			if left == 0 {
				break
			}
			left--
			items = append(items, item)
		}
		switch {
		case plan.Get != nil:
			for chunk := range slices.Chunk(items, a.cfg.ChunkSize) {
				if !emit(func() batch { return q.get(ctx, chunk, plan.Get) }) {
					return
				}
			}
		case len(plan.Truncates) > 0:
			if !emit(func() batch { return q.mend(ctx, items) }) {
				return
			}
		default:
			if !emit(func() batch { return batch{items: items} }) {
				return
			}
		}
		if left == 0 {
			return
		}
	}
}

// pages yields the items of each FindItem. Its request is changed.
func (q Query[E]) pages(ctx context.Context, first *messages.FindItemRequest) iter.Seq2[[]types.Item, error] {
	return func(yield func([]types.Item, error) bool) {
		view := *first.Paging.(*types.IndexedPageView)
		got := 0
		for {
			req := *first
			if q.limit > 0 && !q.sieved() {
				view.MaxEntriesReturned = int32(min(q.folder.acct.cfg.PageSize, q.limit-got))
			}
			at := view
			req.Paging = &at
			root, err := q.folder.acct.findItem(ctx, &req)
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(root.Items, nil) {
				return
			}
			got += len(root.Items)
			next := max(root.IndexedPagingOffset, view.Offset+int32(len(root.Items)))
			if root.IncludesLastItemInRange || next <= view.Offset || len(root.Items) == 0 || q.limit > 0 && !q.sieved() && got >= q.limit {
				return
			}
			view.Offset = next
		}
	}
}

func (a *Account) findItem(ctx context.Context, req *messages.FindItemRequest) (*types.FindItemParent, error) {
	res, err := a.call.FindItem(ctx, req)
	if err != nil {
		return nil, err
	}
	if len(res.ResponseMessages) != 1 {
		return nil, fmt.Errorf("orm: FindItem: the answer has %d parts for one folder", len(res.ResponseMessages))
	}
	m := &res.ResponseMessages[0]
	if err := failed(messages.OpFindItem, 0, m.Status()); err != nil {
		return nil, err
	}
	return &m.RootFolder, nil
}

// total asks for the number of items that the query finds, offset and limit
// aside.
func (q Query[E]) total(ctx context.Context) (int, error) {
	plan, err := q.Only().Explain()
	if err != nil {
		return 0, err
	}
	plan.Find.SortOrder = nil
	plan.Find.Paging = &types.IndexedPageView{MaxEntriesReturned: 1, BasePoint: types.IndexBasePointBeginning}
	root, err := q.folder.acct.findItem(ctx, plan.Find)
	if err != nil {
		return 0, err
	}
	return int(root.TotalItemsInView), nil
}

// get fetches the items whole. Those that are gone since they were found are
// left out.
func (q Query[E]) get(ctx context.Context, found []types.Item, shape *types.ItemResponseShape) batch {
	ids := make([]types.BaseItemID, 0, len(found))
	for _, item := range found {
		id := IDOf(item)
		ids = append(ids, &types.ItemID{ID: id.ID})
	}
	results, err := q.folder.acct.getItems(ctx, ids, shape)
	if err != nil {
		return batch{err: err}
	}
	var b batch
	for _, r := range results {
		switch {
		case errors.Is(r.Err, messages.ErrorItemNotFound):
		case r.Err != nil:
			b.err = r.Err
			return b
		case r.Value != nil && q.class.is(r.Value):
			b.items = append(b.items, r.Value)
		}
	}
	return b
}

// mend fetches those of the items whole whose texts FindItem may have cut.
func (q Query[E]) mend(ctx context.Context, items []types.Item) batch {
	var short []types.Item
	for _, item := range items {
		if p, ok := item.(types.Properties); ok && isCut(p, q.only) {
			short = append(short, item)
		}
	}
	if len(short) == 0 {
		return batch{items: items}
	}
	whole := map[string]types.Item{}
	for chunk := range slices.Chunk(short, q.folder.acct.cfg.ChunkSize) {
		b := q.get(ctx, chunk, shapeOf(q.only))
		if b.err != nil {
			return b
		}
		for _, item := range b.items {
			whole[IDOf(item).ID] = item
		}
	}
	out := make([]types.Item, 0, len(items))
	for _, item := range items {
		if !slices.Contains(short, item) {
			out = append(out, item)
		} else if w := whole[IDOf(item).ID]; w != nil {
			out = append(out, w)
		}
	}
	return batch{items: out}
}

// getItems fetches items by id, with one request. The results are in the order
// of ids.
func (a *Account) getItems(ctx context.Context, ids []types.BaseItemID, shape *types.ItemResponseShape) (Results[types.Item], error) {
	res, err := a.call.GetItem(ctx, &messages.GetItemRequest{ItemShape: *shape, ItemIDs: ids})
	if err != nil {
		return nil, err
	}
	if len(res.ResponseMessages) != len(ids) {
		return nil, fmt.Errorf("orm: GetItem: the answer has %d parts for %d items", len(res.ResponseMessages), len(ids))
	}
	out := make(Results[types.Item], len(ids))
	for i := range res.ResponseMessages {
		m := &res.ResponseMessages[i]
		if out[i].Err = failed(messages.OpGetItem, i, m.Status()); out[i].Err == nil && len(m.Items) > 0 {
			out[i].Value = m.Items[0]
		}
	}
	return out, nil
}
