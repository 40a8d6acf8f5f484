package autodiscover_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/autodiscover"
)

// listen serves h over TLS at address, with certificates of the world.
func (w *world) listen(t *testing.T, address string, h http.Handler, change func(*tls.Config)) string {
	t.Helper()
	ln, err := net.Listen("tcp", address)
	if err != nil {
		t.Skip("nothing can listen there: ", err)
	}
	s := httptest.NewUnstartedServer(h)
	s.Listener.Close()
	s.Listener = ln
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.TLS = &tls.Config{GetCertificate: w.certificate}
	if change != nil {
		change(s.TLS)
	}
	s.StartTLS()
	t.Cleanup(s.Close)
	return ln.Addr().String()
}

// dialTo makes the only host of the world be at an address.
func (w *world) dialTo(name, address string) *http.Client {
	tr := w.transport()
	tr.DialContext = func(ctx context.Context, network, to string) (net.Conn, error) {
		if to != name+":443" {
			return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: to, IsNotFound: true}}
		}
		return new(net.Dialer).DialContext(ctx, "tcp", address)
	}
	return &http.Client{Transport: tr}
}

// A host that has nothing but an IPv6 address is found.
func TestIPv6(t *testing.T) {
	w := newWorld(t)
	address := w.listen(t, "[::1]:0", mail("mail.example.com"), nil)
	cfg := w.config()
	cfg.HTTPClient = w.dialTo("autodiscover.example.com", address)
	got, err := autodiscover.Discover(t.Context(), ann, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if got.EWS != "https://mail.example.com/EWS/Exchange.asmx" {
		t.Errorf("found %s", got.EWS)
	}
}

// certificate is a method that shows a client certificate.
type certificate struct{ tls.Certificate }

func (c certificate) Wrap(next http.RoundTripper) http.RoundTripper {
	rt, err := auth.Fork(next, func(t *http.Transport) { t.TLSClientConfig.Certificates = []tls.Certificate{c.Certificate} })
	if err != nil {
		panic(err)
	}
	return rt
}

// A server that wants a client certificate in the handshake is one that wants
// credentials.
func TestClientCertificate(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		t.Run(tls.VersionName(version), func(t *testing.T) {
			w := newWorld(t)
			e := mail("mail.example.com")
			e.user = ""
			address := w.listen(t, "127.0.0.1:0", e, func(c *tls.Config) { c.ClientAuth, c.MaxVersion = tls.RequireAnyClientCert, version })
			cfg := w.config()
			cfg.HTTPClient = w.dialTo("autodiscover.example.com", address)
			cfg.Auth = certificate{*w.ca}
			got, err := autodiscover.Discover(t.Context(), ann, cfg)
			if err != nil {
				t.Fatal(err)
			}
			if want := "SOAP+ autodiscover.example.com: found\n"; got.EWS == "" || !strings.HasSuffix(steps(got.Steps), want) {
				t.Errorf("found %s by\n%s", got.EWS, steps(got.Steps))
			}
			cfg.Auth = nil
			if _, err := autodiscover.Discover(t.Context(), ann, cfg); err == nil || !strings.Contains(err.Error(), "remote error") {
				t.Errorf("without one: %v", err)
			}
		})
	}
}

// A look without credentials is repeated when the connection is cut off, a
// request with credentials is not.
func TestCutOff(t *testing.T) {
	for name, tc := range map[string]struct {
		cut  func(n int, r *http.Request) bool
		want string // steps
	}{
		"once":             {func(n int, _ *http.Request) bool { return n == 1 }, "SOAP autodiscover.example.com: wants credentials\nSOAP+ autodiscover.example.com: found\n"},
		"for good":         {func(int, *http.Request) bool { return true }, "SOAP autodiscover.example.com: failed\n"},
		"with credentials": {func(_ int, r *http.Request) bool { return r.Header.Get("Authorization") != "" }, "SOAP autodiscover.example.com: wants credentials\nSOAP+ autodiscover.example.com: failed\n"},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			good, n := mail("mail.example.com"), 0
			w.hosts["https://autodiscover.example.com"] = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				if n++; tc.cut(n, r) {
					panic(http.ErrAbortHandler)
				}
				good.ServeHTTP(rw, r)
			})
			cfg := w.config()
			cfg.Endpoints, cfg.OnlyEndpoints = []string{"https://autodiscover.example.com"}, true
			got := ""
			cfg.Trace = func(s autodiscover.Step) { got += steps([]autodiscover.Step{s}) }
			_, err := autodiscover.Discover(t.Context(), ann, cfg)
			if got != tc.want || (err == nil) != (name == "once") {
				t.Errorf("%s: %v, by\n%s", name, err, got)
			}
			if want := map[string]int{"once": 3, "for good": 3, "with credentials": 2}[name]; n != want {
				t.Errorf("%s: %d requests, want %d", name, n, want)
			}
		})
	}
}

// What is wrong with a certificate is said, and nobody gets credentials.
func TestBadCertificate(t *testing.T) {
	w := newWorld(t)
	w.hosts["https://autodiscover.example.com"] = mail("mail.example.com")
	w.badCert["autodiscover.example.com"] = true
	_, err := autodiscover.Discover(t.Context(), ann, w.config())
	if err == nil || !strings.Contains(err.Error(), "the certificate is for another host") || len(w.trusted()) != 0 {
		t.Errorf("%v got credentials: %v", w.trusted(), err)
	}
	w.badCert["autodiscover.example.com"] = false
	cfg := w.config()
	cfg.HTTPClient.Transport.(*http.Transport).TLSClientConfig = nil
	_, err = autodiscover.Discover(t.Context(), ann, cfg)
	if err == nil || !strings.Contains(err.Error(), "the certificate's issuer is unknown") || len(w.trusted()) != 0 {
		t.Errorf("%v got credentials: %v", w.trusted(), err)
	}
}

// The Config of a program shows no secret, however its parts are printed.
func TestNoSecrets(t *testing.T) {
	w := newWorld(t)
	w.hosts["https://autodiscover.example.com"] = mail("x")
	cfg := w.config()
	cfg.Auth = auth.Basic(ann, "wrong-"+password)
	var trace strings.Builder
	cfg.Trace = autodiscover.TraceTo(&trace)
	_, err := autodiscover.Discover(t.Context(), ann, cfg)
	for _, text := range []string{fmt.Sprint(err), fmt.Sprintf("%+v %#v", err, err), trace.String(), fmt.Sprintf("%v %+v", cfg, cfg)} {
		if strings.Contains(text, password) {
			t.Errorf("it shows: %s", text)
		}
	}
	if !strings.Contains(trace.String(), "ann@example.com: SOAP https://autodiscover.example.com/autodiscover/autodiscover.svc with credentials: refused (HTTP 401): ") {
		t.Errorf("the trace is %s", trace.String())
	}
}

// Nonsense is refused before anything is sent.
func TestConfig(t *testing.T) {
	for name, tc := range map[string]struct {
		address string
		set     func(*autodiscover.Config)
	}{
		"no address":          {"ann", func(*autodiscover.Config) {}},
		"a path":              {"ann@example.com/x", func(*autodiscover.Config) {}},
		"a port":              {"ann@example.com:80", func(*autodiscover.Config) {}},
		"an IP address":       {"ann@192.0.2.1", func(*autodiscover.Config) {}},
		"a new line":          {"ann\n@example.com", func(*autodiscover.Config) {}},
		"endpoint over HTTP":  {ann, func(c *autodiscover.Config) { c.Endpoints = []string{"http://mail.example.com"} }},
		"endpoint with a key": {ann, func(c *autodiscover.Config) { c.Endpoints = []string{"https://ann:" + password + "@mail.example.com"} }},
		"no endpoint":         {ann, func(c *autodiscover.Config) { c.OnlyEndpoints = true }},
		"time-out":            {ann, func(c *autodiscover.Config) { c.Timeout = -1 }},
		"user agent":          {ann, func(c *autodiscover.Config) { c.UserAgent = "a\r\nb" }},
	} {
		w := newWorld(t)
		cfg := w.config()
		tc.set(&cfg)
		_, err := autodiscover.Discover(t.Context(), tc.address, cfg)
		if err == nil || !strings.HasPrefix(err.Error(), "autodiscover: ") || strings.Contains(err.Error(), password) {
			t.Errorf("%s: %v", name, err)
		}
		if n := len(w.asked()); n != 0 {
			t.Errorf("%s: %d requests", name, n)
		}
	}
}
