"""What each kind of rule tells of, from what happens to the mail."""

from datetime import timedelta

import pytest

from core.alerts.engine import News
from storage.alerting.shown import incidents_shown
from storage.promises import add_promise, settle_promise
from storage.tables import PromiseState
from tests.alerting.timeline import OPS, Timeline


def test_a_case_that_nobody_answers_is_told_of_before_its_time_is_over(timeline: Timeline) -> None:
    timeline.rule("due", threshold=60, repeat_minutes=0)
    timeline.at("0s", timeline.complaint("late 3", author="first"), timeline.complaint("late 3", author="second"))
    timeline.at("2h", timeline.answers(2))
    timeline.mail("3h", "3h6m", "Parcelo")  # a case of this severity is due after four hours
    timeline.play("5h")


def test_a_promise_that_is_not_kept_is_told_of_when_its_time_is_over(timeline: Timeline) -> None:
    timeline.rule("broken_promise", repeat_minutes=0)
    timeline.at("0s", timeline.complaint("late 2"), timeline.complaint("late 2"))

    def promise(case: int, hours: int) -> None:
        due = timeline.start + timedelta(hours=hours)
        timeline.changes(
            lambda session: add_promise(session, case, "A new parcel leaves today", due, member, timeline.clock.at)
        )()

    member = timeline.member()
    timeline.at("10m", lambda: promise(1, 3), lambda: promise(2, 2))
    timeline.at(
        "1h", timeline.changes(lambda session: settle_promise(session, 2, PromiseState.KEPT, member, timeline.clock.at))
    )
    timeline.mail("3h", "3h10m", "A new parcel leaves today")
    timeline.play("9h")


def test_a_case_in_which_nothing_happens_is_told_of(timeline: Timeline) -> None:
    timeline.rule("forgotten", threshold=24, repeat_minutes=0)
    timeline.at("0s", timeline.complaint("late 2", author="first"), timeline.complaint("late 2", author="second"))
    timeline.at("20h", timeline.closes(2))
    timeline.mail("24h", "24h30m")
    timeline.play("30h")


def test_several_alike_are_told_of_when_there_are_enough(timeline: Timeline) -> None:
    timeline.rule("cluster", threshold=3, repeat_minutes=0)
    timeline.at("0s", timeline.complaint("lost 2 with DPD"))
    timeline.at("30m", timeline.complaint("lost 2 with DPD"), timeline.complaint("lost 2 with Evri"))
    timeline.at("1h", timeline.complaint("lost 2 with DPD"))
    timeline.mail("1h", "1h1m", "DPD", "3", says_not=["Evri"])
    timeline.play("2h30m")


def test_few_within_a_long_time_are_no_cluster(timeline: Timeline) -> None:
    timeline.rule("cluster", threshold=3)
    for hour in (0, 4, 8, 12):
        timeline.at(f"{hour}h", timeline.complaint("lost 2 with DPD"))
    timeline.play("14h")


def test_a_complaint_that_many_may_read_is_told_of(timeline: Timeline) -> None:
    timeline.rule("reach", threshold=10_000, repeat_minutes=0)
    timeline.at("0s", timeline.complaint("late 2", reach=500))
    timeline.at("1h", timeline.complaint("late 2", reach=20_000))
    timeline.mail("1h20s", "1h1m", "20,000")
    timeline.play("3h")


def test_a_post_with_a_watched_word_is_told_of_though_it_is_no_complaint(timeline: Timeline) -> None:
    timeline.rule("watch_words", words=["solicitor", "ombudsman"], repeat_minutes=0)
    timeline.at("0s", timeline.complaint("nice shop"))
    timeline.at("1h", timeline.complaint("my Solicitor says parcelo is nice"))
    timeline.mail("1h20s", "1h6m", "solicitor", "my Solicitor says parcelo is nice")
    timeline.play("3h")
    assert timeline.came[0].mail["Subject"] == "[Parcelo] Watched word: solicitor"


def test_mails_about_one_watched_word_hang_together(timeline: Timeline) -> None:
    timeline.rule("watch_words", words=["solicitor", "ombudsman"], repeat_minutes=0)
    timeline.at("0s", timeline.complaint("my solicitor says parcelo is nice"))
    timeline.at("1h", timeline.complaint("the solicitor has gone to the ombudsman"))
    timeline.at("2h", timeline.complaint("the ombudsman shops here"))
    timeline.mail("20s", "6m", "“solicitor”")
    timeline.mail("1h", "1h10m", "“solicitor” and “ombudsman”")
    timeline.mail("2h20s", "2h10m", "“ombudsman”")
    timeline.play("3h")
    first, second, other = (came.mail for came in timeline.came)
    assert second["References"] == first["Message-ID"]
    assert second["Subject"] == first["Subject"] == "[Parcelo] Watched word: solicitor"
    assert (other["Subject"], other["References"]) == ("[Parcelo] Watched word: ombudsman", None)


@pytest.mark.slow
def test_more_complaints_than_usual_are_told_of_with_how_many_are_usual(timeline: Timeline) -> None:
    timeline.rule("spike", repeat_minutes=0)
    timeline.past_complaints("late 2 with DPD", days=18, an_hour=1)
    for minute in range(0, 60, 10):
        timeline.at(f"{minute}m", *[timeline.complaint("late 2 with DPD")] * 7)
    timeline.mail("0s", "1h15m", "usual", "DPD")
    timeline.play("1h15m")


def test_a_digest_comes_at_the_managers_hour_and_tells_of_the_day(timeline: Timeline) -> None:
    timeline.rule("digest", at="08:00", timezone="Europe/London")
    timeline.at("1h", timeline.complaint("late 2 with DPD"), timeline.complaint("late 2 with DPD"))
    timeline.mail("20h", "20h10m", "2", "DPD")
    timeline.play("24h")


def test_after_a_day_without_a_worker_there_is_one_digest(timeline: Timeline) -> None:
    timeline.rule("digest", at="08:00")
    timeline.at("1h", timeline.complaint("late 2 with DPD"))
    timeline.at("2h", timeline.goes_down)
    timeline.at("70h", timeline.comes_up)
    timeline.mail("70h", "70h10m")
    timeline.mail("92h", "92h10m")
    timeline.play("93h")


def test_a_weekly_digest_comes_on_its_day(timeline: Timeline) -> None:
    timeline.rule("digest", at="08:00", period="week", weekday=0)
    timeline.at("1h", timeline.complaint("late 2 with DPD"))
    timeline.mail("44h", "44h10m")  # from Saturday noon to Monday at eight
    timeline.play("48h")


def test_what_a_rule_leaves_to_the_digest_has_no_mail_of_its_own(timeline: Timeline) -> None:
    timeline.rule("severe", name="Grave ones", delivery="digest")
    timeline.rule("digest", at="08:00")
    timeline.at("1h", timeline.complaint("late 4"))
    timeline.mail("20h", "20h10m", "Grave ones")
    timeline.play("30h")
    assert timeline.came[0].mail["To"] == OPS
    with timeline.parts.database.read() as session:
        (shown,) = incidents_shown(session, timeline.clock.at).open
    (told,) = shown.tellings
    assert (shown.told_count, told.recipient, told.news) == (1, OPS, News.OPENED)
    assert shown.told_at == told.sent_at == timeline.start + timedelta(seconds=timeline.came[0].at)
