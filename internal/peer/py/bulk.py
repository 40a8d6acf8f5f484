"""Many at once, good and bad ones together."""

from exchangelib import CalendarItem, Mailbox, Message
from exchangelib.errors import ErrorItemNotFound, ErrorInvalidIdMalformed
from exchangelib.folders import Folder

from steps import equal, needs, same, step, true

N = 230  # more than two chunks


def ok(results):
    for r in results:
        if isinstance(r, Exception):
            raise r
    return results


@step
def create(s):
    s.many = Folder(parent=s.home, name="Many").save()
    ids = ok(s.many.bulk_create(items=[Message(subject=f"m{i:03}", is_read=i % 2 == 0) for i in range(N)], chunk_size=100))
    equal(len(set(i.id for i in ids)), N, "ids")
    s.many.refresh()
    equal((s.many.total_count, s.many.unread_count), (N, N // 2), "counts")
    equal(list(s.many.all().order_by("subject").values_list("subject", flat=True)), [f"m{i:03}" for i in range(N)], "subjects")


@step
def fetch(s):
    ids = list(s.many.all().order_by("subject").values_list("id", "changekey"))
    got = ok(list(s.alice.fetch(ids, chunk_size=50)))
    equal([m.subject for m in got], [f"m{i:03}" for i in range(N)], "in the order of the ids")
    got = ok(list(s.alice.fetch(ids[:5], only_fields=["subject"])))
    true(all(m.subject and m.size is None for m in got), "only_fields")


@step
def update(s):
    items = list(s.many.all().order_by("subject"))
    for i, m in enumerate(items):
        m.subject, m.is_read = f"u{i:03}", True
    ids = ok(s.alice.bulk_update([(m, ("subject", "is_read")) for m in items], chunk_size=100))
    equal(len(ids), N, "results")
    s.many.refresh()
    equal(s.many.unread_count, 0, "unread")
    equal(s.many.filter(subject__startswith="u").count(), N, "subjects")


@step
def some_fail(s):
    items = list(s.many.all().order_by("subject")[:3])
    items[1].delete()
    gone = (items[1].__class__(id=list(s.many.all()[:1])[0].id[:-8] + "AAAAAAAA", changekey=items[0].changekey))
    res = s.alice.bulk_delete([items[0], gone, items[2]])
    equal(res[0], True, "the first")
    true(isinstance(res[1], (ErrorItemNotFound, ErrorInvalidIdMalformed)), f"the second: {res[1]!r}")
    equal(res[2], True, "the third")
    equal(s.many.all().count(), N - 3, "left")


@step
def copy(s):
    to = s.other_many = Folder(parent=s.home, name="Other many").save()
    ids = list(s.many.all().order_by("subject").values_list("id", "changekey"))[:120]
    res = ok(s.alice.bulk_copy(ids, to_folder=to, chunk_size=50))
    equal(len(res), 120, "results")
    equal(to.all().count(), 120, "copies")
    equal(s.many.all().count(), N - 3, "originals")
    same(list(to.all().values_list("subject", flat=True)), list(s.many.all().order_by("subject").values_list("subject", flat=True))[:120], "subjects")


@step
def move(s):
    ids = list(s.other_many.all().values_list("id", "changekey"))
    res = ok(s.alice.bulk_move(ids, to_folder=s.many, chunk_size=50))
    equal(len(res), 120, "results")
    true(not {i for i, _ in res} & {i for i, _ in ids}, "new ids")
    equal((s.other_many.all().count(), s.many.all().count()), (0, N - 3 + 120), "after the move")


@step
def queryset_verbs(s):
    q = s.many.filter(subject__startswith="u00")
    n = q.count()
    equal(len(ok(q.copy(to_folder=s.other_many))), n, "copy()")
    equal(s.other_many.all().count(), n, "copies")
    equal(len(ok(s.other_many.all().move(to_folder=s.many))), n, "move()")
    equal(s.other_many.all().count(), 0, "moved")
    ok(s.many.all().delete(chunk_size=30))
    equal(s.many.all().count(), 0, "after delete() of all")


@step
def into_the_calendar_of_another(s):
    from exchangelib import EWSDateTime

    f = s.bob_by_alice.calendar
    at = EWSDateTime(2026, 6, 1, 10, 0, tzinfo=s.utc)
    ids = ok(s.bob_by_alice.bulk_create(folder=f, items=[CalendarItem(subject=f"for bob {i}", start=at, end=at) for i in range(3)]))
    same([e.subject for e in s.bob.calendar.filter(subject__startswith="for bob")], [f"for bob {i}" for i in range(3)], "seen by the owner")
    equal(s.bob_by_master.bulk_delete(ids), [True] * 3, "deleted by who impersonates")


@step
def send(s):
    drafts = ok(s.alice.drafts.bulk_create(items=[
        Message(subject=f"bulk {i}", body="x", to_recipients=[Mailbox(email_address=s.args.other)]) for i in range(5)]))
    equal(s.alice.bulk_send(drafts), [True] * 5, "bulk_send")
    equal(s.alice.drafts.filter(subject__startswith="bulk ").count(), 0, "left in Drafts")
    equal(s.alice.sent.filter(subject__startswith="bulk ").count(), 5, "in Sent Items")
    equal(s.bob.inbox.filter(subject__startswith="bulk ").count(), 5, "arrived")
    ok(s.bob.inbox.filter(subject__startswith="bulk ").delete())
    ok(s.alice.sent.filter(subject__startswith="bulk ").delete())


@needs("ExportItems")
def export_and_upload(s):
    m = Message(account=s.alice, folder=s.many, subject="exported", body="body of it", categories=["c"]).save()
    data = s.alice.export([m])
    true(isinstance(data[0], str) and data[0], f"{data!r}")
    res = s.alice.upload([(s.other_many, data[0])])
    true(not isinstance(res[0], Exception), repr(res))
    got = s.other_many.get(subject="exported")
    equal((got.body, got.categories), (m.body, ["c"]), "what came back")
    got.delete()
    m.delete()


@needs("SyncFolderItems")
def sync_items(s):
    """Each change is told once, with what was asked for."""
    f = s.many
    list(f.sync_items())
    state = f.item_sync_state
    m = Message(account=s.alice, folder=f, subject="synced").save()
    changes = list(f.sync_items(sync_state=state, only_fields=["subject"]))
    equal([(t, i.subject) for t, i in changes], [("create", "synced")], "after create")
    state = f.item_sync_state
    m.subject = "synced again"
    m.save()
    changes = list(f.sync_items(sync_state=state, only_fields=["subject"]))
    equal([(t, i.subject) for t, i in changes], [("update", "synced again")], "after update")
    state = f.item_sync_state
    m.is_read = not m.is_read
    m.save(update_fields=["is_read"])
    changes = list(f.sync_items(sync_state=state))
    equal([t for t, _ in changes], ["read_flag_change"], "after reading")
    state, mid = f.item_sync_state, m.id
    m.delete()
    changes = list(f.sync_items(sync_state=state))
    equal([(t, i.id) for t, i in changes], [("delete", mid)], "after delete")
    equal(list(f.sync_items(sync_state=f.item_sync_state)), [], "then nothing")
