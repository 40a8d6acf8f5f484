package oauth

import (
	"context"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/seed-1937cc67/goews/auth"
)

// Credential is how a program proves to the authorization server who it is. Its
// zero value proves nothing: a public client, as programs on users' machines
// are.
type Credential struct {
	name string
	// secret is sent as RFC 6749 has it; nil: none.
	secret func() auth.Secret
	// assertion makes what is sent as RFC 7523 has it; nil: none.
	assertion func(ctx context.Context, clientID string, a *Authority) (auth.Secret, error)
}

// String names the kind of credential.
func (c Credential) String() string {
	if c.name == "" {
		return "public client"
	}
	return c.name
}

// GoString is as String.
func (c Credential) GoString() string { return c.String() }

// Secret returns the credential that is a client secret.
func Secret(secret auth.Secret) Credential {
	return Credential{name: "client secret", secret: hide(secret)}
}

// Assertion returns the credential that is an assertion which others make
// (RFC 7523, section 2.2), as the token of a Kubernetes service account or of a
// managed identity that the application trusts (workload identity federation).
// fetch is called for each request; audience is Authority.Audience.
func Assertion(fetch func(ctx context.Context, audience string) (auth.Secret, error)) Credential {
	return Credential{name: "assertion", assertion: func(ctx context.Context, _ string, a *Authority) (auth.Secret, error) {
		return fetch(ctx, a.Audience)
	}}
}

// Certificate returns the credential that is an X.509 certificate with its
// private key, as of tls.LoadX509KeyPair: RSA, ECDSA or Ed25519. It is named to
// the server by its thumbprints (x5t#S256, and x5t where Authority.RSA is not
// "PS256"). Entra ID and AD FS take RSA. A certificate that has expired is an
// error before anything is sent. See
// https://learn.microsoft.com/entra/identity-platform/certificate-credentials.
func Certificate(cert tls.Certificate) (Credential, error) {
	if len(cert.Certificate) == 0 {
		return Credential{}, errors.New("oauth: there is no certificate in the tls.Certificate")
	}
	leaf, err := x509.ParseCertificate(cert.Certificate[0])
	if err != nil {
		return Credential{}, fmt.Errorf("oauth: the certificate cannot be read: %w", err)
	}
	key, err := newSigner(cert.PrivateKey)
	if err != nil {
		return Credential{}, err
	}
	if public, ok := leaf.PublicKey.(interface{ Equal(crypto.PublicKey) bool }); !ok || !public.Equal(key.Public()) {
		return Credential{}, errors.New("oauth: the private key is not that of the certificate")
	}
	return Credential{name: "certificate", assertion: func(_ context.Context, clientID string, a *Authority) (auth.Secret, error) {
		if time.Now().After(leaf.NotAfter) {
			return "", fmt.Errorf("oauth: the certificate has expired on %s; register a new one with the authorization server", leaf.NotAfter.Format(time.DateOnly))
		}
		return key.assertion(thumbprints(leaf, a.RSA), clientID, a)
	}}, nil
}

// PrivateKey returns the credential that is a private key (private_key_jwt of
// OpenID Connect): RSA, ECDSA or Ed25519, in memory or behind a crypto.Signer.
// The server knows the public one by keyID.
func PrivateKey(key crypto.Signer, keyID string) (Credential, error) {
	s, err := newSigner(key)
	if err != nil {
		return Credential{}, err
	}
	return Credential{name: "private key", assertion: func(_ context.Context, clientID string, a *Authority) (auth.Secret, error) {
		h := map[string]string{}
		if keyID != "" {
			h["kid"] = keyID
		}
		return s.assertion(h, clientID, a)
	}}, nil
}

// assertionType is the value of client_assertion_type (RFC 7523, section 2.2).
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// add puts the assertion into the parameters of a request, if c is one.
func (c Credential) add(ctx context.Context, clientID string, a *Authority, v url.Values) error {
	if c.assertion == nil {
		return nil
	}
	made, err := c.assertion(ctx, clientID, a)
	if err != nil {
		return err
	}
	v.Set("client_assertion_type", assertionType)
	v.Set("client_assertion", string(made))
	return nil
}
