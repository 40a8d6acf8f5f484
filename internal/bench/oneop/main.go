// Command oneop calls one operation over an invoker that answers from memory:
// what it weighs and how long it takes to start is what gen costs a program.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/internal/wire"
)

// canned answers every call with the same document.
type canned string

// Invoke decodes the document into res.
func (c canned) Invoke(_ context.Context, _ *messages.Operation, _ messages.Marshaler, res messages.Unmarshaler) error {
	d := wire.NewDecoderBytes([]byte(c), wire.Limits{})
	if d.Root() {
		res.DecodeXML(d)
	}
	return d.Finish()
}

const answer = `<m:UnsubscribeResponse xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages"><m:ResponseMessages>` +
	`<m:UnsubscribeResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode></m:UnsubscribeResponseMessage>` +
	`</m:ResponseMessages></m:UnsubscribeResponse>`

func main() {
	res, err := messages.New(canned(answer)).Unsubscribe(context.Background(), &messages.UnsubscribeRequest{SubscriptionID: "x"})
	if err != nil {
		fmt.Fprintln(os.Stderr, "oneop:", err)
		os.Exit(1)
	}
	fmt.Println(res.ResponseMessages[0].ResponseCode)
}
