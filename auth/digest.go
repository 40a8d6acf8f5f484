package auth

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/icholy/digest"

	"github.com/seed-1937cc67/goews/auth/internal/leg"
)

// Digest returns the method that proves with each request that it knows the
// password, without sending it (RFC 7616): by SHA-256, SHA-512, SHA-512-256 or
// MD5, or a session of one of them, which is what Windows has
// (https://learn.microsoft.com/windows/win32/secauthn/contents-of-a-digest-challenge).
// user is "DOMAIN\name" or a name. It does not contact the server.
//
// The server's challenge comes by a request without a body, before the first
// one with one, and serves all that follow until the server wants another; so
// only a request that meets that is sent twice. If a request's body cannot be
// repeated it has a challenge of its own. A wrong password costs one attempt a
// request.
//
// It may be used over plain HTTP, where it does not show the password; but
// whoever listens can try passwords out.
func Digest(user string, password Secret) Method {
	return &digestMethod{name: name("Digest " + user), user: user, password: hidden(password), hosts: map[string]*digestHost{}}
}

// DigestError says that a challenge cannot be answered for this request, which
// was not sent.
type DigestError struct {
	Host string // with the port, if the address has one
	Err  error  // what is wrong with the challenge
}

// Error names the cause.
func (e *DigestError) Error() string { return fmt.Sprintf("auth: Digest for %s: %v", e.Host, e.Err) }

// Unwrap returns the cause.
func (e *DigestError) Unwrap() error { return e.Err }

// Unsent implements Unsent.
func (e *DigestError) Unsent() {}

type digestMethod struct {
	name
	user     string
	password func() Secret

	mu    sync.Mutex
	hosts map[string]*digestHost // by scheme and host
}

// digestHost is what is known of a server.
type digestHost struct {
	busy chan struct{} // holds a value while somebody asks for a challenge

	mu      sync.Mutex
	session *digestSession // nil: has to be asked for
}

// digestSession is a challenge that requests are sent with.
type digestSession struct {
	challenge digest.Challenge // Algorithm without "-sess"
	algorithm string           // as sent by the server
	cnonce    string

	mu    sync.Mutex
	n     int  // how many
	taken bool // the server took one of them, or of the session before
}

// Schemes implements Schemed.
func (d *digestMethod) Schemes() []string { return []string{"Digest"} }

// Wrap implements Method.
func (d *digestMethod) Wrap(next http.RoundTripper) http.RoundTripper {
	return RoundTripper(next, d.send)
}

func (d *digestMethod) send(next http.RoundTripper, r *http.Request) (*http.Response, error) {
	h := d.host(r)
	s, res, err := h.ask(next, r)
	if err != nil {
		return refuse(r, err)
	}
	if s == nil {
		if res.StatusCode == http.StatusUnauthorized {
			_, _ = refuse(r, nil)
			return res, nil // it wants something else
		}
		leg.Drain(res) // it was no answer to r
		return next.RoundTrip(r)
	}
	for tries := 1; ; tries++ {
		header, err := d.authorization(s, r)
		if err != nil {
			return refuse(r, &DigestError{r.URL.Host, err})
		}
		res, err := next.RoundTrip(withHeader(r, header))
		if err != nil {
			return nil, err
		}
		if res.StatusCode != http.StatusUnauthorized {
			h.took(s, res.Header)
			return res, nil
		}
		// Without "stale", of a session that the server has never taken, it says
		// that the password is wrong. Then the next request asks for a challenge
		// of its own: it would be sent twice otherwise, and each attempt counts.
		other, stale := newDigestSession(res.Header)
		wrong := !stale && !s.wasTaken()
		if wrong {
			other = nil
		}
		h.replace(s, other)
		if other == nil || tries == 3 || !leg.Repeatable(r) {
			return res, nil
		}
		s = other
		leg.Drain(res)
		if r, err = leg.Again(r); err != nil {
			return nil, err
		}
	}
}

func (d *digestMethod) host(r *http.Request) *digestHost {
	key := r.URL.Scheme + "://" + strings.ToLower(r.URL.Host)
	d.mu.Lock()
	defer d.mu.Unlock()
	h := d.hosts[key]
	if h == nil {
		h = &digestHost{busy: make(chan struct{}, 1)}
		d.hosts[key] = h
	}
	return h
}

// ask returns the challenge to send r with, or the answer of a server that has
// none.
func (h *digestHost) ask(next http.RoundTripper, r *http.Request) (*digestSession, *http.Response, error) {
	if leg.Repeatable(r) {
		if s := h.get(); s != nil {
			return s, nil, nil
		}
		select { // one asks for all
		case h.busy <- struct{}{}:
		case <-r.Context().Done():
			return nil, nil, unsent{context.Cause(r.Context())}
		}
		defer func() { <-h.busy }()
		if s := h.get(); s != nil {
			return s, nil, nil
		}
	}
	res, err := next.RoundTrip(leg.Request(r, "", nil))
	if err != nil || res.StatusCode != http.StatusUnauthorized {
		return nil, res, err
	}
	s, _ := newDigestSession(res.Header)
	if s == nil {
		return nil, res, nil
	}
	leg.Drain(res)
	h.replace(nil, s)
	return s, nil, nil
}

func (h *digestHost) get() *digestSession {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.session
}

// replace puts s in the place of old, or of any if old is nil. Who comes late
// with one that has been replaced leaves it at that.
func (h *digestHost) replace(old, s *digestSession) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if old == nil || h.session == old {
		h.session = s
	}
}

// took notes that the server took s, and uses the nonce that it wants next, if
// it says one.
func (h *digestHost) took(s *digestSession, header http.Header) {
	s.mu.Lock()
	s.taken = true
	s.mu.Unlock()
	info := Challenges(http.Header{"Www-Authenticate": {"Info " + header.Get("Authentication-Info")}})
	if len(info) == 0 || info[0].Params["nextnonce"] == "" || s.sess() {
		return
	}
	c := s.challenge
	c.Nonce = info[0].Params["nextnonce"]
	h.replace(s, &digestSession{challenge: c, algorithm: s.algorithm, cnonce: rand.Text(), taken: true})
}

func (s *digestSession) wasTaken() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.taken
}

// newDigestSession returns one for the first challenge that can be answered,
// nil if there is none, and whether it says that the last nonce was too old.
func newDigestSession(h http.Header) (_ *digestSession, stale bool) {
	for _, c := range Challenges(h) {
		if !c.Is("Digest") || c.Params["nonce"] == "" {
			continue
		}
		s := &digestSession{algorithm: c.Params["algorithm"], cnonce: rand.Text(), challenge: digest.Challenge{
			Realm: c.Params["realm"], Nonce: c.Params["nonce"], Opaque: c.Params["opaque"],
			Userhash: strings.EqualFold(c.Params["userhash"], "true"),
		}}
		for q := range strings.SplitSeq(c.Params["qop"], ",") {
			if q = strings.ToLower(strings.TrimSpace(q)); q != "" {
				s.challenge.QOP = append(s.challenge.QOP, q)
			}
		}
		s.challenge.Algorithm = s.algorithm
		if s.sess() {
			s.challenge.Algorithm = s.algorithm[:len(s.algorithm)-len(sessSuffix)]
		}
		if digest.CanDigest(&s.challenge) && (len(s.challenge.QOP) > 0 || !s.sess()) {
			return s, strings.EqualFold(c.Params["stale"], "true")
		}
	}
	return nil, false
}

const sessSuffix = "-sess"

// sess reports whether the key is that of a session, in which nonces are part.
func (s *digestSession) sess() bool {
	n := len(s.algorithm) - len(sessSuffix)
	return n > 0 && strings.EqualFold(s.algorithm[n:], sessSuffix)
}
