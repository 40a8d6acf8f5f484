package ews_test

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/internal/witness"
)

const envelopeStart = `<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"
 xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types" xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages"
 xmlns:e="http://schemas.microsoft.com/exchange/services/2006/errors">`

// envelope is an answer of build 15.0.1497, Exchange2013_SP1.
func envelope(body string) string {
	return envelopeStart + `<s:Header><t:ServerVersionInfo MajorVersion="15" MinorVersion="0" MajorBuildNumber="1497" MinorBuildNumber="2"/></s:Header><s:Body>` +
		body + `</s:Body></s:Envelope>`
}

func fault(code string, values ...string) string {
	xml := ""
	for i := 0; i < len(values); i += 2 {
		xml += fmt.Sprintf(`<t:Value Name="%s">%s</t:Value>`, values[i], values[i+1])
	}
	return envelope(`<s:Fault><faultcode>a:` + code + `</faultcode><faultstring xml:lang="en-US">text of ` + code + `</faultstring><detail><e:ResponseCode>` + code +
		`</e:ResponseCode><e:Message>message of ` + code + `</e:Message><t:MessageXml>` + xml + `</t:MessageXml></detail></s:Fault>`)
}

// part is a GetItem response message with a code; NoError has an item.
func part(code string, values ...string) string {
	if code == "NoError" {
		return `<m:GetItemResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode><m:Items><t:Message><t:Subject>hi</t:Subject></t:Message></m:Items></m:GetItemResponseMessage>`
	}
	xml := ""
	for i := 0; i < len(values); i += 2 {
		xml += fmt.Sprintf(`<t:Value Name="%s">%s</t:Value>`, values[i], values[i+1])
	}
	if xml != "" {
		xml = "<m:MessageXml>" + xml + "</m:MessageXml>"
	}
	return `<m:GetItemResponseMessage ResponseClass="Error"><m:MessageText>text of ` + code + `</m:MessageText><m:ResponseCode>` + code +
		`</m:ResponseCode><m:DescriptiveLinkKey>0</m:DescriptiveLinkKey>` + xml + `<m:Items/></m:GetItemResponseMessage>`
}

func parts(list ...string) string {
	return envelope(`<m:GetItemResponse><m:ResponseMessages>` + strings.Join(list, "") + `</m:ResponseMessages></m:GetItemResponse>`)
}

var ok = parts(part("NoError"))

const xmlType = "text/xml; charset=utf-8"

// handler answers with status, type and body.
func handler(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header()["Content-Type"] = nil // none, rather than a guess
		if contentType != "" {
			w.Header().Set("Content-Type", contentType)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// serve starts a server over loopback.
func serve(t testing.TB, h http.Handler) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Start()
	t.Cleanup(s.Close)
	return s
}

// fake is a transport in memory: its nth request, from 1, gets what f returns.
// It tells no one about its connections.
type fake struct {
	f  func(n int, r *http.Request, body string) (*http.Response, error)
	mu sync.Mutex
	n  int
}

func (f *fake) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body.Close()
	f.mu.Lock()
	f.n++
	n := f.n
	f.mu.Unlock()
	return f.f(n, r, string(body))
}

func (f *fake) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.n
}

func answer(status int, contentType, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Status: fmt.Sprint(status, " ", http.StatusText(status)), Proto: "HTTP/1.1",
		Header: http.Header{"Content-Type": {contentType}}, ContentLength: int64(len(body)), Body: io.NopCloser(strings.NewReader(body)),
	}
}

func xmlAnswer(body string) *http.Response {
	if strings.Contains(body, "Fault>") {
		return answer(500, xmlType, body)
	}
	return answer(200, xmlType, body)
}

// newClient returns a client whose requests are kept for the outside judge, if
// there is one. They have to be valid; for others there is ews.New.
func newClient(t testing.TB, cfg ews.Config) *ews.Client {
	t.Helper()
	h := &http.Client{}
	if cfg.HTTPClient != nil {
		*h = *cfg.HTTPClient
	}
	if h.Transport == nil {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		t.Cleanup(transport.CloseIdleConnections)
		h.Transport = transport
	}
	if !cfg.SkipVersionCheck { // which is for requests that are not valid
		h.Transport = requests{witness.FromEnv(), h.Transport}
	}
	cfg.HTTPClient = h
	c, err := ews.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// requests records requests alone: the answers here are made up.
type requests struct {
	r    *witness.Recorder
	next http.RoundTripper
}

// CloseIdleConnections reaches the transport below.
func (t requests) CloseIdleConnections() { auth.CloseIdleConnections(t.next) }

func (t requests) RoundTrip(r *http.Request) (*http.Response, error) {
	if t.r != nil && r.Body != nil { // not what only asks for a challenge
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		if err := t.r.Record(witness.Request, body); err != nil {
			return nil, err
		}
		c := *r
		c.Body = struct {
			io.Reader
			io.Closer
		}{bytes.NewReader(body), r.Body}
		r = &c
	}
	return t.next.RoundTrip(r)
}

// faked returns a client over a fake transport.
func faked(t testing.TB, cfg ews.Config, f func(n int, r *http.Request, body string) (*http.Response, error)) (*ews.Client, *fake) {
	t.Helper()
	server := &fake{f: f}
	cfg.HTTPClient = &http.Client{Transport: server}
	if cfg.Endpoint == "" {
		cfg.Endpoint = "https://mail.example.com/EWS/Exchange.asmx"
	}
	return newClient(t, cfg), server
}

func getItemRequest() *messages.GetItemRequest {
	return &messages.GetItemRequest{
		ItemShape: types.ItemResponseShape{BaseShape: types.DefaultShapeNamesIDOnly},
		ItemIDs:   []types.BaseItemID{&types.ItemID{ID: "AAA="}},
	}
}

func getItem(t testing.TB, c *ews.Client) (*messages.GetItemResponse, error) {
	t.Helper()
	return messages.New(c).GetItem(t.Context(), getItemRequest())
}

// sendItemRequest is a request that may not be repeated on a guess.
func sendItemRequest() *messages.SendItemRequest {
	return &messages.SendItemRequest{ItemIDs: []types.BaseItemID{&types.ItemID{ID: "AAA=", ChangeKey: "BBB="}}}
}

const sendItemDone = `<m:SendItemResponse><m:ResponseMessages><m:SendItemResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode></m:SendItemResponseMessage></m:ResponseMessages></m:SendItemResponse>`

// locked is a buffer for several goroutines.
type locked struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
