package ews

import (
	"bytes"
	"encoding/base64"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/seed-1937cc67/goews/auth"
)

// blot stands where a secret would.
const blot = "***"

// secretHeader reports whether the value of a header is secret.
func secretHeader(name string) bool {
	name = strings.ToLower(name)
	for _, part := range []string{"auth", "cookie", "token", "secret", "password", "canary", "api-key", "apikey", "credential"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}

// blotHeader returns the value of a header as it may be shown: of credentials
// and challenges the scheme stays.
func blotHeader(name, value string) string {
	if !secretHeader(name) {
		return value
	}
	scheme, rest, more := strings.Cut(value, " ")
	switch http.CanonicalHeaderKey(name) {
	case "Www-Authenticate", "Proxy-Authenticate":
		// A challenge's parameters, as in realm="x", are no secret; a token in
		// their place is.
		offers := auth.Challenges(http.Header{"Www-Authenticate": {value}})
		if slices.ContainsFunc(offers, func(c auth.Challenge) bool { return c.Token != "" }) {
			shown := make([]string, len(offers))
			for i, c := range offers {
				shown[i] = c.String()
			}
			return strings.Join(shown, ", ")
		}
		if more && !strings.ContainsAny(rest, "=,") && !strings.HasSuffix(scheme, ",") {
			return scheme + " " + blot
		}
		return value
	case "Authorization", "Proxy-Authorization":
		if more {
			return scheme + " " + blot
		}
	case "Cookie", "Set-Cookie":
		if key, _, ok := strings.Cut(value, "="); ok {
			return key + "=" + blot
		}
	}
	return blot
}

// mask blots out the secrets that a request was sent with, wherever an answer
// or an error repeats them.
type mask struct{ secrets []string }

// maskOf returns the mask for an answer.
func maskOf(h *http.Response) mask {
	if h == nil || h.Request == nil {
		return mask{}
	}
	return maskFor(h.Request.Header)
}

func maskFor(sent http.Header) mask {
	var m mask
	add := func(s string) {
		if len(s) >= 4 { // less would blot out half the text
			m.secrets = append(m.secrets, s)
		}
	}
	for name, values := range sent {
		if !secretHeader(name) {
			continue
		}
		for _, v := range values {
			add(v)
			scheme, token, _ := strings.Cut(v, " ")
			add(token)
			if strings.EqualFold(scheme, "Basic") {
				pair, _ := base64.StdEncoding.DecodeString(token)
				_, password, _ := strings.Cut(string(pair), ":")
				add(string(pair))
				add(password)
			}
			if http.CanonicalHeaderKey(name) == "Cookie" {
				for part := range strings.SplitSeq(v, ";") {
					_, value, _ := strings.Cut(part, "=")
					add(strings.TrimSpace(value))
				}
			}
		}
	}
	// The longest first: one may be part of another.
	slices.SortFunc(m.secrets, func(a, b string) int { return len(b) - len(a) })
	return m
}

// text returns s with secrets blotted out.
func (m mask) text(s string) string {
	for _, secret := range m.secrets {
		s = strings.ReplaceAll(s, secret, blot)
	}
	return string(blotBody([]byte(s)))
}

// cut is as text for the beginning of something longer, at whose end a secret
// may be cut off.
func (m mask) cut(s string) string {
	for _, secret := range m.secrets {
		for n := min(len(secret)-1, len(s)); n >= 4; n-- {
			if strings.HasSuffix(s, secret[:n]) {
				return m.text(s[:len(s)-n]) + blot
			}
		}
	}
	return m.text(s)
}

// error returns err with secrets blotted out of its text. It unwraps to err.
func (m mask) error(err error) error {
	text := err.Error()
	if masked := m.text(text); masked != text {
		return &maskedError{masked, err}
	}
	return err
}

type maskedError struct {
	text string
	err  error
}

func (e *maskedError) Error() string { return e.text }
func (e *maskedError) Unwrap() error { return e.err }

// head returns the first bytes of r as text that may be shown.
func (m mask) head(r io.Reader) string {
	// More than what is shown, for a secret may be cut off at its end.
	b, _ := io.ReadAll(io.LimitReader(r, 4096))
	s := m.cut(strings.ToValidUTF8(string(b), "\uFFFD"))
	if len(s) > 256 {
		s = strings.ToValidUTF8(s[:256], "")
	}
	return s
}

// pairs finds keys with secret values, as in URLs, forms, headers, attributes
// and JSON.
var pairs = regexp.MustCompile(`(?i)(\b[\w-]*(?:password|passwd|pwd|token|secret)"?\s*[=:]\s*)("[^"]*"?|'[^']*'?|[^\s"'&<>;,]+)`)

// credentials finds a header of credentials in a text.
var credentials = regexp.MustCompile(`(?i)(\b(?:proxy-)?authorization"?\s*[=:]\s*"?(?:(?:basic|bearer|negotiate|ntlm|digest)\s+)?)([^\s"'<>,]+)`)

// userinfo finds user and password of a URL.
var userinfo = regexp.MustCompile(`(://)[^/\s"'<>@]+@`)

// blotBody returns b, a body or the beginning of one, with the content of
// elements that hold secrets blotted out.
func blotBody(b []byte) []byte {
	b = blotElements(b)
	b = userinfo.ReplaceAll(b, []byte("${1}"+blot+"@"))
	b = credentials.ReplaceAll(b, []byte("${1}"+blot))
	return pairs.ReplaceAll(b, []byte("${1}"+blot))
}

// secretElement reports whether the content of an element of that local name
// is secret: passwords of WS-Security, client access tokens, voice mail PINs.
func secretElement(name string) bool {
	name = strings.ToLower(name)
	switch name {
	case "pin", "passcode", "token", "tokenvalue", "identityandewstokenid", "keyinfo", "ciphervalue":
		return true
	}
	for _, end := range []string{"password", "secret", "securitytoken", "clienttoken", "accesstoken", "refreshtoken"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return false
}

func blotElements(b []byte) []byte {
	var out []byte
	for {
		i := bytes.IndexByte(b, '<')
		if i < 0 {
			return append(out, b...)
		}
		n := i + 1
		for n < len(b) && !strings.ContainsRune(" \t\r\n/>", rune(b[n])) {
			n++
		}
		name := b[i+1 : n]
		_, local, ok := bytes.Cut(name, []byte(":"))
		if !ok {
			local = name
		}
		if !secretElement(string(local)) {
			out, b = append(out, b[:n]...), b[n:]
			continue
		}
		end := bytes.IndexByte(b[n:], '>')
		if end < 0 {
			return append(append(out, b[:n]...), blot...)
		}
		end += n + 1
		out = append(out, b[:end]...)
		empty := b[end-2] == '/'
		b = b[end:]
		if empty {
			continue
		}
		out = append(out, blot...)
		end = bytes.Index(b, append([]byte("</"), name...))
		if end < 0 {
			return out // cut off within
		}
		b = b[end:]
	}
}
