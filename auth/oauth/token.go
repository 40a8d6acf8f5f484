package oauth

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/seed-1937cc67/goews/auth"
	"golang.org/x/oauth2"
)

// Token is what an authorization server issues. Its secrets do not show, if it
// is kept as auth.Secret says; Save writes them down.
type Token struct {
	Access  auth.Secret // sent to Exchange
	Refresh auth.Secret // gets another token without a sign-in; empty: none
	Expires time.Time   // of Access; zero: not known
}

// savedToken has the names of oauth2.Token.
type savedToken struct {
	Access  string     `json:"access_token,omitempty"`
	Type    string     `json:"token_type,omitempty"`
	Refresh string     `json:"refresh_token,omitempty"`
	Expires *time.Time `json:"expiry,omitempty"`
}

// Save returns t as JSON, with its secrets in the clear: for a place that only
// the user may read. It is what an oauth2.Token is as JSON.
func (t Token) Save() ([]byte, error) {
	s := savedToken{Access: string(t.Access), Type: "Bearer", Refresh: string(t.Refresh)}
	if !t.Expires.IsZero() {
		utc := t.Expires.UTC().Round(0)
		s.Expires = &utc
	}
	return json.Marshal(s)
}

// Load returns the token that Save wrote. Its error has nothing of the text in
// it.
func Load(saved []byte) (Token, error) {
	var s savedToken
	if err := json.Unmarshal(saved, &s); err != nil {
		return Token{}, fmt.Errorf("oauth: this is no saved token: %w", withoutText(err))
	}
	if s.Access == "" && s.Refresh == "" {
		return Token{}, errors.New("oauth: this is no saved token: it has neither access_token nor refresh_token")
	}
	t := Token{Access: auth.Secret(s.Access), Refresh: auth.Secret(s.Refresh)}
	if s.Expires != nil {
		t.Expires = *s.Expires
	}
	return t, nil
}

// withoutText returns err without what it quotes of a text that it is about.
func withoutText(err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("not JSON at byte %d", syntax.Offset)
	}
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		return fmt.Errorf("%s is not of the right type", kind.Field)
	}
	return errors.New("a value in it is malformed")
}

// FromOAuth2 returns t as a Token.
func FromOAuth2(t *oauth2.Token) Token {
	if t == nil {
		return Token{}
	}
	return Token{Access: auth.Secret(t.AccessToken), Refresh: auth.Secret(t.RefreshToken), Expires: t.Expiry}
}

// OAuth2 returns t for golang.org/x/oauth2, where its secrets show.
func (t Token) OAuth2() *oauth2.Token {
	return &oauth2.Token{AccessToken: string(t.Access), TokenType: "Bearer", RefreshToken: string(t.Refresh), Expiry: t.Expires}
}

// hide keeps s where package fmt, which looks into unexported fields and calls
// no method there, shows an address.
func hide(s auth.Secret) func() auth.Secret { return func() auth.Secret { return s } }
