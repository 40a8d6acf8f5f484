package ews_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/gen/messages"
)

// TestRepeatedStreamGoesOn: Retry.Total is for how long it takes until a stream
// begins, not for the stream.
func TestRepeatedStreamGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, server := faked(t, ews.Config{Retry: &ews.Retry{Total: 90 * time.Second}}, func(n int, r *http.Request, _ string) (*http.Response, error) {
			if n == 1 {
				return nil, refused
			}
			h := answer(200, xmlType, "")
			h.Body, h.ContentLength = &script{text: []string{alive, alive, alive, closing}, wait: time.Minute, err: io.EOF, ctx: r.Context()}, -1
			return h, nil
		})
		n := 0
		for _, err := range c.Events(t.Context(), eventsRequest()) {
			if n++; err != nil {
				t.Errorf("message %d: %v", n, err)
			}
		}
		if n != 4 || server.count() != 2 {
			t.Errorf("%d messages after %d requests, want 4 after 2", n, server.count())
		}
	})
	// One that does not begin is cut all the same.
	synctest.Test(t, func(t *testing.T) {
		c, _ := faked(t, ews.Config{Retry: &ews.Retry{Total: 90 * time.Second}}, func(n int, r *http.Request, _ string) (*http.Response, error) {
			if n == 1 {
				return nil, refused
			}
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		start := time.Now()
		for _, err := range c.Events(t.Context(), eventsRequest()) {
			var to *ews.TimeoutError
			if !errors.As(err, &to) || to.After != 90*time.Second || time.Since(start) != 90*time.Second {
				t.Errorf("%v after %v, want a TimeoutError after 90s", err, time.Since(start))
			}
		}
	})
}

// TestPauseKeepsTotal: what is added to a pause, so that not all callers are
// back at once, does not go past what the call may take.
func TestPauseKeepsTotal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for range 20 {
			for name, op := range map[string]*messages.Operation{"repeated": messages.OpGetItem, "held back": messages.OpSendItem} {
				retry := &ews.Retry{Total: 10 * time.Second}
				var last time.Time
				c, server := faked(t, ews.Config{Retry: retry}, func(n int, _ *http.Request, body string) (*http.Response, error) {
					last = time.Now()
					if n == 1 {
						return xmlAnswer(fault("ErrorServerBusy", "BackOffMilliseconds", "9900")), nil
					}
					if strings.Contains(body, "SendItem") {
						return xmlAnswer(envelope(sendItemDone)), nil
					}
					return xmlAnswer(ok), nil
				})
				if name == "held back" {
					_ = call(t.Context(), c.With(ews.SetRetry(&ews.Retry{Attempts: 1})), messages.OpGetItem)
					ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
					defer cancel()
					_ = call(ctx, c, messages.OpGetItem)
				}
				start := time.Now()
				if err := call(t.Context(), c, op); err != nil || last.Sub(start) >= 10*time.Second {
					t.Errorf("%s: %v, the last of %d requests after %v", name, err, server.count(), last.Sub(start))
				}
			}
		}
	})
}

// TestPausesOfAnyLength: no MinWait is too long to be doubled.
func TestPausesOfAnyLength(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, server := faked(t, ews.Config{Retry: &ews.Retry{Attempts: 40, MinWait: 10 * time.Hour, MaxWait: time.Second, Total: time.Hour}},
			func(int, *http.Request, string) (*http.Response, error) { return nil, refused })
		if err := call(t.Context(), c, messages.OpGetItem); err == nil || server.count() != 40 {
			t.Errorf("%v after %d requests, want an error after 40", err, server.count())
		}
	})
}

// TestUnavailableWithAnyFault: of a fault that says nothing the status counts.
func TestUnavailableWithAnyFault(t *testing.T) {
	text := `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>s:Server</faultcode><faultstring>try later</faultstring></s:Fault></s:Body></s:Envelope>`
	for _, status := range []int{429, 502, 503, 504} {
		synctest.Test(t, func(t *testing.T) {
			c, server := faked(t, ews.Config{Retry: new(ews.Retry)}, func(n int, _ *http.Request, _ string) (*http.Response, error) {
				if n == 1 {
					return answer(status, xmlType, text), nil
				}
				return xmlAnswer(ok), nil
			})
			if err := call(t.Context(), c, messages.OpGetItem); err != nil || server.count() != 2 {
				t.Errorf("%d: %v after %d requests", status, err, server.count())
			}
			c, _ = faked(t, ews.Config{}, func(int, *http.Request, string) (*http.Response, error) { return answer(status, xmlType, text), nil })
			var he *ews.HTTPError
			if err := call(t.Context(), c, messages.OpGetItem); !errors.As(err, &he) || he.StatusCode != status || !strings.Contains(he.Body, "try later") {
				t.Errorf("%d: %v, want the status with what the server says", status, err)
			}
		})
	}
}

// exchangelib reads a hint in a fault, and passes over one in a response message.
// Here it counts wherever it stands, for the call and for all that share the Retry.
func TestPitfall19HintsWhereverTheyStand(t *testing.T) {
	hint := []string{"BackOffMilliseconds", "7000"}
	single := envelope(`<m:GetServerTimeZonesResponse><m:ResponseMessages><m:GetServerTimeZonesResponseMessage ResponseClass="Error"><m:ResponseCode>ErrorServerBusy</m:ResponseCode>` +
		`<m:MessageXml><t:Value Name="BackOffMilliseconds">7000</t:Value></m:MessageXml></m:GetServerTimeZonesResponseMessage></m:ResponseMessages></m:GetServerTimeZonesResponse>`)
	for name, body := range map[string]string{
		"a fault":                fault("ErrorServerBusy", hint...),
		"a response message":     parts(part("ErrorServerBusy", hint...)),
		"one of many":            parts(part("NoError"), part("ErrorServerBusy"), part("ErrorServerBusy", hint...), part("ErrorServerBusy")),
		"the longest":            parts(part("ErrorServerBusy", "BackOffMilliseconds", "10"), part("ErrorServerBusy", hint...)),
		"any other code":         parts(part("ErrorTimeoutExpired", hint...)),
		"an error that wraps it": parts(part("ErrorInternalServerError", append([]string{"InnerErrorResponseCode", "ErrorServerBusy"}, hint...)...)),
		"another operation":      single,
	} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			var at []time.Duration
			c, _ := faked(t, ews.Config{Retry: new(ews.Retry)}, func(n int, _ *http.Request, _ string) (*http.Response, error) {
				at = append(at, time.Since(start))
				if n == 1 {
					return xmlAnswer(body), nil
				}
				if body == single {
					return xmlAnswer(envelope(`<m:GetServerTimeZonesResponse><m:ResponseMessages/></m:GetServerTimeZonesResponse>`)), nil
				}
				return xmlAnswer(ok), nil
			})
			var err error
			if body == single {
				_, err = messages.New(c).GetServerTimeZones(t.Context(), &messages.GetServerTimeZonesRequest{})
			} else {
				err = call(t.Context(), c, messages.OpGetItem)
			}
			if err != nil || len(at) != 2 || at[1] < 7*time.Second || at[1] > 8*time.Second {
				t.Errorf("%s: %v, requests at %v; want the second after 7s", name, err, at)
			}
		})
	}
}

// TestPausesOfOneServer: a Retry that clients of several servers share, as do
// accounts that are opened with one Config, holds back those of the server that
// asked for it.
func TestPausesOfOneServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		retry := new(ews.Retry)
		start := time.Now()
		client := func(endpoint string) *ews.Client {
			c, _ := faked(t, ews.Config{Endpoint: endpoint, Retry: retry}, func(n int, r *http.Request, _ string) (*http.Response, error) {
				if n == 1 && r.URL.Path == "/busy" {
					return xmlAnswer(fault("ErrorServerBusy", "BackOffMilliseconds", "60000")), nil
				}
				return xmlAnswer(ok), nil
			})
			return c
		}
		var wg sync.WaitGroup
		wg.Go(func() { _ = call(t.Context(), client("https://a.example.com/busy"), messages.OpGetItem) })
		synctest.Wait()
		for _, tt := range []struct {
			endpoint string
			held     bool
		}{
			{"https://b.example.com/EWS/Exchange.asmx", false},
			{"https://a.example.com:444/EWS/Exchange.asmx", false},
			{"https://A.example.com/EWS/Exchange.asmx", true},
		} {
			if err := call(t.Context(), client(tt.endpoint), messages.OpGetItem); err != nil || time.Since(start) > 0 != tt.held {
				t.Errorf("%s: %v after %v", tt.endpoint, err, time.Since(start))
			}
		}
		wg.Wait()
	})
}

// TestGatewaysHintsAreShared: what a gateway asks for holds for all calls, too.
func TestGatewaysHintsAreShared(t *testing.T) {
	for name, first := range map[string]func() *http.Response{
		"502": func() *http.Response { return status(502, "30") },
		"504": func() *http.Response { return status(504, "30") },
		"the service fell over": func() *http.Response {
			return withHint(answer(500, "text/html", "<title>Server Error in '/EWS' Application</title>"), "30")
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			c, _ := faked(t, ews.Config{Retry: new(ews.Retry)}, func(n int, _ *http.Request, _ string) (*http.Response, error) {
				if n == 1 {
					return first(), nil
				}
				return xmlAnswer(ok), nil
			})
			start := time.Now()
			var wg sync.WaitGroup
			for range 3 {
				wg.Go(func() {
					if err := call(t.Context(), c, messages.OpGetItem); err != nil || time.Since(start) < 30*time.Second {
						t.Errorf("%s: %v after %v, want 30s", name, err, time.Since(start))
					}
				})
				synctest.Wait()
			}
			wg.Wait()
		})
	}
}
