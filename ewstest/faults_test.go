package ewstest_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// send posts GetFolder of the inbox, and returns status, headers and body; err
// is what went wrong with the connection.
func send(t testing.TB, s *ewstest.Server) (status int, h http.Header, body string, err error) {
	t.Helper()
	r := request(t, s, http.MethodPost, s.URL, envelope("Exchange2016", "", getInbox))
	// Not one that net/http repeats by itself when a connection breaks.
	r.GetBody = nil
	res, err := s.HTTPClient().Do(r)
	if err != nil {
		return 0, nil, "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return res.StatusCode, res.Header, string(b), err
}

func TestFaultKinds(t *testing.T) {
	ok := func(status int, _ http.Header, body string, err error) bool {
		return status == 200 && strings.Contains(body, "NoError") && err == nil
	}
	for _, tt := range []struct {
		name  string
		fault ewstest.Fault
		want  func(status int, h http.Header, body string, err error) bool
	}{
		{"status", ewstest.Fault{Status: 503, RetryAfter: 1500 * time.Millisecond}, func(status int, h http.Header, body string, err error) bool {
			return status == 503 && h.Get("Retry-After") == "2" && body == "" && err == nil
		}},
		{"unauthorized", ewstest.Fault{Status: 401}, func(status int, h http.Header, _ string, _ error) bool {
			return status == 401 && h.Get("WWW-Authenticate") != ""
		}},
		{"SOAP fault", ewstest.Fault{Code: messages.ErrorServerBusy, BackOff: 7 * time.Second}, func(status int, _ http.Header, body string, _ error) bool {
			return status == 500 && strings.Contains(body, "a:ErrorServerBusy<") && strings.Contains(body, `Name="BackOffMilliseconds">7000<`) &&
				strings.Contains(body, "The server cannot service this request right now. Try again later.")
		}},
		{"SOAP fault with another status", ewstest.Fault{Code: messages.ErrorServerBusy, Text: "Not now", Status: 503}, func(status int, _ http.Header, body string, _ error) bool {
			return status == 503 && strings.Contains(body, ">Not now<")
		}},
		{"HTML", ewstest.Fault{Body: "<html>Sorry</html>"}, func(status int, h http.Header, body string, _ error) bool {
			return status == 200 && h.Get("Content-Type") == "text/html" && body == "<html>Sorry</html>"
		}},
		{"garbage", ewstest.Fault{Body: "\x00\x01", ContentType: "text/xml", Status: 502}, func(status int, h http.Header, body string, _ error) bool {
			return status == 502 && h.Get("Content-Type") == "text/xml" && body == "\x00\x01"
		}},
		{"no answer", ewstest.Fault{DropBefore: true}, func(_ int, _ http.Header, _ string, err error) bool { return err != nil }},
		{"lost answer", ewstest.Fault{DropAfter: true}, func(_ int, _ http.Header, _ string, err error) bool { return err != nil }},
		{"half an answer", ewstest.Fault{Truncate: 200}, func(status int, _ http.Header, body string, err error) bool {
			return status == 200 && len(body) == 200 && errors.Is(err, io.ErrUnexpectedEOF)
		}},
		{"a long answer", ewstest.Fault{Padding: 300_000}, func(status int, h http.Header, body string, err error) bool {
			return ok(status, h, body, err) && len(body) > 300_000 && strings.HasSuffix(body, " </s:Body></s:Envelope>")
		}},
		{"a slow answer", ewstest.Fault{Drip: time.Millisecond, DripBytes: 100}, ok},
		{"a delay", ewstest.Fault{Delay: time.Millisecond}, ok},
		{"another server", ewstest.Fault{ServerVersion: &types.ServerVersionInfo{MajorVersion: 14, Version: "V2_1", Present: types.ServerVersionInfoHasMajorVersion}}, func(status int, h http.Header, body string, err error) bool {
			return ok(status, h, body, err) && strings.Contains(body, `<t:ServerVersionInfo MajorVersion="14" Version="V2_1"/>`)
		}},
	} {
		s := ewstest.New(t)
		hit := s.Inject(tt.fault)
		if status, h, body, err := send(t, s); !tt.want(status, h, body, err) {
			t.Errorf("%s: status %d, %v, error %v: %s", tt.name, status, h, err, body[:min(len(body), 900)])
		}
		hit.Remove()
		hit.Remove() // a second time does nothing
		if status, _, body, err := send(t, s); !ok(status, nil, body, err) {
			t.Errorf("%s, removed: status %d, error %v", tt.name, status, err)
		}
		if hit.Hits() != 1 {
			t.Errorf("%s: %d hits", tt.name, hit.Hits())
		}
		log := s.Requests()
		for i := range log {
			if log[i].Fault != (i == 0) || log[i].Op != "GetFolder" {
				t.Errorf("%s: log %d is %+v", tt.name, i, log[i])
			}
		}
	}
}

func TestFaultRules(t *testing.T) {
	// pattern sends ten requests; x marks those that were hit.
	pattern := func(f ewstest.Fault) string {
		s := ewstest.New(t)
		f.Status = 503
		s.Inject(f)
		var b strings.Builder
		for range 10 {
			switch status, _, _, err := send(t, s); {
			case err != nil:
				t.Fatal(err)
			case status == 503:
				b.WriteByte('x')
			default:
				b.WriteByte('.')
			}
		}
		return b.String()
	}
	n := 0
	for _, tt := range []struct {
		name  string
		fault ewstest.Fault
		want  string
	}{
		{"all", ewstest.Fault{}, "xxxxxxxxxx"},
		{"the operation", ewstest.Fault{Op: "GetFolder"}, "xxxxxxxxxx"},
		{"another operation", ewstest.Fault{Op: "GetItem"}, ".........."},
		{"the user", ewstest.Fault{User: "ALICE@example.com"}, "xxxxxxxxxx"},
		{"another user", ewstest.Fault{User: bob}, ".........."},
		{"after", ewstest.Fault{After: 3}, "...xxxxxxx"},
		{"times", ewstest.Fault{Times: 2}, "xx........"},
		{"after and times", ewstest.Fault{After: 4, Times: 2}, "....xx...."},
		{"nth", ewstest.Fault{Nth: 3}, "..x......."},
		{"after and nth", ewstest.Fault{After: 4, Nth: 2}, ".....x...."},
		{"match", ewstest.Fault{Match: func(r ewstest.Request) bool {
			n++
			return n%2 == 0 && r.Op == "GetFolder" && r.User == alice && r.Version == types.ExchangeVersionExchange2016
		}}, ".x.x.x.x.x"},
	} {
		if got := pattern(tt.fault); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
	half := ewstest.Fault{Probability: 0.5, Seed: 7}
	first := pattern(half)
	if again := pattern(half); first != again || strings.Count(first, "x") == 0 || strings.Count(first, "x") == 10 {
		t.Errorf("by chance: %s, then %s", first, again)
	}
}

func TestFirstFaultWins(t *testing.T) {
	s := ewstest.New(t)
	a, b := s.Inject(ewstest.Fault{Times: 1, Status: 503}), s.Inject(ewstest.Fault{Status: 502})
	for _, want := range []int{503, 502, 502} {
		if status, _, _, err := send(t, s); status != want || err != nil {
			t.Errorf("status %d, %v, want %d", status, err, want)
		}
	}
	if a.Hits() != 1 || b.Hits() != 2 {
		t.Errorf("%d and %d hits", a.Hits(), b.Hits())
	}
}

// TestLostReply makes sure that the work is done, or is not.
func TestLostReply(t *testing.T) {
	for _, tt := range []struct {
		fault ewstest.Fault
		want  []string
	}{
		{ewstest.Fault{Op: "CreateFolder", DropAfter: true}, []string{"New"}},
		{ewstest.Fault{Op: "CreateFolder", DropBefore: true}, nil},
		{ewstest.Fault{Op: "CreateFolder", Code: messages.ErrorTimeoutExpired}, nil},
	} {
		s := ewstest.New(t)
		s.Inject(tt.fault)
		r := request(t, s, http.MethodPost, s.URL, envelope(v2016, "", createFolderBody(folderRef("inbox"), namedFolder("New"))))
		r.GetBody = nil
		if res, err := s.HTTPClient().Do(r); err == nil {
			res.Body.Close()
		}
		if diff := cmp.Diff(tt.want, childNames(t, s, folderRef("inbox"), "Shallow")); diff != "" {
			t.Errorf("%+v: %s", tt.fault, diff)
		}
	}
}

func TestFaultyParts(t *testing.T) {
	s := ewstest.New(t)
	s.Inject(ewstest.Fault{Parts: map[int]messages.ResponseCode{0: messages.ErrorServerBusy, 2: messages.ErrorMailboxStoreUnavailable, 9: messages.ErrorItemNotFound}, BackOff: time.Second, Times: 1})
	a := call(t, s, v2016, createFolderBody(folderRef("inbox"), namedFolder("a"), namedFolder("b"), namedFolder("c"), namedFolder("d"))).
		want(messages.ErrorServerBusy, messages.NoError, messages.ErrorMailboxStoreUnavailable, messages.NoError)
	if a.first("Value") != "1000" || !strings.Contains(a.first("MessageText"), "Try again later") {
		t.Errorf("answer %s", a.text)
	}
	if diff := cmp.Diff([]string{"b", "d"}, childNames(t, s, folderRef("inbox"), "Shallow")); diff != "" {
		t.Error(diff)
	}
	if r := s.Requests()[0]; r.Parts != 4 || r.Code != messages.ErrorServerBusy || !r.Fault {
		t.Errorf("log %+v", r)
	}
}

// TestDelayEndsWithTheClient makes sure that nobody who has gone is waited for.
func TestDelayEndsWithTheClient(t *testing.T) {
	s := ewstest.New(t)
	s.Inject(ewstest.Fault{Delay: time.Hour})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if res, err := s.HTTPClient().Do(request(t, s, http.MethodPost, s.URL, envelope(v2016, "", getInbox)).WithContext(ctx)); err == nil {
		res.Body.Close()
		t.Error("an answer after an hour")
	}
	s.Close() // returns
}

// TestLateWork makes sure that the work is done although nobody waits for it.
func TestLateWork(t *testing.T) {
	for _, late := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s, err := ewstest.NewServer(ewstest.Config{})
			if err != nil {
				t.Fatal(err)
			}
			s.Inject(ewstest.Fault{Op: "CreateFolder", Delay: time.Hour, Late: late})
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			r := httptest.NewRequestWithContext(ctx, http.MethodPost, "https://mail.example.com"+ewstest.EndpointPath,
				strings.NewReader(envelope(v2016, "", createFolderBody(folderRef("inbox"), namedFolder("New")))))
			r.Header.Set("Content-Type", "text/xml; charset=utf-8")
			r.SetBasicAuth("alice@example.com", ewstest.Password)
			s.ServeHTTP(httptest.NewRecorder(), r)
			folders, err := s.Mailbox("alice@example.com").Folders()
			if got := slices.Contains(folders, "Inbox/New"); err != nil || got != late {
				t.Errorf("late %v: folders %v, %v", late, folders, err)
			}
		})
	}
}
