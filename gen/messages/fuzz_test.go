package messages_test

import (
	"bytes"
	"reflect"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/internal/bench"
	"github.com/seed-1937cc67/goews/internal/wire"
)

// sameTime takes a day for a time on it: an xs:date loses the time that some
// servers send with it.
var sameTime = cmp.Comparer(func(a, b time.Time) bool {
	return a.Equal(b) || b.Hour() == 0 && b.Minute() == 0 && b.Second() == 0 && a.Format(time.DateOnly) == b.Format(time.DateOnly)
})

// again holds a message of op to this: byte by byte it is read as at once;
// what was read is written; what was written is read, and says the same.
func again(t *testing.T, in []byte, name string, fresh func() messages.Message) {
	read := func(d *wire.Decoder) (messages.Message, error) {
		m := fresh()
		if d.Root() {
			m.DecodeXML(d)
		}
		return m, d.Finish()
	}
	first, err := read(wire.NewDecoderBytes(in, wire.Limits{}))
	bytewise, err2 := read(wire.NewDecoder(iotest.OneByteReader(bytes.NewReader(in)), wire.Limits{}))
	if (err == nil) != (err2 == nil) {
		t.Fatalf("at once: %v\nbyte by byte: %v", err, err2)
	}
	if err != nil {
		return
	}
	if !reflect.DeepEqual(first, bytewise) { // quick; cmp takes its time
		if diff := cmp.Diff(first, bytewise, cmpopts.EquateNaNs()); diff != "" {
			t.Fatalf("-at once +byte by byte:\n%s", diff)
		}
	}
	e := wire.NewEncoder(nil)
	e.Start(name)
	e.AttrString("xmlns:t", wire.TypesURI, true)
	e.AttrString("xmlns:m", wire.MessagesURI, true)
	first.EncodeXML(e)
	e.End(name)
	if e.Err() != nil {
		return // two alternatives of a choice, a year before 1
	}
	second, err := read(wire.NewDecoderBytes(e.Bytes(), wire.Limits{MaxDepth: 1000}))
	if err != nil {
		t.Fatalf("what was written is not read: %v\n%s", err, e.Bytes())
	}
	if !reflect.DeepEqual(first, second) {
		if diff := cmp.Diff(first, second, cmpopts.EquateEmpty(), cmpopts.EquateNaNs(), sameTime); diff != "" {
			t.Fatalf("-read +written and read again:\n%s\n%s", diff, e.Bytes())
		}
	}
}

func FuzzAnswers(f *testing.F) {
	ops := messages.Operations()
	for i, op := range ops {
		for _, name := range bench.Names() {
			doc := bench.Make(name, 2)
			if name == bench.GetAttachment {
				doc = bench.Make(name, 50)
			}
			start := bytes.Index(doc, []byte("<m:"+op.Response+" "))
			if start < 0 {
				continue
			}
			end := bytes.Index(doc, []byte("</m:"+op.Response+">"))
			f.Add(doc[start:end+len("</m:>")+len(op.Response)], uint8(i))
		}
	}
	f.Fuzz(func(t *testing.T, in []byte, op uint8) {
		o := ops[int(op)%len(ops)]
		again(t, in, "m:"+o.Response, o.NewResponse)
	})
}

func FuzzRequests(f *testing.F) {
	ops := messages.Operations()
	ns := ` xmlns:t="` + wire.TypesURI + `" xmlns:m="` + wire.MessagesURI + `">`
	for op, doc := range map[string]string{
		"FindItem": `<m:FindItem Traversal="Shallow"` + ns + `<m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties>` +
			`<t:FieldURI FieldURI="item:Subject"/><t:ExtendedFieldURI PropertyTag="0x10" PropertyType="String"/></t:AdditionalProperties></m:ItemShape>` +
			`<m:IndexedPageItemView MaxEntriesReturned="10" Offset="0" BasePoint="Beginning"/><m:Restriction><t:And><t:IsEqualTo><t:FieldURI FieldURI="item:Subject"/>` +
			`<t:FieldURIOrConstant><t:Constant Value="x"/></t:FieldURIOrConstant></t:IsEqualTo><t:Not><t:Exists><t:FieldURI FieldURI="item:Size"/></t:Exists></t:Not></t:And></m:Restriction>` +
			`<m:ParentFolderIds><t:DistinguishedFolderId Id="inbox"/></m:ParentFolderIds></m:FindItem>`,
		"CreateItem": `<m:CreateItem MessageDisposition="SaveOnly"` + ns + `<m:Items><t:CalendarItem><t:Subject>x</t:Subject><t:ReminderIsSet>false</t:ReminderIsSet>` +
			`<t:Start>2024-01-02T03:04:05Z</t:Start><t:Recurrence><t:WeeklyRecurrence><t:Interval>1</t:Interval><t:DaysOfWeek>Monday Friday</t:DaysOfWeek></t:WeeklyRecurrence>` +
			`<t:NumberedRecurrence><t:StartDate>2024-01-02</t:StartDate><t:NumberOfOccurrences>3</t:NumberOfOccurrences></t:NumberedRecurrence></t:Recurrence></t:CalendarItem></m:Items></m:CreateItem>`,
		"UpdateItem": `<m:UpdateItem ConflictResolution="AlwaysOverwrite"` + ns + `<m:ItemChanges><t:ItemChange><t:ItemId Id="a"/><t:Updates><t:SetItemField><t:FieldURI FieldURI="item:Subject"/>` +
			`<t:Message><t:Subject>y</t:Subject></t:Message></t:SetItemField><t:DeleteItemField><t:FieldURI FieldURI="item:Body"/></t:DeleteItemField></t:Updates></t:ItemChange></m:ItemChanges></m:UpdateItem>`,
		"Subscribe": `<m:Subscribe` + ns + `<m:StreamingSubscriptionRequest SubscribeToAllFolders="true"><t:EventTypes><t:EventType>NewMailEvent</t:EventType></t:EventTypes></m:StreamingSubscriptionRequest></m:Subscribe>`,
	} {
		for i, o := range ops {
			if o.Name == op {
				f.Add([]byte(doc), uint8(i))
			}
		}
	}
	f.Fuzz(func(t *testing.T, in []byte, op uint8) {
		o := ops[int(op)%len(ops)]
		again(t, in, o.Request, o.NewRequest)
	})
}
