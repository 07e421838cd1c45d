"""Reading a stretch of time of X that lies behind the cursor."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from collectors.x.parts import TIMELINES, Part
from collectors.x.posts import Answer
from collectors.x.walk import Walk, bound_in, id_at, moment_of
from core.errors import BadResponseError, NotPermittedError
from core.types import Gap, Page

TOO_EARLY: Final = re.compile(r"'start_time' must be on or after (\S+?)\.?(\s|$)")
TOO_LATE: Final = "'end_time' must be a minimum of 10 seconds prior"
MOVING: Final = timedelta(minutes=1)  # the bound that X names moves on while we ask again


@dataclass(frozen=True, slots=True)
class Stretch:
    """One list, to be read from a start_time to an end_time: how it is asked for a page, and its answers read.

    `read` also tells what the answer costs. `owed` is what finding the list cost.
    """

    part: Part
    ask: Callable[[str, str, str], dict[str, Any]]  # start_time, end_time, token
    read: Callable[[dict[str, Any]], tuple[Answer, int]]
    owed: int = 0


def fill(lists: Sequence[Stretch], from_at: datetime, until_at: datetime) -> Iterator[Page]:
    """Yield the posts of that time, whole seconds, with a gap for what lies more than seven days back.

    How far back X goes, X says itself: no clock of ours is asked.
    """
    start = from_at.astimezone(UTC).replace(microsecond=0)
    end: datetime | None = (until_at.astimezone(UTC) + timedelta(microseconds=999_999)).replace(microsecond=0)
    for one in lists:
        token, passed, owed = "", {""}, one.owed
        walk = Walk(since=id_at(start))
        while True:
            try:
                raw = one.ask(_written(start), _written(end), token)
            except NotPermittedError as error:
                bound = _bound(error)
                if bound and bound + MOVING > start:
                    start = bound + MOVING
                    yield Page((), "", gap=Gap("X lists 7 days only.", from_at, min(start, until_at)))
                    if end and start >= end:
                        return
                elif end and TOO_LATE in str(error):
                    end = None  # X then ends where its search index does
                else:
                    raise
                continue
            answer, cost = one.read(raw)
            walk = walk.after(answer.ids)
            following = str(raw["meta"].get("next_token") or "")
            if following and following in passed:
                raise BadResponseError("X keeps sending the same page.")
            missed = None if following else beyond_list(one.part, walk)
            if answer.posts or answer.rejected or missed or cost or owed:
                yield Page(answer.posts, "", answer.rejected, missed, cost=cost + owed)
            if not following:
                break
            token, owed = following, 0
            passed.add(token)


def beyond_list(part: Part, walk: Walk) -> Gap | None:
    """Return what a finished walk over a timeline may have missed, as it ended above the point reached last time."""
    if not part.timeline or not walk.since or walk.read < part.nearly_all or walk.until <= walk.since:
        return None
    kind = "mentions" if part.timeline == "mentions" else "own posts"
    why = f"X lists the last {TIMELINES[part.timeline]} {kind} only: there were more since the last reading."
    return Gap(why, moment_of(walk.since), moment_of(walk.until))


def _written(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""


def _bound(error: NotPermittedError) -> datetime | None:
    found = TOO_EARLY.search(str(error))
    return bound_in(found[1]) if found else None
