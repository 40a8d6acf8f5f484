package orm

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// View is the calendar of a folder from one time to another, with recurring
// appointments expanded: each occurrence is an item of its own, by start. The
// server takes no filter and no other order for it.
//
// A View is a value, as a Query is. Only All, Collect, First, Count, Exists and
// IDs talk to the server.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/calendarview
type View struct {
	q Query[*types.CalendarItem]
}

// window is the time of a view.
type window struct{ start, end time.Time }

// View begins a view of the calendar in f from start to end. Appointments that
// began before start and last into the window are in it. An end before start
// is a *FieldError, from every method that talks to the server.
func (f Folder) View(start, end time.Time) View {
	v := View{f.Appointments()}
	v.q.window = &window{start, end}
	if end.Before(start) {
		v.q = v.q.fail(&FieldError{Field: "View", Reason: "ends before it starts: give the earlier time first"})
	}
	return v
}

// Only returns the view that fetches these fields alone; see Query.Only.
func (v View) Only(fields ...field.Property[*types.CalendarItem]) View {
	v.q = v.q.Only(fields...)
	return v
}

// Limit returns the view of at most n occurrences; see Query.Limit.
func (v View) Limit(n int) View {
	v.q = v.q.Limit(n)
	return v
}

// Offset returns the view without its first n occurrences. The server has no
// such thing for a view: they are fetched, ids alone, and left out.
func (v View) Offset(n int) View {
	v.q = v.q.Offset(n)
	return v
}

// Err returns what is wrong with the view, as every method that talks to the
// server does.
func (v View) Err() error { return v.q.Err() }

// Explain returns what All would send, without sending it.
func (v View) Explain() (Plan, error) { return v.q.Explain() }

// All yields the occurrences; see Query.All. A window with more of them than
// the server gives at once is asked for in parts.
func (v View) All(ctx context.Context) iter.Seq2[*types.CalendarItem, error] { return v.q.All(ctx) }

// Collect fetches all occurrences into a slice.
func (v View) Collect(ctx context.Context) ([]*types.CalendarItem, error) { return v.q.Collect(ctx) }

// First fetches the first occurrence. If there is none the error matches
// ErrNotFound.
func (v View) First(ctx context.Context) (*types.CalendarItem, error) { return v.q.First(ctx) }

// Count returns how many occurrences All would yield. It fetches their ids.
func (v View) Count(ctx context.Context) (int, error) { return v.q.Count(ctx) }

// Exists reports whether All would yield an occurrence. It fetches one id.
func (v View) Exists(ctx context.Context) (bool, error) { return v.q.Exists(ctx) }

// IDs yields the ids of the occurrences.
func (v View) IDs(ctx context.Context) iter.Seq2[ItemID, error] { return v.q.IDs(ctx) }

// view returns the window as FindItem takes it. Without a limit it says no
// number.
func (w *window) view(offset, limit int) *types.CalendarView {
	v := &types.CalendarView{StartDate: w.start, EndDate: w.end}
	if limit > 0 {
		v.MaxEntriesReturned = int32(min(offset+limit, 1<<31-1))
	}
	return v
}

// windows yields the occurrences of the window. The server has no pages for
// it: where there are too many for one answer it asks for halves.
func (q Query[E]) windows(ctx context.Context, first *messages.FindItemRequest) iter.Seq2[[]types.Item, error] {
	return func(yield func([]types.Item, error) bool) {
		whole := first.Paging.(*types.CalendarView)
		seen := map[string]bool{} // those that last over a border are in both halves
		var ask func(start, end time.Time) bool
		ask = func(start, end time.Time) bool {
			req, view := *first, *whole
			view.StartDate, view.EndDate = start, end
			req.Paging = &view
			root := types.FindItemParent{}
			roots, err := q.folder.acct.findItem(ctx, &req, []Folder{q.folder})
			if err == nil {
				root = roots[0]
			}
			tooMany := errors.Is(err, messages.ErrorExceededFindCountLimit) || errors.Is(err, messages.ErrorCalendarViewRangeTooBig)
			if err == nil && !root.IncludesLastItemInRange && root.Present&types.FindItemParentHasIncludesLastItemInRange != 0 {
				tooMany = view.MaxEntriesReturned == 0 || len(root.Items) < int(view.MaxEntriesReturned)
			}
			if tooMany && end.Sub(start) > time.Minute {
				middle := start.Add(end.Sub(start) / 2).Truncate(time.Second)
				return ask(start, middle) && ask(middle, end)
			}
			if err != nil {
				yield(nil, err)
				return false
			}
			var items []types.Item
			for _, item := range root.Items {
				if id := IDOf(item).ID; item != nil && !seen[id] {
					seen[id] = true
					items = append(items, item)
				}
			}
			return yield(items, nil)
		}
		ask(whole.StartDate, whole.EndDate)
	}
}
