"""An hour's work in a minute: exchangelib on a server, held to what it ought to see.

    session.py --endpoint https://127.0.0.1:8443/EWS/Exchange.asmx --ca ca.pem \
        --user alice@example.com --other bob@example.com --master admin@example.com --password secret --dump dump.json

The user works on its own mailbox as a delegate, on the other's as a delegate with full access, and the master, who may
impersonate, acts as the other. With --dump what the mailboxes hold at the end is written to a file. With --read nothing
is done but that.
"""

import argparse
import os
import sys
import warnings


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--endpoint", required=True)
    p.add_argument("--ca", required=True, help="PEM file with the certificate to trust")
    p.add_argument("--user", required=True, help="address of the user, with full access to the other's mailbox")
    p.add_argument("--other", required=True, help="address of another user")
    p.add_argument("--master", required=True, help="address of a user who may impersonate")
    p.add_argument("--password", required=True, help="password of all three")
    p.add_argument("--dump", help="file for what the mailboxes hold at the end")
    p.add_argument("--read", action="store_true", help="write --dump only")
    p.add_argument("--only", action="append", help="part of the names of the steps to run")
    p.add_argument("-v", "--verbose", action="store_true")
    return p.parse_args()


class Session:
    """The accounts that the steps work on, and what they leave for later steps."""

    def __init__(self, args):
        from exchangelib import (
            BASIC,
            DELEGATE,
            IMPERSONATION,
            Account,
            Configuration,
            Credentials,
            EWSTimeZone,
            FailFast,
        )

        self.args = args
        self.utc = EWSTimeZone("UTC")

        def config(user):
            return Configuration(
                service_endpoint=args.endpoint,
                credentials=Credentials(user, args.password),
                auth_type=BASIC,
                retry_policy=FailFast(),
            )

        def account(address, cfg, access):
            return Account(
                primary_smtp_address=address,
                config=cfg,
                access_type=access,
                default_timezone=EWSTimeZone("Europe/Copenhagen"),
                locale="en_US",
            )

        mine = config(args.user)
        self.alice = account(args.user, mine, DELEGATE)
        self.bob_by_alice = account(args.other, mine, DELEGATE)
        self.bob = account(args.other, config(args.other), DELEGATE)
        self.bob_by_master = account(args.other, config(args.master), IMPERSONATION)
        self.accounts = (self.alice, self.bob)
        self.versions = [(a, a.version) for a in (self.alice, self.bob, self.bob_by_alice, self.bob_by_master)]
        self.home = None  # the folder that steps work below, set by the first step on folders

    def reset(self):
        """Take back what exchangelib concludes of the server's version from a request that was refused."""
        for account, version in self.versions:
            account.version = version.copy()
            account.protocol.config.version = version.copy()


def main():
    args = arguments()
    # Before requests is imported: its sessions trust this and nothing else.
    os.environ["REQUESTS_CA_BUNDLE"] = args.ca
    warnings.simplefilter("ignore")

    import dump
    import steps

    session = Session(args)
    failed = []
    if not args.read:
        # Importing registers the steps; the order is that of the session.
        import connecting  # noqa: F401
        import discovering  # noqa: F401
        import folders  # noqa: F401
        import classes  # noqa: F401
        import finding  # noqa: F401
        import bulk  # noqa: F401
        import attaching  # noqa: F401
        import calendars  # noqa: F401
        import mailing  # noqa: F401

        passed, skipped, failed = steps.run(session, only=args.only, verbose=args.verbose)
        print(f"{passed} steps passed, {len(skipped)} skipped, {len(failed)} failed", flush=True)
    if args.dump:
        dump.write(session.accounts, args.dump)
    from exchangelib import close_connections

    close_connections()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
