package kerberos

import (
	"crypto/tls"
	"crypto/x509"
	"sync"

	"github.com/seed-1937cc67/goews/auth/internal/channel"
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
	b.of[host] = binding{cert, channel.Token(cert)}
}
