// Package ews is the transport: it puts requests into SOAP envelopes, sends
// them, and tells apart what can come back. Typed calls go through it:
//
//	c, err := ews.New(ews.Config{Endpoint: url, Auth: auth.Basic(user, password)})
//	res, err := messages.New(c).FindItem(ctx, &messages.FindItemRequest{...})
package ews

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/internal/wire"
)

// Config says how to reach a server. Zero fields mean their defaults.
type Config struct {
	// Endpoint is the URL of Exchange.asmx. Required.
	Endpoint string
	// Auth authenticates the requests. nil sends none.
	Auth auth.Method
	// HTTPClient sends the requests; its Transport is where proxies and TLS
	// roots sit. It is not changed; redirects are not followed. Default: a
	// client over a clone of http.DefaultTransport.
	HTTPClient *http.Client
	// Version is sent as RequestServerVersion. Empty: Exchange2007_SP1 at
	// first, which every server takes, then what the answers say.
	Version types.ExchangeVersion
	// Impersonate is the mailbox user to act as.
	Impersonate *types.ExchangeImpersonation
	// TimeZone is the Windows name of the zone that times without one are
	// in, as in "W. Europe Standard Time". Sent from Exchange2010 on.
	TimeZone string
	// Culture is the language of the server's texts, as in "da-DK".
	Culture string
	// AnchorMailbox is sent as X-AnchorMailbox.
	AnchorMailbox string
	// UserAgent is sent as User-Agent. Default "goews".
	UserAgent string
	// MaxResponseBytes bounds one answer, unpacked. Default 64 MiB.
	MaxResponseBytes int64
	// Logger gets one record a call at LevelDebug. nil: none.
	Logger *slog.Logger
}

// Client is a connection to one endpoint. It may be shared between
// goroutines.
type Client struct {
	cfg  Config
	http *http.Client

	mu      sync.Mutex
	version types.ExchangeVersion // learnt
	build   Build
}

// Build is the version of the server that answered last, as in 15.2.1258.
type Build struct{ Major, Minor, MajorBuild, MinorBuild int }

// New returns a client for cfg. It does not contact the server. It fails if
// Endpoint is no absolute http or https URL.
func New(cfg Config) (*Client, error) {
	u, err := url.Parse(cfg.Endpoint)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, fmt.Errorf("ews: Endpoint %q is no absolute URL such as https://mail.example.com/EWS/Exchange.asmx", cfg.Endpoint)
	}
	if cfg.MaxResponseBytes <= 0 {
		cfg.MaxResponseBytes = 64 << 20
	}
	if cfg.UserAgent == "" {
		cfg.UserAgent = "goews"
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	c := &http.Client{}
	if cfg.HTTPClient != nil {
		*c = *cfg.HTTPClient
	}
	if c.Transport == nil {
		c.Transport = http.DefaultTransport.(*http.Transport).Clone()
	}
	if cfg.Auth != nil {
		c.Transport = cfg.Auth.Wrap(c.Transport)
	}
	// A redirect could carry credentials to another host, and turns POST
	// into GET: it is reported instead.
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{cfg: cfg, http: c}, nil
}

// Version returns the version that requests are sent with, and the build of
// the server that answered last; zero before the first answer.
func (c *Client) Version() (types.ExchangeVersion, Build) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.cfg.Version != "":
		return c.cfg.Version, c.build
	case c.version != "":
		return c.version, c.build
	}
	return types.ExchangeVersionExchange2007SP1, c.build
}

// Invoke sends one operation and decodes its answer into res. It repeats
// nothing. The error is one of this package's types, or wraps the context's
// cause.
func (c *Client) Invoke(ctx context.Context, op *messages.Operation, req messages.Marshaler, res messages.Unmarshaler) error {
	start := time.Now()
	err := c.invoke(ctx, op, req, res)
	c.cfg.Logger.LogAttrs(ctx, slog.LevelDebug, "ews call",
		slog.String("op", op.Name), slog.Duration("took", time.Since(start)), slog.Any("err", err))
	return err
}

func (c *Client) invoke(ctx context.Context, op *messages.Operation, req messages.Marshaler, res messages.Unmarshaler) error {
	body, err := c.envelope(op, req)
	if err != nil {
		return fmt.Errorf("ews: %s: %w", op.Name, err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.cfg.Endpoint, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("ews: %s: %w", op.Name, err)
	}
	r.Header.Set("Content-Type", "text/xml; charset=utf-8")
	r.Header.Set("Accept", "text/xml")
	r.Header.Set("User-Agent", c.cfg.UserAgent)
	r.Header.Set("SOAPAction", strconv.Quote(op.Action))
	if c.cfg.AnchorMailbox != "" {
		r.Header.Set("X-AnchorMailbox", c.cfg.AnchorMailbox)
	}
	h, err := c.http.Do(r)
	if err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("ews: %s: %w", op.Name, context.Cause(ctx))
		}
		return &TransportError{op.Name, hint(err), err}
	}
	defer func() {
		_, _ = io.CopyN(io.Discard, h.Body, 64<<10) // so that the connection can be used again
		h.Body.Close()
	}()
	err = c.answer(op, h, res)
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("ews: %s: %w", op.Name, context.Cause(ctx))
	}
	return err
}

// answer decodes what came back.
func (c *Client) answer(op *messages.Operation, h *http.Response, res messages.Unmarshaler) error {
	isXML := strings.Contains(h.Header.Get("Content-Type"), "xml")
	if h.StatusCode != http.StatusOK && (h.StatusCode != http.StatusInternalServerError || !isXML) {
		return httpError(op, h)
	}
	in := &bounded{r: h.Body, left: c.cfg.MaxResponseBytes, max: c.cfg.MaxResponseBytes}
	if !isXML {
		return &ContentError{op.Name, h.Header.Get("Content-Type"), head(in)}
	}
	d := wire.NewDecoder(in, wire.Limits{MaxBytes: 1 << 62, MaxText: int(min(c.cfg.MaxResponseBytes, 1<<31))})
	fail := func(err error) error {
		var large *TooLargeError
		if errors.As(err, &large) {
			err = large
		}
		return &DecodeError{op.Name, err}
	}
	if !d.Root() {
		return fail(d.Err())
	}
	for d.Child() {
		switch string(d.Local(wire.NSSOAP)) {
		case "Header":
			for d.ChildNamed(wire.NSTypes, "ServerVersionInfo") {
				c.learn(d)
			}
		case "Body":
			if !d.Child() {
				break
			}
			if string(d.Local(wire.NSSOAP)) == "Fault" {
				f := fault(op, d)
				if d.Err() != nil {
					return fail(d.Err())
				}
				return f
			}
			if string(d.Local(wire.NSMessages)) != op.Response {
				d.Fail(fmt.Errorf("the answer is %s, want %s", d.Name(), op.Response))
				return fail(d.Err())
			}
			res.DecodeXML(d)
			if d.Err() != nil {
				return fail(d.Err())
			}
			if s, ok := res.(messages.Single); ok && s.Status().Failed() {
				st := s.Status()
				return &ResponseError{op.Name, -1, st.Code, st.Text, st.XML}
			}
			return nil
		default:
			d.Skip()
		}
	}
	if d.Err() == nil {
		d.Fail(errors.New("no SOAP body"))
	}
	return fail(d.Err())
}

// hint says what to do about a failed connection.
func hint(err error) string {
	var dns *net.DNSError
	var host x509.HostnameError
	var ca x509.UnknownAuthorityError
	var record tls.RecordHeaderError
	var op *net.OpError
	switch {
	case errors.As(err, &dns):
		return "check the host name of Endpoint"
	case errors.As(err, &host):
		return "the certificate is for another host: use a name it lists"
	case errors.As(err, &ca):
		return "the certificate's issuer is unknown: add it to RootCAs of the HTTPClient's TLS configuration"
	case errors.As(err, &record):
		return "the server does not speak TLS at this port: check the scheme and port of Endpoint"
	case errors.As(err, &op) && op.Op == "dial":
		return "nothing answers at this address: check host and port of Endpoint"
	}
	return ""
}

func httpError(op *messages.Operation, h *http.Response) error {
	e := &HTTPError{Op: op.Name, StatusCode: h.StatusCode, Body: head(h.Body)}
	for _, v := range h.Header.Values("WWW-Authenticate") {
		scheme, _, _ := strings.Cut(v, " ")
		e.Schemes = append(e.Schemes, scheme)
	}
	if s, err := strconv.Atoi(h.Header.Get("Retry-After")); err == nil && s > 0 {
		e.RetryAfter = time.Duration(s) * time.Second
	}
	return e
}

// head returns the first bytes of r as text.
func head(r io.Reader) string {
	b, _ := io.ReadAll(io.LimitReader(r, 256))
	return strings.ToValidUTF8(string(b), "\uFFFD")
}

// bounded fails once more than max bytes were read.
type bounded struct {
	r         io.Reader
	left, max int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, &TooLargeError{b.max}
	}
	if int64(len(p)) > b.left {
		p = p[:b.left]
	}
	n, err := b.r.Read(p)
	b.left -= int64(n)
	return n, err
}
