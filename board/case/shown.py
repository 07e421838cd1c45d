"""A case as the browser gets it: plain values, with every name already in words."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from board.words import STATUS_WORDS
from core.platforms import platform_words
from core.taxonomy import Party
from storage.queue.case_detail import CaseDetail, CasePost, Verdict
from storage.tables import EventKind

MODEL_LANGUAGE = "en"

_PARTIES = {
    Party.BRAND: "the brand",
    Party.COURIER: "the courier",
    Party.SUPPLIER: "a supplier",
    Party.UNCLEAR: "somebody, unclear who",
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
        "foreign": _foreign(case.posts),
        "closed_as": STATUS_WORDS[head.status] if head.status.is_closed else "",
        "holder": "you" if head.assignee_id == member_id else head.assignee,
        "first_posted_at": case.first_posted_at.timestamp(),
        "last_posted_at": head.last_posted_at.timestamp(),
        "due_at": head.due_at.timestamp() if head.due_at else None,
        "answered_at": case.first_reply_at.timestamp() if case.first_reply_at else None,
        "reach": case.reach,
        "why": head.priority_why,
        "courier": head.courier,
        "team": head.team,
        "snoozed_until": head.snoozed_until.timestamp() if head.snoozed_until else None,
        "came_back": head.returned_at.timestamp() if head.returned_at else None,
        "merged_into": case.merged_into_id,
        "merged": _merged(case),
    }


def _merged(case: CaseDetail) -> list[int]:
    """Return the cases that were merged into this one; one that was split off and taken back never had anything."""
    told = [line.detail.get("cases") for line in case.history if line.kind is EventKind.MERGED]
    named = {case_id for ids in told if isinstance(ids, list) for case_id in ids}
    return [case_id for case_id in case.merged_ids if case_id in named]


def posts_data(case: CaseDetail) -> list[dict[str, Any]]:
    """Return the posts in order."""
    return [_post(post) for post in case.posts]


def others_data(case: CaseDetail) -> list[dict[str, Any]]:
    """Return the author's other cases and loose posts, the newest first."""
    cases = [
        {
            "case": each.id,
            "title": f"Case {each.id}, {STATUS_WORDS[each.status].lower()}",
            "brand": each.brand,
            "text": each.excerpt,
            "link": "",
            "at": each.last_posted_at.timestamp(),
        }
        for each in case.author_cases
    ]
    posts = [
        {
            "case": None,
            "title": "A post without a case",
            "brand": "",
            "text": each.text,
            "link": safe_link(each.url),
            "at": each.posted_at.timestamp(),
        }
        for each in case.author_posts
    ]
    return sorted([*cases, *posts], key=lambda each: -float(str(each["at"])))


def safe_link(address: str) -> str:
    """Return the address if a browser may be sent there, nothing for `javascript:` and its like."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return address if parts.scheme in ("http", "https") and parts.hostname else ""


def _foreign(posts: Sequence[CasePost]) -> list[str]:
    """Return the languages of the author's posts that the model was not made for."""
    found = {post.verdict.language for post in posts if post.verdict}
    return sorted(found - {"", MODEL_LANGUAGE})


def _post(post: CasePost) -> dict[str, Any]:
    return {
        "id": post.id,
        "name": post.author_name or post.author or "Unknown author",
        "title": post.title,
        "text": post.text,
        "passages": [{"start": each.start, "end": each.end, "share": each.complaint} for each in post.passages],
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
