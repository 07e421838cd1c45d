"""Today's predictions against the card's."""

import math

import pytest

from core.drift import FEWEST, Baseline, Seen, Verdict, drift, stability_index

CARD = Baseline(unsure=0.1, histogram=(0.4, 0.1, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.1, 0.1))


def seen(shares: tuple[float, ...], posts: int = 1000, unsure: float = 0.1) -> Seen:
    return Seen(posts, round(unsure * posts), tuple(round(share * posts) for share in shares))


def test_the_index_of_equal_histograms_is_nothing_and_of_others_what_the_formula_says() -> None:
    assert stability_index([0.5, 0.5], [0.5, 0.5]) == 0
    assert stability_index([0.6, 0.4], [0.5, 0.5]) == pytest.approx(0.1 * math.log(1.2) - 0.1 * math.log(0.8))


def test_an_empty_bin_makes_the_index_large_and_not_infinite() -> None:
    assert 1 < stability_index([1.0, 0.0], [0.5, 0.5]) < 10


def test_posts_like_those_of_the_card_are_steady() -> None:
    found = drift(seen(CARD.histogram), CARD)
    assert (found.verdict, found.psi) == (Verdict.STEADY, 0)
    assert "10% of posts are unsure, 10% on the card" in found.words


@pytest.mark.parametrize(
    ("shares", "verdict"),
    [
        ((0.25, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05, 0.1, 0.1, 0.15), Verdict.MOVING),
        ((0.1, 0.1, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.1, 0.4), Verdict.MOVED),
    ],
)
def test_other_scores_are_told(shares: tuple[float, ...], verdict: Verdict) -> None:
    assert drift(seen(shares), CARD).verdict is verdict


def test_many_more_unsure_posts_are_told_whatever_the_scores() -> None:
    assert drift(seen(CARD.histogram, unsure=0.24), CARD).verdict is Verdict.STEADY
    assert drift(seen(CARD.histogram, unsure=0.26), CARD).verdict is Verdict.MOVED


def test_too_few_posts_are_not_judged() -> None:
    few = drift(seen(CARD.histogram[::-1], posts=FEWEST - 1), CARD)
    assert (few.verdict, few.psi) == (Verdict.TOO_FEW, None)
    assert drift(Seen(0, 0, (0,) * 10), CARD).verdict is Verdict.TOO_FEW
    assert drift(seen(CARD.histogram[::-1], posts=FEWEST), CARD).verdict is Verdict.MOVED


def test_a_model_that_does_not_say_what_it_looked_like_is_not_judged() -> None:
    assert drift(seen(CARD.histogram), None).verdict is Verdict.UNKNOWN
