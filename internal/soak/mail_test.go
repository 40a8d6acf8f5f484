package soak

import (
	"context"
	"time"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/orm"
)

// other returns another mailbox.
func (w *worker) other() int { return (w.box + 1 + w.random.IntN(len(mailboxes)-1)) % len(mailboxes) }

// mail is a message to another mailbox.
func (w *worker) mail() (m *orm.Message, to int) {
	m, to = w.message(w.name()), w.other()
	m.Categories = nil
	m.ToRecipients = orm.To(mailboxes[to])
	return m, to
}

// sent notes what became of a message: drafts are the drafts of it that there
// are if it was not sent.
func (w *worker) sent(op string, ctx context.Context, name string, to, drafts int, err error) {
	at := []entry{
		{where{w.box, "Drafts"}, exactly(0)},
		{where{w.box, "Sent Items"}, exactly(1)},
		{where{to, "Inbox"}, exactly(1)},
	}
	o := w.became(op, err)
	switch o {
	case unknown:
		at[0].bounds = bounds{0, drafts}
		at[1].bounds, at[2].bounds = bounds{0, 1}, bounds{0, 1}
	case refused:
		at[0].bounds = exactly(drafts)
		at[1].bounds, at[2].bounds = exactly(0), exactly(0)
	}
	r := w.record(name, o, at...)
	r.Same, r.Cut = true, ctx.Err() != nil
	w.ledger.write(r)
}

func (w *worker) send(ctx context.Context) {
	m, to := w.mail()
	w.sent("send", ctx, m.Subject, to, 0, w.acct.Send(ctx, m))
}

func (w *worker) sendMany(ctx context.Context) {
	var items []orm.Item
	var tos []int
	for range 2 + w.random.IntN(7) {
		m, to := w.mail()
		items, tos = append(items, m), append(tos, to)
	}
	rs, err := w.acct.SendNew(ctx, items)
	if len(rs) != len(items) {
		w.t.Errorf("%d results for %d messages: %v", len(rs), len(items), err)
		return
	}
	for i, r := range rs {
		w.sent("send many", ctx, items[i].(*orm.Message).Subject, tos[i], 0, r.Err)
	}
}

func (w *worker) sendWithoutCopy(ctx context.Context) {
	m, to := w.mail()
	at := entry{where{to, "Inbox"}, exactly(1)}
	o := w.became("send without copy", w.acct.Send(ctx, m, orm.WithoutCopy))
	switch o {
	case unknown:
		at.bounds = bounds{0, 1}
	case refused:
		at.bounds = exactly(0)
	}
	r := w.record(m.Subject, o, at)
	r.Marked = false // it leaves no trace
	w.ledger.write(r)
}

func (w *worker) sendDraft(ctx context.Context) {
	m, to := w.mail()
	err := w.acct.Create(ctx, w.acct.Drafts(), m)
	if o := w.became("save draft", err); o != done {
		at := entry{where{w.box, "Drafts"}, bounds{0, 1}}
		if o == refused {
			at.bounds = exactly(0)
		}
		r := w.record(m.Subject, o, at)
		r.Cut = ctx.Err() != nil
		w.ledger.write(r)
		return
	}
	w.sent("send draft", ctx, m.Subject, to, 1, w.acct.Send(ctx, m))
}

// meet invites another.
func (w *worker) meet(ctx context.Context) {
	name, to := w.name(), w.other()
	start := time.Date(2029, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, w.random.IntN(300))
	e := &orm.CalendarItem{Subject: name, Start: start, End: start.Add(time.Hour)}
	e.RequiredAttendees = []types.Attendee{{Mailbox: orm.EmailAddress{EmailAddress: mailboxes[to]}}}
	o := w.became("invite", w.acct.Create(ctx, w.acct.Calendar(), e, orm.SendToAllAndSaveCopy))
	n := exactly(1)
	switch o {
	case unknown:
		n = bounds{0, 1}
	case refused:
		n = exactly(0)
	}
	r := w.record(name, o, entry{where{w.box, "Drafts"}, exactly(0)}, entry{where{w.box, "Calendar"}, n},
		entry{where{w.box, "Sent Items"}, n}, entry{where{to, "Inbox"}, n}, entry{where{to, "Calendar"}, n})
	r.Same, r.Cut = true, ctx.Err() != nil
	w.ledger.write(r)
}

// query goes through a folder of the worker's, in which nobody else changes
// anything: all that is known to be there comes once, and nothing else.
func (w *worker) query(ctx context.Context) {
	folder, sure := w.random.IntN(2), w.sure()
	q := w.folders[folder].Messages()
	if w.random.IntN(2) == 0 {
		q = q.Only(field.Message.Subject, field.Message.Categories)
	}
	got := map[string]string{}
	var failed error
	for m, err := range q.All(ctx) {
		if err != nil {
			failed = err
			continue
		}
		if _, twice := got[m.Subject]; twice && sure {
			w.t.Errorf("%s comes twice", m.Subject)
		}
		got[m.Subject] = ""
		if len(m.Categories) > 0 {
			got[m.Subject] = m.Categories[0]
		}
	}
	w.compare("query", folder, sure, got, failed)
}

// view goes through the worker's events.
func (w *worker) view(ctx context.Context) {
	sure := w.sure()
	got := map[string]string{}
	var failed error
	for e, err := range w.acct.Calendar().View(w.own(), w.own().AddDate(0, 0, 7)).All(ctx) {
		if err != nil {
			failed = err
			continue
		}
		if _, twice := got[e.Subject]; twice && sure {
			w.t.Errorf("%s comes twice", e.Subject)
		}
		got[e.Subject] = ""
		if len(e.Categories) > 0 {
			got[e.Subject] = e.Categories[0]
		}
	}
	w.compare("view", calendar, sure, got, failed)
}

// compare compares what came, as versions by names, with what is known to be
// in the folder: all of that has to be there, if nothing can have changed
// meanwhile.
func (w *worker) compare(op string, folder int, sure bool, got map[string]string, failed error) {
	if sure {
		op += ", complete"
	}
	complete := w.read(op, failed) && sure
	want := map[string]string{}
	for _, th := range w.live {
		if th.folder != folder {
			continue
		}
		want[th.name] = version(th.version)
		if v, ok := got[th.name]; complete && !ok || ok && v != want[th.name] {
			w.t.Errorf("%s by %s: %s has version %q, want %q (%v)", op, w.home(), th.name, v, want[th.name], failed)
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok && !w.maybe[name] {
			w.t.Errorf("%s by %s: there is %s", op, w.home(), name)
		}
	}
}

func (w *worker) fetch(ctx context.Context) {
	th := w.pick()
	if th == nil {
		return
	}
	item, err := w.acct.Fetch(ctx, th.id, field.Item.Categories)
	if !w.read("fetch", err) {
		return
	}
	if id := orm.IDOf(item); id != th.id {
		w.t.Errorf("%s: %s has the id %v, want %v", w.home(), th.name, id, th.id)
	}
}

// readInbox reads where others write.
func (w *worker) readInbox(ctx context.Context) {
	var failed error
	for _, err := range w.acct.Inbox().Items().OrderBy(field.Item.DateTimeReceived.Desc()).Limit(15).All(ctx) {
		if err != nil {
			failed = err
		}
	}
	w.read("inbox", failed)
}
