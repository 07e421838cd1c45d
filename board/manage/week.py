"""A week of shifts to look at: one member's, or everybody's with the hours that nobody works."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

import streamlit as st

from board import parts
from board.components import mount
from core.errors import InputError
from core.hours import Hours, parse
from core.shifts import Shift, Week, hours_a_week, in_words, week_of
from storage.tables import Brand, Member

MOST_GAPS: Final = 6


def show_shift(lines: Sequence[str], zone: str) -> None:
    """Show what a member's shift means: in words and as a week; nothing where it is wrong, which its field says."""
    try:
        hours = parse(lines)
        week = _one_week([Shift(hours, zone)], [], zone)
    except (InputError, ValueError, OSError):  # the last two: a time zone that there is not
        return
    words = in_words(hours)
    length = "" if hours.is_always else f": {hours_a_week(hours):g} hours a week"
    st.text(f"Works {words}{length}. Times are those of {zone}.")
    _show("shift_week", week, f"A week by the clock of {zone}", is_one=True)


def show_coverage(members: Sequence[Member], brands: Sequence[Brand], zone: str) -> None:
    """Show how many work in each hour of the coming week, and where nobody does though a brand is open."""
    shifts = [_shift_of(member) for member in members if member.disabled_at is None]
    wanted = [(_hours(brand.hours), brand.timezone) for brand in brands]
    week = _one_week(shifts, wanted, zone)
    st.markdown("**Who works when**")
    _show("coverage_week", week, f"Members at work in each hour of the coming week, by the clock of {zone}")
    without = sum(each.disabled_at is None and not each.shift for each in members)
    if without:
        who = (
            f"{without} members have no shift set and count"
            if without > 1
            else "One member has no shift set and counts"
        )
        st.caption(f"{who} as always at work.")
    open_words = ", ".join(f"{brand.name} {in_words(_hours(brand.hours))}" for brand in brands)
    if week.gaps:
        st.text(f"Nobody works: {_gap_words(week)}.")
        st.caption("Cases that come then wait until somebody’s shift begins.")
    elif wanted:
        st.text("Somebody works in every hour in which a brand is open.")
    if open_words:
        with st.container(key="open_hours"):
            st.text(f"Open: {open_words}. A brand’s hours are set under “Sources and brands”.")


def _shift_of(member: Member) -> Shift:
    return Shift(_hours(member.shift), member.timezone, member.away_until)


def _hours(lines: Sequence[str]) -> Hours:
    """Return the hours; always, where an older file brought something that cannot be read."""
    try:
        return parse(lines)
    except InputError:
        return Hours()


def _one_week(shifts: Sequence[Shift], wanted: Sequence[tuple[Hours, str]], zone: str) -> Week:
    return week_of(shifts, wanted, _today(), zone)


def _today() -> date:
    return parts.installed().clock().date()


def _show(key: str, week: Week, caption: str, *, is_one: bool = False) -> None:
    days = [
        {
            "name": f"{week.first + timedelta(days=number):%a %-d}",
            "counts": list(week.counts[number]),
            "wanted": list(week.wanted[number]),
        }
        for number in range(len(week.counts))
    ]
    mount("manage/week_grid", {"caption": caption, "days": days, "is_one": is_one}, key=key)


def _gap_words(week: Week) -> str:
    gaps = [
        f"{day:%A} all day" if (start, end) == (0, 24) else f"{day:%A} {start:02}:00-{end:02}:00"
        for day, start, end in week.gaps
    ]
    more = len(gaps) - MOST_GAPS
    return ", ".join(gaps[:MOST_GAPS]) + (f" and {more} times more" if more > 0 else "")
