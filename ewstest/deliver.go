package ewstest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// sendItem is the operation SendItem.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/senditem-operation
func (c *call) sendItem(req *messages.SendItemRequest) (*messages.SendItemResponse, error) {
	res := &messages.SendItemResponse{}
	for _, id := range req.ItemIDs {
		res.ResponseMessages = append(res.ResponseMessages, plainMessage(c.sendOne(id, req)))
	}
	return res, nil
}

func (c *call) sendOne(id types.BaseItemID, req *messages.SendItemRequest) error {
	named := req.Present&messages.SendItemRequestHasSavedItemFolderID != 0
	if named && !req.SaveItemToFolder {
		return fail(messages.ErrorInvalidSendItemSaveSettings)
	}
	t, err := c.find(id)
	switch {
	case err != nil:
		return err
	case !isMessage(t.data):
		return fail(messages.ErrorInvalidItemForOperationSendItem)
	case !t.hasKey:
		return fail(messages.ErrorChangeKeyRequired)
	case t.stale():
		return fail(messages.ErrorStaleObject)
	case len(allRecipients(props(t.data))) == 0:
		return fail(messages.ErrorMissingRecipients)
	}
	if err := c.needItem(t.item, editing); err != nil {
		return err
	}
	var save *folder
	if req.SaveItemToFolder {
		save = t.folder.box.distinguished[types.DistinguishedFolderIDNameSentitems]
	}
	if named {
		if save, err = c.targetFolder(req.SavedItemFolderID, messages.ErrorSavedItemFolderNotFound); err != nil {
			return err
		}
	}
	if err := c.send(t.data, t.attached, save); err != nil {
		return err
	}
	c.store.deleteItem(t.item)
	return nil
}

// send sends a message, and saves a copy in the folder, if there is one. The
// sender is the user of the call, on behalf of whom the message is from.
func (c *call) send(data types.Item, attached []*attachment, save *folder) error {
	v := clone(props(data))
	to := allRecipients(v)
	if len(to) == 0 {
		return fail(messages.ErrorInvalidRecipients)
	}
	to, err := c.expand(to)
	if err != nil {
		return err
	}
	if from, ok := lookup[types.EmailAddress](v, "message:From"); ok {
		if b := c.store.mailboxOf(from.EmailAddress); b == nil || !c.mayOpen(b) {
			return fail(messages.ErrorSendAsDenied)
		}
	}
	if save != nil && c.need(save, createItems) != nil {
		return fail(messages.ErrorCreateItemAccessDenied)
	}
	c.store.stampSent(v, c.user)
	c.store.post(v, attached, save, c.user, to)
	return nil
}

func recipients(v types.Properties, kind string) []types.EmailAddress {
	return valueAt[[]types.EmailAddress](v, "message:"+kind+"Recipients")
}

func allRecipients(v types.Properties) []types.EmailAddress {
	return slices.Concat(recipients(v, "To"), recipients(v, "Cc"), recipients(v, "Bcc"))
}

// expand replaces distribution lists of the user's own by their members. It
// reports recipients to whom nothing can be sent.
func (c *call) expand(list []types.EmailAddress) ([]types.EmailAddress, error) {
	var out []types.EmailAddress
	for _, a := range list {
		if a.ItemID.ID == "" {
			if !validAddress(a) {
				return nil, fail(messages.ErrorInvalidRecipients)
			}
			out = append(out, a)
			continue
		}
		i, err := c.item(a.ItemID.ID)
		if err != nil {
			return nil, fail(messages.ErrorInvalidRecipients)
		}
		l, ok := i.data.(*types.DistributionList)
		if !ok {
			return nil, fail(messages.ErrorInvalidRecipients)
		}
		for _, m := range l.Members {
			if validAddress(m.Mailbox) {
				out = append(out, m.Mailbox)
			}
		}
	}
	return out, nil
}

// stampSent makes a message one that was sent by a user.
func (s *store) stampSent(v types.Properties, by *mailbox) {
	now := s.instant()
	assignDefault(v, "message:From", by.address())
	assign(v, "message:Sender", by.address())
	assign(v, "item:IsDraft", false)
	assign(v, "item:IsSubmitted", true)
	assign(v, "item:IsFromMe", true)
	assign(v, "item:IsUnmodified", true)
	assign(v, "message:IsRead", true)
	assign(v, "item:DateTimeSent", now)
	assign(v, "item:DateTimeReceived", now)
	assign(v, "item:LastModifiedName", by.account.Name)
}

// post delivers a sent message: a copy into the folder, one to each mailbox
// that the server has, and to the sender reports of what became of the rest.
func (s *store) post(v types.Properties, attached []*attachment, save *folder, by *mailbox, to []types.EmailAddress) {
	if save != nil {
		saved := clone(v)
		derive(saved, attached)
		s.addItem(save, saved.(types.Item), attached)
	}
	var lost, reached []types.EmailAddress
	seen := map[*mailbox]bool{}
	for _, a := range to {
		box := s.mailboxOf(a.EmailAddress)
		switch {
		case box == nil:
			lost = append(lost, a)
		case !seen[box]:
			seen[box] = true
			reached = append(reached, box.address())
			s.deliver(v, attached, box)
		}
	}
	if len(lost) > 0 {
		s.report(by, v, attached, undelivered, lost)
	}
	if len(reached) > 0 && valueAt[bool](v, "message:IsDeliveryReceiptRequested") {
		s.report(by, v, nil, delivered, reached)
	}
}

// deliver puts a copy of a sent message into a mailbox: without what is the
// sender's alone.
func (s *store) deliver(sent types.Properties, attached []*attachment, box *mailbox) *item {
	v := clone(sent)
	for _, uri := range []string{
		"message:BccRecipients", "item:Categories", "item:ReminderDueBy", "item:PolicyTag", "item:ArchiveTag", "item:RetentionDate",
	} {
		unset(v, uri)
	}
	assign(v, "item:Flag", types.Flag{FlagStatus: types.FlagStatusNotFlagged})
	assign(v, "item:ReminderIsSet", false)
	assign(v, "item:IsSubmitted", false)
	assign(v, "item:IsFromMe", false)
	assign(v, "item:IsUnmodified", true)
	assign(v, "message:IsRead", false)
	assign(v, "message:ReceivedBy", box.address())
	assign(v, "message:ReceivedRepresenting", box.address())
	assign(v, "item:InternetMessageHeaders", s.transportHeaders(v, box))
	derive(v, attached)
	inbox := box.distinguished[types.DistinguishedFolderIDNameInbox]
	i := s.addItem(inbox, v.(types.Item), attached)
	s.note(event{what: arrived, item: i, folder: inbox})
	s.receive(i)
	return i
}

// transportHeaders are the headers of a message when it has come.
func (s *store) transportHeaders(v types.Properties, box *mailbox) []types.InternetHeader {
	sent := valueAt[time.Time](v, "item:DateTimeSent")
	out := []types.InternetHeader{
		{HeaderName: "Received", Value: fmt.Sprintf("from %s by %s; %s", s.domain(), s.domain(), sent.Format(mailDate))},
	}
	add := func(name, value string) {
		if value != "" {
			out = append(out, types.InternetHeader{HeaderName: name, Value: value})
		}
	}
	add("From", mailboxHeader(valueAt[types.EmailAddress](v, "message:From")))
	add("To", mailboxHeader(recipients(v, "To")...))
	add("CC", mailboxHeader(recipients(v, "Cc")...))
	add("Subject", valueAt[string](v, "item:Subject"))
	add("Thread-Topic", valueAt[string](v, "message:ConversationTopic"))
	add("Date", sent.Format(mailDate))
	add("Message-ID", valueAt[string](v, "message:InternetMessageId"))
	add("References", valueAt[string](v, "message:References"))
	add("In-Reply-To", valueAt[string](v, "item:InReplyTo"))
	add("Content-Language", valueAt[string](v, "item:Culture"))
	add("X-MS-Exchange-Organization-AuthAs", "Internal")
	if list := v.ExtendedPtr(); list != nil {
		for _, e := range *list {
			p := e.ExtendedFieldURI
			if p.DistinguishedPropertySetID == types.DistinguishedPropertySetInternetHeaders || strings.EqualFold(p.PropertySetID, propertySets[types.DistinguishedPropertySetInternetHeaders]) {
				add(p.PropertyName, e.Value)
			}
		}
	}
	add("MIME-Version", "1.0")
	return out
}

const mailDate = "Mon, 2 Jan 2006 15:04:05 -0700"

// A reportKind is what is reported of a message.
type reportKind struct {
	class, prefix, text string
}

var (
	undelivered = reportKind{"REPORT.IPM.Note.NDR", "Undeliverable: ", "Delivery has failed to these recipients or groups:"}
	delivered   = reportKind{"REPORT.IPM.Note.DR", "Delivered: ", "Your message has been delivered to the following recipients:"}
	wasRead     = reportKind{"REPORT.IPM.Note.IPNRN", "Read: ", "Your message was read by:"}
	wasNotRead  = reportKind{"REPORT.IPM.Note.IPNNRN", "Not read: ", "Your message was deleted without being read by:"}
)

// report puts a report on a message into the sender's inbox: who are those
// whom it is about. One that failed has the message with it.
func (s *store) report(to *mailbox, sent types.Properties, attached []*attachment, kind reportKind, who []types.EmailAddress) {
	v := &types.Message{}
	from := types.EmailAddress{
		Name: "Microsoft Outlook", EmailAddress: "postmaster@" + s.domain(), RoutingType: "SMTP", MailboxType: types.MailboxTypeOneOff,
	}
	if kind == wasRead || kind == wasNotRead {
		from = who[0]
	}
	subject := valueAt[string](sent, "item:Subject")
	text := kind.text + "\r\n\r\n"
	for _, a := range who {
		text += cmp.Or(a.Name, a.EmailAddress) + " (" + a.EmailAddress + ")\r\n"
	}
	if kind == undelivered {
		text += "The email address you entered couldn't be found. Please check the recipient's email address and try to resend the message.\r\n"
	}
	assign(v, "item:ItemClass", kind.class)
	assign(v, "item:Subject", kind.prefix+subject)
	assign(v, "item:Body", types.Body{BodyType: types.BodyTypeText, Value: text})
	assign(v, "item:InReplyTo", valueAt[string](sent, "message:InternetMessageId"))
	assign(v, "message:References", valueAt[string](sent, "message:InternetMessageId"))
	assign(v, "message:ToRecipients", []types.EmailAddress{to.address()})
	assign(v, "message:From", from)
	assign(v, "message:ConversationTopic", valueAt[string](sent, "message:ConversationTopic"))
	if index := valueAt[[]byte](sent, "message:ConversationIndex"); len(index) > 0 {
		assign(v, "message:ConversationIndex", s.replyIndex(index))
	}
	assign(v, "item:IsDraft", false)
	s.complete(v, to, from.Name)
	assign(v, "message:Sender", from)
	var list []*attachment
	if kind == undelivered {
		original := clone(sent)
		derive(original, attached)
		list = []*attachment{{
			data: &types.ItemAttachment{
				Name: firstText(subject, "message"), Item: original.(types.Item), Size: valueAt[int32](original, "item:Size"),
			},
			attached: attached,
		}}
	}
	s.deliver(v, list, to)
}
