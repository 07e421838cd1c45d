"""What the Reports page shows and leads to, who sees what, and what is taken away from it; without a browser."""

import csv
import io
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl

import altair as alt
import pytest
import streamlit as st
from openpyxl import load_workbook
from sqlmodel import col, select
from streamlit.testing.v1 import AppTest

from board import parts
from board.queue.filters import filter_of
from board.reports import exports
from board.reports.address import Chosen, read_address
from board.reports.parts import Picture, Section
from board.reports.report import Report, read_report
from board.reports.sections import sections
from board.reports.table import Row, Table
from core.counted import Clock, Dimension
from core.errors import InputError, StorageError
from jobs.parts import Parts
from jobs.tally import tally
from storage.database import Database, open_database
from storage.members import member_by_email
from storage.queue.filters import View
from storage.queue.listing import matching_ids
from storage.reports.reading import Wanted
from storage.rows import id_of
from storage.tables import Brand, Case, Member, Promise, PromiseState, TallyState
from tests.board.seeding import DANA, OMAR, seed
from tests.board.whole_board import seed_whole_board

AT = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def counted_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A board in full use with its reports counted, to be copied."""
    path = tmp_path_factory.mktemp("reports") / "counted.db"
    database = open_database(f"sqlite:///{path}")
    seed_whole_board(database, AT, days=40)
    with database.write() as session:
        for case in session.exec(select(Case).order_by(col(Case.id).desc()).limit(60)):
            case.parties = []
            session.add(case)
    tally(Parts(database, now=lambda: AT))
    database.close()
    return path


@pytest.fixture
def board(counted_file: Path, tmp_path: Path) -> Iterator[parts.Parts]:
    shutil.copy(counted_file, tmp_path / "board.db")
    database = open_database(f"sqlite:///{tmp_path}/board.db")
    made = parts.Parts(database, "http://board.example", clock=lambda: AT)
    parts.install(made)
    yield made
    parts.install(None)
    database.close()


def member(database: Database, email: str) -> Member:
    with database.read() as session:
        found = member_by_email(session, email)
    assert found is not None
    return found


def read(board: parts.Parts, chosen: Chosen, email: str = DANA) -> Report:
    return read_report(board, chosen, member(board.database, email))


def part(report: Report, key: str) -> Section:
    return next(section for section in sections(report) if section.key == key)


def found_behind(board: parts.Parts, href: str) -> int:
    """Return how many cases the queue shows at an address of a report."""
    words = dict(parse_qsl(href.removeprefix("./?")))
    wanted = replace(filter_of(words), view=View(words["view"]))
    with board.database.read() as session:
        return len(matching_ids(session, wanted, id_of(member(board.database, DANA)), AT))


def as_rows(text: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.decode("utf-8-sig"), newline="")))


NARROWED = [
    Chosen(),
    Chosen(days=7),
    Chosen(days=90, by=Dimension.COURIER),
    Chosen(by=Dimension.PARTY, wanted=Wanted(platform="reddit")),
    Chosen(by=Dimension.PLATFORM, wanted=Wanted(courier="Swiftfare"), clock=Clock.WALL),
    Chosen(by=Dimension.BRAND, wanted=Wanted(brand_id=1)),
    Chosen(wanted=Wanted(reason="late")),  # of which each row names another reason besides
    Chosen(by=Dimension.REASON, wanted=Wanted(reason="lost", party="courier", platform="x")),
    Chosen(by=Dimension.COURIER, wanted=Wanted(party="brand")),
    Chosen(days=None, first=AT.date() - timedelta(days=20), last=AT.date() - timedelta(days=11)),
]


@pytest.mark.parametrize("chosen", NARROWED, ids=str)
def test_every_number_leads_to_as_many_cases(board: parts.Parts, chosen: Chosen) -> None:
    report = read(board, chosen)
    checked = 0
    for key in ("over_time", "kinds", "answers", "solving", "hours"):
        for row in part(report, key).tables[0].rows:
            if row.href:
                assert found_behind(board, row.href) == row.values[1], (key, row)
                checked += 1
            for place, href in list(row.hrefs.items())[::5]:  # each takes a search
                assert found_behind(board, href) == row.values[place], (key, row, place)
    assert checked > 15


def test_what_no_filter_of_the_queue_can_name_leads_nowhere(board: parts.Parts) -> None:
    rows = part(read(board, Chosen(by=Dimension.COURIER)), "kinds").tables[0].rows
    assert [row.href for row in rows if row.values[0] == "No courier named"] == [""]
    for wanted in (Wanted(courier=""), Wanted(party=""), Wanted(reason="")):
        narrowed = read(board, Chosen(wanted=wanted))
        assert {row.href for row in part(narrowed, "over_time").tables[0].rows} == {""}


@pytest.mark.parametrize("wanted", [Wanted(), Wanted(platform="reddit"), Wanted(reason="late")], ids=str)
def test_open_cases_of_a_member_are_those_of_the_queue(board: parts.Parts, wanted: Wanted) -> None:
    rows = [row for row in part(read(board, Chosen(wanted=wanted)), "team").tables[0].rows if row.href]
    assert rows
    for row in rows:
        assert found_behind(board, row.href) == row.values[1]


def test_what_is_counted_for_a_reason_or_party_is_what_all_counts_say_of_it(board: parts.Parts) -> None:
    everything = read(board, Chosen()).counted.total
    for kind, names in (("reason", ("late", "lost", "billing")), ("party", ("courier", "brand", ""))):
        for name in names:
            found = read(board, Chosen(wanted=Wanted(**{kind: name}))).counted
            assert found.total["cases"] == everything[f"{kind}:{name}"] > 0
            assert found.total[f"{kind}:{name}"] == found.total["cases"]
            assert sum(found.by_hour().values()) == found.total["cases"]


def test_work_and_promises_are_narrowed_with_the_cases(board: parts.Parts) -> None:
    with board.database.write() as session:
        case = session.exec(select(Case).where(Case.brand_id == 1, col(Case.party_bits) > 0)).first()
        assert case is not None
        reason, party = next(iter(case.reasons)), case.parties[0]
        due = AT - timedelta(hours=1)
        session.add(Promise(case_id=id_of(case), text="a call", due_at=due, state=PromiseState.BROKEN, created_at=AT))
        case.updated_at = AT
        session.add(case)
    tally(Parts(board.database, now=lambda: AT))
    about, other = Wanted(reason=reason, party=party), Wanted(reason=reason, party="supplier")
    assert "supplier" not in case.parties
    counts = [read(board, Chosen(days=7, wanted=wanted)).counted.promises().settled for wanted in (about, other)]
    assert counts[0] == counts[1] + 1
    texts = [[each.text for each in read(board, Chosen(days=7, wanted=wanted)).at_stake] for wanted in (about, other)]
    assert (texts[0].count("a call"), texts[1].count("a call")) == (1, 0)


def test_every_column_of_what_is_taken_away_has_a_name(board: parts.Parts) -> None:
    report = read(board, Chosen(days=90, by=Dimension.COURIER))
    for section in sections(report):
        for table in section.tables:
            headings = as_rows(exports.as_csv(table))[0]
            assert all(headings), (section.key, headings)
            assert len(set(headings)) == len(headings)


def test_kinds_over_time_are_taken_away_as_they_are_drawn(board: parts.Parts) -> None:
    section = part(read(board, Chosen(days=7, by=Dimension.PLATFORM)), "kinds")
    table = section.tables[1]
    assert table.file == "CSV over time"
    by_name = {str(row.values[0]): row.values[1] for row in section.tables[0].rows}
    headings, *lines = as_rows(exports.as_csv(table))
    assert len(lines) == 7
    assert {name: sum(int(line[place]) for line in lines) for place, name in enumerate(headings) if place} == by_name


def test_parts_add_up(board: parts.Parts) -> None:
    report = read(board, Chosen())
    total = report.counted.total["cases"]
    assert total > 100
    for dimension in (Dimension.PLATFORM, Dimension.COURIER, Dimension.BRAND):
        shares = part(read(board, Chosen(by=dimension)), "kinds").tables[0].rows
        assert sum(int(str(row.values[1])) for row in shares) == total
    assert sum(report.counted.by_hour().values()) == total
    assert sum(int(str(row.values[1])) for row in part(report, "over_time").tables[0].rows) == total


def test_a_day_that_is_not_over_is_marked_and_not_compared(board: parts.Parts) -> None:
    report = read(board, Chosen(days=7))
    assert part(report, "over_time").tables[0].rows[-1].values[-1] == "not over yet"
    assert report.period.over.last == AT.date() - timedelta(days=1)


def test_responders_see_the_work_of_nobody_else(board: parts.Parts) -> None:
    omar = member(board.database, OMAR)
    section = part(read(board, Chosen(), OMAR), "team")
    assert [row.values[0] for row in section.tables[0].rows] == [omar.name]
    assert "You see your own row" in " ".join(section.about)
    everybody = part(read(board, Chosen()), "team")
    names = {row.values[0] for row in everybody.tables[0].rows}
    assert omar.name in names
    assert len(names) > 2
    book = load_workbook(io.BytesIO(exports.as_excel(sections(read(board, Chosen(), OMAR)), [])))
    cells = {cell.value for sheet in book for row in sheet.iter_rows() for cell in row}
    assert not cells & (names - {omar.name})


def test_broken_promises_lead_to_their_cases(board: parts.Parts) -> None:
    with board.database.write() as session:
        case = session.exec(select(Case).where(Case.brand_id == 1)).first()
        assert case is not None
        for state, text in ((PromiseState.BROKEN, "a call"), (PromiseState.OPEN, "a refund"), (PromiseState.KEPT, "-")):
            session.add(
                Promise(case_id=id_of(case), text=text, due_at=AT - timedelta(hours=1), state=state, created_at=AT)
            )
        case_id = id_of(case)
    counts, at_stake = part(read(board, Chosen(days=7)), "promises").tables
    rows = [row for row in at_stake.rows if row.href == f"./?case={case_id}&view=all"]
    assert sorted((str(row.values[1]), row.values[-1]) for row in rows) == [("a call", "broken"), ("a refund", "due")]
    assert counts.columns == ("Promise", "Number")


@pytest.mark.parametrize(
    "asked",
    [
        {"days": "28; drop", "brand": "²", "courier": "", "by": "colour", "hours": "some"},
        {"days": "9999", "brand": "99999999999", "platform": "", "from": "soon", "to": "2026-13-01"},
        {"reason": "slow' OR 1=1", "party": "me"},
    ],
)
def test_an_address_that_makes_no_sense_is_as_none(asked: dict[str, str]) -> None:
    found = read_address(asked)
    assert replace(found, first=None, last=None) == Chosen()


def test_days_that_cannot_be_are_said_in_words(board: parts.Parts) -> None:
    with pytest.raises(InputError, match="Choose the first and the last day"):
        read(board, Chosen(days=None))
    with pytest.raises(InputError, match="no such brand"):
        read(board, Chosen(wanted=Wanted(brand_id=77)))


def sign_in(board: parts.Parts, email: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(st, "user", {"member_id": str(id_of(member(board.database, email)))})


def show() -> None:
    from board.pages.reports import reports_page

    reports_page()


def shown_words(page: AppTest) -> str:
    return "\n".join(
        each.value for kind in (page.caption, page.text, page.warning, page.info, page.subheader) for each in kind
    )


def test_page_shows_every_part_and_keeps_the_address(board: parts.Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    sign_in(board, OMAR, monkeypatch)
    page = AppTest.from_function(show, default_timeout=120)
    page.query_params["days"] = "7"
    page.run()
    assert not page.exception
    assert [heading.value for heading in page.subheader] == [
        "Complaints over time", "What they are about", "First answer", "Until it was resolved", "Promises kept",
        "When they come", "Who has and did what",
    ]  # fmt: skip
    assert page.selectbox(key="report_days").value == "7"
    page.selectbox(key="report_days").select("90").run()
    page.selectbox(key="report_platform").select("reddit").run()
    page.selectbox(key="report_reason").select("late").run()
    page.selectbox(key="report_party").select("-").run()
    page.toggle(key="report_hours").set_value(False).run()
    assert not page.exception
    assert {name: page.query_params[name] for name in ("days", "platform", "reason", "party", "hours")} == {
        "days": "90", "platform": "reddit", "reason": "late", "party": "-", "hours": "all",
    }  # fmt: skip
    assert [heading.value for heading in page.header] == ["Reports"]
    assert "by the clock on the wall" in shown_words(page)
    page.selectbox(key="report_days").select("28").run()
    assert "days" not in page.query_params


def test_own_days_are_asked_for_and_a_wrong_order_is_said(board: parts.Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    sign_in(board, DANA, monkeypatch)
    page = AppTest.from_function(show, default_timeout=120)
    page.run()
    page.selectbox(key="report_days").select("own").run()
    assert "Choose the first and the last day of the report" in shown_words(page)
    page.date_input(key="report_from").set_value(AT.date()).run()
    page.date_input(key="report_to").set_value(AT.date() - timedelta(days=3)).run()
    assert "before it begins" in shown_words(page)
    page.date_input(key="report_from").set_value(AT.date() - timedelta(days=9)).run()
    assert not page.exception
    assert len(page.subheader) == 7


def test_an_empty_board_says_so_in_words(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    seed(database, AT, cases=())
    made = parts.Parts(database, "http://board.example", clock=lambda: AT)
    parts.install(made)
    tally(Parts(database, now=lambda: AT))
    sign_in(made, DANA, monkeypatch)
    page = AppTest.from_function(show, default_timeout=120).run()
    parts.install(None)
    assert not page.exception
    words = shown_words(page)
    assert "No complaint came in this period. Choose more days, or look at Sources" in words
    assert "No promise was due in this period." in words
    assert "Nobody has or had a case in this period." in words


def test_counts_that_are_old_or_in_the_making_are_marked(board: parts.Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    sign_in(board, DANA, monkeypatch)
    with board.database.write() as session:
        state = session.get_one(TallyState, 1)
        state.seen_at = AT - timedelta(hours=2)
        session.add(state)
    words = shown_words(AppTest.from_function(show, default_timeout=120).run())
    assert "Nothing was counted since 24 Nov 13:00 UTC: the numbers below may be old." in words
    with board.database.write() as session:
        state = session.get_one(TallyState, 1)
        state.brands = {}
        session.add(state)
    words = shown_words(AppTest.from_function(show, default_timeout=120).run())
    assert "cases are still being counted" in words


HOSTILE = (
    '=HYPERLINK("http://evil.example")',
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "  =1",
    "a\x00b",
    "fine, “so”\nyes",
)


def test_no_cell_that_is_taken_away_is_a_formula() -> None:
    table = Table("Words", ("=Name", "Cases"), [Row((words, 1)) for words in HOSTILE])
    rows = as_rows(exports.as_csv(table))
    assert [row[0] for row in rows] == [
        "'=Name", "'" + HOSTILE[0], "'+1", "'-1", "'@SUM(A1)", "'\t=1", "'=1", "'  =1", "ab", HOSTILE[-1],
    ]  # fmt: skip
    book = load_workbook(io.BytesIO(exports.as_excel([Section("k", "=t", ["=a"], tables=[table])], ["=cmd"])))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s", "n"}
    assert not [cell.value for cell in cells if str(cell.value).lstrip().startswith(("=", "+", "-", "@"))]


def test_the_workbook_holds_the_numbers_and_says_what_they_count(board: parts.Parts) -> None:
    report = read(board, Chosen(days=7))
    section = part(report, "answers")
    book = load_workbook(io.BytesIO(exports.as_excel([section], ["Brindle Home"])))
    about = [row[0].value for row in book["About"].iter_rows()]
    assert about[0] == "Brindle Home"
    assert section.about[0] in about
    sheet = book["First answer by day"]
    assert [cell.value for cell in sheet[1]] == ["Day", "Counted", "Median (minutes)", "9 of 10 within (minutes)"]
    assert isinstance(sheet[2][1].value, int)


def test_a_picture_is_drawn_and_one_that_takes_too_long_is_given_up(
    board: parts.Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    section = part(read(board, Chosen(days=7)), "over_time")
    picture = exports.as_picture(section.pictures[0], section.title, section.about)
    assert picture.startswith(b"\x89PNG")
    assert len(picture) > 10_000
    monkeypatch.setattr(exports, "DRAWN_WITHIN_S", 0.01)
    with pytest.raises(StorageError, match="could not be drawn"):
        exports.as_picture(section.pictures[0], section.title, section.about)


def test_a_picture_loads_nothing() -> None:
    chart = alt.Chart(alt.UrlData("http://127.0.0.1:9/x.json")).mark_bar().encode(x="a:Q").to_dict()
    with pytest.raises(StorageError, match="could not be drawn"):
        exports.as_picture(Picture(lambda: chart, ""), "t", [])


def test_every_brand_has_its_own_day(board: parts.Parts) -> None:
    with board.database.write() as session:
        session.add(Brand(name="Far away", timezone="Pacific/Auckland", created_at=AT))
    report = read(board, Chosen(days=7))
    assert (report.period.span.last - AT.date()).days == 1
    assert report.period.unfinished == AT.date()
    assert report.zone_words == "each brand’s own clock"
