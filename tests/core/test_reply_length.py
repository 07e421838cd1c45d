"""The length of a reply on each platform."""

import pytest

from core.platforms import REPLY_LIMITS
from core.reply_length import reply_length, too_long_for

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
LINK = "https://brindle.example/a/very/long/address/that/goes/on/and/on"


@pytest.mark.parametrize(
    ("text", "platform", "length"),
    [
        ("Hello", "x", 5),
        ("Grüße", "x", 5),
        ("Gru\u0308\u00dfe", "x", 5),  # as two characters, which X joins first
        ("你好", "x", 4),
        (FAMILY, "x", 2),
        ("\U0001f1f3\U0001f1f1", "x", 2),
        (f"see {LINK}", "x", 4 + 23),
        (f"see {LINK}", "mastodon", 4 + 23),
        ("@ann@social.example hello", "mastodon", 10),
        ("a@b is no mention", "mastodon", 17),
        (FAMILY, "bluesky", 1),
        ("\U0001f44d\U0001f3fd\r\n", "bluesky", 2),
        (f"see {LINK}", "bluesky", 4 + len(LINK)),
        (FAMILY, "reddit", 5),
        ("", "x", 0),
    ],
)
def test_length_as_the_platform_counts(text: str, platform: str, length: int) -> None:
    assert reply_length(text, REPLY_LIMITS[platform]) == length


def test_where_a_reply_does_not_fit() -> None:
    assert too_long_for("a" * 280) == []
    assert too_long_for("a" * 301) == [("x", 301, 280), ("bluesky", 301, 300)]
