"""The commands about the model: thresholds, drift, and learning from the team's corrections."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from classifier import labelmap
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
from storage.tables import PredictionRow
from tests.fakes import post
from tests.test_cli import Afterclick

pytestmark = pytest.mark.model

NOW = datetime.now(UTC)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
HOURS = ("at one", "at two", "at three", "at four", "at five", "at six", "at seven", "at eight", "at nine")
TIMES = [f"on {day} {hour}" for day in DAYS for hour in HOURS]
MIXED = (
    "My parcel is a day late, no big deal",
    "The queue at the post office was long today",
    "Still waiting for a parcel, as ever",
    "The app is slow this morning",
    "Not sure what to think of the new delivery slots",
    "They said Tuesday. It is Wednesday.",
)
FEW = {"border": 0.12, "misses": 0.05, "false_alarms": 0.25, "words": "misses 1 in 20 complaints"}
SHARES = [0.5, 0.1, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped weights with a reference set of our own posts, a choice, and a baseline to drift from."""
    folder = Path(shutil.copytree(WEIGHTS, tmp_path_factory.mktemp("models") / "weights"))
    said = [
        *[Correction(f"My parcel was due {time} and it never came", complaint=True) for time in TIMES],
        *[Correction(f"Thank you for the lovely parcel that came {time}", complaint=False) for time in TIMES],
    ]
    write_reference(folder / REFERENCE, labelled(Model.load(threads=2), said))
    rewrite(folder, choices={"few_misses": FEW}, drift={"unsure": 0.05, "histogram": SHARES})
    return folder


def rewrite(folder: Path, **more: Any) -> None:
    """Give labels.json these entries, the hash of the reference set where there is one, and the version that fits."""
    raw = json.loads((folder / labelmap.LABELS).read_text(encoding="utf-8")) | more
    raw["files"].pop(REFERENCE, None)
    if (folder / REFERENCE).exists():
        raw["files"][REFERENCE] = labelmap.file_hash(folder / REFERENCE)
    raw["version"] = f"minilm-test-{labelmap.digest(raw)}"
    (folder / labelmap.LABELS).write_text(json.dumps(raw), encoding="utf-8")


class Team(Afterclick):
    """The command line with other weights, over a database that a test fills."""

    weights: Path

    def __call__(self, *words: str, **settings: str):  # type: ignore[no-untyped-def]
        return super().__call__(*words, **({"AFTERCLICK_MODEL_DIR": str(self.weights)} | settings))

    def json(self, *words: str) -> Any:
        done = self(*words, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def fill(self, texts: list[str], *, threshold: str = "balanced", dismissed: int = 0) -> None:
        """Store posts of a brand, of which a member says that the first `dismissed` are no complaints."""
        database = open_database(f"sqlite:///{self.folder}/var/afterclick.db")
        configuration = parse_configuration({"brands": [{"name": "Parcelo", "threshold": threshold}]})
        posts = [post(number, text, platform="files") for number, text in enumerate(texts)]
        with database.write() as session:
            apply_configuration(session, configuration, NOW)
            create_member(session, "ann@team.example", "Ann", Role.RESPONDER, None, NOW)
            store_posts(session, posts, brand_id=1, source_id=None, own_handles=[], now=NOW)
            for number in range(1, dismissed + 1):
                correct(session, number, 1, NOW, complaint=False)
        database.close()

    def predict(self, version: str, complaint: float, posts: int) -> None:
        """Note that a model said the same of so many posts a moment ago."""
        database = open_database(f"sqlite:///{self.folder}/var/afterclick.db")
        rows = [
            PredictionRow(post_id=number, model_version=version, complaint=complaint, is_complaint=True, created_at=NOW)
            for number in range(1, posts + 1)
        ]
        with database.write() as session:
            session.add_all(rows)
        database.close()


@pytest.fixture
def team(tmp_path: Path, weights: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Team:
    (tmp_path / "var").mkdir()
    run = Team(tmp_path, capsys, monkeypatch)
    run.weights = weights
    return run


def test_a_team_teaches_the_model_tries_it_first_and_takes_it_back(team: Team, weights: Path) -> None:
    shipped = labelmap.read(weights).version
    team.fill([f"Ugh, the website of Parcelo is down again {time}" for time in TIMES], dismissed=len(TIMES))
    tried = team.json("adapt", "--dry-run")
    [head] = tried["heads"]
    assert (tried["corrections"], head["head"], head["kept"], tried["kept_at"]) == (len(TIMES), "complaint", True, None)
    assert head["after"] > head["before"]
    assert head["reference_after"] >= head["reference_before"] - 0.01
    assert team.json("stats")["model"]["version"] == shipped

    done = team("adapt")
    assert done.returncode == 0
    assert f"{tried['version']} is in force" in done.stdout
    assert "were right before and" in done.stdout
    assert team.json("stats")["model"]["version"] == tried["version"]
    assert tried["version"].startswith(f"{shipped}+")
    (team.folder / "post.jsonl").write_text('{"id": 1, "text": "Ugh, the website is down again"}\n', encoding="utf-8")
    assert json.loads(team("classify", "post.jsonl").stdout)["model_version"] == tried["version"]
    assert "The model stays as it is." in team("adapt").stdout

    assert team.json("adapt", "--roll-back") == {"in_force": shipped}
    again = team("adapt", "--roll-back")
    assert (again.returncode, again.stderr.strip()) == (
        1,
        "afterclick: There is nothing to roll back: the model is as it was shipped",
    )


def test_too_few_corrections_and_a_model_without_reference_set_are_refused_in_a_sentence(
    team: Team, weights: Path, tmp_path: Path
) -> None:
    team.fill(["late again"], dismissed=1)
    few = team("adapt")
    assert (few.returncode, "too few corrections to learn from: 1, of 30" in few.stderr) == (1, True)
    bare = Path(shutil.copytree(weights, tmp_path / "bare"))
    (bare / REFERENCE).unlink()
    rewrite(bare)
    refused = team("adapt", AFTERCLICK_MODEL_DIR=str(bare))
    assert (refused.returncode, "holds no reference set" in refused.stderr) == (1, True)
    assert team("adapt", "--dry-run", "--roll-back").returncode == 2


def test_classify_takes_a_threshold_by_name_or_number(team: Team) -> None:
    lines = [json.dumps({"id": words, "text": words}) for words in MIXED]
    (team.folder / "post.jsonl").write_text("\n".join(lines), encoding="utf-8")

    def answers(*options: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in team("classify", "post.jsonl", *options).stdout.splitlines()]

    words = min(answers(), key=lambda answer: abs(answer["complaint"] - 0.5))["id"]

    def said(*options: str) -> tuple[float, bool]:
        [found] = [answer for answer in answers(*options) if answer["id"] == words]
        return found["complaint"], found["is_complaint"]

    share, flagged = said()
    assert 0.06 < share < 0.94, "none of the texts is a close call for this model"
    assert flagged is (share >= 0.5)
    assert said("--threshold", str(share - 0.01)) == (share, True)
    assert said("--threshold", str(share + 0.01)) == (share, False)
    assert said("--threshold", "few_misses") == (share, share >= FEW["border"])
    assert said("--threshold", "few_false_alarms") == said()
    unknown = team("classify", "post.jsonl", "--threshold", "few_false_alarms")
    assert (unknown.returncode, unknown.stderr.count("does not know the threshold 'few_false_alarms'")) == (0, 1)
    wrong = team("classify", "post.jsonl", "--threshold", "few")
    assert (wrong.returncode, "a number from 0.05 to 0.95" in wrong.stderr.replace("\n", " ")) == (2, True)


@pytest.mark.parametrize(
    ("threshold", "ok", "detail"),
    [
        ("few_misses", True, "few_misses, from 12% on: misses 1 in 20 complaints"),
        ("0.3", True, "a complaint from 30% on"),
        ("few_false_alarms", False, "takes the even border; it knows balanced, few_misses"),
    ],
)
def test_check_says_what_a_brands_threshold_means(team: Team, threshold: str, ok: bool, detail: str) -> None:
    team.fill(["late"], threshold=threshold)
    done = team("check", "--json")
    [found] = [result for result in json.loads(done.stdout) if result["what"] == "threshold Parcelo"]
    assert found["ok"] is ok
    assert detail in found["detail"]
    assert done.returncode == (0 if ok else 1)


def test_stats_and_check_tell_of_drift_and_check_does_not_fail_for_it(team: Team, weights: Path) -> None:
    team.fill([f"late {number}" for number in range(200)])
    version = labelmap.read(weights).version
    team.predict(version, 0.97, 199)
    model = team.json("stats")["model"]
    assert (model["posts"], model["verdict"], model["psi"]) == (199, "too_few", None)
    assert model["choices"]["few_misses"] == FEW
    team.predict(f"{version}+other", 0.5, 200)
    assert team.json("stats")["model"]["posts"] == 199
    (team.folder / "var" / "afterclick.db").unlink()
    team.fill([f"late {number}" for number in range(200)])
    team.predict(version, 0.97, 200)
    model = team.json("stats")["model"]
    assert (model["verdict"], model["unsure"]) == ("moved", 0)
    assert model["psi"] > 1
    done = team("check")
    assert done.returncode == 0
    assert "warn  drift: the posts look unlike those of the card" in done.stdout
