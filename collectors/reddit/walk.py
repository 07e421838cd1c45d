"""One way down a list of Reddit, from its newest item to the known ones."""

from collections.abc import Iterable
from typing import Any, Final

from collectors.reddit.items import number_of
from collectors.reddit.lists import Listing
from collectors.reddit.places import Place, gap_between, is_home
from core.types import Gap

NEARLY_ALL: Final = 900  # items: Reddit's lists end at about 1,000, and an end there is no surprise
MORE_OFTEN: Final = "Reddit lists about 1,000 items, its search fewer: read it more often than that many are new."


class Walk:
    """What was passed on the way down so far.

    `oldest` is the oldest item that was not known. `familiar` counts the last pages that held nothing but known items.
    `anchors` are items of the last page below which the list can be read on when its last one is gone. `broke_off` says
    that Reddit promised more and sent nothing.
    """

    def __init__(self, listing: Listing, known: Place) -> None:
        self.listing, self.known = listing, known
        self.newest = self.oldest = Place()
        self.is_home = self.broke_off = False
        self.familiar = self.items = self.pages = 0
        self.anchors: tuple[str, ...] = ()

    @property
    def reached(self) -> Place:
        """What is known once the walk has come to its end."""
        return max(self.known, self.newest)

    def pass_by(self, items: list[Any]) -> None:
        """Note the items of one page."""
        places = [place for place in map(place_of, items) if place.number]
        self.pages += 1
        self.items += len(items)
        self.newest = max(self.newest, *places, Place())
        fresh = [place for place in (self.oldest, *places) if place.number > self.known.number]
        self.oldest = min(fresh, default=Place())
        self.is_home = self.is_home or is_home(places, self.known)
        all_known = bool(places) and max(places).number <= self.known.number
        self.familiar = self.familiar + 1 if all_known else 0
        self.anchors = _anchors(items)

    def gap(self) -> Gap | None:
        """Return what the list did not hold of what came since the last reading."""
        if not self.newest.number or self.is_home:
            return None
        if not self.known.number:
            if not self.broke_off or self.items >= NEARLY_ALL:
                return None
            return Gap(
                f"Reddit's list of {self.listing.words} broke off after {self.items} items, and more were to come."
            )
        if self.pages == 1:  # the whole list fits on a page, so what was known was deleted
            return None
        return gap_between(self.listing, self.known, self.oldest, MORE_OFTEN)


def place_of(raw: Any) -> Place:
    """Return where an item stands; the number 0 for something without an id."""
    try:
        item = raw["data"]
        number = number_of(item["id"])
    except (AttributeError, KeyError, TypeError):
        return Place()
    try:
        return Place(number, int(item["created_utc"]))
    except (KeyError, OverflowError, TypeError, ValueError):
        return Place(number)


def _anchors(items: Iterable[Any]) -> tuple[str, ...]:
    """Return the full names of the last item but one, of the middle one and of the first."""
    names = [name for name in (_name(raw) for raw in items) if name]
    found = [names[-2], names[len(names) // 2], names[0]] if len(names) > 1 else []
    return tuple(dict.fromkeys(found))


def _name(raw: Any) -> str:
    try:
        return str(raw["data"]["name"])
    except (KeyError, TypeError):
        return ""
