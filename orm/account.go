package orm

import (
	"context"
	"fmt"
	"log/slog"
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
	// Endpoint is the URL of Exchange.asmx. Required.
	Endpoint string
	// Auth authenticates the requests.
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
	// PageSize is how many items one FindItem asks for. Default 200; the
	// server's policy may return fewer.
	PageSize int
	// ChunkSize is how many items one GetItem, CreateItem, UpdateItem, ...
	// takes. Default 100.
	ChunkSize int
	// Parallel is how many GetItem a query has under way at once. Default 4.
	Parallel int
	// Logger gets a record a call at LevelDebug. nil: none.
	Logger *slog.Logger
	// Client is a transport to use instead of one made from this Config, to
	// share connections between accounts.
	Client *ews.Client
}

// Account is a session with one mailbox. It may be shared between goroutines.
type Account struct {
	address string
	cfg     Config
	client  *ews.Client
	call    messages.Client
}

// Open opens the mailbox with the primary SMTP address. It sends one request,
// for the mailbox's root folder, so that a wrong address, password or endpoint
// is an error here rather than later, and to learn the server's version.
func Open(ctx context.Context, address string, cfg Config) (*Account, error) {
	if user, domain, ok := strings.Cut(address, "@"); !ok || user == "" || domain == "" {
		return nil, fmt.Errorf("orm: %q is no SMTP address", address)
	}
	if cfg.PageSize <= 0 {
		cfg.PageSize = 200
	}
	if cfg.ChunkSize <= 0 {
		cfg.ChunkSize = 100
	}
	if cfg.Parallel <= 0 {
		cfg.Parallel = 4
	}
	a := &Account{address: address, cfg: cfg, client: cfg.Client}
	if a.client == nil {
		c := ews.Config{
			Endpoint: cfg.Endpoint, Auth: cfg.Auth, HTTPClient: cfg.HTTPClient, Version: cfg.Version,
			TimeZone: cfg.TimeZone, Culture: cfg.Culture, AnchorMailbox: address, Logger: cfg.Logger,
		}
		if cfg.Access == Impersonation {
			c.Impersonate = &types.ExchangeImpersonation{ConnectingSID: types.ConnectingSID{PrimarySMTPAddress: address}}
		}
		var err error
		if a.client, err = ews.New(c); err != nil {
			return nil, err
		}
	}
	a.call = messages.New(a.client)
	if _, err := a.Root().Load(ctx); err != nil {
		return nil, fmt.Errorf("orm: open %s: %w", address, err)
	}
	return a, nil
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
func (a *Account) Folder(name types.DistinguishedFolderIDName) Folder {
	id := &types.DistinguishedFolderID{ID: name}
	if a.cfg.Access == Delegate {
		id.Mailbox.EmailAddress = a.address
	}
	return Folder{acct: a, id: id}
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
