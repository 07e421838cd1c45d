"""Searches that dice wrote against a plain Python evaluation, on every way in which the databases can be asked."""

import random
import re
from dataclasses import dataclass

import pytest
from sqlmodel import Session

from storage.database import Database
from storage.queue import listing
from storage.queue.filters import Filter, View
from storage.rows import id_of
from storage.tables import Brand, Case, PostRow
from tests.conftest import NOW
from tests.storage.test_queue_random import IN_VIEW, ME, random_case

WORDS = ("late", "later", "lost", "parcel", "kettle", "refund")
VIEWS = (View.OPEN, View.RESOLVED, View.WAITING, View.DISMISSED, View.ALL)
# What decides how a search is answered: the constants of storage.search.
WAYS = {"as it comes": {}, "looked up": {"PAGEFUL": 10**9, "FEW": 10**9}, "gone through": {"PAGEFUL": 0, "FEW": 0}}
Everything = list[tuple[Case, list[str]]]


def fill(session: Session, dice: random.Random, cases: int = 150) -> Everything:
    session.add_all([Brand(name="Brindle Home", created_at=NOW), Brand(name="Parcelo", created_at=NOW)])
    session.flush()
    return [add_case(session, dice, number) for number in range(1, cases + 1)]


def add_case(session: Session, dice: random.Random, number: int) -> tuple[Case, list[str]]:
    case = random_case(dice, number)
    case.assignee_id = case.team_id = None
    session.add(case)
    session.flush()
    texts = [" ".join(dice.choices(WORDS, k=dice.randint(0, 4))) for _ in range(dice.randint(1, 3))]
    for place, words in enumerate(texts):
        post = {"platform": case.platform, "platform_id": f"{number}-{place}", "author": "", "text": words}
        at = {"posted_at": NOW, "collected_at": NOW}
        session.add(PostRow(brand_id=case.brand_id, case_id=case.id, **post, **at))
    session.flush()
    return case, texts


@dataclass(frozen=True)
class Piece:
    """A part of a search, and what it means."""

    text: str
    pattern: str  # of a post's text; empty: the courier is meant

    def holds(self, case: Case, texts: list[str]) -> bool:
        if not self.pattern:
            return case.courier == "DPD"
        return any(re.search(self.pattern, text) for text in texts)


def piece(dice: random.Random) -> Piece:
    one, other = dice.choices(WORDS, k=2)
    beginning = one[: dice.randint(3, len(one))]
    return dice.choice(
        (
            Piece(beginning, rf"\b{beginning}"),
            Piece(f'"{one}"', rf"\b{one}\b"),
            Piece(f'"{one} {other}"', rf"\b{one} {other}\b"),
            Piece("courier:dpd", ""),
        )
    )


Clause = tuple[bool, list[Piece]]


def random_search(dice: random.Random) -> list[Clause]:
    clauses: list[Clause] = []
    for _ in range(dice.randint(1, 3)):
        excluded = dice.random() < 0.3
        clauses.append((excluded, [piece(dice) for _ in range(1 if excluded else dice.choice((1, 1, 2)))]))
    return clauses


def written(clauses: list[Clause]) -> str:
    return " ".join("-" * excluded + " OR ".join(piece.text for piece in pieces) for excluded, pieces in clauses)


def meets(case: Case, texts: list[str], clauses: list[Clause]) -> bool:
    return all(any(piece.holds(case, texts) for piece in pieces) is not excluded for excluded, pieces in clauses)


@pytest.mark.parametrize("way", list(WAYS))
def test_searches_find_and_count_what_a_plain_search_finds(
    any_database: Database, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    for name, value in WAYS[way].items():
        monkeypatch.setattr(f"storage.search.{name}", value)
    dice, some = random.Random(7), 0
    with any_database.write() as session:
        everything = fill(session, dice)
    for turn in range(60):
        clauses = random_search(dice)
        text = written(clauses)
        expected = {
            view: {id_of(case) for case, texts in everything if IN_VIEW[view](case) and meets(case, texts, clauses)}
            for view in VIEWS
        }
        opened = any_database.write() if turn % 5 == 0 else any_database.read()
        with opened as session:  # what one session wrote down must not be another's
            for view in VIEWS:
                found = listing.matching_ids(session, Filter(view=view, text=text), ME, NOW)
                assert sorted(found) == sorted(expected[view]), (text, view)
            counted = listing.counts(session, Filter(text=text), ME, NOW)
        most = listing.SEARCH_COUNT_CAP + 1
        assert {view: counted[view] for view in VIEWS} == {view: min(len(expected[view]), most) for view in VIEWS}, text
        some += any(expected.values())
    assert some > 30


def test_a_search_is_not_answered_with_what_another_found_in_the_same_session(any_database: Database) -> None:
    dice = random.Random(3)
    with any_database.write() as session:
        everything = fill(session, dice, 60)
        for words in ("late", "lost", "late lost", "kettle -late", "late"):
            clauses = [(word.startswith("-"), [Piece(word, rf"\b{word.lstrip('-')}")]) for word in words.split()]
            expected = [case for case, texts in everything if meets(case, texts, clauses) and IN_VIEW[View.OPEN](case)]
            found = listing.matching_ids(session, Filter(view=View.OPEN, text=words), ME, NOW)
            assert sorted(found) == sorted(id_of(case) for case in expected), words
