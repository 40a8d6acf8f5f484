package auth_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-1937cc67/goews/auth"
)

// observed is a method whose round trippers say what becomes of them.
type observed struct {
	auth.Method
	closed *int
}

func (c observed) Wrap(next http.RoundTripper) http.RoundTripper {
	return closing{c.Method.Wrap(next), c.closed}
}

type closing struct {
	http.RoundTripper
	closed *int
}

func (c closing) CloseIdleConnections() { *c.closed++ }

// TestVariable: each request has the credentials of the time, for each client;
// what was authenticated before is given up, once for each of them.
func TestVariable(t *testing.T) {
	closed := 0
	v := auth.NewVariable(observed{auth.Basic("ann", "old"), &closed})
	var seen []string
	a := v.Wrap(server(func(r *http.Request) int { seen = append(seen, "a "+r.Header.Get("Authorization")); return 200 }))
	b := v.Wrap(server(func(r *http.Request) int { seen = append(seen, "b "+r.Header.Get("Authorization")); return 200 }))
	ask := func(rt http.RoundTripper) {
		t.Helper()
		res, err := rt.RoundTrip(request(t, "https://mail.example.com/"))
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
	}
	ask(a)
	ask(b)
	v.Set(auth.Bearer("token"))
	ask(a)
	ask(a)
	ask(b)
	v.Set(nil)
	ask(a)
	want := []string{"a Basic YW5uOm9sZA==", "b Basic YW5uOm9sZA==", "a Bearer token", "a Bearer token", "b Bearer token", "a "}
	if diff := cmp.Diff(want, seen); diff != "" || closed != 2 {
		t.Errorf("closed %d times, want 2; -want +got:\n%s", closed, diff)
	}
	if got := fmt.Sprintf("%v %#v", v, auth.NewVariable(auth.Basic("ann", "pw"))); got != "<nil> Basic ann" {
		t.Errorf("printed %q", got)
	}
}

// TestVariableConcurrently: a password that changes while many requests are
// under way; it is also a Forker.
func TestVariableConcurrently(t *testing.T) {
	var mu sync.Mutex
	valid := "Basic YW5uOjA=" // ann:0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if a := r.Header.Get("Authorization"); a != valid && !strings.HasPrefix(a, "Basic ") {
			t.Errorf("credentials %q", a)
		}
	}))
	defer s.Close()
	v := auth.NewVariable(auth.Basic("ann", "0"))
	rt := v.Wrap(http.DefaultTransport)
	forked, err := auth.Fork(rt, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer auth.CloseIdleConnections(forked)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := range 20 {
				if i == 0 {
					v.Set(auth.Basic("ann", auth.Secret(fmt.Sprint(n))))
				}
				res, err := []http.RoundTripper{rt, forked}[i%2].RoundTrip(request(t, s.URL))
				if err != nil {
					t.Error(err)
					return
				}
				res.Body.Close()
			}
		})
	}
	wg.Wait()
}
