"""One file of posts: what of it is a post, what is not and why, and the file of rejections beside it."""

import csv
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Final, TextIO
from zoneinfo import ZoneInfo

from collectors.columns import find_columns, to_post
from collectors.dates import DayOrder, is_ambiguous, order_shown, parse_date
from collectors.tables import open_table
from core.errors import ConfigError, InputError
from core.types import Post, Rejection

REJECTED_SUFFIX: Final = ".rejected.csv"
REMEMBERED_IDS: Final = 200_000  # about 40 MB; beyond that the store alone tells repeats
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")


class Reading:
    """The posts and rejections of one file, in its order; may be iterated again, and never holds the file in memory.

    Made by `read_file`. `notes` says in sentences what had to be guessed; it is complete after a full iteration.

    Days and months in figures: one "21/11/2026" anywhere in the column makes all of it day first, one "11/21/2026" all
    of it month first. A column without such a proof is read day first, with a note. Where a column holds both, rows
    that may be either are rejected.
    """

    def __init__(
        self,
        path: Path,
        mapping: Mapping[str, str],
        platform: str,
        encoding: str = "",
        timezone: str = "UTC",
        *,
        scope: str = "",
        preset: str = "",
        only_ended: bool = False,
    ) -> None:
        self.path = path
        self.table = open_table(path, encoding, only_ended=only_ended)
        self.columns = find_columns(path.name, self.table.columns, mapping, platform, scope, preset)
        self.zone = zone_of(timezone)
        self._order: DayOrder | None = None
        self._notes = [f"Read as an export of {self.columns.export}."] if self.columns.export else []

    @property
    def notes(self) -> list[str]:
        """What had to be guessed about the file."""
        return [*self.table.notes, *self._notes]

    @property
    def unfinished(self) -> bool:
        """Whether a last line without its end was left out."""
        return self.table.unfinished

    @property
    def order_used(self) -> DayOrder | None:
        """The order of days and months by which rows were read so far; None where it did not matter yet."""
        return self._order

    def __iter__(self) -> Iterator[Post | Rejection]:
        return (found for _, found in self.numbered())

    def numbered(self) -> Iterator[tuple[int, Post | Rejection]]:
        """Yield each post or rejection with the number of its row; a row that repeats another one gives nothing."""
        seen: dict[tuple[str, str], tuple[int, bytes]] = {}
        for row in self.table.rows():
            if isinstance(row, Rejection):
                yield row.row, row
                continue
            try:
                post = to_post(row, self.columns, self._date(row.cells.get(self.columns.of["posted_at"], "")))
            except ValueError as error:
                yield row.number, Rejection(row.number, str(error), row.raw)
                continue
            key = (post.platform, post.platform_id)
            digest = hashlib.sha256(repr(post).encode("utf-8", "replace")).digest()[:8]
            first, known = seen.get(key, (0, b""))
            if not first:
                if len(seen) < REMEMBERED_IDS:
                    seen[key] = row.number, digest
                yield row.number, post
            elif known != digest:
                yield row.number, Rejection(row.number, f"same id as row {first}, with another content", row.raw)

    def _date(self, value: str) -> datetime:
        if not value.strip():
            raise ValueError(f'the date (column "{self.columns.of["posted_at"]}") is empty')
        order = self.column_order() if is_ambiguous(value) else DayOrder.DAY_FIRST
        return parse_date(value, order, self.zone)

    def column_order(self) -> DayOrder:
        """Return how the column writes days and months; reads the whole file, once, when it first matters."""
        if self._order is None:
            column = self.columns.of["posted_at"]
            rows = (row for row in self.table.rows() if not isinstance(row, Rejection))
            shown = {order_shown(row.cells.get(column, "")) for row in rows} - {None}
            self._order = DayOrder.MIXED if len(shown) > 1 else next(iter(shown), None)
            if self._order is None:
                self._order = DayOrder.DAY_FIRST
                self._notes.append(f'Nothing in column "{column}" tells days from months: read with the day first.')
        return self._order


def read_file(
    path: Path | str,
    mapping: Mapping[str, str] | None = None,
    platform: str = "",
    *,
    encoding: str = "",
    timezone: str = "UTC",
    scope: str = "",
    preset: str = "",
    only_ended: bool = False,
) -> Reading:
    """Return the posts and rejections of a file, to be iterated.

    `mapping` says field -> column where a file's own names are not understood. `platform` is what all posts belong to;
    where it is "" a column says, else they are of platform "files". `timezone` is that of dates without a zone.

    `scope` is put before the ids of platform "files", as "1" and "2" are ids in every other export: a file that is
    imported has the brand's name there, one of a source the source's. Without it two files may overwrite each other.

    `preset` names the export that the file is, where it does not show that itself (`collectors.presets`).

    `only_ended` leaves out the last line of a file to which lines are added, where no line end follows it.

    Raises `InputError` where the file as a whole cannot be read: it is missing, a folder, empty, damaged, or has no
    column for the text or the date. It may also be raised in the middle, by a workbook that is damaged further down.
    """
    path = Path(path)
    return Reading(path, mapping or {}, platform, encoding, timezone, scope=scope, preset=preset, only_ended=only_ended)


def write_rejected(path: Path | str, rejections: Iterable[Rejection]) -> Path | None:
    """Write FILE.rejected.csv beside `path` and return its path; without rejections, remove an old one, return None.

    Its columns are row, reason and raw. Cells that a spreadsheet would take for a formula begin with an apostrophe.

    `rejections` are always read to their end, as the caller may store posts on the way: where the file cannot be
    written, which matters only where there is a rejection, `InputError` is raised after the last one.
    """
    file = _RejectedFile(Path(path))
    try:
        for rejection in rejections:
            file.add(rejection)
    except BaseException:
        file.discard()
        raise
    return file.finish()


class _RejectedFile:
    """FILE.rejected.csv, written under another name from the first rejection on; a fault waits for `finish`."""

    def __init__(self, path: Path) -> None:
        self.target = path.with_name(path.name + REJECTED_SUFFIX)
        self.unfinished = path.with_name(path.name + REJECTED_SUFFIX + ".tmp")
        self.file: TextIO | None = None
        self.fault: OSError | None = None

    def add(self, rejection: Rejection) -> None:
        """Write one row; the first one opens the file."""
        if self.fault:
            return
        try:
            if self.file is None:
                self.file = self.unfinished.open("w", encoding="utf-8", newline="", errors="replace")
                csv.writer(self.file).writerow(("row", "reason", "raw"))
            row = (rejection.row, _harmless(rejection.reason), _harmless(rejection.raw))
            csv.writer(self.file).writerow(row)
        except OSError as error:
            self.fault = error

    def finish(self) -> Path | None:
        """Give the file its name, or remove an old one where nothing was rejected."""
        try:
            if self.fault:
                raise self.fault
            if self.file:
                self.file.close()
                return self.unfinished.replace(self.target)
            if self.target.exists():
                self.target.unlink()
        except OSError as error:
            self.discard()
            raise InputError(
                f"{self.target} cannot be written: {error.strerror or error}. The rows that can be read were taken; "
                "for the others and their reasons, copy the file to a folder that can be written to and import it "
                "again."
            ) from error
        return None

    def discard(self) -> None:
        """Leave nothing behind."""
        if self.file:
            with suppress(OSError):
                self.file.close()
            with suppress(OSError):
                self.unfinished.unlink()


def zone_of(name: str) -> tzinfo:
    """Return the time zone of that name; raises `ConfigError` where there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ConfigError(f'There is no time zone "{name}"; names look like Europe/London.') from error


def _harmless(cell: str) -> str:
    return "'" + cell if cell.startswith(FORMULA_STARTS) else cell
