package cert_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/auth/cert"
)

// authority issues certificates for clients.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T, name string) *authority {
	t.Helper()
	a := &authority{key: key(t)}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, c, c, a.key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return a
}

func key(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func (a *authority) issue(t *testing.T, name string) tls.Certificate {
	t.Helper()
	k := key(t)
	c := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	der, err := x509.CreateCertificate(rand.Reader, c, a.cert, k.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: k}
}

// serve starts a server that says whose certificate it got, and of which user.
func serve(t *testing.T, a *authority, wants tls.ClientAuthType) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		who := "nobody"
		if len(r.TLS.PeerCertificates) > 0 {
			who = r.TLS.PeerCertificates[0].Subject.CommonName
		}
		user, _, _ := r.BasicAuth()
		fmt.Fprintf(w, "%s %s", strings.TrimSpace(who+" "+user), r.Proto)
	}))
	s.TLS = &tls.Config{ClientAuth: wants, ClientCAs: x509.NewCertPool()}
	s.TLS.ClientCAs.AddCert(a.cert)
	s.EnableHTTP2 = true
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func ask(t *testing.T, s *httptest.Server, m auth.Method) (string, error) {
	t.Helper()
	c := &http.Client{Transport: m.Wrap(s.Client().Transport)}
	defer c.CloseIdleConnections()
	res, err := c.Post(s.URL, "text/xml", strings.NewReader("<a/>"))
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return string(b), err
}

// write writes certificate and key as PEM, and returns where.
func write(t *testing.T, dir string, c tls.Certificate) (certFile, keyFile, both string) {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	a := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]})
	b := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	for name, data := range map[string][]byte{"cert.pem": a, "key.pem": b, "both.pem": append(append([]byte(nil), a...), b...)} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"), filepath.Join(dir, "both.pem")
}

func TestCertificates(t *testing.T) {
	a, other := newAuthority(t, "ours"), newAuthority(t, "theirs")
	ann, eve := a.issue(t, "ann"), other.issue(t, "eve")
	s := serve(t, a, tls.VerifyClientCertIfGiven)
	certFile, keyFile, both := write(t, t.TempDir(), ann)
	files := func(c, k string) auth.Method {
		m, err := cert.Files(c, k)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	for _, tt := range []struct {
		name string
		m    auth.Method
		want string
	}{
		{"one", cert.New(ann), "ann"},
		{"the one that is taken", cert.New(eve, ann), "ann"},
		{"none that is taken", cert.New(eve), "nobody"},
		{"none", cert.New(), "nobody"},
		{"from a function", cert.Func(func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &ann, nil }), "ann"},
		{"two files", files(certFile, keyFile), "ann"},
		{"one file", files(both, ""), "ann"},
		{"and a password", auth.Join(cert.New(ann), auth.Basic("bob", "x")), "ann bob"},
		{"a password, and a certificate", auth.Join(auth.Basic("bob", "x"), cert.New(ann)), "ann bob"},
		{"the strongest", auth.Strongest(auth.Basic("bob", "x"), cert.New(ann)), "ann"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ask(t, s, tt.m)
			if err != nil || got != tt.want+" HTTP/1.1" {
				t.Errorf("%q, %v; want %q", got, err, tt.want)
			}
		})
	}
	t.Run("required", func(t *testing.T) {
		s := serve(t, a, tls.RequireAndVerifyClientCert)
		if got, err := ask(t, s, cert.New(ann)); err != nil || got != "ann HTTP/1.1" {
			t.Errorf("%q, %v", got, err)
		}
		if got, err := ask(t, s, cert.New(eve)); err == nil {
			t.Errorf("%q without a certificate", got)
		}
	})
}

// TestRenewedFiles: what is in the files when a connection is made counts.
func TestRenewedFiles(t *testing.T) {
	a := newAuthority(t, "ours")
	s := serve(t, a, tls.RequireAndVerifyClientCert)
	dir := t.TempDir()
	certFile, keyFile, _ := write(t, dir, a.issue(t, "ann"))
	m, err := cert.Files(certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ann", "ann, renewed"} {
		write(t, dir, a.issue(t, name))
		if got, err := ask(t, s, m); err != nil || got != name+" HTTP/1.1" {
			t.Errorf("%q, %v; want %q", got, err, name)
		}
	}
	if err := os.Remove(keyFile); err != nil {
		t.Fatal(err)
	}
	_, err = ask(t, s, m)
	var fe *cert.FileError
	var unsent auth.Unsent
	if !errors.As(err, &fe) || !errors.As(err, &unsent) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v, want a FileError", err)
	}
}

func TestFileErrors(t *testing.T) {
	a := newAuthority(t, "ours")
	certFile, keyFile, _ := write(t, t.TempDir(), a.issue(t, "ann"))
	_, otherKey, _ := write(t, t.TempDir(), a.issue(t, "bob"))
	for _, tt := range []struct{ cert, key, text string }{
		{"nowhere.pem", "", "no such file"},
		{certFile, "", "PEM"}, // no key in it
		{keyFile, certFile, "PEM"},
		{certFile, otherKey, "does not match"},
	} {
		_, err := cert.Files(tt.cert, tt.key)
		var fe *cert.FileError
		if !errors.As(err, &fe) || !strings.Contains(err.Error(), tt.text) {
			t.Errorf("%s, %s: error %v, want a FileError with %q", tt.cert, tt.key, err, tt.text)
		}
	}
}

func TestPlainHTTP(t *testing.T) {
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1:1/", strings.NewReader("<a/>"))
	if err != nil {
		t.Fatal(err)
	}
	b := &closing{Reader: strings.NewReader("<a/>")}
	r.Body = b
	_, err = cert.New().Wrap(nil).RoundTrip(r)
	var pe *cert.PlainHTTPError
	var unsent auth.Unsent
	if !errors.As(err, &pe) || !errors.As(err, &unsent) || !b.closed {
		t.Errorf("error %v; body closed: %v", err, b.closed)
	}
	_, err = cert.New().Wrap(only{}).RoundTrip(r)
	var fe *auth.ForkError
	if !errors.As(err, &fe) {
		t.Errorf("error %v, want a ForkError", err)
	}
}

type closing struct {
	io.Reader
	closed bool
}

func (c *closing) Close() error { c.closed = true; return nil }

type only struct{}

func (only) RoundTrip(*http.Request) (*http.Response, error) { return nil, errors.New("not reached") }

// TestRedirect: another host sees no certificate.
func TestRedirect(t *testing.T) {
	a := newAuthority(t, "ours")
	there := serve(t, a, tls.RequestClientCert)
	here := serve(t, a, tls.RequestClientCert)
	here.Config.Handler = http.RedirectHandler(there.URL, http.StatusTemporaryRedirect)
	tr := here.Client().Transport.(*http.Transport).Clone()
	tr.TLSClientConfig.RootCAs.AddCert(there.Certificate())
	c := &http.Client{Transport: cert.New(a.issue(t, "ann")).Wrap(tr)}
	defer c.CloseIdleConnections()
	res, err := c.Post(here.URL, "text/xml", strings.NewReader("<a/>"))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if b, _ := io.ReadAll(res.Body); !strings.HasPrefix(string(b), "nobody") {
		t.Errorf("the other host saw %s", b)
	}
}

func TestPrints(t *testing.T) {
	m := cert.New(newAuthority(t, "ours").issue(t, "ann"))
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
		if got := fmt.Sprintf(verb, m); got != "client certificate" {
			t.Errorf("%s prints %q", verb, got)
		}
	}
}

func ExampleFiles() {
	_, err := cert.Files("ann.pem", "")
	fmt.Println(err)
	// Output: cert: no certificate and key in ann.pem and ann.pem: open ann.pem: no such file or directory
}
