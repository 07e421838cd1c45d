"""Sources and brands on the board's pages, without a browser."""

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from sqlmodel import select
from streamlit.testing.v1 import AppTest

import app
from board import parts
from core.types import Estimate, Role
from settings import load_settings
from storage.brands import apply_configuration
from storage.database import Database
from storage.members import member_by_email
from storage.rows import id_of
from storage.tables import Brand, Source, SourceState
from tests.board.manage.managing import ADA, OpenPage, field, shown, toasts, words
from tests.board.seeding import DANA, OMAR
from tests.board.source_seeding import SOURCES, only_brand, seed_sources

TOKEN = "not-a-real-token-7f3a"


@pytest.fixture
def board(installed: parts.Parts, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A board with sources in every state, and what it knows of platforms."""
    monkeypatch.delenv("X_BEARER_TOKEN", raising=False)
    parts.install(
        replace(
            installed,
            compiled=app._compiled,
            platforms=tuple(app.PLATFORMS),
            platform_facts=app._platform_facts,
            check_source=app._check_source,
        )
    )
    with installed.database.write() as session:
        seed_sources(session, only_brand(session), installed.clock(), SOURCES)
    return installed.database


def stored(database: Database, name: str) -> Source:
    with database.read() as session:
        return session.exec(select(Source).where(Source.name == name)).one()


def names(database: Database) -> set[str]:
    with database.read() as session:
        return set(session.exec(select(Source.name)))


def open_source(open_page: OpenPage, database: Database, name: str, email: str = DANA) -> AppTest:
    return open_page("sources", email, f"source-{stored(database, name).id}")


def save(page: AppTest, of: str) -> AppTest:
    return page.button(key=f"save_{of}").click().run()


def toml(page: AppTest) -> Mapping[str, object]:
    said: Mapping[str, object] = tomllib.loads(page.code[-1].value)
    return said


def test_manager_adds_a_source_of_mastodon_with_its_options(open_page: OpenPage, board: Database) -> None:
    page = open_page("sources", DANA, "source-new")
    field(page, "name").set_value("homeware")
    field(page, "platform").set_value("mastodon").run()
    said = words(page)
    assert "Uses MASTODON_ACCESS_TOKEN, where set." in said
    assert "MASTODON_ACCESS_TOKEN__HOMEWARE" in said
    field(page, "option_hashtags").set_value("homeware")
    field(page, "every").set_value("10m")
    field(page, "budget_posts_per_month").set_value(500)
    field(page, "may_train").set_value(False).run()
    assert "The brand’s query: this source has none of its own." in words(page)
    assert toml(page) == {
        "sources": [
            {"name": "homeware", "brand": "Brindle Home", "platform": "mastodon", "every": "10m"}
            | {"options": {"hashtags": "homeware"}, "budget_posts_per_month": 500, "may_train": False}
        ]
    }
    save(page, "source-new")
    assert toasts(page) == ["homeware is saved. It is read as soon as a reader is free."]
    source = stored(board, "homeware")
    assert (source.platform, source.every_seconds, source.state) == ("mastodon", 600, SourceState.WAITING)
    assert source.settings["options"] == {"hashtags": "homeware"}


def test_what_is_shown_as_a_file_makes_the_same_source(open_page: OpenPage, board: Database) -> None:
    for name in ("x-brindle", "reddit-homeware", "garden-blog-feed"):
        with board.write() as session:
            source = session.exec(select(Source).where(Source.name == name)).one()
            if source.platform == "feeds":
                source.settings = {"url": "https://garden.example/feed"}
        (said,) = toml(open_source(open_page, board, name))["sources"]  # type: ignore[misc]
        before = stored(board, name)
        brand = {"brands": [{"name": "Brindle Home", "handles": ["brindlehome"]}]}
        with board.write() as session:
            apply_configuration(session, app.parse_configuration(brand | {"sources": [said]}), before.created_at)
        after = stored(board, name)
        assert (after.query, after.settings, after.every_seconds) == (
            before.query,
            before.settings,
            before.every_seconds,
        )


@pytest.mark.parametrize("is_set", [False, True])
def test_missing_key_is_named_before_saving_and_no_key_is_shown(
    open_page: OpenPage, board: Database, monkeypatch: pytest.MonkeyPatch, is_set: bool
) -> None:
    if is_set:
        monkeypatch.setenv("X_BEARER_TOKEN__X_BRINDLE", TOKEN)
    page = open_source(open_page, board, "x-brindle")
    said = words(page)
    assert ("X_BEARER_TOKEN is not set, and without nothing can be read." in said) is not is_set
    assert "Needs X_BEARER_TOKEN." in said
    assert "X_BEARER_TOKEN__X_BRINDLE" in said
    assert TOKEN not in str(page._tree)


def test_wrong_query_says_why_at_its_field_and_nothing_that_was_typed_is_lost(
    open_page: OpenPage, board: Database
) -> None:
    page = open_source(open_page, board, "x-brindle")
    field(page, "query").set_value('@brindle OR "brindle home')
    field(page, "every").set_value("2")
    save(page, f"source-{stored(board, 'x-brindle').id}")
    said = words(page)
    assert "Nothing was saved: mend what is said in red under the fields." in said
    assert "Write a number and s, m, h or d" in said
    assert field(page, "query").value == '@brindle OR "brindle home'
    assert stored(board, "x-brindle").every_seconds == 300
    field(page, "every").set_value("2m")
    field(page, "query").set_value('@brindle OR "brindle home"')
    save(page, f"source-{stored(board, 'x-brindle').id}")
    assert stored(board, "x-brindle").every_seconds == 120


def test_preview_asks_in_the_platforms_language_and_counts_stored_posts(open_page: OpenPage, board: Database) -> None:
    page = open_source(open_page, board, "x-brindle")
    field(page, "query").set_value("@brindlehome with:parcel").run()
    assert page.code[0].value == "@brindlehome -from:brindlehome -is:retweet"
    assert "stored posts it finds" in words(page)
    assert shown(page, "query_found")["heads"] == ["What", "Why", "Posts"]
    field(page, "query").set_value('"brindle').run()
    assert "quotation mark" in words(page)


def test_x_is_asked_for_an_estimate_on_demand_only(open_page: OpenPage, board: Database) -> None:
    asked: list[parts.EstimateAsked] = []

    def estimate(query: parts.EstimateAsked) -> Estimate:
        asked.append(query)
        return Estimate(1200, 6_000_000, "counted over 7 days")

    parts.install(replace(parts.installed(), estimate=estimate))
    page = open_source(open_page, board, "x-brindle")
    assert not asked
    page.button(key="ask_x").click().run()
    assert "About 1,200 posts a month, $6.00." in words(page)
    assert [each.source for each in asked] == ["x-brindle"]
    field(page, "query").set_value("@brindlehome").run()
    assert "About 1,200 posts" not in words(page)


def test_second_of_two_managers_is_told_and_may_insist(open_page: OpenPage, board: Database) -> None:
    number = stored(board, "x-brindle").id
    page = open_source(open_page, board, "x-brindle")
    field(page, "query").set_value("@mine")
    with board.write() as session:
        session.get_one(Source, number).query = "@theirs"
    save(page, f"source-{number}")
    assert "Somebody else changed x-brindle while you were editing it (query). Nothing was saved." in words(page)
    assert stored(board, "x-brindle").query == "@theirs"
    assert field(page, "query").value == "@mine"
    save(page, f"source-{number}")
    assert stored(board, "x-brindle").query == "@mine"


def test_source_is_switched_off_and_on_again(open_page: OpenPage, board: Database) -> None:
    page = open_source(open_page, board, "x-brindle")
    field(page, "enabled").set_value(False)
    save(page, f"source-{stored(board, 'x-brindle').id}")
    assert toasts(page) == ["x-brindle is saved and off."]
    assert stored(board, "x-brindle").state is SourceState.OFF
    page = open_source(open_page, board, "x-brindle")
    field(page, "enabled").set_value(True)
    save(page, f"source-{stored(board, 'x-brindle').id}")
    assert stored(board, "x-brindle").state is SourceState.WAITING


def test_unknown_option_of_a_source_is_shown_with_the_nearest_known_one(open_page: OpenPage, board: Database) -> None:
    number = stored(board, "x-brindle").id
    with board.write() as session:
        session.get_one(Source, number).settings = {"options": {"own_psts": "true"}}
    page = open_source(open_page, board, "x-brindle")
    save(page, f"source-{number}")
    assert 'X has no option "own_psts"; did you mean "own_posts"?' in words(page)
    field(page, "option_own_psts").set_value("")
    save(page, f"source-{number}")
    assert stored(board, "x-brindle").settings == {}


def test_files_are_for_admins_to_add_and_to_move(open_page: OpenPage, board: Database, tmp_path: Path) -> None:
    page = open_page("sources", DANA, "source-new")
    assert "Files" not in field(page, "platform").options
    page = open_source(open_page, board, "old-forum-export")
    assert field(page, "path").disabled
    page = open_page("sources", ADA, "source-new")
    field(page, "name").set_value("reviews")
    field(page, "platform").set_value("files").run()
    field(page, "path").set_value(str(tmp_path))
    field(page, "map").set_value("text = Body\nposted_at")
    save(page, "source-new")
    assert "Write each line as field = column" in words(page)
    field(page, "map").set_value("text = Body\nposted_at = Date")
    save(page, "source-new")
    assert stored(board, "reviews").settings["map"] == {"text": "Body", "posted_at": "Date"}


def test_feed_inside_a_private_network_is_refused(open_page: OpenPage, board: Database) -> None:
    page = open_page("sources", DANA, "source-new")
    field(page, "name").set_value("intranet")
    field(page, "platform").set_value("feeds").run()
    field(page, "url").set_value("http://169.254.169.254/latest/meta-data")
    save(page, "source-new")
    assert "It leads into a private network." in words(page)
    assert "intranet" not in names(board)


def test_responder_sees_the_page_as_it_is_and_saves_nothing(
    open_page: OpenPage, board: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_source(open_page, board, "x-brindle", OMAR)
    assert shown(page, "source_list")["may_act"] is False
    assert not page.text_input
    page = open_source(open_page, board, "x-brindle", DANA)
    field(page, "query").set_value("@forged")
    with board.write() as session:
        dana = member_by_email(session, DANA)
        assert dana is not None
        dana.role = Role.RESPONDER
    save(page, f"source-{stored(board, 'x-brindle').id}")
    assert stored(board, "x-brindle").query != "@forged"


def test_brand_is_added_with_its_accounts_and_hours_and_mistakes_cost_nothing(
    open_page: OpenPage, board: Database
) -> None:
    page = open_page("sources", DANA, "brand-new")
    save(page, "brand-new")
    assert "Give it a name." in words(page)
    field(page, "name").set_value("Loom")
    field(page, "handles").set_value("@loom\nloomhelp")
    field(page, "hours").set_value("mon-fri 9-17")
    save(page, "brand-new")
    assert field(page, "handles").value == "@loom\nloomhelp"
    field(page, "hours").set_value("mon-fri 09:00-17:00").run()
    assert page.code[0].value.startswith("@loom OR @loomhelp")
    save(page, "brand-new")
    with board.read() as session:
        brand = session.exec(select(Brand).where(Brand.name == "Loom")).one()
    assert (brand.handles, brand.hours, brand.threshold) == (["loom", "loomhelp"], ["mon-fri 09:00-17:00"], "balanced")


def test_brand_is_renamed_and_keeps_its_sources(open_page: OpenPage, board: Database) -> None:
    with board.read() as session:
        number = id_of(only_brand(session))
    page = open_page("sources", DANA, f"brand-{number}")
    field(page, "name").set_value("Brindle & Co")
    save(page, f"brand-{number}")
    assert toasts(page) == ["Brindle & Co is saved. Its sources go by it from their next reading on."]
    assert stored(board, "x-brindle").brand_id == number


def test_row_of_the_file_says_so_and_warns_of_a_new_name(
    open_page: OpenPage, board: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "afterclick.toml"
    file.write_text(
        '[[brands]]\nname = "Brindle Home"\n[[sources]]\nname = "x-brindle"\nbrand = "Brindle Home"\nplatform = "x"\n'
    )
    monkeypatch.setattr(app, "SETTINGS", load_settings(config=file))
    parts.install(replace(parts.installed(), configured=app._configured))
    page = open_source(open_page, board, "x-brindle")
    note = "From the configuration file afterclick.toml, which is applied at each start"
    assert note in words(page)
    field(page, "name").set_value("x-new").run()
    assert "makes a second source of the old name" in words(page)
    assert note not in words(open_source(open_page, board, "reddit-homeware"))


@pytest.mark.parametrize(
    ("what", "said"), [("source-99", "no such source"), ("brand-99", "no such brand"), ("all", "")]
)
def test_what_is_not_there_says_so(open_page: OpenPage, board: Database, what: str, said: str) -> None:
    page = open_page("sources", DANA, what)
    assert said in words(page)
    assert [group["title"] for group in shown(page)["groups"]] == ["Sources", "Brands"]
