package oauth_test

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"

	"github.com/seed-1937cc67/goews/auth/oauth"
	"github.com/seed-1937cc67/goews/ewstest"
	"golang.org/x/oauth2"
)

// examples are the servers that the examples talk to: an authorization server
// that lets everybody in, and Exchange, which takes its tokens.
type examples struct {
	idp  *httptest.Server
	mail *ewstest.Server

	mu     sync.Mutex
	issued int
	live   map[string]string // user by access token
	asked  []string          // grants
}

// exampleServers starts them.
func exampleServers() *examples {
	e := &examples{live: map[string]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("/authorize", func(w http.ResponseWriter, r *http.Request) {
		back, q := r.FormValue("redirect_uri"), url.Values{"code": {"code"}, "state": {r.FormValue("state")}}
		http.Redirect(w, r, back+"?"+q.Encode(), http.StatusFound)
	})
	mux.HandleFunc("/device", func(w http.ResponseWriter, r *http.Request) {
		answerJSON(w, http.StatusOK, object{"device_code": "d", "user_code": "ABCD-EFGH", "verification_uri": "https://microsoft.com/devicelogin", "interval": 1})
	})
	mux.HandleFunc("/token", e.token)
	e.idp = httptest.NewTLSServer(mux)
	mail, err := ewstest.NewServer(ewstest.Config{
		Accounts:     append(ewstest.DefaultAccounts(), ewstest.Account{Address: "app@example.com", Impersonates: true}),
		Authenticate: e.authenticate,
	})
	if err != nil {
		log.Fatal(err)
	}
	mail.Seed(20)
	mail.Start()
	e.mail = mail
	return e
}

func (e *examples) Close() {
	e.mail.Close()
	e.idp.Close()
}

// authority is what oauth.EntraID or oauth.ADFS is in life.
func (e *examples) authority() oauth.Authority {
	return oauth.Authority{Endpoint: oauth2.Endpoint{
		AuthURL: e.idp.URL + "/authorize", TokenURL: e.idp.URL + "/token", DeviceAuthURL: e.idp.URL + "/device", AuthStyle: oauth2.AuthStyleInParams,
	}}
}

func (e *examples) token(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	grant := r.FormValue("grant_type")
	e.asked = append(e.asked, grant)
	if r.FormValue("refresh_token") == "revoked" || strings.HasPrefix(r.FormValue("client_secret"), "wrong") {
		code := map[bool]string{true: "invalid_grant", false: "invalid_client"}[grant == "refresh_token"]
		answerJSON(w, http.StatusBadRequest, object{"error": code, "error_description": map[string]string{
			"invalid_grant":  "AADSTS50173: The provided grant has expired due to it being revoked.",
			"invalid_client": "AADSTS7000215: Invalid client secret provided.\r\nTrace ID: 1\r\nCorrelation ID: 2",
		}[code], "correlation_id": "0a1b2c3d"})
		return
	}
	user := "alice@example.com"
	if grant == "client_credentials" {
		user = "app@example.com"
	}
	e.issued++
	access := fmt.Sprint("access-", e.issued)
	e.live[access] = user
	answerJSON(w, http.StatusOK, object{"access_token": access, "refresh_token": fmt.Sprint("refresh-", e.issued), "token_type": "Bearer", "expires_in": 3600})
}

func answerJSON(w http.ResponseWriter, status int, v object) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

// revoke makes the tokens that were issued worth nothing.
func (e *examples) revoke() {
	e.mu.Lock()
	defer e.mu.Unlock()
	clear(e.live)
}

func (e *examples) authenticate(w http.ResponseWriter, r *http.Request) (string, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	user, ok := e.live[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
	if !ok {
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		w.WriteHeader(http.StatusUnauthorized)
	}
	return user, ok
}

// browse is a browser whose user is signed in already.
func (e *examples) browse(address string) error {
	res, err := e.idp.Client().Get(address)
	if err != nil {
		return err
	}
	return res.Body.Close()
}
