"""What the labels of somebody else's classifier mean in our words, and its numbers as answers of ours."""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from classifier.decoding import Floats
from core.errors import ModelError
from core.taxonomy import Party, Reason

MAPPINGS: Final = ("labels.toml", "labels.json")
COMPLAINT: Final = "complaint"
NO_COMPLAINT: Final = "not complaint"
PRAISE: Final = "praise"
ALLOWED: Final = (COMPLAINT, NO_COMPLAINT, PRAISE, *Reason, *Party)

_NEVER: Final = -30.0
_SPELLINGS: Final = {
    **{re.sub("[_-]", " ", name): str(name) for name in ALLOWED},
    **dict.fromkeys(("no complaint", "non complaint", "not a complaint"), NO_COMPLAINT),
}
_SENTIMENT: Final = {
    **dict.fromkeys(("negative", "neg"), COMPLAINT),
    **dict.fromkeys(("positive", "pos", "neutral", "neu"), NO_COMPLAINT),
}
_NUMBERED: Final = {"label 0": NO_COMPLAINT, "label 1": COMPLAINT}


@dataclass(frozen=True, slots=True)
class Meanings:
    """The meaning of each output in turn, "" where it has none of ours.

    `several` says that each output is a yes or no of its own; else one of them is the answer. `reasons` and `parties`
    are those that are told; a model that tells no reasons gives every complaint the reason `other`.
    """

    outputs: tuple[str, ...]
    several: bool

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """The reasons that the answers name."""
        return tuple(reason for reason in Reason if reason in self.outputs) or (Reason.OTHER,)

    @property
    def parties(self) -> tuple[Party, ...]:
        """The parties that the answers name."""
        return tuple(party for party in Party if party in self.outputs)

    def answers(self, logits: Floats) -> Floats:
        """Return the log-odds of a complaint, of the reasons, of severity 1 (all there is), the parties and praise."""
        complaint = self._complaint(logits)
        reasons = [self._odds(logits, [reason], complaint) for reason in self.reasons]
        parties = [self._odds(logits, [party]) for party in self.parties]
        praise = self._odds(logits, [PRAISE])
        return np.array([complaint, *reasons, 0.0, *parties, praise], dtype=np.float32)

    def _complaint(self, logits: Floats) -> float:
        if self.several and COMPLAINT in self.outputs:
            return self._odds(logits, [COMPLAINT])
        kinds = {COMPLAINT, *Reason} & set(self.outputs)
        if kinds:
            return self._odds(logits, kinds)
        return -self._odds(logits, [NO_COMPLAINT] if self.several else [NO_COMPLAINT, PRAISE])

    def _odds(self, logits: Floats, wanted: Iterable[str], missing: float = _NEVER) -> float:
        """Return the log-odds that one of the wanted holds; `missing` where the model tells none of them."""
        names = set(wanted)
        inside = np.array([name in names for name in self.outputs])
        if not inside.any():
            return missing
        if self.several:
            return float(logits[inside].max())
        with np.errstate(invalid="ignore"):  # `decode` refuses what is no number
            return float(np.logaddexp.reduce(logits[inside]) - np.logaddexp.reduce(logits[~inside]))


def meanings(folder: Path, names: Sequence[str], *, several: bool) -> Meanings:
    """Return what the outputs of the model in `folder` mean, from labels.toml or .json there, else from their names.

    `several` is what its configuration says of them; a file may say otherwise. Raises ModelError, which says what to
    write, where the meanings cannot be told.
    """
    written = _written(folder)
    if written is None:
        outputs = _understood(names)
    else:
        file, raw = written
        outputs = _mapped(file, raw, names)
        several = bool(raw.get("several", several))
    if not outputs:
        raise ModelError(
            f"{folder}: the labels {_listed(names)} do not say which of them is a complaint. {_advice(names)}"
        )
    _check(folder, outputs, several, names)
    return Meanings(outputs, several)


def _understood(names: Sequence[str]) -> tuple[str, ...]:
    """Return the meanings of names that are ours or the usual ones of two classes, nothing where one is neither."""
    plain = [re.sub("[_-]+", " ", name).strip().lower() for name in names]
    for known in (_SPELLINGS, _SENTIMENT, _NUMBERED):
        if all(name in known for name in plain):
            return tuple(known[name] for name in plain)
    return ()


def _written(folder: Path) -> tuple[Path, Mapping[str, Any]] | None:
    for name in MAPPINGS:
        path = folder / name
        if path.exists():
            try:
                text = path.read_text(encoding="utf-8")
                raw = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
            except (OSError, ValueError) as error:
                raise ModelError(f"{path} cannot be read: {error}") from error
            if not isinstance(raw, dict) or not isinstance(raw.get("labels"), dict):
                raise ModelError(f"{path} has no table “labels” that says what the model's labels mean")
            return path, raw
    return None


def _mapped(path: Path, raw: Mapping[str, Any], names: Sequence[str]) -> tuple[str, ...]:
    """Return the meanings that a file gives; labels that it does not name have none."""
    labels = raw["labels"]
    strays = [name for name in labels if name not in names]
    if strays:
        raise ModelError(f"{path} names the label {strays[0]!r}; the model has {_listed(names)}")
    wrong = [meaning for meaning in labels.values() if meaning not in ALLOWED]
    if wrong:
        raise ModelError(f"{path} says {wrong[0]!r}; a label can mean {_listed(ALLOWED)}")
    return tuple(str(labels.get(name, "")) for name in names)


def _check(folder: Path, outputs: Sequence[str], several: bool, names: Sequence[str]) -> None:
    kinds, told = {COMPLAINT, *Reason}, set(outputs)
    has_opposite = NO_COMPLAINT in told and (several or not told <= {NO_COMPLAINT, PRAISE})
    if not kinds & told and not has_opposite:
        raise ModelError(f"{folder}: none of the labels means a complaint. {_advice(names)}")
    if not several and told <= kinds:
        raise ModelError(f"{folder}: every label means a complaint, and one is always chosen. {_advice(names)}")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(repr(str(name)) for name in names)


def _advice(names: Sequence[str]) -> str:
    example = "\n".join(
        ["[labels]", f'{json.dumps(names[-1])} = "complaint"', f'{json.dumps(names[0])} = "not complaint"']
    )
    return f"Write a file {MAPPINGS[0]} there that does, such as:\n{example}\nA label can mean {_listed(ALLOWED)}."
