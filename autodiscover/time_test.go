package autodiscover_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/autodiscover"
	"github.com/seed-1937cc67/goews/gen/messages"
)

// after serves a request once d is over.
func after(d time.Duration, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		select {
		case <-time.After(d):
			h.ServeHTTP(w, r)
		case <-r.Context().Done():
		}
	})
}

// Whoever is faster, the first in the order of preference wins, and nobody else
// gets the credentials.
func TestOrderDecides(t *testing.T) {
	for _, slow := range []string{"example.com", "autodiscover.example.com", "mail.example.com", ""} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			server := func(host string) http.Handler {
				e := mail(host)
				e.header = http.Header{"X-Soap-Enabled": {"True"}}
				if host == slow {
					return after(5*time.Second, e)
				}
				return e
			}
			w.hosts["https://example.com"] = server("example.com")
			w.hosts["https://autodiscover.example.com"] = server("autodiscover.example.com")
			w.hosts["http://autodiscover.example.com"] = goTo(302, "https://mail.example.com")
			w.hosts["https://mail.example.com"] = server("mail.example.com")
			cfg := w.config()
			cfg.Stagger = 0 // the default
			got, err := autodiscover.Discover(t.Context(), ann, cfg)
			if err != nil {
				t.Fatal(err)
			}
			if got.EWS != "https://example.com/EWS/Exchange.asmx" {
				t.Errorf("%s is slow: found %s", slow, got.EWS)
			}
			if diff := cmp.Diff([]string{"example.com"}, w.trusted()); diff != "" {
				t.Errorf("%s is slow: who got credentials: -want +got:\n%s", slow, diff)
			}
			if n := w.connections(); n != 0 {
				t.Errorf("%s is slow: %d connections are left", slow, n)
			}
		})
	}
}

// Places are looked at side by side: three that do not answer take as long as
// one.
func TestSideBySide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		never := after(time.Hour, http.NotFoundHandler())
		w.hosts["https://example.com"] = never
		w.hosts["https://autodiscover.example.com"] = never
		w.hosts["http://autodiscover.example.com"] = never
		w.hosts["https://mail.example.com"] = mail("mail.example.com")
		w.srv["example.com"] = []*net.SRV{{Target: "mail.example.com.", Port: 443}}
		cfg := w.config()
		cfg.Stagger = 0
		cfg.StepTimeout = 7 * time.Second
		begun := time.Now()
		got, err := autodiscover.Discover(t.Context(), ann, cfg)
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begun); took < 7*time.Second || took > 8*time.Second {
			t.Errorf("it took %v", took)
		}
		want := "SOAP example.com: failed\nSOAP autodiscover.example.com: failed\nHTTP autodiscover.example.com: failed\nSRV _autodiscover._tcp.example.com: found\n" +
			"SOAP mail.example.com: wants credentials\nSOAP+ mail.example.com: found\n"
		if diff := cmp.Diff(want, steps(got.Steps)); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		var timeout *autodiscover.TimeoutError
		if err := got.Steps[0].Err; !errors.As(err, &timeout) || !errors.Is(err, os.ErrDeadlineExceeded) || timeout.After != 7*time.Second {
			t.Errorf("the first step failed with %v", err)
		}
	})
}

// A place that is fast and promising keeps the others from being asked.
func TestNoMoreThanNeeded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		e := mail("mail.example.com")
		e.realm = []string{"NTLM", "Basic"}
		w.hosts["https://example.com"] = after(time.Second, e) // so that the others would have the time
		w.hosts["https://autodiscover.example.com"] = mail("x")
		cfg := w.config()
		if _, err := autodiscover.Discover(t.Context(), ann, cfg); err != nil {
			t.Fatal(err)
		}
		want := []string{"POST https://example.com/autodiscover/autodiscover.svc", "POST https://example.com/autodiscover/autodiscover.svc +Basic"}
		if diff := cmp.Diff(want, w.asked()); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

// The search keeps to its deadline, and to its context, and waits for all that
// it began.
func TestDeadline(t *testing.T) {
	enough := errors.New("enough")
	for name, tc := range map[string]struct {
		set  func(ctx context.Context, cfg *autodiscover.Config) (context.Context, context.CancelFunc)
		want []error
		took time.Duration
	}{
		"Timeout": {func(ctx context.Context, cfg *autodiscover.Config) (context.Context, context.CancelFunc) {
			cfg.Timeout = 3 * time.Second
			return ctx, func() {}
		}, []error{os.ErrDeadlineExceeded}, 3 * time.Second},
		"deadline": {func(ctx context.Context, cfg *autodiscover.Config) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, 2*time.Second)
		}, []error{context.DeadlineExceeded}, 2 * time.Second},
		"cancel": {func(ctx context.Context, cfg *autodiscover.Config) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancelCause(ctx)
			time.AfterFunc(time.Second, func() { cancel(enough) })
			return ctx, func() { cancel(nil) }
		}, []error{context.Canceled, enough}, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				never := after(time.Hour, http.NotFoundHandler())
				for _, h := range []string{"https://example.com", "https://autodiscover.example.com", "http://autodiscover.example.com"} {
					w.hosts[h] = never
				}
				cfg := w.config()
				cfg.Stagger = 0
				ctx, cancel := tc.set(t.Context(), &cfg)
				defer cancel()
				begun := time.Now()
				_, err := autodiscover.Discover(ctx, ann, cfg)
				for _, want := range tc.want {
					if !errors.Is(err, want) {
						t.Errorf("%v is not %v", err, want)
					}
				}
				if took := time.Since(begun); took != tc.took {
					t.Errorf("it took %v, want %v", took, tc.took)
				}
				if n := w.connections(); n != 0 {
					t.Errorf("%d connections are left", n)
				}
			})
		})
	}
}

// A busy server is asked once more, after the pause that it asks for.
func TestBusy(t *testing.T) {
	for name, busy := range map[string]http.Handler{
		"by status": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", "4")
			w.WriteHeader(http.StatusServiceUnavailable)
		}),
		"by code": &exchange{soap: userResponse("ServerBusy", "", "")},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				n := 0
				good := mail("mail.example.com")
				w.hosts["https://autodiscover.example.com"] = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
					if n++; n == 1 {
						busy.ServeHTTP(rw, r)
						return
					}
					good.ServeHTTP(rw, r)
				})
				begun := time.Now()
				got, err := autodiscover.Discover(t.Context(), ann, w.config())
				if err != nil {
					t.Fatal(err)
				}
				want := map[string]time.Duration{"by status": 4 * time.Second, "by code": time.Second}[name]
				if took := time.Since(begun); took != want {
					t.Errorf("it took %v, want %v: %v", took, want, steps(got.Steps))
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.hosts["https://autodiscover.example.com"] = &exchange{broken: http.StatusTooManyRequests}
		_, err := autodiscover.Discover(t.Context(), ann, w.config())
		if !errors.Is(err, messages.ErrThrottled) {
			t.Error(err)
		}
	})
}

// Tokens that cannot be had end the search: nobody else would do better.
func TestNoToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		for _, h := range []string{"autodiscover.example.com", "mail.example.com"} {
			e := mail(h)
			e.realm = []string{"Bearer"}
			w.hosts["https://"+h] = e
		}
		w.hosts["http://autodiscover.example.com"] = goTo(302, "https://mail.example.com")
		cfg := w.config()
		broken := errors.New("the identity provider is down")
		n := 0
		cfg.Auth = auth.BearerFunc(func(context.Context) (auth.Secret, time.Time, error) { n++; return "", time.Time{}, broken })
		_, err := autodiscover.Discover(t.Context(), ann, cfg)
		var token *auth.TokenError
		if !errors.As(err, &token) || !errors.Is(err, broken) || n != 1 {
			t.Errorf("%d tokens: %v", n, err)
		}
	})
}
