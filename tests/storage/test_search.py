from datetime import datetime

import pytest
from sqlalchemy import text as sql
from sqlmodel import select

from storage.database import Database
from storage.search import matching_cases, matching_posts, words_of
from storage.tables import Brand, PostRow

TEXTS = {
    "late": "Parcel is LATE again, café closed",
    "lost": "The hotline hangs up; 42 minutes. don't ask",
    "polish": "Paczka nie dotarła",
}


def fill(database: Database, now: datetime) -> None:
    with database.write() as session:
        brand = Brand(name="B", created_at=now)
        session.add(brand)
        session.flush()
        for key, words in TEXTS.items():
            post = PostRow(
                platform="x",
                platform_id=key,
                brand_id=brand.id or 0,
                author=f"@{key}_writer",
                author_name="Mara",
                title="A title",
                text=words,
                posted_at=now,
                collected_at=now,
            )
            session.add(post)


def found(database: Database, words: str) -> set[str]:
    with database.read() as session:
        ids = matching_posts(session, words)
        return set(session.exec(select(PostRow.platform_id).where(PostRow.id.in_(ids))))  # type: ignore[union-attr]


FOUND_BY = {
    "late": {"late"},
    "LaT": {"late"},
    "late parcel": {"late"},
    "late hotline": set(),
    "hot": {"lost"},
    "42": {"lost"},
    "dotarła": {"polish"},
    "mara": set(TEXTS),
    "title": set(TEXTS),
    "@late_writer": {"late"},
    "nothing": set(),
    "...": set(),
    "": set(),
}
HOSTILE = (
    *('"', "'", "late OR", "NEAR(a b)", "text: late", "a* ^b", "((", "late -lost", "\\", "'; drop table post; --"),
    *("%_", ":*", "!", "& |", "<->", "\0late", "😀", "late\ud800", "x" * 5000, "late " * 200, "²³ ½", "ⅷ", "一二三"),
)


def test_search_finds_words_by_their_beginnings(any_database: Database, now: datetime) -> None:
    fill(any_database, now)
    assert {words: found(any_database, words) for words in FOUND_BY} == FOUND_BY


def test_hostile_search_never_raises(any_database: Database, now: datetime) -> None:
    fill(any_database, now)
    for words in HOSTILE:
        assert found(any_database, words) <= set(TEXTS), words


def test_edited_post_is_found_by_its_new_words_only(any_database: Database, now: datetime) -> None:
    fill(any_database, now)
    with any_database.write() as session:
        post = session.exec(select(PostRow).where(PostRow.platform_id == "late")).one()
        post.text = "Arrived after all"
        session.add(post)
    assert found(any_database, "late closed") == set()
    assert found(any_database, "arrived") == {"late"}


def test_post_without_case_brings_no_case(database: Database, now: datetime) -> None:
    fill(database, now)
    with database.read() as session:
        assert session.exec(matching_cases(session, "late")).all() == []  # type: ignore[call-overload]


def test_postgresql_uses_the_index(any_database: Database, now: datetime) -> None:
    if any_database.is_sqlite:
        pytest.skip("SQLite has a table for it and no other way")
    fill(any_database, now)
    with any_database.read() as session:
        session.execute(sql("SET enable_seqscan = off"))
        query = matching_posts(session, "late").compile(any_database.engine, compile_kwargs={"literal_binds": True})
        plan = session.execute(sql(f"EXPLAIN {query}".replace(":*", "\\:*"))).scalars().all()
    assert "post_search" in "\n".join(plan)


def test_words_are_bounded() -> None:
    assert words_of("A b_c  d.e") == ("a", "b", "c", "d", "e")
    assert len(words_of("word " * 500)) == 8
