"""The rule that says what a post means for the cases: open one, join one, reopen one, or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from core.types import CaseStatus

JOIN_WINDOW = timedelta(days=3)
REOPEN_WINDOW = timedelta(days=7)


class Action(StrEnum):
    """What a post means for the cases."""

    LEAVE = "leave"
    OPEN = "open"
    JOIN = "join"
    REOPEN = "reopen"
    BRAND_REPLY = "brand_reply"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A case that a post may belong to: the same author's, or one in the same thread.

    `posts` are the platform's ids of its posts, `threads` those and the ids of their conversations and parents.
    """

    id: int
    status: CaseStatus
    author: str
    first_posted_at: datetime
    last_posted_at: datetime
    posts: frozenset[str]
    threads: frozenset[str]


@dataclass(frozen=True, slots=True)
class Mention:
    """What the rule needs to know of a post.

    `answers` is the post that it replies to or, where that is not known, the one that began the conversation. `threads`
    are all ids that tie it to others: its own, the post that it replies to, the conversation's.
    """

    author: str
    posted_at: datetime
    answers: frozenset[str]
    threads: frozenset[str]
    is_own: bool
    is_complaint: bool
    unsure: bool

    @property
    def may_matter(self) -> bool:
        """False where the post means nothing whatever the cases are: no complaint, and no answer to anything."""
        return self.is_complaint or self.unsure or len(self.threads) > 1


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do, and with which case where it is an existing one."""

    action: Action
    case_id: int | None = None


LEAVE = Decision(Action.LEAVE)


def decide(mention: Mention, candidates: Sequence[Candidate]) -> Decision:
    """Say what `mention` means for the cases, given those of the same brand and platform that it may belong to.

    The order in which posts arrive does not matter: a window reaches both ways from the case's posts. A post without
    an author never joins by author. The author's later words in the thread of an open case join it even where they
    are no complaint, so that the responder reads the whole story.
    """
    if mention.is_own:
        return _answered(mention, candidates)
    own = [case for case in candidates if mention.author and case.author == mention.author]
    if mention.is_complaint or mention.unsure:
        return _complained(mention, own)
    same_thread = [case for case in own if not case.status.is_closed and case.threads & mention.threads]
    return Decision(Action.JOIN, _nearest(mention, same_thread).id) if same_thread else LEAVE


def _answered(mention: Mention, candidates: Sequence[Candidate]) -> Decision:
    answered = [case for case in candidates if case.posts & mention.answers]
    return Decision(Action.BRAND_REPLY, _nearest(mention, answered).id) if answered else LEAVE


def _complained(mention: Mention, own: Sequence[Candidate]) -> Decision:
    still_open = [case for case in own if not case.status.is_closed and _belongs(mention, case, JOIN_WINDOW)]
    if still_open:
        return Decision(Action.JOIN, _nearest(mention, still_open).id)
    resolved = [case for case in own if case.status is CaseStatus.RESOLVED and _belongs(mention, case, REOPEN_WINDOW)]
    if resolved and mention.is_complaint:
        nearest = _nearest(mention, resolved)
        came_after = mention.posted_at > nearest.last_posted_at
        return Decision(Action.REOPEN if came_after else Action.JOIN, nearest.id)
    return Decision(Action.OPEN)


def _belongs(mention: Mention, case: Candidate, window: timedelta) -> bool:
    return bool(case.threads & mention.threads) or _distance(mention, case) <= window


def _nearest(mention: Mention, cases: Sequence[Candidate]) -> Candidate:
    """Return the case that has what the post answers, as a person may have split a thread, else the nearest in time."""
    return min(cases, key=lambda case: (not case.posts & mention.answers, _distance(mention, case), case.id))


def _distance(mention: Mention, case: Candidate) -> timedelta:
    """How far the post lies outside the time that the case's posts span; zero inside it."""
    return max(case.first_posted_at - mention.posted_at, mention.posted_at - case.last_posted_at, timedelta(0))
