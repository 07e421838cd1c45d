"""An incident as the browser gets it: plain values, with every state already in words."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlencode

from board.alerts.web_address import address_words, host_of, is_web
from board.case.shown import safe_link
from board.sources.query_shown import plain
from core.alerts.kinds import KINDS, AlertKind, Channel
from core.masking import EXCERPT_LENGTH
from core.platforms import platform_words
from storage.alerting.shown import DeadShown, IncidentShown, ItemShown, TellingShown
from storage.alerting.tellings import Address
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
Held = Mapping[Address, datetime]


def incident_data(incident: IncidentShown, now: datetime, held: Held, *, names_brand: bool) -> dict[str, Any]:
    """Return everything that the list shows of an incident; `held` says who is told nothing before when."""
    is_snoozed = incident.snoozed_until is not None and incident.snoozed_until > now
    return {
        "id": incident.id,
        "title": plain(incident.title, LONGEST_WORDS) or "Something happened",
        "brand": plain(incident.brand, LONGEST_WORDS) if names_brand else "",
        "rule": plain(incident.rule, LONGEST_WORDS),
        "names_rule": False,
        "opened_at": incident.opened_at.timestamp(),
        "told_at": _seconds(incident.told_at),
        "told_count": incident.told_count,
        "acknowledged_at": _seconds(incident.acknowledged_at),
        "acknowledged_by": plain(incident.acknowledged_by, LONGEST_WORDS),
        "snoozed_until": _seconds(incident.snoozed_until) if is_snoozed else None,
        "resolved_at": _seconds(incident.resolved_at),
        "needs": incident.is_waiting and not is_snoozed,
        "waits": waits_data(incident.tellings, held) if incident.is_waiting and not is_snoozed else None,
        "count": count_words(incident),
        "items": [_item_data(item) for item in incident.items],
        "more": max(0, incident.total - len(incident.items)),
        "at_first": AT_FIRST,
        "link": _link(incident),
        "tellings": tellings_data(incident.tellings, held),
    }


def name_rules(cards: Sequence[dict[str, Any]]) -> None:
    """Let those cards name their rule that look alike otherwise: another rule has the same title, or the same case."""
    rules: dict[object, set[str]] = {}
    for card in cards:
        for what in _alike(card):
            rules.setdefault(what, set()).add(card["rule"])
    for card in cards:
        card["names_rule"] = any(len(rules[what]) > 1 for what in _alike(card))


def _alike(card: Mapping[str, Any]) -> list[object]:
    return [card["title"], *(item["case"] for item in card["items"] if item["case"] is not None)]


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
        "due_at": _seconds(item.due_at),
        "promised_for": _seconds(item.promised_for),
        "promised_by": plain(item.promised_by, LONGEST_WORDS),
        "from": _from_words(item),
        "link": safe_link(item.url),
    }


def _from_words(item: ItemShown) -> str:
    """Return who wrote a post that no case holds, and where; nothing of anything else."""
    on = f"on {platform_words(item.platform)}" if item.platform else ""
    return " ".join(part for part in (plain(item.author, LONGEST_WORDS), on) if part)


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


def waits_data(tellings: Sequence[TellingShown], held: Held) -> dict[str, Any] | None:
    """Return what the card says of itself while something of it is yet to be told: when it was told last, who waits."""
    waiting = [each for each in tellings if _state(each)[0] == "waiting"]
    if not waiting:
        return None
    first = min(waiting, key=lambda each: (_until(each, held) or each.created_at, each.recipient))
    mails = "mails" if first.channel is Channel.EMAIL else "messages"
    return {
        "told_at": _seconds(max((each.sent_at for each in tellings if each.sent_at is not None), default=None)),
        "until": _seconds(_until(first, held)),
        "why": f"{recipient_words(first.channel, first.recipient)} had three {mails}",
        "words": _state(first)[1],
    }


def _until(telling: TellingShown, held: Held) -> datetime | None:
    """Return until when a telling has to wait at least, as its recipient has been told enough for the moment."""
    return None if telling.is_written else held.get(Address(telling.channel, telling.recipient))


def tellings_data(tellings: Sequence[TellingShown], held: Held) -> list[dict[str, Any]]:
    """Return what was told: one line for all who were told the same at the same time with the same outcome."""
    lines: dict[tuple[object, ...], dict[str, Any]] = {}
    for each in tellings:
        state, words = _state(each)
        at = each.sent_at or each.created_at
        until = _seconds(_until(each, held)) if state == "waiting" else None
        told = {"news": each.news.words, "at": at.timestamp(), "to": [], "state": state, "words": words, "until": until}
        line = lines.setdefault((each.news, each.created_at, state, words, until), told)
        line["to"].append(recipient_words(each.channel, each.recipient))
    return list(lines.values())


def _state(telling: TellingShown) -> tuple[str, str]:
    if telling.sent_at is not None:
        return "sent", ""
    if telling.is_failed:
        return "failed", f"could not be sent: {plain(telling.error, LONGEST_WORDS) or 'no reason was given'}"
    if telling.is_dropped:
        return "dropped", "not sent: it was over before, or theirs no more"
    error = plain(telling.error, LONGEST_WORDS)
    return "waiting", f"tried, and is tried again: {error}" if error else "waits to be sent"


def recipient_words(channel: Channel, recipient: str) -> str:
    """Return who was told; of a web address only its host, as the rest of it may be a secret."""
    if channel is Channel.EMAIL:
        return plain(recipient, LONGEST_WORDS)
    name = "Slack" if channel is Channel.SLACK else "a webhook"
    return f"{name} at {plain(host_of(recipient), LONGEST_WORDS)}"


def dead_data(dead: Sequence[DeadShown]) -> list[dict[str, Any]]:
    """Return the addresses that are sent nothing any more; each by a key, as a web address may be a secret."""
    return [
        {
            "key": key_of(each.address),
            "address": plain(_begun(address_words(each.address)), LONGEST_WORDS),
            "error": plain(each.error, LONGEST_WORDS),
            "refused_at": each.refused_at.timestamp(),
        }
        for each in dead
    ]


def _begun(words: str) -> str:
    """Return words as a sentence begins with them; an address stays as it is."""
    return f"The{words[3:]}" if words.startswith("the ") else words


def key_of(address: str) -> str:
    """Return what stands for an address in the browser, which is not told it."""
    return sha256(address.encode()).hexdigest()[:24]


def revived_words(address: str) -> str:
    """Return what comes of saying that an address works again."""
    what = "Messages" if is_web(address) else "Mails"
    return f"{what} go to {plain(address_words(address), LONGEST_WORDS)} again, with what it missed and is still so."


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
