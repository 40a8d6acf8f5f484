"""Files and items attached to items."""

import hashlib

from exchangelib import CalendarItem, Contact, EWSDateTime, FileAttachment, HTMLBody, ItemAttachment, Message
from exchangelib.errors import ErrorItemNotFound, ErrorInvalidIdMalformed, ErrorInvalidAttachmentId, ErrorInternalServerError
from exchangelib.folders import Folder

from steps import Many, equal, raises, same, step, true


def blob(n):
    out, h = b"", b"seed"
    while len(out) < n:
        h = hashlib.sha256(h).digest()
        out += h
    return out[:n]


@step
def files(s):
    f = s.attached = Folder(parent=s.home, name="Attached").save()
    m = Message(account=s.alice, folder=f, subject="with files", body="x", attachments=[
        FileAttachment(name="a.txt", content=b"hello"),
        FileAttachment(name="empty.bin", content=b""),
        FileAttachment(name="big ø.bin", content=blob(300_000)),
        FileAttachment(name="image.png", content=blob(100), is_inline=True, content_id="image@example.net", content_type="image/png"),
    ]).save()
    got = f.get(subject="with files")
    equal(got.has_attachments, True, "has_attachments")
    equal([a.name for a in got.attachments], ["a.txt", "empty.bin", "big ø.bin", "image.png"], "names")
    equal([a.content for a in got.attachments], [b"hello", b"", blob(300_000), blob(100)], "contents")
    a = got.attachments[3]
    equal((a.is_inline, a.content_id, a.content_type), (True, "image@example.net", "image/png"), "inline")
    equal([a.is_inline for a in got.attachments[:3]], [False] * 3, "not inline")
    true(all(a.size is not None and a.last_modified_time for a in got.attachments), "size and time")
    with got.attachments[2].fp as fp:
        equal(fp.read(7), blob(300_000)[:7], "streamed")
    with got.attachments[2].fp as fp:
        equal(fp.read(), blob(300_000), "streamed to the end")
    s.with_files = m


@step
def attach_later(s):
    m = Message(account=s.alice, folder=s.attached, subject="later").save()
    key = m.changekey
    a = FileAttachment(name="later.txt", content=b"later")
    m.attach(a)
    true(m.changekey != key and a.attachment_id.id, "attaching changes the item")
    m.attach([FileAttachment(name="2.txt", content=b"2"), FileAttachment(name="3.txt", content=b"3")])
    m.refresh()
    same([x.name for x in m.attachments], ["later.txt", "2.txt", "3.txt"], "names")
    equal(m.has_attachments, True, "has_attachments")
    gone = next(x for x in m.attachments if x.name == "2.txt")
    aid = gone.attachment_id
    m.detach(gone)
    m.refresh()
    same([x.name for x in m.attachments], ["later.txt", "3.txt"], "after detach")
    with raises(ErrorItemNotFound, ErrorInvalidAttachmentId, ErrorInvalidIdMalformed, what="what was detached"):
        FileAttachment(attachment_id=aid, parent_item=m).content
    m.detach(m.attachments)
    m.refresh()
    equal((m.attachments, m.has_attachments), ([], False), "after detaching all")
    m.subject = "still to be changed"
    m.save()
    m.delete()


@step
def items(s):
    at = EWSDateTime(2026, 2, 3, 4, 5, tzinfo=s.utc)
    rows = Many()
    for inner in (
        Message(subject="inner", body="inner body", importance="High", categories=["x"]),
        CalendarItem(subject="inner", start=at, end=at, location="there"),
        Contact(display_name="inner", given_name="I", surname="N", subject="inner"),
    ):
        def one(inner=inner):
            m = Message(account=s.alice, folder=s.attached, subject="outer", attachments=[ItemAttachment(name="the inner", item=inner)]).save()
            m.refresh()
            equal(len(m.attachments), 1, "attachments")
            a = m.attachments[0]
            equal((a.name, type(a).__name__), ("the inner", "ItemAttachment"), "name and kind")
            got = a.item
            equal(type(got), type(inner), "class of the inner item")
            for n in ("body", "importance", "categories", "location", "given_name"):
                if hasattr(inner, n) and getattr(inner, n) is not None:
                    equal(getattr(got, n), getattr(inner, n), n)
            m.delete()

        rows.row(type(inner).__name__, one)
    rows.end()


@step
def nested(s):
    deepest = Message(subject="deepest", body="at the bottom", attachments=[FileAttachment(name="f.txt", content=b"deep")])
    middle = Message(subject="middle", attachments=[ItemAttachment(name="deepest", item=deepest), FileAttachment(name="m.txt", content=b"mid")])
    m = Message(account=s.alice, folder=s.attached, subject="nested", attachments=[ItemAttachment(name="middle", item=middle)]).save()
    m.refresh()
    got = m.attachments[0].item
    equal(got.subject, "middle", "subject")
    same([a.name for a in got.attachments], ["deepest", "m.txt"], "its attachments")
    f = next(a for a in got.attachments if a.name == "m.txt")
    f.parent_item = m
    equal(f.content, b"mid", "a file in an attached item")
    d = next(a for a in got.attachments if a.name == "deepest")
    d.parent_item = m
    equal(d.item.body, "at the bottom", "an item in an attached item")
    g = d.item.attachments[0]
    g.parent_item = m
    equal(g.content, b"deep", "a file two items down")
    s.nested = m


@step
def copies_keep_them(s):
    to = Folder(parent=s.home, name="Copies").save()
    m = s.attached.get(subject="with files")
    m.copy(to_folder=to)
    got = to.get(subject="with files")
    equal([a.name for a in got.attachments], [a.name for a in m.attachments], "names")
    equal(got.attachments[0].content, b"hello", "content")
    true(got.attachments[0].attachment_id.id != m.attachments[0].attachment_id.id, "ids of their own")
    to.delete()
    m.refresh()
    equal(m.attachments[0].content, b"hello", "the original is untouched")


@step
def inline_in_html(s):
    m = Message(account=s.alice, folder=s.attached, subject="html", body=HTMLBody('<html><body>Hi <img src="cid:logo@example.net"></body></html>'))
    m.attach(FileAttachment(name="logo.png", content=blob(50), is_inline=True, content_id="logo@example.net"))
    m.save()
    got = s.attached.get(subject="html")
    true("cid:logo@example.net" in got.body, got.body)
    equal(got.attachments[0].content_id, "logo@example.net", "content id")


@step
def mime(s):
    m = s.attached.get(subject="with files")
    true(isinstance(m.mime_content, bytes) and b"Subject: with files" in m.mime_content, f"{m.mime_content[:300] if m.mime_content else m.mime_content!r}")
    raw = b"From: Carol <carol@example.net>\r\nTo: alice@example.com\r\nSubject: from MIME\r\nMessage-ID: <mime@example.net>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nThe body.\r\n"
    n = Message(account=s.alice, folder=s.attached, mime_content=raw).save()
    n.refresh()
    equal(n.subject, "from MIME", "subject")
    equal(n.author.email_address, "carol@example.net", "author")
    true("The body." in n.body, n.body)
