// Package cert authenticates an EWS client by a client certificate in the TLS
// handshake. The server has to find out whose it is, which its administrator
// sets up; for other clients of Exchange than those of EWS that is described at
// https://learn.microsoft.com/exchange/plan-and-deploy/post-installation-tasks/configure-certificate-based-auth.
//
// A server may want a certificate and a password: auth.Join makes one method of
// both.
package cert

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/auth/internal/channel"
)

// New returns the method that shows one of certificates to a server that asks
// for one: the first that the server takes, none if it takes none of them. It
// does not contact the server.
//
// The connections are made after those of what the method wraps, which has to
// be an *http.Transport or an auth.Forker: else requests fail with an
// *auth.ForkError. They speak HTTP/1.1, and allow the server to ask once it
// knows what the request is for, as IIS does (a renegotiation of TLS 1.2; with
// TLS 1.3 a server has to ask at once).
func New(certificates ...tls.Certificate) auth.Method {
	return Func(func(i *tls.CertificateRequestInfo) (*tls.Certificate, error) {
		for n := range certificates {
			if i.SupportsCertificate(&certificates[n]) == nil {
				return &certificates[n], nil
			}
		}
		return &tls.Certificate{}, nil
	})
}

// Func returns the method whose certificate comes from get, which is called
// for each connection, as GetClientCertificate of a tls.Config is: from a store
// of the system, a card, a key that stays elsewhere. Its connections are like
// those of New.
func Func(get func(*tls.CertificateRequestInfo) (*tls.Certificate, error)) auth.Method {
	return method(get)
}

// Files returns the method whose certificate is in certFile and its key in
// keyFile, PEM both; one file may have both, then keyFile may be empty. Other
// certificates of certFile are sent with it, as its chain. The files are read
// for each connection, so that a certificate that was renewed in place is used,
// and at once to see whether they are good: the error is a *FileError. It does
// not contact the server.
//
// A key that is encrypted is not read. Of a PKCS#12 file such a file is made by
//
//	openssl pkcs12 -in ann.pfx -nodes -out ann.pem
func Files(certFile, keyFile string) (auth.Method, error) {
	if keyFile == "" {
		keyFile = certFile
	}
	load := func() (*tls.Certificate, error) {
		c, err := tls.LoadX509KeyPair(certFile, keyFile)
		if err != nil {
			return nil, &FileError{CertFile: certFile, KeyFile: keyFile, Err: err}
		}
		return &c, nil
	}
	if _, err := load(); err != nil {
		return nil, err
	}
	return Func(func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return load() }), nil
}

// FileError says that the files have no certificate with its key.
type FileError struct {
	CertFile, KeyFile string // as given to Files
	Err               error  // of reading or parsing them
}

// Error names the files and the cause.
func (e *FileError) Error() string {
	s := fmt.Sprintf("cert: no certificate and key in %s and %s: %v", e.CertFile, e.KeyFile, e.Err)
	if !errors.Is(e.Err, os.ErrNotExist) && !errors.Is(e.Err, os.ErrPermission) {
		s += "; they have to be PEM, and the key not encrypted"
	}
	return s
}

// Unwrap returns the cause.
func (e *FileError) Unwrap() error { return e.Err }

// Unsent implements auth.Unsent.
func (e *FileError) Unsent() {}

// PlainHTTPError says that a request over plain HTTP was to show a client
// certificate, which TLS alone does. It was not sent.
type PlainHTTPError struct{ Host string }

// Error says what to do.
func (e *PlainHTTPError) Error() string {
	return fmt.Sprintf("cert: a client certificate is of no use at %s over plain HTTP; use an https address", e.Host)
}

// Unsent implements auth.Unsent.
func (e *PlainHTTPError) Unsent() {}

// method is a function, of which package fmt shows an address.
type method func(*tls.CertificateRequestInfo) (*tls.Certificate, error)

const name = "client certificate"

func (method) String() string               { return name }
func (method) GoString() string             { return name }
func (method) Format(s fmt.State, _ rune)   { _, _ = io.WriteString(s, name) }
func (method) LogValue() slog.Value         { return slog.StringValue(name) }
func (method) MarshalText() ([]byte, error) { return []byte(name), nil }

// Schemes implements auth.Schemed: a certificate answers no challenge.
func (method) Schemes() []string { return nil }

// Wrap implements auth.Method.
func (m method) Wrap(next http.RoundTripper) http.RoundTripper {
	if next == nil {
		next = http.DefaultTransport
	}
	t := &transport{method: m, next: next}
	t.own, t.err = auth.Fork(next, m.change)
	return t
}

// change makes t show the certificate.
func (m method) change(t *http.Transport) {
	channel.HTTP1(t)
	if t.TLSClientConfig == nil {
		t.TLSClientConfig = &tls.Config{}
	}
	t.TLSClientConfig.GetClientCertificate = m
	if t.TLSClientConfig.Renegotiation == tls.RenegotiateNever {
		t.TLSClientConfig.Renegotiation = tls.RenegotiateOnceAsClient
	}
}

// transport is the round tripper of a method.
type transport struct {
	method method
	next   http.RoundTripper // for what the server redirects elsewhere
	own    http.RoundTripper
	err    error // instead of own
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	err := t.err
	switch {
	case auth.Redirected(r):
		return t.next.RoundTrip(r)
	case err == nil && r.URL.Scheme != "https":
		err = &PlainHTTPError{r.URL.Host}
	}
	if err != nil {
		if r.Body != nil {
			r.Body.Close()
		}
		return nil, err
	}
	return t.own.RoundTrip(r)
}

// CloseIdleConnections closes those of the method and of what it wraps.
func (t *transport) CloseIdleConnections() {
	if t.own != nil {
		auth.CloseIdleConnections(t.own)
	}
	auth.CloseIdleConnections(t.next)
}

// Fork implements auth.Forker.
func (t *transport) Fork(change func(*http.Transport)) (http.RoundTripper, error) {
	next, err := auth.Fork(t.next, change)
	if err != nil {
		return nil, err
	}
	return t.method.Wrap(next), nil
}
