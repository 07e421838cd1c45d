"""How far the reading of a search, or of an account's posts, is on Bluesky."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self

from collectors.base import write_cursor
from collectors.bluesky.posts import mark, moment
from core.errors import ConfigError

TICK: Final = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Walk:
    """How far a search is read: all up to `since` is had; a walk from `newest` down has come to `until`.

    All are moments at which posts reached Bluesky, or made of these, as ISO dates; "" is none.
    """

    since: str = ""
    newest: str = ""
    until: str = ""

    @classmethod
    def read(cls, state: object) -> Self:
        """Return the walk that a part of the cursor stands for."""
        try:
            walk = cls(**state)  # type: ignore[arg-type]
            for value in asdict(walk).values():
                moment(value or "2020-01-01")
        except (TypeError, ValueError) as error:
            raise ConfigError(
                "The stored cursor is none of Bluesky; clear it to read the source from the start."
            ) from error
        return walk

    @property
    def state(self) -> dict[str, str]:
        """The walk as a part of the cursor."""
        return {name: value for name, value in asdict(self).items() if value}

    def after(self, views: Sequence[Mapping[str, Any]]) -> "Walk":
        """Return the walk once these posts are stored; it stays as it is where they lead no further down."""
        arrived = [moment(view["indexedAt"]) for view in views]
        lowest = min((mark(view) for view in views), default=None)
        newest = max([*arrived, *([moment(self.newest)] if self.newest else [])], default=None)
        until = written(lowest + TICK) if lowest else ""
        return replace(
            self,
            newest=written(newest) if newest else "",
            until=min(filter(None, (self.until, until)), default=""),
        )

    def finished(self) -> "Walk":
        """Return the state when nothing is left below."""
        return Walk(since=max(self.since, self.newest))

    def bottom(self, overlap: timedelta, reach: timedelta) -> str:
        """Return the moment at which the walk ends, "" for none; the first one goes back from the newest post."""
        if self.since:
            return written(moment(self.since) - overlap)
        return written(moment(self.newest) - reach) if self.newest else ""


def cursor_of(walks: Mapping[str, Walk]) -> str:
    """Return the walks as a cursor."""
    return write_cursor(**{name: walk.state for name, walk in walks.items()})


def written(when: datetime) -> str:
    """Return the moment in the one form whose order is that of time, as Bluesky writes it."""
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
