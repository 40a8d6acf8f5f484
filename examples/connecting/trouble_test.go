package connecting

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/orm"
)

func patient(ctx context.Context) (*orm.Account, error) {
	// code: retry
	acct, err := orm.Open(ctx, "john@example.com", orm.Config{
		Endpoint: "https://mail.example.com/EWS/Exchange.asmx",
		Auth:     auth.Basic(`EXAMPLE\john`, secret),
		Retry:    &ews.Retry{Attempts: 6, Total: 10 * time.Minute}, // or new(ews.Retry)
	})
	// end
	return acct, err
}

func ownRules() *ews.Retry {
	// code: retry-decide
	retry := &ews.Retry{Decide: func(a ews.Attempt, d ews.Decision) ews.Decision {
		if errors.Is(a.Err, messages.ErrorInternalServerError) && a.Safe { // this server has them now and then
			d.Repeat, d.Wait = true, time.Second
		}
		return d
	}}
	// end
	return retry
}

func kind(err error) string {
	// code: errors
	var throttled *ews.ThrottledError
	var failed *ews.TransportError
	switch {
	case errors.As(err, &throttled):
		return "nothing was sent: the server wants to be left alone for " + throttled.For.String()
	case errors.Is(err, messages.ErrThrottled):
		return "the server is busy"
	case errors.Is(err, ews.ErrBlocked):
		return "EWS is switched off for this mailbox or application"
	case errors.Is(err, fs.ErrPermission):
		return "wrong credentials, or no right to do that"
	case errors.As(err, &failed) && !failed.Sent:
		return "nothing was sent: " + failed.Hint
	case errors.As(err, &failed):
		return "sent, and no answer came"
	}
	// end
	return ""
}

func send(ctx context.Context) error {
	// code: sends
	acct, err := orm.Open(ctx, "john@example.com", orm.Config{
		Endpoint: "https://mail.example.com/EWS/Exchange.asmx",
		Auth:     auth.Basic(`EXAMPLE\john`, secret),
		Recovery: new(orm.Recovery),
	})
	if err != nil {
		return err
	}
	minutes := &orm.Message{Subject: "Minutes", ToRecipients: orm.To("mary@example.com")}
	err = acct.Send(ctx, minutes)
	var unknown *orm.UnknownError
	if errors.As(err, &unknown) { // it was looked for in vain: the server may still be at it
		_, sent, err := unknown.Check(ctx) // once more, later
		if err == nil && !sent {
			err = acct.Send(ctx, minutes)
		}
		return err
	}
	// end
	return err
}

func given(ctx context.Context) (*orm.Account, error) {
	// code: version
	acct, err := orm.Open(ctx, "john@example.com", orm.Config{
		Endpoint: "https://mail.example.com/EWS/Exchange.asmx",
		Auth:     auth.Basic(`EXAMPLE\john`, secret),
		Version:  types.ExchangeVersionExchange2013SP1,
	})
	// end
	return acct, err
}

func traced(ctx context.Context, file io.Writer) (*orm.Account, error) {
	// code: trace
	acct, err := orm.Open(ctx, "john@example.com", orm.Config{
		Endpoint:  "https://mail.example.com/EWS/Exchange.asmx",
		Auth:      auth.Basic(`EXAMPLE\john`, secret),
		Logger:    slog.New(slog.NewTextHandler(file, &slog.HandlerOptions{Level: slog.LevelDebug})), // a line for each request
		Transport: ews.Config{Trace: file},                                                           // and all of it, without secrets
	})
	// end
	return acct, err
}

func done(acct *orm.Account) {
	// code: close
	acct.Transport().CloseIdleConnections()
	// end
}

func TestTrouble(t *testing.T) {
	acct, err := patient(t.Context())
	works(t, acct, err)
	fault := exchange.Inject(ewstest.Fault{Op: "FindItem", Times: 1, Code: messages.ErrorServerBusy, BackOff: time.Millisecond})
	works(t, acct, nil)
	fault.Remove()
	if ownRules().Decide == nil {
		t.Error("no rules")
	}

	fault = exchange.Inject(ewstest.Fault{Op: "FindItem", Code: messages.ErrorServerBusy, BackOff: time.Hour})
	for _, want := range []string{"the server is busy", "nothing was sent: the server wants to be left alone for "} {
		if _, err := acct.Inbox().Messages().Count(t.Context()); !strings.HasPrefix(kind(err), want) {
			t.Errorf("%q of %v, want %q", kind(err), err, want)
		}
	}
	fault.Remove()
	fault = exchange.Inject(ewstest.Fault{Op: "CreateItem", Times: 1, DropAfter: true})
	if err := send(t.Context()); err != nil {
		t.Error(err)
	}
	fault.Remove()

	acct, err = given(t.Context())
	works(t, acct, err)
	var out bytes.Buffer
	acct, err = traced(t.Context(), &out)
	works(t, acct, err)
	if s := out.String(); !strings.Contains(s, "op=FindItem") || !strings.Contains(s, "POST https://mail.example.com/EWS/Exchange.asmx") || strings.Contains(s, secret) {
		t.Errorf("the trace is\n%s", s)
	}
	done(acct)
}
