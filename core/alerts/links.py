"""The links in mails that act without signing in, and reading them back.

Each says whom it was sent to and is signed, so that nobody can make one up. They do not end by themselves: a mail is
read when it is read, and what a link can do is small (an incident is seen, or put off for four hours; one recipient
hears of a rule no more). A rule that is deleted leaves its number to a later one (SQLite), so a link names when its
rule was made as well; incidents are never deleted, and their number is enough.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Final
from urllib.parse import urlencode

from core.signing import is_signed, signature

PATH: Final = "/alert"
LONGEST: Final = 900  # letters of a query that is read at all
_INCIDENT: Final = re.compile(r"[1-9][0-9]{0,9}")
_RULE: Final = re.compile(r"[1-9][0-9]{0,9}-[0-9a-f]{6}")
_LARGEST: Final = 2**31


class Act(StrEnum):
    """What a link does."""

    ACKNOWLEDGE = "acknowledge"
    SNOOZE = "snooze"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Link:
    """A link that is ours: what it does, to which incident or rules by their names, and whose mail it stood in."""

    act: Act
    names: tuple[str, ...]
    recipient: str

    @property
    def ids(self) -> tuple[int, ...]:
        """The numbers of what the link is about; a rule must have its name as well."""
        return numbers_of(self.names)


def rule_name(number: int, made_at: datetime) -> str:
    """Return what a link calls a rule: its number, and letters that a rule made at another time has not."""
    return f"{number}-{sha256(f'{made_at.timestamp():.6f}'.encode()).hexdigest()[:6]}"


def numbers_of(names: Iterable[str]) -> tuple[int, ...]:
    """Return the numbers of incidents or rules that have these names in a link."""
    return tuple(int(name.partition("-")[0]) for name in names)


def link(base_url: str, key: bytes, act: Act, names: Sequence[str], recipient: str) -> str:
    """Return the address for an incident, named by its number, or for rules, each by its `rule_name`.

    What goes to a web address is read by whoever reads there, and that address may be a secret: such a link names
    nobody, and stops nothing.
    """
    if "://" in recipient:
        if act is Act.STOP:
            return ""
        recipient = ""
    joined = ".".join(names)
    signed = signature(key, act.value, joined, recipient)
    return f"{base_url}{PATH}?{urlencode({'do': act.value, 'of': joined, 'to': recipient, 'sig': signed})}"


def read_link(key: bytes, query: Mapping[str, str]) -> Link | None:
    """Return what the query of an address asks for, None where it is not one that we made."""
    act, joined, recipient = (query.get(name, "") for name in ("do", "of", "to"))
    if sum(map(len, query.values())) > LONGEST:
        return None
    try:
        is_ours = is_signed(key, query.get("sig", ""), act, joined, recipient)
        found = Link(Act(act), tuple(joined.split(".")), recipient)
    except (ValueError, UnicodeEncodeError):
        return None
    pattern = _RULE if found.act is Act.STOP else _INCIDENT
    if not is_ours or not all(pattern.fullmatch(name) for name in found.names):
        return None
    return found if max(found.ids) < _LARGEST else None
