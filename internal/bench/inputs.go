package bench

import (
	_ "embed" // the vocabulary
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"
)

// The answers that are measured, by name. Each is made from a seed, so that
// every run and every revision reads the same bytes.
const (
	FindItem        = "FindItem"        // 1,000 messages, no bodies
	GetItem         = "GetItem"         // 200 messages with HTML bodies of 5 KB
	SyncFolderItems = "SyncFolderItems" // 512 changes
	CalendarView    = "CalendarView"    // 500 calendar items
	GetAttachment   = "GetAttachment"   // one file of 10 MB
	Events          = "Events"          // a stream of 400 envelopes, 1,000 events
)

// Names lists the answers.
func Names() []string {
	return []string{FindItem, GetItem, SyncFolderItems, CalendarView, GetAttachment, Events}
}

//go:embed words.txt
var vocabulary string

var made sync.Map

// Input returns the bytes of an answer. They are made once, and must not be
// changed.
func Input(name string) []byte {
	if b, ok := made.Load(name); ok {
		return b.([]byte)
	}
	n := map[string]int{FindItem: 1000, GetItem: 200, SyncFolderItems: 512, CalendarView: 500, GetAttachment: 10 << 20, Events: 400}[name]
	b := Make(name, n)
	made.Store(name, b)
	return b
}

// Make returns an answer with n items, changes or envelopes in it, or a file of
// n bytes.
func Make(name string, n int) []byte {
	w := newWriter()
	switch name {
	case FindItem:
		w.answer("FindItem", func() {
			w.s(`<m:RootFolder IndexedPagingOffset="1000" TotalItemsInView="48211" IncludesLastItemInRange="false"><t:Items>`)
			for range n {
				w.message(false)
			}
			w.s(`</t:Items></m:RootFolder>`)
		})
	case GetItem:
		w.open("GetItem")
		for range n {
			w.responseMessage("GetItem", func() {
				w.s(`<m:Items>`)
				w.message(true)
				w.s(`</m:Items>`)
			})
		}
		w.close("GetItem")
	case SyncFolderItems:
		w.answer("SyncFolderItems", func() {
			w.el("m:SyncState", w.id(400))
			w.s(`<m:IncludesLastItemInRange>false</m:IncludesLastItemInRange><m:Changes>`)
			for range n {
				w.change()
			}
			w.s(`</m:Changes>`)
		})
	case CalendarView:
		w.answer("FindItem", func() {
			w.s(fmt.Sprintf(`<m:RootFolder TotalItemsInView="%d" IncludesLastItemInRange="true"><t:Items>`, n))
			for range n {
				w.event()
			}
			w.s(`</t:Items></m:RootFolder>`)
		})
	case GetAttachment:
		w.answer("GetAttachment", func() {
			w.s(`<m:Attachments><t:FileAttachment><t:AttachmentId Id="` + w.id(150) + `"/>`)
			w.s(`<t:Name>Übersicht 2026 &amp; plan.bin</t:Name><t:ContentType>application/octet-stream</t:ContentType><t:Content>`)
			w.s(base64.StdEncoding.EncodeToString(w.bytes(n)))
			w.s(`</t:Content></t:FileAttachment></m:Attachments>`)
		})
	case Events:
		for range n {
			w.notification()
		}
	default:
		panic("bench: no input " + name)
	}
	return []byte(w.b.String())
}

// writer makes answers the way Exchange writes them: on one line, prefixes t
// and m, carriage returns as references, markup in text escaped.
type writer struct {
	b     strings.Builder
	r     *rand.Rand
	words []string
	now   time.Time
	inbox string
}

func newWriter() *writer {
	w := &writer{r: rand.New(rand.NewPCG(2007, 2026)), words: strings.Fields(vocabulary), now: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)}
	w.inbox = w.id(90)
	return w
}

func (w *writer) s(s string) { w.b.WriteString(s) }

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\r", "&#xD;")

func (w *writer) el(name, v string) {
	w.s("<" + name + ">")
	_, _ = escaper.WriteString(&w.b, v)
	w.s("</" + name + ">")
}

func (w *writer) flag(name string, v bool) { w.el(name, fmt.Sprint(v)) }

func (w *writer) time(name string) {
	w.now = w.now.Add(time.Duration(w.r.IntN(600)) * time.Second)
	w.el(name, w.now.Format("2006-01-02T15:04:05Z"))
}

func (w *writer) bytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(w.r.Uint32())
	}
	return b
}

// id returns base64 of n bytes.
func (w *writer) id(n int) string { return base64.StdEncoding.EncodeToString(w.bytes(n)) }

func (w *writer) text(n int) string {
	var b strings.Builder
	for b.Len() < n {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(w.words[w.r.IntN(len(w.words))])
	}
	return b.String()
}

const head = `<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header>` +
	`<h:ServerVersionInfo MajorVersion="15" MinorVersion="2" MajorBuildNumber="1544" MinorBuildNumber="9" Version="V2017_07_11"` +
	` xmlns:h="http://schemas.microsoft.com/exchange/services/2006/types" xmlns="http://schemas.microsoft.com/exchange/services/2006/types"` +
	` xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"/></s:Header>` +
	`<s:Body xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">`

func (w *writer) open(op string) {
	w.s(head + `<m:` + op + `Response xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages"` +
		` xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"><m:ResponseMessages>`)
}

func (w *writer) close(op string) {
	w.s(`</m:ResponseMessages></m:` + op + `Response></s:Body></s:Envelope>`)
}

func (w *writer) responseMessage(op string, content func()) {
	w.s(`<m:` + op + `ResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>`)
	content()
	w.s(`</m:` + op + `ResponseMessage>`)
}

func (w *writer) answer(op string, content func()) {
	w.open(op)
	w.responseMessage(op, content)
	w.close(op)
}

func (w *writer) itemID(name string) {
	w.s(`<` + name + ` Id="` + w.id(114) + `" ChangeKey="` + w.id(30) + `"/>`)
}

func (w *writer) mailbox() {
	n := w.r.IntN(900)
	w.s(`<t:Mailbox>`)
	w.el("t:Name", fmt.Sprintf("Jørgen Müller %d", n))
	w.el("t:EmailAddress", fmt.Sprintf("jorgen.muller%d@contoso.example", n))
	w.s(`<t:RoutingType>SMTP</t:RoutingType><t:MailboxType>Mailbox</t:MailboxType></t:Mailbox>`)
}

func (w *writer) boxed(name string, n int) {
	w.s("<" + name + ">")
	for range n {
		w.mailbox()
	}
	w.s("</" + name + ">")
}

func (w *writer) html() string {
	var b strings.Builder
	b.WriteString("<html>\r\n<head>\r\n<meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\">\r\n</head>\r\n<body lang=\"EN-US\">\r\n")
	for b.Len() < 5000 {
		b.WriteString("<p class=\"MsoNormal\"><span style=\"font-size:11.0pt\">" + w.text(150) + "&nbsp;</span></p>\r\n")
	}
	b.WriteString("</body>\r\n</html>\r\n")
	return b.String()
}

// message writes a t:Message as FindItem answers with all properties, or as
// GetItem does.
func (w *writer) message(body bool) {
	subject := w.text(30)
	w.s(`<t:Message>`)
	w.itemID("t:ItemId")
	w.s(`<t:ParentFolderId Id="` + w.inbox + `" ChangeKey="AQAAAA=="/>`)
	w.s(`<t:ItemClass>IPM.Note</t:ItemClass>`)
	w.el("t:Subject", subject)
	w.s(`<t:Sensitivity>Normal</t:Sensitivity>`)
	if body {
		w.s(`<t:Body BodyType="HTML" IsTruncated="false">`)
		_, _ = escaper.WriteString(&w.b, w.html())
		w.s(`</t:Body>`)
	}
	w.time("t:DateTimeReceived")
	w.el("t:Size", fmt.Sprint(4000+w.r.IntN(90000)))
	if w.r.IntN(4) == 0 {
		w.s(`<t:Categories><t:String>Blue category</t:String><t:String>Zürich</t:String></t:Categories>`)
	}
	w.s(`<t:Importance>Normal</t:Importance>`)
	if w.r.IntN(2) == 0 {
		w.el("t:InReplyTo", "<"+w.id(30)+"@mail.contoso.example>")
	}
	for _, name := range []string{"IsSubmitted", "IsDraft", "IsFromMe", "IsResend", "IsUnmodified"} {
		w.flag("t:"+name, w.r.IntN(5) == 0)
	}
	w.time("t:DateTimeSent")
	w.time("t:DateTimeCreated")
	w.s(`<t:ResponseObjects><t:ForwardItem/><t:ReplyAllToItem/><t:ReplyToItem/></t:ResponseObjects>`)
	w.time("t:ReminderDueBy")
	w.s(`<t:ReminderIsSet>false</t:ReminderIsSet><t:ReminderMinutesBeforeStart>0</t:ReminderMinutesBeforeStart><t:DisplayCc/>`)
	w.el("t:DisplayTo", fmt.Sprintf("Jørgen Müller %d; Café & Co", w.r.IntN(900)))
	w.flag("t:HasAttachments", w.r.IntN(3) == 0)
	w.s(`<t:Culture>en-US</t:Culture><t:EffectiveRights><t:CreateAssociated>false</t:CreateAssociated><t:CreateContents>false</t:CreateContents>` +
		`<t:CreateHierarchy>false</t:CreateHierarchy><t:Delete>true</t:Delete><t:Modify>true</t:Modify><t:Read>true</t:Read>` +
		`<t:ViewPrivateItems>true</t:ViewPrivateItems></t:EffectiveRights>`)
	w.el("t:LastModifiedName", fmt.Sprintf("Jørgen Müller %d", w.r.IntN(900)))
	w.time("t:LastModifiedTime")
	w.s(`<t:IsAssociated>false</t:IsAssociated>`)
	w.el("t:WebClientReadFormQueryString", "https://mail.contoso.example/owa/?ItemID="+w.id(114)+"&exvsurl=1&viewmodel=ReadMessageItem")
	w.s(`<t:ConversationId Id="` + w.id(60) + `"/><t:Flag><t:FlagStatus>NotFlagged</t:FlagStatus></t:Flag>`)
	w.el("t:InstanceKey", w.id(33))
	if !body {
		w.el("t:Preview", w.text(120)+"\r\n"+w.text(90))
	}
	if body {
		w.boxed("t:Sender", 1)
		w.boxed("t:ToRecipients", 1+w.r.IntN(5))
		w.boxed("t:CcRecipients", 1+w.r.IntN(2))
	} else {
		w.boxed("t:Sender", 1)
	}
	w.s(`<t:IsReadReceiptRequested>false</t:IsReadReceiptRequested><t:IsDeliveryReceiptRequested>false</t:IsDeliveryReceiptRequested>`)
	w.el("t:ConversationIndex", w.id(22))
	w.el("t:ConversationTopic", subject)
	w.boxed("t:From", 1)
	w.el("t:InternetMessageId", "<"+w.id(30)+"@mail.contoso.example>")
	w.flag("t:IsRead", w.r.IntN(2) == 0)
	w.s(`<t:IsResponseRequested>false</t:IsResponseRequested>`)
	if body {
		w.el("t:References", "<"+w.id(30)+"@mail.contoso.example>\r\n <"+w.id(30)+"@mail.contoso.example>")
	}
	w.boxed("t:ReceivedBy", 1)
	w.s(`</t:Message>`)
}

// change writes one change of SyncFolderItems.
func (w *writer) change() {
	switch k := w.r.IntN(8); k {
	case 0:
		w.s(`<t:Delete>`)
		w.itemID("t:ItemId")
		w.s(`</t:Delete>`)
	case 1, 2:
		w.s(`<t:ReadFlagChange>`)
		w.itemID("t:ItemId")
		w.flag("t:IsRead", k == 1)
		w.s(`</t:ReadFlagChange>`)
	default:
		name := "t:Create"
		if k < 5 {
			name = "t:Update"
		}
		w.s("<" + name + "><t:Message>")
		w.itemID("t:ItemId")
		w.el("t:Subject", w.text(30))
		w.time("t:DateTimeReceived")
		w.s(`<t:HasAttachments>false</t:HasAttachments>`)
		w.boxed("t:From", 1)
		w.flag("t:IsRead", k == 3)
		w.s("</t:Message></" + name + ">")
	}
}

// event writes a t:CalendarItem as a CalendarView finds it.
func (w *writer) event() {
	w.s(`<t:CalendarItem>`)
	w.itemID("t:ItemId")
	w.s(`<t:ParentFolderId Id="` + w.inbox + `" ChangeKey="AQAAAA=="/><t:ItemClass>IPM.Appointment</t:ItemClass>`)
	w.el("t:Subject", w.text(25))
	w.s(`<t:Sensitivity>Normal</t:Sensitivity>`)
	w.time("t:DateTimeReceived")
	w.s(`<t:Size>5120</t:Size><t:Importance>Normal</t:Importance><t:HasAttachments>false</t:HasAttachments>`)
	w.el("t:UID", w.id(60))
	w.time("t:DateTimeStamp")
	w.time("t:Start")
	w.time("t:End")
	w.s(`<t:IsAllDayEvent>false</t:IsAllDayEvent><t:LegacyFreeBusyStatus>Busy</t:LegacyFreeBusyStatus>`)
	w.el("t:Location", w.text(12))
	w.s(`<t:IsMeeting>true</t:IsMeeting><t:IsCancelled>false</t:IsCancelled>`)
	w.flag("t:IsRecurring", w.r.IntN(2) == 0)
	w.s(`<t:MeetingRequestWasSent>true</t:MeetingRequestWasSent><t:IsResponseRequested>true</t:IsResponseRequested>` +
		`<t:CalendarItemType>Occurrence</t:CalendarItemType><t:MyResponseType>Accept</t:MyResponseType>`)
	w.boxed("t:Organizer", 1)
	w.s(`<t:RequiredAttendees>`)
	for range 1 + w.r.IntN(4) {
		w.s(`<t:Attendee>`)
		w.mailbox()
		w.s(`<t:ResponseType>Accept</t:ResponseType>`)
		w.time("t:LastResponseTime")
		w.s(`</t:Attendee>`)
	}
	w.s(`</t:RequiredAttendees><t:Duration>PT30M</t:Duration><t:TimeZone>(UTC+01:00) Zürich</t:TimeZone>`)
	w.time("t:AppointmentReplyTime")
	w.s(`<t:AppointmentSequenceNumber>0</t:AppointmentSequenceNumber><t:AppointmentState>3</t:AppointmentState>` +
		`<t:StartTimeZoneId>W. Europe Standard Time</t:StartTimeZoneId><t:EndTimeZoneId>W. Europe Standard Time</t:EndTimeZoneId></t:CalendarItem>`)
}

// notification writes an envelope of an event stream.
func (w *writer) notification() {
	w.answer("GetStreamingEvents", func() {
		w.s(`<m:Notifications><t:Notification>`)
		w.el("t:SubscriptionId", w.inbox)
		for range 1 + w.r.IntN(4) {
			name := []string{"t:CreatedEvent", "t:NewMailEvent", "t:ModifiedEvent", "t:DeletedEvent"}[w.r.IntN(4)]
			w.s("<" + name + ">")
			w.time("t:TimeStamp")
			w.itemID("t:ItemId")
			w.s(`<t:ParentFolderId Id="` + w.inbox + `" ChangeKey="AQAAAA=="/></` + name + `>`)
		}
		w.s(`</t:Notification></m:Notifications>`)
	})
}
