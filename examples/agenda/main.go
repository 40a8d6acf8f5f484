// Agenda prints the next seven days of the calendar: each occurrence of a
// series by itself.
//
//	go run ./examples/agenda
package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/seed-1937cc67/goews/examples/internal/account"
	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/orm"
)

func main() { account.Main(run) }

func run(ctx context.Context, acct *orm.Account, out io.Writer) error {
	now := time.Now()
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.Local)
	week := acct.Calendar().View(today, today.AddDate(0, 0, 7)).
		Only(field.CalendarItem.Subject, field.CalendarItem.Start, field.CalendarItem.End, field.CalendarItem.Location)
	day := ""
	for e, err := range week.All(ctx) {
		if err != nil {
			return err
		}
		start, end := e.Start.Local(), e.End.Local()
		if d := start.Format("Monday, 2 January"); d != day {
			day = d
			fmt.Fprintln(out, day)
		}
		fmt.Fprintf(out, "  %s-%s  %s (%s)\n", start.Format("15:04"), end.Format("15:04"), e.Subject, e.Location)
	}
	return nil
}
