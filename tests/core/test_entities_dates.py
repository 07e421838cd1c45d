"""Dates are read as people mean them, and a promise is told from a date."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from core.entities import Entity, EntityKind, find

POSTED_AT = datetime(2026, 11, 25, 18, 0, tzinfo=UTC)  # a Wednesday


def dates(text: str, day_first: bool | None = None) -> list[Entity]:
    found = find(text, POSTED_AT, day_first=day_first)
    return [entity for entity in found if entity.kind in (EntityKind.DATE, EntityKind.PROMISED_DATE)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2026-11-21", "2026-11-21"),
        ("2026-11-21T10:00", "2026-11-21"),
        ("21.11.2026", "2026-11-21"),
        ("21/11/26", "2026-11-21"),
        ("11/21/2026", "2026-11-21"),
        ("21 November 2026", "2026-11-21"),
        ("21st of Nov", "2026-11-21"),
        ("Nov 21st, 2025", "2025-11-21"),
        ("Sat 21 Nov '26", "2026-11-21"),
        ("November 21", "2026-11-21"),
        ("2 January", "2027-01-02"),
        ("arrived Jan 25/26", "2026-01-25"),
        ("I ordered it on 5 May", "2026-05-05"),
        ("it was moved to 3 December", "2026-12-03"),
        ("3-5 December", "2026-12-03/2026-12-05"),
        ("between the 3rd and 5th of December", "2026-12-03/2026-12-05"),
        ("May 5 in capitals", "2027-05-05"),
        ("5th may", "2027-05-05"),
        ("on 21/11", "2026-11-21"),
        ("ordered on the 3rd", "2026-11-03"),
        ("need it by the 3rd", "2026-12-03"),
        ("by the 3rd of next month", "2026-12-03"),
        ("on the 28th of last month", "2026-10-28"),
        ("since the 31st, ordered", "2026-10-31"),
        ("today", "2026-11-25"),
        ("tmrw", "2026-11-26"),
        ("yesterday", "2026-11-24"),
        ("the day after tomorrow", "2026-11-27"),
        ("the day before yesterday", "2026-11-23"),
        ("last night", "2026-11-24"),
        ("ordered Monday", "2026-11-23"),
        ("please come Monday", "2026-11-30"),
        ("last Friday", "2026-11-20"),
        ("this Friday", "2026-11-27"),
        ("next Friday", "2026-12-04"),
        ("I need it by fri", "2026-11-27"),
        ("between Monday and Wednesday", "2026-11-30/2026-12-02"),
        ("I need it in 3 days", "2026-11-28"),
        ("in two weeks' time", "2026-12-09"),
        ("in a month's time", "2026-12-25"),
        ("3 days ago", "2026-11-22"),
        ("a week ago", "2026-11-18"),
        ("two months ago", "2026-09-25"),
        ("20 hours ago", "2026-11-24"),
        ("next week", "2026-11-30/2026-12-06"),
        ("last month", "2026-10-01/2026-10-31"),
        ("by the end of the month", "2026-11-30"),
        ("by the end of the week", "2026-11-27/2026-11-29"),
        ("over the weekend", "2026-11-28/2026-11-29"),
        ("it came over the weekend", "2026-11-21/2026-11-22"),
        ("by close of business", "2026-11-25"),
    ],
)
def test_a_date_is_read(text: str, value: str) -> None:
    assert [entity.value for entity in dates(text)] == [value]


@pytest.mark.parametrize(
    ("text", "day_first", "value", "is_ambiguous"),
    [
        ("03/04/2026", None, "2026-04-03", True),
        ("03/04/2026", True, "2026-04-03", False),
        ("03/04/2026", False, "2026-03-04", False),
        ("21/04/2026", False, "2026-04-21", False),
        ("04/04/2026", None, "2026-04-04", False),
        ("on 3/4", False, "2027-03-04", False),
    ],
)
def test_day_and_month_are_told_apart_or_said_to_be_in_doubt(
    text: str, day_first: bool | None, value: str, is_ambiguous: bool
) -> None:
    (entity,) = dates(text, day_first)
    assert (entity.value, entity.is_ambiguous) == (value, is_ambiguous)


@pytest.mark.parametrize("text", ["31/02/2026", "00/12/2026", "2026-13-01", "on the 32nd", "45 March", "1/1/1850"])
def test_a_day_that_no_calendar_has_is_no_date(text: str) -> None:
    assert dates(text) == []


PROMISES = [
    ("They promised it by Friday", "2026-11-27"),
    ("Was supposed to be here on the 3rd", "2026-11-03"),
    ("You said it would arrive tomorrow", "2026-11-26"),
    ("You guaranteed next day", "2026-11-26"),
    ("Paid extra for next day delivery, still waiting", "2026-11-26"),
    ("They will call you back within 24 hours", "2026-11-26"),
    ("we'll get back to you by Monday", "2026-11-30"),
    ("We’ll get back to you by Monday", "2026-11-30"),
    ("Hi Sam, I'll look into this and let you know by tomorrow.", "2026-11-26"),
    ("Your parcel will be with you on Friday 27 November.", "2026-11-27"),
    ("Someone from our team will be in touch within 48 hrs", "2026-11-27"),
    ("Your refund will be processed in 5 working days", "2026-12-02"),
    ("Please allow 3-5 working days", "2026-12-02"),
    ("You can expect delivery by the end of the week", "2026-11-27/2026-11-29"),
    ("ETA is tomorrow", "2026-11-26"),
    ("It should have arrived on Monday", "2026-11-23"),
    ("It was due yesterday", "2026-11-24"),
    ("Due Monday.", "2026-11-30"),
    ("It was due Monday. Still nothing.", "2026-11-23"),
    ("Promised it by Friday and still nothing", "2026-11-20"),
    ("Not delivered today as promised", "2026-11-25"),
    ("It's coming on Friday, they said", "2026-11-27"),
    ("they told me tomorrow", "2026-11-26"),
    ("It won't arrive until Friday", "2026-11-27"),
    ("Tracking says Friday", "2026-11-27"),
    ("Said it wouldn't be here until Friday", "2026-11-27"),
    ("Delivery was scheduled for 21st November", "2026-11-21"),
    ("the driver's going to come tomorrow", "2026-11-26"),
    ("we aim to reply within two days", "2026-11-27"),
    ("I was told I'd have it by Friday", "2026-11-27"),
]


@pytest.mark.parametrize(("text", "value"), PROMISES)
def test_a_promised_date_is_told_from_the_words_around_it(text: str, value: str) -> None:
    assert [(entity.kind, entity.value) for entity in dates(text)] == [(EntityKind.PROMISED_DATE, value)]


@pytest.mark.parametrize(
    "text",
    [
        "I ordered it on Monday",
        "It came on Friday",
        "I want my refund by Friday",
        "I'll be away until Tuesday",
        "I should be at work tomorrow",
        "I'm supposed to be at work today",
        "I was promised a refund yesterday",
        "They never promised it for Friday",
        "They told me on Monday that it was lost",
        "Will my parcel arrive today?",
        "They promised a lot. I ordered on Monday.",
        "It won't arrive tomorrow",
        "They said it won't arrive tomorrow",
        "Late due to the snow today",
        "I paid for it on Monday",
        "I need it by Friday",
        "Told today it is too late to cancel",
        "we will cancel tomorrow",
    ],
)
def test_a_date_that_nobody_promised_is_only_a_date(text: str) -> None:
    assert [entity.kind for entity in dates(text)] == [EntityKind.DATE]


def test_a_promise_in_hours_has_its_moment() -> None:
    (entity,) = dates("we will reply within 24 hours")
    assert entity.due_at == POSTED_AT + timedelta(hours=24)
    (entity,) = dates("we will reply within 2 days")
    assert entity.due_at is None


def test_a_bare_weekday_says_when_nothing_tells_the_last_from_the_next() -> None:
    assert [entity.is_ambiguous for entity in dates("Promised by Friday")] == [True]
    assert [entity.is_ambiguous for entity in dates("It will be with you by Friday")] == [False]


def test_relative_days_count_in_the_zone_of_the_post() -> None:
    late = POSTED_AT.replace(hour=23).astimezone(timezone(timedelta(hours=2)))
    (entity,) = find("today", late)
    assert entity.value == "2026-11-26"


def test_a_span_has_its_first_and_last_day() -> None:
    (entity,) = dates("3-5 December")
    assert entity.days == (date(2026, 12, 3), date(2026, 12, 5))


@pytest.mark.parametrize("year", [1, 9999])
def test_the_end_of_the_calendar_is_no_trouble(year: int) -> None:
    posted_at = datetime(year, 12 if year > 1 else 1, 31 if year > 1 else 1, tzinfo=UTC)
    text = "tomorrow yesterday last week next week in 3 days 3 days ago Friday on the 3rd by the end of the month 3 May"
    assert isinstance(find(text, posted_at), tuple)
