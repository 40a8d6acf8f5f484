package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/orm"
)

func main() {
	ctx := context.Background()
	acct, err := orm.Open(ctx, "alice@example.com", orm.Config{
		Endpoint: os.Getenv("EWS_URL"), // as in https://mail.example.com/EWS/Exchange.asmx; empty: found by the address
		Auth:     auth.Basic("alice@example.com", auth.Secret(os.Getenv("EWS_PASSWORD"))),
	})
	if err != nil {
		log.Fatal(err)
	}
	unread := acct.Inbox().Messages().
		Filter(field.Message.IsRead.Is(false), field.Message.Subject.IContains("invoice")).
		OrderBy(field.Message.DateTimeReceived.Desc())
	for m, err := range unread.Limit(10).All(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(m.Subject, m.From.EmailAddress)
	}
	moved, err := unread.Move(ctx, acct.Trash())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(moved), "moved")
}
