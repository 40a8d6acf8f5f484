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
	"unicode/utf8"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// importMIME gives v what its MIME content says, but for what it has already,
// and returns what is attached.
func (c *call) importMIME(v types.Properties, box *mailbox, depth int) ([]*attachment, error) {
	content := valueAt[types.MimeContent](v, "item:MimeContent")
	unset(v, "item:MimeContent")
	doc, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(content.Value), ""))
	if err != nil {
		return nil, fail(messages.ErrorMimeContentInvalidBase64String)
	}
	switch v := v.(type) {
	case *types.CalendarItem:
		return nil, c.importCalendar(v, doc)
	case *types.Message, *types.PostItem, *types.Task:
		m, err := c.readMIME(doc, box, depth)
		if err != nil {
			return nil, err
		}
		m.fill(v)
		return m.attached, nil
	}
	return nil, fail(messages.ErrorUnsupportedMimeConversion)
}

// mimeReader reads an Internet message.
type mimeReader struct {
	c        *call
	box      *mailbox
	depth    int
	header   mail.Header
	raw      []types.InternetHeader
	body     types.Body
	hasBody  bool
	attached []*attachment
}

func (c *call) readMIME(doc []byte, box *mailbox, depth int) (*mimeReader, error) {
	msg, err := mail.ReadMessage(bytes.NewReader(doc))
	if err != nil || len(msg.Header) == 0 {
		return nil, fail(messages.ErrorMimeContentInvalid)
	}
	m := &mimeReader{c: c, box: box, depth: depth, header: msg.Header, raw: rawHeaders(doc)}
	if err := m.part(textproto.MIMEHeader(msg.Header), msg.Body, false); err != nil {
		return nil, fail(messages.ErrorMimeContentInvalid)
	}
	return m, nil
}

// rawHeaders returns the headers in their order.
func rawHeaders(doc []byte) []types.InternetHeader {
	var out []types.InternetHeader
	for _, line := range strings.Split(strings.ReplaceAll(string(doc), "\r\n", "\n"), "\n") {
		if line == "" {
			break
		}
		if (line[0] == ' ' || line[0] == '\t') && len(out) > 0 {
			out[len(out)-1].Value += " " + strings.TrimSpace(line)
			continue
		}
		if name, value, ok := strings.Cut(line, ":"); ok {
			out = append(out, types.InternetHeader{HeaderName: name, Value: strings.TrimSpace(value)})
		}
	}
	return out
}

// part reads a part: the body, an attachment, or parts. related says that it
// belongs to the body.
func (m *mimeReader) part(h textproto.MIMEHeader, r io.Reader, related bool) error {
	typ, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		typ, params = "text/plain", nil
	}
	if sub, ok := strings.CutPrefix(typ, "multipart/"); ok {
		return m.parts(sub, params["boundary"], r)
	}
	data, err := io.ReadAll(decodeTransfer(h, r))
	if err != nil {
		return err
	}
	disp, dispParams, err := mime.ParseMediaType(h.Get("Content-Disposition"))
	if err != nil {
		disp = ""
	}
	name := decodeWords(firstText(dispParams["filename"], params["name"]))
	switch {
	case typ == "message/rfc822":
		return m.attachMessage(name, data)
	case disp != "attachment" && name == "" && (typ == "text/plain" || typ == "text/html"):
		m.text(typ, decodeCharset(params["charset"], data))
		return nil
	}
	if name == "" {
		name = fmt.Sprintf("attachment%d", len(m.attached)+1)
	}
	a, err := newFile(types.FileAttachment{
		Name: name, ContentType: typ, ContentID: strings.Trim(h.Get("Content-Id"), "<>"), Content: data,
		IsInline: disp == "inline" || related && h.Get("Content-Id") != "",
	})
	if err == nil {
		m.attached = append(m.attached, a)
	}
	return err
}

func (m *mimeReader) parts(kind, boundary string, r io.Reader) error {
	if boundary == "" || m.depth > maxNesting {
		return io.ErrUnexpectedEOF
	}
	m.depth++
	defer func() { m.depth-- }()
	mr := multipart.NewReader(r, boundary)
	for {
		p, err := mr.NextRawPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := m.part(p.Header, p, kind == "related"); err != nil {
			return err
		}
	}
}

// text takes a text as the body, HTML rather than plain text.
func (m *mimeReader) text(typ, s string) {
	kind := types.BodyTypeText
	if typ == "text/html" {
		kind = types.BodyTypeHTML
	}
	if !m.hasBody || kind == types.BodyTypeHTML && m.body.BodyType == types.BodyTypeText {
		m.body, m.hasBody = types.Body{BodyType: kind, Value: s}, true
	}
}

func (m *mimeReader) attachMessage(name string, doc []byte) error {
	if m.depth+1 >= maxNesting {
		return io.ErrUnexpectedEOF
	}
	inner, err := m.c.readMIME(doc, m.box, m.depth+1)
	if err != nil {
		return err
	}
	v := &types.Message{}
	inner.fill(v)
	m.c.store.resolveAddresses(v)
	m.c.store.complete(v, m.box, m.c.user.account.Name)
	derive(v, inner.attached)
	m.attached = append(m.attached, &attachment{
		data:     &types.ItemAttachment{Name: firstText(name, v.Subject, "message"), Item: v, Size: v.Size},
		attached: inner.attached,
	})
	return nil
}

func firstText(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}

func decodeTransfer(h textproto.MIMEHeader, r io.Reader) io.Reader {
	switch strings.ToLower(strings.TrimSpace(h.Get("Content-Transfer-Encoding"))) {
	case "base64":
		return base64.NewDecoder(base64.StdEncoding, r)
	case "quoted-printable":
		return quotedprintable.NewReader(r)
	}
	return r
}

// decodeCharset returns the text in UTF-8. Charsets of one byte are taken for
// Latin 1.
func decodeCharset(charset string, b []byte) string {
	if utf8.Valid(b) && !strings.HasPrefix(strings.ToLower(charset), "utf-16") {
		return string(b)
	}
	out := make([]rune, len(b))
	for i, c := range b {
		out[i] = rune(c)
	}
	return string(out)
}

func decodeWords(s string) string {
	out, err := new(mime.WordDecoder).DecodeHeader(s)
	if err != nil {
		return s
	}
	return out
}

// fill gives v what the message says and v lacks.
func (m *mimeReader) fill(v types.Properties) {
	text := func(uri, header string) {
		if s := decodeWords(m.header.Get(header)); s != "" {
			assignDefault(v, uri, s)
		}
	}
	text("item:Subject", "Subject")
	text("message:InternetMessageId", "Message-Id")
	text("message:References", "References")
	text("item:InReplyTo", "In-Reply-To")
	if m.hasBody {
		assignDefault(v, "item:Body", m.body)
	}
	for header, uri := range map[string]string{
		"To": "message:ToRecipients", "Cc": "message:CcRecipients", "Bcc": "message:BccRecipients", "Reply-To": "message:ReplyTo",
	} {
		if list := m.addresses(header); len(list) > 0 {
			assignDefault(v, uri, list)
		}
	}
	for header, uri := range map[string]string{"From": "message:From", "Sender": "message:Sender"} {
		if list := m.addresses(header); len(list) > 0 {
			assignDefault(v, uri, list[0])
		}
	}
	if from, ok := lookup[types.EmailAddress](v, "message:From"); ok {
		assignDefault(v, "message:Sender", from)
	}
	if t, err := m.header.Date(); err == nil {
		assignDefault(v, "item:DateTimeSent", t.UTC())
	}
	m.fillMarks(v)
	if index, err := base64.StdEncoding.DecodeString(m.header.Get("Thread-Index")); err == nil && len(index) >= 22 {
		assignDefault(v, "message:ConversationIndex", index)
	}
	text("message:ConversationTopic", "Thread-Topic")
	if len(m.raw) > 0 {
		assign(v, "item:InternetMessageHeaders", m.raw)
	}
}

// fillMarks reads what Exchange writes as headers of its own.
func (m *mimeReader) fillMarks(v types.Properties) {
	switch strings.ToLower(m.header.Get("Importance")) {
	case "high":
		assignDefault(v, "item:Importance", types.ImportanceChoicesHigh)
	case "low":
		assignDefault(v, "item:Importance", types.ImportanceChoicesLow)
	}
	switch strings.ToLower(m.header.Get("Sensitivity")) {
	case "personal":
		assignDefault(v, "item:Sensitivity", types.SensitivityChoicesPersonal)
	case "private":
		assignDefault(v, "item:Sensitivity", types.SensitivityChoicesPrivate)
	case "company-confidential":
		assignDefault(v, "item:Sensitivity", types.SensitivityChoicesConfidential)
	}
	if m.header.Get("Disposition-Notification-To") != "" {
		assignDefault(v, "message:IsReadReceiptRequested", true)
	}
	if s := decodeWords(m.header.Get("Keywords")); s != "" {
		var list []string
		for _, k := range strings.Split(s, ",") {
			list = append(list, strings.TrimSpace(k))
		}
		assignDefault(v, "item:Categories", list)
	}
}

func (m *mimeReader) addresses(header string) []types.EmailAddress {
	list, err := m.header.AddressList(header)
	if err != nil {
		return nil
	}
	var out []types.EmailAddress
	for _, a := range list {
		out = append(out, types.EmailAddress{Name: a.Name, EmailAddress: a.Address, RoutingType: "SMTP"})
	}
	return out
}
