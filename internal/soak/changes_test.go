package soak

import (
	"context"
	"slices"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/orm"
)

func (w *worker) update(ctx context.Context) {
	if th := w.pick(); th != nil {
		item := th.item()
		w.updated("update", th, item, w.acct.Update(ctx, item, th.change()))
	}
}

func (w *worker) updateMany(ctx context.Context) {
	things := slices.Clone(w.live[:min(len(w.live), 12)])
	updates := make([]orm.ItemUpdate, len(things))
	for i, th := range things {
		updates[i] = orm.ItemUpdate{Item: th.item(), Changes: []field.AnyChange{th.change()}}
	}
	rs, err := w.acct.UpdateAll(ctx, updates)
	if len(rs) != len(things) {
		w.t.Errorf("%d results for %d items: %v", len(rs), len(things), err)
		return
	}
	for i, r := range rs {
		w.updated("update many", things[i], updates[i].Item, r.Err)
	}
}

// change is to the next version.
func (th *thing) change() field.AnyChange { return field.Item.Categories.Set(version(th.version + 1)) }

// updated notes what became of a thing that was updated, by the item.
func (w *worker) updated(op string, th *thing, item orm.Item, err error) {
	switch w.became(op, err) {
	case done:
		th.version++
		th.id = orm.IDOf(item)
	case unknown:
		w.maybe[th.name] = true
		r := w.recordOf(th, entry{w.in(th.folder), exactly(1)})
		r.Versions = append(r.Versions, version(th.version+1))
		w.drop(th, r)
	}
}

func (w *worker) move(ctx context.Context) {
	th := w.pick()
	if th == nil || th.folder > folderB {
		return
	}
	item := th.item()
	err := w.acct.Move(ctx, item, w.folders[th.other()])
	w.moved("move", th, orm.IDOf(item), err)
}

func (w *worker) moveMany(ctx context.Context) {
	var things []*thing
	var ids []orm.ItemID
	from := w.random.IntN(2)
	for _, th := range w.live {
		if th.folder == from && len(things) < 12 {
			things, ids = append(things, th), append(ids, th.id)
		}
	}
	if len(things) == 0 {
		return
	}
	rs, err := w.acct.MoveAll(ctx, ids, w.folders[things[0].other()])
	if len(rs) != len(things) {
		w.t.Errorf("%d results for %d items: %v", len(rs), len(things), err)
		return
	}
	for i, r := range rs {
		w.moved("move many", things[i], r.Value, r.Err)
	}
}

// other is the folder that a thing is moved to.
func (th *thing) other() int { return folderA + folderB - th.folder }

// moved notes what became of a thing that was moved; its id is the new one.
func (w *worker) moved(op string, th *thing, id orm.ItemID, err error) {
	to := th.other()
	switch w.became(op, err) {
	case done:
		th.folder, th.id = to, id
		if id.ID == "" { // found out: its id is not known
			w.maybe[th.name] = true
			w.drop(th, w.recordOf(th, entry{w.in(to), exactly(1)}))
		}
	case unknown:
		w.maybe[th.name] = true
		r := w.recordOf(th, entry{w.in(th.folder), bounds{0, 1}}, entry{w.in(to), bounds{0, 1}})
		r.Total = exactly(1).plus(th.copies)
		w.drop(th, r)
	}
}
