"""What a case counts for."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from core.hours import parse
from core.reporting import bucket_of
from core.tallies import Act, Calendar, CaseSeen, Done, Fact, Outcome, Promised, cells_of, facts_of, of_kind
from core.types import CaseStatus

FRIDAY = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
DAY = date(2026, 11, 20)
LONDON = Calendar("Europe/London", parse(["mon-fri 09:00-17:00"]))
NIGHT = Calendar("Pacific/Auckland", parse([]))
SEEN = CaseSeen("x", "DPD", CaseStatus.OPEN, FRIDAY, reasons=("late", "lost"), parties=("courier",))


def counts(case: CaseSeen, calendar: Calendar = LONDON, day: date = DAY) -> set[str]:
    return {name for fact in facts_of(case, calendar) if fact.day == day for name in fact.counts}


def minutes(number: int) -> int:
    return bucket_of(timedelta(minutes=number))


ANSWERED = replace(SEEN, first_reply_at=FRIDAY + timedelta(days=3))  # on Monday at 16:00
RESOLVED = replace(SEEN, status=CaseStatus.RESOLVED, closed_at=FRIDAY + timedelta(minutes=30))


@pytest.mark.parametrize(
    ("case", "more"),
    [
        (SEEN, set()),
        (replace(SEEN, unsure=True), {"unsure"}),
        (ANSWERED, {f"reply_clock:{minutes(3 * 24 * 60)}", f"reply_hours:{minutes(8 * 60)}"}),
        (RESOLVED, {f"solve_clock:{minutes(30)}", f"solve_hours:{minutes(30)}"}),
        # It was closed once and is open again.
        (replace(RESOLVED, status=CaseStatus.OPEN), set()),
        # The brand had answered before the complaint was read: no time passed.
        (replace(SEEN, first_reply_at=FRIDAY - timedelta(hours=1)), {"reply_clock:0", "reply_hours:0"}),
    ],
)
def test_a_case_counts_on_the_day_of_its_first_post(case: CaseSeen, more: set[str]) -> None:
    assert counts(case) == {
        "cases", "hour:16", "platform:x", "courier:DPD", "reason:late", "reason:lost", "party:courier", *more,
    }  # fmt: skip


def test_day_and_hour_are_those_of_the_brands_calendar() -> None:
    assert counts(SEEN, NIGHT) == set()
    assert "hour:5" in counts(SEEN, NIGHT, date(2026, 11, 21))


def test_what_names_no_reason_and_no_party_is_counted_as_such() -> None:
    nameless = counts(replace(SEEN, reasons=(), parties=(), courier=""))
    assert nameless == {"cases", "hour:16", "platform:x", "courier:", "reason:", "party:"}


def test_a_dismissed_case_is_no_complaint_and_a_merged_one_counts_with_the_other() -> None:
    assert counts(replace(SEEN, status=CaseStatus.DISMISSED, first_reply_at=FRIDAY)) == {"dismissed"}
    assert facts_of(replace(SEEN, is_merged=True), LONDON) == frozenset()


def test_work_counts_once_a_day_for_each_member_on_the_day_it_was_done() -> None:
    later = FRIDAY + timedelta(days=1)
    done = [
        Done(Act.TAKEN, 7, FRIDAY),
        Done(Act.TAKEN, 7, FRIDAY),
        Done(Act.TAKEN, 7, later),
        Done(Act.TAKEN, 8, later),
    ]
    case = replace(SEEN, done=done)
    assert "taken:7" in counts(case)
    assert counts(case, day=date(2026, 11, 21)) == {"taken:7", "taken:8"}
    (fact,) = (fact for fact in facts_of(case, LONDON) if fact.day == DAY)
    assert Counter(fact.counts)["taken:7"] == 1


def test_promises_count_each_on_the_day_they_were_due() -> None:
    due = FRIDAY + timedelta(days=4)
    case = replace(
        SEEN, promises=[Promised(due, Outcome.KEPT), Promised(due, Outcome.KEPT), Promised(FRIDAY, Outcome.OPEN)]
    )
    (fact,) = (fact for fact in facts_of(case, LONDON) if fact.day == date(2026, 11, 24))
    assert fact.counts == ("promise:kept", "promise:kept")
    assert "promise:open" in counts(case)


def test_cells_add_up_for_each_platform_and_courier_and_for_all() -> None:
    facts = [
        Fact(DAY, "x", "DPD", ("cases", "reason:late")),
        Fact(DAY, "x", "", ("cases",)),
        Fact(DAY, "reddit", "DPD", ("cases", "reason:late")),
    ]
    found = {place: counts["cases"] for place, counts in cells_of(facts).items()}
    assert found == {
        ("x", "DPD"): 1, ("x", ""): 1, ("reddit", "DPD"): 1,
        ("x", "*"): 2, ("reddit", "*"): 1, ("*", "DPD"): 2, ("*", ""): 1, ("*", "*"): 3,
    }  # fmt: skip
    assert of_kind(cells_of(facts)["*", "*"], "reason") == {"late": 2}
