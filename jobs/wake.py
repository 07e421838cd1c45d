"""Wake: cases that were put off come back when their time has come."""

from jobs.parts import Parts
from storage.snoozing import is_one_due, wake_due_cases


def wake(parts: Parts) -> int:
    """Bring back the cases whose time has come; return how many."""
    woken = 0
    while _is_one_due(parts):
        with parts.database.write() as session:
            count = wake_due_cases(session, parts.now())
        if not count:  # another transaction holds them, as somebody is just working on them
            break
        woken += count
    return woken


def _is_one_due(parts: Parts) -> bool:
    """Asked without the lock for writing, which collecting needs."""
    with parts.database.read() as session:
        return is_one_due(session, parts.now())
