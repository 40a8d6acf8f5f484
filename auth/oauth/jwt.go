package oauth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/seed-1937cc67/goews/auth"
)

const (
	// assertionLife is how long an assertion is valid. Microsoft's page on
	// certificate credentials says 5 to 10 minutes at most.
	assertionLife = 5 * time.Minute
	// assertionSkew is how far the server's clock may be behind.
	assertionSkew = time.Minute
)

// signer signs JSON web tokens (RFC 7515).
type signer struct{ crypto.Signer }

func newSigner(key any) (signer, error) {
	s, ok := key.(crypto.Signer)
	if !ok {
		return signer{}, fmt.Errorf("oauth: a %T is no private key that can sign", key)
	}
	switch public := s.Public().(type) {
	case *rsa.PublicKey:
		if bits := public.N.BitLen(); bits < 2048 {
			return signer{}, fmt.Errorf("oauth: an RSA key of %d bits is too short; 2048 are the least", bits)
		}
	case *ecdsa.PublicKey:
		if _, _, err := curve(public); err != nil {
			return signer{}, err
		}
	case ed25519.PublicKey:
	default:
		return signer{}, fmt.Errorf("oauth: no signature algorithm for a %T", public)
	}
	return signer{s}, nil
}

// curve returns the algorithm and the hash for a key (RFC 7518, section 3.4).
func curve(key *ecdsa.PublicKey) (string, crypto.Hash, error) {
	switch bits := key.Curve.Params().BitSize; bits {
	case 256:
		return "ES256", crypto.SHA256, nil
	case 384:
		return "ES384", crypto.SHA384, nil
	case 521:
		return "ES512", crypto.SHA512, nil
	}
	return "", 0, fmt.Errorf("oauth: no signature algorithm for the curve %s", key.Curve.Params().Name)
}

// thumbprints returns the header parameters that name a certificate.
func thumbprints(leaf *x509.Certificate, algorithm string) map[string]string {
	long := sha256.Sum256(leaf.Raw)
	h := map[string]string{"x5t#S256": base64.RawURLEncoding.EncodeToString(long[:])}
	if algorithm != "PS256" {
		short := sha1.Sum(leaf.Raw) // a name, not a protection
		h["x5t"] = base64.RawURLEncoding.EncodeToString(short[:])
	}
	return h
}

// assertion returns a signed assertion of the client about itself (RFC 7523,
// section 3).
func (s signer) assertion(header map[string]string, clientID string, a *Authority) (auth.Secret, error) {
	now := time.Now().Add(-assertionSkew)
	claims := map[string]any{
		"iss": clientID, "sub": clientID, "aud": a.Audience, "jti": rand.Text(),
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(assertionSkew + assertionLife).Unix(),
	}
	return s.sign(header, claims, a.RSA)
}

func (s signer) sign(header map[string]string, claims map[string]any, rsaAlgorithm string) (auth.Secret, error) {
	var hash crypto.Hash
	var opts crypto.SignerOpts
	var size int // of each half of an ECDSA signature
	switch public := s.Public().(type) {
	case *rsa.PublicKey:
		hash, opts, header["alg"] = crypto.SHA256, crypto.SHA256, "RS256"
		if rsaAlgorithm == "PS256" {
			opts, header["alg"] = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: hash}, "PS256"
		}
	case *ecdsa.PublicKey:
		var err error
		if header["alg"], hash, err = curve(public); err != nil {
			return "", err
		}
		opts, size = hash, (public.Curve.Params().BitSize+7)/8
	case ed25519.PublicKey:
		opts, header["alg"] = crypto.Hash(0), "EdDSA"
	}
	header["typ"] = "JWT"
	text := segment(header) + "." + segment(claims)
	digest := []byte(text)
	if hash != 0 {
		h := hash.New()
		h.Write(digest)
		digest = h.Sum(nil)
	}
	signature, err := s.Sign(rand.Reader, digest, opts)
	if err == nil && size > 0 {
		signature, err = joined(signature, size)
	}
	if err != nil {
		return "", fmt.Errorf("oauth: the assertion could not be signed: %w", err)
	}
	return auth.Secret(text + "." + base64.RawURLEncoding.EncodeToString(signature)), nil
}

// segment encodes a map of strings and numbers, which has no errors.
func segment(v any) string {
	b, _ := json.Marshal(v)
	return base64.RawURLEncoding.EncodeToString(b)
}

// joined returns an ECDSA signature as JWS has it (RFC 7518, section 3.4): both
// numbers, of size bytes each.
func joined(der []byte, size int) ([]byte, error) {
	var pair struct{ R, S *big.Int }
	if rest, err := asn1.Unmarshal(der, &pair); err != nil || len(rest) > 0 {
		return nil, errors.New("the key's signature is malformed")
	}
	if pair.R.Sign() < 0 || pair.S.Sign() < 0 || pair.R.BitLen() > 8*size || pair.S.BitLen() > 8*size {
		return nil, errors.New("the key's signature is of another curve")
	}
	out := make([]byte, 2*size)
	pair.R.FillBytes(out[:size])
	pair.S.FillBytes(out[size:])
	return out, nil
}
