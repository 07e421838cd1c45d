"""The links in mails that act without signing in, and reading them back.

Each says whom it was sent to and is signed, so that nobody can make one up. They do not end by themselves: a mail is
read when it is read, and what a link can do is small (an incident is seen, or put off for four hours; one recipient
hears of a rule no more).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import urlencode

from core.signing import is_signed, signature

PATH: Final = "/alert"
LONGEST: Final = 900  # letters of a query that is read at all
MOST_RULES: Final = 12
_LARGEST: Final = 2**31


class Act(StrEnum):
    """What a link does."""

    ACKNOWLEDGE = "acknowledge"
    SNOOZE = "snooze"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Link:
    """A link that is ours: what it does, to which incident or rules, and whose mail it stood in."""

    act: Act
    ids: tuple[int, ...]
    recipient: str


def link(base_url: str, key: bytes, act: Act, ids: Sequence[int], recipient: str) -> str:
    """Return the address; for more rules than fit it is of the first ones.

    What goes to a web address is read by whoever reads there, and that address may be a secret: such a link names
    nobody, and stops nothing.
    """
    if "://" in recipient:
        if act is Act.STOP:
            return ""
        recipient = ""
    numbers = ".".join(str(each) for each in ids[:MOST_RULES])
    signed = signature(key, act.value, numbers, recipient)
    return f"{base_url}{PATH}?{urlencode({'do': act.value, 'of': numbers, 'to': recipient, 'sig': signed})}"


def read_link(key: bytes, query: Mapping[str, str]) -> Link | None:
    """Return what the query of an address asks for, None where it is not one that we made."""
    act, numbers, recipient = (query.get(name, "") for name in ("do", "of", "to"))
    if sum(map(len, query.values())) > LONGEST:
        return None
    try:
        is_ours = is_signed(key, query.get("sig", ""), act, numbers, recipient)
        ids = tuple(int(each) for each in numbers.split("."))
        found = Link(Act(act), ids, recipient)
    except (ValueError, UnicodeEncodeError):
        return None
    return found if is_ours and all(0 < each < _LARGEST for each in ids) else None
