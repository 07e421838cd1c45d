"""Sources and brands as the board keeps them: the file's own sentences, and what each role may say."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from collectors import check as check_collector
from core.configuration import parse_configuration
from core.errors import ChangedError, ConfigError, FormError
from core.types import Page, Role
from jobs.collect import config_of
from storage.brand_editing import save_brand
from storage.brands import apply_configuration, described
from storage.database import Database
from storage.rows import id_of
from storage.source_editing import ONLY_ADMINS, save_source, source_fields
from storage.sources import Run, claim_source, store_page
from storage.tables import Brand, Source, SourceState
from tests.conftest import NOW

LEASE = timedelta(minutes=3)
PARCELO = {"name": "Parcelo", "handles": ["parcelo"]}
OWN = {"name": "x-parcelo", "brand": "Parcelo", "platform": "x", "query": "parcelo"}
FEED = {"name": "forum", "brand": "Parcelo", "platform": "feeds", "url": "https://forum.example/feed"}
FILES = {"name": "reviews", "brand": "Parcelo", "platform": "files", "path": "/srv/reviews"}


@pytest.fixture
def base(any_database: Database) -> Database:
    apply(any_database, OWN)
    return any_database


def apply(database: Database, *sources: Mapping[str, Any]) -> None:
    with database.write() as session:
        apply_configuration(session, parse_configuration({"brands": [PARCELO], "sources": list(sources)}), NOW)


def check(source: Source, brand: Brand) -> None:
    check_collector(config_of(source, brand))


def save(
    database: Database,
    said: Mapping[str, Any],
    role: Role = Role.MANAGER,
    source_id: int | None = None,
    seen: Mapping[str, object] | None = None,
) -> Source:
    with database.write() as session:
        return save_source(session, source_id, said, role, NOW, check, seen)


def stored(database: Database, name: str) -> Source:
    with database.read() as session:
        return session.exec(select(Source).where(Source.name == name)).one()


def test_what_is_saved_reads_as_a_file_would_have_made_it(base: Database) -> None:
    said = {**OWN, "name": "second", "every": "2m", "options": {"own_posts": "false"}, "budget_usd_per_month": 5.0}
    save(base, said)
    apply(base, OWN, said | {"name": "third"})
    ours, files = source_fields(stored(base, "second")), source_fields(stored(base, "third"))
    assert ours | {"name": ""} == files | {"name": ""}
    with base.read() as session:
        told = described(session)
    with base.write() as session:
        parse_configuration(told)  # the board's marks are no part of it
    assert "made_on_board" not in str(told)


def test_source_of_the_board_outlasts_a_start_whose_file_does_not_name_it(base: Database) -> None:
    save(base, {**OWN, "name": "second"})
    apply(base, OWN)
    assert stored(base, "second").enabled
    apply(base, OWN, {**OWN, "name": "second", "query": "@parcelo"})
    assert stored(base, "second").query == "@parcelo"
    apply(base, OWN)
    assert not stored(base, "second").enabled, "the file has it from then on, and names it no more"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("query", '"parcelo'),
        ("every", "2"),
        ("every", "40d"),
        ("url", "parcelo"),
        ("budget_usd_per_month", -1.0),
        ("recheck_hours", 1000),
        ("name", "a\x00b"),
        ("qeury", "x"),
    ],
)
def test_wrong_field_says_the_files_own_sentence(base: Database, field: str, value: object) -> None:
    said = {**OWN, field: value}
    with pytest.raises(ConfigError) as of_file:
        parse_configuration({"brands": [PARCELO], "sources": [said]})
    with pytest.raises(FormError) as of_board:
        save(base, said)
    assert list(of_board.value.fields) == [field]
    assert str(of_file.value).endswith(f": {of_board.value.fields[field]}")


@pytest.mark.parametrize(
    ("said", "field", "words"),
    [
        ({"options": {"own_psts": "true"}}, "option_own_psts", 'x has no option "own_psts"; did you mean "own_posts"?'),
        ({"options": {"stream_minutes": "x"}}, "option_stream_minutes", "stream_minutes must be a whole number"),
        ({"platform": "reddit", "options": {"subreddit": "a b"}}, "option_subreddit", '"a b" is no subreddit'),
        ({"platform": "feeds"}, "url", "needs a url that begins with https:// or http://."),
        ({"platform": "mastadon"}, "", 'There is no platform "mastadon"; did you mean "mastodon"?'),
        ({"brand": "Parcello"}, "brand", "there is no brand 'Parcello'; did you mean 'Parcelo'?"),
        ({"name": "X-Parcelo"}, "name", "There is a source x-parcelo already"),
    ],
)
def test_what_a_collector_refuses_stands_at_its_field(
    base: Database, said: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(FormError) as error:
        save(base, {**OWN, "name": "second", **said})
    assert list(error.value.fields) == [field]
    assert words in error.value.fields[field]
    with base.read() as session:
        assert session.exec(select(Source.name)).all() == ["x-parcelo"]


def test_source_that_is_off_may_lack_what_reading_needs(base: Database) -> None:
    assert save(base, {**FEED, "url": "", "enabled": False}).state is SourceState.OFF


@pytest.mark.parametrize(
    ("said", "field"),
    [
        (FILES, "path"),
        ({**OWN, "platform": "mastodon", "options": {"server": "keys.example"}}, "option_server"),
        ({**FEED, "platform": "articles", "options": {"allow_private": "true"}}, "option_allow_private"),
    ],
)
def test_what_reaches_the_machine_or_sends_it_a_key_is_for_admins(
    base: Database, said: dict[str, Any], field: str
) -> None:
    with pytest.raises(FormError) as error:
        save(base, {**said, "name": "second"})
    assert error.value.fields == {field: ONLY_ADMINS[field]}
    assert save(base, {**said, "name": "second"}, Role.ADMIN).enabled


def test_manager_changes_a_source_of_files_and_not_where_it_reads(base: Database) -> None:
    number = id_of(save(base, FILES, Role.ADMIN))
    assert save(base, {**FILES, "every": "1h"}, source_id=number).every_seconds == 3600
    for said in ({**FILES, "path": "/etc"}, {**OWN, "platform": "files", "path": "/srv/reviews", "name": "x"}):
        with pytest.raises(FormError):
            save(base, said, source_id=number if said["name"] == "reviews" else id_of(stored(base, "x-parcelo")))
    assert stored(base, "reviews").settings["path"] == "/srv/reviews"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "169.254.169.254", "10.0.0.8:8080"])
def test_address_that_leads_inside_by_its_name_is_refused_to_everybody(base: Database, host: str) -> None:
    with pytest.raises(FormError) as error:
        save(base, {**FEED, "url": f"http://{host}/feed"}, Role.ADMIN)
    assert list(error.value.fields) == ["url"]


def test_address_of_the_board_is_read_on_public_networks_only_and_that_of_the_file_anywhere(base: Database) -> None:
    apply(base, OWN, {**FEED, "url": "http://10.0.0.8/feed", "name": "intranet"})
    save(base, FEED)
    number = id_of(stored(base, "intranet"))
    inside = save(base, {**FEED, "url": "http://10.0.0.8/feed", "name": "intranet", "every": "1h"}, source_id=number)
    assert [public(base, name) for name in ("forum", "intranet")] == [True, False], inside
    save(base, {**FEED, "name": "intranet"}, source_id=number)
    save(base, {**FEED, "name": "intranet", "every": "2h"}, source_id=number)
    assert public(base, "intranet")
    apply(base, OWN, {**FEED, "url": "http://10.0.0.8/feed", "name": "intranet"})
    assert not public(base, "intranet")


def public(database: Database, name: str) -> bool:
    source = stored(database, name)
    with database.read() as session:
        return config_of(source, session.get_one(Brand, source.brand_id)).public_only


def test_own_address_of_the_platform_stays_as_the_file_has_it(base: Database) -> None:
    apply(base, {**OWN, "base_url": "http://127.0.0.1:8917"})
    number = id_of(stored(base, "x-parcelo"))
    save(base, {**OWN, "query": "@parcelo", "base_url": "https://keys.example"}, Role.ADMIN, number)
    assert stored(base, "x-parcelo").settings["base_url"] == "http://127.0.0.1:8917"


@pytest.mark.parametrize(("said", "cursor"), [(OWN, "half way"), (FEED, "")])
def test_changed_query_goes_on_where_reading_costs_and_begins_anew_where_it_is_free(
    base: Database, said: dict[str, Any], cursor: str
) -> None:
    apply(base, said)
    number = id_of(stored(base, said["name"]))
    with base.write() as session:
        session.get_one(Source, number).cursor = "half way"
    assert save(base, {**said, "every": "9m"}, source_id=number).cursor == "half way"
    changed = save(base, {**said, "query": "@parcelo"}, source_id=number)
    assert (changed.cursor, changed.state, changed.next_attempt_at) == (cursor, SourceState.WAITING, None)


def test_page_that_was_read_as_the_source_was_is_not_stored_and_read_again(base: Database) -> None:
    number = id_of(stored(base, "x-parcelo"))
    with base.write() as session:
        claimed = claim_source(session, number, "a", NOW, LEASE)
        assert claimed is not None
        run = Run(claimed, "a", NOW - LEASE, NOW)
    save(base, {**OWN, "query": "@parcelo"}, source_id=number)
    with base.write() as session:
        assert store_page(session, run, Page((), "further"), "", NOW, LEASE) is None
    with base.write() as session:
        again = claim_source(session, number, "b", NOW, LEASE)
        assert again is not None
        assert (again.query, again.cursor) == ("@parcelo", "")


def test_second_of_two_editors_is_told_and_nothing_is_overwritten(base: Database) -> None:
    source = stored(base, "x-parcelo")
    seen = source_fields(source)
    save(base, {**OWN, "every": "9m"}, source_id=source.id, seen=seen)
    with pytest.raises(ChangedError, match="how often it is read") as error:
        save(base, {**OWN, "query": "@parcelo"}, source_id=source.id, seen=seen)
    assert stored(base, "x-parcelo").query == "parcelo"
    save(base, {**OWN, "query": "@parcelo"}, source_id=source.id, seen=error.value.present)
    assert stored(base, "x-parcelo").query == "@parcelo"


def test_renamed_brand_and_source_keep_what_is_theirs(base: Database) -> None:
    before = stored(base, "x-parcelo")
    with base.write() as session:
        save_brand(session, before.brand_id, {**PARCELO, "name": "Parcelo Ltd"}, NOW)
    save(base, {**OWN, "brand": "Parcelo Ltd", "name": "x-ltd"}, source_id=before.id)
    after = stored(base, "x-ltd")
    assert (after.id, after.brand_id, after.cursor) == (before.id, before.brand_id, before.cursor)


def test_brand_is_checked_as_in_a_file_and_keeps_its_threshold(base: Database) -> None:
    with base.write() as session:
        brand = session.exec(select(Brand)).one()
        brand.threshold = "few_misses"
        number = id_of(brand)
    wrong = {**PARCELO, "handles": ["@"], "timezone": "Europe/Londen", "hours": ["mon 9-5"], "managers": ["ops"]}
    with pytest.raises(ConfigError) as of_file:
        parse_configuration({"brands": [wrong]})
    with base.write() as session, pytest.raises(FormError) as of_board:
        save_brand(session, number, wrong, NOW)
    assert sorted(of_board.value.fields) == ["handles", "hours", "managers", "timezone"]
    assert all(words in str(of_file.value) for words in of_board.value.fields.values())
    with base.write() as session:
        saved = save_brand(session, number, {**PARCELO, "handles": ["@parcelo", "parcelohelp"]}, NOW)
        assert (saved.handles, saved.threshold) == (["parcelo", "parcelohelp"], "few_misses")
    with base.write() as session, pytest.raises(FormError, match="There is a brand Parcelo already"):
        save_brand(session, None, {**PARCELO, "name": "parcelo"}, NOW)
    with base.write() as session, pytest.raises(ChangedError):
        save_brand(session, number, PARCELO, NOW, {"handles": ["parcelo"]})
