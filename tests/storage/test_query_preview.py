"""Queries tried on stored posts, and who asked for a gap to be filled."""

from datetime import datetime, timedelta

import pytest

from core.errors import InputError
from core.queries import parse_query
from core.types import Role
from storage.database import Database
from storage.members import create_member
from storage.query_test import (
    OWN_POST,
    Among,
    place_named,
    places,
    query_of_source,
    source_named,
    try_query,
)
from storage.rows import id_of
from storage.source_acts import fills_asked, source_of_gap, zones
from storage.tables import Brand, CollectedWindow, PostRow, Source, WindowState


def fill(database: Database, now: datetime) -> None:
    """Two brands with a source each, and posts: one each ten minutes, the newest first in `TEXTS`."""
    with database.write() as session:
        for name in ("Parcelo", "Brindle"):
            brand = Brand(
                name=name, handles=[name.lower()], aliases=[f"{name} Ltd"], created_at=now, timezone="Asia/Tokyo"
            )
            session.add(brand)
            session.flush()
            source = Source(name=f"x-{name.lower()}", brand_id=id_of(brand), platform="x", created_at=now)
            session.add(source)
            session.flush()
            for number, text in enumerate(TEXTS):
                session.add(
                    PostRow(
                        platform="x",
                        platform_id=f"{name}-{number}",
                        brand_id=id_of(brand),
                        source_id=id_of(source),
                        author=f"writer{number}",
                        title="A title with a parcel" if number == 0 else "",
                        text=text,
                        is_own=number == 1,
                        posted_at=now - timedelta(minutes=10 * number),
                        collected_at=now,
                        deleted_at=now if number == 2 else None,
                    )
                )


TEXTS = (
    "Lost",
    "Our parcel service apologises",
    "parcel deleted",
    "parcel late",
    "nothing",
    "parcel wet",
    "parcel lost",
)


def test_newest_posts_are_looked_at_and_each_is_found_or_left_out_with_a_reason(
    any_database: Database, now: datetime
) -> None:
    fill(any_database, now)
    with any_database.read() as session:
        tested = try_query(session, parse_query("parcel"), Among(brand_id=1), examples=2)
    assert (tested.looked_at, tested.matched) == (6, 4)
    assert tested.since == now - timedelta(minutes=60)
    assert sum(group.count for group in tested.found) == 4
    assert [post.text for post in tested.found[0].examples] == ["Lost", "parcel late"]  # the title counts, too
    reasons = {group.why: group.count for group in tested.left_out}
    assert reasons.pop(OWN_POST) == 1
    assert list(reasons.values()) == [1]


def test_only_so_many_posts_of_one_brand_or_source_are_looked_at(any_database: Database, now: datetime) -> None:
    fill(any_database, now)
    query = parse_query("parcel")
    with any_database.read() as session:
        assert try_query(session, query, Among()).looked_at == 12
        assert try_query(session, query, Among(source_id=2)).looked_at == 6
        newest = try_query(session, query, Among(), newest=3)
        nothing = try_query(session, query, Among(source_id=99))
    assert (newest.looked_at, newest.since) == (3, now - timedelta(minutes=10))
    assert (nothing.looked_at, nothing.since, nothing.found, nothing.left_out) == (0, None, [], [])


@pytest.mark.parametrize(
    ("platform", "query", "settings", "text", "native", "is_of_brand"),
    [
        ("x", "parcelo", {}, "parcelo", "", False),
        ("x", "", {"native_query": "parcelo has:links"}, "brand query", "parcelo has:links", True),
        ("youtube", "", {"options": {"channel": "UC1"}}, "", "", False),
        ("x", "", {}, "brand query", "", True),
        ("feeds", "", {}, "", "", False),
        ("reddit", "", {"subreddit": "parcels"}, "", "", False),
        ("reddit", "", {"options": {"subreddit": "parcels"}}, "", "", False),
        ("reddit", "", {}, "brand query", "", True),
    ],
)
def test_source_without_a_query_looks_for_its_brands_unless_it_names_a_place(
    any_database: Database,
    now: datetime,
    platform: str,
    query: str,
    settings: dict[str, object],
    text: str,
    native: str,
    is_of_brand: bool,
) -> None:
    fill(any_database, now)
    with any_database.write() as session:
        session.get_one(Brand, 1).query = "brand query"
        source = session.get_one(Source, 1)
        source.platform, source.query, source.settings = platform, query, settings
    with any_database.read() as session:
        found = query_of_source(session, 1)
    assert (found.text, found.native, found.is_of_brand) == (text, native, is_of_brand)


def test_brand_without_a_query_is_looked_for_by_its_names(any_database: Database, now: datetime) -> None:
    fill(any_database, now)
    with any_database.read() as session:
        found = query_of_source(session, 1)
    assert "@parcelo" in found.text
    assert '"Parcelo Ltd"' in found.text
    parse_query(found.text)


def test_every_brand_and_source_is_a_place_to_try_a_query_on(any_database: Database, now: datetime) -> None:
    fill(any_database, now)
    with any_database.read() as session:
        assert [place.value for place in places(session)] == ["brand:2", "brand:1", "source:2", "source:1"]
        place = place_named(session, "source:1")
        assert place is not None
        assert (place.name, place.platform, place.own_handles) == ("x-parcelo", "x", ("parcelo",))
        assert place_named(session, "source:x") is None
        assert source_named(session, "x-parcelo").id == 1
        with pytest.raises(InputError, match=r"no source 'y'. Known sources: x-brindle, x-parcelo\."):
            source_named(session, "y")


def test_gap_says_whose_it_is_and_who_asked_for_it(any_database: Database, now: datetime) -> None:
    fill(any_database, now)
    with any_database.write() as session:
        member = id_of(create_member(session, "ann@team.example", "Ann", Role.MANAGER, "a long password", now))
        for asked_by, asked_at, is_gap in (
            (member, now, True),
            (None, now, True),
            (None, None, True),
            (None, None, False),
        ):
            session.add(
                CollectedWindow(
                    source_id=2,
                    from_at=now,
                    until_at=now,
                    state=WindowState.TRUNCATED,
                    is_gap=is_gap,
                    fill_asked_by=asked_by,
                    fill_asked_at=asked_at,
                )
            )
    with any_database.read() as session:
        asked = fills_asked(session, [1, 2, 3, 4])
        assert {gap: (each.name, each.at) for gap, each in asked.items()} == {1: ("Ann", now), 2: ("", now)}
        assert fills_asked(session, []) == {}
        assert source_of_gap(session, 1).name == "x-brindle"
        for missing in (4, 99):
            with pytest.raises(InputError, match=f"There is no gap {missing}"):
                source_of_gap(session, missing)
        assert zones(session) == {"Brindle": "Asia/Tokyo", "Parcelo": "Asia/Tokyo"}


def test_query_that_takes_long_looks_at_fewer_posts_and_says_so(database: Database, now: datetime) -> None:
    fill(database, now)
    with database.read() as session:
        cut = try_query(session, parse_query("parcel"), Among(brand_id=1), within_s=0)
        whole = try_query(session, parse_query("parcel"), Among(brand_id=1), within_s=60)
    assert (cut.looked_at, cut.is_cut) == (1, True)
    assert (whole.looked_at, whole.is_cut) == (6, False)
