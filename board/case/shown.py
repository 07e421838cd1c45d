"""A case as the browser gets it: plain values, with every name already in words."""

from typing import Any
from urllib.parse import urlsplit

from board.words import STATUS_WORDS
from core.platforms import platform_words
from core.taxonomy import Party
from core.types import CaseStatus
from storage.queue import CaseDetail, CasePost, Happening, Verdict
from storage.tables import EventKind

_PARTIES = {
    Party.BRAND: "the brand",
    Party.COURIER: "the courier",
    Party.SUPPLIER: "a supplier",
    Party.UNCLEAR: "somebody, unclear who",
}
_EVENTS = {
    EventKind.OPENED: "opened the case",
    EventKind.POST_JOINED: "added another post by the author",
    EventKind.REOPENED: "reopened the case: the author wrote again",
    EventKind.CLAIMED: "took the case",
    EventKind.RELEASED: "released the case",
    EventKind.NOTED: "wrote a note",
    EventKind.DRAFTED: "began a reply",
    EventKind.REPLIED: "answered",
    EventKind.BRAND_REPLIED: "saw the brand’s own reply",
    EventKind.CORRECTED: "corrected what the model said",
    EventKind.ALERTED: "told the managers by e-mail",
}


def head_data(case: CaseDetail, member_id: int) -> dict[str, Any]:
    """Return who complains, where, since when, how badly and about what."""
    head = case.head
    return {
        "case": head.id,
        "name": head.author_name or head.author or "Unknown author",
        "handle": head.author if head.author_name and head.author != head.author_name else "",
        "platform": platform_words(head.platform),
        "brand": head.brand,
        "severity": int(head.severity),
        "severity_words": head.severity.words,
        "reasons": [reason.words for reason in head.reasons],
        "parties": " and ".join(_PARTIES[party] for party in head.parties),
        "unsure": head.unsure,
        "is_closed": head.status.is_closed,
        "holder": "you" if head.assignee_id == member_id else head.assignee,
        "first_posted_at": case.first_posted_at.timestamp(),
        "last_posted_at": head.last_posted_at.timestamp(),
        "due_at": head.due_at.timestamp() if head.due_at else None,
        "answered_at": case.first_reply_at.timestamp() if case.first_reply_at else None,
        "reach": case.reach,
        "why": head.priority_why,
    }


def posts_data(case: CaseDetail) -> list[dict[str, Any]]:
    """Return the posts in order."""
    return [_post(post) for post in case.posts]


def history_data(case: CaseDetail) -> list[dict[str, Any]]:
    """Return what happened to the case, in words, the latest first."""
    return [_line(line) for line in reversed(case.history)]


def safe_link(address: str) -> str:
    """Return the address if a browser may be sent there, nothing for `javascript:` and its like."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return address if parts.scheme in ("http", "https") and parts.hostname else ""


def _post(post: CasePost) -> dict[str, Any]:
    return {
        "id": post.id,
        "name": post.author_name or post.author or "Unknown author",
        "title": post.title,
        "text": post.text,
        "language": post.language,
        "link": "" if post.is_deleted else safe_link(post.url),
        "is_own": post.is_own,
        "is_deleted": post.is_deleted,
        "posted_at": post.posted_at.timestamp(),
        "edited_at": post.edited_at.timestamp() if post.edited_at else None,
        "verdict": _verdict(post.verdict) if post.verdict else None,
    }


def _verdict(said: Verdict) -> dict[str, Any]:
    return {
        "complaint": said.complaint,
        "is_complaint": said.is_complaint,
        "unsure": said.unsure,
        "severity": int(said.severity),
        "severity_words": said.severity.words,
        "reasons": [{"words": reason.words, "share": share} for reason, share in said.reasons],
        "parties": " and ".join(_PARTIES[party] for party in said.parties),
        "praise": said.praise,
        "language": said.language,
        "model": said.model_version,
    }


def _line(line: Happening) -> dict[str, Any]:
    return {
        "at": line.happened_at.timestamp(),
        "who": line.member or "Afterclick",
        "what": _words(line),
        "text": line.text,
        "kind": line.kind.value,
    }


def _words(line: Happening) -> str:
    if line.kind is not EventKind.STATUS:
        return _EVENTS[line.kind]
    return f"changed the status from {_status(line, 'before')} to {_status(line, 'after')}"


def _status(line: Happening, name: str) -> str:
    value = str(line.detail.get(name, ""))
    known = {status.value: STATUS_WORDS[status] for status in CaseStatus}
    return f"“{known.get(value, value)}”"
