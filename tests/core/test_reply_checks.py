"""A second look at a reply: what it names, and what it promises."""

from datetime import UTC, datetime, timedelta

import pytest

from core.reply_checks import check_reply

AT = datetime(2026, 11, 24, 22, 30, tzinfo=UTC)  # a Tuesday; Wednesday already in Riga
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Your order BR-44321 is found.", "an order or case number: BR-44321"),
        ("Ring us on +44 20 7946 0958.", "a phone number: +44 20 7946 0958"),
        ("Write to help@parcelo.example.", "an e-mail address: help@parcelo.example"),
    ],
)
def test_what_everybody_could_read_is_warned_of(text: str, named: str) -> None:
    (warning,) = check_reply(f"{text} {text}", AT, "UTC").warnings
    assert warning == f"Everybody can read this reply, and it names {named}"


def test_reply_that_names_nothing_is_fine() -> None:
    checked = check_reply("We are sorry, Zoe! 🙂 Send us a private message, please.", AT, "UTC")
    assert (checked.warnings, checked.promises) == ((), ())


def test_promise_with_a_day_lasts_until_its_end_where_the_brand_is() -> None:
    promised = check_reply("So sorry! Your refund will be with you by Friday. Bye", AT, "Europe/Riga").promises
    assert [each.text for each in promised] == ["Your refund will be with you by Friday."]
    assert promised[0].due_at == datetime(2026, 11, 27, 21, 59, 59, tzinfo=UTC)


def test_promise_with_hours_lasts_as_long() -> None:
    (promised,) = check_reply("We will call you within 24 hours.", AT, "UTC").promises
    assert promised.due_at == AT + DAY


def test_what_is_over_is_no_promise() -> None:
    assert check_reply("The refund was promised for 3 November 2026, and it left.", AT, "UTC").promises == ()


@pytest.mark.parametrize(
    "text", ["by 3/4/2026 " * 9000, "1" * 100_000, "(1" * 50_000, "a@" * 50_000, "\u200b" * 100_000]
)
def test_hostile_text_is_looked_at_in_part(text: str) -> None:
    assert len(check_reply(text, AT, "UTC").warnings) < 200
