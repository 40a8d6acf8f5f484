package password_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/auth/password"
)

// TestNew: the first of the schemes that is offered is the one that is used.
func TestNew(t *testing.T) {
	for _, tt := range []struct{ offers, want string }{
		{`Negotiate, NTLM, Basic realm="x"`, "NTLM"},
		{`Negotiate, Basic realm="x"`, "NTLM"},
		{`Basic realm="x", Digest realm="x", nonce="y", qop="auth"`, "Digest"},
		{`Basic realm="x"`, "Basic"},
	} {
		seen := map[string]bool{}
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
			seen[scheme] = true
			w.Header().Set("WWW-Authenticate", tt.offers)
			if message, _ := base64.StdEncoding.DecodeString(token); len(message) > 8 && message[8] == 1 && strings.Contains(tt.offers, scheme) {
				challenge := make([]byte, 48) // without a name or anything else but Unicode
				copy(challenge, "NTLMSSP\x00\x02")
				challenge[20] = 1
				w.Header().Set("WWW-Authenticate", scheme+" "+base64.StdEncoding.EncodeToString(challenge))
			}
			w.WriteHeader(http.StatusUnauthorized)
		}))
		m := password.New(`EXAMPLE\ann`, "secret")
		c := &http.Client{Transport: m.Wrap(s.Client().Transport)}
		res, err := c.Post(s.URL, "text/xml", strings.NewReader("<a/>"))
		if err != nil {
			t.Errorf("%s: %v", tt.offers, err)
			continue
		}
		res.Body.Close()
		if got := fmt.Sprint(m.Chosen(s.URL)); got != tt.want+` EXAMPLE\ann` || res.StatusCode != 401 {
			t.Errorf("%s: %s, status %d", tt.offers, got, res.StatusCode)
		}
		for _, not := range []string{"NTLM", "Digest", "Basic"} {
			if not != tt.want && seen[not] {
				t.Errorf("%s: %s was used, too", tt.offers, not)
			}
		}
		c.CloseIdleConnections()
		s.Close()
	}
}

// TestNothing: a password that was forgotten, as one of a variable that is not
// set, is no attempt.
func TestNothing(t *testing.T) {
	for _, tt := range []struct {
		user, says string
		password   auth.Secret
	}{
		{"ann", "password is empty", ""},
		{"", "user is empty", "secret"},
	} {
		var got []string
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			got = append(got, r.Header.Get("Authorization"))
			w.Header().Set("WWW-Authenticate", `NTLM, Digest realm="x", nonce="y", qop="auth", Basic realm="x"`)
			w.WriteHeader(http.StatusUnauthorized)
		}))
		m := password.New(tt.user, tt.password)
		c := &http.Client{Transport: m.Wrap(s.Client().Transport)}
		_, err := c.Post(s.URL, "text/xml", strings.NewReader("<a/>"))
		var unsent auth.Unsent
		if !errors.As(err, &unsent) || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "secret") || len(strings.Join(got, "")) > 0 {
			t.Errorf("%q: error %v, sent %q", tt.user, err, got)
		}
		if text := fmt.Sprintf("%v %+v %#v", m, m, m); strings.Contains(text, "secret") {
			t.Error(text)
		}
		c.CloseIdleConnections()
		s.Close()
	}
}

func ExampleNew() {
	m := password.New(`EXAMPLE\ann`, auth.Secret("secret"))
	fmt.Println(m)
	// Output: the strongest of NTLM EXAMPLE\ann, Digest EXAMPLE\ann, Basic EXAMPLE\ann
}
