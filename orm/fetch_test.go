package orm_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/orm"
)

// subjects returns the subjects of what q yields, and the error that ends it.
func subjects(t *testing.T, ctx context.Context, q orm.Query[*orm.Message]) ([]string, error) {
	t.Helper()
	var out []string
	for m, err := range q.All(ctx) {
		if err != nil {
			return out, err
		}
		out = append(out, m.Subject)
	}
	return out, nil
}

func want(from, to int) []string {
	var out []string
	for i := from; i < to; i++ {
		out = append(out, fmt.Sprint("message ", i))
	}
	return out
}

func TestRanges(t *testing.T) {
	tests := []struct {
		name          string
		offset, limit int
		from, to      int
		finds         int
	}{
		{"all", 0, -1, 0, 25, 3},
		{"limit within a page", 0, 7, 0, 7, 1},
		{"limit of a page", 0, 10, 0, 10, 1},
		{"limit over pages", 0, 13, 0, 13, 2},
		{"limit over all", 0, 100, 0, 25, 3},
		{"offset", 20, -1, 20, 25, 1},
		{"offset and limit", 10, 10, 10, 20, 1},
		{"one", 12, 1, 12, 13, 1},
		{"offset past the end", 30, -1, 0, 0, 1},
		{"offset at the end", 25, 5, 0, 0, 1},
		{"nothing", 0, 0, 0, 0, 0},
		{"nothing from an offset", 5, 0, 0, 0, 0},
	}
	for _, whole := range []bool{false, true} {
		for _, tt := range tests {
			t.Run(fmt.Sprint(tt.name, " whole ", whole), func(t *testing.T) {
				f := newFake(25)
				q := f.account(t, orm.Config{PageSize: 10, ChunkSize: 4}).Inbox().Messages().Offset(tt.offset)
				if tt.limit >= 0 {
					q = q.Limit(tt.limit)
				}
				if !whole {
					q = q.Only(field.Message.Subject)
				}
				got, err := subjects(t, t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want(tt.from, tt.to), got); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
				if n := f.count("FindItem"); n != tt.finds {
					t.Errorf("%d FindItem, want %d", n, tt.finds)
				}
				if n := f.count("GetItem"); (n > 0) != (whole && len(got) > 0) {
					t.Errorf("%d GetItem", n)
				}
				n, err := q.Count(t.Context())
				if err != nil || n != tt.to-tt.from {
					t.Errorf("Count: %d, %v; want %d", n, err, tt.to-tt.from)
				}
				quiet(t)
			})
		}
	}
}

// exchangelib: qs[5:5] and qs[:0] return everything.
func TestPitfall4EmptyRangeIsEmpty(t *testing.T) {
	f := newFake(30)
	q := f.account(t, orm.Config{}).Inbox().Messages()
	for _, q := range []orm.Query[*orm.Message]{q.Limit(0), q.Offset(5).Limit(0), q.Limit(0).Limit(0)} {
		if got, err := subjects(t, t.Context(), q); err != nil || len(got) != 0 {
			t.Errorf("got %v, %v", got, err)
		}
		if _, err := q.First(t.Context()); !errors.Is(err, orm.ErrNotFound) {
			t.Errorf("First: %v", err)
		}
		if ok, err := q.Exists(t.Context()); ok || err != nil {
			t.Errorf("Exists: %v, %v", ok, err)
		}
	}
	if len(f.calls) != 0 {
		t.Errorf("calls %v for nothing", f.calls)
	}
}

func TestOrderIsKeptWhateverGetItemTakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(100)
		var n atomic.Int64
		f.before = func(ctx context.Context, op string, _ int) error {
			if op == "GetItem" { // the first ones take longest
				time.Sleep(time.Duration(20-n.Add(1)) * time.Second)
			}
			return nil
		}
		got, err := subjects(t, t.Context(), f.account(t, orm.Config{PageSize: 50, ChunkSize: 10, Parallel: 3}).Inbox().Messages())
		if diff := cmp.Diff(want(0, 100), got); diff != "" || err != nil {
			t.Errorf("%v; -want +got:\n%s", err, diff)
		}
		if f.most != 3 {
			t.Errorf("%d GetItem at once, want 3", f.most)
		}
	})
}

// What is fetched ahead is bounded by the configuration, not by the folder.
func TestAtMostAPageAhead(t *testing.T) {
	tests := []struct {
		name  string
		only  bool
		bound func(seen int) int
	}{
		// The page in the loop, and one more.
		{"FindItem alone", true, func(seen int) int { return (seen+9)/10*10 + 10 }},
		// Ids of the pages begun, and one more; chunks in the loop and in the slots.
		{"GetItem", false, func(seen int) int { return seen + 5 + 2*5 + (seen+15+9)/10*10 + 10 }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake(500)
				q := f.account(t, orm.Config{PageSize: 10, ChunkSize: 5, Parallel: 2}).Inbox().Messages()
				if tt.only {
					q = q.Only(field.Message.Subject)
				}
				seen := 0
				for _, err := range q.All(t.Context()) {
					if err != nil {
						t.Fatal(err)
					}
					seen++
					synctest.Wait() // all that can be fetched without the loop is fetched
					f.mu.Lock()
					if f.fetched > tt.bound(seen) {
						t.Fatalf("%d items fetched when %d were seen, want at most %d", f.fetched, seen, tt.bound(seen))
					}
					f.mu.Unlock()
				}
				if seen != 500 {
					t.Errorf("%d items", seen)
				}
			})
		})
	}
}

func TestBreakLeavesNothingRunning(t *testing.T) {
	for _, whole := range []bool{false, true} {
		for stop := range 30 {
			f := newFake(100)
			q := f.account(t, orm.Config{PageSize: 10, ChunkSize: 3, Parallel: 4}).Inbox().Messages()
			if !whole {
				q = q.Only(field.Message.Subject)
			}
			i := 0
			for range q.All(t.Context()) {
				if i++; i > stop {
					break
				}
			}
			calls := len(f.calls)
			quiet(t)
			if len(f.calls) != calls {
				t.Fatalf("calls after the loop")
			}
		}
	}
}

func TestCancelAtEachCall(t *testing.T) {
	cause := errors.New("enough")
	for _, whole := range []bool{false, true} {
		for at := 1; at < 12; at++ {
			ctx, cancel := context.WithCancelCause(t.Context())
			f := newFake(40)
			f.before = func(ctx context.Context, op string, n int) error {
				if n == at {
					cancel(cause)
					return fmt.Errorf("ews: %s: %w", op, context.Cause(ctx))
				}
				return nil
			}
			q := f.account(t, orm.Config{PageSize: 10, ChunkSize: 4}).Inbox().Messages()
			if !whole {
				q = q.Only(field.Message.Subject)
			}
			got, err := subjects(t, ctx, q)
			if len(f.calls) >= at && !errors.Is(err, cause) {
				t.Errorf("whole %v, call %d: error %v", whole, at, err)
			}
			if diff := cmp.Diff(want(0, len(got)), got); diff != "" {
				t.Errorf("whole %v, call %d: -want +got:\n%s", whole, at, diff)
			}
			cancel(nil)
			quiet(t)
		}
	}
}

func TestCancelledBeforeAndAfter(t *testing.T) {
	f := newFake(5)
	q := f.account(t, orm.Config{}).Inbox().Messages()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	for _, err := range q.All(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 5 {
			cancel() // all is there: no error
		}
	}
	calls := len(f.calls)
	got, err := subjects(t, ctx, q)
	if len(got) != 0 || !errors.Is(err, context.Canceled) || len(f.calls) != calls {
		t.Errorf("got %v, %v, %d calls", got, err, len(f.calls)-calls)
	}
}

// An item that the server can't give comes as an error in its place; the loop
// may go on.
func TestItemErrorInItsPlace(t *testing.T) {
	f := newFake(10)
	f.item = func(op string, n int) messages.ResponseCode {
		switch n {
		case 3:
			return messages.ErrorCorruptData
		case 6:
			return messages.ErrorItemNotFound // deleted in between
		}
		return messages.NoError
	}
	var got []string
	for m, err := range f.account(t, orm.Config{ChunkSize: 4}).Inbox().Messages().All(t.Context()) {
		var e *orm.ItemError
		switch {
		case errors.As(err, &e):
			got = append(got, "error "+e.ID.ID)
			var r *ews.ResponseError
			if !errors.As(err, &r) || !errors.Is(err, messages.ErrorCorruptData) {
				t.Errorf("%v is no response error", err)
			}
		case err != nil:
			t.Fatal(err)
		default:
			got = append(got, m.Subject)
		}
	}
	expected := append(want(0, 3), "error id3", "message 4", "message 5", "message 7", "message 8", "message 9")
	if diff := cmp.Diff(expected, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestErrorEndsAfterWhatWasBefore(t *testing.T) {
	boom := errors.New("boom")
	f := newFake(100)
	f.before = func(_ context.Context, op string, n int) error {
		if op == "FindItem" && n > 1 {
			return boom
		}
		return nil
	}
	q := f.account(t, orm.Config{PageSize: 10}).Inbox().Messages()
	for _, q := range []orm.Query[*orm.Message]{q, q.Only(field.Message.Subject)} {
		f.calls = nil
		got, err := subjects(t, t.Context(), q)
		if diff := cmp.Diff(want(0, 10), got); diff != "" || !errors.Is(err, boom) {
			t.Errorf("%v; -want +got:\n%s", err, diff)
		}
		all, err := q.Collect(t.Context())
		if f.calls = nil; !errors.Is(err, boom) {
			t.Errorf("Collect: %d, %v", len(all), err)
		}
		n := 0
		f.calls = nil
		for _, err := range q.All(t.Context()) {
			if err != nil {
				n++ // and go on
			}
		}
		if n != 1 {
			t.Errorf("%d errors yielded, want 1", n)
		}
	}
}

// exchangelib's row 310: what servers say of paging contradicts itself.
func TestContradictoryPaging(t *testing.T) {
	tests := map[string]func(*types.FindItemParent){
		"offset 0":              func(r *types.FindItemParent) { r.IndexedPagingOffset = 0 },
		"offset behind":         func(r *types.FindItemParent) { r.IndexedPagingOffset = 1 },
		"negative offset":       func(r *types.FindItemParent) { r.IndexedPagingOffset = -5 },
		"never the last":        func(r *types.FindItemParent) { r.IncludesLastItemInRange = false },
		"never the last, and 0": func(r *types.FindItemParent) { r.IncludesLastItemInRange, r.IndexedPagingOffset = false, 0 },
		"no total":              func(r *types.FindItemParent) { r.TotalItemsInView = 0 },
		"a hole in the items":   func(r *types.FindItemParent) { r.Items = append(r.Items, nil) },
	}
	for name, page := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFake(25)
			f.page = page
			got, err := subjects(t, t.Context(), f.account(t, orm.Config{PageSize: 10}).Inbox().Messages())
			if diff := cmp.Diff(want(0, 25), got); diff != "" || err != nil {
				t.Errorf("%v; -want +got:\n%s", err, diff)
			}
		})
	}
}

func TestServerGivesLessThanAsked(t *testing.T) {
	f := newFake(25)
	f.maxFind = 3
	q := f.account(t, orm.Config{PageSize: 10}).Inbox().Messages().Only(field.Message.Subject)
	got, err := subjects(t, t.Context(), q.Limit(7))
	if diff := cmp.Diff(want(0, 7), got); diff != "" || err != nil {
		t.Errorf("%v; -want +got:\n%s", err, diff)
	}
	if n := f.count("FindItem"); n != 3 {
		t.Errorf("%d FindItem, want 3", n)
	}
}

func TestGetAndFirst(t *testing.T) {
	for n, wantErr := range []error{orm.ErrNotFound, nil, orm.ErrMultiple, orm.ErrMultiple} {
		f := newFake(n)
		q := f.account(t, orm.Config{}).Inbox().Messages()
		m, err := q.Get(t.Context())
		if !errors.Is(err, wantErr) || (err == nil) != (m != nil) {
			t.Errorf("Get of %d: %v, %v", n, m, err)
		}
		if f.fetched > 4 {
			t.Errorf("Get of %d fetched %d items", n, f.fetched)
		}
		m, err = q.First(t.Context())
		if (n == 0) != errors.Is(err, orm.ErrNotFound) || (n > 0) != (m != nil) {
			t.Errorf("First of %d: %v, %v", n, m, err)
		}
		ok, err := q.Exists(t.Context())
		if ok != (n > 0) || err != nil {
			t.Errorf("Exists of %d: %v, %v", n, ok, err)
		}
	}
}

// Texts that FindItem cuts at 255 characters are fetched whole, in order, and
// no other item is.
func TestLongTextsAreFetchedWhole(t *testing.T) {
	f := newFake(10)
	long := strings.Repeat("0123456789", 30)
	f.messages[2].Subject, f.messages[7].Subject = long+"2", long+"7"
	f.page = func(r *types.FindItemParent) {
		for _, item := range r.Items {
			m := item.(*types.Message)
			m.Subject = m.Subject[:min(255, len(m.Subject))]
		}
	}
	expected := want(0, 10)
	expected[2], expected[7] = long+"2", long+"7"
	var got []string
	for s, err := range orm.Values(t.Context(), f.account(t, orm.Config{}).Inbox().Messages(), field.Message.Subject) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, s)
	}
	if diff := cmp.Diff(expected, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if f.count("GetItem") != 1 || f.fetched != 12 {
		t.Errorf("%d GetItem, %d items fetched", f.count("GetItem"), f.fetched)
	}
}

func TestMimeContentIsFetchedBySize(t *testing.T) {
	f := newFake(6)
	for i, mb := range []int32{1, 10, 10, 30, 1, 1} {
		f.messages[i].Size = mb << 20
	}
	acct := f.account(t, orm.Config{Parallel: 1})
	got, err := subjects(t, t.Context(), acct.Inbox().Messages().Only(field.Message.MimeContent))
	if diff := cmp.Diff(want(0, 6), got); diff != "" || err != nil {
		t.Errorf("%v; -want +got:\n%s", err, diff)
	}
	if n := f.count("GetItem"); n != 4 { // 1+10, 10, 30, 1+1
		t.Errorf("%d GetItem, want 4", n)
	}
	if diff := cmp.Diff([][]int{{1, 10}, {10}, {30}, {1, 1}}, orm.BySize([]int{1, 10, 10, 30, 1, 1}, 100, 16, func(i int) int { return []int{1, 10, 10, 30, 1, 1}[i] })); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// A query is a value: refining one twice does not mix them up, and goroutines
// may share one.
func TestQueryIsAValue(t *testing.T) {
	f := newFake(50)
	base := f.account(t, orm.Config{PageSize: 7}).Inbox().Messages().Only(field.Message.Subject).OrderBy(field.Message.Subject.Asc()).
		Filter(field.Message.IsRead.Is(false))
	a := base.Filter(field.Message.Subject.IContains("a")).Only(field.Message.Subject, field.Message.Size)
	b := base.Filter(field.Message.Subject.IContains("b")).Only(field.Message.Subject, field.Message.Importance)
	explain := func(q orm.Query[*orm.Message]) string {
		p, err := q.Explain()
		if err != nil {
			t.Fatal(err)
		}
		return p.String()
	}
	before := []string{explain(base), explain(a), explain(b)}
	if before[1] == before[2] || before[0] == before[1] {
		t.Error("the same plan for different queries")
	}
	done := make(chan error)
	for range 8 {
		go func() {
			got, err := base.Limit(30).Collect(t.Context())
			if err == nil && len(got) != 30 {
				err = fmt.Errorf("%d items", len(got))
			}
			done <- err
		}()
	}
	for range 8 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if diff := cmp.Diff(before, []string{explain(base), explain(a), explain(b)}); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
