// Package winzone knows the time zones that Windows has, and so Exchange: their
// names, what the rest of the world calls them, and what their clocks do today.
// It needs no time zone database at run time.
//
// As in Windows a zone's rules are those of the present, at all times: what
// clocks did in the past by other rules is not known.
package winzone

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"
)

//go:generate go run ./gen -cldr ../../../shared/schemas/cldr/windowsZones.xml -o zones_gen.go

// Zone is a time zone.
type Zone struct {
	Name   string // as Windows has it: "Romance Standard Time"
	IANA   string // "Europe/Paris"
	Places string // "Brussels, Copenhagen, Madrid, Paris"
	rule   string // as POSIX writes it: "CET-1CEST,M3.5.0,M10.5.0/3"
}

// Display returns the name that Windows shows: "(UTC+01:00) Brussels,
// Copenhagen, Madrid, Paris".
func (z Zone) Display() string {
	if z.Name == UTC {
		return "(UTC) " + z.Places
	}
	d, sign := z.Rules().Standard, '+'
	if d < 0 {
		d, sign = -d, '-'
	}
	return fmt.Sprintf("(UTC%c%02d:%02d) %s", sign, d/time.Hour, d%time.Hour/time.Minute, z.Places)
}

// UTC is the zone named UTC.
const UTC = "UTC"

// All returns the zones by name. The slice is the caller's.
func All() []Zone { return slices.Clone(table[:]) }

// ByName returns the zone that Windows calls so, in any case.
func ByName(name string) (Zone, bool) {
	for i := range table {
		if strings.EqualFold(table[i].Name, name) {
			return table[i], true
		}
	}
	return Zone{}, false
}

// ByIANA returns the zone that has the name in the IANA database. Only the one
// place that stands for each zone of Windows is known.
func ByIANA(name string) (Zone, bool) {
	for i := range table {
		if strings.EqualFold(table[i].IANA, name) {
			return table[i], true
		}
	}
	return Zone{}, false
}

// Rules returns what the zone's clocks do.
func (z Zone) Rules() Rules {
	r, err := parse(z.rule)
	if err != nil { // the table is tested
		return Rules{}
	}
	return r
}

// Location returns the zone for package time, under its Windows name. Each
// call makes a new one.
func (z Zone) Location() *time.Location {
	if z.Name == UTC {
		return time.UTC
	}
	return z.Rules().Location(z.Name)
}

// Rules says what the clocks of a zone do in every year.
type Rules struct {
	Standard time.Duration // east of UTC
	// Daylight is the offset in summer. It is Standard, and the changes are
	// zero, in zones without summer time.
	Daylight   time.Duration
	ToDaylight Change
	ToStandard Change
}

// HasDaylight reports whether the clocks change.
func (r Rules) HasDaylight() bool { return r.ToDaylight != Change{} }

// Change is when clocks change, in local time before the change.
type Change struct {
	Month   time.Month
	Week    int // 1 for the first such weekday of the month, 5 for the last
	Weekday time.Weekday
	// At is the time since midnight. It may be negative, or longer than a day,
	// where a law names another day.
	At time.Duration
}

// In returns when the change is in a year, as a time in UTC that reads as the
// local time.
func (c Change) In(year int) time.Time {
	first := time.Date(year, c.Month, 1, 0, 0, 0, 0, time.UTC)
	day := 1 + (int(c.Weekday)-int(first.Weekday())+7)%7 + 7*(c.Week-1)
	for last := first.AddDate(0, 1, -1).Day(); day > last; {
		day -= 7
	}
	return first.AddDate(0, 0, day-1).Add(c.At)
}

// Location returns a location with the rules and the name.
func (r Rules) Location(name string) *time.Location {
	return Build(name, r.Standard, nil, r)
}

// Transition is a change of the offset once.
type Transition struct {
	At       time.Time
	Offset   time.Duration // from then on
	Daylight bool
}

// Build returns a location: first is the offset before the transitions, which
// are in order of time; after the last one, or always if there is none, the
// rules hold.
func Build(name string, first time.Duration, transitions []Transition, rules Rules) *time.Location {
	loc, err := time.LoadLocationFromTZData(name, tzif(first, transitions, rules.posix()))
	if err != nil { // what tzif writes can be read: tested
		return time.FixedZone(name, int(rules.Standard/time.Second))
	}
	return loc
}

// tzif writes a zone in the format of RFC 9636, version 2.
func tzif(first time.Duration, transitions []Transition, footer string) []byte {
	type local struct {
		offset   time.Duration
		daylight bool
	}
	locals := []local{{first, false}}
	var index []byte
	for _, t := range transitions {
		l := local{t.Offset, t.Daylight}
		n := slices.Index(locals, l)
		if n < 0 {
			n = len(locals)
			locals = append(locals, l)
		}
		index = append(index, byte(n))
	}
	var names string
	var starts []byte
	for _, l := range locals {
		starts = append(starts, byte(len(names)))
		names += abbreviation(l.offset) + "\x00"
	}
	head := func(b []byte, times, types, chars int) []byte {
		b = append(b, "TZif2"...)
		b = append(b, make([]byte, 15)...)
		for _, n := range []int{0, 0, 0, times, types, chars} {
			b = binary.BigEndian.AppendUint32(b, uint32(n))
		}
		return b
	}
	// The block of version 1 is there for form's sake.
	b := head(nil, 0, 1, 1)
	b = append(b, make([]byte, 6+1)...)
	b = head(b, len(transitions), len(locals), len(names))
	for _, t := range transitions {
		b = binary.BigEndian.AppendUint64(b, uint64(t.At.Unix()))
	}
	b = append(b, index...)
	for i, l := range locals {
		b = binary.BigEndian.AppendUint32(b, uint32(int32(l.offset/time.Second)))
		daylight := byte(0)
		if l.daylight {
			daylight = 1
		}
		b = append(b, daylight, starts[i])
	}
	b = append(b, names...)
	return append(b, "\n"+footer+"\n"...)
}

// abbreviation returns "+01" or "-0330".
func abbreviation(d time.Duration) string {
	sign := '+'
	if d < 0 {
		sign, d = '-', -d
	}
	h, m := int(d/time.Hour), int(d%time.Hour/time.Minute)
	if m == 0 {
		return fmt.Sprintf("%c%02d", sign, h)
	}
	return fmt.Sprintf("%c%02d%02d", sign, h, m)
}
