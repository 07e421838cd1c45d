"""What a search means, and what is said of one that means nothing."""

import random
from datetime import date

import pytest

from core.errors import InputError
from core.reporting import Span
from core.searching import (
    LONGEST_SEARCH,
    OPERATORS,
    After,
    Before,
    Began,
    Clause,
    HasParty,
    HasReason,
    Is,
    Levels,
    Name,
    Named,
    Numbered,
    Search,
    State,
    Term,
    Words,
    fold,
    parse,
)
from core.taxonomy import Party, Reason


def begins(*words: str) -> Words:
    return Words(words, begins=True)


def whole(*words: str) -> Words:
    return Words(words, begins=False)


READS: dict[str, list[Term]] = {
    "": [],
    "  ... !! ": [],
    "Late": [begins("late")],
    "late parcel": [begins("late"), begins("parcel")],
    "an ox": [whole("an"), whole("ox")],  # too short to stand for what they begin
    "一": [begins("一")],
    "don't": [whole("don", "t")],
    "jt_okafor": [begins("jt", "okafor")],
    "#lost": [begins("lost")],
    "@mara": [begins("mara")],
    "12:30": [whole("12", "30")],
    "https://shop.example/track": [begins("https", "shop", "example", "track")],
    '"sorry we missed you"': [whole("sorry", "we", "missed", "you")],
    "“Sorry we missed": [whole("sorry", "we", "missed")],
    '"parcel"': [whole("parcel")],
    '"or" "OR"': [whole("or"), whole("or")],
    "or": [whole("or")],
    "late: again": [begins("late"), begins("again")],
    ":) :D": [whole("d")],
    "CAFÉ Straße": [begins("cafe"), begins("straße")],
    "author:@Mara_Lenz": [Named(Name.AUTHOR, "mara_lenz")],
    'Author:"The Garden Log"': [Named(Name.AUTHOR, "the garden log")],
    "PLATFORM:Reddit": [Named(Name.PLATFORM, "reddit")],
    'brand:"Brindle Home"': [Named(Name.BRAND, "brindle home")],
    "courier:dpd": [Named(Name.COURIER, "dpd")],
    "language:DE": [Named(Name.LANGUAGE, "de")],
    "assignee:me": [Named(Name.ASSIGNEE, "me")],
    "team:night": [Named(Name.TEAM, "night")],
    "reason:no_reply": [HasReason(Reason.NO_REPLY)],
    'reason:no-reply reason:"No Reply"': [HasReason(Reason.NO_REPLY), HasReason(Reason.NO_REPLY)],
    "party:courier": [HasParty(Party.COURIER)],
    "severity:3": [Levels(3, 3)],
    "severity:=3": [Levels(3, 3)],
    "severity:>=3": [Levels(3, 4)],
    "severity:≥3": [Levels(3, 4)],
    "severity:>3": [Levels(4, 4)],
    "severity:<3": [Levels(0, 2)],
    "severity:<=3": [Levels(0, 3)],
    "is:unsure is:MINE": [Is(State.UNSURE), Is(State.MINE)],
    "before:2026-11-01": [Before(date(2026, 11, 1))],
    "after:2026-11-01": [After(date(2026, 11, 1))],
    "began:2026-11-01": [Began(Span(date(2026, 11, 1), date(2026, 11, 1)))],
    "began:2026-11-01..2026-11-28,Mon": [Began(Span(date(2026, 11, 1), date(2026, 11, 28)), 0)],
    "began:2026-11-01..2026-11-28,sun-9": [Began(Span(date(2026, 11, 1), date(2026, 11, 28)), 6, 9)],
    "began:2026-11-01..2026-11-28,sun-00": [Began(Span(date(2026, 11, 1), date(2026, 11, 28)), 6, 0)],
    "#123": [Numbered(123)],
    "case:123 case:#45": [Numbered(123), Numbered(45)],
}


@pytest.mark.parametrize("text", READS)
def test_each_part_must_hold(text: str) -> None:
    assert parse(text) == Search(tuple(Clause((term,)) for term in READS[text]))


CLAUSES = {
    "late OR lost": [Clause((begins("late"), begins("lost")))],
    "late OR lost OR 42 courier:dpd": [
        Clause((begins("late"), begins("lost"), whole("42"))),
        Clause((Named(Name.COURIER, "dpd"),)),
    ],
    "late OR is:unsure": [Clause((begins("late"), Is(State.UNSURE)))],
    "-late": [Clause((begins("late"),), is_excluded=True)],
    '-"we missed" -is:mine #7': [
        Clause((whole("we", "missed"),), is_excluded=True),
        Clause((Is(State.MINE),), is_excluded=True),
        Clause((Numbered(7),)),
    ],
    "– -": [],
    "—late": [Clause((begins("late"),), is_excluded=True)],  # as a phone writes it
}


@pytest.mark.parametrize("text", CLAUSES)
def test_or_joins_neighbours_and_minus_leaves_out(text: str) -> None:
    assert parse(text).clauses == tuple(CLAUSES[text])


REFUSED = {
    "courrier:dpd": "courrier: is nothing to search by; did you mean courier:?",
    "note:depot": 'write it in quotes: "note"',
    "reason:slow": "reason: takes one of late, missed,",
    "party:me": "party: takes one of brand, courier, supplier, unclear.",
    "is:lost": "is: takes one of unsure,",
    "severity:9": "severity: takes a number from 0 to 4",
    "severity:high": "as in severity:3 or severity:>=3",
    "before:yesterday": "before: takes a day as year-month-day",
    "after:2026-02-30": "after: takes a day as year-month-day",
    "before:0001-01-01": "before: takes a day from 1900 to 2999",
    "began:2026-11-01..9999-12-31": "began: takes a day from 1900 to 2999",
    "began:2026-11-07..2026-11-01": "ends before it begins",
    "began:2026-11-01,monday": "names no day of the week",
    "began:2026-11-01,mon-24": "write ,mon or ,mon-14",
    "began:2026-11-01,": "names no day of the week",
    "began:2020-11-01..2026-11-01,mon": "with a day of the week, 366 are the most",
    "case:x": "x is no number of a case",
    "#99999999999": "99999999999 is no number of a case",
    "case:²": "² is no number of a case",
    "courier:": "Nothing stands behind courier: - write courier:dpd",
    "courier: dpd": "without a blank",
    'courier:""': "Nothing stands behind courier:",
    "OR late": "Write a word on each side of OR",
    "late OR": "Write a word on each side of OR",
    "late OR OR lost": "Write a word on each side of OR",
    "late OR ...": "Write a word on each side of OR",
    "late OR -lost": "OR joins what is looked for",
    "-late OR lost": "OR joins what is looked for",
    "x" * (LONGEST_SEARCH + 1): "shorten it from 401 to 400 characters",
    "ab " * 21: "too many parts",
    "a-b-c-d-e-f-g-h-i-j-k-l-m-n-o-p-q-r-s-t-u-v-w-x-y-z": "too many parts",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_cannot_be_read_is_refused_in_words(text: str) -> None:
    with pytest.raises(InputError) as refused:
        parse(text)
    assert REFUSED[text] in str(refused.value)


def test_every_operators_example_can_be_read() -> None:
    for example in OPERATORS.values():
        assert len(parse(example).clauses) == 1
        assert not isinstance(parse(example).clauses[0].terms[0], Words)


def test_a_number_alone_names_the_case() -> None:
    assert (parse(" #12 ").case_id, parse("case:12").case_id) == (12, 12)
    assert [parse(text).case_id for text in ("-#12", "#12 late", "#12 OR #13", "12", "")] == [None] * 5


def test_what_no_database_takes_is_left_out() -> None:
    assert parse("author:a\0b courier:d\ud800pd") == parse("author:ab courier:d\ufffdpd")


def test_folding_keeps_letters_that_are_not_latin_as_they_are() -> None:
    assert fold("Ünïcödé ÅŁØ ΆΣς Ёй 한국 がぎ") == "unicode ałø άσσ ёй 한국 がぎ"


def test_anything_is_read_or_refused_and_words_hold_nothing_but_letters_and_digits() -> None:
    dice = random.Random(7)
    pieces = [
        '"',
        "-",
        "OR",
        ":",
        "#",
        "is:",
        "mine",
        "late",
        "severity:",
        ">=3",
        "“",
        "*",
        "(",
        "\\",
        "'",
        "\0",
        "é",
        "\ud800",
    ]
    read = 0
    for _ in range(3000):
        text = "".join(dice.choice([*pieces, " "]) for _ in range(dice.randint(1, 14)))
        try:
            search = parse(text)
        except InputError:
            continue
        read += 1
        terms = [term for clause in search.clauses for term in clause.terms if isinstance(term, Words)]
        assert all(word.isalnum() and word == fold(word) for term in terms for word in term.words), text
    assert read > 300
