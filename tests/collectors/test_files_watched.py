"""A file or a folder as a source: what was read is not read again, and what is new is not missed."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from collectors import SourceConfig
from collectors.files import Files
from core.errors import BadResponseError, UnreachableError
from core.types import Page, Post
from tests.collectors.archive import all_posts

HEAD = "id,date,author,text\n"
Fetch = Callable[..., list[Page]]


def rows(*numbers: int) -> str:
    return "".join(f"{number},2026-11-21T10:00:00Z,dora,late {number}\n" for number in numbers)


def ids(pages: list[Page]) -> list[int]:
    return [int(post.platform_id.removeprefix("inbox/")) for post in all_posts(pages)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "inbox"
    path.mkdir()
    return path


@pytest.fixture
def fetch(folder: Path) -> Fetch:
    def fetch_from(cursor: str = "", path: Path = folder, **options: str) -> list[Page]:
        return list(Files(SourceConfig("inbox", "files", path=str(path), options=options)).fetch(cursor))

    return fetch_from


def change(path: Path, text: str) -> None:
    """Write so that the time of change differs, however coarse the clock of the file system is."""
    before = path.stat().st_mtime_ns if path.exists() else 0
    path.write_text(text)
    os.utime(path, ns=(before + 10**9, before + 10**9))


def test_every_file_of_a_folder_is_read_once_in_the_order_of_their_names(folder: Path, fetch: Fetch) -> None:
    (folder / "b.csv").write_text(HEAD + rows(3, 4))
    (folder / "a.csv").write_text(HEAD + rows(1, 2))
    pages = fetch()

    assert ids(pages) == [1, 2, 3, 4]
    assert fetch(pages[-1].cursor) == []


@pytest.mark.parametrize("stop", range(1, 5))
def test_a_run_that_dies_after_any_page_is_finished_by_the_next(folder: Path, fetch: Fetch, stop: int) -> None:
    (folder / "a.csv").write_text(HEAD + rows(*range(1200)) + "broken\n" * 20)
    (folder / "b.csv").write_text(HEAD + rows(*range(2000, 2300)))
    whole = fetch()
    fetching = Files(SourceConfig("inbox", "files", path=str(folder))).fetch("")
    before = [next(fetching) for _ in range(stop)]
    after = fetch(before[-1].cursor)

    assert len(whole) == 4
    assert ids(before) + ids(after) == ids(whole) == [*range(1200), *range(2000, 2300)]
    assert [r for page in before + after for r in page.rejected] == [r for page in whole for r in page.rejected]


def test_a_file_that_grows_is_read_on_from_its_last_row(folder: Path, fetch: Fetch) -> None:
    path = folder / "a.csv"
    path.write_text(HEAD + rows(1, 2))
    cursor = fetch()[-1].cursor
    change(path, HEAD + rows(1, 2, 3))

    assert ids(fetch(cursor)) == [2, 3]  # the last row again: it may have been half written


def test_a_row_that_was_half_written_is_read_again_when_it_is_whole(folder: Path, fetch: Fetch) -> None:
    path = folder / "a.csv"
    path.write_text(HEAD + rows(1) + "2,2026-11-21T10:00:00Z,do")
    first = fetch()
    change(path, HEAD + rows(1, 2, 3))

    assert [rejection.row for page in first for rejection in page.rejected] == [3]
    assert ids(fetch(first[-1].cursor)) == [1, 2, 3]


def test_a_last_row_with_an_id_is_taken_at_once_with_or_without_a_line_end(folder: Path, fetch: Fetch) -> None:
    (folder / "a.csv").write_text(HEAD + rows(1, 2).rstrip("\n"))

    assert ids(fetch()) == [1, 2]


def test_a_quoted_row_that_was_half_written_is_not_lost_for_good(folder: Path, fetch: Fetch) -> None:
    path = folder / "a.csv"
    start = HEAD + rows(1) + '2,2026-11-21T10:00:00Z,dora,"late\nand later\n'
    path.write_text(start)
    first = fetch()
    change(path, start + 'and lost"\n' + rows(3))
    second = fetch(first[-1].cursor)

    assert [rejection.row for rejection in first[-1].rejected] == [3, 4]
    assert [post.text for post in all_posts(second)] == ["late 1", "late\nand later\nand lost", "late 3"]
    assert second[-1].rejected == ()


def test_rows_that_cannot_be_read_at_the_end_of_a_page_are_read_again_too(folder: Path, fetch: Fetch) -> None:
    path = folder / "a.csv"
    start = HEAD + rows(1) + '2,2026-11-21T10:00:00Z,dora,"late\n' + "and later\n" * 600
    path.write_text(start)
    cursor = fetch()[0].cursor  # a run that dies after its first page, all of whose last rows are rejections
    change(path, start + 'and lost"\n')

    assert ids(fetch(cursor)) == [1, 2]


@pytest.mark.parametrize(
    ("name", "whole", "half", "rest"),
    [
        ("a.csv", "date,author,text\n", "2026-11-21,dora,my par", "cel is late\n2026-11-21,dora,lost\n"),
        ("a.jsonl", '{"date":"2026-11-21","text":"lost"}\n', '{"date":"2026-11-21","text":"la', 'te"}\n'),
        ("a.csv", "date;author;text\r\n", "2026-11-21;dora;late\r", "\n2026-11-21;dora;lost\r\n"),
    ],
)
def test_a_half_written_last_row_without_an_id_becomes_one_post_and_not_two(
    folder: Path, fetch: Fetch, name: str, whole: str, half: str, rest: str
) -> None:
    path = folder / name
    path.write_bytes((whole + half).encode())
    first = fetch()
    before = path.stat().st_mtime_ns
    path.write_bytes((whole + half + rest).encode())
    os.utime(path, ns=(before + 10**9, before + 10**9))
    second = fetch(first[-1].cursor)

    assert first[-1].rejected == ()
    assert len({post.platform_id for post in all_posts(first) + all_posts(second)}) == 2


def test_a_last_row_without_id_and_line_end_is_taken_when_nobody_writes_any_more(folder: Path, fetch: Fetch) -> None:
    path = folder / "a.csv"
    whole = "date,author,text\n2026-11-21,dora,late\n2026-11-21,dora,lost"
    path.write_text(whole)
    first = fetch()
    second = fetch(first[-1].cursor)
    change(path, whole + "\n2026-11-21,dora,found\n")
    third = fetch(second[-1].cursor)

    assert [post.text for post in all_posts(first)] == ["late"]
    assert [post.text for post in all_posts(second)] == ["lost"]
    assert [post.text for post in all_posts(third)] == ["lost", "found"]
    assert fetch(third[-1].cursor) == []


def test_a_whole_json_object_is_taken_at_once_with_or_without_a_line_end(folder: Path, fetch: Fetch) -> None:
    (folder / "a.jsonl").write_text(
        '{"id":1,"date":"2026-11-21","text":"lost"}\n{"id":2,"date":"2026-11-21","text":"late"}'
    )
    pages = fetch()

    assert ids(pages) == [1, 2]
    assert fetch(pages[-1].cursor) == []


def test_a_single_file_is_taken_to_its_last_row_at_once(folder: Path, fetch: Fetch) -> None:
    path = folder / "a.csv"
    path.write_text(HEAD + rows(1, 2).rstrip("\n"))
    pages = fetch(path=path)

    assert ids(pages) == [1, 2]
    assert fetch(pages[-1].cursor, path=path) == []


@pytest.mark.parametrize("place", [3, 500, 997])
@pytest.mark.parametrize("edit", ["9999,2026-11-21T10:00:00Z,eve,new\n{}", "{}"], ids=["insertion", "edit"])
def test_a_change_in_the_middle_of_a_file_that_got_longer_is_seen(
    folder: Path, fetch: Fetch, place: int, edit: str
) -> None:
    path = folder / "a.csv"
    lines = rows(*range(1000)).splitlines(keepends=True)
    path.write_text(HEAD + "".join(lines))
    cursor = fetch()[-1].cursor
    lines[place] = edit.format(lines[place].replace("late", "lost"))
    change(path, HEAD + "".join(lines) + rows(1000))
    texts = [post.text for post in all_posts(fetch(cursor))]

    assert f"lost {place}" in texts
    assert ("new" in texts) == edit.startswith("9999")
    assert texts[-1] == "late 1000"


def test_an_order_of_dates_that_becomes_clear_later_doubles_no_post(folder: Path, fetch: Fetch) -> None:
    path = folder / "a.csv"
    start = "date,author,text\n03/04/2026,ann,late\n05/04/2026,eve,late\n"
    path.write_text(start)
    first = fetch()
    change(path, start + "04/21/2026,bob,lost\n")
    second = fetch(first[-1].cursor)
    change(path, start + "04/21/2026,bob,lost\n04/22/2026,bob,lost\n")
    third = fetch(second[-1].cursor)

    assert [post.posted_at.month for post in all_posts(first)] == [4, 4]
    assert [post.posted_at.month for post in all_posts(second)] == [3, 5, 4]
    assert [post.platform_id for post in all_posts(second)][:2] == [post.platform_id for post in all_posts(first)]
    assert [post.author for post in all_posts(third)] == ["bob", "bob"]


def test_the_same_row_ids_in_two_sources_are_two_posts(folder: Path) -> None:
    (folder / "a.csv").write_text("id,reply_to,date,text\n1,7,2026-11-21,late\n")

    def fetched(name: str) -> Post:
        pages = list(Files(SourceConfig(name, "files", path=str(folder))).fetch(""))
        return all_posts(pages)[0]

    assert (fetched("north").platform_id, fetched("south").platform_id) == ("north/1", "south/1")
    assert fetched("north").parent_id == "north/7"


def test_a_file_that_changed_otherwise_is_read_anew(folder: Path, fetch: Fetch) -> None:
    path = folder / "a.csv"
    path.write_text(HEAD + rows(1, 2))
    cursor = fetch()[-1].cursor
    change(path, HEAD + rows(7, 8, 9))

    assert ids(fetch(cursor)) == [7, 8, 9]


def test_new_files_are_read_and_deleted_ones_forgotten(folder: Path, fetch: Fetch) -> None:
    (folder / "a.csv").write_text(HEAD + rows(1))
    first = fetch()
    (folder / "a.csv").unlink()
    gone = fetch(first[-1].cursor)
    (folder / "b.csv").write_text(HEAD + rows(2))
    fresh = fetch(gone[-1].cursor)

    assert ids(gone) == []
    assert "a.csv" not in gone[-1].cursor
    assert ids(fresh) == [2]


def test_files_of_other_kinds_and_our_own_are_left_alone(folder: Path, fetch: Fetch) -> None:
    for name in (".hidden.csv", "a.csv.rejected.csv", "b.csv.tmp", "notes.pdf", "~$c.xlsx"):
        (folder / name).write_text("nothing that could be read")
    (folder / "sub.csv").mkdir()
    os.mkfifo(folder / "pipe.csv")

    assert fetch() == []


def test_a_file_that_cannot_be_read_stops_no_other_and_waits_until_it_changes(folder: Path, fetch: Fetch) -> None:
    (folder / "a.csv").write_text("when,what\n1,2\n")
    (folder / "b.csv").write_text(HEAD + rows(1) + "2,,dora,late\n")
    pages = fetch()
    rejected = [rejection for page in pages for rejection in page.rejected]
    again = fetch(pages[-1].cursor)
    change(folder / "a.csv", HEAD + rows(5))

    assert ids(pages) == [1]
    assert [rejection.row for rejection in rejected] == [0, 3]
    assert rejected[0].reason.startswith("a.csv has no column for the text")
    assert rejected[1].reason == 'b.csv: the date (column "date") is empty'
    assert again == []
    assert ids(fetch(pages[-1].cursor)) == [5]


def test_a_single_file_that_cannot_be_read_is_an_error_that_says_why(folder: Path, fetch: Fetch) -> None:
    path = folder / "a.csv"
    path.write_text("when,what\n1,2\n")
    with pytest.raises(BadResponseError, match="no column for the text"):
        fetch(path=path)


def test_a_single_file_is_read_with_its_options(folder: Path, fetch: Fetch) -> None:
    path = folder / "a.csv"
    path.write_bytes("id,date,text\n1,21/07/2026 12:00,посылка\n".encode("koi8-r"))
    (post,) = all_posts(fetch(path=path, encoding="koi8-r", platform="forum", timezone="Europe/London"))

    assert (post.platform, post.text, post.posted_at.hour) == ("forum", "посылка", 11)


def test_a_folder_that_is_not_there_is_unreachable_and_may_come_back(folder: Path, fetch: Fetch) -> None:
    with pytest.raises(UnreachableError, match="No such file"):
        fetch(path=folder / "none")
