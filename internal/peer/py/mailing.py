"""Mail between two mailboxes."""

from exchangelib import Attendee, CalendarItem, EWSDateTime, FileAttachment, HTMLBody, Mailbox, Message
from exchangelib.errors import ErrorInvalidRecipients, ErrorMissingRecipients
from exchangelib.folders import Folder

from steps import equal, needs, raises, same, step, true

REPLIES = "CreateItem is not supported for items of this type."


def to(*addresses):
    return [Mailbox(email_address=a) for a in addresses]


@step
def send(s):
    m = Message(account=s.alice, subject="plain send", body="text", to_recipients=to(s.args.other))
    m.send(save_copy=False)
    got = s.bob.inbox.get(subject="plain send")
    equal(got.author.email_address, s.args.user, "author")
    equal(got.sender.email_address, s.args.user, "sender")
    equal([r.email_address for r in got.to_recipients], [s.args.other], "to_recipients")
    equal((got.is_read, got.is_draft, got.is_from_me), (False, False, False), "flags of what arrived")
    true(got.datetime_received and got.datetime_sent and got.message_id, "times and id")
    true(got.body.rstrip() == "text", got.body)
    equal(s.alice.sent.filter(subject="plain send").count(), 0, "no copy")


@step
def send_and_save(s):
    m = Message(account=s.alice, folder=s.alice.sent, subject="send and save", body=HTMLBody("<p>Hi</p>"), importance="High",
                to_recipients=to(s.args.other), cc_recipients=to("carol@example.net"), bcc_recipients=to(s.args.user), categories=["kept"],
                attachments=[FileAttachment(name="a.txt", content=b"attached")])
    m.send_and_save()
    copy = s.alice.sent.get(subject="send and save")
    equal((copy.is_draft, copy.is_read, copy.categories), (False, True, ["kept"]), "the copy")
    equal([r.email_address for r in copy.bcc_recipients], [s.args.user], "the copy shows whom nobody else sees")
    got = s.bob.inbox.get(subject="send and save")
    equal((got.importance, got.display_cc), ("High", got.display_cc), "importance")
    equal([r.email_address for r in got.cc_recipients], ["carol@example.net"], "cc")
    true(not got.bcc_recipients, f"bcc is not shown: {got.bcc_recipients!r}")
    equal([a.content for a in got.attachments], [b"attached"], "attachments")
    equal(s.alice.inbox.filter(subject="send and save").count(), 1, "the hidden recipient gets it")
    equal(got.message_id, copy.message_id, "message id")


@step
def drafts(s):
    m = Message(account=s.alice, folder=s.alice.drafts, subject="from a draft", body="x", to_recipients=to(s.args.other)).save()
    m.refresh()
    equal(m.is_draft, True, "is_draft")
    other = s.home
    m.send(copy_to_folder=other)
    equal(s.alice.drafts.filter(subject="from a draft").count(), 0, "gone from Drafts")
    equal(other.filter(subject="from a draft").count(), 1, "copy in another folder")
    equal(s.bob.inbox.filter(subject="from a draft").count(), 1, "arrived")
    with raises(ErrorInvalidRecipients, ErrorMissingRecipients, what="nobody to send to"):
        Message(account=s.alice, folder=s.alice.drafts, subject="to nobody", body="x").send_and_save()


@needs("replies and forwards", says=REPLIES)
def reply(s):
    got = s.bob.inbox.get(subject="send and save")
    got.reply(subject="Re: send and save", body="Thanks", to_recipients=to(s.args.user))
    back = s.alice.inbox.get(subject="Re: send and save")
    equal(back.author.email_address, s.args.other, "author of the reply")
    true("Thanks" in back.body, back.body)
    equal(back.in_reply_to, got.message_id, "in_reply_to")
    true(got.message_id in (back.references or ""), f"references {back.references!r}")
    equal(back.conversation_id, s.alice.sent.get(subject="send and save").conversation_id, "one conversation")
    got.reply_all(subject="Re: all", body="Thanks, all")
    all_ = s.alice.inbox.get(subject="Re: all")
    true(s.args.user in [r.email_address for r in all_.to_recipients], f"{all_.to_recipients!r}")
    equal([r.email_address for r in all_.cc_recipients or []], ["carol@example.net"], "cc of the reply to all")


@needs("replies and forwards", says=REPLIES)
def forward(s):
    got = s.bob.inbox.get(subject="send and save")
    got.forward(subject="Fwd: send and save", body="See below", to_recipients=to(s.args.user))
    back = s.alice.inbox.get(subject="Fwd: send and save")
    true("See below" in back.body, back.body)
    equal([a.content for a in back.attachments], [b"attached"], "attachments go along")


@needs("replies and forwards", says=REPLIES)
def saved_replies(s):
    got = s.bob.inbox.get(subject="send and save")
    f = got.create_forward(subject="Fwd: later", body="x", to_recipients=to(s.args.user)).save(s.bob.drafts)
    equal(s.bob.drafts.get(subject="Fwd: later").id, f.id, "a forward kept as a draft")
    draft = list(s.bob.fetch([f]))[0]
    draft.send()
    equal(s.alice.inbox.filter(subject="Fwd: later").count(), 1, "sent later")
    r = got.create_reply(subject="Re: later", body="x", to_recipients=to(s.args.user)).save(s.bob.drafts)
    list(s.bob.fetch([r]))[0].delete()


@needs("meeting requests", says="the server sends no meeting requests")
def invite(s):
    at = EWSDateTime(2026, 12, 1, 10, 0, tzinfo=s.utc)
    e = CalendarItem(account=s.alice, folder=s.alice.calendar, subject="a meeting", location="Room", start=at, end=at.replace(hour=11),
                     required_attendees=[Attendee(mailbox=Mailbox(email_address=s.args.other), response_type="Unknown")])
    e.save(send_meeting_invitations="SendToAllAndSaveCopy")
    e.refresh()
    true(e.meeting_request_was_sent, "the server sends no meeting requests")
    equal((e.is_meeting, e.meeting_request_was_sent, e.organizer.email_address), (True, True, s.args.user), "the meeting")
    r = s.bob.inbox.get(subject="a meeting")
    equal(type(r).__name__, "MeetingRequest", "what arrives")
    equal((r.start, r.end, r.location, r.organizer.email_address), (e.start, e.end, "Room", s.args.user), "what it says")
    r.accept(body="Gladly")
    mine = s.bob.calendar.get(subject="a meeting")
    equal((mine.my_response_type, mine.start, mine.uid), ("Accept", e.start, e.uid), "in the calendar of who accepts")
    answer = next(m for m in s.alice.inbox.all() if type(m).__name__ == "MeetingResponse")
    equal((answer.author.email_address, answer.item_class), (s.args.other, "IPM.Schedule.Meeting.Resp.Pos"), "the answer")
    e.refresh()
    equal([a.response_type for a in e.required_attendees], ["Accept"], "what the organiser sees")
    e.cancel()
    c = [m for m in s.bob.inbox.all() if type(m).__name__ == "MeetingCancellation"]
    equal(len(c), 1, "a cancellation arrives")


@step
def as_another(s):
    """Who impersonates sends as the other; who has full access sends from the other's mailbox."""
    Message(account=s.bob_by_master, folder=s.bob_by_master.sent, subject="impersonated", body="x", to_recipients=to(s.args.user)).send_and_save()
    equal(s.alice.inbox.get(subject="impersonated").author.email_address, s.args.other, "author")
    equal(s.bob.sent.filter(subject="impersonated").count(), 1, "copy in the other's Sent Items")


@needs("MarkAsJunk")
def junk(s):
    m = s.bob.inbox.get(subject="plain send")
    mid = m.id
    m.mark_as_junk(is_junk=True, move_item=True)
    got = s.bob.junk.get(subject="plain send")
    true(got.id != mid, "a new id")
    got.mark_as_junk(is_junk=False, move_item=True)
    equal(s.bob.inbox.filter(subject="plain send").count(), 1, "back again")


@needs("ResolveNames")
def names(s):
    found = s.alice.protocol.resolve_names([s.args.other], return_full_contact_data=False)
    same([m.email_address for m in found], [s.args.other], "an address is resolved")


@needs("SetUserOofSettings")
def out_of_office(s):
    from exchangelib import OofSettings

    s.alice.oof_settings = OofSettings(state="Enabled", external_audience="All", internal_reply="in", external_reply="ex")
    got = s.alice.oof_settings
    equal((got.state, got.internal_reply, got.external_reply), ("Enabled", "in", "ex"), "settings")
    s.alice.oof_settings = OofSettings(state="Disabled", external_audience="None", internal_reply="", external_reply="")


@needs("Subscribe")
def subscriptions(s):
    with s.alice.inbox.pull_subscription(timeout=10) as (sid, watermark):
        list(s.alice.inbox.get_events(sid, watermark))
        Message(account=s.alice, folder=s.alice.inbox, subject="noticed").save()
        events = [e for n in s.alice.inbox.get_events(sid, watermark) for e in n.events]
        true(any(type(e).__name__ in ("CreatedEvent", "NewMailEvent") for e in events), f"{events!r}")
    s.alice.inbox.filter(subject="noticed").delete()
