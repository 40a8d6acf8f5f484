package ewstest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// filled says that all fields of v that are not zero are there, as after a
// request.
func filled[T types.Item](v T) T {
	p := any(v).(types.Properties)
	for _, f := range classOf(p).props {
		if ptr := p.PropertyPtr(f.Bit); ptr != nil && !isZero(ptr) {
			p.PresenceSet().Add(f.Bit)
		}
	}
	return v
}

// put stores items in the distinguished folder, oldest first, one a minute.
func (c *client) put(folder types.DistinguishedFolderIDName, items ...types.Item) []*item {
	c.t.Helper()
	st := c.srv.store
	box := st.mailboxOf(c.user)
	f := box.distinguished[folder]
	var out []*item
	for _, data := range items {
		n := st.next()
		at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Add(time.Duration(len(f.items)) * time.Minute)
		i := &item{number: n, change: n, folder: f, data: data, created: at, changed: at}
		f.items = append(f.items, i)
		box.items[n] = i
		out = append(out, i)
	}
	return out
}

func inFolder(id types.DistinguishedFolderIDName) []types.BaseFolderID {
	return []types.BaseFolderID{&types.DistinguishedFolderID{ID: id}}
}

// find runs a FindItem request for ids and subjects.
func (c *client) find(req *messages.FindItemRequest) messages.FindItemResponseMessage {
	c.t.Helper()
	if req.Traversal == "" {
		req.Traversal = types.ItemQueryTraversalShallow
	}
	if req.ItemShape.BaseShape == "" {
		req.ItemShape = types.ItemResponseShape{BaseShape: types.DefaultShapeNamesIDOnly,
			AdditionalProperties: []types.Path{field.Item.Subject.Property()}}
	}
	if req.ParentFolderIDs == nil {
		req.ParentFolderIDs = inFolder("inbox")
	}
	var res messages.FindItemResponse
	c.do(messages.OpFindItem, req, &res)
	if len(res.ResponseMessages) != len(req.ParentFolderIDs) {
		c.t.Fatalf("%d response messages for %d folders", len(res.ResponseMessages), len(req.ParentFolderIDs))
	}
	return res.ResponseMessages[0]
}

// subjects returns the subjects of items, joined.
func subjects(items []types.Item) string {
	var s []string
	for _, i := range items {
		s = append(s, get[string](i.(types.Properties), field.Item.Subject))
	}
	return strings.Join(s, " ")
}

func TestFindItemPages(t *testing.T) {
	c := newClient(t, Config{MaxFind: 6})
	for i := range 10 {
		c.put("inbox", filled(&types.Message{Subject: fmt.Sprint(i), Size: int32(i)}))
	}
	bySize := []types.FieldOrder{field.Message.Size.Asc().FieldOrder()}
	type answer struct {
		Code             messages.ResponseCode
		Subjects         string
		Last             bool
		Total            int32
		Offset, Num, Den int32
		Present          types.Bits
	}
	const indexed, fraction = types.FindItemParentHasIndexedPagingOffset, types.FindItemParentHasNumeratorOffset | types.FindItemParentHasAbsoluteDenominator
	begin, end := types.IndexBasePointBeginning, types.IndexBasePointEnd
	for name, test := range map[string]struct {
		paging types.BasePaging
		want   answer
	}{
		"none, over the limit":  {nil, answer{Code: messages.ErrorExceededFindCountLimit}},
		"first page":            {&types.IndexedPageView{MaxEntriesReturned: 3, BasePoint: begin}, answer{Subjects: "0 1 2", Total: 10, Offset: 3, Present: indexed}},
		"middle page":           {&types.IndexedPageView{MaxEntriesReturned: 3, Offset: 3, BasePoint: begin}, answer{Subjects: "3 4 5", Total: 10, Offset: 6, Present: indexed}},
		"last page":             {&types.IndexedPageView{MaxEntriesReturned: 3, Offset: 9, BasePoint: begin}, answer{Subjects: "9", Last: true, Total: 10, Offset: 10, Present: indexed}},
		"a page that just fits": {&types.IndexedPageView{MaxEntriesReturned: 3, Offset: 7, BasePoint: begin}, answer{Subjects: "7 8 9", Last: true, Total: 10, Offset: 10, Present: indexed}},
		"beyond the end":        {&types.IndexedPageView{MaxEntriesReturned: 3, Offset: 20, BasePoint: begin}, answer{Last: true, Total: 10, Offset: 10, Present: indexed}},
		"more than the policy":  {&types.IndexedPageView{MaxEntriesReturned: 9, BasePoint: begin}, answer{Subjects: "0 1 2 3 4 5", Total: 10, Offset: 6, Present: indexed}},
		"no maximum":            {&types.IndexedPageView{Offset: 8, BasePoint: begin}, answer{Subjects: "8 9", Last: true, Total: 10, Offset: 10, Present: indexed}},
		"from the end":          {&types.IndexedPageView{MaxEntriesReturned: 3, BasePoint: end}, answer{Subjects: "7 8 9", Total: 10, Offset: 3, Present: indexed}},
		"further from the end":  {&types.IndexedPageView{MaxEntriesReturned: 3, Offset: 3, BasePoint: end}, answer{Subjects: "4 5 6", Total: 10, Offset: 6, Present: indexed}},
		"the beginning, from the end": {&types.IndexedPageView{MaxEntriesReturned: 3, Offset: 9, BasePoint: end},
			answer{Subjects: "0", Last: true, Total: 10, Offset: 10, Present: indexed}},
		"two thirds":              {&types.FractionalPageView{MaxEntriesReturned: 2, Numerator: 2, Denominator: 3}, answer{Subjects: "6 7", Total: 10, Num: 8, Den: 10, Present: fraction}},
		"the whole":               {&types.FractionalPageView{MaxEntriesReturned: 2, Numerator: 3, Denominator: 3}, answer{Last: true, Total: 10, Num: 10, Den: 10, Present: fraction}},
		"no rows":                 {&types.IndexedPageView{BasePoint: begin, Present: types.IndexedPageViewHasMaxEntriesReturned}, answer{Code: messages.ErrorInvalidPagingMaxRows}},
		"negative rows":           {&types.FractionalPageView{MaxEntriesReturned: -1, Numerator: 1, Denominator: 2}, answer{Code: messages.ErrorInvalidPagingMaxRows}},
		"negative offset":         {&types.IndexedPageView{MaxEntriesReturned: 3, Offset: -1, BasePoint: begin}, answer{Code: messages.ErrorInvalidIndexedPagingParameters}},
		"more than one":           {&types.FractionalPageView{Numerator: 3, Denominator: 2}, answer{Code: messages.ErrorInvalidFractionalPagingParameters}},
		"a negative fraction":     {&types.FractionalPageView{Numerator: -1, Denominator: 2}, answer{Code: messages.ErrorInvalidFractionalPagingParameters}},
		"a denominator of nought": {&types.FractionalPageView{Numerator: 0, Denominator: 0}, answer{Code: messages.ErrorInvalidFractionalPagingParameters}},
	} {
		t.Run(name, func(t *testing.T) {
			m := c.find(&messages.FindItemRequest{Paging: test.paging, SortOrder: bySize})
			f := m.RootFolder
			got := answer{m.ResponseCode, subjects(f.Items), f.IncludesLastItemInRange, f.TotalItemsInView, f.IndexedPagingOffset,
				f.NumeratorOffset, f.AbsoluteDenominator, f.Present & (indexed | fraction)}
			if test.want.Code == "" {
				test.want.Code = messages.NoError
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestFindItemFolders(t *testing.T) {
	c := newClient(t)
	c.put("inbox", filled(&types.Message{Subject: "a"}), filled(&types.Message{Subject: "b"}),
		filled(&types.Message{Subject: "hidden", IsAssociated: true}))
	c.put("drafts", filled(&types.Message{Subject: "draft"}))
	var res messages.FindItemResponse
	c.do(messages.OpFindItem, &messages.FindItemRequest{
		Traversal: types.ItemQueryTraversalShallow,
		ItemShape: types.ItemResponseShape{BaseShape: types.DefaultShapeNamesDefault},
		ParentFolderIDs: []types.BaseFolderID{
			&types.DistinguishedFolderID{ID: "inbox"}, &types.FolderID{ID: "nonsense"}, &types.DistinguishedFolderID{ID: "drafts"},
		},
	}, &res)
	var got []string
	for _, m := range res.ResponseMessages {
		got = append(got, string(m.ResponseCode)+" "+subjects(m.RootFolder.Items))
	}
	if diff := cmp.Diff([]string{"NoError b a", "ErrorInvalidIdMalformed ", "NoError draft"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if m := c.find(&messages.FindItemRequest{Traversal: types.ItemQueryTraversalAssociated}); subjects(m.RootFolder.Items) != "hidden" {
		t.Errorf("associated items: %s", subjects(m.RootFolder.Items))
	}
	if m := c.find(&messages.FindItemRequest{Traversal: types.ItemQueryTraversalSoftDeleted}); m.ResponseCode != messages.NoError || len(m.RootFolder.Items) > 0 {
		t.Errorf("soft-deleted items: %s %s", m.ResponseCode, subjects(m.RootFolder.Items))
	}
}
