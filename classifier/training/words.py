"""Complaints told by counted words alone: logistic regression on TF-IDF of words and of pieces of words."""

from collections.abc import Callable, Sequence

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union

from classifier.text import normalise
from classifier.training.data import Example, Family
from classifier.training.figures import Floats
from classifier.training.split import Part

# Sources whose label means what ours does; of the posts that are never complaints every fourth is enough.
_MEANT_ALIKE = (Family.HAND, Family.MORE, Family.OWN, Family.XCI)
_NEVER = (Family.PROMOTION, Family.BRAND_REPLY)
_EVERY = 4


def complaint_words(examples: Sequence[Example]) -> Callable[[Sequence[str]], Floats]:
    """Return a function from normalised texts to complaint logits, fitted on the training part of `examples`."""
    training = [row for row in examples if row.part is Part.TRAIN]
    rows = [row for row in training if row.family in _MEANT_ALIKE]
    rows += [row for row in training if row.family in _NEVER][::_EVERY]
    words = make_pipeline(
        make_union(
            TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True),
            TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=3, sublinear_tf=True),
        ),
        LogisticRegression(C=3, max_iter=300),
    )
    words.fit(
        [normalise(row.text) for row in rows],
        np.array([row.complaint for row in rows]),
        logisticregression__sample_weight=np.array([row.weight for row in rows]),
    )

    def logits(texts: Sequence[str]) -> Floats:
        scores: Floats = words.decision_function(texts)
        return scores

    return logits
