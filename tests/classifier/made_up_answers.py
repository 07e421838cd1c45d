"""Answers that no model gave, for the tests of figures and report."""

from collections.abc import Sequence

from classifier.training.answers import Answered
from classifier.training.data import Example, Family
from classifier.training.split import Part
from core.taxonomy import Party, Reason, Severity
from core.types import Prediction


def answered(
    text: str = "my kettle came late",
    complaint: bool = True,
    said: float = 0.9,
    family: str = "hand",
    source: str = "made up",
    industry: str = "",
    source_says: bool | None = None,
    reasons: Sequence[Reason] = (Reason.LATE,),
    severity: int = 2,
    level: int = 2,
    parties: Sequence[Party] = (),
    praise: bool = False,
    praised: float = 0.0,
    doubted: bool = False,
    unsure: bool = False,
    language: str = "en",
    words: float | None = None,
) -> Answered:
    """A post beside an answer that is right in all but what is named otherwise; it flags from 0.5 on."""
    flagged = said >= 0.5
    example = Example(
        uid="1",
        text=text,
        family=Family(family),
        part=Part.TEST,
        source=source,
        complaint=complaint,
        reasons=frozenset(reasons if complaint else ()),
        severity=severity if complaint else None,
        parties=frozenset(parties),
        praise=praise,
        unsure=doubted,
        source_says=source_says,
        industry=industry,
    )
    answer = Prediction(
        complaint=said,
        is_complaint=flagged,
        severity=Severity(level if flagged else 0),
        model_version="made-up",
        reasons=dict.fromkeys(reasons if flagged else (), 0.8),
        parties=tuple(parties) if flagged else (),
        praise=praised,
        language=language,
        unsure=unsure,
    )
    return Answered(example, answer, words)
