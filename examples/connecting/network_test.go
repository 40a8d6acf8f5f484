package connecting

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/orm"
)

func viaProxy(ctx context.Context, proxyPassword string) (*orm.Account, error) {
	// code: proxy
	t := ews.NewTransport()
	t.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: "proxy.example.com:3128", User: url.UserPassword("john", proxyPassword)})
	acct, err := orm.Open(ctx, "john@example.com", orm.Config{
		Endpoint:   "https://mail.example.com/EWS/Exchange.asmx",
		Auth:       auth.Basic(`EXAMPLE\john`, secret),
		HTTPClient: &http.Client{Transport: t},
	})
	// end
	return acct, err
}

func ownRoots(ctx context.Context, caFile string) (*orm.Account, error) {
	// code: roots
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("no certificate in %s", caFile)
	}
	transport := ews.PerHost(nil, map[string]func(*http.Transport){
		"mail.example.com": func(t *http.Transport) { t.TLSClientConfig = &tls.Config{RootCAs: roots} },
	})
	acct, err := orm.Open(ctx, "john@example.com", orm.Config{
		Endpoint:   "https://mail.example.com/EWS/Exchange.asmx",
		Auth:       auth.Basic(`EXAMPLE\john`, secret),
		HTTPClient: &http.Client{Transport: transport},
	})
	// end
	return acct, err
}

func oldServer() http.RoundTripper {
	// code: old-tls
	transport := ews.PerHost(nil, map[string]func(*http.Transport){
		"old.example.com": func(t *http.Transport) {
			t.TLSClientConfig = &tls.Config{
				MinVersion:   tls.VersionTLS10,
				CipherSuites: []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, tls.TLS_RSA_WITH_AES_128_CBC_SHA},
			}
		},
	})
	// end
	return transport
}

func insecure(ctx context.Context) (*orm.Account, error) {
	// code: insecure
	acct, err := orm.Open(ctx, "john@example.com", orm.Config{
		Endpoint:  "https://mail.example.com/EWS/Exchange.asmx",
		Auth:      auth.Basic(`EXAMPLE\john`, secret),
		Transport: ews.Config{InsecureSkipVerify: true}, // a warning goes to the log
	})
	// end
	return acct, err
}

func headers(ctx context.Context) (*orm.Account, error) {
	// code: headers
	acct, err := orm.Open(ctx, "john@example.com", orm.Config{
		Endpoint: "https://mail.example.com/EWS/Exchange.asmx",
		Auth:     auth.Basic(`EXAMPLE\john`, secret),
		Transport: ews.Config{
			UserAgent: "backup/1.0 (+https://example.com/backup)",
			Header:    http.Header{"X-Gateway-Key": {"***"}},
		},
	})
	// end
	return acct, err
}

func tlsHint(err error) string {
	// code: transport-error
	var failed *ews.TransportError
	if errors.As(err, &failed) {
		return failed.Hint // as in "the certificate's issuer is unknown: add it to RootCAs of …"
	}
	// end
	return ""
}

func TestNetwork(t *testing.T) {
	acct, err := viaProxy(t.Context(), secret)
	works(t, acct, err)
	if _, err := viaProxy(t.Context(), "wrong"); !strings.Contains(tlsHint(err), "the proxy wants a user and a password") {
		t.Errorf("error %v", err)
	}
	acct, err = ownRoots(t.Context(), caFile)
	works(t, acct, err)
	acct, err = insecure(t.Context())
	works(t, acct, err)
	acct, err = headers(t.Context())
	works(t, acct, err)
	if oldServer() == nil {
		t.Error("no transport")
	}
}
