"""What every kind of file is turned into: columns, and rows of cells."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from core.types import Rejection


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number as a person would count, its cells by column, its start as it stands in the file."""

    number: int
    cells: Mapping[str, str]
    raw: str


class Table(Protocol):
    """A file of rows, opened far enough to know its columns."""

    columns: tuple[str, ...]
    notes: list[str]

    @property
    def unfinished(self) -> bool:
        """Whether a last line without its end was left out of the rows."""

    def rows(self) -> Iterator[Row | Rejection]:
        """Yield every row from the first on, each time anew."""
