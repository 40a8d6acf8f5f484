package kerberos

import (
	"crypto"
	"crypto/md5" //nolint:gosec // RFC 4121 has it so
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"net/http"
	"sync"
)

// bindings has the certificates that servers have shown, by host and port: a
// token names the one of its connection, so that it is of no use on another
// (Extended Protection; RFC 5929). On which connection a request will go is not
// known before; the certificate that the last answer came with is the best
// guess, and a refusal tells the right one.
type bindings struct {
	mu sync.Mutex
	of map[string]binding
}

type binding struct {
	cert *x509.Certificate
	hash []byte
}

func (b *bindings) get(host string) []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.of[host].hash
}

// learn notes what the connection of an answer has.
func (b *bindings) learn(host string, state *tls.ConnectionState) {
	if state == nil || len(state.PeerCertificates) == 0 {
		return
	}
	cert := state.PeerCertificates[0]
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.of[host].cert == cert { // of the same connection
		return
	}
	if b.of == nil {
		b.of = map[string]binding{}
	}
	b.of[host] = binding{cert, bindingHash(endPoint(cert))}
}

// endPoint returns the binding tls-server-end-point of RFC 5929, section 4: a
// hash of the certificate.
func endPoint(cert *x509.Certificate) []byte {
	// By the hash of its signature; by SHA-256 for the broken ones, and for those
	// that sign without a hash.
	hash := crypto.SHA256
	switch cert.SignatureAlgorithm {
	case x509.SHA384WithRSA, x509.ECDSAWithSHA384, x509.SHA384WithRSAPSS:
		hash = crypto.SHA384
	case x509.SHA512WithRSA, x509.ECDSAWithSHA512, x509.SHA512WithRSAPSS:
		hash = crypto.SHA512
	}
	h := hash.New()
	h.Write(cert.Raw)
	return h.Sum([]byte("tls-server-end-point:"))
}

// bindingHash is the hash of bindings without addresses, RFC 4121, section
// 4.1.1.2.
func bindingHash(data []byte) []byte {
	b := make([]byte, 16, 20+len(data)) // types and lengths of the addresses
	b = binary.LittleEndian.AppendUint32(b, uint32(len(data)))
	sum := md5.Sum(append(b, data...)) //nolint:gosec // RFC 4121 has it so
	return sum[:]
}

// hostOf is the key of a request in bindings.
func hostOf(r *http.Request) string { return r.URL.Host }
