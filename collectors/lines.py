"""The lines of a text file of any size and doubtful encoding, one by one."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, TextIO

from core.errors import InputError

MAX_LINE: Final = 1_000_000  # bytes; a post with all its columns is a thousandth of that
HEAD: Final = 256 * 1024  # bytes that the encoding is guessed from
RAW_LENGTH: Final = 500  # characters of a bad line that are kept


@dataclass(frozen=True, slots=True)
class Line:
    """One line without its end, numbered from 1; `problem` says why it cannot be used, `text` is its start then.

    `ended` is false for a last line that no line end follows.
    """

    number: int
    text: str
    problem: str = ""
    ended: bool = True


class TextLines:
    """The lines of a text file, in UTF-8, UTF-16 or Windows-1252 as the file shows, or in the encoding that is given.

    A file that shows itself to be UTF-8 stays so, and a line that is not is a bad one. `notes` says what had to be
    guessed; it is complete once the lines were read.

    With `only_ended`, `ended` leaves out a last line that no line end follows, and `unfinished` says that it did.
    """

    def __init__(self, path: Path, encoding: str = "", *, only_ended: bool = False) -> None:
        self.path = path
        self.only_ended, self.unfinished = only_ended, False
        self.notes: list[str] = []
        with path.open("rb") as file:
            head = file.read(HEAD)
        self.encoding = encoding or _wide_encoding(head)
        if self.encoding:
            try:
                codecs.lookup(self.encoding)
            except LookupError as error:
                raise InputError(f'There is no encoding "{self.encoding}".') from error
        self.is_utf8 = head.startswith(codecs.BOM_UTF8) or _shows_utf8(head)
        self.is_wide = bool(self.encoding) or (b"\r" in head and b"\n" not in head)

    def __iter__(self) -> Iterator[Line]:
        if self.is_wide:
            encoding = self.encoding or "utf-8-sig"
            with self.path.open(encoding=encoding, errors="replace", newline=None) as text:
                yield from self._decoded(text)
        else:
            with self.path.open("rb") as file:
                yield from self._guessed(file)

    def ended(self) -> Iterator[Line]:
        """Yield the lines that may be used for rows."""
        for line in self:
            if self.only_ended and not line.ended:
                self.unfinished = True
            else:
                yield line

    def _decoded(self, text: TextIO) -> Iterator[Line]:
        """Yield lines of an encoding whose line ends are not single bytes; half-read characters become marks."""
        number = 0
        while line := text.readline(MAX_LINE + 1):
            number += 1
            problem, size = "", len(line)
            while not line.endswith("\n") and size > MAX_LINE and (more := text.readline(MAX_LINE)):
                size += len(more)
                if more.endswith("\n"):
                    break
            if size > MAX_LINE + 1:
                problem = _too_long(size)
            elif "\ufffd" in line:
                problem = f"holds bytes that are not {self.encoding or 'UTF-8'}"
            yield _line(number, line, problem, ended=size > MAX_LINE + 1)

    def _guessed(self, file: BinaryIO) -> Iterator[Line]:
        number = 0
        while raw := file.readline(MAX_LINE + 1):
            number += 1
            if number == 1:
                raw = raw.removeprefix(codecs.BOM_UTF8)
            size = len(raw)
            if size > MAX_LINE and not raw.endswith(b"\n"):
                size += _skip_line(file)
                yield _line(number, raw[: RAW_LENGTH * 4].decode("utf-8", "replace"), _too_long(size), ended=True)
            else:
                yield self._decode(number, raw)

    def _decode(self, number: int, raw: bytes) -> Line:
        try:
            text = raw.decode()
        except UnicodeDecodeError as error:
            if self.is_utf8:
                bad = raw[error.start]
                return _line(number, raw.decode("utf-8", "replace"), f"holds a byte that is not UTF-8 (0x{bad:02X})")
            try:
                text = raw.decode("cp1252")
            except UnicodeDecodeError:
                return _line(number, raw.decode("utf-8", "replace"), "is neither UTF-8 nor Windows-1252")
            if not self.notes:
                self.notes.append(f"{self.path.name} is not UTF-8: read as Windows-1252 from line {number} on.")
        else:
            self.is_utf8 = self.is_utf8 or (not self.notes and not text.isascii())
        return _line(number, text)


def _line(number: int, text: str, problem: str = "", *, ended: bool = False) -> Line:
    ended = ended or text.endswith("\n")
    text = text.rstrip("\r\n")
    if not problem and "\0" in text:
        problem = "holds NUL bytes"
    return Line(number, text[:RAW_LENGTH].replace("\0", "␀") if problem else text, problem, ended)


def _too_long(size: int) -> str:
    return f"is a line of {size / 1e6:,.1f} MB; {MAX_LINE / 1e6:g} MB is the most that is read"


def _skip_line(file: BinaryIO) -> int:
    """Read to the end of the line without keeping it; return how many bytes that were."""
    size = 0
    while more := file.readline(MAX_LINE):
        size += len(more)
        if more.endswith(b"\n"):
            break
    return size


def _wide_encoding(head: bytes) -> str:
    """Return the UTF-16 or UTF-32 that the head shows by its mark, or UTF-16 by every second byte being NUL."""
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    even, odd = head[0:2000:2].count(0), head[1:2000:2].count(0)
    pairs = min(len(head), 2000) // 2
    if pairs > 8 and max(even, odd) > pairs * 0.4 and min(even, odd) < pairs * 0.1:
        return "utf-16-le" if odd > even else "utf-16-be"
    return ""


def _shows_utf8(head: bytes) -> bool:
    """Return whether more lines of the head are UTF-8 than are not, of those that are not plain ASCII."""
    good = bad = 0
    for line in head.split(b"\n")[:-1] or [head]:
        if not line.isascii():
            try:
                line.decode()
            except UnicodeDecodeError:
                bad += 1
            else:
                good += 1
    return good > bad
