"""What a mail, a webhook or Slack is told of incidents, as plain values that wait with the message until it leaves."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

KIND: Final = "incidents"  # of the outbox rows
MOST_ITEMS: Final = 5  # things of an incident that are shown; of the others it says how many there are


@dataclass(frozen=True, slots=True)
class ToldItem:
    """One thing of an incident. Strangers' words in `excerpt` and `author` are masked unless the rule opts in.

    `at` is ISO, when it began; of a case when its post was written. What does not fit the kind (a source has no
    excerpt) is empty, `severity` then 0. `confidence` is how sure the model is (0-1, 0 where that is not told),
    `parties` whom the author blames. `link` leads to the case, or to the post where no case holds it; `post_id` is of
    one that was told of as a post.
    """

    words: str
    at: str
    case_id: int | None = None
    link: str = ""
    excerpt: str = ""
    author: str = ""
    platform: str = ""
    language: str = ""
    severity: int = 0
    reasons: tuple[str, ...] = ()
    courier: str = ""
    reach: int = 0
    parties: tuple[str, ...] = ()
    post_count: int = 1
    confidence: float = 0
    post_id: int | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """Counts of complaints by hour, oldest first, with what was usual; `began_at` is ISO, of the first hour.

    `window` is how many hours at the end are those that the incident is about.
    """

    began_at: str
    counts: tuple[float, ...]
    expected: tuple[float, ...]
    window: int = 0


@dataclass(frozen=True, slots=True)
class ToldIncident:
    """One incident. `news` is a word of core.alerts.engine.News, `kind` of core.alerts.kinds.AlertKind, times are ISO.

    `summary` is the sentence that says what is so ("41 in 3 hours where 9 are usual"), `details` further ones ("Most
    of it: late delivery, DPD"). `total` counts all its things, `new` those that this telling brings up. The links lead
    to the board, and to the pages that acknowledge it, snooze it and stop the rule's mails to this recipient.
    `repeats_after` says in words how long until it is told again ("12 hours"), nothing where it is not.
    """

    incident_id: int
    brand: str
    rule: str
    kind: str
    news: str
    title: str
    summary: str
    opened_at: str
    items: tuple[ToldItem, ...] = ()
    total: int = 1
    new: int = 1
    details: tuple[str, ...] = ()
    chart: Chart | None = None
    link: str = ""
    acknowledge_link: str = ""
    snooze_link: str = ""
    stop_link: str = ""
    repeats_after: str = ""
    is_masked: bool = True


@dataclass(frozen=True, slots=True)
class Told:
    """One message: the incidents it tells of, most urgent first, in the time zone its times are shown in.

    `unsubscribe_link` takes a POST without a page in between (RFC 8058); of a message about several rules it stops all
    of these for the recipient. `thread_id` is the Message-ID of the incident's first mail, empty where this is it or
    where it tells of several. `held_back` is how many mails this one stands for, 1 where nothing had to wait.
    """

    timezone: str
    incidents: tuple[ToldIncident, ...]
    alerts_link: str = ""
    unsubscribe_link: str = ""
    thread_id: str = ""
    held_back: int = 1


def as_content(told: Told) -> dict[str, Any]:
    """Return plain values that JSON can hold."""
    return asdict(told)


def from_content(content: Mapping[str, Any]) -> Told:
    """Return what `as_content` made, also of content that an older version kept: what is missing has its default."""
    return Told(**(_known(Told, content) | {"incidents": tuple(map(incident_from, content["incidents"]))}))


def incident_from(content: Mapping[str, Any]) -> ToldIncident:
    """Return one incident of plain values."""
    chart, items = content.get("chart"), content.get("items", ())
    return ToldIncident(
        **(
            _known(ToldIncident, content)
            | {
                "items": tuple(map(_item, items)),
                "details": tuple(content.get("details", ())),
                "chart": _chart(chart) if chart else None,
            }
        )
    )


def _item(content: Mapping[str, Any]) -> ToldItem:
    lists = {name: tuple(content.get(name, ())) for name in ("reasons", "parties")}
    return ToldItem(**(_known(ToldItem, content) | lists))


def _chart(content: Mapping[str, Any]) -> Chart:
    counts: Sequence[float] = content["counts"]
    return Chart(content["began_at"], tuple(counts), tuple(content["expected"]), content.get("window", 0))


def _known(kind: Any, content: Mapping[str, Any]) -> dict[str, Any]:
    return {each.name: content[each.name] for each in fields(kind) if each.name in content}
