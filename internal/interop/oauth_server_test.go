package interop

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-1937cc67/goews/auth/oauth"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
	"golang.org/x/oauth2"
)

const (
	loginPath  = "/login"
	devicePath = "/device"
	ewsScope   = "ews"
)

func publicOf(key any) any { return key.(crypto.Signer).Public() }

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// oauthServer is an authorization server: the provider of zitadel/oidc, with
// pages to sign in at, over TLS on the loopback interface.
type oauthServer struct {
	*httptest.Server
	*oauthStorage
	provider *op.Provider

	mu    sync.Mutex
	under map[string]int         // requests for tokens under way, by client
	most  map[string]int         // at once
	asked map[string][]time.Time // by client and grant
}

// assertingServer takes assertions also where a program acts by itself, which
// the LegacyServer does not.
type assertingServer struct{ *op.LegacyServer }

func (s assertingServer) VerifyClient(ctx context.Context, r *op.Request[op.ClientCredentials]) (op.Client, error) {
	if r.Data.ClientAssertionType == oidc.ClientAssertionTypeJWTAssertion {
		return op.AuthorizePrivateJWTKey(ctx, r.Data.ClientAssertion, s.Provider().(op.JWTAuthorizationGrantExchanger))
	}
	return s.LegacyServer.VerifyClient(ctx, r)
}

func startOAuth(t testing.TB, life time.Duration, clients ...*oauthClient) *oauthServer {
	t.Helper()
	s := &oauthServer{
		oauthStorage: newOAuthStorage(life, newKey(t), clients...),
		under:        map[string]int{}, most: map[string]int{}, asked: map[string][]time.Time{},
	}
	mux := http.NewServeMux()
	s.Server = httptest.NewTLSServer(mux)
	t.Cleanup(s.Close)
	cfg := &op.Config{
		CodeMethodS256: true, AuthMethodPost: true, AuthMethodPrivateKeyJWT: true, GrantTypeRefreshToken: true,
		DeviceAuthorization: op.DeviceAuthorizationConfig{
			Lifetime: time.Minute, PollInterval: time.Second, UserFormPath: devicePath, UserCode: op.UserCodeBase20,
		},
	}
	_, _ = rand.Read(cfg.CryptoKey[:]) // never fails
	var err error
	if s.provider, err = op.NewProvider(cfg, s.oauthStorage, op.StaticIssuer(s.URL)); err != nil {
		t.Fatal(err)
	}
	server := assertingServer{op.NewLegacyServer(s.provider, s.provider.Endpoints())}
	mux.HandleFunc(loginPath, s.login)
	mux.HandleFunc(devicePath, s.device)
	mux.Handle("/", s.counting(op.RegisterLegacyServer(server, op.AuthorizeCallbackHandler(s.provider))))
	return s
}

// counting notes who asks for tokens, when, and how many at once.
func (s *oauthServer) counting(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != s.provider.TokenEndpoint().Relative() || r.ParseForm() != nil {
			next.ServeHTTP(w, r)
			return
		}
		for name := range r.Header {
			if name == "X-Anchormailbox" || name == "Soapaction" {
				http.Error(w, "this is no mail server", http.StatusTeapot)
				return
			}
		}
		client := r.Form.Get("client_id")
		s.mu.Lock()
		s.under[client]++
		s.most[client] = max(s.most[client], s.under[client])
		key := client + " " + r.Form.Get("grant_type")
		s.asked[key] = append(s.asked[key], time.Now())
		s.mu.Unlock()
		defer func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.under[client]--
		}()
		next.ServeHTTP(w, r)
	})
}

// requests returns how many requests for tokens a client has sent by a grant,
// and how many were under way at once.
func (s *oauthServer) requests(client string, grant oidc.GrantType) (n, most int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.asked[client+" "+string(grant)]), s.most[client]
}

// verify returns the subject of an access token that the server has signed, that
// has not expired and was not revoked.
func (s *oauthServer) verify(ctx context.Context, token string) (subject string, err error) {
	claims, err := op.VerifyAccessToken[*oidc.AccessTokenClaims](op.ContextWithIssuer(ctx, s.URL), token, s.provider.AccessTokenVerifier(op.ContextWithIssuer(ctx, s.URL)))
	if err != nil {
		return "", err
	}
	if !s.live(claims.JWTID) {
		return "", fmt.Errorf("it was revoked")
	}
	return claims.Subject, nil
}

// authenticate is for ewstest.Config: it takes bearer tokens of the server.
func (s *oauthServer) authenticate(w http.ResponseWriter, r *http.Request) (string, bool) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	subject, err := s.verify(r.Context(), token)
	if scheme != "Bearer" || err != nil {
		w.Header().Set("WWW-Authenticate", `Bearer realm="mail", error="invalid_token"`)
		w.WriteHeader(http.StatusUnauthorized)
		return "", false
	}
	return subject + "@example.com", true
}

// page is a form that a user signs in with. It works for a browser that keeps
// its cookie.
func (s *oauthServer) page(w http.ResponseWriter, name, value string) {
	cookie := rand.Text()
	http.SetCookie(w, &http.Cookie{Name: "form", Value: cookie, Secure: true, HttpOnly: true, Path: "/"})
	fmt.Fprintf(w, `<form method="post"><input name="form" value="%s"><input name="%s" value="%s"><input name="user"><input name="password"></form>`,
		cookie, name, html.EscapeString(value))
}

// entered returns the user of a form that was filled in rightly.
func (s *oauthServer) entered(w http.ResponseWriter, r *http.Request) (user string, ok bool) {
	c, err := r.Cookie("form")
	if err != nil || c.Value == "" || c.Value != r.PostFormValue("form") || r.PostFormValue("password") != "secret" {
		http.Error(w, "wrong user or password", http.StatusForbidden)
		return "", false
	}
	return r.PostFormValue("user"), true
}

func (s *oauthServer) login(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		s.page(w, "id", r.FormValue("id"))
		return
	}
	id := r.PostFormValue("id")
	if user, ok := s.entered(w, r); ok {
		if !s.enter(id, user) {
			http.Error(w, "no such sign-in", http.StatusBadRequest)
			return
		}
		http.Redirect(w, r, s.provider.AuthorizationEndpoint().Absolute(s.URL)+"/callback?id="+url.QueryEscape(id), http.StatusFound)
	}
}

func (s *oauthServer) device(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		s.page(w, "user_code", r.FormValue("user_code"))
		return
	}
	if user, ok := s.entered(w, r); ok && !s.approve(r.PostFormValue("user_code"), user) {
		http.Error(w, "no such code", http.StatusBadRequest)
	}
}

// browser is a user's, who has a password.
type browser struct {
	client *http.Client
	user   string
}

func newBrowser(t testing.TB, s *oauthServer, user string) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{client: &http.Client{Transport: s.Client().Transport, Jar: jar}, user: user}
}

// inputs finds what a form has filled in already.
var inputs = regexp.MustCompile(`<input name="(\w+)" value="([^"]*)">`)

// signIn opens an address, fills in the form that it leads to, and returns the
// page behind it.
func (b *browser) signIn(ctx context.Context, address string, more url.Values) (string, error) {
	text, at, err := b.open(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	form := url.Values{"user": {b.user}, "password": {"secret"}}
	for _, in := range inputs.FindAllStringSubmatch(text, -1) {
		form.Set(in[1], html.UnescapeString(in[2]))
	}
	for k, v := range more {
		form[k] = v
	}
	text, _, err = b.open(ctx, http.MethodPost, at.String(), form)
	return text, err
}

func (b *browser) open(ctx context.Context, method, address string, form url.Values) (text string, at *url.URL, err error) {
	r, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(form.Encode()))
	if err != nil {
		return "", nil, err
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := b.client.Do(r)
	if err != nil {
		return "", nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return "", nil, err
	}
	if res.StatusCode != http.StatusOK {
		return "", nil, fmt.Errorf("%s %s: %s: %s", method, address, res.Status, body)
	}
	return string(body), res.Request.URL, nil
}

// app returns the application as a program has it.
func (s *oauthServer) app(t testing.TB, id string, change func(*oauth.Config)) *oauth.App {
	t.Helper()
	cfg := oauth.Config{
		Authority: oauth.Authority{
			Endpoint: oauth2.Endpoint{
				AuthURL:       s.provider.AuthorizationEndpoint().Absolute(s.URL),
				TokenURL:      s.provider.TokenEndpoint().Absolute(s.URL),
				DeviceAuthURL: s.provider.DeviceAuthorizationEndpoint().Absolute(s.URL),
				AuthStyle:     oauth2.AuthStyleInParams,
			},
			Audience:  s.URL,
			AppScopes: []string{ewsScope}, UserScopes: []string{oidc.ScopeOpenID, ewsScope, oidc.ScopeOfflineAccess},
		},
		ClientID: id, HTTPClient: &http.Client{Transport: s.Client().Transport.(*http.Transport).Clone()},
	}
	if change != nil {
		change(&cfg)
	}
	a, err := oauth.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cfg.HTTPClient.CloseIdleConnections)
	return a
}
