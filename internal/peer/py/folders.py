"""The tree of folders, and what can be done to a folder."""

from exchangelib import Message
from exchangelib.errors import (
    ErrorDeleteDistinguishedFolder,
    ErrorFolderExists,
    ErrorFolderNotFound,
    ErrorItemNotFound,
    DoesNotExist,
)
from exchangelib.folders import Calendar, Contacts, Folder, SingleFolderQuerySet, FolderCollection, Tasks
from exchangelib.properties import DistinguishedFolderId, Mailbox

from steps import equal, needs, raises, same, step, true

DEFAULTS = {
    "inbox": ("Inbox", "IPF.Note"),
    "drafts": ("Drafts", "IPF.Note"),
    "sent": ("Sent Items", "IPF.Note"),
    "trash": ("Deleted Items", "IPF.Note"),
    "outbox": ("Outbox", "IPF.Note"),
    "junk": ("Junk Email", "IPF.Note"),
    "calendar": ("Calendar", "IPF.Appointment"),
    "contacts": ("Contacts", "IPF.Contact"),
    "tasks": ("Tasks", "IPF.Task"),
    "notes": ("Notes", "IPF.StickyNote"),
    "journal": ("Journal", "IPF.Journal"),
}


@step
def well_known(s):
    for a in (s.alice, s.bob_by_alice, s.bob_by_master):
        for attr, (name, cls) in DEFAULTS.items():
            f = getattr(a, attr)
            equal(f.name, name, f"name of {attr}")
            equal(f.folder_class, cls, f"class of {attr}")
            equal(f.parent.id, a.msg_folder_root.id, f"parent of {attr}")
    equal(s.alice.msg_folder_root.name, "Top of Information Store", "name of msgfolderroot")
    equal(s.alice.msg_folder_root.parent.id, s.alice.root.id, "parent of msgfolderroot")


@step
def effective_rights(s):
    r = s.alice.inbox.effective_rights
    true(r.read and r.create_contents and r.modify and r.delete is not None, f"rights {r!r}")


@step
def walk(s):
    seen = {f.id for f in s.alice.root.walk()}
    for attr in DEFAULTS:
        true(getattr(s.alice, attr).id in seen, f"walk() passes {attr}")
    true(len(list(s.alice.msg_folder_root.children)) >= len(DEFAULTS), "children of msgfolderroot")
    tree = s.alice.root.tree()
    true("Top of Information Store" in tree and "Inbox" in tree, tree)
    equal((s.alice.root // "Top of Information Store" // "Inbox").id, s.alice.inbox.id, "// goes down")
    equal((s.alice.msg_folder_root / "Inbox").id, s.alice.inbox.id, "/ goes down")
    same([f.name for f in s.alice.msg_folder_root.glob("I*b?x")], ["Inbox"], "glob")


@step
def create(s):
    home = Folder(parent=s.alice.msg_folder_root, name="Session").save()
    true(home.id and home.changekey, "a new folder has an id")
    s.home = home
    equal(home.parent.id, s.alice.msg_folder_root.id, "parent")
    for cls, container in ((Calendar, "IPF.Appointment"), (Contacts, "IPF.Contact"), (Tasks, "IPF.Task")):
        f = cls(parent=home, name=f"My {cls.__name__}").save()
        f.refresh()
        equal(f.folder_class, container, f"class of a new {cls.__name__}")
    with raises(ErrorFolderExists, what="two of one name"):
        Folder(parent=s.alice.msg_folder_root, name="Session").save()
    with raises(ErrorFolderExists, what="two of one name, whatever the case"):
        Folder(parent=s.alice.msg_folder_root, name="SESSION").save()
    # Also where the user is a guest, and where it acts as another.
    for a, name in ((s.bob_by_alice, "By delegate"), (s.bob_by_master, "By impersonation")):
        f = Folder(parent=a.msg_folder_root, name=name).save()
        got = Folder(root=s.bob.root, id=f.id)
        got.refresh()
        equal(got.name, name, "name seen by the owner")


@step
def names_of_all_kinds(s):
    for name in ("Ærø & <søn>", "日本語 🦆", "a 'quoted' \"name\"", "x" * 255, " . "):
        f = Folder(parent=s.home, name=name).save()
        f.refresh()
        equal(f.name, name, "name")
        f.delete()


@step
def rename(s):
    f = Folder(parent=s.home, name="Before").save()
    key = f.changekey
    f.name = "After"
    f.save()
    true(f.changekey != key, "a rename changes the change key")
    f.name = "Something"
    f.refresh()
    equal(f.name, "After", "name")
    f.name = "Later"
    f.save(update_fields=["name"])
    f.refresh()
    equal(f.name, "Later", "name")
    other = Folder(parent=s.home, name="Taken").save()
    other.name = "Later"
    with raises(ErrorFolderExists, what="rename to a name that is there"):
        other.save()
    other.delete()
    f.delete()


@step
def move(s):
    a = Folder(parent=s.home, name="a").save()
    b = Folder(parent=s.home, name="b").save()
    c = Folder(parent=a, name="c").save()
    Message(account=s.alice, folder=c, subject="rides along").save()
    fid = c.id
    c.move(b)
    equal(c.id, fid, "a folder that moves within a mailbox keeps its id")
    c.refresh()
    equal(c.parent.id, b.id, "parent")
    equal(c.total_count, 1, "its items come along")
    s.alice.root.clear_cache()
    same([f.name for f in b.children], ["c"], "children")
    same([f.name for f in a.children], [], "children of where it was")
    a.delete()
    b.delete()
    with raises(ErrorFolderNotFound, ErrorItemNotFound, what="deleted with its parent"):
        c.refresh()


@step
def counters(s):
    f = Folder(parent=s.home, name="Counters").save()
    for i in range(3):
        Message(account=s.alice, folder=f, subject=f"m{i}", is_read=i == 0).save()
    Folder(parent=f, name="child").save()
    f.refresh()
    equal((f.total_count, f.unread_count, f.child_folder_count), (3, 2, 1), "total, unread, children")
    m = f.all().order_by("subject")[1]
    m.is_read = True
    m.save(update_fields=["is_read"])
    f.refresh()
    equal((f.total_count, f.unread_count), (3, 1), "total, unread after reading one")


@step
def empty(s):
    f = s.home / "Counters"
    f.empty()
    f.refresh()
    equal((f.total_count, f.unread_count, f.child_folder_count), (0, 0, 1), "counts after empty()")
    Message(account=s.alice, folder=f, subject="again").save()
    f.empty(delete_type="MoveToDeletedItems", delete_sub_folders=True)
    s.alice.root.clear_cache()
    f.refresh()
    equal((f.total_count, f.child_folder_count), (0, 0), "counts after empty() with folders")
    equal(s.alice.trash.filter(subject="again").count(), 1, "what empty() moved to Deleted Items")


@step
def wipe(s):
    f = Folder(parent=s.home, name="Wiped").save()
    for name in ("one", "two"):
        c = Folder(parent=f, name=name).save()
        Message(account=s.alice, folder=c, subject=name).save()
    Message(account=s.alice, folder=f, subject="here").save()
    f.wipe()
    s.alice.root.clear_cache()
    f.refresh()
    equal((f.total_count, f.child_folder_count), (0, 0), "counts after wipe()")


@step
def delete(s):
    f = s.home / "Wiped"
    fid = f.id
    f.delete()
    with raises(ErrorFolderNotFound, ErrorItemNotFound, what="refresh() of a folder that is gone"):
        g = Folder(root=s.alice.root, id=fid)
        g.refresh()
    f = Folder(parent=s.home, name="Soft").save()
    f.delete(delete_type="SoftDelete")
    s.alice.root.clear_cache()
    true("Soft" not in [x.name for x in s.home.children], "a folder in the dumpster is no child")
    f = s.home / "Counters"
    fid = f.id
    f.delete(delete_type="MoveToDeletedItems")
    g = Folder(root=s.alice.root, id=fid)
    g.refresh()
    equal(g.parent_folder_id.id, s.alice.trash.id, "parent of a folder in Deleted Items")
    g.delete()
    with raises(ErrorDeleteDistinguishedFolder, what="delete() of the inbox"):
        s.alice.inbox.delete()


@step
def find(s):
    f = Folder(parent=s.home, name="Found").save()
    for name in ("Alpha", "alphabet", "Beta"):
        Folder(parent=f, name=name).save()
    q = SingleFolderQuerySet(account=s.alice, folder=f)
    same([x.name for x in q.all()], ["Alpha", "alphabet", "Beta"], "all")
    same([x.name for x in q.filter(name="Beta")], ["Beta"], "exact")
    same([x.name for x in q.filter(name__startswith="Alpha")], ["Alpha"], "startswith")
    same([x.name for x in q.filter(name__istartswith="ALPHA")], ["Alpha", "alphabet"], "istartswith")
    same([x.name for x in q.filter(name__icontains="ET")], ["alphabet", "Beta"], "icontains")
    same([x.name for x in q.filter(name__in=("Alpha", "Beta"))], ["Alpha", "Beta"], "in")
    equal(q.get(name="Beta").name, "Beta", "get")
    with raises(DoesNotExist, what="get() of what is not there"):
        q.get(name="Gamma")
    same([x.name for x in q.filter(name="Beta").only("name")], ["Beta"], "only")
    same(
        [x.name for x in FolderCollection(account=s.alice, folders=[f, s.home]).find_folders() if x.name == "Beta"],
        ["Beta", "Beta"],
        "find_folders() of two folders, deep",
    )
    f.delete()


@step
def by_distinguished_id(s):
    theirs = DistinguishedFolderId(id="inbox", mailbox=Mailbox(email_address=s.args.other))
    got = FolderCollection(account=s.alice, folders=[theirs]).resolve()
    equal([f.id for f in got], [s.bob.inbox.id], "another user's inbox by its distinguished id")


@needs("SyncFolderHierarchy")
def sync_hierarchy(s):
    """Each change is told once."""
    f = s.home
    list(f.sync_hierarchy())
    state = f.folder_sync_state
    true(state, "a sync state")
    c = Folder(parent=f, name="synced").save()
    changes = list(f.sync_hierarchy(sync_state=state))
    equal([(t, x.name) for t, x in changes], [("create", "synced")], "after create")
    state = f.folder_sync_state
    c.name = "synced again"
    c.save()
    changes = list(f.sync_hierarchy(sync_state=state))
    equal([(t, x.name) for t, x in changes], [("update", "synced again")], "after update")
    state = f.folder_sync_state
    fid = c.id
    c.delete()
    changes = list(f.sync_hierarchy(sync_state=state))
    equal([(t, x.id) for t, x in changes], [("delete", fid)], "after delete")
    equal(list(f.sync_hierarchy(sync_state=f.folder_sync_state)), [], "then nothing")


@needs("CreateUserConfiguration")
def user_configuration(s):
    f = s.home
    f.create_user_configuration(name="Settings", dictionary={"a": "b", "n": 1, "t": True}, xml_data=b"<x/>", binary_data=b"\x00\x01")
    got = f.get_user_configuration(name="Settings")
    equal((got.dictionary, got.xml_data, got.binary_data), ({"a": "b", "n": 1, "t": True}, b"<x/>", b"\x00\x01"), "configuration")
    f.update_user_configuration(name="Settings", dictionary={"a": "c"})
    equal(f.get_user_configuration(name="Settings").dictionary, {"a": "c"}, "dictionary after update")
    f.delete_user_configuration(name="Settings")
    with raises(ErrorItemNotFound, what="a configuration that is gone"):
        f.get_user_configuration(name="Settings")
