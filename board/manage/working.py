"""The fields that say when a member works and how they hear of cases, on the Team page and on the account page."""

from datetime import date, datetime, time
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

import streamlit as st

from board import parts
from board.manage.form import Form
from board.manage.week import show_shift
from storage.staff import MOST_CASES, Working
from storage.tables import Notify

WORKING_FIELDS: Final = ("timezone", "shift", "most_cases", "notify", "away_until")
NOTIFY_WORDS: Final = {
    Notify.AT_ONCE: "At once, a mail for each case",
    Notify.BUNDLED: "Bundled, one mail for several cases",
    Notify.NEVER: "Never, I look at the board",
}
SHIFT_HELP: Final = (
    "A line for each part of the week, such as `mon-fri 09:00-17:30` or `sat 22:00-06:00`. Nothing means always."
)


def working_fields(form: Form, *, disabled: bool = False, with_limit: bool = True) -> None:
    """Show the fields, each with what is wrong under it, and the week that they mean."""
    left, right = st.columns(2, gap="medium")
    with left:
        form.show_lines(
            "shift", "Shift", height=110, placeholder="mon-fri 09:00-17:30", help=SHIFT_HELP, disabled=disabled
        )
    with right:
        zone_field(form, disabled=disabled)
        form.preset("away_until", _shown_day(form))
        st.date_input(
            "Away until",
            None,
            key=form.key("away_until"),
            format="YYYY-MM-DD",
            help="The first day of being back. Cases that were sent and not begun go to others meanwhile.",
            disabled=disabled,
        )
        form.show_error("away_until")
    show_shift(form.lines("shift"), form.said("timezone"))
    left, right = st.columns(2, gap="medium")
    with left:
        choices = list(NOTIFY_WORDS)
        st.selectbox(
            "Mails about cases",
            choices,
            choices.index(form.first["notify"]),
            format_func=NOTIFY_WORDS.__getitem__,
            key=form.key("notify"),
            disabled=disabled,
        )
        form.show_error("notify")
    if with_limit:
        with right:
            form.preset("most_cases", form.first["most_cases"])
            st.number_input(
                "Most open cases from rules",
                0,
                MOST_CASES,
                None,
                key=form.key("most_cases"),
                placeholder="No limit",
                help="The rules send no more than that; by hand anybody can be sent more.",
                disabled=disabled,
            )
            form.show_error("most_cases")


def working_said(form: Form) -> Working:
    """Return what the fields say."""
    return Working(form.said("timezone"), form.lines("shift"), form.said("most_cases"), form.said("notify"))


def away_said(form: Form) -> datetime | None:
    """Return until when the member is away: the beginning of the day of being back, by their clock."""
    day = form.said("away_until")
    if not isinstance(day, date):
        return None
    if isinstance(day, datetime):  # nobody touched the field
        return day
    zone = form.said("timezone")
    kept = form.first["away_until"]
    if kept is not None and _day_of(kept, form.first["timezone"]) == day:
        return kept if isinstance(kept, datetime) else None
    return datetime.combine(day, time(), ZoneInfo(zone))


def _shown_day(form: Form) -> date | None:
    """Return the day of being back; of an absence that is over none."""
    away = form.first["away_until"]
    return _day_of(away, form.first["timezone"]) if away is not None and away > parts.installed().clock() else None


def _day_of(at: datetime | None, zone: str) -> date | None:
    return None if at is None else at.astimezone(ZoneInfo(zone)).date()


def zone_field(form: Form, *, disabled: bool = False) -> None:
    """Show the choice of a time zone."""
    known, zone = zones(), form.first["timezone"]
    st.selectbox(
        "Time zone", known, known.index(zone) if zone in known else 0, key=form.key("timezone"), disabled=disabled
    )
    form.show_error("timezone")


@cache
def zones() -> list[str]:
    """Return the names of all time zones, UTC first."""
    return sorted(available_timezones(), key=lambda zone: (zone != "UTC", "/" not in zone, zone))
