package ewstest_test

import (
	"testing"
	"time"

	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// TestRecurringTask: what is done becomes a task of its own, whose id the
// answer names; the recurring one goes on.
func TestRecurringTask(t *testing.T) {
	now := time.Date(2026, 5, 20, 12, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		pattern types.RecurrencePattern
		due     time.Time
	}{
		"daily":       {&types.DailyRecurrencePattern{Interval: 1}, date(2026, 5, 2)},
		"regenerates": {&types.WeeklyRegeneratingPattern{Interval: 1}, date(2026, 5, 27)},
	} {
		s := ewstest.New(t, ewstest.Config{Clock: func() time.Time { return now }})
		c := dial(t, s, 0)
		id := create(t, c, "", &types.Task{
			Subject: "water the plants", StartDate: date(2026, 5, 1), DueDate: date(2026, 5, 1),
			Recurrence: types.TaskRecurrence{Pattern: tc.pattern, Range: &types.NumberedRecurrenceRange{StartDate: date(2026, 5, 1), NumberOfOccurrences: 3}},
		})
		done := must(c.ops().UpdateItem(t.Context(), &messages.UpdateItemRequest{
			ConflictResolution: types.ConflictResolutionAlwaysOverwrite,
			ItemChanges: []types.ItemChange{{ItemID: &types.ItemID{ID: id.ID}, Updates: []types.ItemChangeDescription{
				&types.SetItemField{Path: &types.PathToUnindexedField{FieldURI: "task:Status"}, Item: &types.Task{Status: types.TaskStatusCompleted}},
			}}},
		}))
		if err := firstError(done); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		one := getAll(t, c, itemIDOf(t, done.ResponseMessages[0].Items)).(*types.Task)
		next := getAll(t, c, id).(*types.Task)
		if one.ItemID.ID == id.ID || one.IsRecurring || !one.IsComplete {
			t.Errorf("%s: what was done is %+v", name, one)
		}
		left := next.Recurrence.Range.(*types.NumberedRecurrenceRange).NumberOfOccurrences
		if !next.IsRecurring || next.IsComplete || !next.DueDate.Equal(tc.due) || left != 2 || next.ChangeCount != 2 {
			t.Errorf("%s: what goes on is %+v, %d left", name, next, left)
		}
		skip := must(c.ops().DeleteItem(t.Context(), &messages.DeleteItemRequest{
			DeleteType: types.DisposalHardDelete, AffectedTaskOccurrences: types.AffectedTaskOccurrencesSpecifiedOccurrenceOnly,
			ItemIDs: []types.BaseItemID{&id, &id},
		}))
		if codes(skip)[0] != messages.NoError || codes(skip)[1] != messages.ErrorCannotDeleteTaskOccurrence {
			t.Errorf("%s: skipping: %v", name, codes(skip))
		}
	}
}
