"""From an incident that somebody is to be told of to plain values: what is so, which cases, and the links."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from alerts.telling import MOST_ITEMS, Chart, ToldIncident, ToldItem
from alerts.words import due_words, post_link, promise_words
from core.alerts.engine import News
from core.alerts.kinds import KINDS, AlertKind
from core.alerts.links import Act, link, rule_name
from core.alerts.titles import reason_words
from core.configuration.alerting import RuleSettings, parse_settings
from jobs.parts import Parts
from jobs.quoting import quote, quote_post, quoted
from storage.alerting.tellings import ToTell
from storage.database import Session
from storage.rows import id_of
from storage.tables import Brand, Case, IncidentItem, Member, PostRow, Promise

MANY: Final[Mapping[AlertKind, str]] = {
    AlertKind.SEVERE: "severe cases",
    AlertKind.DUE: "cases that are due",
    AlertKind.BROKEN_PROMISE: "broken promises",
    AlertKind.FORGOTTEN: "forgotten cases",
    AlertKind.SPIKE: "spikes",
    AlertKind.CLUSTER: "cases alike",
    AlertKind.REACH: "complaints that many may read",
    AlertKind.SOURCE: "sources in trouble",
    AlertKind.WATCH_WORDS: "posts with watched words",
    AlertKind.DRIFT: "signs that the model is unsure",
}


@dataclass(frozen=True, slots=True)
class _About:
    """What each thing of the incident is looked up with."""

    session: Session
    found: ToTell
    brand: Brand
    settings: RuleSettings
    parts: Parts

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.settings.timezone or self.brand.timezone)


def incident_told(session: Session, found: ToTell, recipient: str, key: bytes, parts: Parts) -> ToldIncident:
    """Return what this recipient is told of the incident."""
    incident, rule = found.incident, found.rule
    settings = parse_settings(rule.kind, rule.settings)
    brand = session.get_one(Brand, incident.brand_id)
    facts = found.items[0].facts if found.items and rule.kind is AlertKind.SPIKE else {}
    number = id_of(incident)
    items = _items(_About(session, found, brand, settings, parts), facts)
    said = items[0].words if items and not facts else ""
    if found.new == 1 and (found.news is not News.GREW or found.total == 1):  # the summary says it
        items = [replace(item, words="") for item in items]
    return ToldIncident(
        incident_id=number,
        brand=brand.name,
        rule=rule.name,
        kind=rule.kind.value,
        news=found.news.value,
        title=incident.title,
        summary=_summary(found, facts, said),
        opened_at=incident.opened_at.isoformat(),
        items=tuple(items),
        total=len(facts["case_ids"]) if facts.get("case_ids") else found.total,
        new=found.new,
        details=tuple(_details(facts)),
        chart=_chart(facts),
        link=f"{parts.base_url}/alerts?incident={number}",
        acknowledge_link=link(parts.base_url, key, Act.ACKNOWLEDGE, [str(number)], recipient),
        snooze_link=link(parts.base_url, key, Act.SNOOZE, [str(number)], recipient),
        stop_link=link(parts.base_url, key, Act.STOP, [rule_name(id_of(rule), rule.created_at)], recipient),
        repeats_after=_span_words(settings.repeat) if found.news is not News.RESOLVED else "",
        is_masked=settings.masks,
    )


def _span_words(span: timedelta | None) -> str:
    """Return how long something is in the largest unit that counts it whole."""
    if span is None:
        return ""
    minutes = span // timedelta(minutes=1)
    for length, unit in ((1440, "day"), (60, "hour")):
        if minutes % length == 0:
            count = minutes // length
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return f"{minutes} minutes"


def _summary(found: ToTell, facts: Mapping[str, Any], said: str) -> str:
    """Return the sentence that says what is so; `said` is what there is to say of the first thing."""
    many = MANY[found.rule.kind]
    if found.news is News.RESOLVED:
        return f"It is over: nothing of it is so any more ({found.total} in all)." if found.total > 1 else "It is over."
    still = "Still so: " if found.news is News.REPEATED else ""
    if facts:
        return f"{still}{found.items[0].words}"
    if found.news is News.GREW:
        return (
            f"{found.new} more, {found.total} {many} in all."
            if found.total > found.new
            else _opening(found, many, said)
        )
    return f"{still}{_opening(found, many, said)}"


def _opening(found: ToTell, many: str, said: str) -> str:
    if found.new > 1:
        return f"{found.new} {many}."
    what = KINDS[found.rule.kind].what
    words = said or f"{what[:1].upper()}{what[1:]}"
    return words if words.endswith((".", "!", "?")) else f"{words}."


def _details(facts: Mapping[str, Any]) -> list[str]:
    """Return which reasons and couriers most of a spike is about."""
    said = []
    for name, words in (("reasons", "Most of it is about"), ("couriers", "Couriers named")):
        if rows := facts.get(name):
            counted = ", ".join(f"{reason_words(each)} ({count})" for each, count in rows[:3])
            said.append(f"{words}: {counted}.")
    return said


def _chart(facts: Mapping[str, Any]) -> Chart | None:
    if not facts.get("counts"):
        return None
    return Chart(
        began_at=facts["counts_began_at"],
        counts=tuple(facts["counts"]),
        expected=tuple(facts["expected_counts"]),
        window=facts["window_hours"],
    )


def _items(about: _About, facts: Mapping[str, Any]) -> Sequence[ToldItem]:
    if facts:  # of a spike, examples
        cases = [about.session.get(Case, case_id) for case_id in facts.get("case_ids", ())[:MOST_ITEMS]]
        return [_case_item(about, case, "") for case in cases if case is not None]
    return [_item(about, each) for each in about.found.items]


def _item(about: _About, item: IncidentItem) -> ToldItem:
    case = about.session.get(Case, item.case_id) if item.case_id is not None else None
    words = _words(about, item, case)
    if case is not None:
        return _case_item(about, case, words)
    post = about.session.get(PostRow, item.facts["post_id"]) if "post_id" in item.facts else None
    if post is not None:
        return _post_item(about, post, words)
    return ToldItem(words=words, at=item.began_at.isoformat())


def _words(about: _About, item: IncidentItem, case: Case | None) -> str:
    """Return the sentence about a thing: of what has a time with that time, of a promise without personal data."""
    if about.found.rule.kind is AlertKind.BROKEN_PROMISE:
        return _promise_words(about, item)
    due_at = case.due_at if case is not None else None
    if about.found.rule.kind is AlertKind.DUE and due_at is None and "due_at" in item.facts:
        due_at = datetime.fromisoformat(item.facts["due_at"])
    if about.found.rule.kind is AlertKind.DUE and due_at is not None:
        return f"{due_words(due_at, about.parts.now(), about.zone)}. {item.words}"
    return item.words


def _promise_words(about: _About, item: IncidentItem) -> str:
    promise = about.session.get(Promise, item.facts["promise_id"]) if "promise_id" in item.facts else None
    if promise is None:
        return quoted(item.words, about.brand, masks=about.settings.masks)
    member = about.session.get(Member, promise.member_id) if promise.member_id is not None else None
    text = quoted(promise.text, about.brand, masks=about.settings.masks)
    return promise_words(text, member.name if member else "", promise.due_at, about.zone)


def _post_item(about: _About, post: PostRow, words: str) -> ToldItem:
    """Return what is known of a post that need not be a complaint, and where it stands."""
    told = quote_post(post, about.brand, masks=about.settings.masks)
    return ToldItem(
        words=words,
        at=told.posted_at.isoformat(),
        case_id=post.case_id,
        post_id=post.id,
        link=post_link(post.url) if post.case_id is None else about.parts.case_link(post.case_id),
        excerpt=told.words,
        author=told.author,
        platform=post.platform,
    )


def _case_item(about: _About, case: Case, words: str) -> ToldItem:
    """Return what is known of a case, with what its gravest post says."""
    told = quote(about.session, case, about.brand, masks=about.settings.masks)
    return ToldItem(
        words=words,
        at=told.posted_at.isoformat(),
        case_id=id_of(case),
        link=about.parts.case_link(id_of(case)),
        excerpt=told.words,
        author=told.author,
        platform=case.platform,
        language=case.language,
        severity=case.severity,
        reasons=tuple(case.reasons),
        courier=case.courier,
        reach=case.reach,
        parties=tuple(case.parties),
        post_count=case.post_count,
        confidence=case.confidence,
    )
