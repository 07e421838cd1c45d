"""CSV and its relatives, read so that one broken quote costs one row and not the rest of the file.

The csv module alone takes everything after an unclosed quote, rows and all, for one cell. So a record is read line by
line: while a quote is open the next line is added, and where that does not end well, or not within MAX_RECORD_LINES,
the first line is rejected and reading goes on with the second.
"""

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final

from collectors.lines import RAW_LENGTH, Line
from core.types import Rejection

DELIMITERS: Final = ",;\t|"
MAX_RECORD_LINES: Final = 1_000
MAX_RECORD_LENGTH: Final = 1_000_000  # characters

Record = tuple[int, list[str], str]  # number of its first line, cells, text


class OpenQuoteError(ValueError):
    """The text ends inside a quoted cell."""


def sniff_delimiter(header: str) -> str:
    """Return the delimiter that splits `header` into the most columns."""
    return max(DELIMITERS, key=lambda delimiter: len(_cells_or_none(header, delimiter)))


def records(lines: Iterable[Line], delimiter: str, width: int = 0) -> Iterator[Record | Rejection]:
    """Yield the records with `width` cells (any number where 0) and why a line is none; blank lines are left out."""
    rest = iter(lines)
    waiting: deque[Line] = deque()
    while waiting or (following := next(rest, None)) is not None:
        line = waiting.popleft() if waiting else following
        assert line is not None  # noqa: S101  (for the type checker)
        if line.problem:
            yield Rejection(line.number, line.problem, line.text)
        elif line.text.strip(delimiter + " \t"):
            yield _record(line, waiting, rest, delimiter, width)


def split(text: str, delimiter: str) -> list[str]:
    """Return the cells of one record; raises `OpenQuoteError` inside a quoted cell, `ValueError` for a broken quote."""
    if '"' not in text:
        return text.split(delimiter)
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error as error:
        if "unexpected end of data" in str(error):
            raise OpenQuoteError("a quote is opened and never closed") from error
        if "field larger than" in str(error):
            raise ValueError(f"a cell is longer than {csv.field_size_limit():,} characters") from error
        raise ValueError("a quote stands in the wrong place") from error


def _record(line: Line, waiting: deque[Line], rest: Iterator[Line], delimiter: str, width: int) -> Record | Rejection:
    """Return the record that begins with `line`; the lines it does not need are left in `waiting`."""
    text, taken = line.text, 0
    while True:
        try:
            cells = split(text, delimiter)
        except OpenQuoteError as error:
            if (more := _until_quote(waiting, rest, taken, len(text))) > taken:
                text = "\n".join([line.text, *(waiting[index].text for index in range(more))])
                taken = more
                continue
            problem = str(error)
        except ValueError as error:
            problem = "a quote is opened and never closed" if taken else str(error)
        else:
            problem = _misfit(cells, width)
            if not problem:
                for _ in range(taken):
                    waiting.popleft()
                return line.number, cells[: width or None], text
        return Rejection(line.number, problem, line.text[:RAW_LENGTH])


def _until_quote(waiting: deque[Line], rest: Iterator[Line], taken: int, length: int) -> int:
    """Return how many waiting lines to add so that the next quote is among them; `taken` where there is none."""
    for index in range(taken, MAX_RECORD_LINES):
        if index == len(waiting):
            following = next(rest, None)
            if following is None:
                return taken
            waiting.append(following)
        length += len(waiting[index].text)
        if waiting[index].problem or length > MAX_RECORD_LENGTH:
            return taken
        if '"' in waiting[index].text:
            return index + 1
    return taken


def _misfit(cells: list[str], width: int) -> str:
    if not width or len(cells) == width or (len(cells) > width and not any(cells[width:])):
        return ""
    return f"has {len(cells)} cells where the header has {width}"


def _cells_or_none(text: str, delimiter: str) -> list[str]:
    try:
        return split(text, delimiter)
    except ValueError:
        return []
