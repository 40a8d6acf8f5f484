package ntlm_test

import (
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/auth/ntlm"
)

// FuzzChallenge: whatever the server's challenge is, either an answer goes out
// or the handshake fails with an error of its own.
func FuzzChallenge(f *testing.F) {
	good := challengeMessage(make([]byte, 8))
	f.Add(good)
	for _, n := range []int{0, 8, 12, 47, 48, 60, len(good) - 4, len(good) - 1} {
		f.Add(good[:n])
	}
	for _, at := range []int{12, 16, 20, 40, 44, 48 + 8 + 12 + 2} {
		bad := append([]byte(nil), good...)
		bad[at], bad[at+1] = 0xFF, 0xFF
		f.Add(bad)
	}
	m := ntlm.New(`Domain\User`, password)
	f.Fuzz(func(t *testing.T, challenge []byte) {
		answered := false
		rt := m.Wrap(&scripted{func(r *http.Request) *http.Response {
			res := &http.Response{StatusCode: 401, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("")), Request: r}
			token, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(r.Header.Get("Authorization"), "NTLM "))
			switch {
			case len(token) < 12:
				t.Fatalf("authorization %q", r.Header.Get("Authorization"))
			case token[8] == 1:
				res.Header.Set("WWW-Authenticate", "NTLM "+base64.StdEncoding.EncodeToString(challenge))
			default:
				answered, res.StatusCode = true, 200
			}
			return res
		}})
		res, err := rt.RoundTrip(request(t, "http://127.0.0.1/"))
		var he *ntlm.HandshakeError
		switch {
		case answered && (err != nil || res.StatusCode != 200), !answered && err == nil && len(challenge) > 0, err != nil && !errors.As(err, &he):
			t.Fatalf("answered: %v; %v, %v", answered, res, err)
		}
	})
}

// scripted answers in memory.
type scripted struct {
	f func(*http.Request) *http.Response
}

func (s *scripted) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		r.Body.Close()
	}
	return s.f(r), nil
}

func (s *scripted) Fork(func(*http.Transport)) (http.RoundTripper, error) { return s, nil }

var _ auth.Forker = (*scripted)(nil)
