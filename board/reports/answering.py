"""How long complaints waited, and what became of what was promised."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from board.reports import charts
from board.reports.parts import Picture, Section, long_words, step_words
from board.reports.report import Report
from board.reports.table import Row, Table
from core.counted import Clock
from core.reporting import ERROR, LEAST_FOR_MEDIAN, Durations, duration_mark, duration_words
from core.tallies import Outcome

OUTCOMES: Final = {
    Outcome.KEPT: "Kept in time",
    Outcome.KEPT_LATE: "Kept, but late",
    Outcome.BROKEN: "Broken",
    Outcome.OPEN: "Not settled yet",
    Outcome.WITHDRAWN: "Withdrawn",
}
MOST_DAYS: Final = 14  # of a longer period, weeks: a single day has too few for its median to say much
_MINUTE: Final = timedelta(minutes=1)


def answers(report: Report) -> Section:
    """Return how long it took to answer for the first time."""
    total = report.counted.total
    answered = sum(report.counted.of_kind(f"reply_{report.chosen.clock}").values())
    waiting = total["cases"] - answered
    about = [
        f"From a complaint’s first post to the first answer that its author could see, {_clock_words(report)}. "
        f"Counts the complaints of this period that were answered: {answered:,}; {waiting:,} "
        f"{'was' if waiting == 1 else 'were'} not and {'is' if waiting == 1 else 'are'} left out.",
        _exactness(),
    ]
    section = _took(report, "answers", "First answer", "reply", about, "is:answered", "all")
    if waiting:
        not_yet = Row(("Not answered yet", waiting, None, None), report.leads_to(also="-is:answered"))
        table = replace(section.tables[0], rows=[*section.tables[0].rows, not_yet])
        section = replace(section, tables=[table])
    return section


def solving(report: Report) -> Section:
    """Return how long it took to resolve."""
    total = report.counted.total
    solved = sum(report.counted.of_kind(f"solve_{report.chosen.clock}").values())
    about = [
        f"From a complaint’s first post until it was resolved, {_clock_words(report)}. Counts the complaints of this "
        f"period that are resolved: {solved:,} of {total['cases']:,}.",
        _exactness(),
    ]
    return _took(report, "solving", "Until it was resolved", "solve", about, "", "resolved")


def _clock_words(report: Report) -> str:
    if report.chosen.clock is Clock.WALL:
        return "by the clock on the wall, nights and weekends included"
    without = [brand.name for brand in report.brands if not brand.has_hours]
    if not without:
        return "within the working hours of the brand"
    if len(without) == len(report.brands):
        return "all hours counted, as no working hours are set"
    return f"within the working hours of the brand (none are set for {', '.join(without[:3])}: all count there)"


def _exactness() -> str:
    return (
        f"The disc is the median; the line reaches up to what 9 of 10 kept to. Both are exact to {ERROR:.0%}; "
        f"of fewer than {LEAST_FOR_MEDIAN} nothing is said."
    )


def _took(report: Report, key: str, title: str, what: str, about: Sequence[str], also: str, view: str) -> Section:
    counted, clock = report.counted, report.chosen.clock
    rows, lines = [], []
    by_week = report.period.span.days > MOST_DAYS
    for step in report.period.steps(by_week=by_week):
        found = counted.took(what, clock, step.span)
        href = report.leads_to(step.span, also=also, view=view) if found.number else ""
        said = f"{duration_words(found.median)}; 9 of 10 within {duration_words(found.ninth)}"
        rows.append(
            {
                "label": step_words(step),
                "median": _minutes(found.median),
                "ninth": _minutes(found.ninth),
                "median_words": duration_mark(found.median),
                "ninth_words": duration_mark(found.ninth),
                "tip": f"{long_words(step.span)}: {said} ({found.number:,})",
                "href": href,
            }
        )
        lines.append(Row((long_words(step.span), found.number, found.median, found.ninth), href))
    whole = counted.took(what, clock)
    unit = "Week" if by_week else "Day"
    table = Table(f"{title} by {unit.lower()}", (unit, "Counted", "Median", "9 of 10 within"), lines)
    picture = Picture(lambda: charts.took(rows), f"{title}: {took_words(whole)}; by {unit.lower()} in the table below.")
    drawn = sum(row["median"] is not None for row in rows)
    return Section(key, title, about, [picture] if drawn else [], [table], nothing=_too_few(whole, drawn))


def _too_few(whole: Durations, drawn: int) -> str:
    if not whole.number:
        return "None yet: nothing can be said of how long it takes."
    if not drawn:
        return f"Too few on any one day to draw. Of all {whole.number:,} together: {took_words(whole)}."
    return ""


def took_words(found: Durations) -> str:
    """Return median and 90th percentile in words."""
    if found.median is None:
        return f"too few to say ({found.number:,})"
    ninth = f", 9 of 10 within {duration_words(found.ninth)}" if found.ninth is not None else ""
    return f"half within {duration_words(found.median)}{ninth}"


def _minutes(duration: timedelta | None) -> float | None:
    return None if duration is None else round(max(duration / _MINUTE, 1), 2)


def promises(report: Report) -> Section:
    """Return what became of what was promised."""
    found = report.counted.promises()
    due = sum(found.counts.values())
    about = [
        f"Counts what replies promised by a day, on the day it was due, by {report.zone_words}. In this period {due:,} "
        f"{'was' if due == 1 else 'were'} due. Kept in time means settled as kept by then."
    ]
    rows = [
        {"name": title, "cases": found.counts[outcome], "before": None, "words": f"{found.counts[outcome]:,}",
         "tip": f"{title}: {found.counts[outcome]:,}", "href": ""}
        for outcome, title in OUTCOMES.items()
    ]  # fmt: skip
    counts = Table("Promises due", ("Promise", "Number"), [Row((row["name"], row["cases"])) for row in rows])
    at_stake = Table(
        "Broken, or due and not settled; the latest first",
        ("Promised to", "What", "Due", "State"),
        [
            Row(
                (each.author or "Unknown author", each.text, each.due_at.date(), "broken" if each.is_broken else "due"),
                f"./?case={each.case_id}&view=all",
            )
            for each in report.at_stake
        ],
        leads_to="Open the case",
        is_folded=False,
        file="CSV of the list",
    )
    picture = Picture(lambda: charts.ranked(rows), f"{due:,} promises by what became of them, as in the table below.")
    nothing = (
        "" if due else "No promise was due in this period. Replies that promise something by a day bring them here."
    )
    tables = [counts, at_stake] if report.at_stake else [counts]
    return Section("promises", "Promises kept", about, [picture], tables, nothing)
