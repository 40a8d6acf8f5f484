"""Decode files of answers with exchangelib and print, for each, the best of a few runs in Go's benchmark format.

Usage: exchangelib_decode.py NAME=FILE...
"""
import sys
import time

from exchangelib.items import CalendarItem, Message
from exchangelib.util import TNS, to_xml

CLASSES = {"{%s}Message" % TNS: Message, "{%s}CalendarItem" % TNS: CalendarItem}


def decode(data):
    """Build exchangelib's items from an answer, as its services do once the status has been looked at."""
    root = to_xml(data)
    return [CLASSES[e.tag].from_xml(elem=e, account=None) for e in root.iter(*CLASSES)]


def main(args):
    for arg in args:
        name, _, path = arg.partition("=")
        with open(path, "rb") as f:
            data = f.read()
        best = None
        for _ in range(3):
            start = time.perf_counter()
            items = decode(data)
            took = time.perf_counter() - start
            best = took if best is None else min(best, took)
        if not items:
            sys.exit("%s: nothing decoded" % name)
        print("BenchmarkDecode/%s/exchangelib 1 %d ns/op %.2f MB/s %d items" % (name, best * 1e9, len(data) / best / 1e6, len(items)))


if __name__ == "__main__":
    main(sys.argv[1:])
