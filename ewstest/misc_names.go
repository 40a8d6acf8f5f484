package ewstest

import (
	"strings"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// miscHandlers registers what clients ask when they start.
func miscHandlers(h handlers) {
	handle(h, messages.OpResolveNames, reads, (*call).resolveNames)
	handle(h, messages.OpExpandDL, reads, (*call).expandDL)
	handle(h, messages.OpGetServerTimeZones, free, (*call).getServerTimeZones)
	handle(h, messages.OpGetRoomLists, free, (*call).getRoomLists)
	handle(h, messages.OpGetRooms, free, (*call).getRooms)
	handle(h, messages.OpGetUserOofSettings, reads, (*call).getOof)
	handle(h, messages.OpSetUserOofSettings, writes, (*call).setOof)
	handle(h, messages.OpGetMailTips, reads, (*call).getMailTips)
	handle(h, messages.OpGetUserAvailability, reads, (*call).getUserAvailability)
}

// maxResolutions is how many candidates ResolveNames returns.
const maxResolutions = 100

func noResults() *failure {
	return failf(messages.ErrorNameResolutionNoResults, "No results were found.")
}

// resolveNames is the operation ResolveNames. It looks for mailboxes, which are
// the directory, and for contacts.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/resolvenames-operation
func (c *call) resolveNames(req *messages.ResolveNamesRequest) (*messages.ResolveNamesResponse, error) {
	m := messages.ResolveNamesResponseMessage{ResponseClass: types.ResponseClassSuccess, ResponseCode: messages.NoError}
	found, err := c.resolve(req)
	if err == nil && len(found) == 0 {
		err = noResults()
	}
	switch {
	case err != nil:
		m.ResponseClass, m.ResponseCode, m.MessageText, m.MessageXML = asFailure(err).status()
		m.Present |= messages.ResolveNamesResponseMessageHasDescriptiveLinkKey
	default:
		if len(found) > 1 {
			m.ResponseClass, m.ResponseCode = types.ResponseClassWarning, messages.ErrorNameResolutionMultipleResults
			m.MessageText = "Multiple results were found."
			m.Present |= messages.ResolveNamesResponseMessageHasDescriptiveLinkKey
		}
		m.ResolutionSet = types.ArrayOfResolution{
			TotalItemsInView: int32(len(found)), IncludesLastItemInRange: len(found) <= maxResolutions,
			Resolution: found[:min(len(found), maxResolutions)],
			Present:    types.ArrayOfResolutionHasTotalItemsInView | types.ArrayOfResolutionHasIncludesLastItemInRange,
		}
		m.Present |= messages.ResolveNamesResponseMessageHasResolutionSet
	}
	return &messages.ResolveNamesResponse{ResponseMessages: []messages.ResolveNamesResponseMessage{m}}, nil
}

func (c *call) resolve(req *messages.ResolveNamesRequest) ([]types.Resolution, error) {
	name := strings.TrimSpace(req.UnresolvedEntry)
	if rest, ok := cutFold(name, "smtp:"); ok {
		name = rest
	}
	if strings.Trim(name, ",- ") == "" {
		return nil, failf(messages.ErrorInvalidNameForNameResolution, "The specified value is not a valid name for name resolution.")
	}
	directory := func() []types.Resolution { return c.inDirectory(name, req.ReturnFullContactData) }
	contacts := func() ([]types.Resolution, error) { return c.inContacts(name, req) }
	switch req.SearchScope {
	case types.ResolveNamesSearchScopeActiveDirectory:
		return directory(), nil
	case types.ResolveNamesSearchScopeContacts:
		return contacts()
	case types.ResolveNamesSearchScopeContactsActiveDirectory:
		list, err := contacts()
		return append(list, directory()...), err
	}
	list, err := contacts()
	return append(directory(), list...), err
}

// startsWord reports whether the name begins a word of any of the texts.
func startsWord(name string, texts ...string) bool {
	name = strings.ToLower(name)
	for _, t := range texts {
		t = strings.ToLower(t)
		for i := 0; t != ""; {
			if strings.HasPrefix(t[i:], name) {
				return true
			}
			next := strings.IndexAny(t[i:], " ,.-@")
			if next < 0 {
				break
			}
			i += next + 1
		}
	}
	return false
}

func (c *call) inDirectory(name string, full bool) []types.Resolution {
	var out []types.Resolution
	for _, b := range c.store.boxes {
		local, _, _ := strings.Cut(b.account.Address, "@")
		if !startsWord(name, b.account.Name, local) && !strings.EqualFold(name, b.account.Address) && !strings.EqualFold(name, b.account.User) {
			continue
		}
		r := types.Resolution{Mailbox: b.address()}
		if full {
			contact := &types.Contact{}
			assign(contact, "contacts:DisplayName", b.account.Name)
			assign(contact, "contacts:ContactSource", types.ContactSourceActiveDirectory)
			assign(contact, "contacts:EmailAddresses", []types.EmailAddressDictionaryEntry{
				{Key: types.EmailAddressKeyEmailAddress1, Value: "SMTP:" + b.account.Address},
			})
			r.Contact = contact
		}
		out = append(out, r)
	}
	return out
}

func (c *call) inContacts(name string, req *messages.ResolveNamesRequest) ([]types.Resolution, error) {
	folders := []*folder{c.user.distinguished[types.DistinguishedFolderIDNameContacts]}
	if len(req.ParentFolderIDs) > 0 {
		folders = nil
		for _, id := range req.ParentFolderIDs {
			f, err := c.folder(id)
			if err == nil {
				err = c.need(f, readItems)
			}
			if err != nil {
				return nil, err
			}
			folders = append(folders, f)
		}
	}
	var out []types.Resolution
	for _, f := range folders {
		for _, i := range c.itemsIn(f) {
			if r, ok := c.resolution(i, name, req.ReturnFullContactData); ok {
				out = append(out, r)
			}
		}
	}
	return out, nil
}

// resolution returns what is said of a contact or a private distribution list
// that the name fits.
func (c *call) resolution(i *item, name string, full bool) (r types.Resolution, ok bool) {
	r.Mailbox.ItemID = i.itemID()
	switch v := i.data.(type) {
	case *types.DistributionList:
		r.Mailbox.Name, r.Mailbox.RoutingType, r.Mailbox.MailboxType = v.DisplayName, "MAPIPDL", types.MailboxTypePrivateDL
		return r, startsWord(name, v.DisplayName)
	case *types.Contact:
		fits := startsWord(name, v.DisplayName, v.GivenName, v.Surname, v.FileAs, v.CompanyName, v.Nickname)
		for _, e := range v.EmailAddresses {
			if r.Mailbox.EmailAddress == "" {
				r.Mailbox.EmailAddress = e.Value
			}
			fits = fits || strings.HasPrefix(strings.ToLower(e.Value), strings.ToLower(name))
		}
		r.Mailbox.Name, r.Mailbox.RoutingType, r.Mailbox.MailboxType = v.DisplayName, "SMTP", types.MailboxTypeContact
		if full {
			contact := clone(v)
			assign(contact, "contacts:ContactSource", types.ContactSourceStore)
			r.Contact = contact
		}
		return r, fits && r.Mailbox.EmailAddress != ""
	}
	return r, false
}

// expandDL is the operation ExpandDL. The lists of a mailbox can be expanded;
// the directory has none.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/expanddl-operation
func (c *call) expandDL(req *messages.ExpandDLRequest) (*messages.ExpandDLResponse, error) {
	m := messages.ExpandDLResponseMessage{ResponseClass: types.ResponseClassSuccess, ResponseCode: messages.NoError}
	members, err := c.membersOf(req.Mailbox)
	if err != nil {
		m.ResponseClass, m.ResponseCode, m.MessageText, m.MessageXML = asFailure(err).status()
		m.Present |= messages.ExpandDLResponseMessageHasDescriptiveLinkKey
	} else {
		m.DLExpansion = types.ArrayOfDLExpansion{
			TotalItemsInView: int32(len(members)), IncludesLastItemInRange: true, Mailbox: members,
			Present: types.ArrayOfDLExpansionHasTotalItemsInView | types.ArrayOfDLExpansionHasIncludesLastItemInRange,
		}
		m.Present |= messages.ExpandDLResponseMessageHasDLExpansion
	}
	return &messages.ExpandDLResponse{ResponseMessages: []messages.ExpandDLResponseMessage{m}}, nil
}

func (c *call) membersOf(list types.EmailAddress) ([]types.EmailAddress, error) {
	if list.ItemID.ID == "" {
		return nil, noResults()
	}
	i, err := c.item(list.ItemID.ID)
	if err != nil {
		return nil, err
	}
	dl, ok := i.data.(*types.DistributionList)
	if !ok {
		return nil, noResults()
	}
	var members []types.EmailAddress
	for _, m := range dl.Members {
		members = append(members, m.Mailbox)
	}
	return members, nil
}
