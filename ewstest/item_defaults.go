package ewstest

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// readOnly reports whether clients may not set the property.
func readOnly(p field.Info) bool { return p.ReadOnly }

// defaultItemClass is the message class of items of a class.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/itemclass
func defaultItemClass(v types.Item) string {
	switch v.(type) {
	case *types.CalendarItem:
		return "IPM.Appointment"
	case *types.Contact:
		return "IPM.Contact"
	case *types.DistributionList:
		return "IPM.DistList"
	case *types.Task:
		return "IPM.Task"
	case *types.PostItem:
		return "IPM.Post"
	case *types.MeetingRequest:
		return "IPM.Schedule.Meeting.Request"
	case *types.MeetingCancellation:
		return "IPM.Schedule.Meeting.Canceled"
	case *types.MeetingResponse:
		return "IPM.Schedule.Meeting.Resp"
	}
	return "IPM.Note"
}

// classFor returns an empty item of the class whose items have the message
// class. What has no class of its own is a message.
func classFor(itemClass string) types.Properties {
	for _, v := range itemClasses {
		want := defaultItemClass(v.(types.Item))
		if want != "IPM.Note" && (strings.EqualFold(itemClass, want) || hasPrefixFold(itemClass, want+".")) {
			return classOf(v).new()
		}
	}
	return &types.Message{}
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// strongly returns the item as one of the class that its message class says:
// Exchange answers with no t:Item. The properties are those of all items.
func strongly(v types.Properties) types.Properties {
	if _, ok := v.(*types.GenericItem); !ok {
		return v
	}
	out := classFor(valueAt[string](v, "item:ItemClass"))
	for _, p := range classOf(v).props {
		copyProp(out, v, p)
	}
	if from, to := v.ExtendedPtr(), out.ExtendedPtr(); from != nil && to != nil {
		*to = *from
	}
	return out
}

var cultures = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)

// maxSubject is how many characters of a subject are kept.
const maxSubject = 255

// check reports what is wrong with the properties of an item, and puts them
// into the form in which they are kept. code is for values that can't be saved.
func (c *call) check(v types.Properties, code messages.ResponseCode) error {
	if class := valueAt[string](v, "item:ItemClass"); present(v, "item:ItemClass") && classOf(classFor(class)) != classOf(v) {
		return uriFailure(messages.ErrorObjectTypeChanged, "item:ItemClass")
	}
	if culture, ok := lookup[string](v, "item:Culture"); ok && !cultures.MatchString(culture) {
		return uriFailure(messages.ErrorUnsupportedCulture, "item:Culture")
	}
	if subject := valueAt[string](v, "item:Subject"); utf8.RuneCountInString(subject) > maxSubject {
		assign(v, "item:Subject", string([]rune(subject)[:maxSubject]))
	}
	c.toUTC(v)
	c.store.resolveAddresses(v)
	switch v := v.(type) {
	case *types.CalendarItem:
		return c.checkCalendar(v)
	case *types.Task:
		return c.checkTask(v)
	case *types.Contact:
		return checkContact(v, code)
	}
	return nil
}

// toUTC turns the times of an item into UTC; those without a zone are in that
// of the request.
func (c *call) toUTC(v types.Properties) {
	loc := c.location()
	for _, p := range classOf(v).props {
		if !has(v, p) || p.URI == "calendar:Start" || p.URI == "calendar:End" {
			continue // an event has zones of its own
		}
		switch x := v.PropertyPtr(p.Bit).(type) {
		case *time.Time:
			*x = utcOf(*x, loc)
		case *types.Flag:
			x.StartDate, x.DueDate, x.CompleteDate = utcOr(x.StartDate, loc), utcOr(x.DueDate, loc), utcOr(x.CompleteDate, loc)
		case *[]types.Attendee:
			list := append([]types.Attendee(nil), *x...)
			for n := range list {
				list[n].LastResponseTime = utcOr(list[n].LastResponseTime, loc)
			}
			*x = list
		}
	}
}

// utcOr is utcOf for a time that may not be there.
func utcOr(t time.Time, loc *time.Location) time.Time {
	if t.IsZero() {
		return t
	}
	return utcOf(t, loc)
}

// complete gives a new item the properties that Exchange gives it.
func (s *store) complete(v types.Properties, box *mailbox, by string) {
	now := s.instant()
	it := v.(types.Item)
	assignDefault(v, "item:ItemClass", defaultItemClass(it))
	assignDefault(v, "item:Sensitivity", types.SensitivityChoicesNormal)
	assignDefault(v, "item:Importance", types.ImportanceChoicesNormal)
	assignDefault(v, "item:DateTimeReceived", now)
	assignDefault(v, "item:DateTimeSent", now)
	assign(v, "item:IsSubmitted", false)
	assignDefault(v, "item:IsDraft", beginsAsDraft(it))
	assign(v, "item:IsFromMe", false)
	assign(v, "item:IsResend", false)
	assign(v, "item:IsUnmodified", false)
	assignDefault(v, "item:IsAssociated", false)
	assignDefault(v, "item:Culture", "en-US")
	assignDefault(v, "item:Flag", types.Flag{FlagStatus: types.FlagStatusNotFlagged})
	assign(v, "item:LastModifiedName", by)
	switch v := v.(type) {
	case *types.CalendarItem:
		s.completeCalendar(v, box)
	case *types.Task:
		completeTask(v, by, now)
	case *types.Contact:
		completeContact(v)
	case *types.DistributionList:
		s.completeList(v)
	case *types.PostItem:
		set(v, field.PostItem.PostedTime, now)
		assignDefault(v, "message:From", box.address())
		assignDefault(v, "message:Sender", box.address())
	}
	assignDefault(v, "item:ReminderIsSet", false)
	assignDefault(v, "item:ReminderMinutesBeforeStart", int32(0))
	s.completeMail(v)
}

// beginsAsDraft reports whether a new item is one that was not sent yet, as
// Exchange has it.
func beginsAsDraft(v types.Item) bool {
	switch v.(type) {
	case *types.CalendarItem, *types.PostItem:
		return false
	}
	return true
}

// completeMail gives an item its place in a conversation, and what else mail
// has.
func (s *store) completeMail(v types.Properties) {
	if isMessage(v.(types.Item)) {
		assignDefault(v, "message:IsReadReceiptRequested", false)
		assignDefault(v, "message:IsDeliveryReceiptRequested", false)
		assignDefault(v, "message:IsResponseRequested", false)
	}
	assignDefault(v, "message:IsRead", true)
	assignDefault(v, "message:InternetMessageId", fmt.Sprintf("<%032x@%s>", s.next(), s.domain()))
	assignDefault(v, "message:ConversationTopic", topicOf(valueAt[string](v, "item:Subject")))
	index, ok := lookup[[]byte](v, "message:ConversationIndex")
	if !ok {
		index = s.newIndex()
		assign(v, "message:ConversationIndex", index)
	}
	assign(v, "item:ConversationId", conversationID(index))
}

// domain is that of the server's first account.
func (s *store) domain() string {
	if len(s.boxes) == 0 {
		return "example.com"
	}
	_, domain, _ := strings.Cut(s.boxes[0].account.Address, "@")
	return domain
}

// topicOf is the subject without the prefixes of replies.
func topicOf(subject string) string {
	for {
		prefix, rest, ok := strings.Cut(subject, ":")
		if !ok || len(prefix) < 2 || len(prefix) > 3 || strings.ContainsAny(prefix, " \t") {
			return subject
		}
		subject = strings.TrimSpace(rest)
	}
}

// newIndex returns the conversation index of the first message of a
// conversation: a byte, the upper five bytes of a FILETIME, a GUID.
//
// MS-OXOMSG, section 2.2.1.3.
func (s *store) newIndex() []byte {
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], s.next())
	sum := sha256.Sum256(n[:])
	return append(fileTime(s.now()), sum[:16]...)
}

func fileTime(t time.Time) []byte {
	var b [9]byte
	b[0] = 1
	binary.BigEndian.PutUint64(b[1:], uint64(t.UTC().UnixNano()/100+116444736000000000))
	return b[:6:6]
}

// replyIndex returns the conversation index of a reply.
func (s *store) replyIndex(index []byte) []byte {
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], s.next())
	return append(index[:len(index):len(index)], n[3:]...)
}

const conversationKind kind = 100

// conversationID returns the id of the conversation: the same in all
// mailboxes, and for all messages whose indexes begin alike.
func conversationID(index []byte) types.ItemID {
	sum := sha256.Sum256(index[min(len(index), 6):min(len(index), 22)])
	return types.ItemID{ID: newID(0, conversationKind, binary.BigEndian.Uint64(sum[:8]))}
}
