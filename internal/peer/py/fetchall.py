"""Read all messages of an inbox with exchangelib; the counterpart of internal/peer/cmd/fetchall.

Prints the number of items, the seconds that reading took, and the most memory that the process ever had.
"""

import argparse
import json
import os
import time
import warnings


def main():
    p = argparse.ArgumentParser(description=__doc__)
    for name in ("endpoint", "ca", "user", "password"):
        p.add_argument("--" + name, required=True)
    p.add_argument("--mode", choices=("full", "only"), default="full")
    p.add_argument("--keep", action="store_true", help="keep all items in memory to the end")
    args = p.parse_args()
    os.environ["REQUESTS_CA_BUNDLE"] = args.ca
    warnings.simplefilter("ignore")
    from exchangelib import BASIC, DELEGATE, Account, Configuration, Credentials, EWSTimeZone

    account = Account(
        primary_smtp_address=args.user,
        config=Configuration(
            service_endpoint=args.endpoint,
            credentials=Credentials(args.user, args.password),
            auth_type=BASIC,
            max_connections=4,
        ),
        access_type=DELEGATE,
        default_timezone=EWSTimeZone("UTC"),
        locale="en_US",
    )
    inbox = account.inbox
    q = inbox.all()
    if args.mode == "only":
        q = q.only("subject", "sender", "datetime_received")
    kept = []
    items = size = 0
    start = time.monotonic()
    for m in q:
        items += 1
        size += len(m.subject) + len(m.body or "")
        if args.keep:
            kept.append(m)
    seconds = time.monotonic() - start
    with open("/proc/self/status") as f:
        peak = next(int(line.split()[1]) for line in f if line.startswith("VmHWM:"))
    print(json.dumps({"items": items, "seconds": seconds, "peak_kib": peak, "runes": size}))


if __name__ == "__main__":
    main()
