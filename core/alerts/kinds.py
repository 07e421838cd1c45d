"""What a rule may watch, how it tells of it, and what each kind is called."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class AlertKind(StrEnum):
    """What a rule watches."""

    SEVERE = "severe"
    DUE = "due"
    BROKEN_PROMISE = "broken_promise"
    FORGOTTEN = "forgotten"
    SPIKE = "spike"
    CLUSTER = "cluster"
    REACH = "reach"
    SOURCE = "source"
    WATCH_WORDS = "watch_words"
    DRIFT = "drift"
    DIGEST = "digest"


class Channel(StrEnum):
    """How somebody is told."""

    EMAIL = "email"
    WEBHOOK = "webhook"
    SLACK = "slack"


class Delivery(StrEnum):
    """When somebody is told: by a mail of its own, or in the next digest."""

    AT_ONCE = "at_once"
    DIGEST = "digest"


class Period(StrEnum):
    """What a digest looks back on."""

    DAY = "day"
    WEEK = "week"


@dataclass(frozen=True, slots=True)
class KindWords:
    """A kind as people read it. `threshold` names its number, with `unit`, `default` and the bounds it must keep to.

    `tells_end` where people are told that it is over: of a state that goes by itself, not of a case that they close.
    """

    title: str
    what: str
    threshold: str = ""
    unit: str = ""
    default: float = 0
    least: float = 0
    most: float = 0
    tells_end: bool = False


KINDS: Final[Mapping[AlertKind, KindWords]] = {
    AlertKind.SEVERE: KindWords(
        "Severe case", "a case that blames, accuses or threatens", "Severity from", "", 3, least=1, most=4
    ),
    AlertKind.DUE: KindWords(
        "Case due", "a case that nobody answered in time, or nearly so", "Minutes before", "minutes", 60, 0, 10_080
    ),
    AlertKind.BROKEN_PROMISE: KindWords(
        "Broken promise", "something that a reply promised and that did not come", "Grace", "minutes", 0, 0, 10_080
    ),
    AlertKind.FORGOTTEN: KindWords(
        "Forgotten case", "an open case in which nothing happens", "Quiet for", "hours", 24, least=1, most=720
    ),
    AlertKind.SPIKE: KindWords(
        "Spike", "far more complaints than usual", "At least", "complaints", 5, least=3, most=10_000, tells_end=True
    ),
    AlertKind.CLUSTER: KindWords(
        "Several alike", "several cases with one reason and courier within three hours", "At least", "cases", 5, 2, 1000
    ),
    AlertKind.REACH: KindWords(
        "Large reach", "a complaint that many may read", "Reach from", "followers", 100_000, 100, 10**9
    ),
    AlertKind.SOURCE: KindWords(
        "Source trouble", "a source that fails or whose budget is used up", "After", "minutes", 30, 0, 10_080, True
    ),
    AlertKind.WATCH_WORDS: KindWords("Watched words", "a post with one of the words"),
    AlertKind.DRIFT: KindWords(
        "Model unsure",
        "a larger share of posts than usual that the model is unsure of",
        "Share from",
        "%",
        30,
        1,
        100,
        True,
    ),
    AlertKind.DIGEST: KindWords("Digest", "what a day or a week brought"),
}
