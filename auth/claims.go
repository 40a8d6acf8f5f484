package auth

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
)

// ClaimsError says that the server, or the one that issues tokens, wants a
// token with certain claims: a policy asks for another sign-in, or the token
// was revoked. A new sign-in with Claims gets one (oauth.Interaction has a
// place for them). It is the cause of a TokenError.
//
// See https://learn.microsoft.com/entra/identity-platform/claims-challenge.
type ClaimsError struct {
	// Claims is what is asked for, as JSON, as in
	// {"access_token":{"nbf":{"essential":true,"value":"1700000000"}}}.
	Claims string
	Err    error // why no such token could be had without a sign-in; nil: nobody tried, or it was refused, too
}

// Error says what to do.
func (e *ClaimsError) Error() string {
	claims := e.Claims
	if len(claims) > 256 {
		claims = strings.ToValidUTF8(claims[:256], "") + "..."
	}
	s := "the server wants a token with other claims; sign in again with these (ClaimsError.Claims): " + claims
	if e.Err != nil {
		s += "; without a sign-in: " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *ClaimsError) Unwrap() error { return e.Err }

// claimsOf returns the claims that an answer asks for, as JSON; empty if it
// asks for none, or for something that is no JSON object.
func claimsOf(h http.Header) string {
	for _, c := range Challenges(h) {
		if !c.Is("Bearer") || c.Params["claims"] == "" {
			continue
		}
		text := strings.TrimRight(c.Params["claims"], "=")
		text = strings.NewReplacer("-", "+", "_", "/").Replace(text) // both alphabets occur
		claims, err := base64.RawStdEncoding.DecodeString(text)
		var object map[string]json.RawMessage
		if err == nil && json.Unmarshal(claims, &object) == nil && object != nil {
			return string(claims)
		}
	}
	return ""
}
