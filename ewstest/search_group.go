package ewstest

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed-1937cc67/goews/gen/types"
)

// grouping is a checked GroupBy or DistinguishedGroupBy.
type grouping struct {
	by         *operand
	on         *operand // what the order of the groups is computed from
	maximum    bool
	descending bool
}

// grouping resolves a grouping; nil if there is none.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/groupby
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/standardgroupby
func (k *compiler) grouping(g types.BaseGroupBy) (*grouping, error) {
	var by, on types.Path
	out := &grouping{}
	switch g := g.(type) {
	case nil:
		return nil, nil
	case *types.GroupBy:
		by, on = g.Path, g.AggregateOn.Path
		out.maximum, out.descending = g.AggregateOn.Aggregate == types.AggregateMaximum, g.Order == types.SortDirectionDescending
	case *types.DistinguishedGroupBy:
		// The only standard is ConversationTopic.
		by = &types.PathToUnindexedField{FieldURI: types.UnindexedFieldURIMessageConversationTopic}
		on = &types.PathToUnindexedField{FieldURI: types.UnindexedFieldURIItemDateTimeReceived}
		out.maximum, out.descending = true, g.Order == types.SortDirectionDescending
	}
	var err error
	if out.by, err = k.sortable(by); err != nil {
		return nil, err
	}
	out.on, err = k.sortable(on)
	return out, err
}

// group is the items that have one value.
type group struct {
	name  string // the value as text
	items []*item
	on    sortValue // the aggregate
}

// groups puts rows, which are sorted already, into groups, and these in order.
func (g *grouping) groups(rows []*item, r *row) []*group {
	byName := map[string]*group{}
	var list []*group
	for _, i := range rows {
		name := g.name(r.at(i))
		key := foldCase(name)
		x := byName[key]
		on := g.on.first(r)
		if x == nil {
			x = &group{name: name, on: on}
			byName[key] = x
			list = append(list, x)
		}
		x.items = append(x.items, i)
		if n := g.on.order(on, x.on); n > 0 && g.maximum || n < 0 && !g.maximum {
			x.on = on
		}
	}
	slices.SortStableFunc(list, func(a, b *group) int {
		n := g.on.order(a.on, b.on)
		if g.descending {
			n = -n
		}
		return n
	})
	return list
}

// name returns the value that r is grouped by, as text: "" if it has none, all
// values if it has several.
func (g *grouping) name(r *row) string {
	var names []string
	for _, v := range g.by.values(r) {
		names = append(names, g.by.format(v))
		if g.by.typ == mailboxType {
			break
		}
	}
	return strings.Join(names, "; ")
}

// format returns a value as it stands on the wire.
func (o *operand) format(v value) string {
	switch o.typ {
	case integerType:
		return strconv.FormatInt(v.num, 10)
	case booleanType:
		return strconv.FormatBool(v.num != 0)
	case realType:
		return strconv.FormatFloat(v.real, 'G', -1, 64)
	case momentType:
		return time.UnixMicro(v.num).UTC().Format(time.RFC3339)
	case binaryType:
		return base64.StdEncoding.EncodeToString([]byte(v.text))
	}
	return v.text
}

// page returns the part of the groups that the rows from to to cover. Each
// group has a row of its own before those of its items; one that began on the
// page before is there again with the rest of its items.
func pageOfGroups(list []*group, from, to int) (part []*group, index []int) {
	at := 0
	for n, g := range list {
		start, end := at, at+1+len(g.items)
		at = end
		if end <= from || start >= to {
			continue
		}
		first, last := max(from-start-1, 0), min(to-start-1, len(g.items))
		part = append(part, &group{name: g.name, items: g.items[first:last]})
		index = append(index, n)
	}
	return part, index
}

// answerGroups puts a page of groups into an answer.
func (c *call) answerGroups(s *itemSearch, rows []*item, r *row, out *types.FindItemParent) error {
	list := s.group.groups(rows, r)
	n := len(list) + len(rows)
	p, err := s.paging.of(n)
	if err != nil {
		return err
	}
	p.say(out, n)
	out.Present |= types.FindItemParentHasGroups
	part, index := pageOfGroups(list, p.from, p.to)
	for i, g := range part {
		x := types.GroupedItems{GroupIndex: strconv.Itoa(index[i])}
		if c.version.Before(types.ExchangeVersionExchange2010) {
			// Exchange 2007 has the value here, later ones the position.
			x.GroupIndex = g.name
		}
		for _, i := range g.items {
			v, err := c.shapeItem(i, &s.req.ItemShape, true)
			if err != nil {
				return err
			}
			x.Items = append(x.Items, v)
		}
		out.Groups = append(out.Groups, x)
	}
	return nil
}
