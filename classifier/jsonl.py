"""`afterclick classify` without its files: lines of JSON in, answers out, and a bad line stops no other."""

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol

from classifier.text import LONGEST
from core.types import Prediction

CHUNK = 512


class Predictor(Protocol):
    """Whatever predicts: `Model`, or a fake in a test."""

    def predict(self, texts: Sequence[str]) -> list[Prediction]:
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

    id: str | int | None
    text: str = ""
    error: str = ""


def answer(lines: Iterable[bytes], model: Predictor, chunk: int = CHUNK) -> Iterator[Answer]:
    """Yield an answer to each line, in order, after every `chunk` lines; a line must be an object with `id` and `text`.

    Nothing is raised for what a line holds: a line that cannot be answered becomes {"id", "error"}, with the id null
    where there was none to read.
    """
    numbered = enumerate(lines, 1)
    while part := list(islice(numbered, chunk)):
        rows = [_read(line, number) for number, line in part]
        predictions = iter(model.predict([row.text for row in rows if not row.error]))
        for row in rows:
            if row.error:
                yield Answer({"id": row.id, "error": row.error}, ok=False)
            else:
                yield Answer(_record(row, next(predictions)), ok=True)


def _read(line: bytes, number: int) -> _Row:
    if not line.strip():
        return _Row(None, error=f"line {number} is empty")
    try:
        raw = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
    except UnicodeDecodeError:
        return _Row(None, error=f"line {number} is not UTF-8")
    except (ValueError, RecursionError):
        return _Row(None, error=f"line {number} is not JSON")
    if not isinstance(raw, dict):
        return _Row(None, error=f"line {number} is not an object with id and text")
    name = raw.get("id")
    if isinstance(name, bool) or not isinstance(name, str | int) or name == "":
        return _Row(None, error=f"line {number} has no id (a text or a whole number)")
    text = raw.get("text")
    fault = _fault(text)
    return _Row(name, error=f"line {number}: {fault}") if fault else _Row(name, str(text))


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
    }


def _short(probability: float) -> float:
    """Return four decimals, cut and not rounded: what is below the border of 0.5 must stay below it."""
    return math.floor(probability * 10_000) / 10_000
