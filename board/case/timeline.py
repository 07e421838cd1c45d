"""A case's history in plain words: who did what, with names, and how things stood before and after."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from board.words import PARTY_WORDS, STATUS_WORDS
from core.taxonomy import Party, Reason, Severity
from core.types import CaseStatus
from storage.queue.case_detail import Happening
from storage.queue.surroundings import HandedOver
from storage.tables import EventKind, OutboxState, PromiseState

Detail = Mapping[str, Any]
_STATUSES: Final = {status.value: STATUS_WORDS[status] for status in CaseStatus}
_REASONS: Final = {reason.value: reason.words for reason in Reason}
_PARTIES: Final = {party.value: PARTY_WORDS[party].lower() for party in Party}
_NOBODY: Final = {
    "nobody_free": "nobody is free, so it goes to the first who is",
    "all_had_it": "each of them let it come back",
    "nobody_there": "nobody is in it",
}
_RETURNED: Final = {
    "away": "is away",
    "disabled": "has no account any more",
    "not_taken_up": "did not take it up in time",
}
_SETTLED: Final = {
    PromiseState.OPEN.value: "opened a promise again",
    PromiseState.KEPT.value: "marked a promise as kept",
    PromiseState.BROKEN.value: "marked a promise as broken",
    PromiseState.WITHDRAWN.value: "withdrew a promise",
}


def history_data(history: Sequence[Happening], handovers: Sequence[HandedOver]) -> list[dict[str, Any]]:
    """Return what happened to the case, in words, the latest first; no hand-over that was taken back."""
    mails = {mail.id: mail for mail in handovers}
    lines = [line for line in reversed(history) if _mail_of(line) in (None, *mails)]
    return [_line(line) | _where_it_stands(mails.get(_mail_of(line) or 0)) for line in lines]


def _line(line: Happening) -> dict[str, Any]:
    words = _WORDS[line.kind]
    return {
        "at": line.happened_at.timestamp(),
        "who": line.member or "Afterclick",
        "what": words if isinstance(words, str) else words(line.detail),
        "until": _time_in(line.detail, "until") or _time_in(line.detail, "due_at"),
        "text": line.text or _said_in(line),
        "kind": line.kind.value,
    }


def _mail_of(line: Happening) -> int | None:
    mail_id = line.detail.get("handover_id")
    return mail_id if isinstance(mail_id, int) else None


def _where_it_stands(mail: HandedOver | None) -> dict[str, Any]:
    """Return what a line says of the e-mail that it tells of."""
    if mail is None or mail.state is None:
        return {}
    to = _handed_over({"name": mail.name})
    if mail.sent_at is not None:
        return {"what": f"{to}, sent at", "until": mail.sent_at.timestamp()}
    if mail.state is OutboxState.FAILED:
        return {"what": f"{to}, which could not be sent", "text": mail.trouble}
    if mail.trouble:
        return {"what": f"{to}, which could not be sent yet and is tried again", "text": mail.trouble}
    return {"what": f"{to}, which leaves in a few seconds"}


def _time_in(detail: Detail, name: str) -> float | None:
    """Return a time that a line names, which the browser writes in the reader's own zone."""
    try:
        return datetime.fromisoformat(str(detail[name])).timestamp()
    except (KeyError, ValueError):
        return None


def _said_in(line: Happening) -> str:
    is_promise = line.kind in (EventKind.PROMISED, EventKind.PROMISE_SETTLED)
    return str(line.detail.get("text", "")) if is_promise else ""


def _opened(detail: Detail) -> str:
    return "opened the case: the post is about the brand after all" if detail.get("brought_back") else "opened the case"


def _assigned(detail: Detail) -> str:
    member, team, rule = (str(detail.get(name) or "") for name in ("member", "team", "rule"))
    to = f"{member} of the team {team}" if member and team else member or f"the team {team}"
    by_rule = f" by the rule “{rule}”" if rule else ""
    if detail.get("why") in _NOBODY:
        return f"wanted to send the case to {to}{by_rule}: {_NOBODY[str(detail['why'])]}"
    return f"sent the case to {to}{by_rule}"


def _returned(detail: Detail) -> str:
    member, why = str(detail.get("member") or "somebody"), str(detail.get("why"))
    if why == "passed_on":
        return f"passed on the cases of {member}"
    within = f" within {detail['minutes']} minutes" if why == "not_taken_up" and detail.get("minutes") else ""
    words = "did not take it up" if within else _RETURNED.get(why, "did not take it up in time")
    return f"took the case back: {member} {words}{within}"


def _taken_over(detail: Detail) -> str:
    return f"took the case over from {detail['member']}" if detail.get("member") else "took the case over"


def _status(detail: Detail) -> str:
    before, after = (str(detail.get(name, "")) for name in ("before", "after"))
    return f"changed the status from “{_STATUSES.get(before, before)}” to “{_STATUSES.get(after, after)}”"


def _woke(detail: Detail) -> str:
    return "brought the case back: the author wrote again" if detail.get("why") == "author" else "brought the case back"


def _merged(detail: Detail) -> str:
    if "into" in detail:
        return f"merged the case into case {detail['into']}"
    others = detail.get("cases")
    ids = [str(each) for each in others] if isinstance(others, list) else []
    return f"merged {'case' if len(ids) == 1 else 'the cases'} {' and '.join(ids)} into this one"


def _split(detail: Detail) -> str:
    count = detail.get("posts", 0)
    posts = "1 post" if count == 1 else f"{count} posts"
    if "of" in detail:
        return f"split the case off from case {detail['of']}, with {posts}"
    return f"split {posts} off into case {detail.get('into')}"


def _handed_over(detail: Detail) -> str:
    name, recipient = (str(detail.get(key) or "") for key in ("name", "recipient"))
    to = f" to {name}" if name else ""
    return f"handed the case over{to} by e-mail{f', {recipient}' if recipient else ''}"


def _undone(detail: Detail) -> str:
    return f"took back: {detail['what']}" if detail.get("what") else "took a step back"


def _corrected(detail: Detail) -> str:
    if detail.get("complaint") is False:
        return "corrected the model: not a complaint"
    said = [", ".join(_REASONS.get(name, name) for name in _list(detail, "reasons"))]
    if isinstance(detail.get("severity"), int) and detail["severity"] in set(Severity):
        said.append(f"severity “{Severity(detail['severity']).words}”")
    if isinstance(detail.get("parties"), list):
        names = " and ".join(_PARTIES.get(name, name) for name in _list(detail, "parties"))
        said.append(f"blames {names}" if names else "blames nobody")
    words = "; ".join(each for each in said if each)
    return f"corrected the model: {words}" if words else "corrected the model: a complaint"


def _list(detail: Detail, name: str) -> list[str]:
    value = detail.get(name)
    return [str(each) for each in value] if isinstance(value, list) else []


def _settled(detail: Detail) -> str:
    return _SETTLED.get(str(detail.get("state")), "settled a promise")


_WORDS: Final[Mapping[EventKind, str | Callable[[Detail], str]]] = {
    EventKind.OPENED: _opened,
    EventKind.POST_JOINED: "added another post by the author",
    EventKind.REOPENED: "reopened the case: the author wrote again",
    EventKind.CLAIMED: "took the case",
    EventKind.ASSIGNED: _assigned,
    EventKind.TAKEN_OVER: _taken_over,
    EventKind.TAKEN_UP: "took the case up",
    EventKind.RETURNED: _returned,
    EventKind.RELEASED: "released the case",
    EventKind.STATUS: _status,
    EventKind.SNOOZED: "put the case off until",
    EventKind.WOKE: _woke,
    EventKind.MERGED: _merged,
    EventKind.SPLIT: _split,
    EventKind.HANDED_OVER: _handed_over,
    EventKind.UNDONE: _undone,
    EventKind.PROMISED: "noted a promise",
    EventKind.PROMISE_SETTLED: _settled,
    EventKind.NOTED: "wrote a note",
    EventKind.DRAFTED: "began a reply",
    EventKind.REPLIED: "answered",
    EventKind.BRAND_REPLIED: "saw the brand’s own reply",
    EventKind.CORRECTED: _corrected,
    EventKind.ALERTED: "told the managers by e-mail",
    EventKind.DELETED: "found a post deleted on its platform and took its words away",
}
