"""How often a sign-in may fail.

One member at one network address gets few tries; a network address gets many, since a whole company may share one.
Beyond those, members who signed in from that address lately may still try: an attacker in the same building can not
lock the others out.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

WINDOW: Final = timedelta(minutes=15)
TRIES_PER_MEMBER: Final = 8
TRIES_PER_ADDRESS: Final = 100
MOST_KEYS: Final = 20_000


@dataclass(slots=True)
class Failures:
    """Failed sign-ins of the last quarter of an hour. Memory is bounded: the key that failed longest ago goes first."""

    most_keys: int = MOST_KEYS
    _times: OrderedDict[tuple[str, str], deque[datetime]] = field(default_factory=OrderedDict)

    def add(self, address: str, email: str, now: datetime) -> None:
        """Count a failure for the member at this address and for the address."""
        for key, most in (((address, email), TRIES_PER_MEMBER), ((address, ""), TRIES_PER_ADDRESS)):
            times = self._times.setdefault(key, deque(maxlen=most))
            times.append(now)
            self._times.move_to_end(key)
        while len(self._times) > self.most_keys:
            self._times.popitem(last=False)

    def forget(self, address: str, email: str) -> None:
        """Start afresh for a member who has just signed in."""
        self._times.pop((address, email), None)

    def member_is_blocked(self, address: str, email: str, now: datetime) -> bool:
        """Tell whether this member has had all tries at this address."""
        return self._recent((address, email), now) >= TRIES_PER_MEMBER

    def address_is_blocked(self, address: str, now: datetime) -> bool:
        """Tell whether this network address has had all its tries."""
        return self._recent((address, ""), now) >= TRIES_PER_ADDRESS

    def _recent(self, key: tuple[str, str], now: datetime) -> int:
        return sum(1 for time in self._times.get(key, ()) if time > now - WINDOW)
