package ews_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/gen/messages"
)

// FuzzAnswer: whatever comes back, a call gives an answer or one of the
// package's errors, and the stream of events ends.
func FuzzAnswer(f *testing.F) {
	for _, body := range []string{ok, fault("ErrorServerBusy", "BackOffMilliseconds", "1"), alive + closing, "<html>", gzipped(ok), parts(part("ErrorServerBusy", "BackOffMilliseconds", "x"))} {
		f.Add(200, xmlType, "", body)
		f.Add(500, "application/xhtml+xml", "gzip", body)
	}
	f.Fuzz(func(t *testing.T, status int, contentType, encoding, body string) {
		c, err := ews.New(ews.Config{
			Endpoint: "https://x/", Trace: io.Discard, Retry: ews.NoRetry(), MaxResponseBytes: 1 << 20,
			HTTPClient: &http.Client{Transport: &fake{f: func(int, *http.Request, string) (*http.Response, error) {
				h := answer(status, contentType, body)
				h.Header.Set("Content-Encoding", encoding)
				h.Header.Set("Retry-After", contentType)
				h.Header.Set("Www-Authenticate", encoding)
				return h, nil
			}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		check := func(err error) {
			var fault *ews.FaultError
			var response *ews.ResponseError
			var status *ews.HTTPError
			var content *ews.ContentError
			var decode *ews.DecodeError
			var transport *ews.TransportError
			if err != nil && !errors.As(err, &fault) && !errors.As(err, &response) && !errors.As(err, &status) && !errors.As(err, &content) && !errors.As(err, &decode) && !errors.As(err, &transport) {
				t.Errorf("error %v, a %T", err, err)
			}
			if err != nil && !strings.HasPrefix(err.Error(), "ews: Get") {
				t.Errorf("error %v names no operation", err)
			}
		}
		res, err := messages.New(c).GetItem(t.Context(), getItemRequest())
		if check(err); err == nil {
			for _, err := range ews.Errors(messages.OpGetItem, res) {
				check(err)
			}
		}
		for _, err := range c.Events(t.Context(), eventsRequest()) {
			check(err)
		}
	})
}
