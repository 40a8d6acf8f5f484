package ntlm

import (
	"encoding/base64"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"slices"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/auth/internal/leg"
)

// worker has a connection of its own. It is used by one request at a time.
type worker struct {
	method *method
	host   *host
	rt     http.RoundTripper
	conn   net.Conn // that is authenticated; nil: none
}

func (w *worker) roundTrip(r *http.Request) (*http.Response, error) {
	h := w.host
	if !leg.Repeatable(r) {
		// The connection could be gone without our knowing, and the body with it:
		// another one, and a handshake that shows that it stands.
		auth.CloseIdleConnections(w.rt)
		w.conn = nil
	}
	if w.conn == nil || isClosed(w.conn) || h.doesForget() {
		return w.handshake(r)
	}
	old := w.conn
	res, c, err := w.send(r, "")
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusUnauthorized {
		w.conn = c
		if c == old {
			h.remembered()
		}
		return res, nil
	}
	// The server forgot who this is, and did nothing.
	w.conn = nil
	leg.Drain(res)
	if r, err = leg.Again(r); err != nil {
		return nil, err
	}
	if res, err = w.handshake(r); err == nil && res.StatusCode != http.StatusUnauthorized && c == old {
		h.forgot()
	}
	return res, err
}

// handshake sends r behind a handshake. The first outcome with a server is
// waited for by all, so that a wrong password is tried once and not by
// everybody at the same time.
func (w *worker) handshake(r *http.Request) (*http.Response, error) {
	// A body that can be read once may come from another request, which would
	// wait for this one.
	refusal, release, err := w.host.enter(r.Context(), leg.Repeatable(r))
	if err != nil {
		return fail(r, &HandshakeError{w.host.name, err})
	}
	defer release()
	if refusal != nil {
		if r.Body != nil {
			r.Body.Close()
		}
		return refusal.response(r), nil
	}
	for tries := 1; ; tries++ {
		res, err := w.legs(r)
		var moved *movedError
		if !errors.As(err, &moved) {
			return res, err
		}
		if tries == 3 || !leg.Repeatable(r) && res != nil {
			if res != nil {
				return res, nil
			}
			return fail(r, &HandshakeError{w.host.name, err})
		}
		if res != nil { // r was sent
			leg.Drain(res)
			if r, err = leg.Again(r); err != nil {
				return nil, err
			}
		}
	}
}

// movedError says that the connection was lost between the challenge and the
// answer to it.
type movedError struct{}

func (*movedError) Error() string {
	return "the server, or a proxy on the way, closes the connection that is to be authenticated"
}

// legs makes a handshake, and sends r with its last message. It fails with a
// *movedError if the connection was lost on the way: before r was sent, or
// with the refusal that r got on another one.
func (w *worker) legs(r *http.Request) (*http.Response, error) {
	first, err := negotiate()
	if err != nil {
		return fail(r, &HandshakeError{w.host.name, err})
	}
	scheme := w.host.takes()
	var c net.Conn
	var res *http.Response
	var challenge auth.Secret
	for range 2 {
		res, err = w.rt.RoundTrip(leg.Request(r, scheme+" "+base64.StdEncoding.EncodeToString(first), func(i httptrace.GotConnInfo) { c = i.Conn }))
		if err != nil {
			return fail(r, err)
		}
		if res.StatusCode != http.StatusUnauthorized {
			// Who asks does not matter here, or the server has other troubles: what
			// it says to the request itself counts.
			leg.Drain(res)
			res, c, err := w.send(r, "")
			if err == nil && res.StatusCode != http.StatusUnauthorized {
				w.conn = c
				w.host.open(res.StatusCode, c)
			}
			return res, err
		}
		var other string
		if challenge, other = offered(res.Header, scheme); challenge != "" || other == "" {
			break
		}
		leg.Drain(res)
		scheme = other
	}
	if challenge == "" {
		if !slices.ContainsFunc(auth.Challenges(res.Header), takesNTLM) { // the refusal says what it wants
			if r.Body != nil {
				r.Body.Close()
			}
			return res, nil
		}
		leg.Drain(res)
		return fail(r, &HandshakeError{w.host.name, errors.New("the server offers NTLM or Negotiate, but does not take NTLM; it may want Kerberos")})
	}
	leg.Drain(res)
	message, err := base64.StdEncoding.DecodeString(string(challenge))
	if err != nil {
		return fail(r, &HandshakeError{w.host.name, errors.New("the server's challenge is no base64")})
	}
	if message, err = w.method.authenticate(message, res.TLS); err != nil {
		return fail(r, &HandshakeError{w.host.name, err})
	}
	if isClosed(c) {
		return nil, &movedError{}
	}
	res, now, err := w.send(r, scheme+" "+base64.StdEncoding.EncodeToString(message))
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusUnauthorized {
		w.conn = now
		w.host.accepted(scheme, now)
		return res, nil
	}
	if now != c {
		return res, &movedError{}
	}
	w.host.refuse(scheme, res)
	return res, nil
}

// send sends r itself, and returns the connection that it went by.
func (w *worker) send(r *http.Request, authorization string) (*http.Response, net.Conn, error) {
	var c net.Conn
	ctx := httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) { c = i.Conn }})
	r = r.Clone(ctx)
	r.Header.Del("Authorization")
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	res, err := w.rt.RoundTrip(r)
	return res, c, err
}

// offered returns the challenge of a scheme, or if there is none the other
// scheme by which a server may take NTLM, if it offers that.
func offered(h http.Header, scheme string) (challenge auth.Secret, other string) {
	for _, c := range auth.Challenges(h) {
		switch {
		case c.Is(scheme) && c.Token != "":
			return c.Token, ""
		case !c.Is(scheme) && takesNTLM(c):
			other = c.Scheme
		}
	}
	return "", other
}

// takesNTLM reports whether a challenge is of one of the schemes by which
// servers take NTLM.
func takesNTLM(c auth.Challenge) bool { return c.Is("NTLM") || c.Is("Negotiate") }
