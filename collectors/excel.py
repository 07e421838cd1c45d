"""Excel workbooks, read row by row."""

import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO, Final

from collectors.lines import RAW_LENGTH
from collectors.rows import Row
from core.errors import InputError
from core.types import Rejection

MAX_UNPACKED: Final = 2 * 2**30  # bytes of an Excel file once unpacked


class ExcelTable:
    """The first sheet of a workbook that is not empty; its first row that is not empty is the header."""

    unfinished = False

    def __init__(self, path: Path) -> None:
        self.path = path
        self.notes: list[str] = []
        header = next(self._cells(), None)
        if header is None:
            raise InputError(f"{path.name} has no sheet with rows.")
        self.header_number, columns = header
        self.columns = tuple(columns)

    def rows(self) -> Iterator[Row | Rejection]:
        """Yield the rows below the header."""
        for number, cells in self._cells():
            if number > self.header_number:
                cells += [""] * (len(self.columns) - len(cells))
                by_column = dict(zip(reversed(self.columns), reversed(cells[: len(self.columns)]), strict=True))
                yield Row(number, by_column, "\t".join(cells)[:RAW_LENGTH])

    def _cells(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the rows that are not empty of the first sheet that has any."""
        book = None
        file = self.path.open("rb")  # opened here: given a path, openpyxl would refuse names without .xlsx
        try:
            book = _workbook(file, self.path.name)
            for sheet in book.worksheets:
                sheet.reset_dimensions()  # some programs write a wrong size, and openpyxl believes it
                filled = False
                for number, row in enumerate(_quietly(sheet.iter_rows(values_only=True)), start=1):
                    cells = [_cell(value) for value in row]
                    if any(cells):
                        filled = True
                        yield number, cells
                if filled:
                    return
        except (InputError, OSError):
            raise
        except Exception as error:  # openpyxl raises whatever a damaged part of the file leads it to
            raise InputError(f"{self.path.name} is a damaged Excel file, or none.") from error
        finally:
            if book is not None:
                book.close()
            file.close()


def _workbook(file: BinaryIO, name: str) -> Any:
    from openpyxl import load_workbook  # slow to load, and seldom needed

    with zipfile.ZipFile(file) as packed:
        if sum(part.file_size for part in packed.infolist()) > MAX_UNPACKED:
            raise InputError(f"{name} unpacks to more than {MAX_UNPACKED // 2**30} GB.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about styles and extensions, which do not matter here
        return load_workbook(file, read_only=True, data_only=True)


def _quietly(rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    while True:
        with warnings.catch_warnings():  # never held across a yield: it is the whole process's
            warnings.simplefilter("ignore")
            row = next(rows, None)
        if row is None:
            return
        yield row


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value).strip()
