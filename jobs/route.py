"""Route: cases go to whom the rules say, and what nobody takes up in time comes back."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final

from core.errors import StorageError
from jobs.parts import Parts
from storage import placing, returning
from storage.database import Session

BATCH: Final = 100  # cases a transaction: it holds their rows, on SQLite the database
Step = Callable[[Session, datetime, int], int]
_log = logging.getLogger(__name__)


def route(parts: Parts, stopping: Callable[[], bool] = lambda: False) -> int:
    """Take back what was not taken up and give out what nobody has; return how many cases were looked at.

    Each batch is one transaction, the notices to those who get a case included, and a claim by hand is atomic against
    it: whichever of the two comes second finds the case taken.
    """
    return _carry_out(
        parts, returning.is_anything_overdue, returning.bring_back, returning.pass_over, stopping
    ) + _carry_out(parts, placing.is_anything_waiting, placing.place_cases, placing.pass_over, stopping)


def _carry_out(
    parts: Parts,
    is_due: Callable[[Session, datetime], bool],
    step: Step,
    pass_over: Callable[[Session, datetime], int | None],
    stopping: Callable[[], bool],
) -> int:
    done = 0
    while not stopping():
        with parts.database.read() as session:  # asked first: a write that finds nothing would lock others out
            if not is_due(session, parts.now()):
                break
        count = _try(parts, step, pass_over)
        done += count
        if count < BATCH:
            break
    return done


def _try(parts: Parts, step: Step, pass_over: Callable[[Session, datetime], int | None]) -> int:
    """Carry out a batch; where it fails its cases one by one, and one that still fails is passed over and said."""
    try:
        with parts.database.write() as session:
            return step(session, parts.now(), BATCH)
    except StorageError:
        raise
    except Exception:
        _log.exception("A batch of cases could not be sent on; each is tried by itself")
    for _ in range(BATCH):
        try:
            with parts.database.write() as session:
                if not step(session, parts.now(), 1):
                    break
        except StorageError:
            raise
        except Exception:
            with parts.database.write() as session:
                case_id = pass_over(session, parts.now())
            _log.exception("Case %s could not be sent on and was passed over: send it by hand", case_id)
    return BATCH
