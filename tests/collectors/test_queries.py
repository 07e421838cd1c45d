"""Queries in the platforms' own languages."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.queries import (
    X_LIMIT,
    for_bluesky,
    for_hackernews,
    for_mastodon,
    for_reddit,
    for_x,
    for_youtube,
    hashtags_of,
)
from core.errors import ConfigError
from core.queries import Query, Term, TermKind, misspellings, parse_query
from tests.core.queries import queries

FULL = '@parcelo OR parcelo OR "parcel o" OR #parcelo with:delivery|"my order" -"parcelo jobs" -from:newsbot lang:en,he'
COMPILERS: dict[str, Callable[[Query], list[str]]] = {
    "x": for_x,
    "reddit": for_reddit,
    "bluesky": for_bluesky,
    "mastodon": for_mastodon,
    "hackernews": for_hackernews,
    "youtube": for_youtube,
}


def test_x_is_asked_for_all_of_it() -> None:
    rest = '-"parcelo jobs" -from:newsbot -from:parcelohelp -from:Parcelo (lang:en OR lang:iw OR lang:und) -is:retweet'

    assert for_x(parse_query(FULL), ("parcelohelp", "@Parcelo")) == [
        f"@parcelo {rest}",
        f'(parcelo OR "parcel o" OR #parcelo) (delivery OR "my order") {rest}',
    ]


def test_handles_are_searched_for_on_x_together_with_names_where_no_context_is_needed() -> None:
    assert for_x(parse_query("@parcelo OR parcelo -jobs")) == ["(@parcelo OR parcelo) -jobs -is:retweet"]


def test_what_the_mentions_timeline_brings_is_not_searched_for_on_x() -> None:
    assert for_x(parse_query("@parcelo OR parcelo"), ("Parcelo",), mentions_apart=True) == [
        "parcelo -from:Parcelo -@Parcelo -is:retweet"
    ]
    assert for_x(parse_query("@parcelo"), ("parcelo",), mentions_apart=True) == []


def test_handles_that_x_cannot_have_are_searched_for_as_words_and_not_excluded() -> None:
    query = parse_query("@parcelo.bsky.social OR @parcelo@shop.example -from:news@bot.example")

    assert for_x(query, ("parcelo@shop.example",), mentions_apart=True) == [
        '("parcelo.bsky.social" OR "parcelo@shop.example") -is:retweet'
    ]


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("T-Mobile", '("T-Mobile" OR TMobile)'),
        ("McDonald's", '("McDonald\'s" OR McDonalds)'),
        ("H&M", '"H&M"'),
        ("楽天", "楽天"),
        ("❤️", '"❤️"'),
        ("#123", "123"),
        ('"or"', '"or"'),
        ('"parcelo"', "parcelo"),
        ("$TGT", '"$TGT"'),
        (r'"a \ b"', '"a b"'),
    ],
)
def test_x_gets_in_quotation_marks_what_it_would_read_as_something_else(name: str, written: str) -> None:
    assert for_x(parse_query(name)) == [f"{written} -is:retweet"]


@pytest.mark.parametrize(
    ("wanted", "written"),
    [
        ("en", "(lang:en OR lang:und) "),
        ("zh", "(lang:zh-CN OR lang:zh-TW OR lang:und) "),
        ("id", "(lang:in OR lang:und) "),
        ("en,eo", ""),  # X knows no Esperanto and would refuse the query
    ],
)
def test_languages_are_written_as_x_knows_them(wanted: str, written: str) -> None:
    assert for_x(parse_query(f"parcelo lang:{wanted}")) == [f"parcelo {written}-is:retweet"]


def test_a_misspelt_name_is_searched_for_in_every_spelling() -> None:
    query = parse_query("~parcelo")

    for slip in misspellings("parcelo"):
        assert re.search(rf"\b{slip}\b", for_x(query)[0])
        assert re.search(rf"\b{slip}\b", for_reddit(query)[0])
        assert f'"{slip}"' in for_bluesky(query)
        assert f'"{slip}"' in for_mastodon(query)
        assert f'"{slip}"' in for_hackernews(query)
    assert for_youtube(query) == ["parcelo"]


def test_reddit_is_asked_with_and_or_and_not() -> None:
    assert for_reddit(parse_query(FULL)) == [
        '(parcelo OR "parcel o") AND (delivery OR "my order") NOT "parcelo jobs" NOT author:newsbot'
    ]
    assert for_reddit(parse_query("parcelo")) == ["parcelo"]


def test_reddit_leaves_out_exclusions_rather_than_names() -> None:
    query = parse_query("parcelo " + " ".join(f"-exclusion{number}" for number in range(100)))
    (search,) = for_reddit(query)

    assert search.startswith("parcelo NOT exclusion0 NOT exclusion1 ")
    assert len(search) <= 300


def test_bluesky_mastodon_and_hacker_news_are_asked_name_by_name() -> None:
    query = parse_query(FULL + " @parcelo@shop.example @parcelo.bsky.social")

    assert for_bluesky(query) == [
        *('"parcelo"', '"parcel o"', "#parcelo", '"parcelo@shop.example"', '"parcelo.bsky.social"'),
    ]
    assert for_mastodon(query) == ['"parcelo"', '"parcel o"', "#parcelo", '"parcelo.bsky.social"']
    assert for_hackernews(query) == ['"parcelo"', '"parcel o"', '"parcelo@shop.example"', '"parcelo.bsky.social"']


def test_bluesky_is_never_asked_for_a_handle_which_it_would_drop_when_unknown() -> None:
    assert not [part for part in for_bluesky(parse_query("@parcelo @nobody.example from")) if part[0] not in '"#']


def test_youtube_is_asked_once_for_all_names() -> None:
    assert for_youtube(parse_query(FULL)) == ['parcelo|"parcel o" delivery|"my order" -"parcelo jobs"']


def test_the_hashtags_of_a_query_are_told_without_their_sign() -> None:
    assert hashtags_of(parse_query("#parcelo parcelo #ParceloFail -#ad with:#late")) == ("parcelo", "ParceloFail")


@pytest.mark.parametrize("platform", COMPILERS)
def test_a_query_without_names_asks_a_platform_nothing(platform: str) -> None:
    assert COMPILERS[platform](Query()) == []


def test_long_lists_are_split_into_as_few_searches_as_can_be() -> None:
    names = [f"brandname{number:03}" for number in range(80)]
    contexts = [f"context{number:02}" for number in range(30)]
    parts = for_x(parse_query(" ".join(names) + " with:" + "|".join(contexts) + " -jobs"), ("brand",))

    assert all(len(part) <= X_LIMIT for part in parts)
    for name in names:
        for context in contexts:
            assert sum(f"{name} " in part.replace(")", " ") and context in part for part in parts) == 1
    assert all(part.endswith(" -jobs -from:brand -is:retweet") for part in parts)
    assert len(parts) == 10  # contexts in 2 pieces beside names in 5; whole contexts would make it 16, thirds 12


def test_an_emoji_counts_as_two_characters() -> None:
    parts = for_x(Query(tuple(Term(f"🍊{number}🍊", TermKind.PHRASE) for number in range(100))))

    assert all(len(part.encode("utf-16-le")) // 2 <= X_LIMIT for part in parts)
    assert len(parts) > 2


def test_exclusions_that_leave_no_room_for_a_name_are_refused_in_words() -> None:
    query = parse_query("parcelo " + " ".join(f"-exclusion{number}" for number in range(100)))

    with pytest.raises(ConfigError, match="X takes 512 characters a search") as refused:
        for_x(query)
    assert "exclude less" in str(refused.value)


def test_a_query_that_would_need_hundreds_of_searches_is_refused() -> None:
    groups = [f"with:{'|'.join(f'context{group}x{number:020}' for number in range(40))}" for group in range(3)]

    with pytest.raises(ConfigError, match="more than 100 searches"):
        for_x(parse_query("parcelo " + " ".join(groups)))


def test_many_contexts_are_split_without_trying_every_combination() -> None:
    groups = [f"with:{'|'.join(f'c{group}x{number}' for number in range(9))}" for group in range(9)]

    with pytest.raises(ConfigError):
        for_x(parse_query("parcelo " + " ".join(groups)))


def words_of(text: str) -> str:
    return " ".join(re.sub(r'["\\]', " ", text).split()).casefold()


@given(queries(most=30), st.integers(200, 512))
@settings(deadline=None)
def test_every_part_keeps_within_the_limit_and_every_name_is_in_one(query: Query, limit: int) -> None:
    for compiler in (for_x, for_reddit, for_youtube):
        try:
            parts = compiler(query, limit=limit)
        except ConfigError as error:
            assert "characters a search" in str(error)
            continue
        assert all(len(part.encode("utf-16-le")) // 2 <= limit for part in parts)
        for name in query.names:
            assert any(words_of(name.text) in words_of(part) for part in parts)
        needed = [term for group in query.contexts for term in group]
        if any(name.kind is not TermKind.HANDLE for name in query.names):
            for term in needed:
                assert any(words_of(term.text) in words_of(part) for part in parts)


@given(queries())
@settings(deadline=None)
def test_every_name_is_asked_for_on_the_platforms_that_take_one_at_a_time(query: Query) -> None:
    for compiler in (for_bluesky, for_hackernews, for_mastodon):
        parts = compiler(query)
        for name in query.names:
            shown = name.text.split("@")[0] if compiler is for_mastodon and name.kind is TermKind.HANDLE else name.text
            assert any(words_of(shown) in words_of(part) for part in parts)


@given(queries())
@settings(deadline=None)
def test_quotation_marks_and_parentheses_are_even_in_every_part(query: Query) -> None:
    for compiler in COMPILERS.values():
        try:
            parts = compiler(query)
        except ConfigError:
            continue
        for part in parts:
            assert part.count('"') % 2 == 0
            bare = re.sub(r'"[^"]*"', "", part)
            assert bare.count("(") == bare.count(")")
            assert "\\" not in part
