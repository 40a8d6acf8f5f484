// Export writes the newest messages of the inbox as files that mail programs
// open (.eml), one after the other: only a few are in memory at once.
//
//	go run ./examples/export
package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/seed-1937cc67/goews/examples/internal/account"
	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/orm"
)

func main() { account.Main(run) }

func run(ctx context.Context, acct *orm.Account, out io.Writer) error {
	dir, err := os.MkdirTemp("", "export")
	if err != nil {
		return err
	}
	n := 0
	messages := acct.Inbox().Messages().OrderBy(field.Message.DateTimeReceived.Desc()).Limit(20)
	for m, err := range messages.Only(field.Message.Subject, field.Message.MimeContent).All(ctx) {
		var one *orm.ItemError
		if errors.As(err, &one) {
			fmt.Fprintln(out, "left out:", err) // the others are not affected
			continue
		}
		if err != nil {
			return err
		}
		mime, err := base64.StdEncoding.DecodeString(m.MimeContent.Value)
		if err != nil {
			return err
		}
		n++
		name := fmt.Sprintf("%03d %s.eml", n, strings.Map(printable, m.Subject))
		if err := os.WriteFile(filepath.Join(dir, name), mime, 0o600); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "%d messages in %s\n", n, dir)
	return nil
}

// printable leaves out what file names can't have.
func printable(r rune) rune {
	if strings.ContainsRune(`/\:*?"<>|`, r) || r < ' ' {
		return '_'
	}
	return r
}
