"""The digest: what a day or a week brought, for a phone and for reading as text alone."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from alerts.charts import Bar, Picture, picture
from alerts.rendering import Wording, render
from alerts.words import own_words, reason_words, strangers_words, time_words
from core.platforms import platform_words
from core.taxonomy import Severity
from core.windows import missed_words

KIND: Final = "digest"
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Number:
    """One figure beside the one of the stretch before ("Cases opened", 12, 9)."""

    words: str
    now: int
    before: int

    @property
    def compared(self) -> str:
        """How it compares, in words."""
        if self.now == self.before:
            return "as before"
        return f"{self.before:,} before"


@dataclass(frozen=True, slots=True)
class OldCase:
    """An open case; `author` and `excerpt` are masked unless the rule opts in."""

    case_id: int
    link: str
    author: str
    excerpt: str
    platform: str
    language: str
    severity: int
    unsure: bool
    reasons: tuple[str, ...]
    courier: str
    posted_at: str


@dataclass(frozen=True, slots=True)
class Gap:
    """A time of which a source may have missed posts; without times a source that is not read now."""

    source: str
    platform: str
    why: str
    from_at: str = ""
    until_at: str = ""


@dataclass(frozen=True, slots=True)
class Digest:
    """All that the mail tells. Times are ISO; `counts` are cases by hour of a day from `since`, or by day of a week.

    A week's days are those of the calendar, from that of `since` to that of `until`.
    """

    brand: str
    rule: str
    timezone: str
    period: str
    since: str
    until: str
    numbers: tuple[Number, ...]
    open_now: int
    overdue: int
    reasons: tuple[tuple[str, int], ...]
    couriers: tuple[tuple[str, int], ...]
    counts: tuple[int, ...]
    counts_before: tuple[int, ...]
    oldest: tuple[OldCase, ...]
    incidents: tuple[tuple[str, str, str, bool], ...]  # title, rule, when it was opened, whether it is over
    incidents_total: int
    gaps: tuple[Gap, ...]
    gaps_total: int
    queue_link: str
    reports_link: str
    alerts_link: str
    sources_link: str
    stop_link: str = ""
    unsubscribe_link: str = ""
    is_masked: bool = True
    has_sources: bool = True  # that are switched on


def as_content(digest: Digest) -> dict[str, Any]:
    """Return plain values that JSON can hold."""
    return asdict(digest)


def from_content(content: Mapping[str, Any]) -> Digest:
    """Return what `as_content` made."""
    values = {each.name: content[each.name] for each in fields(Digest) if each.name in content}
    return Digest(
        **(
            values
            | {
                "numbers": tuple(Number(**each) for each in content["numbers"]),
                "oldest": tuple(OldCase(**(each | {"reasons": tuple(each["reasons"])})) for each in content["oldest"]),
                "gaps": tuple(Gap(**each) for each in content["gaps"]),
            }
        )
    )


def wording(content: dict[str, object]) -> Wording:
    """Return subject, text and HTML of the digest kept as `content`."""
    digest = from_content(content)
    zone = ZoneInfo(digest.timezone)
    chart = _chart(digest, zone)
    opened = digest.numbers[0]
    what = "day" if digest.period == "day" else "week"
    headline = f"{opened.now:,} {'case' if opened.now == 1 else 'cases'} opened" if opened.now else "No case was opened"
    return render(
        KIND,
        subject=f"[{own_words(digest.brand, 100)}] {'Daily' if what == 'day' else 'Weekly'} digest",
        list_name=f"{what}-digest",
        images=chart.images if chart else (),
        unsubscribe_link=digest.unsubscribe_link,
        digest=digest,
        brand=own_words(digest.brand, 100),
        rule=own_words(digest.rule, 100),
        what=what,
        headline=headline,
        since=time_words(digest.since, zone),
        until=time_words(digest.until, zone),
        chart=chart,
        chart_words=chart.alt if chart else "",
        part="hour" if what == "day" else "day",
        reasons=[(reason_words([name])[0], count) for name, count in digest.reasons],
        couriers=[(own_words(name, 60), count) for name, count in digest.couriers],
        oldest=[_old(case, zone) for case in digest.oldest],
        incidents=[
            (own_words(title), own_words(rule, 100), time_words(at, zone), is_over)
            for title, rule, at, is_over in digest.incidents
        ],
        gaps=[_gap_words(gap, digest.timezone) for gap in digest.gaps],
        preview=f"{headline}. {digest.open_now:,} open, {digest.overdue:,} overdue.",
    )


def _old(case: OldCase, zone: ZoneInfo) -> dict[str, Any]:
    severity = "Needs a look" if case.unsure else Severity(case.severity).words
    facts = [
        f"{strangers_words(case.author, 60)} on {platform_words(case.platform)}",
        time_words(case.posted_at, zone),
        own_words(case.courier, 60),
    ]
    return {
        "id": case.case_id,
        "link": case.link,
        "excerpt": strangers_words(case.excerpt),
        "language": case.language if case.language.isalpha() else "",
        "chips": [severity, *reason_words(case.reasons)],
        "facts": " · ".join(fact for fact in facts if fact),
    }


def _gap_words(gap: Gap, timezone: str) -> str:
    name, why = f"{own_words(gap.source, 80)} ({platform_words(gap.platform)})", own_words(gap.why)
    if not gap.from_at:
        return f"{name} is not read now: {why}"
    start, end = datetime.fromisoformat(gap.from_at), datetime.fromisoformat(gap.until_at)
    return f"{name} {missed_words(start, end, why, timezone)}"


def _chart(digest: Digest, zone: ZoneInfo) -> Picture | None:
    """Return the chart of the cases opened, none where there were none in either stretch."""
    if not any(digest.counts) and not any(digest.counts_before):
        return None
    first, is_days = datetime.fromisoformat(digest.since), digest.period == "week"
    if is_days:
        names = [f"{first.astimezone(zone).date() + number * _DAY:%a %-d}" for number in range(len(digest.counts))]
    else:
        names = [f"{(first + number * _HOUR).astimezone(zone):%H:%M}" for number in range(len(digest.counts))]
    bars = [
        Bar(
            value=count,
            usual=digest.counts_before[number] if number < len(digest.counts_before) else None,
            label=name.split()[0] if is_days or number % 6 == 0 else "",
        )
        for number, (count, name) in enumerate(zip(digest.counts, names, strict=True))
    ]
    return picture("cases", _alt(digest.counts, names, "day" if is_days else "hour"), bars)


def _alt(counts: Sequence[int], names: Sequence[str], part: str) -> str:
    """Return the chart's numbers; of a day the hours in which something came."""
    said = [f"{name}: {count:,}" for count, name in zip(counts, names, strict=True) if count or part == "day"]
    return f"Cases opened by {part}: {', '.join(said)}." if said else f"No case was opened in any {part}."
