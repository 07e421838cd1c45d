"""Work on complaints: cases, their history, notes, replies, promises and corrections."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import JSON, Index, event, text
from sqlmodel import Field, SQLModel

from core.types import CaseStatus
from storage.tables.columns import (
    json_dict_field,
    json_list_field,
    maybe_time_field,
    text_field,
    time_field,
    word_type,
)


class EventKind(StrEnum):
    """What happened to a case."""

    OPENED = "opened"
    POST_JOINED = "post_joined"
    REOPENED = "reopened"
    CLAIMED = "claimed"
    ASSIGNED = "assigned"
    TAKEN_OVER = "taken_over"
    TAKEN_UP = "taken_up"
    RETURNED = "returned"
    RELEASED = "released"
    STATUS = "status"
    SNOOZED = "snoozed"
    WOKE = "woke"
    MERGED = "merged"
    SPLIT = "split"
    HANDED_OVER = "handed_over"
    UNDONE = "undone"
    NOTED = "noted"
    DRAFTED = "drafted"
    REPLIED = "replied"
    BRAND_REPLIED = "brand_replied"
    PROMISED = "promised"
    PROMISE_SETTLED = "promise_settled"
    CORRECTED = "corrected"
    ALERTED = "alerted"
    DELETED = "deleted"


class ReplyState(StrEnum):
    """Where a reply stands."""

    DRAFT = "draft"
    SENT = "sent"


class PromiseState(StrEnum):
    """What became of a promise."""

    OPEN = "open"
    KEPT = "kept"
    BROKEN = "broken"
    WITHDRAWN = "withdrawn"


def _index_where(name: str, column: str, condition: str) -> Index:
    """Return an index of the few rows for which the condition holds."""
    return Index(name, column, sqlite_where=text(condition), postgresql_where=text(condition))


# What the list is filtered by stands in the indexes that hold its order: a filter that few cases pass would otherwise
# read all of them.
_FILTERED: Final = (
    *("brand_id", "platform", "severity", "unsure", "assignee_id", "team_id", "language", "courier"),
    *("reason_bits", "party_bits", "merged_into_id"),
)
# Which bit stands for which name; a new name takes the next one.
_REASONS: Final = (
    *("late", "missed", "unannounced", "lost", "damaged", "wrong_item", "no_tracking", "unreachable", "no_reply"),
    *("unhelpful", "broken_promise", "billing", "refund", "website", "faulty", "other"),
)
REASON_BITS: Final = {name: 1 << bit for bit, name in enumerate(_REASONS)}
PARTY_BITS: Final = {name: 1 << bit for bit, name in enumerate(("brand", "courier", "supplier", "unclear"))}


class Case(SQLModel, table=True):
    """A complaint being handled: one author, one brand, one or more posts.

    `severity`, `confidence`, `reasons` and `parties` are the worst and the union of what the model (or a person) says
    of its posts; `courier` is the carrier that they name. `priority` orders the queue and `priority_why` says in words
    what it is made of.

    A case is sent to a team, a member or both. `routed_at` is when the rules last looked at it, missing while they
    should; `route_again_at` is when they look again for somebody who can take it. Whoever was sent the case takes it up
    until `take_up_by`, else it comes back at `returned_at`. One that is snoozed has the status waiting. One that was
    merged is closed and points to the case that took its posts.
    """

    __tablename__ = "cases"
    __table_args__ = (
        Index("ix_cases_queue_urgent", "status", "priority", "id", *_FILTERED, "last_posted_at", "due_at"),
        Index("ix_cases_queue_newest", "status", "last_posted_at", "id", *_FILTERED, "due_at"),
        Index("ix_cases_queue_due", "status", "due_at", "id", *_FILTERED, "last_posted_at"),
        Index("ix_cases_author", "author_key", "platform", "last_posted_at"),
        Index("ix_cases_platform", "platform"),
        Index("ix_cases_courier", "courier"),
        Index("ix_cases_language", "language"),
        Index("ix_cases_brand_author", "brand_id", "platform", "author_key", "last_posted_at"),
        Index("ix_cases_assignee", "assignee_id", "status", "last_posted_at"),
        _index_where("ix_cases_merged", "merged_into_id", "merged_into_id is not null"),
        Index("ix_cases_updated", "updated_at"),
        Index("ix_cases_brand_first", "brand_id", "first_posted_at"),
        _index_where("ix_cases_unrouted", "id", "routed_at is null"),
        _index_where("ix_cases_route_again", "route_again_at", "route_again_at is not null"),
        _index_where("ix_cases_take_up", "take_up_by", "take_up_by is not null"),
        _index_where("ix_cases_snoozed", "snoozed_until", "snoozed_until is not null"),
    )

    id: int | None = Field(default=None, primary_key=True)
    brand_id: int = Field(foreign_key="brand.id")
    status: CaseStatus = Field(default=CaseStatus.NEW, sa_type=word_type(CaseStatus))
    platform: str
    author: str = text_field()
    author_key: str = text_field()  # the handle with its case folded: platforms do not tell Ann from ann
    author_name: str = text_field()
    excerpt: str = text_field()
    language: str = ""
    severity: int = 1
    confidence: float = 0.0
    unsure: bool = False
    reasons: dict[str, Any] = json_dict_field()
    parties: list[str] = json_list_field()
    reason_bits: int = 0  # of `reasons`, and `party_bits` of `parties`: set whenever these are stored
    party_bits: int = 0
    courier: str = ""
    priority: int = 0
    priority_why: str = text_field()
    reach: int = 0
    post_count: int = 0
    assignee_id: int | None = Field(default=None, foreign_key="member.id")
    team_id: int | None = Field(default=None, foreign_key="team.id")
    assigned_at: datetime | None = maybe_time_field()
    routed_at: datetime | None = maybe_time_field()
    route_again_at: datetime | None = maybe_time_field()
    take_up_by: datetime | None = maybe_time_field()
    returned_at: datetime | None = maybe_time_field()
    snoozed_until: datetime | None = maybe_time_field()
    merged_into_id: int | None = Field(default=None, foreign_key="cases.id")
    first_posted_at: datetime = time_field()
    last_posted_at: datetime = time_field()
    opened_at: datetime = time_field()
    due_at: datetime | None = maybe_time_field()
    first_reply_at: datetime | None = maybe_time_field()
    closed_at: datetime | None = maybe_time_field()
    reopened_at: datetime | None = maybe_time_field()
    updated_at: datetime = time_field()


@event.listens_for(Case, "before_insert")
@event.listens_for(Case, "before_update")
def _set_bits(_mapper: object, _connection: object, case: Case) -> None:
    set_bits(case)


def set_bits(case: Case) -> None:
    """Let the bits of the case's reasons and parties say what these do."""
    case.reason_bits, case.party_bits = bits_of(case.reasons, REASON_BITS), bits_of(case.parties, PARTY_BITS)


def bits_of(names: Iterable[str], bits: Mapping[str, int]) -> int:
    """Return the bits of the names; a name that a newer model brought has none."""
    return sum({bits.get(name, 0) for name in names})


class CaseEvent(SQLModel, table=True):
    """One thing that happened to a case; rows are only ever added. No member means that Afterclick itself did it."""

    __tablename__ = "case_event"
    __table_args__ = (Index("ix_case_event_case", "case_id", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id")
    member_id: int | None = Field(default=None, foreign_key="member.id")
    kind: EventKind = Field(sa_type=word_type(EventKind))
    detail: dict[str, Any] = json_dict_field()
    happened_at: datetime = time_field()


class Note(SQLModel, table=True):
    """What one member tells the others about a case."""

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    member_id: int = Field(foreign_key="member.id")
    text: str = text_field()
    created_at: datetime = time_field()


class NoteDraft(SQLModel, table=True):
    """A note while it is written; one a member and case."""

    __tablename__ = "note_draft"

    case_id: int = Field(foreign_key="cases.id", primary_key=True)
    member_id: int = Field(foreign_key="member.id", primary_key=True)
    text: str = text_field()
    updated_at: datetime = time_field()


class Reply(SQLModel, table=True):
    """An answer to a case: a draft while it is written, then what was sent. One draft a member and case."""

    __table_args__ = (
        Index(
            "uq_reply_draft",
            "case_id",
            "member_id",
            unique=True,
            sqlite_where=text("state = 'draft'"),
            postgresql_where=text("state = 'draft'"),
        ),
        Index("ix_reply_case", "case_id", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id")
    member_id: int = Field(foreign_key="member.id")
    post_id: int | None = Field(default=None, foreign_key="post.id")
    state: ReplyState = Field(default=ReplyState.DRAFT, sa_type=word_type(ReplyState))
    text: str = text_field()
    created_at: datetime = time_field()
    updated_at: datetime = time_field()
    sent_at: datetime | None = maybe_time_field()


class Handover(SQLModel, table=True):
    """A case that was put to a courier or a supplier by e-mail."""

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    member_id: int = Field(foreign_key="member.id")
    outbox_id: int | None = Field(default=None, foreign_key="outbox.id")
    name: str  # of the courier or supplier
    recipient: str
    text: str = text_field()
    created_at: datetime = time_field()


class Presence(SQLModel, table=True):
    """Who looks at a case, and who types in it, as of a few seconds ago."""

    case_id: int = Field(foreign_key="cases.id", primary_key=True)
    member_id: int = Field(foreign_key="member.id", primary_key=True)
    seen_at: datetime = time_field()
    typing_at: datetime | None = maybe_time_field()


class Promise(SQLModel, table=True):
    """Something that a reply promised, and by when."""

    __table_args__ = (Index("ix_promise_due", "state", "due_at"),)

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    reply_id: int | None = Field(default=None, foreign_key="reply.id")
    member_id: int | None = Field(default=None, foreign_key="member.id")
    text: str = text_field()
    due_at: datetime | None = maybe_time_field()
    state: PromiseState = Field(default=PromiseState.OPEN, sa_type=word_type(PromiseState))
    created_at: datetime = time_field()
    settled_at: datetime | None = maybe_time_field()


class Label(SQLModel, table=True):
    """A person's correction of what the model said of a post."""

    id: int | None = Field(default=None, primary_key=True)
    post_id: int = Field(foreign_key="post.id", index=True)
    member_id: int = Field(foreign_key="member.id")
    complaint: bool | None = None
    reasons: list[str] | None = Field(default=None, sa_type=JSON)
    severity: int | None = None
    parties: list[str] | None = Field(default=None, sa_type=JSON)
    model_version: str = ""
    created_at: datetime = time_field()


class UndoStep(SQLModel, table=True):
    """What one transaction of a member's act changed, so that it can be taken back for a day.

    `act` is the same for all steps of an act. `changes` holds no words of anybody: how each case stood before and
    after, the labels and notices that were added, and what went from one case to another.
    """

    __tablename__ = "undo_step"
    __table_args__ = (Index("ix_undo_step_member", "member_id", "act"),)

    id: int | None = Field(default=None, primary_key=True)
    act: str
    member_id: int = Field(foreign_key="member.id")
    what: str  # the act in words, as the history names it
    changes: dict[str, Any] = json_dict_field()
    done_at: datetime = time_field()
    undone_at: datetime | None = maybe_time_field()
