"""Items of each class with a value in as many fields as a client may set, the same at every run."""

import datetime
from decimal import Decimal

from exchangelib import (
    CalendarItem,
    Contact,
    DistributionList,
    EWSDate,
    EWSDateTime,
    EWSTimeZone,
    ExtendedProperty,
    HTMLBody,
    Mailbox,
    Message,
    PostItem,
    Task,
)
from exchangelib.indexed_properties import EmailAddress, PhoneNumber, PhysicalAddress
from exchangelib.items import Item
from exchangelib.properties import Attendee, Member
from exchangelib.fields import FRIDAY, JANUARY, LAST, MONDAY, THURSDAY
from exchangelib.recurrence import (
    AbsoluteYearlyPattern,
    Recurrence,
    RelativeMonthlyPattern,
    TaskRecurrence,
    WeeklyPattern,
)


class Note(ExtendedProperty):
    property_set_id = "c11ff724-aa03-4555-9952-8fa248a11c3e"
    property_name = "Peer Note"
    property_type = "String"


class Numbers(ExtendedProperty):
    property_set_id = "c11ff724-aa03-4555-9952-8fa248a11c3e"
    property_name = "Peer Numbers"
    property_type = "IntegerArray"


class Rank(ExtendedProperty):
    distinguished_property_set_id = "PublicStrings"
    property_name = "Peer Rank"
    property_type = "Integer"


class Moment(ExtendedProperty):
    property_set_id = "c11ff724-aa03-4555-9952-8fa248a11c3e"
    property_id = 0x8123
    property_type = "SystemTime"


EXTENDED = {"peer_note": Note, "peer_numbers": Numbers, "peer_rank": Rank, "peer_moment": Moment}


def register():
    for cls in (Item, Message, CalendarItem, Contact, DistributionList, Task, PostItem):
        for name, prop in EXTENDED.items():
            cls.register(name, prop)


register()


def mailbox(name):
    return Mailbox(name=name, email_address=f"{name.lower()}@example.net", routing_type="SMTP", mailbox_type="OneOff")


def common(n, utc):
    """Fields of every class; n tells one item from the next."""
    return dict(
        subject=f"Subject {n} æøå <&> 日本",
        sensitivity=("Normal", "Personal", "Private", "Confidential")[n % 4],
        body=HTMLBody(f"<html><body><p>Body {n} &amp; more</p></body></html>") if n % 2 else f"Plain body {n}\r\nsecond line & <more>",
        categories=[f"Category {n}", "Green category"],
        importance=("Normal", "High", "Low")[n % 3],
        in_reply_to=f"<parent-{n}@example.net>",
        reminder_due_by=EWSDateTime(2026, 5, 1 + n % 20, 8, 30, tzinfo=utc),
        reminder_is_set=n % 2 == 0,
        reminder_minutes_before_start=15 * n,
        culture="en-US" if n % 2 else "da-DK",
        peer_note=f"Note {n} – ünïcödé",
        peer_numbers=[n, -n, 2**31 - 1],
        peer_rank=n,
        peer_moment=EWSDateTime(2026, 1, 2, 3, 4, 5, tzinfo=utc),
    )


def message(n, utc):
    return dict(
        to_recipients=[mailbox("Carol"), mailbox("Dave")],
        cc_recipients=[mailbox("Erin")],
        bcc_recipients=[mailbox("Frank")],
        reply_to=[mailbox("Grace")],
        author=mailbox("Heidi"),
        is_read_receipt_requested=n % 2 == 0,
        is_delivery_receipt_requested=n % 2 == 1,
        message_id=f"<message-{n}@example.net>",
        is_read=n % 2 == 1,
        is_response_requested=n % 3 == 0,
        references=f"<first-{n}@example.net> <second-{n}@example.net>",
    )


def post(n, utc):
    return dict(
        author=mailbox("Heidi"),
        message_id=f"<post-{n}@example.net>",
        is_read=n % 2 == 1,
        references=f"<first-{n}@example.net>",
    )


def calendar_item(n, utc):
    day = EWSDateTime(2026, 3, 2 + n % 20, 9, 0, tzinfo=utc)
    return dict(
        uid=f"040000008200E00074C5B7101A82E008{n:08X}",
        start=day,
        end=day + datetime.timedelta(minutes=30 + n),
        is_all_day=False,
        legacy_free_busy_status=("Free", "Tentative", "Busy", "OOF", "WorkingElsewhere")[n % 5],
        location=f"Room {n} & annex",
        is_response_requested=n % 2 == 0,
        required_attendees=[Attendee(mailbox=mailbox("Carol"), response_type="Unknown")],
        optional_attendees=[Attendee(mailbox=mailbox("Dave"), response_type="Unknown")],
        resources=[Attendee(mailbox=mailbox("Beamer"), response_type="Unknown")],
        conference_type=0,
        allow_new_time_proposal=n % 2 == 0,
        meeting_workspace_url=f"https://example.net/workspace/{n}",
        net_show_url=f"https://example.net/show/{n}",
    )


def recurring(n, utc):
    # A Monday. Not in UTC, for exchangelib does not read days such as 2026-01-05Z.
    start = EWSDateTime(2026, 1, 5, 14, 0, tzinfo=EWSTimeZone("Europe/Copenhagen"))
    return dict(
        calendar_item(n, utc),
        start=start,
        end=start + datetime.timedelta(hours=1),
        recurrence=Recurrence(
            pattern=WeeklyPattern(interval=2, weekdays=[MONDAY, THURSDAY], first_day_of_week=MONDAY),
            start=start.date(),
            number=6,
        ),
    )


def contact(n, utc):
    return dict(
        file_as=f"Filed {n}",
        file_as_mapping="None",
        display_name=f"Display {n}",
        given_name=f"Given {n}",
        initials="G.M.S.",
        middle_name=f"Middle {n}",
        nickname=f"Nick {n}",
        company_name=f"Company {n} & Sons",
        email_addresses=[
            EmailAddress(label=f"EmailAddress{i}", email=f"given{n}.{i}@example.net") for i in (1, 2, 3)
        ],
        physical_addresses=[
            PhysicalAddress(
                label=l, street=f"{n} {l} Street", city=f"{l} City", state="State", country="Country", zipcode=f"{1000 + n}"
            )
            for l in ("Business", "Home", "Other")
        ],
        phone_numbers=[
            PhoneNumber(label=l, phone_number=f"+45 {i:02} {n:06}")
            for i, l in enumerate(sorted(PhoneNumber.get_field_by_fieldname("label").supported_choices(version=_newest())))
        ],
        assistant_name=f"Assistant {n}",
        birthday=EWSDate(1970 + n % 30, 2, 28),
        business_homepage=f"https://example.net/{n}",
        children=[f"Child {n}", "Other child"],
        companies=[f"First company {n}", "Second company"],
        department=f"Department {n}",
        generation="Jr.",
        job_title=f"Title {n}",
        manager=f"Manager {n}",
        mileage=f"{n} km",
        office=f"Office {n}",
        postal_address_index=("Business", "Home", "Other")[n % 3],
        profession=f"Profession {n}",
        spouse_name=f"Spouse {n}",
        surname=f"Surname {n}",
        wedding_anniversary=EWSDate(1995, 6, 1 + n % 20),
    )


def _newest():
    from exchangelib.version import EXCHANGE_O365, Version

    return Version(build=EXCHANGE_O365)


def distribution_list(n, utc):
    return dict(
        display_name=f"List {n}",
        members=[Member(mailbox=mailbox(name), status="Normal") for name in ("Carol", "Dave", "Erin")],
    )


def task(n, utc):
    return dict(
        actual_work=60 * n,
        billing_information=f"Billing {n}",
        companies=[f"Company {n}", "Other company"],
        contacts=[f"Contact {n}"],
        due_date=EWSDate(2026, 8, 1 + n % 20),
        mileage=f"{n} km",
        percent_complete=Decimal(25),
        start_date=EWSDate(2026, 7, 1 + n % 20),
        status="InProgress",
        total_work=120 * n,
    )


def recurring_task(n, utc):
    return dict(
        task(n, utc),
        recurrence=TaskRecurrence(pattern=AbsoluteYearlyPattern(day_of_month=7, month=JANUARY), start=EWSDate(2026, 1, 7), number=5),
    )


def monthly(utc):
    """The last Friday of each month, without an end."""
    return Recurrence(
        pattern=RelativeMonthlyPattern(interval=1, weekday=FRIDAY, week_number=LAST), start=EWSDate(2026, 1, 30)
    )


# name of the kind, class, its own fields, attribute of the account for the default folder
KINDS = (
    ("Message", Message, message, "inbox"),
    ("CalendarItem", CalendarItem, calendar_item, "calendar"),
    ("Recurring CalendarItem", CalendarItem, recurring, "calendar"),
    ("Contact", Contact, contact, "contacts"),
    ("DistributionList", DistributionList, distribution_list, "contacts"),
    ("Task", Task, task, "tasks"),
    ("Recurring Task", Task, recurring_task, "tasks"),
    ("PostItem", PostItem, post, "inbox"),
)

# What a class does not take, as Exchange documents it or exchangelib's models say.
WITHOUT = {
    # A distribution list and a contact have their subject from their name.
    Contact: ("subject",),
    DistributionList: ("subject",),
}


def fields(kind, n, utc):
    """The keyword arguments of an item of the kind."""
    name, cls, own, _ = kind
    names = {f.name for f in cls.FIELDS}
    all_fields = {**common(n, utc), **own(n, utc)}
    return {k: v for k, v in all_fields.items() if k in names and k not in WITHOUT.get(cls, ())}


def kinds():
    return KINDS
