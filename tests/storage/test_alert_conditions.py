"""What each kind of rule finds, live and over a stretch that lies behind, which must say the same of each moment."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session

from core.alerts.episodes import Episode, Group
from core.alerts.kinds import AlertKind
from core.configuration.alerting import parse_settings
from core.hours import Hours
from core.types import CaseStatus
from storage.alerting.asked import Asked
from storage.alerting.conditions import episodes
from storage.database import Database
from storage.tables import (
    Brand,
    Case,
    CaseEvent,
    CollectedWindow,
    EventKind,
    Member,
    PostRow,
    PredictionRow,
    Promise,
    PromiseState,
    Source,
    SourceState,
    WindowState,
)

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def branded(any_database: Database, now: datetime) -> Database:
    with any_database.write() as session:
        for name in ("Parcelo", "Other"):
            session.add(Brand(name=name, created_at=now))
        session.add(Member(email="ann@parcelo.example", name="Ann Vale", created_at=now))
        session.flush()
        session.add(Source(brand_id=1, name="x-parcelo", platform="x", every_seconds=120, created_at=now - 90 * HOUR))
    return any_database


def add_case(session: Session, opened_at: datetime, **values: Any) -> Case:
    """Add a case that waits for an answer, as it is kept; what happened to it is in the values."""
    given: dict[str, Any] = {
        "due_at": opened_at + 4 * HOUR,
        "reasons": {"late": 0.9},
        "confidence": 0.9,
        "severity": 3,
    } | values
    case = Case(brand_id=given.pop("brand_id", 1), platform="x", author="@zoe", author_key="@zoe",
                first_posted_at=given.pop("first_posted_at", opened_at), last_posted_at=opened_at,
                opened_at=opened_at, updated_at=opened_at, **given)  # fmt: skip
    session.add(case)
    session.flush()
    return case


def answered(at: datetime) -> dict[str, Any]:
    return {"status": CaseStatus.WAITING, "first_reply_at": at, "due_at": None}


def closed(at: datetime) -> dict[str, Any]:
    return {"status": CaseStatus.RESOLVED, "closed_at": at, "due_at": None}


def found(
    database: Database, kind: str, since: datetime, until: datetime, made_at: datetime = LONG_AGO, **settings: Any
) -> Sequence[Episode]:
    said = parse_settings(AlertKind(kind), settings)
    asked = Asked(1, said, since, until, made_at, Hours(), "UTC")
    with database.read() as session:
        return sorted(episodes(session, AlertKind(kind), asked), key=lambda each: (each.began_at, each.key))


def keys(seen: Sequence[Episode]) -> list[str]:
    return [each.key for each in seen]


def test_grave_cases_are_so_until_they_are_answered_or_closed(branded: Database, now: datetime) -> None:
    with branded.write() as session:
        add_case(session, now - 5 * HOUR, courier="DPD")
        add_case(session, now - 4 * HOUR, **answered(now - 2 * HOUR))
        add_case(session, now - 3 * HOUR, **closed(now - 2 * HOUR))
        add_case(session, now - 3 * HOUR, severity=2)
        add_case(session, now - 3 * HOUR, confidence=0.6)  # an accusation that the model is not sure of
        add_case(session, now - 3 * HOUR, confidence=0.6, severity=4)
        add_case(session, now - 3 * HOUR, brand_id=2)
        add_case(session, now - 3 * HOUR, merged_into_id=1)
    assert keys(found(branded, "severe", now, now)) == ["case:1", "case:6"]
    assert keys(found(branded, "severe", now, now, courier="DPD")) == ["case:1"]
    assert keys(found(branded, "severe", now, now, reason="lost")) == []
    assert keys(found(branded, "severe", now, now, platform="x", reason="late")) == ["case:1", "case:6"]
    assert keys(found(branded, "severe", now, now, threshold=4)) == ["case:6"]
    past = found(branded, "severe", now - 10 * HOUR, now)
    assert [(each.key, each.group, each.ended_at) for each in past] == [
        ("case:1", Group("late", "DPD"), None),
        ("case:2", Group("late"), now - 2 * HOUR),
        ("case:3", Group("late"), now - 2 * HOUR),
        ("case:6", Group("late"), None),
    ]
    assert keys(found(branded, "severe", now - HOUR, now)) == ["case:1", "case:6"]


def test_a_case_that_is_answered_a_second_time_is_over_a_second_time(branded: Database, now: datetime) -> None:
    again = {"first_reply_at": now - 8 * HOUR, "reopened_at": now - 5 * HOUR}
    with branded.write() as session:
        add_case(session, now - 9 * HOUR, **again)
        case = add_case(session, now - 9 * HOUR, **again)
        case.status, case.due_at = CaseStatus.WAITING, None
        for at in (now - 8 * HOUR, now - 2 * HOUR):
            session.add(CaseEvent(case_id=2, kind=EventKind.BRAND_REPLIED, happened_at=at))
    assert keys(found(branded, "severe", now, now)) == ["case:1"]
    past = found(branded, "severe", now - 10 * HOUR, now)
    assert [(each.key, each.began_at, each.ended_at) for each in past] == [
        ("case:1", now - 5 * HOUR, None),
        ("case:2", now - 5 * HOUR, now - 2 * HOUR),
    ]


def test_a_new_rule_does_not_tell_of_last_year_but_of_what_is_added_to_it(branded: Database, now: datetime) -> None:
    with branded.write() as session:
        add_case(session, now - 50 * HOUR)
        case = add_case(session, now - 50 * HOUR)
        case.last_posted_at = now - MINUTE
        add_case(session, now - 30 * MINUTE)
    assert keys(found(branded, "severe", now, now, made_at=now - HOUR)) == ["case:3", "case:2"]


def test_a_case_is_due_a_while_before_its_time_until_it_is_answered(branded: Database, now: datetime) -> None:
    with branded.write() as session:
        add_case(session, now - 5 * HOUR, due_at=now + 59 * MINUTE)
        add_case(session, now - 5 * HOUR, due_at=now + 61 * MINUTE)
        add_case(session, now - 9 * HOUR, due_at=now - 5 * HOUR)
        add_case(session, now - 5 * HOUR, **answered(now - MINUTE))
        add_case(session, now - 9 * HOUR, **answered(now - 9 * HOUR + 10 * MINUTE))
    live = found(branded, "due", now, now)
    assert [(each.key, each.began_at) for each in live] == [("case:3", now - 6 * HOUR), ("case:1", now - MINUTE)]
    assert live[1].facts == (("due_at", (now + 59 * MINUTE).isoformat()),)
    past = found(branded, "due", now - 24 * HOUR, now)
    # A severe case must have its answer within four hours: one of those that have one came too late.
    assert [(each.key, each.began_at, each.ended_at) for each in past] == [
        ("case:3", now - 6 * HOUR, None),
        ("case:4", now - 2 * HOUR, now - MINUTE),
        ("case:1", now - MINUTE, None),
    ]
    assert keys(found(branded, "due", now, now, made_at=now)) == ["case:1"]


def test_a_case_is_forgotten_until_a_member_touches_it(branded: Database, now: datetime) -> None:
    with branded.write() as session:
        for _ in range(4):
            add_case(session, now - 80 * HOUR)
        add_case(session, now - 80 * HOUR, status=CaseStatus.WAITING, due_at=None, snoozed_until=now + HOUR)
        add_case(session, now - 80 * HOUR, **answered(now - 79 * HOUR))
        for case_id, member_id, ago in ((1, 1, 30), (2, 1, 10), (3, None, 10), (4, 1, 70), (4, 1, 20), (5, 1, 40)):
            kind = EventKind.SNOOZED if case_id == 5 else EventKind.NOTED if member_id else EventKind.POST_JOINED
            session.add(CaseEvent(case_id=case_id, member_id=member_id, kind=kind, happened_at=now - ago * HOUR))
    live = found(branded, "forgotten", now, now, threshold=24)
    assert [(each.key, each.began_at) for each in live] == [("case:3", now - 56 * HOUR), ("case:1", now - 6 * HOUR)]
    past = found(branded, "forgotten", now - 100 * HOUR, now, threshold=24)
    assert [(each.key, each.began_at, each.ended_at) for each in past] == [
        ("case:1", now - 56 * HOUR, now - 30 * HOUR),
        ("case:2", now - 56 * HOUR, now - 10 * HOUR),
        ("case:3", now - 56 * HOUR, None),
        ("case:5", now - 56 * HOUR, now - 40 * HOUR),
        ("case:4", now - 46 * HOUR, now - 20 * HOUR),
        ("case:1", now - 6 * HOUR, None),
    ]


def test_a_promise_is_broken_when_its_time_is_over(branded: Database, now: datetime) -> None:
    states = (
        (now - 3 * HOUR, PromiseState.OPEN, None),
        (now + HOUR, PromiseState.OPEN, None),
        (now + HOUR, PromiseState.BROKEN, now - 2 * HOUR),
        (now - 3 * HOUR, PromiseState.KEPT, now - HOUR),
        (now - 3 * HOUR, PromiseState.KEPT, now - 4 * HOUR),
        (None, PromiseState.OPEN, None),
    )
    with branded.write() as session:
        add_case(session, now - 50 * HOUR, courier="DPD", **answered(now - 40 * HOUR))
        add_case(session, now - 50 * HOUR, **closed(now - HOUR))
        for due_at, state, settled_at in states:
            session.add(Promise(case_id=1, text="A refund", due_at=due_at, state=state, settled_at=settled_at,
                                created_at=now - 40 * HOUR))  # fmt: skip
        session.add(Promise(case_id=2, text="A call", due_at=now - 3 * HOUR, created_at=now - 40 * HOUR))
    live = found(branded, "broken_promise", now, now)
    assert [(each.key, each.began_at, each.case_id, each.group) for each in live] == [
        ("promise:1", now - 3 * HOUR, 1, Group("late", "DPD")),
        ("promise:3", now - 2 * HOUR, 1, Group("late", "DPD")),
    ]
    assert "A refund" in live[0].words
    assert keys(found(branded, "broken_promise", now, now, threshold=240)) == ["promise:3"]
    assert keys(found(branded, "broken_promise", now, now, courier="UPS")) == []
    past = {each.key: each.ended_at for each in found(branded, "broken_promise", now - 24 * HOUR, now)}
    assert past == {"promise:1": None, "promise:3": None, "promise:4": now - HOUR, "promise:7": now - HOUR}


def test_cases_alike_are_found_by_when_they_were_written(branded: Database, now: datetime) -> None:
    with branded.write() as session:
        for ago in (170, 100, 10):
            add_case(session, now - ago * MINUTE, courier="DPD", **closed(now))
        add_case(session, now - 5 * MINUTE, courier="Evri")
        add_case(session, now - 5 * MINUTE, reasons={}, courier="DPD")
        add_case(session, now - 5 * MINUTE, courier="DPD", status=CaseStatus.DISMISSED, closed_at=now)
        for number in range(5):  # a file of old posts
            add_case(session, now - MINUTE, first_posted_at=now - 300 * HOUR + number * MINUTE, courier="UPS")
    live = found(branded, "cluster", now, now, threshold=3)
    over = now - 10 * MINUTE + 3 * HOUR
    assert [(each.key, each.began_at, each.ended_at) for each in live] == [
        (f"case:{number}", now - 10 * MINUTE, over) for number in (1, 2, 3)
    ]
    assert found(branded, "cluster", now, now, threshold=4) == []
    later = now + 2 * HOUR
    with branded.write() as session:
        add_case(session, later, courier="DPD")
        add_case(session, later, courier="DPD")
    assert keys(found(branded, "cluster", later, later, threshold=3)) == [
        "case:1",
        "case:2",
        "case:3",
        "case:12",
        "case:13",
    ]
    past = found(branded, "cluster", now - 24 * HOUR, now + 24 * HOUR, threshold=3)
    assert {each.ended_at for each in past} == {later + 3 * HOUR}
    assert found(branded, "cluster", later + 3 * HOUR, later + 3 * HOUR, threshold=3) == []


def test_large_reach_counts_until_it_is_answered(branded: Database, now: datetime) -> None:
    with branded.write() as session:
        add_case(session, now - HOUR, reach=200_000, severity=1)
        add_case(session, now - HOUR, reach=50_000, severity=1)
        add_case(session, now - HOUR, reach=300_000, **answered(now - MINUTE))
    live = found(branded, "reach", now, now)
    assert [(each.key, each.words) for each in live] == [("case:1", "Seen by about 200,000.")]
    assert keys(found(branded, "reach", now - 2 * HOUR, now, threshold=1000)) == ["case:1", "case:2", "case:3"]


def test_a_source_is_in_trouble_when_it_was_not_read_for_long_enough(branded: Database, now: datetime) -> None:
    def trouble(state: SourceState, ago: timedelta) -> Sequence[Episode]:
        with branded.write() as session:
            source = session.get_one(Source, 1)
            source.state, source.last_success_at, source.last_error = state, now - ago, "X says no"
            session.add(source)
        return found(branded, "source", now, now)

    assert trouble(SourceState.OK, 9 * HOUR) == []
    assert trouble(SourceState.RETRYING, 31 * MINUTE) == []
    (failing,) = trouble(SourceState.RETRYING, 40 * MINUTE)
    assert (failing.key, failing.began_at) == ("source:1", now - 8 * MINUTE)
    assert failing.words == "x-parcelo (X): It fails and is tried again: X says no"
    assert keys(trouble(SourceState.OVER_BUDGET, HOUR)) == ["source:1"]
    assert keys(trouble(SourceState.STOPPED, HOUR)) == ["source:1"]


def test_what_could_not_be_read_then_is_found_by_the_account_of_it(branded: Database, now: datetime) -> None:
    with branded.write() as session:
        for start, end, state in ((300, 290, WindowState.FAILED), (300, 200, WindowState.FAILED),
                                  (200, 198, WindowState.COMPLETE), (90, 80, WindowState.FAILED)):  # fmt: skip
            session.add(CollectedWindow(source_id=1, from_at=now - start * MINUTE, until_at=now - end * MINUTE,
                                        state=state, detail="X says no"))  # fmt: skip
    (past,) = found(branded, "source", now - 10 * HOUR, now)
    assert (past.began_at, past.ended_at) == (now - 268 * MINUTE, now - 200 * MINUTE)


def test_watched_words_are_found_as_words_of_their_own(branded: Database, now: datetime) -> None:
    texts = ("My SOLICITOR writes", "solicitors of all lands", "nothing", "the solicitor", "ＬＡＷＹＥＲ and anwältin")
    with branded.write() as session:
        for number, text in enumerate(texts):
            session.add(PostRow(platform="x", platform_id=str(number), brand_id=1, author="@zoe", text=text,
                                is_own=number == 3, posted_at=now - HOUR, collected_at=now - HOUR))  # fmt: skip
        session.add(PostRow(platform="x", platform_id="t", brand_id=1, author="@zoe", title="A solicitor!", text="hm",
                            posted_at=now - 30 * HOUR, collected_at=now - 30 * HOUR))  # fmt: skip
    live = found(branded, "watch_words", now, now, words=["solicitor"])
    assert [(each.key, each.words, each.ended_at) for each in live] == [
        ("post:1", "It says “solicitor”.", now + 23 * HOUR)
    ]
    several = found(branded, "watch_words", now, now, words=["sue", "Anwältin", "lawyer", "solicitor"])
    assert [(each.key, each.group, each.words) for each in several] == [
        ("post:1", Group("solicitor"), "It says “solicitor”."),
        ("post:5", Group("Anwältin"), "It says “Anwältin” and “lawyer”."),
    ]
    assert keys(found(branded, "watch_words", now, now, words=["Anwältin"])) == ["post:5"]
    assert keys(found(branded, "watch_words", now - 40 * HOUR, now, words=["solicitor"])) == ["post:6", "post:1"]
    assert found(branded, "watch_words", now, now, words=["%_"]) == []


def test_the_model_is_unsure_of_more_posts_than_the_rule_allows(branded: Database, now: datetime) -> None:
    with branded.write() as session:
        for number in range(300):
            at = now - 40 * HOUR
            session.add(PostRow(id=number + 1, platform="x", platform_id=str(number), brand_id=1, author="@zoe",
                                text="hm", posted_at=at, collected_at=at, classified_with="m1"))  # fmt: skip
        session.flush()
        for number in range(300):
            session.add(PredictionRow(post_id=number + 1, model_version="m1", complaint=0.5, is_complaint=False,
                                      unsure=number < 120, created_at=now))  # fmt: skip
    (live,) = found(branded, "drift", now, now, threshold=40)
    assert live.words == "The model is unsure of 40 % of the 300 posts of a week."
    assert found(branded, "drift", now, now, threshold=41) == []
    (past,) = found(branded, "drift", now - timedelta(days=5), now, threshold=40)
    assert (past.began_at, past.ended_at) == (datetime(2026, 11, 20, tzinfo=UTC), None)


@pytest.mark.parametrize(
    ("kind", "threshold"), [("severe", 3), ("due", 60), ("forgotten", 2), ("reach", 100_000), ("cluster", 2)]
)
def test_now_and_the_past_say_the_same_of_this_moment(
    branded: Database, now: datetime, kind: str, threshold: float
) -> None:
    with branded.write() as session:
        for number in range(60):
            fate = ({}, answered(now - number * 7 * MINUTE), closed(now - number * 5 * MINUTE))[number % 3]
            values: dict[str, Any] = {
                "severity": 1 + number % 4,
                "reach": number * 10_000,
                "courier": "DPD"[: number % 4],
            }
            add_case(session, now - number * 37 * MINUTE, **(values | fate))
    live = {(each.key, each.began_at) for each in found(branded, kind, now, now, threshold=threshold)}
    past = found(branded, kind, now - 90 * HOUR, now, threshold=threshold)
    assert live == {(each.key, each.began_at) for each in past if each.is_so(now)}
    assert live
