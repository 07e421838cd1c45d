"""From an incident that somebody is to be told of to plain values: what is so, which cases, and the links."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from alerts.telling import MOST_ITEMS, Chart, ToldIncident, ToldItem
from core.alerts.engine import News
from core.alerts.kinds import KINDS, AlertKind
from core.alerts.links import Act, link, rule_name
from core.alerts.titles import reason_words
from core.configuration.alerting import RuleSettings, parse_settings
from jobs.parts import Parts
from jobs.quoting import quote
from storage.alerting.tellings import ToTell
from storage.database import Session
from storage.rows import id_of
from storage.tables import Brand, Case, IncidentItem

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


def incident_told(session: Session, found: ToTell, recipient: str, key: bytes, parts: Parts) -> ToldIncident:
    """Return what this recipient is told of the incident."""
    incident, rule = found.incident, found.rule
    settings = parse_settings(rule.kind, rule.settings)
    brand = session.get_one(Brand, incident.brand_id)
    facts = found.items[0].facts if found.items and rule.kind is AlertKind.SPIKE else {}
    number = id_of(incident)
    return ToldIncident(
        incident_id=number,
        brand=brand.name,
        rule=rule.name,
        kind=rule.kind.value,
        news=found.news.value,
        title=incident.title,
        summary=_summary(found, facts),
        opened_at=incident.opened_at.isoformat(),
        items=tuple(_items(session, found, facts, brand, settings, parts)),
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


def _summary(found: ToTell, facts: Mapping[str, Any]) -> str:
    """Return the sentence that says what is so."""
    many = MANY[found.rule.kind]
    if found.news is News.RESOLVED:
        return f"It is over: nothing of it is so any more ({found.total} in all)." if found.total > 1 else "It is over."
    still = "Still so: " if found.news is News.REPEATED else ""
    if facts:
        return f"{still}{found.items[0].words}"
    if found.news is News.GREW:
        return f"{found.new} more, {found.total} {many} in all." if found.total > found.new else _opening(found, many)
    return f"{still}{_opening(found, many)}"


def _opening(found: ToTell, many: str) -> str:
    if found.new > 1:
        return f"{found.new} {many}."
    what = KINDS[found.rule.kind].what
    words = (found.items[0].words if found.items else "") or f"{what[:1].upper()}{what[1:]}"
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


def _items(
    session: Session,
    found: ToTell,
    facts: Mapping[str, Any],
    brand: Brand,
    settings: RuleSettings,
    parts: Parts,
) -> Sequence[ToldItem]:
    if facts:  # of a spike, examples
        cases = [session.get(Case, case_id) for case_id in facts.get("case_ids", ())[:MOST_ITEMS]]
        return [_case_item(session, case, "", brand, settings, parts) for case in cases if case is not None]
    return [_item(session, each, found, brand, settings, parts) for each in found.items]


def _item(
    session: Session, item: IncidentItem, found: ToTell, brand: Brand, settings: RuleSettings, parts: Parts
) -> ToldItem:
    is_said = found.new == 1 and found.news is not News.GREW  # by the summary
    words = "" if is_said else item.words
    case = session.get(Case, item.case_id) if item.case_id is not None else None
    if case is None:
        return ToldItem(words=words, at=item.began_at.isoformat())
    return _case_item(session, case, words, brand, settings, parts)


def _case_item(
    session: Session, case: Case, words: str, brand: Brand, settings: RuleSettings, parts: Parts
) -> ToldItem:
    """Return what is known of a case, with what its gravest post says."""
    quoted = quote(session, case, brand, masks=settings.masks)
    return ToldItem(
        words=words,
        at=quoted.posted_at.isoformat(),
        case_id=id_of(case),
        link=parts.case_link(id_of(case)),
        excerpt=quoted.words,
        author=quoted.author,
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
