"""What the report page is set to. The address holds it all, so that a report can be sent as a link."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

import streamlit as st

from core.counted import Clock, Dimension
from core.errors import InputError
from core.reporting import PRESETS, Period, chosen_days, last_days
from core.taxonomy import Party, Reason
from storage.reports.reading import Wanted

OWN: Final = "own"
NONE_NAMED: Final = "-"  # of a courier, a reason or a party
LARGEST_KEY: Final = 2**31 - 1
_DEFAULT_DAYS: Final = 28


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a report is asked for; `days` is a preset, none where the reader chose the days `first` to `last`."""

    days: int | None = _DEFAULT_DAYS
    first: date | None = None
    last: date | None = None
    wanted: Wanted = field(default_factory=Wanted)
    clock: Clock = Clock.HOURS
    by: Dimension = Dimension.REASON

    def period(self, today: date, unfinished: date) -> Period:
        """Return the days of the report; raises InputError where those chosen make no sense."""
        if self.days is not None:
            return last_days(self.days, today, unfinished)
        if self.first is None or self.last is None:
            raise InputError("Choose the first and the last day of the report.")
        return chosen_days(self.first, self.last, today, unfinished)


def read_address(asked: Mapping[str, str]) -> Chosen:
    """Return what an address asks for; what it says that cannot be is as if it said nothing."""
    days = asked.get("days", "")
    brand = asked.get("brand", "")
    is_brand = brand.isascii() and brand.isdecimal() and len(brand) < 11 and int(brand) <= LARGEST_KEY
    return Chosen(
        days=None if days == OWN else int(days) if days in map(str, PRESETS) else _DEFAULT_DAYS,
        first=_day(asked.get("from", "")),
        last=_day(asked.get("to", "")),
        wanted=Wanted(
            brand_id=int(brand) if is_brand else None,
            platform=asked.get("platform") or None,
            courier=_named(asked.get("courier", "")),
            reason=_named(asked.get("reason", ""), Reason),
            party=_named(asked.get("party", ""), Party),
        ),
        clock=Clock.WALL if asked.get("hours") == "all" else Clock.HOURS,
        by=Dimension(asked["by"]) if asked.get("by") in set(Dimension) else Dimension.REASON,
    )


def _named(text: str, known: type[StrEnum] | None = None) -> str | None:
    """Return a name, "" for what names none, and None where nothing, or nothing that is known, is asked for."""
    if text == NONE_NAMED:
        return ""
    return text if text and (known is None or text in set(known)) else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def put(name: str, value: str) -> None:
    """Make the address ask for something; an empty value takes it back."""
    if value:
        st.query_params[name] = value
    else:
        st.query_params.pop(name, None)
