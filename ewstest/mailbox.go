package ewstest

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/internal/wire"
)

// Mailbox is direct access to a mailbox of a server, without EWS: tests fill it
// and look at it. It may be used while the server serves others, and by several
// goroutines.
//
// A folder is named by a path: the names of folders from the top, with slashes
// between, as in "Inbox/Projects"; or a distinguished name, as in "sentitems",
// which folders below may follow, as in "inbox/Projects". The distinguished
// name goes first: a folder of a user's that has one is reached as
// "msgfolderroot/inbox". Case does not matter.
type Mailbox struct {
	srv     *Server
	address string
}

// Mailbox returns the mailbox with the address. Its methods fail if there is
// none.
func (s *Server) Mailbox(address string) *Mailbox { return &Mailbox{s, address} }

// call returns a call of the mailbox's user, under which the store is looked
// at.
func (m *Mailbox) call() (*call, error) {
	b := m.srv.store.mailboxOf(m.address)
	if b == nil {
		return nil, fmt.Errorf("ewstest: there is no mailbox %q", m.address)
	}
	return &call{ctx: context.Background(), srv: m.srv, store: m.srv.store, user: b, version: m.srv.cfg.Version}, nil
}

// change runs f while nobody else uses the store.
func (m *Mailbox) change(f func(c *call) error) error {
	c, err := m.call()
	if err != nil {
		return err
	}
	c.store.mu.Lock()
	defer c.store.mu.Unlock()
	c.store.acting = c.user
	defer func() { c.store.acting = nil }()
	return f(c)
}

// read runs f while nobody changes the store.
func (m *Mailbox) read(f func(c *call) error) error {
	c, err := m.call()
	if err != nil {
		return err
	}
	c.store.mu.RLock()
	defer c.store.mu.RUnlock()
	return f(c)
}

// Add puts items into a folder, which is made if it is not there, as if they
// had always been there: no mail is sent, a message is no draft unless it says
// so, and properties may be set that clients cannot set, such as
// DateTimeReceived. What an item does not have gets the value that Exchange
// would give it. Times without a zone are in UTC. The items are copied. The
// ids are in the order of the items.
func (m *Mailbox) Add(folder string, items ...types.Item) ([]types.ItemID, error) {
	var ids []types.ItemID
	return ids, m.change(func(c *call) error {
		f, err := c.makePath(folder, "")
		if err != nil {
			return err
		}
		for n, in := range items {
			data, attached, err := c.given(in)
			if err != nil {
				return fmt.Errorf("ewstest: item %d: %w", n, err)
			}
			c.store.complete(props(data), f.box, f.box.account.Name)
			derive(props(data), attached)
			ids = append(ids, c.store.addItem(f, data, attached).itemID())
		}
		return nil
	})
}

// AddFolder makes a folder for items of a class, as in "IPF.Appointment", and
// those above it that are not there. An empty class is that of mail. It
// returns the id of the folder, also if it was there.
func (m *Mailbox) AddFolder(path, class string) (types.FolderID, error) {
	var id types.FolderID
	return id, m.change(func(c *call) error {
		f, err := c.makePath(path, class)
		if err == nil {
			id = f.box.id(f)
		}
		return err
	})
}

// Folder returns the id of a folder.
func (m *Mailbox) Folder(path string) (types.FolderID, error) {
	var id types.FolderID
	return id, m.read(func(c *call) error {
		f, err := c.atPath(path)
		if err == nil {
			id = f.box.id(f)
		}
		return err
	})
}

// Folders returns the paths of the folders that users see, parents before
// children.
func (m *Mailbox) Folders() ([]string, error) {
	var paths []string
	return paths, m.read(func(c *call) error {
		var walk func(f *folder, above string)
		walk = func(f *folder, above string) {
			for _, child := range f.children {
				if !child.hidden() {
					paths = append(paths, above+child.name())
					walk(child, above+child.name()+"/")
				}
			}
		}
		walk(c.user.distinguished[types.DistinguishedFolderIDNameMsgfolderroot], "")
		return nil
	})
}

// Items returns the items of a folder in order of arrival, with all their
// properties and the contents of their attachments. They are copies.
func (m *Mailbox) Items(folder string) ([]types.Item, error) {
	var items []types.Item
	return items, m.read(func(c *call) error {
		f, err := c.atPath(folder)
		if err != nil {
			return err
		}
		for _, i := range c.itemsIn(f) {
			item, err := c.taken(i)
			if err != nil {
				return err
			}
			items = append(items, item)
		}
		return nil
	})
}

// Item returns the item with the id, as Items does.
func (m *Mailbox) Item(id string) (types.Item, error) {
	var item types.Item
	return item, m.read(func(c *call) error {
		i, err := c.item(id)
		if err == nil {
			item, err = c.taken(i)
		}
		return err
	})
}

// Change changes an item as another client would: edit gets a copy, and what
// it leaves there is stored. The item has a new change key then, which is
// returned. Ids and attachments stay.
func (m *Mailbox) Change(id string, edit func(types.Item)) (types.ItemID, error) {
	var changedID types.ItemID
	return changedID, m.change(func(c *call) error {
		i, err := c.item(id)
		if err != nil {
			return err
		}
		item, err := copyItem(i.data)
		if err != nil {
			return err
		}
		edit(item)
		data, _, err := c.given(item)
		if err != nil {
			return err
		}
		derive(props(data), i.attached)
		c.store.changeItem(i, data, changed)
		changedID = i.itemID()
		return nil
	})
}

// Delete deletes an item for good.
func (m *Mailbox) Delete(id string) error {
	return m.change(func(c *call) error {
		i, err := c.item(id)
		if err == nil {
			c.store.deleteItem(i)
		}
		return err
	})
}

// Deliver puts a message into the inbox, as mail from outside: it is unread,
// and has come now unless it says when. From is the address of the sender,
// which may have a name, as in "Carol <carol@example.org>". Without recipients
// the message is to the mailbox.
func (m *Mailbox) Deliver(from string, message *types.Message) (types.ItemID, error) {
	var id types.ItemID
	return id, m.change(func(c *call) error {
		sender, err := parseAddress(from)
		if err != nil {
			return err
		}
		data, attached, err := c.given(message)
		if err != nil {
			return err
		}
		v := props(data)
		assign(v, "message:From", sender)
		assign(v, "message:Sender", sender)
		if len(recipients(v, "To"))+len(recipients(v, "Cc")) == 0 {
			assign(v, "message:ToRecipients", []types.EmailAddress{c.user.address()})
		}
		c.store.complete(v, c.user, sender.Name)
		id = c.store.deliver(v, attached, c.user).itemID()
		return nil
	})
}

// atPath returns the folder at a path.
func (c *call) atPath(path string) (*folder, error) {
	f, rest := c.startOf(path)
	for i, name := range rest {
		next := f.child(name)
		if next == nil {
			return nil, fmt.Errorf("ewstest: %s has no folder %q in %q", c.user.account.Address, strings.Join(rest[:i+1], "/"), path)
		}
		f = next
	}
	return f, nil
}

// makePath returns the folder at a path, and makes what is not there.
func (c *call) makePath(path, class string) (*folder, error) {
	f, rest := c.startOf(path)
	for i, name := range rest {
		next := f.child(name)
		if next == nil {
			if err := checkFolderName(name); err != nil || f.isSearch() {
				return nil, fmt.Errorf("ewstest: there can be no folder %q", path)
			}
			of := "IPF.Note"
			if i == len(rest)-1 && class != "" {
				of = class
			}
			next = c.store.addFolder(f, newFolderData(name, of))
		}
		f = next
	}
	return f, nil
}

// startOf returns the folder that a path starts from, and the names that
// follow.
func (c *call) startOf(path string) (*folder, []string) {
	names := slices.DeleteFunc(strings.Split(path, "/"), func(s string) bool { return s == "" })
	if len(names) > 0 {
		if f := c.user.distinguished[types.DistinguishedFolderIDName(strings.ToLower(names[0]))]; f != nil {
			return f, names[1:]
		}
	}
	return c.user.distinguished[types.DistinguishedFolderIDNameMsgfolderroot], names
}

// copyItem returns a copy that shares nothing with the item, and in which
// every field that is not zero counts as there.
func copyItem(in types.Item) (types.Item, error) {
	e := wire.NewEncoder(nil)
	e.Start("x")
	e.AttrString("xmlns:t", wire.TypesURI, true)
	types.EncodeItem(e, in)
	e.End("x")
	if err := e.Err(); err != nil {
		return nil, err
	}
	d := wire.NewDecoderBytes(e.Bytes(), wire.Limits{MaxBytes: int64(len(e.Bytes())) + 1})
	if !d.Root() || !d.Child() {
		return nil, d.Err()
	}
	out := types.DecodeItem(d)
	if err := d.Err(); err != nil {
		return nil, err
	}
	if out == nil || props(out) == nil {
		return nil, notStored(in)
	}
	return out, nil
}

func notStored(in types.Item) error {
	return fmt.Errorf("ewstest: a %T is no item that can be stored", in)
}

// given returns what is stored of an item that a test gave.
func (c *call) given(in types.Item) (types.Item, []*attachment, error) {
	if in == nil || props(in) == nil {
		return nil, nil, notStored(in)
	}
	data, err := copyItem(in)
	if err != nil {
		return nil, nil, err
	}
	v := props(data)
	attached, err := c.newAttachments(valueAt[[]types.Attachment](v, "item:Attachments"), c.user, 0)
	for _, uri := range []string{"item:Attachments", "item:ItemId", "item:ParentFolderId"} {
		unset(v, uri)
	}
	assignDefault(v, "item:IsDraft", false)
	c.toUTC(v)
	return data, attached, err
}

// taken returns an item for a test to look at.
func (c *call) taken(i *item) (types.Item, error) {
	v := c.fullItem(i)
	if len(i.attached) > 0 {
		assign(v, "item:Attachments", takenAttachments(i.attached))
	}
	return copyItem(v.(types.Item))
}

// takenAttachments returns attachments with all that is in them.
func takenAttachments(list []*attachment) []types.Attachment {
	var out []types.Attachment
	for _, a := range list {
		x, ok := a.data.(*types.ItemAttachment)
		if !ok || len(a.attached) == 0 || x.Item == nil {
			out = append(out, a.data)
			continue
		}
		n := *x
		inner := clone(props(x.Item))
		assign(inner, "item:Attachments", takenAttachments(a.attached))
		n.Item = inner.(types.Item)
		out = append(out, &n)
	}
	return out
}

// parseAddress reads an address with or without a name.
func parseAddress(s string) (types.EmailAddress, error) {
	a := types.EmailAddress{RoutingType: "SMTP", MailboxType: types.MailboxTypeOneOff}
	name, rest, ok := strings.Cut(s, "<")
	if ok {
		a.Name, a.EmailAddress = strings.TrimSpace(name), strings.TrimSuffix(strings.TrimSpace(rest), ">")
	} else {
		a.EmailAddress = strings.TrimSpace(s)
	}
	local, domain, ok := strings.Cut(a.EmailAddress, "@")
	if !ok || local == "" || domain == "" {
		return a, fmt.Errorf("ewstest: %q is no address", s)
	}
	if a.Name == "" {
		a.Name = a.EmailAddress
	}
	return a, nil
}
