package ews

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"

	"github.com/seed-1937cc67/goews/auth"
)

// insecure returns rt without the verification of certificates.
func insecure(rt http.RoundTripper) (http.RoundTripper, error) {
	rt, err := auth.Fork(rt, func(t *http.Transport) {
		if t.TLSClientConfig == nil {
			t.TLSClientConfig = new(tls.Config)
		}
		t.TLSClientConfig.InsecureSkipVerify = true
	})
	if err != nil {
		return nil, fmt.Errorf("ews: Config.InsecureSkipVerify: %w", err)
	}
	return rt, nil
}

// verifies reports whether connections are verified, as far as can be seen.
func verifies(rt http.RoundTripper) bool {
	switch rt := rt.(type) {
	case *http.Transport:
		c := rt.TLSClientConfig
		return c == nil || !c.InsecureSkipVerify || c.VerifyConnection != nil || c.VerifyPeerCertificate != nil
	case *perHost:
		for _, h := range rt.hosts {
			if !verifies(h) {
				return false
			}
		}
		return verifies(rt.other)
	}
	return true
}

// warnInsecure says loudly that certificates are not verified.
func warnInsecure(log *slog.Logger, endpoint string) {
	if u, err := url.Parse(endpoint); err != nil || u.Scheme != "https" {
		return
	}
	if log == nil {
		log = slog.Default()
	}
	log.Warn("ews: certificates are not verified: whoever is on the way can read and change everything, passwords included",
		slog.String("endpoint", cleanURL(endpoint)))
}
