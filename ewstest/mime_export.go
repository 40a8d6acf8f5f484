package ewstest

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"strings"
	"time"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// mime gives the item its MIME content: an Internet message, for an event an
// iCalendar object, for a contact a vCard.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/mimecontent
func (s *shaper) mime() error {
	var doc []byte
	switch v := s.full.(type) {
	case *types.CalendarItem:
		doc = icalendar(v, "")
	case *types.Contact:
		if s.c.version.Before(types.ExchangeVersionExchange2010) {
			return fail(messages.ErrorUnsupportedMimeConversion)
		}
		doc = vcard(v)
	case *types.Task, *types.DistributionList:
		if s.c.version.Before(types.ExchangeVersionExchange2010) {
			return fail(messages.ErrorUnsupportedMimeConversion)
		}
		doc = internetMessage(s.full, s.attached)
	default:
		doc = internetMessage(s.full, s.attached)
	}
	assign(s.full, "item:MimeContent", types.MimeContent{
		CharacterSet: "UTF-8", Value: base64.StdEncoding.EncodeToString(doc), Present: types.MimeContentHasCharacterSet,
	})
	return nil
}

// internetMessage returns an item as an Internet message (RFC 5322).
func internetMessage(v types.Properties, attached []*attachment) []byte {
	m := &mimeWriter{boundary: "_"}
	m.headers(v)
	m.content(valueAt[types.Body](v, "item:Body"), attached)
	return m.b.Bytes()
}

// mimeWriter writes an Internet message. The boundaries of parts follow from
// how deep they are, so that the same item gives the same message.
type mimeWriter struct {
	b        bytes.Buffer
	boundary string
}

func (m *mimeWriter) header(name, value string) {
	if value != "" {
		value = strings.NewReplacer("\r", " ", "\n", " ").Replace(value)
		fmt.Fprintf(&m.b, "%s: %s\r\n", name, value)
	}
}

func (m *mimeWriter) headers(v types.Properties) {
	m.header("From", mailboxHeader(valueAt[types.EmailAddress](v, "message:From")))
	sender, from := valueAt[types.EmailAddress](v, "message:Sender"), valueAt[types.EmailAddress](v, "message:From")
	if sender.EmailAddress != from.EmailAddress {
		m.header("Sender", mailboxHeader(sender))
	}
	m.header("To", mailboxHeader(recipients(v, "To")...))
	m.header("CC", mailboxHeader(recipients(v, "Cc")...))
	m.header("BCC", mailboxHeader(recipients(v, "Bcc")...))
	m.header("Reply-To", mailboxHeader(valueAt[[]types.EmailAddress](v, "message:ReplyTo")...))
	m.header("Subject", mime.QEncoding.Encode("utf-8", valueAt[string](v, "item:Subject")))
	m.header("Thread-Topic", mime.QEncoding.Encode("utf-8", valueAt[string](v, "message:ConversationTopic")))
	if index := valueAt[[]byte](v, "message:ConversationIndex"); len(index) > 0 {
		m.header("Thread-Index", base64.StdEncoding.EncodeToString(index))
	}
	if sent := valueAt[time.Time](v, "item:DateTimeSent"); !sent.IsZero() {
		m.header("Date", sent.UTC().Format("Mon, 2 Jan 2006 15:04:05 -0700"))
	}
	m.header("Message-ID", valueAt[string](v, "message:InternetMessageId"))
	m.header("References", valueAt[string](v, "message:References"))
	m.header("In-Reply-To", valueAt[string](v, "item:InReplyTo"))
	if imp := valueAt[types.ImportanceChoices](v, "item:Importance"); imp != types.ImportanceChoicesNormal {
		m.header("Importance", strings.ToLower(string(imp)))
	}
	switch valueAt[types.SensitivityChoices](v, "item:Sensitivity") {
	case types.SensitivityChoicesPersonal:
		m.header("Sensitivity", "personal")
	case types.SensitivityChoicesPrivate:
		m.header("Sensitivity", "private")
	case types.SensitivityChoicesConfidential:
		m.header("Sensitivity", "company-confidential")
	}
	if valueAt[bool](v, "message:IsReadReceiptRequested") {
		m.header("Disposition-Notification-To", mailboxHeader(from))
	}
	if list := valueAt[[]string](v, "item:Categories"); len(list) > 0 {
		m.header("Keywords", mime.QEncoding.Encode("utf-8", strings.Join(list, ", ")))
	}
	m.header("Content-Language", valueAt[string](v, "item:Culture"))
	m.header("MIME-Version", "1.0")
}

// mailboxHeader returns addresses as a header has them.
func mailboxHeader(list ...types.EmailAddress) string {
	var out []string
	for _, a := range list {
		if a.EmailAddress != "" {
			out = append(out, (&mail.Address{Name: a.Name, Address: a.EmailAddress}).String())
		}
	}
	return strings.Join(out, ", ")
}

// content writes the headers of the content and the content: the body, with
// what it shows beside it, and the attachments around both.
func (m *mimeWriter) content(body types.Body, attached []*attachment) {
	var inline, files []*attachment
	for _, a := range attached {
		if a.inline() && body.BodyType == types.BodyTypeHTML {
			inline = append(inline, a)
		} else {
			files = append(files, a)
		}
	}
	if len(files) == 0 {
		m.bodyPart(body, inline, m.top)
		return
	}
	w := m.multipart("mixed", m.top)
	m.bodyPart(body, inline, part(w))
	for _, a := range files {
		m.attachment(a, part(w))
	}
	_ = w.Close() // into memory
}

// top begins the content of the message itself.
func (m *mimeWriter) top(h textproto.MIMEHeader) io.Writer {
	for _, name := range []string{"Content-Type", "Content-Transfer-Encoding"} {
		m.header(name, h.Get(name))
	}
	m.b.WriteString("\r\n")
	return &m.b
}

// begin begins a part: it writes its headers and returns where its content
// goes.
type begin = func(textproto.MIMEHeader) io.Writer

// part returns the begin of parts of a multipart.
func part(w *multipart.Writer) begin {
	return func(h textproto.MIMEHeader) io.Writer {
		p, err := w.CreatePart(h)
		if err != nil {
			return io.Discard // only after Close
		}
		return p
	}
}

func (m *mimeWriter) multipart(kind string, b begin) *multipart.Writer {
	m.boundary += "0"
	name := m.boundary + "_ewstest_"
	out := b(textproto.MIMEHeader{"Content-Type": {"multipart/" + kind + "; boundary=\"" + name + "\""}})
	w := multipart.NewWriter(out)
	_ = w.SetBoundary(name) // of allowed characters
	return w
}

// bodyPart writes the body: a text alone, or a text and HTML.
func (m *mimeWriter) bodyPart(body types.Body, inline []*attachment, b begin) {
	if body.BodyType != types.BodyTypeHTML {
		textPart("plain", body.Value, b)
		return
	}
	if len(inline) > 0 {
		w := m.multipart("related", b)
		m.bodyPart(body, nil, part(w))
		for _, a := range inline {
			m.attachment(a, part(w))
		}
		_ = w.Close()
		return
	}
	w := m.multipart("alternative", b)
	textPart("plain", htmlToText(body.Value), part(w))
	textPart("html", body.Value, part(w))
	_ = w.Close()
}

func textPart(kind, text string, b begin) {
	w := quotedprintable.NewWriter(b(textproto.MIMEHeader{
		"Content-Type": {"text/" + kind + "; charset=\"utf-8\""}, "Content-Transfer-Encoding": {"quoted-printable"},
	}))
	_, _ = io.WriteString(w, text)
	_ = w.Close()
}

func (m *mimeWriter) attachment(a *attachment, b begin) {
	switch d := a.data.(type) {
	case *types.FileAttachment:
		typ := d.ContentType
		if typ == "" {
			typ = "application/octet-stream"
		}
		h := textproto.MIMEHeader{
			"Content-Type":              {typ + "; name=\"" + headerText(d.Name) + "\""},
			"Content-Disposition":       {disposition(d.IsInline) + "; filename=\"" + headerText(d.Name) + "\""},
			"Content-Transfer-Encoding": {"base64"},
		}
		if d.ContentID != "" {
			h.Set("Content-ID", "<"+d.ContentID+">")
		}
		writeBase64(b(h), d.Content)
	case *types.ItemAttachment:
		h := textproto.MIMEHeader{"Content-Type": {"message/rfc822"}, "Content-Disposition": {"attachment; filename=\"" + headerText(d.Name) + "\""}}
		_, _ = b(h).Write(internetMessage(props(d.Item), a.attached))
	case *types.ReferenceAttachment:
		textPart("plain", d.AttachLongPathName, b)
	}
}

func disposition(inline bool) string {
	if inline {
		return "inline"
	}
	return "attachment"
}

// headerText returns a text for a quoted parameter.
func headerText(s string) string {
	return strings.NewReplacer(`"`, "'", "\\", "_", "\r", "", "\n", "").Replace(mime.QEncoding.Encode("utf-8", s))
}

// writeBase64 writes lines of 76 characters.
func writeBase64(w io.Writer, b []byte) {
	const line = 57
	for len(b) > 0 {
		n := min(line, len(b))
		_, _ = io.WriteString(w, base64.StdEncoding.EncodeToString(b[:n])+"\r\n")
		b = b[n:]
	}
}
