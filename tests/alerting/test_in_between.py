"""Crashes, restarts, two workers at once, servers and addresses that refuse: nobody is told twice, nothing is lost."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from jobs import alert as alert_job
from storage.alerting.addresses import mute
from storage.tables import AlertRule
from tests.alerting.timeline import EVE, OPS, Timeline
from tests.jobs.conftest import outbox


def test_a_worker_that_dies_between_seeing_and_telling_is_followed_by_one_that_tells(any_timeline: Timeline) -> None:
    any_timeline.rule("severe")
    any_timeline.at("0s", any_timeline.complaint("late 4"))
    any_timeline.at("10s", any_timeline.restart)
    any_timeline.at("22s", any_timeline.restart)
    any_timeline.mail("20s", "60s")
    any_timeline.play("2h")


def test_two_workers_tell_once(any_timeline: Timeline) -> None:
    any_timeline.rule("severe", recipients=[OPS, EVE])
    second = replace(any_timeline.parts, worker="elsewhere:2:1:abcd")
    first = any_timeline.parts

    def swap() -> None:
        any_timeline.parts = second if any_timeline.parts is first else first

    any_timeline.at("0s", any_timeline.complaint("late 4"))
    for moment in range(5, 90, 5):
        any_timeline.at(f"{moment}s", lambda: alert_job.alert(second), lambda: alert_job.alert(first), swap)
    any_timeline.mail("20s", "60s", to=(OPS, EVE))
    any_timeline.play("2h")


def test_while_no_worker_runs_nothing_is_told_and_afterwards_all_of_it(timeline: Timeline) -> None:
    timeline.rule("severe", repeat_minutes=0)
    timeline.at("0s", timeline.complaint("late 4 with DPD"))
    timeline.at("5s", timeline.goes_down)
    timeline.at("3h", timeline.complaint("lost 4 with Evri"))
    timeline.at("5h", timeline.comes_up)
    timeline.mail("5h", "5h1m", "DPD")
    timeline.mail("5h", "5h1m", "Evri")
    timeline.play("9h")


def test_a_server_that_refuses_for_now_has_the_mail_later_under_the_same_id(timeline: Timeline) -> None:
    timeline.rule("severe", repeat_minutes=0)
    timeline.server._answer = lambda number: "451 later" if number < 4 else "250 OK"
    timeline.at("0s", timeline.complaint("late 4"))
    timeline.mail("20s", "1h")
    timeline.play("3h")
    assert [row.message_id for row in outbox(timeline.parts)] == [timeline.came[0].mail["Message-ID"]]
    assert outbox(timeline.parts)[0].attempts == 4


def test_an_address_that_is_refused_for_good_is_not_written_to_again(timeline: Timeline) -> None:
    timeline.rule("severe", recipients=[OPS, "nobody@parcelo.example"], repeat_minutes=0)
    timeline.at("0s", timeline.complaint("late 4 with DPD"))
    timeline.at("1h", timeline.complaint("late 4 with Evri"))
    timeline.mail("20s", "60s", "DPD")
    timeline.mail("1h", "1h1m", "Evri")
    timeline.play("3h")
    assert len([row for row in outbox(timeline.parts) if row.recipient.startswith("nobody@")]) == 1


def test_who_muted_a_rule_hears_of_the_others_only(timeline: Timeline) -> None:
    rule = timeline.rule("severe", recipients=[OPS, EVE])
    timeline.rule("reach", recipients=[OPS, EVE], threshold=1000)
    timeline.changes(lambda session: mute(session, rule, EVE, timeline.start))()
    timeline.at("0s", timeline.complaint("late 4 with DPD"))
    timeline.at("1h", timeline.complaint("late 2 with Evri", reach=5000))
    timeline.mail("20s", "60s", "DPD")
    timeline.mail("1h", "1h1m", "Evri", to=(OPS, EVE))
    timeline.play("3h")


def test_a_clock_that_goes_back_tells_nothing_twice(timeline: Timeline) -> None:
    timeline.rule("severe")
    timeline.at("0s", timeline.complaint("late 4"))

    def back() -> None:
        timeline.start -= timedelta(minutes=3)

    timeline.at("10m", back)
    timeline.mail("20s", "60s")
    timeline.play("5h")


def test_a_clock_that_was_ahead_silences_nobody(timeline: Timeline) -> None:
    timeline.rule("severe", repeat_minutes=0)
    timeline.rule("digest", at="08:00", timezone="UTC")

    def leap(days: int) -> Callable[[], None]:
        def act() -> None:
            timeline.start += timedelta(days=days)
            timeline.clock.at += timedelta(days=days)

        return act

    timeline.begin(datetime(2026, 11, 24, 9, tzinfo=UTC))
    timeline.at("1m", leap(365))
    timeline.mail("1m", "2m", "digest")
    for number, courier in enumerate(("DPD", "Evri", "Hermes")):
        timeline.at(f"{2 + 2 * number}m", timeline.complaint(f"late 4 with {courier}"))
        timeline.mail(f"{2 + 2 * number}m20s", f"{3 + 2 * number}m", courier)
    timeline.at("10m", leap(-365))
    timeline.at("12m", timeline.complaint("late 4 with UPS"))
    timeline.mail("12m20s", "13m", "UPS")
    timeline.mail("23h", "23h10m", "digest")
    timeline.play("24h")


def test_a_rule_that_cannot_look_says_so_and_holds_up_no_other(
    timeline: Timeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = timeline.rule("reach", threshold=1000)
    timeline.rule("severe")
    true_episodes = alert_job.episodes

    def episodes(session: object, kind: object, asked: object) -> object:
        if kind == "reach":
            raise RuntimeError("disk on fire")
        return true_episodes(session, kind, asked)  # type: ignore[arg-type]

    monkeypatch.setattr(alert_job, "episodes", episodes)
    timeline.at("0s", timeline.complaint("late 4", reach=5000))
    timeline.mail("20s", "60s")
    timeline.play("1h")
    with timeline.parts.database.read() as session:
        assert "disk on fire" in session.get_one(AlertRule, broken).trouble


def test_mails_of_one_incident_hang_together(timeline: Timeline) -> None:
    timeline.rule("severe", repeat_minutes=60)
    timeline.at("0s", timeline.complaint("late 4"))
    timeline.mail("20s", "60s")
    timeline.mail("1h", "1h10m")
    timeline.play("1h30m")
    first, second = (came.mail for came in timeline.came)
    assert second["References"] == first["Message-ID"]
    assert second["Subject"] == first["Subject"]
    assert second["Message-ID"] != first["Message-ID"]
