package oauth_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/auth/oauth"
	"golang.org/x/oauth2"
)

func TestAuthorities(t *testing.T) {
	entra := func(login string) oauth2.Endpoint {
		base := "https://" + login + "/oauth2/v2.0/"
		return oauth2.Endpoint{AuthURL: base + "authorize", TokenURL: base + "token", DeviceAuthURL: base + "devicecode", AuthStyle: oauth2.AuthStyleInParams}
	}
	scopes := func(a oauth.Authority, server string) oauth.Authority {
		a.AppScopes, a.UserScopes = []string{server + "/.default"}, []string{server + "/EWS.AccessAsUser.All", "offline_access"}
		return a
	}
	of := func(login string) oauth.Authority {
		return oauth.Authority{Endpoint: entra(login), RSA: "PS256"}
	}
	adfs := oauth.Authority{Endpoint: oauth2.Endpoint{
		AuthURL: "https://fs.example.com/adfs/oauth2/authorize", TokenURL: "https://fs.example.com/adfs/oauth2/token",
		DeviceAuthURL: "https://fs.example.com/adfs/oauth2/devicecode", AuthStyle: oauth2.AuthStyleInParams,
	}, Resource: "https://mail.example.com/", UserScopes: []string{"openid"}}
	other := adfs
	other.Resource = "https://owa.example.com/"
	for _, tt := range []struct {
		name      string
		got, want oauth.Authority
	}{
		{"global", oauth.EntraID(oauth.Global, "example.com"), scopes(of("login.microsoftonline.com/example.com"), "https://outlook.office365.com")},
		{"no tenant", oauth.EntraID(oauth.Global, ""), scopes(of("login.microsoftonline.com/organizations"), "https://outlook.office365.com")},
		{"GCC High", oauth.EntraID(oauth.USGovernment, "x"), scopes(of("login.microsoftonline.us/x"), "https://outlook.office365.us")},
		{"DoD", oauth.EntraID(oauth.USGovernmentDoD, "x"), scopes(of("login.microsoftonline.us/x"), "https://outlook-dod.office365.us")},
		{"China", oauth.EntraID(oauth.China, "x"), scopes(of("login.partner.microsoftonline.cn/x"), "https://partner.outlook.cn")},
		{"a tenant is no path", oauth.EntraID(oauth.Global, "../x?y"), scopes(of("login.microsoftonline.com/..%2Fx%3Fy"), "https://outlook.office365.com")},
		{"hybrid", oauth.EntraID(oauth.Global, "x").For("https://mail.example.com/"), scopes(of("login.microsoftonline.com/x"), "https://mail.example.com")},
		{"AD FS", oauth.ADFS("fs.example.com", "https://mail.example.com/"), adfs},
		{"AD FS for another", oauth.ADFS("fs.example.com", "https://mail.example.com/").For("https://owa.example.com/"), other},
	} {
		if diff := cmp.Diff(tt.want, tt.got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", tt.name, diff)
		}
		if _, err := oauth.New(oauth.Config{Authority: tt.got, ClientID: "x"}); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	if got, want := oauth.USGovernment.EWS(), "https://outlook.office365.us/EWS/Exchange.asmx"; got != want {
		t.Errorf("EWS is at %s, want %s", got, want)
	}
}

func TestNewRefuses(t *testing.T) {
	for name, cfg := range map[string]oauth.Config{
		"nothing":           {},
		"no client":         {Authority: oauth.EntraID(oauth.Global, "x")},
		"no authority":      {ClientID: "x"},
		"plain http":        {ClientID: "x", Authority: oauth.Authority{Endpoint: oauth2.Endpoint{TokenURL: "http://login.example.com/token"}}},
		"plain http device": {ClientID: "x", Authority: oauth.Authority{Endpoint: oauth2.Endpoint{TokenURL: "https://x/token", DeviceAuthURL: "http://x/device"}}},
		"not a URL":         {ClientID: "x", Authority: oauth.Authority{Endpoint: oauth2.Endpoint{TokenURL: "%"}}},
		"relative":          {ClientID: "x", Authority: oauth.Authority{Endpoint: oauth2.Endpoint{TokenURL: "/token"}}},
		"a password":        {ClientID: "x", Authority: oauth.Authority{Endpoint: oauth2.Endpoint{TokenURL: "https://ann:" + secret + "@x/"}}},
		"algorithm":         {ClientID: "x", Authority: oauth.Authority{Endpoint: endpoint, RSA: "none"}},
	} {
		if _, err := oauth.New(cfg); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if _, err := oauth.New(oauth.Config{ClientID: "x", Authority: oauth.Authority{Endpoint: oauth2.Endpoint{TokenURL: "http://127.0.0.1:1/token"}}}); err != nil {
		t.Errorf("this machine: %v", err)
	}
	a, _ := app(t, issue, nil)
	if _, err := a.ClientCredentials(); err == nil {
		t.Error("a public client acts by itself")
	}
}

// TestRequests: what each grant sends.
func TestRequests(t *testing.T) {
	with := oauth.Secret(secret)
	inHeader := func(c *oauth.Config) { c.Credential = with; c.Authority.Endpoint.AuthStyle = 0 }
	adfs := func(c *oauth.Config) {
		c.Credential = with
		c.Authority = oauth.ADFS("fs.example.com", "https://mail/")
	}
	for _, tt := range []struct {
		name   string
		change func(*oauth.Config)
		ask    func(a *oauth.App) (auth.Method, error)
		want   string
		path   string
		basic  bool
	}{
		{"client credentials", func(c *oauth.Config) { c.Credential = with },
			func(a *oauth.App) (auth.Method, error) { return a.ClientCredentials() },
			"grant_type=client_credentials&client_id=client&client_secret=" + secret + "&scope=app", "/token", false},
		{"in the header", inHeader,
			func(a *oauth.App) (auth.Method, error) { return a.ClientCredentials() },
			"grant_type=client_credentials&scope=app", "/token", true},
		{"AD FS", adfs,
			func(a *oauth.App) (auth.Method, error) { return a.ClientCredentials() },
			"grant_type=client_credentials&client_id=client&client_secret=" + secret + "&resource=https://mail/", "/adfs/oauth2/token", false},
		{"other scopes, more parameters", func(c *oauth.Config) {
			c.Credential, c.Scopes, c.Params = with, []string{"a", "b"}, map[string][]string{"mkt": {"da-DK"}}
		}, func(a *oauth.App) (auth.Method, error) { return a.ClientCredentials() },
			"grant_type=client_credentials&client_id=client&client_secret=" + secret + "&scope=a+b&mkt=da-DK", "/token", false},
		{"capable", func(c *oauth.Config) { c.Credential, c.HandlesClaims = with, true },
			func(a *oauth.App) (auth.Method, error) { return a.ClientCredentials() },
			"grant_type=client_credentials&client_id=client&client_secret=" + secret + `&scope=app&claims={"access_token":{"xms_cc":{"values":["cp1"]}}}`, "/token", false},
		{"federated", func(c *oauth.Config) {
			c.Credential = oauth.Assertion(func(_ context.Context, audience string) (auth.Secret, error) {
				return auth.Secret("for " + audience), nil
			})
		}, func(a *oauth.App) (auth.Method, error) { return a.ClientCredentials() },
			"grant_type=client_credentials&client_id=client&scope=app&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer" +
				"&client_assertion=for+https://login.example.com/token", "/token", false},
		{"password", nil, func(a *oauth.App) (auth.Method, error) { return a.Password("ann@example.com", secret), nil },
			"grant_type=password&client_id=client&username=ann%40example.com&password=" + secret + "&scope=user+offline_access", "/token", false},
		{"refresh", nil, func(a *oauth.App) (auth.Method, error) { return a.Resume(oauth.Token{Refresh: "r"}), nil },
			"grant_type=refresh_token&client_id=client&refresh_token=r&scope=user+offline_access", "/token", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, s := app(t, issue, tt.change)
			m, err := tt.ask(a)
			if err != nil {
				t.Fatal(err)
			}
			var sent http.Header
			rt := m.Wrap(roundTripper(func(r *http.Request) int { sent = r.Header; return 200 }))
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://mail/", strings.NewReader("<a/>"))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("X-AnchorMailbox", "ann@example.com")
			if _, err := rt.RoundTrip(r); err != nil || sent.Get("Authorization") != "Bearer t1" {
				t.Errorf("%v; sent %v", err, sent)
			}
			got := s.requests()
			if len(got) != 1 {
				t.Fatalf("%d requests for tokens", len(got))
			}
			if diff := cmp.Diff(values(t, tt.want), got[0].form); diff != "" || got[0].path != tt.path {
				t.Errorf("to %s, -want +got:\n%s", got[0].path, diff)
			}
			if _, has := got[0].header["X-Anchormailbox"]; has {
				t.Error("a header for Exchange went to the authorization server")
			}
			if header := got[0].header.Get("Authorization"); tt.basic != strings.HasPrefix(header, "Basic ") {
				t.Errorf("Authorization %q", header)
			}
		})
	}
}

// TestPlainHTTP: tokens do not go over plain HTTP, unless that is wanted; and
// none is fetched for nothing.
func TestPlainHTTP(t *testing.T) {
	a, s := app(t, issue, nil)
	m := a.Password("ann", secret)
	next := roundTripper(func(*http.Request) int { return 200 })
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://mail.example.com/", nil)
	if err != nil {
		t.Fatal(err)
	}
	var plain *auth.PlainHTTPError
	if _, err := m.Wrap(next).RoundTrip(r); !errors.As(err, &plain) || len(s.requests()) > 0 {
		t.Errorf("%v after %d requests", err, len(s.requests()))
	}
	if _, err := auth.AllowPlainHTTP(m).Wrap(next).RoundTrip(r); err != nil {
		t.Error(err)
	}
}

type roundTripper func(*http.Request) int

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		r.Body.Close()
	}
	return &http.Response{StatusCode: f(r), Header: http.Header{}, Body: http.NoBody, Request: r}, nil
}

// holder has what is secret where package fmt can't call its methods.
type holder struct {
	v any
	V any
}

func TestSecretsDoNotShow(t *testing.T) {
	credential := oauth.Secret(secret)
	a, _ := app(t, issue, func(c *oauth.Config) { c.Credential = credential })
	cc, err := a.ClientCredentials()
	if err != nil {
		t.Fatal(err)
	}
	token := oauth.Token{Access: secret, Refresh: secret}
	z, err := a.Authorize(oauth.Interaction{Redirect: "https://app.example.com/back"})
	if err != nil {
		t.Fatal(err)
	}
	resumed := a.Resume(token)
	if _, _, err := resumed.Token(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string]any{
		"credential": credential, "config": oauth.Config{Credential: credential}, "app": a, "tokens": cc, "token": token, "resumed": resumed,
		"password": a.Password("ann", secret), "authorization": z, "plain": auth.AllowPlainHTTP(resumed),
		"source": oauth.TokenSource(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: secret})),
	} {
		var all strings.Builder
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			held := holder{v, v}
			if name == "token" { // auth.Secret says of itself that this shows
				held.v = nil
			}
			for _, x := range []any{v, &v, held, &held, []any{v}} {
				fmt.Fprintf(&all, verb+"\n", x)
			}
		}
		slog.New(slog.NewTextHandler(&all, nil)).Info("text", "v", v)
		slog.New(slog.NewJSONHandler(&all, nil)).Info("json", "v", v)
		b, err := json.Marshal(v)
		fmt.Fprintf(&all, "%s %v\n", b, err)
		if text := all.String(); strings.Contains(text, secret) || strings.Contains(text, fmt.Sprintf("%x", secret)) {
			t.Errorf("%s shows:\n%s", name, text)
		}
	}
	if got, want := fmt.Sprintf("%v %#v %v", a, credential, cc), "oauth.App client at login.example.com client secret Bearer"; got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
}

func TestSaveAndLoad(t *testing.T) {
	for _, token := range []oauth.Token{
		{Access: "a", Refresh: "r", Expires: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)},
		{Access: "a"},
		{Refresh: "r"},
	} {
		saved, err := token.Save()
		if err != nil {
			t.Fatal(err)
		}
		got, err := oauth.Load(saved)
		if diff := cmp.Diff(token, got); diff != "" || err != nil {
			t.Errorf("%s: %v -want +got:\n%s", saved, err, diff)
		}
		var other oauth2.Token
		if err := json.Unmarshal(saved, &other); err != nil || oauth.FromOAuth2(&other) != token {
			t.Errorf("as an oauth2.Token %s is %+v, %v", saved, oauth.FromOAuth2(&other), err)
		}
		if oauth.FromOAuth2(token.OAuth2()) != token {
			t.Errorf("%v did not come back from an oauth2.Token", token)
		}
	}
	for _, bad := range []string{"", "{", `{"access_token":"` + secret, `{"access_token":{"x":"` + secret + `"}}`, `{}`, `[]`, `null`, `{"access_token":"a","expiry":"` + secret + `"}`} {
		if got, err := oauth.Load([]byte(bad)); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%q: %v, %v", bad, got, err)
		}
	}
	if oauth.FromOAuth2(nil) != (oauth.Token{}) {
		t.Error("nil is a token")
	}
}

// FuzzLoad: what is loaded can be saved, and is then the same.
func FuzzLoad(f *testing.F) {
	for _, s := range []string{`{"access_token":"a","refresh_token":"r","expiry":"2026-01-02T03:04:05Z"}`, `{"access_token":"a"}`, `{"refresh_token":"\u0000"}`, `[]`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, saved []byte) {
		first, err := oauth.Load(saved)
		if err != nil {
			return
		}
		again, err := first.Save()
		if err != nil {
			return // a year that JSON has no place for
		}
		second, err := oauth.Load(again)
		if err != nil || second.Access != first.Access || second.Refresh != first.Refresh || !second.Expires.Equal(first.Expires) {
			t.Errorf("%s became %s: %v", saved, again, err)
		}
	})
}

// TestTokenSource: any source of golang.org/x/oauth2 is a method, and its
// errors do not show what the server answered.
func TestTokenSource(t *testing.T) {
	if token, _, err := oauth.TokenSource(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "a"})).Token(t.Context()); err != nil || token != "a" {
		t.Errorf("%q, %v", string(token), err)
	}
	for name, src := range map[string]sourceFunc{
		"nothing": func() (*oauth2.Token, error) { return nil, nil },
		"refused": func() (*oauth2.Token, error) {
			return nil, &oauth2.RetrieveError{Response: &http.Response{Status: "400"}, Body: []byte(secret)}
		},
		"failed": func() (*oauth2.Token, error) { return nil, errors.New("down") },
	} {
		var te *auth.TokenError
		if _, _, err := oauth.TokenSource(src).Token(t.Context()); !errors.As(err, &te) || strings.Contains(fmt.Sprintf("%v %+v", err, te), secret) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

type sourceFunc func() (*oauth2.Token, error)

func (f sourceFunc) Token() (*oauth2.Token, error) { return f() }

// TestForeignDefaultTransport: a program may put anything in the place of
// http.DefaultTransport, as for metrics.
func TestForeignDefaultTransport(t *testing.T) {
	was := http.DefaultTransport
	defer func() { http.DefaultTransport = was }()
	http.DefaultTransport = foreign{}
	if _, err := oauth.New(oauth.Config{Authority: oauth.EntraID(oauth.Global, "x"), ClientID: "x"}); err != nil {
		t.Error(err)
	}
}

type foreign struct{ http.RoundTripper }
