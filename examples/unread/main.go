// Unread lists the unread messages of the inbox, newest first.
//
//	go run ./examples/unread
//	EWS_PASSWORD=... go run ./examples/unread -endpoint https://mail.example.com/EWS/Exchange.asmx -address john@example.com
package main

import (
	"context"
	"fmt"
	"io"

	"github.com/seed-1937cc67/goews/examples/internal/account"
	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/orm"
)

func main() { account.Main(run) }

func run(ctx context.Context, acct *orm.Account, out io.Writer) error {
	unread := acct.Inbox().Messages().
		Filter(field.Message.IsRead.Is(false)).
		OrderBy(field.Message.DateTimeReceived.Desc()).
		Only(field.Message.Subject, field.Message.From, field.Message.DateTimeReceived)
	n, err := unread.Count(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d unread\n", n)
	for m, err := range unread.Limit(10).All(ctx) {
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s  %-20s %s\n", m.DateTimeReceived.Local().Format("2 Jan 15:04"), m.From.EmailAddress, m.Subject)
	}
	return nil
}
