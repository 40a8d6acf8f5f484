package interop

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"slices"
	"sync"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// oauthClient is a registered application.
type oauthClient struct {
	id, secret string
	key        any // public key of a private_key_jwt client
	native     bool
	grants     []oidc.GrantType
}

var _ op.Client = (*oauthClient)(nil)

func (c *oauthClient) GetID() string { return c.id }
func (c *oauthClient) RedirectURIs() []string {
	return []string{"http://localhost", "http://localhost/"}
}
func (c *oauthClient) PostLogoutRedirectURIs() []string { return nil }
func (c *oauthClient) ResponseTypes() []oidc.ResponseType {
	return []oidc.ResponseType{oidc.ResponseTypeCode}
}
func (c *oauthClient) GrantTypes() []oidc.GrantType                                 { return c.grants }
func (c *oauthClient) LoginURL(id string) string                                    { return loginPath + "?id=" + id }
func (c *oauthClient) AccessTokenType() op.AccessTokenType                          { return op.AccessTokenTypeJWT }
func (c *oauthClient) IDTokenLifetime() time.Duration                               { return time.Hour }
func (c *oauthClient) DevMode() bool                                                { return false }
func (c *oauthClient) IsScopeAllowed(scope string) bool                             { return scope == ewsScope }
func (c *oauthClient) IDTokenUserinfoClaimsAssertion() bool                         { return false }
func (c *oauthClient) ClockSkew() time.Duration                                     { return 0 }
func (c *oauthClient) RestrictAdditionalIdTokenScopes() func([]string) []string     { return same }
func (c *oauthClient) RestrictAdditionalAccessTokenScopes() func([]string) []string { return same }

func same(scopes []string) []string { return scopes }

func (c *oauthClient) ApplicationType() op.ApplicationType {
	if c.native {
		return op.ApplicationTypeNative
	}
	return op.ApplicationTypeWeb
}

func (c *oauthClient) AuthMethod() oidc.AuthMethod {
	switch {
	case c.key != nil:
		return oidc.AuthMethodPrivateKeyJWT
	case c.secret != "":
		return oidc.AuthMethodPost
	}
	return oidc.AuthMethodNone
}

// signIn is an authorization request.
type signIn struct {
	oidc.AuthRequest
	id, user, code string
	done           time.Time // zero: not yet
}

var _ op.AuthRequest = (*signIn)(nil)

func (s *signIn) GetID() string                      { return s.id }
func (s *signIn) GetACR() string                     { return "" }
func (s *signIn) GetAMR() []string                   { return []string{"pwd"} }
func (s *signIn) GetAudience() []string              { return []string{s.ClientID} }
func (s *signIn) GetAuthTime() time.Time             { return s.done }
func (s *signIn) GetClientID() string                { return s.ClientID }
func (s *signIn) GetNonce() string                   { return s.Nonce }
func (s *signIn) GetRedirectURI() string             { return s.RedirectURI }
func (s *signIn) GetScopes() []string                { return s.Scopes }
func (s *signIn) GetState() string                   { return s.State }
func (s *signIn) GetSubject() string                 { return s.user }
func (s *signIn) Done() bool                         { return !s.done.IsZero() }
func (s *signIn) GetResponseMode() oidc.ResponseMode { return s.ResponseMode }
func (s *signIn) GetResponseType() oidc.ResponseType { return s.ResponseType }
func (s *signIn) GetCodeChallenge() *oidc.CodeChallenge {
	return &oidc.CodeChallenge{Challenge: s.CodeChallenge, Method: s.CodeChallengeMethod}
}

// issued is what a token was issued for.
type issued struct {
	client, subject  string
	audience, scopes []string
	at               time.Time
}

var _ op.RefreshTokenRequest = (*issued)(nil)

func (i *issued) GetAMR() []string            { return []string{"pwd"} }
func (i *issued) GetAudience() []string       { return i.audience }
func (i *issued) GetAuthTime() time.Time      { return i.at }
func (i *issued) GetClientID() string         { return i.client }
func (i *issued) GetScopes() []string         { return i.scopes }
func (i *issued) GetSubject() string          { return i.subject }
func (i *issued) SetCurrentScopes(s []string) { i.scopes = s }

// oauthStorage is what the provider of zitadel/oidc keeps its state in.
type oauthStorage struct {
	life    time.Duration // of access tokens, in whole seconds; they live up to one longer
	clients map[string]*oauthClient
	signing signingKey

	mu       sync.Mutex
	signIns  map[string]*signIn                      // by id
	access   map[string]string                       // client by id of the access token; what was revoked is not there
	refresh  map[string]*issued                      // by refresh token
	devices  map[string]*op.DeviceAuthorizationState // by device code
	userCode map[string]string                       // device code by user code
}

var (
	_ op.Storage                    = (*oauthStorage)(nil)
	_ op.ClientCredentialsStorage   = (*oauthStorage)(nil)
	_ op.DeviceAuthorizationStorage = (*oauthStorage)(nil)
	_ op.CanSetUserinfoFromRequest  = (*oauthStorage)(nil)
)

func newOAuthStorage(life time.Duration, key any, clients ...*oauthClient) *oauthStorage {
	s := &oauthStorage{
		life: life, clients: map[string]*oauthClient{}, signing: signingKey{key},
		signIns: map[string]*signIn{}, access: map[string]string{}, refresh: map[string]*issued{},
		devices: map[string]*op.DeviceAuthorizationState{}, userCode: map[string]string{},
	}
	for _, c := range clients {
		s.clients[c.id] = c
	}
	return s
}

var errUnknown = errors.New("there is none")

// at runs f while nobody else is at the state.
func at[T any](s *oauthStorage, f func() (T, error)) (T, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return f()
}

func (s *oauthStorage) CreateAuthRequest(_ context.Context, r *oidc.AuthRequest, user string) (op.AuthRequest, error) {
	if slices.Contains(r.Prompt, oidc.PromptNone) {
		return nil, oidc.ErrLoginRequired() // nobody is signed in already
	}
	return at(s, func() (op.AuthRequest, error) {
		in := &signIn{AuthRequest: *r, id: rand.Text(), user: user}
		s.signIns[in.id] = in
		return in, nil
	})
}

func (s *oauthStorage) AuthRequestByID(_ context.Context, id string) (op.AuthRequest, error) {
	return at(s, func() (op.AuthRequest, error) {
		if in := s.signIns[id]; in != nil {
			return in, nil
		}
		return nil, errUnknown
	})
}

func (s *oauthStorage) AuthRequestByCode(_ context.Context, code string) (op.AuthRequest, error) {
	return at(s, func() (op.AuthRequest, error) {
		for _, in := range s.signIns {
			if code != "" && in.code == code {
				return in, nil
			}
		}
		return nil, errUnknown
	})
}

func (s *oauthStorage) SaveAuthCode(_ context.Context, id, code string) error {
	_, err := at(s, func() (any, error) {
		if s.signIns[id] == nil {
			return nil, errUnknown
		}
		s.signIns[id].code = code
		return nil, nil
	})
	return err
}

func (s *oauthStorage) DeleteAuthRequest(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.signIns, id)
	return nil
}

// enter notes that the user has signed in with the password.
func (s *oauthStorage) enter(id, user string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	in := s.signIns[id]
	if in == nil {
		return false
	}
	in.user, in.done = user, time.Now()
	return true
}

func clientOf(r op.TokenRequest) string {
	if c, ok := r.(interface{ GetClientID() string }); ok {
		return c.GetClientID()
	}
	return r.GetSubject() // a program that acts by itself
}

func (s *oauthStorage) CreateAccessToken(_ context.Context, r op.TokenRequest) (string, time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := rand.Text()
	s.access[id] = clientOf(r)
	// A token has its time in whole seconds: this gives it one more at most.
	return id, time.Now().Add(s.life + time.Second).Truncate(time.Second), nil
}

// CreateAccessAndRefreshTokens gives each refresh token once: the one that it
// was asked with is then worth nothing.
func (s *oauthStorage) CreateAccessAndRefreshTokens(ctx context.Context, r op.TokenRequest, current string) (string, string, time.Time, error) {
	id, expires, err := s.CreateAccessToken(ctx, r)
	if err != nil {
		return "", "", time.Time{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if current != "" && s.refresh[current] == nil {
		return "", "", time.Time{}, oidc.ErrInvalidGrant()
	}
	delete(s.refresh, current)
	next := rand.Text()
	s.refresh[next] = &issued{client: clientOf(r), subject: r.GetSubject(), audience: r.GetAudience(), scopes: r.GetScopes(), at: time.Now()}
	return id, next, expires, nil
}

func (s *oauthStorage) TokenRequestByRefreshToken(_ context.Context, token string) (op.RefreshTokenRequest, error) {
	return at(s, func() (op.RefreshTokenRequest, error) {
		if i := s.refresh[token]; i != nil {
			c := *i
			return &c, nil
		}
		return nil, errUnknown
	})
}

// revoke makes the access tokens of a client worth nothing before their time.
func (s *oauthStorage) revoke(client string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, c := range s.access {
		if c == client {
			delete(s.access, id)
		}
	}
}

// live reports whether an access token was issued and not revoked.
func (s *oauthStorage) live(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.access[id]
	return ok
}

func (s *oauthStorage) TerminateSession(context.Context, string, string) error { return nil }
func (s *oauthStorage) RevokeToken(context.Context, string, string, string) *oidc.Error {
	return oidc.ErrServerError()
}
func (s *oauthStorage) GetRefreshTokenInfo(context.Context, string, string) (string, string, error) {
	return "", "", op.ErrInvalidRefreshToken
}

func (s *oauthStorage) GetClientByClientID(_ context.Context, id string) (op.Client, error) {
	if c := s.clients[id]; c != nil {
		return c, nil
	}
	return nil, errUnknown
}

func (s *oauthStorage) AuthorizeClientIDSecret(_ context.Context, id, secret string) error {
	c := s.clients[id]
	if c == nil || c.secret == "" || subtle.ConstantTimeCompare([]byte(c.secret), []byte(secret)) != 1 {
		return errors.New("wrong client or secret")
	}
	return nil
}

func (s *oauthStorage) ClientCredentials(ctx context.Context, id, secret string) (op.Client, error) {
	if err := s.AuthorizeClientIDSecret(ctx, id, secret); err != nil {
		return nil, oidc.ErrInvalidClient().WithDescription("wrong client or secret")
	}
	return s.clients[id], nil
}

func (s *oauthStorage) ClientCredentialsTokenRequest(_ context.Context, id string, scopes []string) (op.TokenRequest, error) {
	return &oidc.JWTTokenRequest{Subject: id, Audience: []string{ewsScope}, Scopes: scopes}, nil
}

// GetKeyByIDAndClientID ignores the key's id: each client has one key.
func (s *oauthStorage) GetKeyByIDAndClientID(_ context.Context, id, client string) (*jose.JSONWebKey, error) {
	if c := s.clients[client]; c != nil && c.key != nil {
		return &jose.JSONWebKey{KeyID: id, Use: "sig", Key: c.key}, nil
	}
	return nil, errUnknown
}

func (s *oauthStorage) ValidateJWTProfileScopes(context.Context, string, []string) ([]string, error) {
	return nil, oidc.ErrUnsupportedGrantType()
}
func (s *oauthStorage) SetUserinfoFromScopes(context.Context, *oidc.UserInfo, string, string, []string) error {
	return nil
}
func (s *oauthStorage) SetUserinfoFromRequest(_ context.Context, info *oidc.UserInfo, r op.IDTokenRequest, _ []string) error {
	info.Subject = r.GetSubject()
	return nil
}
func (s *oauthStorage) SetUserinfoFromToken(context.Context, *oidc.UserInfo, string, string, string) error {
	return errUnknown
}
func (s *oauthStorage) SetIntrospectionFromToken(context.Context, *oidc.IntrospectionResponse, string, string, string) error {
	return errUnknown
}
func (s *oauthStorage) GetPrivateClaimsFromScopes(context.Context, string, string, []string) (map[string]any, error) {
	return nil, nil
}
func (s *oauthStorage) Health(context.Context) error { return nil }

func (s *oauthStorage) StoreDeviceAuthorization(_ context.Context, client, device, user string, expires time.Time, scopes []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.userCode[user] != "" {
		return op.ErrDuplicateUserCode
	}
	s.userCode[user] = device
	s.devices[device] = &op.DeviceAuthorizationState{ClientID: client, Scopes: scopes, Expires: expires}
	return nil
}

func (s *oauthStorage) GetDeviceAuthorizatonState(_ context.Context, client, device string) (*op.DeviceAuthorizationState, error) {
	return at(s, func() (*op.DeviceAuthorizationState, error) {
		d := s.devices[device]
		if d == nil || d.ClientID != client {
			return nil, errUnknown
		}
		c := *d
		return &c, nil
	})
}

// approve notes that the user has signed in for a device.
func (s *oauthStorage) approve(code, user string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.devices[s.userCode[code]]
	if d == nil {
		return false
	}
	d.Subject, d.Done, d.AuthTime = user, true, time.Now()
	return true
}

// signingKey is the key that access tokens are signed with.
type signingKey struct{ key any }

func (k signingKey) SignatureAlgorithm() jose.SignatureAlgorithm { return jose.ES256 }
func (k signingKey) Key() any                                    { return k.key }
func (k signingKey) ID() string                                  { return "signing" }

// verifyingKey is its public half.
type verifyingKey struct{ signingKey }

func (k verifyingKey) Algorithm() jose.SignatureAlgorithm { return jose.ES256 }
func (k verifyingKey) Use() string                        { return "sig" }
func (k verifyingKey) Key() any                           { return publicOf(k.key) }

func (s *oauthStorage) SigningKey(context.Context) (op.SigningKey, error) { return s.signing, nil }
func (s *oauthStorage) SignatureAlgorithms(context.Context) ([]jose.SignatureAlgorithm, error) {
	return []jose.SignatureAlgorithm{jose.ES256}, nil
}
func (s *oauthStorage) KeySet(context.Context) ([]op.Key, error) {
	return []op.Key{verifyingKey{s.signing}}, nil
}
