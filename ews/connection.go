package ews

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/gen/messages"
)

// noAnswer is the error for a request that got no answer. The end of the
// context goes before what it led to.
func noAnswer(ctx context.Context, op *messages.Operation, endpoint string, err error, sent bool) error {
	if ctx.Err() != nil {
		cause := context.Cause(ctx)
		if _, ours := cause.(*TimeoutError); ours {
			err = cause
		} else {
			err = &contextError{ctx.Err(), cause}
		}
		return &TransportError{Op: op.Name, Endpoint: endpoint, Sent: sent, Err: err}
	}
	var u *url.Error
	if errors.As(err, &u) { // what it says of method and address is said already
		err = u.Err
	}
	return &TransportError{Op: op.Name, Endpoint: endpoint, Sent: sent, Hint: hint(err), Err: err}
}

// beforeWriting reports whether err comes before anything is written to a
// server.
func beforeWriting(err error) bool {
	var op *net.OpError
	return permanent(err) || errors.As(err, &op) && op.Op == "dial"
}

// permanent reports whether a connection will fail in the same way the next
// time: no such host, no TLS, a proxy that does not let this user through.
func permanent(err error) bool {
	var dns *net.DNSError
	var cert *tls.CertificateVerificationError
	var host x509.HostnameError
	var ca x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var record tls.RecordHeaderError
	switch connectRefused(err) {
	case http.StatusProxyAuthRequired, http.StatusForbidden, http.StatusUnauthorized:
		return true
	}
	return errors.As(err, &dns) && dns.IsNotFound || errors.As(err, &cert) || errors.As(err, &host) || errors.As(err, &ca) ||
		errors.As(err, &invalid) || errors.As(err, &record) ||
		alertOf(err) != "" || oldTLS(err) || errors.Is(err, http.ErrSchemeMismatch)
}

// oldTLS reports whether the server has only versions of TLS that the client
// does not take. Package tls has no type for it.
func oldTLS(err error) bool {
	return strings.Contains(err.Error(), "tls: server selected unsupported protocol version")
}

// alertOf returns the text of the TLS alert by which the server ended the
// connection, empty if it was none. Package tls keeps its type to itself.
func alertOf(err error) string {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "remote error" && op.Err != nil {
		return op.Err.Error()
	}
	return ""
}

// connectRefused returns the status by which a proxy refused to connect to the
// server, 0 if err is another one. Of a transport that is not NewTransport's
// there is only the text of the status, which may be the usual one.
func connectRefused(err error) int {
	var refused *ProxyError
	if errors.As(err, &refused) {
		return refused.StatusCode
	}
	text := err.Error()
	for code := http.StatusMultipleChoices; code < 600; code++ {
		if t := http.StatusText(code); t != "" && strings.EqualFold(t, text) {
			return code
		}
	}
	return 0
}

// hint says what to do about a failed connection.
func hint(err error) string {
	var op *net.OpError
	var dns *net.DNSError
	var unsent auth.Unsent
	if errors.As(err, &unsent) { // says itself what to do
		return ""
	}
	if s := hintTLS(err); s != "" {
		return s
	}
	switch code := connectRefused(err); {
	case code == http.StatusProxyAuthRequired || code == http.StatusUnauthorized: // which some say instead
		return "the proxy wants a user and a password, or does not take those that it got: give them in the URL of Transport.Proxy, as in http://user:password@proxy:3128"
	case code == http.StatusForbidden || code == http.StatusMethodNotAllowed:
		return "the proxy does not let anybody, or this user, connect to that host and port: ask its administrator, or go around it by NO_PROXY"
	case code > 0:
		return "so says the proxy, which cannot connect to the server: check host and port of Config.Endpoint, and whether the proxy knows the name"
	case errors.As(err, &op) && strings.HasPrefix(op.Op, "proxyconnect"):
		return "the proxy does not answer: check the Proxy of the HTTPClient's Transport, or the variables HTTPS_PROXY and NO_PROXY"
	case errors.As(err, &dns):
		return "check the host name in Config.Endpoint"
	case errors.As(err, &op) && op.Op == "dial":
		return "nothing answers at this address: check host and port of Config.Endpoint"
	}
	return ""
}

// hintTLS says what to do about a failed handshake.
func hintTLS(err error) string {
	var host x509.HostnameError
	var ca x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &host):
		return "the certificate is for another host: use a name it lists in Config.Endpoint"
	case errors.As(err, &ca):
		return "the certificate's issuer is unknown: add it to RootCAs of the TLSClientConfig of the HTTPClient's Transport, for this host alone by ews.PerHost"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the certificate has expired or is not valid yet: renew it on the server, or set this machine's clock"
	case errors.As(err, &invalid):
		return "the certificate is not one for this use: it has to be replaced on the server"
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return "the server does not speak TLS at this port: check the port in Config.Endpoint; plain HTTP needs one that begins with http"
	case oldTLS(err):
		return "the server has only versions of TLS that are broken, as Exchange 2010 may: set MinVersion of the TLSClientConfig, for this host alone by ews.PerHost"
	case alertOf(err) != "":
		for _, a := range alerts {
			if alertOf(err) == a.alert.Error() {
				return "the server refused the TLS handshake: " + a.hint
			}
		}
		return "the server refused the TLS handshake: it may want a client certificate, or another version of TLS"
	case strings.Contains(err.Error(), "tls: no renegotiation"): // by which it asks once it knows what the request is for
		return "the server wants a client certificate: see package auth/cert"
	case strings.Contains(err.Error(), `malformed HTTP response "\x15\x03`):
		return "the server speaks TLS at this port: make Config.Endpoint begin with https"
	}
	return ""
}

// alerts says what there is to do about alerts of TLS. See
// https://www.rfc-editor.org/rfc/rfc8446#section-6.2.
var alerts = []struct {
	alert tls.AlertError
	hint  string
}{
	{40, hintParameters + ", or it wants a client certificate: see package auth/cert"}, // handshake_failure
	{42, hintCertificate}, // bad_certificate
	{43, hintCertificate}, // unsupported_certificate
	{44, hintCertificate}, // certificate_revoked
	{45, hintCertificate}, // certificate_expired
	{46, hintCertificate}, // certificate_unknown
	{48, hintCertificate}, // unknown_ca
	{49, hintCertificate}, // access_denied
	{70, hintParameters},  // protocol_version
	{112, "it does not know the host name in Config.Endpoint"},    // unrecognized_name
	{116, "it wants a client certificate: see package auth/cert"}, // certificate_required
}

const (
	hintCertificate = "it does not take the client's certificate"
	hintParameters  = "there is no version of TLS, or no cipher, that both sides take: see MinVersion and CipherSuites of the TLSClientConfig, for this host alone ews.PerHost"
)
