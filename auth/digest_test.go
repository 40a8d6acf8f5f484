package auth_test

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/auth"
)

// digestServer is the server side of RFC 7616, for tests.
type digestServer struct {
	challenge string // without the nonce
	strict    bool   // takes the numbers of a nonce in their order only
	uses      int    // of a nonce, then it is stale; 0: any number
	next      bool   // says the next nonce in time
	changes   bool   // forgets nonces without saying that they are stale

	mu       sync.Mutex
	issued   int
	n        map[string]int // how often each nonce was used
	requests int
	challenge401,
	refused int
	read int64
	*httptest.Server
}

func serveDigest(t *testing.T, s *digestServer) *digestServer {
	s.n = map[string]int{}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

func (s *digestServer) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	s.read += int64(len(body))
	ok, stale := s.check(r, body)
	if ok {
		if s.next {
			w.Header().Set("Authentication-Info", fmt.Sprintf("qop=auth, nextnonce=%q", s.nonce()))
		}
		_, _ = w.Write(body)
		return
	}
	if r.Header.Get("Authorization") != "" {
		s.refused++
	}
	s.challenge401++
	more := ""
	if stale && !s.changes {
		more = ", stale=TRUE"
	}
	w.Header().Add("WWW-Authenticate", `Digest realm="other", nonce="x", algorithm=RIPEMD`)
	w.Header().Add("WWW-Authenticate", "Digest "+s.challenge+fmt.Sprintf(", nonce=%q", s.nonce())+more)
	w.WriteHeader(http.StatusUnauthorized)
}

func (s *digestServer) nonce() string {
	s.issued++
	n := fmt.Sprintf(`no"nce\%d`, s.issued)
	s.n[n] = 0
	return n
}

func (s *digestServer) check(r *http.Request, body []byte) (ok, stale bool) {
	parse := func(v string) map[string]string {
		if c := auth.Challenges(offers(v)); len(c) == 1 && c[0].Is("Digest") {
			return c[0].Params
		}
		return nil
	}
	c, p := parse("Digest "+s.challenge), parse(r.Header.Get("Authorization"))
	used, known := s.n[p["nonce"]]
	if p == nil || !known || p["realm"] != c["realm"] || p["opaque"] != c["opaque"] || p["uri"] != r.URL.RequestURI() || p["algorithm"] != c["algorithm"] {
		return false, p != nil
	}
	user := `EXAMPLE\ann`
	if c["userhash"] == "true" {
		user = respond(c["algorithm"], user, c["realm"])
	}
	if p["username"] != user || p["response"] != response(p, `EXAMPLE\ann`, password, r.Method, body) {
		return false, false
	}
	if p["qop"] != "" {
		if s.strict && p["nc"] != fmt.Sprintf("%08x", used+1) || s.uses > 0 && used >= s.uses {
			return false, true
		}
		s.n[p["nonce"]]++
	}
	return true, false
}

func respond(algorithm string, parts ...string) string {
	h := map[string]hash.Hash{"SHA-256": sha256.New(), "SHA-256-sess": sha256.New(), "MD5-sess": md5.New(), "MD5": md5.New(), "": md5.New()}[algorithm]
	_, _ = io.WriteString(h, strings.Join(parts, ":"))
	return hex.EncodeToString(h.Sum(nil))
}

// response is what RFC 7616, section 3.4.1 wants for the parameters p.
func response(p map[string]string, user, password, method string, body []byte) string {
	a := p["algorithm"]
	a1 := respond(a, user, p["realm"], password)
	if strings.HasSuffix(a, "-sess") {
		a1 = respond(a, a1, p["nonce"], p["cnonce"])
	}
	a2 := respond(a, method, p["uri"])
	switch p["qop"] {
	case "":
		return respond(a, a1, p["nonce"], a2)
	case "auth-int":
		a2 = respond(a, method, p["uri"], respond(a, string(body)))
	}
	return respond(a, a1, p["nonce"], p["nc"], p["cnonce"], p["qop"], a2)
}

// TestDigestVectors holds the server of the tests against RFC 7616, section
// 3.9.1.
func TestDigestVectors(t *testing.T) {
	for algorithm, want := range map[string]string{
		"SHA-256": "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1", "MD5": "8ca523f5e9506fed4657c9700eebdbec",
	} {
		got := response(map[string]string{
			"realm": "http-auth@example.org", "uri": "/dir/index.html", "algorithm": algorithm, "qop": "auth", "nc": "00000001",
			"nonce": "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "cnonce": "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
		}, "Mufasa", "Circle of Life", "GET", nil)
		if got != want {
			t.Errorf("%s: %s, want %s", algorithm, got, want)
		}
	}
}

// seen is what a digestServer has seen.
type seen struct {
	Requests, Refused int
	Read              int64
}

func (s *digestServer) seen() seen { return seen{s.requests, s.refused, s.read} }

// once is a body that cannot be had again.
type once struct{ io.Reader }

func TestDigest(t *testing.T) {
	const realm = `realm="a, \"b\"", opaque="o=", `
	for _, tt := range []struct {
		name   string
		s      *digestServer
		wrong  bool
		once   bool
		calls  int
		status int
		want   seen
	}{
		{name: "SHA-256", s: &digestServer{challenge: realm + `algorithm=SHA-256, qop="auth"`}, calls: 3, status: 200, want: seen{4, 0, 12}},
		{name: "MD5", s: &digestServer{challenge: realm + `algorithm=MD5, qop="auth,auth-int"`}, calls: 2, status: 200, want: seen{3, 0, 8}},
		{name: "of Windows", s: &digestServer{challenge: realm + `algorithm=MD5-sess, qop="auth", charset=utf-8`, strict: true}, calls: 3, status: 200, want: seen{4, 0, 12}},
		{name: "SHA-256-sess", s: &digestServer{challenge: realm + `algorithm=SHA-256-sess, qop="auth"`}, calls: 2, status: 200, want: seen{3, 0, 8}},
		{name: "a realm in Latin-1", s: &digestServer{challenge: "realm=\"f\xfcr \\\"alle\\\"\", algorithm=MD5, qop=\"auth\""}, calls: 2, status: 200, want: seen{3, 0, 8}},
		{name: "auth-int", s: &digestServer{challenge: realm + `algorithm=SHA-256, qop="auth-int"`}, calls: 2, status: 200, want: seen{3, 0, 8}},
		{name: "userhash", s: &digestServer{challenge: realm + `algorithm=SHA-256, qop="auth", userhash=true`}, calls: 2, status: 200, want: seen{3, 0, 8}},
		{name: "RFC 2069", s: &digestServer{challenge: realm + `x=y`}, calls: 2, status: 200, want: seen{3, 0, 8}},
		{name: "stale", s: &digestServer{challenge: realm + `algorithm=MD5, qop="auth"`, uses: 2}, calls: 5, status: 200, want: seen{8, 2, 28}},
		{name: "forgotten", s: &digestServer{challenge: realm + `algorithm=MD5, qop="auth"`, uses: 2, changes: true}, calls: 3, status: 200, want: seen{5, 1, 16}},
		{name: "next nonce", s: &digestServer{challenge: realm + `algorithm=MD5, qop="auth"`, uses: 1, next: true}, calls: 3, status: 200, want: seen{4, 0, 12}},
		{name: "wrong password", s: &digestServer{challenge: realm + `algorithm=MD5, qop="auth"`}, wrong: true, calls: 1, status: 401, want: seen{2, 1, 4}},
		{name: "wrong password, several times", s: &digestServer{challenge: realm + `algorithm=MD5, qop="auth"`}, wrong: true, calls: 3, status: 401, want: seen{6, 3, 12}},
		{name: "body once", s: &digestServer{challenge: realm + `algorithm=MD5, qop="auth"`, uses: 1}, once: true, calls: 3, status: 200, want: seen{6, 0, 12}},
		{name: "body once, wrong password", s: &digestServer{challenge: realm + `algorithm=MD5, qop="auth"`}, wrong: true, once: true, calls: 1, status: 401, want: seen{2, 1, 4}},
		{name: "an algorithm that is not known", s: &digestServer{challenge: realm + `algorithm=MD6, qop="auth"`}, calls: 1, status: 401, want: seen{1, 0, 0}},
		{name: "a quality that is not known", s: &digestServer{challenge: realm + `algorithm=MD5, qop="auth-conf"`}, calls: 1, status: 401, want: seen{1, 0, 0}},
		{name: "a session without quality", s: &digestServer{challenge: realm + `algorithm=MD5-sess`}, calls: 1, status: 401, want: seen{1, 0, 0}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := serveDigest(t, tt.s)
			pass := auth.Secret(password)
			if tt.wrong {
				pass = "wrong"
			}
			c := &http.Client{Transport: auth.Digest(`EXAMPLE\ann`, pass).Wrap(nil)}
			for range tt.calls {
				var body io.Reader = strings.NewReader("<a/>")
				if tt.once {
					body = once{body}
				}
				res, err := c.Post(s.URL+"/a?b=%20c", "text/xml", body)
				if err != nil {
					t.Fatal(err)
				}
				b, err := io.ReadAll(res.Body)
				res.Body.Close()
				if err != nil || res.StatusCode != tt.status || tt.status == 200 && string(b) != "<a/>" {
					t.Errorf("status %d, %q, %v", res.StatusCode, b, err)
				}
			}
			if diff := cmp.Diff(tt.want, s.seen()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestDigestOfBodyThatIsGone(t *testing.T) {
	s := serveDigest(t, &digestServer{challenge: `realm="a", qop="auth-int"`})
	c := &http.Client{Transport: auth.Digest(`EXAMPLE\ann`, password).Wrap(nil)}
	_, err := c.Post(s.URL, "text/xml", once{strings.NewReader("<a/>")})
	var de *auth.DigestError
	if !errors.As(err, &de) || s.read != 0 {
		t.Errorf("error %v after %d bytes, want a DigestError and nothing sent", err, s.read)
	}
}

// TestDigestTogether: many at once ask for one challenge, and count its uses.
func TestDigestTogether(t *testing.T) {
	s := serveDigest(t, &digestServer{challenge: `realm="a", algorithm=SHA-256, qop="auth"`})
	c := &http.Client{Transport: auth.Digest(`EXAMPLE\ann`, password).Wrap(&http.Transport{MaxIdleConnsPerHost: 8})}
	t.Cleanup(c.CloseIdleConnections)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 25 {
				res, err := c.Post(s.URL, "text/xml", strings.NewReader("<a/>"))
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, res.Body)
				res.Body.Close()
				if res.StatusCode != 200 {
					t.Errorf("status %d", res.StatusCode)
				}
			}
		})
	}
	wg.Wait()
	if got := s.seen(); got.Requests != 201 || s.issued != 1 {
		t.Errorf("%+v, %d challenges; want 201 requests and 1 challenge", got, s.issued)
	}
}

// TestDigestWrongTogether: of many at once each tries a wrong password once.
func TestDigestWrongTogether(t *testing.T) {
	s := serveDigest(t, &digestServer{challenge: `realm="a", algorithm=SHA-256, qop="auth"`})
	c := &http.Client{Transport: auth.Digest(`EXAMPLE\ann`, "wrong").Wrap(&http.Transport{MaxIdleConnsPerHost: 8})}
	t.Cleanup(c.CloseIdleConnections)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			res, err := c.Post(s.URL, "text/xml", strings.NewReader("<a/>"))
			if err != nil {
				t.Error(err)
				return
			}
			res.Body.Close()
			if res.StatusCode != 401 {
				t.Errorf("status %d", res.StatusCode)
			}
		})
	}
	wg.Wait()
	if got := s.seen(); got.Refused != 8 {
		t.Errorf("%+v, want 8 attempts", got)
	}
}

// TestDigestOfTwoServers: one that does not answer holds up nobody else.
func TestDigestOfTwoServers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := auth.Digest("ann", password)
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			_, _ = m.Wrap(hanging{}).RoundTrip(request(t, "https://slow.example.com/").WithContext(ctx))
		}()
		synctest.Wait()
		done := make(chan error, 1)
		go func() {
			_, err := m.Wrap(server(func(*http.Request) int { return 200 })).RoundTrip(request(t, "https://fast.example.com/"))
			done <- err
		}()
		synctest.Wait()
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
		default:
			t.Error("a request waits for the answer of another server")
		}
		cancel()
	})
}

// hanging is a server that does not answer.
type hanging struct{}

func (hanging) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// TestDigestWithoutNeed: a server that asks for nothing, and one that asks for
// something else.
func TestDigestWithoutNeed(t *testing.T) {
	for name, status := range map[string]int{"nothing": 200, "something else": 401} {
		t.Run(name, func(t *testing.T) {
			var got []string
			rt := auth.Digest("ann", password).Wrap(server(func(r *http.Request) int {
				got = append(got, fmt.Sprint(r.ContentLength, r.Header.Get("Authorization")))
				return status
			}))
			res, err := rt.RoundTrip(request(t, "https://x/"))
			if err != nil || res.StatusCode != status {
				t.Fatalf("%v, %v", res, err)
			}
			want := []string{"0", "4"}
			if status == 401 {
				want = want[:1]
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
