package ews_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

const envelope = `<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"
 xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types" xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages"
 xmlns:e="http://schemas.microsoft.com/exchange/services/2006/errors">
<s:Header><t:ServerVersionInfo MajorVersion="15" MinorVersion="0" MajorBuildNumber="1497" MinorBuildNumber="2"/></s:Header><s:Body>%s</s:Body></s:Envelope>`

const notFound = `<m:GetItemResponse><m:ResponseMessages><m:GetItemResponseMessage ResponseClass="Error"><m:MessageText>gone</m:MessageText>` +
	`<m:ResponseCode>ErrorItemNotFound</m:ResponseCode><m:Items/></m:GetItemResponseMessage></m:ResponseMessages></m:GetItemResponse>`

const busy = `<s:Fault><faultcode>a:ErrorServerBusy</faultcode><faultstring>busy</faultstring><detail><e:ResponseCode>ErrorServerBusy</e:ResponseCode>` +
	`<t:MessageXml><t:Value Name="BackOffMilliseconds">1500</t:Value></t:MessageXml></detail></s:Fault>`

// serve answers every request with status, content type and body.
func serve(t *testing.T, status int, contentType, body string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", contentType)
		if status == http.StatusUnauthorized {
			w.Header().Add("WWW-Authenticate", "Negotiate")
			w.Header().Add("WWW-Authenticate", `Basic realm="x"`)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func client(t *testing.T, cfg ews.Config) messages.Client {
	t.Helper()
	c, err := ews.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return messages.New(c)
}

func getItem(t *testing.T, cfg ews.Config) (*messages.GetItemResponse, error) {
	t.Helper()
	return client(t, cfg).GetItem(t.Context(), &messages.GetItemRequest{
		ItemShape: types.ItemResponseShape{BaseShape: types.DefaultShapeNamesIDOnly},
		ItemIDs:   []types.BaseItemID{&types.ItemID{ID: "a"}},
	})
}

func TestErrorsAreToldApart(t *testing.T) {
	const xml = "text/xml; charset=utf-8"
	long := fmt.Sprintf(envelope, notFound+"<!--"+strings.Repeat("x", 1<<20)+"-->")
	for _, tt := range []struct {
		name, contentType, body string
		status                  int
		max                     int64
		target                  any // type of the error
		is                      error
		text                    string
	}{
		{name: "fault", status: 500, contentType: xml, body: fmt.Sprintf(envelope, busy), target: new(*ews.FaultError), is: messages.ErrThrottled, text: "busy"},
		{name: "fault with status 200", status: 200, contentType: xml, body: fmt.Sprintf(envelope, busy), target: new(*ews.FaultError), is: messages.ErrorServerBusy},
		{name: "wrong password", status: 401, target: new(*ews.HTTPError), text: "it offers Negotiate, Basic"},
		{name: "wrong path", status: 404, target: new(*ews.HTTPError), text: "/EWS/Exchange.asmx"},
		{name: "busy", status: 503, target: new(*ews.HTTPError), is: messages.ErrThrottled},
		{name: "redirect", status: 302, target: new(*ews.HTTPError), text: "redirects"},
		{name: "login page", status: 200, contentType: "text/html", body: "<html>Sign in", target: new(*ews.ContentError), text: "<html>Sign in"},
		{name: "truncated", status: 200, contentType: xml, body: fmt.Sprintf(envelope, notFound)[:600], target: new(*ews.DecodeError), is: io.ErrUnexpectedEOF, text: "Envelope/Body"},
		{name: "another answer", status: 200, contentType: xml, body: fmt.Sprintf(envelope, "<m:FindItemResponse/>"), target: new(*ews.DecodeError), text: "want GetItemResponse"},
		{name: "too large", status: 200, contentType: xml, body: strings.Replace(long, notFound+"<!--", "<!--", 1), max: 1 << 16, target: new(*ews.TooLargeError), text: "MaxResponseBytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := getItem(t, ews.Config{Endpoint: serve(t, tt.status, tt.contentType, tt.body), MaxResponseBytes: tt.max})
			if err == nil || !errors.As(err, tt.target) {
				t.Fatalf("error %v (%T), want a %T", err, err, tt.target)
			}
			if tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("error %v is no %v", err, tt.is)
			}
			if !strings.Contains(err.Error(), tt.text) || !strings.Contains(err.Error(), "GetItem") {
				t.Errorf("error %q, want GetItem and %q in it", err, tt.text)
			}
		})
	}
}

func TestPartialFailureIsData(t *testing.T) {
	res, err := getItem(t, ews.Config{Endpoint: serve(t, 200, "text/xml", fmt.Sprintf(envelope, notFound))})
	if err != nil {
		t.Fatal(err)
	}
	errs := ews.Errors(messages.OpGetItem, res)
	if len(errs) != 1 || !errors.Is(errs[0], messages.ErrorItemNotFound) || !errors.Is(errs[0], fs.ErrNotExist) {
		t.Errorf("errors %v, want one ErrorItemNotFound", errs)
	}
}

func TestVersionIsLearnt(t *testing.T) {
	var sent []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		_, v, _ := strings.Cut(string(b), `RequestServerVersion Version="`)
		v, _, _ = strings.Cut(v, `"`)
		sent = append(sent, v)
		w.Header().Set("Content-Type", "text/xml")
		fmt.Fprintf(w, envelope, notFound)
	}))
	defer s.Close()
	c := client(t, ews.Config{Endpoint: s.URL})
	for range 2 {
		if _, err := c.GetItem(t.Context(), &messages.GetItemRequest{ItemIDs: []types.BaseItemID{&types.ItemID{ID: "a"}}}); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := strings.Join(sent, " "), "Exchange2007_SP1 Exchange2013_SP1"; got != want {
		t.Errorf("sent versions %s, want %s", got, want)
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("enough")
	cancel(why)
	_, err := client(t, ews.Config{Endpoint: "http://127.0.0.1:1"}).GetItem(ctx, &messages.GetItemRequest{})
	if !errors.Is(err, why) {
		t.Errorf("error %v, want the context's cause", err)
	}
}

func TestRefusedConnection(t *testing.T) {
	_, err := getItem(t, ews.Config{Endpoint: "http://127.0.0.1:1"})
	var te *ews.TransportError
	if !errors.As(err, &te) || te.Hint == "" {
		t.Errorf("error %v, want a TransportError with a hint", err)
	}
}

func TestCertificate(t *testing.T) {
	s := httptest.NewTLSServer(http.NotFoundHandler())
	defer s.Close()
	s.Config.ErrorLog = nil
	_, err := getItem(t, ews.Config{Endpoint: s.URL})
	if err == nil || !strings.Contains(err.Error(), "RootCAs") {
		t.Errorf("error %v, want one that says what to do", err)
	}
}

func TestBasicAndSecrets(t *testing.T) {
	var user, password string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ = r.BasicAuth()
		w.WriteHeader(http.StatusForbidden)
	}))
	defer s.Close()
	_, err := getItem(t, ews.Config{Endpoint: s.URL, Auth: auth.Basic(`DOM\ann`, "hunter2")})
	if user != `DOM\ann` || password != "hunter2" {
		t.Errorf("user %q, password %q arrived", user, password)
	}
	if all := fmt.Sprintf("%v %+v %#v", err, auth.Basic("a", "hunter2"), auth.Bearer("hunter2")); strings.Contains(all, "hunter2") {
		t.Errorf("a secret shows in %s", all)
	}
}

func TestNewRefuses(t *testing.T) {
	for _, endpoint := range []string{"", "mail.example.com", "ftp://x/y", "https://"} {
		if _, err := ews.New(ews.Config{Endpoint: endpoint}); err == nil {
			t.Errorf("Endpoint %q was taken", endpoint)
		}
	}
}

// TestCapturedAnswers sends each captured answer through the client: it
// decodes, or gives one of the package's errors.
func TestCapturedAnswers(t *testing.T) {
	files, _ := filepath.Glob("../../shared/wire/third-party-server/*.resp.xml")
	if len(files) == 0 {
		t.Skip("no captured traffic at hand")
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".resp.xml")
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, op := range messages.Operations() {
				if !strings.Contains(string(data), op.Response+">") && !strings.Contains(string(data), op.Response+" ") {
					continue
				}
				c, err := ews.New(ews.Config{Endpoint: serve(t, 200, "text/xml", string(data))})
				if err != nil {
					t.Fatal(err)
				}
				err = c.Invoke(t.Context(), op, op.NewRequest(), op.NewResponse())
				var re *ews.ResponseError
				if err != nil && !errors.As(err, &re) {
					t.Error(err)
				}
				return
			}
			c, err := ews.New(ews.Config{Endpoint: serve(t, 500, "text/xml", string(data))})
			if err != nil {
				t.Fatal(err)
			}
			err = c.Invoke(t.Context(), messages.OpGetItem, &messages.GetItemRequest{}, &messages.GetItemResponse{})
			var fe *ews.FaultError
			var de *ews.DecodeError
			if !errors.As(err, &fe) && !errors.As(err, &de) {
				t.Errorf("error %v, want a fault or a decode error", err)
			}
		})
	}
}
