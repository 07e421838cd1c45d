"""What `afterclick adapt` says of the corrections that it leaves out."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from classifier.labelled import labelled
from classifier.model import WEIGHTS, Model
from classifier.reference import REFERENCE, write_reference
from core.configuration import parse_configuration
from core.types import Correction, Role
from storage.brands import apply_configuration
from storage.corrections import correct
from storage.database import open_database
from storage.members import create_member
from storage.posts import store_posts
from tests.fakes import post
from tests.test_model_commands import Team, rewrite

pytestmark = pytest.mark.model

NOW = datetime.now(UTC)


@pytest.fixture
def team(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Team:
    """A folder to work in, and the shipped weights with a reference set of two posts."""
    (tmp_path / "var").mkdir()
    run = Team(tmp_path, capsys, monkeypatch)
    run.weights = Path(shutil.copytree(WEIGHTS, tmp_path / "weights"))
    said = [Correction("It never came", complaint=True), Correction("Thank you, it came", complaint=False)]
    write_reference(run.weights / REFERENCE, labelled(Model.load(threads=2), said))
    rewrite(run.weights)
    return run


def dismiss(team: Team, **texts: list[str]) -> None:
    """Store posts of each platform, of all of which a member says that they are no complaints."""
    database = open_database(f"sqlite:///{team.folder}/var/afterclick.db")
    with database.write() as session:
        apply_configuration(session, parse_configuration({"brands": [{"name": "Parcelo"}]}), NOW)
        create_member(session, "ann@team.example", "Ann", Role.RESPONDER, None, NOW)
        for platform, written in texts.items():
            posts = [post(number, text, platform=platform) for number, text in enumerate(written)]
            store_posts(session, posts, brand_id=1, source_id=None, own_handles=[], now=NOW)
        for number in range(1, sum(map(len, texts.values())) + 1):
            correct(session, number, 1, NOW, complaint=False)
    database.close()


def test_posts_from_x_never_train_and_the_refusal_says_that_they_were_left_out(team: Team) -> None:
    dismiss(team, x=[f"Their app is down, day {day}" for day in range(60)], files=["Their app is down, again"])
    done = team("adapt")
    assert done.returncode == 1
    assert "too few corrections to learn from: 1, of 30" in done.stderr
    assert "Left out: 60 of posts that may not train" in " ".join(done.stderr.split())
    assert not (team.folder / "var" / "adapted").exists()


def test_what_was_used_and_what_was_left_out_is_said(team: Team) -> None:
    down = [f"Their app is down, day {day}" for day in range(40)]
    dismiss(team, x=down[:7], files=[*down, *(f"RT @ann: {text}" for text in down[:3])])
    found = team.json("adapt", "--dry-run")
    assert (found["corrections"], found["left_out"]) == (40, {"may_not_train": 7, "copies": 3})
    assert found["too_few"] == {"reasons": 0, "severity": 0, "parties": 0}
    said = team("adapt", "--dry-run").stdout
    assert "40 corrected posts" in said
    assert "Left out: 7 of posts that may not train (docs/configuration.md, may_train), 3 of copies of another" in said


def test_check_fails_for_a_damaged_adaptation_and_says_how_to_go_back(team: Team) -> None:
    def told() -> dict[str, object]:
        results = json.loads(team("check", "--json").stdout)
        return next(result for result in results if result["what"] == "adaptation")

    assert told() == {"what": "adaptation", "ok": True, "detail": "none, the model is as it was shipped"}
    (team.folder / "var" / "adapted").mkdir()
    (team.folder / "var" / "adapted" / "current").write_text("[")
    found = told()
    assert not found["ok"]
    assert "delete it to go back to the model as it was shipped" in str(found["detail"])
