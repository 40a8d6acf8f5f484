package ews

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// Config says how to reach a server. Zero fields mean their defaults.
type Config struct {
	// Endpoint is the URL of Exchange.asmx, without user and password.
	// Required.
	Endpoint string
	// Auth authenticates the requests. nil sends none.
	Auth auth.Method
	// HTTPClient sends the requests; its Transport is where proxies and TLS
	// roots sit. It is not changed; redirects are not followed; without a Jar,
	// cookies are kept for this Client alone and by anchor mailbox (they lead
	// back to the same server). Default: a client over a clone of
	// http.DefaultTransport.
	HTTPClient *http.Client
	// InsecureSkipVerify takes any certificate from anybody, for a look at a
	// server in a closed network: whoever is on the way can then read and change
	// everything, passwords included. New says so to Logger, or to slog.Default,
	// at LevelWarn. It needs a Transport that is an *http.Transport or an
	// auth.Forker, and makes a copy of it. A certificate of one's own authority
	// is no reason for it: see PerHost.
	InsecureSkipVerify bool
	// Version is sent as RequestServerVersion. Empty: learnt, for each mailbox.
	// The first request then has the lowest version that knows all that is in
	// it, the next ones what the answers say, or less if the server refuses
	// that; the first for another mailbox has what the last answer has said.
	Version types.ExchangeVersion
	// VersionHint is the version of requests before the first answer, if it is
	// known from elsewhere, as from autodiscover or from an earlier run. The
	// answers are believed more, and a server may refuse it: it then costs a
	// request. Empty: the lowest, as said above.
	VersionHint types.ExchangeVersion
	// SkipVersionCheck sends requests although the server's version lacks
	// something that is in them: an operation, an element, a value such as a
	// property path. Otherwise such a call fails with a *RequestError of a
	// *messages.UnsupportedError, which names it, and sends nothing. What a
	// version knows is said by its schema; a server may know more.
	SkipVersionCheck bool
	// Impersonate is the mailbox user to act as.
	Impersonate *types.ExchangeImpersonation
	// TimeZone is the Windows name of the zone that times without one are
	// in, as in "W. Europe Standard Time". Sent from Exchange2010 on.
	TimeZone string
	// Culture is the language of the server's texts, as in "da-DK".
	Culture string
	// DateTimePrecision is how exact the times of answers are. Default: that of
	// the server, seconds. Sent from Exchange2010_SP2 on with the operations
	// that take it. See
	// https://learn.microsoft.com/exchange/client-developer/web-service-reference/datetimeprecision.
	DateTimePrecision types.DateTimePrecision
	// ManagementRole names the roles to act in, as for eDiscovery. nil: none.
	// Sent from Exchange2013 on with the operations that take it. See
	// https://learn.microsoft.com/exchange/client-developer/web-service-reference/managementrole.
	ManagementRole *types.ManagementRole
	// AnchorMailbox is sent as X-AnchorMailbox: the SMTP address of the mailbox
	// by which front ends choose a server. Default: the address in Impersonate,
	// if there is one.
	AnchorMailbox string
	// Header is sent with each request. What this package sets itself wins.
	// Idempotency-Key and X-Idempotency-Key are left out: net/http takes them
	// for leave to send a request twice.
	Header http.Header
	// UserAgent is sent as User-Agent. Default "goews".
	UserAgent string
	// Timeout is how long a request may make no progress: no connection, no
	// byte sent, no byte received. Default 100 s. To bound a whole call give
	// its context a deadline.
	Timeout time.Duration
	// MaxResponseBytes bounds one answer, unpacked. Default 64 MiB.
	MaxResponseBytes int64
	// MaxConcurrent bounds the requests under way at once; more wait. Default
	// 10. Event streams do not count. It is Max of the client's own Limiter.
	MaxConcurrent int
	// Limiter is one to share with other clients of the same server and
	// credential, instead of MaxConcurrent. nil: the client has its own.
	Limiter *Limiter
	// Retry says when calls are repeated: new(Retry) has the defaults. Clients
	// of the same credential may share one, so that all that have the same server
	// pause when that asks one to; the copies that With makes do. nil: fail
	// fast, each call is sent once and none is held back. That the version is
	// learnt or a token refreshed is no repetition of that kind.
	Retry *Retry
	// Middleware wraps each call, repetitions included; the first one is
	// outermost.
	Middleware []Middleware
	// Logger gets a record for each request at LevelDebug, with operation,
	// duration, bytes, status, request id, attempt and error, and one at
	// LevelWarn before a call is repeated. nil: none.
	Logger *slog.Logger
	// Trace gets each request and answer as they are on the wire, with secrets
	// blotted out. What mailboxes hold is not secret here. Each Write has a
	// whole block of text, and no two come at once. An error of the Writer
	// ends nothing. nil: none.
	Trace io.Writer
	// TraceBytes bounds what Trace gets of one body. Default 64 KiB.
	TraceBytes int
}

// Middleware wraps calls, as in a cache, a limiter, a metric. It sees each
// call once, however often it is repeated.
type Middleware = func(next messages.Invoker) messages.Invoker

func (cfg Config) withDefaults() Config {
	if cfg.MaxResponseBytes == 0 {
		cfg.MaxResponseBytes = 64 << 20
	}
	if cfg.UserAgent == "" {
		cfg.UserAgent = "goews"
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 100 * time.Second
	}
	if cfg.Limiter == nil {
		cfg.Limiter = &Limiter{Max: cfg.MaxConcurrent}
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.TraceBytes == 0 {
		cfg.TraceBytes = 64 << 10
	}
	cfg.Header = cfg.Header.Clone()
	return cfg
}

// check rejects nonsense. Its errors do not show Endpoint, which may hold a
// password.
func (cfg Config) check() error {
	u, err := url.Parse(cfg.Endpoint)
	switch {
	case err == nil && u.User != nil:
		return errors.New("ews: Config.Endpoint has a user or a password in it; give them to Config.Auth, as in auth.Basic(user, password)")
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return fmt.Errorf("ews: Config.Endpoint %q is no absolute URL such as https://mail.example.com/EWS/Exchange.asmx", cleanURL(cfg.Endpoint))
	case cfg.Timeout < 0:
		return fmt.Errorf("ews: Config.Timeout is %v, less than nothing; 0 means 100 s", cfg.Timeout)
	case cfg.MaxResponseBytes < 0:
		return fmt.Errorf("ews: Config.MaxResponseBytes is %d, less than nothing; 0 means 64 MiB", cfg.MaxResponseBytes)
	case cfg.MaxConcurrent < 0:
		return fmt.Errorf("ews: Config.MaxConcurrent is %d, less than nothing; 0 means 10", cfg.MaxConcurrent)
	case cfg.Limiter != nil && (cfg.MaxConcurrent != 0 || cfg.Limiter.Max < 0 || cfg.Limiter.Streams < 0):
		return errors.New("ews: Config.Limiter says how many requests there are: it takes no MaxConcurrent beside it, and nothing less than 0 in it")
	case cfg.TraceBytes < 0:
		return fmt.Errorf("ews: Config.TraceBytes is %d, less than nothing; 0 means 64 KiB", cfg.TraceBytes)
	case slices.ContainsFunc(cfg.Middleware, func(m Middleware) bool { return m == nil }):
		return errors.New("ews: Config.Middleware holds a nil")
	}
	for name, value := range map[string]string{"UserAgent": cfg.UserAgent, "AnchorMailbox": cfg.AnchorMailbox} {
		if strings.ContainsFunc(value, unicode.IsControl) {
			return fmt.Errorf("ews: Config.%s has a control character in it; it is sent as a header", name)
		}
	}
	return nil
}

// Option changes what one of the fields of Config says, for a copy of a
// Client: see Client.With.
type Option struct{ set func(*Config) }

// ActAs makes calls act as the mailbox user with the primary SMTP address, as
// Config.Impersonate and Config.AnchorMailbox do; as the authenticated user if
// it is empty. See
// https://learn.microsoft.com/exchange/client-developer/exchange-web-services/impersonation-and-ews-in-exchange.
func ActAs(address string) Option {
	return Option{func(c *Config) {
		c.Impersonate, c.AnchorMailbox = nil, address
		if address != "" {
			c.Impersonate = &types.ExchangeImpersonation{ConnectingSID: types.ConnectingSID{PrimarySMTPAddress: address}}
		}
	}}
}

// ActAsUser is ActAs for a user who is named by one of the other fields of id: a
// security identifier or a principal name spares the server a look-up. anchor is
// the primary SMTP address of the mailbox, for Config.AnchorMailbox. See
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/connectingsid.
func ActAsUser(id types.ConnectingSID, anchor string) Option {
	return Option{func(c *Config) {
		c.Impersonate, c.AnchorMailbox = &types.ExchangeImpersonation{ConnectingSID: id}, anchor
	}}
}

// ForMailbox says that calls are about the mailbox with the SMTP address, as the
// authenticated user who has rights in it: it becomes Config.AnchorMailbox. The
// anchor of who is impersonated stays, and that of a group (AnchorTo).
func ForMailbox(address string) Option {
	return Option{func(c *Config) {
		if c.anchor() == "" || c.Impersonate == nil && c.Header.Get(affinity) == "" {
			c.AnchorMailbox = address
		}
	}}
}

// AnchorTo sets Config.AnchorMailbox, and asks the front end for affinity by
// the header X-PreferServerAffinity: subscriptions of several mailboxes that
// autodiscover puts into one group (settings GroupingInformation and
// ExternalEwsUrl) are made and read with the same anchor, so that all requests
// get to the server that has them.
//
//	c := service.With(ews.ActAs(address), ews.AnchorTo(group[0]))
//
// It comes after ActAs, which sets the anchor to its own mailbox. Empty: the
// default anchor, without affinity. See
// https://learn.microsoft.com/exchange/client-developer/exchange-web-services/how-to-maintain-affinity-between-group-of-subscriptions-and-mailbox-server.
func AnchorTo(address string) Option {
	return Option{func(c *Config) {
		c.AnchorMailbox = address
		if address != "" {
			SetHeader(affinity, "true").set(c)
		} else {
			SetHeader(affinity).set(c)
		}
	}}
}

const affinity = "X-Preferserveraffinity"

// InTimeZone sets Config.TimeZone.
func InTimeZone(name string) Option { return Option{func(c *Config) { c.TimeZone = name }} }

// InCulture sets Config.Culture.
func InCulture(language string) Option { return Option{func(c *Config) { c.Culture = language }} }

// SetHeader sets one of Config.Header; no value takes it out.
func SetHeader(key string, values ...string) Option {
	return Option{func(c *Config) {
		c.Header = c.Header.Clone()
		if c.Header == nil {
			c.Header = http.Header{}
		}
		c.Header.Del(key)
		for _, v := range values {
			c.Header.Add(key, v)
		}
	}}
}

// SetTimeout sets Config.Timeout; 0 means the default.
func SetTimeout(d time.Duration) Option { return Option{func(c *Config) { c.Timeout = max(d, 0) }} }

// SetMaxResponseBytes sets Config.MaxResponseBytes; 0 means the default.
func SetMaxResponseBytes(n int64) Option {
	return Option{func(c *Config) { c.MaxResponseBytes = max(n, 0) }}
}

// SetRetry sets Config.Retry; nil means to fail fast.
func SetRetry(r *Retry) Option { return Option{func(c *Config) { c.Retry = r }} }
