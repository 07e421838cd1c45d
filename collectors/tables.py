"""Files of rows - CSV, JSON Lines, JSON, Excel - behind one face: columns, and rows that can be read again."""

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from collectors.delimited import records, sniff_delimiter
from collectors.excel import ExcelTable
from collectors.lines import RAW_LENGTH, Line, TextLines
from collectors.rows import Row, Table
from core.errors import InputError
from core.types import Rejection

SUFFIXES: Final = (".csv", ".tsv", ".txt", ".jsonl", ".ndjson", ".json", ".xlsx", ".xlsm")
MAX_JSON: Final = 100 * 2**20  # bytes; one JSON value is read whole, and takes several times its size in memory
SHOWN_ROWS: Final = 200  # rows of JSON that are looked at for their columns
MAX_DEPTH: Final = 3  # {"user": {"name": ...}} gives the column user.name


def open_table(path: Path, encoding: str = "", *, only_ended: bool = False) -> Table:
    """Return the table in `path`; raises `InputError` where there is none that can be read.

    With `only_ended`, a last line without its end gives no row, as somebody may be writing it; one that is a JSON
    object is whole and does.
    """
    try:
        if path.is_dir():
            raise InputError(f"{path} is a folder, not a file.")
        with path.open("rb") as file:
            head = file.read(4096)
        if not head.strip():
            raise InputError(f"{path.name} is empty.")
        return _table(path, head, encoding, only_ended)
    except OSError as error:
        raise InputError(f"{path.name} cannot be read: {error.strerror or error}.") from error


def _table(path: Path, head: bytes, encoding: str, only_ended: bool) -> Table:
    suffix = path.suffix.lower()
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise InputError(
            f"{path.name} is an old or a password-protected Excel file: save it as .xlsx without password."
        )
    if head.startswith(b"PK\x03\x04"):
        return ExcelTable(path)
    if suffix in (".xlsx", ".xlsm", ".xls"):
        raise InputError(f"{path.name} is not an Excel file, whatever its name says.")
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if suffix in (".jsonl", ".ndjson"):
        return JsonLinesTable(path, encoding, only_ended=only_ended)
    if suffix == ".json" or (suffix not in SUFFIXES and start in (b"[", b"{")):
        return JsonTable.read(path, encoding)
    return DelimitedTable(path, encoding, only_ended=only_ended)


class DelimitedTable:
    """CSV, with whichever delimiter the header shows; the first line that is not blank is the header."""

    def __init__(self, path: Path, encoding: str = "", *, only_ended: bool = False) -> None:
        self.lines = TextLines(path, encoding, only_ended=only_ended)
        self.notes = self.lines.notes
        lines = (line for line in self.lines if line.text.strip())
        first = next(lines, None)
        if first is None:
            raise InputError(f"{path.name} is empty.")
        marked = first.text.lower().startswith("sep=") and len(first.text) == 5  # a line that Excel writes
        self.delimiter = first.text[4] if marked else sniff_delimiter(first.text)
        found = next(records(lines if marked else itertools.chain([first], lines), self.delimiter), None)
        if found is None:
            raise InputError(f"{path.name} has no header.")
        if isinstance(found, Rejection):
            raise InputError(f"{path.name} has no header that can be read: line {found.row} {found.reason}.")
        self.header_number, cells, _ = found
        self.columns = tuple(cell.strip() for cell in cells)

    @property
    def unfinished(self) -> bool:
        """Whether a last line without its end was left out."""
        return self.lines.unfinished

    def rows(self) -> Iterator[Row | Rejection]:
        """Yield the records below the header."""
        lines = (line for line in self.lines.ended() if line.number >= self.header_number)
        found = records(lines, self.delimiter, len(self.columns))
        next(found, None)  # the header
        for record in found:
            if isinstance(record, Rejection):
                yield record
            else:
                number, cells, text = record
                # the first of two columns of one name counts
                yield Row(number, dict(zip(reversed(self.columns), reversed(cells), strict=True)), text[:RAW_LENGTH])


class JsonLinesTable:
    """One JSON object a line."""

    def __init__(self, path: Path, encoding: str = "", *, only_ended: bool = False) -> None:
        self.lines = TextLines(path, encoding)
        self.notes = self.lines.notes
        self.only_ended, self.unfinished = only_ended, False
        shown = itertools.islice(self.rows(), SHOWN_ROWS)
        self.columns = _columns_of(row for row in shown if isinstance(row, Row))
        if not self.columns:
            raise InputError(f"{path.name} holds no JSON object in its first lines.")

    def rows(self) -> Iterator[Row | Rejection]:
        """Yield the objects, lines that hold none as rejections."""
        for line in self.lines:
            if line.text.strip() or line.problem:
                row = _json_line(line)
                # half an object is no JSON; a whole one is taken, whether or not its line has an end
                if self.only_ended and not line.ended and isinstance(row, Rejection):
                    self.unfinished = True
                else:
                    yield row


@dataclass
class JsonTable:
    """A list of JSON objects, numbered from 1; alone or as the one list within an object."""

    items: list[Any]
    columns: tuple[str, ...]
    notes: list[str] = field(default_factory=list)
    unfinished: bool = False

    @classmethod
    def read(cls, path: Path, encoding: str = "") -> Table:
        """Return the list in the file, or its JSON Lines where it holds those under the wrong name."""
        size = path.stat().st_size
        if size > MAX_JSON:
            raise InputError(
                f"{path.name} has {size / 2**20:,.0f} MB; JSON is read whole, up to {MAX_JSON // 2**20} MB. Save it as "
                "JSON Lines (one object a line), which has no limit."
            )
        data = path.read_bytes()
        try:
            value = json.loads(data.decode(encoding) if encoding else data)
        except json.JSONDecodeError as error:
            if error.msg == "Extra data":
                return JsonLinesTable(path, encoding)
            raise InputError(f"{path.name} is not JSON: {error.msg} at line {error.lineno}.") from error
        except (ValueError, RecursionError, LookupError) as error:
            raise InputError(f"{path.name} is not JSON in UTF-8.") from error
        items = _list_in(value)
        rows = (_json_row(number, item, "") for number, item in enumerate(items[:SHOWN_ROWS], start=1))
        columns = _columns_of(row for row in rows if isinstance(row, Row))
        if not columns:
            raise InputError(f"{path.name} holds no list of JSON objects.")
        return cls(items, columns)

    def rows(self) -> Iterator[Row | Rejection]:
        """Yield the objects."""
        for number, item in enumerate(self.items, start=1):
            yield _json_row(number, item, json.dumps(item, ensure_ascii=False)[:RAW_LENGTH])


def _json_line(line: Line) -> Row | Rejection:
    if line.problem:
        return Rejection(line.number, line.problem, line.text)
    raw = line.text[:RAW_LENGTH]
    try:
        return _json_row(line.number, json.loads(line.text), raw)
    except (ValueError, RecursionError):
        return Rejection(line.number, "is not JSON", raw)


def _json_row(number: int, value: object, raw: str) -> Row | Rejection:
    if not isinstance(value, dict):
        return Rejection(number, "is not a JSON object", raw)
    return Row(number, _flat(value), raw)


def _flat(value: Mapping[str, Any], prefix: str = "", depth: int = MAX_DEPTH) -> dict[str, str]:
    cells: dict[str, str] = {}
    for name, inner in value.items():
        if isinstance(inner, dict) and depth > 1:
            cells |= _flat(inner, f"{prefix}{name}.", depth - 1)
        elif isinstance(inner, dict | list):
            cells[prefix + name] = json.dumps(inner, ensure_ascii=False)
        else:
            cells[prefix + name] = "" if inner is None else str(inner)
    return cells


def _columns_of(rows: Iterator[Row]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(column for row in rows for column in row.cells))


def _list_in(value: object) -> list[Any]:
    """Return the list that `value` is, or the longest list of objects directly inside it or one level below."""
    if isinstance(value, list):
        return value
    if not isinstance(value, dict):
        return []
    inner = [*value.values(), *(deep for part in value.values() if isinstance(part, dict) for deep in part.values())]
    lists = [part for part in inner if isinstance(part, list) and part and isinstance(part[0], dict)]
    return max(lists, key=len, default=[])
