"""How far the reading of X is, kept in a cursor."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any, Final, Self

from collectors.base import read_cursor, write_cursor
from collectors.dates import moment_at
from core.errors import ConfigError, NotPermittedError
from core.types import Gap

EPOCH_MS: Final = 1_288_834_974_657  # ids hold the milliseconds since then, above 22 other bits
DAY_MS: Final = 86_400_000
TOO_OLD: Final = re.compile(r"'(since_id|until_id)' must be a tweet id created after (\S+?)\.?(\s|$)")


@dataclass(frozen=True, slots=True)
class Walk:
    """How far one list is read: everything up to `since` is had; a walk from `newest` down has come to `until`.

    X answers newest first, so `since` may move only when a walk has come down to it. What arrives above `newest`
    meanwhile is left to the next walk. `read` counts the posts of the walk under way. What lies from `paid_from` to
    `since` was read on the UTC day of `since`: X does not charge for it again that day. `seen` is the id of a moment,
    by X's clock, up to which the list was read, so that a week without posts is no gap; it moves once a day. 0 stands
    for "none".
    """

    since: int = 0
    newest: int = 0
    until: int = 0
    read: int = 0
    paid_from: int = 0
    seen: int = 0

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> Self:
        """Return the walk that was written as `state`."""
        try:
            return cls(**{each.name: int(state.get(each.name, 0)) for each in fields(cls)})
        except (TypeError, ValueError) as error:
            raise ConfigError("The stored cursor is none of X; clear it to read the source from the start.") from error

    @property
    def state(self) -> dict[str, str]:
        """The walk as it is written; ids as strings, as X writes them."""
        found = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: str(value) for name, value in found.items() if value}

    def after(self, ids: Sequence[int]) -> "Walk":
        """Return the walk once the posts with these ids are stored."""
        if not ids:
            return self
        return replace(self, newest=max(self.newest, *ids), until=min(ids), read=self.read + len(ids))

    def finished(self, seen: int = 0) -> "Walk":
        """Return the state when nothing is left below; `seen` is when the walk began, 0 where that is not known."""
        seen = seen if seen - self.seen >= DAY_MS << 22 else self.seen
        if not self.newest:
            return replace(self, seen=seen)
        since = max(self.since, self.newest)
        same_day = self.paid_from and _day_of(since) == _day_of(self.since)
        paid_from = min(self.paid_from, self.until) if same_day else self.until
        return Walk(since=since, paid_from=paid_from, seen=seen)

    def charged(self, ids: Iterable[int]) -> set[int]:
        """Return which of these posts X charges for; the UTC day is taken from the newest id known."""
        found = set(ids)
        today = _day_of(max(self.since, self.newest, *found, 0))
        if not self.paid_from or today != _day_of(self.since):
            return found
        return {each for each in found if not self.paid_from <= each <= self.since}

    def without_expired(self, error: NotPermittedError) -> tuple["Walk", Gap | None]:
        """Return a walk that X will take, and what is lost; raises `error` again where it is about something else."""
        found = TOO_OLD.search(str(error))
        if found and found[1] == "until_id" and self.until:
            why = f"X lists 7 days only: posts from before {found[2]} that were still to be read are out of reach."
            return self.finished(), Gap(why, moment_of(self.since), moment_of(self.until))
        if found and found[1] == "since_id" and self.since:
            walk, bound, last = replace(self, since=0, paid_from=0), bound_in(found[2]), max(self.since, self.seen)
            if bound and last >= id_at(bound):  # it was read since, and held nothing
                return walk, None
            why = f"X lists 7 days only: posts between the last reading and {found[2]} are out of reach."
            return walk, Gap(why, moment_of(last), bound)
        raise error


@dataclass(slots=True)
class Reading:
    """The cursor of a source: the walk of each list that it reads, and the numbers of the accounts it looked up."""

    walks: dict[str, Walk]
    users: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, cursor: str, keys: Sequence[str]) -> Self:
        """Return where the lists with these keys stand.

        A search that the cursor does not know, as the query was changed, begins where the one that was furthest behind
        stood: what came before was complete for what was asked then, and everything later is asked for anew. Nothing
        is lost by that; posts that both queries find come twice and are told by their ids. A timeline that it does not
        know, as it was switched on, begins as that of a new source does. A cursor from before there was more than one
        list is that of the only list, or else an unknown one.
        """
        state = read_cursor(cursor)
        written = state.get("walks", {})
        users = state.get("users", {})
        if not isinstance(written, dict) or not isinstance(users, dict):
            raise ConfigError("The stored cursor is none of X; clear it to read the source from the start.")
        old = {key: Walk.of(walk) for key, walk in written.items() if isinstance(walk, dict)}
        if state and "walks" not in state:
            old = {keys[0] if len(keys) == 1 else "": Walk.of(state)}
        stood = [walk for key, walk in old.items() if not _is_timeline(key)] or list(old.values())
        start = Walk(
            since=min((walk.since for walk in stood), default=0),
            seen=min((walk.seen for walk in stood), default=0),
        )
        begun = {key: old.get(key, Walk() if _is_timeline(key) else start) for key in keys}
        return cls(begun, {str(name): str(each) for name, each in users.items()})

    @property
    def cursor(self) -> str:
        """All of it as a cursor."""
        walks = {key: walk.state for key, walk in self.walks.items()}
        return write_cursor(walks=walks, **({"users": self.users} if self.users else {}))


def moment_of(post_id: int) -> datetime | None:
    """Return when the id was given, None where no post is from then."""
    try:
        return moment_at(((post_id >> 22) + EPOCH_MS) / 1000) if post_id else None
    except ValueError:
        return None


def id_at(moment: datetime) -> int:
    """Return the lowest id that X gives at this moment."""
    return max(int(moment.timestamp() * 1000) - EPOCH_MS, 0) << 22


def bound_in(words: str) -> datetime | None:
    """Return the moment that X names in an error, None where it names none."""
    try:
        moment = datetime.fromisoformat(words)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _is_timeline(key: str) -> bool:
    return key.startswith(("@", "from:"))


def _day_of(post_id: int) -> int:
    return ((post_id >> 22) + EPOCH_MS) // DAY_MS
