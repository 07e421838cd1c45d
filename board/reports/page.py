"""The report page: filters, the numbers at its head, and one part below the other."""

from collections.abc import Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Final

import streamlit as st

from board import parts
from board.components import mount
from board.notices import as_text
from board.reports import exports
from board.reports.address import NONE_NAMED, OWN, Chosen, put, read_address
from board.reports.parts import Picture, Section, long_words
from board.reports.report import Offer, Report, name_of, read_report
from board.reports.sections import sections
from board.reports.table import show_table
from board.reports.volume import DIMENSIONS
from board.who import signed_in_member
from core.counted import Clock, Dimension
from core.errors import InputError
from core.platforms import platform_words
from core.reporting import PRESETS, change_words, duration_change_words, duration_words
from core.taxonomy import Party, Reason
from core.windows import missed_words

STYLE: Final = Path(__file__).with_name("reports.css")
MOST_GAPS: Final = 4
_ANY: Final = ""


def report_page() -> None:
    """Show the report that the address asks for."""
    member = signed_in_member()
    if member is None:
        return
    st.html(STYLE)
    st.header("Reports", anchor=False)
    chosen = read_address(st.query_params.to_dict())
    try:
        report = read_report(parts.installed(), chosen, member)
    except InputError as error:
        _filters(chosen, _offer_of_all(), parts.installed().clock().date())
        st.warning(as_text(str(error)))
        return
    _filters(chosen, report.offer, report.period.span.last)
    _notes(report)
    _figures(report)
    for section in sections(report):
        _show(section, report)


def _offer_of_all() -> Offer:
    from storage.reports.reading import brand_days

    with parts.installed().database.read() as session:
        return Offer(tuple(brand_days(session)))


def _filters(chosen: Chosen, offer: Offer, today: date) -> None:
    wanted = chosen.wanted
    days = {str(number): f"Last {number} days" for number in PRESETS} | {OWN: "Days of your choice"}
    brands = {_ANY: "All brands", **{str(brand.id): brand.name for brand in offer.brands}}
    platforms = {_ANY: "All platforms", **{name: platform_words(name) for name in offer.platforms}}
    with st.container(key="report_filters", horizontal=True, vertical_alignment="bottom", gap="small"):
        _choice("Period", "days", days, OWN if chosen.days is None else str(chosen.days), "28", 190)
        if chosen.days is None:
            _day("First day", "from", chosen.first, today)
            _day("Last day", "to", chosen.last, today)
        if len(offer.brands) > 1 or wanted.brand_id is not None:
            _choice("Brand", "brand", brands, str(wanted.brand_id or _ANY), _ANY, 190)
        _choice("Platform", "platform", platforms, wanted.platform or _ANY, _ANY, 170)
        _named("Courier", Dimension.COURIER, "All couriers", offer.couriers, wanted.courier)
        _named("Reason", Dimension.REASON, "All reasons", [*Reason, ""], wanted.reason)
        _named("At fault", Dimension.PARTY, "Anybody", [*Party, ""], wanted.party)
        st.session_state["report_hours"] = chosen.clock is Clock.HOURS
        st.toggle(
            "Working hours only",
            key="report_hours",
            on_change=lambda: put("hours", "" if st.session_state["report_hours"] else "all"),
            help="Measures answers and resolutions within the working hours of the brand, or all around the clock.",
        )


def _named(label: str, dimension: Dimension, any_words: str, names: Sequence[str], now: str | None) -> None:
    """Show a filter of which none may be named, which is a choice too."""
    words = {_ANY: any_words, **{name or NONE_NAMED: name_of(dimension, name) for name in names}}
    _choice(label, dimension.value, words, _ANY if now is None else now or NONE_NAMED, _ANY, 190)


def _choice(label: str, name: str, words: dict[str, str], now: str, default: str, width: int) -> None:
    """Show a filter; the address holds what it is set to."""
    key = f"report_{name}"
    st.session_state[key] = now if now in words else default

    def change() -> None:
        put(name, "" if st.session_state[key] == default else st.session_state[key])

    st.selectbox(
        label, list(words), key=key, format_func=lambda value: words.get(value, value), on_change=change, width=width
    )


def _day(label: str, name: str, now: date | None, today: date) -> None:
    key = f"report_{name}"
    st.session_state[key] = now

    def change() -> None:
        day = st.session_state[key]
        put(name, "" if day is None else day.isoformat())

    st.date_input(label, key=key, format="YYYY-MM-DD", max_value=max(today, now or today), on_change=change, width=150)


def _notes(report: Report) -> None:
    """Say what the report is about, and what may be wrong with its numbers."""
    period = report.period
    about = f"{long_words(period.span)}, by {report.zone_words}."
    if period.over.days:
        about += f" Changes compare {long_words(period.over)} with {long_words(period.before)}"
        about += "; today is not over and left out." if period.over.days < period.span.days else "."
    st.caption(as_text(about))
    standing = report.standing
    if standing.cases_left or standing.days_left:
        left = f"{standing.cases_left:,} cases are" if standing.cases_left else f"{standing.days_left:,} days are"
        st.info(f"{left} still being counted: the numbers below change in the next minutes.")
    elif standing.is_late:
        since = f"since {standing.since:%d %b %H:%M} UTC" if standing.since else "so far"
        st.warning(f"Nothing was counted {since}: the numbers below may be old. See that the worker is running.")
    if report.missed:
        with st.expander(
            f"Posts of this period may be missing: {len(report.missed):,} stretches of time", expanded=False
        ):
            for gap in report.missed[:MOST_GAPS]:
                st.text(f"{gap.source} {missed_words(gap.from_at, gap.until_at, gap.why, gap.zone)}")
            more = len(report.missed) - MOST_GAPS
            st.markdown(
                f"{f'And {more:,} more. ' if more > 0 else ''}The Sources page tells of each and fills what it can."
            )


def _figures(report: Report) -> None:
    counted, clock, period = report.counted, report.chosen.clock, report.period
    compares = period.over.days > 0
    total = counted.total["cases"]
    now, before = counted.within(period.over)["cases"], counted.within(period.before)["cases"]
    without = f"{now:,} without today: " if now != total else ""
    change = f"{without}{change_words(now, before)}"
    tiles = [("Complaints", f"{total:,}", [change[:1].upper() + change[1:]] if compares else [])]
    for label, what, done in (("First answer, median", "reply", "answered"), ("Resolved, median", "solve", "resolved")):
        whole, earlier = counted.took(what, clock), counted.took(what, clock, period.before)
        lines = [f"9 of 10 within {duration_words(whole.ninth)}" if whole.ninth else "", f"of {whole.number:,} {done}"]
        if compares:
            slower = duration_change_words(counted.took(what, clock, period.over).median, earlier.median)
            lines.append(slower.capitalize())
        number = duration_words(whole.median) if whole.median else "–" if not whole.number else "Too few to say"
        tiles.append((label, number[:1].upper() + number[1:], [line for line in lines if line]))
    kept = counted.promises()
    share = "–" if kept.kept_share is None else f"{kept.kept_share:.0%}"
    settled = f"of {kept.settled:,} that were due and settled" if kept.settled else "None was due and settled"
    tiles.append(("Promises kept in time", share, [settled]))
    figures = [{"label": label, "number": number, "lines": lines} for label, number, lines in tiles]
    mount("reports/figures", {"figures": figures}, key="report_figures")


def _show(section: Section, report: Report) -> None:
    with st.container(key=f"part_{section.key}"):
        st.subheader(section.title, anchor=False)
        if section.key == "kinds":
            _by(report)
        for words in filter(None, section.about):
            st.caption(as_text(words))
        if section.nothing:
            st.text(section.nothing)
        else:
            _pictures(section)
        if not section.nothing or section.key == "answers":
            for number, table in enumerate(section.tables):
                show_table(table, f"report_table_{section.key}_{number}")
            _exports(section, report)


def _by(report: Report) -> None:
    st.session_state["report_by"] = report.chosen.by

    def change() -> None:
        by = st.session_state["report_by"]
        put("by", "" if by in (None, Dimension.REASON) else by.value)

    st.segmented_control(
        "Told apart by",
        list(Dimension),
        key="report_by",
        format_func=lambda dimension: DIMENSIONS[dimension],
        on_change=change,
        label_visibility="collapsed",
    )


def _pictures(section: Section) -> None:
    is_one = len(section.pictures) == 1
    columns = [st.container(key=f"wide_{section.key}")] if is_one else st.columns(len(section.pictures), gap="large")
    for number, (place, picture) in enumerate(zip(columns, section.pictures, strict=True)):
        with place:
            if picture.title:
                st.markdown(f"**{as_text(picture.title)}**")
            st.vega_lite_chart(spec=picture.draw(), key=f"report_chart_{section.key}_{number}", alt=picture.alt)


def _exports(section: Section, report: Report) -> None:
    name = f"afterclick-{section.key.replace('_', '-')}-{report.period.span.first}-{report.period.span.last}"
    head = _about(report)
    with st.container(key=f"report_exports_{section.key}", horizontal=True, gap="small"):
        for number, table in enumerate(section.tables):
            suffix = f"-{number + 1}" if number else ""
            _download(
                table.file,
                f"{name}{suffix}.csv",
                "text/csv",
                partial(exports.as_csv, table),
            )
        _download("Excel", f"{name}.xlsx", exports.EXCEL, partial(exports.as_excel, [section], head))
        for number, picture in enumerate(section.pictures if not section.nothing else ()):
            suffix = f"-{number + 1}" if number else ""
            label = "Picture" if len(section.pictures) == 1 else f"Picture {number + 1}"
            _download(label, f"{name}{suffix}.png", "image/png", partial(_picture, picture, section, head))


def _picture(picture: Picture, section: Section, head: Sequence[str]) -> bytes:
    title = f"{section.title}: {picture.title[0].lower()}{picture.title[1:]}" if picture.title else section.title
    return exports.as_picture(picture, title, (*head, *section.about))


def _about(report: Report) -> list[str]:
    """Return what a report that leaves the board is about."""
    wanted = report.chosen.wanted
    brands = ", ".join(brand.name for brand in report.brands)
    narrowed = [
        report.name_of(dimension, value)
        for dimension, value in (
            (Dimension.PLATFORM, wanted.platform),
            (Dimension.COURIER, wanted.courier),
            (Dimension.REASON, wanted.reason),
            (Dimension.PARTY, wanted.party),
        )
        if value is not None
    ]
    period = long_words(report.period.span)
    read_at = f"read on {report.read_at:%d %b %Y at %H:%M} UTC"
    return [f"{' · '.join([brands or 'No brand', *narrowed])} · {period}, by {report.zone_words} · {read_at}"]


def _download(label: str, name: str, kind: str, make: partial[bytes]) -> None:
    """Show a button; the file is made when it is pressed, off the page's thread."""
    st.download_button(label, make, name, kind, key=f"report_get_{name}", on_click="ignore", type="tertiary")
