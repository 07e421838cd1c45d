"""Files as people hand them in: each fault gives a clear reason, and the good rows land."""

import csv
import json
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.delimited import records
from collectors.lines import Line
from collectors.reading import read_file, write_rejected
from core.errors import ConfigError, InputError
from core.types import Post, PostKind, Rejection

HEAD = "id,date,author,text\n"
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_file(content: str | bytes, name: str = "posts.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write_file


def row(number: int, words: str = "") -> str:
    return f"{number},2026-11-21T10:00:00Z,dora,{words or f'late {number}'}\n"


def both(path: Path, **settings: object) -> tuple[list[Post], list[Rejection]]:
    found = list(read_file(path, **settings))  # type: ignore[arg-type]
    return [each for each in found if isinstance(each, Post)], [each for each in found if isinstance(each, Rejection)]


def ids(posts: list[Post]) -> list[str]:
    return [post.platform_id for post in posts]


def reasons(rejected: list[Rejection]) -> list[tuple[int, str]]:
    return [(each.row, each.reason) for each in rejected]


# ---- what lands ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_delimiter_encoding_and_line_ends_are_found_out(write: Write, delimiter: str, encoding: str, end: str) -> None:
    lines = (HEAD + row(1, "reçu") + row(2)).replace(",", delimiter).replace("\n", end)
    posts, rejected = both(write(lines, encoding=encoding))

    assert [post.text for post in posts] == ["reçu", "late 2"]
    assert rejected == []


def test_cells_with_quotes_delimiters_and_line_ends_are_whole(write: Write) -> None:
    words = '"She said ""late"", twice;\nand left, again"'
    posts, rejected = both(write(HEAD + row(1, words) + row(2) + row(3, '5" pipe')))

    assert [post.text for post in posts] == ['She said "late", twice;\nand left, again', "late 2", '5" pipe']
    assert rejected == []


def test_a_line_that_names_the_separator_is_not_the_header(write: Write) -> None:
    posts, _ = both(write("sep=;\n" + (HEAD + row(1)).replace(",", ";")))

    assert ids(posts) == ["1"]


def test_json_lines_json_and_excel_give_the_same_posts_as_csv(write: Write, tmp_path: Path) -> None:
    rows = [
        {"id": str(number), "date": "2026-11-21T10:00:00", "user": "@dora", "message": f"late {number}"}
        for number in (1, 2)
    ]
    book = openpyxl.Workbook()
    book.create_sheet("posts").append(list(rows[0]))
    for each in rows:
        book["posts"].append([int(each["id"]), datetime.fromisoformat(each["date"]), each["user"], each["message"]])
    book.save(tmp_path / "posts.xlsx")
    lines = "\n".join(map(json.dumps, rows))
    files = [
        write("id,date,user,message\n" + "".join(",".join(each.values()) + "\n" for each in rows)),
        write(lines, "posts.jsonl"),
        write(lines, "named-wrongly.json"),
        write(json.dumps(rows), "posts.json"),
        write(json.dumps({"count": 2, "data": {"items": rows}}), "nested.json"),
        write("\ufeff" + json.dumps(rows), "marked.json"),
        tmp_path / "posts.xlsx",
        write((tmp_path / "posts.xlsx").read_bytes(), "excel-as.csv"),
    ]
    expected = both(files[0])[0]

    assert [(post.author, post.posted_at.hour) for post in expected] == [("dora", 10), ("dora", 10)]
    for path in files[1:]:
        assert both(path) == (expected, []), path.name


def test_a_row_may_hold_everything_that_a_post_has(write: Write) -> None:
    line = {
        "platform": "Trustpilot",
        "review_id": "r-1",
        "review_text": "Never came.",
        "title": "Lost",
        "created_at": "Sat Nov 21 10:00:00 +0000 2026",
        "user": {"screen_name": "dora", "followers_count": "1,204", "name": "Dora D."},
        "link": "https://reviews.example/r-1",
        "lang": "en-GB",
        "in_reply_to_status_id": 77,
        "conversation_id": 70,
        "kind": "Comment",
    }
    posts, _ = both(write(json.dumps(line), "posts.jsonl"), mapping={"name": "user.name"})

    assert posts == [
        Post(
            platform="trustpilot",
            platform_id="r-1",
            text="Never came.",
            title="Lost",
            author="dora",
            author_name="Dora D.",
            posted_at=datetime(2026, 11, 21, 10, tzinfo=UTC),
            url="https://reviews.example/r-1",
            language="en",
            parent_id="77",
            conversation_id="70",
            reach=1204,
            kind=PostKind.COMMENT,
        )
    ]


def test_the_given_platform_and_columns_count_more_than_the_files(write: Write) -> None:
    content = "platform,when,id,text,remark\nother,2026-11-21,1,not this,But this\n"
    (post,), _ = both(write(content), mapping={"text": "remark", "date": "WHEN"}, platform="X")

    assert (post.platform, post.text) == ("x", "But this")


def test_a_row_without_an_id_gets_one_that_stays(write: Write) -> None:
    content = "date,author,text\n2026-11-21,dora,late\n2026-11-21,dora,lost\n2026-11-21,dora,late\n"
    first, rejected = both(write(content))
    again, _ = both(write(content.replace("\n", "\r\n"), "other.csv"))

    assert len(first) == 2  # the third repeats the first
    assert rejected == []
    assert ids(first) == ids(again)
    assert all(each.startswith("sha256:") for each in ids(first))


def test_two_files_with_the_same_row_ids_do_not_overwrite_each_other(write: Write) -> None:
    path = write(HEAD + row(1) + "1.5E+18,2026-11-21,dora,lost\n")
    north, south = both(path, scope="North")[0], both(path, scope="South")[0]

    assert ids(north)[0] == "North/1"
    assert ids(north)[1].startswith("North/sha256:")
    assert not set(ids(north)) & set(ids(south))
    assert ids(both(path, scope="N" * 400)[0])[0].startswith("sha256:")


def test_an_id_of_a_named_platform_stays_as_it_is(write: Write) -> None:
    named = write("id,platform,date,text\n1,forum,2026-11-21,late\n2,,2026-11-21,late\n", "named.csv")

    assert ids(both(named, scope="North")[0]) == ["1", "North/2"]
    assert ids(both(named, scope="North", platform="X")[0]) == ["1", "2"]


def test_ids_that_a_spreadsheet_rounded_are_not_taken_for_ids(write: Write) -> None:
    posts, rejected = both(
        write(HEAD + row(1).replace("1,", "1.59279E+18,", 1) + row(2).replace("2,", "1.59279E+18,", 1))
    )

    assert len(set(ids(posts))) == 2
    assert rejected == []


def test_dates_in_five_forms_in_one_column_are_all_read(write: Write) -> None:
    dates = ["2026-11-21T14:05:00Z", "21/11/2026 14:05", "Nov 21, 2026 2:05 PM", "1795269900", "2026-11-21 15:05 +0100"]
    quoted = "".join(f'{number},"{date}",dora,late {number}\n' for number, date in enumerate(dates))
    posts, rejected = both(write(HEAD + quoted))

    assert {post.posted_at for post in posts} == {datetime(2026, 11, 21, 14, 5, tzinfo=UTC)}
    assert rejected == []


@pytest.mark.parametrize(
    ("dates", "months", "note"),
    [
        (["03/04/2026", "21/04/2026"], [4, 4], 0),
        (["03/04/2026", "04/21/2026"], [3, 4], 0),
        (["03/04/2026", "05/04/2026"], [4, 4], 1),
    ],
)
def test_the_whole_column_tells_days_from_months(write: Write, dates: list[str], months: list[int], note: int) -> None:
    rows = "".join(f"{number},{date},dora,late {number}\n" for number, date in enumerate(dates))
    reading = read_file(write(HEAD + rows))

    assert [each.posted_at.month for each in reading if isinstance(each, Post)] == months
    assert len(reading.notes) == note


def test_a_column_that_writes_days_and_months_both_ways_keeps_only_what_is_certain(write: Write) -> None:
    dates = ["03/04/2026", "21/04/2026", "04/21/2026", "2026-04-03"]
    rows = "".join(f"{number},{date},dora,late {number}\n" for number, date in enumerate(dates))
    posts, rejected = both(write(HEAD + rows))

    assert ids(posts) == ["1", "2", "3"]
    assert rejected[0].row == 2
    assert "may be two days" in rejected[0].reason


# ---- rows that cannot be read --------------------------------------------------------------------------------------


def test_a_broken_quote_costs_one_row_and_not_the_rest_of_the_file(write: Write) -> None:
    content = HEAD + row(1) + row(2, '"never closed') + "".join(map(row, range(3, 50)))
    posts, rejected = both(write(content))

    assert ids(posts) == ["1", *map(str, range(3, 50))]
    assert reasons(rejected) == [(3, "a quote is opened and never closed")]
    assert rejected[0].raw == row(2, '"never closed').strip()


def test_broken_quotes_among_quoted_rows_cost_only_their_rows(write: Write) -> None:
    good = [f'"{number}","2026-11-21","dora","all is ""late"" {number}"\n' for number in range(40)]
    bad = ['"b1","2026-11-21","dora","never closed\n', '"b2","2026-11-21","dora","closed" early"\n']
    content = HEAD + "".join([*good[:10], bad[0], *good[10:20], bad[1], bad[0], *good[20:]])
    posts, rejected = both(write(content))

    assert ids(posts) == [str(number) for number in range(40)]
    assert [each.row for each in rejected] == [12, 23, 24]
    assert rejected[1].reason == "a quote stands in the wrong place"


@given(st.lists(st.text(alphabet='",\nab', max_size=12), max_size=6), st.integers(0, 6))
def test_good_rows_land_whatever_stands_between_them(between: list[str], place: int) -> None:
    good = [f'"{number}","fine {number}"' for number in range(12)]
    mess = [line for text in between for line in text.split("\n")]
    texts = [*good[:place], *mess, *good[place:]]
    lines = [Line(number, text) for number, text in enumerate(texts, start=1)]
    found = [each[1] for each in records(lines, ",", 2) if not isinstance(each, Rejection)]

    assert all([str(number), f"fine {number}"] in found for number in range(12))


def test_a_line_of_a_hundred_megabytes_is_left_out_and_never_held(write: Write, tmp_path: Path) -> None:
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.write((HEAD + row(1)).encode())
        for _ in range(100):
            file.write(b"x" * 2**20)
        file.write(b"\n" + row(2).encode())
    tracemalloc.start()
    posts, rejected = both(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert ids(posts) == ["1", "2"]
    assert reasons(rejected) == [(3, "is a line of 104.9 MB; 1 MB is the most that is read")]
    assert len(rejected[0].raw) <= 500
    assert peak < 20 * 2**20


def test_a_wide_line_is_left_out_too(write: Write) -> None:
    content = HEAD + row(1) + "x" * 3_000_000 + "\n" + row(2)
    posts, rejected = both(write(content, encoding="utf-16"))

    assert ids(posts) == ["1", "2"]
    assert rejected[0].reason.startswith("is a line of 3.0 MB")


def test_nul_bytes_cost_their_row(write: Write) -> None:
    posts, rejected = both(write(HEAD + row(1) + row(2, "la\0te") + row(3)))

    assert ids(posts) == ["1", "3"]
    assert reasons(rejected) == [(3, "holds NUL bytes")]
    assert "\0" not in rejected[0].raw


def test_a_byte_that_is_not_utf8_costs_its_row_in_a_file_that_is(write: Write) -> None:
    content = (HEAD + row(1, "reçu")).encode() + row(2, "reçu").encode("cp1252") + row(3).encode()
    posts, rejected = both(write(content))

    assert ids(posts) == ["1", "3"]
    assert reasons(rejected) == [(3, "holds a byte that is not UTF-8 (0xE7)")]


def test_a_file_of_another_encoding_is_read_with_a_note(write: Write) -> None:
    reading = read_file(write(HEAD + row(1, "reçu “déjà”"), encoding="cp1252"))

    assert [each.text for each in reading if isinstance(each, Post)] == ["reçu “déjà”"]
    assert reading.notes == ["posts.csv is not UTF-8: read as Windows-1252 from line 2 on."]


def test_a_named_encoding_is_taken_at_its_word(write: Write) -> None:
    path = write(HEAD + row(1, "посылка"), encoding="koi8-r")

    assert both(path, encoding="koi8-r")[0][0].text == "посылка"
    with pytest.raises(InputError, match='no encoding "koi9"'):
        read_file(path, encoding="koi9")
    assert both(path, encoding="ascii")[1][0].reason == "holds bytes that are not ascii"


def test_the_second_row_of_an_id_is_left_out_silently_where_it_is_the_same_and_rejected_where_not(write: Write) -> None:
    posts, rejected = both(write(HEAD + row(1) + row(2) + row(1) + row(2, "something else")))

    assert ids(posts) == ["1", "2"]
    assert reasons(rejected) == [(5, "same id as row 3, with another content")]


def test_missing_words_dates_and_cells_are_told_apart(write: Write) -> None:
    content = HEAD + "1,2026-11-21,dora,\n2,,dora,late\n3,soon,dora,late\n4,2026-11-21,dora\n5,2026-11-21,a,b,c\n"
    posts, rejected = both(write(content + "\n ,,,\n" + row(9)))

    assert ids(posts) == ["9"]
    assert reasons(rejected) == [
        (2, 'the text (column "text") is empty'),
        (3, 'the date (column "date") is empty'),
        (4, '"soon" is no date that is understood'),
        (5, "has 3 cells where the header has 4"),
        (6, "has 5 cells where the header has 4"),
    ]


def test_a_text_longer_than_any_post_is_rejected(write: Write) -> None:
    posts, rejected = both(write(HEAD + row(1, "x" * 100_001) + row(2, '"' + "y" * 140_000 + '"') + row(3)))

    assert ids(posts) == ["3"]
    assert "100,001 characters" in rejected[0].reason
    assert "longer than 131,072 characters" in rejected[1].reason


@pytest.mark.parametrize(
    "line", ["{broken", "[1]", '"words"', "7", "[" * 100_000, '{"id": ' + "9" * 5000 + "}", "NaN", "{}"]
)
def test_a_line_that_is_no_json_object_costs_its_row(write: Write, line: str) -> None:
    good = json.dumps({"id": "1", "date": "2026-11-21", "text": "late \ud83d"})
    posts, rejected = both(write(f"{good}\n{line}\n{good.replace('1', '2', 1)}\n", "posts.jsonl"))

    assert ids(posts) == ["1", "2"]
    assert [each.row for each in rejected] == [2]
    posts[0].text.encode()


def test_a_link_that_is_script_is_dropped(write: Write) -> None:
    posts, _ = both(write("id,date,text,url\n1,2026-11-21,late,javascript:steal()\n"))

    assert posts[0].url == ""


# ---- files that cannot be read as a whole --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        ("", "posts.csv", "posts.csv is empty"),
        (" \n\n", "posts.csv", "posts.csv is empty"),
        (
            "id,when,who,what\n1,2,3,4\n",
            "posts.csv",
            "no column for the text.*Its columns: id, when, who, what.*--map text=",
        ),
        ("id,text\n1,late\n", "posts.csv", "no column for the date.*--map posted_at=COLUMN"),
        ("a,\0text\n", "posts.csv", "no header that can be read: line 1 holds NUL bytes"),
        ("text", "posts.xlsx", "not an Excel file"),
        (b"\xd0\xcf\x11\xe0rest", "posts.xls", "password-protected"),
        (b"PK\x03\x04 but no archive", "posts.xlsx", "damaged Excel file"),
        ("{broken", "posts.json", "is not JSON: .* at line 1"),
        ("[]", "posts.json", "no list of JSON objects"),
        ("7", "posts.json", "no list of JSON objects"),
        ("[" * 100_000, "posts.json", "is not JSON"),
        (b'["\xff"]', "posts.json", "not JSON in UTF-8"),
        ("7\n8\n", "posts.jsonl", "no JSON object in its first lines"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(write: Write, content: str | bytes, name: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        read_file(write(content, name))


def test_a_missing_file_and_a_folder_say_what_they_are(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.csv cannot be read: No such file"):
        read_file(tmp_path / "none.csv")
    with pytest.raises(InputError, match="is a folder"):
        read_file(tmp_path)


def test_a_zip_that_is_no_workbook_is_a_damaged_one(tmp_path: Path) -> None:
    path = tmp_path / "posts.xlsx"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("readme.txt", "nothing")
    with pytest.raises(InputError, match="damaged Excel file, or none"):
        read_file(path)


def test_an_empty_workbook_says_so(tmp_path: Path) -> None:
    openpyxl.Workbook().save(tmp_path / "posts.xlsx")
    with pytest.raises(InputError, match="no sheet with rows"):
        read_file(tmp_path / "posts.xlsx")


@pytest.mark.parametrize(
    ("mapping", "reason"),
    [
        ({"text": "remark"}, 'no column "remark". Its columns: id, date, author, text'),
        ({"txt": "text"}, 'no field "txt"; did you mean "text"'),
    ],
)
def test_a_mapping_that_fits_nothing_says_what_there_is(write: Write, mapping: dict[str, str], reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        read_file(write(HEAD + row(1)), mapping)


def test_an_unknown_time_zone_is_refused(write: Write) -> None:
    with pytest.raises(ConfigError, match="no time zone"):
        read_file(write(HEAD + row(1)), timezone="Mars")


# ---- the file of rejections ----------------------------------------------------------------------------------------


def test_rejections_stand_beside_the_file_and_no_cell_is_a_formula(tmp_path: Path) -> None:
    raws = ["=1+1", "+1", "-1", "@a", "\ttab", 'plain, with "quotes"\nand lines', "half \ud83d"]
    path = write_rejected(tmp_path / "posts.csv", [Rejection(n, f"reason {n}", raw) for n, raw in enumerate(raws)])

    assert path == tmp_path / "posts.csv.rejected.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["row", "reason", "raw"]
    assert [each["raw"][:2] for each in rows[:5]] == ["'=", "'+", "'-", "'@", "'\t"]
    assert rows[5]["raw"] == raws[5]
    assert [each["row"] for each in rows] == [str(n) for n in range(7)]
    assert list(tmp_path.iterdir()) == [path]


def test_an_old_file_of_rejections_goes_when_nothing_is_rejected_any_more(tmp_path: Path) -> None:
    write_rejected(tmp_path / "posts.csv", [Rejection(1, "a", "b")])

    assert write_rejected(tmp_path / "posts.csv", []) is None
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_to_matters_only_where_a_row_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "posts.csv.rejected.csv.tmp").mkdir()  # in the way, as a folder without the right to write would be
    done = []

    def reading(rejections: int) -> Iterator[Rejection]:
        for number in range(rejections):
            yield Rejection(number, "reason", "raw")
        done.append("to the end")

    assert write_rejected(tmp_path / "posts.csv", reading(0)) is None
    with pytest.raises(InputError, match=r"posts\.csv\.rejected\.csv cannot be written.*that can be read were taken"):
        write_rejected(tmp_path / "posts.csv", reading(3))
    assert done == ["to the end", "to the end"]


def test_an_old_file_of_rejections_that_cannot_be_removed_is_said_after_the_last_row(tmp_path: Path) -> None:
    (tmp_path / "posts.csv.rejected.csv").mkdir()
    with pytest.raises(InputError, match="cannot be written"):
        write_rejected(tmp_path / "posts.csv", [])


def test_a_file_that_stops_being_readable_leaves_no_half_file_of_rejections(tmp_path: Path) -> None:
    def reading() -> Iterator[Rejection]:
        yield Rejection(1, "reason", "raw")
        raise InputError("damaged")

    with pytest.raises(InputError, match="damaged"):
        write_rejected(tmp_path / "posts.csv", reading())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_file_of_two_hundred_megabytes_is_read_in_flat_memory(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    words = "word " * 400
    with path.open("w") as file:
        file.write(HEAD)
        file.writelines(row(number, words) for number in range(100_000))
    tracemalloc.start()
    count = sum(isinstance(each, Post) for each in read_file(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert count == 100_000
    assert peak < 60 * 2**20
