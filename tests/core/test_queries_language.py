"""Reading and writing queries, and what is said of those that cannot be read."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ConfigError
from core.queries import Query, Term, TermKind, parse_query, query_of_brand, write_query
from tests.conftest import ROOT
from tests.core.queries import queries

PAGE = (ROOT / "docs" / "queries.md").read_text(encoding="utf-8")


def phrase(text: str) -> Term:
    return Term(text, TermKind.PHRASE)


def handle(text: str) -> Term:
    return Term(text, TermKind.HANDLE)


def hashtag(text: str) -> Term:
    return Term(text, TermKind.HASHTAG)


PARCELO = Term("parcelo")


def test_a_query_is_read_into_its_parts() -> None:
    query = parse_query(
        '@parcelo OR ~parcelo OR "parcel o" | #parcelo with:delivery|"my order" with:@dhl -jobs -"parcelo jobs" '
        "-#ad -@rival -from:@newsbot lang:en,de"
    )

    assert query == Query(
        names=(handle("parcelo"), PARCELO, phrase("parcel o"), hashtag("parcelo")),
        misspelt=(PARCELO,),
        contexts=((Term("delivery"), phrase("my order")), (handle("dhl"),)),
        excluded=(Term("jobs"), phrase("parcelo jobs"), hashtag("ad"), handle("rival")),
        excluded_authors=("newsbot",),
        languages=("en", "de"),
    )


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("parcelo OR @parcelohelp", (PARCELO, handle("parcelohelp"))),
        ("parcelo @parcelohelp", (PARCELO, handle("parcelohelp"))),
        ("parcelo|@parcelohelp", (PARCELO, handle("parcelohelp"))),
        ('parcelo -"parcelo jobs" OR @parcelohelp', (PARCELO, handle("parcelohelp"))),
        ("parcelo, parcelohelp; parcelo", (PARCELO, Term("parcelohelp"))),
        ("“parcel  o”", (phrase("parcel o"),)),
        ("＃parcelo", (hashtag("parcelo"),)),
        ("@parcelo.bsky.social @parcelo@shop.example", (handle("parcelo.bsky.social"), handle("parcelo@shop.example"))),
        (
            "McDonald's H&M T-Mobile E.ON 7eleven",
            tuple(map(Term, ["McDonald's", "H&M", "T-Mobile", "E.ON", "7eleven"])),
        ),
        ("楽天 🍊 #नमस्ते", (Term("楽天"), Term("🍊"), hashtag("नमस्ते"))),
        ("order", (Term("order"),)),
    ],
)
def test_names_are_a_choice_however_they_are_joined(text: str, names: tuple[Term, ...]) -> None:
    assert parse_query(text).names == names


@pytest.mark.parametrize("text", ["", "  \n "])
def test_an_empty_query_finds_everything(text: str) -> None:
    assert parse_query(text) == Query()


def test_operators_may_be_written_in_capitals_and_languages_with_a_country() -> None:
    assert parse_query("parcelo WITH:late Lang:en-GB,DE_at,en") == Query(
        (PARCELO,), contexts=((Term("late"),),), languages=("en", "de")
    )


def test_an_authors_name_with_blanks_stands_in_quotation_marks() -> None:
    query = parse_query('parcelo -from:"Parcelo News"')

    assert query.excluded_authors == ("Parcelo News",)
    assert parse_query(write_query(query)) == query


# What cannot be read, at which character, and what the sentence about it must tell the writer.
REFUSED = [
    ('parcelo "my order', 9, "never closed"),
    ("parcelo with: delivery", 9, "with:delivery|parcel without blanks"),
    ("parcelo with:|", 9, "with:delivery|parcel without blanks"),
    ('parcelo with:""', 9, "with:delivery|parcel without blanks"),
    ("parcelo with:delivery OR parcel", 23, "with:delivery|parcel without blanks"),
    ("parcelo with:delivery | parcel", 23, "with:delivery|parcel without blanks"),
    ("parcelo with:delivery,parcel", 14, "with:delivery|parcel"),
    ("parcelo with:~delivery", 14, "write delivery"),
    ("parcelo AND delivery", 9, 'with:word, or "and"'),
    ("parcelo & delivery", 9, "with:word"),
    ("parcelo +delivery", 9, "with:delivery"),
    ("parcelo NOT jobs", 9, "write -word"),
    ("parcelo or dhl", 9, "OR in capitals"),
    ("(parcelo OR dhl)", 1, "with:delivery|parcel"),
    ("parcel*", 1, "~word"),
    ("parcelo is:retweet", 9, "native_query"),
    ("parcelo OR has:links", 12, "native_query"),
    ("parcelo subreddit:shopping", 9, "native_query"),
    ("parcelo -has:links", 9, "native_query"),
    ("parcelo -is:retweet", 9, "never collected; leave it out"),
    ("from:parcelo", 1, "-from:handle"),
    ("parcelo wiht:delivery", 9, "did you mean with:"),
    ("parcelo foo:bar", 9, '"foo:bar"'),
    ("re:zero", 1, '"re:zero"'),
    ("parcelo -with:jobs", 9, "write -word"),
    ("parcelo -lang:en", 9, "the languages you want"),
    ("OR parcelo", 1, "no name stands in front"),
    ("parcelo OR", 9, "nothing stands behind"),
    ("parcelo OR OR dhl", 12, "no name stands in front"),
    ("parcelo || dhl", 10, "no name stands in front"),
    ("parcelo OR -jobs", 12, "leave out the OR"),
    ("parcelo lang:en OR lang:de", 20, "lang:en,de"),
    ("parcelo lang:english", 9, "two-letter code"),
    ("parcelo lang:jp", 9, "lang:ja"),
    ("parcelo lang:", 9, "lang:en,de"),
    ("parcelo - jobs", 9, "-word without a blank"),
    ("parcelo -a|b", 9, "-this -that"),
    ("parcelo -~jobsite", 9, "write -jobsite"),
    ("parcelo -from:", 9, "-from:handle"),
    ("parcelo -from:a,b", 9, "one for each author"),
    ("~dhl", 1, "5 to 50 letters"),
    ("~@parcelo", 1, "write @parcelo"),
    ("~ parcelo", 1, "without a blank"),
    ("@", 1, "@name@server.example"),
    ("@parcelo!", 1, "@name"),
    ("#parcel-o", 1, "letters, digits and _ only"),
    ('parcelo""', 1, "quotation mark inside a word"),
    ('parcelo "..."', 9, "nothing that can be looked for"),
    ("parcelo !!!", 9, "-word"),
    ("parcelo !jobs", 9, "-word"),
    ("parcelo ...", 9, "nothing in it can be looked for"),
    ("parcelo,dhl", 1, "not commas"),
    ("12:30", 1, '"12:30"'),
]


@pytest.mark.parametrize(("text", "at", "advice"), REFUSED, ids=[text for text, *_ in REFUSED])
def test_what_cannot_be_read_is_shown_with_its_place_and_what_to_write_instead(text: str, at: int, advice: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse_query(text)

    assert f"(character {at} of the query)" in str(refused.value)
    assert advice in str(refused.value)
    assert text[at - 1 :].startswith(str(refused.value).split(" (character")[0])


@pytest.mark.parametrize("text", ["-jobs", "with:delivery", "lang:en", "-from:newsbot"])
def test_a_query_without_a_name_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="put a name in front"):
        parse_query(text)


def test_a_long_piece_is_shown_in_part() -> None:
    with pytest.raises(ConfigError) as refused:
        parse_query("(" + "a" * 5000)

    assert len(str(refused.value)) < 300


@given(queries())
@settings(deadline=None)
def test_what_is_written_is_read_back(query: Query) -> None:
    assert parse_query(write_query(query)) == query


@given(st.text(max_size=60))
@settings(deadline=None)
def test_whatever_is_read_is_written_and_read_back_and_else_refused_in_words(text: str) -> None:
    try:
        query = parse_query(text)
    except ConfigError as error:
        assert str(error)
    else:
        assert parse_query(write_query(query)) == query


def test_a_brand_that_wrote_no_query_is_looked_for_by_its_handles_name_and_aliases() -> None:
    query = query_of_brand(
        ["fernhollow", "@fernhollow@shops.example"], ["Hollow Club", "#fernclub"], ["fern hollow bridge"], "Fernhollow"
    )

    assert write_query(query) == (
        '@fernhollow OR @fernhollow@shops.example OR Fernhollow OR "Hollow Club" OR #fernclub -"fern hollow bridge"'
    )


@given(
    handles=st.lists(st.text(max_size=12), max_size=3),
    aliases=st.lists(st.text(max_size=12), max_size=3),
    exclude=st.lists(st.text(max_size=12), max_size=3),
)
@settings(deadline=None)
def test_the_query_of_any_brand_can_be_written_and_read(
    handles: list[str], aliases: list[str], exclude: list[str]
) -> None:
    query = query_of_brand(handles, aliases, exclude, "Parcelo")

    assert parse_query(write_query(query)) == query


@pytest.mark.parametrize("example", re.findall(r"^    (\S.*)$", PAGE, re.MULTILINE))
def test_every_example_of_the_docs_can_be_read(example: str) -> None:
    assert parse_query(example).names


def test_every_operator_of_the_docs_can_be_read_and_none_is_missing_there() -> None:
    told = [
        span.replace("\\|", "|")
        for cell in re.findall(r"^\| (`.*?`) \|", PAGE, re.MULTILINE)
        for span in cell[1:-1].split("` `")
    ]
    query = parse_query(" ".join(told))

    assert {name.kind for name in query.names} == set(TermKind)
    assert {term.kind for term in query.excluded} == set(TermKind)
    assert query.misspelt
    assert query.contexts
    assert query.languages
    assert query.excluded_authors == ("newsbot", "Parcelo News")


@pytest.mark.parametrize("query", ["~" + "parcelo" * 10_000, "a:" * 50_000, "-" * 100_000, "#" * 100_000])
def test_what_is_wrong_with_a_query_of_endless_length_is_said_at_once_and_in_few_words(query: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse_query(query)

    assert len(str(refused.value)) < 500
