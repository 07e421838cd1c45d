"""Searching words on both databases: what is found, that nothing typed reaches the engine, and what keeps the index."""

from collections.abc import Sequence
from datetime import datetime

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine
from sqlalchemy import text as sql
from sqlmodel import Session, col, select

from core.errors import InputError
from core.searching import Words, fold, parse
from storage.database import MIGRATIONS, Database, open_database
from storage.rows import id_of
from storage.search import conditions_of_search, posts_with
from storage.tables import Brand, Case, PostRow

TEXTS = {
    "late": ("Parcel is LATE again, café closed", "update: nobody answers"),
    "lost": ("The hotline hangs up; 42 minutes. don't ask",),
    "polish": ("Paczka nie dotarła, Ёлка и й",),
    "long": ("Sorry we missed you, says the card; e-mail jt_okafor about order/9981",),
}


def add_case(session: Session, key: str, texts: Sequence[str], now: datetime) -> int:
    case = Case(
        brand_id=1,
        platform="x",
        author=f"@{key}",
        first_posted_at=now,
        last_posted_at=now,
        opened_at=now,
        updated_at=now,
    )
    session.add(case)
    session.flush()
    for number, words in enumerate(texts):
        add_post(session, f"{key}-{number}", words, id_of(case), now)
    return id_of(case)


def add_post(session: Session, key: str, words: str, case_id: int | None, now: datetime) -> PostRow:
    post = PostRow(
        platform="x",
        platform_id=key,
        brand_id=1,
        case_id=case_id,
        author=f"@{key.split('-')[0]}_writer",
        author_name="Mara",
        title="A title",
        text=words,
        posted_at=now,
        collected_at=now,
    )
    session.add(post)
    session.flush()
    return post


@pytest.fixture
def filled(any_database: Database, now: datetime) -> Database:
    with any_database.write() as session:
        session.add(Brand(name="B", created_at=now))
        session.flush()
        for key, texts in TEXTS.items():
            add_case(session, key, texts, now)
        add_post(session, "caseless-0", "parcel late hotline", None, now)
    return any_database


def found(database: Database, words: str, now: datetime) -> set[str]:
    with database.read() as session:
        conditions = conditions_of_search(session, parse(words), 1, now).all
        return {author[1:] for author in session.exec(select(Case.author).where(*conditions))}


FOUND_BY = {
    "late": {"late"},
    "LaT": {"late"},
    "la": set(),  # too short a beginning
    "late parcel": {"late"},
    "late nobody": {"late"},  # in two posts of the case
    "late hotline": set(),
    "late OR hotline": {"late", "lost"},
    "late OR hotline nobody": {"late"},
    "hot": {"lost"},
    "42": {"lost"},
    "4": set(),
    "don't": {"lost"},
    "don’t": {"lost"},
    "cafe": {"late"},
    "CAFÉ": {"late"},
    "dotarła": {"polish"},
    "mara": set(TEXTS),
    "mara -late": set(TEXTS) - {"late"},
    "mara -nobody": set(TEXTS) - {"late"},
    "-mara": set(),
    "title": set(TEXTS),
    "@late_writer": {"late"},
    "late_writer": {"late"},
    '"sorry we missed you"': {"long"},
    '"sorry we missed yo"': set(),
    '"we sorry"': set(),
    "“sorry we": {"long"},
    "e-mail": {"long"},
    "okafor": {"long"},
    "order/9981": {"long"},
    "9981": {"long"},
    "nothing": set(),
    "...": set(),
    "": set(),
    '"or"': set(),
}
HOSTILE = (
    *('"', "'", "NEAR(a b)", "text: late", "a* ^b", "((", "late -lost", "\\", "'; drop table post; --", "{a b}: c"),
    *(
        "%_",
        ":*",
        "!",
        "& |",
        "<->",
        "\0late",
        "😀",
        "late\ud800",
        "late " * 15,
        "²³ ½",
        "ⅷ",
        "一二三",
        "AND",
        "NOT late",
    ),
    *("'late':*", "late'", "post_search", "rank", "* *", "+late", "1e5 0x1f 1.5", "ß ẞ İ ı", "ा", "a\u0301\u0301b"),
)


def test_search_finds_cases_by_the_words_of_their_posts(filled: Database, now: datetime) -> None:
    assert {words: found(filled, words, now) for words in FOUND_BY} == FOUND_BY


def test_nothing_that_is_typed_reaches_the_engine(filled: Database, now: datetime) -> None:
    for words in HOSTILE:
        assert found(filled, words, now) <= set(TEXTS), words


@pytest.mark.parametrize("word", ["Ёлка", "й", "dotarła", "CAFÉ", "ΆΝΘΡΩΠΟΣ", "Straße", "über", "한국어", "がぎ"])
def test_a_word_is_found_as_it_stands(filled: Database, now: datetime, word: str) -> None:
    with filled.write() as session:
        add_case(session, "foreign", (f"x {word} y",), now)
    assert "foreign" in found(filled, f'"{word}"', now), fold(word)


def test_edited_post_is_found_by_its_new_words_only(filled: Database, now: datetime) -> None:
    with filled.write() as session:
        session.exec(select(PostRow).where(PostRow.platform_id == "late-0")).one().text = "Arrived after all"
    assert found(filled, "closed", now) == set()
    assert found(filled, "arrived nobody", now) == {"late"}


def test_post_is_found_with_the_case_it_moves_to_and_not_with_the_one_it_left(filled: Database, now: datetime) -> None:
    for case_id, finds in ((2, {"lost"}), (None, set()), (3, {"polish"})):
        with filled.write() as session:
            session.exec(select(PostRow).where(PostRow.platform_id == "late-0")).one().case_id = case_id
        assert found(filled, "closed", now) == finds


def test_index_holds_what_the_posts_of_cases_hold(filled: Database, now: datetime) -> None:
    with filled.write() as session:
        for post in session.exec(select(PostRow).where(col(PostRow.case_id).in_((1, 2)))).all():
            post.text, post.case_id = "moved", 3
        session.flush()
        session.delete(session.exec(select(PostRow).where(PostRow.platform_id == "late-1")).one())
        session.delete(session.exec(select(PostRow).where(PostRow.platform_id == "polish-0")).one())
    assert found(filled, "moved", now) == {"polish"}
    assert found(filled, "dotarła", now) == found(filled, "closed", now) == found(filled, "hotline", now) == set()
    with filled.write() as session:
        if filled.is_sqlite:
            session.execute(sql("INSERT INTO post_search(post_search) VALUES ('integrity-check')"))
            entries = session.execute(sql("SELECT id FROM post_search_docsize")).scalars()
            kept = [(entry >> 32, entry & 0xFFFFFFFF) for entry in entries]
        else:
            kept = [
                (case_id, post_id)
                for case_id, post_id in session.execute(sql("SELECT case_id, post_id FROM post_search"))
            ]
        posts = session.exec(select(PostRow.case_id, PostRow.id).where(col(PostRow.case_id).is_not(None))).all()
    assert sorted(kept) == sorted(posts)  # type: ignore[type-var]


def test_postgresql_uses_the_index(filled: Database) -> None:
    if filled.is_sqlite:
        pytest.skip("SQLite has a table for it and no other way")
    with filled.read() as session:
        session.execute(sql("SET enable_seqscan = off"))
        query = posts_with(session, Words(("late",), begins=True))
        printed = str(query.compile(filled.engine, compile_kwargs={"literal_binds": True}))
        plan = session.execute(sql(f"EXPLAIN {printed}".replace(":*", "\\:*"))).scalars().all()
    assert "post_search_found" in "\n".join(plan)


def test_longest_post_can_be_stored_and_is_found(filled: Database, now: datetime) -> None:
    words = " ".join(f"word{number}语" for number in range(9000))
    with filled.write() as session:
        add_case(session, "long2", (words,), now)
    assert found(filled, "word17语", now) == {"long2"}


def test_what_cannot_be_read_is_refused_before_the_database_is_asked(filled: Database, now: datetime) -> None:
    with pytest.raises(InputError, match="courier:"):
        found(filled, "late courrier:dpd", now)


# As the first migrations made the table.
OLD_POST = (
    "INSERT INTO post (id, platform, platform_id, brand_id, case_id, kind, author, author_name, title, text, url, "
    "language, parent_id, conversation_id, reach, is_own, posted_at, collected_at, classified_with, claimed_by, "
    "gone_why, left_out) VALUES (:id, 'x', :name, 1, :case_id, 'post', 'ann', 'Mara', '', 'late', '', 'en', '', '', 0, "
    "false, :at, :at, 'm', '', '', '')"
)
OLD_CASE = (
    "INSERT INTO cases (id, brand_id, status, platform, author, author_key, author_name, excerpt, language, severity, "
    "confidence, unsure, reasons, parties, priority, priority_why, reach, post_count, first_posted_at, last_posted_at, "
    """opened_at, updated_at) VALUES (7, 1, 'new', 'x', '@old', 'old', '', '', 'en', 2, 0.9, false, """
    """'{"no_reply": 0.5, "late": 0.8}', '["courier"]', 0, '', 0, 1, :at, :at, :at, :at)"""
)


def test_older_database_is_searched_and_filtered_by_what_it_holds(any_url: str, now: datetime) -> None:
    older = create_engine(any_url)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with older.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0008")
        brand = "INSERT INTO brand VALUES (1, 'P', '[]', '[]', '[]', '[]', 'UTC', :at, 'balanced', '')"
        connection.execute(sql(brand), {"at": now})
        connection.execute(sql(OLD_CASE.replace('": ', '"\\: ')), {"at": now})
        for number, case_id in enumerate((7, None), start=1):
            name = {"id": number, "name": str(number), "case_id": case_id, "at": now}
            connection.execute(sql(OLD_POST), name)
    older.dispose()
    database = open_database(any_url)
    with database.write() as session:
        assert found(database, "mara late reason:late reason:no_reply party:courier", now) == {"old"}
        assert found(database, "reason:lost", now) == found(database, "party:brand", now) == set()
    with database.write() as session:
        session.exec(select(PostRow).where(PostRow.platform_id == "1")).one().text = "lost"
    assert (found(database, "late", now), found(database, "lost", now)) == (set(), {"old"})
    database.close()
