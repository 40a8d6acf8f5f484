"""Versions, authentication, access."""

from exchangelib import Account, Configuration, Credentials, FailFast
from exchangelib.errors import (
    ErrorFolderNotFound,
    ErrorImpersonateUserDenied,
    ErrorItemNotFound,
    ErrorNonExistentMailbox,
    ErrorAccessDenied,
    ErrorInvalidIdMalformed,
    UnauthorizedError,
)
from exchangelib.version import EXCHANGE_2013_SP1

from steps import equal, raises, step, true


@step
def guess_authentication_and_version(s):
    """Without being told, exchangelib asks which authentication the server wants and which version it has."""
    a = Account(
        primary_smtp_address=s.args.user,
        config=Configuration(
            service_endpoint=s.args.endpoint,
            credentials=Credentials(s.args.user, s.args.password),
            retry_policy=FailFast(),
            max_connections=2,
        ),
        access_type="delegate",
        default_timezone=s.utc,
    )
    true(a.version.build >= EXCHANGE_2013_SP1, f"build {a.version.build}")
    equal(str(a.protocol.auth_type), "basic", "authentication")
    equal(a.inbox.name, "Inbox", "name of the inbox")


@step
def wrong_password(s):
    from exchangelib import BASIC

    with raises(UnauthorizedError, what="wrong password"):
        Account(
            primary_smtp_address=s.args.user,
            config=Configuration(
                service_endpoint=s.args.endpoint,
                credentials=Credentials(s.args.user, s.args.password + "x"),
                auth_type=BASIC,
                retry_policy=FailFast(),
            ),
            access_type="delegate",
            default_timezone=s.utc,
        )


@step
def delegate_and_impersonated(s):
    ids = {n: a.inbox.id for n, a in (("own", s.bob), ("delegate", s.bob_by_alice), ("impersonated", s.bob_by_master))}
    equal(len(set(ids.values())), 1, f"ids of one inbox seen by three: {ids}")
    true(s.alice.inbox.id != s.bob.inbox.id, "two users, two inboxes")


@step
def access_is_refused(s):
    from exchangelib import BASIC, DELEGATE, IMPERSONATION

    def other(user, address, access):
        return Account(
            primary_smtp_address=address,
            config=Configuration(
                service_endpoint=s.args.endpoint,
                credentials=Credentials(user, s.args.password),
                auth_type=BASIC,
                retry_policy=FailFast(),
            ),
            access_type=access,
            default_timezone=s.utc,
        )

    with raises(ErrorFolderNotFound, ErrorAccessDenied, ErrorItemNotFound, what="no rights in the mailbox"):
        other(s.args.other, s.args.user, DELEGATE).inbox.refresh()
    with raises(ErrorImpersonateUserDenied, what="no right to impersonate"):
        other(s.args.other, s.args.user, IMPERSONATION).inbox.refresh()
    with raises(ErrorNonExistentMailbox, what="no such user"):
        other(s.args.master, "nobody@example.com", IMPERSONATION).inbox.refresh()


@step
def ids_that_are_none(s):
    res = list(s.alice.fetch([("not an id", s.alice.inbox.changekey)]))
    equal(len(res), 1, "results")
    true(isinstance(res[0], ErrorInvalidIdMalformed), f"got {res[0]!r}")
