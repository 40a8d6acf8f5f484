package ewstest

import (
	"fmt"
	"testing"
	"time"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// BenchmarkFindItem asks for a page of 100 of 10,000 messages.
func BenchmarkFindItem(b *testing.B) {
	s, err := NewServer(Config{})
	if err != nil {
		b.Fatal(err)
	}
	k := &call{ctx: b.Context(), srv: s, store: s.store, user: s.store.boxes[0], version: s.cfg.Version}
	inbox := k.user.distinguished["inbox"]
	tag := field.PropertyName(types.DistinguishedPropertySetPublicStrings, "Colour", types.MapiPropertyTypeString)
	for i := range 10000 {
		s.store.put(inbox, filled(&types.Message{
			Subject: fmt.Sprintf("Message %d about the project", i*7919%10000), DateTimeReceived: wednesday.Add(-time.Duration(i) * time.Minute),
			Body:       types.Body{BodyType: types.BodyTypeHTML, Value: fmt.Sprintf("<html><body><p>Dear reader,</p><p>this is number %d of all the <b>messages</b>.</p></body></html>", i)},
			From:       types.EmailAddress{Name: fmt.Sprintf("Sender %d", i%50), EmailAddress: fmt.Sprintf("sender%d@example.com", i%50)},
			Categories: []string{fmt.Sprintf("c%d", i%10)}, ConversationTopic: fmt.Sprintf("Topic %d", i%500),
			ExtendedProperty: []types.ExtendedProperty{{ExtendedFieldURI: tag, Value: fmt.Sprint(i % 7), Present: types.ExtendedPropertyHasValue}},
		}))
	}
	sub := func(p types.Path, s string) types.SearchExpression {
		return containing(p, s, types.ContainmentModeSubstring, types.ContainmentComparisonIgnoreCase)
	}
	for _, test := range []struct {
		name string
		req  messages.FindItemRequest
	}{
		{"plain", messages.FindItemRequest{}},
		{"sorted", messages.FindItemRequest{SortOrder: []types.FieldOrder{field.Message.Subject.Asc().FieldOrder()}}},
		{"sorted by what is computed", messages.FindItemRequest{SortOrder: []types.FieldOrder{field.Message.LastModifiedTime.Asc().FieldOrder()}}},
		{"subject", messages.FindItemRequest{Restriction: sub(uri("item:Subject"), "PROJECT")}},
		{"body", messages.FindItemRequest{Restriction: sub(uri("item:Body"), "messages")}},
		{"extended", messages.FindItemRequest{Restriction: eq(&tag, "3"), SortOrder: []types.FieldOrder{{Order: types.SortDirectionAscending, Path: &tag}}}},
		{"query string", messages.FindItemRequest{QueryString: messages.QueryString{Value: "reader subject:project"}}},
		{"groups", messages.FindItemRequest{GroupBy: &types.DistinguishedGroupBy{Order: types.SortDirectionDescending, StandardGroupBy: types.StandardGroupByConversationTopic}}},
	} {
		b.Run(test.name, func(b *testing.B) {
			req := test.req
			req.Traversal = types.ItemQueryTraversalShallow
			req.ItemShape = types.ItemResponseShape{BaseShape: types.DefaultShapeNamesDefault}
			req.ParentFolderIDs = inFolder("inbox")
			req.Paging = &types.IndexedPageView{MaxEntriesReturned: 100, Offset: 500, BasePoint: types.IndexBasePointBeginning}
			for b.Loop() {
				res, err := k.findItem(&req)
				if err != nil || res.ResponseMessages[0].ResponseCode != messages.NoError {
					b.Fatal(err, res.ResponseMessages[0].MessageText)
				}
			}
		})
	}
}
