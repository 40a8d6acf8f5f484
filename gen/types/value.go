package types

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/seed-1937cc67/goews/internal/wire"
)

// Raw is well-formed XML content, with the declarations of the namespaces it
// uses: what the schema leaves open (xs:any).
type Raw = wire.Raw

// Bits says which optional fields of a struct were there when it was decoded,
// or are to be sent although they are zero. Constants such as
// ItemResponseShapeHasIncludeMimeContent name the bits.
type Bits = wire.Bits

// Presence is the same for the classes with property paths: items, folders,
// personas, conversations. The descriptors of package field name the bits.
type Presence = wire.Presence

// Set returns the Presence with the properties of f, as in
//
//	&types.CalendarItem{Subject: "Stand-up", Present: types.Set(field.CalendarItem.ReminderIsSet)}
//
// which says that ReminderIsSet=false is to be sent.
func Set(f ...wire.Bit) Presence { return wire.Set(f...) }

// Floating is the location of times that had no zone on the wire. A time in
// it is sent without one; the server reads it in the request's time zone.
var Floating = wire.Floating

// Properties is a class with property paths: every item class, folder class,
// Persona and Conversation.
type Properties interface {
	wire.Marshaler
	wire.Unmarshaler
	// PropertyPtr returns a pointer to the field with presence bit i, nil if
	// there is none.
	PropertyPtr(i uint8) any
	// PresenceSet returns a pointer to the presence set.
	PresenceSet() *Presence
	// ExtendedPtr returns a pointer to the list of extended
	// properties, nil if the class has none.
	ExtendedPtr() *[]ExtendedProperty
}

// Duration is an xs:duration as it stands on the wire, as in "PT30M" or
// "P1D". Years and months have no fixed length, so it is kept as text.
type Duration string

// DurationOf returns d as an xs:duration of hours, minutes and seconds.
func DurationOf(d time.Duration) Duration {
	if d == 0 {
		return "PT0S"
	}
	var b strings.Builder
	if d < 0 {
		b.WriteByte('-')
		d = -d
	}
	b.WriteString("PT")
	if h := d / time.Hour; h > 0 {
		fmt.Fprintf(&b, "%dH", h)
	}
	if m := d % time.Hour / time.Minute; m > 0 {
		fmt.Fprintf(&b, "%dM", m)
	}
	if s := d % time.Minute; s > 0 {
		b.WriteString(strconv.FormatFloat(s.Seconds(), 'f', -1, 64) + "S")
	}
	return Duration(b.String())
}

// Duration returns the length of d. It fails if d is malformed, or has years
// or months, whose length depends on the calendar.
func (d Duration) Duration() (time.Duration, error) {
	s, neg := strings.CutPrefix(string(d), "-")
	rest, ok := strings.CutPrefix(s, "P")
	if !ok || rest == "" {
		return 0, fmt.Errorf("types: %q is no xs:duration", string(d))
	}
	var total float64
	inTime := false
	for rest != "" {
		if rest[0] == 'T' && !inTime {
			inTime, rest = true, rest[1:]
			if rest == "" {
				return 0, fmt.Errorf("types: %q is no xs:duration", string(d))
			}
			continue
		}
		n := strings.IndexAny(rest, "YMWDHS")
		if n <= 0 {
			return 0, fmt.Errorf("types: %q is no xs:duration", string(d))
		}
		v, err := strconv.ParseFloat(rest[:n], 64)
		unit := rest[n]
		rest = rest[n+1:]
		var scale time.Duration
		switch {
		case inTime && unit == 'H':
			scale = time.Hour
		case inTime && unit == 'M':
			scale = time.Minute
		case inTime && unit == 'S':
			scale = time.Second
		case !inTime && unit == 'D':
			scale = 24 * time.Hour
		case !inTime && unit == 'W':
			scale = 7 * 24 * time.Hour
		case !inTime && (unit == 'Y' || unit == 'M') && v == 0:
		case !inTime && (unit == 'Y' || unit == 'M'):
			return 0, fmt.Errorf("types: %q has years or months, whose length is not fixed", string(d))
		default:
			err = strconv.ErrSyntax
		}
		if err != nil {
			return 0, fmt.Errorf("types: %q is no xs:duration", string(d))
		}
		total += v * float64(scale)
	}
	if total > float64(1<<63-1) {
		return 0, fmt.Errorf("types: %q does not fit in a time.Duration", string(d))
	}
	if neg {
		total = -total
	}
	return time.Duration(total), nil
}
