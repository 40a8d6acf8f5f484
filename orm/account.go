package orm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"strings"

	"github.com/seed-1937cc67/goews/auth"
	"github.com/seed-1937cc67/goews/ews"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// Access says as whom an account's mailbox is opened.
type Access uint8

const (
	// Delegate opens the mailbox as the authenticated user: its own, or one
	// that it has rights in.
	Delegate Access = iota
	// Impersonation acts as the mailbox's owner. The authenticated user needs
	// the role ApplicationImpersonation.
	Impersonation
)

// Config says how to open an account. Zero fields mean their defaults.
type Config struct {
	// Endpoint is the URL of Exchange.asmx. Required, unless Client is given.
	Endpoint string
	// Auth authenticates the requests. nil: requests have no credentials.
	Auth auth.Method
	// Access is Delegate by default.
	Access Access
	// HTTPClient sends the requests: the place of proxies and TLS roots.
	HTTPClient *http.Client
	// Version is the schema version to speak. Empty: learnt from the server.
	Version types.ExchangeVersion
	// TimeZone is the Windows name of the zone that times without one are in.
	TimeZone string
	// Culture is the language of the server's texts, as in "da-DK".
	Culture string
	// Retry says when calls are repeated, as for a server that is busy:
	// new(ews.Retry) has the defaults. Accounts that share one pause together
	// when the server asks one of them to. nil: fail fast, each call is sent
	// once.
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

// Account is a session with one mailbox. It may be shared between goroutines.
type Account struct {
	address string
	cfg     Config
	client  *ews.Client
	call    messages.Client
	version func() (types.ExchangeVersion, ews.Build)
}

// Open opens the mailbox with the primary SMTP address. It sends one request,
// for the mailbox's root folder, so that a wrong address, password or endpoint
// is an error here rather than later, and to learn the server's version.
//
// An address or a Config that makes no sense is a *ConfigError, before anything
// is sent. With Access Delegate a user may have rights in some folders of the
// mailbox and not see its root: that is no error here.
func Open(ctx context.Context, address string, cfg Config) (*Account, error) {
	if err := cfg.check(address); err != nil {
		return nil, err
	}
	client := cfg.Client
	switch {
	case client != nil && cfg.Access == Impersonation:
		client = client.With(ews.ActAs(address))
	case client != nil:
		client = client.With(ews.ForMailbox(address))
	case client == nil:
		c := cfg.Transport
		c.Endpoint = cmp.Or(cfg.Endpoint, c.Endpoint)
		c.HTTPClient = cmp.Or(cfg.HTTPClient, c.HTTPClient)
		c.Version = cmp.Or(cfg.Version, c.Version)
		c.TimeZone = cmp.Or(cfg.TimeZone, c.TimeZone)
		c.Culture = cmp.Or(cfg.Culture, c.Culture)
		c.Retry = cmp.Or(cfg.Retry, c.Retry)
		c.Logger = cmp.Or(cfg.Logger, c.Logger)
		c.AnchorMailbox = cmp.Or(c.AnchorMailbox, address)
		if cfg.Auth != nil {
			c.Auth = cfg.Auth
		}
		if cfg.Access == Impersonation && c.Impersonate == nil {
			c.Impersonate = &types.ExchangeImpersonation{ConnectingSID: types.ConnectingSID{PrimarySMTPAddress: address}}
		}
		var err error
		if client, err = ews.New(c); err != nil {
			return nil, err
		}
	}
	a := newAccount(address, cfg, client, client.Version)
	a.client = client
	if _, err := a.Root().load(ctx, ""); err != nil && !a.hidden(err) {
		return nil, fmt.Errorf("orm: open %s: %w", address, err)
	}
	return a, nil
}

// hidden reports whether err says that a delegate may not see the root.
func (a *Account) hidden(err error) bool {
	return a.cfg.Access == Delegate && (errors.Is(err, messages.ErrorAccessDenied) ||
		errors.Is(err, messages.ErrorFolderNotFound) || errors.Is(err, messages.ErrorItemNotFound))
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
	if cfg.Client == nil && cfg.Endpoint == "" && cfg.Transport.Endpoint == "" {
		return &ConfigError{"Config.Endpoint", "is missing: give the URL of Exchange.asmx, as in https://mail.example.com/EWS/Exchange.asmx"}
	}
	if cfg.Client != nil && (cfg.Endpoint != "" || cfg.Auth != nil || cfg.HTTPClient != nil || cfg.Version != "" ||
		cfg.TimeZone != "" || cfg.Culture != "" || cfg.Retry != nil || cfg.Logger != nil) {
		return &ConfigError{"Config.Client", "is a transport with settings of its own: leave Endpoint, Auth, HTTPClient, Version, TimeZone, Culture, Retry and Logger out"}
	}
	return nil
}

func newAccount(address string, cfg Config, inv messages.Invoker, version func() (types.ExchangeVersion, ews.Build)) *Account {
	cfg.PageSize = cmp.Or(cfg.PageSize, 200)
	cfg.ChunkSize = cmp.Or(cfg.ChunkSize, 100)
	cfg.Parallel = cmp.Or(cfg.Parallel, 4)
	a := &Account{address: address, cfg: cfg, version: version}
	a.call = messages.New(gated{inv})
	return a
}

// gated says of what the transport keeps from the server, for its version lacks
// it, what this package calls it.
type gated struct{ next messages.Invoker }

func (g gated) Invoke(ctx context.Context, op *messages.Operation, req messages.Marshaler, res messages.Unmarshaler) error {
	err := g.next.Invoke(ctx, op, req, res)
	var lacks *messages.UnsupportedError
	if !errors.As(err, &lacks) {
		return err
	}
	what := lacks.Kind + " " + lacks.Part
	if lacks.Path != "" {
		what += " in " + lacks.Path
	}
	return &VersionError{What: what, Since: lacks.Support.Since, Until: lacks.Support.Until, Has: lacks.Server.Version}
}

// server returns the server's version, and whether it is known.
func (a *Account) server() (types.ExchangeVersion, bool) {
	has, build := a.version()
	return has, build.Major != 0 || a.cfg.Version != ""
}

// needs fails if the server is known to be older than since.
func (a *Account) needs(what string, since types.ExchangeVersion) error {
	if has, known := a.server(); known && has.Before(since) {
		return &VersionError{What: what, Since: since, Has: has}
	}
	return nil
}

// Address returns the mailbox's SMTP address.
func (a *Account) Address() string { return a.address }

// EWS returns the typed operations over this account's transport, for calls
// that this package lacks.
func (a *Account) EWS() messages.Client { return a.call }

// Transport returns the account's transport.
func (a *Account) Transport() *ews.Client { return a.client }

// Folder returns a handle of the distinguished folder. It does not contact the
// server.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/distinguishedfolderid
func (a *Account) Folder(name types.DistinguishedFolderIDName) Folder {
	if a.cfg.Access == Delegate {
		return a.SharedFolder(a.address, name)
	}
	return a.SharedFolder("", name)
}

// SharedFolder returns a handle of a distinguished folder of another mailbox,
// that the account's user, impersonated or not, has rights in. It does not
// contact the server.
//
//	cal := acct.SharedFolder("mary@example.com", types.DistinguishedFolderIDNameCalendar)
func (a *Account) SharedFolder(address string, name types.DistinguishedFolderIDName) Folder {
	id := &types.DistinguishedFolderID{ID: name}
	if name != types.DistinguishedFolderIDNamePublicfoldersroot { // belongs to no mailbox
		id.Mailbox.EmailAddress = address
	}
	return Folder{acct: a, id: id, known: name, public: name == types.DistinguishedFolderIDNamePublicfoldersroot}
}

// FolderByID returns a handle of the folder with the id. It does not contact
// the server.
func (a *Account) FolderByID(id types.FolderID) Folder { return Folder{acct: a, id: &id} }

// Root is the root of the folders that users see: "Top of Information Store".
func (a *Account) Root() Folder { return a.Folder(types.DistinguishedFolderIDNameMsgfolderroot) }

// Store is the root of all folders of the mailbox, hidden ones included.
func (a *Account) Store() Folder { return a.Folder(types.DistinguishedFolderIDNameRoot) }

// Inbox is the folder where mail arrives.
func (a *Account) Inbox() Folder { return a.Folder(types.DistinguishedFolderIDNameInbox) }

// Drafts is the folder of unsent mail.
func (a *Account) Drafts() Folder { return a.Folder(types.DistinguishedFolderIDNameDrafts) }

// Sent is the folder Sent Items.
func (a *Account) Sent() Folder { return a.Folder(types.DistinguishedFolderIDNameSentitems) }

// Outbox is the folder of mail under way.
func (a *Account) Outbox() Folder { return a.Folder(types.DistinguishedFolderIDNameOutbox) }

// Trash is the folder Deleted Items.
func (a *Account) Trash() Folder { return a.Folder(types.DistinguishedFolderIDNameDeleteditems) }

// Junk is the folder Junk Email.
func (a *Account) Junk() Folder { return a.Folder(types.DistinguishedFolderIDNameJunkemail) }

// Calendar is the default calendar.
func (a *Account) Calendar() Folder { return a.Folder(types.DistinguishedFolderIDNameCalendar) }

// Contacts is the default contacts folder.
func (a *Account) Contacts() Folder { return a.Folder(types.DistinguishedFolderIDNameContacts) }

// Tasks is the default tasks folder.
func (a *Account) Tasks() Folder { return a.Folder(types.DistinguishedFolderIDNameTasks) }

// Notes is the folder of sticky notes.
func (a *Account) Notes() Folder { return a.Folder(types.DistinguishedFolderIDNameNotes) }

// Journal is the journal.
func (a *Account) Journal() Folder { return a.Folder(types.DistinguishedFolderIDNameJournal) }

// Archive is the root of the folders that users see in the archive mailbox.
// Since Exchange2010_SP1.
func (a *Account) Archive() Folder {
	return a.Folder(types.DistinguishedFolderIDNameArchivemsgfolderroot)
}

// RecoverableItems is the root of the dumpster, where deleted items are kept
// for a while. Since Exchange2010_SP1.
func (a *Account) RecoverableItems() Folder {
	return a.Folder(types.DistinguishedFolderIDNameRecoverableitemsroot)
}

// PublicFolders is the root of the public folders. The server looks into them
// one level at a time, so walks through them send a request a folder.
func (a *Account) PublicFolders() Folder {
	return a.Folder(types.DistinguishedFolderIDNamePublicfoldersroot)
}
