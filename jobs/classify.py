"""Classify: posts that no model has read are read, and what follows from it is kept with it."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from core.errors import StorageError
from core.relevance import Relevance
from core.taxonomy import Severity
from core.thresholds import Threshold
from core.types import Prediction
from jobs.open_cases import open_cases
from jobs.parts import Parts
from jobs.relevance import judge
from storage.brands import thresholds_of
from storage.casework import words_of
from storage.database import Session
from storage.posts import claim_unclassified, save_predictions
from storage.relevance import keep_relevance
from storage.tables import PostRow, PredictionRow

BATCH = 64
LEASE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Read:
    """A post with what was found out about it; no `relevance` where nobody asked whether it is about the brand."""

    post: PostRow
    prediction: Prediction
    relevance: Relevance | None


_log = logging.getLogger(__name__)


class Classifier(Protocol):
    """Whatever says of texts what they are; the answers come in the order of the texts."""

    @property
    def version(self) -> str:
        """The name that its predictions carry."""

    def predict(self, texts: Sequence[str], borders: Sequence[float] | None = None) -> list[Prediction]:
        """Return one prediction a text; `borders` are the probabilities from which each is a complaint."""

    def border_of(self, threshold: Threshold) -> float:
        """Return the probability that a threshold means; a name that is not known means the balanced one."""

    def likeness(self, texts: Sequence[str], to: Sequence[str]) -> list[float] | None:
        """Return how much more each text is about the same as those of `to` than posts about anything are, if known."""


def classify(parts: Parts, classifier: Classifier, batch: int = BATCH) -> int:
    """Read up to `batch` posts and return how many were read.

    Predictions, the cases that they open and the messages that those send are kept in one transaction. Posts whose
    author is the brand itself pass through here as well, so that their answers find the cases.
    """
    with parts.database.write() as session:
        posts = claim_unclassified(session, parts.worker, parts.now(), LEASE, batch)
    if not posts:
        return 0
    with parts.database.read() as session:
        thresholds = thresholds_of(session, {post.brand_id for post in posts})
    borders = {brand: classifier.border_of(threshold) for brand, threshold in thresholds.items()}
    predictions = _predict(classifier, [words_of(post) for post in posts], [borders[post.brand_id] for post in posts])
    relevances = judge(parts, posts, classifier.likeness)
    read = [Read(*each) for each in zip(posts, predictions, relevances, strict=True)]
    try:
        _keep(parts, read)
    except StorageError:
        raise
    except Exception:
        _log.exception("A batch of %d posts could not be carried out; each is tried by itself", len(posts))
        for one in read:
            _keep_alone(parts, one)
    return len(posts)


def _keep(parts: Parts, read: Sequence[Read]) -> None:
    with parts.database.write() as session:
        open_cases(session, _save(session, read, parts), parts)


def _save(session: Session, read: Sequence[Read], parts: Parts) -> list[tuple[PostRow, PredictionRow]]:
    relevances = {each.post.id: each.relevance for each in read}
    kept = save_predictions(session, [(each.post, each.prediction) for each in read], parts.worker, parts.now())
    for post, _ in kept:
        if said := relevances[post.id]:
            keep_relevance(post, said)
    return kept


def _keep_alone(parts: Parts, one: Read) -> None:
    """Carry out one post; one that cannot be is kept as read, without a case, and said in the log."""
    try:
        _keep(parts, [one])
    except StorageError:
        raise
    except Exception:
        _log.exception(
            "The post %s of %s was read, but no case could be opened", one.post.platform_id, one.post.platform
        )
        with parts.database.write() as session:
            _save(session, [one], parts)


def _predict(classifier: Classifier, texts: Sequence[str], borders: Sequence[float]) -> list[Prediction]:
    """Return one prediction a text; a text that the classifier fails on is left for a person, and holds up no other."""
    try:
        return classifier.predict(texts, borders)
    except Exception:
        if len(texts) > 1:
            pairs = zip(texts, borders, strict=True)
            return [prediction for text, border in pairs for prediction in _predict(classifier, [text], [border])]
        _log.exception("The classifier failed on a post of %d characters; a person should look at it", len(texts[0]))
        return [_unread(classifier.version)]


def _unread(version: str) -> Prediction:
    return Prediction(complaint=0.0, is_complaint=False, severity=Severity.NONE, model_version=version, unsure=True)
