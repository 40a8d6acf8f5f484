package autodiscover

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/seed-1937cc67/goews/auth"
)

// sender sends the requests of one search, over connections of its own.
type sender struct {
	cfg    *Config
	plain  *http.Client // without credentials
	authed *http.Client // nil without Config.Auth
	own    bool         // whether the connections are not shared
}

func newSender(cfg *Config) *sender {
	var rt http.RoundTripper = http.DefaultTransport
	if cfg.HTTPClient != nil && cfg.HTTPClient.Transport != nil {
		rt = cfg.HTTPClient.Transport
	}
	s := &sender{cfg: cfg}
	if fork, err := auth.Fork(rt, boundHeader); err == nil {
		rt, s.own = fork, true
	}
	// Whether to follow a redirect is for the policy, not for http.Client.
	last := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	s.plain = &http.Client{Transport: rt, CheckRedirect: last}
	if cfg.Auth != nil {
		s.authed = &http.Client{Transport: cfg.Auth.Wrap(rt), CheckRedirect: last}
	}
	return s
}

// boundHeader bounds the headers of answers as maxBody does their bodies: places
// are asked that may be anybody's, and net/http takes 10 MiB.
func boundHeader(t *http.Transport) {
	if t.MaxResponseHeaderBytes == 0 {
		t.MaxResponseHeaderBytes = maxHeader
	}
}

// maxHeader bounds the headers of an answer.
const maxHeader = 256 << 10

// close closes the connections.
func (s *sender) close() {
	if s.authed != nil {
		s.authed.CloseIdleConnections() // some methods have connections of their own
	}
	if s.own {
		s.plain.CloseIdleConnections()
	}
}

// response is an HTTP answer, read to its end.
type response struct {
	status  int
	header  http.Header
	body    []byte
	sent    string // the scheme of the credentials, as in "Basic"
	took    time.Duration
	cut     error         // why the body could not be read
	retry   time.Duration // what the server asks to wait
	offered []string      // the schemes of WWW-Authenticate
}

// send sends a request and reads the answer. It never sends credentials to
// anything but an https URL.
func (s *sender) send(ctx context.Context, credentials bool, method string, u *url.URL, body []byte, address string) (*response, error) {
	client := s.plain
	if credentials {
		if s.authed == nil || u.Scheme != "https" {
			return nil, errors.New("no credentials for this address")
		}
		client = s.authed
	}
	ctx, cancel := context.WithTimeoutCause(ctx, s.cfg.StepTimeout, &TimeoutError{After: s.cfg.StepTimeout, step: true})
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("User-Agent", s.cfg.UserAgent)
	anchor := s.cfg.AnchorMailbox
	if anchor == "" {
		anchor = address
	}
	switch {
	case body != nil:
		// There is no SOAPAction: the SOAP service has its operation in
		// wsa:Action, and Microsoft's own library sends none.
		r.Header.Set("Content-Type", "text/xml; charset=utf-8")
		r.Header.Set("Accept", "text/xml")
		r.Header.Set("X-AnchorMailbox", anchor)
	case u.Scheme == "https":
		r.Header.Set("Accept", "application/json")
		r.Header.Set("X-AnchorMailbox", anchor)
	}
	begun := time.Now()
	h, err := client.Do(r)
	if err != nil {
		return &response{took: time.Since(begun)}, cause(ctx, err)
	}
	defer h.Body.Close()
	out := &response{status: h.StatusCode, header: h.Header, retry: retryAfter(h.Header.Get("Retry-After"))}
	out.body, err = io.ReadAll(io.LimitReader(h.Body, maxBody+1))
	switch {
	case err != nil:
		out.cut = cause(ctx, err)
	case len(out.body) > maxBody:
		out.cut = fmt.Errorf("the answer has more than %d bytes", maxBody)
	}
	if h.Request != nil {
		out.sent, _, _ = strings.Cut(h.Request.Header.Get("Authorization"), " ")
	}
	for _, c := range auth.Challenges(h.Header) {
		if !slices.ContainsFunc(out.offered, func(s string) bool { return strings.EqualFold(s, c.Scheme) }) {
			out.offered = append(out.offered, c.Scheme)
		}
	}
	out.took = time.Since(begun)
	return out, nil
}

// cause returns err, or why ctx ended if that is what it comes from, without
// what http.Client says of the request.
func cause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	return err
}

// retryAfter returns what the header says, in seconds or as a date.
func retryAfter(v string) time.Duration {
	if s, err := strconv.ParseInt(strings.TrimSpace(v), 10, 64); err == nil {
		return min(max(0, time.Duration(min(s, 24*60*60))*time.Second), 24*time.Hour)
	}
	if t, err := http.ParseTime(v); err == nil {
		return max(0, time.Until(t))
	}
	return 0
}

// wantsCertificate reports whether a connection failed because the server
// wants a client certificate, and says so in the alert of TLS 1.3 or in one of
// those that servers send with TLS 1.2. Package crypto/tls has no type for
// alerts that come over TCP, only texts.
func wantsCertificate(err error) bool {
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "remote error" {
		return false
	}
	switch op.Err.Error() {
	case "tls: certificate required", "tls: bad certificate", "tls: handshake failure":
		return true
	}
	return false
}

// cutOff reports whether a connection that stood was cut off. A look without
// credentials is repeated then: with TLS 1.3 a server that wants a client
// certificate says so only after the handshake, and closes the connection; whose
// request comes too late for that sees nothing but a closed connection.
func cutOff(err error) bool {
	return errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, io.EOF)
}

// connection is a connection that failed, with what to do about it.
type connection struct{ err error }

func (e *connection) Error() string {
	s := e.err.Error()
	var host x509.HostnameError
	var ca x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(e.err, &host):
		s += "; the certificate is for another host: if this is the right one, its certificate has to list the name"
	case errors.As(e.err, &ca):
		s += "; the certificate's issuer is unknown: add it to RootCAs of the TLSClientConfig of the HTTPClient's Transport"
	case errors.As(e.err, &invalid) && invalid.Reason == x509.Expired:
		s += "; the certificate has expired or is not valid yet: renew it on the server, or set this machine's clock"
	}
	return s
}

func (e *connection) Unwrap() error { return e.err }

// nobody reports whether a connection failed because there is no such host.
func nobody(err error) bool {
	var dns *net.DNSError
	return errors.As(err, &dns) && dns.IsNotFound
}
