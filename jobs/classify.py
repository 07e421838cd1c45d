"""Classify: posts that no model has read are read, and what follows from it is kept with it."""

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from core.taxonomy import Severity
from core.types import Prediction
from jobs.open_cases import open_cases
from jobs.parts import Parts
from storage.casework import words_of
from storage.posts import claim_unclassified, save_predictions

BATCH = 64
LEASE = timedelta(minutes=2)
_log = logging.getLogger(__name__)


class Classifier(Protocol):
    """Whatever says of texts what they are; the answers come in the order of the texts."""

    @property
    def version(self) -> str:
        """The name that its predictions carry."""

    def predict(self, texts: Sequence[str]) -> list[Prediction]:
        """Return one prediction a text."""


def classify(parts: Parts, classifier: Classifier, batch: int = BATCH) -> int:
    """Read up to `batch` posts and return how many were read.

    Predictions, the cases that they open and the messages that those send are kept in one transaction. Posts whose
    author is the brand itself pass through here as well, so that their answers find the cases.
    """
    with parts.database.write() as session:
        posts = claim_unclassified(session, parts.worker, parts.now(), LEASE, batch)
    if not posts:
        return 0
    predictions = _predict(classifier, [words_of(post) for post in posts])
    with parts.database.write() as session:
        kept = save_predictions(session, list(zip(posts, predictions, strict=True)), parts.worker, parts.now())
        open_cases(session, kept, parts)
    return len(posts)


def _predict(classifier: Classifier, texts: Sequence[str]) -> list[Prediction]:
    """Return one prediction a text; a text that the classifier fails on is left for a person, and holds up no other."""
    try:
        return classifier.predict(texts)
    except Exception:
        if len(texts) > 1:
            return [prediction for text in texts for prediction in _predict(classifier, [text])]
        _log.exception("The classifier failed on a post of %d characters; a person should look at it", len(texts[0]))
        return [_unread(classifier.version)]


def _unread(version: str) -> Prediction:
    return Prediction(complaint=0.0, is_complaint=False, severity=Severity.NONE, model_version=version, unsure=True)
