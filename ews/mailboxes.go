package ews

import (
	"cmp"
	"container/list"
	"strings"
	"sync"
)

// maxMailboxes bounds of how many mailboxes a client keeps something.
const maxMailboxes = 10_000

// perMailbox keeps a value for each mailbox, of those that were used last.
type perMailbox[T any] struct {
	fresh func() T

	mu     sync.Mutex
	recent list.List // of *kept[T], the last used first
	byName map[string]*list.Element
}

type kept[T any] struct {
	name  string
	value T
}

// of returns the value for a mailbox, a fresh one if there is none.
func (p *perMailbox[T]) of(name string) T {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e, ok := p.byName[name]; ok {
		p.recent.MoveToFront(e)
		return e.Value.(*kept[T]).value
	}
	if p.byName == nil {
		p.byName = map[string]*list.Element{}
	}
	if p.recent.Len() >= maxMailboxes {
		old := p.recent.Remove(p.recent.Back()).(*kept[T])
		delete(p.byName, old.name)
	}
	k := &kept[T]{name, p.fresh()}
	p.byName[name] = p.recent.PushFront(k)
	return k.value
}

// anchor returns the mailbox by which front ends are to choose a server. See
// https://learn.microsoft.com/exchange/client-developer/exchange-web-services/how-to-authenticate-an-ews-application-by-using-oauth.
func (cfg Config) anchor() string {
	if cfg.AnchorMailbox != "" || cfg.Impersonate == nil {
		return cfg.AnchorMailbox
	}
	return cmp.Or(cfg.Impersonate.ConnectingSID.PrimarySMTPAddress, cfg.Impersonate.ConnectingSID.SMTPAddress)
}

// mailbox returns a name for the mailbox whose server answers: the one that is
// impersonated, else the one that stands for the user's.
func (cfg Config) mailbox() string {
	name := cfg.anchor()
	if cfg.Impersonate != nil {
		sid := cfg.Impersonate.ConnectingSID
		name = cmp.Or(sid.PrimarySMTPAddress, sid.SMTPAddress, sid.PrincipalName, sid.SID, name)
	}
	return strings.ToLower(name)
}

// knows returns what is known of the servers of this client's mailbox.
func (c *Client) knows() knowledge { return knowledge{c.learnt.of(c.cfg.mailbox()), &c.server} }
