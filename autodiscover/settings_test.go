package autodiscover_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/autodiscover"
	"github.com/seed-1937cc67/goews/gen/messages"
)

const endpoint = "https://autodiscover.example.com/autodiscover/autodiscover.svc"

func TestGetUserSettings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		e := &exchange{user: ann, password: password, soap: func() string {
			one := settings("ExternalEwsUrl", "https://mail.example.com/EWS/Exchange.asmx", "UserDisplayName", "Ann")()
			more := ""
			for code, target := range map[string]string{"InvalidUser": ""} {
				more += fmt.Sprintf(`<UserResponse><ErrorCode>%s</ErrorCode><ErrorMessage>m</ErrorMessage><RedirectTarget>%s</RedirectTarget></UserResponse>`, code, target)
			}
			more += `<UserResponse><ErrorCode>RedirectAddress</ErrorCode><ErrorMessage>m</ErrorMessage><RedirectTarget>cid@example.org</RedirectTarget></UserResponse>`
			return strings.Replace(one, "</UserResponses>", more+"</UserResponses>", 1)
		}}
		w.hosts["https://autodiscover.example.com"] = e
		cfg := w.config()
		got, err := autodiscover.GetUserSettings(t.Context(), endpoint, []string{ann, "bob@example.com", "cid@example.com"}, cfg)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != 3 || got[0].Err != nil || got[0].Result.DisplayName != "Ann" || got[0].Result.EWS != "https://mail.example.com/EWS/Exchange.asmx" ||
			got[0].Result.Requested != ann || got[0].Result.Endpoint != endpoint || got[0].Result.Build != "15.1.2507.35" {
			t.Errorf("got %+v", got)
		}
		var a *autodiscover.AnswerError
		if !errors.Is(got[1].Err, fs.ErrNotExist) || got[1].Address != "bob@example.com" {
			t.Errorf("bob: %v", got[1])
		}
		if !errors.As(got[2].Err, &a) || a.Code != "RedirectAddress" || a.Target != "cid@example.org" {
			t.Errorf("cid: %v", got[2].Err)
		}
		if diff := cmp.Diff([]string{"POST " + endpoint + " +Basic"}, w.asked()); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		if _, err := autodiscover.GetUserSettings(t.Context(), endpoint, []string{ann}, cfg); err == nil || !strings.Contains(err.Error(), "did not answer for each") {
			t.Errorf("three answers to one question: %v", err)
		}
		if got, err := autodiscover.GetUserSettings(t.Context(), endpoint, nil, cfg); len(got) != 0 || err != nil {
			t.Errorf("nobody: %v, %v", got, err)
		}
		for name, tc := range map[string]struct {
			endpoint string
			address  string
			auth     auth.Method
			class    error
		}{
			"plain HTTP":     {endpoint: "http://autodiscover.example.com/"},
			"no address":     {address: "ann"},
			"wrong password": {auth: auth.Basic(ann, "wrong"), class: autodiscover.ErrCredentials},
			"no such host":   {endpoint: "https://nowhere.example.com", class: nil},
		} {
			cfg := w.config()
			if tc.auth != nil {
				cfg.Auth = tc.auth
			}
			_, err := autodiscover.GetUserSettings(t.Context(), either(tc.endpoint, endpoint), []string{either(tc.address, ann)}, cfg)
			if err == nil || tc.class != nil && !errors.Is(err, tc.class) {
				t.Errorf("%s: %v", name, err)
			}
		}
		e.broken = http.StatusServiceUnavailable
		if _, err := autodiscover.GetUserSettings(t.Context(), endpoint, []string{ann}, cfg); !errors.Is(err, messages.ErrThrottled) {
			t.Errorf("busy: %v", err)
		}
	})
}

func TestGetDomainSettings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var request string
		w.hosts["https://autodiscover.example.com"] = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			request = string(body)
			// The values are those of the example at
			// https://learn.microsoft.com/exchange/client-developer/web-service-reference/getdomainsettings-operation-soap.
			_, _ = io.WriteString(rw, `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><GetDomainSettingsResponseMessage xmlns="http://schemas.microsoft.com/exchange/2010/Autodiscover">`+
				`<Response xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><ErrorCode>NoError</ErrorCode><ErrorMessage/><DomainResponses><DomainResponse><ErrorCode>NoError</ErrorCode><ErrorMessage>No error.</ErrorMessage>`+
				`<DomainSettingErrors/><DomainSettings><DomainSetting i:type="DomainStringSetting"><Name>ExternalEwsUrl</Name><Value>https://cas-01-server.contoso.com/EWS/Exchange.asmx</Value></DomainSetting></DomainSettings>`+
				`</DomainResponse><DomainResponse><ErrorCode>InvalidDomain</ErrorCode><ErrorMessage>who?</ErrorMessage></DomainResponse></DomainResponses></Response></GetDomainSettingsResponseMessage></s:Body></s:Envelope>`)
		})
		got, err := autodiscover.GetDomainSettings(t.Context(), endpoint, []string{"contoso.com", "example.org"}, w.config())
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != 2 || got[0].Settings["ExternalEwsUrl"] != "https://cas-01-server.contoso.com/EWS/Exchange.asmx" || got[0].Err != nil || !errors.Is(got[1].Err, fs.ErrNotExist) || got[1].Domain != "example.org" {
			t.Errorf("got %+v", got)
		}
		if !strings.Contains(request, "<a:Domain>contoso.com</a:Domain><a:Domain>example.org</a:Domain>") || !strings.Contains(request, "<a:Setting>ExternalEwsUrl</a:Setting>") {
			t.Errorf("sent %s", request)
		}
	})
}
