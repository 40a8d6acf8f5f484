package orm_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/orm"
)

func TestMayBeDone(t *testing.T) {
	lost := &ews.TransportError{Sent: true, Err: syscall.ECONNRESET}
	tests := []struct {
		name string
		err  error
		want bool
	}{
		{"none", nil, false},
		{"reset", lost, true},
		{"refused connection", &ews.TransportError{Err: syscall.ECONNREFUSED}, false},
		{"ended while it waited", &ews.TransportError{Err: context.Canceled}, false},
		{"busy", &ews.FaultError{Code: messages.ErrorServerBusy}, false},
		{"access", &ews.FaultError{Code: messages.ErrorAccessDenied}, false},
		{"schema", &ews.FaultError{Code: messages.ErrorSchemaValidation}, false},
		{"took too long", &ews.FaultError{Code: messages.ErrorTimeoutExpired}, true},
		{"server failed", &ews.FaultError{Code: messages.ErrorInternalServerError}, true},
		{"a fault that says nothing", &ews.FaultError{}, true},
		{"a part", &ews.ResponseError{Code: messages.ErrorItemNotFound}, false},
		{"401", &ews.HTTPError{StatusCode: http.StatusUnauthorized}, false},
		{"302", &ews.HTTPError{StatusCode: http.StatusFound}, false},
		{"408", &ews.HTTPError{StatusCode: http.StatusRequestTimeout}, true},
		{"429", &ews.HTTPError{StatusCode: http.StatusTooManyRequests}, false},
		{"500", &ews.HTTPError{StatusCode: http.StatusInternalServerError}, true},
		{"502", &ews.HTTPError{StatusCode: http.StatusBadGateway}, true},
		{"503", &ews.HTTPError{StatusCode: http.StatusServiceUnavailable}, true},
		{"503 with a time", &ews.HTTPError{StatusCode: http.StatusServiceUnavailable, RetryAfter: time.Second}, false},
		{"504", &ews.HTTPError{StatusCode: http.StatusGatewayTimeout}, true},
		{"blocked", &ews.BlockedError{}, false},
		{"held back", &ews.ThrottledError{Err: lost}, false},
		{"not sent", &ews.RequestError{Err: io.EOF}, false},
		{"not to be read", &ews.StreamError{Upload: true, Err: io.ErrClosedPipe}, false},
		{"not to be written", &ews.StreamError{Err: io.ErrClosedPipe}, true},
		{"version", &orm.VersionError{}, false},
		{"half an answer", &ews.DecodeError{Err: io.ErrUnexpectedEOF}, true},
		{"a login page", &ews.ContentError{}, true},
		{"unknown", fmt.Errorf("of two: %w", &orm.UnknownError{Err: &ews.FaultError{Code: messages.ErrorServerBusy}}), true},
		{"not attempted", orm.ErrNotAttempted, false},
		{"some other", errors.New("boom"), true},
	}
	for _, tt := range tests {
		if got := orm.MayBeDone(tt.err); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}
