package connecting

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/auth/oauth"
	"github.com/seed-1937cc67/goews/orm"
)

func daemon(ctx context.Context) (*orm.Account, error) {
	// code: oauth-daemon
	app, err := oauth.New(oauth.Config{
		Authority:  oauth.EntraID(oauth.Global, "example.onmicrosoft.com"),
		ClientID:   "00001111-aaaa-2222-bbbb-3333cccc4444",
		Credential: oauth.Secret(secret),
	})
	if err != nil {
		return nil, err
	}
	tokens, err := app.ClientCredentials()
	if err != nil {
		return nil, err
	}
	acct, err := orm.Open(ctx, "room1@example.com", orm.Config{
		Endpoint: oauth.Global.EWS(),
		Auth:     tokens,
		Access:   orm.Impersonation, // a program by itself has no mailbox
	})
	// end
	return acct, err
}

func daemonCertificate(certFile, keyFile string) (oauth.Credential, error) {
	// code: oauth-certificate
	certificate, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return oauth.Credential{}, err
	}
	credential, err := oauth.Certificate(certificate)
	// end
	return credential, err
}

func signIn(ctx context.Context, openBrowser func(ctx context.Context, url string) error) (*orm.Account, error) {
	// code: oauth-sign-in
	app, err := oauth.New(oauth.Config{
		Authority: oauth.EntraID(oauth.Global, "example.onmicrosoft.com"),
		ClientID:  "00001111-aaaa-2222-bbbb-3333cccc4444",
		Store:     keep, // below
	})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	token, err := app.SignIn(ctx, openBrowser, oauth.Interaction{LoginHint: "john@example.com"})
	if err != nil {
		return nil, err
	}
	acct, err := orm.Open(ctx, "john@example.com", orm.Config{Endpoint: oauth.Global.EWS(), Auth: app.Resume(token)})
	// end
	return acct, err
}

var tokenFile string

// code: oauth-keep
func keep(_ context.Context, token oauth.Token) error {
	b, err := token.Save()
	if err != nil {
		return err
	}
	return os.WriteFile(tokenFile, b, 0o600)
}

// end

func resume(app *oauth.App) (*oauth.Tokens, error) {
	// code: oauth-resume
	b, err := os.ReadFile(tokenFile)
	if err != nil {
		return nil, err
	}
	token, err := oauth.Load(b)
	if err != nil {
		return nil, err
	}
	tokens := app.Resume(token)
	// end
	return tokens, nil
}

func device(ctx context.Context, app *oauth.App) (oauth.Token, error) {
	// code: oauth-device
	token, err := app.DeviceSignIn(ctx, func(_ context.Context, code oauth.DeviceCode) error {
		fmt.Println(code) // what the user has to do
		return nil
	}, oauth.Interaction{})
	// end
	return token, err
}

// code: oauth-web
type signIns struct {
	app     *oauth.App
	pending sync.Map // of *oauth.Authorization, by who the user is to this program
}

// begin sends the browser to the authorization server.
func (s *signIns) begin(w http.ResponseWriter, r *http.Request, user string) {
	a, err := s.app.Authorize(oauth.Interaction{Redirect: "https://crm.example.com/signed-in"})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	s.pending.Store(user, a)
	http.Redirect(w, r, a.URL, http.StatusFound)
}

// end is where the browser comes back: https://crm.example.com/signed-in.
func (s *signIns) end(r *http.Request, user string) (*oauth.Tokens, error) {
	a, ok := s.pending.LoadAndDelete(user)
	if !ok {
		return nil, errors.New("no sign-in has begun")
	}
	token, err := a.(*oauth.Authorization).Exchange(r.Context(), r.URL.Query())
	if err != nil {
		return nil, err
	}
	return s.app.Resume(token), nil
}

// end

func adfs() (*oauth.App, error) {
	// code: oauth-adfs
	app, err := oauth.New(oauth.Config{
		Authority: oauth.ADFS("fs.example.com", "https://mail.example.com/"),
		ClientID:  "00001111-aaaa-2222-bbbb-3333cccc4444",
	})
	// end
	return app, err
}

func otherSource(fetch func(context.Context) (string, time.Time, error)) auth.Method {
	// code: oauth-other
	method := auth.BearerFunc(func(ctx context.Context) (auth.Secret, time.Time, error) {
		token, expires, err := fetch(ctx) // from wherever the program gets its tokens
		return auth.Secret(token), expires, err
	})
	// end
	return method
}

func signInAgain(err error) (oauth.Interaction, bool) {
	// code: oauth-again
	how := oauth.Interaction{LoginHint: "john@example.com"}
	var wanted *auth.ClaimsError
	if errors.As(err, &wanted) {
		how.Claims = wanted.Claims // what the server wants to see in the token
	}
	again := errors.Is(err, oauth.ErrSignIn) || wanted != nil
	// end
	return how, again
}

func TestTokens(t *testing.T) {
	acct, err := daemon(t.Context())
	works(t, acct, err)
	if _, err := daemonCertificate(pemFile, pemFile); err != nil {
		t.Error(err)
	}
	tokenFile = filepath.Join(t.TempDir(), "token")
	acct, err = signIn(t.Context(), func(_ context.Context, address string) error {
		res, err := http.Get(browser(address))
		if err == nil {
			res.Body.Close()
		}
		return err
	})
	works(t, acct, err)
	app, err := adfs()
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := resume(app)
	if err != nil {
		t.Fatal(err)
	}
	if _, expires, err := tokens.Token(t.Context()); err != nil || time.Until(expires) < 50*time.Minute {
		t.Errorf("a token until %v, error %v", expires, err)
	}
	source := otherSource(func(context.Context) (string, time.Time, error) { return "of-the-program", time.Time{}, nil })
	acct, err = orm.Open(t.Context(), "service@example.com", orm.Config{Endpoint: "https://mail.example.com/EWS/Exchange.asmx", Auth: source})
	works(t, acct, err)
	if token, err := device(t.Context(), app); err != nil || token.Access != "of-john" {
		t.Errorf("token %v, error %v", token, err)
	}
	s := &signIns{app: app}
	if _, err := s.end(httptest.NewRequest(http.MethodGet, "/signed-in", nil), "john"); err == nil {
		t.Error("an end without a beginning")
	} else if _, again := signInAgain(err); again {
		t.Errorf("a sign-in would end %v", err)
	}
	if how, again := signInAgain(&auth.TokenError{Err: &auth.ClaimsError{Claims: "{}"}}); !again || how.Claims != "{}" {
		t.Errorf("claims lead to %+v", how)
	}
	w := httptest.NewRecorder()
	s.begin(w, httptest.NewRequest(http.MethodGet, "/sign-in", nil), "john")
	tokens, err = s.end(httptest.NewRequest(http.MethodGet, browser(w.Header().Get("Location")), nil), "john")
	if err != nil {
		t.Fatal(err)
	}
	acct, err = orm.Open(t.Context(), "john@example.com", orm.Config{Endpoint: "https://mail.example.com/EWS/Exchange.asmx", Auth: tokens})
	works(t, acct, err)
}
