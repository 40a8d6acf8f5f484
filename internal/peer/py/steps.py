"""The steps of a session: what they are told, how they assert, how they are run."""

import os
import time
import traceback

STEPS = []


def step(f):
    """Register f, a function of a Session, as a step. Steps run in the order of registration."""
    STEPS.append(f)
    return f


def needs(operation, says=None):
    """A step for what the server may lack: it is skipped then, and said to be. says is a part of what it says."""

    def register(f):
        f.needs, f.says = operation, says or f"does not have the operation {operation}."
        return step(f)

    return register


class Mismatch(AssertionError):
    """What was seen is not what was expected."""


def equal(got, want, what=""):
    if got != want:
        raise Mismatch(f"{what}: got {got!r}, want {want!r}")


def same(got, want, what=""):
    """Like equal, in any order."""
    got, want = sorted(got), sorted(want)
    if got != want:
        missing = [w for w in want if w not in got]
        extra = [g for g in got if g not in want]
        raise Mismatch(f"{what}: got {got!r}, want {want!r} (missing {missing!r}, extra {extra!r})")


def true(condition, what=""):
    if not condition:
        raise Mismatch(what)


class raises:
    """Context that fails unless one of the exceptions is raised; the one raised is in `value`."""

    def __init__(self, *classes, what=""):
        self.classes, self.what, self.value = classes, what, None

    def __enter__(self):
        return self

    def __exit__(self, cls, value, tb):
        names = " or ".join(c.__name__ for c in self.classes)
        if cls is None:
            raise Mismatch(f"{self.what}: nothing raised, want {names}")
        if issubclass(cls, self.classes):
            self.value = value
            return True
        return False


class Many:
    """Collects the mismatches of a table, so that one row does not hide the next."""

    def __init__(self):
        self.wrong = []
        self.rows = 0

    def row(self, name, f, *args):
        self.rows += 1
        try:
            f(*args)
        except Exception as e:  # every row is to be seen
            if os.environ.get("PEER_TRACE") and not isinstance(e, Mismatch):
                traceback.print_exc()
            self.wrong.append(f"{name}: {type(e).__name__}: {e}")

    def end(self):
        if self.wrong:
            raise Mismatch(f"{len(self.wrong)} of {self.rows} rows:\n      " + "\n      ".join(self.wrong))


def run(session, only=None, verbose=False):
    """Run the steps whose names contain one of only; return how many passed, and the names of those skipped and failed."""
    passed, skipped, failed = 0, [], []
    for f in STEPS:
        name = f"{f.__module__}.{f.__name__}"
        if only and not any(o in name for o in only):
            continue
        session.reset()
        start = time.monotonic()
        try:
            f(session)
        except Exception as e:  # a step that fails does not end the session
            if hasattr(f, "needs") and f.says in str(e):
                skipped.append(name)
                print(f"skip {name}: the server does not have {f.needs}", flush=True)
                continue
            failed.append(name)
            print(f"FAIL {name} ({time.monotonic() - start:.2f} s)", flush=True)
            if verbose or not isinstance(e, Mismatch):
                print("    " + traceback.format_exc().replace("\n", "\n    "), flush=True)
            else:
                line = traceback.extract_tb(e.__traceback__)
                at = next((t for t in reversed(line) if not t.filename.endswith("steps.py")), line[-1])
                print(f"    {at.filename.rsplit('/', 1)[-1]}:{at.lineno}: {e}", flush=True)
        else:
            passed += 1
            print(f"ok   {name} ({time.monotonic() - start:.2f} s)", flush=True)
    return passed, skipped, failed
