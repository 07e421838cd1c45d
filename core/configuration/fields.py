"""What the tables of a configuration file are made of: names, times, addresses, queries."""

import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from difflib import get_close_matches
from functools import cache
from typing import Annotated, Final
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from core.errors import ConfigError, InputError
from core.hours import parse
from core.queries import parse_query
from core.thresholds import Threshold, parse_threshold

_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
MIN_INTERVAL: Final = timedelta(seconds=1)
MAX_INTERVAL: Final = timedelta(days=31)


def _interval(value: object) -> object:
    found = re.fullmatch(r"\s*(\d+)\s*([smhd])\s*", value) if isinstance(value, str) else None
    if not found:
        raise ValueError('write a number and s, m, h or d, such as "2m"')
    amount = int(found[1][:9])
    interval = timedelta(**{_UNITS[found[2]]: amount}) if amount < 10**6 else MAX_INTERVAL * 2
    if not MIN_INTERVAL <= interval <= MAX_INTERVAL:
        raise ValueError("must be from 1s to 31d")
    return interval


Interval = Annotated[timedelta, BeforeValidator(_interval)]


def _query(value: object) -> object:
    if isinstance(value, str) and value.strip():
        try:
            parse_query(value)
        except ConfigError as error:
            raise ValueError(str(error)) from error
    return value


QueryText = Annotated[str, BeforeValidator(_query)]
Cut = Annotated[Threshold, BeforeValidator(parse_threshold)]
Name = Annotated[str, Field(min_length=1, max_length=200)]


def check_email(address: str) -> str:
    """Return the address; raises ValueError where it cannot be one or could smuggle in a header."""
    if not re.fullmatch(r"[^\s@<>,;\"\x00-\x1f]+@[^\s@<>,;\"\x00-\x1f]+", address):
        raise ValueError(f"{address!r} is no e-mail address")
    return address


@cache  # asking reads folders
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def check_zone(value: str) -> str:
    """Return the time zone; raises ValueError where there is none of this name."""
    if value not in _zones():
        raise ValueError(f"{value!r} is no time zone; write one such as Europe/London")
    return value


def _hours(lines: list[str]) -> list[str]:
    try:
        parse(lines)
    except InputError as error:
        raise ValueError(str(error)) from error
    return lines


def hint_for(word: str, known: Sequence[str], otherwise: str) -> str:
    """Return "did you mean" with the nearest known word, else what else to do."""
    near = get_close_matches(word, known, n=1)
    return f"did you mean {str(near[0])!r}?" if near else otherwise


def one_of(known: Sequence[str], what: str) -> Callable[[str], str]:
    """Return a check that a word is one of the known ones; empty passes."""

    def check(value: str) -> str:
        if value and value not in known:
            raise ValueError(f"there is no {what} {value!r}; {hint_for(value, known, 'known are ' + ', '.join(known))}")
        return value

    return check


Email = Annotated[str, AfterValidator(lambda address: check_email(address).lower())]
Contact = Annotated[str, AfterValidator(lambda address: address and check_email(address).lower())]
Zone = Annotated[str, AfterValidator(check_zone)]
WorkingHours = Annotated[list[str], AfterValidator(_hours)]


class Table(BaseModel):
    """A table of the file: what it does not know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)
