// Archive moves what was received more than a minute ago from the inbox into
// folders for its years, and says what could not be moved.
//
//	go run ./examples/archive
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/seed-1937cc67/goews/examples/internal/account"
	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/orm"
)

func main() { account.Main(run) }

func run(ctx context.Context, acct *orm.Account, out io.Writer) error {
	received := field.Message.DateTimeReceived
	end := time.Now().Add(-time.Minute)
	for {
		old := acct.Inbox().Messages().Filter(received.LessThan(end)).OrderBy(received.Asc())
		oldest, err := old.Only(received).First(ctx)
		if errors.Is(err, orm.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		year := oldest.DateTimeReceived.UTC().Year()
		folder, err := acct.Root().Ensure(ctx, "Archive", fmt.Sprint(year))
		if err != nil {
			return err
		}
		// The ids are gathered first, so that nothing is skipped.
		results, err := old.Filter(received.LessThan(time.Date(year+1, 1, 1, 0, 0, 0, 0, time.UTC))).Move(ctx, folder)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%d moved into Archive/%d\n", len(results.Values()), year)
		if err := results.Err(); err != nil {
			return fmt.Errorf("%d could not be moved: %w", len(results.Failed()), err)
		}
	}
}
