package soak

import (
	"context"
	"slices"
	"time"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/orm"
)

// action is something that a worker does, so often among the others.
type action struct {
	weight int
	do     func(*worker, context.Context)
}

var actions = []action{
	{14, (*worker).create},
	{4, (*worker).createMany},
	{4, (*worker).createEvent},
	{14, (*worker).update},
	{2, (*worker).updateMany},
	{7, (*worker).move},
	{2, (*worker).moveMany},
	{10, (*worker).remove},
	{3, (*worker).removeMany},
	{3, (*worker).copy},
	{5, (*worker).attach},
	{3, (*worker).makeFolder},
	{8, (*worker).send},
	{2, (*worker).sendWithoutCopy},
	{2, (*worker).sendMany},
	{4, (*worker).sendDraft},
	{2, (*worker).meet},
	{10, (*worker).query},
	{8, (*worker).fetch},
	{4, (*worker).view},
	{3, (*worker).readInbox},
}

// most is how many things a worker has.
const most = 40

func (w *worker) create(ctx context.Context) {
	if len(w.live) > most {
		w.removeMany(ctx)
		return
	}
	th := &thing{name: w.name(), folder: w.random.IntN(2)}
	m := w.message(th.name)
	err := w.acct.Create(ctx, w.folders[th.folder], m)
	th.id = m.ItemID
	w.created("create", ctx, th, err)
}

func (w *worker) createMany(ctx context.Context) {
	if len(w.live) > most {
		w.removeMany(ctx)
		return
	}
	folder := w.random.IntN(2)
	var things []*thing
	var items []orm.Item
	for range 2 + w.random.IntN(12) {
		things = append(things, &thing{name: w.name(), folder: folder})
		items = append(items, w.message(things[len(things)-1].name))
	}
	rs, err := w.acct.CreateAll(ctx, w.folders[folder], items)
	if len(rs) != len(things) {
		w.t.Errorf("%d results for %d items: %v", len(rs), len(things), err)
		return
	}
	for i, r := range rs {
		things[i].id = r.Value
		w.created("create many", ctx, things[i], r.Err)
	}
}

// own is when the worker's events are.
func (w *worker) own() time.Time {
	return time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, 7*w.n)
}

func (w *worker) createEvent(ctx context.Context) {
	if len(w.live) > most {
		w.removeMany(ctx)
		return
	}
	th := &thing{name: w.name(), folder: calendar}
	start := w.own().Add(time.Duration(w.random.IntN(24*5)) * time.Hour)
	e := &orm.CalendarItem{Subject: th.name, Start: start, End: start.Add(time.Hour), Categories: []string{version(0)}}
	err := w.acct.Create(ctx, w.acct.Calendar(), e)
	th.id = e.ItemID
	w.created("create event", ctx, th, err)
}

// item is the thing as the object layer wants it.
func (th *thing) item() orm.Item {
	if th.folder == calendar {
		return &orm.CalendarItem{ItemID: th.id}
	}
	return &orm.Message{ItemID: th.id}
}

// removed notes what became of a thing that was deleted.
func (w *worker) removed(op string, th *thing, how orm.DeleteType, err error) {
	trash := entry{where{w.box, "Deleted Items"}, exactly(0)}
	switch w.became(op, err) {
	case done:
		if how == orm.MoveToDeletedItems {
			trash.bounds = exactly(1)
		}
		w.drop(th, w.recordOf(th, trash))
	case unknown:
		w.maybe[th.name] = true
		total := bounds{0, 1}
		if how == orm.MoveToDeletedItems {
			trash.bounds, total = bounds{0, 1}, exactly(1)
		}
		r := w.recordOf(th, entry{w.in(th.folder), bounds{0, 1}}, trash)
		r.Total = total.plus(th.copies)
		w.drop(th, r)
	}
}

func (w *worker) how() orm.DeleteType {
	return []orm.DeleteType{orm.HardDelete, orm.HardDelete, orm.SoftDelete, orm.MoveToDeletedItems}[w.random.IntN(4)]
}

func (w *worker) remove(ctx context.Context) {
	if th := w.pick(); th != nil {
		how := w.how()
		w.removed("delete", th, how, w.acct.Delete(ctx, th.item(), how))
	}
}

func (w *worker) removeMany(ctx context.Context) {
	how := w.how()
	things := slices.Clone(w.live[:min(len(w.live), 12)])
	ids := make([]orm.ItemID, len(things))
	for i, th := range things {
		ids[i] = th.id
	}
	rs, err := w.acct.DeleteAll(ctx, ids, how)
	if len(rs) != len(things) {
		w.t.Errorf("%d results for %d items: %v", len(rs), len(things), err)
		return
	}
	for i, r := range rs {
		w.removed("delete many", things[i], how, r.Err)
	}
}

func (w *worker) copy(ctx context.Context) {
	th := w.pick()
	if th == nil || th.folder > folderB {
		return
	}
	_, err := w.acct.Copy(ctx, th.item(), w.folders[copies])
	switch w.became("copy", err) {
	case done:
		th.copies = th.copies.plus(exactly(1))
	case unknown:
		th.copies = th.copies.plus(bounds{0, 1})
	}
}

// attach adds an attachment with the typed operation, of which orm says no more
// than whether it may be done.
func (w *worker) attach(ctx context.Context) {
	th := w.pick()
	if th == nil || th.folder > folderB {
		return
	}
	res, err := w.acct.EWS().CreateAttachment(ctx, &messages.CreateAttachmentRequest{
		ParentItemID: th.id,
		Attachments:  []types.Attachment{&types.FileAttachment{Name: "notes.txt", Content: []byte(th.name)}},
	})
	switch {
	case err != nil && !orm.MayBeDone(err):
		w.tally.add("attach", refused)
	case err != nil:
		w.tally.add("attach", unknown)
		w.doubt(err)
		w.maybe[th.name] = true
		th.attachments.Max++
		w.drop(th, w.recordOf(th, entry{w.in(th.folder), exactly(1)}))
	case res.ResponseMessages[0].Status().Failed():
		w.tally.add("attach", refused)
	default:
		w.tally.add("attach", done)
		th.attachments = th.attachments.plus(exactly(1))
		th.id.ChangeKey = res.ResponseMessages[0].Attachments[0].(*types.FileAttachment).AttachmentID.RootItemChangeKey
	}
}

func (w *worker) makeFolder(ctx context.Context) {
	name := w.name()
	at := entry{where{w.box, w.home()}, exactly(1)}
	home, err := w.acct.Root().Path(ctx, w.home())
	if err != nil {
		return
	}
	f, err := home.Create(ctx, name)
	if f.ID() != nil {
		err = nil // it is there, whatever came afterwards
	}
	made := w.became("create folder", err)
	o := made
	switch o {
	case unknown:
		at.bounds = bounds{0, 1}
	case refused:
		at.bounds = exactly(0)
	}
	if o == done && w.random.IntN(4) > 0 {
		switch o = w.became("delete folder", f.Delete(ctx, orm.HardDelete)); o {
		case done:
			at.bounds = exactly(0)
		case unknown:
			at.bounds = bounds{0, 1}
		}
	}
	r := w.record(name, o, at)
	r.Cut = ctx.Err() != nil || made == done // then it is its end that is not known
	w.ledger.write(r)
}
