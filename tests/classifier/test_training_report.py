"""The report, of answers that we made up."""

import csv
import json
import logging
import os
import re
import sys
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import cli
from classifier.training import pictures
from classifier.training.evaluate import measure
from classifier.training.measuring import Measured
from classifier.training.report import NUMBERS, PAGE, write_report
from tests.classifier.made_up_answers import answered
from tests.conftest import environment_for

HOSTILE = "<script>alert('late')</script> & \"never\" <img src=x onerror=alert(1)>"


def page_of(folder, rows):
    write_report(Measured(rows, measure(rows), "Made-up answers."), folder / "report")
    return (folder / "report" / PAGE).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the report of sixty answers, three of them wrong."""
    wrong = [
        answered(text="nearly right", said=0.45, words=1.0),
        answered(text="quite wrong", said=0.02, source="xci", source_says=False, doubted=True, words=1.0),
        answered(text=HOSTILE, said=0.1, source="<b>source</b>", words=1.0),
    ]
    right = [answered(text="right", words=1.0)] * 37 + [answered(complaint=False, said=0.3, words=0.2)] * 20
    folder = tmp_path_factory.mktemp("made up")
    page_of(folder, [*wrong, *right])
    return folder / "report"


@pytest.fixture(scope="module")
def page(folder):
    return (folder / PAGE).read_text(encoding="utf-8")


def test_the_page_stands_by_itself_and_the_figures_beside_it(folder, page):
    assert page.count("<svg") == 5
    assert not re.search(r'(?:src|href)="(?!#)|url\((?!#)', page)
    assert "prefers-color-scheme: dark" in page
    assert "Beside counted words" in page
    figures = json.loads((folder / NUMBERS).read_text(encoding="utf-8"))
    assert figures["method"] == "Made-up answers."
    assert figures["hand"]["rows"] == 60


def test_each_picture_says_its_numbers(page):
    said = re.findall(r'role="img" aria-label="([^"]+)"', page)
    assert len(said) == 5
    assert "Afterclick flags 92% of complaints and 0% of other posts" in said[0]
    assert "said 30%, true 0% (20 posts)" in said[2]
    assert "Late 96" in said[3]
    assert "true level 2: not flagged 3, level 1 0, level 2 37" in said[4]


def test_a_hostile_post_is_shown_as_text(page):
    assert "&lt;script&gt;alert(" in page
    assert "<script" not in page
    assert "<img" not in page
    assert "<b>source" not in page


def test_the_surest_errors_come_first_with_what_was_read_and_said(page):
    errors = page.split('<ol class="errors">')[1].split("</ol>")[0]
    assert errors.index("quite wrong") < errors.index("nearly right")
    assert "Read as <b>complaint: late; annoyed</b>. Said <b>no complaint</b> (2.0% a complaint)" in errors
    assert "its reader was in doubt; xci itself calls it no complaint" in errors
    assert "<blockquote>right</blockquote>" not in errors


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [answered(complaint=False, said=0.1, family="promotion")],
        [answered()],
        [answered(complaint=False, said=0.1)],
        [answered(doubted=True, said=0.1)],
        [answered(family="xci", source="xci", industry="random_tweet", source_says=True)],
    ],
    ids=["nothing", "adverts alone", "one complaint", "no complaint", "all doubted", "random tweets alone"],
)
def test_a_report_of_little_is_still_one(tmp_path, rows):
    page = page_of(tmp_path, rows)
    assert "not measured" in page
    assert not re.search(r"\bnan\b", page)


def test_pictures_are_sound_and_take_their_colours_from_the_page():
    truth, score = np.array([True, True, False, False]), np.array([0.9, 0.4, 0.6, 0.1])
    drawn = pictures.roc(truth, {"Afterclick": score, "counted words": score})
    assert ET.fromstring(drawn.svg).tag.endswith("svg")
    assert "var(--ours)" in drawn.svg
    assert "var(--words)" in drawn.svg
    assert not re.search(r"#0[1-4]0[1-4]0[1-4]", drawn.svg)
    assert drawn.says.endswith("Afterclick flags 50% of complaints and 50% of other posts.")


def test_the_severity_table_is_shaded_where_its_numbers_are():
    drawn = pictures.confusion([[9, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 1]])
    strong = [
        [float(number) for number in re.findall(r"[\d.]+", path)][:2]
        for path, opacity in re.findall(r'<path d="([^"]+)"[^>]*opacity: ([\d.]+)', drawn.svg)
        if float(opacity) > 0.5
    ]
    (left, upper), (right, lower) = strong
    assert left < right
    assert upper < lower  # SVG counts downwards


@pytest.fixture
def run(tmp_path, capsys, monkeypatch):
    def _run(*words):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", ["afterclick", "evaluate", "--posts", "p.csv", "--labels", "l.csv", *words])
        monkeypatch.setattr(os, "environ", environment_for({}))
        with pytest.raises(SystemExit) as ended:
            cli.main()
            raise SystemExit(0)
        return ended.value.code or 0, capsys.readouterr()

    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    write(
        tmp_path / "p.csv", [{"uid": str(n), "source": "xci", "text": f"kettle {n} is late", **XCI} for n in range(5)]
    )
    label = {"complaint": "1", "reasons": "late", "severity": "2", "parties": "", "praise": "0", "unsure": "0"}
    write(tmp_path / "l.csv", [{"uid": str(number), **label} for number in range(4)])
    yield _run
    root.handlers[:], root.level = handlers, level


XCI = {"complaint": "1", "severity": "2", "domain": "food", "dup_key": ""}
RECORD = {
    "complaint": 0.9,
    "is_complaint": True,
    "severity": 2,
    "reasons": {"late": 0.9},
    "parties": ["brand"],
    "praise": 0.0,
    "language": "en",
    "unsure": False,
    "model_version": "made-up",
    "words": 1.5,
}


def write(path, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(row | ({"dup_key": row["uid"]} if "dup_key" in row else {}) for row in rows)


def finish(folder, *uids):
    folder.mkdir(parents=True)
    lines = [json.dumps({"uid": uid, **RECORD}) for uid in uids]
    (folder / "answers.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_a_cross_validation_that_is_finished_is_only_reported(run, tmp_path):
    for number in range(5):
        finish(tmp_path / "work" / f"fold-{number}", str(number))
    for number in range(3):
        finish(tmp_path / "work" / f"unseen-{number}", str(number))
    code, said = run("--folds", "5", "--unseen-industry", "--work", "work", "--report", "out")
    assert code == 0
    assert "Complaint, hand labels, macro-F1: 50.0, missed (wanted at least 91.0)" in said.out
    figures = json.loads((tmp_path / "out" / NUMBERS).read_text(encoding="utf-8"))
    assert [figures[name]["rows"] for name in ("hand", "xci", "unseen")] == [4, 5, 3]
    code, said = run("--folds", "5", "--work", "work", "--json")
    assert json.loads(said.out)["hand"]["rows"] == 4


def test_one_fold_can_be_made_alone(run, tmp_path):
    finish(tmp_path / "work" / "fold-3", "3")
    code, said = run("--folds", "5", "--fold", "3", "--work", "work")
    assert (code, said.out.strip()) == (0, "fold-3 in work: finished")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--folds", "7"), "7 folds: write 5 or 10"),
        (("--folds", "5", "--fold", "5"), "there is no such fold"),
        (("--fold", "0"), "there is no such fold"),
    ],
)
def test_a_fold_that_does_not_exist_is_refused(run, words, message):
    code, said = run(*words)
    assert code == 2
    assert message in said.err


def test_answers_of_other_files_are_refused(run, tmp_path):
    for number in range(5):
        finish(tmp_path / "work" / f"fold-{number}", "unknown")
    code, said = run("--folds", "5", "--work", "work")
    assert code != 0
    assert "was made of other posts or labels: 'unknown' is not among these" in said.err
