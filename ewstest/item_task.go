package ewstest

import (
	"time"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// checkTask checks the values of a task that may be wrong.
func (c *call) checkTask(t *types.Task) error {
	if t.PercentComplete < 0 || t.PercentComplete > 100 {
		return uriFailure(messages.ErrorInvalidPercentCompleteValue, "task:PercentComplete")
	}
	if t.Present.Has(field.Task.CompleteDate) && t.CompleteDate.After(c.store.now().Add(time.Minute)) {
		return uriFailure(messages.ErrorInvalidCompleteDate, "task:CompleteDate")
	}
	if t.Present.Has(field.Task.StartDate) && t.Present.Has(field.Task.DueDate) && t.DueDate.Before(t.StartDate) {
		t.DueDate = t.StartDate
	}
	return nil
}

func completeTask(t *types.Task, by string, now time.Time) {
	settleTask(t, nil, now)
	set(t, field.Task.ChangeCount, int32(1))
	set(t, field.Task.IsTeamTask, false)
	set(t, field.Task.Owner, by)
}

// settleTask makes status, percentage and date of completion agree. before is
// the task before an update, nil for a new one: what was changed prevails over
// what was not, the status over the percentage.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/status
func settleTask(t, before *types.Task, now time.Time) {
	if before == nil {
		before = &types.Task{}
	}
	switch status := changedTo(t.Status, before.Status); {
	case status == types.TaskStatusCompleted,
		status == "" && t.Present.Has(field.Task.CompleteDate) && !t.CompleteDate.Equal(before.CompleteDate),
		status == "" && t.PercentComplete == 100 && t.PercentComplete != before.PercentComplete:
		set(t, field.Task.Status, types.TaskStatusCompleted)
	case status == "" && t.PercentComplete != before.PercentComplete:
		next := types.TaskStatusInProgress
		if t.PercentComplete == 0 {
			next = types.TaskStatusNotStarted
		} else if t.Status != types.TaskStatusCompleted && t.Status != types.TaskStatusNotStarted && t.Status != "" {
			next = t.Status
		}
		set(t, field.Task.Status, next)
	case status == types.TaskStatusNotStarted:
		set(t, field.Task.PercentComplete, 0.0)
	case status == "" && t.Status == "":
		set(t, field.Task.Status, types.TaskStatusNotStarted)
	}
	if t.Status == types.TaskStatusCompleted {
		set(t, field.Task.PercentComplete, 100.0)
		if !t.Present.Has(field.Task.CompleteDate) {
			set(t, field.Task.CompleteDate, now)
		}
		return
	}
	if t.PercentComplete == 100 {
		t.PercentComplete = 0
	}
	t.Present.Add(field.Task.PercentComplete.PresenceBit())
	unset(t, "task:CompleteDate")
}

// changedTo returns now if it is not what it was.
func changedTo[T comparable](now, before T) T {
	if now == before {
		var zero T
		return zero
	}
	return now
}

func deriveTask(t *types.Task) {
	set(t, field.Task.IsComplete, t.Status == types.TaskStatusCompleted)
	set(t, field.Task.IsRecurring, t.Present.Has(field.Task.Recurrence))
	set(t, field.Task.StatusDescription, map[types.TaskStatus]string{
		types.TaskStatusNotStarted: "Not Started", types.TaskStatusInProgress: "In Progress", types.TaskStatusCompleted: "Completed",
		types.TaskStatusWaitingOnOthers: "Waiting on someone else", types.TaskStatusDeferred: "Deferred",
	}[t.Status])
}
