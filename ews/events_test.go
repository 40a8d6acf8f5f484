package ews_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

func streamDoc(content string) string {
	return envelope(`<m:GetStreamingEventsResponse><m:ResponseMessages><m:GetStreamingEventsResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>` +
		content + `</m:GetStreamingEventsResponseMessage></m:ResponseMessages></m:GetStreamingEventsResponse>`)
}

func created(id string) string {
	return streamDoc(`<m:Notifications><m:Notification><t:SubscriptionId>S</t:SubscriptionId><t:CreatedEvent><t:Watermark>w</t:Watermark><t:TimeStamp>2026-01-01T00:00:00Z</t:TimeStamp>` +
		`<t:ItemId Id="` + id + `"/><t:ParentFolderId Id="F"/></t:CreatedEvent></m:Notification></m:Notifications>`)
}

var (
	alive    = streamDoc(`<m:ConnectionStatus>OK</m:ConnectionStatus>`)
	closing  = streamDoc(`<m:ConnectionStatus>Closed</m:ConnectionStatus>`)
	goneSubs = envelope(`<m:GetStreamingEventsResponse><m:ResponseMessages><m:GetStreamingEventsResponseMessage ResponseClass="Error"><m:MessageText>Subscription is invalid.</m:MessageText>` +
		`<m:ResponseCode>ErrorInvalidSubscription</m:ResponseCode><m:ErrorSubscriptionIds><m:SubscriptionId>S</m:SubscriptionId></m:ErrorSubscriptionIds></m:GetStreamingEventsResponseMessage></m:ResponseMessages></m:GetStreamingEventsResponse>`)
)

func eventsRequest() *messages.GetStreamingEventsRequest {
	return &messages.GetStreamingEventsRequest{SubscriptionIDs: []string{"S"}, ConnectionTimeout: 30}
}

// script writes texts, each after a pause, and ends the body with err.
type script struct {
	text []string
	wait time.Duration
	err  error
	ctx  context.Context

	within bool
	closed bool
}

func (s *script) Read(p []byte) (int, error) {
	if len(s.text) == 0 {
		if s.err == nil {
			<-s.ctx.Done()
			return 0, s.ctx.Err()
		}
		return 0, s.err
	}
	if !s.within {
		select {
		case <-time.After(s.wait):
		case <-s.ctx.Done():
			return 0, s.ctx.Err()
		}
	}
	n := copy(p, s.text[0])
	s.within = n < len(s.text[0])
	if s.within {
		s.text = append([]string{s.text[0][n:]}, s.text[1:]...)
	} else {
		s.text = s.text[1:]
	}
	return n, nil
}

func (s *script) Close() error { s.closed = true; return nil }

// say describes a message.
func say(m *messages.GetStreamingEventsResponseMessage, err error) string {
	switch {
	case m == nil:
		return fmt.Sprintf("%T", err)
	case err != nil:
		return string(m.ResponseCode) + " " + strings.Join(m.ErrorSubscriptionIDs, ",")
	case m.ConnectionStatus != "":
		return string(m.ConnectionStatus)
	}
	id, _ := m.Notifications[0].Events[0].(*types.CreatedEvent)
	return fmt.Sprint("created ", id.ItemID.ID)
}

func TestEvents(t *testing.T) {
	minute := time.Minute
	long := strings.Replace(alive, "<m:ConnectionStatus>", "<!--"+strings.Repeat("x", 3000)+"--><m:ConnectionStatus>", 1)
	for _, tt := range []struct {
		name  string
		body  script
		limit int64
		want  string
		took  time.Duration
		is    error
	}{
		{name: "closed", body: script{text: []string{alive, created("1"), created("2"), closing}, wait: minute, err: io.EOF}, want: "OK@1m0s created 1@2m0s created 2@3m0s Closed@4m0s", took: 4 * minute},
		{name: "two at once", body: script{text: []string{alive + created("1"), closing}, wait: minute, err: io.EOF}, want: "OK@1m0s created 1@1m0s Closed@2m0s", took: 2 * minute},
		{name: "in pieces", body: script{text: []string{alive[:100], alive[100:600], alive[600:] + "\r\n", closing}, wait: minute, err: io.EOF}, want: "OK@3m0s Closed@4m0s", took: 4 * minute},
		{name: "subscriptions gone", body: script{text: []string{goneSubs, closing}, wait: minute, err: io.EOF}, want: "ErrorInvalidSubscription S@1m0s Closed@2m0s", took: 2 * minute},
		{name: "more than an answer may have", body: script{text: []string{alive, alive, alive, alive, alive, closing}, wait: minute, err: io.EOF}, limit: 1000, want: "OK@1m0s OK@2m0s OK@3m0s OK@4m0s OK@5m0s Closed@6m0s", took: 6 * minute},
		{name: "a message too large", body: script{text: []string{alive, long, closing}, wait: minute, err: io.EOF}, limit: 1000, want: "OK@1m0s *ews.DecodeError@2m0s", took: 2 * minute, is: nil},
		{name: "no farewell", body: script{text: []string{alive}, wait: minute, err: io.EOF}, want: "OK@1m0s *ews.DecodeError@1m0s", took: minute, is: io.ErrUnexpectedEOF},
		{name: "cut off", body: script{text: []string{alive, alive[:500]}, wait: minute, err: io.EOF}, want: "OK@1m0s *ews.DecodeError@2m0s", took: 2 * minute, is: io.ErrUnexpectedEOF},
		{name: "reset", body: script{text: []string{alive}, wait: minute, err: reset}, want: "OK@1m0s *ews.TransportError@1m0s", took: minute, is: reset},
		{name: "silent", body: script{text: []string{alive, alive}, wait: 80 * time.Second}, want: "OK@1m20s OK@2m40s *ews.TransportError@4m20s", took: 260 * time.Second, is: os.ErrDeadlineExceeded},
		{name: "silent at once", body: script{}, want: "*ews.TransportError@1m40s", took: 100 * time.Second, is: os.ErrDeadlineExceeded},
		{name: "fault within", body: script{text: []string{alive, fault("ErrorServerBusy"), closing}, wait: minute, err: io.EOF}, want: "OK@1m0s *ews.FaultError@2m0s", took: 2 * minute, is: messages.ErrorServerBusy},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				body := tt.body
				c, _ := faked(t, ews.Config{MaxResponseBytes: tt.limit, HTTPClient: &http.Client{Timeout: time.Second}}, func(_ int, r *http.Request, _ string) (*http.Response, error) {
					body.ctx = r.Context()
					h := answer(200, xmlType, "")
					h.Body, h.ContentLength = &body, -1
					return h, nil
				})
				start := time.Now()
				var got []string
				var last error
				for m, err := range c.Events(t.Context(), eventsRequest()) {
					got = append(got, say(m, err)+"@"+time.Since(start).String())
					last = err
				}
				if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
				if time.Since(start) != tt.took || !body.closed {
					t.Errorf("took %v, body closed: %v", time.Since(start), body.closed)
				}
				if tt.is != nil && !errors.Is(last, tt.is) {
					t.Errorf("error %v, want %v", last, tt.is)
				}
			})
		})
	}
}

// TestEventsOpening: a call is repeated before the first message only.
func TestEventsOpening(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, server := faked(t, ews.Config{Retry: new(ews.Retry)}, func(n int, r *http.Request, body string) (*http.Response, error) {
			if r.Header.Get("Accept-Encoding") != "identity" {
				t.Error("the stream may come packed")
			}
			switch n {
			case 1:
				return nil, refused
			case 2:
				return xmlAnswer(fault("ErrorServerBusy", "BackOffMilliseconds", "1000")), nil
			case 3:
				return xmlAnswer(fault("ErrorInvalidServerVersion")), nil
			}
			return answer(200, xmlType, alive+closing), nil
		})
		n := 0
		for _, err := range c.Events(t.Context(), eventsRequest()) {
			if n++; err != nil {
				t.Error(err)
			}
		}
		if server.count() != 4 || n != 2 {
			t.Errorf("%d requests, %d messages, want 4 and 2", server.count(), n)
		}
	})
}

// TestEventsRefused: a server that is busy says so by the first message, too: then
// its hint is kept to, and the stream is asked for again.
func TestEventsRefused(t *testing.T) {
	busy := func(code string) string {
		return envelope(`<m:GetStreamingEventsResponse><m:ResponseMessages><m:GetStreamingEventsResponseMessage ResponseClass="Error"><m:MessageText>not now</m:MessageText>` +
			`<m:ResponseCode>` + code + `</m:ResponseCode><m:MessageXml><t:Value Name="BackOffMilliseconds">5000</t:Value></m:MessageXml>` +
			`</m:GetStreamingEventsResponseMessage></m:ResponseMessages></m:GetStreamingEventsResponse>`)
	}
	for _, code := range []messages.ResponseCode{messages.ErrorServerBusy, messages.ErrorExceededConnectionCount} {
		synctest.Test(t, func(t *testing.T) {
			c, server := faked(t, ews.Config{Retry: new(ews.Retry)}, func(n int, _ *http.Request, _ string) (*http.Response, error) {
				switch n {
				case 1:
					return answer(200, xmlType, busy(string(code))), nil
				case 2:
					return answer(200, xmlType, alive+closing), nil
				}
				return answer(200, xmlType, alive+busy(string(code))), nil
			})
			start, n := time.Now(), 0
			for _, err := range c.Events(t.Context(), eventsRequest()) {
				if n++; err != nil {
					t.Errorf("%s: %v", code, err)
				}
			}
			if took := time.Since(start); n != 2 || server.count() != 2 || took < 5*time.Second || took > 6*time.Second {
				t.Errorf("%s: %d messages, %d requests in %v; want 2 and 2 in 5s", code, n, server.count(), took)
			}
			// Behind a message, it is one, too.
			var got []string
			for m, err := range c.Events(t.Context(), eventsRequest()) {
				got = append(got, say(m, err))
			}
			if len(got) != 3 || server.count() != 3 || got[1] != string(code)+" " {
				t.Errorf("%s: %q after %d requests", code, got, server.count())
			}
			// Without a Retry it is an error as any other.
			c, server = faked(t, ews.Config{}, func(int, *http.Request, string) (*http.Response, error) {
				return answer(200, xmlType, busy(string(code))), nil
			})
			n = 0
			for _, err := range c.Events(t.Context(), eventsRequest()) {
				var re *ews.ResponseError
				if n++; !errors.As(err, &re) || re.BackOff() != 5*time.Second || !errors.Is(err, messages.ErrThrottled) {
					t.Errorf("%s: %v", code, err)
				}
			}
			if n != 1 || server.count() != 1 {
				t.Errorf("%s: %d errors of %d requests", code, n, server.count())
			}
		})
	}
}

// TestEventsStop: the end of the loop or of the context closes the connection,
// while the stream says nothing.
func TestEventsStop(t *testing.T) {
	for _, how := range []string{"break", "cancel"} {
		t.Run(how, func(t *testing.T) {
			closed := make(chan struct{})
			s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				w.Header().Set("Content-Type", xmlType)
				_, _ = io.WriteString(w, alive)
				w.(http.Flusher).Flush()
				<-r.Context().Done()
				close(closed)
			}))
			c := newClient(t, ews.Config{Endpoint: s.URL, MaxConcurrent: 1})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var last error
			for m, err := range c.Events(ctx, eventsRequest()) {
				last = err
				if err != nil {
					break
				}
				if m.ConnectionStatus != types.ConnectionStatusOK {
					t.Errorf("message %+v", m)
				}
				if how == "break" {
					break
				}
				cancel()
			}
			if how == "cancel" && !errors.Is(last, context.Canceled) || how == "break" && last != nil {
				t.Errorf("error %v", last)
			}
			<-closed
		})
	}
}

// TestEventsTakeNoPlace: other calls go on while a stream is open.
func TestEventsTakeNoPlace(t *testing.T) {
	c, _ := faked(t, ews.Config{MaxConcurrent: 1}, func(_ int, _ *http.Request, body string) (*http.Response, error) {
		if strings.Contains(body, "GetStreamingEvents") {
			return answer(200, xmlType, alive+closing), nil
		}
		return xmlAnswer(ok), nil
	})
	for _, err := range c.Events(t.Context(), eventsRequest()) {
		if err != nil {
			t.Fatal(err)
		}
		if _, err := getItem(t, c); err != nil {
			t.Error(err)
		}
	}
}

// TestEventsTrace: what has arrived shows at once.
func TestEventsTrace(t *testing.T) {
	var trace locked
	c, _ := faked(t, ews.Config{Trace: &trace}, func(_ int, r *http.Request, _ string) (*http.Response, error) {
		h := answer(200, xmlType, "")
		h.Body = &script{text: []string{alive, created("1"), closing}, err: io.EOF, ctx: r.Context()}
		return h, nil
	})
	n := 0
	for _, err := range c.Events(t.Context(), eventsRequest()) {
		if n++; err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(trace.String(), "</s:Envelope>") - 1; got != n {
			t.Errorf("after %d messages the trace has %d:\n%s", n, got, trace.String())
		}
	}
}

func TestEventsCaptured(t *testing.T) {
	data, err := os.ReadFile("../../shared/wire/third-party-server/073-GetStreamingEvents.resp.xml")
	if err != nil {
		t.Skip("no captured traffic at hand")
	}
	c, _ := faked(t, ews.Config{}, func(int, *http.Request, string) (*http.Response, error) {
		return answer(200, xmlType, string(data)), nil
	})
	var kinds []string
	for m, err := range c.Events(t.Context(), eventsRequest()) {
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range m.Notifications {
			for _, e := range n.Events {
				kinds = append(kinds, fmt.Sprintf("%T", e))
			}
		}
		kinds = append(kinds, string(m.ConnectionStatus))
	}
	if len(kinds) < 4 || kinds[0] != "OK" || kinds[len(kinds)-1] != "Closed" || kinds[1] != "*types.CreatedEvent" {
		t.Errorf("arrived: %v", kinds)
	}
}
