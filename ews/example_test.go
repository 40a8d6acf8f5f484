package ews_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// exchange stands for a server in the examples.
func exchange(body string) *httptest.Server {
	return httptest.NewServer(handler(http.StatusOK, xmlType, body))
}

func ExampleNew() {
	server := exchange(parts(part("NoError"), part("ErrorItemNotFound")))
	defer server.Close()

	c, err := ews.New(ews.Config{
		Endpoint: server.URL + "/EWS/Exchange.asmx",
		Auth:     auth.Basic(`EXAMPLE\ann`, "secret"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	res, err := messages.New(c).GetItem(context.Background(), &messages.GetItemRequest{
		ItemShape: types.ItemResponseShape{BaseShape: types.DefaultShapeNamesDefault},
		ItemIDs:   []types.BaseItemID{&types.ItemID{ID: "AAA="}, &types.ItemID{ID: "BBB="}},
	})
	if err != nil { // the call failed
		fmt.Println(err)
		return
	}
	errs := ews.Errors(messages.OpGetItem, res)
	for i, m := range res.ResponseMessages {
		if errs[i] != nil { // this part of it failed
			fmt.Println(errs[i])
			continue
		}
		fmt.Println(m.Items[0].(*types.Message).Subject)
	}
	version, build := c.Version()
	fmt.Println(version, build)
	// Output:
	// hi
	// ews: GetItem input 1: ErrorItemNotFound: text of ErrorItemNotFound
	// Exchange2013_SP1 15.0.1497.2
}

func ExampleClient_With() {
	server := exchange(ok)
	defer server.Close()
	service, err := ews.New(ews.Config{Endpoint: server.URL, Auth: auth.Basic("service", "secret")})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, address := range []string{"room1@example.com", "room2@example.com"} {
		room := service.With(ews.ActAs(address)) // over the same connections
		_, err := messages.New(room).GetItem(context.Background(), getItemRequest())
		fmt.Println(address, err)
	}
	// Output:
	// room1@example.com <nil>
	// room2@example.com <nil>
}

// The first middleware is outermost.
func ExampleConfig_middleware() {
	server := exchange(ok)
	defer server.Close()
	say := func(name string) ews.Middleware {
		return func(next messages.Invoker) messages.Invoker {
			return messages.InvokerFunc(func(ctx context.Context, op *messages.Operation, req messages.Marshaler, res messages.Unmarshaler) error {
				fmt.Println(name, "before", op.Name)
				err := next.Invoke(ctx, op, req, res)
				fmt.Println(name, "after", op.Name)
				return err
			})
		}
	}
	c, err := ews.New(ews.Config{Endpoint: server.URL, Middleware: []ews.Middleware{say("first"), say("second")}})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, _ = messages.New(c).GetItem(context.Background(), getItemRequest())
	// Output:
	// first before GetItem
	// second before GetItem
	// second after GetItem
	// first after GetItem
}

func ExampleConfig_trace() {
	server := exchange(parts())
	defer server.Close()
	var trace strings.Builder // os.Stderr in life
	c, err := ews.New(ews.Config{Endpoint: server.URL + "/EWS/Exchange.asmx", Auth: auth.Basic("ann", "secret"), Trace: &trace})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, _ = messages.New(c).GetItem(context.Background(), getItemRequest())
	for line := range strings.Lines(trace.String()) {
		if strings.HasPrefix(line, "[1]") || strings.HasPrefix(line, "Authorization") {
			fmt.Print(regexp.MustCompile(`:\d+/`).ReplaceAllString(line, "/"))
		}
	}
	// Output:
	// [1] request: POST http://127.0.0.1/EWS/Exchange.asmx HTTP/1.1
	// Authorization: Basic ***
	// [1] answer: HTTP/1.1 200 OK
}

func ExampleConfig_logger() {
	server := exchange(ok)
	defer server.Close()
	level := &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		switch a.Key { // what differs from run to run
		case "time", "took", "request_id":
			return slog.Attr{}
		}
		return a
	}}
	c, err := ews.New(ews.Config{Endpoint: server.URL, Logger: slog.New(slog.NewTextHandler(os.Stdout, level))})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, _ = messages.New(c).GetItem(context.Background(), getItemRequest())
	// Output:
	// level=DEBUG msg="ews call" op=GetItem attempt=1 version=Exchange2007_SP1 sent=472 received=712 status=200
}

func ExampleErrors() {
	server := exchange(parts(part("NoError"), part("ErrorItemNotFound"), part("NoError")))
	defer server.Close()
	c, err := ews.New(ews.Config{Endpoint: server.URL})
	if err != nil {
		fmt.Println(err)
		return
	}
	res, err := messages.New(c).GetItem(context.Background(), getItemRequest())
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, err := range ews.Errors(messages.OpGetItem, res) {
		fmt.Println(i, err == nil, errors.Is(err, messages.ErrorItemNotFound))
	}
	// Output:
	// 0 true false
	// 1 false true
	// 2 true false
}

// An answer that says that the server is busy holds back every call that goes
// through the same Retry.
func ExampleRetry() {
	n := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n++; n == 1 {
			handler(http.StatusInternalServerError, xmlType, fault("ErrorServerBusy", "BackOffMilliseconds", "20"))(w, r)
			return
		}
		handler(http.StatusOK, xmlType, ok)(w, r)
	}))
	defer server.Close()

	patience := &ews.Retry{Attempts: 6, Total: 10 * time.Minute} // to be shared by all clients of one service account
	c, err := ews.New(ews.Config{Endpoint: server.URL, Retry: patience})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = messages.New(c).GetItem(context.Background(), getItemRequest())
	fmt.Println(n, "requests:", err)
	// Output:
	// 2 requests: <nil>
}

func ExampleClient_Events() {
	server := exchange(alive + created("AAA=") + closing)
	defer server.Close()
	c, err := ews.New(ews.Config{Endpoint: server.URL})
	if err != nil {
		fmt.Println(err)
		return
	}
	// SubscriptionIDs are from messages.Client.Subscribe, over the same client.
	for m, err := range c.Events(context.Background(), &messages.GetStreamingEventsRequest{SubscriptionIDs: []string{"S"}, ConnectionTimeout: 30}) {
		if err != nil {
			fmt.Println(err) // subscribe again, and catch up by SyncFolderItems
			return
		}
		for _, n := range m.Notifications {
			for _, e := range n.Events {
				if e, ok := e.(*types.CreatedEvent); ok {
					fmt.Println("created", e.ItemID.ID)
				}
			}
		}
	}
	// Output:
	// created AAA=
}
