package orm

import (
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"strings"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/autodiscover"
	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/gen/types"
)

// Config says how to open an account. Zero fields mean their defaults.
type Config struct {
	// Endpoint is the URL of Exchange.asmx. Empty, and without Server, Known and
	// Client: it is looked for by autodiscover.
	Endpoint string
	// Server stands for the Endpoint https://Server/EWS/Exchange.asmx: a host,
	// with a port if it is not 443. Instead of Endpoint.
	Server string
	// Autodiscover says how the endpoint is looked for. What is empty in it is
	// Auth, HTTPClient and Transport.UserAgent of this Config, and its Cache is a
	// new(autodiscover.DiskCache), which the user's other programs share; with
	// autodiscover.NoCache nothing is kept. Accounts that are given the same
	// Cache share searches, too.
	Autodiscover autodiscover.Config
	// Known is what Account.Known said in an earlier run. With it Open sends
	// nothing. Instead of Endpoint and Server.
	Known *Known
	// Auth authenticates the requests. nil: requests have no credentials.
	Auth auth.Method
	// Access is Delegate by default, whichever field says who the user is.
	Access Access
	// Identity names the user to act as with Access Impersonation, by one of its
	// fields: a security identifier or a principal name spares the server a
	// look-up in the directory. nil: by the mailbox's address. See
	// https://learn.microsoft.com/exchange/client-developer/web-service-reference/connectingsid.
	Identity *types.ConnectingSID
	// HTTPClient sends the requests: the place of proxies and TLS roots.
	HTTPClient *http.Client
	// Version is the schema version to speak. Empty: learnt from the server.
	Version types.ExchangeVersion
	// TimeZone is the Windows name of the zone that times without one are in, as
	// in "Romance Standard Time". Empty: none is sent, and the server takes UTC. It
	// is not that of this machine, for a program would then do other things
	// elsewhere; a time.Time has a zone anyway.
	TimeZone string
	// Culture is the language of the server's texts, as in "da-DK". Empty: that of
	// the mailbox. It is not that of this machine, and no folder is looked for by
	// a name in some language.
	Culture string
	// Retry says when calls are repeated, as for a server that is busy:
	// new(ews.Retry) has the defaults. Accounts that share one, and are on one
	// server, pause together when that asks one of them to. nil: fail fast, each
	// call is sent once.
	Retry *ews.Retry
	// Logger gets a record a call at LevelDebug. nil: none.
	Logger *slog.Logger
	// Transport has what else there is to say about the transport, such as
	// limits of time and size. What is said above wins.
	Transport ews.Config
	// Client is a transport to use instead of one made from the fields above:
	// the way to open many mailboxes by one service account, which then share
	// its connections, their number, the Retry and what it holds back. With
	// Access Impersonation a copy of it acts as the mailbox's owner.
	Client *ews.Client

	// PageSize is how many items one FindItem asks for. Default 200; the
	// server's policy may return fewer.
	PageSize int
	// ChunkSize is how many items one GetItem, CreateItem, UpdateItem, ...
	// takes. Default 100.
	ChunkSize int
	// Recovery lets the account find out what became of a write whose answer was
	// lost; for that it marks what it creates. Nil: nothing is marked, and
	// nothing looked for.
	Recovery *Recovery
	// Parallel is how many GetItem a query or FetchAll has under way at once.
	// Default 4.
	Parallel int
}

// check rejects nonsense.
func (cfg Config) check(address string) error {
	user, domain, ok := strings.Cut(address, "@")
	if !ok || user == "" || domain == "" || strings.ContainsAny(address, " \t\r\n<>") {
		return &ConfigError{"address", fmt.Sprintf("%q is no SMTP address: give the primary one of the mailbox, as in john@example.com", address)}
	}
	for _, n := range []struct {
		field string
		value int
	}{{"PageSize", cfg.PageSize}, {"ChunkSize", cfg.ChunkSize}, {"Parallel", cfg.Parallel}} {
		if n.value < 0 || n.value > math.MaxInt32 {
			return &ConfigError{"Config." + n.field, fmt.Sprintf("is %d: give a number from 1 on, or 0 for the default", n.value)}
		}
	}
	if cfg.Access > Impersonation {
		return &ConfigError{"Config.Access", fmt.Sprintf("is %d: give Delegate or Impersonation", cfg.Access)}
	}
	if r := cfg.Recovery; r != nil && (r.Looks < 0 || r.Wait < 0 || r.Total < 0) {
		return &ConfigError{"Config.Recovery", "has numbers or times less than nothing: give more, or 0 for the defaults"}
	}
	if err := cfg.checkIdentity(); err != nil {
		return err
	}
	if err := cfg.checkServer(); err != nil {
		return err
	}
	if err := cfg.checkKnown(address); err != nil {
		return err
	}
	if cfg.Client != nil && (cfg.Endpoint != "" || cfg.Server != "" || cfg.Auth != nil || cfg.HTTPClient != nil || cfg.Version != "" ||
		cfg.TimeZone != "" || cfg.Culture != "" || cfg.Retry != nil || cfg.Logger != nil) {
		return &ConfigError{"Config.Client", "is a transport with settings of its own: leave Endpoint, Server, Auth, HTTPClient, Version, TimeZone, Culture, Retry and Logger out"}
	}
	return nil
}

// checkIdentity rejects an Identity that nobody would act as, or that the schema
// has no place for.
func (cfg Config) checkIdentity() error {
	if cfg.Identity == nil {
		return nil
	}
	n := 0
	for _, s := range []string{cfg.Identity.SID, cfg.Identity.PrincipalName, cfg.Identity.PrimarySMTPAddress, cfg.Identity.SMTPAddress} {
		if s != "" {
			n++
		}
	}
	switch {
	case n != 1:
		return &ConfigError{"Config.Identity", fmt.Sprintf("names the user in %d ways: give one of SID, PrincipalName, PrimarySMTPAddress and SMTPAddress", n)}
	case cfg.Access != Impersonation:
		return &ConfigError{"Config.Identity", "is for Access Impersonation: as a delegate the authenticated user acts as itself"}
	}
	return nil
}

// checkServer rejects a Server that is no host.
func (cfg Config) checkServer() error {
	if cfg.Server == "" {
		return nil
	}
	if cfg.Endpoint != "" || cfg.Transport.Endpoint != "" {
		return &ConfigError{"Config.Server", "stands for an Endpoint: give one of the two"}
	}
	u, err := url.Parse("https://" + cfg.Server)
	if err != nil || u.Host != cfg.Server || u.Hostname() == "" {
		return &ConfigError{"Config.Server", "is no host, as in mail.example.com or mail.example.com:8443; for a URL there is Endpoint"}
	}
	return nil
}
