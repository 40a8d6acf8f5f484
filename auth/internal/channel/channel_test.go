package channel_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"math/big"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/auth/internal/channel"
)

// TestEndPoint holds the hash of tls-server-end-point, RFC 5929, section 4.1.
func TestEndPoint(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for alg, hash := range map[x509.SignatureAlgorithm]crypto.Hash{
		x509.ECDSAWithSHA256: crypto.SHA256, x509.ECDSAWithSHA384: crypto.SHA384, x509.ECDSAWithSHA512: crypto.SHA512,
	} {
		der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: big.NewInt(1), SignatureAlgorithm: alg}, &x509.Certificate{}, key.Public(), key)
		if err != nil {
			t.Fatal(err)
		}
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		h := hash.New()
		h.Write(der)
		if diff := cmp.Diff(append([]byte("tls-server-end-point:"), h.Sum(nil)...), channel.EndPoint(cert)); diff != "" {
			t.Errorf("%v (-want +got):\n%s", alg, diff)
		}
	}
	for _, alg := range []x509.SignatureAlgorithm{x509.MD5WithRSA, x509.SHA1WithRSA, x509.ECDSAWithSHA1, x509.PureEd25519} {
		if got := channel.EndPoint(&x509.Certificate{SignatureAlgorithm: alg}); len(got) != len("tls-server-end-point:")+32 {
			t.Errorf("%v: %d bytes", alg, len(got))
		}
	}
}
