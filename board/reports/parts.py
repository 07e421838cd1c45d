"""What a report is made of: parts with words, charts and tables."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from board.reports import charts
from board.reports.report import Report
from board.reports.table import Table
from core.reporting import Span, Step

Drawing = Callable[[], charts.Chart]


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart, and what it shows in one sentence for who does not see it."""

    draw: Drawing
    alt: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report. `nothing` says why there is no chart, where there is none."""

    key: str
    title: str
    about: Sequence[str]
    pictures: Sequence[Picture] = field(default=())
    tables: Sequence[Table] = field(default=())
    nothing: str = ""


def none_came(report: Report) -> str:
    """Return why a report without complaints has none, and what to do."""
    return (
        "No complaint came in this period that matches the filters above. Take one of them away, or choose more days."
        if report.chosen.wanted.narrows
        else "No complaint came in this period. Choose more days, or look at Sources to see that posts come in."
    )


def step_words(step: Step) -> str:
    """Return a place on the axis of time in a few letters."""
    first, last = step.span.first, step.span.last
    if first == last:
        return f"{first:%a} {first.day} {first:%b}"
    return (
        f"{first.day}–{last.day} {last:%b}"
        if first.month == last.month
        else f"{first.day} {first:%b}–{last.day} {last:%b}"
    )


def long_words(span: Span) -> str:
    """Return some days as one says them."""
    first, last = span.first, span.last
    if first == last:
        return f"{first:%a} {first.day} {first:%b %Y}"
    return f"{first.day} {first:%b} – {last.day} {last:%b %Y}"
