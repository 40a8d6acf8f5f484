package ewstest

import (
	"time"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/types"
)

// Recurring tasks: there is one task at a time. When it is done, what was done
// stays as a task of its own, and the recurring one goes on to its next day.

// nextTask returns the recurring task as it is for its next day; ok is false
// if this was the last one, or if the pattern can't be read.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/recurrence-taskrecurrencetype
func nextTask(t *types.Task, now time.Time) (next *types.Task, ok bool) {
	rng, ok := oneLess(t.Recurrence.Range)
	if !ok {
		return nil, false
	}
	due := t.DueDate
	if !t.Present.Has(field.Task.DueDate) {
		due = rangeStart(t.Recurrence.Range)
	}
	at, ok := regenerated(t.Recurrence.Pattern, now)
	if !ok {
		rec, err := newRecurrence(t.Recurrence.Pattern, t.Recurrence.Range)
		if err != nil {
			return nil, false
		}
		for _, d := range rec.days() {
			if d > dayIn(due) {
				at, ok = d.at(time.Time{}, time.UTC), true
				break
			}
		}
	}
	if end, ended := rng.(*types.EndDateRecurrenceRange); !ok || ended && dayIn(at) > dayIn(end.EndDate) {
		return nil, false
	}
	n := clone(t)
	n.Recurrence = types.TaskRecurrence{Pattern: t.Recurrence.Pattern, Range: startingOn(rng, at)}
	if t.Present.Has(field.Task.StartDate) {
		set(n, field.Task.StartDate, at.Add(t.StartDate.Sub(due)))
	}
	set(n, field.Task.DueDate, at)
	return n, true
}

// regenerated returns the day of the next task of a pattern that counts from
// the day on which the last one was done; ok is false for other patterns.
func regenerated(p types.RecurrencePattern, now time.Time) (time.Time, bool) {
	day := midnight(now.UTC())
	switch p := p.(type) {
	case *types.DailyRegeneratingPattern:
		return day.AddDate(0, 0, int(p.Interval)), true
	case *types.WeeklyRegeneratingPattern:
		return day.AddDate(0, 0, 7*int(p.Interval)), true
	case *types.MonthlyRegeneratingPattern:
		return day.AddDate(0, int(p.Interval), 0), true
	case *types.YearlyRegeneratingPattern:
		return day.AddDate(int(p.Interval), 0, 0), true
	}
	return time.Time{}, false
}

// oneLess returns the range after one of its tasks; ok is false if that was
// the last.
func oneLess(r types.RecurrenceRange) (types.RecurrenceRange, bool) {
	if n, ok := r.(*types.NumberedRecurrenceRange); ok {
		return &types.NumberedRecurrenceRange{StartDate: n.StartDate, NumberOfOccurrences: n.NumberOfOccurrences - 1}, n.NumberOfOccurrences > 1
	}
	return r, r != nil
}

func rangeStart(r types.RecurrenceRange) time.Time {
	switch r := r.(type) {
	case *types.NoEndRecurrenceRange:
		return r.StartDate
	case *types.EndDateRecurrenceRange:
		return r.StartDate
	case *types.NumberedRecurrenceRange:
		return r.StartDate
	}
	return time.Time{}
}

func startingOn(r types.RecurrenceRange, at time.Time) types.RecurrenceRange {
	switch r := r.(type) {
	case *types.NoEndRecurrenceRange:
		return &types.NoEndRecurrenceRange{StartDate: at}
	case *types.EndDateRecurrenceRange:
		return &types.EndDateRecurrenceRange{StartDate: at, EndDate: r.EndDate}
	case *types.NumberedRecurrenceRange:
		return &types.NumberedRecurrenceRange{StartDate: at, NumberOfOccurrences: r.NumberOfOccurrences}
	}
	return r
}

// doneTask splits a recurring task that was just completed: it returns what
// was done as a task of its own, and the recurring task for its next day. ok is
// false if the task does not recur, is not done, or was the last.
func doneTask(v types.Properties, before types.Item, now time.Time) (done, next *types.Task, ok bool) {
	t, isTask := v.(*types.Task)
	if !isTask || !t.Present.Has(field.Task.Recurrence) || !t.IsComplete || before.(*types.Task).IsComplete {
		return nil, nil, false
	}
	next, ok = nextTask(t, now)
	if !ok {
		return nil, nil, false
	}
	set(next, field.Task.Status, types.TaskStatusNotStarted)
	set(next, field.Task.PercentComplete, 0.0)
	unset(next, "task:CompleteDate")
	done = clone(t)
	unset(done, "task:Recurrence")
	return done, next, true
}
