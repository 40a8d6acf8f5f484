package interop

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/auth/oauth"
	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/orm"
	"github.com/zitadel/oidc/v3/pkg/oidc"
)

const (
	tokenLife = 3 * time.Second // of the access tokens
	pace      = 6 * time.Second // for the calls of one worker: tokens expire in the meantime
	limit     = time.Minute     // of a test
)

// keptTokens is where a program keeps its tokens.
type keptTokens struct {
	mu  sync.Mutex
	all []oauth.Token
}

func (k *keptTokens) store(_ context.Context, t oauth.Token) error {
	saved, err := t.Save()
	if err != nil {
		return err
	}
	if t, err = oauth.Load(saved); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.all = append(k.all, t)
	return nil
}

func (k *keptTokens) last() oauth.Token {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.all[len(k.all)-1]
}

// TestOAuth: every grant that zitadel/oidc has, each with 8 goroutines and 500
// calls, while tokens expire and are revoked.
func TestOAuth(t *testing.T) {
	need(t, "")
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ecKey := newKey(t)
	app := []oidc.GrantType{oidc.GrantTypeClientCredentials}
	s := startOAuth(t, tokenLife,
		&oauthClient{id: "daemon", secret: "daemon-secret", grants: app},
		&oauthClient{id: "certified", key: rsaKey.Public(), grants: app},
		&oauthClient{id: "keyed", key: ecKey.Public(), grants: app},
		&oauthClient{id: "desktop", native: true, grants: []oidc.GrantType{oidc.GrantTypeCode, oidc.GrantTypeRefreshToken}},
		&oauthClient{id: "tv", native: true, grants: []oidc.GrantType{oidc.GrantTypeDeviceCode, oidc.GrantTypeRefreshToken}},
	)
	accounts := ewstest.DefaultAccounts()
	for _, name := range []string{"daemon", "certified", "keyed"} {
		accounts = append(accounts, ewstest.Account{Address: name + "@example.com", Impersonates: true})
	}
	mail, err := ewstest.NewServer(ewstest.Config{Accounts: accounts, Authenticate: s.authenticate})
	if err != nil {
		t.Fatal(err)
	}
	mail.Start()
	t.Cleanup(mail.Close)

	t.Run("grants", func(t *testing.T) {
		for name, credential := range map[string]func() (oauth.Credential, error){
			"daemon":    func() (oauth.Credential, error) { return oauth.Secret("daemon-secret"), nil },
			"certified": func() (oauth.Credential, error) { return oauth.Certificate(selfSigned(t, rsaKey)) },
			"keyed":     func() (oauth.Credential, error) { return oauth.PrivateKey(ecKey, "k") },
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				c, err := credential()
				if err != nil {
					t.Fatal(err)
				}
				tokens, err := s.app(t, name, func(cfg *oauth.Config) { cfg.Credential = c; cfg.Authority.RSA = "PS256" }).ClientCredentials()
				if err != nil {
					t.Fatal(err)
				}
				s.labour(t, mail, name, oidc.GrantTypeClientCredentials, tokens, orm.Impersonation)
			})
		}
		t.Run("desktop", func(t *testing.T) {
			t.Parallel()
			s.users(t, mail, "desktop", func(ctx context.Context, a *oauth.App, b *browser) (oauth.Token, error) {
				shown := make(chan string, 1)
				token, err := a.SignIn(ctx, func(ctx context.Context, address string) error {
					page, err := b.signIn(context.WithoutCancel(ctx), address, nil)
					shown <- page
					return err
				}, oauth.Interaction{LoginHint: "alice"})
				if page := <-shown; !strings.Contains(page, "You are signed in.") {
					t.Errorf("the browser shows %q", page)
				}
				return token, err
			})
		})
		t.Run("tv", func(t *testing.T) {
			t.Parallel()
			s.users(t, mail, "tv", func(ctx context.Context, a *oauth.App, b *browser) (oauth.Token, error) {
				return a.DeviceSignIn(ctx, func(ctx context.Context, d oauth.DeviceCode) error {
					_, err := b.signIn(ctx, d.URL, url.Values{"user_code": {d.UserCode}})
					return err
				}, oauth.Interaction{})
			})
		})
	})
}

// users lets a user sign in, works, and goes on in another run with what was
// kept.
func (s *oauthServer) users(t *testing.T, mail *ewstest.Server, client string, signIn func(context.Context, *oauth.App, *browser) (oauth.Token, error)) {
	var kept keptTokens
	a := s.app(t, client, func(cfg *oauth.Config) { cfg.Store = kept.store })
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	token, err := signIn(ctx, a, newBrowser(t, s, "alice"))
	if err != nil {
		t.Fatal(err)
	}
	s.labour(t, mail, client, oidc.GrantTypeRefreshToken, a.Resume(token), orm.Delegate)

	// The next run.
	n, _ := s.requests(client, oidc.GrantTypeRefreshToken)
	if len(kept.all) != n+1 {
		t.Errorf("%d tokens were stored after a sign-in and %d refreshes", len(kept.all), n)
	}
	last := kept.last()
	last.Access = ""
	if _, _, err := a.Resume(last).Token(ctx); err != nil {
		t.Errorf("in the next run: %v", err)
	}
	// An old refresh token is worth nothing: it was rotated.
	_, _, err = a.Resume(oauth.Token{Refresh: token.Refresh}).Token(ctx)
	var e *oauth.Error
	if !errors.Is(err, oauth.ErrSignIn) || !errors.As(err, &e) || e.Code != "invalid_grant" {
		t.Errorf("an old refresh token: %v", err)
	}
}

// labour works on a mailbox with 8 goroutines and 500 calls, none of which may
// fail. Tokens expire, and once all are revoked. What was asked of the
// authorization server is no more than that takes.
func (s *oauthServer) labour(t *testing.T, mail *ewstest.Server, client string, grant oidc.GrantType, tokens *oauth.Tokens, access orm.Access) {
	t.Helper()
	before, _ := s.requests(client, grant)
	start := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	trace := new(lockedBuffer)
	acct, err := orm.Open(ctx, "alice@example.com", orm.Config{
		Endpoint: mail.URL, HTTPClient: mail.HTTPClient(), Auth: tokens, Access: access,
		Transport: ews.Config{MaxConcurrent: workers, Trace: trace, TraceBytes: 1, AnchorMailbox: "alice@example.com"},
	})
	if err != nil {
		t.Fatal(err)
	}
	folder, err := acct.Root().Ensure(ctx, client)
	if err != nil {
		t.Fatal(err)
	}
	each := (calls + workers - 1) / workers
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			tick := time.NewTicker(pace / time.Duration(each))
			defer tick.Stop()
			for i := range each {
				<-tick.C
				var err error
				if i%4 == 0 {
					err = acct.Create(ctx, folder, &orm.Message{Subject: fmt.Sprint(w, " ", i)})
				} else {
					_, err = folder.Messages().Filter(field.Message.Subject.Equals(fmt.Sprint(w, " ", i/4*4))).Get(ctx)
				}
				if err != nil {
					t.Errorf("call %d of %d: %v", i, w, err)
					return
				}
			}
		})
	}
	for range 2 { // when all of them are at work
		time.Sleep(pace / 3)
		s.revoke(client)
	}
	group.Wait()
	took := time.Since(start)
	if n, err := folder.Messages().Count(ctx); err != nil || n != workers*((each+3)/4) {
		t.Errorf("%d messages, %v", n, err)
	}

	after, most := s.requests(client, grant)
	n := after - before
	// A token serves until a quarter of its life is left. Beside that, one is
	// asked for each time they were revoked, and at the beginning and the end.
	fewest, mostWanted := int(took/(tokenLife+time.Second)), int(took/(tokenLife*3/4))+4
	t.Logf("%d requests for tokens in %v, for %d calls", n, took.Round(time.Millisecond), each*workers)
	if n < fewest || n > mostWanted || most != 1 {
		t.Errorf("%d requests for tokens in %v, %d at once; want %d to %d, one at a time", n, took, most, fewest, mostWanted)
	}
	token, _, err := tokens.Token(ctx)
	if err != nil || strings.Contains(trace.String(), string(token)) || !strings.Contains(trace.String(), "Bearer ***") {
		t.Errorf("the token shows in the trace, or there is none: %v", err)
	}
}

// TestOAuthRefused: what the authorization server refuses is an error that says
// what to do, and no call gets to the mail server.
func TestOAuthRefused(t *testing.T) {
	need(t, "")
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	key := newKey(t)
	s := startOAuth(t, time.Minute,
		&oauthClient{id: "daemon", secret: "daemon-secret", grants: []oidc.GrantType{oidc.GrantTypeClientCredentials}},
		&oauthClient{id: "keyed", key: key.Public(), grants: []oidc.GrantType{oidc.GrantTypeClientCredentials}},
		&oauthClient{id: "desktop", native: true, grants: []oidc.GrantType{oidc.GrantTypeCode}},
	)
	mail, err := ewstest.NewServer(ewstest.Config{Authenticate: s.authenticate})
	if err != nil {
		t.Fatal(err)
	}
	mail.Start()
	t.Cleanup(mail.Close)
	other, err := oauth.PrivateKey(newKey(t), "k")
	if err != nil {
		t.Fatal(err)
	}
	right, err := oauth.PrivateKey(key, "k")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, client, code string
		change             func(*oauth.Config)
	}{
		{"wrong secret", "daemon", "invalid_client", func(c *oauth.Config) { c.Credential = oauth.Secret("wrong-secret") }},
		{"unknown client", "nobody", "invalid_client", func(c *oauth.Config) { c.Credential = oauth.Secret("daemon-secret") }},
		{"wrong key", "keyed", "", func(c *oauth.Config) { c.Credential = other }},
		{"wrong audience", "keyed", "", func(c *oauth.Config) { c.Credential = right; c.Authority.Audience = "https://elsewhere/" }},
		{"wrong grant", "desktop", "", func(c *oauth.Config) { c.Credential = oauth.Secret("x-x-x-x") }},
	} {
		tokens, err := s.app(t, tt.client, tt.change).ClientCredentials()
		if err != nil {
			t.Fatal(err)
		}
		_, err = orm.Open(ctx, "alice@example.com", orm.Config{Endpoint: mail.URL, HTTPClient: mail.HTTPClient(), Auth: tokens})
		var e *oauth.Error
		var te *ews.TransportError
		if !errors.As(err, &e) || e.StatusCode/100 != 4 || tt.code != "" && e.Code != tt.code || !errors.As(err, &te) || te.Sent || strings.Contains(err.Error(), "-secret") {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	var he *ews.HTTPError
	if _, err := orm.Open(ctx, "alice@example.com", orm.Config{Endpoint: mail.URL, HTTPClient: mail.HTTPClient(), Auth: auth.Bearer("forged")}); !errors.As(err, &he) || he.StatusCode != 401 {
		t.Errorf("a forged token: %v", err)
	}

	// A user who declines, and one who has a wrong password, do not sign in.
	b := newBrowser(t, s, "alice")
	_, err = s.app(t, "desktop", nil).SignIn(ctx, func(ctx context.Context, address string) error {
		_, err := b.signIn(ctx, address, url.Values{"password": {"wrong"}})
		return err
	}, oauth.Interaction{})
	if err == nil || !strings.Contains(err.Error(), "wrong user or password") {
		t.Errorf("a wrong password: %v", err)
	}
	_, err = s.app(t, "desktop", nil).SignIn(ctx, func(ctx context.Context, address string) error {
		_, _, err := b.open(context.WithoutCancel(ctx), "GET", address, nil)
		return err
	}, oauth.Interaction{Prompt: "none"})
	if !errors.Is(err, oauth.ErrSignIn) {
		t.Errorf("without a prompt: %v", err)
	}
}

// selfSigned returns a certificate of the key.
func selfSigned(t testing.TB, key *rsa.PrivateKey) tls.Certificate {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "app"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
