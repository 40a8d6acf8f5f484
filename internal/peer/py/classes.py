"""Each class of items: created with all its fields, fetched, updated, each field taken away, copied, moved, deleted."""

from exchangelib import EWSDateTime, FolderCollection, HTMLBody, Message
from exchangelib.errors import (
    ErrorInvalidChangeKey,
    ErrorIrresolvableConflict,
    ErrorItemNotFound,
    ErrorStaleObject,
)
from exchangelib.folders import Calendar, Contacts, Folder, Tasks
from exchangelib.items import Item
from exchangelib.properties import Attendee
from exchangelib.recurrence import Recurrence

import values
from steps import Many, equal, raises, same, step, true

FOLDER = {"inbox": Folder, "calendar": Calendar, "contacts": Contacts, "tasks": Tasks}

# What the server may say otherwise than it was told.
FREE = {
    "reminder_due_by",  # of a calendar item it is derived from its start
    "reminder_minutes_before_start",
}


def clean(v):
    """A value without what the server adds: names of mailboxes, times of attendees, zones of days."""
    if isinstance(v, Recurrence):
        b = v.boundary
        p = v.pattern
        p.clean()  # days by name become days by number
        return (type(v), p, type(b), str(b.start)[:10], getattr(b, "number", None), str(getattr(b, "end", None))[:10])
    if isinstance(v, list):
        return [clean(x) for x in v]
    if isinstance(v, Attendee):
        return ("attendee", v.mailbox.email_address)
    if isinstance(v, str):
        return v.replace("\r\n", "\n")
    return v


def check(item, want, skip=()):
    rows = Many()
    for name, value in want.items():
        if name in FREE or name in skip:
            continue
        got = getattr(item, name)
        if name in ("categories", "companies", "contacts", "children", "phone_numbers", "physical_addresses", "email_addresses"):
            rows.row(name, same, [repr(x) for x in got or []], [repr(x) for x in value])
        elif name == "body":
            rows.row(name, body, got, value)
        else:
            rows.row(name, equal, clean(got), clean(value), name)
    rows.end()


def body(got, want):
    equal(type(got).__name__ == "HTMLBody", isinstance(want, HTMLBody), f"body {got!r} is HTML")
    if isinstance(want, HTMLBody):
        # Exchange writes HTML its own way.
        true("Body" in got and "&amp; more" in got, f"body {got!r}")
    else:
        equal(got.replace("\r\n", "\n").rstrip("\n"), want.replace("\r\n", "\n"), "body")


def folder(s, attr):
    name = f"Kinds {attr}"
    cls = FOLDER[attr]
    for f in s.home.children:
        if f.name == name:
            return f
    return cls(parent=s.home, name=name).save()


def each(s, f):
    """Call f(kind, folder) for each kind."""
    rows = Many()
    for kind in values.kinds():
        rows.row(kind[0], f, kind, folder(s, kind[3]))
    rows.end()


@step
def create_and_fetch(s):
    def one(kind, where):
        want = values.fields(kind, 3, s.utc)
        item = kind[1](account=s.alice, folder=where, **want).save()
        true(item.id and item.changekey, "a created item has id and change key")
        got = list(s.alice.fetch([item]))[0]
        if isinstance(got, Exception):
            raise got
        equal(type(got), kind[1], "class")
        equal((got.id, got.changekey), (item.id, item.changekey), "id and change key")
        check(got, want)
        equal(got.parent_folder_id.id, where.id, "parent folder")
        true(got.size > 0, f"size {got.size}")
        true(got.datetime_created and got.last_modified_time, "times of creation and change")
        equal(got.has_attachments, False, "has_attachments")
        if kind[0] == "Recurring Task":
            equal(got.is_recurring, True, "is_recurring")
        if kind[0] == "Recurring CalendarItem":
            equal(got.type, "RecurringMaster", "type")
        item.delete()
        gone = list(s.alice.fetch([item.__class__(id=got.id, changekey=got.changekey)]))[0]
        true(isinstance(gone, ErrorItemNotFound), f"after delete(): {gone!r}")

    each(s, one)


@step
def without_fields(s):
    """An item that says nothing has the defaults of the server."""
    def one(kind, where):
        need = ("start", "end", "display_name")
        given = {k: v for k, v in values.fields(kind, 4, s.utc).items() if k in need}
        item = kind[1](account=s.alice, folder=where, **given).save()
        got = list(s.alice.fetch([item]))[0]
        equal((got.importance, got.sensitivity), ("Normal", "Normal"), "importance and sensitivity")
        true(not got.categories and not got.attachments, f"{got.categories!r}, {got.attachments!r}")
        item.delete()

    each(s, one)


@step
def update_every_field(s):
    def one(kind, where):
        item = kind[1](account=s.alice, folder=where, **values.fields(kind, 5, s.utc)).save()
        item.refresh()
        want = values.fields(kind, 6, s.utc)
        for n in ("uid", "message_id", "recurrence", "members", "file_as_mapping"):
            want.pop(n, None)  # not to be changed, or the same
        for name, value in want.items():
            setattr(item, name, value)
        key, fid = item.changekey, item.id
        # Without names all fields are sent; but of what is recurring exchangelib writes days as times.
        item.save(update_fields=list(want) if "Recurring" in kind[0] else None)
        true(item.changekey != key, "the change key is another")
        if "Task" not in kind[0]:
            equal(item.id, fid, "the id is the same")
        check(list(s.alice.fetch([item]))[0], want)
        item.delete()

    each(s, one)


@step
def update_one_field_at_a_time(s):
    def one(kind, where):
        item = kind[1](account=s.alice, folder=where, **values.fields(kind, 7, s.utc)).save()
        want = values.fields(kind, 8, s.utc)
        rows = Many()
        for name in ("subject", "body", "importance", "categories", "sensitivity", "peer_note", "peer_numbers", "is_read", "location",
                     "given_name", "email_addresses", "physical_addresses", "phone_numbers", "display_name", "due_date", "start_date",
                     "mileage", "children", "birthday", "required_attendees", "legacy_free_busy_status", "total_work"):
            if name not in want:
                continue

            def field(name=name):
                setattr(item, name, want[name])
                item.save(update_fields=[name])
                got = list(s.alice.fetch([item], folder=where, only_fields=[name]))[0]
                check(got, {name: want[name]})

            rows.row(name, field)
        item.delete()
        rows.end()

    each(s, one)


@step
def take_fields_away(s):
    def one(kind, where):
        item = kind[1](account=s.alice, folder=where, **values.fields(kind, 9, s.utc)).save()
        item.refresh()
        gone = [
            n for n in values.fields(kind, 9, s.utc)
            if n in ("body", "categories", "peer_note", "peer_numbers", "location", "given_name", "company_name", "mileage",
                     "email_addresses", "physical_addresses", "phone_numbers", "children", "birthday", "due_date", "start_date",
                     "billing_information", "contacts", "companies", "required_attendees", "optional_attendees", "cc_recipients",
                     "to_recipients", "references", "in_reply_to", "job_title", "nickname", "net_show_url")
        ]
        for name in gone:
            setattr(item, name, None)
        item.save(update_fields=gone)
        got = list(s.alice.fetch([item]))[0]
        rows = Many()
        for name in gone:
            rows.row(name, true, not getattr(got, name), f"{name} is still {getattr(got, name)!r}")
        item.delete()
        rows.end()

    each(s, one)


@step
def save_what_was_not_fetched(s):
    """The commonest of all: made, saved, changed, saved, with nothing fetched in between."""
    def one(kind, where):
        need = ("start", "end", "display_name", "subject")
        item = kind[1](account=s.alice, folder=where, **{k: v for k, v in values.fields(kind, 4, s.utc).items() if k in need}).save()
        item.categories = ["changed"]
        item.save()
        equal(list(s.alice.fetch([item]))[0].categories, ["changed"], "categories")
        item.delete()

    each(s, one)


@step
def conflicts(s):
    m = Message(account=s.alice, folder=folder(s, "inbox"), subject="first").save()
    stale = Message(account=s.alice, folder=m.folder, id=m.id, changekey=m.changekey, subject="second")
    m.subject = "mine"
    m.save(update_fields=["subject"])
    with raises(ErrorIrresolvableConflict, ErrorStaleObject, what="stale change key and NeverOverwrite"):
        stale.save(update_fields=["subject"], conflict_resolution="NeverOverwrite")
    stale.save(update_fields=["subject"], conflict_resolution="AlwaysOverwrite")
    m.refresh()
    equal(m.subject, "second", "AlwaysOverwrite wins")
    bad = Message(account=s.alice, folder=m.folder, id=m.id, changekey="AAAA", subject="third")
    with raises(ErrorInvalidChangeKey, what="a change key that is none"):
        bad.save(update_fields=["subject"])
    m.delete()


@step
def copy_and_move(s):
    def one(kind, where):
        item = kind[1](account=s.alice, folder=where, **values.fields(kind, 10, s.utc)).save()
        item.refresh()
        to = FOLDER[kind[3]](parent=s.home, name=f"There {kind[0]}").save()
        cid = item.copy(to_folder=to)
        got = list(s.alice.fetch([cid]))[0]
        equal(got.parent_folder_id.id, to.id, "parent of the copy")
        equal(type(got), kind[1], "class of the copy")
        equal(got.categories, item.categories, "categories of the copy")
        oid = item.id
        item.move(to_folder=to)
        true(item.id != oid, "an item that moves has another id")
        item.refresh()
        equal(item.parent_folder_id.id, to.id, "parent of what moved")
        check(item, values.fields(kind, 10, s.utc))
        to.refresh()
        equal(to.total_count, 2, "items there")
        to.delete()

    each(s, one)


@step
def three_ways_to_delete(s):
    def one(kind, where):
        make = lambda: kind[1](account=s.alice, folder=where, **values.fields(kind, 11, s.utc)).save()
        trash, dumpster = s.alice.trash, s.alice.recoverable_items_deletions
        before = trash.all().count(), dumpster.all().count()
        make().delete()
        equal((trash.all().count(), dumpster.all().count())[0], before[0], "in Deleted Items after delete()")
        make().move_to_trash()
        equal(trash.all().count(), before[0] + 1, "in Deleted Items after move_to_trash()")
        now = dumpster.all().count()
        make().soft_delete()
        equal(dumpster.all().count(), now + 1, "in the dumpster after soft_delete()")

    each(s, one)
    s.alice.trash.all().delete()


@step
def generic_item(s):
    """An item of no class but the common one: IPM.Custom, say."""
    where = folder(s, "inbox")
    want = dict(subject="a plain item", body="text", categories=["x"], importance="High", peer_note="note")
    item = Item(account=s.alice, folder=where, **want).save()
    got = list(s.alice.fetch([item]))[0]
    check(got, want)
    equal(got.subject, where.get(subject="a plain item").subject, "found")
    item.delete()


@step
def extended_properties(s):
    where = folder(s, "inbox")
    m = Message(account=s.alice, folder=where, subject="ext", peer_note="one", peer_rank=7,
                peer_moment=EWSDateTime(2020, 2, 29, 12, 0, tzinfo=s.utc)).save()
    equal(where.get(peer_note="one").subject, "ext", "found by a string")
    equal(where.get(peer_rank__gt=6, peer_rank__lt=8).subject, "ext", "found by a number")
    equal(where.get(peer_moment__gt=EWSDateTime(2020, 1, 1, tzinfo=s.utc), peer_moment__lt=EWSDateTime(2020, 12, 1, tzinfo=s.utc)).subject, "ext", "found by a time")
    equal(where.filter(peer_note__exists=False, subject="ext").count(), 0, "those without")
    equal(list(where.filter(subject="ext").values_list("peer_note", "peer_rank")), [("one", 7)], "values")
    m.peer_rank = None
    m.save(update_fields=["peer_rank"])
    equal(list(where.filter(subject="ext").values_list("peer_rank", flat=True)), [None], "taken away")
    m.delete()


@step
def mixed_folder(s):
    """One query over folders of different classes."""
    found = FolderCollection(account=s.alice, folders=[s.alice.inbox, s.alice.calendar, s.alice.contacts, s.alice.tasks]).all().only("item_class", "parent_folder_id")
    for i in found:
        if isinstance(i, Exception):
            raise i
