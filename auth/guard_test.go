package auth_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/seed-1937cc67/goews/auth"
)

// TestRedirects follows redirects with an http.Client, as a program's own may:
// only the host that was asked sees credentials.
func TestRedirects(t *testing.T) {
	var got []string
	to := ""
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, strings.TrimPrefix(r.URL.Path, "/")+" "+r.Header.Get("Authorization"))
		switch r.URL.Path {
		case "/there":
			http.Redirect(w, r, to+"/end", http.StatusTemporaryRedirect)
		case "/same":
			http.Redirect(w, r, "/end", http.StatusTemporaryRedirect)
		case "/twice":
			http.Redirect(w, r, to+"/back?"+url.QueryEscape("http://"+r.Host), http.StatusTemporaryRedirect)
		case "/back":
			back, _ := url.QueryUnescape(r.URL.RawQuery)
			http.Redirect(w, r, back+"/end", http.StatusTemporaryRedirect)
		}
	})
	here, there := httptest.NewServer(handler), httptest.NewServer(handler)
	t.Cleanup(here.Close)
	t.Cleanup(there.Close)
	to = there.URL
	for _, m := range []struct {
		auth.Method
		sends string
	}{
		{auth.Basic("ann", "x"), "Basic YW5uOng="},
		{auth.Bearer("abc"), "Bearer abc"},
		{auth.BearerFunc(func(context.Context) (auth.Secret, time.Time, error) { return "abc", time.Time{}, nil }), "Bearer abc"},
	} {
		for path, want := range map[string]string{
			"/same":  "same " + m.sends + ", end " + m.sends,
			"/there": "there " + m.sends + ", end ",
			"/twice": "twice " + m.sends + ", back , end " + m.sends,
		} {
			got = nil
			c := &http.Client{Transport: m.Wrap(nil)}
			res, err := c.Post(here.URL+path, "text/xml", strings.NewReader("<a/>"))
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			c.CloseIdleConnections()
			if s := strings.Join(got, ", "); s != want {
				t.Errorf("%v, %s: the servers saw %q, want %q", m.Method, path, s, want)
			}
		}
	}
}

func TestRedirected(t *testing.T) {
	at := func(u string, from *http.Request) *http.Request {
		r := request(t, u)
		if from != nil {
			r.Response = &http.Response{Request: from}
		}
		return r
	}
	for _, tt := range []struct {
		chain string // addresses, the first first
		want  bool
	}{
		{"https://a/", false},
		{"https://a/ https://A/b", false},
		{"https://a/ https://a:443/b", false},
		{"https://a/ https://a:444/b", true},
		{"https://a/ https://b.a/", true},
		{"https://a/ http://a/", true},
		{"https://a/ http://a:443/", true},
		{"http://a/ https://a/", false},
		{"http://a:8080/ https://a/", true},
		{"http://a/ https://a:8443/", true},
		{"https://a/ https://b/ https://a/", false},
		{"https://a/ https://a/ https://b/", true},
	} {
		var r *http.Request
		for u := range strings.FieldsSeq(tt.chain) {
			r = at(u, r)
		}
		if got := auth.Redirected(r); got != tt.want {
			t.Errorf("%s: Redirected is %v, want %v", tt.chain, got, tt.want)
		}
	}
	r := at("https://a/", nil)
	r.Response = new(http.Response)
	if !auth.Redirected(r) {
		t.Error("a request that was redirected from an unknown place passes for one that was not")
	}
}

// TestMethodsCompose: what a Method makes can be forked, and closes idle
// connections.
func TestMethodsCompose(t *testing.T) {
	closed := 0
	below := &forker{closed: &closed}
	rt := auth.Basic("ann", "x").Wrap(auth.Bearer("abc").Wrap(below))
	if auth.CloseIdleConnections(rt); closed != 1 {
		t.Errorf("idle connections were closed %d times", closed)
	}
	own, err := auth.Fork(rt, nil)
	if err != nil || below.forks != 1 {
		t.Fatalf("%d forks, %v", below.forks, err)
	}
	if _, err := own.RoundTrip(request(t, "https://x/")); err != nil {
		t.Fatal(err)
	}
	if _, err := auth.Fork(auth.Basic("ann", "x").Wrap(server(func(*http.Request) int { return 200 })), nil); err == nil {
		t.Error("a fork was made of a round tripper that makes none")
	}
}

type forker struct {
	server
	closed *int
	forks  int
}

func (f *forker) CloseIdleConnections() { *f.closed++ }

func (f *forker) Fork(func(*http.Transport)) (http.RoundTripper, error) {
	f.forks++
	return server(func(*http.Request) int { return 200 }), nil
}
