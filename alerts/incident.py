"""The mail about incidents: one with all there is to say, or several that had to wait, each in short."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from alerts.charts import Bar, Picture, picture
from alerts.cleaning import cleaned
from alerts.rendering import Wording, render
from alerts.telling import KIND as KIND  # jobs.deliver asks each module of wordings for its own
from alerts.telling import Chart, Told, ToldIncident, ToldItem, from_content
from alerts.words import reason_words, time_words
from core.alerts.engine import News
from core.masking import MASKED_WORDS
from core.platforms import platform_words
from core.taxonomy import Party, Severity

ROOMY: Final = 3  # incidents in one mail that are each shown with a chart and several things
SHOWN: Final = 10  # with a thing each; mail programs cut a mail off at about 100 kB
NAMED: Final = 30  # by their titles
TEXT_HOURS: Final = 6  # that the text form writes out of a chart, at least


@dataclass(frozen=True, slots=True)
class _Item:
    """One thing as the templates show it."""

    words: str
    case_id: int | None
    link: str
    excerpt: str
    by: str
    facts: tuple[str, ...]
    severity: str
    is_grave: bool
    reasons: tuple[str, ...]
    language: str

    @property
    def link_words(self) -> str:
        """Where its link leads."""
        return f"Open case {self.case_id}" if self.case_id else "Open the post"

    @property
    def lines(self) -> list[str]:
        """All of it in lines, where there is no other form."""
        said = [
            ", ".join([self.severity, *self.reasons] if self.severity else self.reasons),
            self.words,
            f"“{self.excerpt}”" if self.excerpt else "",
            " · ".join([self.by, *self.facts] if self.by else self.facts),
        ]
        return [line for line in said if line]


@dataclass(frozen=True, slots=True)
class _Hour:
    """One hour of a chart in words, for the text form."""

    at: str
    count: str
    usual: str


@dataclass(frozen=True, slots=True)
class _Incident:
    """One incident as the templates show it."""

    told: ToldIncident
    news: str
    since: str
    items: tuple[_Item, ...]
    more: int
    picture: Picture | None
    hours: tuple[_Hour, ...]
    window: int

    @property
    def is_over(self) -> bool:
        return self.told.news == News.RESOLVED


def wording(content: dict[str, object]) -> Wording:
    """Return subject, text and HTML of the message kept as `content`."""
    told = cleaned(from_content(content))
    zone = ZoneInfo(told.timezone)
    is_roomy = len(told.incidents) <= ROOMY
    most = None if len(told.incidents) == 1 else 2 if is_roomy else 1
    shown = [
        _shown(incident, zone, f"chart{number}" if is_roomy else "", most)
        for number, incident in enumerate(told.incidents[:SHOWN], 1)
    ]
    first = told.incidents[0]
    is_one = len(told.incidents) == 1
    return render(
        "incident",
        subject=subject_of(told),
        list_name=first.kind.replace("_", "-") if is_one else "alerts",
        images=[image for incident in shown if incident.picture for image in incident.picture.images],
        unsubscribe_link=told.unsubscribe_link,
        thread_id=told.thread_id if is_one else "",
        told=told,
        shown=shown,
        named=[(each.title, _news(each)) for each in told.incidents[SHOWN:NAMED]],
        unnamed=max(len(told.incidents) - NAMED, 0),
        closing=[*_what_next(shown[0]), *_about_words(shown)] if is_one else _about_words(shown),
        preview=_preview(shown),
    )


def _what_next(incident: _Incident) -> list[str]:
    """Return the sentences about one incident that stand at the end of its mail."""
    told, sure = incident.told, incident.told.items[0].confidence if incident.told.total == 1 and incident.items else 0
    said = []
    if not incident.is_over and told.acknowledge_link:
        said.append("Acknowledge it, and you are told again only if something new comes up.")
    if not incident.is_over and told.repeats_after:
        said.append(f"While it is so and nobody acknowledged it, it is told again after {told.repeats_after}.")
    if sure:
        said.append(f"The model is {sure:.0%} sure that this is a complaint.")
    return [*said, f"The rule “{told.rule}” of {told.brand} sends you this."]


def _about_words(shown: Sequence[_Incident]) -> list[str]:
    """Return what was done to strangers' words, where any are shown."""
    if not any(item.excerpt for incident in shown for item in incident.items):
        return []
    stands_elsewhere = any(item.link and not item.case_id for incident in shown for item in incident.items)
    where = "posts stand behind their links" if stands_elsewhere else "posts stand on the board"
    said = [f"Links are left out here; the whole {where}."]
    return [MASKED_WORDS, *said] if all(incident.told.is_masked for incident in shown) else said


def subject_of(told: Told) -> str:
    """Return what stays the same through all mails of an incident, as mail programs cut the thread where it changes.

    Of several incidents it is what the most urgent one is, and how many more there are.
    """
    brands = {incident.brand for incident in told.incidents}
    brand = brands.pop() if len(brands) == 1 else "Afterclick"
    more = f", and {len(told.incidents) - 1} more" if len(told.incidents) > 1 else ""
    return f"[{brand}] {told.incidents[0].title}{more}"


def _shown(told: ToldIncident, zone: ZoneInfo, chart_name: str, most: int | None) -> _Incident:
    items = told.items if most is None else told.items[:most]
    has_chart = bool(told.chart and told.chart.counts)
    return _Incident(
        told=told,
        news=_news(told),
        since=time_words(told.opened_at, zone),
        items=tuple(_item(each, zone, is_only=told.total == 1) for each in items),
        more=max(told.total - len(items), 0) if items else 0,
        picture=_picture(told.chart, zone, chart_name) if told.chart and has_chart and chart_name else None,
        hours=_hours(told.chart, zone) if told.chart and has_chart and chart_name else (),
        window=told.chart.window if told.chart else 0,
    )


def _news(told: ToldIncident) -> str:
    return News(told.news).words


def _item(item: ToldItem, zone: ZoneInfo, *, is_only: bool) -> _Item:
    on = f" on {platform_words(item.platform)}" if item.platform else ""
    return _Item(
        words=item.words,
        case_id=item.case_id,
        link=item.link,
        excerpt=item.excerpt,
        by=f"{item.author}{on}" if item.author else "",
        facts=tuple(_facts(item, time_words(item.at, zone), is_only=is_only)),
        severity=Severity(item.severity).words if item.severity else "",
        is_grave=item.severity >= Severity.ACCUSATION,
        reasons=tuple(reason_words(item.reasons)),
        language=item.language if item.language.isalpha() else "",
    )


def item_words(item: ToldItem, zone: ZoneInfo, *, is_only: bool) -> list[str]:
    """Return the lines that say what there is to say of a thing."""
    return _item(item, zone, is_only=is_only).lines


def _facts(item: ToldItem, at: str, *, is_only: bool) -> list[str]:
    """Return what else is known of a thing, each in a few words; less of one among others."""
    known = [
        at,
        item.courier,
        f"language {item.language}" if item.language not in ("", "en") else "",
        f"{item.post_count} posts" if item.post_count > 1 else "",
        f"seen by about {item.reach:,}" if item.reach >= 1000 else "",
        f"named at fault: {', '.join(Party(each).value for each in item.parties)}" if item.parties and is_only else "",
    ]
    return [fact for fact in known if fact]


def _picture(chart: Chart, zone: ZoneInfo, name: str) -> Picture:
    starts = _starts(chart, zone)
    is_long = len(starts) > 36
    first_marked = len(starts) - chart.window
    bars = [
        Bar(
            count,
            chart.expected[place] if place < len(chart.expected) else None,
            _label(at, is_long),
            place >= first_marked,
        )
        for place, (at, count) in enumerate(zip(starts, chart.counts, strict=True))
    ]
    return picture(name, _alt(chart, zone), bars)


def _starts(chart: Chart, zone: ZoneInfo) -> list[datetime]:
    began = datetime.fromisoformat(chart.began_at)
    return [(began + timedelta(hours=number)).astimezone(zone) for number in range(len(chart.counts))]


def _label(at: datetime, is_long: bool) -> str:
    if is_long:
        return f"{at:%a %d}" if at.hour == 0 else ""
    return f"{at:%H}:00" if at.hour % 6 == 0 else ""


def _alt(chart: Chart, zone: ZoneInfo) -> str:
    """Return what the chart shows, in numbers."""
    starts, window = _starts(chart, zone), chart.window or 1
    before, lately = chart.counts[:-window], chart.counts[-window:]
    ended = starts[-1] + timedelta(hours=1)
    said = f"Complaints an hour, {starts[0]:%a %d %b, %H:%M} to {ended:%a %d %b, %H:%M %Z}."
    hours = "hour" if window == 1 else f"{window} hours"
    usual = f", where {_number(sum(chart.expected[-window:]))} are usual" if chart.expected else ""
    by_hour = f" ({', '.join(map(_number, lately))})" if window > 1 else ""
    said += f" In the last {hours} {_number(sum(lately))}{by_hour}{usual}."
    if before:
        said += f" Before that {_number(sum(before) / len(before))} an hour, at most {_number(max(before))}."
    return said


def _hours(chart: Chart, zone: ZoneInfo) -> tuple[_Hour, ...]:
    count = max(TEXT_HOURS, chart.window + 1)
    rows = list(zip(_starts(chart, zone), chart.counts, chart.expected or [None] * len(chart.counts), strict=False))
    return tuple(
        _Hour(f"{at:%a %H:%M}", _number(number), "" if usual is None else _number(usual))
        for at, number, usual in rows[-count:]
    )


def _number(value: float) -> str:
    """Return a number as people write it: 41, 9, 2.1."""
    rounded = round(value, 1)
    return f"{rounded:,.0f}" if rounded == int(rounded) or rounded >= 10 else f"{rounded:,.1f}"


def _preview(shown: Sequence[_Incident]) -> str:
    """Return what a list of mails shows beside the subject."""
    if len(shown) > 1:
        return " · ".join(incident.told.title for incident in shown)
    return " ".join([shown[0].told.summary, *(item.excerpt for item in shown[0].items[:1])])
