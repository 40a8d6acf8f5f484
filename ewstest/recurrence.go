package ewstest

import (
	"iter"
	"time"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

// day is a date of the calendar without a zone, as days since 1 January 1970.
type day int32

// dayOf returns the date; a month beyond December is one of a later year.
func dayOf(year int, month time.Month, d int) day {
	return day(time.Date(year, month, d, 0, 0, 0, 0, time.UTC).Unix() / secondsADay)
}

const secondsADay = 24 * 60 * 60

// dayIn returns the date of t where it is.
func dayIn(t time.Time) day { return dayOf(t.Date()) }

func (d day) date() (year int, month time.Month, n int) {
	return time.Unix(int64(d)*secondsADay, 0).UTC().Date()
}

// weekday returns the day of the week; 1 January 1970 was a Thursday.
func (d day) weekday() time.Weekday {
	return time.Weekday(((int(d)+int(time.Thursday))%7 + 7) % 7)
}

// at returns the time on the date that has the hour and minute of clock.
func (d day) at(clock time.Time, loc *time.Location) time.Time {
	year, month, n := d.date()
	return time.Date(year, month, n, clock.Hour(), clock.Minute(), clock.Second(), 0, loc)
}

// The bounds of recurrences.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/interval
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/numberofoccurrences
const (
	maxDays        = 999
	maxPeriods     = 99
	maxOccurrences = 999
)

// lastDay is the last day that a recurrence may have.
var lastDay = dayOf(4500, time.September, 1)

// recurrence is a recurrence pattern with its range, checked.
type recurrence struct {
	start day
	end   day // lastDay if there is no end date
	count int // 0 if there is no number
	// each yields the days of the pattern from start on, in order, until yield
	// returns false.
	each func(yield func(day) bool)
}

// newRecurrence checks a pattern and a range.
//
// https://learn.microsoft.com/exchange/client-developer/web-service-reference/recurrence-recurrencetype
func newRecurrence(p types.RecurrencePattern, rng types.RecurrenceRange) (*recurrence, error) {
	r := &recurrence{end: lastDay}
	switch rng := rng.(type) {
	case *types.NoEndRecurrenceRange:
		r.start = dayIn(rng.StartDate)
	case *types.EndDateRecurrenceRange:
		r.start, r.end = dayIn(rng.StartDate), dayIn(rng.EndDate)
		switch {
		case r.end < r.start:
			return nil, fail(messages.ErrorCalendarEndDateIsEarlierThanStartDate)
		case r.end > lastDay:
			return nil, fail(messages.ErrorRecurrenceEndDateTooBig)
		}
	case *types.NumberedRecurrenceRange:
		r.start, r.count = dayIn(rng.StartDate), int(rng.NumberOfOccurrences)
		if r.count < 1 || r.count > maxOccurrences {
			return nil, fail(messages.ErrorCalendarOutOfRange)
		}
	default:
		return nil, fail(messages.ErrorCalendarInvalidRecurrence)
	}
	if err := r.pattern(p); err != nil {
		return nil, err
	}
	for range r.days() {
		return r, nil
	}
	return nil, fail(messages.ErrorRecurrenceHasNoOccurrence)
}

// pattern checks a pattern, and sets what it yields.
func (r *recurrence) pattern(p types.RecurrencePattern) error {
	switch p := p.(type) {
	case *types.DailyRecurrencePattern:
		r.daily(int(p.Interval))
		return within(p.Interval, maxDays)
	case *types.WeeklyRecurrencePattern:
		return r.weekly(p)
	case *types.AbsoluteMonthlyRecurrencePattern:
		r.monthly(0, int(p.Interval), func(year int, month time.Month) day { return dayOfMonth(year, month, int(p.DayOfMonth)) })
		return firstOf(within(p.Interval, maxPeriods), within(p.DayOfMonth, 31))
	case *types.RelativeMonthlyRecurrencePattern:
		days, ok := weekdays(p.DaysOfWeek)
		r.monthly(0, int(p.Interval), func(year int, month time.Month) day { return nthDay(year, month, p.DayOfWeekIndex, days) })
		return firstOf(within(p.Interval, maxPeriods), inRange(ok))
	case *types.AbsoluteYearlyRecurrencePattern:
		month, ok := monthOf(p.Month)
		r.monthly(month, 12, func(year int, month time.Month) day { return dayOfMonth(year, month, int(p.DayOfMonth)) })
		return firstOf(within(p.DayOfMonth, 31), inRange(ok))
	case *types.RelativeYearlyRecurrencePattern:
		month, ok := monthOf(p.Month)
		days, ok2 := weekdays(p.DaysOfWeek)
		r.monthly(month, 12, func(year int, month time.Month) day { return nthDay(year, month, p.DayOfWeekIndex, days) })
		return inRange(ok && ok2)
	}
	// A regenerating pattern: only tasks have one, and its dates depend on
	// when each task is done.
	return fail(messages.ErrorCalendarInvalidRecurrence)
}

func within(n int32, most int32) error {
	if n < 1 || n > most {
		return fail(messages.ErrorCalendarOutOfRange)
	}
	return nil
}

func inRange(ok bool) error {
	if !ok {
		return fail(messages.ErrorCalendarOutOfRange)
	}
	return nil
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *recurrence) daily(interval int) {
	r.each = func(yield func(day) bool) {
		for d := r.start; yield(d); d += day(max(interval, 1)) {
		}
	}
}

// weekly yields the chosen days of each week; the first day of the week says
// where weeks begin if not each of them counts.
func (r *recurrence) weekly(p *types.WeeklyRecurrencePattern) error {
	if err := within(p.Interval, maxPeriods); err != nil {
		return err
	}
	var chosen [7]bool
	for _, name := range p.DaysOfWeek {
		w, ok := weekdayOf(name)
		if !ok {
			return fail(messages.ErrorCalendarInvalidDayForWeeklyRecurrence)
		}
		chosen[w] = true
	}
	if len(p.DaysOfWeek) == 0 {
		return fail(messages.ErrorCalendarInvalidRecurrence)
	}
	first, _ := weekdayOf(p.FirstDayOfWeek) // Sunday if it is not said
	back := (int(r.start.weekday()) - int(first) + 7) % 7
	r.each = func(yield func(day) bool) {
		for week := r.start - day(back); ; week += day(7 * p.Interval) {
			for d := week; d < week+7; d++ {
				if chosen[d.weekday()] && d >= r.start && !yield(d) {
					return
				}
			}
		}
	}
	return nil
}

// monthly yields a day of each interval-th month, from the month that start is
// in, or from the given one of its year.
func (r *recurrence) monthly(month time.Month, interval int, in func(year int, month time.Month) day) {
	r.each = func(yield func(day) bool) {
		year, m, _ := r.start.date()
		if month != 0 {
			m = month
		}
		for ; ; m += time.Month(max(interval, 1)) {
			for m > time.December {
				year, m = year+1, m-12
			}
			if d := in(year, m); d >= r.start && !yield(d) {
				return
			}
		}
	}
}

// dayOfMonth returns the day of the month, the last one if it has not so many.
func dayOfMonth(year int, month time.Month, n int) day {
	return min(dayOf(year, month, 1)+day(n-1), dayOf(year, month+1, 1)-1)
}

// nthDay returns the first to fourth, or last, of the days of the month that
// are chosen.
func nthDay(year int, month time.Month, index types.DayOfWeekIndex, chosen [7]bool) day {
	first, after := dayOf(year, month, 1), dayOf(year, month+1, 1)
	if index == types.DayOfWeekIndexLast {
		d := after - 1
		for d > first && !chosen[d.weekday()] {
			d--
		}
		return d
	}
	n := map[types.DayOfWeekIndex]int{
		types.DayOfWeekIndexSecond: 1, types.DayOfWeekIndexThird: 2, types.DayOfWeekIndexFourth: 3,
	}[index]
	d := first
	for ; d < after-1; d++ {
		if !chosen[d.weekday()] {
			continue
		}
		if n == 0 {
			break
		}
		n--
	}
	return d
}

// weekdays returns the days that a name stands for: Day, Weekday and
// WeekendDay are several.
func weekdays(name types.DayOfWeek) (chosen [7]bool, ok bool) {
	switch name {
	case types.DayOfWeekDay:
		return [7]bool{true, true, true, true, true, true, true}, true
	case types.DayOfWeekWeekday:
		return [7]bool{false, true, true, true, true, true, false}, true
	case types.DayOfWeekWeekendDay:
		return [7]bool{true, false, false, false, false, false, true}, true
	}
	w, ok := weekdayOf(name)
	chosen[w] = ok
	return chosen, ok
}

func weekdayOf(name types.DayOfWeek) (time.Weekday, bool) {
	for w := time.Sunday; w <= time.Saturday; w++ {
		if w.String() == string(name) {
			return w, true
		}
	}
	return 0, false
}

func monthOf(name types.MonthNames) (time.Month, bool) {
	for m := time.January; m <= time.December; m++ {
		if m.String() == string(name) {
			return m, true
		}
	}
	return time.January, false
}

// days yields the occurrences with their indexes, which begin at 1.
func (r *recurrence) days() iter.Seq2[int, day] {
	return func(yield func(int, day) bool) {
		n := 0
		r.each(func(d day) bool {
			n++
			return d <= r.end && (r.count == 0 || n <= r.count) && yield(n, d)
		})
	}
}

// nth returns the occurrence with the index; ok is false if there is none.
func (r *recurrence) nth(index int) (d day, ok bool) {
	if index < 1 {
		return 0, false
	}
	for n, d := range r.days() {
		if n == index {
			return d, true
		}
	}
	return 0, false
}

// has reports whether there is an occurrence on the day.
func (r *recurrence) has(d day) bool {
	for _, x := range r.days() {
		if x >= d {
			return x == d
		}
	}
	return false
}

// first returns the first occurrence.
func (r *recurrence) first() day {
	d, _ := r.nth(1)
	return d
}

// last returns the last occurrence; ok is false if there is no end.
func (r *recurrence) last() (last day, ok bool) {
	if r.count == 0 && r.end == lastDay {
		return 0, false
	}
	for _, d := range r.days() {
		last = d
	}
	return last, true
}
