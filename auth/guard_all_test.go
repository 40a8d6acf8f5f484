package auth_test

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/auth/ntlm"
	chosen "github.com/seed-1937cc67/goews/auth/password"
)

// TestRedirectsOfAll: whatever the method, an http.Client that follows
// redirects takes no credentials to another server, also if that asks for them,
// and the next request there has none either.
func TestRedirectsOfAll(t *testing.T) {
	const offered = `NTLM, Digest realm="x", nonce="y", qop="auth", Basic realm="x"`
	var seen []string // of the other server
	there := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Header.Get("Authorization")+r.Header.Get("Cookie"))
		w.Header().Set("WWW-Authenticate", offered)
		w.WriteHeader(http.StatusUnauthorized)
	}))
	t.Cleanup(there.Close)
	for name, tt := range map[string]struct {
		method auth.Method
		offers string
		sends  string // a scheme
	}{
		"Basic":                    {auth.Basic("ann", "x"), offered, "Basic"},
		"Bearer":                   {auth.Bearer("abc"), offered, "Bearer"},
		"Digest":                   {auth.Digest("ann", "x"), offered, "Digest"},
		"NTLM":                     {ntlm.New("ann", "x"), offered, "NTLM"},
		"Variable":                 {auth.NewVariable(ntlm.New("ann", "x")), offered, "NTLM"},
		"Join":                     {auth.Join(auth.Digest("ann", "x")), offered, "Digest"},
		"strongest of all, NTLM":   {chosen.New("ann", "x"), offered, "NTLM"},
		"strongest of all, Digest": {chosen.New("ann", "x"), `Digest realm="x", nonce="y", qop="auth"`, "Digest"},
		"strongest of all, Basic":  {chosen.New("ann", "x"), `Basic realm="x"`, "Basic"},
	} {
		t.Run(name, func(t *testing.T) {
			var sent []string
			here := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
				sent = append(sent, scheme)
				w.Header().Set("WWW-Authenticate", tt.offers)
				message, _ := base64.StdEncoding.DecodeString(token)
				switch {
				case len(message) > 8 && message[8] == 1:
					challenge := make([]byte, 48)
					copy(challenge, "NTLMSSP\x00\x02")
					challenge[20] = 1
					w.Header().Set("WWW-Authenticate", scheme+" "+base64.StdEncoding.EncodeToString(challenge))
					fallthrough
				case scheme == "":
					w.WriteHeader(http.StatusUnauthorized)
				default:
					http.Redirect(w, r, there.URL, http.StatusTemporaryRedirect)
				}
			}))
			defer here.Close()
			c := &http.Client{Transport: tt.method.Wrap(new(http.Transport))}
			defer c.CloseIdleConnections()
			for range 2 {
				seen = nil
				res, err := c.Post(here.URL, "text/xml", strings.NewReader("<a/>"))
				if err != nil {
					t.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, res.Body)
				res.Body.Close()
				if len(seen) != 1 || seen[0] != "" {
					t.Errorf("the other server saw %q", seen)
				}
			}
			if !slices.Contains(sent, tt.sends) {
				t.Errorf("sent %q, want %s among it", sent, tt.sends)
			}
			if text := fmt.Sprint(sent); strings.Contains(tt.sends, "NTLM") && strings.Contains(text, "Basic") {
				t.Errorf("sent %s", text)
			}
		})
	}
}
