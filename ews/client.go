package ews

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"reflect"
	"strings"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// Client is a connection to one endpoint. It may be shared between
// goroutines.
type Client struct {
	cfg Config
	*core
}

// core is what a Client shares with the copies that With makes.
type core struct {
	endpoint string // as it may be shown
	host     string // of the endpoint, with the port if it is there
	invoker  messages.Invoker
	http     *http.Client
	limiter  *Limiter
	jars     perMailbox[http.CookieJar] // by the anchor, if there is one
	learnt   perMailbox[*learnt]
	server   learnt // of any mailbox
}

// New returns a client for cfg. It does not contact the server. It fails if
// Endpoint is no absolute http or https URL or has a password in it, or if
// another field makes no sense.
func New(cfg Config) (*Client, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	log := cfg.Logger
	cfg = cfg.withDefaults()
	h := &http.Client{}
	if cfg.HTTPClient != nil {
		*h = *cfg.HTTPClient
	}
	if h.Transport == nil {
		t := NewTransport()
		t.MaxIdleConnsPerHost = or(cfg.Limiter.Max, 10)
		h.Transport = t
	}
	if cfg.InsecureSkipVerify {
		var err error
		if h.Transport, err = insecure(h.Transport); err != nil {
			return nil, err
		}
	}
	if !verifies(h.Transport) {
		warnInsecure(log, cfg.Endpoint)
	}
	h.Transport = &tracer{h.Transport, &trace{w: cfg.Trace, limit: cfg.TraceBytes}}
	if cfg.Auth != nil {
		h.Transport = cfg.Auth.Wrap(h.Transport)
	}
	// A redirect could carry credentials to another host, and turns POST
	// into GET: it is reported instead.
	h.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c := &Client{cfg: cfg, core: &core{endpoint: cleanURL(cfg.Endpoint), host: hostOf(cfg.Endpoint), http: h, limiter: cfg.Limiter}}
	c.jars.fresh = newJar
	c.learnt.fresh = func() *learnt { return new(learnt) }
	c.invoker = messages.InvokerFunc(c.repeat)
	for i := len(cfg.Middleware) - 1; i >= 0; i-- {
		if c.invoker = cfg.Middleware[i](c.invoker); c.invoker == nil {
			return nil, fmt.Errorf("ews: Config.Middleware[%d] returned nil", i)
		}
	}
	return c, nil
}

func newJar() http.CookieJar {
	jar, _ := cookiejar.New(nil) // never fails
	return jar
}

// client returns what sends the requests of c. Unless there is a Jar for all,
// cookies are kept by the anchor mailbox, or else by who is impersonated: they lead
// to its server, which is another mailbox's server only if that has the same anchor.
func (c *Client) client(endless bool) *http.Client {
	h := *c.http
	if h.Jar == nil {
		h.Jar = c.jars.of(cmp.Or(strings.ToLower(c.cfg.anchor()), c.cfg.mailbox()))
	}
	if endless {
		h.Timeout = 0
	}
	return &h
}

// With returns a copy of c whose calls differ in opts. It shares connections,
// the Limiter, what was learnt of versions, and middleware with c, and the
// Retry unless it is given another: so a program that opens many mailboxes by one
// service account makes one Client, and a copy by ActAs for each mailbox. It does not contact the server.
func (c *Client) With(opts ...Option) *Client {
	d := &Client{cfg: c.cfg, core: c.core}
	for _, o := range opts {
		if o.set != nil {
			o.set(&d.cfg)
		}
	}
	d.cfg = d.cfg.withDefaults()
	return d
}

// Endpoint returns Config.Endpoint, without what may be secret in it.
func (c *Client) Endpoint() string { return c.endpoint }

// CloseIdleConnections closes the connections that no request uses, those of
// the authentication included; calls under way go on, and the next ones open
// new connections. A client that is not used any more needs it only so that
// its connections do not stay open for the Transport's IdleConnTimeout (90 s by
// default): there is nothing else to close. Of a Transport that clients share
// it closes the connections of all.
func (c *Client) CloseIdleConnections() { c.http.CloseIdleConnections() }

// String names the endpoint and nothing else.
func (c *Client) String() string { return "ews.Client " + c.endpoint }

// GoString is as String.
func (c *Client) GoString() string { return c.String() }

// Format writes String for every verb: no part of the Config shows.
func (c *Client) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, c.String()) }

// Version returns the version that the next request is sent with, and the
// build of the server that answered last for this mailbox (that of ActAs, or of
// Config.AnchorMailbox); zero before the first answer. If several have answered,
// as for folders of a mailbox that is on an older server, it is the newest, and what
// requests need counts more than the last answer.
func (c *Client) Version() (types.ExchangeVersion, Build) {
	k := c.knows()
	if newest, mixed := k.own.several(); mixed && c.cfg.Version == "" {
		return k.best(newest), newest.build
	}
	v, _, _ := k.pick(c.cfg, "")
	return v, k.own.know()
}

// Invoke sends one operation and decodes its answer into res, through
// Config.Middleware and Config.Retry. The package comment lists its errors.
func (c *Client) Invoke(ctx context.Context, op *messages.Operation, req messages.Marshaler, res messages.Unmarshaler) error {
	if isNil(requestOf(req)) || isNil(answerOf(res)) {
		return &RequestError{Op: op.Name, Err: fmt.Errorf("nil where a request and a place for its answer are wanted")}
	}
	return c.invoker.Invoke(context.WithValue(ctx, clientKey{}, c), op, req, res)
}

func isNil(v any) bool {
	r := reflect.ValueOf(v)
	return !r.IsValid() || r.Kind() == reflect.Pointer && r.IsNil()
}

// clientKey is where a context has the Client that Invoke was called on: the
// chain of middleware is made once for it and all its copies.
type clientKey struct{}

// repeat is the innermost Invoker.
func (c *Client) repeat(ctx context.Context, op *messages.Operation, req messages.Marshaler, res messages.Unmarshaler) error {
	if d, ok := ctx.Value(clientKey{}).(*Client); ok && d.core == c.core {
		c = d
	}
	return c.cfg.Retry.invoke(ctx, c.host, c.warn, messages.InvokerFunc(c.once), op, req, res)
}

// hostOf returns host and port of an address.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Host)
}

// cleanURL returns the address without what may be secret in it: user,
// password, query, fragment.
func cleanURL(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "(malformed)"
	}
	u.User, u.RawQuery, u.Fragment, u.ForceQuery = nil, "", "", false
	return u.String()
}
