package ewstest

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/seed-1937cc67/goews/gen/types"
)

// Password is the password of the accounts that New makes.
const Password = "secret"

// Account is a user with a mailbox.
type Account struct {
	// Address is the primary SMTP address, and the user name. Required.
	Address string
	// User is another user name to log on with, as in `EXAMPLE\john`.
	User string
	// UserPrincipalName is another name to impersonate the user by. Default:
	// Address.
	UserPrincipalName string
	// SID is the security identifier of the user, as in "S-1-5-21-1-2-3-1001".
	// Default: one that is the same in every run.
	SID string
	// Password is what Basic authentication asks for.
	Password string
	// Name is the display name. Default: what stands before the @.
	Name string
	// Impersonates says that the user has the role ApplicationImpersonation:
	// it may act as any other user.
	Impersonates bool
	// Version is the schema version of the server that the mailbox is on, if
	// that is an older one, to which this server passes its requests on: it says
	// in ServerVersionInfo what answers, and a request of a version between the
	// two is refused by this server. Default: that of Config.
	Version types.ExchangeVersion
	// FullAccess are the addresses of other mailboxes that the user may open
	// as a delegate with all rights.
	FullAccess []string
	// Aliases are further addresses: mail to them arrives, and autodiscover
	// answers them with Address.
	Aliases []string
	// AlternateMailboxes are those that autodiscover tells the user to open,
	// such as its archive.
	AlternateMailboxes []AlternateMailbox
	// Settings are settings of this user that autodiscover gives; they win over
	// Autodiscover.Settings.
	Settings map[string]string
}

// Config says what server to run. Zero fields mean their defaults.
type Config struct {
	// Accounts are the users. Default: alice@example.com and bob@example.com
	// with Password.
	Accounts []Account
	// Authenticate tells who sent a request: the address or another user name
	// of one of Accounts. It returns false after it has answered the request
	// itself, as in a challenge with status 401. It may be called by several
	// goroutines. Nil: Basic authentication by the accounts' passwords.
	Authenticate func(w http.ResponseWriter, r *http.Request) (user string, ok bool)
	// Version is the schema version of the server: it takes requests of this
	// version and of those before it, and says so in ServerVersionInfo.
	// Default V2017_07_11, which Exchange 2016, 2019 and Subscription Edition
	// have.
	Version types.ExchangeVersion
	// Clock gives the time. Default time.Now.
	Clock func() time.Time
	// MaxFind is how many items or folders one FindItem or FindFolder returns
	// at most, as the throttling policy EwsFindCountLimit says: a page is cut
	// there, a request without paging that finds more is refused with
	// ErrorExceededFindCountLimit. Default 1000.
	MaxFind int
	// MaxQuery is how many items a FindItem with a QueryString finds at most,
	// as the content index of Exchange 2013 and later has it. Default 250.
	MaxQuery int
	// MaxRequestBytes bounds a request. Default 64 MiB.
	MaxRequestBytes int64
	// Language is that of the names of the folders that every mailbox has, as
	// in "da-DK": one of Languages. Default "en-US".
	Language string
	// Logger gets one record a request: operation, user, version, status,
	// response code, bytes and time. No secret and no content is in it.
	// Default: none are kept.
	Logger *slog.Logger
	// Uncompressed says not to compress answers. Otherwise they are, if the
	// client takes gzip and they are not short.
	Uncompressed bool
	// Lenient switches schema validation of requests off.
	Lenient bool
	// Autodiscover says what clients are told that look for their endpoint.
	Autodiscover Autodiscover
}

// release is a server build, and the schema version that it has.
type release struct {
	version                         types.ExchangeVersion
	announced                       string // in ServerVersionInfo; empty if the server does not say
	major, minor, build, minorBuild int32
}

// releases are builds of Exchange by schema version, oldest first. Exchange
// 2013 announces a name that is no RequestServerVersion.
//
// https://learn.microsoft.com/exchange/new-features/build-numbers-and-release-dates
var releases = []release{
	{types.ExchangeVersionExchange2007SP1, "", 8, 1, 240, 5},
	{types.ExchangeVersionExchange2010, "Exchange2010", 14, 0, 639, 21},
	{types.ExchangeVersionExchange2010SP1, "Exchange2010_SP1", 14, 1, 218, 15},
	{types.ExchangeVersionExchange2010SP2, "Exchange2010_SP2", 14, 2, 247, 5},
	{types.ExchangeVersionExchange2013, "Exchange2013", 15, 0, 516, 32},
	{types.ExchangeVersionExchange2013SP1, "V2_23", 15, 0, 1497, 2},
	{types.ExchangeVersionExchange2016, "Exchange2016", 15, 1, 225, 42},
	{types.ExchangeVersionV20170711, "V2017_07_11", 15, 2, 2562, 17},
}

// DefaultAccounts returns the accounts of a server that was told none:
// alice@example.com and bob@example.com with Password.
func DefaultAccounts() []Account {
	return []Account{
		{Address: "alice@example.com", Password: Password, Name: "Alice"},
		{Address: "bob@example.com", Password: Password, Name: "Bob"},
	}
}

func (c Config) withDefaults() (Config, release, error) {
	if len(c.Accounts) == 0 {
		c.Accounts = DefaultAccounts()
	}
	c.Language = cmp.Or(c.Language, "en-US")
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if language(c.Language) == "" {
		return c, release{}, fmt.Errorf("ewstest: no folder names in language %q; there are %s", c.Language, strings.Join(Languages(), ", "))
	}
	var err error
	if c.Autodiscover, err = c.Autodiscover.check(); err != nil {
		return c, release{}, err
	}
	c.Version = cmp.Or(c.Version, types.ExchangeVersionV20170711)
	c.MaxFind = cmp.Or(c.MaxFind, 1000)
	c.MaxQuery = cmp.Or(c.MaxQuery, 250)
	c.MaxRequestBytes = cmp.Or(c.MaxRequestBytes, 64<<20)
	if c.Clock == nil {
		c.Clock = time.Now
	}
	r, ok := releaseOf(c.Version)
	if !ok {
		return c, r, fmt.Errorf("ewstest: no server of version %q; there are %s", c.Version, releaseNames())
	}
	for _, a := range c.Accounts {
		if behind, ok := releaseOf(a.Version); a.Version != "" && (!ok || c.Version.Before(behind.version)) {
			return c, r, fmt.Errorf("ewstest: no server of version %q for %s behind one of version %q", a.Version, a.Address, c.Version)
		}
	}
	return c, r, nil
}

// releaseOf returns the server of a schema version.
func releaseOf(version types.ExchangeVersion) (release, bool) {
	for _, r := range releases {
		if r.version == version {
			return r, true
		}
	}
	return release{}, false
}

func releaseNames() string {
	s := ""
	for i, r := range releases {
		if i > 0 {
			s += ", "
		}
		s += string(r.version)
	}
	return s
}
