"""What a team's corrections add to the heads, on a made-up model of six words."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from classifier.adaptation import Adaptation, fit, load, save
from classifier.adapted import CURRENT, Adapted
from classifier.agreement import quality, right
from classifier.decoding import log_odds
from classifier.labelled import UNKNOWN, labelled
from classifier.reference import REFERENCE, read_reference, write_reference
from core.errors import InputError, ModelError
from core.taxonomy import Party, Reason, Severity
from core.types import Correction
from tests.heads import HEADS, LABELS, Heads, posts, reference

NOBODY = reference(("late", True, 60), ("lost", True, 60), ("thanks", False, 60), ("", False, 60))


@pytest.fixture
def heads():
    return Heads()


def learned(heads, head, *corrections, others=NOBODY):
    delta = fit(labelled(heads, corrections), others, LABELS, head)
    return Adaptation(LABELS.version, {head: delta})


def odds(heads, adaptation, text, head="complaint"):
    logits, vectors = heads.vectors([text])
    return log_odds(adaptation.applied(logits, vectors), LABELS, head)[0]


def test_where_nobody_corrected_a_head_nothing_is_added(heads):
    delta = learned(heads, "complaint", *posts("app", 9, parties=frozenset())).heads["complaint"]
    assert np.abs(delta.weights).max() < 1e-5
    assert np.abs(delta.biases).max() < 1e-5


def test_a_word_that_a_team_takes_lightly_is_no_complaint_any_more_and_others_stay(heads):
    adaptation = learned(heads, "complaint", *posts("app", 60, complaint=False), *posts("late", 60, complaint=True))
    assert odds(heads, adaptation, "app") < 0 < odds(heads, adaptation, "late")
    assert odds(heads, adaptation, "lost") > 0 > odds(heads, adaptation, "thanks")


def test_the_other_heads_are_left_as_they_were(heads):
    adaptation = learned(heads, "complaint", *posts("app", 60, complaint=False))
    logits, vectors = heads.vectors(["app late"])
    found = adaptation.applied(logits, vectors)
    assert found[0, 0] != logits[0, 0]
    assert (found[:, 1:] == logits[:, 1:]).all()


def test_reasons_severity_and_parties_are_learned_where_they_were_corrected(heads):
    billing = posts("app", 60, reasons=frozenset({Reason.BILLING}))
    adaptation = learned(heads, "reasons", *billing)
    column = list(Reason).index(Reason.BILLING)
    assert odds(heads, adaptation, "app", "reasons")[column] > 0 > odds(heads, adaptation, "late", "reasons")[column]
    adaptation = learned(heads, "severity", *posts("app", 60, severity=Severity.NO_REPROACH))
    logits, vectors = heads.vectors(["app", "lost"])
    told = labelled(heads, [Correction("app", severity=Severity(1)), Correction("lost", severity=Severity(2))])
    assert right(logits, told, LABELS, "severity").tolist() == [0, 1]
    assert right(adaptation.applied(logits, vectors), told, LABELS, "severity").tolist() == [1, 1]
    adaptation = learned(heads, "parties", *posts("app", 60, parties=frozenset({Party.BRAND})))
    assert odds(heads, adaptation, "app", "parties")[0] > 0


def test_the_same_corrections_give_the_same_numbers(heads):
    one, other = (learned(heads, "complaint", *posts("app", 40, complaint=False)) for _ in range(2))
    assert one.version == other.version
    assert one.version.startswith("made-up-1+")
    assert one.version != learned(heads, "complaint", *posts("app", 41, complaint=False)).version


def test_one_row_is_adapted_as_many_are(heads):
    adaptation = learned(heads, "complaint", *posts("app", 40, complaint=False))
    logits, vectors = heads.vectors(["app", "late app"])
    together = adaptation.applied(logits, vectors)
    assert np.allclose(adaptation.applied(logits[1], vectors[1]), together[1])


def test_what_is_not_said_is_unknown(heads):
    told = labelled(heads, [Correction("a", complaint=False), Correction("b", reasons=frozenset())])
    assert told.answers["complaint"].tolist() == [[0], [UNKNOWN]]
    assert (told.answers["reasons"][0] == UNKNOWN).all()
    assert (told.answers["reasons"][1] == 0).all()
    assert len(told.known("reasons")) == 1
    assert len(labelled(heads, [])) == 0


def test_agreement_counts_shared_reasons_and_forgets_what_praise_says(heads):
    both, one = frozenset({Reason.LATE, Reason.LOST}), frozenset({Reason.LATE})
    told = labelled(heads, [Correction("late lost", reasons=both), Correction("late lost", reasons=one)])
    assert right(told.logits, told, LABELS, "reasons").tolist() == [1, 0.5]
    assert quality(told.logits, told, LABELS, "reasons") == pytest.approx((1 + 2 / 3) / 2)
    assert quality(NOBODY.logits, NOBODY, LABELS, "complaint") == 1


def test_the_reference_set_comes_back_as_it_was_up_to_rounding(tmp_path, heads):
    told = labelled(heads, [*posts("late never", 3, severity=Severity.BLAME), *posts("thanks", 3, complaint=False)])
    write_reference(tmp_path / REFERENCE, told)
    found = read_reference(tmp_path, with_reference())
    assert np.allclose(found.vectors, told.vectors, atol=0.01)
    assert np.allclose(found.logits, told.logits, atol=0.01)
    assert all((found.answers[head] == told.answers[head]).all() for head in told.answers)


def with_reference():
    return replace(LABELS, files={REFERENCE: "its hash"})


def test_a_reference_set_that_the_label_map_does_not_vouch_for_is_none(tmp_path, heads):
    write_reference(tmp_path / REFERENCE, NOBODY)
    with pytest.raises(ModelError, match="holds no reference set"):
        read_reference(tmp_path, LABELS)
    (tmp_path / REFERENCE).write_bytes(b"PK\x03\x04 cut off")
    with pytest.raises(ModelError, match=r"reference\.npz is damaged"):
        read_reference(tmp_path, with_reference())


def test_an_adaptation_is_kept_and_found_again(tmp_path, heads):
    folder = Adapted(tmp_path / "adapted")
    assert folder.current() is None
    assert folder.mark() == ""
    first = learned(heads, "complaint", *posts("app", 40, complaint=False))
    assert folder.keep(first).name == f"0001-{first.version[-8:]}.npz"
    found = folder.current()
    assert (found.version, found.base) == (first.version, "made-up-1")
    assert found.heads["complaint"].columns == HEADS["complaint"]


def test_rolling_back_goes_to_the_one_before_and_then_to_the_shipped_model(tmp_path, heads):
    folder = Adapted(tmp_path)
    first = learned(heads, "complaint", *posts("app", 40, complaint=False))
    second = learned(heads, "complaint", *posts("late", 40, complaint=False))
    folder.keep(first)
    before = folder.mark()
    folder.keep(second)
    assert folder.mark() != before
    assert folder.roll_back().version == first.version
    assert folder.mark() == before
    assert folder.keep(second).name.startswith("0003-")
    folder.roll_back()
    assert folder.roll_back() is None
    assert folder.current() is None
    with pytest.raises(InputError, match="nothing to roll back"):
        folder.roll_back()


def test_a_damaged_adaptation_is_refused_by_name(tmp_path, heads):
    folder = Adapted(tmp_path)
    path = folder.keep(learned(heads, "complaint", *posts("app", 40, complaint=False)))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"0001-\w+\.npz is damaged"):
        folder.current()
    path.unlink()
    with pytest.raises(ModelError, match="is missing"):
        folder.current()
    (tmp_path / CURRENT).write_text("[]")
    with pytest.raises(ModelError, match="current is damaged"):
        folder.current()


def test_a_list_that_points_out_of_the_folder_is_not_followed(tmp_path, heads):
    outside = tmp_path / "outside.npz"
    save(learned(heads, "complaint", *posts("app", 40, complaint=False)), outside)
    inside = tmp_path / "adapted"
    inside.mkdir()
    (inside / CURRENT).write_text('{"adaptations": [{"file": "../outside.npz", "sha256": ""}]}')
    with pytest.raises(ModelError, match="missing"):
        Adapted(inside).current()


def test_two_processes_that_keep_at_once_lose_nothing(tmp_path):
    keep = (
        "import sys, pathlib, numpy as np\n"
        "from classifier.adapted import Adapted\n"
        "from classifier.adaptation import Adaptation, Delta\n"
        "for number in range(15):\n"
        "    weights = np.full((4, 1), int(sys.argv[2]) + number, np.float32)\n"
        "    delta = Delta(slice(0, 1), weights, np.zeros(1, np.float32))\n"
        "    Adapted(pathlib.Path(sys.argv[1])).keep(Adaptation('made-up-1', {'complaint': delta}))\n"
    )
    both = [subprocess.Popen([sys.executable, "-c", keep, str(tmp_path), first]) for first in ("100", "200")]
    assert [each.wait() for each in both] == [0, 0]
    assert len(json.loads((tmp_path / CURRENT).read_text())["adaptations"]) == 30
    assert {int(path.name[:4]) for path in tmp_path.glob("*.npz")} == set(range(1, 31))


def test_one_array_is_no_adaptation(tmp_path):
    with (tmp_path / "0001-aa.npz").open("wb") as file:
        np.save(file, np.zeros(3))
    with pytest.raises(ModelError, match="is damaged"):
        load(tmp_path / "0001-aa.npz")


@pytest.mark.parametrize("content", [b"", b"not a file of arrays", b"\x93NUMPY"])
def test_a_file_that_is_no_adaptation_is_refused(tmp_path, content):
    (tmp_path / "0001-aa.npz").write_bytes(content)
    with pytest.raises(ModelError, match="is damaged"):
        load(tmp_path / "0001-aa.npz")
