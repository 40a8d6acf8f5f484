package ewstest

import (
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/seed-1937cc67/goews/gen/field"
	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// series is what makes an event one of many. Its occurrences are made when
// they are asked for; those that were changed are kept, those that were
// deleted are known by their dates.
type series struct {
	rec        *recurrence
	loc        *time.Location // in which the dates are
	start, end time.Time      // of the first occurrence, in loc
	exceptions map[day]*item  // never in a folder
	deleted    map[day]bool
}

// newSeries returns the series of an event, nil if it does not recur.
func newSeries(v *types.CalendarItem, zoneOf func(types.TimeZoneDefinition) *time.Location) (*series, error) {
	if !v.Present.Has(field.CalendarItem.Recurrence) {
		return nil, nil
	}
	rec, err := newRecurrence(v.Recurrence.Pattern, v.Recurrence.Range)
	if err != nil {
		return nil, err
	}
	s := &series{rec: rec, loc: zoneOf(v.StartTimeZone)}
	// The pattern says which day is the first, the event at what time.
	start := v.Start.In(s.loc)
	s.start = rec.first().at(start, s.loc)
	s.end = s.on(rec.first(), start, v.End.In(s.loc))
	return s, s.fits()
}

// on returns the end of an occurrence on a day, of an event from start to end.
func (s *series) on(d day, start, end time.Time) time.Time {
	return (d + dayIn(end) - dayIn(start)).at(end, s.loc)
}

// fits reports a series whose occurrences overlap. It looks at the first ones:
// patterns repeat.
func (s *series) fits() error {
	var before time.Time
	for n, d := range s.rec.days() {
		start, end := s.times(d)
		if n > 1 && start.Before(before) {
			return fail(messages.ErrorOccurrenceTimeSpanTooBig)
		}
		if before = end; n > 60 {
			break
		}
	}
	return nil
}

// times returns when an occurrence that was not changed is.
func (s *series) times(d day) (start, end time.Time) {
	return d.at(s.start, s.loc), s.on(d, s.start, s.end)
}

// sameSeries reports whether two events recur in the same way, so that changes
// of the one's occurrences hold for the other's.
func sameSeries(a, b *types.CalendarItem) bool {
	return a.Start.Equal(b.Start) && a.End.Equal(b.End) && a.StartTimeZone.ID == b.StartTimeZone.ID &&
		equalProp(a, b, classOf(a).props[classOf(a).byURI["calendar:Recurrence"]])
}

// reseries gives an item the series that its properties say. Occurrences that
// were changed or deleted stay so unless the pattern or the times are others.
func (s *store) reseries(i *item, before types.Item) {
	v, ok := i.data.(*types.CalendarItem)
	if !ok {
		return
	}
	old := i.series
	i.series, _ = newSeries(v, s.zoneOf) // checked before
	if b, ok := before.(*types.CalendarItem); ok && old != nil && i.series != nil && sameSeries(v, b) {
		i.series.exceptions, i.series.deleted = old.exceptions, old.deleted
		return
	}
	if old != nil {
		for _, e := range old.exceptions {
			s.forget(i.folder.box, e.attached)
		}
	}
}

// adoptSeries gives a copy of a recurring event its own changed occurrences.
func (s *store) adoptSeries(i, from *item) {
	if from.series == nil {
		return
	}
	c := *from.series
	c.deleted = maps.Clone(c.deleted)
	c.exceptions = map[day]*item{}
	for d, e := range from.series.exceptions {
		n := *e
		n.folder, n.master = i.folder, i
		n.attached = s.adopt(&n, nil, e.attached)
		c.exceptions[d] = &n
	}
	i.series = &c
}

// occurrence returns an occurrence of i, changed or not.
func (i *item) occurrence(d day) *item {
	if e := i.series.exceptions[d]; e != nil {
		n := *e
		n.data = i.occurrenceData(d, e)
		return &n
	}
	return &item{
		number: i.number, change: i.change, folder: i.folder, creator: i.creator, created: i.created, changed: i.changed,
		attached: i.attached, master: i, day: d, data: i.occurrenceData(d, nil),
	}
}

// occurrenceData returns the properties of an occurrence: those of the series,
// and over them those that were changed for it alone.
func (i *item) occurrenceData(d day, e *item) types.Item {
	v := clone(i.data.(*types.CalendarItem))
	start, end := i.series.times(d)
	for _, uri := range []string{
		"calendar:Recurrence", "calendar:FirstOccurrence", "calendar:LastOccurrence", "calendar:ModifiedOccurrences", "calendar:DeletedOccurrences",
	} {
		unset(v, uri)
	}
	set(v, field.CalendarItem.CalendarItemType, types.CalendarItemTypeOccurrence)
	set(v, field.CalendarItem.Start, start.UTC())
	set(v, field.CalendarItem.End, end.UTC())
	set(v, field.CalendarItem.OriginalStart, start.UTC())
	set(v, field.CalendarItem.RecurrenceID, start.UTC())
	if e != nil {
		set(v, field.CalendarItem.CalendarItemType, types.CalendarItemTypeException)
		own := e.data.(*types.CalendarItem)
		for _, p := range classOf(v).props {
			if e.touched[p.URI] == 0 {
				continue
			}
			drop(v, p)
			copyProp(v, own, p)
		}
		for path := range e.touched {
			if strings.HasPrefix(path, "extended:") {
				v.ExtendedProperty = own.ExtendedProperty
			}
		}
	}
	derive(v, i.attachedOf(e))
	return v
}

// attachedOf returns the attachments of a changed occurrence, or of the series.
func (i *item) attachedOf(e *item) []*attachment {
	if e != nil {
		return e.attached
	}
	return i.attached
}

// occurrences yields the occurrences of i that are there, in the order of the
// pattern.
func (i *item) occurrences() iter.Seq[*item] {
	return func(yield func(*item) bool) {
		for _, d := range i.series.rec.days() {
			if !i.series.deleted[d] && !yield(i.occurrence(d)) {
				return
			}
		}
	}
}

// occurrencesIn returns the occurrences of i that end at from or later and
// start before to.
func (i *item) occurrencesIn(from, to time.Time) []*item {
	var out []*item
	in := func(o *item) bool {
		v := o.data.(*types.CalendarItem)
		return !v.End.Before(from) && v.Start.Before(to)
	}
	// No occurrence of a day before this one lasts into the range, whatever
	// the zone: its times need not be computed.
	early := dayIn(from.UTC()) - day(i.series.end.Sub(i.series.start)/(24*time.Hour)) - 3
	for _, d := range i.series.rec.days() {
		if d < early {
			continue
		}
		start, end := i.series.times(d)
		if !start.Before(to) {
			break
		}
		if !end.Before(from) && !i.series.deleted[d] && i.series.exceptions[d] == nil {
			out = append(out, i.occurrence(d))
		}
	}
	for d := range i.series.exceptions {
		if o := i.occurrence(d); in(o) {
			out = append(out, o)
		}
	}
	slices.SortStableFunc(out, func(a, b *item) int {
		return a.data.(*types.CalendarItem).Start.Compare(b.data.(*types.CalendarItem).Start)
	})
	return out
}

// nthOccurrence returns the occurrence with the index, which begins with 1 and
// counts those that were deleted.
func (i *item) nthOccurrence(index int) (*item, error) {
	d, ok := i.series.rec.nth(index)
	switch {
	case !ok:
		return nil, fail(messages.ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange)
	case i.series.deleted[d]:
		return nil, fail(messages.ErrorCalendarOccurrenceIsDeletedFromRecurrence)
	}
	return i.occurrence(d), nil
}

// inBounds reports an occurrence that would be before the one before it, or
// after the one after it.
func (o *item) inBounds(v *types.CalendarItem) error {
	before := (*types.CalendarItem)(nil)
	passed := false
	for x := range o.master.occurrences() {
		data := x.data.(*types.CalendarItem)
		switch {
		case x.day == o.day:
			passed = true
			if before != nil && v.Start.Before(before.End) {
				return fail(messages.ErrorOccurrenceCrossingBoundary)
			}
		case passed:
			if v.End.After(data.Start) {
				return fail(messages.ErrorOccurrenceCrossingBoundary)
			}
			return nil
		default:
			before = data
		}
	}
	return nil
}

// changeOccurrence keeps a change of an occurrence. touched are the properties
// that it has for itself from now on.
func (s *store) changeOccurrence(o *item, data types.Item, attached []*attachment, touched map[string]uint64) *item {
	m := o.master
	e := &item{
		number: m.number, change: s.next(), folder: m.folder, creator: o.creator, created: o.created, changed: s.instant(),
		data: data, master: m, day: o.day, touched: touched,
	}
	e.attached = s.takeAttachments(e, attached)
	m.series.exceptions = maps.Clone(m.series.exceptions)
	if m.series.exceptions == nil {
		m.series.exceptions = map[day]*item{}
	}
	m.series.exceptions[o.day] = e
	s.touchMaster(m)
	return e
}

// takeAttachments gives a changed occurrence its attachments: its own, and
// copies of those of the series.
func (s *store) takeAttachments(e *item, list []*attachment) []*attachment {
	var out []*attachment
	for _, a := range list {
		if a.item == e.master {
			out = append(out, s.adopt(e, nil, []*attachment{a})...)
			continue
		}
		rehome(e, a)
		out = append(out, a)
	}
	return out
}

// rehome gives an attachment, with what is attached to it, to another version
// of its item.
func rehome(i *item, a *attachment) {
	a.item = i
	for _, x := range a.attached {
		rehome(i, x)
	}
}

// deleteOccurrence deletes an occurrence; with the last one its series goes.
func (s *store) deleteOccurrence(o *item) {
	m := o.master
	if e := m.series.exceptions[o.day]; e != nil {
		s.forget(m.folder.box, e.attached)
		m.series.exceptions = maps.Clone(m.series.exceptions)
		delete(m.series.exceptions, o.day)
	}
	m.series.deleted = maps.Clone(m.series.deleted)
	if m.series.deleted == nil {
		m.series.deleted = map[day]bool{}
	}
	m.series.deleted[o.day] = true
	for range m.occurrences() {
		s.touchMaster(m)
		return
	}
	s.deleteItem(m)
}

// touchMaster notes that a series has changed.
func (s *store) touchMaster(m *item) {
	m.change, m.changed = s.next(), s.instant()
	s.note(event{what: changed, item: m, folder: m.folder})
}

// occurrenceInfo is what a series says of one of its occurrences.
func (o *item) occurrenceInfo() types.OccurrenceInfo {
	v := o.data.(*types.CalendarItem)
	return types.OccurrenceInfo{ItemID: o.itemID(), Start: v.Start, End: v.End, OriginalStart: v.OriginalStart}
}

// computeSeries gives a recurring event the properties that name occurrences.
func (s *shaper) computeSeries(v *types.CalendarItem, uri string) {
	i := s.item
	switch uri {
	case "calendar:FirstOccurrence":
		for o := range i.occurrences() {
			assign(v, uri, o.occurrenceInfo())
			break
		}
	case "calendar:LastOccurrence":
		if _, ok := i.series.rec.last(); !ok {
			return
		}
		last, found := day(0), false
		for _, d := range i.series.rec.days() {
			if !i.series.deleted[d] {
				last, found = d, true
			}
		}
		if found {
			assign(v, uri, i.occurrence(last).occurrenceInfo())
		}
	case "calendar:ModifiedOccurrences":
		var list []types.OccurrenceInfo
		for _, d := range slices.Sorted(maps.Keys(i.series.exceptions)) {
			list = append(list, i.occurrence(d).occurrenceInfo())
		}
		if len(list) > 0 {
			assign(v, uri, list)
		}
	case "calendar:DeletedOccurrences":
		var list []time.Time
		for _, d := range slices.Sorted(maps.Keys(i.series.deleted)) {
			start, _ := i.series.times(d)
			list = append(list, start.UTC())
		}
		if len(list) > 0 {
			assign(v, uri, list)
		}
	}
}
