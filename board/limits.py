"""How often a sign-in may fail, and how often anything else may be done.

Tries are counted by the place they come from: a browser in which the member signed in lately, else a network address.
One member at one place gets few tries; a network address gets many, since a whole company may share one. So somebody
in the same building, or behind the same proxy, can use up the tries of a member at that address, but not those of the
browser that the member has signed in with before; what is locked then is signing in from a new browser there, for a
quarter of an hour.
"""

from collections import OrderedDict, deque
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

WINDOW: Final = timedelta(minutes=15)
TRIES_PER_MEMBER: Final = 8
TRIES_PER_PLACE: Final = 100
MOST_KEYS: Final = 20_000


@dataclass(slots=True)
class Failures:
    """Failed sign-ins of the last quarter of an hour. Memory is bounded: the key that failed longest ago goes first."""

    most_keys: int = MOST_KEYS
    _times: OrderedDict[tuple[str, str], deque[datetime]] = field(default_factory=OrderedDict)

    def add(self, place: str, email: str, now: datetime) -> None:
        """Count a failure for the member at this place and for the place."""
        for key, most in (((place, email), TRIES_PER_MEMBER), ((place, ""), TRIES_PER_PLACE)):
            times = self._times.setdefault(key, deque(maxlen=most))
            times.append(now)
            self._times.move_to_end(key)
        while len(self._times) > self.most_keys:
            self._times.popitem(last=False)

    def forget(self, place: str, email: str, attempt: datetime) -> None:
        """Start afresh for a member who has just signed in; the attempt counts no longer as a failure of the place."""
        self._times.pop((place, email), None)
        with suppress(KeyError, ValueError):
            self._times[place, ""].remove(attempt)

    def member_is_blocked(self, place: str, email: str, now: datetime) -> bool:
        """Tell whether this member has had all tries at this place."""
        return self._recent((place, email), now) >= TRIES_PER_MEMBER

    def place_is_blocked(self, place: str, now: datetime) -> bool:
        """Tell whether this place has had all its tries."""
        return self._recent((place, ""), now) >= TRIES_PER_PLACE

    def _recent(self, key: tuple[str, str], now: datetime) -> int:
        return sum(1 for time in self._times.get(key, ()) if time > now - WINDOW)


@dataclass(slots=True)
class Uses:
    """What may be done `most` times in a quarter of an hour under one name. Memory is bounded as for failures."""

    most: int
    most_keys: int = MOST_KEYS
    _times: OrderedDict[str, deque[datetime]] = field(default_factory=OrderedDict)

    def takes(self, name: str, now: datetime) -> bool:
        """Count one more; false where there were too many, which are not counted themselves."""
        times = self._times.setdefault(name, deque())
        self._times.move_to_end(name)
        while times and times[0] <= now - WINDOW:
            times.popleft()
        if len(times) >= self.most:
            return False
        times.append(now)
        while len(self._times) > self.most_keys:
            self._times.popitem(last=False)
        return True
