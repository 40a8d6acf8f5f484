package orm_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/orm"
)

// exchangelib waits 5,110 s where 3,600 are allowed, for ever if the server says
// how long, and sends a wrong password again. Here, the total is kept, whatever
// the server asks for, and a loop as a whole ends with its context.
func TestPitfall20TotalIsKept(t *testing.T) {
	const total = time.Hour
	tests := []struct {
		name    string
		fault   ewstest.Fault
		timeout time.Duration // of the context
		least   int           // requests
		most    int
		want    error
	}{
		{"busy", ewstest.Fault{Code: messages.ErrorServerBusy}, 0, 100, 400, messages.ErrThrottled},
		{"busy for minutes", ewstest.Fault{Code: messages.ErrorServerBusy, BackOff: 7 * time.Minute}, 0, 8, 9, messages.ErrThrottled},
		{"busy for most of it", ewstest.Fault{Code: messages.ErrorServerBusy, BackOff: 50 * time.Minute}, 0, 2, 2, messages.ErrThrottled},
		{"busy for longer", ewstest.Fault{Code: messages.ErrorServerBusy, BackOff: 2 * time.Hour}, 0, 1, 1, messages.ErrThrottled},
		{"unavailable", ewstest.Fault{Status: http.StatusServiceUnavailable, RetryAfter: 11 * time.Minute}, 0, 5, 6, messages.ErrThrottled},
		{"no answer", ewstest.Fault{DropBefore: true}, 0, 100, 400, nil},
		{"no answer in time", ewstest.Fault{Delay: 24 * time.Hour}, 0, 100, 400, nil},
		{"a wrong password", ewstest.Fault{Status: http.StatusUnauthorized}, 0, 1, 1, nil},
		{"forbidden", ewstest.Fault{Status: http.StatusForbidden}, 0, 1, 1, nil},
		{"the context ends first", ewstest.Fault{Code: messages.ErrorServerBusy, BackOff: 3 * time.Minute}, 10 * time.Minute, 4, 4, messages.ErrThrottled},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := inBubble(t, ewstest.Config{})
				a := srv.login(t, 0, orm.Config{Retry: &ews.Retry{Attempts: 1 << 20, Total: total}})
				srv.Inject(tt.fault)
				ctx, cancel := context.WithCancel(t.Context())
				if tt.timeout > 0 {
					ctx, cancel = context.WithTimeout(ctx, tt.timeout)
				}
				defer cancel()
				start, errs := time.Now(), 0
				for _, err := range a.Inbox().Messages().All(ctx) {
					if errs++; err == nil || tt.want != nil && !errors.Is(err, tt.want) {
						t.Errorf("%v, want %v", err, tt.want)
					}
				}
				took, n := time.Since(start), srv.asked()["FindItem"]
				if n < tt.least || n > tt.most || errs != 1 || took > total || tt.most == 1 && took > 0 || tt.timeout > 0 && took > tt.timeout {
					t.Errorf("%d requests, %d errors in %v", n, errs, took)
				}
				cancel()
				srv.wg.Wait()
			})
		})
	}
}
