package ewstest

import (
	"math"
	"strings"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// searchHandlers registers the operations that search.
func searchHandlers(h handlers) {
	handle(h, messages.OpFindItem, reads, (*call).findItem)
	handle(h, messages.OpFindFolder, reads, (*call).findFolder)
}

// itemSearch is a FindItem request that was checked and is ready to be run on
// a folder.
type itemSearch struct {
	req      *messages.FindItemRequest
	meets    condition // nil for all items
	seek     condition // of a SeekToConditionPageItemView, else nil
	keys     []sortKey
	paging   paging
	calendar *calendarView // nil if there is none
	group    *grouping     // nil if there is none
	query    *query        // nil if there is no query string
}

// findItem answers FindItem: a response message for each parent folder.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/finditem-operation
func (c *call) findItem(req *messages.FindItemRequest) (*messages.FindItemResponse, error) {
	res := &messages.FindItemResponse{}
	s, bad := c.newItemSearch(req)
	for _, id := range req.ParentFolderIDs {
		f, err := c.folder(id)
		if err == nil {
			err = bad
		}
		if err == nil {
			err = c.need(f, readItems)
		}
		var found types.FindItemParent
		if err == nil {
			found, err = c.searchItems(f, s)
		}
		m := findItemMessage(err, found)
		if err == nil && s.query != nil && req.QueryString.ReturnHighlightTerms {
			m.HighlightTerms = s.query.terms
		}
		res.ResponseMessages = append(res.ResponseMessages, m)
	}
	return res, nil
}

func (c *call) newItemSearch(req *messages.FindItemRequest) (*itemSearch, error) {
	voc, err := itemVocabulary()
	if err != nil {
		return nil, err
	}
	s := &itemSearch{req: req}
	if v, ok := req.Paging.(*types.CalendarView); ok {
		s.calendar, err = c.calendarView(req, v)
		return s, err
	}
	k := &compiler{voc: voc, version: c.version, loc: c.location()}
	if s.meets, err = k.compile(req.Restriction); err != nil {
		return nil, err
	}
	if strings.TrimSpace(req.QueryString.Value) != "" {
		if req.Restriction != nil {
			return nil, failf(messages.ErrorInvalidOperation, "A restriction and a query string cannot be used together.")
		}
		s.query = parseQuery(req.QueryString.Value, c.queryContext())
		s.meets = s.query.meets
	}
	if s.keys, err = k.sortKeys(req.SortOrder); err != nil {
		return nil, err
	}
	if s.group, err = k.grouping(req.GroupBy); err != nil {
		return nil, err
	}
	switch v := req.Paging.(type) {
	case *types.SeekToConditionPageView:
		if s.group != nil {
			return nil, failf(messages.ErrorInvalidOperation, "SeekToConditionPageItemView cannot be used with groups.")
		}
		// Without a condition the expression is empty, an error.
		if s.seek, err = k.expression(v.Condition); err != nil {
			return nil, err
		}
	case *types.ContactsView:
		k.contactsView(s, v)
	}
	s.paging, err = c.newPaging(req.Paging)
	return s, err
}

// searchItems runs the search on a folder.
func (c *call) searchItems(f *folder, s *itemSearch) (types.FindItemParent, error) {
	var out types.FindItemParent
	r := &row{c: c, loc: c.location()}
	rows, paging, err := s.rows(c, f, r)
	if err != nil {
		return out, err
	}
	if s.group != nil {
		return out, c.answerGroups(s, rows, r, &out)
	}
	p, err := paging.of(len(rows))
	if err != nil {
		return out, err
	}
	p.say(&out, len(rows))
	out.Present |= types.FindItemParentHasItems
	for _, i := range rows[p.from:p.to] {
		v, err := c.shapeItem(i, &s.req.ItemShape, true)
		if err != nil {
			return out, err
		}
		out.Items = append(out.Items, v)
	}
	return out, nil
}

// rows returns the result in order, and how it is paged.
func (s *itemSearch) rows(c *call, f *folder, r *row) ([]*item, paging, error) {
	if s.calendar != nil {
		rows, err := s.calendar.find(c, f)
		return rows, s.calendar.paging, err
	}
	rows := s.matching(r, f)
	sortRows(rows, s.keys, r, func(r *row, i *item) { r.at(i) })
	if s.query != nil {
		rows = rows[:min(len(rows), c.maxQuery())]
	}
	p := s.paging
	if s.seek == nil {
		return rows, p, nil
	}
	if _, ok := f.data.(*types.CalendarFolder); ok {
		return nil, p, fail(messages.ErrorCalendarSeekToConditionNotSupported)
	}
	p.found = -1
	for n := range rows {
		if p.seek.BasePoint == types.IndexBasePointEnd {
			n = len(rows) - 1 - n
		}
		if s.seek(r.at(rows[n])) {
			p.found = n
			break
		}
	}
	return rows, p, nil
}

// matching returns the items of the folder that meet the search: without a
// sort order the newest come first, as in Exchange.
func (s *itemSearch) matching(r *row, f *folder) []*item {
	if s.req.Traversal == types.ItemQueryTraversalSoftDeleted {
		// Since Exchange 2010 there is no dumpster in folders: what is
		// soft-deleted is in the folder Deletions of Recoverable Items.
		return nil
	}
	hidden := s.req.Traversal == types.ItemQueryTraversalAssociated
	var rows []*item
	items := r.c.itemsIn(f)
	for n := len(items) - 1; n >= 0; n-- {
		i := items[n]
		if get[bool](i.data.(types.Properties), field.Message.IsAssociated) != hidden {
			continue
		}
		if s.meets == nil || s.meets(r.at(i)) {
			rows = append(rows, i)
		}
	}
	return rows
}

// queryContext returns what the meaning of a query string depends on.
func (c *call) queryContext() queryContext {
	// Only English, and that of the United States, has the month first.
	return queryContext{now: c.store.now().In(c.location()), dayFirst: c.culture != "" && !strings.EqualFold(c.culture, "en-US")}
}

// maxQuery returns how many items a query string finds at most.
func (c *call) maxQuery() int {
	if c.srv.release.version.Before(types.ExchangeVersionExchange2013) {
		return math.MaxInt
	}
	return c.srv.cfg.MaxQuery
}

func findItemMessage(err error, found types.FindItemParent) messages.FindItemResponseMessage {
	m := messages.FindItemResponseMessage{ResponseClass: types.ResponseClassSuccess, ResponseCode: messages.NoError}
	if err != nil {
		m.ResponseClass, m.ResponseCode, m.MessageText, m.MessageXML = asFailure(err).status()
		m.Present |= messages.FindItemResponseMessageHasDescriptiveLinkKey
		return m
	}
	m.RootFolder = found
	m.Present |= messages.FindItemResponseMessageHasRootFolder
	return m
}
