package ewstest

import (
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// page is the part of a result that one answer has, and what the answer says
// of it.
type page struct {
	from, to int // of the rows
	last     bool
	offset   int32 // IndexedPagingOffset
	indexed  bool
	num, den int32 // NumeratorOffset and AbsoluteDenominator
	fraction bool
}

// paging is a checked paging view.
type paging struct {
	max      int  // rows at most
	strict   bool // more rows are an error, since nobody asked for pages
	before   types.ExchangeVersion
	indexed  *types.IndexedPageView
	fraction *types.FractionalPageView
	seek     *types.SeekToConditionPageView
	found    int // seek: the row that was sought, -1 if there is none
}

// newPaging checks a view of items or folders.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/indexedpageitemview
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/fractionalpageitemview
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/seektoconditionpageitemview
func (c *call) newPaging(view types.BasePaging) (paging, error) {
	var n int32
	said := view != nil
	p := paging{}
	switch v := view.(type) {
	case *types.IndexedPageView:
		if v.Offset < 0 {
			return p, fail(messages.ErrorInvalidIndexedPagingParameters)
		}
		p.indexed, n = v, v.MaxEntriesReturned
		said = n != 0 || v.Present&types.IndexedPageViewHasMaxEntriesReturned != 0
	case *types.FractionalPageView:
		if v.Denominator <= 0 || v.Numerator < 0 || v.Numerator > v.Denominator {
			return p, fail(messages.ErrorInvalidFractionalPagingParameters)
		}
		p.fraction, n = v, v.MaxEntriesReturned
		said = n != 0 || v.Present&types.FractionalPageViewHasMaxEntriesReturned != 0
	case *types.SeekToConditionPageView:
		p.seek, n = v, v.MaxEntriesReturned
		said = n != 0 || v.Present&types.SeekToConditionPageViewHasMaxEntriesReturned != 0
	case *types.ContactsView:
		n = v.MaxEntriesReturned
		said = n != 0 || v.Present&types.ContactsViewHasMaxEntriesReturned != 0
	}
	plain, err := c.plainPaging(n, said)
	p.max, p.before = plain.max, plain.before
	p.strict = plain.strict && p.indexed == nil && p.fraction == nil && p.seek == nil
	return p, err
}

// plainPaging is a view that has at most a maximum of rows.
//
// https://learn.microsoft.com/exchange/client-developer/exchange-web-services/ews-throttling-in-exchange
func (c *call) plainPaging(n int32, said bool) (paging, error) {
	p := paging{max: c.srv.cfg.MaxFind, strict: !said, before: c.version}
	if said {
		if n <= 0 {
			return p, fail(messages.ErrorInvalidPagingMaxRows)
		}
		p.max = min(p.max, int(n))
	}
	return p, nil
}

// of returns the page of a result with n rows.
func (p paging) of(n int) (page, error) {
	switch {
	case p.indexed != nil && p.indexed.BasePoint == types.IndexBasePointEnd:
		// Seeking from the end goes backward: the page lies before the
		// offset, in the order of the result.
		end := max(n-int(p.indexed.Offset), 0)
		start := max(end-p.max, 0)
		return page{from: start, to: end, last: start == 0, indexed: true, offset: int32(n - start)}, nil
	case p.indexed != nil:
		return p.forward(min(int(p.indexed.Offset), n), n), nil
	case p.fraction != nil:
		start := int(int64(n) * int64(p.fraction.Numerator) / int64(p.fraction.Denominator))
		end := min(start+p.max, n)
		return page{from: start, to: end, last: end == n, fraction: true, num: int32(end), den: int32(n)}, nil
	case p.seek != nil && p.found < 0:
		return p.forward(n, n), nil
	case p.seek != nil && p.seek.BasePoint == types.IndexBasePointEnd:
		// The page ends with the row that was sought.
		start := max(p.found+1-p.max, 0)
		return page{from: start, to: p.found + 1, last: start == 0, indexed: true, offset: int32(n - start)}, nil
	case p.seek != nil:
		return p.forward(p.found, n), nil
	case n > p.max && p.strict:
		if p.before.Before(types.ExchangeVersionExchange2010SP1) {
			return page{}, fail(messages.ErrorServerBusy)
		}
		return page{}, fail(messages.ErrorExceededFindCountLimit)
	}
	end := min(p.max, n)
	return page{to: end, last: end == n}, nil
}

// forward is a page that begins at a row.
func (p paging) forward(start, n int) page {
	end := min(start+p.max, n)
	return page{from: start, to: end, last: end == n, indexed: true, offset: int32(end)}
}

// say puts what the page says of itself into the attributes of an answer.
func (p page) say(f *types.FindItemParent, total int) {
	f.IncludesLastItemInRange, f.TotalItemsInView = p.last, int32(total)
	f.Present |= types.FindItemParentHasIncludesLastItemInRange | types.FindItemParentHasTotalItemsInView
	if p.indexed {
		f.IndexedPagingOffset = p.offset
		f.Present |= types.FindItemParentHasIndexedPagingOffset
	}
	if p.fraction {
		f.NumeratorOffset, f.AbsoluteDenominator = p.num, p.den
		f.Present |= types.FindItemParentHasNumeratorOffset | types.FindItemParentHasAbsoluteDenominator
	}
}
