package autodiscover

import (
	"github.com/seed-1937cc67/goews/gen/types"
)

// Result is what a server says of a mailbox. It has no secret in it, and
// survives JSON: a program may keep it and use it later without a search.
type Result struct {
	// Requested is the address that was looked for.
	Requested string
	// Address is the primary SMTP address; Requested, or the last address that
	// it was redirected to, if the server does not say.
	Address string
	// DisplayName and LegacyDN are those of the user. Empty if the server does
	// not say.
	DisplayName string `json:",omitempty"`
	LegacyDN    string `json:",omitempty"`
	// EWS is the URL to use: External if that is an https URL, else Internal if
	// that is one; the other way round with Config.PreferInternal.
	EWS string
	// External and Internal are the URLs as the server gave them, for clients
	// outside and inside its network. Empty if it did not.
	External string `json:",omitempty"`
	Internal string `json:",omitempty"`
	// Version is the newest EWS schema that the server says it knows and this
	// module knows, by age, not by name. Empty if the server does not say.
	Version types.ExchangeVersion `json:",omitempty"`
	// Schemas are the names of all schemas, as the server gave them.
	Schemas []string `json:",omitempty"`
	// Build is the version of the server, as in "15.1.2507.35". Empty if it does
	// not say.
	Build string `json:",omitempty"`
	// Online says that the mailbox is in Exchange Online.
	Online bool `json:",omitempty"`
	// Group is the setting GroupingInformation: mailboxes with the same one and
	// the same EWS URL may share an event stream. See
	// https://learn.microsoft.com/exchange/client-developer/exchange-web-services/how-to-maintain-affinity-between-group-of-subscriptions-and-mailbox-server.
	Group string `json:",omitempty"`
	// Mailboxes are other mailboxes that the user has, as an archive.
	Mailboxes []Mailbox `json:",omitempty"`
	// PublicFolders is the SMTP address of the mailbox that has the public
	// folders' hierarchy for the user. Empty if there is none.
	PublicFolders string `json:",omitempty"`
	// Settings are all settings as text, by their SOAP names; those of the
	// other services get the SOAP name that means the same, or one such as
	// "EXCH/OABUrl" of protocol and element.
	Settings map[string]string `json:",omitempty"`
	// SettingErrors says why settings that were asked for are not there. It is
	// no failure of the search.
	SettingErrors []SettingError `json:",omitempty"`
	// Endpoint is the URL of the service that answered, Service its kind, and
	// Schemes what authentication it offered before it got any.
	Endpoint string
	Service  Kind
	Schemes  []string `json:",omitempty"`
	// Steps are how it was found; FromCache says that nobody was asked.
	Steps     []Step `json:"-"`
	FromCache bool   `json:"-"`
}

// Mailbox is another mailbox of a user.
type Mailbox struct {
	// Type is "Archive", "Delegate" or "TeamMailbox". See
	// https://learn.microsoft.com/exchange/client-developer/web-service-reference/type-pox.
	Type        string
	DisplayName string `json:",omitempty"`
	LegacyDN    string `json:",omitempty"`
	Server      string `json:",omitempty"`
	// SMTPAddress and OwnerSMTPAddress are there for mailboxes whose settings
	// are to be asked for in their own right.
	SMTPAddress      string `json:",omitempty"`
	OwnerSMTPAddress string `json:",omitempty"`
}

// SettingError says why one setting is not there, as in Code
// "SettingIsNotAvailable".
type SettingError struct {
	Name    string
	Code    string
	Message string
}

// Archive returns the archive mailbox; nil if there is none.
func (r *Result) Archive() *Mailbox {
	for i := range r.Mailboxes {
		if r.Mailboxes[i].Type == "Archive" {
			return &r.Mailboxes[i]
		}
	}
	return nil
}
