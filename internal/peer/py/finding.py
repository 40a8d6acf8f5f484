"""Queries: every lookup, order, projection and slice, each held against the same question asked of the items in memory."""

import datetime

from exchangelib import CalendarItem, Contact, EWSDate, EWSDateTime, FileAttachment, FolderCollection, Message, Q, Task
from exchangelib.errors import DoesNotExist, MultipleObjectsReturned, ErrorUnsupportedPathForQuery, ErrorInvalidRestriction, ErrorInvalidValueForProperty
from exchangelib.folders import Calendar, Contacts, Folder, Tasks
from exchangelib.indexed_properties import EmailAddress, PhoneNumber, PhysicalAddress

import values
from steps import Many, equal, raises, same, step, true

WORDS = ("Alpha", "alphabet", "BETA", "Gamma ray", "gamma", "delta & <x>", "Æble", "æblegrød", "Zulu", "beta test", "100%", "a_b")


@step
def fill(s):
    f = s.found = Folder(parent=s.home, name="Finding").save()
    s.stock = []
    for i, word in enumerate(WORDS):
        m = Message(
            account=s.alice,
            folder=f,
            subject=word,
            body=f"The body of {word}, number {i}",
            importance=("Low", "Normal", "High")[i % 3],
            sensitivity=("Normal", "Private")[i % 2],
            is_read=i % 2 == 0,
            categories=[["Red"], ["Red", "Blue"], [], ["blue sky"]][i % 4] or None,
            in_reply_to=f"<{i}@example.net>" if i % 3 else None,
            peer_rank=i if i != 5 else None,
            peer_note=word.upper() if i % 2 else None,
            author=values.mailbox(("Carol", "Dave")[i % 2]),
            attachments=[FileAttachment(name="a.txt", content=b"x" * i)] if i in (2, 7) else [],
        )
        s.stock.append(m)
    for r in f.bulk_create(items=s.stock):
        if isinstance(r, Exception):
            raise r
    s.stock = list(f.all().order_by("peer_rank"))
    equal(len(s.stock), len(WORDS), "items")
    s.events = Calendar(parent=s.home, name="Finding events").save()
    start = EWSDateTime(2026, 4, 1, 8, 0, tzinfo=s.utc)
    s.events.bulk_create(
        items=[
            CalendarItem(account=s.alice, folder=s.events, subject=f"e{i}", location=("Here", "There")[i % 2],
                         legacy_free_busy_status=("Busy", "Free", "OOF")[i % 3],
                         start=start + datetime.timedelta(hours=5 * i), end=start + datetime.timedelta(hours=5 * i + 1 + i % 2))
            for i in range(10)
        ]
    )
    s.people = Contacts(parent=s.home, name="Finding people").save()
    s.people.bulk_create(
        items=[
            Contact(account=s.alice, folder=s.people, display_name=f"Person {i}", given_name=("Anna", "Bent", "anna")[i % 3], surname=f"S{9 - i}",
                    company_name=("ACME", "Umbrella")[i % 2] if i != 4 else None, birthday=EWSDate(1980 + i, 5, 17),
                    email_addresses=[EmailAddress(label="EmailAddress1", email=f"p{i}@example.net")],
                    phone_numbers=[PhoneNumber(label="MobilePhone", phone_number=f"555 {i:03}")],
                    physical_addresses=[PhysicalAddress(label="Home", city=("Bergen", "Århus")[i % 2], street=f"{i} Street", state="S", country="C", zipcode="1")])
            for i in range(8)
        ]
    )
    s.todo = Tasks(parent=s.home, name="Finding tasks").save()
    s.todo.bulk_create(
        items=[
            Task(account=s.alice, folder=s.todo, subject=f"t{i}", due_date=EWSDate(2026, 9, 1 + i), total_work=10 * i,
                 mileage=f"{i} km", billing_information=("a", "b")[i % 2])
            for i in range(6)
        ]
    )


def has(m, field, f):
    v = getattr(m, field)
    return v is not None and f(v)


def lookups(s):
    """(name, arguments, what is expected of an item)"""
    t = sorted(m.datetime_created for m in s.stock)[len(s.stock) // 2]
    cats = lambda m: [c.lower() for c in m.categories or []]
    return (
        ("exact", dict(subject="gamma"), lambda m: m.subject.lower() == "gamma"),
        ("__exact", dict(subject__exact="gamma"), lambda m: m.subject == "gamma"),
        ("__exact of another case", dict(subject__exact="GAMMA"), lambda m: False),
        ("__iexact", dict(subject__iexact="GAMMA"), lambda m: m.subject.lower() == "gamma"),
        ("__contains", dict(subject__contains="amma"), lambda m: "amma" in m.subject),
        ("__contains of another case", dict(subject__contains="AMMA"), lambda m: False),
        ("__contains markup", dict(subject__contains="& <"), lambda m: "& <" in m.subject),
        ("__contains a percent sign", dict(subject__contains="%"), lambda m: "%" in m.subject),
        ("__contains an underscore", dict(subject__contains="_"), lambda m: "_" in m.subject),
        ("__icontains", dict(subject__icontains="ALPHA"), lambda m: "alpha" in m.subject.lower()),
        ("__icontains beyond ASCII", dict(subject__icontains="æBLE"), lambda m: "æble" in m.subject.lower()),
        ("__startswith", dict(subject__startswith="Alpha"), lambda m: m.subject.startswith("Alpha")),
        ("__istartswith", dict(subject__istartswith="BETA"), lambda m: m.subject.lower().startswith("beta")),
        ("__in", dict(subject__in=["Alpha", "Zulu", "nothing"]), lambda m: m.subject in ("Alpha", "Zulu")),
        ("__in of nothing", dict(subject__in=[]), lambda m: False),
        ("__not", dict(subject__not="Alpha"), lambda m: m.subject != "Alpha"),
        ("__range of strings", dict(subject__range=("alpha", "beta")), None),
        ("boolean", dict(is_read=True), lambda m: m.is_read),
        ("boolean, false", dict(is_read=False), lambda m: not m.is_read),
        ("choice", dict(importance="High"), lambda m: m.importance == "High"),
        ("choice, __not", dict(importance__not="High"), lambda m: m.importance != "High"),
        ("choice, __in", dict(importance__in=["High", "Low"]), lambda m: m.importance in ("High", "Low")),
        ("choice, __gt", dict(importance__gt="Low"), lambda m: m.importance in ("Normal", "High")),
        ("__gt", dict(datetime_created__gt=t), lambda m: m.datetime_created > t),
        ("__gte", dict(datetime_created__gte=t), lambda m: m.datetime_created >= t),
        ("__lt", dict(datetime_created__lt=t), lambda m: m.datetime_created < t),
        ("__lte", dict(datetime_created__lte=t), lambda m: m.datetime_created <= t),
        ("__range", dict(datetime_created__range=(t, t + datetime.timedelta(days=1))), lambda m: m.datetime_created >= t),
        ("number, __gt", dict(peer_rank__gt=8), lambda m: has(m, "peer_rank", lambda v: v > 8)),
        ("number, __range", dict(peer_rank__range=(3, 6)), lambda m: has(m, "peer_rank", lambda v: 3 <= v <= 6)),
        ("number, __in", dict(peer_rank__in=(1, 11)), lambda m: m.peer_rank in (1, 11)),
        ("size", dict(size__gt=0), lambda m: True),
        ("__exists", dict(peer_note__exists=True), lambda m: m.peer_note is not None),
        ("__exists, false", dict(peer_note__exists=False), lambda m: m.peer_note is None),
        ("__exists of a property", dict(in_reply_to__exists=True), lambda m: m.in_reply_to is not None),
        ("extended string, __icontains", dict(peer_note__icontains="amma"), lambda m: has(m, "peer_note", lambda v: "AMMA" in v)),
        ("categories, one", dict(categories="red"), lambda m: "red" in cats(m)),
        ("categories, __contains", dict(categories__contains=["Red", "Blue"]), lambda m: {"red", "blue"} <= set(cats(m))),
        ("categories, __in", dict(categories__in=["Blue", "blue sky"]), lambda m: bool({"blue", "blue sky"} & set(cats(m)))),
        ("categories, __exists", dict(categories__exists=True), lambda m: bool(cats(m))),
        ("has_attachments", dict(has_attachments=True), lambda m: m.has_attachments),
        ("item class", dict(item_class="IPM.Note"), lambda m: True),
        ("body", dict(body__icontains="of gamma"), lambda m: "of gamma" in m.body.lower()),
        ("two at once", dict(is_read=True, importance="Low"), lambda m: m.is_read and m.importance == "Low"),
        ("author", dict(author="carol@example.net"), lambda m: m.author.email_address == "carol@example.net"),
    )


@step
def every_lookup(s):
    rows = Many()
    for name, args, want in lookups(s):
        if want is None:
            rows.row(name, lambda args=args: list(s.found.filter(**args)))
            continue
        rows.row(name, lambda args=args, want=want: same(
            [m.subject for m in s.found.filter(**args).only("subject")], [m.subject for m in s.stock if want(m)]))
        # exchangelib turns "not greater" into "less or equal", which holds only for what has the property.
        there = (lambda m: m.peer_rank is not None) if name == "number, __gt" else (lambda m: True)
        rows.row("exclude " + name, lambda args=args, want=want, there=there: same(
            [m.subject for m in s.found.exclude(**args).only("subject")], [m.subject for m in s.stock if there(m) and not want(m)]))
    rows.end()


@step
def q_objects(s):
    read, high, red = Q(is_read=True), Q(importance="High"), Q(categories="Red")
    is_red = lambda m: "Red" in (m.categories or [])
    rows = Many()
    for name, q, want in (
        ("and", read & high, lambda m: m.is_read and m.importance == "High"),
        ("or", read | high, lambda m: m.is_read or m.importance == "High"),
        ("not", ~read, lambda m: not m.is_read),
        ("not and", ~(read & high), lambda m: not (m.is_read and m.importance == "High")),
        ("not or", ~(read | high), lambda m: not (m.is_read or m.importance == "High")),
        ("not not", ~~(read & high), lambda m: m.is_read and m.importance == "High"),
        ("three", (read & ~high) | red, lambda m: (m.is_read and m.importance != "High") or is_red(m)),
        ("nested", ~((read | red) & ~(high | Q(subject__icontains="beta"))),
         lambda m: not ((m.is_read or is_red(m)) and not (m.importance == "High" or "beta" in m.subject.lower()))),
        ("deep", Q(*[Q(subject=w) | Q(subject__startswith=w + "!") for w in WORDS[:3]], conn_type=Q.OR), lambda m: m.subject in WORDS[:3]),
        ("not contains", ~Q(subject__icontains="a"), lambda m: "a" not in m.subject.lower()),
        ("always", Q(), lambda m: True),
    ):
        rows.row(name, lambda q=q, want=want: same([m.subject for m in s.found.filter(q)], [m.subject for m in s.stock if want(m)]))
    rows.row("filter after filter", lambda: same(
        [m.subject for m in s.found.filter(is_read=True).filter(importance="High").exclude(subject="x")],
        [m.subject for m in s.stock if m.is_read and m.importance == "High"]))
    rows.end()


@step
def order(s):
    rows = Many()
    key = lambda m: m.subject.lower()
    plain = [m for m in s.stock if m.subject.isascii()]
    q = s.found.exclude(subject__icontains="æble")
    for name, args, want in (
        ("ascending", ["subject"], sorted(plain, key=key)),
        ("descending", ["-subject"], sorted(plain, key=key, reverse=True)),
        ("two fields", ["is_read", "-subject"], sorted(sorted(plain, key=key, reverse=True), key=lambda m: m.is_read)),
        ("three fields", ["-importance", "is_read", "subject"],
         sorted(sorted(sorted(plain, key=key), key=lambda m: m.is_read), key=lambda m: ("Low", "Normal", "High").index(m.importance), reverse=True)),
        ("extended, nothing first", ["peer_rank"], sorted(plain, key=lambda m: -1 if m.peer_rank is None else m.peer_rank)),
        ("extended, descending", ["-peer_rank"], sorted(plain, key=lambda m: -1 if m.peer_rank is None else m.peer_rank, reverse=True)),
    ):
        rows.row(name, lambda args=args, want=want: equal([m.subject for m in q.order_by(*args)], [m.subject for m in want]))
        rows.row(name + ", reversed", lambda args=args, want=want: equal([m.subject for m in q.order_by(*args).reverse()], [m.subject for m in want][::-1]))
    rows.row("by time", lambda: equal(
        [m.datetime_created for m in s.found.all().order_by("datetime_created")], sorted(m.datetime_created for m in s.stock)))
    rows.row("contacts, by address", lambda: equal(
        [c.email_addresses[0].email for c in s.people.all().order_by("-email_addresses__EmailAddress1")], [f"p{i}@example.net" for i in range(7, -1, -1)]))
    rows.row("contacts, by part of an address", lambda: equal(
        [c.surname for c in s.people.all().order_by("physical_addresses__Home__city", "surname")],
        [f"S{9 - i}" for i in (7, 5, 3, 1, 6, 4, 2, 0)]))  # as the server sorts, Å is an A
    rows.end()


@step
def projections(s):
    q = s.found.all().order_by("peer_rank")
    rows = Many()

    def only():
        for m in q.only("subject", "importance"):
            true(m.subject is not None and m.importance is not None and m.id, "asked for")
            true(m.body is None and m.datetime_created is None and m.size is None, "not asked for")

    rows.row("only", only)
    rows.row("only what needs GetItem", lambda: same([m.body for m in q.only("body")], [m.body for m in s.stock]))
    rows.row("only, recipients", lambda: true(all(m.subject is None for m in q.only("author", "to_recipients"))))
    rows.row("values", lambda: equal(list(q.values("subject", "is_read")), [{"subject": m.subject, "is_read": m.is_read} for m in s.stock]))
    rows.row("values_list", lambda: equal(list(q.values_list("subject", "is_read")), [(m.subject, m.is_read) for m in s.stock]))
    rows.row("values_list, flat", lambda: equal(list(q.values_list("subject", flat=True)), [m.subject for m in s.stock]))
    rows.row("ids", lambda: same(list(q.values_list("id", flat=True)), [m.id for m in s.stock]))
    rows.row("change keys", lambda: same(list(q.values_list("changekey", flat=True)), [m.changekey for m in s.stock]))
    rows.row("ids and change keys", lambda: same(list(q.values_list("id", "changekey")), [(m.id, m.changekey) for m in s.stock]))
    rows.row("contacts, an address", lambda: same(
        list(s.people.all().values_list("email_addresses__EmailAddress1", flat=True)), [f"p{i}@example.net" for i in range(8)]))
    rows.row("contacts, a city", lambda: same(
        list(s.people.all().values_list("physical_addresses__Home__city", flat=True)), ["Bergen", "Århus"] * 4))
    rows.end()


@step
def terminals(s):
    q = s.found.all()
    rows = Many()
    rows.row("count", lambda: equal(q.count(), len(WORDS)))
    rows.row("count, filtered", lambda: equal(q.filter(is_read=True).count(), 6))
    rows.row("count of nothing", lambda: equal(q.filter(subject="nothing").count(), 0))
    rows.row("exists", lambda: equal((q.exists(), q.filter(subject="nothing").exists()), (True, False)))
    rows.row("none", lambda: equal(list(q.none()), []))
    rows.row("get", lambda: equal(q.get(subject="Zulu").subject, "Zulu"))

    def get_nothing():
        with raises(DoesNotExist):
            q.get(subject="nothing")
        with raises(MultipleObjectsReturned):
            q.get(is_read=True)

    rows.row("get of none and many", get_nothing)
    rows.row("get by id", lambda: equal(s.found.get(id=s.stock[3].id, changekey=s.stock[3].changekey).subject, s.stock[3].subject))
    rows.end()


@step
def slices(s):
    q = s.found.all().order_by("peer_rank").only("subject")
    want = [m.subject for m in s.stock]
    rows = Many()
    for i in (0, 5, 11, -1, -12):
        rows.row(f"[{i}]", lambda i=i: equal(q[i].subject, want[i]))
    for sl in (slice(0, 3), slice(3, 7), slice(10, 50), slice(None, 4), slice(4, None), slice(-3, None), slice(None, -2), slice(1, 10, 3), slice(50, 60)):
        rows.row(f"[{sl.start}:{sl.stop}:{sl.step}]", lambda sl=sl: equal([m.subject for m in q[sl]], want[sl]))

    def beyond():
        with raises(IndexError):
            q[99]

    rows.row("[99]", beyond)

    def pages(size):
        p = s.found.all().order_by("peer_rank").only("subject")
        p.page_size = size
        equal([m.subject for m in p], want)

    for size in (1, 2, 5, 11, 12, 13):
        rows.row(f"page_size {size}", pages, size)
    rows.end()


@step
def query_strings(s):
    rows = Many()
    for text, want in (
        ("subject:Zulu", ["Zulu"]),
        ("subject:gamma", ["Gamma ray", "gamma"]),
        ('subject:"Gamma ray"', ["Gamma ray"]),
        ("body:number", list(WORDS)),
        ("subject:beta AND subject:test", ["beta test"]),
        ("subject:Zulu OR subject:Alpha", ["Zulu", "Alpha", "alphabet"]),  # words are found by their beginnings
        ("subject:beta NOT subject:test", ["BETA"]),
        ("hasattachment:true", [WORDS[2], WORDS[7]]),
        ("importance:high", [w for i, w in enumerate(WORDS) if i % 3 == 2]),
        ("from:carol", [w for i, w in enumerate(WORDS) if i % 2 == 0]),
    ):
        rows.row(text, lambda text=text, want=want: same([m.subject for m in s.found.filter(text).only("subject")], want))
    rows.row("nothing", lambda: equal(list(s.found.filter("subject:Nonesuch")), []))
    rows.end()


@step
def other_classes(s):
    t = EWSDateTime(2026, 4, 1, 8, 0, tzinfo=s.utc)
    h = lambda n: t + datetime.timedelta(hours=n)
    ev = lambda **k: [e.subject for e in s.events.filter(**k).only("subject")]
    rows = Many()
    rows.row("start, __gte", lambda: same(ev(start__gte=h(25)), ["e5", "e6", "e7", "e8", "e9"]))
    rows.row("start, __range", lambda: same(ev(start__range=(h(5), h(15))), ["e1", "e2", "e3"]))
    rows.row("start and end", lambda: same(ev(start__lt=h(11), end__gt=h(6)), ["e1", "e2"]))
    rows.row("location", lambda: same(ev(location="here"), ["e0", "e2", "e4", "e6", "e8"]))
    rows.row("free or busy", lambda: same(ev(legacy_free_busy_status="OOF"), ["e2", "e5", "e8"]))
    rows.row("order by start", lambda: equal([e.subject for e in s.events.all().order_by("-start").only("subject", "start")], [f"e{i}" for i in range(9, -1, -1)]))
    pp = lambda **k: [p.surname for p in s.people.filter(**k).only("surname")]
    rows.row("given name", lambda: same(pp(given_name="anna"), ["S9", "S7", "S6", "S4", "S3"]))
    rows.row("given name, __exact", lambda: same(pp(given_name__exact="anna"), ["S7", "S4"]))
    rows.row("company, __exists", lambda: same(pp(company_name__exists=False), ["S5"]))
    rows.row("address", lambda: same(pp(email_addresses__EmailAddress1="p3@example.net"), ["S6"]))
    rows.row("address, __icontains", lambda: same(pp(email_addresses__EmailAddress1__icontains="P3@"), ["S6"]))
    rows.row("number", lambda: same(pp(phone_numbers__MobilePhone__startswith="555 00"), [f"S{9 - i}" for i in range(8)]))
    rows.row("city", lambda: same(pp(physical_addresses__Home__city="Bergen"), ["S9", "S7", "S5", "S3"]))
    rows.row("birthday", lambda: same(pp(birthday__gt=EWSDate(1985, 5, 18)), ["S3", "S2"]))
    tt = lambda **k: [p.subject for p in s.todo.filter(**k).only("subject")]
    rows.row("due", lambda: same(tt(due_date__lt=EWSDate(2026, 9, 3)), ["t0", "t1"]))
    rows.row("work", lambda: same(tt(total_work__gte=30), ["t3", "t4", "t5"]))
    rows.row("text", lambda: same(tt(billing_information="b"), ["t1", "t3", "t5"]))
    rows.row("not complete", lambda: same(tt(is_complete=False), [f"t{i}" for i in range(6)]))
    rows.end()


@step
def several_folders(s):
    fs = FolderCollection(account=s.alice, folders=[s.found, s.events])
    same([i.subject for i in fs.filter(subject__in=["Zulu", "e3"])], ["Zulu", "e3"], "two folders")
    equal(fs.all().count(), len(WORDS) + 10, "count")
    equal([i.subject for i in fs.filter(subject__in=["Zulu", "e3", "Alpha"]).order_by("subject")][:1], ["Alpha"], "ordered")


@step
def long_values(s):
    """FindItem cuts texts at 255 characters; GetItem does not."""
    text = "x" * 300
    m = Message(account=s.alice, folder=s.found, subject="long", in_reply_to=text).save()
    got = list(s.found.filter(subject="long").only("in_reply_to"))
    equal(list(s.alice.fetch([m]))[0].in_reply_to, text, "fetched")
    true(got[0].in_reply_to in (text, text[:255]), "found")
    m.delete()


@step
def refused(s):
    rows = Many()

    def path():
        from exchangelib.items import Item

        field = Item.get_field_by_fieldname("effective_rights")
        old, field.is_searchable = field.is_searchable, True
        try:
            with raises(ErrorUnsupportedPathForQuery, ErrorInvalidRestriction, ErrorInvalidValueForProperty, what="effective rights"):
                list(s.found.filter(effective_rights__exists=True, subject="x").order_by("effective_rights"))
        finally:
            field.is_searchable = old

    rows.row("a property that cannot be searched for", path)
    rows.end()
