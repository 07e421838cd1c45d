"""Opened, grew, repeated, resolved: scripts of what managers are told of and when."""

from datetime import UTC, datetime, timedelta

import pytest

from core.configuration import parse_configuration
from storage.alerting.answering import acknowledge, snooze_incident, snooze_rule
from storage.alerting.linked import linked_incident
from storage.brands import apply_configuration
from storage.tables import AlertRule, SourceState
from tests.alerting.timeline import EVE, OPS, Timeline
from tests.jobs.conftest import CONFIGURATION

COURIERS = ("DPD", "Evri", "Hermes", "UPS", "FedEx", "Yodel")


def acknowledged(timeline: Timeline, number: int = 1) -> None:
    timeline.changes(lambda session: acknowledge(session, number, "Ann Vale", timeline.clock.at))()


def presses(timeline: Timeline) -> None:
    """The link to acknowledge of a mail about the first incident is used."""
    with timeline.parts.database.write() as session:
        found = linked_incident(session, 1, OPS)
        assert found is not None
        acknowledge(session, 1, OPS, timeline.clock.at, found.address)


def test_a_severe_case_is_told_of_once(timeline: Timeline) -> None:
    timeline.rule("severe", repeat_minutes=0)
    timeline.at("1m", timeline.complaint("late 4 with DPD"))
    timeline.mail("1m20s", "2m", "Parcelo", "DPD")
    timeline.play("24h")


def test_what_is_not_severe_is_told_to_nobody(timeline: Timeline) -> None:
    timeline.rule("severe")
    timeline.at("1m", timeline.complaint("late 2"), timeline.complaint("lovely shop"))
    timeline.play("2h")


def test_a_burst_is_one_mail(timeline: Timeline) -> None:
    timeline.rule("severe")
    timeline.at("0s", timeline.complaint("late 4"))
    timeline.at("5s", timeline.complaint("late 4"))
    timeline.at("15s", timeline.complaint("late 4"))
    timeline.mail("20s", "60s", "3 ")
    timeline.play("4h")


def test_other_couriers_are_other_incidents(timeline: Timeline) -> None:
    timeline.rule("severe")
    timeline.at("0s", timeline.complaint("late 4 with DPD"))
    timeline.at("1m", timeline.complaint("late 4 with Evri"))
    timeline.mail("20s", "50s", "DPD", says_not=["Evri"])
    timeline.mail("1m20s", "2m", "Evri", says_not=["DPD"])
    timeline.play("4h")


def test_things_that_come_up_together_are_one_mail_though_they_are_several_incidents(timeline: Timeline) -> None:
    timeline.rule("severe")
    timeline.at("0s", timeline.complaint("late 4 with DPD"), timeline.complaint("lost 4 with Evri"))
    timeline.mail("20s", "60s", "DPD", "Evri")
    timeline.play("4h")
    assert len(timeline.incidents()) == 2


def test_what_comes_later_is_told_as_new_and_what_was_told_is_not_told_again(timeline: Timeline) -> None:
    timeline.rule("severe")
    timeline.at("0s", timeline.complaint("late 4", author="first"))
    timeline.at("2m", timeline.complaint("late 4", author="second"))
    timeline.mail("20s", "60s")
    timeline.mail("5m", "7m")
    timeline.play("4h")
    assert len(timeline.incidents()) == 1


def test_news_of_one_incident_come_further_and_further_apart(timeline: Timeline) -> None:
    timeline.rule("severe")
    for minute in (0, 3, 6, 20, 50):
        timeline.at(f"{minute}m", timeline.complaint("late 4"))
    timeline.mail("20s", "60s")
    timeline.mail("5m", "7m")
    timeline.mail("35m", "46m")
    timeline.mail("2h35m", "3h10m")
    timeline.play("5h")


def test_what_is_still_so_is_told_again_after_the_interval_and_only_then(timeline: Timeline) -> None:
    timeline.rule("severe", repeat_minutes=240)
    timeline.at("0s", timeline.complaint("late 4"))
    timeline.mail("20s", "60s")
    timeline.mail("4h", "4h10m")
    timeline.mail("8h", "8h20m")
    timeline.play("11h")


def test_what_somebody_acknowledged_is_not_repeated(timeline: Timeline) -> None:
    timeline.rule("severe", repeat_minutes=240)
    timeline.at("0s", timeline.complaint("late 4"))
    timeline.mail("20s", "60s")
    timeline.at("1h", lambda: acknowledged(timeline))
    timeline.play("11h")
    assert timeline.incidents()[0].acknowledged_by == "Ann Vale"


def test_acknowledging_covers_what_is_there_and_not_what_comes(timeline: Timeline) -> None:
    timeline.rule("severe", repeat_minutes=240)
    timeline.at("0s", timeline.complaint("late 4"))
    timeline.mail("20s", "60s")
    timeline.at("10m", lambda: acknowledged(timeline))
    timeline.at("30m", timeline.complaint("late 4"))
    timeline.mail("30m", "31m")
    timeline.play("4h")
    assert timeline.incidents()[0].acknowledged_at is None


def test_a_link_of_a_mail_acknowledges_nothing_that_nobody_was_told_of(timeline: Timeline) -> None:
    timeline.rule("severe", repeat_minutes=60)
    timeline.at("0s", timeline.complaint("late 4"))
    timeline.mail("20s", "60s")
    timeline.at("2m", *[timeline.complaint("late 4")] * 8)
    timeline.at("3m", lambda: presses(timeline))
    timeline.mail("5m", "6m", "8 more")
    timeline.at("7m", lambda: presses(timeline))
    timeline.play("12h")
    assert timeline.incidents()[0].acknowledged_by == OPS


def test_a_reminder_that_waits_is_not_sent_once_it_is_acknowledged(timeline: Timeline) -> None:
    timeline.rule("severe", repeat_minutes=30)
    timeline.rule("reach", threshold=1000, repeat_minutes=0)
    timeline.at("0s", timeline.complaint("late 4"))
    timeline.mail("20s", "60s")
    for minute, courier in ((20, "DPD"), (22, "Evri")):
        timeline.at(f"{minute}m", timeline.complaint(f"late 2 with {courier}", reach=5000))
        timeline.mail(f"{minute}m20s", f"{minute + 1}m", courier)
    timeline.at("40m", lambda: presses(timeline))
    timeline.play("6h")


def test_what_is_answered_before_anybody_is_told_is_not_told(timeline: Timeline) -> None:
    timeline.rule("severe")
    timeline.at("0s", timeline.complaint("late 4"))
    timeline.at("10s", timeline.answers(1))
    timeline.play("2h")
    assert timeline.incidents()[0].resolved_at is not None


def test_a_case_that_is_closed_is_not_repeated(timeline: Timeline) -> None:
    timeline.rule("severe", repeat_minutes=60)
    timeline.at("0s", timeline.complaint("late 4"))
    timeline.mail("20s", "60s")
    timeline.at("30m", timeline.closes(1))
    timeline.play("6h")


def test_a_source_that_fails_and_comes_back_is_told_twice(timeline: Timeline) -> None:
    timeline.rule("source", threshold=30)
    timeline.at("0s", timeline.source(state=SourceState.OK, last_success_at=timeline.start))
    timeline.at("10m", timeline.source(state=SourceState.STOPPED, last_error="401 token revoked"))
    timeline.at("3h", timeline.source(state=SourceState.OK, last_success_at=timeline.start + timedelta(hours=3)))
    timeline.mail("10m", "50m", "x-parcelo")
    timeline.mail("3h5m", "3h15m", "x-parcelo", "over")
    timeline.play("12h")


def test_what_stops_for_a_moment_has_not_stopped(timeline: Timeline) -> None:
    timeline.rule("source", threshold=0)
    stopped = timeline.source(state=SourceState.STOPPED, last_error="401 token revoked")
    timeline.at("1m", stopped)
    timeline.at("30m", timeline.source(state=SourceState.OK))
    timeline.at("33m", stopped)
    timeline.mail("1m", "3m", "x-parcelo")
    timeline.play("5h")
    assert len(timeline.incidents()) == 1


def test_a_snoozed_rule_tells_afterwards_what_is_still_so(timeline: Timeline) -> None:
    rule = timeline.rule("severe")
    until = timeline.start + timedelta(hours=2)
    timeline.at("0s", timeline.changes(lambda session: snooze_rule(session, rule, until, timeline.start)))
    timeline.at("10m", timeline.complaint("late 4", author="first"), timeline.complaint("lost 4", author="second"))
    timeline.at("1h", timeline.closes(2))
    timeline.mail("2h", "2h10m", "late", says_not=["@second"])
    timeline.play("5h")


def test_a_snoozed_incident_is_quiet_and_comes_back(timeline: Timeline) -> None:
    timeline.rule("severe", repeat_minutes=60)
    timeline.at("0s", timeline.complaint("late 4"))
    timeline.mail("20s", "60s")
    until = timeline.start + timedelta(hours=5)
    timeline.at("10m", timeline.changes(lambda session: snooze_incident(session, 1, until, timeline.clock.at)))
    timeline.mail("5h", "5h10m")
    timeline.play("5h55m")


def test_a_rule_that_a_file_lets_watch_something_else_calls_nothing_over(timeline: Timeline) -> None:
    timeline.rule("severe")
    kind = {"name": "severe", "brand": "Parcelo", "kind": "source"}
    other = parse_configuration(CONFIGURATION | {"rules": [kind]})
    timeline.at("0s", timeline.complaint("late 4"))
    timeline.mail("20s", "60s")
    timeline.at("30m", timeline.changes(lambda session: apply_configuration(session, other, timeline.clock.at)))
    timeline.at("1h", timeline.source(state=SourceState.STOPPED, last_error="401 token revoked"))
    timeline.mail("1h", "2h", "Source trouble", to=(OPS, EVE))
    timeline.play("6h")


def test_a_rule_that_is_switched_off_closes_what_it_opened_and_tells_nobody(timeline: Timeline) -> None:
    rule = timeline.rule("severe", repeat_minutes=60)

    def off(session: object) -> None:
        row = session.get_one(AlertRule, rule)  # type: ignore[attr-defined]
        row.enabled = False
        session.add(row)  # type: ignore[attr-defined]

    timeline.at("0s", timeline.complaint("late 4"))
    timeline.mail("20s", "60s")
    timeline.at("30m", timeline.changes(off))
    timeline.play("6h")
    assert timeline.incidents()[0].resolved_at is not None


@pytest.mark.slow  # tests/jobs/test_alert.py has a smaller one
@pytest.mark.parametrize("count", [300, 10_000])
def test_a_storm_is_three_mails_at_most(timeline: Timeline, count: int) -> None:
    for kind in ("severe", "cluster", "reach", "due"):
        timeline.rule(kind)
    words = ("late 4 with DPD", "lost 4 with Evri", "missed 3", "refund 4", "late 4", "damaged 4 with Hermes")
    for minute in range(0, 50, 5):
        timeline.at(f"{minute}m", timeline.complaints(words, count // 10, reach=200_000))
    timeline.mail("20s", "60s")
    timeline.mail("1m", "30m")
    timeline.mail("1m", "55m")
    timeline.play("55m")


def test_more_than_three_mails_in_an_hour_wait_and_are_one(timeline: Timeline) -> None:
    timeline.rule("severe", repeat_minutes=0)
    for number, courier in enumerate(COURIERS):
        timeline.at(f"{2 * number}m", timeline.complaint(f"late 4 with {courier}"))
    timeline.mail("20s", "60s", "DPD")
    timeline.mail("2m", "3m", "Evri")
    timeline.mail("4m", "5m", "Hermes")
    timeline.mail("59m", "1h10m", "UPS", "FedEx", "Yodel")
    timeline.play("6h")


def test_what_waited_and_was_closed_meanwhile_is_not_told(timeline: Timeline) -> None:
    timeline.rule("severe", repeat_minutes=0)
    for number, courier in enumerate(("DPD", "Evri", "Hermes", "UPS", "FedEx")):
        timeline.at(f"{2 * number}m", timeline.complaint(f"late 4 with {courier}"))
    timeline.at("30m", timeline.closes(4))
    timeline.mail("20s", "60s", "DPD")
    timeline.mail("2m", "3m", "Evri")
    timeline.mail("4m", "5m", "Hermes")
    timeline.mail("59m", "1h10m", "FedEx", says_not=["UPS"])
    timeline.play("6h")


def test_each_recipient_has_a_mail(timeline: Timeline) -> None:
    timeline.rule("severe", recipients=[OPS, EVE])
    timeline.at("0s", timeline.complaint("late 4"))
    timeline.mail("20s", "60s", to=(OPS, EVE))
    timeline.play("2h")


def test_a_brand_without_managers_has_its_incident_on_the_board(timeline: Timeline) -> None:
    timeline.brand(managers=[])
    timeline.rule("severe")
    timeline.at("0s", timeline.complaint("late 4"))
    timeline.play("2h")
    assert len(timeline.incidents()) == 1


def test_two_rules_about_one_case_are_one_mail(timeline: Timeline) -> None:
    timeline.rule("severe", name="Grave ones")
    timeline.rule("reach", name="Loud ones", threshold=1000)
    timeline.at("0s", timeline.complaint("late 4", reach=5000))
    timeline.mail("20s", "60s", "2 alerts", "Severe case", "Large reach")
    timeline.play("2h")


def test_a_rule_for_one_reason_courier_or_platform_leaves_out_the_others(timeline: Timeline) -> None:
    timeline.rule("severe", reason="lost", courier="DPD")
    timeline.at("0s", timeline.complaint("late 4 with DPD"), timeline.complaint("lost 4 with Evri"))
    timeline.at("1h", timeline.complaint("lost 4 with DPD"))
    timeline.mail("1h20s", "1h1m", "DPD")
    timeline.play("3h")


FRIDAY = datetime(2026, 11, 20, 19, tzinfo=UTC)
WORKING = ["mon-fri 08:00-18:00"]


def test_outside_its_hours_a_rule_waits_for_them(timeline: Timeline) -> None:
    timeline.begin(datetime(2026, 11, 24, 21, tzinfo=UTC))
    timeline.rule("severe", hours=WORKING)
    timeline.at("1h", timeline.complaint("late 4"))
    timeline.mail("11h", "11h10m")
    timeline.play("20h")


def test_what_is_over_when_the_hours_begin_is_not_told(timeline: Timeline) -> None:
    timeline.begin(datetime(2026, 11, 24, 21, tzinfo=UTC))
    timeline.rule("severe", hours=WORKING)
    timeline.at("1h", timeline.complaint("late 4"))
    timeline.at("5h", timeline.answers(1))
    timeline.play("20h")


@pytest.mark.slow
def test_a_weekend_is_no_working_day(timeline: Timeline) -> None:
    timeline.begin(FRIDAY)
    timeline.rule("severe", hours=WORKING)
    timeline.at("1h", timeline.complaint("late 4"), timeline.complaint("lost 4"))
    timeline.mail("61h", "61h10m", "late", "lost")
    timeline.play("62h")


def test_hours_are_those_of_the_rules_time_zone(timeline: Timeline) -> None:
    timeline.begin(datetime(2026, 11, 24, 9, tzinfo=UTC))
    timeline.rule("severe", hours=WORKING, timezone="America/New_York")
    timeline.at("1h", timeline.complaint("late 4"))
    timeline.mail("4h", "4h10m")
    timeline.play("8h")


def test_hours_begin_by_the_clock_on_the_wall_in_the_night_it_is_changed(timeline: Timeline) -> None:
    timeline.begin(datetime(2026, 10, 24, 20, tzinfo=UTC))  # London goes back an hour at 01:00 UTC on the 25th
    timeline.rule("severe", hours=["daily 08:00-18:00"], timezone="Europe/London")
    timeline.at("1h", timeline.complaint("late 4"))
    timeline.mail("12h", "12h10m")
    timeline.play("14h")


def test_what_waits_for_the_brake_waits_for_the_hours_too(timeline: Timeline) -> None:
    timeline.begin(datetime(2026, 11, 24, 17, 20, tzinfo=UTC))
    timeline.rule("severe", hours=WORKING, repeat_minutes=0)
    for number, courier in enumerate(("DPD", "Evri", "Hermes", "UPS")):
        timeline.at(f"{2 * number}m", timeline.complaint(f"late 4 with {courier}"))
    timeline.mail("20s", "60s", "DPD")
    timeline.mail("2m", "3m", "Evri")
    timeline.mail("4m", "5m", "Hermes")
    timeline.mail("14h40m", "14h50m", "UPS")
    timeline.play("16h")
