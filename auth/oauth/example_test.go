package oauth_test

import (
	"cmp"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/auth/oauth"
	"github.com/seed-1937cc67/goews/orm"
)

// A program that acts by itself, with a client secret. It acts as the owner of
// each mailbox it opens.
func ExampleApp_ClientCredentials() {
	servers := exampleServers()
	defer servers.Close()
	ctx := context.Background()

	app, err := oauth.New(oauth.Config{
		Authority:  servers.authority(), // oauth.EntraID(oauth.Global, "example.com")
		ClientID:   "00001111-aaaa-2222-bbbb-3333cccc4444",
		Credential: oauth.Secret("the secret's Value"),
		HTTPClient: servers.idp.Client(), // where a proxy sits; leave it out otherwise
	})
	if err != nil {
		log.Fatal(err)
	}
	tokens, err := app.ClientCredentials()
	if err != nil {
		log.Fatal(err)
	}
	for _, address := range []string{"alice@example.com", "bob@example.com"} {
		acct, err := orm.Open(ctx, address, orm.Config{
			Endpoint:   servers.mail.URL, // oauth.Global.EWS()
			HTTPClient: servers.mail.HTTPClient(),
			Auth:       tokens, // one for all mailboxes
			Access:     orm.Impersonation,
		})
		if err != nil {
			log.Fatal(err)
		}
		n, err := acct.Inbox().Messages().Count(ctx)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(address, "has", n, "messages")
	}
	fmt.Println("requests for tokens:", servers.asked)
	// Output:
	// alice@example.com has 20 messages
	// bob@example.com has 20 messages
	// requests for tokens: [client_credentials]
}

// certificateOnDisk stands for tls.LoadX509KeyPair("app.crt", "app.key").
func certificateOnDisk() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

// A certificate in place of a secret.
func ExampleCertificate() {
	servers := exampleServers()
	defer servers.Close()

	cert, err := certificateOnDisk() // tls.LoadX509KeyPair("app.crt", "app.key")
	if err != nil {
		log.Fatal(err)
	}
	credential, err := oauth.Certificate(cert)
	if err != nil {
		log.Fatal(err)
	}
	app, err := oauth.New(oauth.Config{
		Authority: servers.authority(), ClientID: "00001111-aaaa-2222-bbbb-3333cccc4444",
		Credential: credential, HTTPClient: servers.idp.Client(),
	})
	if err != nil {
		log.Fatal(err)
	}
	tokens, err := app.ClientCredentials()
	if err != nil {
		log.Fatal(err)
	}
	token, expires, err := tokens.Token(context.Background())
	fmt.Println(credential, token, time.Until(expires).Round(time.Minute), err)
	// Output: certificate *** 1h0m0s <nil>
}

// The assertion of another issuer that the application trusts: here, the token
// that Kubernetes puts into a file and keeps fresh.
func ExampleAssertion() {
	servers := exampleServers()
	defer servers.Close()
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "token") // os.Getenv("AZURE_FEDERATED_TOKEN_FILE")
	if err := os.WriteFile(file, []byte("eyJ..."), 0o600); err != nil {
		log.Fatal(err)
	}

	app, err := oauth.New(oauth.Config{
		Authority: servers.authority(), ClientID: "00001111-aaaa-2222-bbbb-3333cccc4444", HTTPClient: servers.idp.Client(),
		Credential: oauth.Assertion(func(context.Context, string) (auth.Secret, error) {
			b, err := os.ReadFile(file)
			return auth.Secret(b), err
		}),
	})
	if err != nil {
		log.Fatal(err)
	}
	tokens, err := app.ClientCredentials()
	if err != nil {
		log.Fatal(err)
	}
	token, _, err := tokens.Token(context.Background())
	fmt.Println(token, err)
	// Output: *** <nil>
}

// A user signs in with the browser of this machine. Tokens are kept, so that
// the next run needs no sign-in.
func ExampleApp_SignIn() {
	servers := exampleServers()
	defer servers.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute) // what a user needs
	defer cancel()

	var file []byte // a file that only the user may read, in life
	app, err := oauth.New(oauth.Config{
		Authority: servers.authority(), // oauth.EntraID(oauth.Global, "")
		ClientID:  "00001111-aaaa-2222-bbbb-3333cccc4444", HTTPClient: servers.idp.Client(),
		Store: func(_ context.Context, t oauth.Token) (err error) {
			file, err = t.Save()
			return err
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	token, err := oauth.Load(file)
	if err != nil { // the first run
		token, err = app.SignIn(ctx, func(_ context.Context, address string) error {
			return servers.browse(address) // exec.Command("xdg-open", address).Start()
		}, oauth.Interaction{LoginHint: "alice@example.com"})
	}
	if err != nil {
		log.Fatal(err)
	}
	acct, err := orm.Open(ctx, "alice@example.com", orm.Config{
		Endpoint: servers.mail.URL, HTTPClient: servers.mail.HTTPClient(), Auth: app.Resume(token),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("signed in at", acct.Address(), "and kept", len(file) > 0)
	// Output: signed in at alice@example.com and kept true
}

// A user signs in with a browser elsewhere: for programs on a server, or in a
// terminal.
func ExampleApp_DeviceSignIn() {
	servers := exampleServers()
	defer servers.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Minute)
	defer cancel()

	app, err := oauth.New(oauth.Config{Authority: servers.authority(), ClientID: "00001111-aaaa-2222-bbbb-3333cccc4444", HTTPClient: servers.idp.Client()})
	if err != nil {
		log.Fatal(err)
	}
	token, err := app.DeviceSignIn(ctx, func(_ context.Context, code oauth.DeviceCode) error {
		fmt.Println(code)
		return nil
	}, oauth.Interaction{})
	if err != nil {
		log.Fatal(err)
	}
	acct, err := orm.Open(ctx, "alice@example.com", orm.Config{
		Endpoint: servers.mail.URL, HTTPClient: servers.mail.HTTPClient(), Auth: app.Resume(token),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("signed in at", acct.Address())
	// Output:
	// To sign in, open https://microsoft.com/devicelogin in a browser and enter the code ABCD-EFGH.
	// signed in at alice@example.com
}

// A web application sends its user to the authorization server, who comes back
// to its own address.
func ExampleApp_Authorize() {
	servers := exampleServers()
	defer servers.Close()
	app, err := oauth.New(oauth.Config{
		Authority: servers.authority(), ClientID: "00001111-aaaa-2222-bbbb-3333cccc4444",
		Credential: oauth.Secret("the secret's Value"), HTTPClient: servers.idp.Client(),
	})
	if err != nil {
		log.Fatal(err)
	}
	signIn, err := app.Authorize(oauth.Interaction{Redirect: "https://app.example.com/back"})
	if err != nil {
		log.Fatal(err)
	}
	// http.Redirect(w, r, signIn.URL, http.StatusFound), and in the handler of
	// https://app.example.com/back:
	handler := func(r *http.Request) {
		token, err := signIn.Exchange(r.Context(), r.URL.Query())
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("the user's token is", token.Access)
	}

	// What a browser does.
	sent, err := url.Parse(signIn.URL)
	if err != nil {
		log.Fatal(err)
	}
	back := url.URL{Path: "/back", RawQuery: url.Values{"code": {"code"}, "state": {sent.Query().Get("state")}}.Encode()}
	handler((&http.Request{URL: &back}).WithContext(context.Background()))
	// Output: the user's token is ***
}

// Name and password of a user, where a program can do nothing else.
func ExampleApp_Password() {
	servers := exampleServers()
	defer servers.Close()
	ctx := context.Background()
	app, err := oauth.New(oauth.Config{Authority: servers.authority(), ClientID: "00001111-aaaa-2222-bbbb-3333cccc4444", HTTPClient: servers.idp.Client()})
	if err != nil {
		log.Fatal(err)
	}
	acct, err := orm.Open(ctx, "alice@example.com", orm.Config{
		Endpoint: servers.mail.URL, HTTPClient: servers.mail.HTTPClient(), Auth: app.Password("alice@example.com", "secret"),
	})
	if err != nil {
		log.Fatal(err)
	}
	servers.revoke() // the token is refreshed, without the password
	n, err := acct.Inbox().Messages().Count(ctx)
	fmt.Println(n, err, servers.asked)
	// Output: 20 <nil> [password refresh_token]
}

// When the user's tokens are worth nothing any longer, calls fail with an error
// of class ErrSignIn. Another sign-in goes on with the same account.
func ExampleTokens_Set() {
	servers := exampleServers()
	defer servers.Close()
	ctx := context.Background()
	app, err := oauth.New(oauth.Config{Authority: servers.authority(), ClientID: "00001111-aaaa-2222-bbbb-3333cccc4444", HTTPClient: servers.idp.Client()})
	if err != nil {
		log.Fatal(err)
	}
	open := func(_ context.Context, address string) error { return servers.browse(address) }
	tokens := app.Resume(oauth.Token{Access: "of yesterday", Refresh: "revoked", Expires: time.Now().Add(-time.Hour)})
	cfg := orm.Config{Endpoint: servers.mail.URL, HTTPClient: servers.mail.HTTPClient(), Auth: tokens}

	acct, err := orm.Open(ctx, "alice@example.com", cfg)
	if errors.Is(err, oauth.ErrSignIn) {
		var how oauth.Interaction
		var claims *auth.ClaimsError
		if errors.As(err, &claims) { // the server says what the sign-in has to bring
			how.Claims = claims.Claims
		}
		token, err := app.SignIn(ctx, open, how)
		if err != nil {
			log.Fatal(err)
		}
		tokens.Set(token)
		acct, err = orm.Open(ctx, "alice@example.com", cfg)
		if err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println("signed in again at", acct.Address())
	// Output: signed in again at alice@example.com
}

// What the authorization server refuses says what to do.
func ExampleError() {
	servers := exampleServers()
	defer servers.Close()
	app, err := oauth.New(oauth.Config{
		Authority: servers.authority(), ClientID: "00001111-aaaa-2222-bbbb-3333cccc4444",
		Credential: oauth.Secret("wrong"), HTTPClient: servers.idp.Client(),
	})
	if err != nil {
		log.Fatal(err)
	}
	tokens, err := app.ClientCredentials()
	if err != nil {
		log.Fatal(err)
	}
	_, _, err = tokens.Token(context.Background())
	var refused *oauth.Error
	if errors.As(err, &refused) {
		refused.Host = "login.example.com" // for the example: its server has another port each time
		fmt.Println(refused)
	}
	// Output: oauth: login.example.com: client_credentials: invalid_client (AADSTS7000215): Invalid client secret provided.; the client secret is wrong: it has to be the Value of the secret in the app registration, not its Secret ID (correlation id 0a1b2c3d)
}

// The clouds of Microsoft 365, Exchange on premises with Entra ID, and AD FS.
func ExampleEntraID() {
	for _, a := range []oauth.Authority{
		oauth.EntraID(oauth.Global, "example.com"),
		oauth.EntraID(oauth.USGovernment, "example.com"),
		oauth.EntraID(oauth.China, "example.com"),
		oauth.EntraID(oauth.Global, "example.com").For("https://mail.example.com"),
		oauth.ADFS("fs.example.com", "https://mail.example.com/"),
	} {
		fmt.Println(a.Endpoint.TokenURL, cmp.Or(a.Resource, strings.Join(a.AppScopes, " ")))
	}
	// Output:
	// https://login.microsoftonline.com/example.com/oauth2/v2.0/token https://outlook.office365.com/.default
	// https://login.microsoftonline.us/example.com/oauth2/v2.0/token https://outlook.office365.us/.default
	// https://login.partner.microsoftonline.cn/example.com/oauth2/v2.0/token https://partner.outlook.cn/.default
	// https://login.microsoftonline.com/example.com/oauth2/v2.0/token https://mail.example.com/.default
	// https://fs.example.com/adfs/oauth2/token https://mail.example.com/
}
