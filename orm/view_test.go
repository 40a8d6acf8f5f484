package orm_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/orm"
)

// series puts a daily event of n days from noon on into the calendar, and two
// single ones, of which one is over a border of days.
func series(t *testing.T, acct *orm.Account, n int32) {
	t.Helper()
	events := []orm.Item{
		&orm.CalendarItem{Subject: "daily", Start: noon, End: noon.Add(time.Hour), Recurrence: types.Recurrence{
			Pattern: &types.DailyRecurrencePattern{Interval: 1},
			Range:   &types.NumberedRecurrenceRange{StartDate: noon, NumberOfOccurrences: n},
		}},
		&orm.CalendarItem{Subject: "night", Start: noon.Add(10 * time.Hour), End: noon.Add(16 * time.Hour)},
		&orm.CalendarItem{Subject: "early", Start: noon.Add(-3 * time.Hour), End: noon.Add(-2 * time.Hour)},
	}
	if rs, err := acct.CreateAll(t.Context(), acct.Calendar(), events); err != nil || rs.Err() != nil {
		t.Fatal(err, rs.Err())
	}
}

// starts returns what a view yields, in short.
func starts(t *testing.T, v orm.View) []string {
	t.Helper()
	var out []string
	for e, err := range v.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, fmt.Sprint(e.Start.UTC().Format("2 15:04 "), e.Subject))
	}
	return out
}

// exchangelib: calendar.view()[10:20] returns everything, [5] returns item 0.
func TestPitfall3ViewHasRanges(t *testing.T) {
	_, acct := open(t)
	series(t, acct, 30)
	view := acct.Calendar().View(noon.AddDate(0, 0, -1), noon.AddDate(0, 0, 60))
	all := starts(t, view)
	if len(all) != 32 {
		t.Fatalf("%d occurrences: %v", len(all), all)
	}
	if diff := cmp.Diff([]string{"2 09:00 early", "2 12:00 daily", "2 22:00 night", "3 12:00 daily"}, all[:4]); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, tt := range []struct{ offset, limit, from, to int }{
		{10, 10, 10, 20}, {5, 1, 5, 6}, {0, 1, 0, 1}, {0, 0, 0, 0}, {5, 0, 0, 0}, {30, 10, 30, 32}, {40, 10, 0, 0}, {20, -1, 20, 32}, {0, 100, 0, 32},
	} {
		v := view.Offset(tt.offset)
		if tt.limit >= 0 {
			v = v.Limit(tt.limit)
		}
		for name, v := range map[string]orm.View{"whole": v, "only": v.Only(field.CalendarItem.Start, field.CalendarItem.Subject)} {
			if diff := cmp.Diff(all[tt.from:tt.to], starts(t, v), cmpEmpty); diff != "" {
				t.Errorf("[%d:+%d] %s: -want +got:\n%s", tt.offset, tt.limit, name, diff)
			}
		}
		if n, err := v.Count(t.Context()); n != tt.to-tt.from || err != nil {
			t.Errorf("[%d:+%d]: Count %d, %v", tt.offset, tt.limit, n, err)
		}
		if ok, err := v.Exists(t.Context()); ok != (tt.to > tt.from) || err != nil {
			t.Errorf("[%d:+%d]: Exists %v, %v", tt.offset, tt.limit, ok, err)
		}
	}
}

// cmpEmpty takes an empty slice for none.
var cmpEmpty = cmp.Transformer("empty", func(s []string) any {
	if len(s) == 0 {
		return nil
	}
	return fmt.Sprint(s)
})

func TestViewEdges(t *testing.T) {
	_, acct := open(t)
	series(t, acct, 3)
	cal, ctx := acct.Calendar(), t.Context()
	for _, tt := range []struct {
		name       string
		start, end time.Time
		want       []string
	}{
		{"what lasts into the window", noon.Add(15 * time.Hour), noon.Add(20 * time.Hour), []string{"2 22:00 night"}},
		{"what starts at the end is not in it", noon.Add(-time.Hour), noon, nil},
		{"empty window", noon.AddDate(1, 0, 0), noon.AddDate(1, 0, 1), nil},
		{"the last of the series", noon.AddDate(0, 0, 2), noon.AddDate(0, 0, 9), []string{"4 12:00 daily"}},
	} {
		if diff := cmp.Diff(tt.want, starts(t, cal.View(tt.start, tt.end))); diff != "" {
			t.Errorf("%s: -want +got:\n%s", tt.name, diff)
		}
	}
	first, err := cal.View(noon, noon.AddDate(0, 0, 9)).First(ctx)
	if err != nil || first.CalendarItemType != types.CalendarItemTypeOccurrence || first.Location != "" {
		t.Errorf("%+v, %v", first, err)
	}
	var fe *orm.FieldError
	bad := cal.View(noon, noon.Add(-time.Second))
	if _, err := bad.Count(ctx); !errors.As(err, &fe) || !errors.As(bad.Err(), &fe) {
		t.Errorf("%v", err)
	}
	if _, err := bad.Collect(ctx); !errors.As(err, &fe) {
		t.Errorf("%v", err)
	}
	if _, err := cal.View(noon.AddDate(1, 0, 0), noon.AddDate(1, 0, 1)).First(ctx); !errors.Is(err, orm.ErrNotFound) {
		t.Errorf("%v", err)
	}
	n := 0
	for _, err := range cal.View(noon, noon.AddDate(0, 0, 9)).IDs(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 4 {
		t.Errorf("%d ids", n)
	}
	plan, err := cal.View(noon, noon.AddDate(0, 0, 9)).Only(field.CalendarItem.Subject).Offset(3).Limit(4).Explain()
	if err != nil {
		t.Fatal(err)
	}
	v := plan.Find.Paging.(*types.CalendarView)
	if v.MaxEntriesReturned != 7 || plan.Get != nil || plan.Find.Restriction != nil {
		t.Errorf("plan %v", plan)
	}
}

// A server that gives fewer occurrences at once than there are, and refuses a
// window of more than two years, is asked for parts; each occurrence comes once.
func TestViewInParts(t *testing.T) {
	srv := ewstest.New(t, ewstest.Config{MaxFind: 7})
	acct := login(t, srv, 0, orm.Config{})
	series(t, acct, 40)
	view := acct.Calendar().View(noon.AddDate(-3, 0, 0), noon.AddDate(4, 0, 0))
	for _, v := range []orm.View{view, view.Only(field.CalendarItem.Start)} {
		seen := map[time.Time]bool{}
		last := time.Time{}
		for e, err := range v.All(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if seen[e.Start] || e.Start.Before(last) {
				t.Errorf("%v twice, or late", e.Start)
			}
			seen[e.Start], last = true, e.Start
		}
		if len(seen) != 42 {
			t.Errorf("%d occurrences", len(seen))
		}
		if n, err := v.Count(t.Context()); n != 42 || err != nil {
			t.Errorf("Count %d, %v", n, err)
		}
	}
}
