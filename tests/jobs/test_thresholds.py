"""Each brand's posts are judged by the brand's own threshold."""

from core.configuration import parse_configuration
from core.types import Post
from jobs.classify import classify
from jobs.parts import Parts
from storage.brands import apply_configuration
from storage.posts import store_posts
from tests.fakes import FakeClassifier, post


def brands(parts: Parts, *thresholds: str | float) -> None:
    entries = [{"name": f"Brand {number}", "threshold": cut} for number, cut in enumerate(thresholds, start=1)]
    with parts.database.write() as session:
        apply_configuration(session, parse_configuration({"brands": entries}), parts.now())


def store(parts: Parts, brand: int, *posts: Post) -> None:
    """Store posts of a brand that was configured; the fixture's own brand is the first one."""
    with parts.database.write() as session:
        store_posts(session, posts, brand_id=brand + 1, source_id=None, own_handles=[], now=parts.now())


def test_the_posts_of_two_brands_get_their_borders_in_one_batch(parts: Parts) -> None:
    brands(parts, 0.3, "few_misses")
    store(parts, 1, post(1, "late"))
    store(parts, 2, post(2, "late too"))
    store(parts, 0, post(3, "fine"))
    classifier = FakeClassifier()
    assert classify(parts, classifier) == 3
    assert dict(zip(classifier.read, classifier.borders, strict=True)) == {"late": 0.3, "late too": 0.2, "fine": 0.5}


def test_a_post_that_the_classifier_fails_on_costs_the_others_neither_their_answer_nor_their_border(
    parts: Parts,
) -> None:
    brands(parts, 0.3, 0.7)
    store(parts, 1, post(1, "poison"), post(2, "late"))
    store(parts, 2, post(3, "late too"))
    classifier = FakeClassifier()
    assert classify(parts, classifier) == 3
    assert list(zip(classifier.read, classifier.borders, strict=True))[-3:] == [
        ("poison", 0.3),
        ("late", 0.3),
        ("late too", 0.7),
    ]
