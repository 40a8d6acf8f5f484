package ewstest

import (
	"strconv"
	"strings"
	"time"
)

// maxDateWords is how many words a date has at most, as in "December 11, 2013
// .. December 24, 2013".
const maxDateWords = 7

// date reads a date, a range of dates, or a date after an operator: as many
// words as make one.
func (p *queryParser) date(sc scope) condition {
	var parts []string
	best, used := condition(nil), 0
	for n := 0; n < maxDateWords; n++ {
		t := p.tokens[p.at+n]
		if t.kind != wordToken && t.kind != phraseToken {
			break
		}
		parts = append(parts, t.text)
		if c, ok := p.ctx.dateCriterion(sc, strings.Join(parts, " ")); ok {
			best, used = c, n+1
		}
		if t.kind == phraseToken {
			break
		}
	}
	if best == nil {
		p.next()
		return never
	}
	p.at += used
	return best
}

// span is a time with an extent: from its beginning up to its end, which does
// not belong to it. A zero bound is none.
type span struct{ from, to time.Time }

func (x queryContext) dateCriterion(sc scope, s string) (condition, bool) {
	var want span
	op := "="
	if low, high, ok := strings.Cut(s, ".."); ok {
		from, ok1 := x.span(low)
		to, ok2 := x.span(high)
		if strings.TrimSpace(low) == "" && strings.TrimSpace(high) == "" || !(ok1 || strings.TrimSpace(low) == "") || !(ok2 || strings.TrimSpace(high) == "") {
			return nil, false
		}
		want = span{from.from, to.to}
	} else {
		op, s = cutRelation(s)
		var ok bool
		if want, ok = x.span(s); !ok {
			return nil, false
		}
	}
	switch op {
	case ">":
		want = span{from: want.to}
	case ">=":
		want = span{from: want.from}
	case "<":
		want = span{to: want.from}
	case "<=":
		want = span{to: want.to}
	}
	uri := "item:DateTimeReceived"
	if sc == sentScope {
		uri = "item:DateTimeSent"
	}
	return func(r *row) bool {
		t, ok := lookup[time.Time](r.stored(), uri)
		if !ok {
			return false
		}
		t = inZone(t, r.loc)
		in := (want.from.IsZero() || !t.Before(want.from)) && (want.to.IsZero() || t.Before(want.to))
		return in == (op != "<>")
	}, true
}

// span reads a date: today, last week, Tuesday, December, December 11 2013,
// 12/11, 2013-12-11.
func (x queryContext) span(s string) (span, bool) {
	fields := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return r == ' ' || r == ',' })
	today := midnightOf(x.now)
	days := func(from, n int) (span, bool) {
		return span{today.AddDate(0, 0, from), today.AddDate(0, 0, from+n)}, true
	}
	switch len(fields) {
	case 1:
		switch f := fields[0]; f {
		case "today":
			return days(0, 1)
		case "yesterday":
			return days(-1, 1)
		case "tomorrow":
			return days(1, 1)
		default:
			if w, ok := weekdayNamed(f); ok {
				return days(int(w-today.Weekday()), 1)
			}
			if m, ok := monthNamed(f); ok {
				from := time.Date(today.Year(), m, 1, 0, 0, 0, 0, today.Location())
				return span{from, from.AddDate(0, 1, 0)}, true
			}
			return x.numeric(f)
		}
	case 2:
		if out, ok := x.relative(fields[0], fields[1]); ok {
			return out, true
		}
		return x.named(fields[0], fields[1], today.Year())
	case 3:
		year, err := strconv.Atoi(fields[2])
		if err != nil || year < 1601 || year > 9999 {
			return span{}, false
		}
		return x.named(fields[0], fields[1], year)
	}
	return span{}, false
}

// relative reads "last week" and its like. This, last and next are periods of
// the calendar; past and coming run from now.
func (x queryContext) relative(which, unit string) (span, bool) {
	n, ok := map[string]int{"this": 0, "last": -1, "next": 1, "past": -1, "coming": 1}[which]
	if !ok {
		return span{}, false
	}
	today := midnightOf(x.now)
	var from time.Time
	var step func(t time.Time, n int) time.Time
	switch unit {
	case "day":
		from, step = today, func(t time.Time, n int) time.Time { return t.AddDate(0, 0, n) }
	case "week":
		from, step = today.AddDate(0, 0, -int(today.Weekday())), func(t time.Time, n int) time.Time { return t.AddDate(0, 0, 7*n) }
	case "month":
		from, step = today.AddDate(0, 0, 1-today.Day()), func(t time.Time, n int) time.Time { return t.AddDate(0, n, 0) }
	case "year":
		from, step = today.AddDate(0, 0, 1-today.YearDay()), func(t time.Time, n int) time.Time { return t.AddDate(n, 0, 0) }
	default:
		return span{}, false
	}
	switch which {
	case "past":
		return span{step(x.now, -1), x.now}, true
	case "coming":
		return span{x.now, step(x.now, 1)}, true
	}
	return span{step(from, n), step(from, n+1)}, true
}

// named reads "december 11" and "11 december", or "december 2013".
func (x queryContext) named(a, b string, year int) (span, bool) {
	m, ok := monthNamed(a)
	if !ok {
		if m, ok = monthNamed(b); !ok {
			return span{}, false
		}
		b = a
	}
	d, err := strconv.Atoi(strings.TrimRight(b, "stndrh"))
	if err == nil && d >= 1601 && d <= 9999 {
		from := time.Date(d, m, 1, 0, 0, 0, 0, x.now.Location())
		return span{from, from.AddDate(0, 1, 0)}, true
	}
	if err != nil {
		return span{}, false
	}
	return x.oneDay(year, m, d)
}

func (x queryContext) oneDay(year int, m time.Month, d int) (span, bool) {
	from := time.Date(year, m, d, 0, 0, 0, 0, x.now.Location())
	return span{from, from.AddDate(0, 0, 1)}, m >= 1 && m <= 12 && d >= 1 && from.Month() == m
}

// numeric reads 2013-12-11, 12/11/2013, 12/11, 2013, or an xs:dateTime.
func (x queryContext) numeric(s string) (span, bool) {
	if t, err := time.Parse(time.RFC3339Nano, strings.ToUpper(s)); err == nil {
		return span{t, t.Add(time.Second)}, true
	}
	if t, err := time.ParseInLocation("2006-01-02T15:04:05", strings.ToUpper(s), x.now.Location()); err == nil {
		return span{t, t.Add(time.Second)}, true
	}
	var n []int
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return r == '/' || r == '-' || r == '.' }) {
		v, err := strconv.Atoi(part)
		if err != nil || v < 0 || v > 9999 {
			return span{}, false
		}
		n = append(n, v)
	}
	switch {
	case len(n) == 1 && n[0] >= 1601:
		from := time.Date(n[0], time.January, 1, 0, 0, 0, 0, x.now.Location())
		return span{from, from.AddDate(1, 0, 0)}, true
	case len(n) == 3 && n[0] >= 1601:
		return x.oneDay(n[0], time.Month(n[1]), n[2])
	case len(n) == 2:
		n = append(n, x.now.Year())
	case len(n) != 3:
		return span{}, false
	}
	if n[2] < 100 {
		n[2] += 2000
	}
	m, d := n[0], n[1]
	if x.dayFirst || m > 12 {
		m, d = d, m
	}
	return x.oneDay(n[2], time.Month(m), d)
}

func midnightOf(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
}

func weekdayNamed(s string) (time.Weekday, bool) {
	for w := time.Sunday; w <= time.Saturday; w++ {
		if strings.EqualFold(w.String(), s) {
			return w, true
		}
	}
	return 0, false
}

func monthNamed(s string) (time.Month, bool) {
	for m := time.January; m <= time.December; m++ {
		if strings.EqualFold(m.String(), s) {
			return m, true
		}
	}
	return 0, false
}
