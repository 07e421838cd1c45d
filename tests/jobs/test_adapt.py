"""Corrections are learned where that is measurably better, and only there."""

import pytest

from core.errors import InputError
from core.taxonomy import Reason
from core.types import Correction
from jobs.adapt import FEWEST, adapt, is_held_out
from tests.heads import LABELS, Heads, posts, reference

CARD = reference(("late", True, 60), ("lost", True, 60), ("thanks", False, 60), ("", False, 60))
DISMISSED = posts("app", 60, complaint=False)
RESOLVED = posts("late", 40, complaint=True)


def test_what_a_team_dismisses_again_and_again_is_learned() -> None:
    found = adapt(Heads(), CARD, DISMISSED, RESOLVED)
    [tried] = found.tried
    assert (tried.head, tried.kept) == ("complaint", True)
    assert (found.corrections, found.confirmed) == (60, 40)
    assert tried.learned + tried.held_out == 100
    assert tried.before < tried.after == 1
    assert tried.reference_before == tried.reference_after == 1
    assert found.adaptation is not None
    assert found.adaptation.base == LABELS.version


def test_corrections_that_contradict_the_reference_set_are_not_kept() -> None:
    card = reference(("late", True, 60), ("app", True, 60), ("thanks", False, 60), ("", False, 60))
    found = adapt(Heads(), card, posts("app", 300, complaint=False), RESOLVED)
    [tried] = found.tried
    assert tried.after > tried.before
    assert tried.reference_after < tried.reference_before - 0.01
    assert (tried.kept, found.adaptation) == (False, None)
    assert "worse" in tried.why


def test_corrections_that_agree_with_the_model_change_nothing() -> None:
    found = adapt(Heads(), CARD, posts("late", 60, complaint=True))
    assert (found.tried[0].before, found.tried[0].after) == (1, 1)
    assert found.adaptation is None
    assert "too few more" in found.tried[0].why


def test_a_team_that_only_dismisses_cannot_unlearn_what_it_resolves() -> None:
    contradicting = posts("late", 45, complaint=False)
    found = adapt(Heads(), CARD, contradicting, posts("late and", 200, complaint=True))
    assert found.adaptation is None


def test_too_few_corrections_are_refused_in_a_sentence() -> None:
    with pytest.raises(InputError, match=rf"too few corrections to learn from: {FEWEST - 1}, of {FEWEST}"):
        adapt(Heads(), CARD, posts("app", FEWEST - 1, complaint=False), RESOLVED)
    with pytest.raises(InputError, match="learn from: 0"):
        adapt(Heads(), CARD, [], RESOLVED)


def test_copies_of_a_post_are_one_correction_and_the_last_one_counts() -> None:
    copies = [Correction(f"RT @ann{number}: App  CRASHED https://a.example/{number}", False) for number in range(100)]
    with pytest.raises(InputError, match="learn from: 1, of"):
        adapt(Heads(), CARD, copies)
    changed = [*posts("app", 60, complaint=True), *DISMISSED]
    assert adapt(Heads(), CARD, changed, RESOLVED).corrections == 60


def test_a_head_that_nobody_corrected_often_enough_is_left_alone() -> None:
    reasons = posts("app again", FEWEST - 1, reasons=frozenset({Reason.BILLING}))
    found = adapt(Heads(), CARD, [*DISMISSED, *reasons], RESOLVED)
    assert [tried.head for tried in found.tried] == ["complaint"]
    assert found.too_few == {"reasons": FEWEST - 1, "severity": 0, "parties": 0}
    more = posts("app again", 90, reasons=frozenset({Reason.BILLING}))
    card = reference(("late", True, 60), ("thanks", False, 60))
    found = adapt(Heads(), card, more)
    assert [(tried.head, tried.kept) for tried in found.tried] == [("reasons", True)]


def test_corrections_that_contradict_each_other_are_refused_and_what_was_learned_before_stays() -> None:
    torn = [Correction(f"app {number}", complaint=number % 2 == 0) for number in range(200)]
    assert adapt(Heads(), CARD, torn).adaptation is None
    first = adapt(Heads(), CARD, DISMISSED, RESOLVED).adaptation
    assert first is not None
    found = adapt(Heads(), CARD, torn, RESOLVED, present=first)
    assert (found.tried[0].kept, found.adaptation) == (False, None)


def test_runs_one_after_the_other_cannot_lose_more_than_one_may() -> None:
    card = reference(("late", True, 100), ("app", True, 2), ("lost", True, 2), ("thanks", False, 100), ("", False, 100))
    first = adapt(Heads(), card, posts("app", 100, complaint=False), RESOLVED)
    assert first.tried[0].kept
    assert first.tried[0].reference_after == pytest.approx(first.tried[0].reference_before - 0.0073, abs=0.0003)
    more = [*posts("app", 100, complaint=False), *posts("lost", 100, complaint=False)]
    [tried] = adapt(Heads(), card, more, RESOLVED, present=first.adaptation).tried
    assert tried.after > tried.before
    assert tried.reference_after > tried.reference_before - 0.01
    assert (tried.kept, tried.why.endswith("worse than the shipped model's 100.0%")) == (False, True)


def test_what_was_learned_before_stays_where_the_new_is_not_better() -> None:
    first = adapt(Heads(), CARD, DISMISSED, RESOLVED).adaptation
    again = adapt(Heads(), CARD, DISMISSED, RESOLVED, present=first)
    assert (again.tried[0].before, again.tried[0].after) == (1, 1)
    assert again.adaptation is None
    reasons = [*DISMISSED, *posts("lost again", 90, reasons=frozenset({Reason.REFUND}))]
    both = adapt(Heads(), CARD, reasons, RESOLVED, present=first).adaptation
    assert both is not None
    assert first is not None
    assert both.heads["complaint"] is first.heads["complaint"]
    assert set(both.heads) == {"complaint", "reasons"}


def test_about_a_third_of_all_texts_is_held_out_and_always_the_same() -> None:
    texts = [f"my parcel {number} is late" for number in range(600)]
    held_out = [text for text in texts if is_held_out(text)]
    assert 150 < len(held_out) < 250
    assert all(
        is_held_out(f"RT @ann: {text.upper()}  https://a.example/1") is is_held_out(f"{text} url") for text in texts
    )
