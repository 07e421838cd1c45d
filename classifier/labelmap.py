"""What the numbers of a weights folder mean: labels.json, read and checked."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from core.drift import BINS, Baseline
from core.errors import ModelError
from core.taxonomy import Party, Reason
from core.thresholds import BALANCED_BORDER, Border, Choice

LABELS: Final = "labels.json"
FORMAT: Final = 1
BALANCED: Final = Border(BALANCED_BORDER, None, None, "the even border; what it misses was not measured")
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class LabelMap:
    """Columns, cuts and temperatures of one model.

    `heads` gives each answer's columns in the output. `cuts` holds, column by column, the logit at which an answer
    turns to yes, and `temperatures` how sharply: probability = sigmoid((logit - cut) / temperature), so 0.5 is always
    the border (severity has levels instead, and no use for cuts). Within `unsure` of 0.5 a person should look.
    `choices` are other borders for complaints by name, and `drift` is what the scores looked like when the model was
    made; a folder that tells neither knows the even border alone.
    """

    version: str
    heads: Mapping[str, slice]
    reasons: tuple[Reason, ...]
    parties: tuple[Party, ...]
    cuts: Mapping[str, tuple[float, ...]]
    temperatures: Mapping[str, float]
    unsure: float
    longest: int
    files: Mapping[str, str]
    choices: Mapping[Choice, Border] = field(default_factory=lambda: {Choice.BALANCED: BALANCED})
    drift: Baseline | None = None


def read(folder: Path) -> LabelMap:
    """Return the label map of `folder`, once every other file has been found to be the one it names.

    Raises ModelError where a file is missing, is not the one that was shipped, or the map is of another shape.
    """
    path = folder / LABELS
    try:
        raw = json.loads(path.read_bytes())
        labels = _parse(raw)
    except FileNotFoundError as error:
        raise ModelError(f"{path} is missing: {folder} holds no classifier") from error
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error}") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ModelError(f"{path} is damaged or of another version ({error!r})") from error
    if not labels.version.endswith(f"-{digest(raw)}"):
        raise ModelError(f"{path} was changed after it was made: its contents do not match its version")
    for name, expected in labels.files.items():
        _check(folder / name, expected)
    return labels


def digest(raw: Mapping[str, Any]) -> str:
    """Return a short hash over everything that decides an answer; the end of the version."""
    rest = {key: value for key, value in raw.items() if key != "version"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()[:8]


def file_hash(path: Path) -> str:
    """SHA-256 of a file, read piece by piece."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            found.update(chunk)
    return found.hexdigest()


def _parse(raw: Mapping[str, Any]) -> LabelMap:
    if raw["format"] != FORMAT:
        raise ValueError(f"format {raw['format']}, expected {FORMAT}")
    heads = {name: slice(first, end) for name, (first, end) in raw["heads"].items()}
    cuts = {name: tuple(float(cut) for cut in values) for name, values in raw["cuts"].items()}
    for name, columns in heads.items():
        if len(cuts[name]) != columns.stop - columns.start:
            raise ValueError(f"{name} has {len(cuts[name])} cuts for {columns.stop - columns.start} columns")
    return LabelMap(
        version=str(raw["version"]),
        heads=heads,
        reasons=tuple(Reason(name) for name in raw["reasons"]),
        parties=tuple(Party(name) for name in raw["parties"]),
        cuts=cuts,
        temperatures={name: float(raw["temperatures"][name]) for name in heads},
        unsure=float(raw["unsure"]),
        longest=int(raw["longest"]),
        files={str(name): str(expected) for name, expected in raw["files"].items()},
        choices={Choice.BALANCED: BALANCED}
        | {Choice(name): _border(told) for name, told in raw.get("choices", {}).items()},
        drift=_baseline(raw["drift"]) if "drift" in raw else None,
    )


def _border(told: Mapping[str, Any]) -> Border:
    found = Border(float(told["border"]), float(told["misses"]), float(told["false_alarms"]), str(told["words"]))
    if not 0 < found.border < 1:
        raise ValueError(f"a border at {found.border}")
    return found


def _baseline(told: Mapping[str, Any]) -> Baseline:
    if len(told["histogram"]) != BINS:
        raise ValueError(f"a histogram of {len(told['histogram'])} bins, expected {BINS}")
    return Baseline(float(told["unsure"]), tuple(float(share) for share in told["histogram"]))


def _check(path: Path, expected: str) -> None:
    try:
        found = file_hash(path)
    except OSError as error:
        raise ModelError(f"{path} is missing or cannot be read") from error
    if found != expected:
        raise ModelError(f"{path} is damaged: its SHA-256 is {found[:12]}…, {LABELS} names {expected[:12]}…")
