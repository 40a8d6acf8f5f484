package ewstest

import (
	"slices"
	"strings"
	"time"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
	"github.com/seed-1937cc67/goews/internal/winzone"
)

// getServerTimeZones is the operation GetServerTimeZones.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/getservertimezones-operation
func (c *call) getServerTimeZones(req *messages.GetServerTimeZonesRequest) (*messages.GetServerTimeZonesResponse, error) {
	m := messages.GetServerTimeZonesResponseMessage{ResponseClass: types.ResponseClassSuccess, ResponseCode: messages.NoError}
	full := req.ReturnFullTimeZoneData || !req.Present.Has(messages.GetServerTimeZonesRequestHasReturnFullTimeZoneData)
	for _, z := range winzone.All() {
		wanted := !req.Present.Has(messages.GetServerTimeZonesRequestHasIDs) && len(req.IDs) == 0
		if !wanted && !slices.ContainsFunc(req.IDs, func(id string) bool { return strings.EqualFold(id, z.Name) }) {
			continue
		}
		def := definitionOf(z)
		if !full {
			def = types.TimeZoneDefinition{ID: def.ID, Name: def.Name, Present: types.TimeZoneDefinitionHasID | types.TimeZoneDefinitionHasName}
		}
		m.TimeZoneDefinitions = append(m.TimeZoneDefinitions, def)
	}
	return &messages.GetServerTimeZonesResponse{ResponseMessages: []messages.GetServerTimeZonesResponseMessage{m}}, nil
}

// getRoomLists is the operation GetRoomLists: there are none.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/getroomlists-operation
func (c *call) getRoomLists(*messages.GetRoomListsRequest) (*messages.GetRoomListsResponse, error) {
	return &messages.GetRoomListsResponse{
		ResponseClass: types.ResponseClassSuccess, ResponseCode: messages.NoError, Present: messages.GetRoomListsResponseHasRoomLists,
	}, nil
}

// getRooms is the operation GetRooms, of a list that cannot be there.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/getrooms-operation
func (c *call) getRooms(*messages.GetRoomsRequest) (*messages.GetRoomsResponse, error) {
	m := &messages.GetRoomsResponse{Present: messages.GetRoomsResponseHasDescriptiveLinkKey}
	m.ResponseClass, m.ResponseCode, m.MessageText, m.MessageXML = noResults().status()
	return m, nil
}

// oofBox returns the mailbox whose settings are asked for.
func (c *call) oofBox(address string) (*mailbox, error) {
	b := c.store.mailboxOf(address)
	switch {
	case b == nil:
		return nil, refuse(messages.ErrorMailRecipientNotFound)
	case !c.mayOpen(b):
		return nil, refuse(messages.ErrorAccessDenied)
	}
	return b, nil
}

// getOof is the operation GetUserOofSettings.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/getuseroofsettings-operation
func (c *call) getOof(req *messages.GetUserOofSettingsRequest) (*messages.GetUserOofSettingsResponse, error) {
	b, err := c.oofBox(req.Mailbox.Address)
	if err != nil {
		return nil, err
	}
	oof := b.oof
	if oof.OofState == "" {
		day := c.store.instant().Truncate(24 * time.Hour)
		oof = types.UserOofSettings{
			OofState: types.OofStateDisabled, ExternalAudience: types.ExternalAudienceAll,
			Duration: types.TimeWindow{StartTime: day, EndTime: day.AddDate(0, 0, 1)},
		}
	}
	oof.Present |= types.UserOofSettingsHasDuration | types.UserOofSettingsHasInternalReply | types.UserOofSettingsHasExternalReply
	return &messages.GetUserOofSettingsResponse{
		ResponseMessage: plainMessage(nil), OofSettings: oof, AllowExternalOof: types.ExternalAudienceAll,
		Present: messages.GetUserOofSettingsResponseHasOofSettings,
	}, nil
}

// setOof is the operation SetUserOofSettings. A time must be given if the state
// is Scheduled, and must lie ahead.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/setuseroofsettings-operation
func (c *call) setOof(req *messages.SetUserOofSettingsRequest) (*messages.SetUserOofSettingsResponse, error) {
	b, err := c.oofBox(req.Mailbox.Address)
	if err != nil {
		return nil, err
	}
	oof := req.UserOofSettings
	oof.Duration.StartTime = utcOr(oof.Duration.StartTime, c.location())
	oof.Duration.EndTime = utcOr(oof.Duration.EndTime, c.location())
	if d := oof.Duration; oof.OofState == types.OofStateScheduled && (!d.StartTime.Before(d.EndTime) || d.EndTime.Before(c.store.now())) {
		return nil, &refusal{code: messages.ErrorInvalidScheduledOofDuration, text: "The scheduled duration of the out of office is invalid."}
	}
	if !oof.Present.Has(types.UserOofSettingsHasDuration) && oof.Duration == (types.TimeWindow{}) {
		oof.Duration = b.oof.Duration
		if oof.Duration == (types.TimeWindow{}) {
			day := c.store.instant().Truncate(24 * time.Hour)
			oof.Duration = types.TimeWindow{StartTime: day, EndTime: day.AddDate(0, 0, 1)}
		}
	}
	b.oof = oof
	return &messages.SetUserOofSettingsResponse{ResponseMessage: plainMessage(nil), Present: messages.SetUserOofSettingsResponseHasResponseMessage}, nil
}

// getMailTips is the operation GetMailTips.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/getmailtips-operation
func (c *call) getMailTips(req *messages.GetMailTipsRequest) (*messages.GetMailTipsResponse, error) {
	res := &messages.GetMailTipsResponse{ResponseClass: types.ResponseClassSuccess, ResponseCode: messages.NoError}
	for _, to := range req.Recipients {
		tips := types.MailTips{RecipientAddress: to, Present: types.MailTipsHasOutOfOffice | types.MailTipsHasMailboxFull |
			types.MailTipsHasTotalMemberCount | types.MailTipsHasExternalMemberCount | types.MailTipsHasMaxMessageSize |
			types.MailTipsHasDeliveryRestricted | types.MailTipsHasIsModerated | types.MailTipsHasInvalidRecipient}
		tips.MaxMessageSize, tips.TotalMemberCount = 37748736, 1
		if b := c.store.mailboxOf(to.EmailAddress); b != nil {
			tips.RecipientAddress.Name = b.account.Name
			if b.isAway(c.store.now()) {
				tips.OutOfOffice.ReplyBody = b.oof.InternalReply
				tips.OutOfOffice.Duration = b.oof.Duration
			}
		} else {
			tips.InvalidRecipient = c.isLocal(to.EmailAddress)
			tips.ExternalMemberCount = 1
		}
		res.ResponseMessages = append(res.ResponseMessages, messages.MailTipsResponseMessage{
			ResponseClass: types.ResponseClassSuccess, ResponseCode: messages.NoError, MailTips: tips, Present: messages.MailTipsResponseMessageHasMailTips,
		})
	}
	return res, nil
}

// isAway reports whether the mailbox's user is out of office.
func (b *mailbox) isAway(now time.Time) bool {
	switch b.oof.OofState {
	case types.OofStateEnabled:
		return true
	case types.OofStateScheduled:
		return !now.Before(b.oof.Duration.StartTime) && now.Before(b.oof.Duration.EndTime)
	}
	return false
}

// isLocal reports whether an address is in a domain of the server's mailboxes.
func (c *call) isLocal(address string) bool {
	_, domain, _ := strings.Cut(address, "@")
	for _, b := range c.store.boxes {
		if _, d, _ := strings.Cut(b.account.Address, "@"); strings.EqualFold(d, domain) {
			return true
		}
	}
	return false
}
