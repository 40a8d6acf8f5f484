package ntlm_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/auth/ntlm"
)

// certificate returns one for loopback, signed with a hash of that size.
func certificate(t *testing.T, curve elliptic.Curve) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func TestChannelBinding(t *testing.T) {
	unbound, err := ntlm.Config{User: `Domain\User`, Password: password, NoChannelBinding: true}.Method()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		m      auth.Method
		start  func(*httptest.Server)
		wants  bool
		bound  bool
		status int
	}{
		{"RSA", ntlm.New(`Domain\User`, password), overTLS, true, true, 200},
		{"SHA-256", ntlm.New(`Domain\User`, password), with(certificate(t, elliptic.P256())), true, true, 200},
		{"SHA-384", ntlm.New(`Domain\User`, password), with(certificate(t, elliptic.P384())), true, true, 200},
		{"SHA-512", ntlm.New(`Domain\User`, password), with(certificate(t, elliptic.P521())), true, true, 200},
		{"plain HTTP", ntlm.New(`Domain\User`, password), plain, false, false, 200},
		{"left out", unbound, overTLS, false, false, 200},
		{"left out, and wanted", unbound, overTLS, true, false, 401},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, &server{binding: tt.wants}, tt.start)
			status, _ := post(t, client(t, s, tt.m), s.URL, "<a/>")
			if status != tt.status || s.bound != tt.bound {
				t.Errorf("status %d, bound: %v; want %d, %v", status, s.bound, tt.status, tt.bound)
			}
		})
	}
}

func with(c tls.Certificate) func(*httptest.Server) {
	return func(s *httptest.Server) {
		s.TLS = &tls.Config{Certificates: []tls.Certificate{c}}
		s.StartTLS()
	}
}

// TestTLSEndsElsewhere: what a proxy in the middle passes on is not taken.
func TestTLSEndsElsewhere(t *testing.T) {
	s := serve(t, &server{binding: true}, with(certificate(t, elliptic.P256())))
	to, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	proxy.Transport = s.Client().Transport
	middle := httptest.NewTLSServer(proxy)
	t.Cleanup(middle.Close)
	c := &http.Client{Transport: ntlm.New(`Domain\User`, password).Wrap(middle.Client().Transport)}
	t.Cleanup(c.CloseIdleConnections)
	if status, _ := post(t, c, middle.URL, "<a/>"); status != 401 || !s.bound {
		t.Errorf("status %d", status)
	}
}

// TestBindingIsNotTakenAway: who passes the handshake on to the server, and says
// in its challenge that it has no target information, or takes that out, does
// not get an answer without the binding.
func TestBindingIsNotTakenAway(t *testing.T) {
	for name, change := range map[string]func(challenge []byte){
		"no flag":        func(c []byte) { c[22] &^= 1 << 7 },
		"no information": func(c []byte) { c[22] &^= 1 << 7; clear(c[40:48]) },
		"nothing of it":  func(c []byte) { clear(c[40:48]) },
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, &server{}, with(certificate(t, elliptic.P256())))
			to, err := url.Parse(s.URL)
			if err != nil {
				t.Fatal(err)
			}
			proxy := httputil.NewSingleHostReverseProxy(to)
			proxy.Transport = s.Client().Transport
			changed := 0
			proxy.ModifyResponse = func(res *http.Response) error {
				text, ok := strings.CutPrefix(res.Header.Get("WWW-Authenticate"), "NTLM ")
				if c, err := base64.StdEncoding.DecodeString(text); ok && err == nil && len(c) >= 48 {
					change(c)
					changed++
					res.Header.Set("WWW-Authenticate", "NTLM "+base64.StdEncoding.EncodeToString(c))
				}
				return nil
			}
			middle := httptest.NewTLSServer(proxy)
			t.Cleanup(middle.Close)
			c := &http.Client{Transport: ntlm.New(`Domain\User`, password).Wrap(middle.Client().Transport)}
			t.Cleanup(c.CloseIdleConnections)
			status, _ := post(t, c, middle.URL, "<a/>")
			if changed == 0 || status != 401 || !s.bound {
				t.Errorf("%d changed, status %d, bound: %v", changed, status, s.bound)
			}
		})
	}
}
