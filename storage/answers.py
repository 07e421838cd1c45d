"""What was answered in a case, by whom and to which post: replies from the board and the brand's own posts."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import BindParameter, bindparam, select
from sqlmodel import Session, col

from core.errors import InputError
from core.masking import excerpt
from storage.rows import id_of
from storage.tables import CaseEvent, EventKind, Member, PostRow, Reply, ReplyState

_SHOWN: Final = 160
_MENTIONS: Final = re.compile(r"^(?:@\S+\s+)+")  # platforms put the names of whom a post answers before it
LONGEST_COMPARED: Final = 20_000
_CASE: Final[BindParameter[int]] = bindparam("case_id")  # the statements are made once, as in storage.queue.case_detail
_EVENTS: Final = (
    select(*map(col, (CaseEvent.id, CaseEvent.kind, CaseEvent.detail, CaseEvent.happened_at, Member.name)))
    .outerjoin(Member, col(Member.id) == CaseEvent.member_id)
    .where(col(CaseEvent.case_id) == _CASE)
    .order_by(col(CaseEvent.id))
)
SENT_REPLIES: Final = (
    select(Reply, col(Member.name))
    .join(Member, col(Member.id) == Reply.member_id)
    .where(col(Reply.case_id) == _CASE, col(Reply.state) == ReplyState.SENT)
)
_OWN: Final = select(PostRow).where(col(PostRow.case_id) == _CASE, col(PostRow.is_own))
# Which events tell of an answer, and what in their detail names it.
_TOLD: Final = ((EventKind.REPLIED, "reply"), (EventKind.BRAND_REPLIED, "post_id"))


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer; without a member it is a post of the brand's own account that a collector saw.

    `event` is the line of the case's history that tells of it, 0 where none does.
    """

    text: str
    at: datetime
    member_id: int | None
    by: str
    post_id: int | None
    event: int
    url: str = ""

    def refusal(self, now: datetime) -> str:
        """Say why another answer is not simply marked after this one."""
        words = excerpt(self.text, _SHOWN)
        said = f"{self.by} answered {_ago(now - self.at)}: “{words}”" if words else f"{self.by} answered already."
        return f"{said} Nothing was marked, and your draft is kept. If you did post yours, say “I posted it anyway”."


@dataclass(frozen=True, slots=True)
class Answerable:
    """A post that can be answered; without an id there is none in the case."""

    id: int | None = None
    platform_id: str = ""
    posted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How answering a case stands: its last event, the answers so far, and who took it from the reader, if anybody."""

    last_event: int
    answers: tuple[Answer, ...]
    taken_over_by: str
    taken_over_at: datetime | None


class _Event(NamedTuple):
    """What happened to a case; `by` is the member who did it, if one did."""

    id: int
    kind: EventKind
    detail: dict[str, Any]
    happened_at: datetime
    by: str | None


def standing(session: Session, case_id: int, member_id: int) -> Standing:
    """Return how answering the case stands for the member."""
    events = _events(session, case_id)
    taken = next((each for each in reversed(events) if each.kind is EventKind.TAKEN_OVER), None)
    is_mine = taken is not None and taken.detail.get("before") == member_id
    return Standing(
        last_event=events[-1].id if events else 0,
        answers=tuple(_answers(session, case_id, events)),
        taken_over_by=(taken.by or "Somebody") if taken and is_mine else "",
        taken_over_at=taken.happened_at if taken and is_mine else None,
    )


def answers_to(session: Session, case_id: int) -> list[Answer]:
    """Return every answer in the case, oldest first, each with the post that it answers."""
    return _answers(session, case_id, _events(session, case_id))


def _answers(session: Session, case_id: int, events: Sequence[_Event]) -> list[Answer]:
    told_by = {(kind, each.detail.get(name)): each.id for each in events for kind, name in _TOLD if each.kind is kind}
    replies = session.execute(SENT_REPLIES, {"case_id": case_id}).all()
    own = session.execute(_OWN, {"case_id": case_id}).scalars().all()
    posts = _posts(session, case_id) if replies or own else []
    found = [
        Answer(
            text=reply.text,
            at=reply.sent_at or reply.updated_at,
            member_id=reply.member_id,
            by=name,
            post_id=reply.post_id or _last_before(posts, reply.sent_at or reply.updated_at),
            event=told_by.get((EventKind.REPLIED, id_of(reply)), 0),
        )
        for reply, name in replies
    ]
    for post in own:
        asked = next((each.id for each in posts if each.platform_id == post.parent_id), None)
        found.append(
            Answer(
                text=post.text,
                at=post.posted_at,
                member_id=None,
                by=post.author_name or post.author or "The brand’s own account",
                post_id=asked or _last_before(posts, post.posted_at),
                event=told_by.get((EventKind.BRAND_REPLIED, id_of(post)), 0),
                url=post.url,
            )
        )
    return sorted(found, key=lambda answer: (answer.at, answer.event))


def conflict_with(
    session: Session, case_id: int, member_id: int, words: str, post_id: int | None, *, seen: int | None, anyway: bool
) -> Answer | None:
    """Return the newest answer that stands against marking another one, none where nothing does.

    Against it stands what somebody else answered to the same post, and whatever was answered after `seen`. The brand's
    own post with the same `words` is the very reply. `anyway` puts aside what was seen.
    """
    asked = post_to_answer(session, case_id, post_id).id
    for answer in reversed(answers_to(session, case_id)):
        if answer.member_id is None and same_words(answer.text, words):
            continue
        is_unseen = seen is not None and answer.event > seen
        is_to_same = answer.member_id != member_id and answer.post_id == asked
        if is_unseen or (is_to_same and not anyway):
            return answer
    return None


def same_words(one: str, other: str) -> bool:
    """Tell whether two texts are the same reply, whatever a platform did to its mentions, addresses and blanks."""
    return _bare(one) == _bare(other)


def post_to_answer(session: Session, case_id: int, post_id: int | None) -> Answerable:
    """Return the chosen post of the author, or the newest one that is still there; raises InputError for another's."""
    posts = _posts(session, case_id)
    if post_id is not None:
        chosen = next((post for post in posts if post.id == post_id), None)
        if chosen is None:
            raise InputError("The post that you answer is not in this case any more: choose another one.")
        return chosen
    return posts[-1] if posts else Answerable()


def _posts(session: Session, case_id: int) -> list[Answerable]:
    """Return the author's posts of a case, oldest first; those that are gone come before all others."""
    rows = session.execute(
        select(col(PostRow.id), col(PostRow.platform_id), col(PostRow.posted_at))
        .where(col(PostRow.case_id) == case_id, col(PostRow.is_own).is_(False))
        .order_by(col(PostRow.deleted_at).is_(None), col(PostRow.posted_at), col(PostRow.id))
    )
    return [Answerable(*row) for row in rows]


def _events(session: Session, case_id: int) -> list[_Event]:
    """Return what happened to the case, oldest first."""
    return [_Event(*row) for row in session.execute(_EVENTS, {"case_id": case_id})]


def _last_before(posts: Sequence[Answerable], at: datetime) -> int | None:
    before = [post for post in posts if post.posted_at is not None and post.posted_at <= at]
    return max(before, key=lambda post: (post.posted_at, post.id)).id if before else None


def _bare(text: str) -> str:
    words = _MENTIONS.sub("", text[:LONGEST_COMPARED].strip()).split()
    return " ".join(
        "…" if "/" in word and "." in word else word for word in words
    ).casefold()  # addresses are shortened


def _ago(past: timedelta) -> str:
    minutes = int(past.total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return "a minute ago" if minutes == 1 else f"{minutes} minutes ago"
    hours = minutes // 60
    if hours < 48:
        return "an hour ago" if hours == 1 else f"{hours} hours ago"
    return f"{hours // 24} days ago"
