"""How many complaints came: over time, and by what they are about."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from board.reports import charts
from board.reports.parts import Picture, Section, long_words, none_came, step_words
from board.reports.report import Report
from board.reports.table import Row, Table
from core.counted import Dimension
from core.reporting import Step, change_mark, change_words

ByStep = Sequence[tuple[Step, Mapping[str, int]]]

MOST_RANKED: Final = 12
MOST_LINES: Final = 6
DIMENSIONS: Final = {
    Dimension.REASON: "Reason",
    Dimension.COURIER: "Courier",
    Dimension.PARTY: "At fault",
    Dimension.PLATFORM: "Platform",
    Dimension.BRAND: "Brand",
}


def over_time(report: Report) -> Section:
    """Return how many complaints came, by day or week."""
    counted, period = report.counted, report.period
    total, steps = counted.total, period.steps()
    unit = "week" if period.is_by_week else "day"
    about = [
        f"Counts each complaint (a case: one author, one brand, one or more posts) on the {unit} of its first post, "
        f"by {report.zone_words}. A dashed bar is a {unit} that is not over or not whole; the line across is the "
        f"same {unit} of the period before.",
        _left_out(total["dismissed"], total["unsure"]),
    ]
    rows, lines = [], []
    for step in steps:
        cases, before = counted.cases(step.span), counted.cases(step.span.back(period.span.days))
        state = "" if step.is_whole else "not over yet" if step.span.last >= period.unfinished else "part of a week"
        href = report.leads_to(step.span)
        rows.append(
            {
                "label": step_words(step),
                "cases": cases,
                "words": f"{cases:,} so far" if state == "not over yet" else f"{cases:,}",
                "before": before if step.is_whole else None,
                "whole": step.is_whole,
                "tip": f"{long_words(step.span)}: {cases:,}{f' ({state})' if state else ''}; before: {before:,}",
                "href": href,
            }
        )
        lines.append(Row((long_words(step.span), cases, before, state), href if cases else ""))
    table = Table(f"Complaints by {unit}", (unit.capitalize(), "Complaints", "Period before", "Note"), lines)
    picture = Picture(
        lambda: charts.over_time(rows), f"{total['cases']:,} complaints by {unit}, as in the table below."
    )
    nothing = "" if total["cases"] else none_came(report)
    return Section("over_time", "Complaints over time", about, [picture], [table], nothing)


def _left_out(dismissed: int, unsure: int) -> str:
    parts = []
    if dismissed:
        parts.append(f"{dismissed:,} more {'was' if dismissed == 1 else 'were'} dismissed as no complaint")
    if unsure:
        parts.append(f"of {unsure:,} the model is not sure")
    return f"Not counted or open to doubt: {'; '.join(parts)}." if parts else ""


def kinds(report: Report) -> Section:
    """Return how many complaints came of each kind: reason, courier, party, platform or brand."""
    dimension, counted = report.chosen.by, report.counted
    cases = counted.total["cases"]
    shares = counted.shares(dimension)
    names = [share.name for share in shares]
    by_step = [(step, counted.of_kind(dimension.value, step.span)) for step in report.period.steps()]
    name = DIMENSIONS[dimension].lower()
    about = [
        f"Counts the same {cases:,} complaints by {name}; a change is against the same days of the period before."
        + (" One that has several counts for each of them." if dimension in (Dimension.REASON, Dimension.PARTY) else "")
    ]
    rows, lines = [], []
    for share in shares:
        title, change = report.name_of(dimension, share.name), change_words(share.now, share.before)
        href = report.leads_to(narrowed={dimension.value: share.name}) if share.name and share.cases else ""
        lines.append(Row((title, share.cases, share.cases / cases if cases else None, change), href))
        rows.append(
            {
                "name": title,
                "cases": share.cases,
                "before": share.before if report.period.over.days == report.period.span.days else None,
                "words": f"{share.cases:,} ({change_mark(share.now, share.before)})",
                "tip": f"{title}: {share.cases:,}; {change}",
                "href": href,
            }
        )
    pictures = [
        Picture(
            lambda: charts.ranked(rows[:MOST_RANKED]),
            f"Complaints by {name}, most first, as in the table below.",
            f"By {name}" + (f", the {MOST_RANKED} with most" if len(rows) > MOST_RANKED else ""),
        ),
        Picture(
            lambda: charts.small_bars(_lines(report, names[:MOST_LINES], by_step)),
            f"The same over time for the {MOST_LINES} with most complaints.",
            "Over time" + (f", the {MOST_LINES} with most" if len(rows) > MOST_LINES else ""),
        ),
    ]
    columns = (DIMENSIONS[dimension], "Complaints", "Share", "Change")
    tables = [
        Table(f"Complaints by {name}", columns, lines, is_folded=False),
        _table_over_time(report, names[:MOST_RANKED], by_step),
    ]
    return Section("kinds", "What they are about", about, pictures, tables, "" if cases else none_came(report))


def _table_over_time(report: Report, names: Sequence[str], by_step: ByStep) -> Table:
    dimension = report.chosen.by
    unit = "week" if report.period.is_by_week else "day"
    rows = [
        Row((long_words(step.span), *(counts.get(name, 0) for name in names)), report.leads_to(step.span))
        for step, counts in by_step
    ]
    columns = (unit.capitalize(), *(report.name_of(dimension, name) for name in names))
    caption = f"Complaints by {unit} and {DIMENSIONS[dimension].lower()}"
    return Table(caption, columns, rows, file="CSV over time")


def _lines(report: Report, names: Sequence[str], by_step: ByStep) -> list[dict[str, Any]]:
    dimension = report.chosen.by
    rows = []
    for line, name in enumerate(names):
        numbers = [counts.get(name, 0) for _, counts in by_step]
        title, peak = report.name_of(dimension, name), numbers.index(max(numbers))
        for place, (step, counts) in enumerate(by_step):
            cases = counts.get(name, 0)
            rows.append(
                {
                    "line": line,
                    "name": title,
                    "label": step_words(step),
                    "cases": cases,
                    "whole": step.is_whole,
                    "is_peak": place == peak and cases > 0,
                    "is_first": place == 0,
                    "tip": f"{title}, {long_words(step.span)}: {cases:,}",
                    "href": report.leads_to(step.span, narrowed={dimension.value: name}) if name else "",
                }
            )
    return rows
