"""A report to take away: its tables as CSV and Excel, its charts as pictures.

Strangers' and members' words stand in them, so no cell is one that a spreadsheet would run.
"""

import csv
import io
import json
import subprocess
import sys
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from board.reports.parts import Picture, Section
from board.reports.table import Table, Value
from core.errors import StorageError
from core.text import is_storable, storable

DRAWN_WITHIN_S: Final = 30.0
WIDTH: Final = 900
EXCEL: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SCALE: Final = 2.0
_AT_ONCE: Final = BoundedSemaphore(2)  # pictures; each takes a process of some 100 MB
_BEGINS_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_LONGEST_CELL: Final = 32_767
_MINUTE: Final = timedelta(minutes=1)
_INK: Final = {
    "background": "#ffffff",
    "mark": {"color": "#0b6e5f"},
    "font": "Source Sans Pro, Helvetica, Arial, sans-serif",
    "axis": {"labelColor": "#17211f", "gridColor": "#dbe2df", "ticks": False, "domain": False, "labelFontSize": 12},
    "axisBand": {"grid": False},
    "title": {
        "color": "#17211f",
        "subtitleColor": "#4c5956",
        "anchor": "start",
        "fontSize": 17,
        "subtitlePadding": 6,
        "offset": 14,
    },
    "padding": 18,
}


def as_csv(table: Table) -> bytes:
    """Return a table as CSV in UTF-8, marked as such for Excel."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([_cell(name) for name in _headings(table)])
    writer.writerows([_cell(_plain(value)) for value in row.values] for row in table.rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def as_excel(sections: Sequence[Section], about: Sequence[str]) -> bytes:
    """Return the tables as a workbook, a sheet each; the first sheet says what the report is about and counts."""
    book = Workbook(write_only=True)
    front = book.create_sheet("About")
    front.column_dimensions["A"].width = 110
    for words in about:
        front.append([_text(front, words)])
    for section in sections:
        front.append([])
        front.append([_text(front, section.title, bold=True)])
        for words in filter(None, (*section.about, section.nothing)):
            front.append([_text(front, words)])
        for table in section.tables:
            _add_sheet(book, table)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _add_sheet(book: Any, table: Table) -> None:
    sheet = book.create_sheet(table.caption[:31].replace("/", " ").replace(":", ""))
    sheet.freeze_panes = "B2"
    headings = _headings(table)
    for place, name in enumerate(headings, start=1):
        longest = max((len(str(_plain(row.values[place - 1]))) for row in table.rows), default=0)
        sheet.column_dimensions[get_column_letter(place)].width = min(max(len(name), longest) + 3, 70)
    sheet.append([_text(sheet, name, bold=True) for name in headings])
    for row in table.rows:
        sheet.append([_value(sheet, value) for value in row.values])


def _headings(table: Table) -> list[str]:
    """Return the headings, with the unit of what is exported as a number."""
    headings = []
    for place, name in enumerate(table.columns):
        has_times = any(isinstance(row.values[place], timedelta) for row in table.rows)
        headings.append(f"{name} (minutes)" if has_times else name)
    return headings


def _plain(value: Value) -> str | int | float:
    if value is None:
        return ""
    if isinstance(value, timedelta):
        return round(value / _MINUTE)
    if isinstance(value, date):
        return value.isoformat()
    return round(value, 4) if isinstance(value, float) else value


def _value(sheet: Any, value: Value) -> Any:
    plain = _plain(value)
    if isinstance(plain, str):
        return _text(sheet, plain)
    cell = WriteOnlyCell(sheet, plain)
    if isinstance(value, float):
        cell.number_format = "0%"
    return cell


def _text(sheet: Any, words: str, *, bold: bool = False) -> Any:
    cell = WriteOnlyCell(sheet, _cell(words))
    cell.data_type = "s"  # text, whatever it begins with
    cell.font = Font(bold=bold)
    return cell


def _cell(value: str | int | float) -> str | int | float:
    """Return a value for a cell; text that a spreadsheet would take for a formula begins with an apostrophe."""
    if not isinstance(value, str):
        return value
    text = value if is_storable(value) else storable(value)
    text = "".join(letter for letter in text if letter >= " " or letter in "\t\n")[: _LONGEST_CELL - 1]
    return f"'{text}" if text.lstrip().startswith(_BEGINS_FORMULA) else text


def as_picture(picture: Picture, title: str, about: Sequence[str]) -> bytes:
    """Return a chart as a PNG with its title and what it counts.

    Raises StorageError where it is not drawn in time: it is tried again by whoever asked.
    """
    drawing = picture.draw()
    drawing |= {"width": WIDTH, "title": {"text": title, "subtitle": _lines(about)}}
    drawing["config"] = {**drawing.get("config", {}), **_INK}
    with _AT_ONCE:
        try:
            done = subprocess.run(  # noqa: S603  (our own script, and what it reads is no part of the command)
                [sys.executable, str(Path(__file__).with_name("draw.py"))],
                input=json.dumps({"chart": drawing, "scale": _SCALE}).encode(),
                capture_output=True,
                timeout=DRAWN_WITHIN_S,
                check=True,
            )
        except (subprocess.SubprocessError, OSError) as error:
            raise StorageError("The picture could not be drawn. Try again in a moment.") from error
    return done.stdout


def _lines(about: Sequence[str], most: int = 125) -> list[str]:
    """Break sentences into lines that are no wider than the chart."""
    lines: list[str] = []
    for words in filter(None, about):
        line = ""
        for word in words.split():
            if line and len(line) + 1 + len(word) > most:
                lines.append(line)
                line = word
            else:
                line = f"{line} {word}".strip()
        lines.append(line)
    return lines
