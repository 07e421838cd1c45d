"""Dates in all the forms that exports have."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.dates import DayOrder, is_ambiguous, order_shown, parse_date

AFTERNOON = datetime(2026, 11, 21, 14, 5, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-11-21T14:05:00Z", AFTERNOON),
        ("2026-11-21T14:05:00.000Z", AFTERNOON),
        ("2026-11-21 14:05", AFTERNOON),
        ("2026-11-21 14:05:00 UTC", AFTERNOON),
        ("2026-11-21 15:05:00 +0100", AFTERNOON),
        ("2026-11-21T06:05:00-08:00", AFTERNOON),
        ("2026-11-21 2:05 PM", AFTERNOON),
        ("2026/11/21 14:05", AFTERNOON),
        ("2026-11-21", MIDNIGHT),
        ("20261121", MIDNIGHT),
        ("20261121140500", AFTERNOON),
        ("21/11/2026 14:05", AFTERNOON),
        ("21/11/26 14:05", AFTERNOON),
        ("21-11-2026", MIDNIGHT),
        ("21.11.2026 14:05", AFTERNOON),
        ("11/21/2026", MIDNIGHT),
        ("11/21/2026 2:05:00 PM", AFTERNOON),
        ("11/21/2026, 2:05 p.m.", AFTERNOON),
        ("Sat, 21 Nov 2026 14:05:00 GMT", AFTERNOON),
        ("Sat, 21 Nov 2026 09:05:00 EST", AFTERNOON),
        ("Sat, 21 Nov 2026 15:05:00 +0100", AFTERNOON),
        ("Sat Nov 21 14:05:00 +0000 2026", AFTERNOON),
        ("Nov 21, 2026 2:05 PM", AFTERNOON),
        ("November 21st, 2026 at 2:05 pm", AFTERNOON),
        ("21-Nov-2026", MIDNIGHT),
        ("Saturday, 21 November 2026", MIDNIGHT),
        ("12:05 AM, Nov 21, 2026", datetime(2026, 11, 21, 0, 5, tzinfo=UTC)),
        ("1795269900", AFTERNOON),
        ("1795269900.0", AFTERNOON),
        ("1795269900000", AFTERNOON),
        ("1795269900000000", AFTERNOON),
        ("  2026-11-21   14:05 ", AFTERNOON),
    ],
)
def test_a_date_is_read_in_whatever_form_it_is_written(written: str, meant: datetime) -> None:
    assert parse_date(written) == meant


@pytest.mark.parametrize(
    "written",
    [
        *("", "yesterday", "12", "31/02/2026", "99/99/2026", "0001-01-01", "3026-01-01", "21/11/2026 soon"),
        *("2026-11-21T25:00", "Sat, 21 Nov 2026 14:05 CET", "May", "Nov 2026", "5e9", "1", "²¹/11/2026", "nan"),
    ],
)
def test_what_names_no_moment_is_refused_with_the_words(written: str) -> None:
    with pytest.raises(ValueError, match=r"is no|is not|out of range"):
        parse_date(written)


def test_the_day_comes_first_unless_the_column_says_otherwise() -> None:
    assert parse_date("03/04/2026") == datetime(2026, 4, 3, tzinfo=UTC)
    assert parse_date("03/04/2026", DayOrder.MONTH_FIRST) == datetime(2026, 3, 4, tzinfo=UTC)
    assert parse_date("03.04.2026", DayOrder.MONTH_FIRST) == datetime(2026, 4, 3, tzinfo=UTC)
    assert parse_date("21/04/2026", DayOrder.MIXED) == datetime(2026, 4, 21, tzinfo=UTC)
    assert parse_date("04/04/2026", DayOrder.MIXED) == datetime(2026, 4, 4, tzinfo=UTC)
    with pytest.raises(ValueError, match="may be two days"):
        parse_date("03/04/2026", DayOrder.MIXED)


def test_a_date_without_a_zone_is_in_the_callers() -> None:
    summer = parse_date("21/07/2026 14:05", zone=ZoneInfo("Europe/London"))

    assert summer == datetime(2026, 7, 21, 13, 5, tzinfo=UTC)
    assert parse_date("2026-07-21T14:05Z", zone=ZoneInfo("Europe/London")).hour == 14


@pytest.mark.parametrize(
    ("written", "shown", "ambiguous"),
    [
        ("21/11/2026", DayOrder.DAY_FIRST, False),
        ("11/21/2026", DayOrder.MONTH_FIRST, False),
        ("03/04/2026 10:00", None, True),
        ("04/04/2026", None, False),
        ("21.11.2026", None, False),
        ("03.04.2026", None, False),
        ("2026-04-03", None, False),
        ("", None, False),
    ],
)
def test_which_dates_prove_an_order_and_which_need_one(written: str, shown: DayOrder | None, ambiguous: bool) -> None:
    assert order_shown(written) is shown
    assert is_ambiguous(written) is ambiguous


@given(st.text(max_size=40) | st.from_regex(r"[0-9/.:+ \-]{1,30}", fullmatch=True))
def test_no_words_make_the_reader_of_dates_fail_otherwise(written: str) -> None:
    try:
        assert parse_date(written).tzinfo is UTC
    except ValueError as error:
        assert str(error)


@given(
    st.datetimes(datetime.fromisoformat("1990-01-02"), datetime.fromisoformat("2099-12-30")).map(
        lambda moment: moment.replace(microsecond=0)
    )
)
def test_a_moment_written_in_any_form_comes_back(moment: datetime) -> None:
    aware = moment.replace(tzinfo=UTC)
    forms = ["%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M:%S", "%a %b %d %H:%M:%S +0000 %Y", "%a, %d %b %Y %H:%M:%S GMT"]
    forms += ["%B %d, %Y %I:%M:%S %p", "%Y/%m/%d %H:%M:%SZ"]

    assert {parse_date(moment.strftime(form)) for form in forms} == {aware}
