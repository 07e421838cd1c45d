"""Exports of well-known services: recognised by their columns, or named by the source. All rows are invented."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from collectors import SourceConfig, make
from collectors.presets import EXPORTS
from collectors.reading import read_file
from core.errors import ConfigError
from core.types import Post, Rejection

NOON = "2026-11-20T12:00:00Z"

EXAMPLES: dict[str, dict[str, Any]] = json.loads((Path(__file__).parent / "golden" / "exports.json").read_text())
ROWS = {name: example["row"] for name, example in EXAMPLES.items()}
EXPECTED = {name: tuple(example["post"].values()) for name, example in EXAMPLES.items()}


def written(tmp_path: Path, row: Mapping[str, Any]) -> Path:
    path = tmp_path / "export.jsonl"
    path.write_text(json.dumps(row) + "\n")
    return path


def shown(post: Post | Rejection) -> tuple[str, ...]:
    assert isinstance(post, Post), post
    return (
        *(post.platform, post.platform_id, post.text, post.title, post.author, post.language, post.url),
        post.conversation_id,
    )


def test_every_preset_has_an_example() -> None:
    assert set(EXAMPLES) == set(EXPORTS)


@pytest.mark.parametrize("name", ROWS)
def test_an_export_is_recognised_by_its_columns_and_says_so(tmp_path: Path, name: str) -> None:
    reading = read_file(written(tmp_path, ROWS[name]))
    (post,) = reading

    assert shown(post) == EXPECTED[name]
    assert isinstance(post, Post)
    assert post.posted_at.replace(microsecond=0) == datetime(2026, 11, 20, 12, tzinfo=UTC)
    assert f"Read as an export of {EXPORTS[name].name}." in reading.notes


@pytest.mark.parametrize("name", ROWS)
def test_no_export_is_taken_for_another_one(name: str) -> None:
    from collectors.columns import _tidy
    from collectors.tables import _flat

    columns = {_tidy(column) for column in _flat(ROWS[name])}

    assert [key for key, preset in EXPORTS.items() if preset.marks <= columns] == [name]


def test_an_export_in_csv_and_utf_16_is_recognised_too(tmp_path: Path) -> None:
    path = tmp_path / "reviews_example.parcelo_202611.csv"
    row = ROWS["google-play"]
    path.write_text(",".join(row) + "\r\n" + ",".join(row.values()) + "\r\n", encoding="utf-16")
    (post,) = read_file(path)

    assert shown(post) == EXPECTED["google-play"]


def test_a_row_takes_the_next_best_column_where_the_first_is_empty(tmp_path: Path) -> None:
    row = {**ROWS["meltwater"], "Hit Sentence": "", "Opening Text": "An article", "Tweet Id": "", "Headline": "Late"}
    (post,) = read_file(written(tmp_path, row))

    assert shown(post)[:4] == ("files", "https://x.example/1", "An article", "Late")


def test_a_mapping_and_a_platform_of_the_source_come_before_the_preset(tmp_path: Path) -> None:
    (post,) = read_file(written(tmp_path, ROWS["trustpilot"]), {"text": "Review Title"}, "reviews")

    assert shown(post)[:3] == ("reviews", "r1", "Lost")


def test_a_source_names_a_preset_whose_marks_its_file_lacks(tmp_path: Path) -> None:
    row = {key: ROWS["trustpilot"][key] for key in ("Review Id", "Review Created (UTC)", "Review Content")}
    config = SourceConfig("t", "files", path=str(written(tmp_path, row)), options={"preset": "trustpilot"})
    (page,) = make(config, {}).fetch("")

    assert [shown(post)[:3] for post in page.posts] == [("trustpilot", "r1", "They lost my kettle")]


@pytest.mark.parametrize(("name", "hint"), [("trust-pilot", 'did you mean "trustpilot"'), ("x9", "known: brandwatch")])
def test_an_unknown_preset_names_the_nearest_known_one(name: str, hint: str) -> None:
    with pytest.raises(ConfigError, match=f'no preset "{name}".*{hint}'):
        make(SourceConfig("t", "files", path="p", options={"preset": name}), {})


def test_a_file_of_nobody_in_particular_is_read_as_before(tmp_path: Path) -> None:
    reading = read_file(written(tmp_path, {"id": 1, "text": "late", "created_at": NOON, "url": "https://a.example"}))
    (post,) = reading

    assert shown(post)[:3] == ("files", "1", "late")
    assert reading.notes == []
