package oauth_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/auth/oauth"
)

// TestErrors: what is made of each kind of refusal, and what the error says.
func TestErrors(t *testing.T) {
	entra := func(code, number, text string) reply {
		return reply{status: 401, body: object{
			"error": code, "error_codes": []int{7000215}, "correlation_id": "c-1", "trace_id": "t-1",
			"error_description": number + ": " + text + "\r\nTrace ID: t-1\r\nCorrelation ID: c-1\r\nTimestamp: 2026-01-02 03:04:05Z",
		}}
	}
	for _, tt := range []struct {
		name      string
		reply     reply
		want      oauth.Error
		says      []string
		signIn    bool
		temporary bool
	}{
		{"wrong secret", entra("invalid_client", "AADSTS7000215", "Invalid client secret provided."),
			oauth.Error{StatusCode: 401, Code: "invalid_client", Detail: "AADSTS7000215", Description: "Invalid client secret provided.", CorrelationID: "c-1", TraceID: "t-1"},
			[]string{"login.example.com", "invalid_client (AADSTS7000215): Invalid client secret provided.; ", "not its Secret ID", "(correlation id c-1)"}, false, false},
		{"AD FS", reply{status: 400, body: object{"error": "invalid_resource", "error_description": "MSIS9602: The received 'resource' parameter is invalid."}},
			oauth.Error{StatusCode: 400, Code: "invalid_resource", Detail: "MSIS9602", Description: "The received 'resource' parameter is invalid."},
			[]string{"MSIS9602", "the scopes or the resource are not known there"}, false, false},
		{"unknown number", entra("invalid_client", "AADSTS999999", "New."),
			oauth.Error{StatusCode: 401, Code: "invalid_client", Detail: "AADSTS999999", Description: "New.", CorrelationID: "c-1", TraceID: "t-1"},
			[]string{"the Credential is not one of those"}, false, false},
		{"number alone", reply{status: 400, body: object{"error": "invalid_grant", "error_codes": []int{50053}, "correlation_id": "c-1", "trace_id": 1}},
			oauth.Error{StatusCode: 400, Code: "invalid_grant", Detail: "AADSTS50053", CorrelationID: "c-1"}, []string{"locked"}, false, false},
		{"interaction with claims", reply{status: 400, body: object{"error": "interaction_required", "error_description": "AADSTS50076: MFA.", "claims": `{"access_token":{}}`}},
			oauth.Error{StatusCode: 400, Code: "interaction_required", Detail: "AADSTS50076", Description: "MFA.", Claims: `{"access_token":{}}`},
			[]string{"second factor"}, true, false},
		{"claims that are none", reply{status: 400, body: object{"error": "invalid_request", "claims": `{`}},
			oauth.Error{StatusCode: 400, Code: "invalid_request"}, nil, false, false},
		{"repeats secrets", reply{status: 400, body: object{"error": "invalid_client", "error_description": "no " + secret + " and a%2Fb%3Dc-d is not it, nor a/b=c-d"}},
			oauth.Error{StatusCode: 400, Code: "invalid_client", Description: "no *** and *** is not it, nor ***"}, nil, false, false},
		{"a form", reply{status: 400, header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, body: "error=invalid_scope&error_description=x"},
			oauth.Error{StatusCode: 400, Code: "invalid_scope", Description: "x"}, []string{"Config.Scopes"}, false, false},
		{"with status 200", reply{body: object{"error": "unauthorized_client"}},
			oauth.Error{StatusCode: 200, Code: "unauthorized_client"}, []string{"may not use this grant"}, false, false},
		{"busy", reply{status: 503, header: http.Header{"Retry-After": {"7"}, "Content-Type": {"text/html; charset=x"}}, body: "<html>" + secret},
			oauth.Error{StatusCode: 503, Description: `what answers sends "text/html" and is no authorization server`, RetryAfter: 7 * time.Second},
			[]string{"HTTP 503 Service Unavailable", "asks to wait 7s"}, false, true},
		{"too many", reply{status: 429, body: object{"error": "invalid_request"}}, oauth.Error{StatusCode: 429, Code: "invalid_request"}, nil, false, true},
		{"temporarily", reply{status: 400, body: object{"error": "temporarily_unavailable"}},
			oauth.Error{StatusCode: 400, Code: "temporarily_unavailable"}, []string{"try again later"}, false, true},
		{"a redirect", reply{status: 307, header: http.Header{"Location": {"https://evil.example.com/x?" + secret}}, body: ""},
			oauth.Error{StatusCode: 307, Description: "it redirects, which is not followed, for secrets would go there: https://evil.example.com/x"}, nil, false, false},
		{"clock", reply{status: 401, header: http.Header{"Date": {time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat)}}, body: object{"error": "invalid_client"}},
			oauth.Error{StatusCode: 401, Code: "invalid_client", Skew: time.Hour}, []string{"clock is 1h0m", "ahead"}, false, false},
		{"long", reply{status: 400, body: object{"error": strings.Repeat("e", 100), "error_description": strings.Repeat("é", 1000)}},
			oauth.Error{StatusCode: 400, Code: strings.Repeat("e", 64) + "...", Description: strings.Repeat("é", 200) + "..."}, nil, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, s := app(t, func(int, asked) reply { return tt.reply }, func(c *oauth.Config) { c.Credential = oauth.Secret("a/b=c-d") })
			_, _, err := a.Password("ann", secret).Token(t.Context())
			var e *oauth.Error
			var te *auth.TokenError
			if !errors.As(err, &e) || !errors.As(err, &te) {
				t.Fatalf("error %v", err)
			}
			tt.want.Host, tt.want.Grant = "login.example.com", "password"
			near := cmp.Comparer(func(a, b time.Duration) bool { return (a - b).Abs() < 30*time.Second })
			if diff := cmp.Diff(tt.want, *e, near); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			for _, text := range append(tt.says, "oauth: login.example.com: password: ") {
				if !strings.Contains(err.Error(), text) {
					t.Errorf("%q does not say %q", err, text)
				}
			}
			all := fmt.Sprintf("%v %+v %#v %+v", err, err, err, *e)
			if strings.Contains(all, secret) || strings.Contains(all, "a/b=c-d") {
				t.Errorf("a secret shows in %s", all)
			}
			if got := errors.Is(err, oauth.ErrSignIn); got != tt.signIn {
				t.Errorf("of class ErrSignIn: %v", got)
			}
			if e.Temporary() != tt.temporary {
				t.Errorf("temporary: %v", e.Temporary())
			}
			if n := len(s.requests()); n != 1 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

// TestNoAnswer: an authorization server that cannot be reached, and answers
// that are none.
func TestNoAnswer(t *testing.T) {
	cut := &net.OpError{Op: "read", Err: errors.New("connection reset by peer")}
	for _, tt := range []struct {
		name      string
		reply     reply
		temporary bool
	}{
		{"reset", reply{err: cut}, true},
		{"end", reply{err: io.ErrUnexpectedEOF}, true},
		{"certificate", reply{err: x509.UnknownAuthorityError{}}, false},
		{"no such host", reply{err: &net.OpError{Op: "dial", Err: &net.DNSError{IsNotFound: true}}}, false},
		{"no JSON", reply{body: "<html>"}, false},
		{"no token", reply{body: object{}}, false},
		{"cut off", reply{body: `{"access_token":"` + secret}, false},
	} {
		a, _ := app(t, func(int, asked) reply { return tt.reply }, nil)
		_, _, err := a.Password("ann", "pw-pw-pw").Token(t.Context())
		var e *oauth.Error
		if !errors.As(err, &e) || e.Temporary() != tt.temporary || tt.reply.err != nil && !errors.Is(err, tt.reply.err) || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	a, _ := app(t, func(int, asked) reply {
		return reply{body: object{"access_token": "a", "token_type": "pop"}}
	}, nil)
	if _, _, err := a.Password("ann", secret).Token(t.Context()); err == nil || !strings.Contains(err.Error(), `"pop"`) {
		t.Errorf("a token of another type: %v", err)
	}
}

// TestRequestEnds: a server that does not answer is waited for a minute, or as
// long as the HTTPClient says.
func TestRequestEnds(t *testing.T) {
	for _, timeout := range []time.Duration{0, 5 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			cfg := oauth.Config{Authority: oauth.Authority{Endpoint: endpoint}, ClientID: "client", HTTPClient: &http.Client{
				Timeout: timeout, Transport: stuck{},
			}}
			a, err := oauth.New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			_, _, err = a.Password("ann", secret).Token(t.Context())
			want := timeout
			if want == 0 {
				want = time.Minute
			}
			var e *oauth.Error
			if d := time.Since(start); d != want || !errors.As(err, &e) || !e.Temporary() {
				t.Errorf("%v after %v", err, d)
			}
		})
	}
}

type stuck struct{}

func (stuck) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, context.Cause(r.Context())
}

// TestNoRedirect: whatever the caller's client does, no secret follows a
// redirect.
func TestNoRedirect(t *testing.T) {
	elsewhere := 0
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere++ }))
	defer other.Close()
	srv := httptest.NewTLSServer(http.RedirectHandler(other.URL, http.StatusPermanentRedirect))
	defer srv.Close()
	cfg := oauth.Config{Authority: oauth.Authority{Endpoint: endpoint}, ClientID: "client", HTTPClient: srv.Client()}
	cfg.Authority.Endpoint.TokenURL = srv.URL
	cfg.Authority.Endpoint.DeviceAuthURL = srv.URL
	a, err := oauth.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var e *oauth.Error
	if _, _, err := a.Password("ann", secret).Token(t.Context()); !errors.As(err, &e) || e.StatusCode != http.StatusPermanentRedirect {
		t.Errorf("token: %v", err)
	}
	if _, err := a.DeviceSignIn(t.Context(), nil, oauth.Interaction{}); !errors.As(err, &e) || e.StatusCode != http.StatusPermanentRedirect {
		t.Errorf("device code: %v", err)
	}
	if elsewhere > 0 {
		t.Errorf("%d requests went where the redirect leads", elsewhere)
	}
	if srv.Client().CheckRedirect != nil {
		t.Error("the caller's client was changed")
	}
}

// TestAdvice: every answer that a user may be given says what to do.
func TestAdvice(t *testing.T) {
	for _, tt := range []struct{ grant, code, detail, want string }{
		{"refresh_token", "invalid_grant", "AADSTS700082", "sign in again"},
		{"refresh_token", "invalid_grant", "", "sign in again"},
		{"password", "invalid_grant", "AADSTS50126", "wrong user or password"},
		{"password", "invalid_grant", "", "wrong user or password"},
		{"authorization_code", "invalid_grant", "AADSTS54005", "used already"},
		{"authorization_code", "invalid_grant", "", "sign in again"},
		{"client_credentials", "invalid_client", "AADSTS7000222", "expired"},
		{"client_credentials", "invalid_client", "AADSTS700027", "certificate"},
		{"client_credentials", "invalid_client", "AADSTS700024", "clock"},
		{"client_credentials", "unauthorized_client", "AADSTS700016", "ClientID"},
		{"client_credentials", "invalid_request", "AADSTS90002", "Cloud"},
		{"client_credentials", "invalid_request", "AADSTS50194", "tenant's id"},
		{"client_credentials", "invalid_scope", "AADSTS70011", "Config.Scopes"},
		{"password", "invalid_request", "AADSTS7000218", "public client flows"},
		{"password", "invalid_client", "AADSTS700025", "leave Credential empty"},
		{"password", "invalid_grant", "AADSTS53003", "Conditional Access"},
		{"password", "invalid_grant", "AADSTS65001", "consent"},
		{"password", "invalid_grant", "AADSTS90094", "administrator has to consent"},
		{"password", "invalid_grant", "AADSTS650057", "full_access_as_app"},
		{"password", "invalid_grant", "AADSTS500011", "For of the Authority"},
		{"password", "invalid_grant", "AADSTS50053", "locked"},
		{"password", "invalid_grant", "AADSTS50055", "password has expired"},
		{"password", "invalid_grant", "AADSTS50105", "assigned"},
		{"password", "invalid_grant", "AADSTS50196", "share it"},
		{"authorize", "invalid_request", "AADSTS50011", "http://localhost"},
		{"authorize", "access_denied", "", "declined"},
		{"authorize", "login_required", "", "DeviceSignIn"},
		{"password", "unsupported_grant_type", "", "does not have this grant"},
		{"urn:ietf:params:oauth:grant-type:device_code", "expired_token", "", "begin again"},
	} {
		e := &oauth.Error{Host: "x", Grant: tt.grant, Code: tt.code, Detail: tt.detail}
		if !strings.Contains(e.Error(), tt.want) {
			t.Errorf("%q does not say %q", e, tt.want)
		}
	}
	for grant, want := range map[string]bool{"refresh_token": true, "authorization_code": true, "urn:ietf:params:oauth:grant-type:device_code": true, "password": false, "client_credentials": false} {
		if got := errors.Is(&oauth.Error{Grant: grant, Code: "invalid_grant"}, oauth.ErrSignIn); got != want {
			t.Errorf("invalid_grant of %s: of class ErrSignIn is %v", grant, got)
		}
	}
}

// FuzzRefusal: whatever a server answers, the error is short, and no secret is
// in it.
func FuzzRefusal(f *testing.F) {
	for _, body := range []string{
		`{"error":"invalid_client","error_description":"AADSTS7000215: ` + secret + `\r\nTrace ID: x"}`, `{"error":1}`, `error=x&error_description=%zz`,
		`{"error":"x","claims":"{}","correlation_id":"` + secret + `"}`, "", "<html>", `[]`, `{"error":"` + strings.Repeat("x", 2000) + `"}`,
	} {
		f.Add(400, "application/json", body)
		f.Add(200, "text/plain", body)
		f.Add(302, "", body)
	}
	f.Fuzz(func(t *testing.T, status int, kind, body string) {
		if status < 200 || status > 599 {
			return
		}
		const password = "\x01password\x02" // what no server makes up
		a, _ := app(t, func(int, asked) reply {
			return reply{status: status, header: http.Header{"Content-Type": {kind}, "Location": {body}}, body: strings.ReplaceAll(body, secret, password)}
		}, nil)
		_, _, err := a.Password("ann", password).Token(t.Context())
		if err != nil && (len(err.Error()) > 4000 || strings.Contains(err.Error(), password)) {
			t.Errorf("%d bytes: %v", len(err.Error()), err)
		}
	})
}
