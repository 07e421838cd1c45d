"""What rules find is told once, whatever crashes, however many it is and whoever looks at the same time."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert
from sqlmodel import func, select

from core.alerts.episodes import Episode, Group
from core.alerts.kinds import AlertKind
from core.types import CaseStatus
from jobs import alert as alert_job
from jobs.alert import alert
from jobs.parts import Parts
from storage.alerting.asked import Asked
from storage.alerting.tellings import MOST_TOLD
from storage.database import Session
from storage.tables import AlertRule, Brand, Case, Incident, IncidentItem, Telling
from tests.fakes import START, Clock
from tests.jobs.conftest import alert_at_once, other, outbox

MINUTE = timedelta(minutes=1)
LATE = Group("late", "DPD")


@pytest.fixture
def so(monkeypatch: pytest.MonkeyPatch) -> list[Episode]:
    """Return the list of what every rule sees."""
    seen: list[Episode] = []
    monkeypatch.setattr(alert_job, "episodes", lambda session, kind, asked: list(seen))
    return seen


@pytest.fixture
def rule(parts: Parts) -> int:
    with parts.database.write() as session:
        session.get_one(Brand, 1).has_starter_rules = True
        for row in session.exec(select(AlertRule)):
            session.delete(row)
        session.flush()
        row = AlertRule(brand_id=1, name="Severe", kind=AlertKind.SEVERE, created_at=START)
        session.add(row)
        session.flush()
        assert row.id is not None
        return row.id


def episode(number: int = 1, group: Group = LATE) -> Episode:
    return Episode(f"source:{number}", group, START)


def incidents(parts: Parts) -> Sequence[Incident]:
    with parts.database.read() as session:
        return session.exec(select(Incident).order_by(Incident.id)).all()  # type: ignore[arg-type]


def change(parts: Parts, table: type, number: int, **values: object) -> None:
    with parts.database.write() as session:
        row = session.get_one(table, number)
        for name, value in values.items():
            setattr(row, name, value)
        session.add(row)


def test_an_incident_is_told_to_each_manager_once(parts: Parts, clock: Clock, rule: int, so: list[Episode]) -> None:
    so.append(episode())
    for _ in range(20):
        alert(parts)
        clock.move(timedelta(seconds=5))
    assert [mail.recipient for mail in outbox(parts)] == ["ops@parcelo.example", "eve@parcelo.example"]
    assert [(each.title, each.told_count) for each in incidents(parts)] == [("Severe case: Late, DPD", 1)]


def test_two_workers_at_the_same_moment_tell_once(parts: Parts, clock: Clock, rule: int, so: list[Episode]) -> None:
    so.extend(episode(number, Group("late", f"c{number % 3}")) for number in range(9))
    with ThreadPoolExecutor(2) as pool:
        for _ in range(8):
            for done in [pool.submit(alert, parts), pool.submit(alert, other(parts))]:
                done.result()
            clock.move(timedelta(seconds=5))
    assert len(incidents(parts)) == 3
    assert len(outbox(parts)) == 2
    with parts.database.read() as session:
        assert session.exec(select(func.count()).select_from(IncidentItem)).one() == 9
        assert session.exec(select(func.count()).select_from(Telling)).one() == 6


@pytest.mark.parametrize("step", ["carry_out", "add_tellings", "queue_telling", "settle"])
def test_a_crash_anywhere_loses_nothing_and_doubles_nothing(
    parts: Parts, clock: Clock, rule: int, so: list[Episode], monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    so.append(episode())

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    for _ in range(10):
        true_step = getattr(alert_job, step)
        with monkeypatch.context() as patched:
            patched.setattr(alert_job, step, die)
            try:
                alert(parts)
            except KeyboardInterrupt:
                assert getattr(alert_job, step) is die
        assert getattr(alert_job, step) is true_step
        alert(parts)
        clock.move(timedelta(seconds=5))
    assert len(outbox(parts)) == 2
    assert len(incidents(parts)) == 1


@pytest.mark.parametrize("values", [{"enabled": False}, {"snoozed_until": START + timedelta(days=9)}])
def test_a_rule_that_is_disabled_or_snoozed_meanwhile_tells_nobody(
    parts: Parts, clock: Clock, rule: int, so: list[Episode], values: dict[str, object]
) -> None:
    so.append(episode())
    alert(parts)
    change(parts, AlertRule, rule, **values)
    clock.move(MINUTE)
    alert(parts)
    assert outbox(parts) == []
    assert [each.resolved_at is not None for each in incidents(parts)] == ["enabled" in values]


def test_a_snooze_that_ends_lets_it_be_told(parts: Parts, clock: Clock, rule: int, so: list[Episode]) -> None:
    so.append(episode())
    alert(parts)
    change(parts, Incident, 1, snoozed_until=START + timedelta(hours=1))
    clock.move(timedelta(minutes=59))
    alert(parts)
    assert outbox(parts) == []
    clock.move(MINUTE)
    alert(parts)
    assert len(outbox(parts)) == 2


def test_without_managers_it_stands_on_the_board_until_there_are_some(
    parts: Parts, clock: Clock, rule: int, so: list[Episode]
) -> None:
    change(parts, Brand, 1, managers=[])
    so.append(episode())
    alert_at_once(parts)
    assert [each.told_at for each in incidents(parts)] == [None]
    change(parts, Brand, 1, managers=["new@parcelo.example"])
    clock.move(MINUTE)
    alert(parts)
    assert [mail.recipient for mail in outbox(parts)] == ["new@parcelo.example"]


def test_a_rule_that_raises_says_so_until_it_works_again(
    parts: Parts, clock: Clock, rule: int, so: list[Episode], monkeypatch: pytest.MonkeyPatch
) -> None:
    so.append(episode())
    with parts.database.write() as session:
        session.add(AlertRule(brand_id=1, name="Reach", kind=AlertKind.REACH, created_at=START))

    def fails(session: Session, kind: AlertKind, asked: Asked) -> Sequence[Episode]:
        if kind is AlertKind.SEVERE:
            raise ValueError("no such column")
        return list(so)

    with monkeypatch.context() as patched:
        patched.setattr(alert_job, "episodes", fails)
        alert(parts)
    troubles = [row.trouble for row in rules(parts)]
    assert troubles == ["no such column", ""]
    assert [each.rule_id for each in incidents(parts)] == [rule + 1]
    alert(parts)
    assert [row.trouble for row in rules(parts)] == ["", ""]


def rules(parts: Parts) -> Sequence[AlertRule]:
    with parts.database.read() as session:
        return session.exec(select(AlertRule).order_by(AlertRule.id)).all()  # type: ignore[arg-type]


@pytest.mark.parametrize("many", [2_000, pytest.param(10_000, marks=pytest.mark.slow)])
def test_a_storm_is_three_mails_at_most(parts: Parts, clock: Clock, rule: int, so: list[Episode], many: int) -> None:
    """Of four groups, so four incidents, over forty minutes."""
    with parts.database.write() as session:
        session.execute(insert(Case), [case_values(number) for number in range(1, many + 1)])
    for minute in range(40):
        new = range(minute * many // 40 + 1, (minute + 1) * many // 40 + 1)
        so.extend(replace(episode(key, Group("late", f"c{key % 4}")), case_id=key) for key in new)
        alert(parts)
        clock.move(MINUTE)
    per_manager = [mail for mail in outbox(parts) if mail.recipient == "ops@parcelo.example"]
    assert 1 <= len(per_manager) <= 3
    assert len(incidents(parts)) == 4
    told = per_manager[-1].content["incidents"]
    assert len(told) == 4
    assert all(len(each["items"]) == 5 and each["total"] > many / 10 for each in told)


def case_values(number: int) -> dict[str, object]:
    return {
        "id": number,
        "brand_id": 1,
        "status": CaseStatus.NEW,
        "platform": "x",
        "author": f"a{number}",
        "author_key": f"a{number}",
        "severity": 4,
        "first_posted_at": START,
        "last_posted_at": START,
        "opened_at": START,
        "updated_at": START,
        "reasons": {"late": 0.9},
        "parties": [],
    }


def test_what_was_over_while_the_brake_held_it_is_not_told(
    parts: Parts, clock: Clock, rule: int, so: list[Episode]
) -> None:
    for number in range(3):
        so.append(episode(number, Group("late", f"c{number}")))
        alert_at_once(parts)
    so.append(episode(9, Group("lost", "Evri")))
    alert_at_once(parts)
    assert len(outbox(parts)) == 6
    so.pop()
    alert(parts)
    clock.move(timedelta(minutes=61))
    alert(parts)
    assert len(outbox(parts)) == 6
    with parts.database.read() as session:
        assert session.exec(select(Telling).where(Telling.sent_on_at.is_(None))).all() == []  # type: ignore[union-attr]


def told_about(parts: Parts, recipient: str) -> list[str]:
    """Return the titles of what each message to this recipient tells of, in the order in which they were written."""
    messages = [mail for mail in outbox(parts) if mail.recipient == recipient]
    return [told["title"] for mail in messages for told in mail.content["incidents"]]


def use_up_the_brake(parts: Parts, so: list[Episode]) -> None:
    """Let everybody have had the three messages that may leave at once."""
    for number in range(3):
        so.append(episode(number, Group("late", f"c{number}")))
        alert_at_once(parts)


def test_what_is_snoozed_takes_no_place_of_what_is_not(
    parts: Parts, clock: Clock, rule: int, so: list[Episode], monkeypatch: pytest.MonkeyPatch
) -> None:
    use_up_the_brake(parts, so)
    so.extend(episode(number, Group("lost", f"c{number}")) for number in range(10, 10 + MOST_TOLD + 5))
    alert_at_once(parts)
    change(parts, AlertRule, rule, snoozed_until=START + timedelta(days=1))
    with parts.database.write() as session:
        session.add(AlertRule(brand_id=1, name="Reach", kind=AlertKind.REACH, created_at=START))
    loud = episode(99, Group("damaged", "DPD"))
    monkeypatch.setattr(alert_job, "episodes", lambda session, kind, _: [loud] if kind is AlertKind.REACH else so)
    clock.move(timedelta(hours=2))
    alert_at_once(parts)
    assert told_about(parts, "ops@parcelo.example")[3:] == ["Large reach: Damaged, DPD"]


def test_what_was_snoozed_alone_is_not_told_before_the_snooze_ends(
    parts: Parts, clock: Clock, rule: int, so: list[Episode]
) -> None:
    use_up_the_brake(parts, so)
    so.append(episode(8, Group("lost", "Evri")))
    so.append(episode(9, Group("damaged", "Evri")))
    alert_at_once(parts)
    change(parts, Incident, 4, snoozed_until=START + timedelta(hours=5))
    clock.move(timedelta(hours=2))
    alert_at_once(parts)
    assert told_about(parts, "ops@parcelo.example")[3:] == ["Severe case: Damaged, Evri"]
    clock.move(timedelta(hours=3))
    alert_at_once(parts)
    assert told_about(parts, "ops@parcelo.example")[4:] == ["Severe case: Lost or not received, Evri"]


HOOK = {"channel": "webhook", "url": "https://hooks.example/x"}


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"recipients": ["new@parcelo.example"]}, ["new@parcelo.example"]),
        (
            {"recipients": ["new@parcelo.example", "newer@parcelo.example"]},
            ["new@parcelo.example", "newer@parcelo.example"],
        ),
        (HOOK, [HOOK["url"]]),
    ],
)
def test_what_waits_goes_to_whom_the_rule_tells_now(
    parts: Parts, rule: int, so: list[Episode], settings: dict[str, object], told: list[str]
) -> None:
    use_up_the_brake(parts, so)
    so.append(episode(9, Group("lost", "Evri")))
    alert_at_once(parts)
    change(parts, AlertRule, rule, settings=settings)
    alert(parts)
    alert(parts)
    new = outbox(parts)[6:]
    assert [mail.recipient for mail in new] == told
    assert [[each["title"] for each in mail.content["incidents"]] for mail in new] == [
        ["Severe case: Lost or not received, Evri"]
    ] * len(told)
    assert [each["news"] for mail in new for each in mail.content["incidents"]] == ["opened"] * len(told)


def test_who_hears_of_it_anyway_is_told_once_though_another_goes(
    parts: Parts, clock: Clock, rule: int, so: list[Episode]
) -> None:
    use_up_the_brake(parts, so)
    so.append(episode(9, Group("lost", "Evri")))
    alert_at_once(parts)
    change(parts, Brand, 1, managers=["eve@parcelo.example"])
    alert(parts)
    clock.move(timedelta(minutes=61))
    alert(parts)
    assert [mail.recipient for mail in outbox(parts)[6:]] == ["eve@parcelo.example"]
    assert told_about(parts, "eve@parcelo.example")[3:] == ["Severe case: Lost or not received, Evri"]


def test_what_waits_for_nobody_is_told_once_there_is_somebody(
    parts: Parts, clock: Clock, rule: int, so: list[Episode]
) -> None:
    use_up_the_brake(parts, so)
    so.append(episode(8, Group("lost", "Evri")))
    so.append(episode(9, Group("damaged", "Evri")))
    alert_at_once(parts)
    change(parts, Brand, 1, managers=[])
    clock.move(timedelta(hours=2))
    alert(parts)
    assert len(outbox(parts)) == 6
    so.pop()
    change(parts, Brand, 1, managers=["new@parcelo.example"])
    clock.move(MINUTE)
    alert(parts)
    assert told_about(parts, "new@parcelo.example") == ["Severe case: Lost or not received, Evri"]


def test_a_rule_that_may_not_tell_keeps_no_other_from_it(
    parts: Parts, clock: Clock, rule: int, so: list[Episode]
) -> None:
    use_up_the_brake(parts, so)
    so.append(episode(9, Group("lost", "Evri")))
    alert_at_once(parts)
    change(parts, AlertRule, rule, settings={"hours": ["mon-sun 00:00-01:00"]})
    with parts.database.write() as session:
        session.add(AlertRule(brand_id=1, name="Reach", kind=AlertKind.REACH, created_at=START))
    alert_at_once(parts)
    clock.move(timedelta(hours=2))
    alert(parts)
    assert {title.partition(":")[0] for title in told_about(parts, "ops@parcelo.example")[3:]} == {"Large reach"}


def test_mails_that_a_clock_dated_ahead_hold_back_none(
    parts: Parts, clock: Clock, rule: int, so: list[Episode]
) -> None:
    change(parts, AlertRule, rule, settings={"repeat_minutes": 0})
    clock.move(timedelta(days=365))
    use_up_the_brake(parts, so)
    clock.move(timedelta(days=-365))
    so.append(episode(9, Group("lost", "Evri")))
    alert_at_once(parts)
    assert told_about(parts, "ops@parcelo.example")[3:] == ["Severe case: Lost or not received, Evri"]


def test_what_joins_an_incident_told_by_a_clock_that_was_ahead_is_told(
    parts: Parts, clock: Clock, rule: int, so: list[Episode]
) -> None:
    clock.move(timedelta(days=365))
    so.append(episode(1))
    alert_at_once(parts)
    clock.move(timedelta(days=-365))
    so.append(episode(2))
    alert_at_once(parts)
    assert [mail.content["incidents"][0]["news"] for mail in outbox(parts)] == ["opened"] * 2 + ["grew"] * 2
