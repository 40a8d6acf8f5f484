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

// batch is what one page or one GetItem gave, in order; with err the query
// ends after it.
type batch struct {
	items []Result[types.Item]
	err   error
}

// run yields the items of the query. After an *ItemError it goes on; any other
// error is the last. FindItem goes a page ahead of the consumer; where GetItem
// has to follow, several are under way at once, and their answers come out in
// order. Nothing is left running when it returns.
func (q Query[E]) run(ctx context.Context) iter.Seq2[types.Item, error] {
	return func(yield func(types.Item, error) bool) {
		plan, err := q.Explain()
		if err != nil {
			yield(nil, err)
			return
		}
		if plan.Find == nil {
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
		p := producer{ctx: ctx, wg: &wg, slots: make(chan struct{}, ahead), queue: make(chan chan batch, ahead)}
		complete := false
		wg.Go(func() {
			defer close(p.queue)
			complete = q.produce(&p, plan)
		})
		for c := range p.queue {
			b := <-c
			<-p.slots
			for _, r := range b.items {
				if !yield(r.Value, r.Err) {
					return
				}
			}
			if b.err != nil {
				yield(nil, b.err)
				return
			}
		}
		if !complete {
			yield(nil, fmt.Errorf("orm: %w", context.Cause(ctx)))
		}
	}
}

// producer is where the pages and GetItem of a query put what they have. A slot
// is held from before something is fetched until the consumer has it, so what
// is in memory is bounded by the slots.
type producer struct {
	ctx   context.Context
	wg    *sync.WaitGroup
	slots chan struct{}
	queue chan chan batch // never blocks: there are no more of them than slots
}

// slot waits for a slot; false if the query has ended meanwhile.
func (p *producer) slot() bool {
	if p.ctx.Err() != nil {
		return false
	}
	select {
	case p.slots <- struct{}{}:
		return true
	case <-p.ctx.Done():
		return false
	}
}

// put hands over a batch, for which a slot is held.
func (p *producer) put(b batch) {
	c := make(chan batch, 1)
	c <- b
	p.queue <- c
}

// fetch does f, for which a slot is held, and hands over what it returns, in
// the order of the calls of fetch.
func (p *producer) fetch(f func() batch) {
	c := make(chan batch, 1)
	p.queue <- c
	p.wg.Go(func() { c <- f() })
}

// produce fetches the pages and the items. It reports whether it came to the
// end, be it an error, rather than being cut short.
func (q Query[E]) produce(p *producer, plan Plan) bool {
	left, skip := q.limit, 0
	if q.skips() {
		skip = q.offset
	}
	held := false // whether a slot is held for the page that is asked for
	hold := func() bool {
		held = held || p.slot()
		return held
	}
	put := func(b batch) {
		p.put(b)
		held = false
	}
	if p.ctx.Err() != nil || plan.Get == nil && !hold() {
		return false
	}
	for page, err := range q.pages(p.ctx, plan.Find, &left) {
		if err != nil {
			if !hold() {
				return false
			}
			put(batch{err: err})
			return true
		}
		var items []types.Item
		for _, item := range page {
			switch {
			case left == 0:
			case !q.class.is(item):
			case skip > 0:
				skip--
			default:
				items = append(items, item)
				left--
			}
		}
		if plan.Get != nil {
			for _, chunk := range q.chunks(items, plan) {
				if !p.slot() {
					return false
				}
				p.fetch(func() batch { return q.get(p.ctx, chunk, plan.Get) })
			}
			if left == 0 {
				return true
			}
			continue
		}
		b := q.mend(p.ctx, items, plan)
		put(b)
		if b.err != nil || left == 0 {
			return true
		}
		if !hold() {
			return false
		}
	}
	if held {
		<-p.slots
	}
	return true
}

// pages yields the items of each FindItem, folder by folder. It ends when left,
// which the consumer counts down, is 0.
func (q Query[E]) pages(ctx context.Context, first *messages.FindItemRequest, left *int) iter.Seq2[[]types.Item, error] {
	if q.window != nil {
		return q.windows(ctx, first)
	}
	// ask sends the FindItem for the folders from an offset.
	ask := func(folders []Folder, offset int32) ([]types.FindItemParent, error) {
		size := q.folder.acct.cfg.PageSize
		if !q.skips() {
			size = q.page(*left)
		}
		req := *first
		req.Paging, req.ParentFolderIDs = indexed(size, int(offset)), folderIDs(folders)
		return q.folder.acct.findItem(ctx, &req, folders)
	}
	return func(yield func([]types.Item, error) bool) {
		for group := range slices.Chunk(q.folders(), atOnce) {
			offset := first.Paging.(*types.IndexedPageView).Offset
			roots, err := ask(group, offset)
			for i := range roots {
				if !q.follow(&roots[i], offset, left, yield, func(offset int32) ([]types.FindItemParent, error) { return ask(group[i:i+1], offset) }) {
					return
				}
			}
			if err != nil {
				yield(nil, err)
				return
			}
		}
	}
}

// follow yields the page of a folder at the offset, and asks for the next ones.
// It reports whether to go on with the next folder.
func (q Query[E]) follow(root *types.FindItemParent, offset int32, left *int, yield func([]types.Item, error) bool, ask func(int32) ([]types.FindItemParent, error)) bool {
	for {
		items := slices.DeleteFunc(root.Items, func(i types.Item) bool { return i == nil })
		if !yield(items, nil) || *left == 0 {
			return false
		}
		// What servers say of the next offset may contradict the rest: go on as
		// long as it moves.
		next := max(root.IndexedPagingOffset, offset+int32(len(items)))
		if root.IncludesLastItemInRange || next <= offset || len(items) == 0 && next >= root.TotalItemsInView {
			return true
		}
		offset = next
		roots, err := ask(offset)
		if err != nil {
			yield(nil, err)
			return false
		}
		root = &roots[0]
	}
}

// findItem returns what was found in each of the folders. With an error it
// returns what was found in those before the one that has it.
func (a *Account) findItem(ctx context.Context, req *messages.FindItemRequest, folders []Folder) ([]types.FindItemParent, error) {
	res, err := a.call.FindItem(ctx, req)
	if err != nil {
		return nil, err
	}
	if len(res.ResponseMessages) != len(folders) {
		return nil, partsError(messages.OpFindItem, len(res.ResponseMessages), len(folders))
	}
	var roots []types.FindItemParent
	for i := range res.ResponseMessages {
		m := &res.ResponseMessages[i]
		if err := failed(messages.OpFindItem, -1, m.Status()); err != nil {
			return roots, fmt.Errorf("orm: folder %q: %w", folders[i].label(), err)
		}
		roots = append(roots, m.RootFolder)
	}
	return roots, nil
}

// total asks for the number of items that the query finds, offset and limit
// aside.
func (q Query[E]) total(ctx context.Context) (int, error) {
	plan, err := q.Only().Explain()
	if err != nil || plan.Find == nil {
		return 0, err
	}
	plan.Find.SortOrder = nil
	plan.Find.Paging = indexed(1, 0)
	n := 0
	for group := range slices.Chunk(q.folders(), 100) {
		plan.Find.ParentFolderIDs = folderIDs(group)
		roots, err := q.folder.acct.findItem(ctx, plan.Find, group)
		if err != nil {
			return 0, err
		}
		for i := range roots {
			n += int(roots[i].TotalItemsInView)
		}
	}
	return n, nil
}

// mimeBytes is how many bytes of items go into one GetItem for MimeContent,
// unless one alone has more.
const mimeBytes = 16 << 20

// chunks returns the items for one GetItem each.
func (q Query[E]) chunks(items []types.Item, plan Plan) [][]types.Item {
	if !plan.Get.IncludeMimeContent {
		return slices.Collect(slices.Chunk(items, q.folder.acct.cfg.ChunkSize))
	}
	return bySize(items, q.folder.acct.cfg.ChunkSize, mimeBytes, func(i int) int { return sizeOf(items[i]) })
}

func sizeOf(item types.Item) int {
	p, _ := item.(types.Properties)
	if p == nil {
		return 0
	}
	return int(valueOf[int32](p, "item:Size"))
}

// get fetches the items whole. Those that are gone since they were found are
// left out.
func (q Query[E]) get(ctx context.Context, found []types.Item, shape *types.ItemResponseShape) batch {
	results, err := q.folder.acct.whole(ctx, found, shape)
	if err != nil {
		return batch{err: err}
	}
	b := batch{items: make([]Result[types.Item], 0, len(results))}
	for _, r := range results {
		if r.Err != nil || r.Value != nil && q.class.is(r.Value) {
			b.items = append(b.items, r)
		}
	}
	return b
}

// mend returns the items of a page; those whose texts FindItem may have cut it
// fetches whole.
func (q Query[E]) mend(ctx context.Context, items []types.Item, plan Plan) batch {
	b := batch{items: make([]Result[types.Item], len(items))}
	var short []types.Item
	var at []int // their positions
	for i, item := range items {
		b.items[i].Value = item
		if p, ok := item.(types.Properties); ok && len(plan.Truncates) > 0 && isCut(p, q.only) {
			short, at = append(short, item), append(at, i)
		}
	}
	for chunk := range slices.Chunk(short, q.folder.acct.cfg.ChunkSize) {
		results, err := q.folder.acct.whole(ctx, chunk, shapeOf(q.only))
		if err != nil {
			return batch{err: err}
		}
		for _, r := range results {
			b.items[at[0]], at = r, at[1:]
		}
	}
	b.items = slices.DeleteFunc(b.items, func(r Result[types.Item]) bool { return r.Err == nil && r.Value == nil })
	return b
}

// whole fetches items that FindItem found, with one request. One that is gone
// since has neither Value nor Err; other errors of items are *ItemErrors.
func (a *Account) whole(ctx context.Context, found []types.Item, shape *types.ItemResponseShape) (Results[types.Item], error) {
	ids := make([]types.BaseItemID, len(found))
	for i, item := range found {
		ids[i] = &types.ItemID{ID: IDOf(item).ID}
	}
	results, err := a.getItems(ctx, ids, shape)
	for i := range results {
		switch e := results[i].Err; {
		case errors.Is(e, messages.ErrThrottled):
			return nil, e
		case errors.Is(e, messages.ErrorItemNotFound):
			results[i].Err = nil
		case e != nil:
			results[i].Err = &ItemError{IDOf(found[i]), e}
		}
	}
	return results, err
}

// getItems fetches items by id, with one request. The results are in the order
// of ids.
func (a *Account) getItems(ctx context.Context, ids []types.BaseItemID, shape *types.ItemResponseShape) (Results[types.Item], error) {
	res, err := a.call.GetItem(ctx, &messages.GetItemRequest{ItemShape: *shape, ItemIDs: ids})
	if err != nil {
		return nil, err
	}
	if len(res.ResponseMessages) != len(ids) {
		return nil, partsError(messages.OpGetItem, len(res.ResponseMessages), len(ids))
	}
	out := make(Results[types.Item], len(ids))
	for i := range res.ResponseMessages {
		m := &res.ResponseMessages[i]
		switch err := failed(messages.OpGetItem, i, m.Status()); {
		case err != nil:
			out[i].Err = err
		case len(m.Items) == 0 || m.Items[0] == nil:
			out[i].Err = fmt.Errorf("orm: GetItem: the answer has no item in part %d", i)
		default:
			out[i].Value = m.Items[0]
		}
	}
	return out, nil
}
