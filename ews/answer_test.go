package ews

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/seed-1937cc67/goews/gen/messages"
)

const fuzzAnswer = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types" ` +
	`xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages"><s:Header><t:ServerVersionInfo MajorVersion="15" Version="V2017_07_11"/></s:Header><s:Body>`

// FuzzAnswer: whatever comes back, there is an answer or one of the package's
// errors, the stream of events ends, and what follows from the answer for a
// repetition is found without a panic. It goes past net/http, whose goroutines
// make coverage differ from run to run.
func FuzzAnswer(f *testing.F) {
	for _, body := range []string{
		`<m:GetItemResponse><m:ResponseMessages><m:GetItemResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode><m:Items><t:Message><t:Subject>hi</t:Subject></t:Message></m:Items></m:GetItemResponseMessage></m:ResponseMessages></m:GetItemResponse>`,
		`<m:GetItemResponse><m:ResponseMessages><m:GetItemResponseMessage ResponseClass="Error"><m:ResponseCode>ErrorServerBusy</m:ResponseCode><m:MessageXml><t:Value Name="BackOffMilliseconds">1</t:Value></m:MessageXml></m:GetItemResponseMessage></m:ResponseMessages></m:GetItemResponse>`,
		`<m:GetStreamingEventsResponse><m:ResponseMessages><m:x><m:ConnectionStatus>Closed</m:ConnectionStatus></m:x></m:ResponseMessages></m:GetStreamingEventsResponse>`,
		`<s:Fault><faultcode>a:ErrorServerBusy</faultcode><detail><e:ResponseCode xmlns:e="u">ErrorServerBusy</e:ResponseCode><t:MessageXml><t:Value Name="BackOffMilliseconds">5</t:Value></t:MessageXml></detail></s:Fault>`,
	} {
		body = fuzzAnswer + body + "</s:Body></s:Envelope>"
		f.Add(200, "text/xml", "", body)
		f.Add(500, "application/soap+xml", "gzip", body)
	}
	f.Add(503, "text/html", "", "<html>")
	f.Fuzz(func(t *testing.T, status int, kind, header, body string) {
		c, err := New(Config{Endpoint: "https://x/", MaxResponseBytes: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		receive := func(op *messages.Operation, to receiver) error {
			x := &exchange{op: op, client: c, knows: c.knows()}
			h := &http.Response{StatusCode: status, ContentLength: int64(len(body)), Header: http.Header{
				"Content-Type": {kind}, "Content-Encoding": {header}, "Retry-After": {header}, "Www-Authenticate": {header}, "X-Ews-Policy-Reason": {header}, "Location": {header},
			}}
			return x.answer(h, strings.NewReader(body), to)
		}
		check := func(err error) {
			var fault *FaultError
			var response *ResponseError
			var status *HTTPError
			var content *ContentError
			var decode *DecodeError
			var blocked *BlockedError
			switch {
			case err == nil:
			case !errors.As(err, &fault) && !errors.As(err, &response) && !errors.As(err, &status) && !errors.As(err, &content) && !errors.As(err, &decode) && !errors.As(err, &blocked):
				t.Errorf("error %v, a %T", err, err)
			case !strings.HasPrefix(err.Error(), "ews: Get"):
				t.Errorf("error %v names no operation", err)
			}
		}
		res := new(messages.GetItemResponse)
		err = receive(messages.OpGetItem, decodeInto{res})
		check(err)
		judge(messages.OpGetItem, err, res)
		for _, err := range Errors(messages.OpGetItem, res) {
			check(err)
		}
		check(receive(messages.OpGetStreamingEvents, &eventSink{yield: func(_ *messages.GetStreamingEventsResponseMessage, err error) bool {
			check(err)
			return true
		}}))
		c.Version()
	})
}

func TestBounded(t *testing.T) {
	for _, tt := range []struct {
		max  int64
		read string
		err  bool
	}{{6, "abcdef", false}, {5, "abcde", true}, {0, "", true}} {
		b, err := io.ReadAll(&bounded{r: strings.NewReader("abcdef"), left: tt.max, max: tt.max})
		if string(b) != tt.read || (err != nil) != tt.err {
			t.Errorf("at most %d: read %q, %v", tt.max, b, err)
		}
	}
}
