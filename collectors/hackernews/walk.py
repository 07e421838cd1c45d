"""How far the reading of Hacker News is, kept in a cursor."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from collectors.base import read_cursor, write_cursor
from collectors.dates import moment_at
from core.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Walk:
    """How far one part of the query is read, in seconds since 1970 by the clock of Hacker News.

    Everything up to `since` is had; a walk from `newest` down has come to `until`. 0 stands for "none".
    """

    since: int = 0
    newest: int = 0
    until: int = 0

    def after(self, oldest: int, newest: int) -> "Walk":
        """Return the walk once a page that reaches from `oldest` to `newest` is stored."""
        return replace(self, newest=max(self.newest, newest), until=oldest)

    def finished(self) -> "Walk":
        """Return the state when nothing is left below."""
        return Walk(since=max(self.since, self.newest))


@dataclass(frozen=True, slots=True)
class Found:
    """One answer of the search: its hits, their times, and whether older ones are left out of it."""

    hits: list[Any]
    times: list[int]
    has_more: bool
    now: int  # by the server's clock


def step(walk: Walk, found: Found, bottom: int) -> Walk:
    """Return the walk behind `found`; its `until` is 0 where nothing is left down to `bottom`.

    A post from the future moves no watermark beyond the server's own time: what comes until then would be skipped.
    """
    if not found.times:
        return walk.finished()
    oldest = min(found.times)
    following = walk.after(oldest, min(max(found.times), found.now))
    return following if found.has_more and oldest > bottom else following.finished()


def read_walks(cursor: str, parts: Sequence[str]) -> dict[str, Walk]:
    """Return the walk of each part; a part that the cursor does not know begins anew."""
    stored = read_cursor(cursor).get("walks", {})
    try:
        return {part: Walk(*(int(number) for number in stored.get(part, ()))) for part in parts}
    except (AttributeError, TypeError, ValueError) as error:
        raise ConfigError("The stored cursor is none of Hacker News; clear it to read the source anew.") from error


def write_walks(walks: Mapping[str, Walk]) -> str:
    """Return the walks as a cursor."""
    return write_cursor(walks={part: [walk.since, walk.newest, walk.until] for part, walk in walks.items()})


def is_time(value: object) -> bool:
    """Return whether `value` is a moment that a post can be from, in seconds since 1970."""
    try:
        return isinstance(value, int) and moment_at(value) is not None
    except ValueError:
        return False
