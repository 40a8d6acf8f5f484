package auth

import (
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"strings"

	"github.com/icholy/digest"
)

// authorization returns the header that answers s for r.
func (d *digestMethod) authorization(s *digestSession, r *http.Request) (string, error) {
	s.mu.Lock()
	s.n++
	n := s.n
	s.mu.Unlock()
	o := digest.Options{
		Method: r.Method, URI: r.URL.RequestURI(), Count: n, Cnonce: s.cnonce,
		Username: d.user, Password: string(d.password()),
	}
	if r.Body != nil && r.Body != http.NoBody {
		if o.GetBody = r.GetBody; r.GetBody == nil && !s.challenge.SupportsQOP("auth") && len(s.challenge.QOP) > 0 {
			return "", errors.New("the server wants the body to be part of the proof (auth-int), and this one can be read only once")
		}
	}
	if s.sess() {
		h := digestHash(s.challenge.Algorithm)
		o.A1 = sum(h, sum(h, d.user, s.challenge.Realm, o.Password), s.challenge.Nonce, s.cnonce)
	}
	c, err := digest.Digest(&s.challenge, o)
	if err != nil {
		return "", err
	}
	c.Algorithm = s.algorithm
	return digestHeader(c), nil
}

// digestHeader is String of digest.Credentials, which quotes as Go does: what the
// server sent as bytes that are no UTF-8, as a realm in Latin-1, it would get
// back as something else.
func digestHeader(c *digest.Credentials) string {
	var b strings.Builder
	b.WriteString(digest.Prefix)
	quoted := func(key, value string) { b.WriteString(key + `="` + escape.Replace(value) + `", `) }
	quoted("username", c.Username)
	quoted("realm", c.Realm)
	quoted("nonce", c.Nonce)
	quoted("uri", c.URI)
	if c.Algorithm != "" {
		b.WriteString("algorithm=" + c.Algorithm + ", ")
	}
	if c.Opaque != "" {
		quoted("opaque", c.Opaque)
	}
	if c.QOP != "" {
		quoted("cnonce", c.Cnonce)
		fmt.Fprintf(&b, "qop=%s, nc=%08x, ", c.QOP, c.Nc)
	}
	if c.Userhash {
		b.WriteString("userhash=true, ")
	}
	b.WriteString(`response="` + c.Response + `"`)
	return b.String()
}

// digestHash returns the hash of an algorithm that digest.CanDigest takes.
func digestHash(algorithm string) hash.Hash {
	switch strings.ToUpper(algorithm) {
	case "SHA-256":
		return sha256.New()
	case "SHA-512":
		return sha512.New()
	case "SHA-512-256":
		return sha512.New512_256()
	}
	return md5.New()
}

func sum(h hash.Hash, parts ...string) string {
	h.Reset()
	_, _ = io.WriteString(h, strings.Join(parts, ":"))
	return hex.EncodeToString(h.Sum(nil))
}
