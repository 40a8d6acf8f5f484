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

// paging is a checked paging view without a condition.
type paging struct {
	max      int // rows; as many as the server gives if there is none
	indexed  *types.IndexedPageView
	fraction *types.FractionalPageView
}

// newPaging checks a view of items or folders.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/indexedpageitemview
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/fractionalpageitemview
func newPaging(view types.BasePaging, limit int) (paging, error) {
	p := paging{max: limit}
	var err error
	switch v := view.(type) {
	case *types.IndexedPageView:
		p.indexed = v
		if v.Offset < 0 {
			return p, fail(messages.ErrorInvalidIndexedPagingParameters)
		}
		p.max, err = maxRows(v.MaxEntriesReturned, v.Present&types.IndexedPageViewHasMaxEntriesReturned != 0, limit)
	case *types.FractionalPageView:
		p.fraction = v
		if v.Denominator <= 0 || v.Numerator < 0 || v.Numerator > v.Denominator {
			return p, fail(messages.ErrorInvalidFractionalPagingParameters)
		}
		p.max, err = maxRows(v.MaxEntriesReturned, v.Present&types.FractionalPageViewHasMaxEntriesReturned != 0, limit)
	}
	return p, err
}

// maxRows returns how many rows an answer may have.
func maxRows(n int32, said bool, limit int) (int, error) {
	switch {
	case !said && n == 0:
		return limit, nil
	case n <= 0:
		return 0, fail(messages.ErrorInvalidPagingMaxRows)
	}
	return min(int(n), limit), nil
}

// of returns the page of a result with n rows.
func (p paging) of(n int) page {
	switch {
	case p.indexed != nil && p.indexed.BasePoint == types.IndexBasePointEnd:
		// Seeking from the end goes backward: the page lies before the
		// offset, in the order of the result.
		end := max(n-int(p.indexed.Offset), 0)
		start := max(end-p.max, 0)
		return page{from: start, to: end, last: start == 0, indexed: true, offset: int32(n - start)}
	case p.indexed != nil:
		start := min(int(p.indexed.Offset), n)
		end := min(start+p.max, n)
		return page{from: start, to: end, last: end == n, indexed: true, offset: int32(end)}
	case p.fraction != nil:
		start := int(int64(n) * int64(p.fraction.Numerator) / int64(p.fraction.Denominator))
		end := min(start+p.max, n)
		return page{from: start, to: end, last: end == n, fraction: true, num: int32(end), den: int32(n)}
	}
	end := min(p.max, n)
	return page{to: end, last: end == n}
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
