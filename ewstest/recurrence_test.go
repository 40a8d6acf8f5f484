package ewstest

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-1937cc67/goews/gen/messages"
	"github.com/seed-1937cc67/goews/gen/types"
)

func on(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

// dates returns up to n occurrences, as in "0101 0102".
func (r *recurrence) dates(n int) string {
	var s []string
	for i, d := range r.days() {
		if i > n {
			break
		}
		y, m, x := d.date()
		s = append(s, time.Date(y, m, x, 0, 0, 0, 0, time.UTC).Format("060102"))
	}
	return strings.Join(s, " ")
}

func TestRecurrence(t *testing.T) {
	numbered := func(start string, n int32) types.RecurrenceRange {
		return &types.NumberedRecurrenceRange{StartDate: on(start), NumberOfOccurrences: n}
	}
	until := func(start, end string) types.RecurrenceRange {
		return &types.EndDateRecurrenceRange{StartDate: on(start), EndDate: on(end)}
	}
	endless := func(start string) types.RecurrenceRange {
		return &types.NoEndRecurrenceRange{StartDate: on(start)}
	}
	daily := func(n int32) types.RecurrencePattern { return &types.DailyRecurrencePattern{Interval: n} }
	weekly := func(n int32, first types.DayOfWeek, days ...types.DayOfWeek) types.RecurrencePattern {
		return &types.WeeklyRecurrencePattern{Interval: n, FirstDayOfWeek: first, DaysOfWeek: days}
	}
	monthly := func(n, d int32) types.RecurrencePattern {
		return &types.AbsoluteMonthlyRecurrencePattern{Interval: n, DayOfMonth: d}
	}
	relative := func(n int32, i types.DayOfWeekIndex, d types.DayOfWeek) types.RecurrencePattern {
		return &types.RelativeMonthlyRecurrencePattern{Interval: n, DayOfWeekIndex: i, DaysOfWeek: d}
	}
	yearly := func(m types.MonthNames, d int32) types.RecurrencePattern {
		return &types.AbsoluteYearlyRecurrencePattern{Month: m, DayOfMonth: d}
	}
	relativeYearly := func(m types.MonthNames, i types.DayOfWeekIndex, d types.DayOfWeek) types.RecurrencePattern {
		return &types.RelativeYearlyRecurrencePattern{Month: m, DayOfWeekIndex: i, DaysOfWeek: d}
	}
	for name, test := range map[string]struct {
		pattern types.RecurrencePattern
		rng     types.RecurrenceRange
		want    string // the first five, or a response code
	}{
		"daily, numbered":        {daily(1), numbered("2016-01-30", 4), "160130 160131 160201 160202"},
		"daily, each third":      {daily(3), until("2016-02-27", "2016-03-04"), "160227 160301 160304"},
		"daily, endless":         {daily(999), endless("2016-01-01"), "160101 180926 210621 240316 261210"},
		"daily, ends in between": {daily(2), until("2016-01-01", "2016-01-04"), "160101 160103"},
		"weekly":                 {weekly(1, "", "Wednesday"), numbered("2014-07-02", 6), "140702 140709 140716 140723 140730"},
		"weekly, start between":  {weekly(1, "", "Monday", "Friday"), endless("2016-01-06"), "160108 160111 160115 160118 160122"},
		"each third week":        {weekly(3, "Monday", "Monday", "Wednesday"), numbered("2016-01-01", 4), "160118 160120 160208 160210"},
		"weeks from Sunday":      {weekly(2, "Sunday", "Sunday", "Tuesday"), endless("2016-01-05"), "160105 160117 160119 160131 160202"},
		"weeks from Monday":      {weekly(2, "Monday", "Sunday", "Tuesday"), endless("2016-01-05"), "160105 160110 160119 160124 160202"},
		"monthly":                {monthly(3, 13), numbered("2016-01-01", 4), "160113 160413 160713 161013"},
		"monthly, past":          {monthly(1, 13), endless("2016-01-14"), "160213 160313 160413 160513 160613"},
		"monthly, the last":      {monthly(1, 31), endless("2016-01-31"), "160131 160229 160331 160430 160531"},
		"over the year":          {monthly(5, 1), endless("2016-11-01"), "161101 170401 170901 180201 180701"},
		"third Tuesday":          {relative(3, "Third", "Tuesday"), numbered("2016-01-01", 4), "160119 160419 160719 161018"},
		"third weekday":          {relative(3, "Third", "Weekday"), numbered("2016-01-01", 4), "160105 160405 160705 161005"},
		"first weekend day":      {relative(1, "First", "WeekendDay"), numbered("2016-01-01", 4), "160102 160206 160305 160402"},
		"last day":               {relative(1, "Last", "Day"), numbered("2016-01-01", 3), "160131 160229 160331"},
		"fourth day":             {relative(1, "Fourth", "Day"), numbered("2016-01-01", 3), "160104 160204 160304"},
		"last Friday":            {relative(1, "Last", "Friday"), numbered("2016-01-01", 3), "160129 160226 160325"},
		"second Monday":          {relative(1, "Second", "Monday"), numbered("2016-02-01", 2), "160208 160314"},
		"yearly":                 {yearly("November", 13), numbered("2016-01-01", 4), "161113 171113 181113 191113"},
		"yearly, past":           {yearly("January", 1), endless("2016-02-01"), "170101 180101 190101 200101 210101"},
		"on leap days":           {yearly("February", 29), endless("2015-01-01"), "150228 160229 170228 180228 190228"},
		"third weekend day":      {relativeYearly("November", "Third", "WeekendDay"), numbered("2016-01-01", 4), "161112 171111 181110 191109"},
		"third Monday":           {relativeYearly("November", "Third", "Monday"), numbered("2016-01-01", 2), "161121 171120"},
		"no interval":            {daily(0), endless("2016-01-01"), "ErrorCalendarOutOfRange"},
		"too great an interval":  {weekly(100, "", "Monday"), endless("2016-01-01"), "ErrorCalendarOutOfRange"},
		"too many":               {daily(1), numbered("2016-01-01", 1000), "ErrorCalendarOutOfRange"},
		"none":                   {daily(1), numbered("2016-01-01", 0), "ErrorCalendarOutOfRange"},
		"no such day":            {monthly(1, 32), endless("2016-01-01"), "ErrorCalendarOutOfRange"},
		"no such month":          {yearly("Juli", 2), endless("2016-01-01"), "ErrorCalendarOutOfRange"},
		"no such weekday":        {relativeYearly("July", "First", "Freitag"), endless("2016-01-01"), "ErrorCalendarOutOfRange"},
		"on weekdays, weekly":    {weekly(1, "", "Weekday"), endless("2016-01-01"), "ErrorCalendarInvalidDayForWeeklyRecurrence"},
		"weekly on no day":       {weekly(1, ""), endless("2016-01-01"), "ErrorCalendarInvalidRecurrence"},
		"end before start":       {daily(1), until("2016-01-02", "2016-01-01"), "ErrorCalendarEndDateIsEarlierThanStartDate"},
		"end of time":            {daily(1), until("2016-01-02", "4500-09-02"), "ErrorRecurrenceEndDateTooBig"},
		"no day in the range":    {weekly(1, "", "Monday"), until("2016-01-05", "2016-01-10"), "ErrorRecurrenceHasNoOccurrence"},
		"regenerating":           {&types.DailyRegeneratingPattern{Interval: 1}, endless("2016-01-01"), "ErrorCalendarInvalidRecurrence"},
		"no pattern":             {nil, endless("2016-01-01"), "ErrorCalendarInvalidRecurrence"},
		"no range":               {daily(1), nil, "ErrorCalendarInvalidRecurrence"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := newRecurrence(test.pattern, test.rng)
			got := ""
			var f *failure
			switch {
			case errors.As(err, &f):
				got = string(f.code)
			case err != nil:
				t.Fatal(err)
			default:
				got = r.dates(5)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRecurrenceBounds(t *testing.T) {
	r, err := newRecurrence(&types.DailyRecurrencePattern{Interval: 2}, &types.NumberedRecurrenceRange{StartDate: on("2016-01-01"), NumberOfOccurrences: 3})
	if err != nil {
		t.Fatal(err)
	}
	if d, ok := r.last(); !ok || d != dayOf(2016, 1, 5) {
		t.Errorf("last: %d, %v", d, ok)
	}
	if d, ok := r.nth(2); !ok || d != dayOf(2016, 1, 3) {
		t.Errorf("second: %d, %v", d, ok)
	}
	for _, n := range []int{-1, 0, 4} {
		if _, ok := r.nth(n); ok {
			t.Errorf("there is a number %d", n)
		}
	}
	for d, want := range map[day]bool{dayOf(2015, 12, 31): false, dayOf(2016, 1, 1): true, dayOf(2016, 1, 2): false, dayOf(2016, 1, 5): true, dayOf(2016, 1, 7): false} {
		if r.has(d) != want {
			t.Errorf("day %d: %v", d, !want)
		}
	}
	endless, err := newRecurrence(&types.DailyRecurrencePattern{Interval: 1}, &types.NoEndRecurrenceRange{StartDate: on("2016-01-01")})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := endless.last(); ok {
		t.Error("an endless recurrence has a last day")
	}
	// Before 1970, too.
	if w := dayOf(1969, 12, 28).weekday(); w != time.Sunday {
		t.Errorf("28 December 1969 was a %s", w)
	}
	if texts := []string{textOf(messages.ErrorRecurrenceHasNoOccurrence), textOf(messages.ErrorCalendarOutOfRange)}; texts[0] == "" || texts[1] == "" {
		t.Errorf("texts %q", texts)
	}
}
