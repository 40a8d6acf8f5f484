package oauth_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/auth/oauth"
)

var rsaKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func ecKey(t *testing.T, c elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(c, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// certify returns a certificate for the key, valid until then.
func certify(t *testing.T, key crypto.Signer, until time.Time) tls.Certificate {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "app"}, NotBefore: until.Add(-time.Hour * 24 * 365), NotAfter: until}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// verify checks the signature of an assertion, independently of what made it.
func verify(t *testing.T, token, alg string, public crypto.PublicKey) {
	t.Helper()
	text, last, _ := cutLast(token, ".")
	signature, err := base64.RawURLEncoding.DecodeString(last)
	if err != nil {
		t.Fatal(err)
	}
	hash := map[string]crypto.Hash{"RS256": crypto.SHA256, "PS256": crypto.SHA256, "ES256": crypto.SHA256, "ES384": crypto.SHA384, "ES512": crypto.SHA512}[alg]
	var digest []byte
	if hash != 0 {
		h := hash.New()
		h.Write([]byte(text))
		digest = h.Sum(nil)
	}
	ok := false
	switch public := public.(type) {
	case *rsa.PublicKey:
		if alg == "PS256" {
			ok = rsa.VerifyPSS(public, hash, digest, signature, &rsa.PSSOptions{SaltLength: 32}) == nil
		} else {
			ok = rsa.VerifyPKCS1v15(public, hash, digest, signature) == nil
		}
	case *ecdsa.PublicKey:
		half := len(signature) / 2
		ok = half == (public.Curve.Params().BitSize+7)/8 && ecdsa.Verify(public, digest, new(big.Int).SetBytes(signature[:half]), new(big.Int).SetBytes(signature[half:]))
	case ed25519.PublicKey:
		ok = ed25519.Verify(public, []byte(text), signature)
	}
	if !ok {
		t.Errorf("the signature by %s is wrong", alg)
	}
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	return s[:i], s[i+1:], true
}

func part(t *testing.T, token string, n int) map[string]any {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[n])
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// TestAssertions: what is signed, how, and that it verifies.
func TestAssertions(t *testing.T) {
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	soon := time.Now().Add(time.Hour)
	for _, tt := range []struct {
		name, rsa, alg string
		key            crypto.Signer
		cert           bool
	}{
		{"certificate for Entra ID", "PS256", "PS256", rsaKey(), true},
		{"certificate for AD FS", "", "RS256", rsaKey(), true},
		{"certificate, ECDSA", "PS256", "ES256", ecKey(t, elliptic.P256()), true},
		{"RSA", "RS256", "RS256", rsaKey(), false},
		{"P-256", "", "ES256", ecKey(t, elliptic.P256()), false},
		{"P-384", "", "ES384", ecKey(t, elliptic.P384()), false},
		{"P-521", "", "ES512", ecKey(t, elliptic.P521()), false},
		{"Ed25519", "", "EdDSA", edKey, false},
		{"a signer that hides its key", "PS256", "PS256", struct{ crypto.Signer }{rsaKey()}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			want := map[string]any{"typ": "JWT", "alg": tt.alg}
			var c oauth.Credential
			var err error
			if tt.cert {
				cert := certify(t, tt.key, soon)
				long, short := sha256.Sum256(cert.Certificate[0]), sha1.Sum(cert.Certificate[0])
				want["x5t#S256"] = base64.RawURLEncoding.EncodeToString(long[:])
				if tt.rsa != "PS256" {
					want["x5t"] = base64.RawURLEncoding.EncodeToString(short[:])
				}
				c, err = oauth.Certificate(cert)
			} else {
				want["kid"] = "key-1"
				c, err = oauth.PrivateKey(tt.key, "key-1")
			}
			if err != nil {
				t.Fatal(err)
			}
			a, s := app(t, issue, func(cfg *oauth.Config) { cfg.Credential = c; cfg.Authority.RSA = tt.rsa })
			ts, err := a.ClientCredentials()
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if _, _, err := ts.Token(t.Context()); err != nil {
					t.Fatal(err)
				}
				ts.Set(oauth.Token{})
			}
			got := s.requests()
			form := got[0].form
			token := form.Get("client_assertion")
			if form.Get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" || form.Get("client_id") != "client" || form.Has("client_secret") {
				t.Errorf("sent %v", form)
			}
			if diff := cmp.Diff(want, part(t, token, 0)); diff != "" {
				t.Errorf("header -want +got:\n%s", diff)
			}
			claims := part(t, token, 1)
			now := float64(time.Now().Unix())
			for name, ok := range map[string]bool{
				"iss": claims["iss"] == "client", "sub": claims["sub"] == "client", "aud": claims["aud"] == endpoint.TokenURL,
				"nbf": claims["nbf"].(float64) <= now && claims["nbf"] == claims["iat"], "exp": claims["exp"].(float64) > now+60 && claims["exp"].(float64) < now+600,
				"jti": claims["jti"] != part(t, got[1].form.Get("client_assertion"), 1)["jti"],
			} {
				if !ok {
					t.Errorf("%s is %v", name, claims[name])
				}
			}
			verify(t, token, tt.alg, tt.key.Public())
		})
	}
}

// broken is a key whose signatures are no good.
type broken struct {
	crypto.Signer
	signature []byte
	err       error
}

func (b broken) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return b.signature, b.err
}

func TestBadCredentials(t *testing.T) {
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	p256 := ecKey(t, elliptic.P256())
	good := certify(t, p256, time.Now().Add(time.Hour))
	swapped := good
	swapped.PrivateKey = ecKey(t, elliptic.P256())
	keyless := good
	keyless.PrivateKey = nil
	for name, cert := range map[string]tls.Certificate{
		"empty": {}, "garbage": {Certificate: [][]byte{{1}}, PrivateKey: p256}, "another key": swapped, "no key": keyless, "weak": certify(t, weak, time.Now().Add(time.Hour)),
	} {
		if _, err := oauth.Certificate(cert); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for name, key := range map[string]crypto.Signer{"nil": nil, "weak": weak, "P-224": ecKey(t, elliptic.P224())} {
		if _, err := oauth.PrivateKey(key, "k"); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	lost := errors.New("the token was unplugged")
	for name, c := range map[string]func() (oauth.Credential, error){
		"expired": func() (oauth.Credential, error) {
			return oauth.Certificate(certify(t, p256, time.Now().Add(-time.Hour)))
		},
		"cannot sign": func() (oauth.Credential, error) { return oauth.PrivateKey(broken{Signer: p256, err: lost}, "k") },
		"signs badly": func() (oauth.Credential, error) {
			return oauth.PrivateKey(broken{Signer: p256, signature: []byte{1}}, "k")
		},
		"other curve": func() (oauth.Credential, error) {
			return oauth.PrivateKey(broken{Signer: p256, signature: p521(t)}, "k")
		},
		"no assertion": func() (oauth.Credential, error) {
			return oauth.Assertion(func(context.Context, string) (auth.Secret, error) { return "", lost }), nil
		},
	} {
		credential, err := c()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		a, s := app(t, issue, func(cfg *oauth.Config) { cfg.Credential = credential })
		ts, err := a.ClientCredentials()
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := ts.Token(t.Context()); err == nil || len(s.requests()) > 0 {
			t.Errorf("%s: error %v after %d requests", name, err, len(s.requests()))
		}
	}
}

// p521 is a signature with a key of that curve.
func p521(t *testing.T) []byte {
	t.Helper()
	s, err := ecKey(t, elliptic.P521()).Sign(rand.Reader, make([]byte, 64), crypto.SHA512)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
