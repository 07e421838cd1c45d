"""The queue against a plain Python filter over the rows, for cases, filters and changes that dice chose."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from core.searching import State
from core.taxonomy import Party, Reason, Severity
from core.types import CaseStatus, Role
from storage.cases import OPEN_STATUSES
from storage.database import Database
from storage.members import create_member
from storage.queue import listing
from storage.queue.filters import DUE_SOON, NOBODY, Filter, Position, Sort, View
from storage.rows import id_of
from storage.tables import Brand, Case, PostRow, Team
from tests.conftest import NOW

CASES = 220
ME = 1
WORDS = ("late", "lost", "kettle", "depot", "refund")
PLATFORMS, COURIERS, LANGUAGES = ("x", "reddit", "mastodon"), ("", "DPD", "Royal Mail"), ("en", "de")
ACTIVE = (CaseStatus.NEW, CaseStatus.OPEN)


def random_case(dice: random.Random, number: int) -> Case:
    status = dice.choice([*OPEN_STATUSES, *CaseStatus])
    last = NOW - timedelta(minutes=dice.choice((3, 50, 50, 300, dice.randrange(90_000))))
    is_due = status in ACTIVE and dice.random() < 0.7
    return Case(
        brand_id=dice.choice((1, 2)),
        status=status,
        platform=dice.choice(PLATFORMS),
        author=f"@Ann{number % 7}",
        author_key=f"@ann{number % 7}",
        language=dice.choice(LANGUAGES),
        severity=dice.choice(list(Severity)),
        unsure=dice.random() < 0.3,
        reasons={reason.value: 0.5 for reason in Reason if dice.random() < 0.2},
        parties=[party.value for party in Party if dice.random() < 0.3],
        courier=dice.choice(COURIERS),
        priority=dice.choice((10, 40, 40, dice.randrange(100))),
        assignee_id=dice.choice((None, ME, 2)),
        team_id=dice.choice((None, 1, 2)),
        first_posted_at=last,
        last_posted_at=last,
        opened_at=last,
        due_at=NOW + timedelta(minutes=dice.choice((-20, 30, 30, dice.randrange(900)))) if is_due else None,
        snoozed_until=NOW + timedelta(hours=1) if status is CaseStatus.WAITING and dice.random() < 0.5 else None,
        returned_at=NOW if dice.random() < 0.1 else None,
        first_reply_at=last if dice.random() < 0.3 else None,
        updated_at=last,
    )


def add_random_case(session: Session, dice: random.Random, number: int) -> int:
    case = random_case(dice, number)
    session.add(case)
    session.flush()
    for place in range(dice.randint(1, 3)):
        words = " ".join(dice.sample(WORDS, dice.randint(0, 2)))
        post = {"platform": case.platform, "platform_id": f"{number}-{place}", "author": case.author, "text": words}
        at = {"posted_at": case.last_posted_at, "collected_at": NOW}
        session.add(PostRow(brand_id=case.brand_id, case_id=case.id, **post, **at))
    if case.status.is_closed and dice.random() < 0.2:
        case.merged_into_id = 1
    session.flush()
    return id_of(case)


@pytest.fixture
def filled(any_database: Database) -> Database:
    dice = random.Random(11)
    with any_database.write() as session:
        for name in ("Dana Fischer", "Omar Haddad"):
            create_member(session, f"{name.split()[0]}@brindle.example", name, Role.RESPONDER, None, NOW)
        session.add_all([Brand(name="Brindle Home", created_at=NOW), Brand(name="Parcelo", created_at=NOW)])
        session.add_all([Team(name="Night", created_at=NOW), Team(name="Day", created_at=NOW)])
        session.flush()
        for number in range(1, CASES + 1):
            add_random_case(session, dice, number)
    return any_database


IN_VIEW: dict[View, Callable[[Case], bool]] = {
    View.UNASSIGNED: lambda case: case.status in ACTIVE and case.assignee_id is None,
    View.MINE: lambda case: case.status in OPEN_STATUSES and case.assignee_id == ME,
    View.DUE: lambda case: case.status in ACTIVE and case.due_at is not None and case.due_at < NOW + DUE_SOON,
    View.WAITING: lambda case: case.status is CaseStatus.WAITING,
    View.UNSURE: lambda case: case.status in OPEN_STATUSES and case.unsure,
    View.OPEN: lambda case: case.status in OPEN_STATUSES,
    View.ALL: lambda case: case.status is not CaseStatus.DISMISSED and case.merged_into_id is None,
    View.RESOLVED: lambda case: case.status is CaseStatus.RESOLVED and case.merged_into_id is None,
    View.DISMISSED: lambda case: case.status is CaseStatus.DISMISSED and case.merged_into_id is None,
}
NEVER = NOW + timedelta(days=9999)
ORDERS: dict[Sort, Callable[[Case], Any]] = {
    Sort.URGENT: lambda case: (case.status is CaseStatus.WAITING, -case.priority, -id_of(case)),
    Sort.DUE: lambda case: (case.due_at or NEVER, id_of(case) if case.due_at else -id_of(case)),
    Sort.NEWEST: lambda case: (-case.last_posted_at.timestamp(), -id_of(case)),
}
IS: dict[State, Callable[[Case], bool]] = {
    **{State(status.value): lambda case, status=status: case.status is status for status in CaseStatus},
    State.UNSURE: lambda case: case.unsure,
    State.SNOOZED: lambda case: case.snoozed_until is not None,
    State.UNASSIGNED: lambda case: case.assignee_id is None,
    State.ASSIGNED: lambda case: case.assignee_id is not None,
    State.MINE: lambda case: case.assignee_id == ME,
    State.RETURNED: lambda case: case.returned_at is not None,
    State.ANSWERED: lambda case: case.first_reply_at is not None,
    State.OVERDUE: lambda case: case.due_at is not None and case.due_at < NOW,
}
Texts = dict[int, list[str]]
SEARCHES: dict[str, Callable[[Case, list[str]], bool]] = {
    "late": lambda _, texts: any("late" in text for text in texts),
    "late lost": lambda _, texts: all(any(word in text for text in texts) for word in ("late", "lost")),
    "late OR kettle": lambda _, texts: any(word in text for text in texts for word in ("late", "kettle")),
    "-late": lambda _, texts: not any("late" in text for text in texts),
    "refund -late -depot": lambda _, texts: (
        any("refund" in text for text in texts)
        and not any(word in text for text in texts for word in ("late", "depot"))
    ),
    "kettle OR courier:dpd": lambda case, texts: case.courier == "DPD" or any("kettle" in text for text in texts),
    "author:@ANN3": lambda case, _: case.author_key == "@ann3",
    "-author:ann3": lambda case, _: case.author_key != "@ann3",
    "platform:x OR platform:reddit": lambda case, _: case.platform in ("x", "reddit"),
    "brand:brindle": lambda case, _: case.brand_id == 1,
    "brand:nobodys": lambda case, _: False,
    "courier:royal": lambda case, _: case.courier == "Royal Mail",
    'courier:"royal mail" late': lambda case, texts: (
        case.courier == "Royal Mail" and any("late" in text for text in texts)
    ),
    "language:DE": lambda case, _: case.language == "de",
    "assignee:me": lambda case, _: case.assignee_id == ME,
    "assignee:omar": lambda case, _: case.assignee_id == 2,
    "-assignee:omar": lambda case, _: case.assignee_id != 2,
    "assignee:nobody": lambda case, _: case.assignee_id is None,
    "team:night": lambda case, _: case.team_id == 1,
    "-team:night": lambda case, _: case.team_id != 1,
    "reason:late -reason:lost": lambda case, _: "late" in case.reasons and "lost" not in case.reasons,
    "party:courier": lambda case, _: "courier" in case.parties,
    "severity:>=3": lambda case, _: case.severity >= 3,
    "severity:<2": lambda case, _: case.severity < 2,
    f"after:{NOW - timedelta(days=2):%Y-%m-%d}": lambda case, _: (
        case.last_posted_at.date() >= (NOW - timedelta(days=2)).date()
    ),
    f"before:{NOW:%Y-%m-%d}": lambda case, _: case.last_posted_at.date() < NOW.date(),
    "#17": lambda case, _: case.id == 17,
    "-#17": lambda case, _: case.id != 17,
    **{f"is:{state}": lambda case, _, holds=holds: holds(case) for state, holds in IS.items()},
    **{f"-is:{state}": lambda case, _, holds=holds: not holds(case) for state, holds in IS.items()},
}


def random_filter(dice: random.Random) -> Filter:
    wanted = Filter(view=dice.choice(list(View)), sort=dice.choice(list(Sort)))
    several: dict[str, tuple[Any, ...]] = {
        "brand_ids": (1, 2, 99),
        "platforms": (*PLATFORMS, "files"),
        "reasons": tuple(Reason),
        "parties": tuple(Party),
        "couriers": ("DPD", "Royal Mail", "dpd"),
        "assignee_ids": (NOBODY, ME, 2, 99),
        "team_ids": (1, 2),
        "languages": (*LANGUAGES, "fi"),
    }
    choices: dict[str, Sequence[Any]] = {
        "least_severity": tuple(Severity),
        "oldest": (timedelta(hours=1), timedelta(days=7)),
        "text": tuple(SEARCHES),
        **{name: some_of(values, dice) for name, values in several.items()},
    }
    chosen = dice.sample(list(choices), dice.choice((0, 0, 1, 1, 2, 3)))
    return replace(wanted, **{name: dice.choice(choices[name]) for name in chosen})


def some_of(values: tuple[Any, ...], dice: random.Random) -> list[tuple[Any, ...]]:
    """Return ways to choose one of the values or several."""
    return [tuple(sorted(dice.sample(values, number))) for number in (1, 1, 2, len(values))]


def is_wanted(case: Case, wanted: Filter, texts: list[str]) -> bool:
    exact: list[tuple[tuple[Any, ...], Any]] = [
        (wanted.brand_ids, case.brand_id),
        (wanted.platforms, case.platform),
        (wanted.couriers, case.courier),
        (wanted.assignee_ids, case.assignee_id or NOBODY),
        (wanted.team_ids, case.team_id),
        (wanted.languages, case.language),
    ]
    return (
        IN_VIEW[wanted.view](case)
        and all(value in values for values, value in exact if values)
        and (not wanted.reasons or not case.reasons.keys().isdisjoint(wanted.reasons))
        and case.severity >= wanted.least_severity
        and (not wanted.parties or not set(case.parties).isdisjoint(wanted.parties))
        and (wanted.oldest is None or case.last_posted_at >= NOW - wanted.oldest)
        and (not wanted.text or SEARCHES[wanted.text](case, texts))
    )


Everything = tuple[list[Case], Texts]


def everything_in(session: Session) -> Everything:
    texts: Texts = {}
    for case_id, text in session.exec(select(PostRow.case_id, PostRow.text)):
        texts.setdefault(case_id or 0, []).append(text)
    return list(session.exec(select(Case)).all()), texts


def plainly(everything: Everything, wanted: Filter) -> list[int]:
    cases, texts = everything
    found = [case for case in cases if is_wanted(case, wanted, texts[id_of(case)])]
    return [id_of(case) for case in sorted(found, key=ORDERS[wanted.sort])]


def in_pages(session: Session, wanted: Filter, limit: int) -> list[int]:
    seen: list[int] = []
    after: Position | None = None
    while True:
        page = listing.rows(session, wanted, ME, NOW, after=after, limit=limit)
        seen += [row.id for row in page.rows]
        assert len(page.rows) == limit or page.next is None
        if page.next is None:
            return seen
        after = page.next


def test_filters_find_what_a_plain_filter_finds(filled: Database) -> None:
    dice, found = random.Random(23), 0
    with filled.read() as session:
        everything = everything_in(session)
        for _ in range(60):
            wanted = random_filter(dice)
            expected = plainly(everything, wanted)
            assert in_pages(session, wanted, dice.choice((1, 3, 7, 500))) == expected, wanted
            assert listing.matching_ids(session, wanted, ME, NOW) == expected, wanted
            assert listing.matching_ids(session, wanted, ME, NOW, most=3) == expected[:3], wanted
            assert Filter.from_dict(wanted.to_dict()) == wanted
            found += bool(expected)
    assert found > 20


@pytest.mark.parametrize("names", [("FEW", "MANY"), ("FEW",), ()], ids=["walked", "named", "looked up"])
def test_searches_find_what_a_plain_search_finds(
    filled: Database, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...]
) -> None:
    for name in names:
        monkeypatch.setattr(f"storage.search.{name}", 3)
    with filled.read() as session:
        everything = everything_in(session)
        for text in SEARCHES:
            for view in (View.OPEN, View.RESOLVED):
                wanted = Filter(view=view, text=text)
                assert in_pages(session, wanted, 500) == plainly(everything, wanted), wanted


@pytest.mark.parametrize("few", [listing.FEW, 0], ids=["looked at", "by status"])
def test_counts_of_all_views(filled: Database, monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    monkeypatch.setattr(listing, "FEW", few)
    dice = random.Random(29)
    with filled.read() as session:
        everything = everything_in(session)
        for _ in range(25):
            wanted = random_filter(dice)
            expected = {view: len(plainly(everything, replace(wanted, view=view))) for view in View}
            most = listing.count_cap_of(wanted) + 1
            assert listing.counts(session, wanted, ME, NOW) == {
                view: min(number, most) for view, number in expected.items()
            }, wanted
            capped = {view: min(number, 6) for view, number in expected.items()}
            assert listing.counts(session, wanted, ME, NOW, cap=5) == capped, wanted


def test_newer_cases_are_counted_and_left_out(filled: Database) -> None:
    dice = random.Random(31)
    with filled.read() as session:
        everything = everything_in(session)
        for _ in range(40):
            wanted, up_to = random_filter(dice), dice.randrange(CASES + 3)
            expected = plainly(everything, wanted)
            newer = [case_id for case_id in expected if case_id > up_to]
            assert listing.newer(session, wanted, ME, NOW, up_to) == min(len(newer), listing.NEWER_CAP + 1), wanted
            shown = [row.id for row in listing.rows(session, wanted, ME, NOW, up_to=up_to, limit=500).rows]
            assert shown == [case_id for case_id in expected if case_id <= up_to], wanted
            assert listing.matching_ids(session, wanted, ME, NOW, up_to=up_to) == shown, wanted


def change_something(session: Session, dice: random.Random, number: int) -> set[int]:
    """Do what others do while somebody reads; return which cases were touched."""
    if dice.random() < 0.3:
        return {add_random_case(session, dice, number)}
    case = session.get_one(Case, dice.randint(1, CASES))
    other = random_case(dice, number)
    for name in ("status", "priority", "due_at", "last_posted_at", "assignee_id", "reasons", "parties", "severity"):
        setattr(case, name, getattr(other, name))
    session.add(case)
    return {id_of(case)}


@pytest.mark.parametrize("sort", list(Sort))
@pytest.mark.parametrize("view", [View.OPEN, View.UNASSIGNED, View.RESOLVED])
def test_pages_skip_and_repeat_no_case_that_stayed_while_others_moved(filled: Database, view: View, sort: Sort) -> None:
    dice = random.Random(f"{view}{sort}")
    for _ in range(2):
        wanted = replace(random_filter(dice), view=view, sort=sort, text=dice.choice(("", "", "late OR kettle")))
        touched: set[int] = set()
        with filled.read() as session:
            before, up_to = plainly(everything_in(session), wanted), listing.newest_case_id(session)
        seen: list[int] = []
        after: Position | None = None
        while True:
            with filled.read() as session:
                page = listing.rows(session, wanted, ME, NOW, after=after, limit=4, up_to=up_to)
            seen += [row.id for row in page.rows]
            if page.next is None:
                break
            after = page.next
            with filled.write() as session:
                touched |= {each for _ in range(3) for each in change_something(session, dice, dice.getrandbits(40))}
        stayed = [case_id for case_id in seen if case_id not in touched]
        assert stayed == [case_id for case_id in before if case_id not in touched], wanted
        assert max(seen, default=0) <= up_to
