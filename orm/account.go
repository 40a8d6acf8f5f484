package orm

import (
	"cmp"
	"context"
	"errors"
	"fmt"

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

// Account is a session with one mailbox. It may be shared between goroutines.
type Account struct {
	address string
	cfg     Config
	route   *route // nil in tests
	call    messages.Client
	version func() (types.ExchangeVersion, ews.Build)
}

// Open opens the mailbox with the SMTP address. It sends one request, for the
// mailbox's root folder, so that a wrong address, password or endpoint is an
// error here rather than later, and to learn the server's version. With
// Config.Known it sends none.
//
// Without an endpoint in the Config it is looked for by autodiscover, unless an
// earlier search is kept in Config.Autodiscover.Cache; the address may then be
// an alias. The error of a search is an *autodiscover.Error. For such an account
// the server is looked for again when nothing answers at the endpoint any more,
// or what answers is no EWS or sends the mailbox's requests elsewhere: at most
// once a minute. The call that found that out is sent again if it is idempotent,
// or if nothing of it was sent; otherwise its error is a *MovedError, and the
// next call goes to the new place.
//
// An address or a Config that makes no sense is a *ConfigError, before anything
// is sent. With Access Delegate a user may have rights in some folders of the
// mailbox and not see its root: that is no error here.
func Open(ctx context.Context, address string, cfg Config) (*Account, error) {
	if err := cfg.check(address); err != nil {
		return nil, err
	}
	r, err := newRoute(ctx, address, cfg)
	if err != nil {
		return nil, err
	}
	a := newAccount(r.line().address, cfg, r, r.version)
	a.route = r
	if cfg.Known != nil {
		return a, nil
	}
	if _, err := a.Root().load(ctx, ""); err != nil && !a.hidden(err) {
		return nil, fmt.Errorf("orm: open %s: %w", address, err)
	}
	a.address = r.line().address // another one if it was looked for again
	return a, nil
}

// hidden reports whether err says that a delegate may not see the root.
func (a *Account) hidden(err error) bool {
	return a.cfg.Access == Delegate && (errors.Is(err, messages.ErrorAccessDenied) ||
		errors.Is(err, messages.ErrorFolderNotFound) || errors.Is(err, messages.ErrorItemNotFound))
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

// Address returns the mailbox's SMTP address: that given to Open, or the primary
// one if autodiscover said which that is.
func (a *Account) Address() string { return a.address }

// EWS returns the typed operations over this account's transport, for calls
// that this package lacks.
func (a *Account) EWS() messages.Client { return a.call }

// Transport returns the account's transport. It is another one after the server
// was found elsewhere: see Open.
func (a *Account) Transport() *ews.Client { return a.route.line().client }

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
