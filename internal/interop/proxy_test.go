package interop

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/ewstest"
	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/orm"
)

// TestProxies: real proxies, which want a user and a password, before a server
// over TLS.
func TestProxies(t *testing.T) {
	for name, start := range map[string]func(testing.TB, string) *proxy{"squid": startSquid, "tinyproxy": startTinyproxy} {
		t.Run(name, func(t *testing.T) {
			srv := ewstest.New(t)
			_, port, err := net.SplitHostPort(srv.Host())
			if err != nil {
				t.Fatal(err)
			}
			p := start(t, port)
			wire := tapOn(t, p.addr)
			// client returns a client through the proxy, by its URL.
			client := func(t *testing.T, proxy *url.URL) *http.Client {
				tr := ews.NewTransport()
				tr.Proxy, tr.TLSClientConfig = http.ProxyURL(proxy), &tls.Config{RootCAs: x509.NewCertPool()}
				tr.TLSClientConfig.RootCAs.AddCert(srv.Certificate())
				t.Cleanup(tr.CloseIdleConnections)
				return &http.Client{Transport: tr}
			}
			open := func(t *testing.T, proxy *url.URL, cfg orm.Config) (*orm.Account, error) {
				if cfg.Endpoint == "" {
					cfg.Endpoint = srv.URL
				}
				cfg.HTTPClient = client(t, proxy)
				cfg.Auth = auth.Basic(srv.Address(0), ewstest.Password)
				return orm.Open(t.Context(), srv.Address(0), cfg)
			}

			t.Run("work", func(t *testing.T) {
				acct, err := open(t, through(wire.Addr().String(), proxyUser, proxyPassword), orm.Config{Transport: ews.Config{MaxConcurrent: workers}})
				if err != nil {
					t.Fatal(err)
				}
				const each = 20
				round := func(n int) {
					var group sync.WaitGroup
					for w := range workers {
						group.Go(func() {
							for i := range each {
								subject := fmt.Sprintf("%s %d %d %d", name, n, w, i)
								if err := acct.Create(t.Context(), acct.Drafts(), &orm.Message{Subject: subject}); err != nil {
									t.Error(err)
								}
								if _, err := acct.Drafts().Messages().Filter(field.Message.Subject.Equals(subject)).Get(t.Context()); err != nil {
									t.Error(err)
								}
							}
						})
					}
					group.Wait()
				}
				round(1)
				before := strings.Count(wire.passed(), "CONNECT ")
				round(2)
				// Connections are kept: not one a request, nor one that package net/http
				// has begun ahead while the first one was made.
				if n := strings.Count(wire.passed(), "CONNECT "); before < 1 || n > before+2*workers {
					t.Errorf("%d connections, and then %d more, for %d workers", before, n-before, workers)
				}
				if n, err := acct.Drafts().Messages().Count(t.Context()); err != nil || n != 2*workers*each {
					t.Errorf("%d messages, error %v; want %d", n, err, 2*workers*each)
				}
				// The proxy got its own credentials, and never the server's.
				basic := func(user, password string) string {
					return base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
				}
				if !strings.Contains(wire.passed(), basic(proxyUser, proxyPassword)) {
					t.Error("the proxy got no credentials")
				}
				acct.Transport().CloseIdleConnections()
				p.waitWrote(srv.Host())
				for _, secret := range []string{basic(srv.Address(0), ewstest.Password), srv.Address(0), "<s:Envelope", "SOAPAction"} {
					if strings.Contains(wire.passed(), secret) || strings.Contains(p.wrote(), secret) {
						t.Errorf("%q passed in the clear, or is in the proxy's log", secret)
					}
				}
			})

			patient := &ews.Retry{Attempts: 4, MinWait: time.Millisecond}
			refused := func(t *testing.T, proxy *url.URL, endpoint, text string, once bool) {
				t.Helper()
				wire := tapOn(t, p.addr)
				proxy.Host = wire.Addr().String()
				_, err := open(t, proxy, orm.Config{Retry: patient, Endpoint: endpoint})
				var failed *ews.TransportError
				if !errors.As(err, &failed) || failed.Sent || !strings.Contains(err.Error(), text) {
					t.Errorf("error %v, want one with %q, and nothing sent", err, text)
				}
				if err != nil && (strings.Contains(err.Error(), proxyPassword) || strings.Contains(err.Error(), "guess")) {
					t.Errorf("error %v shows a password", err)
				}
				// tinyproxy may close a connection before its refusal has been read: that
				// is a reset, and is tried again.
				if n := strings.Count(wire.passed(), "CONNECT "); n == 0 || once && n != 1 && name != "tinyproxy" {
					t.Errorf("the proxy was asked %d times", n)
				}
			}
			t.Run("wrong password", func(t *testing.T) {
				refused(t, through("", proxyUser, "guess"), "", "the proxy wants a user and a password", true)
			})
			t.Run("no password", func(t *testing.T) {
				refused(t, through("", "", ""), "", "the proxy wants a user and a password", true)
			})
			t.Run("closed port", func(t *testing.T) {
				refused(t, through("", proxyUser, proxyPassword), "https://127.0.0.1:1/EWS/Exchange.asmx", "the proxy does not let anybody", true)
			})
			t.Run("plain", func(t *testing.T) { // no CONNECT, and an answer in the proxy's name
				tr := &http.Transport{Proxy: http.ProxyURL(through(p.addr, proxyUser, "guess"))}
				defer tr.CloseIdleConnections()
				plain := httptest.NewServer(srv)
				defer plain.Close()
				c, err := ews.New(ews.Config{Endpoint: plain.URL + ewstest.EndpointPath, HTTPClient: &http.Client{Transport: tr}, Retry: patient})
				if err != nil {
					t.Fatal(err)
				}
				_, err = orm.Open(t.Context(), srv.Address(0), orm.Config{Client: c})
				var status *ews.HTTPError
				switch {
				case !errors.As(err, &status):
					t.Errorf("error %v, want a status", err)
				case status.StatusCode == http.StatusUnauthorized && name == "tinyproxy": // as if it were the server
				case status.StatusCode != http.StatusProxyAuthRequired || !strings.Contains(err.Error(), "user:password@proxy"):
					t.Errorf("error %v, want status 407 and what to do", err)
				}
			})

			t.Run("restart", func(t *testing.T) { // whoever repeats gets through
				acct, err := open(t, through(p.addr, proxyUser, proxyPassword), orm.Config{Retry: &ews.Retry{Attempts: 50, MinWait: 20 * time.Millisecond, MaxWait: 50 * time.Millisecond}})
				if err != nil {
					t.Fatal(err)
				}
				var group sync.WaitGroup
				for range workers {
					group.Go(func() {
						for range 40 {
							if _, err := acct.Drafts().Messages().Count(t.Context()); err != nil {
								t.Error(err)
							}
						}
					})
				}
				p.powerCut()
				group.Wait()
			})
		})
	}
}
