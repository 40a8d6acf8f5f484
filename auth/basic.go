package auth

import (
	"encoding/base64"
	"net/http"
)

// Basic returns the method that sends user and password with each request
// (RFC 7617). user is "DOMAIN\name" or a user principal name. It does not
// contact the server. It refuses plain HTTP: see AllowPlainHTTP.
//
// Exchange Online does not take it; Exchange on premises does if the
// administrator has enabled it. See
// https://learn.microsoft.com/exchange/client-developer/exchange-web-services/authentication-and-ews-in-exchange.
func Basic(user string, password Secret) Method {
	return &basic{name: name("Basic " + user), user: user, password: hidden(password)}
}

type basic struct {
	name
	user     string
	password func() Secret
	plain    bool
}

func (b *basic) allowPlain() Method {
	c := *b
	c.plain = true
	return &c
}

// refusesPlain fails for a request over plain HTTP that would show the secret.
func (b *basic) refusesPlain(r *http.Request) error {
	if b.plain {
		return nil
	}
	return checkPlain("Basic", r)
}

// Schemes implements Schemed.
func (b *basic) Schemes() []string { return []string{"Basic"} }

// Wrap implements Method.
func (b *basic) Wrap(next http.RoundTripper) http.RoundTripper {
	return RoundTripper(next, func(next http.RoundTripper, r *http.Request) (*http.Response, error) {
		if err := b.refusesPlain(r); err != nil {
			return refuse(r, err)
		}
		pair := base64.StdEncoding.EncodeToString([]byte(b.user + ":" + string(b.password())))
		return next.RoundTrip(withHeader(r, "Basic "+pair))
	})
}
