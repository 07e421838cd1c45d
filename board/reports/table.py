"""A table of a report: what stands below a chart, and what is exported."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from board.components import mount
from core.reporting import duration_words

Value = str | int | float | date | timedelta | None


@dataclass(frozen=True, slots=True)
class Row:
    """A row: the first value names it, and `href` leads to the cases behind it, nowhere where it is empty.

    `hrefs` leads to the cases behind single values, by their places.
    """

    values: Sequence[Value]
    href: str = ""
    hrefs: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings. Where a row leads to is written behind it, in `leads_to`.

    Beside a chart with the same numbers it `is_folded`. `file` names what is exported of it.
    """

    caption: str
    columns: Sequence[str]
    rows: Sequence[Row] = field(default=())
    leads_to: str = "Show complaints"
    is_folded: bool = True
    file: str = "CSV"


def words(value: Value) -> str:
    """Return a value as a person reads it; a float is a share."""
    if value is None:
        return "–"
    if isinstance(value, timedelta):
        return duration_words(value)
    if isinstance(value, float):
        return f"{value:.0%}"
    if isinstance(value, int):
        return f"{value:,}"
    return value if isinstance(value, str) else f"{value:%a %d %b %Y}"


def show_table(table: Table, key: str) -> None:
    """Show the table, folded away behind its caption or open."""
    mount("reports/report_table", table_data(table), key=key)


def table_data(table: Table) -> dict[str, Any]:
    """Return the table as the browser gets it."""
    return {
        "caption": table.caption,
        "columns": list(table.columns),
        "rows": [
            {
                "cells": [
                    {
                        "words": words(value),
                        "is_number": not isinstance(value, str | date),
                        **({"href": row.hrefs[place]} if place in row.hrefs else {}),
                    }
                    for place, value in enumerate(row.values)
                ],
                "href": row.href,
            }
            for row in table.rows
        ],
        "leads_to": table.leads_to,
        "folded": table.is_folded,
    }
