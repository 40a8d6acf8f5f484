package autodiscover

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/gen/types"
)

// Config says how to look. Zero fields mean their defaults.
type Config struct {
	// Auth authenticates the requests for settings, over TLS alone. nil: only
	// what is given without credentials is found, as by the JSON service.
	Auth auth.Method
	// HTTPClient sends the requests; its Transport is where proxies and TLS
	// roots sit. It is not changed; connections are made by a copy of its
	// Transport (auth.Fork) if that can be copied, and closed at the end. Its
	// Jar and Timeout are not used. Default: one over http.DefaultTransport.
	HTTPClient *http.Client
	// Resolver asks for the SRV record. Default: new(DNS).
	Resolver Resolver
	// Endpoints are URLs of autodiscover services to try before all others, as
	// in "https://mail.example.com:8443" or
	// "https://mail.example.com/autodiscover/autodiscover.svc". They are taken
	// to be right: no policy is asked.
	Endpoints []string
	// OnlyEndpoints leaves out all places but Endpoints, what they redirect to,
	// and what Cache has.
	OnlyEndpoints bool
	// Redirect says which redirects are followed, SRV records among them.
	// Default: those within the mailbox's own domain and to Microsoft's
	// services: see DefaultPolicy.
	Redirect Policy
	// MaxRedirects bounds the redirects of one search, to URLs and to addresses
	// together. Default 10, as the documentation of the service has it.
	MaxRedirects int
	// MaxRefusals is how many places may refuse the credentials before the
	// search ends. Default 1: each refusal counts against the account, which
	// may get locked. Microsoft's clients go on, since a place may be the
	// wrong one; see
	// https://learn.microsoft.com/exchange/client-developer/exchange-web-services/handling-autodiscover-error-messages.
	MaxRefusals int
	// Settings are the names of the settings to ask the SOAP service for; the
	// other services give all that they have. Default: DefaultSettings.
	Settings []string
	// Version is sent to the SOAP service as RequestedServerVersion. Default
	// Exchange2010, which all of them take.
	Version types.ExchangeVersion
	// PreferInternal makes Result.EWS the internal URL, where there is one.
	// Default: the external one, which can be reached from everywhere.
	PreferInternal bool
	// AnchorMailbox is sent as X-AnchorMailbox, by which front ends choose a
	// server. Default: the address that is looked for.
	AnchorMailbox string
	// UserAgent is sent as User-Agent. Default "goews".
	UserAgent string
	// StepTimeout bounds one request or DNS look-up. Default 10 s.
	StepTimeout time.Duration
	// Timeout bounds the search. Default 60 s.
	Timeout time.Duration
	// Stagger is the pause between the beginnings of looks at different
	// places, unless the one before has ended. Default 250 ms.
	Stagger time.Duration
	// Trace gets each step when it is over, in the order of preference. It is
	// never called twice at once. TraceTo writes them. nil: none.
	Trace func(Step)
	// Cache keeps answers. nil: none.
	Cache Cache
	// Refresh makes Discover ask a server although Cache has an answer that has
	// not expired.
	Refresh bool
}

// Resolver looks up SRV records. *DNS and *net.Resolver are Resolvers.
type Resolver interface {
	// LookupSRV returns the records of _service._proto.name. Their order does
	// not matter. If there are none, the error is a *net.DNSError whose
	// IsNotFound is set. It returns when ctx ends: Discover waits for it.
	LookupSRV(ctx context.Context, service, proto, name string) (cname string, records []*net.SRV, err error)
}

// Cache keeps answers from one search to the next. It may be used by several
// goroutines. An error of a Cache becomes a step and ends nothing.
type Cache interface {
	// Load returns the answer that is kept for an address; nil if there is none.
	// If it is no longer fresh, only its Endpoint is used, as a place to ask.
	Load(ctx context.Context, address string) (found *Result, fresh bool, err error)
	// Save keeps an answer, for the address in its Requested.
	Save(ctx context.Context, found *Result) error
	// Drop removes the answer that is kept for an address, if there is one.
	Drop(ctx context.Context, address string) error
}

// DefaultSettings returns the names of the settings that Config.Settings stands
// for if it is empty: what the fields of Result are made of. All names are at
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/setting-soap.
func DefaultSettings() []string {
	return []string{
		"AutoDiscoverSMTPAddress", "UserDisplayName", "UserDN", "InternalEwsUrl", "ExternalEwsUrl", "EwsSupportedSchemas",
		"CasVersion", "ExternalEwsVersion", "AlternateMailboxes", "PublicFolderInformation", "GroupingInformation", "UserMSOnline",
	}
}

func (cfg Config) withDefaults() Config {
	if cfg.Resolver == nil {
		cfg.Resolver = new(DNS)
	}
	if cfg.Redirect == nil {
		cfg.Redirect = DefaultPolicy
	}
	if cfg.MaxRedirects == 0 {
		cfg.MaxRedirects = 10
	}
	if cfg.MaxRefusals == 0 {
		cfg.MaxRefusals = 1
	}
	if len(cfg.Settings) == 0 {
		cfg.Settings = DefaultSettings()
	}
	if cfg.Version == "" {
		cfg.Version = types.ExchangeVersionExchange2010
	}
	if cfg.UserAgent == "" {
		cfg.UserAgent = "goews"
	}
	if cfg.StepTimeout == 0 {
		cfg.StepTimeout = 10 * time.Second
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 60 * time.Second
	}
	if cfg.Stagger == 0 {
		cfg.Stagger = 250 * time.Millisecond
	}
	return cfg
}

// check rejects nonsense.
func (cfg Config) check() error {
	for name, n := range map[string]int64{
		"MaxRedirects": int64(cfg.MaxRedirects), "MaxRefusals": int64(cfg.MaxRefusals),
		"StepTimeout": int64(cfg.StepTimeout), "Timeout": int64(cfg.Timeout), "Stagger": int64(cfg.Stagger),
	} {
		if n < 0 {
			return fmt.Errorf("autodiscover: Config.%s is less than nothing; 0 means the default", name)
		}
	}
	for name, value := range map[string]string{"UserAgent": cfg.UserAgent, "AnchorMailbox": cfg.AnchorMailbox} {
		if strings.ContainsFunc(value, unicode.IsControl) {
			return fmt.Errorf("autodiscover: Config.%s has a control character in it; it is sent as a header", name)
		}
	}
	for _, e := range cfg.Endpoints {
		u, err := url.Parse(e)
		switch {
		case err == nil && u.User != nil:
			return fmt.Errorf("autodiscover: one of Config.Endpoints has a user or a password in it; give them to Config.Auth")
		case err != nil || u.Host == "" || u.Scheme != "https":
			return fmt.Errorf("autodiscover: %q of Config.Endpoints is no https URL such as https://autodiscover.example.com", cleanURL(e))
		}
	}
	if cfg.OnlyEndpoints && len(cfg.Endpoints) == 0 && cfg.Cache == nil {
		return fmt.Errorf("autodiscover: Config.OnlyEndpoints is set, and there are no Endpoints: nowhere is left to look")
	}
	return nil
}

// cleanURL returns the address without what may be secret in it: user,
// password, query, fragment.
func cleanURL(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "(malformed)"
	}
	return showURL(u)
}

// showURL is as cleanURL.
func showURL(u *url.URL) string {
	c := *u
	c.User, c.RawQuery, c.Fragment, c.RawFragment, c.ForceQuery = nil, "", "", "", false
	return c.String()
}
