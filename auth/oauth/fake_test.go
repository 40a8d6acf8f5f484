package oauth_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-1937cc67/goews/auth/oauth"
	"golang.org/x/oauth2"
)

const secret = "hunter2-correct-horse"

// asked is a request that the fake authorization server got.
type asked struct {
	path   string
	form   url.Values
	header http.Header
	at     time.Time
}

// reply is what it answers.
type reply struct {
	status int // 0: 200
	header http.Header
	body   any // string: as it is; else JSON
	err    error
}

// server is an authorization server as a round tripper, so that time in tests
// is that of their bubble. It answers the nth request, from 1.
type server struct {
	answer func(n int, r asked) reply

	mu  sync.Mutex
	got []asked
}

func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body.Close()
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	a := asked{path: r.URL.Path, form: form, header: r.Header, at: time.Now()}
	s.mu.Lock()
	s.got = append(s.got, a)
	n := len(s.got)
	s.mu.Unlock()
	rep := s.answer(n, a)
	if rep.err != nil {
		return nil, rep.err
	}
	h := rep.header.Clone()
	if h == nil {
		h = http.Header{}
	}
	text, ok := rep.body.(string)
	if !ok {
		b, err := json.Marshal(rep.body)
		if err != nil {
			return nil, err
		}
		text = string(b)
		h.Set("Content-Type", "application/json")
	}
	if rep.status == 0 {
		rep.status = 200
	}
	return &http.Response{StatusCode: rep.status, Header: h, Body: io.NopCloser(strings.NewReader(text)), Request: r}, nil
}

func (s *server) requests() []asked {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]asked(nil), s.got...)
}

// object is JSON.
type object map[string]any

// issue answers with the token "t1", "t2" and so on, of an hour.
func issue(n int, _ asked) reply {
	return reply{body: object{"access_token": fmt.Sprint("t", n), "token_type": "Bearer", "expires_in": 3600}}
}

// refuse answers with an error.
func refuse(code string) reply {
	return reply{status: 400, body: object{"error": code, "error_description": "no"}}
}

var endpoint = oauth2.Endpoint{
	AuthURL: "https://login.example.com/authorize", TokenURL: "https://login.example.com/token",
	DeviceAuthURL: "https://login.example.com/device", AuthStyle: oauth2.AuthStyleInParams,
}

// app returns an App that asks s, and s.
func app(t *testing.T, answer func(n int, r asked) reply, change func(*oauth.Config)) (*oauth.App, *server) {
	t.Helper()
	s := &server{answer: answer}
	cfg := oauth.Config{
		Authority: oauth.Authority{Endpoint: endpoint, AppScopes: []string{"app"}, UserScopes: []string{"user", "offline_access"}},
		ClientID:  "client", HTTPClient: &http.Client{Transport: s},
	}
	if change != nil {
		change(&cfg)
	}
	a, err := oauth.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return a, s
}

// values makes a form of "a=1&b=2".
func values(t *testing.T, form string) url.Values {
	t.Helper()
	v, err := url.ParseQuery(form)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
