package ewstest

import (
	"cmp"
	"html"
	"slices"
	"strings"
	"time"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// answerKind is a kind of message in answer to another.
type answerKind uint8

const (
	replySender answerKind = iota
	replyAll
	forward
)

// reply makes, and perhaps sends, the answer that a response object describes.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/replytoitem
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/forwarditem
func (c *call) reply(r *types.ReplyToItem, kind answerKind, req *messages.CreateItemRequest) ([]types.Item, error) {
	if req.Present&messages.CreateItemRequestHasMessageDisposition == 0 {
		return nil, fail(messages.ErrorMessageDispositionRequired)
	}
	ref, err := c.reference(r.ReferenceItemID)
	if err != nil {
		return nil, err
	}
	if err := c.mayAnswer(ref, kind); err != nil {
		return nil, err
	}
	save, err := c.saveFolder(&types.Message{}, req)
	if err != nil {
		return nil, err
	}
	data, attached, err := c.buildAnswer(ref, r, kind, save)
	if err != nil {
		return nil, err
	}
	return c.createMessage(data, attached, save, req.MessageDisposition)
}

// reference returns the item that a response object is about.
func (c *call) reference(id types.ItemID) (*item, error) {
	if id.ID == "" {
		return nil, fail(messages.ErrorMissingInformationReferenceItemID)
	}
	t, err := c.find(&id)
	return t.item, err
}

// mayAnswer reports an item to which there is no such answer.
func (c *call) mayAnswer(ref *item, kind answerKind) error {
	switch v := ref.data.(type) {
	case *types.CalendarItem:
		if kind == replySender && v.MyResponseType == types.ResponseTypeOrganizer {
			return fail(messages.ErrorInvalidReferenceItem)
		}
		return nil
	case *types.PostItem:
		return nil
	}
	if !isMessage(ref.data) || kind != forward && valueAt[bool](props(ref.data), "item:IsDraft") {
		return fail(messages.ErrorInvalidReferenceItem)
	}
	return nil
}

// buildAnswer makes the message.
func (c *call) buildAnswer(ref *item, r *types.ReplyToItem, kind answerKind, save *folder) (types.Item, []*attachment, error) {
	old := props(ref.data)
	m := &types.Message{}
	subject, topic := r.Subject, topicOf(valueAt[string](old, "item:Subject"))
	if r.Present&types.ReplyToItemHasSubject == 0 && subject == "" {
		subject = map[answerKind]string{replySender: "RE: ", replyAll: "RE: ", forward: "FW: "}[kind] + topic
	}
	assign(m, "item:Subject", subject)
	assign(m, "item:Body", answerBody(r, old))
	to, cc := c.answerRecipients(r, old, kind)
	for uri, list := range map[string][]types.EmailAddress{
		"message:ToRecipients": to, "message:CcRecipients": cc, "message:BccRecipients": r.BccRecipients,
	} {
		if len(list) > 0 {
			assign(m, uri, list)
		}
	}
	if r.From.EmailAddress != "" {
		assign(m, "message:From", r.From)
	}
	assign(m, "message:IsReadReceiptRequested", r.IsReadReceiptRequested)
	assign(m, "message:IsDeliveryReceiptRequested", r.IsDeliveryReceiptRequested)
	if id := valueAt[string](old, "message:InternetMessageId"); id != "" {
		assign(m, "item:InReplyTo", id)
		assign(m, "message:References", strings.TrimSpace(valueAt[string](old, "message:References")+" "+id))
	}
	assign(m, "message:ConversationTopic", cmp.Or(valueAt[string](old, "message:ConversationTopic"), topic))
	if index := valueAt[[]byte](old, "message:ConversationIndex"); len(index) > 0 {
		assign(m, "message:ConversationIndex", c.store.replyIndex(index))
	}
	var attached []*attachment
	for _, a := range ref.attached {
		if kind == forward || a.inline() {
			attached = append(attached, a)
		}
	}
	if err := c.check(m, messages.ErrorItemSavePropertyError); err != nil {
		return nil, nil, err
	}
	c.store.complete(m, save.box, c.user.account.Name)
	derive(m, attached)
	return m, attached, nil
}

// answerRecipients returns to whom the answer goes if the request does not say.
func (c *call) answerRecipients(r *types.ReplyToItem, old types.Properties, kind answerKind) (to, cc []types.EmailAddress) {
	to, cc = r.ToRecipients, r.CcRecipients
	if kind == forward {
		return to, cc
	}
	mine := func(a types.EmailAddress) bool { return c.store.mailboxOf(a.EmailAddress) == c.user }
	if len(to) == 0 {
		to = valueAt[[]types.EmailAddress](old, "message:ReplyTo")
		if from := valueAt[types.EmailAddress](old, "message:From"); len(to) == 0 && from.EmailAddress != "" {
			to = []types.EmailAddress{from}
		}
		if organizer := valueAt[types.EmailAddress](old, "calendar:Organizer"); len(to) == 0 && organizer.EmailAddress != "" {
			to = []types.EmailAddress{organizer}
		}
		if kind == replyAll {
			others := slices.Concat(recipients(old, "To"), attendeeAddresses(old, "calendar:RequiredAttendees"))
			to = append(slices.Clone(to), slices.DeleteFunc(others, mine)...)
		}
	}
	if len(cc) == 0 && kind == replyAll {
		cc = slices.DeleteFunc(slices.Concat(recipients(old, "Cc"), attendeeAddresses(old, "calendar:OptionalAttendees")), mine)
	}
	return uniqueAddresses(to), uniqueAddresses(cc)
}

func attendeeAddresses(v types.Properties, uri string) []types.EmailAddress {
	var out []types.EmailAddress
	for _, a := range valueAt[[]types.Attendee](v, uri) {
		out = append(out, a.Mailbox)
	}
	return out
}

func uniqueAddresses(list []types.EmailAddress) []types.EmailAddress {
	seen := map[string]bool{}
	return slices.DeleteFunc(slices.Clone(list), func(a types.EmailAddress) bool {
		key := strings.ToLower(a.EmailAddress)
		if seen[key] {
			return true
		}
		seen[key] = true
		return false
	})
}

// answerBody returns what is new, and below it the message that is answered. A
// whole body in the request is taken as it is.
func answerBody(r *types.ReplyToItem, old types.Properties) types.Body {
	if r.Present&types.ReplyToItemHasBody != 0 || r.Body.Value != "" {
		b := r.Body
		b.Present = 0
		return b
	}
	was := valueAt[types.Body](old, "item:Body")
	own := r.NewBodyContent
	if own.BodyType == types.BodyTypeHTML || own.BodyType == "" && was.BodyType == types.BodyTypeHTML {
		return types.Body{BodyType: types.BodyTypeHTML, Value: "<html><head>\r\n" + metaUTF8 + "</head><body>" + innerHTML(own.Value) +
			"\r\n" + htmlQuoteMark + "\r\n" + quoteHeader(old, "<b>", "</b>", "<br>\r\n", html.EscapeString) +
			innerHTML(convertBody(was, types.BodyTypeResponseHTML).Value) + "</body></html>"}
	}
	return types.Body{BodyType: types.BodyTypeText, Value: own.Value + "\r\n" + textQuoteMark +
		quoteHeader(old, "", "", "\r\n", func(s string) string { return s }) + "\r\n" + convertBody(was, types.BodyTypeResponseText).Value}
}

// quoteHeader says what message is quoted.
func quoteHeader(old types.Properties, open, end, line string, escape func(string) string) string {
	s := ""
	add := func(name, value string) {
		if value != "" {
			s += open + name + ":" + end + " " + escape(value) + line
		}
	}
	from := valueAt[types.EmailAddress](old, "message:From")
	add("From", cmp.Or(from.Name, from.EmailAddress))
	add("Sent", valueAt[time.Time](old, "item:DateTimeSent").Format("Monday, January 2, 2006 3:04 PM"))
	add("To", valueAt[string](old, "item:DisplayTo"))
	add("Cc", valueAt[string](old, "item:DisplayCc"))
	add("Subject", valueAt[string](old, "item:Subject"))
	return s + line
}

// innerHTML returns what is in the body of an HTML document.
func innerHTML(s string) string {
	if i := indexFold(s, "<body"); i >= 0 {
		if j := strings.IndexByte(s[i:], '>'); j >= 0 {
			s = s[i+j+1:]
		}
	}
	if i := indexFold(s, "</body"); i >= 0 {
		s = s[:i]
	}
	return s
}

// replyPost makes the answer to a post.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/postreplyitem
func (c *call) replyPost(r *types.PostReplyItem, req *messages.CreateItemRequest) ([]types.Item, error) {
	ref, err := c.reference(r.ReferenceItemID)
	if err != nil {
		return nil, err
	}
	if _, ok := ref.data.(*types.PostItem); !ok && !isMessage(ref.data) {
		return nil, fail(messages.ErrorInvalidReferenceItem)
	}
	save := ref.folder
	if req.Present&messages.CreateItemRequestHasSavedItemFolderID != 0 {
		if save, err = c.targetFolder(req.SavedItemFolderID, messages.ErrorSavedItemFolderNotFound); err != nil {
			return nil, err
		}
	}
	v := &types.PostItem{}
	if err := fitsFolder(v, save); err != nil {
		return nil, err
	}
	if c.need(save, createItems) != nil {
		return nil, fail(messages.ErrorCreateItemAccessDenied)
	}
	old := props(ref.data)
	assign(v, "item:Subject", firstText(r.Subject, valueAt[string](old, "item:Subject")))
	assign(v, "item:Body", answerBody(&types.ReplyToItem{
		Body: r.Body, NewBodyContent: r.NewBodyContent, Present: map[bool]types.Bits{true: types.ReplyToItemHasBody}[r.Present&types.PostReplyItemHasBody != 0],
	}, old))
	assign(v, "message:ConversationTopic", valueAt[string](old, "message:ConversationTopic"))
	assign(v, "message:ConversationIndex", c.store.replyIndex(valueAt[[]byte](old, "message:ConversationIndex")))
	c.store.complete(v, save.box, c.user.account.Name)
	derive(v, nil)
	return []types.Item{c.store.addItem(save, v, nil).idOnly()}, nil
}

// suppressReceipt makes the server not tell the sender that a message was
// read.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/suppressreadreceipt
func (c *call) suppressReceipt(id types.ItemID) error {
	i, err := c.reference(id)
	switch {
	case err != nil:
		return err
	case !isMessage(i.data):
		return fail(messages.ErrorInvalidReferenceItem)
	case !receiptPending(props(i.data)):
		return fail(messages.ErrorReadReceiptNotPending)
	}
	c.endReceipt(i)
	return nil
}

// endReceipt takes note that no read receipt is to be sent any more.
func (c *call) endReceipt(i *item) {
	v := clone(props(i.data))
	assign(v, "message:IsReadReceiptRequested", false)
	c.store.changeItem(i, v.(types.Item), changed)
}

// tellRead sends the sender of a message the receipt that was asked for, now
// that it was read, or was deleted unread. v is what it was before.
func (c *call) tellRead(v types.Properties, kind reportKind) {
	if from := c.store.mailboxOf(valueAt[types.EmailAddress](v, "message:From").EmailAddress); from != nil {
		c.store.report(from, v, nil, kind, []types.EmailAddress{c.user.address()})
	}
}
