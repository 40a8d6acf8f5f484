package wire

import (
	"fmt"
	"time"
)

// Floating is the location of times that had no zone on the wire. The encoder
// writes such a time without one; the server reads it in the time zone of the
// request's context.
var Floating = time.FixedZone("floating", 0)

// Time consumes an xs:dateTime with any number of fraction digits; digits
// past the ninth are dropped. Without a zone its location is Floating.
func (d *Decoder) Time() time.Time { return d.time("xs:dateTime") }

// Date consumes an xs:date, or the xs:dateTime that some servers send for
// one.
func (d *Decoder) Date() time.Time { return d.time("xs:date") }

func (d *Decoder) time(kind string) time.Time {
	if d.mode == content {
		if b := d.buf[d.pos:]; len(b) > 20 && b[20] == '<' {
			if t, ok := parseUTC(b[:20]); ok && d.shortClose(20) {
				return t
			}
		}
	}
	b := trim(d.bytes())
	if len(b) == 0 {
		return time.Time{}
	}
	t, ok := parseTime(b)
	if !ok {
		d.badValue(kind, b)
	}
	return t
}

// two returns the number that two digits say; over 99 if they are none.
func two(hi, lo byte) uint {
	hi -= '0'
	lo -= '0'
	if hi > 9 || lo > 9 {
		return 100
	}
	return uint(hi)*10 + uint(lo)
}

// parseUTC parses what servers send nearly always, as in
// "2006-01-02T15:04:05Z".
func parseUTC(b []byte) (time.Time, bool) {
	if len(b) != 20 || b[4] != '-' || b[7] != '-' || b[10] != 'T' || b[13] != ':' || b[16] != ':' || b[19] != 'Z' {
		return time.Time{}, false
	}
	century, year := two(b[0], b[1]), two(b[2], b[3])
	month, day := two(b[5], b[6]), two(b[8], b[9])
	hour, minute, sec := two(b[11], b[12]), two(b[14], b[15]), two(b[17], b[18])
	if century > 99 || year > 99 || month-1 > 11 || day-1 > 27 || hour > 23 || minute > 59 || sec > 59 {
		return time.Time{}, false // a day over 28 is the general code's to judge
	}
	y := century*100 + year
	if y == 0 {
		return time.Time{}, false
	}
	// Days since March 1 of year 0, years starting in March.
	m := month + 9
	if month > 2 {
		m = month - 3
	} else {
		y--
	}
	days := y*365 + y/4 - y/100 + y/400 + (m*153+2)/5 + day - 1
	const unixEpoch = 719468 // the days from there to 1970
	s := (int64(days)-unixEpoch)*86400 + int64(hour*3600+minute*60+sec)
	return time.Unix(s, 0).UTC(), true
}

func digits(b []byte) (int, bool) {
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, len(b) > 0
}

// parseTime parses an xs:date or xs:dateTime of years 0001 to 9999.
func parseTime(b []byte) (time.Time, bool) {
	var zero time.Time
	if len(b) < 10 || b[4] != '-' || b[7] != '-' {
		return zero, false
	}
	year, ok1 := digits(b[:4])
	month, ok2 := digits(b[5:7])
	day, ok3 := digits(b[8:10])
	if !ok1 || !ok2 || !ok3 || month < 1 || month > 12 || day < 1 || day > 31 {
		return zero, false
	}
	var hour, minute, sec, nano int
	b = b[10:]
	if len(b) > 0 && b[0] == 'T' {
		if len(b) < 9 || b[3] != ':' || b[6] != ':' {
			return zero, false
		}
		var ok4 bool
		hour, ok1 = digits(b[1:3])
		minute, ok2 = digits(b[4:6])
		sec, ok4 = digits(b[7:9])
		if !ok1 || !ok2 || !ok4 || hour > 24 || minute > 59 || sec > 60 {
			return zero, false
		}
		b = b[9:]
		if len(b) > 1 && b[0] == '.' {
			scale := 100_000_000
			b = b[1:]
			for len(b) > 0 && b[0] >= '0' && b[0] <= '9' {
				nano += int(b[0]-'0') * scale
				scale /= 10
				b = b[1:]
			}
		}
	}
	loc := Floating
	switch {
	case len(b) == 0:
	case string(b) == "Z":
		loc = time.UTC
	case len(b) == 6 && (b[0] == '+' || b[0] == '-') && b[3] == ':':
		h, ok := digits(b[1:3])
		m, okM := digits(b[4:6])
		if !ok || !okM || h > 14 || m > 59 {
			return zero, false
		}
		offset := h*3600 + m*60
		if b[0] == '-' {
			offset = -offset
		}
		loc = fixedZone(offset)
	default:
		return zero, false
	}
	t := time.Date(year, time.Month(month), day, hour, minute, sec, nano, loc)
	if t.Day() != day && hour != 24 && sec != 60 { // 31 February
		return zero, false
	}
	return t, true
}

func fixedZone(offset int) *time.Location {
	if offset == 0 {
		return time.FixedZone("+00:00", 0)
	}
	return time.FixedZone("", offset)
}

// timeSize bounds what putTime writes.
const timeSize = len("2006-01-02T15:04:05.999999999-07:00") + 8

// putTime writes v as an xs:dateTime, or an xs:date, to b from o on, and
// returns where it ends: with its zone, Z for UTC, nothing for Floating.
func (e *Encoder) putTime(b []byte, o int, v time.Time, clock bool) int {
	loc := v.Location()
	sec, offset := v.Unix(), 0
	if loc != time.UTC && loc != Floating {
		_, offset = v.Zone()
		sec += int64(offset)
	}
	const (
		year0    = -62167219200 // seconds from 1970 to 0000-01-01
		march0   = year0 + 60*86400
		year1    = year0 + 366*86400
		year9999 = 253402300799
	)
	if sec < year1 || sec > year9999 {
		e.Fail(fmt.Errorf("wire: year %d can't be written; years are 1 to 9999", v.Year()))
		return o
	}
	// Years that start in March have their leap day at the end.
	days := uint((sec - march0) / 86400)
	s := uint((sec - year0) % 86400)
	era, d := days/146097, days%146097
	y := (d - d/1460 + d/36524 - d/146096) / 365
	d -= 365*y + y/4 - y/100
	m := (5*d + 2) / 153
	day := d - (153*m+2)/5 + 1
	y += era * 400
	if m < 10 {
		m += 3
	} else {
		m -= 9
		y++
	}
	p := b[o : o+10]
	put2(p[0:], y/100)
	put2(p[2:], y%100)
	p[4] = '-'
	put2(p[5:], m)
	p[7] = '-'
	put2(p[8:], day)
	o += 10
	if clock {
		p = b[o : o+9]
		p[0] = 'T'
		put2(p[1:], s/3600)
		p[3] = ':'
		put2(p[4:], s/60%60)
		p[6] = ':'
		put2(p[7:], s%60)
		o += 9
		if ns := v.Nanosecond(); ns > 0 {
			b[o] = '.'
			for o++; ns > 0; o++ {
				b[o] = byte('0' + ns/100_000_000)
				ns = ns % 100_000_000 * 10
			}
		}
	}
	switch {
	case loc == time.UTC:
		b[o] = 'Z'
		o++
	case loc != Floating:
		b[o] = '+'
		if offset < 0 {
			b[o] = '-'
			offset = -offset
		}
		put2(b[o+1:], uint(offset)/3600%100)
		b[o+3] = ':'
		put2(b[o+4:], uint(offset)/60%60)
		o += 6
	}
	return o
}

// put2 writes n, under 100, as two digits.
func put2(b []byte, n uint) {
	b[0], b[1] = byte('0'+n/10), byte('0'+n%10)
}
