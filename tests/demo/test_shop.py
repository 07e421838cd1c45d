import csv
import json
import re
import unicodedata
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from collectors.base import SourceConfig
from collectors.files import Files
from core.configuration import parse_configuration
from core.taxonomy import Reason
from demo.shop import config, posts, started, write_due

DEMO = Path(__file__).parent.parent.parent / "demo"
START = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)
END = START + timedelta(hours=1)
COPIES = ("RT @fernhollow: 🌿 GIVEAWAY", "Dear @fernhollow, you promised peat-free")  # meant to be near-equal
DOMAIN = re.compile(r"(?:https?://|@)([\w-]+(?:\.[\w-]+)+)")


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DEMO / "posts.jsonl").read_text(encoding="utf-8").split("\n") if line]


@pytest.fixture(scope="module")
def expected() -> dict[str, dict[str, str]]:
    with (DEMO / "expected.csv").open(encoding="utf-8", newline="") as file:
        return {row["platform_id"]: row for row in csv.DictReader(file)}


def written(folder: Path) -> list[dict[str, Any]]:
    """Return every row that a watcher of the folder would see, in the order of the files' names."""
    names = [folder / "past.jsonl", *sorted(folder.glob("live-*.jsonl"))]
    return [json.loads(line) for path in names for line in path.read_text(encoding="utf-8").split("\n") if line]


def shingles(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return set(zip(words, words[1:], words[2:], strict=False))


# The posts


def test_there_are_about_400_posts_each_with_an_id_of_its_own(rows: list[dict[str, Any]]) -> None:
    assert 380 <= len(rows) <= 450
    assert len({row["platform_id"] for row in rows}) == len(rows)
    assert len({row["url"] for row in rows}) == len(rows)


def test_all_platforms_kinds_and_languages_are_there(
    rows: list[dict[str, Any]], expected: dict[str, dict[str, str]]
) -> None:
    platforms = Counter(row["platform"] for row in rows)
    assert set(platforms) == {"x", "reddit", "mastodon", "bluesky", "feeds"}
    assert min(platforms.values()) >= 20
    assert {row["kind"] for row in rows} == {"post", "comment", "article"}
    languages = Counter(row["language"] for row in expected.values())
    assert set(languages) == {"en", "de", "fr", "es", "pl", "hi", "ur", "it", "nl", "pt"}
    assert languages.total() - languages["en"] >= 20


def test_posts_are_sorted_and_span_six_days_before_the_start(rows: list[dict[str, Any]]) -> None:
    minutes = [row["minutes"] for row in rows]
    assert minutes == sorted(minutes)
    assert -8640 <= minutes[0] < -8000


def test_the_stopped_depot_is_a_burst_of_complaints(
    rows: list[dict[str, Any]], expected: dict[str, dict[str, str]]
) -> None:
    burst = [row for row in rows if -30 * 60 <= row["minutes"] <= -26 * 60]
    assert sum(expected[row["platform_id"]]["complaint"] == "1" for row in burst) >= 20


def test_something_happens_soon_after_the_start(
    rows: list[dict[str, Any]], expected: dict[str, dict[str, str]]
) -> None:
    live = [row for row in rows if row["minutes"] > 0]
    assert 40 <= len(live) <= 50
    assert live[0]["minutes"] <= 0.5
    assert sum(row["minutes"] <= 2 for row in live) >= 5
    assert live[-1]["minutes"] <= 25
    assert any(expected[row["platform_id"]]["severity"] == "4" for row in live if row["minutes"] <= 2)


def test_replies_answer_an_earlier_post_of_the_same_conversation(rows: list[dict[str, Any]]) -> None:
    by_id = {row["platform_id"]: row for row in rows}
    replies = [row for row in rows if row["parent_id"]]
    assert len(replies) > 80
    for row in replies:
        parent = by_id[row["parent_id"]]
        assert parent["minutes"] < row["minutes"]
        assert parent["platform"] == row["platform"]
        assert parent["conversation_id"] == row["conversation_id"] in by_id


def test_several_authors_come_back(rows: list[dict[str, Any]]) -> None:
    own = set(config(Path("x"))["brands"][0]["handles"])
    times = Counter(row["author"] for row in rows if row["author"] not in own)
    assert sum(count >= 3 for count in times.values()) >= 8
    assert sum(count >= 2 for count in times.values()) >= 25


def test_no_text_is_empty_or_longer_than_the_long_one(rows: list[dict[str, Any]]) -> None:
    lengths = sorted(len(row["text"].split()) for row in rows)
    assert lengths[0] >= 3
    assert 1000 < lengths[-1] < 1500
    assert lengths[-2] < 500
    for row in rows:
        if row["platform"] in ("x", "bluesky"):
            assert len(row["text"]) <= 300, row["text"]


def test_no_two_texts_are_alike(rows: list[dict[str, Any]]) -> None:
    texts = [row["text"] for row in rows if not row["text"].startswith(COPIES)]
    assert len(rows) - len(texts) == 8
    starts = Counter(text[:40] for text in texts)
    assert [start for start, count in starts.items() if count > 1] == []
    known = [(text, shingles(text)) for text in texts]
    alike = [(a, b) for (a, x), (b, y) in combinations(known, 2) if x and y and len(x & y) / min(len(x), len(y)) > 0.25]
    assert alike == []


def test_no_text_is_from_the_labelled_posts(rows: list[dict[str, Any]], shared: Path) -> None:
    path = shared / "data" / "posts.csv"
    if not path.exists():
        pytest.skip("needs ../shared/data/posts.csv, which is not part of the project")

    def tidy(text: str) -> str:
        return " ".join(re.findall(r"\w+", text.lower()))

    ours = {tidy(row["text"]) for row in rows}
    with path.open(encoding="utf-8", newline="") as file:
        assert [row["uid"] for row in csv.DictReader(file) if tidy(row["text"]) in ours] == []


def test_nothing_points_at_the_real_world(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        assert ".example/" in row["url"]
        assert [name for name in DOMAIN.findall(row["text"]) if not name.endswith(".example")] == []
        for number in re.findall(r"(?:\+44|\b0)[\s\d]{9,}", row["text"]):
            assert re.sub(r"\D", "", number).removeprefix("44").removeprefix("0").startswith("1632960"), number
        for number in re.findall(r"\b555-\d{4}", row["text"]):
            assert "555-0100" <= number <= "555-0199"


def test_one_post_is_hostile(rows: list[dict[str, Any]]) -> None:
    (joker,) = [row["text"] for row in rows if "<script>" in row["text"]]
    assert joker.startswith("=HYPERLINK")
    assert all(part in joker for part in ("\u202e", "\u200b", "![receipt](", "javascript:", "{{7*7}}"))


def test_the_file_of_posts_hides_no_character(rows: list[dict[str, Any]]) -> None:
    text = (DEMO / "posts.jsonl").read_text(encoding="utf-8")
    assert {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp")} == {"\n"}


# What we mean them to be


def test_every_post_has_its_labels(rows: list[dict[str, Any]], expected: dict[str, dict[str, str]]) -> None:
    assert list(expected) == [row["platform_id"] for row in rows]
    for row in expected.values():
        reasons = [Reason(name) for name in row["reasons"].split("|") if name]
        assert bool(reasons) == (row["complaint"] == "1") == (1 <= int(row["severity"]) <= 4)


def test_labels_are_mixed_as_in_life(expected: dict[str, dict[str, str]]) -> None:
    labels = list(expected.values())
    complaints = [row for row in labels if row["complaint"] == "1"]
    assert 0.45 <= len(complaints) / len(labels) <= 0.5
    reasons = Counter(name for row in complaints for name in row["reasons"].split("|"))
    assert min(reasons[reason] for reason in Reason) >= 8
    severities = Counter(row["severity"] for row in complaints)
    assert min(severities[level] for level in "1234") >= 25
    assert sum(row["praise"] == "1" for row in labels) >= 40


def test_own_accounts_never_complain(rows: list[dict[str, Any]], expected: dict[str, dict[str, str]]) -> None:
    own = set(config(Path("x"))["brands"][0]["handles"])
    replies = [row for row in rows if row["author"] in own]
    assert len([row for row in replies if row["parent_id"]]) >= 20
    assert {expected[row["platform_id"]]["complaint"] for row in replies} == {"0"}


# The folder


def test_config_is_one_that_the_product_takes(tmp_path: Path) -> None:
    configuration = parse_configuration(config(tmp_path))
    (source,) = configuration.sources
    assert (source.name, source.platform, source.path) == ("demo", "files", str(tmp_path))
    assert len(configuration.couriers) == 3


def test_posts_are_dated_from_the_start_in_utc() -> None:
    first = posts(START)[0]
    assert "minutes" not in first
    assert START - timedelta(days=6) <= datetime.fromisoformat(first["posted_at"]) < START
    assert first["posted_at"].endswith("+00:00")


def test_the_past_is_written_at_the_start_and_live_posts_when_due(tmp_path: Path) -> None:
    all_posts = posts(START)
    past = write_due(tmp_path, START, START)
    assert [path.name for path in tmp_path.iterdir()] == ["past.jsonl"]
    assert write_due(tmp_path, START, START + timedelta(seconds=31)) == 2
    assert {path.name for path in tmp_path.iterdir()} == {"past.jsonl", f"live-{past:04d}.jsonl"}
    assert past + 2 + write_due(tmp_path, START, END) == len(all_posts)
    assert written(tmp_path) == all_posts


def test_writing_again_adds_nothing(tmp_path: Path) -> None:
    now = START + timedelta(minutes=3)
    assert write_due(tmp_path, START, now) > 0
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert write_due(tmp_path, START, now) == 0
    assert write_due(tmp_path, START, START) == 0  # a clock that was set back
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before


def test_a_restart_goes_on_where_the_last_run_stood(tmp_path: Path) -> None:
    folder = tmp_path / "inbox" / "demo"
    assert started(folder, START) == START
    write_due(folder, started(folder, START), START + timedelta(minutes=4))
    again = started(folder, START + timedelta(days=2))
    assert again == START
    write_due(folder, again, START + timedelta(days=2))
    assert written(folder) == posts(START)


def test_the_start_is_kept_in_utc_whatever_the_clock(tmp_path: Path) -> None:
    local = datetime.fromisoformat("2026-11-21T20:30:00+05:30")
    assert started(tmp_path, local).isoformat() == "2026-11-21T15:00:00+00:00"


def test_nothing_half_written_has_a_name_that_a_watcher_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(self: Path, target: Path) -> Path:
        raise OSError("the power went")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", crash)
        with pytest.raises(OSError, match="the power went"):
            write_due(tmp_path, START, START)
    assert all(path.name.startswith(".") for path in tmp_path.iterdir())
    write_due(tmp_path, START, END)
    assert written(tmp_path) == posts(START)


def test_the_files_collector_takes_every_row(tmp_path: Path) -> None:
    write_due(tmp_path, START, START + timedelta(minutes=5))
    write_due(tmp_path, START, END)
    pages = list(Files(SourceConfig(name="demo", platform="files", path=str(tmp_path))).fetch(""))
    assert [page.rejected for page in pages if page.rejected] == []
    found = {post.platform_id: post for page in pages for post in page.posts}
    assert len(found) == len(posts(START))
    for row in posts(START):
        post = found[row["platform_id"]]
        assert (post.platform, post.author, post.kind) == (row["platform"], row["author"], row["kind"])
        assert post.posted_at == datetime.fromisoformat(row["posted_at"])
        assert (post.parent_id, post.conversation_id) == (row["parent_id"], row["conversation_id"])
