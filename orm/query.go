package orm

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/types"
)

// Query is a query over the items of a folder, or of several: E is what it
// yields, such as *types.Message, and says whose fields it takes.
// Folder.Messages, Folders.Messages and the like begin one.
//
// A query is a value: each method returns a new one, and a kept one may be
// shared between goroutines and refined twice. Only All, First, Get, Count,
// Exists, Values, Delete, Move and Copy talk to the server.
//
// A typed query is of items of its class alone: what a folder holds of other
// classes is left out by the server, by the item class; so Count, pages and
// bulk verbs agree with what All yields. With a query string, which the server
// takes no other restriction beside, they are left out as they arrive.
type Query[E any] struct {
	folder Folder
	more   []Folder // further ones, of the same account
	class  class
	where  field.Filter[E]
	text   string
	order  []types.FieldOrder
	only   []types.Path // nil: all
	depth  types.ItemQueryTraversal
	window *window // of a calendar view
	offset int
	limit  int // -1: none
	err    error
}

// class says which items of a folder a query is of.
type class struct {
	name  string
	item  types.Properties // of the class, for its fields; never filled
	where types.SearchExpression
	is    func(types.Item) bool
}

func query[E any](f Folder, c class) Query[E] {
	return Query[E]{folder: f, class: c, depth: types.ItemQueryTraversalShallow, limit: -1}
}

// itemClass is met by items of the class or of one derived from it.
func itemClass(names ...string) types.SearchExpression {
	var fs []field.Filter[types.Item]
	for _, n := range names {
		fs = append(fs, field.Item.ItemClass.IExactly(n), field.Item.ItemClass.IStartsWith(n+"."))
	}
	return field.Or(fs...).Expression()
}

func typed[E types.Item](name string, item types.Properties, classes ...string) class {
	return class{name: name, item: item, where: itemClass(classes...), is: func(i types.Item) bool {
		_, ok := i.(E)
		return ok
	}}
}

// Items begins a query over the items of every class in f.
func (f Folder) Items() Query[types.Item] {
	return query[types.Item](f, class{name: "Item", item: &types.GenericItem{}, is: func(types.Item) bool { return true }})
}

// Messages begins a query over the mail in f: item classes IPM.Note and
// REPORT, and those derived from them.
func (f Folder) Messages() Query[*types.Message] {
	return query[*types.Message](f, typed[*types.Message]("Message", new(types.Message), "IPM.Note", "REPORT"))
}

// Appointments begins a query over the calendar items in f: single ones and
// recurring masters. A recurring master is one item here; occurrences are in a
// calendar view.
func (f Folder) Appointments() Query[*types.CalendarItem] {
	return query[*types.CalendarItem](f, typed[*types.CalendarItem]("CalendarItem", new(types.CalendarItem), "IPM.Appointment"))
}

// People begins a query over the contacts in f.
func (f Folder) People() Query[*types.Contact] {
	return query[*types.Contact](f, typed[*types.Contact]("Contact", new(types.Contact), "IPM.Contact"))
}

// DistributionLists begins a query over the distribution lists in f.
func (f Folder) DistributionLists() Query[*types.DistributionList] {
	return query[*types.DistributionList](f, typed[*types.DistributionList]("DistributionList", new(types.DistributionList), "IPM.DistList"))
}

// Tasks begins a query over the tasks in f.
func (f Folder) Tasks() Query[*types.Task] {
	return query[*types.Task](f, typed[*types.Task]("Task", new(types.Task), "IPM.Task"))
}

// Posts begins a query over the posts in f.
func (f Folder) Posts() Query[*types.PostItem] {
	return query[*types.PostItem](f, typed[*types.PostItem]("PostItem", new(types.PostItem), "IPM.Post"))
}

// MeetingRequests begins a query over the meeting requests in f.
func (f Folder) MeetingRequests() Query[*types.MeetingRequest] {
	return query[*types.MeetingRequest](f, typed[*types.MeetingRequest]("MeetingRequest", new(types.MeetingRequest), "IPM.Schedule.Meeting.Request"))
}

// MeetingResponses begins a query over the answers to meeting requests in f.
func (f Folder) MeetingResponses() Query[*types.MeetingResponse] {
	return query[*types.MeetingResponse](f, typed[*types.MeetingResponse]("MeetingResponse", new(types.MeetingResponse), "IPM.Schedule.Meeting.Resp"))
}

// MeetingCancellations begins a query over the cancellations of meetings in f.
func (f Folder) MeetingCancellations() Query[*types.MeetingCancellation] {
	return query[*types.MeetingCancellation](f, typed[*types.MeetingCancellation]("MeetingCancellation", new(types.MeetingCancellation), "IPM.Schedule.Meeting.Canceled"))
}

// folders are those that the query is over.
func (q Query[E]) folders() []Folder {
	if q.folder.acct == nil {
		return nil
	}
	return append([]Folder{q.folder}, q.more...)
}

func (q Query[E]) fail(err error) Query[E] {
	if q.err == nil {
		q.err = err
	}
	return q
}

// Err returns what is wrong with the query, as every terminal method does; nil
// if nothing is. Only Where and negative numbers can go wrong: typed filters
// are checked by the compiler.
func (q Query[E]) Err() error { return q.err }

// Filter returns the query of the items that meet all of filters, too.
func (q Query[E]) Filter(filters ...field.Filter[E]) Query[E] {
	q.where = q.where.And(filters...)
	return q
}

// Exclude returns the query without the items that meet all of filters.
func (q Query[E]) Exclude(filters ...field.Filter[E]) Query[E] {
	if len(filters) > 0 {
		q.where = q.where.And(field.And(filters...).Not())
	}
	return q
}

// Search returns the query of the items that the query string finds, in the
// server's language (AQS): "subject:invoice from:mary AND NOT body:draft". The
// server takes a query string or filters, not both. Since Exchange2010.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/querystring-querystringtype
func (q Query[E]) Search(text string) Query[E] {
	q.text = text
	return q
}

// OrderBy returns the query sorted by keys, the first the most important. It
// replaces what was said before. Without it the order is the server's.
func (q Query[E]) OrderBy(keys ...field.Order[E]) Query[E] {
	q.order = nil
	for _, k := range keys {
		q.order = append(q.order, k.FieldOrder())
	}
	return q
}

// Only returns the query that fetches these fields of each item, and its id
// and change key, and nothing else. It replaces what was said before; without
// fields it is the id alone. Without Only a query fetches everything that the
// server gives for BaseShape AllProperties: all but MimeContent, TextBody,
// UniqueBody and NormalizedBody, and extended properties.
func (q Query[E]) Only(fields ...field.Property[E]) Query[E] {
	q.only = make([]types.Path, 0, len(fields))
	for _, f := range fields {
		q = q.also(f.Property())
	}
	return q
}

// also adds a property to those that are fetched, once.
func (q Query[E]) also(p types.Path) Query[E] {
	name := pathName(p)
	if !slices.ContainsFunc(q.only, func(o types.Path) bool { return pathName(o) == name }) {
		q.only = append(q.only[:len(q.only):len(q.only)], p)
	}
	return q
}

// Associated returns the query over the folder's hidden items ("associated"
// ones): views, rules, settings. It replaces SoftDeleted.
func (q Query[E]) Associated() Query[E] {
	q.depth = types.ItemQueryTraversalAssociated
	return q
}

// SoftDeleted returns the query over the items of the folder that were
// deleted with SoftDelete. Servers since Exchange2010 keep those in
// Account.RecoverableItems instead. It replaces Associated.
func (q Query[E]) SoftDeleted() Query[E] {
	q.depth = types.ItemQueryTraversalSoftDeleted
	return q
}

// Limit returns the query of at most n items. Limit(0) is the query of no
// items; it sends nothing. A negative n is a *FieldError.
func (q Query[E]) Limit(n int) Query[E] {
	if n < 0 || n > math.MaxInt32 {
		return q.fail(&FieldError{Field: "Limit", Reason: fmt.Sprintf("is %d: a limit is from 0 to %d", n, math.MaxInt32)})
	}
	q.limit = n
	return q
}

// Offset returns the query without the first n items. Give an order, too: the
// server promises none. An offset past the end finds nothing. A negative n is a
// *FieldError.
func (q Query[E]) Offset(n int) Query[E] {
	if n < 0 || n > math.MaxInt32 {
		return q.fail(&FieldError{Field: "Offset", Reason: fmt.Sprintf("is %d: an offset is from 0 to %d", n, math.MaxInt32)})
	}
	q.offset = n
	return q
}

// All yields the items. It fetches page by page, at most a page, or
// Config.Parallel GetItem, ahead of the loop. It may be ranged over again; each
// time it asks the server anew.
//
// An *ItemError is of one item alone, and comes in its place: a loop that goes
// on after it gets the others. After any other error there is nothing more.
// Items that are deleted while the query runs may be left out.
func (q Query[E]) All(ctx context.Context) iter.Seq2[E, error] {
	return func(yield func(E, error) bool) {
		for item, err := range q.run(ctx) {
			t, ok := any(item).(E)
			if (ok || err != nil) && !yield(t, err) {
				return
			}
		}
	}
}

// Collect fetches all items into a slice. On an error, be it of one item, it
// returns those before it, too.
func (q Query[E]) Collect(ctx context.Context) ([]E, error) {
	var out []E
	for t, err := range q.All(ctx) {
		if err != nil {
			return out, err
		}
		out = append(out, t)
	}
	return out, nil
}

// First fetches the first item. If there is none the error is a *QueryError
// that matches ErrNotFound.
func (q Query[E]) First(ctx context.Context) (E, error) {
	if q.limit < 0 || q.limit > 1 {
		q.limit = 1
	}
	for t, err := range q.All(ctx) {
		return t, err
	}
	var zero E
	return zero, q.notOne(false)
}

func (q Query[E]) notOne(many bool) error {
	e := &QueryError{Class: q.class.name, Many: many}
	for _, f := range q.folders() {
		e.Folders = append(e.Folders, f.label())
	}
	return e
}

// Get fetches the one item. If there is none, or if there are more, the error
// is a *QueryError that matches ErrNotFound, or ErrMultiple.
func (q Query[E]) Get(ctx context.Context) (E, error) {
	if q.limit < 0 || q.limit > 2 {
		q.limit = 2
	}
	var zero E
	all, err := q.Collect(ctx)
	switch {
	case err != nil:
		return zero, err
	case len(all) == 0:
		return zero, q.notOne(false)
	case len(all) > 1:
		return zero, q.notOne(true)
	}
	return all[0], nil
}

// Count returns how many items All would yield. It sends one request, which
// fetches one id. With a query string over one class it has to fetch all ids.
func (q Query[E]) Count(ctx context.Context) (int, error) {
	if q.sieved() {
		n := 0
		for _, err := range q.Only().run(ctx) {
			if err != nil {
				return 0, err
			}
			n++
		}
		return n, nil
	}
	n, err := q.total(ctx)
	if err != nil {
		return 0, err
	}
	n = max(0, n-q.offset)
	if q.limit >= 0 {
		n = min(n, q.limit)
	}
	return n, nil
}

// Exists reports whether All would yield an item. It fetches one id.
func (q Query[E]) Exists(ctx context.Context) (bool, error) {
	_, err := q.Only().First(ctx)
	var none *QueryError
	if errors.As(err, &none) {
		return false, nil
	}
	return err == nil, err
}

// IDs yields the ids of the items, in order. No item is fetched.
func (q Query[E]) IDs(ctx context.Context) iter.Seq2[ItemID, error] {
	return func(yield func(ItemID, error) bool) {
		for item, err := range q.Only().run(ctx) {
			if err != nil {
				yield(ItemID{}, err)
				return
			}
			if !yield(IDOf(item), nil) {
				return
			}
		}
	}
}

// Values yields the value of one field of each item of q, and fetches nothing
// else.
//
//	for subject, err := range orm.Values(ctx, unread, field.Message.Subject) {
func Values[E, V any](ctx context.Context, q Query[E], f interface {
	field.Property[E]
	Get(E) V
}) iter.Seq2[V, error] {
	return func(yield func(V, error) bool) {
		for item, err := range q.Only(f).run(ctx) {
			var v V
			if err != nil {
				yield(v, err)
				return
			}
			if e, ok := item.(E); ok {
				v = f.Get(e)
			}
			if !yield(v, nil) {
				return
			}
		}
	}
}
