"""Views of a calendar, days, recurrences and their occurrences, time zones."""

import datetime

from exchangelib import CalendarItem, EWSDate, EWSDateTime, EWSTimeZone, Task
from exchangelib.errors import ErrorItemNotFound, ErrorCalendarOccurrenceIsDeletedFromRecurrence, ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange, ErrorCalendarEndDateIsEarlierThanStartDate
from exchangelib.folders import Calendar
from exchangelib.fields import APRIL, FIRST, FRIDAY, LAST, MONDAY, SECOND, THURSDAY, TUESDAY, WEDNESDAY, WEEK_DAY as WEEKDAY
from exchangelib.recurrence import (
    AbsoluteMonthlyPattern, AbsoluteYearlyPattern, DailyPattern, Recurrence, RelativeMonthlyPattern, RelativeYearlyPattern, WeeklyPattern,
)

import values
from steps import Many, equal, raises, same, step, true


def at(s, month, day, hour=9, minute=0, year=2026):
    return EWSDateTime(year, month, day, hour, minute, tzinfo=s.utc)


@step
def view(s):
    f = s.cal = Calendar(parent=s.home, name="Views").save()
    f.bulk_create(items=[
        CalendarItem(subject="before", start=at(s, 5, 1, 8), end=at(s, 5, 1, 9)),
        CalendarItem(subject="across the start", start=at(s, 5, 1, 9, 30), end=at(s, 5, 1, 10, 30)),
        CalendarItem(subject="inside", start=at(s, 5, 1, 11), end=at(s, 5, 1, 12)),
        CalendarItem(subject="across the end", start=at(s, 5, 1, 13, 30), end=at(s, 5, 1, 14, 30)),
        CalendarItem(subject="starts at the end", start=at(s, 5, 1, 14), end=at(s, 5, 1, 15)),
        CalendarItem(subject="around", start=at(s, 5, 1, 1), end=at(s, 5, 1, 23)),
    ])
    q = f.view(start=at(s, 5, 1, 10), end=at(s, 5, 1, 14))
    same([e.subject for e in q], ["across the start", "inside", "across the end", "around"], "in the view")
    equal([e.subject for e in f.view(start=at(s, 5, 1, 10), end=at(s, 5, 1, 14)).order_by("-start")][0], "across the end", "ordered by the client")
    equal(len(list(f.view(start=at(s, 5, 1, 10), end=at(s, 5, 1, 14), max_items=2))), 2, "max_items")
    equal(len(list(f.view(start=at(s, 5, 1, 10), end=at(s, 5, 1, 14)).only("subject"))), 4, "only")
    equal(f.view(start=at(s, 5, 1, 10), end=at(s, 5, 1, 14)).count(), 4, "count")
    equal(f.view(start=at(s, 6, 1), end=at(s, 6, 2)).exists(), False, "exists")


@step
def all_day(s):
    e = CalendarItem(account=s.alice, folder=s.cal, subject="all day", is_all_day=True, start=EWSDate(2026, 5, 20), end=EWSDate(2026, 5, 21)).save()
    got = s.cal.get(subject="all day")
    equal((got.start, got.end, got.is_all_day), (EWSDate(2026, 5, 20), EWSDate(2026, 5, 21), True), "days")
    e.delete()


@step
def in_other_zones(s):
    rows = Many()
    for name in ("Europe/Copenhagen", "America/New_York", "Asia/Kolkata", "Australia/Sydney"):
        def one(name=name):
            tz = EWSTimeZone(name)
            start = EWSDateTime(2026, 7, 1, 10, 0, tzinfo=tz)
            e = CalendarItem(account=s.alice, folder=s.cal, subject=name, start=start, end=start + datetime.timedelta(hours=1)).save()
            got = list(s.alice.fetch([e]))[0]
            equal(got.start, start, "start")
            equal(got.start.astimezone(tz).hour, 10, "hour there")
            equal(got._start_timezone.ms_id, tz.ms_id, "zone")
            e.delete()

        rows.row(name, one)
    rows.end()


def occurrences(s, pattern, first, **boundary):
    e = CalendarItem(account=s.alice, folder=s.cal, subject="series", start=first, end=first + datetime.timedelta(hours=1),
                     recurrence=Recurrence(pattern=pattern, start=first.date(), **boundary)).save()
    try:
        got = sorted(o.start for o in s.cal.view(start=at(s, 1, 1), end=at(s, 1, 1, year=2027)).only("subject", "start") if o.subject == "series")
        return [(d.month, d.day) for d in got]
    finally:
        e.delete()


@step
def patterns(s):
    rows = Many()
    day = lambda m, d: at(s, m, d, 9)
    for name, pattern, first, boundary, want in (
        ("every third day, four times", DailyPattern(interval=3), day(9, 1), dict(number=4), [(9, 1), (9, 4), (9, 7), (9, 10)]),
        ("every day until", DailyPattern(interval=1), day(9, 28), dict(end=EWSDate(2026, 10, 2)), [(9, 28), (9, 29), (9, 30), (10, 1), (10, 2)]),
        ("every other week, Mo We", WeeklyPattern(interval=2, weekdays=[MONDAY, WEDNESDAY]), day(9, 7), dict(number=5), [(9, 7), (9, 9), (9, 21), (9, 23), (10, 5)]),
        ("the 31st", AbsoluteMonthlyPattern(interval=1, day_of_month=31), day(1, 31), dict(number=4), [(1, 31), (2, 28), (3, 31), (4, 30)]),
        ("last Friday", RelativeMonthlyPattern(interval=1, weekday=FRIDAY, week_number=LAST), day(1, 30), dict(number=3), [(1, 30), (2, 27), (3, 27)]),
        ("second weekday of every other month", RelativeMonthlyPattern(interval=2, weekday=WEEKDAY, week_number=SECOND), day(1, 2), dict(number=3), [(1, 2), (3, 3), (5, 4)]),
        ("every year", AbsoluteYearlyPattern(day_of_month=17, month=APRIL), day(4, 17), {}, [(4, 17)]),
        ("first Tuesday of April", RelativeYearlyPattern(weekday=TUESDAY, week_number=FIRST, month=APRIL), day(4, 7), dict(number=2), [(4, 7)]),
        ("without an end", WeeklyPattern(interval=4, weekdays=[THURSDAY]), day(10, 1), {}, [(10, 1), (10, 29), (11, 26), (12, 24)]),
    ):
        rows.row(name, lambda p=pattern, f=first, b=boundary, w=want: equal(occurrences(s, p, f, **b), w))
    rows.end()


@step
def series(s):
    """A master, its occurrences, exceptions and deletions."""
    first = at(s, 11, 2, 9)  # a Monday
    master = CalendarItem(account=s.alice, folder=s.cal, subject="weekly", location="A", start=first, end=first + datetime.timedelta(hours=1),
                          recurrence=Recurrence(pattern=WeeklyPattern(interval=1, weekdays=[MONDAY]), start=first.date(), number=5)).save()
    master.refresh()
    equal((master.type, master.is_recurring), ("RecurringMaster", False), "type, is_recurring of the master")
    equal(master.first_occurrence.start, first, "first occurrence")
    equal(master.last_occurrence.start, at(s, 11, 30, 9), "last occurrence")
    equal((master.modified_occurrences or [], master.deleted_occurrences or []), ([], []), "none changed, none deleted")
    found = list(s.cal.filter(subject="weekly"))
    equal([e.type for e in found], ["RecurringMaster"], "FindItem without a view finds the master")
    window = dict(start=at(s, 11, 1), end=at(s, 12, 31))
    seen = sorted((e for e in s.cal.view(**window) if e.subject == "weekly"), key=lambda e: e.start)
    equal([(e.type, e.is_recurring) for e in seen], [("Occurrence", True)] * 5, "a view shows occurrences")
    equal(len({e.uid for e in seen} | {master.uid}), 1, "one UID")
    # By index.
    third = master.occurrence(3)
    third.refresh()
    equal(third.start, at(s, 11, 16, 9), "start of the third")
    equal(third.id, seen[2].id, "id of the third")
    back = third.recurring_master()
    back.refresh()
    equal(back.id, master.id, "master of the third")
    with raises(ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange, what="the sixth of five"):
        master.occurrence(6).refresh()
    # An exception.
    third.start, third.end, third.location = at(s, 11, 17, 12), at(s, 11, 17, 13), "B"
    third.save(update_fields=["start", "end", "location"])
    seen = sorted((e for e in s.cal.view(**window) if e.subject == "weekly"), key=lambda e: e.start)
    equal([(e.type, e.start.day, e.location) for e in seen],
          [("Occurrence", 2, "A"), ("Occurrence", 9, "A"), ("Exception", 17, "B"), ("Occurrence", 23, "A"), ("Occurrence", 30, "A")], "with an exception")
    # A deletion.
    second = master.occurrence(2)
    second.refresh()
    second.delete()
    master.refresh()
    equal([(o.original_start.day, o.start.day) for o in master.modified_occurrences], [(16, 17)], "modified occurrences")
    equal([o.start.day for o in master.deleted_occurrences], [9], "deleted occurrences")
    with raises(ErrorCalendarOccurrenceIsDeletedFromRecurrence, ErrorItemNotFound, what="a deleted occurrence"):
        master.occurrence(2).refresh()
    equal(len([e for e in s.cal.view(**window) if e.subject == "weekly"]), 4, "left")
    s.weekly = master


@step
def end_before_start(s):
    from exchangelib.items import CalendarItem as C

    e = C(account=s.alice, folder=s.cal, subject="turned", start=at(s, 5, 2, 10), end=at(s, 5, 2, 11)).save()
    e.refresh()
    e.end = at(s, 5, 2, 9)
    with raises(ErrorCalendarEndDateIsEarlierThanStartDate, ValueError, what="end before start"):
        e.save(update_fields=["end"])
    e.delete()


@step
def task_done(s):
    f = s.alice.tasks
    t = Task(account=s.alice, folder=f, subject="to be done", due_date=EWSDate(2026, 3, 1)).save()
    t.refresh()
    equal((t.status, t.percent_complete, t.is_complete), ("NotStarted", 0, False), "new")
    t.complete()
    got = list(s.alice.fetch([t]))[0]
    equal((got.status, got.percent_complete, got.is_complete), ("Completed", 100, True), "done")
    true(got.complete_date is not None, "complete_date")
    got.delete()
