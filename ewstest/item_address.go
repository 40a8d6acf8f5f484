package ewstest

import (
	"cmp"
	"slices"
	"strings"

	"github.com/seed-1937cc67/goews/gen/types"
)

// address is the mailbox as it stands in messages.
func (b *mailbox) address() types.EmailAddress {
	return types.EmailAddress{
		Name: b.account.Name, EmailAddress: b.account.Address, RoutingType: "SMTP", MailboxType: types.MailboxTypeMailbox,
	}
}

// resolveAddresses fills what the addresses in an item leave open, as Exchange
// does when it saves: names of mailboxes that it has, kinds of the others.
func (s *store) resolveAddresses(v types.Properties) {
	for _, p := range classOf(v).props {
		if !has(v, p) {
			continue
		}
		switch x := v.PropertyPtr(p.Bit).(type) {
		case *types.EmailAddress:
			*x = s.resolveAddress(*x)
		case *[]types.EmailAddress:
			list := slices.Clone(*x)
			for n := range list {
				list[n] = s.resolveAddress(list[n])
			}
			*x = list
		case *[]types.Attendee:
			list := slices.Clone(*x)
			for n := range list {
				list[n].Mailbox = s.resolveAddress(list[n].Mailbox)
				list[n].ResponseType = cmp.Or(list[n].ResponseType, types.ResponseTypeUnknown)
			}
			*x = list
		}
	}
}

func (s *store) resolveAddress(a types.EmailAddress) types.EmailAddress {
	if a.EmailAddress == "" {
		return a
	}
	kind := types.MailboxTypeOneOff
	name := a.EmailAddress
	if b := s.mailboxOf(a.EmailAddress); b != nil {
		kind, name = types.MailboxTypeMailbox, b.account.Name
	}
	a.Name = cmp.Or(a.Name, name)
	a.RoutingType = cmp.Or(a.RoutingType, "SMTP")
	a.MailboxType = cmp.Or(a.MailboxType, kind)
	return a
}

// validAddress reports whether mail can be sent to a.
func validAddress(a types.EmailAddress) bool {
	user, domain, ok := strings.Cut(a.EmailAddress, "@")
	return ok && user != "" && domain != "" && !strings.ContainsAny(a.EmailAddress, " \t\r\n<>;,")
}
