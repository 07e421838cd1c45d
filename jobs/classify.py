"""Classify: posts that no model has read are read, and what follows from it is kept with it."""

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from core.errors import StorageError
from core.taxonomy import Severity
from core.types import Prediction
from jobs.open_cases import open_cases
from jobs.parts import Parts
from storage.casework import words_of
from storage.posts import claim_unclassified, save_predictions
from storage.tables import PostRow

BATCH = 64
LEASE = timedelta(minutes=2)
Read = Sequence[tuple[PostRow, Prediction]]
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
    read = list(zip(posts, predictions, strict=True))
    try:
        _keep(parts, read)
    except StorageError:
        raise
    except Exception:
        _log.exception("A batch of %d posts could not be carried out; each is tried by itself", len(posts))
        for one in read:
            _keep_alone(parts, one)
    return len(posts)


def _keep(parts: Parts, read: Read) -> None:
    with parts.database.write() as session:
        open_cases(session, save_predictions(session, read, parts.worker, parts.now()), parts)


def _keep_alone(parts: Parts, one: tuple[PostRow, Prediction]) -> None:
    """Carry out one post; one that cannot be is kept as read, without a case, and said in the log."""
    try:
        _keep(parts, [one])
    except StorageError:
        raise
    except Exception:
        _log.exception("The post %s of %s was read, but no case could be opened", one[0].platform_id, one[0].platform)
        with parts.database.write() as session:
            save_predictions(session, [one], parts.worker, parts.now())


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
