package auth

import (
	"context"
	"crypto/tls"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/seed-1937cc67/goews/auth/internal/channel"
	"github.com/seed-1937cc67/goews/auth/internal/leg"
)

// Schemed is a Method that says which challenges it answers, the one that it is
// named after first, as in "NTLM". A Method that is about the connection, such
// as a client certificate, answers none.
type Schemed interface {
	Method
	Schemes() []string
}

// Offer is what a server says to a client that does not say who it is.
type Offer struct {
	// StatusCode is 401 if the server wants authentication; 0 if it wants a
	// client certificate, and ended the connection without one.
	StatusCode int
	// Challenges are the ways in, as the server sent them.
	Challenges []Challenge
	// ModernAuth says that the server takes tokens of an authorization server:
	// there is a Bearer challenge, or a header for diagnostics says so.
	ModernAuth bool
	// Diagnostics is that header; empty if there is none.
	Diagnostics string
	// Certificate says that the server asked for a client certificate in the
	// TLS handshake, whether it insists on one or not.
	Certificate bool
}

// Find returns the challenge of a scheme, if there is one.
func (o *Offer) Find(scheme string) (Challenge, bool) {
	for _, c := range o.Challenges {
		if c.Is(scheme) {
			return c, true
		}
	}
	return Challenge{}, false
}

// offers reports whether one of the schemes is there.
func (o *Offer) offers(schemes []string) bool {
	for _, s := range schemes {
		if _, ok := o.Find(s); ok || o.ModernAuth && strings.EqualFold(s, "Bearer") {
			return true
		}
	}
	return false
}

// Probe asks the server at url, as in
// https://mail.example.com/EWS/Exchange.asmx, what it offers: by a POST without
// credentials and without content, and if the answer has no challenge of scheme
// Bearer by another with an empty one, as which some servers have to be asked
// (https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-xoauth/0b865daa-9bba-4aa5-8ebf-97eada29530a).
// Redirects are not followed. client may be nil for http.DefaultClient; it
// should have no credentials of its own. That the server wants a client
// certificate is found out if the client's transport can be forked (Fork).
func Probe(ctx context.Context, client *http.Client, url string) (*Offer, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "text/xml; charset=utf-8")
	c := http.Client{}
	if client != nil {
		c = *client
	}
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	var asked atomic.Bool
	if own, err := Fork(c.Transport, func(t *http.Transport) { noteCertificate(t, &asked) }); err == nil {
		c.Transport = own
		defer CloseIdleConnections(own)
	}
	o, err := ask(c.Do, r, true)
	if err != nil && asked.Load() && ctx.Err() == nil {
		// By an alert, or with TLS 1.3 by a reset that overtakes the alert.
		o, err = &Offer{}, nil
	}
	if err != nil {
		return nil, err
	}
	o.Certificate = asked.Load()
	return o, nil
}

// noteCertificate notes that a server asks for a certificate, at once or when it
// knows what the request is for. One that the program has set is shown as
// before.
func noteCertificate(t *http.Transport, asked *atomic.Bool) {
	channel.HTTP1(t)
	if t.TLSClientConfig == nil {
		t.TLSClientConfig = &tls.Config{}
	}
	if t.TLSClientConfig.Renegotiation == tls.RenegotiateNever {
		t.TLSClientConfig.Renegotiation = tls.RenegotiateOnceAsClient
	}
	own := t.TLSClientConfig.GetClientCertificate
	certificates := t.TLSClientConfig.Certificates
	t.TLSClientConfig.GetClientCertificate = func(i *tls.CertificateRequestInfo) (*tls.Certificate, error) {
		asked.Store(true)
		if own != nil {
			return own(i)
		}
		for n := range certificates {
			if i.SupportsCertificate(&certificates[n]) == nil {
				return &certificates[n], nil
			}
		}
		return &tls.Certificate{}, nil
	}
}

// ask finds out what the server offers that r goes to, with the way by which
// some have to be asked for Bearer if that matters. r is not sent.
func ask(send func(*http.Request) (*http.Response, error), r *http.Request, bearer bool) (*Offer, error) {
	res, err := send(leg.Request(r, "", nil))
	if err != nil {
		return nil, err
	}
	leg.Drain(res)
	o := offerOf(res)
	if _, ok := o.Find("Bearer"); ok || !bearer || o.StatusCode != http.StatusUnauthorized {
		return o, nil
	}
	if res, err = send(leg.Request(r, "Bearer", nil)); err != nil {
		return nil, err
	}
	leg.Drain(res)
	if b, ok := offerOf(res).Find("Bearer"); ok {
		o.Challenges, o.ModernAuth = append(o.Challenges, b), true
	}
	return o, nil
}

func offerOf(res *http.Response) *Offer {
	o := &Offer{StatusCode: res.StatusCode, Challenges: Challenges(res.Header)}
	for _, name := range []string{"Ms-Diagnostics-Public", "X-Ms-Diagnostics", "Ms-Diagnostics"} {
		if v := res.Header.Get(name); v != "" {
			o.Diagnostics = v
			break
		}
	}
	_, bearer := o.Find("Bearer")
	o.ModernAuth = bearer || strings.Contains(o.Diagnostics, "Modern Auth")
	return o
}
