package ewstest

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/seed-1937cc67/goews/gen/types"
)

// caller returns a call of account 0 of a new server, for tests of functions.
func caller(t testing.TB) *call {
	t.Helper()
	s, err := NewServer(Config{Clock: func() time.Time { return time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC) }})
	if err != nil {
		t.Fatal(err)
	}
	return &call{ctx: t.Context(), srv: s, store: s.store, user: s.store.boxes[0], version: s.cfg.Version}
}

func TestMIMERoundTrip(t *testing.T) {
	c := caller(t)
	for name, in := range map[string]*types.Message{
		"text": {Subject: "Grüße: æøå", Body: types.Body{BodyType: types.BodyTypeText, Value: "line 1\r\nline 2 with = and é\r\n"}},
		"html": {Subject: "h", Body: types.Body{BodyType: types.BodyTypeHTML, Value: "<html><body><b>ø</b></body></html>"}},
		"attachments": {
			Subject: "a", Body: types.Body{BodyType: types.BodyTypeHTML, Value: `<img src="cid:pic">`},
			Attachments: []types.Attachment{
				&types.FileAttachment{Name: "é.bin", ContentType: "application/x-thing", Content: []byte(strings.Repeat("\x00\xff", 100))},
				&types.FileAttachment{Name: "pic.png", ContentType: "image/png", ContentID: "pic", IsInline: true, Content: []byte{1}},
				&types.FileAttachment{Name: "empty.txt", Content: nil},
				&types.ItemAttachment{Name: "inner", Item: &types.Message{
					Subject: "inside", Body: types.Body{BodyType: types.BodyTypeText, Value: "deep"}, Present: presence(4, 6),
				}},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			in.Importance, in.Sensitivity = types.ImportanceChoicesHigh, types.SensitivityChoicesPrivate
			in.ToRecipients = []types.EmailAddress{{Name: "Bob, the \"B\"", EmailAddress: "bob@example.com"}, {EmailAddress: "x@example.org"}}
			in.CcRecipients = []types.EmailAddress{{Name: "Zoë", EmailAddress: "z@example.org"}}
			in.From = types.EmailAddress{EmailAddress: "alice@example.com"}
			in.InReplyTo, in.References, in.InternetMessageID = "<a@b>", "<a@b> <c@d>", "<id@example.com>"
			in.Categories = []string{"red", "grün"}
			in.Present = presence(4, 5, 6, 10, 11, 12, 71, 72, 78, 79, 82)
			if len(in.Attachments) > 0 {
				in.Present.Add(7)
			}
			data, attached, err := c.build(in, c.user, 0)
			if err != nil {
				t.Fatal(err)
			}
			doc := internetMessage(props(data), attached)
			m, err := c.readMIME(doc, c.user, 0)
			if err != nil {
				t.Fatalf("%v\n%s", err, doc)
			}
			got := &types.Message{}
			m.fill(got)
			want := data.(*types.Message)
			ignore := cmpopts.IgnoreFields(types.EmailAddress{}, "MailboxType", "RoutingType")
			for _, f := range []struct {
				name      string
				want, got any
			}{
				{"subject", want.Subject, got.Subject}, {"body", want.Body, got.Body}, {"to", want.ToRecipients, got.ToRecipients},
				{"cc", want.CcRecipients, got.CcRecipients}, {"from", want.From, got.From}, {"importance", want.Importance, got.Importance},
				{"sensitivity", want.Sensitivity, got.Sensitivity}, {"id", want.InternetMessageID, got.InternetMessageID},
				{"in reply to", want.InReplyTo, got.InReplyTo}, {"references", want.References, got.References},
				{"categories", want.Categories, got.Categories}, {"index", want.ConversationIndex, got.ConversationIndex},
				{"attachments", names(attached), names(m.attached)},
			} {
				if d := cmp.Diff(f.want, f.got, ignore); d != "" {
					t.Errorf("%s, -want +got:\n%s\n%s", f.name, d, doc)
				}
			}
		})
	}
}

func presence(bits ...uint8) types.Presence {
	var p types.Presence
	for _, b := range bits {
		p.Add(b)
	}
	return p
}

// names lists attachments with what is in them; what the body shows comes
// before the files.
func names(list []*attachment) map[string]string {
	out := map[string]string{}
	for _, a := range list {
		switch d := a.data.(type) {
		case *types.FileAttachment:
			out[d.Name] = d.ContentType + " " + d.ContentID + " " + string(d.Content)
		case *types.ItemAttachment:
			v := d.Item.(*types.Message)
			out[d.Name] = v.Subject + " " + v.Body.Value
		}
	}
	return out
}

func TestCalendarMIME(t *testing.T) {
	c := caller(t)
	in := &types.CalendarItem{
		Subject: "Lunch; with, friends", Location: strings.Repeat("Å long place ", 10),
		Body: types.Body{BodyType: types.BodyTypeText, Value: "a\r\nb"}, Present: presence(4, 6, 78),
	}
	data, _, err := c.build(in, c.user, 0)
	if err != nil {
		t.Fatal(err)
	}
	want := data.(*types.CalendarItem)
	got := &types.CalendarItem{}
	doc := icalendar(want, "")
	if err := c.importCalendar(got, doc); err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(doc), "\r\n") {
		if len(line) > 75 {
			t.Errorf("line of %d bytes: %q", len(line), line)
		}
	}
	if got.Subject != want.Subject || got.Location != want.Location || !got.Start.Equal(want.Start) || !got.End.Equal(want.End) || got.Body.Value != want.Body.Value || got.UID != want.UID {
		t.Errorf("got %+v\nwant %+v\n%s", got, want, doc)
	}
	if c.importCalendar(&types.CalendarItem{}, []byte("BEGIN:VEVENT\r\nRRULE:FREQ=DAILY\r\nEND:VEVENT\r\n")) == nil {
		t.Error("a recurrence that would be lost is taken")
	}
}

func FuzzMIME(f *testing.F) {
	f.Add([]byte("Subject: x\r\n\r\nbody"))
	f.Add([]byte("Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Type: message/rfc822\r\n\r\nTo: a@b\r\n\r\nx\r\n--a--\r\n"))
	f.Add([]byte("Content-Type: text/html; charset=latin1\r\nContent-Transfer-Encoding: base64\r\n\r\n/w=="))
	c := caller(f)
	f.Fuzz(func(t *testing.T, doc []byte) {
		m, err := c.readMIME(doc, c.user, 0)
		if err != nil {
			return
		}
		v := &types.Message{}
		m.fill(v)
		again, err := c.readMIME(internetMessage(v, m.attached), c.user, 0)
		if err != nil {
			t.Fatalf("what was read of %q can't be read again: %v", doc, err)
		}
		if len(again.attached) != len(m.attached) {
			t.Errorf("%d attachments, then %d", len(m.attached), len(again.attached))
		}
	})
}
