"""What the tables of a configuration file are made of: names, times, addresses, queries."""

import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from difflib import get_close_matches
from functools import cache
from typing import Annotated, Any, Final
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

from core.errors import ConfigError, InputError
from core.hours import parse
from core.queries import parse_query
from core.text import has_words
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


def interval_text(length: timedelta) -> str:
    """Return a length of whole seconds as a file has it, in its largest unit: "5m", "90s"."""
    seconds = round(length.total_seconds())
    sizes = {unit: round(timedelta(**{word: 1}).total_seconds()) for unit, word in _UNITS.items()}
    unit = max((unit for unit, size in sizes.items() if seconds % size == 0), key=sizes.__getitem__)
    return f"{seconds // sizes[unit]}{unit}"


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


def check_seen(value: str) -> str:
    """Return the word; raises ValueError where nothing of it can be seen."""
    if value and not has_words(value):
        raise ValueError(f"{value!r} shows nothing, write a word that can be seen")
    return value


def _no_switch(value: object) -> object:
    if isinstance(value, bool):  # to Python it is 1 or 0
        raise ValueError(f"write a number, not {str(value).lower()}")  # noqa: TRY004  # pydantic wants this one
    return value


Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(check_seen)]
Number = Annotated[float, BeforeValidator(_no_switch)]
Whole = Annotated[int, BeforeValidator(_no_switch)]

# An atom of RFC 5322, 3.2.3, with the letters of RFC 6531; quotes and comments, which people do not use, are no part.
_ATOM: Final = r"[\w!#$%&'*+/=?^`{|}~-]+"
_LABEL: Final = r"(?!-)[\w-]{1,63}(?<!-)"
_EMAIL: Final = re.compile(rf"(?P<local>{_ATOM}(?:\.{_ATOM})*)@(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9]+(?:\.[0-9]+){{3}}\])")
_LONGEST_EMAIL: Final = 254
_LONGEST_LOCAL: Final = 64


def check_email(address: str) -> str:
    """Return the address; raises ValueError where it cannot be one, or where a header would mean something else by it.

    A header takes `a:b@x.example` for a group and `=?utf-8?q?x?=@x.example` for an encoded word, which is another
    address.
    """
    found = _EMAIL.fullmatch(address) if len(address) <= _LONGEST_EMAIL else None
    if found is None or len(found["local"]) > _LONGEST_LOCAL or "=?" in address:
        raise ValueError(f"{address!r} is no e-mail address")
    return address


def is_web_address(value: str) -> bool:
    """Return whether the value is an http(s) address with a host, and with a port that there can be."""
    try:
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


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


_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_CONTROL_OF_LINES: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_HAS_LINES: Final = frozenset({"text", "query", "native_query"})


class Table(BaseModel):
    """A table of the file: what it does not know is an error, and so are control characters in its words."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    @field_validator("*")
    @classmethod
    def _no_controls(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse what nobody sees in the file: a line break ends a header, and PostgreSQL looks for no NUL."""
        control = _CONTROL_OF_LINES if info.field_name in _HAS_LINES else _CONTROL
        for word in value.values() if isinstance(value, dict) else value if isinstance(value, list) else (value,):
            found = control.search(word) if isinstance(word, str) else None
            if found:
                raise ValueError(f"{word!r} holds the control character U+{ord(found[0]):04X}, take it out")
        return value
