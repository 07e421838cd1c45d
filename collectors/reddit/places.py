"""How far each list of Reddit was read: what the cursor keeps."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from collectors.base import read_cursor, write_cursor
from collectors.dates import moment_at
from collectors.reddit.lists import Listing
from core.errors import ConfigError
from core.types import Gap

FEED: Final = "rss:"  # what the feeds have shown is known by itself: the API fills what they left out


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """An item of a list: its number, and Reddit's time for it in seconds since 1970, 0 where unknown.

    The number alone decides what is known. The time is there to tell a person between when something is missing.
    """

    number: int = 0
    seconds: int = 0

    def __post_init__(self) -> None:
        if min(self.number, self.seconds) < 0 or (self.seconds and not moment_at(self.seconds)):
            raise ValueError("no place in a list")

    @property
    def at(self) -> datetime | None:
        """When it was written."""
        return moment_at(self.seconds) if self.seconds else None


class Places:
    """The place of each list, by its key, and the lists that a round which was broken off still has to read."""

    def __init__(self, known: dict[str, Place], waiting: tuple[str, ...] = ()) -> None:
        self.known, self.waiting = known, waiting

    @classmethod
    def read(cls, cursor: str) -> Self:
        """Return the places in `cursor`; raises `ConfigError` where it is none of Reddit."""
        state = read_cursor(cursor)
        try:
            if "lists" not in state:  # as it was once written: numbers alone, by the names of the lists
                return cls({name: Place(int(number)) for name, number in state.items()})
            known = {key: Place(int(number), int(seconds)) for key, (number, seconds) in state["lists"].items()}
            return cls(known, tuple(str(key) for key in state.get("waiting", ())))
        except (AttributeError, TypeError, ValueError) as error:
            raise ConfigError("The stored cursor is none of Reddit; clear it to read the source anew.") from error

    @property
    def cursor(self) -> str:
        """The places as a cursor."""
        lists = {key: (place.number, place.seconds) for key, place in self.known.items()}
        return write_cursor(lists=lists, **({"waiting": self.waiting} if self.waiting else {}))

    def round(self, lists: Iterable[Listing]) -> Iterator[Listing]:
        """Yield each list once, or those alone that a round which was broken off has left.

        Without keys Reddit answers as little as one request a minute: rounds that always began at the first list would
        never reach the last.
        """
        lists = list(lists)
        known = {each.key: self.known.get(each.key) or self.known.get(each.name) for each in lists}
        known |= {FEED + each.key: self.known.get(FEED + each.key) for each in lists}
        self.known = {key: place for key, place in known.items() if place}
        left = [each for each in lists if each.key in self.waiting] or lists
        self.waiting = tuple(each.key for each in left)
        yield from left

    def finish(self, listing: Listing, key: str, place: Place) -> None:
        """Note that the list was read up to `place`."""
        if place.number:
            self.known[key] = place
        self.waiting = tuple(each for each in self.waiting if each != listing.key)

    def of(self, key: str) -> Place:
        """Return how far a list was read."""
        return self.known.get(key, Place())


def is_home(places: Sequence[Place], known: Place) -> bool:
    """Return whether a stretch of a list, newest first, comes down to what is known.

    A single old item among new ones does not say so: it may be one that a moderator let through late.
    """
    old = [place for place in places if place.number <= known.number]
    return bool(old) and (places[-1] in old or len(old) * 10 >= len(places))


def gap_between(listing: Listing, known: Place, oldest: Place, why: str) -> Gap:
    """Return what is missing between the newest known item and the oldest one that was listed now."""
    from_at, until_at = known.at, oldest.at
    if from_at and until_at and from_at >= until_at:  # Reddit's own clock, but nothing rests on it
        from_at = None
    began = f"the newest one known before ({_words(from_at)})" if from_at else "the newest one known before"
    return Gap(
        f"Reddit's list of {listing.words} ended at {_words(until_at)} and did not reach {began}: "
        f"what was posted between is missing. {why}",
        from_at,
        until_at,
    )


def _words(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "a time that it did not say"
