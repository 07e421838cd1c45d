"""`afterclick classify` without its files: lines of JSON in, answers out, and a bad line stops no other."""

import json
import logging
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Final, Protocol

from classifier.text import LONGEST
from core.thresholds import BALANCED_BORDER
from core.types import Prediction

_log = logging.getLogger(__name__)

CHUNK: Final = 512
# What is held at once: long lines end a chunk early, and of a longer line than any post can be only this much is read.
LONGEST_LINE: Final = 4 << 20
_CHUNK_BYTES: Final = 1 << 19


class Predictor(Protocol):
    """Whatever predicts: `Model`, or a fake in a test."""

    def predict(self, texts: Sequence[str], borders: Sequence[float] | None = None) -> list[Prediction]:
        """One prediction a text, in the order given."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What to print for one line; `ok` is false where it is an error."""

    record: dict[str, Any]
    ok: bool

    def __str__(self) -> str:
        """Return the record as a line of JSON, in plain ASCII so that no terminal or file can stumble over it."""
        return json.dumps(self.record)


@dataclass(frozen=True, slots=True)
class _Row:
    """One line as read: a text to predict, or what is wrong with it."""

    number: int
    id: str | int | None
    text: str = ""
    error: str = ""


def lines_of(file: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of `file`; of one that is longer than 4 MiB the beginning, which `answer` then refuses."""
    while line := file.readline(LONGEST_LINE):
        yield line
        while len(line) == LONGEST_LINE and not line.endswith(b"\n"):
            line = file.readline(LONGEST_LINE)


def answer(
    lines: Iterable[bytes], model: Predictor, chunk: int = CHUNK, border: float = BALANCED_BORDER
) -> Iterator[Answer]:
    """Yield an answer to each line, in order, after every `chunk` lines; a line must be an object with `id` and `text`.

    A text is a complaint from the probability `border` on.

    Nothing is raised for what a line holds: a line that cannot be answered becomes {"id", "error"}, with the id null
    where there was none to read. Of long lines fewer make a chunk, so that memory does not grow with their length.
    """
    for rows in _chunks(lines, chunk):
        predictions = iter(_predict(model, [row for row in rows if not row.error], border))
        for row in rows:
            found = row.error or next(predictions)
            if isinstance(found, str):
                yield Answer({"id": row.id, "error": found}, ok=False)
            else:
                yield Answer(_record(row, found), ok=True)


def _chunks(lines: Iterable[bytes], most: int) -> Iterator[list[_Row]]:
    rows: list[_Row] = []
    size = 0
    for number, line in enumerate(lines, 1):
        rows.append(_read(line, number))
        size += len(line)
        if len(rows) == most or size >= _CHUNK_BYTES:
            yield rows
            rows, size = [], 0
    if rows:
        yield rows


def _predict(model: Predictor, rows: Sequence[_Row], border: float) -> list[Prediction | str]:
    """Return one prediction a row, or in its place what to say of a row that the model fails on."""
    try:
        return [*model.predict([row.text for row in rows], [border] * len(rows))]
    except Exception as error:
        if len(rows) > 1:
            return [found for row in rows for found in _predict(model, [row], border)]
        _log.debug("the model failed on line %d", rows[0].number, exc_info=True)
        return [f"line {rows[0].number}: the model fails on this text ({error!r})"]


def _read(line: bytes, number: int) -> _Row:
    if len(line) >= LONGEST_LINE:
        return _Row(number, None, error=f"line {number} is longer than {LONGEST_LINE:,} bytes")
    if not line.strip():
        return _Row(number, None, error=f"line {number} is empty")
    try:
        raw = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
    except UnicodeDecodeError:
        return _Row(number, None, error=f"line {number} is not UTF-8")
    except (ValueError, RecursionError):
        return _Row(number, None, error=f"line {number} is not JSON")
    if not isinstance(raw, dict):
        return _Row(number, None, error=f"line {number} is not an object with id and text")
    name = raw.get("id")
    if isinstance(name, bool) or not isinstance(name, str | int) or name == "":
        return _Row(number, None, error=f"line {number} has no id (a text or a whole number)")
    text = raw.get("text")
    fault = _fault(text)
    return _Row(number, name, error=f"line {number}: {fault}") if fault else _Row(number, name, str(text))


def _fault(text: object) -> str:
    """Tell what is wrong with a text, or ""."""
    if not isinstance(text, str):
        return "text is missing or is not a string"
    if not text.strip():
        return "text is empty"
    if len(text) > LONGEST:
        return f"text has {len(text):,} characters, more than {LONGEST:,}"
    if "\x00" in text:
        return "text holds a NUL character"
    if any("\ud800" <= sign <= "\udfff" for sign in text):
        return "text holds half of a surrogate pair"
    return ""


def _record(row: _Row, found: Prediction) -> dict[str, Any]:
    passages = [
        {"start": passage.start, "end": passage.end, "complaint": _short(passage.complaint)}
        for passage in found.passages
    ]
    return {
        "id": row.id,
        "complaint": _short(found.complaint),
        "is_complaint": found.is_complaint,
        "reasons": {reason.value: _short(share) for reason, share in found.reasons.items()},
        "severity": int(found.severity),
        "parties": [party.value for party in found.parties],
        "praise": found.praise >= 0.5,
        "language": found.language,
        "unsure": found.unsure,
        "model_version": found.model_version,
        **({"passages": passages} if passages else {}),
    }


def _short(probability: float) -> float:
    """Return four decimals, cut and not rounded: what is below the border of 0.5 must stay below it."""
    return math.floor(probability * 10_000) / 10_000
