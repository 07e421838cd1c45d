"""Cross-validation: a model a fold, made as the shipped one is, and what it says of the posts that it has not seen.

Nested: the tenth after a fold's test posts sets its thresholds and temperatures, the rest trains. Grouped: texts that
differ in handles, links and punctuation only stand in one fold.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from classifier.model import Model
from classifier.training.answers import Answered
from classifier.training.data import Example, read_examples
from classifier.training.evaluate import answered_by, beside_words
from classifier.training.split import Part, Split
from core.errors import InputError
from core.taxonomy import Party, Reason, Severity
from core.types import Prediction

ANSWERS: Final = "answers.jsonl"
_LAST: Final = Path("training", "figures.json")  # what `train` writes when everything else is there


def cross_validate(posts: Path, labels: Sequence[Path], work: Path, splits: Mapping[str, Split]) -> None:
    """Make a model of each split in a folder of its name below `work`, and keep there what it says of its test posts.

    What a stopped run finished is not done again. Raises as `train` does.
    """
    for name, split in splits.items():
        place = work / name
        if (place / ANSWERS).exists():
            continue
        if not (place / _LAST).exists():
            from classifier.training.train import train  # needs torch, which reading answers does not

            train(posts, labels, place, split=split)
        examples = read_examples(posts, labels, split)
        _keep(place / ANSWERS, beside_words(answered_by(Model.load(place), examples, Part.TEST), examples))


def read_answers(posts: Path, labels: Sequence[Path], work: Path, names: Iterable[str]) -> list[Answered]:
    """Return the test posts of the splits `names`, each with the answer of the model that had not seen it.

    Raises InputError where a split has not been run, or was run on other files than these.
    """
    by_uid = {example.uid: example for example in read_examples(posts, labels)}
    found: list[Answered] = []
    for name in names:
        path = work / name / ANSWERS
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except OSError as error:
            raise InputError(f"{name} is not finished: {path} cannot be read") from error
        try:
            found += [_parsed(line, by_uid) for line in lines]
        except KeyError as error:
            raise InputError(f"{path} was made of other posts or labels: {error} is not among these") from error
    return found


def _keep(path: Path, answered: Iterable[Answered]) -> None:
    """Write the answers, whole or not at all; the posts themselves are not among them."""
    unfinished = path.with_suffix(".part")
    with unfinished.open("w", encoding="utf-8") as file:
        for one in answered:
            answer = one.answer
            record = {
                "uid": one.example.uid,
                "complaint": answer.complaint,
                "is_complaint": answer.is_complaint,
                "severity": int(answer.severity),
                "reasons": {reason.value: share for reason, share in answer.reasons.items()},
                "parties": [party.value for party in answer.parties],
                "praise": answer.praise,
                "language": answer.language,
                "unsure": answer.unsure,
                "model_version": answer.model_version,
                "words": one.words,
            }
            file.write(json.dumps(record) + "\n")
    unfinished.replace(path)


def _parsed(line: str, by_uid: dict[str, Example]) -> Answered:
    record = json.loads(line)
    answer = Prediction(
        complaint=record["complaint"],
        is_complaint=record["is_complaint"],
        severity=Severity(record["severity"]),
        model_version=record["model_version"],
        reasons={Reason(name): share for name, share in record["reasons"].items()},
        parties=tuple(Party(name) for name in record["parties"]),
        praise=record["praise"],
        language=record["language"],
        unsure=record["unsure"],
    )
    return Answered(by_uid[record["uid"]], answer, record["words"])
