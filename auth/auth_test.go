package auth_test

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-1937cc67/goews/auth"
)

const password = "hunter2-correct-horse"

// holder has credentials where package fmt can't call their methods.
type holder struct {
	method auth.Method
	Shown  auth.Method
	Secret auth.Secret
}

func TestSecretsDoNotShow(t *testing.T) {
	secrets := map[string]any{
		"secret":      auth.Secret(password),
		"basic":       auth.Basic("ann", password),
		"bearer":      auth.Bearer(password),
		"digest":      auth.Digest("ann", password),
		"held digest": holder{auth.Digest("ann", password), auth.Digest("ann", password), password},
		"plain basic": auth.AllowPlainHTTP(auth.Basic("ann", password)),
		"held basic":  holder{auth.Basic("ann", password), auth.Basic("ann", password), password},
		"held bearer": &holder{auth.Bearer(password), auth.Bearer(password), password},
		"variable":    auth.NewVariable(auth.Basic("ann", password)),
		"slice":       []auth.Secret{password},
		"map":         map[string]auth.Secret{"a": password},
		"source": auth.BearerFunc(func(context.Context) (auth.Secret, time.Time, error) {
			return password, time.Time{}, nil
		}),
	}
	for name, v := range secrets {
		t.Run(name, func(t *testing.T) {
			var all strings.Builder
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%T", "%!"} {
				fmt.Fprintf(&all, verb+"\n", v)
				fmt.Fprintf(&all, verb+"\n", &v)
			}
			text := slog.New(slog.NewTextHandler(&all, nil))
			text.Info("text", "v", v)
			slog.New(slog.NewJSONHandler(&all, nil)).Info("json", "v", v)
			b, err := json.Marshal(v)
			fmt.Fprintf(&all, "%s %v\n", b, err)
			b, err = xml.Marshal(v)
			fmt.Fprintf(&all, "%s %v\n", b, err)
			for _, s := range []string{password, fmt.Sprintf("%x", password), fmt.Sprintf("%X", password)} {
				if strings.Contains(all.String(), s) {
					t.Errorf("the secret shows in\n%s", all.String())
				}
			}
		})
	}
	if got := fmt.Sprint(auth.Basic("ann", password), " ", auth.Secret(password)); got != "Basic ann ***" {
		t.Errorf("printed %q", got)
	}
}

// server answers requests as a RoundTripper.
type server func(*http.Request) int

func (s server) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
		r.Body.Close()
	}
	return &http.Response{StatusCode: s(r), Header: http.Header{}, Body: io.NopCloser(strings.NewReader("no")), Request: r}, nil
}

func request(t *testing.T, url string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader("<a/>"))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestPlainHTTP(t *testing.T) {
	source := auth.BearerFunc(func(context.Context) (auth.Secret, time.Time, error) { return password, time.Time{}, nil })
	for _, tt := range []struct {
		url     string
		refused bool
	}{
		{"https://mail.example.com/EWS/Exchange.asmx", false},
		{"http://mail.example.com/EWS/Exchange.asmx", true},
		{"http://10.0.0.1/", true},
		{"http://localhost.example.com/", true},
		{"http://127.0.0.1:8080/", false},
		{"http://[::1]:8080/", false},
		{"http://localhost/", false},
	} {
		for _, m := range []auth.Method{auth.Basic("ann", password), auth.Bearer(password), source} {
			sent := 0
			next := server(func(*http.Request) int { sent++; return 200 })
			_, err := m.Wrap(next).RoundTrip(request(t, tt.url))
			var pe *auth.PlainHTTPError
			if tt.refused != errors.As(err, &pe) || tt.refused == (sent == 1) {
				t.Errorf("%v to %s: error %v, %d requests sent", m, tt.url, err, sent)
			}
			if _, err := auth.AllowPlainHTTP(m).Wrap(next).RoundTrip(request(t, tt.url)); err != nil {
				t.Errorf("%v to %s, allowed: %v", m, tt.url, err)
			}
		}
	}
}

func TestRequestIsNotChanged(t *testing.T) {
	var got string
	next := server(func(r *http.Request) int { got = r.Header.Get("Authorization"); return 200 })
	r := request(t, "https://x/")
	if _, err := auth.Basic(`DOM\ann`, "p:w").Wrap(next).RoundTrip(r); err != nil {
		t.Fatal(err)
	}
	if want := "Basic RE9NXGFubjpwOnc="; got != want {
		t.Errorf("sent %q, want %q", got, want)
	}
	if len(r.Header) != 0 {
		t.Errorf("the request has headers %v now", r.Header)
	}
}

func TestTokens(t *testing.T) {
	type answer struct {
		token   auth.Secret
		expires time.Duration // from now; 0: unknown
		err     error
	}
	gone := errors.New("gone")
	for _, tt := range []struct {
		name    string
		fetch   []answer // the last one repeats
		good    string   // the token that the server takes
		pause   time.Duration
		calls   int
		fetched int
		status  int
		err     error
	}{
		{name: "one token for all", fetch: []answer{{token: "a"}}, good: "a", calls: 3, fetched: 1, status: 200},
		{name: "refused, then refreshed", fetch: []answer{{token: "a"}, {token: "b"}}, good: "b", calls: 3, fetched: 2, status: 200},
		{name: "refused, and no other", fetch: []answer{{token: "a"}}, good: "b", calls: 1, fetched: 2, status: 401},
		{name: "refused twice", fetch: []answer{{token: "a"}, {token: "b"}, {token: "c"}}, good: "d", calls: 1, fetched: 2, status: 401},
		{name: "expired", fetch: []answer{{"a", time.Hour, nil}, {"a", time.Hour, nil}}, good: "a", pause: 59*time.Minute + time.Second, calls: 2, fetched: 2, status: 200},
		{name: "not expired", fetch: []answer{{"a", time.Hour, nil}}, good: "a", pause: 58 * time.Minute, calls: 2, fetched: 1, status: 200},
		{name: "no token", fetch: []answer{{err: gone}}, calls: 1, fetched: 1, err: gone},
		{name: "empty token", fetch: []answer{{}}, calls: 1, fetched: 1, err: new(auth.TokenError)},
		{name: "no second token", fetch: []answer{{token: "a"}, {err: gone}}, good: "b", calls: 1, fetched: 2, err: gone},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fetched := 0
				m := auth.BearerFunc(func(context.Context) (auth.Secret, time.Time, error) {
					a := tt.fetch[min(fetched, len(tt.fetch)-1)]
					fetched++
					var expires time.Time
					if a.expires > 0 {
						expires = time.Now().Add(a.expires)
					}
					return a.token, expires, a.err
				})
				rt := m.Wrap(server(func(r *http.Request) int {
					if r.Header.Get("Authorization") == "Bearer "+tt.good {
						return 200
					}
					return 401
				}))
				var res *http.Response
				var err error
				for i := range tt.calls {
					if i > 0 {
						time.Sleep(tt.pause)
					}
					res, err = rt.RoundTrip(request(t, "https://x/"))
				}
				if fetched != tt.fetched {
					t.Errorf("fetched %d tokens, want %d", fetched, tt.fetched)
				}
				var te *auth.TokenError
				switch {
				case tt.err != nil:
					if !errors.As(err, &te) || errors.Is(tt.err, gone) && !errors.Is(err, gone) {
						t.Errorf("error %v, want a TokenError of %v", err, tt.err)
					}
				case err != nil:
					t.Error(err)
				case res.StatusCode != tt.status:
					t.Errorf("status %d, want %d", res.StatusCode, tt.status)
				}
			})
		})
	}
}

func TestOneFetchForMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fetched := 0
		m := auth.BearerFunc(func(context.Context) (auth.Secret, time.Time, error) {
			fetched++ // no lock: the race detector would see a second one
			time.Sleep(time.Second)
			return auth.Secret(fmt.Sprint(fetched)), time.Time{}, nil
		})
		rt := m.Wrap(server(func(r *http.Request) int {
			if r.Header.Get("Authorization") == "Bearer 1" {
				return 401
			}
			return 200
		}))
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				if res, err := rt.RoundTrip(request(t, "https://x/")); err != nil || res.StatusCode != 200 {
					t.Errorf("%v, %v", res, err)
				}
			})
		}
		wg.Wait()
		if fetched != 2 {
			t.Errorf("fetched %d tokens, want 2: the first, and one after it was refused", fetched)
		}
	})
}

func TestWaitForTokenEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := auth.BearerFunc(func(ctx context.Context) (auth.Secret, time.Time, error) {
			<-ctx.Done()
			return "", time.Time{}, ctx.Err()
		})
		rt := m.Wrap(server(func(*http.Request) int { return 200 }))
		for range 2 { // one fetches, the other waits for it
			go func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				_, err := rt.RoundTrip(request(t, "https://x/").WithContext(ctx))
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("error %v, want the context's", err)
				}
			}()
		}
		time.Sleep(time.Hour)
	})
}

// TestBodyThatCannotBeRepeated: a refusal stands where the body is gone.
func TestBodyThatCannotBeRepeated(t *testing.T) {
	n := 0
	rt := auth.BearerFunc(func(context.Context) (auth.Secret, time.Time, error) {
		n++
		return auth.Secret(fmt.Sprint(n)), time.Time{}, nil
	}).Wrap(server(func(*http.Request) int { return 401 }))
	r := request(t, "https://x/")
	r.GetBody = nil
	res, err := rt.RoundTrip(r)
	if err != nil || res.StatusCode != 401 || n != 1 {
		t.Errorf("%v, %v after %d tokens; want 401 after 1", res, err, n)
	}
}
