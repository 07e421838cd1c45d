"""The figures on the card, held on the test part of the hand labels kept beside the project."""

from pathlib import Path

import pytest

from classifier.model import Model
from classifier.training.data import read_examples
from classifier.training.evaluate import answered_by, measure
from classifier.training.split import Part

DATA = Path(__file__).parents[3] / "shared" / "data"
POSTS, LABELS = DATA / "posts.csv", DATA / "labels.csv"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.replay,
    pytest.mark.model,
    pytest.mark.skipif(not LABELS.exists(), reason=f"the labelled posts are not at {DATA}"),
]


@pytest.fixture(scope="module")
def figures():
    return measure(answered_by(Model.load(), read_examples(POSTS, [LABELS]), Part.TEST))


@pytest.mark.parametrize(
    ("path", "floor"),
    [
        ("hand.macro_f1", 0.875),
        ("hand.without_unsure.macro_f1", 0.915),
        ("hand.recall", 0.89),
        ("hand.reasons.micro_f1", 0.70),
        ("hand.reasons.macro_f1", 0.68),
        ("hand.severity.macro_f1", 0.64),
        ("xci.macro_f1", 0.88),
        ("airline.macro_f1", 0.86),
    ],
)
def test_the_figure_stays_above_its_floor(figures, path, floor):
    value = figures
    for key in path.split("."):
        value = value[key]
    assert value >= floor


@pytest.mark.parametrize("family", ["promotion", "brand_reply"])
def test_adverts_and_brand_replies_are_rarely_flagged(figures, family):
    assert figures[family]["flagged"] < 0.01
