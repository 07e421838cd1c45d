"""An incident as the browser gets it: plain values, with every state already in words."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from board.sources.query_shown import plain
from core.alerts.kinds import KINDS, AlertKind, Channel
from core.masking import EXCERPT_LENGTH
from storage.alerting.shown import DeadShown, IncidentShown, ItemShown, TellingShown
from storage.queue.filters import View

AT_FIRST: Final = 3  # things of an incident that are shown before anybody asks for more
LONGEST_WORDS: Final = 200
_THINGS: Final = {
    AlertKind.BROKEN_PROMISE: ("promise", "promises"),
    AlertKind.SPIKE: ("spike", "spikes"),
    AlertKind.SOURCE: ("source", "sources"),
    AlertKind.WATCH_WORDS: ("post", "posts"),
    AlertKind.DRIFT: ("reading", "readings"),
}
_CASES: Final = ("case", "cases")


def incident_data(incident: IncidentShown, now: datetime, *, names_brand: bool) -> dict[str, Any]:
    """Return everything that the list shows of an incident."""
    is_snoozed = incident.snoozed_until is not None and incident.snoozed_until > now
    return {
        "id": incident.id,
        "title": plain(incident.title, LONGEST_WORDS) or "Something happened",
        "brand": plain(incident.brand, LONGEST_WORDS) if names_brand else "",
        "rule": plain(incident.rule, LONGEST_WORDS),
        "opened_at": incident.opened_at.timestamp(),
        "told_at": _seconds(incident.told_at),
        "told_count": incident.told_count,
        "acknowledged_at": _seconds(incident.acknowledged_at),
        "acknowledged_by": plain(incident.acknowledged_by, LONGEST_WORDS),
        "snoozed_until": _seconds(incident.snoozed_until) if is_snoozed else None,
        "resolved_at": _seconds(incident.resolved_at),
        "needs": incident.is_waiting and not is_snoozed,
        "count": count_words(incident),
        "items": [_item_data(item) for item in incident.items],
        "more": max(0, incident.total - len(incident.items)),
        "at_first": AT_FIRST,
        "link": _link(incident),
        "tellings": tellings_data(incident.tellings),
    }


def count_words(incident: IncidentShown) -> str:
    """Return how many things the incident holds, and how many are over where not all are alike."""
    words = things_words(incident.kind, incident.total)
    over = incident.total - incident.still
    if incident.resolved_at is not None or not 0 < over < incident.total:
        return words
    return f"{words}, {over:,} of them over"


def things_words(kind: AlertKind | None, total: int) -> str:
    """Return how many things of a kind there are: "3 cases"."""
    one, many = _THINGS.get(kind, _CASES) if kind else _CASES
    return f"{total:,} {one if total == 1 else many}"


def _item_data(item: ItemShown) -> dict[str, Any]:
    return {
        "words": plain(item.words, LONGEST_WORDS),
        "case": item.case_id,
        "excerpt": plain(item.excerpt, EXCERPT_LENGTH),
        "began_at": item.began_at.timestamp(),
        "is_over": item.is_over,
    }


def _link(incident: IncidentShown) -> dict[str, str] | None:
    """Return where the incident's things are looked at: its case, its cases as a search, or the sources."""
    cases = list(dict.fromkeys(item.case_id for item in incident.items if item.case_id is not None))
    if len(cases) == 1:
        return {"href": f"/?case={cases[0]}", "words": "Open the case"}
    if cases:
        search = " OR ".join(f"#{case_id}" for case_id in cases)
        words = "Open the cases" if len(cases) == incident.total else f"Open {len(cases)} cases"
        return {"href": "/?" + urlencode({"view": View.ALL.value, "q": search}), "words": words}
    if incident.kind is AlertKind.SOURCE:
        return {"href": "/sources", "words": "Open the sources"}
    if incident.kind in (AlertKind.SPIKE, AlertKind.CLUSTER):
        return {"href": "/reports", "words": "Open the reports"}
    return None


def tellings_data(tellings: Sequence[TellingShown]) -> list[dict[str, Any]]:
    """Return what was told: one line for all who were told the same at the same time with the same outcome."""
    lines: dict[tuple[object, ...], dict[str, Any]] = {}
    for each in tellings:
        state, words = _state(each)
        at = each.sent_at or each.created_at
        key = (each.news, each.created_at, state, words)
        line = lines.setdefault(
            key, {"news": each.news.words, "at": at.timestamp(), "to": [], "state": state, "words": words}
        )
        line["to"].append(recipient_words(each.channel, each.recipient))
    return list(lines.values())


def _state(telling: TellingShown) -> tuple[str, str]:
    if telling.sent_at is not None:
        return "sent", ""
    if telling.is_failed:
        return "failed", f"could not be sent: {plain(telling.error, LONGEST_WORDS) or 'no reason was given'}"
    if telling.is_dropped:
        return "dropped", "not sent: it was over before"
    error = plain(telling.error, LONGEST_WORDS)
    return "waiting", f"tried, and is tried again: {error}" if error else "waits to be sent"


def recipient_words(channel: Channel, recipient: str) -> str:
    """Return who was told; of a web address only its host, as the rest of it may be a secret."""
    if channel is Channel.EMAIL:
        return plain(recipient, LONGEST_WORDS)
    name = "Slack" if channel is Channel.SLACK else "a webhook"
    return f"{name} at {plain(host_of(recipient), LONGEST_WORDS)}"


def host_of(address: str) -> str:
    """Return the host of a web address, "an unknown host" where it has none."""
    try:
        return urlsplit(address).hostname or "an unknown host"
    except ValueError:
        return "an unknown host"


def dead_data(dead: Sequence[DeadShown]) -> list[dict[str, Any]]:
    """Return the addresses that are sent nothing any more."""
    return [
        {
            "address": each.address,
            "error": plain(each.error, LONGEST_WORDS),
            "refused_at": each.refused_at.timestamp(),
        }
        for each in dead
    ]


def glance(needs: int, others: int, watching: int) -> str:
    """Return in a sentence how things stand; `watching` rules are on."""
    if needs:
        words = f"{needs:,} incident{' needs' if needs == 1 else 's need'} somebody."
        return words + (f" {others:,} more {'is' if others == 1 else 'are'} seen to." if others else "")
    if others:
        return f"Nothing needs you: {others:,} open incident{' is' if others == 1 else 's are'} seen to."
    if watching:
        return f"Nothing is wrong. {watching:,} rule{' keeps' if watching == 1 else 's keep'} watch."
    return "No rule keeps watch, so nobody is told of anything."


def kind_words(kind: AlertKind) -> str:
    """Return a kind with what it watches: "Severe case: a case that blames"."""
    return f"{KINDS[kind].title}: {KINDS[kind].what}"


def _seconds(at: datetime | None) -> float | None:
    return None if at is None else at.timestamp()
